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

#define FOREST_ABI 2
#define FOREST_BLOCK 64        /* rows that are scored together */
#define FOREST_LANES 8         /* trees that are walked together */
#define FOREST_WINDOW 64       /* trees of which the walk may take the deep ones together */
#define FOREST_LARGEST_TREE 256 /* leaves, so that a byte numbers them */
#define FOREST_FAN 16          /* bounds in a node of a search */
#define FOREST_LEVELS 7        /* of a search: 16^7 bounds */

/* The bounds of the splits on one feature, in a tree of nodes of 16: the lowest level has all of them, rising, then +inf up
 * to a multiple of 16 (16 more where they are one); each level above has the last bound of every node below, and as many
 * +inf; the top level is one node. A number's position is how many bounds are below it, found by one node a level. */
struct forest_search {
  int32_t feature;      /* in [0, width) */
  int32_t bounds;       /* may be 0 */
  int32_t first_column; /* columns first_column .. first_column + columns */
  int32_t columns;
  int32_t levels;       /* 1 to FOREST_LEVELS */
  int32_t unused;
  int64_t level[FOREST_LEVELS]; /* where each level starts in `bounds`, the top first */
};

/* A byte made of a position. Without a table: position - start, held within [0, 255], minus 128. With one:
 * table[start + position], for positions 0 .. bounds. */
struct forest_column {
  int64_t start;
  int8_t missing;     /* the byte of a missing value */
  int8_t has_table;   /* 0 or 1 */
  int8_t unused[6];
};

/* An inner node of a tree of at most FOREST_LARGEST_TREE leaves; a tree's come by level, the deepest first, the root last.
 * A child is a place in an array of blocks of FOREST_BLOCK bytes: first the leaves, 0 to 255, then the inner nodes in this
 * order. A row goes left where its byte in the column is below the node's limit. */
struct forest_fork {
  uint16_t left;        /* place * FOREST_BLOCK */
  uint16_t right;
  uint32_t column;      /* column * FOREST_BLOCK */
};

/* A tree of at most 32 leaves, for one row at a time: all its nodes are asked at once, and a leaf is reached where those
 * above it answered as it asks. Leaf l is at FOREST_MASK_PLACE(l). */
struct forest_mask {
  uint8_t column[32];
  int8_t limit[32];     /* of fork i, left where the byte is below it; -128 where there is no fork i */
  uint32_t asked[32];   /* bit i: fork i is above the leaf */
  uint32_t left[32];    /* bit i: and the leaf is to its left; more than `asked` where there is no leaf */
};
#define FOREST_MASK_LEAVES 32
#define FOREST_MASK_COLUMNS 256
#define FOREST_MASK_PLACE(leaf) ((leaf) % 16 / 4 * 8 + (leaf) / 16 * 4 + (leaf) % 4)

/* A node to walk by: inner nodes and leaves by level, children side by side. The next step is ahead + (byte of the column >
 * rank) steps further; a leaf is its own next step: nothing ahead, its rank is 127. */
struct forest_step {
  int32_t ahead;
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
  const struct forest_fork *fork;      /* [nodes], unread where largest_tree is above FOREST_LARGEST_TREE */
  const int8_t *fork_limit;            /* [nodes] */
  const struct forest_step *step;      /* [nodes + leaves] */
  const double *step_value;            /* [nodes + leaves], a leaf's value, 0 elsewhere */
  const int32_t *tree_depth;           /* [trees], steps to the deepest leaf */
  const int32_t *walk_order;           /* [trees], each FOREST_WINDOW of them a permutation of the trees at its places */
  const double *leaf_value;            /* [leaves], from left to right */
  const struct forest_mask *mask;      /* [trees], by forest_fill_masks, or none */
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

/* Writes the masks of a forest that has passed forest_check and has forest_can_mask. */
int32_t forest_can_mask(const struct forest *forest);
void forest_fill_masks(const struct forest *forest, struct forest_mask *masks);

/* What one call asks, in one place: a caller that prepares it once passes one pointer each time. */
struct forest_call {
  const struct forest *forest; /* has passed forest_check */
  const double *rows;          /* [count][width] */
  double *margins;             /* [count], written */
  int64_t count;
  int32_t way;
  int32_t unused;
};

/* Margins of rows. */
int32_t forest_margins(const struct forest_call *call);

/* What the kernels share. */

/* Bytes of one row, [columns]. */
void forest_rank_row(const struct forest *forest, const double *row, int8_t *bytes, int32_t way);

/* Bytes of FOREST_BLOCK rows, [columns][FOREST_BLOCK]; `count` of them are there, the others repeat the last. */
void forest_rank_block(const struct forest *forest, const double *rows, int64_t count, int8_t *bytes, int32_t way);

#endif
