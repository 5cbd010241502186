"""What `blink model show` prints."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from blink.model_page import ModelPage, page_text
from credit.bundle.manifest import Manifest, TrainingWindow
from credit.bundle.model_id import checked_model_id
from credit.bundle.reader import Described
from credit.database.models import ModelStatus, RegisteredModel
from credit.database.pipeline_runs import PipelineRun
from credit.database.promotion_events import PromotionEvent
from credit.portfolios import LabelRule, PortfolioName
from tests.unit.credit.bundle.evaluation_example import EVALUATION
from tests.unit.trainer.test_model_text import COSTS, JUDGED

NAME = "model_loans_20260301_040506"
AT = datetime(2026, 3, 1, 4, 5, 6, tzinfo=UTC)
MANIFEST = Manifest(
    checked_model_id(NAME),
    PortfolioName("loans"),
    "lightgbm",
    (),
    TrainingWindow(datetime(2025, 1, 2, tzinfo=UTC), datetime(2025, 11, 30, tzinfo=UTC)),
    LabelRule(30, 5.0, 5),
    {},
    {},
    {},
)
MODEL = RegisteredModel(
    model_id=NAME,
    portfolio="loans",
    batch_id="B-1",
    algorithm="lightgbm",
    model_path=NAME,
    manifest_sha256=bytes(32),
    metrics=JUDGED | {"auc_roc": 0.78123, "costs": COSTS, "quality_gate": {"min_auc": 0.6, "min_rows": 100}},
    feature_importance=(),
    status=ModelStatus.REJECTED,
    run_id=UUID(int=1),
    fitted_until=datetime(2025, 11, 29, tzinfo=UTC),
    created_at=AT,
)
WISH = PromotionEvent(1, NAME, "deploy", "refused", "it is worse", {}, AT, None, override=True, actor="ada")
RUN = PipelineRun(UUID(int=1), "train", "loans", "B-1", "succeeded", None, None, AT, {"model_id": NAME}, AT, AT)
PAGE = ModelPage(MODEL, Described(MANIFEST, "00" * 32, EVALUATION), "", RUN, WISH)


def test_a_model_is_told_on_a_page_that_a_person_reads():
    text = page_text(PAGE)
    assert text.splitlines()[:11] == [
        NAME,
        "  status     rejected",
        "  portfolio  loans",
        "  batch      B-1",
        "  algorithm  lightgbm, 5 trees",
        "  features   0",
        "  trained    2026-03-01 04:05 UTC",
        "  by run     00000000-0000-0000-0000-000000000001",
        f"  bundle     manifest sha256 {'00' * 32}",
        "",
        "data",
    ]
    for told in (
        "  Rows that shaped the model are from 2025-01-02 to 2025-11-30.\n  Labels are those known at 2026-03-01 00:00",
        "label\n  Bad where at least 5 USD of an advance was unpaid 30 days after its first due date",
        "split\n  By time: the latest 20% of the rows judge the model.",
        "  training  300   40   2025-01-02  2025-11-30\n",
        "measures\n  measure  estimate [95 % interval]\n  ROC AUC  0.7812 [0.7600, 0.8000]\n",
        "  cost in USD 3,927,744; accepting all 6,275,902, declining all 9,614,630\n",
        f"  the curve by cut-off: blink model card {NAME}, or --json (metrics.costs.curve)",
        "decisions\n  quality gate: ROC AUC of 0.6000 or more, from 100 labelled rows or more: 0.7812, passed\n",
        "  deployment, 2026-03-01 04:05 UTC, asked by ada: refused; it is worse; a person went over the gate",
        f"importance: blink model importance {NAME}; a page with pictures: blink model card {NAME}",
    ):
        assert told in text
    assert max(len(line) for line in text.splitlines()) < 240
    assert "None" not in text


def test_a_refused_model_is_told_with_the_threshold_and_the_reason():
    why = "quality gate: ROC AUC 0.5500 is below the threshold 0.6000"
    model = replace(MODEL, status=ModelStatus.REFUSED, model_path=None, manifest_sha256=None)
    run = replace(RUN, state="refused", outcome={"model_id": NAME, "error": why})
    text = page_text(ModelPage(model, None, "it has none", run, None))
    assert "decisions\n  quality gate: ROC AUC of 0.6000 or more" in text
    assert f"\n  refused: {why}\n" in text
    assert "data, label and split\n  not shown: it has none\n  last row that shaped it: 2025-11-29\n" in text
    assert "model card" not in text
    assert "deployment" not in text


def test_what_is_not_known_of_an_older_model_is_left_out():
    model = replace(MODEL, batch_id=None, metrics={"roc_auc": 0.75}, run_id=None)
    text = page_text(ModelPage(model, Described(MANIFEST, "00" * 32, None), "", None, None))
    assert "split\n  not recorded: the bundle is older than this\n\nmeasures" in text
    assert text.split("\n\n")[-2] == "decisions\n  deployment: nobody has asked for it"


def test_a_text_of_the_lender_does_not_steer_the_terminal():
    text = page_text(replace(PAGE, wish=replace(WISH, reason="\x1b[2K\n")))
    assert "refused; \ufffd[2K ; a person" in text
