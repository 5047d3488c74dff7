/* library.c: a library of responses, checked whole before it is used. Any thread.
 *
 * Its form is on docs/uses/respond.md. Every refusal names the file, the entry and what to write instead. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "respond/respond.h"
#include "respond/score.h"
#include "text/phrase.h"

#define REMEDY "docs/uses/respond.md has the form"
enum { TITLE = 80, REASON = 400, SOURCE = 200 /* bytes */, LISTED = 16 /* of one list of an entry */ };

typedef struct loader {
  mien_respond *library;
  mien_error *error;
  char where[160]; /* "reflect.json, entry 'reflect.waited'" */
} loader;

static int wrong(loader *l, const char *remedy, const char *format, ...) __attribute__((format(printf, 3, 4)));
static int wrong(loader *l, const char *remedy, const char *format, ...) {
  char what[200];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(what, sizeof what, format, arguments);
  va_end(arguments);
  return base_error_set(l->error, MIEN_EFORMAT, l->where, *remedy ? remedy : REMEDY, "%s", what);
}

static int no_memory(loader *l) { return base_error_set(l->error, MIEN_ENOMEM, "the library of responses", "", "out of memory"); }

/* Only keys of `known` ("a b c"). */
static int only(loader *l, const json_t *object, const char *what, const char *known) {
  const char *key;
  json_t *value;
  if (!json_is_object(object)) return wrong(l, "", "%s has to be an object", what);
  json_object_foreach((json_t *)object, key, value) {
    size_t length = strlen(key);
    const char *at = known;
    while (*at && !(strcspn(at, " ") == length && !memcmp(at, key, length))) at += strcspn(at, " "), at += *at == ' ';
    if (!*at) return wrong(l, "", "'%.40s' is not known in %s: %s", key, what, known);
  }
  return MIEN_OK;
}

/* A text for people: 1…most bytes, no control characters, gaps in brackets. */
static int text_of(loader *l, const char **to, const json_t *value, const char *what, size_t most) {
  const char *text = json_string_value(value);
  int open = 0;
  if (!text || !*text || json_string_length(value) != strlen(text) || strlen(text) > most) return wrong(l, "", "%s has to be a text of 1 to %zu bytes", what, most);
  for (const char *at = text; *at && open >= 0 && open <= 1; at++) {
    if ((unsigned char)*at < 0x20 || *at == 0x7f) return wrong(l, "write it in one line", "%s has a control character", what);
    open += (*at == '[') - (*at == ']');
  }
  if (open) return wrong(l, "a gap for the speaker to fill is written […]", "%s has a bracket without its other", what);
  *to = text;
  return MIEN_OK;
}

/* {"en": "…", …} */
static int texts_of(loader *l, const char *to[RESPOND_LANGUAGES], const json_t *value, const char *what, size_t most) {
  int code = only(l, value, what, "en zh es de fr ar");
  if (!code && !json_object_get(value, "en")) return wrong(l, "English is what others fall back to", "%s is missing in English", what);
  for (int k = 0; k < RESPOND_LANGUAGES && !code; k++) {
    const json_t *one = json_object_get(value, respond_languages[k]);
    if (one) code = text_of(l, &to[k], one, what, most);
  }
  return code;
}

/* ---- An entry ---- */

typedef int (*find_fn)(loader *l, const char *name);

static int find_core(loader *l, const char *name) { return !strcmp(name, "unsure") ? MIEN_CORE : respond_named(name, mien_core_name); }
static int find_state(loader *l, const char *name) { return respond_named(name, mien_state_name); }
static int find_move(loader *l, const char *name) { return respond_among(name, respond_moves, RESPOND_MOVES); }
static int find_place(loader *l, const char *name) { return respond_among(name, respond_places, BASE_COUNT(respond_places)); }

static int find_own(const char **names, size_t *count, const char *name) {
  size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz_");
  int at = respond_among(name, names, *count);
  if (at >= 0) return at;
  if (!length || name[length] || length > 63 || *count == RESPOND_NAMES) return -1;
  names[*count] = name;
  return (int)(*count)++;
}
static int find_role(loader *l, const char *name) { return find_own(l->library->roles, &l->library->role_count, name); }
static int find_purpose(loader *l, const char *name) { return find_own(l->library->purposes, &l->library->purpose_count, name); }

static int bits_of(loader *l, uint64_t *bits, const json_t *list, const char *what, find_fn find, const char *known) {
  size_t i;
  json_t *one;
  *bits = 0;
  if (!list) return MIEN_OK;
  if (!json_is_array(list) || !json_array_size(list) || json_array_size(list) > LISTED) return wrong(l, "leave it away where any will do", "%s has to be a list of 1 to %d names", what, LISTED);
  json_array_foreach(list, i, one) {
    const char *name = json_string_value(one);
    int at = name ? find(l, name) : -1;
    if (at < 0) return wrong(l, known, "'%.40s' in %s is not known", name ? name : "", what);
    *bits |= (uint64_t)1 << at;
  }
  return MIEN_OK;
}

static int take_when(loader *l, respond_entry *e, const json_t *when) {
  uint64_t core, states, moves, place;
  if (!when) return MIEN_OK;
  int code = only(l, when, "when", "core states moves place crisis");
  const json_t *crisis = json_object_get(when, "crisis");
  if (!code && crisis && !json_is_boolean(crisis)) code = wrong(l, "", "crisis has to be true or false");
  if (code || (code = bits_of(l, &core, json_object_get(when, "core"), "core", find_core, "neutral joy sadness anger fear disgust surprise unsure")) ||
      (code = bits_of(l, &states, json_object_get(when, "states"), "states", find_state, "docs/states.md has their names")) ||
      (code = bits_of(l, &moves, json_object_get(when, "moves"), "moves", find_move, "worse level better")) ||
      (code = bits_of(l, &place, json_object_get(when, "place"), "place", find_place, "open middle close")))
    return code;
  e->core = (unsigned)core, e->states = (unsigned)states, e->moves = (unsigned)moves, e->place = (unsigned)place;
  e->crisis = json_is_true(crisis);
  return MIEN_OK;
}

static int take_words(loader *l, respond_entry *e, const json_t *words) {
  int code = only(l, words, "words", "en zh es de fr ar");
  if (!code && !json_object_get(words, "en")) return wrong(l, "English is what others fall back to", "the words are missing in English");
  for (int k = 0; k < RESPOND_LANGUAGES && !code; k++) {
    const json_t *one = json_object_get(words, respond_languages[k]);
    char what[24];
    snprintf(what, sizeof what, "words.%s", respond_languages[k]);
    if (json_is_object(one)) {
      code = only(l, one, what, "formal informal");
      for (int r = 0; r < 2 && !code; r++) code = text_of(l, &e->words[k][r], json_object_get(one, respond_registers[r]), what, RESPOND_WORDS);
    } else if (one) {
      code = text_of(l, &e->words[k][0], one, what, RESPOND_WORDS);
      e->words[k][1] = e->words[k][0];
    }
  }
  return code;
}

static int reason_of(loader *l, int *to, const respond_reason *reasons, size_t count, const json_t *name, const char *what) {
  const char *id = json_string_value(name);
  for (size_t i = 0; id && i < count; i++)
    if (!strcmp(id, reasons[i].id)) return *to = (int)i, MIEN_OK;
  return wrong(l, "write it into reasons.json", "'%.60s', its %s, is not in reasons.json", id ? id : "", what);
}

static bool id_good(const char *id, int strategy) {
  const char *name = mien_strategy_name(strategy);
  size_t length = strlen(name);
  if (!id || strlen(id) >= RESPOND_ID || strncmp(id, name, length) || id[length] != '.') return false;
  id += length + 1;
  return *id && !id[strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-")];
}

static int take_entry(loader *l, int strategy, const char *file, size_t number, const json_t *from) {
  mien_respond *r = l->library;
  respond_entry *e = &r->entries[r->entry_count];
  *e = (respond_entry){.strategy = strategy, .id = json_string_value(json_object_get(from, "id")), .avoid = -1};
  snprintf(l->where, sizeof l->where, "%.80s, entry %zu", file, number + 1);
  int code = only(l, from, "an entry", "id when roles purposes words why avoid");
  if (code) return code;
  if (!id_good(e->id, strategy)) return wrong(l, "", "its id has to be %s. and then a-z, 0-9 or -", mien_strategy_name(strategy));
  snprintf(l->where, sizeof l->where, "%.80s, entry '%.64s'", file, e->id);
  for (size_t i = 0; i < r->entry_count; i++)
    if (!strcmp(r->entries[i].id, e->id)) return wrong(l, "give each entry a name of its own", "this id is there twice");
  if ((code = take_when(l, e, json_object_get(from, "when"))) ||
      (code = bits_of(l, &e->roles, json_object_get(from, "roles"), "roles", find_role, "a role is a name of a-z and _, at most 64 different ones")) ||
      (code = bits_of(l, &e->purposes, json_object_get(from, "purposes"), "purposes", find_purpose, "a purpose is a name of a-z and _, at most 64 different ones")) ||
      (code = take_words(l, e, json_object_get(from, "words"))) || (code = reason_of(l, &e->why, r->why, r->why_count, json_object_get(from, "why"), "why")))
    return code;
  if (json_object_get(from, "avoid")) code = reason_of(l, &e->avoid, r->avoid, r->avoid_count, json_object_get(from, "avoid"), "avoid");
  if (!code) r->entry_count++;
  return code;
}

/* ---- Files ---- */

static int take_strategy(loader *l, int strategy, const json_t *file) {
  mien_respond *r = l->library;
  char name[48];
  const char *source = NULL;
  size_t i;
  json_t *one;
  snprintf(name, sizeof name, "%s.json", mien_strategy_name(strategy));
  snprintf(l->where, sizeof l->where, "%s", name);
  const json_t *entries = json_object_get(file, "entries"), *named = json_object_get(file, "strategy");
  int code = only(l, file, "the file", "strategy title source entries");
  if (!code && respond_strategy_named(json_string_value(named)) != strategy) return wrong(l, "write the name that the file has", "its strategy has to be '%s'", mien_strategy_name(strategy));
  if (!code) code = texts_of(l, r->titles[strategy], json_object_get(file, "title"), "title", TITLE);
  if (!code) code = text_of(l, &source, json_object_get(file, "source"), "source", SOURCE);
  if (!code && (!json_is_array(entries) || !json_array_size(entries))) return wrong(l, "leave the file away where there are none", "entries has to be a list of at least one");
  if (!code && r->entry_count + json_array_size(entries) > RESPOND_ENTRIES) return base_error_set(l->error, MIEN_ELIMIT, l->where, "", "a library may have %d entries", RESPOND_ENTRIES);
  if (code) return code;
  respond_entry *more = base_resize(r->entries, r->entry_count + json_array_size(entries), sizeof *more);
  if (!more) return no_memory(l);
  r->entries = more;
  json_array_foreach(entries, i, one)
    if ((code = take_entry(l, strategy, name, i, one))) return code;
  return MIEN_OK;
}

static int take_reasons(loader *l, respond_reason **to, size_t *count, const json_t *map, const char *what) {
  const char *key;
  json_t *value;
  snprintf(l->where, sizeof l->where, "reasons.json");
  if (!json_is_object(map)) return wrong(l, "", "%s has to be an object of reasons", what);
  if (json_object_size(map) > RESPOND_REASONS) return base_error_set(l->error, MIEN_ELIMIT, l->where, "", "%s may have %d reasons", what, RESPOND_REASONS);
  *to = base_alloc(json_object_size(map) + 1, sizeof **to);
  if (!*to) return no_memory(l);
  json_object_foreach((json_t *)map, key, value) {
    respond_reason *reason = &(*to)[*count];
    snprintf(l->where, sizeof l->where, "reasons.json, %s '%.64s'", what, key);
    reason->id = key;
    int code = only(l, value, "a reason", "source words");
    if (!code) code = text_of(l, &reason->source, json_object_get(value, "source"), "source", SOURCE);
    if (!code) code = texts_of(l, reason->words, json_object_get(value, "words"), "words", REASON);
    if (code) return code;
    ++*count;
  }
  return MIEN_OK;
}

/* ---- Where they come from ---- */

static int parse(loader *l, const char *name, const char *bytes, size_t count, json_t **to) {
  json_error_t bad;
  snprintf(l->where, sizeof l->where, "%.80s", name);
  *to = json_loadb(bytes, count, JSON_REJECT_DUPLICATES, &bad);
  if (*to) return MIEN_OK;
  snprintf(l->where, sizeof l->where, "%.80s, line %d, column %d", name, bad.line, bad.column);
  return wrong(l, "", "not JSON: %.150s", bad.text);
}

static int slot_of(const char *name) { /* of files; -1 */
  char strategy[48];
  size_t length = strlen(name);
  if (length < 6 || length >= sizeof strategy || strcmp(name + length - 5, ".json")) return -1;
  memcpy(strategy, name, length - 5);
  strategy[length - 5] = 0;
  return !strcmp(strategy, "reasons") ? MIEN_STRATEGIES : respond_strategy_named(strategy);
}

static int read_file(loader *l, const char *folder, const char *name, json_t **to) {
  char path[4096];
  int code = MIEN_OK;
  snprintf(l->where, sizeof l->where, "%.150s", name);
  if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path) return wrong(l, "", "the path is too long");
  FILE *file = fopen(path, "rbe");
  char *bytes = file ? base_alloc(RESPOND_FILE + 1, 1) : NULL;
  size_t count = bytes ? fread(bytes, 1, RESPOND_FILE + 1, file) : 0;
  if (!file || ferror(file)) code = base_error_set(l->error, MIEN_EIO, path, "", "it could not be read: %s", strerror(errno));
  else if (!bytes) code = no_memory(l);
  else if (count > RESPOND_FILE) code = base_error_set(l->error, MIEN_ELIMIT, path, "", "a file of responses may have %d MB", RESPOND_FILE >> 20);
  else code = parse(l, name, bytes, count, to);
  if (file) fclose(file);
  base_free(bytes);
  return code;
}

static int read_folder(loader *l, const char *folder) {
  DIR *d = opendir(folder);
  int code = MIEN_OK;
  if (!d) return base_error_set(l->error, MIEN_EIO, folder, "name a folder with reasons.json and STRATEGY.json files", "it could not be opened: %s", strerror(errno));
  for (struct dirent *one; !code && (one = readdir(d));) {
    size_t length = strlen(one->d_name);
    int slot = slot_of(one->d_name);
    if (*one->d_name == '.' || length < 5 || strcmp(one->d_name + length - 5, ".json")) continue;
    snprintf(l->where, sizeof l->where, "%.150s", one->d_name);
    if (slot < 0) code = wrong(l, "call it as one of the 12 strategies, or reasons.json", "this file is of no strategy");
    else code = read_file(l, folder, one->d_name, &l->library->files[slot]);
  }
  closedir(d);
  return code;
}

static int read_given(loader *l, const respond_file *files) {
  int code = MIEN_OK;
  for (const respond_file *file = files; file->name && !code; file++) {
    int slot = slot_of(file->name);
    snprintf(l->where, sizeof l->where, "%.150s", file->name);
    if (slot < 0 || l->library->files[slot]) code = wrong(l, "call it as one of the 12 strategies, or reasons.json", "this file is of no strategy, or there twice");
    else code = parse(l, file->name, file->json, strlen(file->json), &l->library->files[slot]);
  }
  return code;
}

static int take_crisis(loader *l) {
  mien_respond *r = l->library;
  size_t count = 0;
  while (text_crisis_phrases[count]) count++;
  base_arena_init(&r->arena, 1 << 20);
  r->crisis = base_arena_alloc(&r->arena, count, sizeof *r->crisis);
  for (size_t i = 0; i < count && r->crisis; i++) {
    char folded[256];
    const char *from = folded;
    size_t bytes = text_phrase_fold(text_crisis_phrases[i], strlen(text_crisis_phrases[i]), folded, sizeof folded);
    if (!bytes) continue;
    bytes = text_phrase_trim(&from, bytes);
    char *own = base_arena_alloc(&r->arena, bytes, 1);
    if (!own) return no_memory(l);
    memcpy(own, from, bytes);
    r->crisis[r->crisis_count++] = (respond_phrase){own, bytes};
  }
  return r->crisis ? MIEN_OK : no_memory(l);
}

/* Somebody of whom nothing is known has to be answered as well, and so has somebody in a crisis. */
static bool for_anybody(const mien_respond *r, int strategy, bool crisis) {
  for (size_t i = r->first[strategy]; i < r->first[strategy + 1]; i++) {
    const respond_entry *e = &r->entries[i];
    if (e->crisis == crisis && (!e->core || e->core & RESPOND_UNSURE) && !e->states && !e->moves && !e->place && !e->roles && !e->purposes) return true;
  }
  return false;
}

static int take(loader *l) {
  mien_respond *r = l->library;
  const json_t *reasons = r->files[MIEN_STRATEGIES];
  snprintf(l->where, sizeof l->where, "reasons.json");
  if (!reasons) return wrong(l, "", "the library has no reasons.json");
  int code = only(l, reasons, "reasons.json", "why avoid");
  if (!code) code = take_reasons(l, &r->why, &r->why_count, json_object_get(reasons, "why"), "why");
  if (!code) code = take_reasons(l, &r->avoid, &r->avoid_count, json_object_get(reasons, "avoid"), "avoid");
  for (int k = 0; k < MIEN_STRATEGIES && !code; k++) {
    r->first[k] = r->entry_count;
    if (r->files[k]) code = take_strategy(l, k, r->files[k]);
    r->first[k + 1] = r->entry_count;
  }
  if (code) return code;
  snprintf(l->where, sizeof l->where, "clarify.json");
  if (!for_anybody(r, MIEN_CLARIFY, false)) return wrong(l, "write one without roles, purposes and when, or with \"core\": [\"unsure\"]", "there is no entry for somebody of whom nothing is known");
  snprintf(l->where, sizeof l->where, "escalate.json");
  if (!for_anybody(r, MIEN_ESCALATE, true)) return wrong(l, "write one with \"when\": {\"crisis\": true} and no other condition", "there is no entry for words of crisis");
  return take_crisis(l);
}

static int open_of(mien_respond **respond, const char *folder, const respond_file *files, mien_error *error) {
  mien_error own;
  loader l = {.error = error ? error : &own};
  l.library = *respond = base_alloc(1, sizeof **respond);
  if (!l.library) return no_memory(&l);
  int code = folder ? read_folder(&l, folder) : read_given(&l, files);
  if (!code) code = take(&l);
  if (code) mien_respond_close(respond);
  return code;
}

int mien_respond_open(mien_respond **respond, const char *library, mien_error *error) { return open_of(respond, library, respond_files, error); }
int respond_library_read(mien_respond **respond, const respond_file *files, mien_error *error) { return open_of(respond, NULL, files, error); }

int mien_respond_scorer(mien_respond *respond, const char *path, mien_error *error) {
  respond_scorer *scorer;
  int code = respond_scorer_open(&scorer, path, error);
  if (code) return code;
  respond_scorer_close(&respond->scorer);
  respond->scorer = scorer;
  return MIEN_OK;
}

void mien_respond_close(mien_respond **respond) {
  mien_respond *r = *respond;
  *respond = NULL;
  if (!r) return;
  for (size_t i = 0; i < BASE_COUNT(r->files); i++) json_decref(r->files[i]);
  respond_scorer_close(&r->scorer);
  base_free(r->entries), base_free(r->why), base_free(r->avoid);
  base_arena_clear(&r->arena);
  base_free(r);
}
