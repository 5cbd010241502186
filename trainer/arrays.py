"""Names for the arrays that rows of training are made of."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
"""Features `[n, d]`, margins, log-odds, weights; missing is NaN."""
Outcomes = NDArray[np.int8]
"""`[n]`, 1 where the advance defaulted."""
Indices = NDArray[np.int64]
"""Positions of rows, or codes of users."""
Times = NDArray[np.datetime64]
"""`[n]` in microseconds, UTC."""
Bools = NDArray[np.bool_]
"""`[n]`."""
