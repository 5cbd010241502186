"""`python -m blink.supervised ARGUMENTS`: a `blink` command that ends when the process that started it is gone.

The starter holds the other end of our standard input. The kernel closes it however the starter ends, SIGKILL
included, so that no job is left to work on beside the next start's.
"""

import os
import sys
from threading import Thread

from blink.cli.main import run

ABANDONED = 1
STANDARD_INPUT = 0


def _end_with_starter() -> None:
    # Not through sys.stdin: its lock, held here at the end of the command, would be a fatal error.
    while os.read(STANDARD_INPUT, 1):
        pass
    os._exit(ABANDONED)


if __name__ == "__main__":
    Thread(target=_end_with_starter, daemon=True).start()
    sys.exit(run(sys.argv[1:]))
