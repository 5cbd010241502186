"""`blink model card` of a bundle that is named by its path."""

import json
from dataclasses import replace

from blink.cli.main import run
from credit.bundle.reader import load_bundle
from credit.bundle.writer import write_bundle
from tests.unit.credit.bundle.content_example import example_content
from tests.unit.credit.bundle.evaluation_example import EVALUATION


def test_a_card_is_a_new_file_and_takes_nobody_s_place(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    bundle = write_bundle(tmp_path / "models", replace(example_content(), metrics={}, evaluation=EVALUATION))
    name = "model_cash_advance_20260301_040506"
    assert run(["model", "card", f"models/{name}", "--json"]) == 0
    loaded = load_bundle(bundle)
    assert json.loads(capsys.readouterr().out) == {
        "file": f"{name}.html",
        "model_id": name,
        "manifest_sha256": loaded.manifest_sha256,
        "golden_rows": len(loaded.golden.rows),
    }
    page = (tmp_path / f"{name}.html").read_text("utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert loaded.manifest_sha256 in page
    assert run(["model", "card", f"models/{name}"]) == 2
    assert f"{name}.html exists already: give another name by --out" in capsys.readouterr().err
    assert run(["model", "card", f"models/{name}", "--out", "other.html"]) == 0
    assert (tmp_path / "other.html").read_text("utf-8") == page
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{name}.html", "models", "other.html"]


def test_a_path_without_a_bundle_is_told(tmp_path, capsys):
    assert run(["model", "card", f"{tmp_path}/nothing", "--out", f"{tmp_path}/card.html"]) == 1
    assert "nothing: manifest.sha256: cannot be read" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
