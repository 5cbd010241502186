/* Margins, by the best way that the machine and the forest allow. */
#include <stdlib.h>

#include "kernels.h"

/* Rows up to which one by one is quicker than a block, measured with 500 trees of 31 leaves and 1,000 of 63. */
enum { FEW_BY_MASKS = 8, FEW_BY_WALKING = 4 };

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
static void mask_rows(const struct forest *forest, const double *rows, int64_t count, int8_t *bytes, double *sums) {
  for (int64_t r = 0; r < count; r++) {
    forest_rank_row(forest, rows + r * forest->width, bytes, FOREST_AVX2);
    sums[r] = mask_row(forest, bytes);
  }
}

static void few_rows(const struct forest *forest, const double *rows, int64_t count, int8_t *bytes, double *sums) {
  if (forest->mask)
    mask_rows(forest, rows, count, bytes, sums);
  else
    walk_rows(forest, rows, count, bytes, sums, FOREST_AVX2);
}

static int64_t few(const struct forest *forest) {
  return forest->mask ? FEW_BY_MASKS : FEW_BY_WALKING;
}

static int32_t blend_rows(const struct forest *forest, const double *rows, int64_t count, double *sums) {
  int8_t *scratch = aligned_alloc(64, (size_t)((blend_scratch(forest) + 63) / 64 * 64));
  if (!scratch)
    return FOREST_NO_MEMORY;
  int64_t r = 0;
  for (; count - r > few(forest); r += FOREST_BLOCK) {
    int64_t block = count - r < FOREST_BLOCK ? count - r : FOREST_BLOCK;
    blend_block(forest, rows + r * forest->width, block, scratch, sums + r);
  }
  if (r < count)
    few_rows(forest, rows + r * forest->width, count - r, scratch, sums + r);
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
  if (call->way == FOREST_AVX2 && call->count > few(forest) && forest->largest_tree <= FOREST_LARGEST_TREE)
    answer = blend_rows(forest, call->rows, call->count, call->margins);
  else if (call->way == FOREST_AVX2 && forest->mask) {
    int8_t bytes[FOREST_MASK_COLUMNS] = {0};
    mask_rows(forest, call->rows, call->count, bytes, call->margins);
    answer = FOREST_DONE;
  } else
#endif
    answer = walk_all(forest, call->rows, call->count, call->margins, call->way);
  for (int64_t r = 0; answer == FOREST_DONE && r < call->count; r++)
    call->margins[r] = margin_of(forest, call->margins[r]);
  return answer;
}
