/* A forest in arrays, as forest/native_form.py lays it out. Everything here is read only: whoever calls keeps the arrays
 * alive, and any number of threads may read them. Nothing is global, nothing is kept between calls.
 *
 * A row becomes bytes first (ranks.c). For each feature the row's position among the bounds of all splits on it is found
 * once; a column turns the position into a byte, and a node goes right where the byte of its column is above its rank.
 * No tree ever sees a number, a missing value or a category.
 */
#ifndef BLINK_FOREST_H
#define BLINK_FOREST_H

#include <stddef.h>
#include <stdint.h>

#define FOREST_ABI 1
#define FOREST_BLOCK 64        /* rows that are scored together */
#define FOREST_LANES 8         /* trees that are walked together */
#define FOREST_LARGEST_TREE 256 /* leaves, so that a byte numbers them */

/* Bounds of the splits on one feature: bounds[first_bound .. first_bound + bounds), rising. A number's position is how
 * many of them are below it. */
struct forest_search {
  int32_t feature;      /* in [0, width) */
  int32_t bounds;       /* may be 0 */
  int64_t first_bound;
  int32_t first_column; /* columns first_column .. first_column + columns */
  int32_t columns;
};

/* A byte made of a position. Without a table: position - start, held within [0, 255], minus 128. With one:
 * table[start + position], for positions 0 .. bounds. */
struct forest_column {
  int64_t start;
  int8_t missing;     /* the byte of a missing value */
  int8_t has_table;   /* 0 or 1 */
  int8_t unused[6];
};

/* An inner node. Children are inner nodes of the same tree that come later, counted from the tree's first, or ~leaf,
 * counted from the tree's first leaf. */
struct forest_node {
  int32_t left;
  int32_t right;
  int32_t column;
  int8_t rank;        /* right where the column's byte is above it */
  int8_t unused[3];
};

/* A node of the other layout: inner nodes and leaves by level, children side by side. The next step is first + (byte of
 * the column > rank), counted from the tree's first step; a leaf is its own next step: its rank is 127. */
struct forest_step {
  int32_t first;
  uint32_t test;      /* column << 8 | rank, as an unsigned byte */
};

struct forest {
  int32_t abi;              /* FOREST_ABI */
  int32_t width;            /* features of a row */
  int32_t trees;
  int32_t searches;
  int32_t columns;
  int32_t is_single;        /* leaves are added in float32 */
  int32_t largest_tree;     /* leaves of the largest tree */
  int32_t unused;
  int64_t nodes;
  int64_t leaves;
  int64_t bounds_count;
  int64_t table_count;
  double divisor;
  double base_score;
  const struct forest_search *search;  /* [searches] */
  const double *bounds;                /* [bounds_count] */
  const struct forest_column *column;  /* [columns] */
  const int8_t *table;                 /* [table_count] */
  const int32_t *node_start;           /* [trees + 1] */
  const int32_t *leaf_start;           /* [trees + 1]; step 0 of tree t is node_start[t] + leaf_start[t] */
  const struct forest_node *node;      /* [nodes], in pre-order */
  const struct forest_step *step;      /* [nodes + leaves] */
  const double *step_value;            /* [nodes + leaves], a leaf's value, 0 elsewhere */
  const int32_t *tree_depth;           /* [trees], steps to the deepest leaf */
  const double *leaf_value;            /* [leaves], from left to right */
  const int32_t *node_feature;         /* [nodes], in [0, width) */
  const double *node_cover;            /* [nodes], not below 0 */
  const double *leaf_cover;            /* [leaves], not below 0 */
};

/* Ways to compute; both give the same bits. FOREST_AVX2 is for machines of which forest_has_avx2() says so; whoever calls
 * asks once, since the question takes tens of microseconds in a virtual machine. */
enum forest_way { FOREST_PORTABLE = 0, FOREST_AVX2 = 1 };

/* What a call answers. */
enum forest_answer { FOREST_DONE = 0, FOREST_NO_MEMORY = 1 };

int32_t forest_abi(void);
int64_t forest_size(void);      /* bytes of a struct forest, to be compared with the caller's */
int32_t forest_has_avx2(void);

/* 0 where every index of the forest stays within its array and every walk ends; else which check failed (check.c). */
int32_t forest_check(const struct forest *forest);

/* Margins of rows[count][width]. The forest must have passed forest_check. */
int32_t forest_margins(const struct forest *forest, const double *rows, int64_t count, double *margins, int32_t way);

/* What the kernels share. */

/* Bytes of one row, [columns]. */
void forest_rank_row(const struct forest *forest, const double *row, int8_t *bytes);

/* Bytes of FOREST_BLOCK rows, [columns][FOREST_BLOCK]; `count` of them are there, the others repeat the last. */
void forest_rank_block(const struct forest *forest, const double *rows, int64_t count, int8_t *bytes);

#endif
