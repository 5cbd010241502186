"""A second release whose models live in an object store: trained into it, served and scored from it."""

from collections.abc import Iterator
from contextlib import closing

import boto3
import pytest

from tests.cluster.kube import Namespace, environment, remove_namespace, run, until
from tests.cluster.load import Route
from tests.cluster.postgres import Database
from tests.cluster.workflow_runs import workflow

NAMESPACE = "credit-objects"
BUCKET = "blink-end-to-end"
REGION = "us-east-1"
KEY, SECRET = environment("BLINK_TEST_S3_KEY", "test"), environment("BLINK_TEST_S3_SECRET", "testtest")
FROM_PODS = environment("BLINK_TEST_S3_FROM_PODS", "http://s3.s3:9000")
FROM_HERE = environment("BLINK_TEST_S3_FROM_HERE", "http://127.0.0.1:9000")
VALUES = {
    "models.store": "s3",
    "models.s3.bucket": BUCKET,
    "models.s3.endpoint": FROM_PODS,
    "models.s3.region": REGION,
    "models.s3.secret": "object-store",
    "portfolios[0].name": "cash_advance",
    "portfolios[0].hostnames[0]": "objects.example",
}


@pytest.fixture
def bucket() -> Iterator[str]:
    """An empty bucket of the test's own."""
    with closing(_store()) as store:
        store.create_bucket(Bucket=BUCKET)
        yield BUCKET
        for found in store.list_objects_v2(Bucket=BUCKET).get("Contents", []):
            store.delete_object(Bucket=BUCKET, Key=found["Key"])
        store.delete_bucket(Bucket=BUCKET)


@pytest.fixture
def release(bucket: str) -> Iterator[Namespace]:
    """A release of its own, with data and without a model."""
    remove_namespace(NAMESPACE)
    postgres = {"NAMESPACE": NAMESPACE, "POSTGRES_IMAGE": environment("POSTGRES_IMAGE", "blink/postgres:dev")}
    namespace = Namespace(NAMESPACE)
    namespace.make()
    run(["manifests/up", "postgres"], variables=postgres)
    keys = [f"--from-literal=AWS_ACCESS_KEY_ID={KEY}", f"--from-literal=AWS_SECRET_ACCESS_KEY={SECRET}"]
    namespace.kubectl("create", "secret", "generic", "object-store", *keys)
    address, https = FROM_PODS.split("://")[1], str(int(FROM_PODS.startswith("https")))
    kserve = {"s3-endpoint": address, "s3-usehttps": https, "s3-region": REGION}
    notes = [f"serving.kserve.io/{name}={value}" for name, value in kserve.items()]
    namespace.kubectl("annotate", "secret", "object-store", *notes)
    chart = ["charts/blink", "--namespace", NAMESPACE, "--values", "manifests/values-dev.yaml"]
    values = [f"--set-string={name}={value}" for name, value in VALUES.items()]
    switches = ["--set=workflows.suspend=true,workflows.score.shards=2"]
    run(["helm", "install", "blink", *chart, *values, *switches, "--wait", "--timeout=5m"])
    yield namespace
    remove_namespace(NAMESPACE)


def test_a_model_goes_through_an_object_store_from_training_to_a_score(release: Namespace, bucket: str):
    release.finished_workflow(release.create(workflow("blink-train", portfolio="cash_advance")))
    database = Database(release)
    model = database.ask("SELECT model_id FROM blink.blink_models WHERE status = 'champion'")
    slot = release.get("isvc", "blink-cash-advance-blue")
    assert slot["spec"]["predictor"]["model"]["storageUri"] == f"s3://{bucket}/models/{model}"
    with closing(_store()) as store:
        stored = {found["Key"] for found in store.list_objects_v2(Bucket=bucket)["Contents"]}
    assert {f"models/{model}/manifest.json", f"models/{model}/manifest.sha256"} <= stored
    route = Route(environment("BLINK_TEST_GATEWAY", "http://127.0.0.1:8080"), "objects.example", "cash_advance")
    until(lambda: route.ask("GET", f"/v2/models/{route.model}/ready")[0] == 200, "the gateway routes", seconds=30)
    status, answer = route.ask("POST", "/score", {"user_id": "newcomer", "features": {}})
    assert (status, answer.get("model_id")) == (200, model), answer
    release.finished_workflow(release.create(workflow("blink-score", portfolio="cash_advance")))
    subjects = database.count("(SELECT DISTINCT subject_id FROM blink.accounts) AS subjects")
    scored = database.ask("SELECT count(*) FROM blink.risk_score_audits WHERE origin = 'batch'")
    assert int(scored) == subjects


def _store():
    keys = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET, "region_name": REGION}
    return boto3.client("s3", endpoint_url=FROM_HERE, **keys)
