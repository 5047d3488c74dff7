/* collection.c: rows and their readings, in memory and as JSON. */
#include <jansson.h>
#include <stdio.h>

#include "insight/parts.h"

const char *insight_facet_name(int facet) {
  static const char *const names[] = {"segment", "product", "language"};
  return facet >= 0 && facet < INSIGHT_FACETS ? names[facet] : NULL;
}

int insight_open(insight **opened, mien_error *error) {
  *opened = base_alloc(1, sizeof **opened);
  return *opened ? MIEN_OK : base_error_set(error, MIEN_ENOMEM, "collection", "", "out of memory");
}

void insight_unprepare(insight *in) {
  insight_table_clear(&in->words);
  base_free(in->tokens);
  base_free(in->df);
  in->tokens = in->df = NULL;
  in->token_count = in->token_room = in->aspect_count = 0;
  in->prepared = false;
}

void insight_close(insight **closed) {
  insight *in = *closed;
  if (!in) return;
  *closed = NULL;
  insight_unprepare(in);
  for (int f = 0; f < INSIGHT_FACETS; f++) insight_table_clear(&in->values[f]);
  base_text_clear(&in->texts);
  base_free(in->rows);
  base_free(in);
}

/* `bytes` or less, at the end of a character. */
static size_t cut(const char *text, size_t bytes, size_t most) {
  if (bytes <= most) return bytes;
  while (most && ((unsigned char)text[most] & 0xc0) == 0x80) most--;
  return most;
}

static uint32_t value_of(insight *in, int facet, const char *value) {
  insight_table *t = &in->values[facet];
  if (!value || !*value) return TABLE_NONE;
  size_t bytes = cut(value, strlen(value), INSIGHT_VALUE);
  uint32_t known = insight_table_of(t, value, bytes, false);
  if (known != TABLE_NONE) return known;
  return t->count < INSIGHT_VALUES ? insight_table_of(t, value, bytes, true) : insight_table_of(t, "(other)", 7, true);
}

int insight_add(insight *in, const insight_row *given, mien_error *error) {
  size_t bytes = cut(given->text, given->bytes, INSIGHT_TEXT);
  if (in->count >= INSIGHT_ROWS || in->texts.length + bytes > INSIGHT_BYTES)
    return base_error_set(error, MIEN_ELIMIT, "collection", "split it, by time for example",
                          "a collection holds %d texts and %d MB at most", INSIGHT_ROWS, (int)(INSIGHT_BYTES >> 20));
  if (in->count == in->room) {
    size_t room = BASE_MAX(2 * in->room, (size_t)1024);
    row *rows = base_resize(in->rows, room, sizeof *rows);
    if (!rows) return base_error_set(error, MIEN_ENOMEM, "collection", "", "out of memory");
    in->rows = rows;
    in->room = room;
  }
  if (in->prepared) insight_unprepare(in);
  row *r = &in->rows[in->count];
  *r = (row){.at = in->texts.length, .bytes = (uint32_t)bytes, .time = given->time};
  base_text_add(&in->texts, given->text, bytes);
  for (int f = 0; f < INSIGHT_FACETS; f++) {
    r->facet[f] = value_of(in, f, given->facet[f]);
    if (r->facet[f] == TABLE_NONE && given->facet[f] && *given->facet[f]) return base_error_set(error, MIEN_ENOMEM, "collection", "", "out of memory");
  }
  if (in->texts.failed) return base_error_set(error, MIEN_ENOMEM, "collection", "", "out of memory");
  in->count++;
  return MIEN_OK;
}

size_t insight_count(const insight *in) { return in->count; }

static uint8_t to_byte(double share) { return (uint8_t)(255 * BASE_CLAMP(share, 0.0, 1.0) + 0.5); }

void insight_set(insight *in, size_t index, const mien_reading *reading) {
  if (index >= in->count) return;
  row *r = &in->rows[index];
  r->state = reading->abstain ? ROW_UNCLEAR : ROW_READ;
  r->valence = isfinite(reading->dims[MIEN_VALENCE]) ? reading->dims[MIEN_VALENCE] : 0;
  r->arousal = isfinite(reading->dims[MIEN_AROUSAL]) ? reading->dims[MIEN_AROUSAL] : 0;
  r->confidence = to_byte((double)reading->confidence);
  r->top = 0;
  for (int k = 0; k < MIEN_CORE; k++) {
    r->core[k] = to_byte((double)reading->core[k]);
    if (reading->core[k] > reading->core[r->top]) r->top = (uint8_t)k;
  }
}

typedef struct batch {
  insight *in;
  size_t places[256];
} batch;

static void take(void *context, size_t index, const mien_reading *reading) {
  batch *b = context;
  insight_set(b->in, b->places[index], reading);
}

int insight_read(insight *in, mien_session *session, insight_progress progress, void *context, mien_error *error) {
  batch b = {.in = in};
  mien_text texts[BASE_COUNT(b.places)];
  for (size_t i = 0, count = 0; i < in->count; i++) {
    if (in->rows[i].state == ROW_UNREAD) {
      b.places[count] = i;
      texts[count++] = (mien_text){in->texts.data + in->rows[i].at, in->rows[i].bytes};
    }
    if (count < BASE_COUNT(texts) && (i + 1 < in->count || !count)) continue;
    int code = mien_session_read_texts(session, texts, count, take, &b);
    if (code) {
      if (error) *error = *mien_session_error(session);
      return code;
    }
    count = 0;
    if (progress && !progress(context, i + 1, in->count)) return base_error_set(error, MIEN_EEND, "collection", "", "it was stopped");
  }
  return MIEN_OK;
}

void insight_row_write(const insight *in, size_t index, base_text *out) {
  const row *r = &in->rows[index];
  base_json json;
  base_json_init(&json, out);
  base_json_open(&json, NULL, '[');
  base_json_bytes(&json, NULL, in->texts.data + r->at, r->bytes);
  base_json_number(&json, NULL, r->time, 3);
  for (int f = 0; f < INSIGHT_FACETS; f++)
    base_json_string(&json, NULL, r->facet[f] == TABLE_NONE ? NULL : insight_table_string(&in->values[f], r->facet[f]));
  base_json_integer(&json, NULL, r->state);
  base_json_number(&json, NULL, (double)r->valence, 4);
  base_json_number(&json, NULL, (double)r->arousal, 4);
  base_json_integer(&json, NULL, r->confidence);
  for (int k = 0; k < MIEN_CORE; k++) base_json_integer(&json, NULL, r->core[k]);
  base_json_close(&json, ']');
}

int insight_row_restore(insight *in, const char *json, size_t bytes, mien_error *error) {
  json_t *list = json_loadb(json, bytes, JSON_ALLOW_NUL, NULL), *text = json_array_get(list, 0), *time = json_array_get(list, 1);
  int code = json_is_string(text) && json_array_size(list) == 9 + MIEN_CORE ? MIEN_OK
             : base_error_set(error, MIEN_EFORMAT, "collection", "", "a row is damaged");
  insight_row given = {json_string_value(text), json_string_length(text), json_is_number(time) ? json_number_value(time) : NAN, {NULL}};
  for (size_t f = 0; f < INSIGHT_FACETS; f++) given.facet[f] = json_string_value(json_array_get(list, 2 + f));
  if (!code) code = insight_add(in, &given, error);
  if (!code) {
    row *r = &in->rows[in->count - 1];
    r->state = (uint8_t)BASE_CLAMP(json_integer_value(json_array_get(list, 5)), 0, ROW_UNCLEAR);
    r->valence = (float)BASE_CLAMP(json_number_value(json_array_get(list, 6)), -1.0, 1.0);
    r->arousal = (float)BASE_CLAMP(json_number_value(json_array_get(list, 7)), -1.0, 1.0);
    r->confidence = (uint8_t)json_integer_value(json_array_get(list, 8));
    for (int k = 0; k < MIEN_CORE; k++) {
      r->core[k] = (uint8_t)json_integer_value(json_array_get(list, 9 + (size_t)k));
      if (r->core[k] > r->core[r->top]) r->top = (uint8_t)k;
    }
  }
  json_decref(list);
  return code;
}
