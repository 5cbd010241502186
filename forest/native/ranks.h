/* What both ways of ranks.c and ranks_avx2.c share. */
#ifndef BLINK_FOREST_RANKS_H
#define BLINK_FOREST_RANKS_H

#include "forest.h"

#define INLINE __attribute__((always_inline)) static inline

typedef int32_t count_below(const double *node, double number);

/* A number's position in a search, or -1 for NaN. Without a branch: where a number falls cannot be guessed. */
INLINE int32_t position_in(const struct forest *forest, const struct forest_search *search, double number,
                           count_below *count) {
  int64_t at = 0;
  for (int32_t level = 0; level < search->levels; level++)
    at = at * FOREST_FAN + count(forest->bounds + search->level[level] + at * FOREST_FAN, number);
  return (int32_t)at | -(int32_t)(number != number);
}

/* The missing byte where the position is below 0, chosen by a mask. */
INLINE int8_t or_missing(int32_t byte, const struct forest_column *column, int32_t position) {
  int32_t is_missing = position >> 31;
  return (int8_t)((byte & ~is_missing) | (column->missing & is_missing));
}

INLINE int8_t rank_byte(const struct forest_column *column, int32_t position) {
  int32_t rank = position - (int32_t)column->start;
  rank = rank < 0 ? 0 : rank;
  return or_missing((rank > 255 ? 255 : rank) - 128, column, position);
}

INLINE int8_t table_byte(const struct forest *forest, const struct forest_column *column, int32_t position) {
  return or_missing(forest->table[column->start + (position < 0 ? 0 : position)], column, position);
}

INLINE void rank_row(const struct forest *forest, const double *row, int8_t *bytes, count_below *count) {
  for (int32_t s = 0; s < forest->searches; s++) {
    const struct forest_search *search = forest->search + s;
    int32_t position = position_in(forest, search, row[search->feature], count);
    for (int32_t c = search->first_column; c < search->first_column + search->columns; c++) {
      const struct forest_column *column = forest->column + c;
      bytes[c] = column->has_table ? table_byte(forest, column, position) : rank_byte(column, position);
    }
  }
}

/* A column of ranks of FOREST_BLOCK positions. */
typedef void fill_ranks(const struct forest_column *column, const int32_t *positions, int8_t *bytes);

INLINE void rank_block(const struct forest *forest, const double *rows, int64_t given, int8_t *bytes,
                       count_below *count, fill_ranks *fill) {
  int32_t positions[FOREST_BLOCK];
  for (int32_t s = 0; s < forest->searches; s++) {
    const struct forest_search *search = forest->search + s;
    for (int64_t r = 0; r < given; r++)
      positions[r] = position_in(forest, search, rows[r * forest->width + search->feature], count);
    for (int64_t r = given; r < FOREST_BLOCK; r++)
      positions[r] = positions[given - 1];
    for (int32_t c = search->first_column; c < search->first_column + search->columns; c++) {
      const struct forest_column *column = forest->column + c;
      int8_t *filled = bytes + (int64_t)c * FOREST_BLOCK;
      if (column->has_table)
        for (int r = 0; r < FOREST_BLOCK; r++)
          filled[r] = table_byte(forest, column, positions[r]);
      else
        fill(column, positions, filled);
    }
  }
}

void rank_row_avx2(const struct forest *forest, const double *row, int8_t *bytes);
void rank_block_avx2(const struct forest *forest, const double *rows, int64_t given, int8_t *bytes);

#endif
