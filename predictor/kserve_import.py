"""KServe's server half, imported without its client half and without pandas.

`import kserve` runs a package file that imports the client for clusters too (200 generated models, `kubernetes`,
`requests`), and two of the server's modules import pandas for an annotation and for methods that nobody calls here.
That is most of a server's start, and 120 MB of an image.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from types import ModuleType

from predictor.errors import ServerError


class _NoPandas(ModuleType):
    """Stands for pandas while KServe is imported: its annotations need one name, and nothing else is there."""

    DataFrame = "pandas.DataFrame"


@contextmanager
def kserve_server_only() -> Iterator[None]:
    """Import KServe's modules inside; outside everything is as if nothing had been imported.

    A later `import kserve` runs its package file as usual, and finds the server's modules loaded.

    Raises:
        ServerError: where KServe is not installed.
    """
    before = {name: sys.modules.get(name) for name in ("kserve", "pandas")}
    sys.modules.setdefault("kserve", _empty_package("kserve"))
    sys.modules.setdefault("pandas", _NoPandas("pandas"))
    # KServe parses the process's arguments when it is imported, and ends the process over an abbreviation of one
    # of its own that it finds ambiguous.
    given, sys.argv = sys.argv, sys.argv[:1]
    try:
        yield
    finally:
        sys.argv = given
        for name, module in before.items():
            if module is None:
                del sys.modules[name]


def _empty_package(name: str) -> ModuleType:
    """A package whose modules can be imported while its own file has not run."""
    spec = PathFinder.find_spec(name)
    if spec is None:
        raise ServerError(f"{name} is not installed: install blinkscoring[serve]")
    return module_from_spec(spec)
