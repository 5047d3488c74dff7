/* table.c: open addressing, at most half full. */
#include "insight/table.h"

#include <sodium.h>

static size_t slot_of(const insight_table *t, const char *string, size_t bytes) {
  unsigned char hash[crypto_shorthash_BYTES];
  uint64_t number;
  crypto_shorthash(hash, (const unsigned char *)string, bytes, t->key);
  memcpy(&number, hash, sizeof number);
  size_t slot = (size_t)number & (t->slot_count - 1);
  while (t->slots[slot]) {
    const char *other = insight_table_string(t, t->slots[slot] - 1);
    if (!strncmp(other, string, bytes) && !other[bytes]) break;
    slot = (slot + 1) & (t->slot_count - 1);
  }
  return slot;
}

static bool grow(insight_table *t) {
  size_t room = BASE_MAX(2 * t->room, (size_t)256);
  uint32_t *at = base_resize(t->at, room, sizeof *at), *slots = base_alloc(2 * room, sizeof *slots);
  if (at) t->at = at;
  if (!at || !slots) return base_free(slots), false;
  if (!t->room) randombytes_buf(t->key, sizeof t->key);
  base_free(t->slots);
  t->slots = slots;
  t->slot_count = 2 * room;
  t->room = room;
  for (size_t i = 0; i < t->count; i++) {
    const char *string = insight_table_string(t, (uint32_t)i);
    t->slots[slot_of(t, string, strlen(string))] = (uint32_t)i + 1;
  }
  return true;
}

uint32_t insight_table_of(insight_table *t, const char *string, size_t bytes, bool add) {
  if (!t->slot_count && (!add || !grow(t))) return TABLE_NONE;
  size_t slot = slot_of(t, string, bytes);
  if (t->slots[slot]) return t->slots[slot] - 1;
  if (!add || t->bytes.length + bytes + 1 >= UINT32_MAX) return TABLE_NONE;
  if (t->count == t->room) {
    if (!grow(t)) return TABLE_NONE;
    slot = slot_of(t, string, bytes);
  }
  t->at[t->count] = (uint32_t)t->bytes.length;
  base_text_add(&t->bytes, string, bytes);
  base_text_add(&t->bytes, "", 1);
  if (t->bytes.failed) return TABLE_NONE;
  t->slots[slot] = (uint32_t)++t->count;
  return (uint32_t)t->count - 1;
}

const char *insight_table_string(const insight_table *t, uint32_t number) { return t->bytes.data + t->at[number]; }

void insight_table_clear(insight_table *t) {
  base_text_clear(&t->bytes);
  base_free(t->at);
  base_free(t->slots);
  memset(t, 0, sizeof *t);
}
