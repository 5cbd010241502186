/* Exact path-dependent TreeSHAP from the bytes of forest.h.
 *
 * Of a leaf, with o_j = 1 where the row took all of the path's edges on feature j (else 0) and z_j the share of the
 * training rows that did, feature i gets value * (o_i - z_i) * the integral over t in [0, 1] of the product of the other
 * features' a_j = t * o_j + (1 - t) * z_j (forest/numpy_contributions.py has the sources). A Gauss-Legendre rule of half
 * as many points as features is exact, and at each point the work is shared by the tree (as in Linear TreeSHAP, Yu et al.
 * 2022): P of a node is the weight of the point times the product of a over the features asked above; T of a node is the
 * sum over the leaves below of value times the factors that P of the leaf has beside those of P of the node.
 *
 * A node sends the row to one child, the hot one; to the other, the cold one, r of its training rows went. With z the
 * share of the edges above that asked for the same feature (1 where there are none), and a = t + (1 - t) * z while the row
 * took them all, let g = (1 - t) * z / a and h = z / a^2. The factors of the two children add up to 1, so that
 *
 *   P(cold) = P * g * r,  P(hot) = P - P(cold),  T = T(hot) - g * r * (T(hot) - T(cold)),
 *
 * and the two edges bring the feature r * (sum over the points of P * h * (T(hot) - T(cold))). Where the row did not take
 * the edges above, both children's factors are their shares (g = 1) and the feature gets nothing (h = 0). Nothing is
 * divided by a share: 0 is a share like others.
 *
 * Operations and their order are the same for every way to compute and for one row or many, and so are the bits.
 */
#ifndef BLINK_FOREST_CONTRIBUTIONS_H
#define BLINK_FOREST_CONTRIBUTIONS_H

#include "forest.h"

#define CREDITS_ROWS 4 /* rows, or points of one row, in a vector */

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
  int64_t largest_tree;               /* nodes of the largest tree */
  int64_t largest_slots;              /* the most that a tree has of slots times padded points */
  double base_value;                  /* after the division by the forest's divisor */
  const struct credits_tree *tree;    /* [trees], those of as many points together */
  const struct credits_node *node;    /* [nodes] */
  const double *leaf_value;           /* [leaves] */
  const double *curve;                /* [curves] */
};

/* 0 where every index stays within its array; else which check failed. The forest must have passed forest_check. */
int32_t credits_check(const struct forest *forest, const struct credits *credits);

struct credits_call {
  const struct forest *forest;
  const struct credits *credits;      /* has passed credits_check with the forest */
  const double *rows;                 /* [count][width] */
  double *contributions;              /* [count][width + 1], written, the base value last */
  int8_t *scratch;                    /* of credits_scratch bytes, for one call at a time */
  int64_t count;
  int32_t way;
  int32_t unused;
};

/* Bytes of scratch. Whoever calls keeps it for the next call: fresh memory takes longer to get than a row to explain. */
int64_t credits_scratch(const struct forest *forest, const struct credits *credits);

/* Contributions of rows. */
void credits_compute(const struct credits_call *call);

#endif
