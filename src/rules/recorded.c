/* recorded.c: what `mien read --json` wrote, read back and played to rules. What it reads comes from outside: every line is
 * checked, what is not known is passed over, and what it takes is bounded. Any thread, one at a time for each recording. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "rules/parts.h"

enum { CUES = 64, ITEMS = 4 << 20 };
#define ARENA ((size_t)2 << 30)

enum { ITEM_SPEECH, ITEM_TURN, ITEM_READING };
typedef struct item {
  double at;
  size_t order;   /* of the lines */
  int kind, session, who;
  double t0, t1;
  const char *text;
  size_t bytes;
  const mien_reading *reading;
} item;

typedef struct recording {
  char *name;
  char *people[RULES_PEOPLE], *roles[RULES_PEOPLE]; /* NULL: their name */
  size_t person_count, first, count; /* items */
} recording;

struct rules_recorded {
  base_arena arena;
  recording *sessions;
  item *items;
  size_t session_count, session_room, item_count, item_room;
};

typedef struct reader {
  rules_recorded *r;
  mien_error *error;
  const char *name;
  size_t line;
} reader;

static int refuse(reader *in, int code, const char *remedy, const char *what) {
  char where[256];
  snprintf(where, sizeof where, "%.200s, line %zu", in->name, in->line);
  return base_error_set(in->error, code, where, remedy, "%s", what);
}

static char *copy(reader *in, const char *text, size_t bytes) {
  char *own = base_arena_alloc(&in->r->arena, bytes + 1, 1);
  if (own) memcpy(own, text, bytes);
  return own;
}

static int find_session(reader *in, const char *name, int *at) {
  rules_recorded *r = in->r;
  for (size_t i = r->session_count; i-- > 0;) /* the last is the likeliest */
    if (!strcmp(r->sessions[i].name, name)) return *at = (int)i, MIEN_OK;
  if (r->session_count == RECORDED_SESSIONS) return refuse(in, MIEN_ELIMIT, "split the file", "more than 10000 recorded sessions");
  if (!base_grow(&r->sessions, r->session_count, &r->session_room, sizeof *r->sessions)) return refuse(in, MIEN_ENOMEM, "", "out of memory");
  recording made = {.name = copy(in, name, strlen(name))};
  if (!made.name) return refuse(in, MIEN_ENOMEM, "", "out of memory");
  r->sessions[r->session_count] = made;
  *at = (int)r->session_count++;
  return MIEN_OK;
}

/* -1: one too many, or no name; passed over. */
static int find_person(reader *in, int session, const json_t *line) {
  recording *s = &in->r->sessions[session];
  const char *who = json_string_value(json_object_get(line, "who")), *role = json_string_value(json_object_get(line, "role"));
  if (!who || !*who || strlen(who) >= RULES_NAME) return -1;
  size_t i = 0;
  while (i < s->person_count && strcmp(s->people[i], who)) i++;
  if (i == RULES_PEOPLE) return -1;
  if (i == s->person_count) {
    if (!(s->people[i] = copy(in, who, strlen(who)))) return -1;
    s->roles[s->person_count++] = NULL;
  }
  if (role && *role && strlen(role) < RULES_NAME && !s->roles[i]) s->roles[i] = copy(in, role, strlen(role));
  return (int)i;
}

static int add(reader *in, item it) {
  rules_recorded *r = in->r;
  if (r->item_count == ITEMS) return refuse(in, MIEN_ELIMIT, "split the file", "more than 4 million readings and turns");
  if (!base_grow(&r->items, r->item_count, &r->item_room, sizeof *r->items)) return refuse(in, MIEN_ENOMEM, "", "out of memory");
  it.order = r->item_count;
  r->items[r->item_count++] = it;
  return MIEN_OK;
}

static double number(const json_t *object, const char *key) {
  const json_t *value = json_object_get(object, key);
  double n = json_is_number(value) ? json_number_value(value) : (double)NAN;
  return fabs(n) <= 1e9 ? n : (double)NAN;
}

static void take_values(const json_t *object, float *to, int count, const char *(*name)(int)) {
  for (int i = 0; i < count; i++) to[i] = (float)number(object, name(i));
}

static int take_turn(reader *in, int session, const json_t *turn) {
  const json_t *text = json_object_get(turn, "text");
  item it = {.kind = ITEM_SPEECH, .session = session, .t0 = number(turn, "t0"), .t1 = number(turn, "t1"),
             .who = find_person(in, session, turn)};
  if (it.who < 0 || !isfinite(it.t0) || !isfinite(it.t1) || it.t1 < it.t0) return MIEN_OK;
  it.at = it.t0;
  int code = add(in, it);
  it.kind = ITEM_TURN;
  it.at = it.t1;
  it.bytes = json_is_string(text) ? json_string_length(text) : 0;
  it.text = copy(in, it.bytes ? json_string_value(text) : "", it.bytes);
  if (!code && !it.text) code = refuse(in, MIEN_ENOMEM, "", "out of memory");
  return code ? code : add(in, it);
}

static int take_cues(reader *in, mien_reading *reading, const json_t *list) {
  size_t count = BASE_MIN(json_array_size(list), CUES);
  mien_cue *cues = count ? base_arena_alloc(&in->r->arena, count, sizeof *cues) : NULL;
  if (count && !cues) return refuse(in, MIEN_ENOMEM, "", "out of memory");
  for (size_t i = 0; i < count; i++) {
    const json_t *from = json_array_get(list, i);
    const char *kind = json_string_value(json_object_get(from, "kind"));
    snprintf(cues[i].kind, sizeof cues[i].kind, "%s", kind ? kind : "");
    cues[i].z = (float)number(from, "z");
    cues[i].value = (float)number(from, "value");
  }
  reading->cues = cues;
  reading->cue_count = count;
  return MIEN_OK;
}

static int take_reading(reader *in, int session, const json_t *line) {
  const char *modality = json_string_value(json_object_get(line, "modality"));
  int m = 0, who = find_person(in, session, line);
  double t1 = number(line, "t1");
  while (m < MIEN_MODALITIES && modality && strcmp(modality, mien_modality_name(m))) m++;
  if (!modality || m == MIEN_MODALITIES || who < 0 || !isfinite(t1)) return MIEN_OK;
  mien_reading *reading = base_arena_alloc(&in->r->arena, 1, sizeof *reading);
  if (!reading) return refuse(in, MIEN_ENOMEM, "", "out of memory");
  base_reading_init(reading, m);
  reading->who = in->r->sessions[session].people[who];
  reading->final = json_is_true(json_object_get(line, "final"));
  reading->t0 = number(line, "t0");
  reading->t1 = t1;
  reading->abstain = json_is_string(json_object_get(line, "abstain")) ? "said so" : NULL;
  reading->confidence = (float)number(line, "confidence");
  take_values(json_object_get(line, "core"), reading->core, MIEN_CORE, mien_core_name);
  take_values(json_object_get(line, "fine"), reading->fine, MIEN_FINE, mien_fine_name);
  take_values(json_object_get(line, "extra"), reading->extra, MIEN_EXTRA, mien_extra_name);
  take_values(json_object_get(line, "dims"), reading->dims, MIEN_DIMS, mien_dim_name);
  take_values(json_object_get(line, "flags"), reading->flags, MIEN_FLAGS, mien_flag_name);
  take_values(json_object_get(line, "states"), reading->states, MIEN_STATES, mien_state_name);
  take_values(json_object_get(line, "trend"), reading->trend, MIEN_DIMS, mien_dim_name);
  const json_t *forecast = json_object_get(line, "forecast");
  for (int d = 0; d < MIEN_DIMS; d++) reading->forecast[d] = (float)number(json_object_get(forecast, mien_dim_name(d)), "value");
  int code = take_cues(in, reading, json_object_get(line, "cues"));
  return code ? code : add(in, (item){.kind = ITEM_READING, .session = session, .who = who, .at = t1, .t0 = reading->t0, .t1 = t1, .reading = reading});
}

static int take_line(reader *in, const char *bytes, size_t count) {
  size_t blank = 0;
  while (blank < count && strchr(" \t\r", bytes[blank])) blank++;
  if (blank == count) return MIEN_OK;
  if (count > RECORDED_LINE) return refuse(in, MIEN_ELIMIT, "", "the line has more than 1 MB");
  json_error_t why;
  json_t *line = json_loadb(bytes, count, JSON_REJECT_DUPLICATES, &why);
  if (!json_is_object(line)) {
    json_decref(line);
    return refuse(in, MIEN_EFORMAT, "give what `mien read --json` wrote", "the line is no JSON object");
  }
  const char *file = json_string_value(json_object_get(line, "file"));
  const json_t *turn = json_object_get(line, "turn");
  int session = 0, code = MIEN_OK;
  if (json_is_object(turn) || json_object_get(line, "modality")) {
    code = find_session(in, file ? file : in->name, &session);
    if (!code) code = json_is_object(turn) ? take_turn(in, session, turn) : take_reading(in, session, line);
  }
  json_decref(line);
  return code;
}

/* By session and time. At one moment: what ends before what begins, as it was written. */
static int by_time(const void *a, const void *b) {
  const item *x = a, *y = b;
  if (x->session != y->session) return x->session - y->session;
  if (x->at < y->at || x->at > y->at) return x->at < y->at ? -1 : 1;
  return x->order < y->order ? -1 : x->order > y->order;
}

int rules_recorded_read(rules_recorded **opened, const char *bytes, size_t count, const char *name, mien_error *error) {
  *opened = NULL;
  if (count > RECORDED_BYTES) return base_error_set(error, MIEN_ELIMIT, name, "split the file", "the file has more than 256 MB");
  rules_recorded *r = base_alloc(1, sizeof *r);
  if (!r) return base_error_set(error, MIEN_ENOMEM, name, "", "out of memory");
  base_arena_init(&r->arena, ARENA);
  reader in = {.r = r, .error = error, .name = name};
  int code = MIEN_OK;
  for (size_t at = 0; at < count && !code;) {
    const char *end = memchr(bytes + at, '\n', count - at);
    size_t length = end ? (size_t)(end - bytes) - at : count - at;
    in.line++;
    code = take_line(&in, bytes + at, length);
    at += length + 1;
  }
  if (!code && !r->item_count) code = base_error_set(error, MIEN_EEMPTY, name, "give what `mien read --json` wrote", "there is no reading and no turn in it");
  if (!code) {
    qsort(r->items, r->item_count, sizeof *r->items, by_time);
    for (size_t i = 0; i < r->item_count; i++) {
      recording *s = &r->sessions[r->items[i].session];
      if (!s->count++) s->first = i;
    }
  }
  *opened = r;
  if (code) rules_recorded_close(opened);
  return code;
}

int rules_recorded_open(rules_recorded **recorded, const char *path, mien_error *error) {
  *recorded = NULL;
  base_text text = {0};
  char block[65536];
  size_t got;
  FILE *file = fopen(path, "rbe");
  if (!file) return base_error_set(error, MIEN_EIO, path, "", "the file could not be read: %s", strerror(errno));
  while (text.length <= RECORDED_BYTES && (got = fread(block, 1, sizeof block, file)) > 0) base_text_add(&text, block, got);
  int code = MIEN_OK;
  if (ferror(file)) code = base_error_set(error, MIEN_EIO, path, "", "the file could not be read: %s", strerror(errno));
  else if (text.failed) code = base_error_set(error, MIEN_ENOMEM, path, "", "out of memory");
  fclose(file);
  if (!code) code = rules_recorded_read(recorded, text.data ? text.data : "", text.length, path, error);
  base_text_clear(&text);
  return code;
}

void rules_recorded_close(rules_recorded **recorded) {
  if (!*recorded) return;
  base_arena_clear(&(*recorded)->arena);
  base_free((*recorded)->sessions);
  base_free((*recorded)->items);
  base_free(*recorded);
  *recorded = NULL;
}

size_t rules_recorded_count(const rules_recorded *r) { return r->session_count; }
const char *rules_recorded_name(const rules_recorded *r, size_t at) { return r->sessions[at].name; }
size_t rules_recorded_people(const rules_recorded *r, size_t at) { return r->sessions[at].person_count; }
const char *rules_recorded_who(const rules_recorded *r, size_t at, size_t person) { return r->sessions[at].people[person]; }

int rules_recorded_play(const rules_recorded *r, size_t at, rules_session *session, rules_each each, void *context) {
  const recording *s = &r->sessions[at];
  int code = MIEN_OK;
  for (size_t i = 0; i < s->person_count && !code; i++) code = rules_session_join(session, s->people[i], s->roles[i] ? s->roles[i] : s->people[i]);
  for (size_t i = s->first; i < s->first + s->count && !code; i++) {
    const item *it = &r->items[i];
    rules_event event;
    if (it->kind == ITEM_SPEECH) rules_session_feed_speech(session, s->people[it->who], it->at);
    else if (it->kind == ITEM_TURN) rules_session_feed_turn(session, s->people[it->who], it->t0, it->t1, it->text, it->bytes);
    else rules_session_feed_reading(session, it->reading);
    while (rules_session_next(session, &event) == MIEN_OK) each(context, &event);
  }
  return code;
}

static float loudness_of(const mien_reading *reading) {
  for (size_t i = 0; i < reading->cue_count; i++)
    if (!strcmp(reading->cues[i].kind, "loudness")) return reading->cues[i].value;
  return NAN;
}

int rules_recorded_talk(const rules_recorded *r, size_t at, rules_talk *talk, mien_error *error) {
  const recording *s = &r->sessions[at];
  talk_turn *turns = base_alloc(s->count + 1, sizeof *turns);
  talk_mark *marks = base_alloc(s->count + 1, sizeof *marks);
  size_t turn_count = 0, mark_count = 0;
  int code = turns && marks ? MIEN_OK : base_error_set(error, MIEN_ENOMEM, s->name, "", "out of memory");
  for (size_t i = s->first; i < s->first + s->count && !code; i++) {
    const item *it = &r->items[i];
    if (it->kind == ITEM_TURN) turns[turn_count++] = (talk_turn){it->who, it->t0, it->t1, it->text, it->bytes};
    if (it->kind != ITEM_READING) continue;
    bool fused = it->reading->modality == MIEN_FUSED && !it->reading->abstain;
    marks[mark_count++] = (talk_mark){it->who, it->at, fused ? it->reading->dims[MIEN_VALENCE] : NAN, it->reading->modality == MIEN_VOICE ? loudness_of(it->reading) : NAN};
  }
  if (!code) code = rules_talk_read(talk, s->person_count, turns, turn_count, marks, mark_count, error);
  base_free(turns);
  base_free(marks);
  return code;
}
