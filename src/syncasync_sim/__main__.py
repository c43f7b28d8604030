"""`python -m syncasync_sim`: the same as `syncasync-sim`."""

from __future__ import annotations

import sys

from syncasync_sim.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
