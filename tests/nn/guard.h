/* guard.h: memory that ends exactly where a page that nobody may touch begins, and random numbers.
 * A kernel that reads or writes one byte too many stops the test with a signal. */
#ifndef GUARD_H
#define GUARD_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Freed all at once by guard_clear. Filled with 0xA5, which no test expects as a result. */
static struct {
  void *start;
  size_t bytes;
} guard_maps[256];
static size_t guard_count;

static inline void *guard_alloc(size_t count, size_t size) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE), bytes = count * size;
  size_t whole = (bytes + page - 1) / page * page;
  char *start = mmap(NULL, whole + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED || guard_count == sizeof guard_maps / sizeof *guard_maps) abort();
  if (whole && mprotect(start + page, whole, PROT_READ | PROT_WRITE)) abort();
  guard_maps[guard_count].start = start;
  guard_maps[guard_count++].bytes = whole + 2 * page;
  memset(start + page, 0xa5, whole);
  return start + page + (whole - bytes);
}

static inline void guard_clear(void) {
  while (guard_count > 0) {
    guard_count--;
    munmap(guard_maps[guard_count].start, guard_maps[guard_count].bytes);
  }
}

static uint64_t guard_seed = 1;
static inline uint32_t guard_bits(void) { /* splitmix64 (Steele, Lea, Flood 2014) */
  uint64_t z = (guard_seed += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return (uint32_t)((z ^ (z >> 31)) >> 32);
}
static inline float guard_random(void) { return (float)guard_bits() / 2147483648.0f - 1; } /* -1…1 */
static inline int guard_between(int low, int high) {
  return low + (int)(guard_bits() % (uint32_t)(high - low + 1));
}

static inline float *guard_floats(size_t count) {
  float *x = guard_alloc(count, sizeof *x);
  for (size_t i = 0; i < count; i++) x[i] = guard_random();
  return x;
}
static inline int8_t *guard_int8(size_t count) {
  int8_t *x = guard_alloc(count, 1);
  for (size_t i = 0; i < count; i++) x[i] = (int8_t)guard_bits();
  return x;
}

#endif
