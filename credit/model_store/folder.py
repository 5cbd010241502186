"""A folder as a store: a volume that jobs and servers mount, or one machine's own."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from credit.bundle import manifest
from credit.bundle.publication import published_whole, write_file
from credit.model_store.errors import ModelStoreError, NotStoredError
from credit.model_store.store import ReadStore, upload_order


@dataclass(frozen=True, slots=True)
class FolderFiles:
    """The files of a folder."""

    root: Path

    @property
    def address(self) -> str:
        """The folder."""
        return str(self.root)

    def read(self, name: str) -> bytes:
        """As `StoredFiles.read`."""
        try:
            return (self.root / name).read_bytes()
        except (FileNotFoundError, NotADirectoryError) as error:
            raise NotStoredError(f"{self.root / name} is not there") from error
        except OSError as error:
            raise ModelStoreError(f"{self.root / name} cannot be read: {error.strerror}") from error

    def within(self, folder: str) -> Self:
        """As `StoredFiles.within`."""
        return type(self)(self.root / folder)


class FolderStore(ReadStore):
    """Bundles as `root/<model_id>`."""

    files: FolderFiles

    def __init__(self, root: Path) -> None:
        super().__init__(FolderFiles(root))

    @property
    def writable(self) -> bool:
        """Yes."""
        return True

    def put(self, bundle: Path) -> bool:
        """As `ModelStore.put`: copied beside its place and renamed."""
        model_id, names = upload_order(bundle)
        target = self.files.root / model_id
        ours = (bundle / manifest.HASH_FILE).read_bytes()
        if bundle.resolve() == target.resolve() or self._has(model_id, ours):
            return False
        with published_whole(target) as unfinished:
            for name in names:
                write_file(unfinished / name, (bundle / name).read_bytes())
        return True
