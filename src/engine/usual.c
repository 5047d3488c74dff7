/* usual.c: what is usual for a participant, out of a session and into the next one, as JSON: for each kind of cue this
 * person's mean and spread (follow/baseline.h), and the mean of their dims (follow/course.h). No words, sounds or pictures, and
 * no moment of the conversation.
 *
 *   {"usual":1,"traits":[{"kind","mean","squares","weight","prior","within","between"},…],"dims":[{"usual","seconds"},…]}
 *
 * What is taken over counts as half of the longest memory at most, so that a person may change. */
#include "engine/engine.h"

#include <jansson.h>

#include "follow/baseline.h"

enum { VERSION = 1, BYTES = 32 << 10 };
#define CARRIED 60.0f          /* observations' worth: half of FOLLOW_MEMORY */
#define CARRIED_SECONDS 300.0  /* half of follow/course.c's memory */
#define LARGEST 1e6            /* of any number here: all are in semitones, dB, logarithms, seconds, shares */

size_t mien_session_usual(const mien_session *session, const char *who, char *to, size_t capacity) {
  const engine_participant *p = session && who ? engine_participant_find(session, who) : NULL;
  base_text text = {0};
  base_json json;
  double usual[MIEN_DIMS], seconds[MIEN_DIMS];
  bool lined = p && engine_line_usual(p, usual, seconds);
  if (capacity) *to = 0;
  if (!p || (!p->baseline && !lined)) return 0;
  base_json_init(&json, &text);
  base_json_open(&json, NULL, '{');
  base_json_integer(&json, "usual", VERSION);
  base_json_open(&json, "traits", '[');
  for (size_t i = 0; p->baseline && i < p->baseline->count; i++) {
    const follow_trait *t = &p->baseline->traits[i];
    if (!(t->weight > 0)) continue;
    base_json_open(&json, NULL, '{');
    base_json_string(&json, "kind", t->kind);
    base_json_number(&json, "mean", (double)t->mean, 6);
    base_json_number(&json, "squares", (double)t->squares, 6);
    base_json_number(&json, "weight", (double)t->weight, 4);
    base_json_number(&json, "prior", (double)t->prior_mean, 6);
    base_json_number(&json, "within", (double)t->within, 6);
    base_json_number(&json, "between", (double)t->between, 6);
    base_json_close(&json, '}');
  }
  base_json_close(&json, ']');
  base_json_open(&json, "dims", '[');
  for (int d = 0; d < MIEN_DIMS && lined; d++) {
    base_json_open(&json, NULL, '{');
    base_json_number(&json, "usual", usual[d], 4);
    base_json_number(&json, "seconds", seconds[d], 2);
    base_json_close(&json, '}');
  }
  base_json_close(&json, ']');
  base_json_close(&json, '}');
  size_t bytes = text.failed ? 0 : text.length, part = BASE_MIN(bytes, capacity ? capacity - 1 : 0);
  if (part) memcpy(to, text.data, part), to[part] = 0;
  base_text_clear(&text);
  return bytes;
}

/* A number of that name, low…high; false: none. */
static bool number(const json_t *of, const char *key, double low, double high, float *to) {
  const json_t *value = json_object_get(of, key);
  double found = json_is_number(value) ? json_number_value(value) : (double)NAN;
  *to = (float)found;
  return found >= low && found <= high;
}

static bool take_trait(const json_t *one, follow_trait *t) {
  const char *kind = json_string_value(json_object_get(one, "kind"));
  size_t length = kind ? strlen(kind) : 0;
  memset(t, 0, sizeof *t);
  if (!length || length >= sizeof t->kind) return false;
  memcpy(t->kind, kind, length);
  bool good = number(one, "mean", -LARGEST, LARGEST, &t->mean) && number(one, "squares", 0, LARGEST * LARGEST, &t->squares) &&
              number(one, "weight", 0, (double)FOLLOW_MEMORY * 1.01, &t->weight) && number(one, "prior", -LARGEST, LARGEST, &t->prior_mean) &&
              number(one, "within", 0, LARGEST, &t->within) && number(one, "between", 0, LARGEST, &t->between) && (t->between > 0 || !(t->within > 0));
  if (good && t->weight > CARRIED) t->squares *= CARRIED / t->weight, t->weight = CARRIED;
  return good;
}

static bool take(const json_t *from, follow_baseline *baseline, double usual[MIEN_DIMS], double seconds[MIEN_DIMS], bool *lined) {
  const json_t *traits = json_object_get(from, "traits"), *dims = json_object_get(from, "dims");
  if (json_integer_value(json_object_get(from, "usual")) != VERSION || !json_is_array(traits) || !json_is_array(dims)) return false;
  if (json_array_size(traits) > FOLLOW_TRAITS || (json_array_size(dims) && json_array_size(dims) != MIEN_DIMS)) return false;
  for (size_t i = 0; i < json_array_size(traits); i++) {
    if (!take_trait(json_array_get(traits, i), &baseline->traits[i])) return false;
    for (size_t k = 0; k < i; k++)
      if (!strcmp(baseline->traits[k].kind, baseline->traits[i].kind)) return false;
    baseline->count++;
  }
  *lined = json_array_size(dims) > 0;
  for (size_t d = 0; d < json_array_size(dims); d++) {
    float a, b;
    if (!number(json_array_get(dims, d), "usual", -1, 1, &a) || !number(json_array_get(dims, d), "seconds", 0, LARGEST, &b)) return false;
    usual[d] = (double)a;
    seconds[d] = BASE_MIN((double)b, CARRIED_SECONDS);
  }
  return true;
}

int mien_session_usual_set(mien_session *session, const char *who, const char *text, size_t bytes) {
  static const char where[] = "mien_session_usual_set";
  double usual[MIEN_DIMS], seconds[MIEN_DIMS];
  bool lined = false;
  if (!session) return MIEN_EINVAL;
  if (!text || bytes > BYTES) return engine_fail(session, MIEN_EINVAL, where, "give what mien_session_usual gave", "there is no such usual");
  engine_participant *p = engine_participant_get(session, who);
  if (!p) return session->error.code;
  if (p->baseline || p->line) return engine_fail(session, MIEN_EINVAL, where, "set it before anything of theirs is fed", "'%s' has been read already", p->name);
  follow_baseline *baseline = base_alloc(1, sizeof *baseline);
  json_t *from = json_loadb(text, bytes, JSON_REJECT_DUPLICATES, NULL);
  int code = baseline ? MIEN_OK : engine_out_of_memory(session);
  if (!code && !take(from, baseline, usual, seconds, &lined))
    code = engine_fail(session, MIEN_EFORMAT, where, "give what mien_session_usual gave", "this is not what is usual for somebody, or of another version");
  if (!code && lined && session->options.states) code = engine_line_usual_set(session, p, usual, seconds);
  json_decref(from);
  if (code) {
    base_free(baseline);
    return code;
  }
  p->baseline = baseline;
  return MIEN_OK;
}
