"""Who may use the control API: one token a person, of which only the hash is stored."""

import hashlib
import hmac
import logging
import re
import secrets
from collections.abc import Mapping
from pathlib import Path

from credit.sha256_text import is_sha256

_log = logging.getLogger(__name__)

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", re.ASCII)

Signature = tuple[tuple[str, int, int, int], ...]


def new_token() -> str:
    """A token that nobody guesses: 256 bits."""
    return f"blink_{secrets.token_urlsafe(32)}"


def token_hash(token: str) -> str:
    """What is stored of a token. It is random and long, so that a plain hash of it tells nothing."""
    return hashlib.sha256(token.encode()).hexdigest()


def is_name(text: str) -> bool:
    """Whether a text can name a person: it becomes a file and the key of a Secret."""
    return _NAME.fullmatch(text) is not None


class Tokens:
    """The hashes in a directory: one file a person, named after them. Without the directory there is nobody."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._signature: Signature | None = None
        self._people: Mapping[str, str] = {}

    def person(self, token: str) -> str | None:
        """Whose token it is; None where it is nobody's. A file that was changed counts from the next call on."""
        self._read_again()
        digest = token_hash(token)
        # All are compared, each in constant time: how long it takes tells nothing about any.
        found = [name for name, known in self._people.items() if hmac.compare_digest(known, digest)]
        return found[0] if found else None

    def _read_again(self) -> None:
        # A Secret's files are links that Kubernetes moves all at once: what they lead to is looked at.
        try:
            files = [path for path in sorted(self._directory.iterdir()) if is_name(path.name) and path.is_file()]
            signature = tuple((path.name, (at := path.stat()).st_ino, at.st_mtime_ns, at.st_size) for path in files)
            if signature != self._signature:
                self._people = _read(files)
                self._signature = signature
        except OSError as error:
            # Fails closed: whoever removes the directory removes everybody.
            if self._signature != ():
                _log.warning("tokens: %s cannot be read, nobody is let in: %s", self._directory, error.strerror)
            self._people, self._signature = {}, ()


def _read(files: list[Path]) -> Mapping[str, str]:
    people: dict[str, str] = {}
    for path in files:
        said = path.read_text("ascii", errors="replace").strip().lower()
        if is_sha256(said):
            people[path.name] = said
        else:
            _log.error("tokens: %s holds no sha256 in hex (blink control-token prints one): it lets nobody in", path)
    return people
