"""LightGBM, imported without what it imports only in case somebody passes it such an object.

`import lightgbm` imports scikit-learn and pandas where they are installed, for its own wrappers around them: 6 of the
8 seconds of processor time that every command and every pod would spend at its start.
"""

from forest.hidden_imports import hidden

# Who has imported pandas or scikit-learn before gets LightGBM with its wrapper around it, as ever.
with hidden("dask", "graphviz", "matplotlib", "pandas", "sklearn"):
    import lightgbm

__all__ = ["lightgbm"]
