/* fuzz_upload.c: a body as it comes: multipart/form-data, or in chunks. Cut into other pieces it must say the same. The first
 * byte picks, the second says how large the pieces are. */
#include <stdlib.h>
#include <string.h>

#include "serve/http/chunked.h"
#include "serve/jobs/multipart.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

typedef struct said {
  base_text all; /* begin, data, end of each part */
  bool open;
} said;

static int begin(void *context, const serve_part *part) {
  said *s = context;
  if (s->open || !*part->name || strlen(part->name) >= sizeof part->name || strlen(part->filename) >= sizeof part->filename) abort();
  if (strpbrk(part->filename, "/\\") || base_utf8_check(part->filename, strlen(part->filename)) != strlen(part->filename)) abort();
  s->open = true;
  base_text_printf(&s->all, "<%s|%s|%s|%d>", part->name, part->filename, part->type, part->file);
  return MIEN_OK;
}

static int take(void *context, const uint8_t *bytes, size_t count) {
  said *s = context;
  if (!s->open || !count) abort();
  base_text_add(&s->all, (const char *)bytes, count);
  return MIEN_OK;
}

static int end(void *context) {
  said *s = context;
  if (!s->open) abort();
  s->open = false;
  base_text_puts(&s->all, "</>");
  return MIEN_OK;
}

/* MIEN_OK and what was said, complete or not. */
static int parts(const uint8_t *bytes, size_t count, size_t piece, said *s, bool *complete) {
  serve_multipart parser;
  int code = serve_multipart_init(&parser, "multipart/form-data; boundary=\"b\"", &(serve_part_sink){begin, take, end, s});
  for (size_t at = 0; at < count && !code; at += piece) code = serve_multipart_feed(&parser, bytes + at, BASE_MIN(piece, count - at));
  *complete = !code && serve_multipart_complete(&parser);
  return code;
}

static void multipart(const uint8_t *bytes, size_t count, size_t piece) {
  said a = {0}, b = {0};
  bool whole[2];
  int codes[2] = {parts(bytes, count, count ? count : 1, &a, &whole[0]), parts(bytes, count, piece, &b, &whole[1])};
  if (whole[0] != whole[1] || (codes[0] == MIEN_OK) != (codes[1] == MIEN_OK)) abort();
  if (whole[0] && (a.open || a.all.length != b.all.length || (a.all.length && memcmp(a.all.data, b.all.data, a.all.length)))) abort();
  base_text_clear(&a.all);
  base_text_clear(&b.all);
}

static int unchunk(const uint8_t *bytes, size_t count, size_t piece, base_text *out, bool *complete) {
  serve_chunked chunked = {0};
  int code = MIEN_OK;
  uint8_t held[256];
  for (size_t at = 0; at < count && !code; at += piece) {
    size_t got = BASE_MIN(piece, count - at), had = got;
    memcpy(held, bytes + at, got);
    code = serve_chunked_take(&chunked, held, &got);
    if (!code && got > had) abort();
    if (!code) base_text_add(out, (const char *)held, got);
  }
  *complete = serve_chunked_complete(&chunked);
  return code;
}

static void chunks(const uint8_t *bytes, size_t count, size_t piece) {
  base_text a = {0}, b = {0};
  bool whole[2];
  int codes[2] = {unchunk(bytes, count, 256, &a, &whole[0]), unchunk(bytes, count, piece, &b, &whole[1])};
  if (codes[0] != codes[1] || whole[0] != whole[1]) abort();
  if (!codes[0] && (a.length != b.length || (a.length && memcmp(a.data, b.data, a.length)))) abort();
  base_text_clear(&a);
  base_text_clear(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
  if (bytes < 2) return 0;
  size_t piece = data[1] % 200 + 1u;
  if (data[0] % 2) chunks(data + 2, bytes - 2, piece);
  else multipart(data + 2, bytes - 2, piece);
  return 0;
}
