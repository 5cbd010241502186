/* Rows to bytes. */
#include "forest.h"

#define TOGETHER 8 /* searches side by side: each is a chain of loads that wait for each other */

/* The byte of a position, or of a missing value, whose position is below 0. */
static int8_t byte_of(const struct forest *forest, const struct forest_column *column, int32_t position) {
  if (position < 0)
    return column->missing;
  if (column->has_table)
    return forest->table[column->start + position];
  int32_t rank = position - (int32_t)column->start;
  rank = rank < 0 ? 0 : rank;
  return (int8_t)((rank > 255 ? 255 : rank) - 128);
}

/* Positions of numbers: how many of the rising bounds are below each; -1 for NaN. */
static inline void find_positions(const double *bounds, int32_t count, const double *numbers, int32_t *positions) {
  const double *base[TOGETHER];
  for (int k = 0; k < TOGETHER; k++)
    base[k] = bounds;
  int32_t left = count;
  while (left > 1) {
    int32_t half = left / 2;
    for (int k = 0; k < TOGETHER; k++)
      base[k] += base[k][half - 1] < numbers[k] ? half : 0;
    left -= half;
  }
  for (int k = 0; k < TOGETHER; k++) {
    int32_t below = left > 0 && base[k][0] < numbers[k];
    positions[k] = numbers[k] != numbers[k] ? -1 : (int32_t)(base[k] - bounds) + below;
  }
}

static int32_t find_position(const double *bounds, int32_t count, double number) {
  if (number != number)
    return -1;
  const double *base = bounds;
  int32_t left = count;
  while (left > 1) {
    int32_t half = left / 2;
    base += base[half - 1] < number ? half : 0;
    left -= half;
  }
  return (int32_t)(base - bounds) + (left > 0 && base[0] < number);
}

void forest_rank_row(const struct forest *forest, const double *row, int8_t *bytes) {
  for (int32_t s = 0; s < forest->searches; s++) {
    const struct forest_search *search = forest->search + s;
    int32_t position = find_position(forest->bounds + search->first_bound, search->bounds, row[search->feature]);
    for (int32_t c = search->first_column; c < search->first_column + search->columns; c++)
      bytes[c] = byte_of(forest, forest->column + c, position);
  }
}

static void fill_ranks(const struct forest_column *column, const int32_t *positions, int8_t *bytes) {
  int32_t start = (int32_t)column->start;
  for (int r = 0; r < FOREST_BLOCK; r++) {
    int32_t rank = positions[r] - start;
    rank = rank < 0 ? 0 : rank;
    rank = (rank > 255 ? 255 : rank) - 128;
    bytes[r] = (int8_t)(positions[r] < 0 ? column->missing : rank);
  }
}

void forest_rank_block(const struct forest *forest, const double *rows, int64_t count, int8_t *bytes) {
  double numbers[FOREST_BLOCK];
  int32_t positions[FOREST_BLOCK];
  for (int32_t s = 0; s < forest->searches; s++) {
    const struct forest_search *search = forest->search + s;
    for (int64_t r = 0; r < FOREST_BLOCK; r++)
      numbers[r] = rows[(r < count ? r : count - 1) * forest->width + search->feature];
    for (int r = 0; r < FOREST_BLOCK; r += TOGETHER)
      find_positions(forest->bounds + search->first_bound, search->bounds, numbers + r, positions + r);
    for (int32_t c = search->first_column; c < search->first_column + search->columns; c++) {
      const struct forest_column *column = forest->column + c;
      if (!column->has_table)
        fill_ranks(column, positions, bytes + (int64_t)c * FOREST_BLOCK);
      else
        for (int r = 0; r < FOREST_BLOCK; r++)
          bytes[(int64_t)c * FOREST_BLOCK + r] = byte_of(forest, column, positions[r]);
    }
  }
}
