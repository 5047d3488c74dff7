/* chunked.c: see chunked.h. Extensions of a chunk and fields after the last are passed over. */
#include "serve/http/chunked.h"

enum { LENGTH, EXTENSION, LENGTH_END, DATA, DATA_END, DATA_END_2, TRAILER, TRAILER_END, COMPLETE };
enum { LINE = 4096 /* bytes of what is passed over */ };

bool serve_chunked_complete(const serve_chunked *c) { return c->state == COMPLETE; }

static int digit_of(uint8_t byte) {
  return byte >= '0' && byte <= '9' ? byte - '0' : (byte | 32) >= 'a' && (byte | 32) <= 'f' ? (byte | 32) - 'a' + 10 : -1;
}

/* One byte that is not of the body. False: it may not stand here. */
static bool step(serve_chunked *c, uint8_t byte) {
  int digit = digit_of(byte);
  if (++c->line > LINE) return false;
  switch (c->state) {
  case LENGTH:
    if (digit >= 0) {
      if (c->left >> 56) return false;
      c->left = c->left << 4 | (uint64_t)digit;
      c->digits = true;
      return true;
    }
    if (!c->digits) return false;
    c->state = byte == '\r' ? LENGTH_END : EXTENSION;
    return byte == '\r' || byte == ';' || byte == ' ' || byte == '\t';
  case EXTENSION:
    if (byte == '\r') c->state = LENGTH_END;
    return byte != '\n';
  case LENGTH_END:
    c->state = c->left ? DATA : TRAILER;
    c->line = 0;
    return byte == '\n';
  case DATA_END:
    c->state = DATA_END_2;
    return byte == '\r';
  case DATA_END_2:
    *c = (serve_chunked){.state = LENGTH};
    return byte == '\n';
  case TRAILER: /* `left` is 0: it says here whether this line has something in it */
    if (byte == '\r') c->state = TRAILER_END;
    else c->left = 1;
    return byte != '\n';
  case TRAILER_END:
    c->state = c->left ? TRAILER : COMPLETE;
    c->left = 0;
    return byte == '\n';
  default:
    return false;
  }
}

int serve_chunked_take(serve_chunked *c, uint8_t *bytes, size_t *count) {
  size_t kept = 0;
  for (size_t at = 0; at < *count && c->state != COMPLETE;) { /* what follows the last is of no request */
    if (c->state == DATA) {
      size_t part = (size_t)BASE_MIN(c->left, (uint64_t)(*count - at));
      memmove(bytes + kept, bytes + at, part);
      kept += part;
      at += part;
      c->left -= part;
      if (!c->left) c->state = DATA_END, c->line = 0;
    } else if (!step(c, bytes[at++])) {
      return MIEN_EFORMAT;
    }
  }
  *count = kept;
  return MIEN_OK;
}
