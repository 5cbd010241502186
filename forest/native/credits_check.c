/* Whether every index of the credits stays within its array, and every child comes after its parent. */
#include "contributions.h"

#define MOST (1 << 30) /* so that no sum of a few counts leaves an int32_t */

enum failure { SOUND = 0, WRONG_COUNTS, MISSING_ARRAY, WRONG_TREE, WRONG_NODE, WRONG_CHILD, WRONG_PREVIOUS, WRONG_NUMBER };

static int is_finite(double number) {
  return number - number == 0;
}

static int32_t check_counts(const struct credits *credits) {
  if (credits->trees < 0 || credits->nodes < 0 || credits->nodes > MOST || credits->leaves < 0 ||
      credits->leaves > MOST || credits->curves < 0 || credits->curves > MOST ||
      credits->largest_tree < 0 || credits->largest_tree > MOST || credits->largest_slots < 0 ||
      credits->largest_slots > (int64_t)MOST << 20)
    return WRONG_COUNTS;
  if (!credits->tree || !credits->node || !credits->leaf_value || !credits->curve)
    return MISSING_ARRAY;
  return is_finite(credits->base_value) ? SOUND : WRONG_NUMBER;
}

static int64_t padded(const struct credits_tree *tree) {
  return ((int64_t)tree->points + CREDITS_ROWS - 1) / CREDITS_ROWS * CREDITS_ROWS;
}

static int holds(const struct credits *credits, int32_t first, int64_t count) {
  return first >= 0 && first <= credits->curves - count;
}

static int32_t check_tree(const struct credits *credits, const struct credits_tree *tree) {
  if (tree->points < 1 || tree->nodes < 1 || tree->upper < 0 || tree->upper >= tree->nodes || tree->first_node < 0 ||
      tree->first_node > credits->nodes - tree->nodes || tree->first_leaf < 0 ||
      tree->first_leaf > credits->leaves - tree->nodes - 1)
    return WRONG_TREE;
  if (!holds(credits, tree->weights, padded(tree)) || !holds(credits, tree->asked_first, 2 * padded(tree)) ||
      !holds(credits, tree->closed, 2 * padded(tree)))
    return WRONG_TREE;
  if (tree->nodes > credits->largest_tree || (2 * (int64_t)tree->nodes + 1) * padded(tree) > credits->largest_slots)
    return WRONG_TREE;
  return SOUND;
}

static int is_child(const struct credits_tree *tree, int32_t slot, int32_t parent) {
  if (slot < tree->nodes)
    return parent < tree->upper && slot > parent;
  return slot <= 2 * (int64_t)tree->nodes;
}

static int is_share(double share) {
  return share >= 0 && share <= 1;
}

static int32_t check_node(const struct forest *forest, const struct credits *credits, const struct credits_tree *tree,
                          int32_t at) {
  const struct credits_node *node = credits->node + tree->first_node + at;
  if (node->column < 0 || node->column >= forest->columns || node->feature < 0 || node->feature >= forest->width ||
      !holds(credits, node->curve, 2 * padded(tree)))
    return WRONG_NODE;
  if (!is_child(tree, node->child[0], at) || !is_child(tree, node->child[1], at))
    return WRONG_CHILD;
  if (node->previous < -1 || node->previous >> 1 >= at)
    return WRONG_PREVIOUS;
  return is_share(node->share[0]) && is_share(node->share[1]) ? SOUND : WRONG_NUMBER;
}

int32_t credits_check(const struct forest *forest, const struct credits *credits) {
  int32_t failed;
  if ((failed = check_counts(credits)))
    return failed;
  for (int32_t index = 0; index < credits->trees; index++) {
    const struct credits_tree *tree = credits->tree + index;
    if ((failed = check_tree(credits, tree)))
      return failed;
    for (int32_t at = 0; at < tree->nodes; at++)
      if ((failed = check_node(forest, credits, tree, at)))
        return failed;
  }
  for (int64_t at = 0; at < credits->leaves; at++)
    if (!is_finite(credits->leaf_value[at]))
      return WRONG_NUMBER;
  for (int64_t at = 0; at < credits->curves; at++)
    if (!is_finite(credits->curve[at]))
      return WRONG_NUMBER;
  return SOUND;
}
