/* choose.c: ranks strategies, and within each the entries that fit. Any thread. */
#include "respond/respond.h"

/* With words of crisis: to a person first; then listening and asking. Nothing that cheers, advises or explains. */
#define CALM (1u << MIEN_ESCALATE | 1u << MIEN_CLARIFY | 1u << MIEN_RESTATE | 1u << MIEN_SLOW_DOWN)
/* Where nothing may rest on an emotion. */
#define NEUTRAL (1u << MIEN_CLARIFY | 1u << MIEN_RESTATE | 1u << MIEN_SUGGEST | 1u << MIEN_INFORM | 1u << MIEN_ACT)
#define ALL ((1u << MIEN_STRATEGIES) - 1)

static unsigned allowed(const respond_situation *s) {
  if (s->crisis) return CALM;
  if (s->unsure) return 1u << MIEN_CLARIFY;
  return s->neutral ? NEUTRAL : ALL;
}

/* How specifically an entry is for this situation; -1: it is not. */
static int fit(const respond_entry *e, const respond_situation *s) {
  bool blind = s->crisis || s->unsure || s->neutral; /* what is expressed is not looked at */
  unsigned core = blind || s->core < 0 ? RESPOND_UNSURE : 1u << s->core;
  if (e->crisis != s->crisis) return -1; /* what is said to somebody in a crisis was written for it: nothing else is right by chance */
  if (e->core && !(e->core & core)) return -1;
  if (e->states && (blind || !(e->states & s->states))) return -1;
  if (e->moves && (blind || !(e->moves >> s->move & 1))) return -1;
  if (e->place && !(e->place >> (s->place - 1) & 1)) return -1;
  if (e->roles && (s->role < 0 || !(e->roles >> s->role & 1))) return -1;
  if (e->purposes && (s->purpose < 0 || !(e->purposes >> s->purpose & 1))) return -1;
  return 3 * (e->states != 0) + 2 * (e->core != 0) + 2 * (e->roles != 0) + 2 * (e->purposes != 0) + (e->moves != 0) + (e->place != 0);
}

static bool was_said(const mien_respond_ask *ask, const char *id) {
  for (size_t i = 0; i < ask->said_count; i++)
    if (ask->said[i] && !strcmp(ask->said[i], id)) return true;
  return false;
}

static bool given(const mien_suggestion *list, size_t count, const char *id) {
  for (size_t i = 0; i < count; i++)
    if (list[i].id == id) return true;
  return false;
}

/* The entry of a strategy that fits best and was not said; of equal ones the first. Words of crisis may be answered the
 * same way twice: nothing holds that back. */
static const respond_entry *best_of(const mien_respond *respond, const mien_respond_ask *ask, const respond_situation *s, int strategy,
                                    const mien_suggestion *list, size_t count) {
  const respond_entry *best = NULL;
  int most = -1;
  for (size_t i = respond->first[strategy]; i < respond->first[strategy + 1]; i++) {
    const respond_entry *e = &respond->entries[i];
    int how = e->words[s->language][s->reg - 1] || e->words[0][s->reg - 1] ? fit(e, s) : -1;
    if (how <= most || given(list, count, e->id)) continue;
    if (was_said(ask, e->id) && !(s->crisis && strategy == MIEN_ESCALATE)) continue;
    best = e, most = how;
  }
  return best;
}

static void because(mien_suggestion *to, const respond_situation *s, const float parts[RESPOND_TERM_COUNT]) {
  const char *instead = s->crisis ? "words.crisis" : s->unsure ? "state.unsure" : NULL;
  if (instead) {
    to->because[to->because_count++] = (mien_because){.value = 1, .weight = 0};
    memcpy(to->because[0].what, instead, strlen(instead) + 1);
    return;
  }
  bool taken[RESPOND_TERM_COUNT] = {0};
  while (to->because_count < MIEN_RESPOND_BECAUSE) {
    int best = -1;
    for (int t = 0; t < RESPOND_TERM_COUNT; t++)
      if (!taken[t] && parts[t] >= 0.1f && (best < 0 || parts[t] > parts[best])) best = t;
    if (best < 0) return;
    taken[best] = true;
    mien_because *b = &to->because[to->because_count++];
    const char *name = respond_term_name(best);
    memcpy(b->what, name, strlen(name) + 1);
    b->value = best == RESPOND_SCORED ? expf(s->scores[to->strategy]) : s->value[best], b->weight = parts[best];
  }
}

static void put(const mien_respond *respond, const respond_situation *s, const respond_entry *e, float score, const float parts[RESPOND_TERM_COUNT], mien_suggestion *to) {
  int language = e->words[s->language][s->reg - 1] ? s->language : 0;
  const respond_reason *why = &respond->why[e->why], *avoid = e->avoid < 0 ? NULL : &respond->avoid[e->avoid];
#define IN(texts) ((texts)[language] ? (texts)[language] : (texts)[0])
  *to = (mien_suggestion){.strategy = e->strategy, .id = e->id, .title = IN(respond->titles[e->strategy]), .words = e->words[language][s->reg - 1],
                          .language = respond_languages[language], .reg = s->reg, .why = IN(why->words), .source = why->source,
                          .avoid = avoid ? IN(avoid->words) : NULL, .score = score};
#undef IN
  because(to, s, parts);
}

/* What is allowed, as shares that sum to 1; the rest 0. In a crisis `escalate` has all of it that is above the others. */
static void shares(const respond_situation *s, const float log_probability[MIEN_STRATEGIES], float share[MIEN_STRATEGIES]) {
  unsigned may = allowed(s);
  float most = -INFINITY, sum = 0;
  for (int k = 0; k < MIEN_STRATEGIES; k++)
    if (may >> k & 1) most = BASE_MAX(most, log_probability[k]);
  for (int k = 0; k < MIEN_STRATEGIES; k++) {
    share[k] = may >> k & 1 ? expf(log_probability[k] - most) : 0;
    if (s->crisis && k == MIEN_ESCALATE) share[k] = 9;
    sum += share[k];
  }
  for (int k = 0; k < MIEN_STRATEGIES; k++) share[k] /= sum;
}

int mien_respond_suggest(const mien_respond *respond, const mien_respond_ask *ask, mien_suggestion *to, size_t room, size_t *count, int *flags, mien_error *error) {
  respond_situation s;
  float log_probability[MIEN_STRATEGIES], parts[MIEN_STRATEGIES][RESPOND_TERM_COUNT], share[MIEN_STRATEGIES];
  *count = 0;
  if (!room || room > MIEN_RESPOND_MOST) return base_error_set(error, MIEN_EINVAL, "room", "", "ask for 1 to %d suggestions", MIEN_RESPOND_MOST);
  int code = respond_situation_read(respond, ask, &s, error);
  if (code) return code;
  if (flags) *flags = (s.crisis ? MIEN_RESPOND_CRISIS : 0) | (s.unsure ? MIEN_RESPOND_UNSURE : 0);
  respond_prior(&s, log_probability, parts);
  shares(&s, log_probability, share);
  for (bool more = true; more && *count < room;) { /* each round one of every strategy */
    bool done[MIEN_STRATEGIES] = {0};
    more = false;
    while (*count < room) {
      int k = -1;
      for (int i = 0; i < MIEN_STRATEGIES; i++)
        if (!done[i] && share[i] > 0 && (k < 0 || share[i] > share[k])) k = i;
      if (k < 0) break;
      done[k] = true;
      const respond_entry *e = best_of(respond, ask, &s, k, to, *count);
      if (!e) continue;
      put(respond, &s, e, share[k], parts[k], &to[*count]);
      more = true;
      ++*count;
    }
  }
  return MIEN_OK;
}
