"""One server without a database in a process, and one with a database in a thread."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from blink.embedded import EmbeddedServer
from credit.bundle.reader import Bundle, load_bundle
from credit.bundle.writer import write_bundle
from credit.portfolios import Feature, FeatureKind
from credit.scores import score_rows
from predictor.server import ServeSettings
from tests.postgres.serving.conformance_requests import CATEGORIES, CODED, NEEDED
from tests.postgres.serving.requests import ROWS
from tests.postgres.serving.served import Served, serving
from tests.postgres.serving.whole_way import Command, command_over
from tests.unit.predictor.serving_example import (
    PORTFOLIO,
    Server,
    example_bundle,
    example_content,
    server_process,
    server_thread,
    until_ready,
)


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return example_bundle(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="session")
def scoring(bundle: Bundle) -> Iterator[Server]:
    """Serves `bundle`; nothing can be audited."""
    with server_process(bundle=str(bundle.path)) as running:
        yield until_ready(running)


@pytest.fixture(scope="session")
def expected(bundle: Bundle) -> list[float]:
    """The probabilities of `ROWS`."""
    return score_rows(bundle, ROWS).default_probabilities.tolist()


@pytest.fixture(scope="session")
def served(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Follows the champion of a database."""
    with serving(server, tmp_path_factory.mktemp("models")) as running:
        yield running


def _feature(feature: Feature) -> Feature:
    if feature.name == NEEDED:
        return replace(feature, may_be_missing=False)
    texts = replace(feature, kind=FeatureKind.CATEGORICAL, categories=CATEGORIES)
    return texts if feature.name == CODED else feature


@pytest.fixture(scope="session")
def picky(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A model with a feature that must not be missing, and a category."""
    content = example_content()
    codes = np.floor(content.reference[CODED].to_numpy())
    column = content.reference.column_names.index(CODED)
    content = replace(
        content,
        features=tuple(map(_feature, content.features)),
        reference=content.reference.set_column(column, CODED, [codes]),
    )
    return load_bundle(write_bundle(tmp_path_factory.mktemp("models"), content))


@pytest.fixture(scope="session")
def conforming(picky: Bundle) -> Iterator[Server]:
    """Serves `picky`; nothing can be audited."""
    with server_thread(ServeSettings(portfolio=PORTFOLIO, bundle=picky.path, http_port=0, grpc_port=0)) as running:
        yield until_ready(running)


@pytest.fixture
def blink(database, tmp_path: Path, mlflow_database: Callable[[Path], None]) -> Command:
    """Runs a command that has to succeed, and gives its facts."""
    return command_over(database.url, tmp_path, mlflow_database)
