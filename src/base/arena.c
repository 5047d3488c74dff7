/* arena.c: memory that is freed at once. One thread at a time. */
#include "base/base.h"

struct base_arena_block {
  struct base_arena_block *next;
  size_t used, size; /* bytes of `data` */
  char *data;        /* 64-byte aligned */
};

void base_arena_init(base_arena *arena, size_t limit) {
  *arena = (base_arena){.limit = limit};
}

static struct base_arena_block *block_with_room(base_arena *arena, size_t bytes) {
  for (struct base_arena_block *block = arena->blocks; block; block = block->next)
    if (block->size - block->used >= bytes) return block;
  size_t size = BASE_MAX(bytes, (size_t)64 << 10);
  struct base_arena_block *block = base_alloc(1, sizeof *block);
  if (!block) return NULL;
  block->data = base_alloc_aligned(size);
  if (!block->data) {
    base_free(block);
    return NULL;
  }
  block->size = size;
  block->next = arena->blocks;
  arena->blocks = block;
  return block;
}

void *base_arena_alloc(base_arena *arena, size_t count, size_t size) {
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX - 63) return NULL;
  bytes = (BASE_MAX(bytes, 1) + 63) & ~(size_t)63;
  if (bytes > arena->limit - BASE_MIN(arena->used, arena->limit)) return NULL;
  struct base_arena_block *block = block_with_room(arena, bytes);
  if (!block) return NULL;
  void *memory = block->data + block->used;
  block->used += bytes;
  arena->used += bytes;
  return memset(memory, 0, bytes);
}

void base_arena_reset(base_arena *arena) {
  for (struct base_arena_block *block = arena->blocks; block; block = block->next) block->used = 0;
  arena->used = 0;
}

void base_arena_clear(base_arena *arena) {
  while (arena->blocks) {
    struct base_arena_block *block = arena->blocks;
    arena->blocks = block->next;
    base_free_aligned(block->data);
    base_free(block);
  }
  arena->used = 0;
}
