"""What a training saw of its rows, in the bundle and back."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from credit.bundle.errors import BundleError
from credit.bundle.evaluation import evaluation_from_bytes, evaluation_to_bytes
from credit.bundle.reader import load_bundle
from credit.bundle.writer import write_bundle
from credit.portfolios import Split, SplitKind
from tests.unit.credit.bundle.content_example import example_content
from tests.unit.credit.bundle.evaluation_example import EVALUATION


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(tmp_path_factory.mktemp("models"), replace(example_content(), evaluation=EVALUATION))


def test_a_bundle_gives_back_what_was_recorded(written: Path) -> None:
    bundle = load_bundle(written)
    assert bundle.evaluation() == EVALUATION
    assert "evaluation.json" in bundle.manifest.files


def test_a_bundle_without_the_file_has_none(tmp_path: Path) -> None:
    bundle = load_bundle(write_bundle(tmp_path, example_content()))
    assert "evaluation.json" not in bundle.manifest.files
    assert bundle.evaluation() is None


def test_a_changed_file_is_refused(written: Path) -> None:
    file = written / "evaluation.json"
    before = file.read_bytes()
    file.write_bytes(before.replace(b'"USD"', b'"EUR"'))
    with pytest.raises(BundleError, match=r"evaluation.json: sha256 is"):
        load_bundle(written)
    file.unlink()
    with pytest.raises(BundleError, match=r"evaluation.json: cannot be read"):
        load_bundle(written)
    file.write_bytes(before)


def test_a_file_that_nothing_names_is_refused(tmp_path: Path) -> None:
    path = write_bundle(tmp_path, example_content())
    (path / "evaluation.json").write_bytes(evaluation_to_bytes(EVALUATION))
    with pytest.raises(BundleError, match=r"unexpected in the bundle: evaluation.json"):
        load_bundle(path)


@pytest.mark.parametrize("kind", SplitKind)
def test_every_kind_of_split_comes_back(kind: SplitKind) -> None:
    recorded = replace(EVALUATION, split=Split(kind, seed=7), dated=False, by_vintage=(), rounds=None)
    assert evaluation_from_bytes(evaluation_to_bytes(recorded)) == recorded


@pytest.mark.parametrize("change", [{"roc": None}, {"more": 1}, {"labels_as_of": "soon"}, {"tenths": [{"rows": 1}]}])
def test_another_shape_is_refused(change: dict[str, object]) -> None:
    fields = json.loads(evaluation_to_bytes(EVALUATION)) | change
    with pytest.raises(BundleError, match=r"evaluation.json: a field is missing, unknown or has a wrong type"):
        evaluation_from_bytes(json.dumps(fields).encode())
