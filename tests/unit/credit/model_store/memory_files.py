"""Files in memory, which remember what was read and can go away in between."""

from collections import Counter
from collections.abc import Mapping
from typing import Self

from credit.model_store.errors import ModelStoreAwayError, NotStoredError


class MemoryFiles:
    address = "memory://models/one"

    def __init__(self, contents: Mapping[str, bytes], *, away_at: str = "") -> None:
        self.contents = dict(contents)
        self.away_at = away_at
        self.read_names: list[str] = []

    @property
    def times_read(self) -> Counter[str]:
        return Counter(self.read_names)

    def read(self, name: str) -> bytes:
        self.read_names.append(name)
        if name == self.away_at:
            raise ModelStoreAwayError(f"{self.address} does not answer")
        try:
            return self.contents[name]
        except KeyError as error:
            raise NotStoredError(f"{self.address}/{name} is not there") from error

    def within(self, folder: str) -> Self:
        raise AssertionError(f"nobody asks for {folder}")
