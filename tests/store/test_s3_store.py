"""An S3 bucket as a store, on a real server."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from credit.model_store.address import open_store
from credit.model_store.errors import ModelStoreAddressError, ModelStoreAwayError, ModelStoreError
from credit.model_store.s3 import S3Store
from credit.model_store.s3_access import S3Access
from tests.unit.credit.model_store.store_contract import Place, StoreContract, bundle, contents, namesake

__all__ = ["bundle", "namesake"]


@dataclass(frozen=True)
class RawBucket:
    store: S3Store

    def write(self, model_id: str, name: str, content: bytes) -> None:
        self.store.files.client.put_object(
            Bucket=self.store.files.bucket, Key=f"models/{model_id}/{name}", Body=content
        )

    def remove(self, model_id: str, name: str) -> None:
        self.store.files.client.delete_object(Bucket=self.store.files.bucket, Key=f"models/{model_id}/{name}")


@pytest.fixture
def place(bucket: Path) -> Place:
    store = open_store(f"s3://{bucket.name}/models/")
    assert isinstance(store, S3Store)
    return Place(store, RawBucket(store))


class TestS3Store(StoreContract):
    pass


def test_the_objects_lie_as_kserve_downloads_them(place, bucket, bundle):
    place.store.put(bundle)
    assert contents(bucket / "models" / bundle.name) == contents(bundle)


def test_the_manifests_hash_is_the_last_object_and_made_only_where_there_is_none(place, bundle):
    put = []
    place.store.files.client.meta.events.register(
        "provide-client-params.s3.PutObject", lambda params, **_: put.append((params["Key"], params.get("IfNoneMatch")))
    )
    place.store.put(bundle)
    assert put[-1] == (f"models/{bundle.name}/manifest.sha256", "*")
    assert [condition for _, condition in put[:-1]] == [None] * (len(contents(bundle)) - 1)


def test_a_half_upload_is_no_model_and_is_completed_by_the_next(place, bundle, tmp_path):
    place.store.put(bundle)
    place.raw.remove(bundle.name, "manifest.sha256")
    place.raw.remove(bundle.name, "forest.bin")
    assert not place.store.exists(bundle.name)
    with pytest.raises(ModelStoreError, match=r"manifest\.sha256 is not there"):
        place.store.fetch(bundle.name, tmp_path)
    place.store.put(bundle)
    assert contents(place.store.fetch(bundle.name, tmp_path)) == contents(bundle)


def test_of_two_who_store_one_id_at_once_the_second_is_refused(place, bundle, namesake):
    late: list[bool] = []

    def first_one_wins(params, **_):
        if params["Key"].endswith("manifest.sha256") and not late:
            late.append(True)
            place.raw.write(bundle.name, "manifest.sha256", (bundle / "manifest.sha256").read_bytes())

    place.store.files.client.meta.events.register("provide-client-params.s3.PutObject", first_one_wins)
    with pytest.raises(ModelStoreError, match="holds another bundle"):
        place.store.put(namesake)


def test_a_bucket_that_does_not_exist_is_a_wrong_setting(place, bundle, tmp_path):
    with pytest.raises(ModelStoreAddressError, match=r"NoSuchBucket.*check the address"):
        open_store("s3://nowhere-at-all/models").put(bundle)


def test_wrong_keys_are_a_wrong_setting(bucket, bundle, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(ModelStoreAddressError, match="check the address, and the keys"):
        open_store(f"s3://{bucket.name}").put(bundle)


def test_a_server_that_is_away_is_worth_another_try(bucket, bundle, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(ModelStoreAwayError, match=f"s3://{bucket.name} does not answer"):
        open_store(f"s3://{bucket.name}").put(bundle)


def test_the_region_is_the_one_that_was_said(bucket, monkeypatch):
    # boto3 reads AWS_DEFAULT_REGION alone. That it asks the server again in another region hides a wrong one.
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    store = open_store(f"s3://{bucket.name}", S3Access(region="eu-north-1"))
    assert store.files.client.meta.region_name == "eu-north-1"
