/* Rows to bytes. */
#include "ranks.h"

INLINE int32_t count_portable(const double *node, double number) {
  int32_t below = 0;
  for (int i = 0; i < FOREST_FAN; i++)
    below += node[i] < number;
  return below;
}

void forest_rank_row(const struct forest *forest, const double *row, int8_t *bytes, int32_t way) {
#if defined(__x86_64__)
  if (way == FOREST_AVX2) {
    rank_row_avx2(forest, row, bytes);
    return;
  }
#endif
  (void)way;
  rank_row(forest, row, bytes, count_portable);
}

void forest_rank_block(const struct forest *forest, const double *rows, int64_t count, int8_t *bytes, int32_t way) {
#if defined(__x86_64__)
  if (way == FOREST_AVX2) {
    rank_block_avx2(forest, rows, count, bytes);
    return;
  }
#endif
  (void)way;
  rank_block(forest, rows, count, bytes, count_portable);
}
