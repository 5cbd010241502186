"""Fixtures of the chart's tests."""

import pytest

from tests.chart.workflow_samples import WORKFLOW_FILES, filled


@pytest.fixture(scope="session")
def workflow_objects():
    """The rendered workflow objects with sample values, by file name."""
    return {name: filled(name) for name in WORKFLOW_FILES}
