"""Files of a repository on the Hugging Face hub; no other module knows its client.

The token comes from where the client finds it (HF_TOKEN, or a login); HF_ENDPOINT names another hub. Nothing goes
through the client's cache, which is keyed by revisions and not by what we prove.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from httpx2 import HTTPError
from huggingface_hub import hf_hub_download
from huggingface_hub.errors import (
    DisabledRepoError,
    HfHubHTTPError,
    HFValidationError,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils import disable_progress_bars

from credit.model_store.errors import ModelStoreAddressError, ModelStoreAwayError, ModelStoreError, NotStoredError

_SECONDS = 30.0
_WRONG = (RepositoryNotFoundError, RevisionNotFoundError, DisabledRepoError, HFValidationError)


@dataclass(frozen=True, slots=True)
class HubFiles:
    """The files of a folder of a repository at a revision."""

    repository: str
    """`OWNER/NAME`."""
    revision: str = "main"
    """A branch, a tag or a commit; only the last never moves."""
    folder: str = ""
    """Without slashes at its ends; may be empty."""
    endpoint: str | None = None
    """The hub's URL; None: HF_ENDPOINT's, or the public one."""

    @property
    def address(self) -> str:
        """As `StoredFiles.address`."""
        return f"hf://{self.repository}:{self.revision}/{self.folder}".rstrip("/")

    def read(self, name: str) -> bytes:
        """As `StoredFiles.read`."""
        disable_progress_bars()
        with TemporaryDirectory(prefix="blink-hub-") as directory, _said_plainly(f"{self.address}/{name}"):
            brought = hf_hub_download(
                self.repository,
                f"{self.folder}/{name}".lstrip("/"),
                revision=self.revision,
                local_dir=directory,
                endpoint=self.endpoint,
                etag_timeout=_SECONDS,
                library_name="blinkscoring",
            )
            return Path(brought).read_bytes()

    def within(self, folder: str) -> Self:
        """As `StoredFiles.within`."""
        return replace(self, folder=f"{self.folder}/{folder}".lstrip("/"))


@contextmanager
def _said_plainly(place: str) -> Iterator[None]:
    try:
        yield
    except RemoteEntryNotFoundError as error:
        raise NotStoredError(f"{place} is not there") from error
    except _WRONG as error:
        raise ModelStoreAddressError(
            f"{place}: the hub has no such repository or revision, or not for us; check the name, and HF_TOKEN for "
            "what is private"
        ) from error
    except HfHubHTTPError as error:
        raise _refused(place, error) from error
    except (HTTPError, OSError) as error:  # the latter also where the client would have looked into its cache
        if isinstance(error.__cause__, HfHubHTTPError):
            raise _refused(place, error.__cause__) from error
        raise ModelStoreAwayError(f"{place}: the hub does not answer: {error.__cause__ or error}") from error


def _refused(place: str, error: HfHubHTTPError) -> ModelStoreError:
    status = error.response.status_code
    if status in {401, 403}:
        return ModelStoreAddressError(f"{place}: the hub answers {status}; check HF_TOKEN")
    kind = ModelStoreAwayError if status >= 500 or status == 429 else ModelStoreError
    return kind(f"{place}: the hub answers {status}")
