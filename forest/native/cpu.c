/* What the processor can do, asked by hand: the compiler's own way (__cpu_model) does not link into a library with zig. */
#include "forest.h"

#if defined(__x86_64__)
#include <cpuid.h>

static uint64_t saved_registers(void) {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t)high << 32 | low;
}

int32_t forest_has_avx2(void) {
  uint32_t a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE) || !(c & bit_AVX) || !(c & bit_POPCNT))
    return 0;
  if ((saved_registers() & 6) != 6) /* the system keeps the wide registers of a thread */
    return 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_AVX2) && (b & bit_BMI);
}
#else
int32_t forest_has_avx2(void) {
  return 0;
}
#endif
