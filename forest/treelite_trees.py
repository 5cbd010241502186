"""Flat trees of a Treelite model, or why it has none that would be exact."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

from forest.engine import Floats, ForestError
from forest.trees import Flags, FlatTrees, Indices, Reading

Places = npt.NDArray[np.int64]

_LEAF, _NUMERIC, _CATEGORICAL = 0, 1, 2
_OPERATORS = {2: "<", 3: "<="}
"""Treelite's numbers of the two comparisons that its loaders make."""


class TreeliteAccessor(Protocol):
    """Fields of a Treelite header or tree."""

    def get_field(self, name: str) -> npt.NDArray[np.generic]:
        """A field, as an array."""


class TreeliteModel(Protocol):
    """What is asked of a `treelite.Model`."""

    num_tree: int
    num_feature: int
    input_type: str

    def get_header_accessor(self) -> TreeliteAccessor:
        """The fields of the model."""

    def get_tree_accessor(self, index: int) -> TreeliteAccessor:
        """The fields of a tree."""


class _Nodes:
    """Nodes of all trees in Treelite's order, in arrays over the whole forest."""

    def __init__(self, model: TreeliteModel) -> None:
        trees = [model.get_tree_accessor(index) for index in range(model.num_tree)]
        self._trees = trees
        counts = np.array([int(tree.get_field("num_nodes")[0]) for tree in trees], np.int64)
        self.root: Places = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        self.tree: Places = np.repeat(np.arange(len(trees)), counts)
        self.kind = self.field("node_type")
        offset = self.root[self.tree]
        self.left: Places = self.field("cleft").astype(np.int64) + offset
        self.right: Places = self.field("cright").astype(np.int64) + offset

    def field(self, name: str) -> npt.NDArray[np.generic]:
        return np.concatenate([tree.get_field(name) for tree in self._trees])

    def optional(self, name: str) -> tuple[Floats, Flags]:
        """A figure that nodes may lack, float64 [nodes], and which nodes have it."""
        columns = [(tree.get_field(name), tree.get_field(f"{name}_present"), tree) for tree in self._trees]
        sizes = np.diff(self.root)
        padded = [
            (figures, present) if len(present) else (np.zeros(size), np.zeros(size, np.uint8))
            for (figures, present, _), size in zip(columns, sizes, strict=True)
        ]
        figures, present = (np.concatenate(part) for part in zip(*padded, strict=True))
        return figures.astype(np.float64), present.astype(np.bool_)

    def lists(self, name: str) -> tuple[Places, Places, npt.NDArray[np.generic]]:
        """Begin and end of each node's list among the elements of all, and these."""
        elements = [tree.get_field(name) for tree in self._trees]
        offset = np.concatenate([[0], np.cumsum([len(part) for part in elements])])[self.tree]
        begin = self.field(f"{name}_begin").astype(np.int64) + offset
        end = self.field(f"{name}_end").astype(np.int64) + offset
        return begin, end, np.concatenate(elements)


def flat_trees(model: TreeliteModel, reading: Reading) -> FlatTrees:
    """The flat form of a Treelite model whose library reads rows as `reading` says.

    Of a binary classifier whose leaves hold the probability of both classes (scikit-learn's forests), the trees of
    the second class, the bad.

    Raises:
        ForestError: where the model has no single margin, a comparison that no loader makes, or no covers.
    """
    single = _is_single(model)
    base_score, averages = _header(model)
    nodes = _Nodes(model)
    _check_kinds(nodes)
    strict = _is_strict(nodes)
    place, leaf_place = _places(nodes)
    inner, leaves = _order(nodes, place, inner=True), _order(nodes, leaf_place, inner=False)
    sets = _Sets(nodes, inner)
    cover = _covers(nodes)
    return FlatTrees(
        width=int(model.num_feature),
        reading=reading,
        strict=strict,
        single=single,
        divisor=model.num_tree if averages else 1,
        base_score=base_score,
        node_start=_starts(nodes, inner),
        leaf_start=_starts(nodes, leaves),
        node_feature=nodes.field("split_index")[inner].astype(np.int32),
        node_threshold=np.where(sets.is_asked, 0.0, nodes.field("threshold")[inner].astype(np.float64)),
        node_default_left=nodes.field("default_left")[inner].astype(np.bool_),
        node_left=_children(nodes, nodes.left[inner], place, leaf_place),
        node_right=_children(nodes, nodes.right[inner], place, leaf_place),
        node_cover=cover[inner],
        node_set=sets.node_set,
        node_set_right=sets.is_asked & nodes.field("category_list_right_child")[inner].astype(np.bool_),
        set_start=sets.start,
        set_category=sets.category,
        leaf_value=_leaf_values(nodes, leaves),
        leaf_cover=cover[leaves],
    )


def _is_single(model: TreeliteModel) -> bool:
    if model.input_type not in {"float32", "float64"}:
        raise ForestError(f"Treelite model of type {model.input_type}: only float32 and float64 are known")
    return bool(model.input_type == "float32")


def _header(model: TreeliteModel) -> tuple[float, bool]:
    """Base score, and whether the trees are averaged."""
    header = model.get_header_accessor()
    targets, classes = header.get_field("num_target").tolist(), header.get_field("num_class").tolist()
    scores = header.get_field("base_scores").tolist()
    shape, averages = header.get_field("leaf_vector_shape").tolist(), bool(header.get_field("average_tree_output")[0])
    if model.num_tree < 1:
        raise ForestError("the model has no trees")
    if (targets, classes, shape) == ([1], [1], [1, 1]):
        return float(scores[0]), averages
    if (targets, classes, shape, averages) == ([1], [2], [1, 2], True):
        return float(scores[1]), averages
    raise ForestError(f"the model has {targets[0]} targets of {classes} classes; one margin is needed")


def _check_kinds(nodes: _Nodes) -> None:
    if not np.isin(nodes.kind, [_LEAF, _NUMERIC, _CATEGORICAL]).all():
        raise ForestError("the model has a kind of node that this version does not know")
    inner = nodes.kind != _LEAF
    for child in (nodes.left[inner], nodes.right[inner]):
        tree = nodes.tree[inner]
        if ((child <= nodes.root[tree]) | (child >= nodes.root[tree + 1])).any():
            raise ForestError("the trees are not sound: a child is of another tree")


def _is_strict(nodes: _Nodes) -> bool:
    comparisons = np.unique(nodes.field("cmp")[nodes.kind == _NUMERIC]).tolist()
    if len(comparisons) > 1 or not set(comparisons) <= set(_OPERATORS):
        raise ForestError(f"the model compares with Treelite's operators {comparisons}: one of < and <= is needed")
    return [_OPERATORS[comparison] for comparison in comparisons] == ["<"]


def _levels(nodes: _Nodes) -> list[Places]:
    """Inner nodes by their depth."""
    level = nodes.root[:-1]
    levels: list[Places] = []
    total = 0
    while len(level := level[nodes.kind[level] != _LEAF]):
        total += len(level)
        if total > len(nodes.kind):
            raise ForestError("the trees are not sound: a node has two parents")
        levels.append(level)
        level = np.concatenate([nodes.left[level], nodes.right[level]])
    return levels


def _places(nodes: _Nodes) -> tuple[Places, Places]:
    """Place of each inner node in its tree's pre-order, and of each leaf from the left; -1 where it is of no tree."""
    levels = _levels(nodes)
    inner_below, leaves_below = np.zeros(len(nodes.kind), np.int64), (nodes.kind == _LEAF).astype(np.int64)
    for level in reversed(levels):
        left, right = nodes.left[level], nodes.right[level]
        inner_below[level] = 1 + inner_below[left] + inner_below[right]
        leaves_below[level] = leaves_below[left] + leaves_below[right]
    place, leaf_place = np.full(len(nodes.kind), -1), np.full(len(nodes.kind), -1)
    place[nodes.root[:-1]] = leaf_place[nodes.root[:-1]] = 0
    for level in levels:
        left, right = nodes.left[level], nodes.right[level]
        place[left], place[right] = place[level] + 1, place[level] + 1 + inner_below[left]
        leaf_place[left], leaf_place[right] = leaf_place[level], leaf_place[level] + leaves_below[left]
    return place, leaf_place


def _order(nodes: _Nodes, place: Places, *, inner: bool) -> Places:
    """Nodes of one kind, by tree and place."""
    chosen = np.flatnonzero(((nodes.kind != _LEAF) == inner) & (place >= 0))
    return chosen[np.lexsort((place[chosen], nodes.tree[chosen]))]


def _starts(nodes: _Nodes, chosen: Places) -> Indices:
    return np.searchsorted(nodes.tree[chosen], np.arange(len(nodes.root))).astype(np.int32)


def _children(nodes: _Nodes, child: Places, place: Places, leaf_place: Places) -> Indices:
    return np.where(nodes.kind[child] == _LEAF, ~leaf_place[child], place[child]).astype(np.int32)


def _leaf_values(nodes: _Nodes, leaves: Places) -> Floats:
    begin, end, elements = nodes.lists("leaf_vector")
    begin, sizes = begin[leaves], (end - begin)[leaves]
    if not len(elements):
        return nodes.field("leaf_value")[leaves].astype(np.float64)
    if (sizes != 2).any():
        raise ForestError("some leaves hold the probability of both classes and some do not")
    return elements[begin + 1].astype(np.float64)


def _covers(nodes: _Nodes) -> Floats:
    """Weight of the training rows of each node: Hessians or weighted samples where they are kept, else counts."""
    alone = np.diff(nodes.root)[nodes.tree] == 1  # the only leaf of a tree has no branch to weigh
    for name in ("sum_hess", "data_count"):
        figures, present = nodes.optional(name)
        if (present | alone).all() and (present.any() or alone.all()):
            return np.where(alone & ~present, 1.0, figures)
    raise ForestError("the model does not say how many training rows each node had: contributions need it")


class _Sets:
    """The distinct sets of categories that inner nodes ask for."""

    def __init__(self, nodes: _Nodes, inner: Places) -> None:
        self.is_asked: Flags = nodes.kind[inner] == _CATEGORICAL
        begin, end, elements = nodes.lists("category_list")
        numbers: dict[tuple[int, ...], int] = {}
        self.node_set: Indices = np.full(len(inner), -1, np.int32)
        for position in np.flatnonzero(self.is_asked):
            categories = elements[begin[inner[position]] : end[inner[position]]]
            number = numbers.setdefault(tuple(np.unique(categories).tolist()), len(numbers))
            self.node_set[position] = number
        self.start: Places = np.cumsum([0, *map(len, numbers)]).astype(np.int64)
        self.category = np.array([category for found in numbers for category in found], np.uint32)
