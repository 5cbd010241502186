/* Exact path-dependent TreeSHAP from the bytes of forest.h. What is computed and why is in docs/contributions.md.
 *
 * An inner node sends T, the value of what is below it with the features above
 * held fixed, up, and P, the product of the factors above it, down, both at the points of a Gauss-Legendre rule.
 */
#ifndef BLINK_FOREST_CONTRIBUTIONS_H
#define BLINK_FOREST_CONTRIBUTIONS_H

#include "forest.h"

#define CREDITS_ROWS 4 /* rows, or points, in a vector */

struct credits_node {
  int32_t child[2];    /* slots, left and right: nodes of the tree first, then its leaves from left to right */
  int32_t column;
  int32_t feature;     /* in [0, width) */
  int32_t curve;       /* first number of its curve: padded points of g, then of h */
  int32_t previous;    /* 2 * node + side (1 right) of the edge above that last asked for the same feature, or -1 */
  int8_t rank;         /* right where the column's byte is above it */
  int8_t unused[7];
  double share[2];     /* parts of the training rows that went left and right */
};

/* A tree with at least one node. Nodes with a node below come first, a parent before its children; then those of two
 * leaves. */
struct credits_tree {
  int32_t points;      /* of its rule */
  int32_t nodes;
  int32_t upper;       /* nodes with a node below */
  int32_t weights;     /* first number of the rule's weights, padded with 0 */
  int32_t asked_first; /* the curve of a feature that was not asked for above: g = 1 - t, h = 1 */
  int32_t closed;      /* the curve of a feature whose edges above the row did not take: g = 1, h = 0 */
  int64_t first_node;
  int64_t first_leaf;
};

struct credits {
  int32_t trees;
  int32_t unused;
  int64_t nodes;
  int64_t leaves;
  int64_t curves;
  double base_value;                  /* after the division by the forest's divisor */
  const struct credits_tree *tree;    /* [trees], those of as many points together */
  const struct credits_node *node;    /* [nodes] */
  const double *leaf_value;           /* [leaves] */
  const double *curve;                /* [curves] */
};

/* 0 where every index stays within its array; else which check failed. The forest must have passed forest_check. */
int32_t credits_check(const struct forest *forest, const struct credits *credits);

/* Contributions of rows[count][width], [count][width + 1], the base value last. */
int32_t credits_compute(const struct forest *forest, const struct credits *credits, const double *rows, int64_t count,
                        double *contributions, int32_t way);

#endif
