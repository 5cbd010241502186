"""A card of registered models, from training to the page."""

from datetime import timedelta

import pytest

from blink.cli.main import run
from credit.bundle.reader import load_bundle
from tests.postgres.training.population import NOW, order
from trainer.card.registration import registration_of
from trainer.deployment import Deployment
from trainer.pipeline import train

pytestmark = pytest.mark.xdist_group("model cards")  # importing shap takes seconds


@pytest.fixture
def home(database, tmp_path, monkeypatch):
    """Where the models are; commands find them."""
    monkeypatch.setenv("DATABASE_URL", database.url)
    monkeypatch.setenv("MODEL_DIR", str(tmp_path / "models"))
    return tmp_path


def test_a_card_shows_the_champion_that_a_model_met(engine, populate, home):
    populate(110)
    alone = train(engine, order(home), now=NOW - timedelta(days=2))
    first = train(engine, order(home, deployment=Deployment()), now=NOW - timedelta(days=1))
    forced = order(home, seed=2, deployment=Deployment(force_reason="a trial", actor="ada"))
    second = train(engine, forced, now=NOW)
    with engine.connect() as connection:
        met = [registration_of(connection, one.model_id) for one in (alone, first, second)]
    assert [None if one.champion is None else one.champion.model_id for one in met] == [None, None, first.model_id]
    assert [None if one.wish is None else (one.wish.decision, one.wish.override) for one in met] == [
        None,
        ("champion", False),
        ("champion", True),
    ]
    recorded = load_bundle(home / "models" / second.model_id).evaluation()
    assert recorded is not None
    assert (recorded.slices, recorded.vintages, recorded.labels_as_of) == (second.slices, second.vintages, NOW)
    assert sum(one.rows for one in recorded.tenths) == second.judgement.evaluation.rows
    assert sum(one.bads for one in recorded.by_vintage) == second.judgement.evaluation.bads

    page = home / "card.html"
    assert run(["model", "card", "champion:cash_advance", "--out", str(page)]) == 0
    text = page.read_text("utf-8")
    for part in (first.model_id, "A person went over the gate.", "Asked by ada.", recorded.rows_sha256):
        assert part in text
