"""Which tests a worker runs one after the other: those that share what is made once."""

from pathlib import PurePosixPath

from xdist.scheduler import LoadScopeScheduling

SERVING_PROCESSES = (
    "test_ending.py",
    "test_image_packages.py",
    "test_no_audit_lost.py",
    "test_openapi.py",
    "test_supervisor.py",
)
"""Tests of tests/postgres/serving that start processes: half of the folder's time, and no shared server."""


def group_of(nodeid: str) -> str:
    """The group of a test: its file, but for folders whose tests share servers, or programs that Go builds."""
    path = PurePosixPath(nodeid.partition("::")[0])
    if "serving" in path.parts:
        return "serving processes" if path.name in SERVING_PROCESSES else "serving"
    if "card" in path.parts or path.name == "test_model_card.py":
        return "model cards"  # importing shap takes seconds
    return "chart" if "chart" in path.parts else str(path)


class Scheduling(LoadScopeScheduling):
    """`--dist loadgroup` with groups that are read from a test's id.

    pytest-xdist 3.8 writes a mark's group into the id, which pytest 9.2 no longer lets it do: each test is then a group
    of its own, and each worker makes everything (pytest-xdist, issue 1386).
    """

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)
