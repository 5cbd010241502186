"""A bundle written and read back, and every way in which one can be broken."""

import hashlib
import json
import shutil
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

from credit.bundle import golden
from credit.bundle.canonical import to_bytes
from credit.bundle.content import BundleContent
from credit.bundle.errors import BundleError
from credit.bundle.reader import load_bundle, verify_hashes
from credit.bundle.reference import SCORE, feature_rows, thinned
from credit.bundle.writer import write_bundle
from tests.unit.credit.bundle.content_example import FEATURES, example_content

FILES = (
    *("bins.json", "calibration.json", "forest.bin", "golden.json", "manifest.json", "manifest.sha256"),
    *("model.txt", "reference.parquet", "scorecard.json"),
)


@pytest.fixture(scope="module")
def content() -> BundleContent:
    return example_content()


@pytest.fixture(scope="module")
def written(content: BundleContent, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(tmp_path_factory.mktemp("models"), content)


@pytest.fixture
def broken(written: Path, tmp_path: Path) -> Path:
    """A copy that a test may break."""
    return Path(shutil.copytree(written, tmp_path / written.name))


def rehash(bundle: Path, *, name: str | None = None) -> None:
    """Make the hashes fit what a test has changed, as somebody would who means to deceive."""
    manifest = json.loads((bundle / "manifest.json").read_text())
    if name is not None:
        manifest["files"][name] = hashlib.sha256((bundle / name).read_bytes()).hexdigest()
    rewrite_manifest(bundle, manifest)


def rewrite_manifest(bundle: Path, manifest: dict[str, object]) -> None:
    text = json.dumps(manifest).encode()
    (bundle / "manifest.json").write_bytes(text)
    (bundle / "manifest.sha256").write_text(f"{hashlib.sha256(text).hexdigest()}  manifest.json\n")


def test_a_bundle_holds_these_files_and_no_other(written: Path) -> None:
    assert written.name == "model_cash_advance_20260301_040506"
    assert sorted(path.name for path in written.iterdir()) == sorted(FILES)


def test_the_manifest_says_what_the_model_is(written: Path) -> None:
    assert json.loads((written / "manifest.json").read_text()) == {
        "format": 1,
        "model_id": "model_cash_advance_20260301_040506",
        "portfolio": "cash_advance",
        "algorithm": "lightgbm",
        "features": [
            {
                "name": "metric_median_paycheck",
                "kind": "numeric",
                "unit": "currency",
                "direction": 1,
                "reason_group": "income",
                "may_be_missing": True,
            },
            {
                "name": "metric_overdraft_count90",
                "kind": "numeric",
                "unit": "count",
                "direction": -1,
                "reason_group": "overdrafts",
                "may_be_missing": False,
            },
            {
                "name": "pay_cycle",
                "kind": "categorical",
                "unit": "cycle",
                "direction": 0,
                "reason_group": "income",
                "may_be_missing": True,
            },
        ],
        "window": {"start": "2025-01-01T00:00:00+00:00", "end": "2026-01-01T00:00:00+00:00"},
        "label_rule": {
            "days_late": 30,
            "material_amount": 5.0,
            "settlement_lag_days": 5,
            "bads_known_early": False,
        },
        "metrics": {"roc_auc": {"value": 0.75, "low": 0.5, "high": 1.0}},
        "libraries": {name: metadata.version(name) for name in ("lightgbm", "numpy", "pyarrow", "treelite")},
        "files": {
            name: hashlib.sha256((written / name).read_bytes()).hexdigest()
            for name in FILES
            if not name.startswith("manifest")
        },
    }


def test_a_bundle_reads_back_as_it_was_written(written: Path, content: BundleContent) -> None:
    bundle = load_bundle(written)
    assert bundle.manifest == verify_hashes(written)
    assert bundle.model_id == content.model_id
    assert bundle.portfolio == content.portfolio
    assert bundle.feature_names == tuple(feature.name for feature in FEATURES)
    assert (bundle.manifest.features, bundle.manifest.window) == (content.features, content.window)
    assert (bundle.manifest.label_rule, bundle.manifest.metrics) == (content.label_rule, content.metrics)
    assert bundle.calibration == content.calibration
    assert bundle.manifest_sha256 == hashlib.sha256((written / "manifest.json").read_bytes()).hexdigest()


def test_the_reference_has_the_training_rows_and_their_scores(written: Path, content: BundleContent) -> None:
    bundle = load_bundle(written)
    reference = bundle.reference()
    rows = feature_rows(content.reference, bundle.feature_names)
    assert repr(reference.drop_columns([SCORE]).to_pydict()) == repr(content.reference.to_pydict())
    scores = bundle.calibration.probability(bundle.engine.margins(rows))
    np.testing.assert_array_equal(reference.column(SCORE).to_numpy(), scores)


def test_the_scorecard_has_the_reference_s_mean_contributions(written: Path, content: BundleContent) -> None:
    bundle = load_bundle(written)
    rows = feature_rows(content.reference, bundle.feature_names)
    means = 1.25 * bundle.engine.contributions(rows)[:, :-1].mean(axis=0)
    assert bundle.scorecard.reason_groups == {
        "income": ("metric_median_paycheck", "pay_cycle"),
        "overdrafts": ("metric_overdraft_count90",),
    }
    assert list(bundle.scorecard.mean_contributions) == sorted(bundle.feature_names)
    for name, mean in zip(bundle.feature_names, means, strict=True):
        assert bundle.scorecard.mean_contributions[name] == pytest.approx(mean, abs=1e-12)


def test_the_bins_count_the_reference(written: Path) -> None:
    bundle = load_bundle(written)
    reference = bundle.reference()
    assert set(bundle.bins) == {*bundle.feature_names, SCORE}
    for name, column in bundle.bins.items():
        assert column.counts == tuple(column.count(feature_rows(reference, [name])[:, 0]))
        assert min(column.counts[:-2]) > 0


def test_a_refusal_says_whose_bundle_it_is(broken: Path) -> None:
    (broken / "model.txt").write_bytes(b"")
    with pytest.raises(BundleError, match=f"^{broken.name}: model\\.txt: sha256 is"):
        load_bundle(broken)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("place", [0.0, 0.25, 0.5, 0.75, 1.0])
@pytest.mark.parametrize("check", [verify_hashes, load_bundle])
def test_one_changed_bit_in_any_file_is_refused_by_name(broken: Path, name: str, place: float, check: object) -> None:
    content = bytearray((broken / name).read_bytes())
    content[int(place * (len(content) - 1))] ^= 1
    (broken / name).write_bytes(content)
    with pytest.raises(BundleError, match=name.replace(".", r"\.")):
        check(broken)  # type: ignore[operator]


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_refused_by_name(broken: Path, name: str) -> None:
    (broken / name).unlink()
    with pytest.raises(BundleError, match=f"{name}: cannot be read in .*: No such file"):
        load_bundle(broken)


def test_an_empty_or_absent_directory_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "absent"):
        with pytest.raises(BundleError, match=r"manifest\.sha256: cannot be read in .*: No such file"):
            load_bundle(path)


def test_an_unexpected_file_is_refused_by_name(broken: Path) -> None:
    (broken / "model.pkl").touch()
    with pytest.raises(BundleError, match=r"unexpected in the bundle: model\.pkl"):
        load_bundle(broken)


def test_a_link_is_refused_by_name(broken: Path, written: Path) -> None:
    (broken / "model.txt").unlink()
    (broken / "model.txt").symlink_to(written / "model.txt")
    with pytest.raises(BundleError, match=r"model\.txt: not a regular file"):
        load_bundle(broken)


@pytest.mark.parametrize("name", ["../model.txt", "/etc/passwd", "a/b.txt", "..", ".hidden", "manifest.json"])
def test_a_file_name_that_leaves_the_directory_is_refused(broken: Path, name: str) -> None:
    manifest = json.loads((broken / "manifest.json").read_text())
    manifest["files"][name] = "0" * 64
    rewrite_manifest(broken, manifest)
    with pytest.raises(BundleError, match=r"manifest\.json: file name .* is not allowed"):
        load_bundle(broken)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("format", 2, "format 2; this version reads format 1"),
        ("algorithm", "pickle", "algorithm 'pickle': this version reads lightgbm, "),
        ("model_id", "../other", "model id '../other': must be model_<name>"),
        ("window", {}, "a field is missing or has a wrong type: KeyError"),
        ("features", [{}], "a field is missing or has a wrong type: KeyError"),
        ("features", [], "0 features, but the model has 3"),
        ("files", {}, r"manifest\.json: should name bins\.json, .*; differs in bins\.json"),
        ("files", {"model.txt": "0"}, r"model\.txt has no sha256 in hex"),
    ],
)
def test_a_manifest_that_cannot_be_read_is_refused(broken: Path, field: str, value: object, message: str) -> None:
    manifest = json.loads((broken / "manifest.json").read_text())
    rewrite_manifest(broken, {**manifest, field: value})
    with pytest.raises(BundleError, match=message):
        load_bundle(broken)


def test_a_margin_that_is_not_reproduced_is_named_with_both_values(broken: Path) -> None:
    proof = load_bundle(broken).golden
    proof.margins[3] = np.nextafter(proof.margins[3], np.inf)
    (broken / golden.FILE).write_bytes(golden.golden_to_bytes(proof))
    rehash(broken, name=golden.FILE)
    given = float(np.nextafter(proof.margins[3], -np.inf))
    with pytest.raises(BundleError, match=f"row 3: margin {given!r}, expected {float(proof.margins[3])!r}"):
        load_bundle(broken)


def test_a_contribution_that_is_not_reproduced_is_named_with_both_values(broken: Path) -> None:
    proof = load_bundle(broken).golden
    given = float(proof.contributions[2, 1])
    proof.contributions[2, 1] += 1e-8
    (broken / golden.FILE).write_bytes(golden.golden_to_bytes(proof))
    rehash(broken, name=golden.FILE)
    expected = float(proof.contributions[2, 1])
    message = f"row 2, column 1: contribution {given!r}, expected {expected!r}"
    with pytest.raises(BundleError, match=message):
        load_bundle(broken)


def test_another_model_s_trees_are_refused_though_their_hash_fits(broken: Path, tmp_path: Path) -> None:
    other = write_bundle(tmp_path / "other", example_content(seed=1))
    (broken / "forest.bin").write_bytes((other / "forest.bin").read_bytes())
    rehash(broken, name="forest.bin")
    with pytest.raises(BundleError, match=r"golden\.json on blink-native 1: row 0: margin \S+, expected \S+"):
        load_bundle(broken)


def test_a_reference_that_changes_after_loading_is_refused(broken: Path) -> None:
    bundle = load_bundle(broken)
    (broken / "reference.parquet").write_bytes(b"changed")
    with pytest.raises(BundleError, match=r"reference\.parquet: sha256 is"):
        bundle.reference()


def test_a_content_that_cannot_be_served_is_refused_before_anything_is_written(
    content: BundleContent, tmp_path: Path
) -> None:
    refused = {
        "2 features named, but the model has 3": replace(content, features=FEATURES[:2]),
        "but the model's columns are metric_median_paycheck, metric_overdraft_count90, pay_cycle": replace(
            content, features=FEATURES[::-1]
        ),
        "no column for pay_cycle": replace(content, reference=content.reference.drop_columns(["pay_cycle"])),
        "no rows": replace(content, reference=content.reference.slice(0, 0)),
        "model.txt: not a LightGBM text model": replace(content, model=b"pickle"),
        "must be model_<name>": replace(content, model_id="../../etc"),  # type: ignore[arg-type]
        "a number is NaN or infinite": replace(content, metrics={"roc_auc": float("nan")}),
        "column default_probability is the writer's": replace(
            content, reference=content.reference.append_column(SCORE, [[0.0] * content.reference.num_rows])
        ),
    }
    for message, wrong in refused.items():
        with pytest.raises(BundleError, match=message):
            write_bundle(tmp_path / "models", wrong)
    assert list(tmp_path.iterdir()) == []


def test_the_same_content_gives_the_same_bytes(written: Path, content: BundleContent, tmp_path: Path) -> None:
    again = write_bundle(tmp_path, content)
    assert (again / "manifest.json").read_bytes() == (written / "manifest.json").read_bytes()


def test_a_long_reference_is_thinned_evenly(content: BundleContent) -> None:
    kept = thinned(content.reference, 5).column("subject_id").to_pylist()
    assert kept == ["u0", "u100", "u200", "u299", "u399"]


def test_canonical_json_has_one_spelling() -> None:
    value = to_bytes({"b": 1.0, "a": ["ä", None, True]}, file="x.json")
    assert value == '{\n "a": [\n  "ä",\n  null,\n  true\n ],\n "b": 1.0\n}\n'.encode()
