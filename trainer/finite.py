"""Numbers that JSON can hold."""

from typing import Any

import numpy as np


def finite(value: Any) -> Any:
    """The JSON value with null in place of NaN and infinities, at any depth; tuples become lists."""
    if isinstance(value, dict):
        return {key: finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [finite(one) for one in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value
