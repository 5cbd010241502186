/* Whether every index of a forest stays within its array, and every walk ends. */
#include <float.h>
#include <string.h>

#include "forest.h"

enum failure {
  SOUND = 0,
  WRONG_ABI,
  WRONG_COUNTS,
  MISSING_ARRAY,
  WRONG_SEARCH,
  WRONG_BOUNDS,
  WRONG_COLUMN,
  WRONG_STARTS,
  WRONG_FORK,
  WRONG_STEP,
  WRONG_NUMBER
};

static int is_finite(double number) {
  return number - number == 0;
}

static int32_t check_counts(const struct forest *forest) {
  if (forest->abi != FOREST_ABI)
    return WRONG_ABI;
  if (forest->width < 1 || forest->trees < 1 || forest->searches < 0 || forest->columns < 0 ||
      forest->columns > 1 << 23 || forest->nodes < 0 || forest->nodes > INT32_MAX || forest->bounds_count < 0 ||
      forest->table_count < 0 || forest->leaves != forest->nodes + forest->trees)
    return WRONG_COUNTS;
  if (!(forest->divisor > 0) || !is_finite(forest->divisor) || !is_finite(forest->base_score))
    return WRONG_NUMBER;
  if (!forest->search || !forest->bounds || !forest->column || !forest->table || !forest->node_start ||
      !forest->leaf_start || !forest->fork || !forest->fork_limit || !forest->step || !forest->step_value ||
      !forest->tree_depth || !forest->walk_order || !forest->leaf_value)
    return MISSING_ARRAY;
  return SOUND;
}

static int32_t check_columns(const struct forest *forest, const struct forest_search *search) {
  for (int32_t c = search->first_column; c < search->first_column + search->columns; c++) {
    const struct forest_column *column = forest->column + c;
    if (column->has_table != 0 && column->has_table != 1)
      return WRONG_COLUMN;
    int64_t end = column->has_table ? forest->table_count - search->bounds : INT32_MAX;
    if (column->start < 0 || column->start >= end)
      return WRONG_COLUMN;
  }
  return SOUND;
}

/* A level of a search: `count` bounds that rise (those of the lowest level) or are the last of every node below, then +inf
 * to the end of the last node, of which there is at least one. */
static int32_t check_level(const struct forest *forest, const struct forest_search *search, int32_t level,
                           int64_t count) {
  int64_t start = search->level[level], size = (count / FOREST_FAN + 1) * FOREST_FAN;
  if (start < 0 || start > forest->bounds_count - size)
    return WRONG_BOUNDS;
  const double *bounds = forest->bounds + start, *below = 0;
  if (level + 1 < search->levels)
    below = forest->bounds + search->level[level + 1] + FOREST_FAN - 1;
  for (int64_t i = 0; i < size; i++) {
    int holds = i >= count ? bounds[i] > DBL_MAX : below ? bounds[i] == below[i * FOREST_FAN] : bounds[i] == bounds[i];
    if (!holds || (i > 0 && !(bounds[i - 1] <= bounds[i])))
      return WRONG_BOUNDS;
  }
  return SOUND;
}

static int32_t check_search(const struct forest *forest, const struct forest_search *search) {
  if (search->feature < 0 || search->feature >= forest->width || search->bounds < 0 || search->columns < 0 ||
      search->levels < 1 || search->levels > FOREST_LEVELS)
    return WRONG_SEARCH;
  int64_t count = search->bounds;
  for (int32_t level = search->levels - 1; level >= 0; level--) {
    int32_t failed = check_level(forest, search, level, count);
    if (failed)
      return failed;
    /* The last node's last bound is +inf: nothing is above it, so that no number finds a node that is not there. */
    count = count / FOREST_FAN;
  }
  return count == 0 ? SOUND : WRONG_SEARCH;
}

static int32_t check_searches(const struct forest *forest) {
  int32_t columns = 0, failed;
  for (int32_t s = 0; s < forest->searches; s++) {
    const struct forest_search *search = forest->search + s;
    if ((failed = check_search(forest, search)))
      return failed;
    if (search->first_column != columns || search->columns > forest->columns - columns)
      return WRONG_SEARCH;
    columns += search->columns;
    if ((failed = check_columns(forest, search)))
      return failed;
  }
  return columns == forest->columns ? SOUND : WRONG_SEARCH;
}

static int32_t check_starts(const struct forest *forest) {
  if (forest->node_start[0] != 0 || forest->leaf_start[0] != 0)
    return WRONG_STARTS;
  for (int32_t t = 0; t < forest->trees; t++) {
    int64_t nodes = (int64_t)forest->node_start[t + 1] - forest->node_start[t];
    int64_t leaves = (int64_t)forest->leaf_start[t + 1] - forest->leaf_start[t];
    if (nodes < 0 || leaves != nodes + 1 || leaves > forest->largest_tree || forest->tree_depth[t] < 0 || forest->tree_depth[t] > nodes)
      return WRONG_STARTS;
  }
  int32_t last = forest->trees;
  return forest->node_start[last] == forest->nodes && forest->leaf_start[last] == forest->leaves ? SOUND : WRONG_STARTS;
}

static int32_t check_order(const struct forest *forest) {
  uint8_t used[FOREST_WINDOW] = {0};
  for (int32_t t = 0; t < forest->trees; t++) {
    int32_t tree = forest->walk_order[t], window = t / FOREST_WINDOW;
    if (t % FOREST_WINDOW == 0)
      memset(used, 0, sizeof used);
    if (tree < 0 || tree >= forest->trees || tree / FOREST_WINDOW != window || used[tree % FOREST_WINDOW]++)
      return WRONG_STARTS;
  }
  return SOUND;
}

/* A child is one of the tree's leaves, or an inner node that comes before. */
static int is_child(int64_t place, int64_t fork, int64_t forks) {
  if (place % FOREST_BLOCK)
    return 0;
  place /= FOREST_BLOCK;
  return place < FOREST_LARGEST_TREE ? place <= forks : place - FOREST_LARGEST_TREE < fork;
}

static int32_t check_forks(const struct forest *forest, int32_t t) {
  uint8_t used[2 * FOREST_LARGEST_TREE] = {0};
  int64_t forks = forest->node_start[t + 1] - forest->node_start[t];
  for (int64_t i = 0; i < forks; i++) {
    const struct forest_fork *fork = forest->fork + forest->node_start[t] + i;
    if (fork->column % FOREST_BLOCK || fork->column / FOREST_BLOCK >= (uint32_t)forest->columns ||
        !is_child(fork->left, i, forks) || !is_child(fork->right, i, forks))
      return WRONG_FORK;
    /* 2 * forks children, each another place: all leaves and all forks but the root are reached, by one way each. */
    if (used[fork->left / FOREST_BLOCK]++ || used[fork->right / FOREST_BLOCK]++)
      return WRONG_FORK;
  }
  return SOUND;
}

static int32_t check_steps(const struct forest *forest, int32_t t) {
  int64_t start = (int64_t)forest->node_start[t] + forest->leaf_start[t];
  int64_t steps = (int64_t)forest->node_start[t + 1] + forest->leaf_start[t + 1] - start;
  for (int64_t i = 0; i < steps; i++) {
    const struct forest_step *step = forest->step + start + i;
    int is_leaf = step->ahead == 0 && (step->test & 255) == 127;
    if (!is_leaf && (step->ahead < 0 || i + step->ahead + 1 >= steps))
      return WRONG_STEP;
    if (!(is_leaf && step->test >> 8 == 0) && step->test >> 8 >= (uint32_t)forest->columns)
      return WRONG_STEP;
  }
  return SOUND;
}

int32_t forest_check(const struct forest *forest) {
  int32_t failed;
  if ((failed = check_counts(forest)) || (failed = check_searches(forest)) || (failed = check_starts(forest)) ||
      (failed = check_order(forest)))
    return failed;
  for (int32_t t = 0; t < forest->trees; t++)
    if ((failed = check_steps(forest, t)))
      return failed;
  for (int32_t t = 0; forest->largest_tree <= FOREST_LARGEST_TREE && t < forest->trees; t++)
    if ((failed = check_forks(forest, t)))
      return failed;
  return SOUND;
}
