/* glance.c: see glance.h. */
#include "serve/live/glance.h"

#include <pthread.h>
#include <stdio.h>

#include "serve/api/consents.h"
#include "serve/kept/keep.h"

enum { ABSTAIN = 64 /* bytes */ };
#define HALF_LIFE 120.0     /* s, of an event's weight */
#define STEADY (0.15 / 30)  /* change of valence a second below which a direction is called steady: .15 in half a minute */
static const double weights[] = {0.1, 0.3, 0.6, 0.95}; /* by RULES_INFO… */

typedef struct glimpse {
  bool known;
  mien_reading state;   /* without what it points to */
  char abstain[ABSTAIN]; /* "": it is clear */
  unsigned rests;       /* MIEN_READ_…: what it rests on */
  mien_cue cue;         /* the strongest; without kind: none */
} glimpse;

struct serve_glance {
  pthread_mutex_t lock;
  uint64_t version;
  glimpse people[SERVE_PEOPLE];
  double fired[BASE_COUNT(weights)]; /* base_clock() of the last of each severity; NAN none */
  unsigned events;
  uint64_t always; /* bit i: a rule that is `always` fired for person i */
  struct {
    char rule[RULES_NAME], title[RULES_TITLE];
    int severity, person;
    bool always;
    double at, clock; /* seconds of the conversation; base_clock() */
  } last; /* of events > 0 */
};

serve_glance *serve_glance_open(void) {
  serve_glance *g = base_alloc(1, sizeof *g);
  if (!g) return NULL;
  pthread_mutex_init(&g->lock, NULL);
  for (size_t i = 0; i < BASE_COUNT(g->fired); i++) g->fired[i] = NAN;
  return g;
}

void serve_glance_close(serve_glance **closed) {
  serve_glance *g = *closed;
  *closed = NULL;
  if (!g) return;
  pthread_mutex_destroy(&g->lock);
  base_free(g);
}

/* ---- What is noted ---- */

/* At most `room` - 1 bytes, and no half of a character. */
static void copy(char *to, const char *text, size_t room) {
  size_t n = strlen(text);
  if (n >= room) n = room - 1;
  while (n && text[n] && ((unsigned char)text[n] & 0xc0) == 0x80) n--;
  memcpy(to, text, n);
  to[n] = 0;
}

void serve_glance_state(serve_conversation *c, const mien_event *event) {
  const mien_reading *state = &event->reading;
  int person = serve_live_person(c->live, state->who);
  if (person < 0 || !strcmp(c->people[person].role, "agent")) return;
  glimpse seen = {.known = true, .state = *state, .rests = serve_keep_rests(event)};
  if (state->abstain) copy(seen.abstain, state->abstain, sizeof seen.abstain);
  const mien_cue *best = NULL;
  for (size_t i = 0; i < state->cue_count; i++)
    if (!best || fabsf(state->cues[i].weight) > fabsf(best->weight)) best = &state->cues[i];
  if (best) seen.cue = *best;
  seen.state.who = seen.state.abstain = NULL;
  seen.state.cues = NULL;
  seen.state.cue_count = 0;
  pthread_mutex_lock(&c->glance->lock);
  c->glance->people[person] = seen;
  c->glance->version++;
  pthread_mutex_unlock(&c->glance->lock);
}

void serve_glance_event(serve_conversation *c, int person, const rules_about *about, double at) {
  serve_glance *g = c->glance;
  pthread_mutex_lock(&g->lock);
  copy(g->last.rule, about->name, sizeof g->last.rule);
  copy(g->last.title, about->title, sizeof g->last.title);
  g->last.severity = about->severity;
  g->last.person = person;
  g->last.always = about->always;
  if (about->always) g->always |= person < 0 ? UINT64_MAX : (uint64_t)1 << person;
  g->last.at = at;
  g->last.clock = g->fired[about->severity] = base_clock();
  g->events++;
  g->version++;
  pthread_mutex_unlock(&g->lock);
}

void serve_glance_touch(serve_conversation *c) {
  pthread_mutex_lock(&c->glance->lock);
  c->glance->version++;
  pthread_mutex_unlock(&c->glance->lock);
}

/* ---- What is told ---- */

/* Their state may be told now: nothing that it rests on was withdrawn, and emotion is read of them. */
static bool told(const serve_conversation *c, size_t i) {
  const glimpse *g = &c->glance->people[i];
  unsigned may = serve_live_may(c->live, i);
  return g->known && c->allowed.people[i].mode == GUARD_FULL && may && !(g->rests & ~may);
}

bool serve_glance_state_of(serve_conversation *c, size_t i, mien_reading *state, char abstain[ABSTAIN], bool *crisis) {
  serve_glance *g = c->glance;
  pthread_mutex_lock(&g->lock);
  bool may = told(c, i);
  if (may) {
    *state = g->people[i].state;
    memcpy(abstain, g->people[i].abstain, ABSTAIN);
  }
  *crisis = g->always >> i & 1;
  pthread_mutex_unlock(&g->lock);
  return may;
}

static double need_of(const serve_conversation *c) {
  const serve_glance *g = c->glance;
  double now = base_clock(), events = 0, people = 0;
  for (int s = 0; s < (int)BASE_COUNT(weights); s++) {
    double age = s == RULES_CRITICAL ? 0 : now - g->fired[s];
    if (isfinite(g->fired[s])) events = BASE_MAX(events, weights[s] * exp2(-age / HALF_LIFE));
  }
  for (size_t i = 0; i < c->person_count; i++) {
    const mien_reading *r = &g->people[i].state;
    if (!told(c, i) || *g->people[i].abstain) continue;
    double valence = r->dims[MIEN_VALENCE], trend = r->trend[MIEN_VALENCE], sure = isfinite(r->confidence) ? r->confidence : 0;
    double low = isfinite(valence) ? BASE_MAX(0, -valence) : 0, falls = isfinite(trend) ? BASE_CLAMP(-trend * 60, 0.0, 1.0) : 0;
    people = BASE_MAX(people, sure * (0.7 * low + 0.3 * falls));
  }
  return 1 - (1 - events) * (1 - BASE_MIN(people, 1));
}

uint64_t serve_glance_look(serve_conversation *c, double *need) {
  pthread_mutex_lock(&c->glance->lock);
  uint64_t version = c->glance->version;
  *need = need_of(c);
  pthread_mutex_unlock(&c->glance->lock);
  return version;
}

/* The line in English, and what a page says it by in any language (docs/readings.md, "Cues"). */
static void tell_cue(base_json *json, const mien_cue *cue) {
  bool there = *cue->kind;
  base_json_string(json, "cue", there ? cue->text : NULL);
  if (!there) {
    base_json_raw(json, "cue_of", "null", 4);
    return;
  }
  base_json_open(json, "cue_of", '{');
  base_json_string(json, "kind", cue->kind);
  base_json_number(json, "value", cue->value, 3);
  base_json_string(json, "unit", cue->unit);
  base_json_number(json, "z", cue->z, 2);
  base_json_close(json, '}');
}

static void tell_state(base_json *json, const glimpse *g, bool cues) {
  const mien_reading *r = &g->state;
  int core = 0, strong = -1;
  for (int k = 1; k < MIEN_CORE; k++)
    if (r->core[k] > r->core[core]) core = k;
  for (int s = 0; s < MIEN_STATES; s++)
    if (r->states[s] > 0.5f && (strong < 0 || r->states[s] > r->states[strong])) strong = s;
  double trend = r->trend[MIEN_VALENCE];
  base_json_open(json, "state", '{');
  base_json_number(json, "at", r->t1, 3);
  base_json_string(json, "abstain", *g->abstain ? g->abstain : NULL);
  base_json_string(json, "core", *g->abstain ? NULL : mien_core_name(core));
  base_json_number(json, "confidence", r->confidence, 3);
  base_json_number(json, "valence", r->dims[MIEN_VALENCE], 3);
  base_json_number(json, "arousal", r->dims[MIEN_AROUSAL], 3);
  base_json_string(json, "state", *g->abstain || strong < 0 ? NULL : mien_state_name(strong));
  base_json_number(json, "share", strong < 0 ? NAN : r->states[strong], 3);
  base_json_number(json, "trend", trend, 5);
  base_json_string(json, "direction", *g->abstain || !isfinite(trend) ? NULL : trend > STEADY ? "rising" : trend < -STEADY ? "falling" : "steady");
  if (cues) tell_cue(json, &g->cue);
  base_json_close(json, '}');
}

/* Something of what is read of them is kept. */
static bool kept(const serve_conversation *c, size_t i) { return c->kept && *c->subjects[i] && atomic_load(&c->keep[i]); }

static void tell_person(base_json *json, const serve_conversation *c, size_t i, bool panel, bool cues) {
  base_json_open(json, NULL, '{');
  base_json_string(json, "who", c->people[i].who);
  base_json_string(json, "role", c->people[i].role);
  base_json_string(json, "mode", serve_conversation_mode(c, i));
  base_json_open(json, "read", '[');
  for (size_t k = 0; k < SERVE_MODALITIES; k++)
    if (serve_live_may(c->live, i) & serve_modalities[k].bit) base_json_string(json, NULL, serve_modalities[k].name);
  base_json_close(json, ']');
  if (panel) base_json_bool(json, "kept", kept(c, i));
  if (told(c, i)) tell_state(json, &c->glance->people[i], cues);
  else base_json_raw(json, "state", "null", 4);
  base_json_close(json, '}');
}

void serve_glance_tell(serve_conversation *c, bool panel, bool cues, base_text *to) {
  serve_glance *g = c->glance;
  base_json json;
  base_json_init(&json, to);
  pthread_mutex_lock(&g->lock);
  base_json_open(&json, NULL, '{');
  base_json_string(&json, "session", c->id);
  base_json_string(&json, "purpose", c->purpose);
  base_json_string(&json, "context", c->context);
  base_json_string(&json, "reference", *c->reference ? c->reference : NULL);
  base_json_number(&json, "since", c->opened, 0);
  base_json_number(&json, "need", need_of(c), 3);
  base_json_integer(&json, "events", g->events);
  bool any = false;
  for (size_t i = 0; i < c->person_count; i++) any |= kept(c, i);
  base_json_bool(&json, "kept", any);
  if (g->events) {
    bool person = g->last.person >= 0;
    base_json_open(&json, "last", '{');
    base_json_string(&json, "rule", g->last.rule);
    base_json_string(&json, "title", g->last.title);
    base_json_string(&json, "severity", rules_severity_name(g->last.severity));
    base_json_string(&json, "who", person ? c->people[g->last.person].who : NULL);
    base_json_bool(&json, "always", g->last.always);
    base_json_number(&json, "at", g->last.at, 3);
    base_json_number(&json, "age", base_clock() - g->last.clock, 1);
    base_json_close(&json, '}');
  } else base_json_raw(&json, "last", "null", 4);
  base_json_open(&json, "people", '[');
  for (size_t i = 0; i < c->person_count; i++) tell_person(&json, c, i, panel, cues);
  base_json_close(&json, ']');
  base_json_close(&json, '}');
  pthread_mutex_unlock(&g->lock);
}
