/* records.c: texts out of a file of lines, JSON lines or CSV. */
#include "cli/records.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER = 1 << 18, JSON_LINE_MAX = 8 << 20, COLUMNS_MAX = 4096, NAME_MAX_BYTES = 256 };

struct records {
  int file, format;
  const char *name, *field;
  char *buffer;
  size_t at, end; /* of the unread part of the buffer */
  bool eof;
  int failed; /* errno of read */
  size_t line, number;
  double filled, size; /* bytes read, and of the file */
  char separator;
  int column, id_column;
  base_text raw, text, id;
  char lost[160];
  records_mended mended;
};

/* ---- Bytes ---- */

static bool fill(records *r) {
  if (r->eof) return false;
  ssize_t got;
  do got = read(r->file, r->buffer, BUFFER);
  while (got < 0 && errno == EINTR);
  if (got < 0) r->failed = errno;
  if (got <= 0) r->eof = true;
  r->at = 0;
  r->end = got > 0 ? (size_t)got : 0;
  r->filled += (double)r->end;
  return got > 0;
}

static int next_byte(records *r) {
  return r->at < r->end || fill(r) ? (unsigned char)r->buffer[r->at++] : EOF;
}

static int peek_byte(records *r) {
  return r->at < r->end || fill(r) ? (unsigned char)r->buffer[r->at] : EOF;
}

/* Adds what there is room for; false when something had to be left out. */
static bool add_capped(base_text *to, const char *data, size_t bytes, size_t cap) {
  size_t room = cap - BASE_MIN(cap, to->length);
  base_text_add(to, data, BASE_MIN(bytes, room));
  return bytes <= room;
}

/* A line without its newline; at most `cap` bytes of it, the rest is skipped. */
static bool read_line(records *r, size_t cap, bool *cut) {
  *cut = false;
  base_text_reset(&r->raw);
  if (r->at >= r->end && !fill(r)) return false;
  for (;;) {
    char *from = r->buffer + r->at, *newline = memchr(from, '\n', r->end - r->at);
    size_t bytes = newline ? (size_t)(newline - from) : r->end - r->at;
    if (!add_capped(&r->raw, from, bytes, cap)) *cut = true;
    r->at += bytes + (newline ? 1 : 0);
    if (newline || (r->at >= r->end && !fill(r))) break;
  }
  r->line++;
  if (!*cut && r->raw.length && r->raw.data[r->raw.length - 1] == '\r')
    r->raw.data[--r->raw.length] = 0;
  return true;
}

/* ---- Mending ---- */

static void count(size_t *number, size_t *first_line, size_t line) {
  if (!(*number)++) *first_line = line;
}

static void cut_here(records *r, base_text *text, size_t line) {
  count(&r->mended.cut, &r->mended.cut_line, line);
  size_t back = 0; /* a character that the cut went through is left out */
  while (back < 3 && back < text->length && (text->data[text->length - 1 - back] & 0xc0) == 0x80) back++;
  if (back < text->length && (unsigned char)text->data[text->length - 1 - back] >= 0xc0) {
    text->length -= back + 1;
    text->data[text->length] = 0;
  }
}

/* Valid UTF-8 without NULs: `text` itself, or `spare` with U+FFFD for each bad byte. */
static base_text *mend(records *r, base_text *text, base_text *spare, size_t line) {
  bool nul = text->length && memchr(text->data, 0, text->length);
  bool bad = base_utf8_check(text->data, text->length) < text->length;
  if (!nul && !bad) return text;
  if (nul) count(&r->mended.nul, &r->mended.nul_line, line);
  if (bad) count(&r->mended.not_utf8, &r->mended.not_utf8_line, line);
  base_text_reset(spare);
  for (size_t at = 0; at < text->length;) {
    uint32_t codepoint;
    int length = base_utf8_next(text->data + at, text->length - at, &codepoint);
    if (length && codepoint) base_text_add(spare, text->data + at, (size_t)length);
    else base_text_puts(spare, "\xef\xbf\xbd");
    at += (size_t)(length ? length : 1);
  }
  return spare;
}

static void lose(records *r, record *record_) {
  record_->lost = r->lost;
  if (!r->mended.lost) memcpy(r->mended.lost_why, r->lost, sizeof r->lost);
  count(&r->mended.lost, &r->mended.lost_line, record_->line);
}

/* ---- The three forms ---- */

static int next_line(records *r, record *record_) {
  bool cut;
  if (!read_line(r, RECORDS_BYTES_MAX, &cut)) return MIEN_EEND;
  record_->line = r->line;
  if (cut) cut_here(r, &r->raw, r->line);
  base_text *text = mend(r, &r->raw, &r->text, r->line);
  record_->text = text->length ? text->data : "";
  record_->bytes = text->length;
  return MIEN_OK;
}

static int next_json(records *r, record *record_) {
  bool cut;
  if (!read_line(r, JSON_LINE_MAX, &cut)) return MIEN_EEND;
  record_->line = r->line;
  record_->text = "";
  if (cut) {
    snprintf(r->lost, sizeof r->lost, "the line is longer than %d MB", JSON_LINE_MAX >> 20);
    return lose(r, record_), MIEN_OK;
  }
  base_text *line = mend(r, &r->raw, &r->text, r->line);
  json_error_t why;
  json_t *root = json_loadb(line->length ? line->data : "", line->length,
                            JSON_ALLOW_NUL | JSON_DECODE_ANY, &why);
  json_t *value = json_object_get(root, r->field), *id = json_object_get(root, "id");
  if (!root) snprintf(r->lost, sizeof r->lost, "not JSON: %.100s", why.text);
  else if (!value) snprintf(r->lost, sizeof r->lost, "no field '%.100s'", r->field);
  else if (!json_is_string(value))
    snprintf(r->lost, sizeof r->lost, "field '%.100s' is not a string", r->field);
  if (json_is_string(id) || json_is_integer(id)) {
    base_text_reset(&r->id);
    if (json_is_string(id)) base_text_add(&r->id, json_string_value(id), json_string_length(id));
    else base_text_printf(&r->id, "%lld", (long long)json_integer_value(id));
    record_->id = r->id.length ? r->id.data : "";
    record_->id_number = json_is_integer(id);
  }
  if (!json_is_string(value)) {
    lose(r, record_);
  } else {
    base_text_reset(&r->raw);
    bool whole = add_capped(&r->raw, json_string_value(value), json_string_length(value),
                            RECORDS_BYTES_MAX);
    if (!whole) cut_here(r, &r->raw, r->line);
    base_text *text = mend(r, &r->raw, &r->text, r->line);
    record_->text = text->length ? text->data : "";
    record_->bytes = text->length;
  }
  json_decref(root);
  return MIEN_OK;
}

/* One CSV field into `to` (NULL: skipped); what ended it: the separator, '\n' or EOF. */
static int read_field(records *r, base_text *to, size_t cap, bool *cut) {
  bool quoted = false;
  int c = next_byte(r);
  if (c == '"') {
    quoted = true;
    c = next_byte(r);
  }
  for (;; c = next_byte(r)) {
    if (quoted && c == '"') {
      if (peek_byte(r) != '"') {
        quoted = false;
        continue;
      }
      next_byte(r);
    } else if (!quoted && (c == '\n' || c == r->separator)) {
      break;
    } else if (!quoted && c == '\r' && (peek_byte(r) == '\n' || peek_byte(r) == EOF)) {
      continue;
    }
    if (c == EOF) break;
    if (c == '\n') r->line++;
    char byte = (char)c;
    if (to && !add_capped(to, &byte, 1, cap)) *cut = true;
  }
  if (c == '\n') r->line++;
  return c;
}

static int next_csv(records *r, record *record_) {
  if (peek_byte(r) == EOF) return MIEN_EEND;
  record_->line = r->line + 1;
  bool cut = false, id_cut = false, found = false;
  base_text_reset(&r->raw);
  base_text_reset(&r->id);
  for (int column = 0, end = r->separator; end == r->separator; column++) {
    base_text *to = column == r->column ? &r->raw : column == r->id_column ? &r->id : NULL;
    if (column == r->column) found = true;
    end = read_field(r, to, to == &r->id ? NAME_MAX_BYTES : RECORDS_BYTES_MAX,
                     to == &r->id ? &id_cut : &cut);
  }
  if (cut) cut_here(r, &r->raw, record_->line);
  if (r->id_column >= 0 && r->id_column != r->column) {
    record_->id = r->id.length && base_utf8_check(r->id.data, r->id.length) == r->id.length &&
                          !memchr(r->id.data, 0, r->id.length) ? r->id.data : NULL;
  }
  base_text *text = mend(r, &r->raw, &r->text, record_->line);
  record_->text = text->length ? text->data : "";
  record_->bytes = text->length;
  if (!found) {
    snprintf(r->lost, sizeof r->lost, "the record has no column '%.100s'", r->field);
    lose(r, record_);
  }
  return MIEN_OK;
}

/* The first record: which column is which. */
static int read_header(records *r, mien_error *error) {
  base_text names = {0};
  bool cut;
  r->column = r->id_column = -1;
  for (int column = 0, end = r->separator; end == r->separator && column < COLUMNS_MAX; column++) {
    base_text_reset(&r->raw);
    end = read_field(r, &r->raw, NAME_MAX_BYTES, &cut);
    const char *name = r->raw.length ? r->raw.data : "";
    if (!strcmp(name, r->field) && r->column < 0) r->column = column;
    if (!strcmp(name, "id")) r->id_column = column;
    if (names.length < 120) base_text_printf(&names, "%s'%.40s'", column ? ", " : "", name);
  }
  int result = r->column >= 0
    ? MIEN_OK
    : base_error_set(error, MIEN_EFORMAT, "the first line",
                     "name one of its columns with --field NAME", "no column '%.60s': it has %.160s",
                     r->field, names.length ? names.data : "none");
  base_text_clear(&names);
  return result;
}

/* ---- */

static bool ends_in(const char *name, const char *ending) {
  size_t a = strlen(name), b = strlen(ending);
  return a > b && !strcasecmp(name + a - b, ending);
}

static int open_file(records *r, const char *path, mien_error *error) {
  struct stat about;
  if (!strcmp(path, "-")) {
    r->file = STDIN_FILENO;
    return MIEN_OK;
  }
  r->file = open(path, O_RDONLY | O_CLOEXEC);
  if (r->file < 0)
    return base_error_set(error, MIEN_EIO, path,
                          errno == ENOENT ? "check the name" : "check that you may read it",
                          "cannot open: %s", strerror(errno));
  if (fstat(r->file, &about)) return MIEN_OK;
  if (S_ISDIR(about.st_mode))
    return base_error_set(error, MIEN_EIO, path, "name the files in it", "this is a folder");
  if (S_ISREG(about.st_mode)) r->size = (double)about.st_size;
  return MIEN_OK;
}

int records_open(records **records_, const char *path, const char *field, mien_error *error) {
  records *r = *records_ = base_alloc(1, sizeof *r);
  if (!r) return base_error_set(error, MIEN_ENOMEM, path, "", "out of memory");
  *r = (records){.file = -1, .name = path, .field = field, .separator = ',', .column = -1, .id_column = -1};
  r->buffer = base_alloc(1, BUFFER);
  int result = r->buffer ? open_file(r, path, error)
                         : base_error_set(error, MIEN_ENOMEM, path, "", "out of memory");
  if (result != MIEN_OK) goto fail;
  fill(r);
  if (r->end >= 2 && (!memcmp(r->buffer, "\xff\xfe", 2) || !memcmp(r->buffer, "\xfe\xff", 2))) {
    result = base_error_set(error, MIEN_EFORMAT, "byte 0",
                            "convert it first: iconv -f UTF-16 -t UTF-8", "this is UTF-16, not UTF-8");
    goto fail;
  }
  if (r->end >= 3 && !memcmp(r->buffer, "\xef\xbb\xbf", 3)) r->at = 3; /* byte order mark */
  if (field) {
    bool tsv = ends_in(path, ".tsv");
    bool json = ends_in(path, ".jsonl") || ends_in(path, ".ndjson") || ends_in(path, ".json");
    if (!json && !tsv && !ends_in(path, ".csv")) json = peek_byte(r) == '{';
    r->format = json ? RECORDS_JSONL : RECORDS_CSV;
    const char *line_end = memchr(r->buffer + r->at, '\n', r->end - r->at);
    size_t first = line_end ? (size_t)(line_end - r->buffer) - r->at : r->end - r->at;
    if (tsv || (memchr(r->buffer + r->at, '\t', first) && !memchr(r->buffer + r->at, ',', first)))
      r->separator = '\t';
    if (r->format == RECORDS_CSV && peek_byte(r) != EOF) result = read_header(r, error);
    if (result != MIEN_OK) goto fail;
  }
  return MIEN_OK;
fail:
  records_close(records_);
  return result;
}

int records_next(records *r, record *record_, mien_error *error) {
  *record_ = (record){.number = r->number + 1};
  int result = r->format == RECORDS_LINES ? next_line(r, record_)
               : r->format == RECORDS_JSONL ? next_json(r, record_) : next_csv(r, record_);
  if (r->raw.failed || r->text.failed || r->id.failed)
    return base_error_set(error, MIEN_ENOMEM, r->name, "", "out of memory");
  if (result == MIEN_OK) r->number++;
  else if (r->failed)
    return base_error_set(error, MIEN_EIO, r->name, "check the disk", "cannot read: %s",
                          strerror(r->failed));
  return result;
}

bool records_waiting(const records *r) { return r->at < r->end; }

void records_progress(const records *r, double *done, double *whole) {
  *done = r->filled - (double)(r->end - r->at);
  *whole = r->size;
}

const records_mended *records_mends(const records *r) { return &r->mended; }

void records_close(records **records_) {
  records *r = *records_;
  if (!r) return;
  *records_ = NULL;
  if (r->file > STDIN_FILENO) close(r->file);
  base_text_clear(&r->raw);
  base_text_clear(&r->text);
  base_text_clear(&r->id);
  base_free(r->buffer);
  base_free(r);
}
