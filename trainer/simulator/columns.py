"""NumPy arrays to Arrow columns without a Python object a row."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from trainer.simulator.horizon import Bools, Ints

UTC_TIME = pa.timestamp("us", tz="UTC")
AMOUNT = pa.decimal128(18, 2)
RATE = pa.decimal128(18, 8)


def times(microseconds: Ints, missing: Bools | None = None) -> pa.Array:
    """Microseconds since 1970 UTC as timestamps."""
    return pa.array(microseconds, pa.int64(), mask=missing).cast(UTC_TIME)


def decimals(units: Ints, kind: pa.DataType = AMOUNT, missing: Bools | None = None) -> pa.Array:
    """Integers counted in the last decimal of `kind` (cents for AMOUNT) as decimals.

    Arrow keeps a decimal128 as 16 bytes, little-endian two's complement: the low word and its sign.
    """
    words = np.stack([units, units >> 63], axis=1).astype("<i8")
    valid = None if missing is None else pa.array(~missing).buffers()[1]
    return pa.Array.from_buffers(kind, len(units), [valid, pa.py_buffer(words.tobytes())])


def choices(names: tuple[str, ...], index: Ints) -> pa.Array:
    """The names at the indices, as strings."""
    return pa.array(names, pa.string()).take(pa.array(index, pa.int64()))


def identifiers(prefix: str, *parts: tuple[Ints, int]) -> pa.Array:
    """`prefix` and the numbers, each padded with zeros to its width, joined by hyphens."""
    texts = [pc.utf8_lpad(pa.array(numbers).cast(pa.string()), width, "0") for numbers, width in parts]
    return pc.binary_join_element_wise(pc.binary_join_element_wise(prefix, texts[0], ""), *texts[1:], "-")


def words(texts: list[str]) -> pa.Array:
    """Plain strings."""
    return pa.array(texts, pa.string())


def flags(values: npt.NDArray[np.bool_]) -> pa.Array:
    """Booleans."""
    return pa.array(values, pa.bool_())
