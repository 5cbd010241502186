/* One row at a time, four points to a vector: the same operations in the same order as in contributions_kernel.h, with the
 * way that the row goes chosen by an index. Included for each way, as that file. */

/* What a row does at each node of a tree, in bits: RIGHT, and CLOSED where it did not take all the edges above that asked
 * for the node's feature. way[0] is for nodes of which there is no such edge; node `at` has way[1 + at]. */
#ifndef RIGHT
#define RIGHT 1
#define CLOSED 2
#endif
INLINE void KERNEL(row_outcomes)(const struct credits_node *restrict node, int32_t nodes, const int8_t *restrict bytes,
                                 uint8_t *restrict way) {
  way[0] = RIGHT; /* previous is -1: the edge to the right of node -1 */
  for (ptrdiff_t at = 0; at < nodes; at++) {
    int32_t previous = node[at].previous;
    uint8_t is_closed = way[1 + (previous >> 1)] != (previous & 1);
    way[1 + at] = (uint8_t)((bytes[node[at].column] > node[at].rank) + CLOSED * is_closed);
  }
}

/* Sums of the lanes of four vectors, (0 + 1) + (2 + 3) each. */
INLINE void KERNEL(lane_sums)(const vector *parts, vector *sums) {
  vector low = __builtin_shufflevector(parts[0], parts[1], 0, 4, 2, 6);
  vector high = __builtin_shufflevector(parts[0], parts[1], 1, 5, 3, 7);
  vector first = low + high;
  low = __builtin_shufflevector(parts[2], parts[3], 0, 4, 2, 6);
  high = __builtin_shufflevector(parts[2], parts[3], 1, 5, 3, 7);
  vector second = low + high;
  *sums = __builtin_shufflevector(first, second, 0, 1, 4, 5) + __builtin_shufflevector(first, second, 2, 3, 6, 7);
}

KERNEL_TARGET INLINE void KERNEL(tree_row)(const struct credits *credits, const struct credits_tree *tree,
                                           const struct workspace *space, double *restrict credit, int vectors) {
  const struct credits_node *restrict node = credits->node + tree->first_node;
  const double *restrict leaf = credits->leaf_value + tree->first_leaf;
  const double *restrict curves = credits->curve;
  const loose *weights = (const loose *)(curves + tree->weights);
  vector *restrict products = (vector *)space->products, *restrict values = (vector *)space->values;
  vector *restrict parts = (vector *)space->parts;
  double *restrict shares = space->shares;
  uint8_t *restrict way = (uint8_t *)space->right;
  const int32_t nodes = tree->nodes, upper = tree->upper, closed = tree->closed;
  KERNEL(row_outcomes)(node, nodes, space->bytes, way);
  for (int v = 0; v < vectors; v++) products[v] = weights[v];
  for (ptrdiff_t at = 0; at <= nodes; at++)
    for (int v = 0; v < vectors; v++) values[(nodes + at) * vectors + v] = SPREAD(leaf[at]);
  for (ptrdiff_t at = 0; at < upper; at++) {
    int is_right = way[1 + at] & RIGHT;
    vector share = SPREAD(node[at].share[!is_right]);
    const loose *g = (const loose *)(curves + (way[1 + at] & CLOSED ? closed : node[at].curve));
    const vector *product = products + at * vectors;
    vector *hot = products + (ptrdiff_t)node[at].child[is_right] * vectors;
    vector *cold = products + (ptrdiff_t)node[at].child[!is_right] * vectors;
    UNROLL for (int v = 0; v < vectors; v++) {
      vector y = product[v] * (g[v] * share);
      cold[v] = y;
      hot[v] = product[v] - y;
    }
  }
  for (ptrdiff_t at = nodes - 1; at >= upper; at--) {
    int is_right = way[1 + at] & RIGHT;
    const loose *g = (const loose *)(curves + (way[1 + at] & CLOSED ? closed : node[at].curve));
    double hot = leaf[node[at].child[is_right] - nodes];
    double u = node[at].share[!is_right] * (hot - leaf[node[at].child[!is_right] - nodes]);
    const vector *product = products + at * vectors;
    vector part = ZERO;
    UNROLL for (int v = 0; v < vectors; v++) {
      vector added = product[v] * g[vectors + v];
      part = v ? part + added : added;
      values[at * vectors + v] = SPREAD(hot) - g[v] * SPREAD(u);
    }
    parts[at] = part;
    shares[at] = u;
  }
  for (ptrdiff_t at = upper - 1; at >= 0; at--) {
    int is_right = way[1 + at] & RIGHT;
    double share = node[at].share[!is_right];
    const loose *g = (const loose *)(curves + (way[1 + at] & CLOSED ? closed : node[at].curve));
    const vector *hot = values + (ptrdiff_t)node[at].child[is_right] * vectors;
    const vector *cold = values + (ptrdiff_t)node[at].child[!is_right] * vectors;
    const vector *product = products + at * vectors;
    vector part = ZERO;
    UNROLL for (int v = 0; v < vectors; v++) {
      vector difference = hot[v] - cold[v];
      vector added = product[v] * difference * g[vectors + v];
      part = v ? part + added : added;
      values[at * vectors + v] = hot[v] - (g[v] * SPREAD(share)) * difference;
    }
    parts[at] = part;
    shares[at] = share;
  }
  for (ptrdiff_t at = (nodes - 1) & ~3; at >= 0; at -= 4) {
    vector sums;
    KERNEL(lane_sums)(parts + at, &sums);
    *(vector *)(shares + at) *= sums;
  }
  for (ptrdiff_t at = nodes - 1; at >= 0; at--) credit[node[at].feature] += shares[at];
}

KERNEL_TARGET static void KERNEL(row)(const struct credits *credits, struct workspace *space, double *credit) {
  for (int32_t index = 0; index < credits->trees; index++) {
    const struct credits_tree *tree = credits->tree + index;
    switch ((tree->points + 3) / 4) {
      case 1: KERNEL(tree_row)(credits, tree, space, credit, 1); break;
      case 2: KERNEL(tree_row)(credits, tree, space, credit, 2); break;
      case 3: KERNEL(tree_row)(credits, tree, space, credit, 3); break;
      default: KERNEL(tree_row)(credits, tree, space, credit, (tree->points + 3) / 4);
    }
  }
}
