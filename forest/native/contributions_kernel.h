/* The kernel of contributions.c, compiled once for each way: KERNEL(name), KERNEL_TARGET and SELECT are defined by
 * whoever includes it. Operations and their order are the same in all of them, so the bits are too. */

/* Rows of a block go right or left at each node, and are still on the edges above that asked for its feature. */
KERNEL_TARGET static void KERNEL(outcomes)(const struct credits_tree *tree, const struct credits_node *node,
                                           const int8_t *bytes, int8_t *right, int8_t *open) {
  for (int32_t at = 0; at < tree->nodes; at++) {
    const int8_t *column = bytes + (size_t)node[at].column * FOREST_BLOCK;
    int8_t *is_right = right + (size_t)at * FOREST_BLOCK;
    int8_t rank = node[at].rank;
    for (int row = 0; row < FOREST_BLOCK; row++) is_right[row] = (int8_t)-(column[row] > rank);
    if (node[at].previous < 0) continue;
    int32_t above = node[at].previous >> 1;
    int8_t side = (int8_t)((node[at].previous & 1) - 1); /* 0 where right is the way, else -1 */
    int8_t *is_open = open + (size_t)at * FOREST_BLOCK;
    const int8_t *taken = right + (size_t)above * FOREST_BLOCK, *before = open + (size_t)above * FOREST_BLOCK;
    if (node[above].previous < 0)
      for (int row = 0; row < FOREST_BLOCK; row++) is_open[row] = taken[row] ^ side;
    else
      for (int row = 0; row < FOREST_BLOCK; row++) is_open[row] = (taken[row] ^ side) & before[row];
  }
}

KERNEL_TARGET INLINE void KERNEL(signed_share)(const struct credits_node *node, const int8_t *right, vector *share) {
  *share = SELECT(WIDEN(right), SPREAD(-node->share[0]), SPREAD(node->share[1]));
}

/* (0 + 1) + (2 + 3) of what was added to the four sums in turn. */
KERNEL_TARGET INLINE void KERNEL(sum)(const vector *sums, int points, vector *total) {
  if (points == 1) *total = sums[0];
  else if (points == 2) *total = sums[0] + sums[1];
  else if (points == 3) *total = (sums[0] + sums[1]) + sums[2];
  else *total = (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

/* P of the children, going down. */
KERNEL_TARGET INLINE void KERNEL(down)(const struct credits_node *node, const double *curve, const int8_t *right,
                                       const int8_t *open, vector *factors, vector *share, const vector *product,
                                       int points) {
  vector s;
  KERNEL(signed_share)(node, right, &s);
  *share = s;
  words is_right = WIDEN(right);
  vector *left_product = factors + (size_t)node->child[0] * (size_t)points;
  vector *right_product = factors + (size_t)node->child[1] * (size_t)points;
  if (node->previous < 0) {
    UNROLL for (int k = 0; k < points; k++) {
      vector y = product[k] * (SPREAD(curve[k]) * s);
      right_product[k] = KEEP(is_right, product[k]) + y;
      left_product[k] = DROP(is_right, product[k]) - y;
    }
  } else {
    words is_open = WIDEN(open);
    UNROLL for (int k = 0; k < points; k++) {
      vector y = product[k] * (SELECT(is_open, SPREAD(curve[k]), SPREAD(1.0)) * s);
      right_product[k] = KEEP(is_right, product[k]) + y;
      left_product[k] = DROP(is_right, product[k]) - y;
    }
  }
}

/* T of a node with a node below, and the credit of its feature. */
KERNEL_TARGET INLINE void KERNEL(up)(const struct credits_node *node, const double *curve, const double *slope,
                                       const int8_t *open, const vector *values, const vector *signed_share,
                                     const vector *product, vector *value, vector *credit, int points) {
  vector share = *signed_share, total;
  vector sums[4] = {ZERO, ZERO, ZERO, ZERO};
  const vector *left = values + (size_t)node->child[0] * (size_t)points;
  const vector *right = values + (size_t)node->child[1] * (size_t)points;
  if (node->previous < 0) {
    UNROLL for (int k = 0; k < points; k++) {
      vector difference = left[k] - right[k];
      vector part = product[k] * difference;
      sums[k & 3] = k < 4 ? part : sums[k & 3] + part;
      value[k] = SELECT_BY_SIGN(share, right[k], left[k]) - (SPREAD(curve[k]) * share) * difference;
    }
    KERNEL(sum)(sums, points, &total);
    *credit += share * total;
    return;
  }
  words is_open = WIDEN(open);
  UNROLL for (int k = 0; k < points; k++) {
    vector difference = left[k] - right[k];
    vector part = (product[k] * difference) * SPREAD(slope[k]);
    sums[k & 3] = k < 4 ? part : sums[k & 3] + part;
    vector g = SELECT(is_open, SPREAD(curve[k]), SPREAD(1.0));
    value[k] = SELECT_BY_SIGN(share, right[k], left[k]) - (g * share) * difference;
  }
  KERNEL(sum)(sums, points, &total);
  *credit += KEEP(is_open, share * total);
}

/* T and credit of a node of two leaves. */
KERNEL_TARGET INLINE void KERNEL(tip)(const struct credits_node *node, const double *curve, const double *slope,
                                        const int8_t *right, const int8_t *open, double left_value,
                                        double right_value, const vector *product, vector *value, vector *credit,
                                      int points) {
  vector total;
  vector sums[4] = {ZERO, ZERO, ZERO, ZERO};
  vector hot = SELECT(WIDEN(right), SPREAD(right_value), SPREAD(left_value));
  vector u;
  KERNEL(signed_share)(node, right, &u);
  u *= SPREAD(left_value - right_value);
  if (node->previous < 0) {
    UNROLL for (int k = 0; k < points; k++) {
      sums[k & 3] = k < 4 ? product[k] : sums[k & 3] + product[k];
      value[k] = hot - SPREAD(curve[k]) * u;
    }
    KERNEL(sum)(sums, points, &total);
    *credit += u * total;
    return;
  }
  words is_open = WIDEN(open);
  UNROLL for (int k = 0; k < points; k++) {
    vector part = product[k] * SPREAD(slope[k]);
    sums[k & 3] = k < 4 ? part : sums[k & 3] + part;
    value[k] = hot - SELECT(is_open, SPREAD(curve[k]), SPREAD(1.0)) * u;
  }
  KERNEL(sum)(sums, points, &total);
  *credit += KEEP(is_open, u * total);
}

KERNEL_TARGET INLINE void KERNEL(tree_rows)(const struct credits *credits, const struct credits_tree *tree,
                                            struct workspace *space, int groups, int width, int points) {
  const struct credits_node *node = credits->node + tree->first_node;
  const double *leaf = credits->leaf_value + tree->first_leaf;
  const double *curves = credits->curve;
  int padded = (points + 3) & ~3;
  vector *products = (vector *)space->products, *values = (vector *)space->values, *shares = (vector *)space->shares;
  for (int32_t at = 0; at <= tree->nodes; at++)
    for (int k = 0; k < points; k++) values[(size_t)(tree->nodes + at) * (size_t)points + (size_t)k] = SPREAD(leaf[at]);
  for (int k = 0; k < points; k++) products[k] = SPREAD(curves[tree->weights + k]);
  for (int group = 0; group < groups; group++) {
    const int8_t *right = space->right + group * CREDITS_ROWS, *open = space->open + group * CREDITS_ROWS;
    vector *credit = (vector *)space->credit + (size_t)group * (size_t)width;
    for (int32_t at = 0; at < tree->upper; at++)
      KERNEL(down)(node + at, curves + node[at].curve, right + (size_t)at * FOREST_BLOCK,
                   open + (size_t)at * FOREST_BLOCK, products, shares + at, products + (size_t)at * (size_t)points,
                   points);
    for (int32_t at = tree->nodes - 1; at >= tree->upper; at--) {
      const double *curve = curves + node[at].curve;
      KERNEL(tip)(node + at, curve, curve + padded, right + (size_t)at * FOREST_BLOCK,
                      open + (size_t)at * FOREST_BLOCK, leaf[node[at].child[0] - tree->nodes],
                      leaf[node[at].child[1] - tree->nodes], products + (size_t)at * (size_t)points,
                      values + (size_t)at * (size_t)points, credit + node[at].feature,
                     points);
    }
    for (int32_t at = tree->upper - 1; at >= 0; at--) {
      const double *curve = curves + node[at].curve;
      KERNEL(up)(node + at, curve, curve + padded, open + (size_t)at * FOREST_BLOCK, values, shares + at,
                     products + (size_t)at * (size_t)points, values + (size_t)at * (size_t)points, credit + node[at].feature,
                     points);
    }
  }
}

KERNEL_TARGET static void KERNEL(rows)(const struct credits *credits, struct workspace *space, int groups, int width) {
  for (int32_t index = 0; index < credits->trees; index++) {
    const struct credits_tree *tree = credits->tree + index;
    KERNEL(outcomes)(tree, credits->node + tree->first_node, space->bytes, space->right, space->open);
    switch (tree->points) {
      case 1: KERNEL(tree_rows)(credits, tree, space, groups, width, 1); break;
      case 2: KERNEL(tree_rows)(credits, tree, space, groups, width, 2); break;
      case 3: KERNEL(tree_rows)(credits, tree, space, groups, width, 3); break;
      case 4: KERNEL(tree_rows)(credits, tree, space, groups, width, 4); break;
      case 5: KERNEL(tree_rows)(credits, tree, space, groups, width, 5); break;
      case 6: KERNEL(tree_rows)(credits, tree, space, groups, width, 6); break;
      case 7: KERNEL(tree_rows)(credits, tree, space, groups, width, 7); break;
      case 8: KERNEL(tree_rows)(credits, tree, space, groups, width, 8); break;
      default: KERNEL(tree_rows)(credits, tree, space, groups, width, tree->points);
    }
  }
}
