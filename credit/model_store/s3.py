"""An S3 bucket as a store; no other module knows boto3.

What nobody said of endpoint, region and keys comes from where AWS's own tools find them: AWS_ENDPOINT_URL,
AWS_DEFAULT_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, a profile, or the role of a pod.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
)

from credit.bundle import manifest
from credit.model_store.errors import ModelStoreAddressError, ModelStoreAwayError, ModelStoreError, NotStoredError
from credit.model_store.s3_access import UNSAID, S3Access
from credit.model_store.store import ReadStore, upload_order

_NOT_THERE = {"NoSuchKey", "404"}
_NOT_OURS = {"NoSuchBucket", "AccessDenied", "403", "InvalidAccessKeyId", "SignatureDoesNotMatch", "PermanentRedirect"}
_TAKEN = {"PreconditionFailed", "412", "ConditionalRequestConflict"}


def client_of(access: S3Access) -> Any:
    """A client of S3.

    Raises:
        ModelStoreAddressError: where the endpoint is no URL.
    """
    patient = Config(
        retries={"mode": "standard", "max_attempts": 4},
        connect_timeout=5,
        read_timeout=30,
        # Checksums that only AWS knows are left out where they are not asked for: not every S3 is AWS's.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    session = boto3.session.Session()  # not the process's default one, which remembers the first keys it saw
    said = {
        "region_name": access.region,
        "endpoint_url": access.endpoint_url,
        "aws_access_key_id": access.access_key,
        "aws_secret_access_key": access.secret_key,
    }
    try:
        client = session.client("s3", config=patient, **said)
        if ".amazonaws." in client.meta.endpoint_url:
            return client
        # A server of one's own has one host name, not one for each bucket.
        return session.client("s3", config=patient.merge(Config(s3={"addressing_style": "path"})), **said)
    except (BotoCoreError, ValueError) as error:
        raise ModelStoreAddressError(f"S3 cannot be reached as said: {error}") from error


@dataclass(frozen=True)
class S3Files:
    """The objects of a bucket whose keys begin so."""

    bucket: str
    prefix: str
    """Without slashes at its ends; may be empty."""
    client: Any = field(repr=False)

    @classmethod
    def reached(cls, bucket: str, prefix: str, access: S3Access) -> Self:
        """By a client of its own."""
        return cls(bucket, prefix, client_of(access))

    @property
    def address(self) -> str:
        """As `StoredFiles.address`."""
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")

    def read(self, name: str) -> bytes:
        """As `StoredFiles.read`."""
        key = self._key(name)
        with self._said_plainly(key):
            content: bytes = self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return content

    def write(self, name: str, content: bytes, **conditions: str) -> None:
        """Make an object, in place of what is there but for the conditions of S3's PutObject."""
        key = self._key(name)
        with self._said_plainly(key):
            self.client.put_object(Bucket=self.bucket, Key=key, Body=content, **conditions)

    def within(self, folder: str) -> Self:
        """As `StoredFiles.within`."""
        return replace(self, prefix=self._key(folder))

    def _key(self, name: str) -> str:
        return f"{self.prefix}/{name}".lstrip("/")

    @contextmanager
    def _said_plainly(self, key: str) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            raise _translated(f"s3://{self.bucket}/{key}", error) from error
        except (NoCredentialsError, NoRegionError) as error:
            raise ModelStoreAddressError(f"s3://{self.bucket}: {error}; set AWS_ACCESS_KEY_ID and its like") from error
        except ParamValidationError as error:
            raise ModelStoreAddressError(f"s3://{self.bucket}/{key} is no address: {error}") from error
        except (BotoCoreError, HTTPClientError) as error:
            raise ModelStoreAwayError(f"s3://{self.bucket} does not answer: {error}") from error


class S3Store(ReadStore):
    """Bundles as `s3://bucket/prefix/<model_id>/<file>`, the layout that KServe downloads."""

    files: S3Files

    def __init__(self, bucket: str, prefix: str, access: S3Access = UNSAID) -> None:
        super().__init__(S3Files.reached(bucket, prefix, access))

    @property
    def writable(self) -> bool:
        """Yes."""
        return True

    def put(self, bundle: Path) -> bool:
        """As `ModelStore.put`: `manifest.sha256` is the last object, and is only made where there is none."""
        model_id, names = upload_order(bundle)
        ours = (bundle / manifest.HASH_FILE).read_bytes()
        if self._has(model_id, ours):
            return False
        there = self.files.within(model_id)
        for name in names[:-1]:
            there.write(name, (bundle / name).read_bytes())
        try:
            there.write(manifest.HASH_FILE, ours, IfNoneMatch="*")
        except _TakenError:
            return not self._has(model_id, ours)
        return True


class _TakenError(ModelStoreError):
    """The object exists, and was to be made."""


def _translated(place: str, error: ClientError) -> ModelStoreError:
    said = error.response.get("Error", {})
    code, status = said.get("Code", ""), error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    message = f"{place}: {code} {said.get('Message', '')}".strip()
    if code in _NOT_THERE:
        return NotStoredError(f"{place} is not there")
    if code in _TAKEN:
        return _TakenError(message)
    if code in _NOT_OURS:
        return ModelStoreAddressError(f"{message}; check the address, and the keys and their rights on this bucket")
    return ModelStoreAwayError(message) if status >= 500 else ModelStoreError(message)
