/* Rows to bytes, a node of a search by four comparisons. */
#include "ranks.h"

#if defined(__x86_64__)
#include <immintrin.h>

/* Two comparisons of four numbers, as eight masks of 32 bits; their order does not matter to a count. */
__attribute__((target("avx2,popcnt"), always_inline)) static inline __m256i below_of_eight(const double *node,
                                                                                            __m256d numbers) {
  __m256d low = _mm256_cmp_pd(_mm256_loadu_pd(node), numbers, _CMP_LT_OQ);
  __m256d high = _mm256_cmp_pd(_mm256_loadu_pd(node + 4), numbers, _CMP_LT_OQ);
  return _mm256_packs_epi32(_mm256_castpd_si256(low), _mm256_castpd_si256(high));
}

__attribute__((target("avx2,popcnt"), always_inline)) static inline int32_t count_avx2(const double *node,
                                                                                        double number) {
  __m256d numbers = _mm256_set1_pd(number);
  __m256i masks = _mm256_packs_epi16(below_of_eight(node, numbers), below_of_eight(node + 8, numbers));
  return _mm_popcnt_u32((unsigned)_mm256_movemask_epi8(masks)) / 2;
}

/* 32 positions as bytes: of 8 at a time the packing with saturation is what a rank asks for, [0, 255]. */
__attribute__((target("avx2,popcnt"), always_inline)) static inline __m256i
bytes_of(const struct forest_column *column, const int32_t *positions) {
  const __m256i *eights = (const __m256i *)positions;
  __m256i start = _mm256_set1_epi32((int32_t)column->start), in_order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  __m256i given[4], from_start[4];
  for (int k = 0; k < 4; k++) {
    given[k] = _mm256_loadu_si256(eights + k);
    from_start[k] = _mm256_sub_epi32(given[k], start);
  }
  __m256i ranks = _mm256_packus_epi16(_mm256_packs_epi32(from_start[0], from_start[1]),
                                      _mm256_packs_epi32(from_start[2], from_start[3]));
  /* A missing value's position is -1: its byte is below 0, whatever the others saturate to. */
  __m256i is_missing =
      _mm256_packs_epi16(_mm256_packs_epi32(given[0], given[1]), _mm256_packs_epi32(given[2], given[3]));
  __m256i bytes = _mm256_xor_si256(ranks, _mm256_set1_epi8(-128));
  bytes = _mm256_blendv_epi8(bytes, _mm256_set1_epi8(column->missing), is_missing);
  return _mm256_permutevar8x32_epi32(bytes, in_order);
}

__attribute__((target("avx2,popcnt"), always_inline)) static inline void
fill_avx2(const struct forest_column *column, const int32_t *positions, int8_t *bytes) {
  for (int r = 0; r < FOREST_BLOCK; r += 32)
    _mm256_storeu_si256((__m256i *)(bytes + r), bytes_of(column, positions + r));
}

__attribute__((target("avx2,popcnt"))) void rank_row_avx2(const struct forest *forest, const double *row,
                                                          int8_t *bytes) {
  rank_row(forest, row, bytes, count_avx2);
}

__attribute__((target("avx2,popcnt"))) void rank_block_avx2(const struct forest *forest, const double *rows,
                                                            int64_t given, int8_t *bytes) {
  rank_block(forest, rows, given, bytes, count_avx2, fill_avx2);
}
#endif
