/* chunked.h: a body whose length is not known before (RFC 9112, 2022, 7.1), taken out of its chunks; libwebsockets hands
 * them on as they are. One thread. */
#ifndef SERVE_CHUNKED_H
#define SERVE_CHUNKED_H

#include "base/base.h"

typedef struct serve_chunked {
  int state;
  uint64_t left;   /* bytes of the chunk that comes */
  size_t line;     /* bytes of the line that comes, so far */
  bool digits;     /* of its length, one at least */
} serve_chunked;     /* zero: at the beginning */

/* Moves what is of the body to the beginning of `bytes`, and says how many those are. MIEN_EFORMAT: these are no chunks. */
int serve_chunked_take(serve_chunked *chunked, uint8_t *bytes, size_t *count);
bool serve_chunked_complete(const serve_chunked *chunked);

#endif
