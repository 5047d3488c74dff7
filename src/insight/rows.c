/* rows.c: what arrives in pieces is cut into records; a record that cannot be one is left out, with its line, and
 * reading goes on at the line after the one it began in. */
#include "insight/rows.h"

#include <jansson.h>
#include <stdio.h>
#include <strings.h>

#include "insight/table.h"

enum { UNKNOWN, CSV, JSONL };
enum { TEXT, TIME, FACETS, ROLES = FACETS + INSIGHT_FACETS };
enum { MORE = -1, BAD = -2 }; /* of a record: not all of it is there yet; it is none */

static const char *const usual[ROLES][10] = {
    {"text", "review", "comment", "feedback", "message", "body", "content", "answer", "verbatim"},
    {"time", "date", "timestamp", "datetime", "created_at", "created", "at", "submitted_at"},
    {"segment", "group", "customer_segment", "cohort", "region", "channel"},
    {"product", "item", "sku", "service", "brand", "version"},
    {"language", "lang", "locale"}};

struct insight_rows {
  insight_columns columns;
  insight_row_fn each;
  void *context;
  int format;
  char separator;
  bool headed, done;
  base_text waiting;  /* bytes that are not yet a record */
  size_t retry;       /* how many must wait before it is tried again */
  size_t line;        /* of waiting's first byte, from 1 */
  base_text cells;    /* of a record, each ends in 0 */
  size_t starts[ROWS_COLUMNS + 1];
  int column[ROLES];  /* -1 none */
  size_t width;       /* columns of the first line */
  base_text mended[ROLES];
  char why[120];
  insight_health health;
};

int insight_rows_open(insight_rows **opened, const insight_columns *columns, insight_row_fn each, void *context, mien_error *error) {
  insight_rows *r = *opened = base_alloc(1, sizeof *r);
  if (!r) return base_error_set(error, MIEN_ENOMEM, "rows", "", "out of memory");
  if (columns) r->columns = *columns;
  r->each = each;
  r->context = context;
  r->line = 1;
  return MIEN_OK;
}

void insight_rows_close(insight_rows **closed) {
  insight_rows *r = *closed;
  if (!r) return;
  *closed = NULL;
  base_text_clear(&r->waiting);
  base_text_clear(&r->cells);
  for (int i = 0; i < ROLES; i++) base_text_clear(&r->mended[i]);
  base_free(r);
}

const insight_health *insight_rows_health(const insight_rows *r) { return &r->health; }

static void note(insight_rows *r, const char *what) {
  insight_health *h = &r->health;
  if (h->note_count == ROWS_NOTES) return;
  h->notes[h->note_count].line = r->line;
  snprintf(h->notes[h->note_count++].what, sizeof h->notes[0].what, "%s", what);
}

static void lose(insight_rows *r) {
  r->health.lost++;
  note(r, r->why);
}

/* ---- A record of CSV ---- */

static int bad(insight_rows *r, const char *why) {
  snprintf(r->why, sizeof r->why, "%s", why);
  return BAD;
}

static bool put(insight_rows *r, char c) {
  base_text_add(&r->cells, c ? &c : "\xef\xbf\xbd", c ? 1 : 3);
  return r->cells.length <= ROWS_RECORD;
}

/* One record at `from`: its cells, and the bytes it takes; MORE; or BAD. */
static long record_of(insight_rows *r, const char *from, size_t bytes, bool last, size_t *count) {
  size_t i = 0;
  *count = 0;
  base_text_reset(&r->cells);
  for (bool ended = false; !ended;) {
    if (*count == ROWS_COLUMNS) return bad(r, "more than 512 columns");
    r->starts[(*count)++] = r->cells.length;
    bool quoted = i < bytes && from[i] == '"';
    if (quoted) i++;
    for (;; i++) {
      if (i == bytes) {
        if (!last) return i > ROWS_RECORD ? bad(r, "longer than 1 MB: is a quote missing?") : MORE;
        if (quoted) return bad(r, "a quote is opened and never closed");
        ended = true;
        break;
      }
      char c = from[i];
      if (quoted && c == '"') {
        if (i + 1 == bytes && !last) return MORE;
        if (i + 1 < bytes && from[i + 1] == '"') i++;
        else {
          i++;
          if (i < bytes && from[i] == '\r') i++;
          if (i < bytes && from[i] != r->separator && from[i] != '\n') return bad(r, "text after a closing quote: a quote inside a field is written twice");
          if (i == bytes && !last) return MORE;
          ended = i == bytes || from[i] == '\n';
          i += i < bytes;
          break;
        }
      } else if (!quoted && (c == r->separator || c == '\n')) {
        if (c == '\n' && r->cells.length > r->starts[*count - 1] && r->cells.data[r->cells.length - 1] == '\r') r->cells.length--;
        ended = c == '\n';
        i++;
        break;
      }
      if (!put(r, c)) return bad(r, "longer than 1 MB: is a quote missing?");
    }
    base_text_add(&r->cells, "", 1);
  }
  return (long)i;
}

/* ---- From cells to rows ---- */

/* Valid UTF-8 without NULs. */
static const char *mend(insight_rows *r, int role, const char *text, size_t bytes, size_t *length) {
  base_text *to = &r->mended[role];
  bool odd = false;
  base_text_reset(to);
  for (size_t i = 0; i < bytes;) {
    uint32_t code;
    int n = base_utf8_next(text + i, bytes - i, &code);
    if (n && code) base_text_add(to, text + i, (size_t)n);
    else base_text_puts(to, "\xef\xbf\xbd"), odd = true;
    i += (size_t)(n ? n : 1);
  }
  if (odd) r->health.mended++;
  *length = to->length;
  return to->length ? to->data : "";
}

static int give(insight_rows *r, const char *const *values, const size_t *lengths, mien_error *error) {
  insight_row row = {.time = NAN};
  size_t length, blank = 0;
  row.text = mend(r, TEXT, values[TEXT], lengths[TEXT], &row.bytes);
  while (blank < row.bytes && strchr(" \t\r\n", row.text[blank])) blank++;
  if (blank == row.bytes) return bad(r, "there is no text in it"), lose(r), MIEN_OK;
  if (values[TIME] && lengths[TIME]) {
    row.time = insight_time(mend(r, TIME, values[TIME], lengths[TIME], &length));
    if (isnan(row.time) && !r->health.timeless++) note(r, "a time that is not ISO 8601 (2026-03-01T12:30:00Z) nor seconds since 1970");
  }
  for (int f = 0; f < INSIGHT_FACETS; f++)
    row.facet[f] = values[FACETS + f] ? mend(r, FACETS + f, values[FACETS + f], lengths[FACETS + f], &length) : "";
  for (int i = 0; i < ROLES; i++)
    if (r->mended[i].failed) return base_error_set(error, MIEN_ENOMEM, "rows", "", "out of memory");
  r->health.rows++;
  return r->each(r->context, &row, error);
}

static const char *asked_name(const insight_rows *r, int role) {
  return role == TEXT ? r->columns.text : role == TIME ? r->columns.time : r->columns.facet[role - FACETS];
}

static bool is_named(const insight_rows *r, int role, int try, const char *name) {
  const char *asked = asked_name(r, role);
  if (asked && !*asked) return false;
  return asked ? !try && !strcmp(asked, name) : usual[role][try] && !strcasecmp(usual[role][try], name);
}

static int read_header(insight_rows *r, size_t count, mien_error *error) {
  char names[160] = "";
  for (int role = 0; role < ROLES; role++) {
    r->column[role] = -1;
    for (int try = 0; try < 10 && r->column[role] < 0; try++)
      for (size_t c = 0; c < count && r->column[role] < 0; c++)
        if (is_named(r, role, try, r->cells.data + r->starts[c])) r->column[role] = (int)c;
    if (r->column[role] < 0 && asked_name(r, role) && *asked_name(r, role))
      return base_error_set(error, MIEN_EFORMAT, "line 1", "name one of its columns", "there is no column '%.60s'", asked_name(r, role));
  }
  r->width = count;
  r->headed = true;
  if (r->column[TEXT] >= 0) return MIEN_OK;
  for (size_t c = 0; c < count && strlen(names) < 100; c++)
    snprintf(names + strlen(names), sizeof names - strlen(names), "%s'%.24s'", c ? ", " : "", r->cells.data + r->starts[c]);
  return base_error_set(error, MIEN_EFORMAT, "line 1", "say which column has the texts (--text NAME)", "no column is called 'text', 'review' or 'comment': there are %s", names);
}

static int take_cells(insight_rows *r, size_t count, mien_error *error) {
  const char *values[ROLES] = {NULL};
  size_t lengths[ROLES] = {0};
  if (!r->headed) return read_header(r, count, error);
  if (count == 1 && !*r->cells.data) return MIEN_OK; /* an empty line */
  if (count != r->width) {
    snprintf(r->why, sizeof r->why, "%zu fields where the first line has %zu: is a quote missing?", count, r->width);
    lose(r);
    return MIEN_OK;
  }
  for (int role = 0; role < ROLES; role++) {
    if (r->column[role] < 0) continue;
    size_t c = (size_t)r->column[role];
    values[role] = r->cells.data + r->starts[c];
    lengths[role] = strlen(values[role]);
  }
  return give(r, values, lengths, error);
}

static int take_object(insight_rows *r, const char *line, size_t bytes, mien_error *error) {
  const char *values[ROLES] = {NULL};
  size_t lengths[ROLES] = {0};
  char number[32];
  json_error_t why;
  while (bytes && strchr(" \t\r\n", line[bytes - 1])) bytes--;
  if (!bytes) return MIEN_OK;
  json_t *object = json_loadb(line, bytes, JSON_ALLOW_NUL, &why);
  for (int role = 0; role < ROLES && json_is_object(object); role++) {
    const char *key;
    json_t *value, *found = NULL;
    for (int try = 0; try < 10 && !found; try++)
      json_object_foreach(object, key, value)
        if (!found && is_named(r, role, try, key)) found = value;
    if (json_is_string(found)) values[role] = json_string_value(found), lengths[role] = json_string_length(found);
    else if (role == TIME && json_is_number(found)) {
      snprintf(number, sizeof number, "%.3f", BASE_CLAMP(json_number_value(found), 0.0, 1e15));
      values[role] = number;
      lengths[role] = strlen(number);
    }
  }
  int code = MIEN_OK;
  if (values[TEXT]) code = give(r, values, lengths, error);
  else {
    if (!object) snprintf(r->why, sizeof r->why, "not JSON: %.90s", why.text);
    else bad(r, json_is_object(object) ? "there is no text in it" : "not an object: {\"text\":…}");
    lose(r);
  }
  json_decref(object);
  return code;
}

/* ---- Pieces ---- */

static size_t lines_in(const char *from, size_t bytes) {
  size_t count = 0;
  for (const char *at = from, *end = from + bytes; at < end && (at = memchr(at, '\n', (size_t)(end - at))); at++) count++;
  return count;
}

static int begin(insight_rows *r, const char *from, size_t bytes, mien_error *error) {
  size_t commas = 0, semicolons = 0, tabs = 0;
  if (bytes >= 2 && (!memcmp(from, "\xff\xfe", 2) || !memcmp(from, "\xfe\xff", 2)))
    return base_error_set(error, MIEN_EFORMAT, "byte 0", "convert it first: iconv -f UTF-16 -t UTF-8", "this is UTF-16, not UTF-8");
  size_t blank = 0;
  while (blank < bytes && strchr(" \t\r\n", from[blank]) && from[blank]) blank++;
  if (blank < bytes && from[blank] == '[') return base_error_set(error, MIEN_EFORMAT, "line 1", "write an object a line", "this is a JSON array, not JSON lines");
  r->format = blank < bytes && from[blank] == '{' ? JSONL : CSV;
  for (size_t i = 0; i < bytes && from[i] != '\n'; i++) commas += from[i] == ',', semicolons += from[i] == ';', tabs += from[i] == '\t';
  r->separator = tabs > commas && tabs > semicolons ? '\t' : semicolons > commas ? ';' : ',';
  return MIEN_OK;
}

static int work(insight_rows *r, bool last, mien_error *error) {
  const char *data = r->waiting.data ? r->waiting.data : "";
  size_t bytes = r->waiting.length, at = 0;
  int code = MIEN_OK;
  if (r->format == UNKNOWN) {
    if (!last && bytes < 4096 && !memchr(data, '\n', bytes)) return MIEN_OK;
    if (bytes >= 3 && !memcmp(data, "\xef\xbb\xbf", 3)) at = 3;
    code = begin(r, data + at, bytes - at, error);
  }
  while (!code && at < bytes) {
    const char *newline = memchr(data + at, '\n', bytes - at);
    size_t line = newline ? (size_t)(newline - data) + 1 - at : bytes - at, count = 0;
    long took = MORE;
    if (r->format == CSV) took = record_of(r, data + at, bytes - at, last, &count);
    else if (newline || last || line > ROWS_RECORD) took = line > ROWS_RECORD ? bad(r, "longer than 1 MB") : (long)line;
    if (r->cells.failed) code = base_error_set(error, MIEN_ENOMEM, "rows", "", "out of memory");
    if (took == MORE) break;
    if (took == BAD && !newline && !last && line <= ROWS_RECORD) break; /* its line goes, once all of that is there */
    if (took == BAD) {
      lose(r);
      if (!code && !r->headed && r->format == CSV) code = base_error_set(error, MIEN_EFORMAT, "line 1", "the first line names the columns", "%.100s", r->why);
      took = (long)line;
    } else if (!code) {
      code = r->format == CSV ? take_cells(r, count, error) : take_object(r, data + at, line, error);
    }
    r->line += lines_in(data + at, (size_t)took);
    at += (size_t)took;
  }
  if (at) memmove(r->waiting.data, data + at, bytes - at);
  r->waiting.length = bytes - at;
  r->retry = r->waiting.length + BASE_MAX(r->waiting.length / 2, (size_t)1);
  return code;
}

int insight_rows_feed(insight_rows *r, const char *bytes, size_t count, mien_error *error) {
  while (count) {
    size_t piece = BASE_MIN(count, (size_t)256 << 10);
    base_text_add(&r->waiting, bytes, piece);
    if (r->waiting.failed) return base_error_set(error, MIEN_ENOMEM, "rows", "", "out of memory");
    bytes += piece;
    count -= piece;
    int code = r->waiting.length < r->retry ? MIEN_OK : work(r, false, error);
    if (code) return code;
  }
  return MIEN_OK;
}

int insight_rows_finish(insight_rows *r, mien_error *error) {
  int code = r->done ? MIEN_OK : work(r, true, error);
  r->done = true;
  if (!code && !r->health.rows) return base_error_set(error, MIEN_EEMPTY, "rows", "a text a line, with the names of the columns in the first", "there is no text in it");
  return code;
}
