/* page.c: all of it as one JSON object. */
#include "people/parts.h"

static void write_figure(base_json *json, const char *key, mien_figure f) {
  if (!isfinite(f.value)) {
    base_json_raw(json, key, "null", 4);
    return;
  }
  base_json_open(json, key, '{');
  base_json_number(json, "value", f.value, 3);
  base_json_number(json, "low", f.low, 3);
  base_json_number(json, "high", f.high, 3);
  base_json_close(json, '}');
}

static void write_person(base_json *json, const mien_person *p) {
  base_json_open(json, NULL, '{');
  base_json_string(json, "who", p->who);
  base_json_integer(json, "turns", p->turns);
  base_json_integer(json, "pleasant", p->pleasant);
  base_json_integer(json, "unpleasant", p->unpleasant);
  base_json_number(json, "talk", p->talk, 2);
  write_figure(json, "share", p->share);
  write_figure(json, "mean", p->mean);
  write_figure(json, "variability", p->variability);
  base_json_number(json, "instability", p->instability.value, 3);
  write_figure(json, "inertia", p->inertia);
  write_figure(json, "trend", p->trend);
  base_json_integer(json, "dips", p->dips);
  base_json_integer(json, "recovered", p->recovered);
  write_figure(json, "recovery", p->recovery);
  base_json_number(json, "recovery_seconds", p->recovery_seconds, 1);
  base_json_close(json, '}');
}

static void write_pair(base_json *json, const mien_people *people, int from, int to) {
  mien_pair p;
  if (mien_people_pair(people, from, to, &p) || !p.answers) return;
  base_json_open(json, NULL, '{');
  base_json_string(json, "from", p.from);
  base_json_string(json, "to", p.to);
  base_json_integer(json, "answers", p.answers);
  write_figure(json, "contagion", p.contagion);
  write_figure(json, "synchrony", p.synchrony);
  write_figure(json, "escalation", p.escalation);
  write_figure(json, "deescalation", p.deescalation);
  base_json_number(json, "gap", p.gap, 2);
  base_json_integer(json, "interruptions", p.interruptions);
  base_json_bool(json, "moves_more", mien_people_influence(people, from, to) == 1);
  base_json_close(json, '}');
}

static void write_manner(base_json *json, const mien_manner *m) {
  base_json_open(json, NULL, '{');
  base_json_string(json, "manner", mien_manner_name(m->manner));
  base_json_string(json, "who", m->who);
  base_json_string(json, "toward", m->toward);
  base_json_number(json, "t0", m->t0, 2);
  base_json_number(json, "t1", m->t1, 2);
  base_json_number(json, "strength", m->strength, 2);
  base_json_string(json, "by", m->by);
  if (m->manner == MIEN_MANNER_REPAIR && m->received >= 0) base_json_bool(json, "received", m->received == 1);
  else base_json_raw(json, "received", "null", 4);
  base_json_close(json, '}');
}

void people_write(const mien_people *people, base_text *to) {
  base_json json;
  int count = mien_people_count(people), manners = mien_people_manners(people);
  base_json_init(&json, to);
  base_json_open(&json, NULL, '{');
  base_json_open(&json, "people", '[');
  for (int i = 0; i < count; i++) {
    mien_person p;
    if (!mien_people_person(people, i, &p)) write_person(&json, &p);
  }
  base_json_close(&json, ']');
  base_json_open(&json, "pairs", '[');
  for (int from = 0; from < count; from++)
    for (int with = 0; with < count; with++)
      if (from != with) write_pair(&json, people, from, with);
  base_json_close(&json, ']');
  base_json_open(&json, "manners", '[');
  for (int i = 0; i < manners; i++) write_manner(&json, &people->manners[i]);
  base_json_close(&json, ']');
  base_json_integer(&json, "left_out", people->more ? PEOPLE_NAMES : BASE_MAX(people->name_count - count, 0));
  base_json_close(&json, '}');
}

size_t mien_people_json(const mien_people *people, char *to, size_t capacity) {
  base_text text = {0};
  people_write(people, &text);
  size_t bytes = text.failed || !text.data ? 0 : text.length;
  if (capacity) {
    size_t part = BASE_MIN(bytes, capacity - 1);
    if (part) memcpy(to, text.data, part);
    to[part] = 0;
  }
  base_text_clear(&text);
  return bytes;
}
