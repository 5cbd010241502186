/* Contributions: the ways to compute, and what they share. */
#include "contributions.h"

#include <string.h>

#define INLINE __attribute__((always_inline)) static inline
#if defined(__clang__)
#define UNROLL
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

typedef double vector __attribute__((vector_size(32)));
typedef int64_t words __attribute__((vector_size(32)));
typedef double loose __attribute__((vector_size(32), aligned(8))); /* in an array of the caller */

/* Scratch of one call, each part at a multiple of ALIGNMENT. */
struct workspace {
  int8_t *bytes;    /* [columns][FOREST_BLOCK] */
  int8_t *right;    /* [nodes][FOREST_BLOCK], -1 where the row goes right */
  int8_t *open;     /* [nodes][FOREST_BLOCK], -1 where the row took the edges above that asked for the feature */
  double *products; /* [slots][points] vectors */
  double *values;   /* [slots][points] vectors */
  double *shares;   /* [nodes] vectors */
  double *parts;    /* [nodes] vectors */
  double *credit;   /* [FOREST_BLOCK / CREDITS_ROWS][width] vectors */
};

#define ALIGNMENT 64
#define FEW 2 /* rows up to which one by one is quicker */
#define ZERO ((vector){0, 0, 0, 0})
#define SPREAD(number) ((vector){(number), (number), (number), (number)})
#define KEEP(mask, value) ((vector)((mask) & (words)(value)))
#define DROP(mask, value) ((vector)(~(mask) & (words)(value)))

#define KERNEL(name) portable_##name
#define KERNEL_TARGET
#define WIDEN(bytes) ((words){(bytes)[0], (bytes)[1], (bytes)[2], (bytes)[3]})
#define SELECT(mask, set, clear) ((vector)(((mask) & (words)(set)) | (~(mask) & (words)(clear))))
#define SELECT_BY_SIGN(sign, set, clear) SELECT((words)(sign) >> 63, set, clear)
#include "contributions_kernel.h"
#include "contributions_row.h"
#undef KERNEL
#undef KERNEL_TARGET
#undef WIDEN
#undef SELECT
#undef SELECT_BY_SIGN

#if defined(__x86_64__)
#include <immintrin.h>

#define KERNEL(name) avx2_##name
#define KERNEL_TARGET __attribute__((target("avx2")))
#define WIDEN(bytes) ((words)_mm256_cvtepi8_epi64(four_bytes(bytes)))
#define SELECT(mask, set, clear) ((vector)_mm256_blendv_pd((__m256d)(clear), (__m256d)(set), (__m256d)(mask)))
#define SELECT_BY_SIGN(sign, set, clear) SELECT(sign, set, clear)

INLINE __attribute__((target("avx2"))) __m128i four_bytes(const int8_t *bytes) {
  int32_t together;
  memcpy(&together, bytes, sizeof together);
  return _mm_cvtsi32_si128(together);
}
#include "contributions_kernel.h"
#include "contributions_row.h"
#endif

/* The next part of one allocation; without memory its size is counted only. */
static void *part(int8_t *memory, int64_t *used, int64_t bytes) {
  void *start = memory ? memory + *used : NULL;
  *used += (bytes + ALIGNMENT - 1) & -(int64_t)ALIGNMENT;
  return start;
}

static int64_t lay_out(struct workspace *space, int8_t *memory, const struct forest *forest,
                       const struct credits *credits) {
  int64_t vector_bytes = (int64_t)sizeof(vector);
  int64_t used = 0;
  space->bytes = part(memory, &used, (int64_t)forest->columns * FOREST_BLOCK);
  space->right = part(memory, &used, (credits->largest_tree + 1) * FOREST_BLOCK);
  space->open = part(memory, &used, (credits->largest_tree + 1) * FOREST_BLOCK);
  space->products = part(memory, &used, credits->largest_slots * vector_bytes);
  space->values = part(memory, &used, credits->largest_slots * vector_bytes);
  space->shares = part(memory, &used, (credits->largest_tree + 3) * vector_bytes);
  space->parts = part(memory, &used, (credits->largest_tree + 3) * vector_bytes);
  space->credit = part(memory, &used, (int64_t)forest->width * FOREST_BLOCK * (int64_t)sizeof(double));
  return used;
}

static void write_rows(const struct forest *forest, const struct credits *credits, const double *credit, int64_t count,
                       double *contributions) {
  int64_t width = forest->width;
  for (int64_t row = 0; row < count; row++) {
    const double *group = credit + row / CREDITS_ROWS * width * CREDITS_ROWS + row % CREDITS_ROWS;
    double *out = contributions + row * (width + 1);
    for (int64_t feature = 0; feature < width; feature++) out[feature] = group[feature * CREDITS_ROWS] / forest->divisor;
    out[width] = credits->base_value;
  }
}

static void block(const struct forest *forest, const struct credits *credits, struct workspace *space,
                  const double *rows, int64_t count, double *contributions, int32_t way) {
  int groups = (int)((count + CREDITS_ROWS - 1) / CREDITS_ROWS);
  forest_rank_block(forest, rows, count, space->bytes, way);
  memset(space->credit, 0, (size_t)groups * CREDITS_ROWS * (size_t)forest->width * sizeof(double));
#if defined(__x86_64__)
  if (way == FOREST_AVX2)
    avx2_rows(credits, space, groups, forest->width);
  else
#endif
    portable_rows(credits, space, groups, forest->width);
  (void)way;
  write_rows(forest, credits, space->credit, count, contributions);
}

static void single(const struct forest *forest, const struct credits *credits, struct workspace *space,
                   const double *row, double *contributions, int32_t way) {
  forest_rank_row(forest, row, space->bytes, way);
  memset(contributions, 0, (size_t)forest->width * sizeof(double));
#if defined(__x86_64__)
  if (way == FOREST_AVX2)
    avx2_row(credits, space, contributions);
  else
#endif
    portable_row(credits, space, contributions);
  (void)way;
  for (int64_t feature = 0; feature < forest->width; feature++) contributions[feature] /= forest->divisor;
  contributions[forest->width] = credits->base_value;
}

int64_t credits_scratch(const struct forest *forest, const struct credits *credits) {
  struct workspace space;
  return lay_out(&space, NULL, forest, credits) + ALIGNMENT;
}

void credits_compute(const struct credits_call *call) {
  const struct forest *forest = call->forest;
  struct workspace space;
  lay_out(&space, call->scratch + (-(uintptr_t)call->scratch & (ALIGNMENT - 1)), forest, call->credits);
  for (int64_t row = 0, done; row < call->count; row += done) {
    const double *rows = call->rows + row * forest->width;
    double *contributions = call->contributions + row * (forest->width + 1);
    int64_t left = call->count - row;
    done = left <= FEW ? 1 : left < FOREST_BLOCK ? left : FOREST_BLOCK;
    if (left <= FEW)
      single(forest, call->credits, &space, rows, contributions, call->way);
    else
      block(forest, call->credits, &space, rows, done, contributions, call->way);
  }
}
