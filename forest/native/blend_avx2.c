/* All rows of a block through a tree at once, from the leaves up: each node holds, for each row, the leaf that the row
 * reaches if it comes by. That is the leaf of the left child or of the right one, chosen by one comparison of bytes. */
#include "kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define CHUNK 32 /* trees whose leaves are found before they are added */

/* Scratch: the leaves' numbers as vectors that never change, then those of the inner nodes; then the leaf of each row in
 * each tree of a chunk; then the rows' bytes. */
enum { LEAVES = FOREST_LARGEST_TREE * FOREST_BLOCK, NODES = LEAVES, REACHED = CHUNK * FOREST_BLOCK };

int64_t blend_scratch(const struct forest *forest) {
  return LEAVES + NODES + REACHED + (int64_t)forest->columns * FOREST_BLOCK;
}

/* `halves` is 1 for up to 32 rows, 2 for up to 64. Nodes of a level do not wait for each other. */
__attribute__((target("avx2"), always_inline)) static inline void
blend_tree(const struct forest *forest, int32_t tree, const int8_t *bytes, int8_t *places, int8_t *reached, int halves) {
  const struct forest_fork *forks = forest->fork + forest->node_start[tree];
  const int8_t *limits = forest->fork_limit + forest->node_start[tree];
  int64_t count = forest->node_start[tree + 1] - forest->node_start[tree];
  int8_t *made = places + LEAVES;
  for (int64_t i = 0; i < count; i++, made += FOREST_BLOCK) {
    struct forest_fork fork = forks[i];
    __m256i limit = _mm256_set1_epi8(limits[i]);
    for (int h = 0; h < 32 * halves; h += 32) {
      __m256i goes_left = _mm256_cmpgt_epi8(limit, _mm256_load_si256((const __m256i *)(bytes + fork.column + h)));
      __m256i left = _mm256_load_si256((const __m256i *)(places + fork.left + h));
      __m256i right = _mm256_load_si256((const __m256i *)(places + fork.right + h));
      _mm256_store_si256((__m256i *)(made + h), _mm256_blendv_epi8(right, left, goes_left));
    }
  }
  const int8_t *root = count > 0 ? made - FOREST_BLOCK : places;
  for (int h = 0; h < 32 * halves; h += 32)
    _mm256_store_si256((__m256i *)(reached + h), _mm256_load_si256((const __m256i *)(root + h)));
}

/* Adds the leaves of some trees to 8 rows' sums, in the order of the trees. */
#define ADD_LEAVES(NAME, TYPE)                                                                                          \
  static inline void NAME(const struct forest *forest, int32_t tree, int32_t count, const uint8_t *reached,            \
                          TYPE *sums) {                                                                                 \
    TYPE sum[8];                                                                                                        \
    for (int k = 0; k < 8; k++)                                                                                         \
      sum[k] = sums[k];                                                                                                 \
    for (int32_t t = 0; t < count; t++) {                                                                               \
      const double *values = forest->leaf_value + forest->leaf_start[tree + t];                                         \
      for (int k = 0; k < 8; k++)                                                                                       \
        sum[k] += (TYPE)values[reached[t * FOREST_BLOCK + k]];                                                          \
    }                                                                                                                   \
    for (int k = 0; k < 8; k++)                                                                                         \
      sums[k] = sum[k];                                                                                                 \
  }
ADD_LEAVES(add_doubles, double)
ADD_LEAVES(add_singles, float)

__attribute__((target("avx2"), always_inline)) static inline void
blend_chunk(const struct forest *forest, int32_t tree, int32_t count, const int8_t *bytes, int8_t *places,
            int8_t *reached, int halves) {
  for (int32_t t = 0; t < count; t++)
    blend_tree(forest, tree + t, bytes, places, reached + t * FOREST_BLOCK, halves);
}

__attribute__((target("avx2"))) void blend_block(const struct forest *forest, const double *rows, int64_t count,
                                                 int8_t *scratch, double *sums) {
  int8_t *places = scratch, *reached = places + LEAVES + NODES, *bytes = reached + REACHED;
  double doubles[FOREST_BLOCK] = {0};
  float singles[FOREST_BLOCK] = {0};
  for (int leaf = 0; leaf < FOREST_LARGEST_TREE; leaf++)
    for (int h = 0; h < FOREST_BLOCK; h += 32)
      _mm256_store_si256((__m256i *)(places + leaf * FOREST_BLOCK + h), _mm256_set1_epi8((int8_t)leaf));
  forest_rank_block(forest, rows, count, bytes, FOREST_AVX2);
  for (int32_t tree = 0; tree < forest->trees; tree += CHUNK) {
    int32_t trees = forest->trees - tree < CHUNK ? forest->trees - tree : CHUNK;
    if (count > 32)
      blend_chunk(forest, tree, trees, bytes, places, reached, 2);
    else
      blend_chunk(forest, tree, trees, bytes, places, reached, 1);
    for (int64_t r = 0; r < count; r += 8)
      if (forest->is_single)
        add_singles(forest, tree, trees, (const uint8_t *)reached + r, singles + r);
      else
        add_doubles(forest, tree, trees, (const uint8_t *)reached + r, doubles + r);
  }
  for (int64_t r = 0; r < count; r++)
    sums[r] = forest->is_single ? singles[r] : doubles[r];
}
#endif
