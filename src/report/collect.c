/* collect.c: collects. Everything is copied; interim readings of single modalities are let go. */
#include "report/parts.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

static const double longest = 48 * 3600.0; /* seconds; later sound is not drawn */

int report_open(report **to, const char *title) {
  report *r = *to = base_alloc(1, sizeof *r);
  const char *slash = title ? strrchr(title, '/') : NULL; /* a page that is sent on tells no folders */
  if (r) r->latest_of = -1;
  if (r) r->title = base_strdup(slash && slash[1] ? slash + 1 : title ? title : "");
  if (r && r->title && !mien_people_open(&r->between, NULL)) return MIEN_OK;
  report_close(to);
  return MIEN_ENOMEM;
}

void report_language(report *r, const char *code) { snprintf(r->language, sizeof r->language, "%s", code); }

void report_close(report **to) {
  report *r = *to;
  if (!r) return;
  for (int i = 0; i < r->person_count; i++) {
    base_free(r->people[i].who);
    base_free(r->people[i].points);
    base_free(r->people[i].envelope);
  }
  for (size_t i = 0; i < r->turn_count; i++) {
    base_free(r->turns[i].text);
    base_free(r->turns[i].marks);
  }
  for (size_t i = 0; i < r->text_count; i++) base_free(r->texts[i].marks);
  for (int i = 0; i < r->note_count; i++) base_free(r->notes[i]);
  for (int i = 0; i < r->warning_count; i++) {
    report_warning *w = &r->warnings[i];
    base_free(w->title), base_free(w->words), base_free(w->avoid), base_free(w->why), base_free(w->source);
  }
  for (int i = 0; i < r->reason_count; i++) base_free(r->reasons[i]);
  mien_people_close(&r->between);
  base_free(r->turns);
  base_free(r->texts);
  base_free(r->spoken);
  base_free(r->spoken_by);
  base_free(r->title);
  base_free(r);
  *to = NULL;
}

/* The person's place, made when new; -1 out of memory. Past the room, all are "others". */
static int person_of(report *r, const char *who) {
  if (!who || !*who) who = "someone";
  if (r->person_count == REPORT_PEOPLE_MAX - 1) who = "others";
  for (int i = 0; i < r->person_count; i++)
    if (!strcmp(r->people[i].who, who)) return i;
  if (r->person_count == REPORT_PEOPLE_MAX) return REPORT_PEOPLE_MAX - 1;
  char *name = base_strdup(who);
  if (!name) return -1;
  r->people[r->person_count] = (report_person){.who = name};
  return r->person_count++;
}

static const char *keep_reason(report *r, const char *reason) {
  if (!reason) return NULL;
  for (int i = 0; i < r->reason_count; i++)
    if (!strcmp(r->reasons[i], reason)) return r->reasons[i];
  if (r->reason_count == (int)BASE_COUNT(r->reasons)) return "not sure";
  char *copy = base_strdup(reason);
  return copy ? r->reasons[r->reason_count++] = copy : "not sure";
}

/* Puts a cue among the strongest, once each. */
static void keep_cue(report_cue *cues, int *count, const char *text, float weight, int toward) {
  if (!*text || !isfinite(weight) || fabsf(weight) < 0.02f) return;
  int at = *count;
  for (int i = 0; i < *count; i++)
    if (report_same_cue(cues[i].text, text)) return;
  while (at > 0 && fabsf(cues[at - 1].weight) < fabsf(weight)) at--;
  if (at == REPORT_CUES) return;
  int moved = BASE_MIN(*count, REPORT_CUES - 1) - at;
  memmove(cues + at + 1, cues + at, (size_t)moved * sizeof *cues);
  memcpy(cues[at].text, text, strnlen(text, sizeof cues[at].text - 1) + 1);
  cues[at].text[sizeof cues[at].text - 1] = 0;
  cues[at].weight = weight;
  cues[at].toward = toward >= 0 && toward < MIEN_CORE ? toward : -1;
  *count = BASE_MIN(*count + 1, REPORT_CUES);
}

/* A measure far from what is usual for this person is told even where it weighs little: people hear
 * it too. Behind the words: 1 sd is as 0.02 of a reading. What merely sets this person apart from
 * others would be told at every turn. */
static float standing_out(const mien_cue *cue, int modality) {
  bool measured = !strcmp(cue->kind, "gesture") || !strcmp(cue->kind, "restlessness");
  if (modality == MIEN_BODY && !measured) return 0.1f; /* an event: a nod, a hand to the face */
  bool own = strstr(cue->text, "this person's") != NULL;
  float size = own && isfinite(cue->z) && fabsf(cue->z) >= 1 ? 0.02f * BASE_MIN(fabsf(cue->z), 5) : 0;
  return fabsf(cue->weight) >= size ? cue->weight : size;
}

static void fill_point(report *r, report_point *point, const mien_reading *reading) {
  *point = (report_point){.t0 = reading->t0,
                          .t1 = BASE_MAX(reading->t1, reading->t0),
                          .confidence = reading->confidence,
                          .modality = reading->modality,
                          .abstain = keep_reason(r, reading->abstain)};
  memcpy(point->core, reading->core, sizeof point->core);
  memcpy(point->dims, reading->dims, sizeof point->dims);
  memcpy(point->states, reading->states, sizeof point->states);
  for (size_t i = 0; i < reading->cue_count; i++) {
    const mien_cue *cue = &reading->cues[i];
    char text[sizeof point->cues->text];
    bool quoted = cue->at >= 0 && *cue->text; /* a word, as it was said */
    if (quoted && !cue->text[1] && ispunct((unsigned char)*cue->text)) continue;
    snprintf(text, sizeof text, quoted ? "“%s”" : "%s", cue->text);
    keep_cue(point->cues, &point->cue_count, text, quoted ? cue->weight : standing_out(cue, reading->modality), cue->toward);
  }
}

static int add_point(report *r, report_person *person, const mien_reading *reading) {
  if (!base_grow(&person->points, person->count, &person->room, sizeof *person->points))
    return MIEN_ENOMEM;
  fill_point(r, &person->points[person->count++], reading);
  return MIEN_OK;
}

static int compare_marks(const void *a, const void *b) {
  const report_mark *x = a, *y = b;
  return (x->at > y->at) - (x->at < y->at);
}

static int add_text(report *r, int person, const mien_reading *reading) {
  if (!base_grow(&r->texts, r->text_count, &r->text_room, sizeof *r->texts)) return MIEN_ENOMEM;
  report_reading *text = &r->texts[r->text_count];
  *text = (report_reading){.person = person, .t0 = reading->t0, .t1 = reading->t1,
                           .unsure = reading->abstain != NULL};
  if (reading->cue_count && !(text->marks = base_alloc(reading->cue_count, sizeof *text->marks)))
    return MIEN_ENOMEM;
  for (size_t i = 0; i < reading->cue_count; i++) {
    const mien_cue *cue = &reading->cues[i];
    if (cue->at < 0 || cue->length <= 0 || !isfinite(cue->weight)) continue;
    text->marks[text->mark_count++] = (report_mark){cue->at, cue->length, cue->toward, cue->weight};
  }
  if (text->mark_count) qsort(text->marks, text->mark_count, sizeof *text->marks, compare_marks);
  r->text_count++;
  return MIEN_OK;
}

static int add_spoken(report *r, int person, const mien_reading *reading) {
  if (!base_grow(&r->spoken, r->spoken_count, &r->spoken_room, sizeof *r->spoken) ||
      !base_grow(&r->spoken_by, r->spoken_count, &r->spoken_by_room, sizeof *r->spoken_by))
    return MIEN_ENOMEM;
  fill_point(r, &r->spoken[r->spoken_count], reading);
  r->spoken_by[r->spoken_count++] = person;
  return MIEN_OK;
}

static int add_turn(report *r, int person, const mien_event *event) {
  if (!base_grow(&r->turns, r->turn_count, &r->turn_room, sizeof *r->turns)) return MIEN_ENOMEM;
  char *text = base_strdup(event->text ? event->text : "");
  if (!text) return MIEN_ENOMEM;
  r->turns[r->turn_count++] = (report_turn){.person = person, .t0 = event->t0, .t1 = event->t1,
                                            .text = text};
  return MIEN_OK;
}

/* The first moment of each time that a rise is forecast. */
static int keep_warning(report *r, int person, const mien_reading *state) {
  const mien_outlook *o = &state->outlook;
  if (!state->abstain && strcmp(r->people[person].who, "agent")) {
    r->latest = *state, r->latest_of = person;
    r->latest.who = NULL, r->latest.cues = NULL, r->latest.cue_count = 0;
  }
  if (o->label < 0) return MIEN_OK;
  bool before = r->warned;
  r->warned = o->warning != 0;
  if (before || !o->warning || r->warning_count == REPORT_WARNINGS_MAX) return MIEN_OK;
  report_warning *w = &r->warnings[r->warning_count++];
  *w = (report_warning){.at = state->t1, .seconds = (double)o->seconds, .rise = o->rise, .low = o->rise_low, .high = o->rise_high, .turns = o->turns, .person = r->latest_of};
  return report_suggest(r, w);
}

int report_add_event(report *r, const mien_event *event) {
  const mien_reading *reading = &event->reading;
  bool turn = event->kind == MIEN_EVENT_TURN;
  double t0 = turn ? event->t0 : reading->t0, t1 = turn ? event->t1 : reading->t1;
  if (!isfinite(t0) || !isfinite(t1) || t0 < 0 || t1 > longest) return MIEN_OK;
  if (mien_people_event(r->between, event)) return MIEN_ENOMEM;
  bool moved = event->kind == MIEN_EVENT_READING && reading->modality == MIEN_BODY;
  if (!turn && event->kind != MIEN_EVENT_STATE && !reading->final) return MIEN_OK;
  int person = person_of(r, turn ? event->who : reading->who);
  if (person < 0) return MIEN_ENOMEM;
  r->end = BASE_MAX(r->end, t1);
  report_person *p = &r->people[person];
  if (turn) return add_turn(r, person, event);
  if (*reading->language) memcpy(p->language, reading->language, sizeof p->language - 1);
  if (event->kind == MIEN_EVENT_STATE) {
    if (keep_warning(r, person, reading)) return MIEN_ENOMEM;
    if (!p->fused) p->count = 0; /* states take the place of single readings */
    p->fused = true;
    return add_point(r, p, reading);
  }
  int code = reading->modality == MIEN_TEXT ? add_text(r, person, reading)
                                            : add_spoken(r, person, reading);
  return code || p->fused || moved ? code : add_point(r, p, reading);
}

int report_add_audio(report *r, const char *who, const float *pcm, size_t count, double at) {
  if (!(at >= 0) || at > longest || !count) return MIEN_OK;
  int person = person_of(r, who);
  if (person < 0) return MIEN_ENOMEM;
  report_person *p = &r->people[person];
  double end = at + (double)count / 16000;
  size_t last = (size_t)(end / REPORT_ENVELOPE_STEP) + 1;
  while (last > p->envelope_room)
    if (!base_grow(&p->envelope, p->envelope_room, &p->envelope_room, sizeof *p->envelope))
      return MIEN_ENOMEM;
  while (p->envelope_count < last) p->envelope[p->envelope_count++] = 0;
  for (size_t i = 0; i < count; i++) {
    size_t step = (size_t)((at + (double)i / 16000) / REPORT_ENVELOPE_STEP);
    float size = fabsf(pcm[i]);
    if (step < last && size > p->envelope[step]) p->envelope[step] = BASE_MIN(size, 1);
  }
  r->end = BASE_MAX(r->end, end);
  return MIEN_OK;
}

int report_add_note(report *r, const char *note) {
  if (r->note_count == REPORT_NOTES_MAX) return MIEN_OK;
  char *copy = base_strdup(note);
  if (!copy) return MIEN_ENOMEM;
  r->notes[r->note_count++] = copy;
  return MIEN_OK;
}
