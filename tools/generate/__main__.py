"""Write every generated table, schema and output anew: `make generated`."""

from __future__ import annotations

import sys

from generate.blocks import BLOCKS
from generate.pages import mistakes, write


def main() -> int:
    """Write what differs. The exit code is 1 where a mark is missing, or nothing fills it in."""
    for block in BLOCKS:
        if write(block):
            print(f"{block.page}: {block.mark or 'the whole file'}")
    wrong = list(mistakes(BLOCKS))
    for one in wrong:
        print(one, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
