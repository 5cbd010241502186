"""A bundle exported as C."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from credit.bundle.errors import BundleError
from credit.bundle.export import ExportReport, export_tl2cgen
from credit.bundle.reader import Bundle, load_bundle
from credit.bundle.reference import feature_rows
from credit.bundle.writer import write_bundle
from tests.unit.credit.bundle.content_example import example_content


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return load_bundle(write_bundle(tmp_path_factory.mktemp("models"), example_content()))


def test_the_export_is_proved_on_golden_and_reference_rows(bundle: Bundle, tmp_path: Path) -> None:
    rows = feature_rows(bundle.reference(), bundle.feature_names)
    report = export_tl2cgen(bundle, tmp_path, rows)
    assert report == ExportReport(
        library=tmp_path / report.library.name,
        sources=tuple(sorted(path.name for path in tmp_path.iterdir() if path.suffix in {".c", ".h"})),
        compiler=report.compiler,
        tl2cgen_version=report.tl2cgen_version,
        rows_proved=len(rows) + len(bundle.golden.rows),
    )
    assert json.loads((tmp_path / "export.json").read_text()) == {
        "model_id": bundle.model_id,
        "manifest_sha256": bundle.manifest_sha256,
        "library": report.library.name,
        "sources": list(report.sources),
        "compiler": report.compiler,
        "tl2cgen_version": report.tl2cgen_version,
        "rows_proved": report.rows_proved,
    }


def test_without_a_compiler_the_c_is_written_and_the_error_says_what_to_do(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BundleError, match=r"no C compiler .* install one .* compile the generated C elsewhere"):
        export_tl2cgen(bundle, tmp_path / "c", bundle.golden.rows)
    written = {path.suffix for path in (tmp_path / "c").iterdir()}
    assert written == {".c", ".h", ".json"}
    assert not (tmp_path / "c" / "export.json").exists()


def test_a_library_that_differs_is_removed(bundle: Bundle, tmp_path: Path) -> None:
    looks_missing = np.full((1, 3), 0.9999999999999999)
    with pytest.raises(BundleError, match="the compiled library differs in row"):
        export_tl2cgen(bundle, tmp_path, looks_missing)
    assert not [path for path in tmp_path.iterdir() if path.suffix in {".so", ".dylib"}]


def test_another_library_s_trees_are_not_exported(bundle: Bundle, tmp_path: Path) -> None:
    other = replace(bundle, manifest=replace(bundle.manifest, algorithm="xgboost"))
    with pytest.raises(BundleError, match="C is generated of LightGBM's trees, not of xgboost"):
        export_tl2cgen(other, tmp_path / "c", bundle.golden.rows)
    assert list(tmp_path.iterdir()) == []
