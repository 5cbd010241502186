/* Rows to bytes. */
#include "ranks.h"

INLINE int32_t count_portable(const double *node, double number) {
  int32_t below = 0;
  for (int i = 0; i < FOREST_FAN; i++)
    below += node[i] < number;
  return below;
}

INLINE void fill_portable(const struct forest_column *column, const int32_t *positions, int8_t *bytes) {
  for (int r = 0; r < FOREST_BLOCK; r++)
    bytes[r] = rank_byte(column, positions[r]);
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
  rank_block(forest, rows, count, bytes, count_portable, fill_portable);
}
