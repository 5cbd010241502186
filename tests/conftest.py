"""What all tests share."""

import gc

import pytest
from hypothesis import settings

from tests.scheduling import Scheduling

# Machines are shared and noisy: how long one example takes says nothing about the code. Laws are tried on more examples
# by `make acceptance` (--hypothesis-profile long).
settings.register_profile("blink", deadline=None, max_examples=50)
settings.register_profile("long", deadline=None, max_examples=1000)
settings.load_profile("blink")

# The longest tests first, so that the workers end together.
FIRST = (
    "chart",
    "test_comparison.py",
    "test_killed_commands.py",
    "serving",
    "test_killed_steps.py",
    "test_killed_scoring.py",
    "test_killed_training.py",
    "test_training.py",
    "test_one_machine.py",
)


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Look for no garbage among half a million objects that imports make and keep, neither now nor in any test."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def _turn(item):
    return next(
        (turn for turn, part in enumerate(FIRST) if part in item.path.relative_to(item.config.rootpath).parts),
        len(FIRST),
    )


def pytest_collection_modifyitems(items):
    """Put the longest tests first."""
    items.sort(key=_turn)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Keep tests that share what is made once on one worker."""
    return Scheduling(config, log) if config.getvalue("dist") == "loadgroup" else None
