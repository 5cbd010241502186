"""An S3 bucket as a store; no other module knows boto3.

Endpoint, region and keys come from where AWS's own tools find them: AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID,
AWS_SECRET_ACCESS_KEY, a profile, or the role of a pod.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, NoCredentialsError, NoRegionError

from credit.bundle import manifest
from credit.bundle.model_id import checked_model_id
from credit.model_store.errors import ModelStoreAddressError, ModelStoreAwayError, ModelStoreError
from credit.model_store.store import arrive, check_same, upload_order

_NOT_THERE = {"NoSuchKey", "404"}
_NOT_OURS = {"NoSuchBucket", "AccessDenied", "403", "InvalidAccessKeyId", "SignatureDoesNotMatch"}
_TAKEN = {"PreconditionFailed", "412", "ConditionalRequestConflict"}


def _client() -> Any:
    patient = Config(
        retries={"mode": "standard", "max_attempts": 4},
        connect_timeout=5,
        read_timeout=30,
        # Checksums that only AWS knows are left out where they are not asked for: not every S3 is AWS's.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    session = boto3.session.Session()  # not the process's default one, which remembers the first keys it saw
    client = session.client("s3", config=patient)
    if ".amazonaws." in client.meta.endpoint_url:
        return client
    # A server of one's own has one host name, not one for each bucket.
    return session.client("s3", config=patient.merge(Config(s3={"addressing_style": "path"})))


@dataclass(frozen=True)
class S3Store:
    """Bundles as `s3://bucket/prefix/<model_id>/<file>`, the layout that KServe downloads."""

    bucket: str
    prefix: str
    """Without slashes at its ends; may be empty."""
    client: Any = field(default_factory=_client, repr=False)

    @property
    def address(self) -> str:
        """The store's URL."""
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")

    def put(self, bundle: Path) -> None:
        """As `ModelStore.put`: `manifest.sha256` is the last object, and is only made where there is none."""
        model_id, names = upload_order(bundle)
        ours = (bundle / manifest.HASH_FILE).read_bytes()
        if check_same(self.address, model_id, self._known(model_id), ours):
            return
        for name in names[:-1]:
            self._put(model_id, name, (bundle / name).read_bytes())
        try:
            self._put(model_id, manifest.HASH_FILE, ours, IfNoneMatch="*")
        except _TakenError:
            check_same(self.address, model_id, self._known(model_id), ours)

    def fetch(self, model_id: str, model_dir: Path) -> Path:
        """As `ModelStore.fetch`."""
        return arrive(model_id, model_dir, lambda name: self._get(model_id, name))

    def exists(self, model_id: str) -> bool:
        """As `ModelStore.exists`."""
        return self._known(model_id) is not None

    def _known(self, model_id: str) -> bytes | None:
        try:
            return self._get(model_id, manifest.HASH_FILE)
        except _NotThereError:
            return None

    def _get(self, model_id: str, name: str) -> bytes:
        key = self._key(model_id, name)
        with self._said_plainly(key):
            content: bytes = self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return content

    def _put(self, model_id: str, name: str, content: bytes, **conditions: str) -> None:
        key = self._key(model_id, name)
        with self._said_plainly(key):
            self.client.put_object(Bucket=self.bucket, Key=key, Body=content, **conditions)

    def _key(self, model_id: str, name: str) -> str:
        return "/".join(part for part in (self.prefix, checked_model_id(model_id), name) if part)

    @contextmanager
    def _said_plainly(self, key: str) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            raise _translated(f"s3://{self.bucket}/{key}", error) from error
        except (NoCredentialsError, NoRegionError) as error:
            raise ModelStoreAddressError(f"s3://{self.bucket}: {error}; set AWS_ACCESS_KEY_ID and its like") from error
        except (BotoCoreError, HTTPClientError) as error:
            raise ModelStoreAwayError(f"s3://{self.bucket} does not answer: {error}") from error


class _NotThereError(ModelStoreError):
    """No such object."""


class _TakenError(ModelStoreError):
    """The object exists, and was to be made."""


def _translated(place: str, error: ClientError) -> ModelStoreError:
    said = error.response.get("Error", {})
    code, status = said.get("Code", ""), error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    message = f"{place}: {code} {said.get('Message', '')}".strip()
    if code in _NOT_THERE:
        return _NotThereError(f"{place} is not there; see `blink model list`")
    if code in _TAKEN:
        return _TakenError(message)
    if code in _NOT_OURS:
        return ModelStoreAddressError(f"{message}; check MODEL_STORE, and the keys and their rights on this bucket")
    return ModelStoreAwayError(message) if status >= 500 else ModelStoreError(message)
