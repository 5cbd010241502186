"""What all tests share."""

import gc

import pytest
from hypothesis import settings

# Machines are shared and noisy: how long one example takes says nothing about the code. Laws are tried on more examples
# by `make acceptance` (--hypothesis-profile long).
settings.register_profile("blink", deadline=None, max_examples=50)
settings.register_profile("long", deadline=None, max_examples=1000)
settings.load_profile("blink")

# The longest tests first, so that the workers end together.
FIRST = (
    "test_killed_commands.py",
    "serving",
    "test_killed_steps.py",
    "test_killed_scoring.py",
    "test_killed_training.py",
    "test_training.py",
    "test_one_machine.py",
)


def pytest_configure():
    """Look for no garbage while modules are imported, which make half a million objects that stay."""
    gc.disable()


def pytest_collection_finish():
    """Look no more at what was there before the first test: a whole look takes half a second."""
    gc.freeze()
    gc.enable()


def _turn(item):
    return next((turn for turn, part in enumerate(FIRST) if part in item.path.parts), len(FIRST))


def pytest_collection_modifyitems(items):
    """Put the longest tests first, and keep a file's on one worker, which makes what they share once."""
    items.sort(key=_turn)
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.path.name))
