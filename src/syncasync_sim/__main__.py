"""`python -m syncasync_sim`: the same as `syncasync-sim`."""

from __future__ import annotations

import signal
import sys

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # until `main` handles it: no traceback of the imports

from syncasync_sim.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
