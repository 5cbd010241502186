"""One server without a database in a process, and one with a database in a thread."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from blink.embedded import EmbeddedServer
from credit.bundle.reader import Bundle
from credit.scores import score_rows
from tests.postgres.serving.requests import ROWS
from tests.postgres.serving.served import Served, serving
from tests.unit.predictor.serving_example import Server, example_bundle, server_process, until_ready

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep this folder's tests on one worker: each worker would start servers of its own."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("serving"))


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
