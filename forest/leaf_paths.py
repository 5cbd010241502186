"""What leads to each leaf: the edges of its path, and what the path asks of each feature."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forest.engine import Floats
from forest.trees import Flags, FlatTrees

Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Parents:
    """The way up: for each inner node and each leaf the node above (-1 for a root) and whether it is to the right."""

    of_node: Places
    """int64 [nodes]."""
    node_is_right: Flags
    """bool [nodes]."""
    of_leaf: Places
    """int64 [leaves]."""
    leaf_is_right: Flags
    """bool [leaves]."""


def parents(trees: FlatTrees) -> Parents:
    """The parents in flat trees, counted over the whole forest."""
    nodes, leaves = len(trees.node_feature), len(trees.leaf_value)
    found = Parents(np.full(nodes, -1), np.zeros(nodes, np.bool_), np.full(leaves, -1), np.zeros(leaves, np.bool_))
    first_node, first_leaf = trees.node_start[:-1][trees.node_tree], trees.leaf_start[:-1][trees.node_tree]
    for child, is_right in ((trees.node_left, False), (trees.node_right, True)):
        inner = np.flatnonzero(child >= 0)
        found.of_node[first_node[inner] + child[inner]] = inner
        found.node_is_right[first_node[inner] + child[inner]] = is_right
        above = np.flatnonzero(child < 0)
        found.of_leaf[first_leaf[above] + ~child[above]] = above
        found.leaf_is_right[first_leaf[above] + ~child[above]] = is_right
    return found


def branch_shares(trees: FlatTrees) -> Floats:
    """The part of a node's training rows that went left, and right, float64 [nodes, 2]; the two add up to 1.

    Of the two children's covers, not of the node's own: where a library rounds its Hessians these differ a little,
    and the contributions would not add up. A node that no row reached is split evenly: nothing is known of it.
    """
    covers = np.empty((len(trees.node_feature), 2))
    first_node, first_leaf = trees.node_start[:-1][trees.node_tree], trees.leaf_start[:-1][trees.node_tree]
    for side, child in enumerate((trees.node_left, trees.node_right)):
        inner = child >= 0
        covers[inner, side] = trees.node_cover[(first_node + child)[inner]]
        covers[~inner, side] = trees.leaf_cover[(first_leaf + ~child)[~inner]]
    total = covers[:, :1] + covers[:, 1:]
    return np.divide(covers, total, out=np.full_like(covers, 0.5), where=total > 0)


@dataclass(frozen=True)
class LeafPaths:
    """Each leaf's path, feature by feature. A factor is one feature of one path, leaf by leaf, features rising."""

    factor_leaf: Places
    """int64 [factors]."""
    factor_feature: Places
    """int64 [factors]."""
    factor_share: Floats
    """float64 [factors]: the product of the branch shares of the factor's edges."""
    edge_start: Places
    """int64 [factors]: the first of a factor's edges."""
    edge_node: Places
    """int64 [edges], by factor."""
    edge_is_right: Flags
    """bool [edges]."""


def leaf_paths(trees: FlatTrees) -> LeafPaths:
    """The paths of flat trees."""
    leaf, node, is_right = _edges(trees)
    feature = trees.node_feature[node].astype(np.int64)
    order = np.lexsort((node, feature, leaf))
    leaf, node, is_right, feature = leaf[order], node[order], is_right[order], feature[order]
    start = np.flatnonzero(np.diff(leaf, prepend=-1) | np.diff(feature, prepend=-1))
    share = branch_shares(trees)[node, is_right.astype(np.int64)]
    return LeafPaths(
        factor_leaf=leaf[start],
        factor_feature=feature[start],
        factor_share=np.multiply.reduceat(share, start) if len(start) else share,
        edge_start=start,
        edge_node=node,
        edge_is_right=is_right,
    )


def _edges(trees: FlatTrees) -> tuple[Places, Places, Flags]:
    """Leaf, node and side of every edge of every path, from the leaves up."""
    up = parents(trees)
    leaf, node, is_right = np.arange(len(trees.leaf_value)), up.of_leaf, up.leaf_is_right
    found: list[tuple[Places, Places, Flags]] = []
    while True:
        climbs = node >= 0
        leaf, node, is_right = leaf[climbs], node[climbs], is_right[climbs]
        found.append((leaf, node, is_right))
        if not len(leaf):
            leaves, nodes, sides = zip(*found, strict=True)
            return np.concatenate(leaves), np.concatenate(nodes), np.concatenate(sides)
        node, is_right = up.of_node[node], up.node_is_right[node]
