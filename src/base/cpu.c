/* cpu.c: which instruction sets this processor (and its system) offers. Any thread. */
#include "base/base.h"

unsigned base_cpu_features(void) {
  unsigned features = 0;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) features |= BASE_CPU_AVX2;
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
    features |= BASE_CPU_AVX512;
  if ((features & BASE_CPU_AVX512) && __builtin_cpu_supports("avx512vnni"))
    features |= BASE_CPU_VNNI;
#elif defined(__aarch64__)
  features |= BASE_CPU_NEON;
#endif
  return features;
}
