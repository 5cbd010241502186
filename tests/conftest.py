"""What all tests share."""

from hypothesis import settings

# Machines are shared and noisy: how long one example takes says nothing about the code.
settings.register_profile("blink", deadline=None)
settings.load_profile("blink")

# The longest tests first, so that the workers end together.
FIRST = (
    "test_killed_commands.py",
    "test_killed_steps.py",
    "test_killed_scoring.py",
    "test_killed_training.py",
    "test_training.py",
)


def pytest_collection_modifyitems(items):
    """Put the longest tests first; everything else keeps its order."""
    items.sort(key=lambda item: FIRST.index(item.path.name) if item.path.name in FIRST else len(FIRST))
