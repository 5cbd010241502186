"""`blink model upload` and `download` as processes, on a real S3 server."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from credit.bundle.reader import load_bundle
from credit.model_store.store import upload_order
from tests.store.conftest import S3Server
from tests.unit.credit.model_store.store_contract import bundle, contents, namesake

__all__ = ["bundle", "namesake"]

# A command that is killed when it is about to write the file that is its first argument.
KILLED = """
import os, signal, sys
from blink.cli.main import run
from credit.model_store.s3 import S3Files
write = S3Files.write
def write_or_die(self, name, content, **conditions):
    if name == sys.argv[1]:
        os.kill(os.getpid(), signal.SIGKILL)
    write(self, name, content, **conditions)
S3Files.write = write_or_die
run(sys.argv[2:])
"""


@pytest.fixture
def home(bucket: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """BLINK_HOME, in a place from which the server's keys cannot be guessed: options give them."""
    for name in ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("BLINK_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def reached(s3_server: S3Server, tmp_path: Path) -> list[str]:
    """The options that reach the server."""
    secret = tmp_path / "secret"
    secret.write_text(f"{s3_server.secret_key}\n")
    keys = ["--access-key", s3_server.access_key, "--secret-key-file", str(secret)]
    return ["--region", "us-east-1", "--endpoint-url", s3_server.url, *keys]


def blink(*arguments: str) -> tuple[int, dict, str]:
    command = [sys.executable, "-m", "blink", "model", *arguments, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, json.loads(done.stdout), done.stderr


def test_a_model_goes_to_a_bucket_and_comes_back(home, bucket, bundle, reached):
    put = ["upload", str(bundle), "--bucket", bucket.name, "--key-prefix", "credit/models/", *reached]
    address = f"s3://{bucket.name}/credit/models/{bundle.name}"
    sha256 = load_bundle(bundle).manifest_sha256
    told = {"address": address, "model_id": bundle.name, "manifest_sha256": sha256}
    assert blink(*put) == (0, {**told, "new": True}, "")
    assert contents(bucket / "credit" / "models" / bundle.name) == contents(bundle)
    assert blink(*put) == (0, {**told, "new": False}, "")
    code, facts, said = blink("download", address, "--sha256", sha256, *reached)
    assert (code, facts["new"], facts["manifest_sha256"], said) == (0, True, sha256, "")
    assert contents(home / "models" / bundle.name) == contents(bundle)


def test_another_model_under_its_id_is_refused(home, bucket, bundle, namesake, reached):
    put = ["upload", str(bundle), "--bucket", bucket.name, *reached]
    assert blink(*put)[0] == 0
    code, facts, _ = blink(*["upload", str(namesake), *put[2:]])
    assert (code, "holds another bundle as" in facts["error"]) == (1, True)
    assert contents(bucket / bundle.name) == contents(bundle)


@pytest.mark.parametrize("at", ["calibration.json", "manifest.json", "manifest.sha256"])
def test_an_upload_that_is_killed_leaves_no_model_and_the_next_completes_it(home, bucket, bundle, reached, at):
    put = ["upload", str(bundle), "--bucket", bucket.name, *reached]
    killed = subprocess.run([sys.executable, "-c", KILLED, at, "model", *put], check=False)
    assert killed.returncode == -signal.SIGKILL
    _, order = upload_order(bundle)
    assert {path.name for path in (bucket / bundle.name).iterdir()} == set(order[: order.index(at)])
    code, facts, _ = blink("download", f"s3://{bucket.name}/{bundle.name}", *reached)
    missing = f"no complete model at s3://{bucket.name}/{bundle.name}: manifest.sha256 is not there"
    assert (code, facts["exit_code"], facts["error"].startswith(missing)) == (1, 1, True)
    assert blink(*put)[1]["new"]
    assert contents(bucket / bundle.name) == contents(bundle)


def test_a_damaged_object_is_refused_by_its_name(home, bucket, bundle, reached):
    assert blink("upload", str(bundle), "--bucket", bucket.name, *reached)[0] == 0
    damaged = bucket / bundle.name / "forest.bin"
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"!")
    code, facts, _ = blink("download", f"s3://{bucket.name}/{bundle.name}", *reached)
    assert (code, f"s3://{bucket.name}/{bundle.name}/forest.bin: sha256 is" in facts["error"]) == (1, True)
    assert list((home / "models").glob("model_*")) == []


def test_a_wrong_secret_is_a_wrong_setting_and_is_not_repeated(home, bucket, bundle, reached, tmp_path):
    (tmp_path / "secret").write_text("of-another-server")
    code, facts, said = blink("upload", str(bundle), "--bucket", bucket.name, *reached)
    assert (code, "SignatureDoesNotMatch" in facts["error"]) == (78, True)
    assert "of-another-server" not in facts["error"] + said
