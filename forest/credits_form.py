"""Flat trees as `forest/native/contributions.h` lays them out: nodes, their curves, and the rules' weights.

A node is an inner node. Where the edges above it that asked for its feature have share z together (1 where there are
none), with a = t + (1 - t)·z: g = (1 - t)·z/a is what the node's factors change by along the diagonal, h = z/a² what
its feature's credit is weighed by.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forest.engine import Floats, ForestError
from forest.leaf_paths import Parents, Places, branch_shares, parents
from forest.native_form import NativeForm
from forest.quadrature import gauss_legendre
from forest.trees import FlatTrees, Indices

Records = npt.NDArray[np.void]

NODE = np.dtype(
    [
        ("child", "i4", 2),
        *((name, "i4") for name in ("column", "feature", "curve", "previous")),
        *(("rank", "i1"), ("unused", "i1", 7), ("share", "f8", 2)),
    ]
)
TREE = np.dtype(
    [
        *((name, "i4") for name in ("points", "nodes", "upper", "weights", "asked_first", "closed")),
        *(("first_node", "i8"), ("first_leaf", "i8")),
    ]
)
_LANES = 4
"""Curves are padded with 0 to a multiple of this many points."""
_MOST_NUMBERS = 2**31 - 1


@dataclass(frozen=True)
class CreditsForm:
    """The arrays of a `struct credits`, and its numbers."""

    base_value: float
    largest_tree: int
    largest_slots: int
    tree: Records
    node: Records
    leaf_value: Floats
    curve: Floats


def credits_form(trees: FlatTrees, form: NativeForm) -> CreditsForm:
    """The layout of flat trees whose nodes ask for the columns of a native form.

    Raises:
        ForestError: where the curves would have more numbers than can be counted.
    """
    shares = branch_shares(trees)
    asked = _asked(trees, shares)
    places = _places(trees, asked)
    tree, rules, numbers = _trees(trees, places)
    node = np.zeros(len(shares), NODE)
    node["curve"], curves = _curves(trees, asked, places, rules)
    node["child"] = np.stack([_slots(trees, child, places) for child in (trees.node_left, trees.node_right)], axis=1)
    node["column"], node["rank"], node["feature"] = form.node["column"], form.node["rank"], trees.node_feature
    node["share"] = shares
    above = asked.previous >> 1
    node["previous"] = np.where(asked.previous < 0, -1, 2 * places.in_tree[above] + (asked.previous & 1))
    curve = np.concatenate([*numbers, *curves, np.empty(0)])
    if len(curve) > _MOST_NUMBERS:
        raise ForestError(f"the model asks for the same features too often for contributions: {len(curve)} numbers")
    return CreditsForm(
        base_value=_base_value(trees, shares),
        largest_tree=int(tree["nodes"].max(initial=0)),
        largest_slots=int(((2 * tree["nodes"].astype(np.int64) + 1) * _padded_size(tree["points"])).max(initial=0)),
        tree=tree,
        node=node[np.argsort(places.of_node)],
        leaf_value=trees.leaf_value[np.argsort(places.of_leaf)],
        curve=curve,
    )


@dataclass(frozen=True)
class _Asked:
    """Where a node's feature was asked for above it."""

    previous: Places
    """int64 [nodes]: 2 * node + side of the nearest edge above that asks for the feature, or -1."""
    share: Floats
    """float64 [nodes]: the product of the shares of all such edges, 1 where there are none."""
    features: Places
    """int64 [nodes]: distinct features that the node and those above it ask for."""


def _asked(trees: FlatTrees, shares: Floats) -> _Asked:
    up = parents(trees)
    previous = _previous(trees, up)
    share, features = np.ones(len(previous)), np.zeros(len(previous), np.int64)
    for level in _levels(trees):
        edge = previous[level]
        share[level] = np.where(edge < 0, 1.0, share[edge >> 1] * shares[edge >> 1, edge & 1])
        above = up.of_node[level]
        features[level] = (edge < 0) + np.where(above < 0, 0, features[above])
    return _Asked(previous=previous, share=share, features=features)


def _previous(trees: FlatTrees, up: Parents) -> Places:
    previous = np.full(len(trees.node_feature), -1)
    node = np.arange(len(previous))
    above, side = up.of_node, up.node_is_right
    while True:
        climbs = above >= 0
        node, above, side = node[climbs], above[climbs], side[climbs]
        if not len(node):
            return previous
        same = trees.node_feature[node] == trees.node_feature[above]
        previous[node[same]] = 2 * above[same] + side[same]
        node, above = node[~same], above[~same]
        above, side = up.of_node[above], up.node_is_right[above]


def _levels(trees: FlatTrees) -> list[Places]:
    """Inner nodes by their depth, counted over the whole forest."""
    level = trees.node_start[:-1][np.diff(trees.node_start) > 0].astype(np.int64)
    first = trees.node_start[:-1][trees.node_tree]
    levels: list[Places] = []
    while len(level):
        levels.append(level)
        children = [np.where(child < 0, -1, first + child)[level] for child in (trees.node_left, trees.node_right)]
        level = np.concatenate(children)
        level = level[level >= 0]
    return levels


@dataclass(frozen=True)
class _Places:
    """Where trees, nodes and leaves go."""

    points: Places
    """int64 [trees]: points of each tree's rule; 0 for a tree of one leaf."""
    upper: Places
    """int64 [trees]: nodes that have a node below."""
    tree: Places
    """int64 [trees]: the trees in order. Alike ones follow each other, so that the processor knows what comes."""
    in_tree: Places
    """int64 [nodes]: place within the tree. Those with a node below come first, then those of two leaves; each
    by level, so that neighbours do not wait for each other."""
    of_node: Places
    """int64 [nodes]: place in the forest."""
    of_leaf: Places
    """int64 [leaves]: place in the forest."""


def _places(trees: FlatTrees, asked: _Asked) -> _Places:
    tree, nodes = trees.node_tree, np.diff(trees.node_start)
    longest = np.zeros(trees.tree_count, np.int64)
    np.maximum.at(longest, tree, asked.features)
    is_tip = (trees.node_left < 0) & (trees.node_right < 0)
    upper = np.bincount(tree[~is_tip], minlength=trees.tree_count)
    points = (longest + 1) // 2
    order = np.lexsort((upper, nodes, points))
    depth = np.zeros(len(tree), np.int64)
    for number, level in enumerate(_levels(trees)):
        depth[level] = number
    in_tree = np.empty(len(tree), np.int64)
    sequence = np.lexsort((depth, is_tip, tree))
    in_tree[sequence] = np.arange(len(tree)) - trees.node_start[tree]
    first_node, first_leaf = _firsts(nodes, order), _firsts(nodes + 1, order)
    of_leaf = np.arange(len(trees.leaf_value)) + np.repeat(first_leaf - trees.leaf_start[:-1], nodes + 1)
    return _Places(points, upper, order, in_tree, of_node=first_node[tree] + in_tree, of_leaf=of_leaf)


def _firsts(sizes: Indices, order: Places) -> Places:
    """Where each of some runs starts when they are laid end to end in an order."""
    firsts = np.empty(len(sizes), np.int64)
    firsts[order] = np.cumsum(sizes[order]) - sizes[order]
    return firsts


def _slots(trees: FlatTrees, children: Indices, places: _Places) -> Places:
    """Slot of each child in its tree: inner nodes by their places, then the leaves."""
    first, nodes = trees.node_start[:-1][trees.node_tree], np.diff(trees.node_start)[trees.node_tree]
    inner = children >= 0
    slot = nodes + ~children.astype(np.int64)
    slot[inner] = places.in_tree[first[inner] + children[inner]]
    return slot


def _trees(trees: FlatTrees, places: _Places) -> tuple[Records, dict[int, dict[str, int]], list[Floats]]:
    """The trees that have a node, and what is common to those of a rule."""
    nodes = np.diff(trees.node_start)
    order = places.tree[nodes[places.tree] > 0]
    tree = np.zeros(len(order), TREE)
    tree["points"], tree["nodes"], tree["upper"] = places.points[order], nodes[order], places.upper[order]
    tree["first_node"] = _firsts(nodes, places.tree)[order]
    tree["first_leaf"] = _firsts(nodes + 1, places.tree)[order]
    rules, numbers = _rules(np.unique(tree["points"]))
    for name in ("weights", "asked_first", "closed"):
        tree[name] = [rules[count][name] for count in tree["points"].tolist()]
    return tree, rules, numbers


def _padded_size(points: Indices) -> Indices:
    return -(-points // _LANES) * _LANES


def _padded(numbers: Floats) -> Floats:
    padded = np.zeros((*numbers.shape[:-1], -(-numbers.shape[-1] // _LANES) * _LANES))
    padded[..., : numbers.shape[-1]] = numbers
    return padded.reshape(-1)


def _rules(counts: Places) -> tuple[dict[int, dict[str, int]], list[Floats]]:
    """Of each rule where its weights, and the two curves that all its trees share, start; and the numbers."""
    rules: dict[int, dict[str, int]] = {}
    numbers: list[Floats] = []
    start = 0
    for count in counts.tolist():
        abscissae, weights = gauss_legendre(count)
        ones = np.ones(count)
        size = len(_padded(weights))
        rules[count] = {"weights": start, "asked_first": start + size, "closed": start + 3 * size}
        # The rule is symmetric: 1 - t of a point is t of the point opposite, and has all its digits there.
        numbers.append(_padded(np.stack([weights, abscissae[::-1], ones, ones, np.zeros(count)])))
        start += 5 * size
    return rules, numbers


def _curves(
    trees: FlatTrees, asked: _Asked, places: _Places, rules: dict[int, dict[str, int]]
) -> tuple[Places, list[Floats]]:
    """Where each node's curve starts, and the curves of nodes whose feature was asked for above, in their order."""
    of_node = places.points[trees.node_tree]
    curve = np.zeros(len(of_node), np.int64)
    numbers: list[Floats] = []
    start = sum(5 * -(-count // _LANES) * _LANES for count in rules)
    for count, rule in rules.items():
        abscissae, _ = gauss_legendre(count)
        curve[of_node == count] = rule["asked_first"]
        nodes = np.flatnonzero((of_node == count) & (asked.previous >= 0))
        nodes = nodes[np.argsort(places.of_node[nodes])]
        share = asked.share[nodes, None]
        factor = abscissae + abscissae[::-1] * share
        made = _padded(np.stack([abscissae[::-1] * share / factor, share / (factor * factor)], axis=1))
        curve[nodes] = start + len(made) // max(1, len(nodes)) * np.arange(len(nodes))
        start += len(made)
        numbers.append(made)
    return curve, numbers


def _base_value(trees: FlatTrees, shares: Floats) -> float:
    """The mean margin of the training rows, as the covers weigh them; the sum over the trees is exact."""
    first_node, first_leaf = trees.node_start[:-1][trees.node_tree], trees.leaf_start[:-1][trees.node_tree]
    mean = np.zeros(len(shares))
    for level in reversed(_levels(trees)):
        below = np.zeros((2, len(level)))
        for side, children in enumerate((trees.node_left[level], trees.node_right[level])):
            inner = children >= 0
            below[side, inner] = mean[first_node[level[inner]] + children[inner]]
            below[side, ~inner] = trees.leaf_value[first_leaf[level[~inner]] + ~children[~inner]]
        mean[level] = shares[level, 0] * below[0] + shares[level, 1] * below[1]
    has_node = np.diff(trees.node_start) > 0
    of_trees = np.where(has_node, 0.0, trees.leaf_value[trees.leaf_start[:-1]])
    of_trees[has_node] = mean[trees.node_start[:-1][has_node]]
    return math.fsum(of_trees) / trees.divisor + trees.base_score
