/* embedded.h: the packs inside the program (embed.sh). */
#ifndef GUARD_EMBEDDED_H
#define GUARD_EMBEDDED_H

#include <stddef.h>

typedef struct guard_file {
  const char *name, *start, *end;
} guard_file;

extern const guard_file guard_embedded[];
extern const size_t guard_embedded_count;

#endif
