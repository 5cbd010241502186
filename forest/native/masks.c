/* Masks of small trees, made of their forks. */
#include <string.h>

#include "forest.h"

int32_t forest_can_mask(const struct forest *forest) {
  return forest->largest_tree <= FOREST_MASK_LEAVES && forest->columns <= FOREST_MASK_COLUMNS;
}

static void fill_leaf(struct forest_mask *mask, int32_t leaf, uint32_t asked, uint32_t left) {
  mask->asked[FOREST_MASK_PLACE(leaf)] = asked;
  mask->left[FOREST_MASK_PLACE(leaf)] = left;
}

static void fill_mask(const struct forest_fork *forks, const int8_t *limits, int32_t count, struct forest_mask *mask) {
  uint32_t asked[FOREST_MASK_LEAVES] = {0}, left[FOREST_MASK_LEAVES] = {0};
  memset(mask, 0, sizeof *mask);
  for (int32_t leaf = 0; leaf < FOREST_MASK_LEAVES; leaf++)
    fill_leaf(mask, leaf, 0, leaf > 0);
  memset(mask->limit, -128, sizeof mask->limit);
  for (int32_t i = count - 1; i >= 0; i--) { /* the root is last */
    mask->column[i] = (uint8_t)(forks[i].column / FOREST_BLOCK);
    mask->limit[i] = limits[i];
    for (int side = 0; side < 2; side++) {
      int32_t place = (side ? forks[i].right : forks[i].left) / FOREST_BLOCK;
      uint32_t here = 1u << i, left_here = left[i] | (side ? 0 : here);
      if (place < FOREST_LARGEST_TREE) {
        fill_leaf(mask, place, asked[i] | here, left_here);
      } else {
        asked[place - FOREST_LARGEST_TREE] = asked[i] | here;
        left[place - FOREST_LARGEST_TREE] = left_here;
      }
    }
  }
}

void forest_fill_masks(const struct forest *forest, struct forest_mask *masks) {
  for (int32_t t = 0; t < forest->trees; t++) {
    int64_t start = forest->node_start[t];
    fill_mask(forest->fork + start, forest->fork_limit + start, (int32_t)(forest->node_start[t + 1] - start), masks + t);
  }
}
