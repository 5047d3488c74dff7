/* situation.c: what is asked, as numbers from 0 to 1 that prior.c weighs. Any thread.
 *
 * Thresholds and scales are chosen; those of the trend are those of src/follow (0.03 a second is 1). */
#include "respond/respond.h"
#include "respond/score.h"
#include "text/phrase.h"

#define FAST 0.03f /* valence a second, that is as much of a trend as counts */
#define MOVES 0.2f /* share of it from which it moves at all */

const char *respond_term_name(int term) {
  static const char *const names[] = {
#define RESPOND_X(name, what) what,
      RESPOND_TERMS(RESPOND_X)
#undef RESPOND_X
  };
  return term >= 0 && term < RESPOND_TERM_COUNT ? names[term] : NULL;
}

static void tell(respond_situation *s, int term, float share, float value) {
  if (!isfinite(share)) return;
  s->term[term] = BASE_CLAMP(share, 0, 1);
  s->value[term] = isfinite(value) ? value : 0;
}

static void take_state(respond_situation *s, const mien_reading *r) {
  float most = 0;
  for (int k = 0; k < MIEN_CORE; k++) {
    tell(s, RESPOND_NEUTRAL + k, r->core[k], r->core[k]);
    if (r->core[k] > most) most = r->core[k], s->core = k;
  }
  for (int k = 0; k < MIEN_STATES; k++) {
    tell(s, RESPOND_FRUSTRATION + k, r->states[k], r->states[k]);
    if (r->states[k] >= RESPOND_THERE) s->states |= 1u << k;
  }
  float trend = r->trend[MIEN_VALENCE], rise = r->outlook.rise;
  if (isfinite(trend)) {
    tell(s, RESPOND_WORSE, -trend / FAST, trend);
    tell(s, RESPOND_BETTER, trend / FAST, trend);
    s->move = trend < -MOVES * FAST ? RESPOND_MOVE_WORSE : trend > MOVES * FAST ? RESPOND_MOVE_BETTER : RESPOND_MOVE_LEVEL;
  }
  if (isfinite(rise)) tell(s, RESPOND_RISE, r->outlook.warning == 1 ? BASE_MAX(rise, 0.5f) : rise, rise);
  if (r->outlook.warning == 1) s->move = RESPOND_MOVE_WORSE;
  tell(s, RESPOND_MASKING, r->flags[MIEN_MASKING], r->flags[MIEN_MASKING]);
  tell(s, RESPOND_DOUBT, 1 - r->confidence, r->confidence);
  if (s->core < 0) s->unsure = true;
}

static bool in_crisis(const mien_respond *respond, const char *text) {
  char folded[RESPOND_FOLDED];
  size_t bytes = text_phrase_fold(text, strlen(text), folded, sizeof folded);
  bool found = false;
  for (size_t i = 0; i < respond->crisis_count && bytes && !found; i++)
    found = memmem(folded, bytes, respond->crisis[i].text, respond->crisis[i].bytes) != NULL;
  memset(folded, 0, bytes);
  return found;
}

/* A question mark of any of the six languages. */
static bool asks(const char *text) { return strchr(text, '?') || strstr(text, "？") || strstr(text, "؟"); }

static void take_turns(const mien_respond *respond, respond_situation *s, const mien_respond_turn *turns, size_t count) {
  const char *who = turns[count - 1].who;
  size_t own = 0;
  for (size_t i = 0; i < count; i++) {
    bool same = !strcmp(turns[i].who, who);
    own += same;
    if (same) s->crisis |= in_crisis(respond, turns[i].text);
    else if (turns[i].strategy >= 0) s->before = turns[i].strategy;
  }
  if (asks(turns[count - 1].text)) tell(s, RESPOND_QUESTION, 1, 1);
  if (!s->place) s->place = own <= 1 && count <= 2 ? MIEN_PLACE_OPEN : MIEN_PLACE_MIDDLE;
}

/* The scorer reads emotion out of words: not of whom nothing may rest on it. */
static int take_scores(const mien_respond *respond, respond_situation *s, const mien_respond_turn *turns, size_t count, mien_error *error) {
  respond_turn list[MIEN_RESPOND_TURNS];
  if (!respond->scorer || !count || s->neutral || s->unsure || s->crisis) return MIEN_OK;
  for (size_t i = 0; i < count; i++) list[i] = (respond_turn){turns[i].who, turns[i].text, turns[i].strategy};
  s->scored = true;
  return respond_score(respond->scorer, list, count, s->scores, error);
}

static void take_purpose(respond_situation *s, const char *purpose) {
  static const struct {
    const char *purpose;
    int term;
  } kinds[] = {{"customer_service", RESPOND_SERVICE}, {"wellbeing", RESPOND_CARE}, {"medical", RESPOND_CARE}, {"accessibility", RESPOND_CARE},
               {"self", RESPOND_CARE}, {"safety", RESPOND_CARE}, {"education", RESPOND_LEARNING}, {"staff_training", RESPOND_LEARNING},
               {"game", RESPOND_GAME}, {"content", RESPOND_GAME}};
  for (size_t i = 0; purpose && i < BASE_COUNT(kinds); i++)
    if (!strcmp(purpose, kinds[i].purpose)) tell(s, kinds[i].term, 1, 1);
}

static int wrong(mien_error *error, const char *where, const char *remedy, const char *what) {
  return base_error_set(error, MIEN_EINVAL, where, remedy, "%s", what);
}

static int check(const mien_respond_ask *ask, mien_error *error) {
  if (ask->reg < 0 || ask->reg > MIEN_INFORMAL) return wrong(error, "register", "give MIEN_FORMAL, MIEN_INFORMAL or 0", "there is no such register");
  if (ask->place < 0 || ask->place > MIEN_PLACE_CLOSE) return wrong(error, "place", "give MIEN_PLACE_… or 0", "there is no such place");
  if (ask->said_count > MIEN_RESPOND_SAID) return wrong(error, "said", "give the last 1000", "too many ids");
  for (size_t i = 0; i < ask->turn_count; i++)
    if (!ask->turns[i].who || !ask->turns[i].text || ask->turns[i].strategy < -1 || ask->turns[i].strategy >= MIEN_STRATEGIES)
      return wrong(error, "turns", "give who, text, and a strategy or -1", "a turn is not whole");
  return MIEN_OK;
}

int respond_situation_read(const mien_respond *respond, const mien_respond_ask *ask, respond_situation *s, mien_error *error) {
  int code = check(ask, error);
  if (code) return code;
  *s = (respond_situation){.core = -1, .before = -1, .move = RESPOND_MOVE_LEVEL, .place = ask->place, .neutral = ask->neutral != 0, .crisis = ask->crisis != 0};
  if (s->neutral) s->core = -1;
  else if (!ask->state || ask->state->abstain) s->unsure = true;
  else take_state(s, ask->state);
  size_t count = BASE_MIN(ask->turn_count, (size_t)MIEN_RESPOND_TURNS);
  if (count) take_turns(respond, s, ask->turns + ask->turn_count - count, count);
  if (count) code = take_scores(respond, s, ask->turns + ask->turn_count - count, count, error);
  if (code) return code;
  if (!s->place) s->place = MIEN_PLACE_MIDDLE;
  if (s->place == MIEN_PLACE_OPEN) tell(s, RESPOND_OPEN, 1, 1);
  if (s->place == MIEN_PLACE_CLOSE) tell(s, RESPOND_CLOSE, 1, 1);
  take_purpose(s, ask->purpose);
  s->role = respond_among(ask->role, respond->roles, respond->role_count);
  s->purpose = respond_among(ask->purpose, respond->purposes, respond->purpose_count);
  int language = ask->language || !count ? respond_language(ask->language) : respond_language_by_script(ask->turns[ask->turn_count - 1].text);
  s->language = BASE_MAX(language, 0);
  bool near = s->term[RESPOND_GAME] > 0 || s->term[RESPOND_LEARNING] > 0 || (ask->purpose && (!strcmp(ask->purpose, "self") || !strcmp(ask->purpose, "wellbeing")));
  s->reg = ask->reg ? ask->reg : near ? MIEN_INFORMAL : MIEN_FORMAL;
  return MIEN_OK;
}
