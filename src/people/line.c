/* line.c: events as JSON lines, as `mien read --json` and a service's records have them. What a line does not have is not known. */
#include "people/parts.h"

#include <jansson.h>

static double number(json_t *of, const char *key) {
  json_t *value = json_object_get(of, key);
  return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

static float limited(json_t *of, const char *key) {
  double value = number(of, key);
  return isfinite(value) ? (float)BASE_CLAMP(value, -1, 1) : NAN;
}

static int take_turn(mien_people *people, json_t *turn) {
  const char *who = json_string_value(json_object_get(turn, "who")), *text = json_string_value(json_object_get(turn, "text"));
  mien_event event = {.kind = MIEN_EVENT_TURN, .who = who, .t0 = number(turn, "t0"), .t1 = number(turn, "t1"), .text = text};
  return mien_people_event(people, &event);
}

static int take_reading(mien_people *people, json_t *one, const char *modality) {
  mien_cue away = {.kind = "gaze_away"};
  mien_event event = {.kind = MIEN_EVENT_READING};
  mien_reading *r = &event.reading;
  int kind = 0;
  while (kind < MIEN_MODALITIES && strcmp(modality, mien_modality_name(kind))) kind++;
  if (kind == MIEN_MODALITIES) return MIEN_OK;
  base_reading_init(r, kind);
  if (kind == MIEN_FUSED) event.kind = MIEN_EVENT_STATE;
  r->who = json_string_value(json_object_get(one, "who"));
  r->t0 = number(one, "t0");
  r->t1 = number(one, "t1");
  r->final = json_is_true(json_object_get(one, "final"));
  r->abstain = json_is_string(json_object_get(one, "abstain")) ? "as recorded" : NULL;
  json_t *core = json_object_get(one, "core"), *fine = json_object_get(one, "fine"), *cues = json_object_get(one, "cues"), *cue;
  for (int k = 0; k < MIEN_CORE; k++) r->core[k] = limited(core, mien_core_name(k));
  for (int k = 0; k < MIEN_FINE; k++) r->fine[k] = limited(fine, mien_fine_name(k));
  for (int d = 0; d < MIEN_DIMS; d++) r->dims[d] = limited(json_object_get(one, "dims"), mien_dim_name(d));
  for (int k = 0; k < MIEN_EXTRA; k++) r->extra[k] = limited(json_object_get(one, "extra"), mien_extra_name(k));
  for (int k = 0; k < MIEN_FLAGS; k++) r->flags[k] = limited(json_object_get(one, "flags"), mien_flag_name(k));
  size_t i;
  json_array_foreach(cues, i, cue) {
    const char *name = json_string_value(json_object_get(cue, "kind"));
    if (name && !strcmp(name, away.kind)) r->cues = &away, r->cue_count = 1;
  }
  return mien_people_event(people, &event);
}

int mien_people_line(mien_people *people, const char *json, size_t bytes, mien_error *error) {
  json_error_t wrong;
  json_t *line = json_loadb(json, bytes, 0, &wrong);
  if (!json_is_object(line)) {
    json_decref(line);
    return base_error_set(error, MIEN_EFORMAT, "line", "give lines as `mien read --json` writes them", "not a JSON object: %s", line ? "another kind of value" : wrong.text);
  }
  const char *type = json_string_value(json_object_get(line, "type"));
  json_t *one = type && json_object_get(line, type) ? json_object_get(line, type) : line;
  json_t *turn = json_object_get(one, "turn");
  const char *modality = json_string_value(json_object_get(one, "modality"));
  int code = MIEN_OK;
  if (json_is_object(turn)) code = take_turn(people, turn);
  else if (modality) code = take_reading(people, one, modality);
  else if (json_is_string(json_object_get(one, "text")) && json_is_string(json_object_get(one, "who"))) code = take_turn(people, one);
  json_decref(line);
  return code ? base_error_set(error, code, "line", "", "out of memory") : MIEN_OK;
}
