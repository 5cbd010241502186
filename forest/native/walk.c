/* Trees walked without a branch, several side by side: a step is a chain of two loads and a comparison. A walk is one
 * pointer, so that those of all lanes stay in registers. */
#include "kernels.h"

static inline const struct forest_step *next(const struct forest_step *at, const int8_t *bytes) {
  uint32_t test = at->test;
  return at + at->ahead + (bytes[test >> 8] > (int8_t)test);
}

/* Values of the leaves that a row reaches in `lanes` trees, to the places of the trees in their window. */
static inline void walk_trees(const struct forest *forest, const int32_t *trees, int lanes, const int8_t *bytes,
                              double *values) {
  const struct forest_step *at[FOREST_LANES];
  int32_t depth = 0;
  for (int k = 0; k < lanes; k++) {
    at[k] = forest->step + forest->node_start[trees[k]] + forest->leaf_start[trees[k]];
    depth = forest->tree_depth[trees[k]] > depth ? forest->tree_depth[trees[k]] : depth;
  }
  for (int32_t d = 0; d < depth; d++)
    for (int k = 0; k < lanes; k++)
      at[k] = next(at[k], bytes);
  for (int k = 0; k < lanes; k++)
    values[trees[k] % FOREST_WINDOW] = forest->step_value[at[k] - forest->step];
}

static double walk_row(const struct forest *forest, const int8_t *bytes) {
  double values[FOREST_WINDOW], sum = 0;
  float single = 0;
  for (int32_t window = 0; window < forest->trees; window += FOREST_WINDOW) {
    const int32_t *order = forest->walk_order + window;
    int32_t left = forest->trees - window, count = left < FOREST_WINDOW ? left : FOREST_WINDOW, t = 0;
    for (; t + FOREST_LANES <= count; t += FOREST_LANES)
      walk_trees(forest, order + t, FOREST_LANES, bytes, values);
    for (; t < count; t++)
      walk_trees(forest, order + t, 1, bytes, values);
    for (t = 0; t < count; t++) {
      sum += values[t];
      single += (float)values[t];
    }
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
