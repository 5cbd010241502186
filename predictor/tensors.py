"""Tensors of the Open Inference Protocol (V2) read into rows of features, exactly or with a named fault."""

from collections.abc import Mapping, Sequence
from math import inf, prod
from types import NoneType
from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt

from predictor.binary_strings import unpacked_strings
from predictor.category_codes import CategoryCodes
from predictor.errors import BadInputError
from predictor.feature_values import Floats, finite_floats, plain_doubles
from predictor.strict_json import Json, kind_of

DTYPES: Mapping[str, npt.DTypeLike] = {
    "FP32": "<f4",
    "FP64": "<f8",
    "INT8": "<i1",
    "INT16": "<i2",
    "INT32": "<i4",
    "INT64": "<i8",
    "UINT8": "<u1",
    "UINT16": "<u2",
    "UINT32": "<u4",
    "UINT64": "<u8",
}
"""Datatypes that hold numbers, with their binary form."""
TEXT = "BYTES"
"""The datatype of texts: of one categorical feature, by its name."""
DATATYPES = (*DTYPES, TEXT)
"""All that hold features."""

_LONGEST = 2**31
"""Below this is every dimension."""

_LARGEST = {"FP32": float(np.finfo(np.float32).max), "FP64": float(np.finfo(np.float64).max)}
_BITS = (8, 16, 32, 64)
_RANGE: Mapping[str, tuple[float, float]] = (
    {f"INT{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in _BITS}
    | {f"UINT{bits}": (0, 2**bits - 1) for bits in _BITS}
    | {datatype: (-largest, largest) for datatype, largest in _LARGEST.items()}
)
_WHOLE = frozenset({int, NoneType})


class Tensor(NamedTuple):
    """One input tensor; every number widened to a double, NaN where unknown."""

    name: str
    shape: tuple[int, ...]
    values: Floats
    """Flat, row-major."""
    place: str
    """How messages call it."""
    texts: Sequence[str | None] | None = None
    """Of a tensor of texts, None where unknown; its `values` are NaN. None: it holds numbers."""


def json_tensor(name: str, datatype: str, shape: tuple[int, ...], content: Sequence[Json], place: str) -> Tensor:
    """A tensor whose content is a JSON list: flat, or nested as its shape is.

    Raises:
        BadInputError: where a value does not fit the datatype, or their number does not fit the shape.
    """
    if datatype == TEXT:
        leaves, _ = _flat(content, shape, place)
        return text_tensor(name, shape, _texts(leaves, shape, place), place)
    dtype = _checked_dtype(datatype, place)
    leaves, kinds = _flat(content, shape, place)
    doubles = _plain_doubles(leaves, kinds, datatype)
    if doubles is None:
        doubles = _checked_doubles(leaves, datatype, shape, place)
    # FP32 content is rounded as a client's own array would have been, then widened.
    return _sized(name, shape, doubles.astype(dtype).astype(np.float64) if datatype == "FP32" else doubles, place)


def binary_tensor(name: str, datatype: str, shape: tuple[int, ...], content: bytes, place: str) -> Tensor:
    """A tensor whose content is raw little-endian values, row-major.

    Raises:
        BadInputError: where the length does not fit shape and datatype.
    """
    if datatype == TEXT:
        return text_tensor(name, shape, unpacked_strings(content, place), place)
    dtype = np.dtype(_checked_dtype(datatype, place))
    needed = prod(shape) * dtype.itemsize
    if len(content) != needed:
        raise BadInputError(place, f"{len(content)} bytes; {datatype} of shape {list(shape)} has {needed}")
    values = np.frombuffer(content, dtype=dtype)
    return _sized(name, shape, _widened(values) if datatype == "FP32" else values.astype(np.float64), place)


def number_tensor(name: str, datatype: str, shape: tuple[int, ...], content: Sequence[float], place: str) -> Tensor:
    """A tensor whose content is numbers already (gRPC's typed contents).

    Raises:
        BadInputError: where the number of values does not fit the shape, or one is out of the datatype's range.
    """
    _checked_dtype(datatype, place)
    if datatype not in _LARGEST:
        _check_each(content, datatype, shape, place)
    return _sized(name, shape, np.array(content, dtype=np.float64), place)


def text_tensor(name: str, shape: tuple[int, ...], texts: Sequence[str | None], place: str) -> Tensor:
    """A tensor of the datatype BYTES.

    Raises:
        BadInputError: where the number of texts does not fit the shape.
    """
    sized = _sized(name, shape, np.full(len(texts), np.nan), place)
    return sized._replace(texts=texts)


def rows_of(tensors: Sequence[Tensor], feature_names: Sequence[str], codes: CategoryCodes) -> Floats:
    """Rows of features, float64 [n, d]: from one tensor [n, d] in the features' order, or one a feature by name.

    Raises:
        BadInputError: where the tensors are neither, there is no row, or texts are given for a feature that has none.
    """
    if not tensors:
        raise BadInputError("inputs", "there is no tensor")
    first = tensors[0]
    whole = len(tensors) == 1 and first.texts is None and (first.name not in feature_names or len(feature_names) == 1)
    rows = _matrix(first, len(feature_names)) if whole else _columns(tensors, feature_names, codes)
    if not len(rows):
        raise BadInputError(tensors[0].place, "there is no row")
    return rows


def checked_shape(shape: Sequence[Json], place: str) -> tuple[int, ...]:
    """The shape, of one or two dimensions.

    Raises:
        BadInputError: where it is none.
    """
    sizes = tuple([size for size in shape if type(size) is int and 0 <= size < _LONGEST])
    if len(sizes) != len(shape) or not 1 <= len(sizes) <= 2:
        needed = f"one or two whole numbers of at least 0 and at most {_LONGEST - 1}"
        raise BadInputError(place, f"its shape must be {needed}")
    return sizes


def _checked_dtype(datatype: str, place: str) -> npt.DTypeLike:
    if datatype not in DTYPES:
        raise BadInputError(place, f"datatype {datatype!r} holds no feature; use one of {', '.join(DATATYPES)}")
    return DTYPES[datatype]


def _flat(content: Sequence[Json], shape: tuple[int, ...], place: str) -> tuple[Sequence[Json], set[type]]:
    """The values, and of which types they are."""
    kinds = set(map(type, content))
    if len(shape) == 1 or list not in kinds:
        return content, kinds
    for row, item in enumerate(content):
        if not isinstance(item, list) or len(item) != shape[1]:
            raise BadInputError(f"{place}, row {row}", f"a list of {shape[1]} values is needed")
    leaves = [value for item in content if isinstance(item, list) for value in item]
    return leaves, set(map(type, leaves))


def _texts(leaves: Sequence[Json], shape: tuple[int, ...], place: str) -> Sequence[str | None]:
    for index, value in enumerate(leaves):
        if value is not None and not isinstance(value, str):
            raise BadInputError(_cell(place, index, shape), f"a string or null is needed, not {kind_of(value)}")
    return cast("Sequence[str | None]", leaves)


def _plain_doubles(leaves: Sequence[Json], kinds: set[type], datatype: str) -> Floats | None:
    """The values where one look at all of them shows that they fit the datatype; None where each needs one."""
    if datatype not in _LARGEST:
        given = leaves if NoneType not in kinds else [value for value in leaves if value is not None]
        whole = int in kinds and kinds <= _WHOLE and _within(given, datatype)
        return np.array(leaves, dtype=np.float64) if whole else None
    if datatype == "FP64" and finite_floats(leaves, kinds):
        return np.array(leaves, dtype=np.float64)
    doubles = plain_doubles(leaves)
    return None if doubles is None or (np.abs(doubles) > _LARGEST[datatype]).any() else doubles


def _within(leaves: Sequence[Json], datatype: str) -> bool:
    low, high = _RANGE[datatype]
    whole = cast("Sequence[int]", leaves)
    return bool(low <= min(whole) and max(whole) <= high)


def _checked_doubles(leaves: Sequence[Json], datatype: str, shape: tuple[int, ...], place: str) -> Floats:
    _check_each(leaves, datatype, shape, place)
    return np.array(leaves, dtype=np.float64)


def _check_each(leaves: Sequence[Json], datatype: str, shape: tuple[int, ...], place: str) -> None:
    low, high = _RANGE[datatype]
    plain = (float, int) if datatype in _LARGEST else (int,)
    for index, value in enumerate(leaves):
        # Most are as they should be, and a call for each would take five times as long.
        if type(value) in plain and low <= cast("float", value) <= high:
            continue
        if fault := _fault(value, datatype):
            raise BadInputError(_cell(place, index, shape), fault)


def _widened(values: npt.NDArray[np.float32]) -> Floats:
    with np.errstate(invalid="ignore"):  # a signalling NaN is a missing value as any other, and nothing to warn of
        return values.astype(np.float64)


def _fault(value: Json, datatype: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"a number or null is needed, not {kind_of(value)}"
    if datatype.startswith("FP"):
        if abs(value) <= _LARGEST[datatype] or value != value:  # noqa: PLR0124 - NaN is not itself
            return ""
        return "infinity is not a value" if value in {inf, -inf} else f"{value} is beyond the range of {datatype}"
    low, high = _RANGE[datatype]
    if not isinstance(value, int):
        return f"a whole number or null is needed, not {kind_of(value)}"
    return "" if low <= value <= high else f"{value} is beyond the range of {datatype}"


def _sized(name: str, shape: tuple[int, ...], values: Floats, place: str) -> Tensor:
    if len(values) != prod(shape):
        raise BadInputError(place, f"{len(values)} values; shape {list(shape)} has {prod(shape)}")
    return Tensor(name, shape, values, place)


def _cell(place: str, index: int, shape: tuple[int, ...]) -> str:
    return f"{place}, {_position(index, shape)}"


def _position(index: int, shape: tuple[int, ...]) -> str:
    width = prod(shape[1:])
    row, column = divmod(index, width) if width else (index, 0)
    return f"row {row}, column {column}" if len(shape) > 1 else f"row {row}"


def _matrix(tensor: Tensor, width: int) -> Floats:
    if len(tensor.shape) != 2 or tensor.shape[1] != width:
        needed = f"[n, {width}], one column a feature in the model's order, or one tensor a feature by its name"
        raise BadInputError(tensor.place, f"shape {list(tensor.shape)}; {needed}, is needed")
    return tensor.values.reshape(tensor.shape)


def _columns(tensors: Sequence[Tensor], feature_names: Sequence[str], codes: CategoryCodes) -> Floats:
    by_name = {tensor.name: tensor for tensor in tensors}
    if len(by_name) != len(tensors):
        raise BadInputError("inputs", "two tensors have the same name")
    for name, tensor in by_name.items():
        if name not in feature_names:
            raise BadInputError(tensor.place, _unknown(tensor, feature_names))
        if tensor.shape[1:] not in {(), (1,)}:
            raise BadInputError(tensor.place, f"shape {list(tensor.shape)}; [n] or [n, 1] is needed")
    if absent := [name for name in feature_names if name not in by_name]:
        raise BadInputError("inputs", f"no tensor for {', '.join(absent)}; send null where a value is unknown")
    sizes = {name: len(by_name[name].values) for name in feature_names}
    first = feature_names[0]
    if differing := [name for name in feature_names if sizes[name] != sizes[first]]:
        name = differing[0]
        raise BadInputError(by_name[name].place, f"{sizes[name]} rows where {first} has {sizes[first]}")
    return np.column_stack([_column(by_name[name], codes) for name in feature_names])


def _unknown(tensor: Tensor, feature_names: Sequence[str]) -> str:
    known = f"the model has {', '.join(feature_names)}"
    if tensor.texts is None:
        return f"unknown feature; {known}"
    return f"{TEXT} holds texts of one category, in a tensor of the feature's name; {known}"


def _column(tensor: Tensor, codes: CategoryCodes) -> Floats:
    return tensor.values if tensor.texts is None else codes.column(tensor.name, tensor.texts, tensor.place)
