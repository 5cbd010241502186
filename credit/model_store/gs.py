"""Files in Google Cloud Storage; no other module knows its client.

Logins come from where Google's own tools find them (GOOGLE_APPLICATION_CREDENTIALS, `gcloud auth application-default
login`, a pod's workload identity); where there is none, only what is public is read. STORAGE_EMULATOR_HOST is followed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Self

from google.api_core.exceptions import ClientError, Forbidden, GoogleAPIError, NotFound, TooManyRequests, Unauthorized
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError, TransportError
from google.cloud import storage
from requests.exceptions import RequestException

from credit.model_store.errors import ModelStoreAddressError, ModelStoreAwayError, ModelStoreError, NotStoredError

_SECONDS = 30.0


def _client() -> Any:
    try:
        return storage.Client()
    except DefaultCredentialsError:
        return storage.Client.create_anonymous_client()


@dataclass(frozen=True)
class GcsFiles:
    """The objects of a bucket whose names begin so."""

    bucket: str
    prefix: str
    """Without slashes at its ends; may be empty."""
    client: Any = field(default_factory=_client, repr=False, compare=False)

    @property
    def address(self) -> str:
        """As `StoredFiles.address`."""
        return f"gs://{self.bucket}/{self.prefix}".rstrip("/")

    def read(self, name: str) -> bytes:
        """As `StoredFiles.read`; the client checks the object's CRC32C."""
        key = f"{self.prefix}/{name}".lstrip("/")
        with self._said_plainly(f"gs://{self.bucket}/{key}"):
            content: bytes = self.client.bucket(self.bucket).blob(key).download_as_bytes(timeout=_SECONDS)
        return content

    def within(self, folder: str) -> Self:
        """As `StoredFiles.within`."""
        return replace(self, prefix=f"{self.prefix}/{folder}".lstrip("/"))

    @contextmanager
    def _said_plainly(self, place: str) -> Iterator[None]:
        try:
            yield
        except NotFound as error:
            raise NotStoredError(f"{place} is not there") from error
        except (Forbidden, Unauthorized) as error:
            raise ModelStoreAddressError(f"{place}: {error.message}; check the login and its rights") from error
        except (TransportError, TooManyRequests) as error:
            raise ModelStoreAwayError(f"{place} does not answer: {error}") from error
        except ClientError as error:
            raise ModelStoreError(f"{place}: {error.message}") from error
        except GoogleAuthError as error:
            raise ModelStoreAddressError(f"{place}: {error}; check the login") from error
        except (GoogleAPIError, RequestException) as error:
            raise ModelStoreAwayError(f"{place} does not answer: {error}") from error
