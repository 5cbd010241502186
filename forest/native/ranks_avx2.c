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

__attribute__((target("avx2,popcnt"))) void rank_row_avx2(const struct forest *forest, const double *row,
                                                          int8_t *bytes) {
  rank_row(forest, row, bytes, count_avx2);
}

__attribute__((target("avx2,popcnt"))) void rank_block_avx2(const struct forest *forest, const double *rows,
                                                            int64_t rows_given, int8_t *bytes) {
  rank_block(forest, rows, rows_given, bytes, count_avx2);
}
#endif
