"""docs/control.md names every path and every metric."""

from datetime import UTC, datetime
from pathlib import Path

from blink.control.app import Parts, control_app
from blink.control.metrics import ControlMetrics, PipelineFigures
from blink.control.tokens import Tokens
from credit.database.pipeline_figures import Finished, RunCount

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PAGE = (Path(__file__).parents[4] / "docs/control.md").read_text()
FIGURES = PipelineFigures(
    NOW,
    [("cash_advance", "m")],
    [RunCount("cash_advance", "train", "running", 1)],
    [Finished("cash_advance", "score", NOW), Finished("cash_advance", "train", NOW)],
)


def test_every_path_is_documented(tmp_path):
    metrics = ControlMetrics(lambda: None)
    app = control_app(Parts(None, None, Tokens(tmp_path), metrics, lambda: NOW))
    assert [path for path in (*app.openapi()["paths"], "/openapi.json") if f"{path}`" not in PAGE] == []


def test_every_metric_is_documented():
    metrics = ControlMetrics(lambda: FIGURES)
    metrics.expect(["cash_advance"])
    lines = metrics.page().decode().splitlines()
    names = {line.split()[2] for line in lines if line.startswith("# TYPE blink_")}
    assert [name for name in names if name not in PAGE and not name.endswith("_created")] == []
    assert 'blink_scoring_age_seconds{portfolio="cash_advance"} 0.0' in lines
