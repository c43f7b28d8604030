"""Build the essay alone: `PYTHONPATH=tools python -m web_story [FOLDER]`."""

from __future__ import annotations

import sys
from pathlib import Path

from web_story import build


def main() -> int:
    """Build it; the exit code."""
    print(build(*map(Path, sys.argv[1:2])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
