/* One row through trees of at most 32 leaves, a tree at a time without a branch: all its nodes are asked at once, then
 * all its leaves whether the nodes above them answered as they need. */
#include "kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2,bmi"), always_inline)) static inline

/* table[i] for 32 places i below 16 * tables; each table of 16 bytes is in both halves of its vector. */
AVX2 __m256i look_up(const __m256i *table, int tables, __m256i places) {
  __m256i found[16], low = tables > 8 ? _mm256_and_si256(places, _mm256_set1_epi8(15)) : places;
  for (int k = 0; k < tables; k++)
    found[k] = _mm256_shuffle_epi8(table[k], low);
  /* Bits 4 to 7 of a place choose the table: each in turn is moved to where a blend looks for it. */
  for (int bit = 4, count = tables; count > 1; bit++, count = (count + 1) / 2) {
    __m256i chooses = bit == 4   ? _mm256_slli_epi16(places, 3)
                      : bit == 5 ? _mm256_slli_epi16(places, 2)
                      : bit == 6 ? _mm256_slli_epi16(places, 1)
                                 : places;
    for (int k = 0; 2 * k < count; k++)
      found[k] = 2 * k + 1 < count ? _mm256_blendv_epi8(found[2 * k], found[2 * k + 1], chooses) : found[2 * k];
  }
  return found[0];
}

/* Of 8 leaves, those that are reached. */
AVX2 __m256i reached_of(const struct forest_mask *mask, int part, __m256i answers) {
  __m256i asked = _mm256_loadu_si256((const __m256i *)mask->asked + part);
  __m256i left = _mm256_loadu_si256((const __m256i *)mask->left + part);
  return _mm256_cmpeq_epi32(_mm256_and_si256(answers, asked), left);
}

AVX2 uint32_t leaf_of(const struct forest_mask *mask, const __m256i *table, int tables) {
  __m256i bytes = look_up(table, tables, _mm256_loadu_si256((const __m256i *)mask->column));
  __m256i goes_left = _mm256_cmpgt_epi8(_mm256_loadu_si256((const __m256i *)mask->limit), bytes);
  __m256i answers = _mm256_set1_epi32(_mm256_movemask_epi8(goes_left));
  __m256i first = _mm256_packs_epi32(reached_of(mask, 0, answers), reached_of(mask, 1, answers));
  __m256i second = _mm256_packs_epi32(reached_of(mask, 2, answers), reached_of(mask, 3, answers));
  return _tzcnt_u32((uint32_t)_mm256_movemask_epi8(_mm256_packs_epi16(first, second)));
}

AVX2 double sum_leaves(const struct forest *forest, const __m256i *table, int tables) {
  double sum = 0;
  for (int32_t t = 0; t < forest->trees; t++)
    sum += forest->leaf_value[(uint32_t)forest->leaf_start[t] + leaf_of(forest->mask + t, table, tables)];
  return sum;
}

AVX2 double sum_singles(const struct forest *forest, const __m256i *table, int tables) {
  float sum = 0;
  for (int32_t t = 0; t < forest->trees; t++)
    sum += (float)forest->leaf_value[(uint32_t)forest->leaf_start[t] + leaf_of(forest->mask + t, table, tables)];
  return sum;
}

/* The loop over the trees, made for a number of tables, so that they stay in registers where there are few. */
#define SUM(TABLES) forest->is_single ? sum_singles(forest, table, TABLES) : sum_leaves(forest, table, TABLES)

__attribute__((target("avx2,bmi"))) double mask_row(const struct forest *forest, const int8_t *bytes) {
  __m256i table[16];
  for (int k = 0; k < 16; k++)
    table[k] = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)bytes + k));
  int32_t tables = (forest->columns + 15) / 16;
  switch (tables) {
  case 0:
  case 1:
    return SUM(1);
  case 2:
    return SUM(2);
  case 3:
    return SUM(3);
  case 4:
    return SUM(4);
  case 5:
    return SUM(5);
  case 6:
    return SUM(6);
  case 7:
  case 8:
    return SUM(8);
  default:
    return SUM(16);
  }
}
#endif
