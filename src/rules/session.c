/* session.c: rules over one conversation as it goes on.
 *
 * Of each participant: for each condition since when it holds, when it last held, in how many turns in a row; for each
 * rule whether it is on. No history of values is kept, and nothing that was said. */
#include <pthread.h>
#include <stdio.h>

#include "rules/parts.h"
#include "text/phrase.h"

#define STALE 15.0    /* seconds after which a state or cue that is not renewed no longer counts */
#define SPEAKING 60.0 /* seconds after which who began to speak and gave no turn is taken to be silent */
#define BEGUN 0.3     /* an interruption: the other has spoken so long already … */
#define TOGETHER 0.5  /* … and goes on so long after it begins */

typedef struct leaf_now {
  bool holds, seen;         /* seen: in this turn */
  double since, last, told; /* holds since; held last; when the value was last told */
  double times[RULES_TIMES]; /* the last times it began to hold, a ring */
  unsigned begun;           /* how many */
  int row;                  /* turns in a row before this one */
} leaf_now;

typedef struct rule_now {
  bool on, due;             /* due: the condition holds since `since` */
  double since, fired;      /* fired: -INFINITY never */
} rule_now;

typedef struct person {
  char who[RULES_NAME], role[RULES_NAME];
  bool observe;             /* no rule of an emotion */
  leaf_now *leaves;         /* rules_set.leaf_count */
  rule_now *rules;
  double turn0, turn1;      /* the last turn; NAN none */
  double speaking;          /* since; NAN: does not */
  double talked;            /* seconds */
  unsigned turns;
} person;

struct rules_session {
  const rules_set *set;
  rules_budget *budget;
  double began, clock, last_speech;
  bool started;
  person people[RULES_PEOPLE + 1]; /* [0]: the conversation as a whole */
  size_t count;
  rules_count counts[RULES_MOST];
  int fired[RULES_MOST];
  rules_event queue[RULES_QUEUE];
  size_t head, queued;
  char folded[RULES_TURN];
};

/* ---- Budgets of a day ---- */

struct rules_budget {
  pthread_mutex_t lock;
  struct {
    int64_t day;
    int used;
  } rules[RULES_MOST];
};

int rules_budget_open(rules_budget **opened, const rules_set *set, mien_error *error) {
  rules_budget *budget = base_alloc(1, sizeof *budget);
  *opened = budget;
  if (!budget) return base_error_set(error, MIEN_ENOMEM, "rules", "", "out of memory");
  pthread_mutex_init(&budget->lock, NULL);
  return MIEN_OK;
}

void rules_budget_close(rules_budget **budget) {
  if (!*budget) return;
  pthread_mutex_destroy(&(*budget)->lock);
  base_free(*budget);
  *budget = NULL;
}

bool rules_budget_take(rules_budget *budget, const rules_set *set, size_t rule, double when) {
  int most = set->rules[rule].day;
  if (!budget || !most) return true;
  int64_t day = (int64_t)floor(BASE_CLAMP(when, -1e12, 1e12) / 86400);
  pthread_mutex_lock(&budget->lock);
  if (budget->rules[rule].day != day) {
    budget->rules[rule].day = day;
    budget->rules[rule].used = 0;
  }
  bool allowed = budget->rules[rule].used < most;
  budget->rules[rule].used += allowed;
  pthread_mutex_unlock(&budget->lock);
  return allowed;
}

/* ---- Sessions ---- */

static int person_init(person *p, const rules_set *set, const char *who) {
  *p = (person){.turn0 = (double)NAN, .turn1 = (double)NAN, .speaking = (double)NAN};
  snprintf(p->who, sizeof p->who, "%s", who);
  p->leaves = base_alloc(BASE_MAX(set->leaf_count, 1), sizeof *p->leaves);
  p->rules = base_alloc(BASE_MAX(set->rule_count, 1), sizeof *p->rules);
  if (!p->leaves || !p->rules) return MIEN_ENOMEM;
  for (size_t i = 0; i < set->leaf_count; i++) p->leaves[i].last = p->leaves[i].told = -(double)INFINITY;
  for (size_t i = 0; i < set->rule_count; i++) p->rules[i].fired = -(double)INFINITY;
  return MIEN_OK;
}

static void person_clear(person *p) {
  base_free(p->leaves);
  base_free(p->rules);
  *p = (person){0};
}

int rules_session_open(rules_session **opened, const rules_set *set, rules_budget *budget, double began, mien_error *error) {
  rules_session *s = base_alloc(1, sizeof *s);
  *opened = s;
  if (!s) return base_error_set(error, MIEN_ENOMEM, "rules", "", "out of memory");
  s->set = set;
  s->budget = budget;
  s->began = began;
  s->count = 1;
  if (person_init(&s->people[0], set, "") == MIEN_OK) return MIEN_OK;
  rules_session_close(opened);
  return base_error_set(error, MIEN_ENOMEM, "rules", "", "out of memory");
}

void rules_session_close(rules_session **session) {
  if (!*session) return;
  for (size_t i = 0; i < (*session)->count; i++) person_clear(&(*session)->people[i]);
  base_free(*session);
  *session = NULL;
}

static person *find(rules_session *s, const char *who) {
  for (size_t i = 1; who && i < s->count; i++)
    if (!strcmp(s->people[i].who, who)) return &s->people[i];
  return NULL;
}

int rules_session_join(rules_session *s, const char *who, const char *role) {
  if (!who || !role || !*who || strlen(who) >= RULES_NAME || strlen(role) >= RULES_NAME) return MIEN_EINVAL;
  person *p = find(s, who);
  if (!p) {
    if (s->count == BASE_COUNT(s->people)) return MIEN_ELIMIT;
    p = &s->people[s->count];
    if (person_init(p, s->set, who)) return person_clear(p), MIEN_ENOMEM;
    s->count++;
  }
  snprintf(p->role, sizeof p->role, "%s", role);
  return MIEN_OK;
}

void rules_session_observe(rules_session *s, const char *who, bool observe) {
  person *p = find(s, who);
  if (p) p->observe = observe;
}

/* ---- Conditions ---- */

/* What the condition looks at holds, or does not, at `at`. */
static void leaf_tell(leaf_now *now, bool holds, double at) {
  if (holds && !now->holds) {
    now->since = at;
    now->times[now->begun++ % RULES_TIMES] = at;
  }
  if (holds) {
    now->last = at;
    now->seen = true;
  }
  now->holds = holds;
  now->told = at;
}

static bool compare(const rules_leaf *leaf, float value) { /* NAN: false */
  switch (leaf->op) {
  case OP_ABOVE: return value > leaf->than;
  case OP_BELOW: return value < leaf->than;
  case OP_LEAST: return value >= leaf->than;
  default: return value <= leaf->than;
  }
}

static bool leaf_holds(const rules_leaf *leaf, const leaf_now *now, double at) {
  if (leaf->times) {
    unsigned place = now->begun - (unsigned)leaf->times; /* the leaf->times-th last */
    return now->begun >= (unsigned)leaf->times && at - now->times[place % RULES_TIMES] <= leaf->within;
  }
  if (leaf->within > 0) return now->holds || at - now->last <= leaf->within;
  if (leaf->turns) return now->holds && now->row + now->seen >= leaf->turns;
  return now->holds && (leaf->lasting <= 0 || at - now->since >= leaf->lasting);
}

static bool tree_holds(const rules_session *s, const person *p, const rules_tree *tree) {
  if (tree->kind == TREE_LEAF) return leaf_holds(&s->set->leaves[tree->leaf], &p->leaves[tree->leaf], s->clock);
  if (tree->kind == TREE_NOT) return !tree_holds(s, p, tree->first);
  for (const rules_tree *each = tree->first; each; each = each->next)
    if (tree_holds(s, p, each) == (tree->kind == TREE_ANY)) return tree->kind == TREE_ANY;
  return tree->kind == TREE_ALL;
}

/* ---- Rules ---- */

static void push(rules_session *s, rules_event event) {
  if (s->queued == RULES_QUEUE) {
    if (!s->set->rules[event.rule].always) return;
    size_t i = 0;
    while (i < s->queued && s->set->rules[s->queue[(s->head + i) % RULES_QUEUE].rule].always) i++;
    if (i == s->queued) i = 0;
    for (; i + 1 < s->queued; i++) s->queue[(s->head + i) % RULES_QUEUE] = s->queue[(s->head + i + 1) % RULES_QUEUE];
    s->queued--;
  }
  s->queue[(s->head + s->queued++) % RULES_QUEUE] = event;
}

static void fire(rules_session *s, person *p, size_t at) {
  const rules_rule *rule = &s->set->rules[at];
  rule_now *now = &p->rules[at];
  rules_count *count = &s->counts[at];
  count->met++;
  if (!rule->always && s->clock - now->fired < rule->cooldown) {
    count->cooled++;
    return;
  }
  if (!rule->always && ((rule->session && s->fired[at] >= rule->session) || !rules_budget_take(s->budget, s->set, at, s->began + s->clock))) {
    count->spent++;
    return;
  }
  count->fired++;
  s->fired[at]++;
  now->fired = s->clock;
  push(s, (rules_event){at, p->who, p->role, s->clock});
}

static bool concerns(const rules_rule *rule, const person *p) {
  if (!*p->who) return rule->whole;
  if (p->observe && rule->emotion) return false;
  for (size_t i = 0; i < rule->role_count; i++)
    if (!strcmp(rule->roles[i], p->role)) return true;
  return !rule->role_count;
}

static void judge(rules_session *s, person *p) {
  for (size_t i = 0; i < s->set->rule_count; i++) {
    const rules_rule *rule = &s->set->rules[i];
    rule_now *now = &p->rules[i];
    if (!concerns(rule, p)) continue;
    bool holds = tree_holds(s, p, rule->when);
    if (now->on) {
      now->on = rule->leave ? !tree_holds(s, p, rule->leave) : holds;
      if (now->on) continue;
      now->due = false;
      if (rule->leave) continue; /* it may come on again with what comes next */
    }
    if (holds && !now->due) now->since = s->clock;
    now->due = holds;
    if (!holds || s->clock - now->since < rule->lasting) continue;
    now->on = true;
    fire(s, p, i);
  }
}

/* What is true of a moment alone does not go on: the next such moment is one of its own. */
static void end_moment(rules_session *s, person *p) {
  for (size_t i = 0; i < s->set->leaf_count; i++)
    if (s->set->leaves[i].term >= TERM_WORDS) p->leaves[i].holds = false;
  for (size_t i = 0; i < s->set->rule_count; i++)
    if (p->rules[i].on && !s->set->rules[i].leave && !tree_holds(s, p, s->set->rules[i].when)) p->rules[i].on = p->rules[i].due = false;
}

/* ---- The clock ---- */

static bool anyone_speaks(const rules_session *s) {
  for (size_t i = 1; i < s->count; i++)
    if (s->clock - s->people[i].speaking < SPEAKING) return true; /* NAN: false */
  return false;
}

static void tick(rules_session *s) {
  if (anyone_speaks(s)) s->last_speech = BASE_MAX(s->last_speech, s->clock);
  float silence = (float)BASE_MAX(s->clock - s->last_speech, 0);
  for (size_t k = 0; k < s->count; k++) {
    person *p = &s->people[k];
    for (size_t i = 0; i < s->set->leaf_count; i++) {
      const rules_leaf *leaf = &s->set->leaves[i];
      leaf_now *now = &p->leaves[i];
      if (leaf->term == TERM_SILENCE) leaf_tell(now, compare(leaf, silence), s->clock);
      else if (leaf->term <= TERM_MEASURED && s->clock - now->told > STALE) now->holds = false;
    }
    judge(s, p);
  }
}

void rules_session_advance(rules_session *s, double to) {
  if (!isfinite(to)) return;
  if (!s->started) {
    s->started = true;
    s->clock = s->last_speech = to;
  }
  double gap = to - s->clock;
  if (!(gap > 0)) return;
  double from = s->clock, steps = BASE_MIN(ceil(gap), 600);
  for (int i = 1; i <= (int)steps; i++) {
    s->clock = i == (int)steps ? to : from + gap * i / steps;
    tick(s);
  }
}

/* ---- Feeding ---- */

static float cue_value(const rules_leaf *leaf, const mien_reading *reading) {
  for (size_t i = 0; i < reading->cue_count; i++) {
    const mien_cue *cue = &reading->cues[i];
    if (!strncmp(cue->kind, leaf->kind, sizeof cue->kind)) return leaf->term == TERM_CUE ? cue->z : cue->value;
  }
  return NAN;
}

static float state_value(const rules_leaf *leaf, const mien_reading *reading) {
  switch (leaf->term) {
  case TERM_CORE: return reading->core[leaf->index];
  case TERM_FINE: return reading->fine[leaf->index];
  case TERM_EXTRA: return reading->extra[leaf->index];
  case TERM_DIM: return reading->dims[leaf->index];
  case TERM_FLAG: return reading->flags[leaf->index];
  case TERM_STATE: return reading->states[leaf->index];
  case TERM_TREND: return reading->trend[leaf->index];
  case TERM_FORECAST: return reading->forecast[leaf->index];
  default: return reading->confidence;
  }
}

void rules_session_feed_reading(rules_session *s, const mien_reading *reading) {
  person *p = find(s, reading->who);
  if (!p || !isfinite(reading->t1)) return;
  rules_session_advance(s, reading->t1);
  if (reading->modality == MIEN_VOICE && !reading->abstain) s->last_speech = BASE_MAX(s->last_speech, BASE_MIN(reading->t1, s->clock));
  bool fused = reading->modality == MIEN_FUSED, usable = !reading->abstain;
  for (size_t i = 0; i < s->set->leaf_count; i++) {
    const rules_leaf *leaf = &s->set->leaves[i];
    leaf_now *now = &p->leaves[i];
    if (leaf->term <= TERM_CONFIDENCE) {
      if (fused) leaf_tell(now, usable && compare(leaf, state_value(leaf, reading)), s->clock);
    } else if (leaf->term <= TERM_MEASURED) {
      float value = cue_value(leaf, reading);
      if (isfinite(value)) leaf_tell(now, compare(leaf, value), s->clock);
    }
  }
  judge(s, p);
  end_moment(s, p);
}

void rules_session_feed_speech(rules_session *s, const char *who, double at) {
  person *p = find(s, who);
  if (!p || !isfinite(at)) return;
  rules_session_advance(s, at);
  p->speaking = s->clock;
  s->last_speech = s->clock;
}

static void tell_interruption(rules_session *s, person *p) {
  for (size_t i = 0; i < s->set->leaf_count; i++)
    if (s->set->leaves[i].term == TERM_INTERRUPTIONS) leaf_tell(&p->leaves[i], true, s->clock);
  judge(s, p);
  end_moment(s, p);
}

/* Who began later, while the other went on, has interrupted; a word or two ("I see") has not. Turns come in at their ends. */
static void find_interruptions(rules_session *s, person *p, size_t words) {
  for (size_t i = 1; i < s->count; i++) {
    person *q = &s->people[i];
    if (q == p || !isfinite(q->turn0)) continue;
    if (words > 2 && p->turn0 - q->turn0 >= BEGUN && q->turn1 - p->turn0 >= TOGETHER) tell_interruption(s, p);
    else if (q->turn1 - q->turn0 >= 1 && q->turn0 - p->turn0 >= BEGUN && p->turn1 - q->turn0 >= TOGETHER) tell_interruption(s, q);
  }
}

static bool find_words(const rules_leaf *leaf, const char *folded, size_t bytes) {
  for (size_t i = 0; i < leaf->phrase_count; i++)
    if (memmem(folded, bytes, leaf->phrases[i].folded, leaf->phrases[i].bytes)) return true;
  return false;
}

void rules_session_feed_turn(rules_session *s, const char *who, double t0, double t1, const char *text, size_t bytes) {
  person *p = find(s, who);
  if (!p || !isfinite(t0) || !isfinite(t1) || t1 < t0) return;
  rules_session_advance(s, t0);
  if (!isfinite(p->speaking)) p->speaking = s->clock; /* spoke from t0 on */
  rules_session_advance(s, t1);
  p->speaking = (double)NAN;
  s->last_speech = BASE_MAX(s->last_speech, BASE_MIN(t1, s->clock));
  size_t folded = text_phrase_fold(text ? text : "", text ? bytes : 0, s->folded, sizeof s->folded);
  size_t words = text_phrase_count(s->folded, folded);
  double speed = words >= 3 && t1 - t0 >= 0.5 ? 60 * (double)words / (t1 - t0) : (double)NAN, all = 0;
  p->turn0 = t0;
  p->turn1 = t1;
  p->turns++;
  p->talked += t1 - t0;
  for (size_t i = 1; i < s->count; i++) all += s->people[i].talked;
  for (size_t i = 0; i < s->set->leaf_count; i++) {
    const rules_leaf *leaf = &s->set->leaves[i];
    leaf_now *now = &p->leaves[i];
    if (p->turns > 1) now->row = now->seen ? now->row + 1 : 0;
    now->seen = false; /* what the turn before showed does not count for this one */
    if (leaf->term == TERM_WORDS) leaf_tell(now, folded && find_words(leaf, s->folded, folded), s->clock);
    else if (leaf->term == TERM_SPEED && isfinite(speed)) leaf_tell(now, compare(leaf, (float)speed), s->clock);
    else if (leaf->term == TERM_SHARE && all >= 30) leaf_tell(now, compare(leaf, (float)(p->talked / all)), s->clock);
  }
  memset(s->folded, 0, folded);
  judge(s, p);
  end_moment(s, p);
  find_interruptions(s, p, words);
}

int rules_session_next(rules_session *s, rules_event *event) {
  if (!s->queued) return MIEN_EAGAIN;
  *event = s->queue[s->head];
  s->head = (s->head + 1) % RULES_QUEUE;
  s->queued--;
  return MIEN_OK;
}

rules_count rules_session_count(const rules_session *s, size_t rule) { return s->counts[rule]; }
