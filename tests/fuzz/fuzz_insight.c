/* fuzz_insight.c: feedback out of CSV and JSON lines, in pieces whose size the first byte picks: the same rows as in one. */
#include <stdint.h>
#include <stdlib.h>

#include "insight/rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

#define REQUIRE(what) do { if (!(what)) abort(); } while (0)

static int take(void *context, const insight_row *row, mien_error *error) {
  base_text *all = context;
  (void)error;
  REQUIRE(row->bytes <= 3u * ROWS_RECORD && base_utf8_check(row->text, row->bytes) == row->bytes && !memchr(row->text, 0, row->bytes));
  base_text_add(all, row->text, row->bytes);
  for (int f = 0; f < INSIGHT_FACETS; f++) base_text_puts(all, row->facet[f]);
  base_text_printf(all, "%f\n", row->time);
  return MIEN_OK;
}

static int read_in(base_text *all, const char *bytes, size_t count, size_t piece, size_t *lost) {
  insight_rows *rows;
  mien_error error = {0};
  REQUIRE(insight_rows_open(&rows, NULL, take, all, &error) == MIEN_OK);
  int code = MIEN_OK;
  for (size_t at = 0; at < count && !code; at += piece) code = insight_rows_feed(rows, bytes + at, BASE_MIN(piece, count - at), &error);
  if (!code) code = insight_rows_finish(rows, &error);
  REQUIRE(!code || (error.what[0] && error.code == code));
  const insight_health *h = insight_rows_health(rows);
  for (size_t i = 0; i < h->note_count; i++) REQUIRE(h->notes[i].line >= 1 && h->notes[i].line <= count + 1);
  *lost = h->lost;
  insight_rows_close(&rows);
  return code;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
  if (!bytes || bytes > 100000) return 0;
  base_text whole = {0}, pieces = {0};
  size_t lost, lost_too;
  const char *text = (const char *)data + 1;
  int code = read_in(&whole, text, bytes - 1, bytes, &lost), too = read_in(&pieces, text, bytes - 1, (size_t)data[0] + 1, &lost_too);
  REQUIRE(code == too && (code || lost == lost_too) && whole.length == pieces.length && (!whole.length || !memcmp(whole.data, pieces.data, whole.length)));
  base_text_clear(&whole);
  base_text_clear(&pieces);
  return 0;
}
