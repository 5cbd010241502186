"""LightGBM, imported without what it imports only in case somebody passes it such an object.

`import lightgbm` imports scikit-learn and pandas where they are installed, for its own wrappers around them: 6 of the
8 seconds of processor time that every command and every pod would spend at its start.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

_WRAPPED = ("dask", "graphviz", "matplotlib", "pandas", "sklearn")


@contextmanager
def _hidden(names: tuple[str, ...]) -> Iterator[None]:
    """Inside, importing one of the modules fails as if it were not installed; what is loaded already is left alone."""
    hidden = [name for name in names if name not in sys.modules]
    modules: dict[str, ModuleType | None] = sys.modules  # type: ignore[assignment]  # None: cannot be imported
    modules.update(dict.fromkeys(hidden))
    try:
        yield
    finally:
        for name in hidden:
            del modules[name]


# Who has imported pandas or scikit-learn before gets LightGBM with its wrapper around it, as ever.
with _hidden(_WRAPPED):
    import lightgbm

__all__ = ["lightgbm"]
