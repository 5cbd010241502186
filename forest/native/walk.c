/* Trees walked without a branch, several side by side: a step is a chain of two loads and a comparison. */
#include "kernels.h"

static inline int32_t next(const struct forest_step *steps, int32_t at, const int8_t *bytes) {
  struct forest_step step = steps[at];
  return step.first + (bytes[step.test >> 8] > (int8_t)(step.test & 255));
}

/* Values of the leaves that a row reaches in FOREST_LANES trees. */
static inline void walk_trees(const struct forest *forest, int32_t tree, const int8_t *bytes, double *values) {
  const struct forest_step *steps[FOREST_LANES];
  const double *step_values[FOREST_LANES];
  int32_t at[FOREST_LANES] = {0}, depth = 0;
  for (int k = 0; k < FOREST_LANES; k++) {
    int64_t start = (int64_t)forest->node_start[tree + k] + forest->leaf_start[tree + k];
    steps[k] = forest->step + start;
    step_values[k] = forest->step_value + start;
    depth = forest->tree_depth[tree + k] > depth ? forest->tree_depth[tree + k] : depth;
  }
  for (int32_t d = 0; d < depth; d++)
    for (int k = 0; k < FOREST_LANES; k++)
      at[k] = next(steps[k], at[k], bytes);
  for (int k = 0; k < FOREST_LANES; k++)
    values[k] = step_values[k][at[k]];
}

static double walk_tree(const struct forest *forest, int32_t tree, const int8_t *bytes) {
  int64_t start = (int64_t)forest->node_start[tree] + forest->leaf_start[tree];
  int32_t at = 0;
  for (int32_t d = 0; d < forest->tree_depth[tree]; d++)
    at = next(forest->step + start, at, bytes);
  return forest->step_value[start + at];
}

static double walk_row(const struct forest *forest, const int8_t *bytes) {
  double values[FOREST_LANES], sum = 0;
  float single = 0;
  int32_t tree = 0;
  for (; tree + FOREST_LANES <= forest->trees; tree += FOREST_LANES) {
    walk_trees(forest, tree, bytes, values);
    for (int k = 0; k < FOREST_LANES; k++)
      if (forest->is_single)
        single += (float)values[k];
      else
        sum += values[k];
  }
  for (; tree < forest->trees; tree++) {
    double value = walk_tree(forest, tree, bytes);
    sum += value;
    single += (float)value;
  }
  return forest->is_single ? single : sum;
}

void walk_rows(const struct forest *forest, const double *rows, int64_t count, int8_t *bytes, double *sums,
               int32_t way) {
  for (int64_t r = 0; r < count; r++) {
    forest_rank_row(forest, rows + r * forest->width, bytes, way);
    sums[r] = walk_row(forest, bytes);
  }
}
