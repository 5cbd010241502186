"""`python -m blink` and the `blink` command."""

import os
import signal
import sys

from blink.cli.main import run

FIRST_PROCESS = 1


def main() -> None:
    """Run the command line and exit with its code."""
    if os.getpid() == FIRST_PROCESS:
        # A container's first process ignores SIGTERM unless it says otherwise. Servers end by their own rules.
        signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
