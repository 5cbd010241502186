"""A release installed from nothing by the README's own commands, once for all tests.

What looks at the events of an installation comes first, before other tests delete pods; the upgrade and the end of the
release come last. All others run in any order.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from tests.cluster.kube import REPOSITORY, CommandError, Namespace, environment, remove_namespace
from tests.cluster.load import Route
from tests.cluster.postgres import Database
from tests.cluster.readme import blocks

NAMESPACE = "credit"
FIRST = ("test_install.py",)
LAST = ("test_upgrade.py", "test_uninstall.py")
README_SECONDS = 600
KEPT = environment("BLINK_TEST_KEEP", "") == "yes"
"""While writing tests: leave the release where it is at the end."""
REUSED = environment("BLINK_TEST_REUSE", "") == "yes"
"""While writing tests: take the release that was left."""


def pytest_collection_modifyitems(items):
    """Put the installation first, and the upgrade and the end of the release last."""

    def place(item: pytest.Item) -> int:
        name = item.path.name
        return LAST.index(name) + 1 if name in LAST else -1 if name in FIRST else 0

    items.sort(key=place)


@pytest.fixture(scope="session")
def namespace() -> Iterator[Namespace]:
    """The namespace of the README, empty; one that is not the tests' own is left alone."""
    for program in ("kubectl", "helm"):
        assert shutil.which(program), f"{program} is not on the PATH"
    assert "KUBECONFIG" in os.environ, "say with KUBECONFIG which cluster may be used"
    if not REUSED:
        remove_namespace(NAMESPACE)
    yield Namespace(NAMESPACE)
    if not KEPT:
        remove_namespace(NAMESPACE)


@pytest.fixture(scope="session")
def installed(namespace: Namespace) -> list[str]:
    """What the README's blocks of commands printed, one after the other."""
    if REUSED:
        return []
    namespace.make()
    settings = {
        **os.environ,
        "POSTGRES_IMAGE": environment("POSTGRES_IMAGE", "blink/postgres:dev"),
        "GATEWAY": environment("BLINK_TEST_GATEWAY", "http://127.0.0.1:8080"),
    }
    # One shell for all blocks, as a reader has: what one block sets the next one uses.
    marker = "====next block===="
    script = f"\necho '{marker}'\n".join(blocks())
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f"trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n{script}"],
        cwd=REPOSITORY,
        env=settings,
        capture_output=True,
        text=True,
        timeout=README_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise CommandError(f"the README's commands ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout.split(marker)


@pytest.fixture(scope="session")
def release(installed: list[str], namespace: Namespace) -> Namespace:
    """The namespace with the release in it, a model deployed and answering."""
    return namespace


@pytest.fixture(scope="session")
def database(release: Namespace) -> Database:
    """The release's database."""
    return Database(release)


@pytest.fixture(scope="session")
def route() -> Route:
    """Where cash advances are scored."""
    return Route(environment("BLINK_TEST_GATEWAY", "http://127.0.0.1:8080"), "cash-advance.example", "cash_advance")


@pytest.fixture(scope="session")
def features(release: Namespace, route: Route) -> list[str]:
    """The served model's features in order."""
    status, answer = route.ask("GET", "/v2/models/cash_advance")
    assert status == 200, answer
    return answer["parameters"]["features"]
