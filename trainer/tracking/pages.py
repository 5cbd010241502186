"""What people read of a training on the pages of an experiment tracker: notes in Markdown, a table, named figures."""

import re
from collections.abc import Mapping, Sequence
from itertools import chain, count
from typing import Any

from trainer.standing import is_chosen
from trainer.tracking.facts import TrackedModel

CHOSEN = "chosen"
_TWICE = frozenset({"auc_roc", "test_samples", "indicative"})
"""Measures that stand there under another name, and one that is no figure."""
_BY_GROUP = ("acceptance_rate", "adverse_impact_ratio", "standardised_mean_difference", "calibration_difference")
_UNSPOKEN = re.compile(r"[^\w .-]+")
"""What a figure's name may not hold."""
_LONGEST = 60
"""Characters of a column's or group's name in a figure's: MLflow takes 250 in all, and a file's name 255 bytes."""
_COSTS = ("cost", "accept_all", "decline_all", "savings")


def standings_of(selection: Mapping[str, Any]) -> list[str]:
    """How each of a selection's candidates stands, in their order."""
    return [_standing(one, selection) for one in selection["standings"]]


def candidates_table(selection: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The candidates by column, of the highest mean AUC first."""
    pairs = _best_first(selection)
    folds = range(selection["folds"])
    return {
        "candidate": [one["candidate"] for one, _ in pairs],
        "standing": [standing for _, standing in pairs],
        "mean_auc": [one["mean_auc"] for one, _ in pairs],
        "shortfall": [one["shortfall"] for one, _ in pairs],
        "standard_error": [one["standard_error"] for one, _ in pairs],
        **{f"fold_{fold + 1}_auc": [one["fold_aucs"][fold] for one, _ in pairs] for fold in folds},
        "settings": [_settings(one["parameters"]) for one, _ in pairs],
    }


def choice_note(selection: Mapping[str, Any], more: str = "") -> str:
    """Who was chosen, among whom and by which rule; `more` is said of where to look."""
    pairs = _best_first(selection)
    chosen = next(one["candidate"] for one, standing in pairs if standing == CHOSEN)
    rows = [
        (one["candidate"], standing, f"{one['mean_auc']:.4f}", f"{one['shortfall']:.4f} ± {one['standard_error']:.4f}")
        for one, standing in pairs
    ]
    tuned, given_up = sum(selection["tuning_trials"].values()), selection["pruned_trials"]
    folds = f"{selection['folds']} folds by {selection['folds_by']} of {selection['rows']:,} rows"
    # The pages show some lines, and the rest when asked: the choice comes first.
    parts = [
        f"**{chosen}** was chosen, on {folds}, the test rows not among them. {more}".strip(),
        _table(("candidate", "", "mean AUC", "falls short by"), rows),
        f"The rule: {selection['rule']}.",
        f"Tuning tried {tuned} settings and gave up {given_up}; of each algorithm the best stands here.",
        *(f"{name} was not compared: {why}." for name, why in selection["not_compared"].items()),
    ]
    return "\n\n".join(parts)


def model_note(model: TrackedModel) -> str:
    """Which model it is, and how good on the test rows."""
    found = model.report["metrics"]
    auc = found["roc_auc"]
    said = (
        f"`{model.model_id}`: ROC AUC {auc['estimate']:.4f}, 95 % interval {auc['lower']:.4f} to {auc['upper']:.4f}, "
        f"on {found['rows']:,} test rows, {found['bads']:,} of them bad."
    )
    return said + (" Too few bads for more than an indication." if found["indicative"] else "")


def figures_of(found: Mapping[str, Any]) -> dict[str, float]:
    """Figures by name: measures of the test rows with their intervals' ends, by group, costs, and single numbers."""
    figures: dict[str, Any] = {}
    for name, value in found.items():
        if isinstance(value, Mapping) and "estimate" in value:
            figures[f"test_{name}"] = value["estimate"]
            figures |= {f"test_{name}_{end}": value[end] for end in ("lower", "upper")}
        elif name not in _TWICE:
            figures[name if name.startswith(("test_", "train_")) else f"test_{name}"] = value
    figures |= _by_group(found.get("fairness") or {"columns": ()})
    costs = found.get("costs") or {}
    figures |= {f"test_{name}": costs.get(name) for name in _COSTS}
    return {name: float(value) for name, value in figures.items() if isinstance(value, int | float)}


def _by_group(found: Mapping[str, Any]) -> dict[str, Any]:
    """Estimates by group, which pages show under one heading for each column."""
    figures = {}
    columns = _names([column["column"] for column in found["columns"]])
    for column, heading in zip(found["columns"], columns, strict=True):
        names = _names([group["group"] for group in column["groups"]])
        for group, name in zip(column["groups"], names, strict=True):
            place = f"fairness/{heading}/{name}"
            figures[f"{place}/rows"] = group["rows"]
            figures |= {f"{place}/{measure}": (group[measure] or {}).get("estimate") for measure in _BY_GROUP}
    return figures


def _names(texts: Sequence[str]) -> list[str]:
    """Each text as a part of a path, in their order; those that would be one are numbered from the second on."""
    names: list[str] = []
    for text in texts:
        name = _UNSPOKEN.sub("_", text)[:_LONGEST]
        # A name of dots alone is a step in a path, and so is none.
        plain = name if name.strip(".") else "_" * max(1, len(name))
        numbered = (f"{plain} {number}" for number in count(2))
        names.append(next(one for one in chain([plain], numbered) if one not in names))
    return names


def _standing(one: Mapping[str, Any], selection: Mapping[str, Any]) -> str:
    if is_chosen(one, selection):
        return CHOSEN
    return "as good, less simple" if one["as_good"] else "behind"


def _best_first(selection: Mapping[str, Any]) -> list[tuple[Mapping[str, Any], str]]:
    pairs = zip(selection["standings"], standings_of(selection), strict=True)
    return sorted(pairs, key=lambda pair: -float(pair[0]["mean_auc"]))


def _settings(parameters: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.6g}" for name, value in parameters.items()) or "its own"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
