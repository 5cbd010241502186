"""How often a serving process looks for garbage that only a search of all objects finds."""

import gc

_ALLOCATIONS = 20_000
"""Objects that a search begins after, where Python's own default is 700: a request leaves no cycles behind."""


def collect_seldom() -> None:
    """Leave what is there now, modules most of all, out of every search, and search seldom.

    A search goes through all objects that it does not leave out, some hundred thousand of imported modules, while every
    request waits.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS, 20, 20)
