"""The model card as a page: what it shows, and that it asks nothing of anywhere."""

import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from credit.bundle.content import BundleContent
from credit.bundle.reader import Bundle, load_bundle
from credit.bundle.writer import write_bundle
from credit.database.models import ModelStatus, RegisteredModel
from credit.database.promotion_events import PromotionEvent
from credit.portfolios import Comparison, Feature, FeatureKind, TableLabel, TableRule
from tests.unit.credit.bundle.content_example import FEATURES, example_content
from tests.unit.credit.bundle.evaluation_example import EVALUATION
from tests.unit.trainer.algorithms.samples import FEATURES as SAMPLED
from tests.unit.trainer.algorithms.samples import content_of, draw
from tests.unit.trainer.card.page_reading import read
from trainer.algorithm import algorithm_named, algorithm_names
from trainer.card.explained import explained
from trainer.card.registration import Registration
from trainer.card.rendering import rendered_card
from trainer.errors import CardError

TRAINED = datetime(2026, 3, 1, 4, 5, tzinfo=UTC)
INTERVAL = {"estimate": 0.75, "lower": 0.7, "upper": 0.8}
METRICS: dict[str, Any] = {
    "rows": 100,
    "bads": 20,
    "mean_pd": 0.19,
    **dict.fromkeys(("roc_auc", "pr_auc", "ks", "brier", "log_loss", "calibration_slope"), INTERVAL),
    "calibration_intercept": {"estimate": 0.1, "lower": None, "upper": None},
    "censored_as_good": {"censored": 12, "roc_auc": INTERVAL},
    "indicative": True,
    "cut_off": 0.12,
    **dict.fromkeys(("accuracy", "precision", "recall", "f1"), 0.6),
    "confusion_matrix": [[70, 10], [8, 12]],
    "costs": {
        "rows": 100,
        "left_out": 2,
        "threshold": 0.2,
        "declined": 22,
        "cost": 1234.0,
        "accept_all": 5678.0,
        "decline_all": 9999.0,
        "savings": 4444.0,
        "curve": [{"cut_off": 0.1, "cost": 2000.0, "declined": 40}, {"cut_off": 0.2, "cost": 1300.0, "declined": 22}],
    },
    "selection": {
        "algorithm": "lightgbm",
        "parameters": {"leaves": 7.0},
        "rule": "the simplest that is as good",
        "key": "7" * 64,
        "rows": 300,
        "folds": 5,
        "folds_by": "time",
        "best": "xgboost",
        "standings": [
            {
                "candidate": name,
                "algorithm": name,
                "parameters": parameters,
                "mean_auc": 0.7,
                "shortfall": 0.01,
                "standard_error": 0.02,
            }
            for name, parameters in (("lightgbm", {"leaves": 7.0}), ("xgboost", {}))
        ],
        "not_compared": {"catboost": "catboost: only numeric features are supported, not pay_cycle"},
    },
}
COUNTED: dict[str, Any] = {
    "rows": 60,
    "bads": 9,
    "accepted": 40,
    "judged": False,
    "below": False,
    "mean_pd": 0.2,
    **dict.fromkeys(("acceptance_rate", "adverse_impact_ratio", "standardised_mean_difference", "bad_rate")),
    **dict.fromkeys(("calibration_difference", "roc_auc")),
}
SCREEN: dict[str, Any] = {
    "cut_off": 0.12,
    "rule": "accepted below a probability of default of 0.12",
    "note": "A screen, and no legal finding.",
    "columns": [
        {
            "column": "sex",
            "reference": "women",
            "groups": [
                *(
                    COUNTED
                    | {
                        "group": name,
                        "judged": True,
                        **dict.fromkeys(("acceptance_rate", "bad_rate", "calibration_difference"), INTERVAL),
                        "adverse_impact_ratio": None if name == "women" else INTERVAL,
                        "standardised_mean_difference": None if name == "women" else INTERVAL,
                        "below": name == "men",
                    }
                    for name in ("women", "men")
                ),
                COUNTED | {"group": "<b>other</b>", "bads": None, "accepted": None, "mean_pd": None},
                COUNTED | {"group": "not given", "rows": 5000, "bads": 900, "accepted": 4000},
            ],
        }
    ],
    "absent": ["age"],
    "proxies": [{"feature": "pay_cycle", "column": "sex", "measure": "Cramér's V", "association": 0.41}],
    "proxy_above": 0.3,
    "alternatives": {
        "rule": "of equal worth",
        "acceptance_rate": 0.8,
        "candidates": [
            {"candidate": "lightgbm", "chosen": True, "mean_auc": 0.7, "worst_ratio": {"sex": 0.77}},
            {"candidate": "lightgbm 4", "chosen": False, "mean_auc": 0.69, "worst_ratio": {"sex": 0.79, "age": 0.9}},
        ],
        "least_discriminatory": "lightgbm 4",
    },
}


def full_content(**changes: Any) -> BundleContent:
    return replace(example_content(), **{"metrics": METRICS, "evaluation": EVALUATION} | changes)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return load_bundle(write_bundle(tmp_path_factory.mktemp("models"), full_content()))


def registered(bundle: Bundle, **changes: Any) -> RegisteredModel:
    importance = {
        "metric": "metric_median_paycheck",
        "share": 0.6,
        "weight": 12.5,
        "figure": "gain",
        "declared": 1,
        "observed": -1,
        "wording": "increases repayment probability",
    }
    model = RegisteredModel(
        model_id=bundle.model_id,
        portfolio="cash_advance",
        batch_id=None,
        algorithm="lightgbm",
        model_path=bundle.model_id,
        manifest_sha256=bytes.fromhex(bundle.manifest_sha256),
        metrics=METRICS,
        feature_importance=(importance,),
        status=ModelStatus.CHAMPION,
        run_id=None,
        fitted_until=TRAINED,
        created_at=TRAINED,
    )
    return replace(model, **changes)


def promoted(bundle: Bundle) -> Registration:
    difference = {"estimate": 0.0123, "lower": -0.001, "upper": 0.02}
    evidence = {"rows": 90, "bads": 19, "auc": difference, "log_loss": difference}
    old = {"roc_auc": {"estimate": 0.6543, "lower": 0.6, "upper": 0.7}}
    return Registration(
        registered(bundle),
        registered(bundle, model_id="model_cash_advance_20250101_000000", metrics=old, status=ModelStatus.RETIRED),
        PromotionEvent(
            3, bundle.model_id, "deploy", "champion", "better", {"evidence": evidence}, TRAINED, "old", True, "ada"
        ),
    )


@pytest.fixture(scope="module")
def page(full: Bundle) -> str:
    return rendered_card(full, promoted(full))


def test_a_page_is_whole_by_itself(page: str) -> None:
    seen = read(page)
    assert len(seen.ids) == len(set(seen.ids))
    assert {link[1:] for link in seen.links if link.startswith("#")} <= set(seen.ids)
    assert all(link.startswith(("#", "data:image/svg+xml;base64,")) for link in seen.links)
    assert not {"script", "link", "iframe", "object"} & set(seen.tags)
    assert "url(" not in page
    assert "@import" not in page
    assert all(one["alt"] for one in seen.images)
    assert seen.tags.count("table") == seen.tags.count("caption")
    assert seen.headings[0] == 1
    assert all(after - before <= 1 for before, after in zip(seen.headings, seen.headings[1:], strict=False))


def test_the_same_model_gives_the_same_bytes(full: Bundle, page: str) -> None:
    np.random.seed(5)  # noqa: NPY002 - what shap draws from
    expected = np.random.random()  # noqa: NPY002
    np.random.seed(5)  # noqa: NPY002
    assert rendered_card(full, promoted(full)) == page
    assert np.random.random() == expected  # noqa: NPY002 - put back


def test_a_champion_stands_beside_with_the_difference_and_the_decision(page: str) -> None:
    text = read(page).text
    for part in (
        "ROC AUC higher 0.7500 [0.7000, 0.8000] 0.6543 [0.6000, 0.7000] +0.0123 [-0.0010, +0.0200]",
        "KS higher 0.7500 [0.7000, 0.8000] – –",
        "Calibration intercept near 0 0.1000 – –",
        "on rows that neither was fitted on: 90, 19 bad",
        "Decision of 2026-03-01 04:05 UTC: champion; better. Asked by ada. A person went over the gate.",
        "ROC AUC, unlabelled as good",
        "metric_median_paycheck 60.0% 12.5 + − increases repayment probability",
    ):
        assert part in text


def test_everything_that_is_recorded_is_shown(full: Bundle, page: str) -> None:
    seen = read(page)
    for part in (
        "Labels exist only for loans that were granted.",
        "Indicative: too few bads",
        "12 rows of the judged time have no label yet",
        "Bad where at least 5 USD of an advance was unpaid 30 days after its first due date",
        "Known 35 days after the first due date, for good and bad alike",
        "By time: the latest 20% of the rows judge the model.",
        "119 of 120 stored rows were equal to the bit",
        "2025-12 400 60 15.0% 7 3",
        "2026-01 0 0 – 5 0",
        "1 50 20.0% 60.0% 35.0% 15 30.0% [19.0%, 44.0%] 1.50 75.0% 0.500",
        "2025-12 60 20 33.0% [20.0%, 50.0%] 30.0% 0.8000 [0.7000, 0.9000] 0.020 0.050",
        "2026-01 40 0 0.0% [0.0%, 10.0%] 10.0% – 0.300 0.060",
        "Good 70 10 Bad 8 12",
        "Saved against accepting all 4,444",
        "lightgbm 0.7000 0.0100 0.0200 chosen",
        "Not compared: catboost: only numeric features",
        "Not screened. Never features: sex, age.",
        full.manifest_sha256,
        full.manifest.files["evaluation.json"],
        EVALUATION.rows_sha256,
        "reproduced 53 golden rows: margins to the bit, contributions to 1e-09",
        "lightgbm " + full.manifest.libraries["lightgbm"],
    ):
        assert part in seen.text
    assert len(seen.images) == 5 + 2
    assert str(seen.images[0]["alt"]) == (
        "ROC curve. Area 0.750. Where it stands out most: 75% of the bads and 25% of the goods."
    )


@pytest.fixture(scope="module")
def drawn(full: Bundle) -> Any:
    """The pictures of a page of `full`."""
    from trainer.card.page import _pictures  # noqa: PLC0415 - shap takes seconds

    return _pictures(explained(full), full.manifest.metrics, full.evaluation())


@pytest.fixture
def _drawn_once(drawn: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw no page's pictures anew: they are those of `full`, whatever a screen says."""
    monkeypatch.setattr("trainer.card.page._pictures", lambda *_: drawn)


def screened(path: Path, **changes: Any) -> str:
    """What the section says of a screen, the page read; its model is that of `full`."""
    content = full_content(metrics=METRICS | {"fairness": SCREEN | changes})
    text = read(rendered_card(load_bundle(write_bundle(path, content)), None)).text
    return text.partition("Fairness screen ")[2].partition(" Proof and hashes")[0]


@pytest.mark.usefixtures("_drawn_once")
def test_a_fairness_screen_is_shown(tmp_path: Path) -> None:
    assert screened(tmp_path, acceptance_rate=0.6666, air_below=0.8) == (
        "A screen, and no legal finding. The decision looked at: accepted below a probability of default of 0.12; it "
        'accepts 66.7% of the judged rows. The ratio is that of acceptance rates, to the group compared with; "low" is '
        "below 0.8. Score difference: standardised mean difference of the log-odds of default; above 0 the group is "
        "scored riskier. Mean PD less bad rate: above 0 the group is taken for riskier than it was. Outcomes by sex; "
        "compared with women Group Rows Bad Accepted Accepted, share Ratio Score difference Bad rate Mean PD less bad "
        "rate ROC AUC "
        "women 60 9 40 75.0% [70.0%, 80.0%] compared with – 75.0% [70.0%, 80.0%] +75.0% [+70.0%, +80.0%] – "
        "men 60 9 40 75.0% [70.0%, 80.0%] low 0.75 [0.70, 0.80] +0.75 [+0.70, +0.80] 75.0% [70.0%, 80.0%] +75.0% "
        "[+70.0%, +80.0%] – "
        "<b>other</b> 60 – – – too few – – – – "
        "not given 5,000 900 4,000 – not compared – – – – "
        "Not screened, since the rows lack them: age. Features associated with a protected column above 0.3 Feature "
        "Column Measure Association pay_cycle sex Cramér's V 0.4100 Less discriminatory alternatives Looked for: of "
        "equal worth. Acceptance rate for all: 80.0%. Least discriminatory of equal worth: lightgbm 4. Worst adverse "
        "impact ratio by candidate Candidate Mean AUC sex age lightgbm 0.7000 0.7700 – chosen lightgbm 4 "
        "0.6900 0.7900 0.9000"
    )


@pytest.mark.usefixtures("_drawn_once")
def test_a_screen_of_before_has_neither_limit_nor_rate(tmp_path: Path) -> None:
    said = screened(tmp_path)
    assert "a probability of default of 0.12. The ratio" in said
    assert '"low" is below the portfolio\'s limit. Score' in said


@pytest.mark.usefixtures("_drawn_once")
def test_a_screen_of_nothing_says_nothing_of_features_or_groups(tmp_path: Path) -> None:
    assert screened(tmp_path, columns=[], absent=["sex"], proxies=[], alternatives=None) == (
        "A screen, and no legal finding. The decision looked at: accepted below a probability of default of 0.12. Not "
        "screened, since the rows lack them: sex."
    )


@pytest.mark.usefixtures("_drawn_once")
def test_a_column_without_a_reference_says_why(tmp_path: Path) -> None:
    (column,) = SCREEN["columns"]
    small = column | {"reference": "", "groups": column["groups"][2:]}
    said = screened(tmp_path, columns=[small], proxies=[])
    assert "Outcomes by sex; no group has enough rows to be compared Group" in said
    assert "No feature is associated with a protected column above 0.3." in said


@pytest.mark.usefixtures("_drawn_once")
@pytest.mark.parametrize(
    ("candidates", "said"),
    [
        (1, "No other candidate is as good, so that there is no alternative."),
        (2, "None has a ratio in every column, so that none is called the least discriminatory."),
    ],
)
def test_without_a_less_discriminatory_candidate_none_is_named(tmp_path: Path, candidates: int, said: str) -> None:
    found = SCREEN["alternatives"]
    changed = found | {
        "candidates": found["candidates"][:candidates],
        "least_discriminatory": "lightgbm" if candidates == 1 else "",
    }
    assert f"Acceptance rate for all: 80.0%. {said} Worst" in screened(tmp_path, alternatives=changed)


def test_a_bundle_of_before_says_what_is_not_recorded(tmp_path: Path) -> None:
    text = read(
        rendered_card(load_bundle(write_bundle(tmp_path, full_content(evaluation=None, metrics={}))), None)
    ).text
    assert text.count("Not recorded: the bundle is older than this part of the card.") == 5
    assert "No registry was asked: its champion is not known here." in text


def test_texts_of_a_lender_are_texts(tmp_path: Path) -> None:
    features = (
        replace(FEATURES[0], name="$pay$ <script>alert(1)</script>", column="pay"),
        replace(FEATURES[1], unit="a\x00b\u202e&amp;"),
        Feature(
            "pay_cycle",
            FeatureKind.CATEGORICAL,
            "cycle",
            0,
            "income",
            categories=("<img src=x>", "$a$b$", "週払い", "\ud7ff\ufffe", "e", 'f" onload="x'),
        ),
    )
    plain = example_content(rows=1500, rounds=30)
    renamed = plain.reference.rename_columns(["subject_id", *(feature.name for feature in features)])
    rule = TableRule(TableLabel("status", Comparison.EQUAL, "</style><script>"), known_at="<i>")
    model = _renamed(plain.model, features)
    content = full_content(features=features, reference=renamed, label_rule=rule, model=model)
    page = rendered_card(load_bundle(write_bundle(tmp_path, content)), None)
    seen = read(page)
    assert "script" not in seen.tags
    assert "i" not in seen.tags
    assert "$pay$ <script>alert(1)</script>" in seen.text
    assert "Bad where status == '</style><script>' holds in the lender's table." in seen.text
    assert "a\ufffdb" in seen.text
    assert not {"\x00", "\ufffe"} & set(page)
    drawn = "".join(seen.pictures())
    assert "週払い" in drawn
    assert "<script" not in drawn


def _renamed(model: bytes, features: tuple[Feature, ...]) -> bytes:
    """The model with other names of its columns."""
    text = model.decode()
    for before, after in zip(FEATURES, features, strict=True):
        text = text.replace(before.name, after.name.replace(" ", "_"))
    return text.encode()


@pytest.mark.parametrize("name", algorithm_names())
def test_every_algorithm_has_a_card(name: str, tmp_path: Path) -> None:
    algorithm, sample = algorithm_named(name), draw(300, 1)
    settings = algorithm.settings_for(sample, stopping=False)
    estimator = algorithm.fit(sample, None, features=SAMPLED, settings=settings, seed=1, threads=1)
    bundle = load_bundle(write_bundle(tmp_path, content_of(algorithm, estimator, sample, draw(300, 2))))
    rows = explained(bundle)
    answered = bundle.engine.contributions(np.ascontiguousarray(rows.values))
    _, base = bundle.calibration.contributions(answered[:, :-1], answered[:, -1])
    line = bundle.calibration.line(bundle.engine.margins(np.ascontiguousarray(rows.values)))
    assert np.abs(base + rows.contributions.sum(axis=1) - line).max() <= 1e-9
    seen = read(rendered_card(bundle, None))
    assert name in seen.text
    assert len(seen.images) == (0 if name == "base_rate" else 1 + len(rows.order))
    assert ("The model uses no feature." in seen.text) == (name == "base_rate")
    assert ("probability of default before it is clipped" in seen.text) == (name == "random_forest")


def test_another_bundle_than_the_registered_one_has_no_card(full: Bundle) -> None:
    other = Registration(registered(full, manifest_sha256=bytes(32)), None, None)
    with pytest.raises(CardError, match=f"is not the bundle of {full.model_id} that was registered"):
        rendered_card(full, other)


def test_a_package_that_does_not_load_is_told(full: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing(ModuleType):
        def __getattr__(self, name: str) -> object:
            raise ImportError("Numba needs NumPy 2.3 or less. Got NumPy 2.4.")

    for module in [name for name in sys.modules if name.startswith("trainer.card.page")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "jinja2", Refusing("jinja2"))
    with pytest.raises(CardError) as told:
        rendered_card(full, None)
    assert str(told.value) == (
        "a model card needs what does not load (Numba needs NumPy 2.3 or less. Got NumPy 2.4.): install "
        "blinkscoring[card] anew"
    )


def test_a_package_that_is_missing_is_named(full: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [name for name in sys.modules if name.startswith(("trainer.card.page", "jinja2"))]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(CardError, match=r"a model card needs the package jinja2: install blinkscoring\[card\]"):
        rendered_card(full, None)
