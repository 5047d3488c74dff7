/* alloc.c: memory through one callback. Any thread, once mien_memory_set has been called. */
#include "base/base.h"

#include <stdlib.h>

static void *resize_default(void *context, void *old, size_t bytes) {
  if (bytes) return realloc(old, bytes);
  free(old);
  return NULL;
}

static mien_resize_fn resize_now = resize_default;
static void *resize_context;

void mien_memory_set(mien_resize_fn resize, void *context) {
  resize_now = resize ? resize : resize_default;
  resize_context = resize ? context : NULL;
}

void *base_resize(void *old, size_t count, size_t size) {
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes)) return NULL;
  return resize_now(resize_context, old, bytes ? bytes : 1);
}

bool base_grow(void *list, size_t count, size_t *room, size_t size) {
  if (count < *room) return true;
  void *old;
  memcpy(&old, list, sizeof old);
  size_t more = *room ? 2 * *room : 64;
  void *grown = base_resize(old, more, size);
  if (!grown) return false;
  memcpy(list, &grown, sizeof grown);
  *room = more;
  return true;
}

void *base_alloc(size_t count, size_t size) {
  if (resize_now == resize_default) return calloc(count ? count : 1, size ? size : 1); /* leaves untouched pages alone */
  void *memory = base_resize(NULL, count, size);
  if (memory) memset(memory, 0, count * size);
  return memory;
}

void base_free(void *memory) {
  if (memory) resize_now(resize_context, memory, 0);
}

void *base_alloc_aligned(size_t bytes) {
  size_t total;
  if (__builtin_add_overflow(bytes, (size_t)64 + sizeof(void *), &total)) return NULL;
  char *raw = base_alloc(total, 1);
  if (!raw) return NULL;
  uintptr_t start = ((uintptr_t)raw + sizeof(void *) + 63) & ~(uintptr_t)63;
  ((void **)start)[-1] = raw;
  return (void *)start;
}

void base_free_aligned(void *memory) {
  if (memory) base_free(((void **)memory)[-1]);
}

char *base_strdup(const char *text) {
  size_t bytes = strlen(text) + 1;
  char *copy = base_alloc(bytes, 1);
  if (copy) memcpy(copy, text, bytes);
  return copy;
}
