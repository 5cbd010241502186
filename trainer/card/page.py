"""The card as one HTML page that asks nothing of anywhere: jinja2 writes it, and escapes every text."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from credit.bundle.evaluation import RecordedEvaluation
from credit.bundle.golden import TOLERANCE
from credit.bundle.reader import Bundle
from credit.printable import printable
from trainer.algorithm import Weights
from trainer.card import numbers, pictures, wording
from trainer.card.explained import Explained, explained
from trainer.card.measures import measures
from trainer.card.registration import Registration
from trainer.card.shap_plots import SHOWN
from trainer.importance import rank_importance
from trainer.publication import importance_row
from trainer.standing import is_chosen


def page_of(bundle: Bundle, registration: Registration | None) -> str:
    """The card; the same bundle and registration give the same bytes.

    Raises:
        BundleError: where a file of the bundle has changed since it was loaded.
    """
    said, evaluation, rows = bundle.manifest, bundle.evaluation(), explained(bundle)
    currency = None if evaluation is None else evaluation.currency
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            bundle=bundle,
            manifest=said,
            metrics=said.metrics,
            evaluation=evaluation,
            registration=registration,
            label=wording.label_sentences(said.label_rule, currency),
            limits=wording.limits(said, said.metrics, evaluation),
            window=wording.window_sentence(said, evaluation),
            split=None if evaluation is None else wording.split_sentence(evaluation.split),
            source=None if evaluation is None else wording.source_sentence(evaluation),
            measures=measures(said.metrics, registration),
            evidence=_evidence(registration),
            importance=_importance(rows, registration),
            explained_rows=len(rows.values),
            used=rows.order,
            pictures=_pictures(rows, said.metrics, evaluation),
            tolerance=TOLERANCE,
            shown=SHOWN,
        )
    )


def breakable(name: str) -> Markup:
    """A name that may go on in the next line after any underscore of it."""
    return Markup("_<wbr>").join(printable(name).split("_"))


_NUMBERS = (numbers.figure, numbers.percent, numbers.signed, numbers.signed_percent, numbers.count, numbers.plain)
_FILTERS = (breakable, *_NUMBERS)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("trainer.card"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalized,
    )
    environment.globals["is_chosen"] = is_chosen
    environment.filters |= {one.__name__: one for one in _FILTERS}
    return environment


def _finalized(value: Any) -> Any:
    if value is None:
        return numbers.UNKNOWN
    # Exactly str: what is marked as HTML already is another type.
    return printable(value) if type(value) is str else value


def _evidence(registration: Registration | None) -> Mapping[str, Any] | None:
    wish = None if registration is None else registration.wish
    return None if wish is None else wish.figures.get("evidence")


def _importance(rows: Explained, registration: Registration | None) -> Sequence[Mapping[str, Any]]:
    """As the training found it; of a model that is not registered, as the drawn rows show it."""
    if registration is not None:
        return registration.model.feature_importance
    weights = Weights("mean contribution", abs(rows.contributions).mean(axis=0))
    found = rank_importance(rows.features, rows.values, rows.contributions, weights, monotone=False)
    return [importance_row(one) for one in found]


def _pictures(
    rows: Explained, metrics: Mapping[str, Any], evaluation: RecordedEvaluation | None
) -> Mapping[str, pictures.Picture | Sequence[pictures.Picture]]:
    found: dict[str, pictures.Picture | Sequence[pictures.Picture]] = {}
    if evaluation is not None:
        found |= {"roc": pictures.roc(evaluation, metrics), "calibration": pictures.calibration(evaluation)}
        if len(evaluation.by_vintage) > 1:
            found["vintages"] = pictures.vintages(evaluation)
    if costs := metrics.get("costs"):
        found["cost"] = pictures.cost(costs, "" if evaluation is None else evaluation.currency)
    if rows.order:
        found |= {"summary": pictures.summary(rows), "dependences": pictures.dependences(rows)}
    return found
