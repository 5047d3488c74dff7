/* kernels.c: chooses the table of kernels by what the processor can do. Any thread: choosing is
 * idempotent, and the choice is one atomic pointer. */
#include <stdatomic.h>

#include "nn/kernels.h"

static const nn_kernels *table_of(int which) {
  unsigned cpu = base_cpu_features();
  (void)cpu;
  switch (which) {
    case NN_KERNELS_C: return &nn_kernels_c;
#if defined(__x86_64__)
    case NN_KERNELS_AVX2: return cpu & BASE_CPU_AVX2 ? &nn_kernels_avx2 : NULL;
    case NN_KERNELS_AVX512:
      return cpu & BASE_CPU_AVX512 && cpu & BASE_CPU_VNNI ? &nn_kernels_avx512 : NULL;
#elif defined(__aarch64__)
    case NN_KERNELS_NEON: return cpu & BASE_CPU_NEON ? &nn_kernels_neon : NULL;
#endif
    default: return NULL;
  }
}

static _Atomic(const nn_kernels *) current;

int nn_kernels_best(void) {
  for (int which = NN_KERNELS_COUNT - 1; which > NN_KERNELS_C; which--)
    if (table_of(which)) return which;
  return NN_KERNELS_C;
}

const nn_kernels *nn_kernels_now(void) {
  const nn_kernels *table = atomic_load_explicit(&current, memory_order_acquire);
  if (!table) {
    table = table_of(nn_kernels_best());
    atomic_store_explicit(&current, table, memory_order_release);
  }
  return table;
}

int nn_kernels_use(int which) {
  const nn_kernels *table = table_of(which);
  if (!table) return MIEN_EUNSUPPORTED;
  atomic_store_explicit(&current, table, memory_order_release);
  return MIEN_OK;
}

const char *nn_kernels_name(void) { return nn_kernels_now()->name; }
