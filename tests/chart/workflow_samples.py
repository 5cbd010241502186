"""The rendered workflow files with an installation's values in place of their tokens."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

WORKFLOW_FILES = ("score-cron.yaml", "score-template.yaml", "train-cron.yaml", "train-template.yaml")
FILES = Path(__file__).parents[2] / "charts" / "blink" / "files"

SAMPLE_VALUES: Mapping[str, str] = {
    "__RELEASE__": "blink",
    "__IMAGE__": "registry.example/blink/jobs:1.2.3",
    "__PULL_POLICY__": "IfNotPresent",
    "__SCORER_SECRET__": "blink-database-scorer",
    "__SCORER_KEY__": "url",
    "__TRAINER_SECRET__": "blink-database-trainer",
    "__TRAINER_KEY__": "url",
    "__PORTFOLIO__": "cash_advance",
    "__PORTFOLIO_SLUG__": "cash-advance",
    "__SCHEDULE__": "*/5 * * * *",
    "__TIMEZONE__": "Etc/UTC",
    "__SHARDS__": "2",
}

_TOKEN = re.compile(r"__[A-Z]+(?:_[A-Z]+)*__")


def filled(name: str, values: Mapping[str, str] = SAMPLE_VALUES) -> dict[str, Any]:
    """One file of the chart's `files/` as an object; a token without a value is a KeyError."""
    lines = (FILES / name).read_text("utf-8").splitlines(keepends=True)
    text = "".join(line for line in lines if not line.startswith("#"))
    return yaml.safe_load(_TOKEN.sub(lambda token: values[token[0]], text))


def tokens_of(name: str) -> set[str]:
    """The tokens that stand in a file, outside its comment."""
    lines = (FILES / name).read_text("utf-8").splitlines()
    return {token for line in lines if not line.startswith("#") for token in _TOKEN.findall(line)}
