/* One row at a time, four points to a vector: the same operations in the same order as in contributions_kernel.h, with the
 * way that the row goes chosen by an index. Included for each way, as that file. */

/* Which way the row goes at each node of a tree, and whether it took an edge and all above it that asked for the same
 * feature: taken[1 + 2 * node + side]; taken[0] is for a node whose feature was not asked for above. */
INLINE void KERNEL(row_outcomes)(const struct credits_tree *tree, const struct credits_node *node, const int8_t *bytes,
                                 int8_t *right, int8_t *taken) {
  taken[0] = 1;
  for (ptrdiff_t at = 0; at < tree->nodes; at++) {
    int8_t is_right = bytes[node[at].column] > node[at].rank;
    int8_t is_open = taken[1 + node[at].previous];
    right[at] = is_right;
    taken[1 + 2 * at] = (int8_t)(is_open & !is_right);
    taken[2 + 2 * at] = (int8_t)(is_open & is_right);
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
                                           struct workspace *space, double *credit, int vectors) {
  const struct credits_node *node = credits->node + tree->first_node;
  const double *leaf = credits->leaf_value + tree->first_leaf;
  const double *curves = credits->curve;
  const loose *weights = (const loose *)(curves + tree->weights);
  vector *products = (vector *)space->products, *values = (vector *)space->values, *parts = (vector *)space->parts;
  double *shares = space->shares;
  int8_t *right = space->right, *taken = space->open;
  KERNEL(row_outcomes)(tree, node, space->bytes, right, taken);
  for (int v = 0; v < vectors; v++) products[v] = weights[v];
  for (ptrdiff_t at = 0; at <= tree->nodes; at++)
    for (int v = 0; v < vectors; v++) values[(tree->nodes + at) * vectors + v] = SPREAD(leaf[at]);
  for (ptrdiff_t at = 0; at < tree->upper; at++) {
    int is_right = right[at];
    double share = node[at].share[!is_right];
    const loose *g = (const loose *)(curves + (taken[1 + node[at].previous] ? node[at].curve : tree->closed));
    vector *hot = products + node[at].child[is_right] * vectors, *cold = products + node[at].child[!is_right] * vectors;
    const vector *product = products + at * vectors;
    UNROLL for (int v = 0; v < vectors; v++) {
      vector y = product[v] * (g[v] * SPREAD(share));
      cold[v] = y;
      hot[v] = product[v] - y;
    }
  }
  for (ptrdiff_t at = tree->nodes - 1; at >= tree->upper; at--) {
    int is_right = right[at];
    const loose *g = (const loose *)(curves + (taken[1 + node[at].previous] ? node[at].curve : tree->closed));
    double hot = leaf[node[at].child[is_right] - tree->nodes], cold = leaf[node[at].child[!is_right] - tree->nodes];
    double u = node[at].share[!is_right] * (hot - cold);
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
  for (ptrdiff_t at = tree->upper - 1; at >= 0; at--) {
    int is_right = right[at];
    double share = node[at].share[!is_right];
    const loose *g = (const loose *)(curves + (taken[1 + node[at].previous] ? node[at].curve : tree->closed));
    const vector *hot = values + node[at].child[is_right] * vectors, *cold = values + node[at].child[!is_right] * vectors;
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
  ptrdiff_t last = (tree->nodes + 3) & ~3;
  for (ptrdiff_t at = last - 4; at >= 0; at -= 4) {
    vector sums;
    KERNEL(lane_sums)(parts + at, &sums);
    vector made = sums * *(const vector *)(shares + at);
    for (int lane = 3; lane >= 0; lane--)
      if (at + lane < tree->nodes) credit[node[at + lane].feature] += made[lane];
  }
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
