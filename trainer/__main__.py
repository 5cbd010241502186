"""`python -m trainer [PORTFOLIO]`: the same as `blink train`, for cash advances where no portfolio is named."""

import sys
from collections.abc import Sequence

from blink.cli.main import run

DEFAULT_PORTFOLIO = "cash_advance"
_WITH_VALUE = {
    "--reason", "--source", "--as-of", "--seed", "--home", "--out", "--run-id", "--batch-id", "--workflow",
    "--data", "--trials", "--jobs",
}  # fmt: skip


def as_blink_train(arguments: Sequence[str]) -> list[str]:
    """The arguments of the `blink` command that do what `arguments` ask of the trainer."""
    named = any(
        not argument.startswith("-") and (index == 0 or arguments[index - 1] not in _WITH_VALUE)
        for index, argument in enumerate(arguments)
    )
    wants_help = bool({"-h", "--help"} & set(arguments))
    return ["train", *arguments] if named or wants_help else ["train", DEFAULT_PORTFOLIO, *arguments]


if __name__ == "__main__":
    sys.exit(run(as_blink_train(sys.argv[1:])))
