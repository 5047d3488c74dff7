/* table.h: strings to numbers from 0, in the order they came; keyed hash (SipHash), so that nobody can make it slow. */
#ifndef INSIGHT_TABLE_H
#define INSIGHT_TABLE_H

#include "base/base.h"

typedef struct insight_table {
  base_text bytes;      /* all strings, each ends in 0 */
  uint32_t *at, *slots; /* where each begins; 1 + number, 0 free */
  size_t count, room, slot_count;
  unsigned char key[16];
} insight_table;

#define TABLE_NONE UINT32_MAX
/* TABLE_NONE: out of memory, or not there and `add` is false. */
uint32_t insight_table_of(insight_table *t, const char *string, size_t bytes, bool add);
const char *insight_table_string(const insight_table *t, uint32_t number);
void insight_table_clear(insight_table *t);

#endif
