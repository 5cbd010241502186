/* Kernels behind forest_margins. */
#ifndef BLINK_FOREST_KERNELS_H
#define BLINK_FOREST_KERNELS_H

#include "forest.h"

/* Sums of the leaves of rows[count][width], by walking the trees row by row; bytes[columns] is scratch. */
void walk_rows(const struct forest *forest, const double *rows, int64_t count, int8_t *bytes, double *sums,
               int32_t way);

/* Sum of the leaves of one row whose bytes are given, FOREST_MASK_COLUMNS of them, by the forest's masks. */
double mask_row(const struct forest *forest, const int8_t *bytes);

/* The same for at most FOREST_BLOCK rows and trees of at most FOREST_LARGEST_TREE leaves, all rows at once. `scratch` has
 * blend_scratch bytes and starts at a multiple of 64. */
void blend_block(const struct forest *forest, const double *rows, int64_t count, int8_t *scratch, double *sums);
int64_t blend_scratch(const struct forest *forest);

#endif
