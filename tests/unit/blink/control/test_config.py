"""control.json, read strictly."""

import json
from copy import deepcopy
from dataclasses import asdict

import pytest

from blink.control.config import read_config
from blink.settings import SettingsError
from tests.postgres.control.served import CONFIG
from tests.unit.rollout.release_example import RELEASE

SAID = json.loads(json.dumps(asdict(CONFIG)))


def read(tmp_path, said):
    path = tmp_path / "control.json"
    path.write_text(said if isinstance(said, str) else json.dumps(said))
    return read_config(path)


def changed(place: str, value: object) -> dict:
    said = deepcopy(SAID)
    *way, last = place.split(".")
    inner = said
    for step in way:
        inner = inner[int(step) if step.isdigit() else step]
    inner[last] = value
    return said


def test_the_chart_s_file_is_read_whole(tmp_path):
    assert read(tmp_path, SAID) == CONFIG
    assert read(tmp_path, SAID).rollout() == RELEASE
    tolerations = [{"key": "credit", "tolerationSeconds": 5}]
    assert read(tmp_path, changed("slot.tolerations", tolerations)).slot.tolerations == tuple(tolerations)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("{", "is not JSON"),
        ("[]", "control.json must be an object, not \\[\\]"),
        (changed("surprise", 1), "control.json: unknown field 'surprise'; there are release, namespace"),
        (changed("slot.surprise", 1), "control.json: slot: unknown field 'surprise'"),
        ({k: v for k, v in SAID.items() if k != "gateway"}, "control.json: gateway is missing"),
        (changed("slot.min_replicas", "1"), 'control.json: slot: min_replicas must be a whole number, not "1"'),
        (changed("slot.min_replicas", True), "min_replicas must be a whole number, not true"),
        (changed("slot.min_replicas", 2), "slot.min_replicas must be 1 to slot.max_replicas, not 2"),
        (changed("slot.requests", {"cpu": 1}), "requests.cpu must be a text, not 1"),
        (changed("slot.image_pull_secrets", "x"), 'image_pull_secrets must be a list, not "x"'),
        (changed("portfolios.0.name", 7), r"portfolios\[0\]: name must be a text, not 7"),
        (changed("model_store", "/models"), "model_store must be pvc:// or s3://, not '/models'"),
        (changed("model_store", "gs://models"), "model_store must be pvc:// or s3://, not 'gs://models'"),
        (changed("release", "a-very-long-name-of-a-release"), "47 characters, 40 are possible"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, said, words):
    with pytest.raises(SettingsError, match=words):
        read(tmp_path, said)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SettingsError, match="cannot be read"):
        read_config(tmp_path / "none")
