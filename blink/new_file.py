"""A file that is there whole, or not at all, and takes nobody's place."""

import os
from pathlib import Path

from blink.outcome import WrongCallError


def check_free(path: Path) -> None:
    """Do nothing where a file can be made.

    Raises:
        WrongCallError: where something is there already, or there is no such folder.
    """
    if os.path.lexists(path):
        raise WrongCallError(f"{path} exists already: give another name by --out, or move it away")
    if not path.parent.is_dir():
        raise WrongCallError(f"{path}: there is no folder {path.parent}")


def write_new(path: Path, text: str) -> None:
    """Write a file of that text.

    Raises:
        WrongCallError: where something is there already, or it cannot be written.
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
    try:
        unfinished.write_text(text, "utf-8")
        # A rename would take the place of a file that was made meanwhile.
        os.link(unfinished, path)
    except FileExistsError as error:
        raise WrongCallError(f"{path} exists already: give another name by --out, or move it away") from error
    except OSError as error:
        raise WrongCallError(f"{path}: cannot be written: {error.strerror}") from error
    finally:
        unfinished.unlink(missing_ok=True)
