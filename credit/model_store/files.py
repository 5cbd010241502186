"""What every place of stored bundles can do: read a file by its name."""

from typing import Protocol, Self


class StoredFiles(Protocol):
    """Files under one address; nothing is asked of it before the first is read."""

    @property
    def address(self) -> str:
        """The address, without a slash at its end and without secrets."""

    def read(self, name: str) -> bytes:
        """The content of a file.

        Raises:
            NotStoredError: where there is no such file.
            ModelStoreAddressError: where the place is not there, or not for us.
            ModelStoreAwayError: where the place does not answer.
        """

    def within(self, folder: str) -> Self:
        """The files of a folder of this one."""
