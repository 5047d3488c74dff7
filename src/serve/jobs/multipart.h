/* multipart.h: a body of multipart/form-data (RFC 7578, 2015; RFC 2046, 1996, 5.1), taken apart as it comes.
 *
 * Holds no more of it than a part's headers (SERVE_PART_HEAD bytes) or a delimiter; what a part says is handed on at once.
 * One thread at a time. */
#ifndef SERVE_MULTIPART_H
#define SERVE_MULTIPART_H

#include "base/base.h"

enum { SERVE_PART_HEAD = 4096, SERVE_BOUNDARY = 70 /* RFC 2046 */ };

typedef struct serve_part {
  char name[64];      /* of the field; "" none was given */
  char filename[256]; /* without folders; "" none was given */
  char type[128];     /* "" none was given */
  bool file;          /* it has a filename, if an empty one */
} serve_part;

/* An error of one of them ends the parsing and is given back. */
typedef struct serve_part_sink {
  int (*begin)(void *context, const serve_part *part);
  int (*data)(void *context, const uint8_t *bytes, size_t count);
  int (*end)(void *context);
  void *context;
} serve_part_sink;

typedef struct serve_multipart {
  serve_part_sink sink;
  char delimiter[SERVE_BOUNDARY + 5]; /* "\r\n--boundary" */
  size_t delimiter_bytes;
  int state;
  uint8_t held[SERVE_PART_HEAD + SERVE_BOUNDARY + 8];
  size_t held_bytes;
} serve_multipart;

/* "multipart/form-data; boundary=…". MIEN_EFORMAT: it has no boundary that can be used. */
int serve_multipart_init(serve_multipart *parser, const char *content_type, const serve_part_sink *sink);
/* MIEN_EFORMAT: it is no multipart body; MIEN_ELIMIT: a part's headers are too long. */
int serve_multipart_feed(serve_multipart *parser, const uint8_t *bytes, size_t count);
bool serve_multipart_complete(const serve_multipart *parser); /* the last delimiter came */

#endif
