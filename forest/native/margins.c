/* Margins, by the best way that the machine and the forest allow. */
#include <stdlib.h>

#include "kernels.h"

#define FEW 6 /* rows up to which walking them one by one is quicker */

int32_t forest_abi(void) {
  return FOREST_ABI;
}

int64_t forest_size(void) {
  return (int64_t)sizeof(struct forest);
}

/* A row's margin of the sum of its leaves, rounded as GTIL does: the division in the trees' type, the base score added in
 * float64. */
static double margin_of(const struct forest *forest, double sum) {
  if (!forest->is_single)
    return sum / forest->divisor + forest->base_score;
  float single = (float)sum / (float)forest->divisor;
  return (float)(single + forest->base_score);
}

#if defined(__x86_64__)
static int32_t blend_rows(const struct forest *forest, const double *rows, int64_t count, double *sums) {
  int8_t *scratch = aligned_alloc(64, (size_t)((blend_scratch(forest) + 63) / 64 * 64));
  if (!scratch)
    return FOREST_NO_MEMORY;
  int64_t r = 0;
  for (; count - r > FEW; r += FOREST_BLOCK) {
    int64_t block = count - r < FOREST_BLOCK ? count - r : FOREST_BLOCK;
    blend_block(forest, rows + r * forest->width, block, scratch, sums + r);
  }
  if (r < count)
    walk_rows(forest, rows + r * forest->width, count - r, scratch, sums + r, FOREST_AVX2);
  free(scratch);
  return FOREST_DONE;
}
#endif

static int32_t walk_all(const struct forest *forest, const double *rows, int64_t count, double *sums,
                        int32_t way) {
  int8_t *bytes = malloc((size_t)forest->columns + 1);
  if (!bytes)
    return FOREST_NO_MEMORY;
  walk_rows(forest, rows, count, bytes, sums, way);
  free(bytes);
  return FOREST_DONE;
}

int32_t forest_margins(const struct forest_call *call) {
  const struct forest *forest = call->forest;
  int32_t answer;
#if defined(__x86_64__)
  if (call->way == FOREST_AVX2 && call->count > FEW && forest->largest_tree <= FOREST_LARGEST_TREE)
    answer = blend_rows(forest, call->rows, call->count, call->margins);
  else
#endif
    answer = walk_all(forest, call->rows, call->count, call->margins, call->way);
  for (int64_t r = 0; answer == FOREST_DONE && r < call->count; r++)
    call->margins[r] = margin_of(forest, call->margins[r]);
  return answer;
}
