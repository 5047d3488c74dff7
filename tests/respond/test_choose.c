/* test_choose.c: what is suggested: words of crisis first, only questions where nothing is known, nothing twice, the same
 * answer to the same question, registers, languages, and what it says spoke for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "respond/respond.h"
#include "text/phrase.h"
#include "yaml/tree.h"

static mien_respond *inside;
static mien_error gone;
#define GOOD(call)                                                                    \
  do {                                                                                \
    if (call) fail_msg("%s: %s (%s); %s", #call, gone.what, gone.where, gone.remedy); \
  } while (0)

static int set_up(void **state) { return mien_respond_open(&inside, NULL, &gone); }
static int tear_down(void **state) { return mien_respond_close(&inside), 0; }

static mien_reading reading(int core, float confidence) {
  mien_reading r;
  base_reading_init(&r, MIEN_FUSED);
  for (int k = 0; k < MIEN_CORE; k++) r.core[k] = k == core ? 0.76f : 0.04f;
  for (int k = 0; k < MIEN_STATES; k++) r.states[k] = 0.05f;
  r.confidence = confidence;
  r.trend[MIEN_VALENCE] = 0;
  return r;
}

static size_t suggest(const mien_respond_ask *ask, mien_suggestion *to, size_t room, int *flags) {
  size_t count;
  GOOD(mien_respond_suggest(inside, ask, to, room, &count, flags, &gone));
  return count;
}

static void crisis(void **state) {
  static const char *const said[] = {"I want to die", "i don’t want to LIVE any more", "Ich will sterben.", "Je veux mourir", "ya no quiero vivir así", "我想自杀", "أريد أن أموت"};
  mien_suggestion list[MIEN_RESPOND_MOST];
  int flags;
  for (int core = 0; core < MIEN_CORE; core++) /* whatever is read, joy as well */
    for (size_t i = 0; i < BASE_COUNT(said); i++) {
      mien_reading r = reading(core, 0.9f);
      mien_respond_turn turns[] = {{"c", said[i], -1}, {"a", "I see.", MIEN_CLARIFY}, {"c", "It is nothing.", -1}};
      const char *const before[] = {"escalate.stay-and-connect"};
      mien_respond_ask ask = {.size = sizeof ask, .state = &r, .turns = turns, .turn_count = i % 2 ? 1 : 3, .neutral = core % 2, .said = before, .said_count = 1};
      size_t count = suggest(&ask, list, 12, &flags);
      assert_true(flags & MIEN_RESPOND_CRISIS);
      assert_true(count > 1);
      assert_int_equal(list[0].strategy, MIEN_ESCALATE);
      assert_string_equal(list[0].because[0].what, "words.crisis");
      for (size_t k = 0; k < count; k++) {
        int s = list[k].strategy;
        assert_true(s == MIEN_ESCALATE || s == MIEN_CLARIFY || s == MIEN_RESTATE || s == MIEN_SLOW_DOWN);
        bool written_for_it = false; /* nothing is right by chance */
        for (size_t e = 0; e < inside->entry_count; e++) written_for_it |= inside->entries[e].crisis && !strcmp(inside->entries[e].id, list[k].id);
        assert_true(written_for_it);
      }
    }
  mien_respond_turn other[] = {{"a", "We had a suicide in this street.", -1}, {"c", "Oh.", -1}}; /* not the person's own */
  mien_respond_ask ask = {.size = sizeof ask, .turns = other, .turn_count = 2};
  suggest(&ask, list, 3, &flags);
  assert_false(flags & MIEN_RESPOND_CRISIS);
}

/* The phrases are those of the shipped rules, one by one: there is no second list. */
static void one_source(void **state) {
  char path[1024];
  yaml_tree *tree;
  const char *root = getenv("MIEN_SOURCE_ROOT");
  size_t count = 0;
  snprintf(path, sizeof path, "%s/rules/default.yaml", root ? root : ".");
  GOOD(yaml_read_file(&tree, path, &gone));
  const yaml_node *rule = yaml_get(yaml_get(yaml_root(tree), "rules"), "crisis_words"), *words = yaml_get(yaml_get(rule, "when"), "words");
  for (const yaml_node *one = words->first; one; one = one->next) assert_string_equal(one->word, text_crisis_phrases[count++]);
  assert_true(count > 20);
  assert_null(text_crisis_phrases[count]);
  assert_int_equal(inside->crisis_count, count);
  yaml_close(&tree);
}

static void unsure(void **state) {
  mien_suggestion list[MIEN_RESPOND_MOST];
  mien_reading r = reading(MIEN_JOY, 0.9f), empty;
  base_reading_init(&empty, MIEN_FUSED);
  for (int k = 0; k < MIEN_CORE; k++) empty.core[k] = NAN;
  r.abstain = "too short";
  const mien_reading *states[] = {NULL, &r, &empty};
  for (size_t i = 0; i < BASE_COUNT(states); i++) {
    int flags;
    mien_respond_ask ask = {.size = sizeof ask, .state = states[i]};
    size_t count = suggest(&ask, list, 12, &flags);
    assert_true(count >= 2 && flags == MIEN_RESPOND_UNSURE);
    for (size_t k = 0; k < count; k++) assert_int_equal(list[k].strategy, MIEN_CLARIFY);
    assert_string_equal(list[0].because[0].what, "state.unsure");
  }
}

static void neutral(void **state) {
  mien_suggestion list[MIEN_RESPOND_MOST], without[MIEN_RESPOND_MOST];
  mien_reading r = reading(MIEN_ANGER, 0.9f);
  r.states[MIEN_FRUSTRATION] = 0.9f;
  mien_respond_ask ask = {.size = sizeof ask, .state = &r, .neutral = 1, .purpose = "customer_service"};
  size_t count = suggest(&ask, list, 12, NULL);
  assert_true(count > 0);
  for (size_t k = 0; k < count; k++) {
    int s = list[k].strategy;
    assert_true(s == MIEN_CLARIFY || s == MIEN_RESTATE || s == MIEN_SUGGEST || s == MIEN_INFORM || s == MIEN_ACT);
    for (size_t b = 0; b < list[k].because_count; b++)
      assert_true(!strncmp(list[k].because[b].what, "purpose.", 8) || !strncmp(list[k].because[b].what, "place.", 6) || !strncmp(list[k].because[b].what, "words.", 6));
  }
  ask.state = NULL; /* what is expressed changes nothing */
  assert_int_equal(suggest(&ask, without, 12, NULL), count);
  for (size_t k = 0; k < count; k++) assert_ptr_equal(list[k].id, without[k].id);
}

static void again(void **state) {
  mien_suggestion list[MIEN_RESPOND_MOST], twice[MIEN_RESPOND_MOST];
  mien_reading r = reading(MIEN_ANGER, 0.8f);
  const char *said[MIEN_RESPOND_SAID];
  mien_respond_ask ask = {.size = sizeof ask, .state = &r, .said = said};
  for (;;) { /* until nothing is left */
    size_t count = suggest(&ask, list, 5, NULL);
    assert_int_equal(suggest(&ask, twice, 5, NULL), count);
    for (size_t i = 0; i < count; i++) {
      assert_ptr_equal(list[i].id, twice[i].id);
      assert_true(list[i].score == twice[i].score && list[i].score > 0 && list[i].score <= 1);
      for (size_t k = 0; k < ask.said_count; k++) assert_string_not_equal(said[k], list[i].id);
      for (size_t k = 0; k < i; k++) assert_ptr_not_equal(list[k].id, list[i].id);
    }
    for (size_t i = 0; i < count; i++) said[ask.said_count++] = list[i].id;
    if (!count) break;
  }
  assert_true(ask.said_count > 4);
}

static bool names(const mien_suggestion *s, const char *what) {
  for (size_t i = 0; i < s->because_count; i++)
    if (!strcmp(s->because[i].what, what)) return true;
  return false;
}

/* Where the parts are named, they are the largest, and they add up. */
static void because(void **state) {
  mien_suggestion list[MIEN_RESPOND_MOST];
  mien_reading r = reading(MIEN_ANGER, 0.8f);
  r.states[MIEN_FRUSTRATION] = 0.8f, r.trend[MIEN_VALENCE] = -0.03f, r.outlook.rise = 0.4f, r.outlook.warning = 1;
  mien_respond_ask ask = {.size = sizeof ask, .state = &r, .purpose = "customer_service"};
  size_t count = suggest(&ask, list, 12, NULL), at = 0;
  while (at < count && list[at].strategy != MIEN_REFLECT) at++;
  assert_true(at < count);
  assert_true(names(&list[at], "core.anger") && names(&list[at], "states.frustration") && names(&list[at], "trend.valence") && names(&list[at], "forecast.rise"));
  for (size_t i = 1; i < list[at].because_count; i++) assert_true(list[at].because[i - 1].weight >= list[at].because[i].weight);
  respond_situation s;
  float log_probability[MIEN_STRATEGIES], parts[MIEN_STRATEGIES][RESPOND_TERM_COUNT], zero[MIEN_STRATEGIES];
  GOOD(respond_situation_read(inside, &ask, &s, &gone));
  respond_prior(&s, log_probability, parts);
  respond_situation nothing = {.before = -1};
  float none[MIEN_STRATEGIES][RESPOND_TERM_COUNT];
  respond_prior(&nothing, zero, none);
  for (int k = 0; k < MIEN_STRATEGIES; k++) {
    float sum = zero[k];
    for (int t = 0; t < RESPOND_TERM_COUNT; t++) sum += parts[k][t];
    assert_float_equal(sum, log_probability[k], 1e-4);
  }
  assert_int_equal(s.move, RESPOND_MOVE_WORSE);
}

/* What is expressed, and where it is heading, moves the strategies the way that the sources have it. */
static void moves(void **state) {
  static const struct {
    int core, state;
    float trend;
    int more, less; /* `more` is likelier than `less` */
  } rows[] = {
      {MIEN_JOY, MIEN_EXCITEMENT, 0.01f, MIEN_CELEBRATE, MIEN_APOLOGISE}, {MIEN_ANGER, MIEN_FRUSTRATION, -0.02f, MIEN_APOLOGISE, MIEN_CELEBRATE},
      {MIEN_ANGER, MIEN_FRUSTRATION, -0.03f, MIEN_REFLECT, MIEN_SUGGEST}, {MIEN_SADNESS, MIEN_DISAPPOINTMENT, 0, MIEN_REFLECT, MIEN_INFORM},
      {MIEN_FEAR, MIEN_STRESS, 0, MIEN_SLOW_DOWN, MIEN_SHARE}, {MIEN_FEAR, MIEN_STRESS, 0, MIEN_REASSURE, MIEN_RESTATE},
      {MIEN_NEUTRAL, MIEN_CONFUSION, 0, MIEN_INFORM, MIEN_REFLECT}, {MIEN_NEUTRAL, MIEN_STATE_BOREDOM, 0, MIEN_SUGGEST, MIEN_RESTATE}};
  for (size_t i = 0; i < BASE_COUNT(rows); i++) {
    mien_reading r = reading(rows[i].core, 0.8f);
    r.states[rows[i].state] = 0.9f, r.trend[MIEN_VALENCE] = rows[i].trend;
    mien_respond_ask ask = {.size = sizeof ask, .state = &r};
    respond_situation s;
    float log_probability[MIEN_STRATEGIES], parts[MIEN_STRATEGIES][RESPOND_TERM_COUNT];
    GOOD(respond_situation_read(inside, &ask, &s, &gone));
    respond_prior(&s, log_probability, parts);
    if (log_probability[rows[i].more] <= log_probability[rows[i].less]) fail_msg("row %zu", i);
  }
}

static void registers(void **state) {
  mien_suggestion one;
  mien_respond_ask ask = {.size = sizeof ask, .language = "deu"};
  assert_int_equal(suggest(&ask, &one, 1, NULL), 1);
  assert_int_equal(one.reg, MIEN_FORMAL);
  ask.purpose = "game";
  suggest(&ask, &one, 1, NULL);
  assert_int_equal(one.reg, MIEN_INFORMAL);
  ask.reg = MIEN_FORMAL;
  suggest(&ask, &one, 1, NULL);
  assert_int_equal(one.reg, MIEN_FORMAL);
}

/* The scorer moves the strategies, and neither words of crisis, nor the unsure, nor whom may not be read. */
static void scored(void **state) {
  char path[1024];
  const char *root = getenv("MIEN_SOURCE_ROOT");
  mien_respond *with;
  mien_error error = {0};
  mien_suggestion list[MIEN_RESPOND_MOST], other[MIEN_RESPOND_MOST];
  size_t count, without;
  GOOD(mien_respond_open(&with, NULL, &gone));
  assert_int_equal(mien_respond_scorer(with, "/nowhere.mien", &error), MIEN_EIO);
  snprintf(path, sizeof path, "%s/models/text.mien", root ? root : ".");
  assert_int_equal(mien_respond_scorer(with, path, &error), MIEN_EMODEL);
  snprintf(path, sizeof path, "%s/models/respond-research.mien", root ? root : ".");
  GOOD(mien_respond_scorer(with, path, &gone));
  mien_reading r = reading(MIEN_SADNESS, 0.8f);
  mien_respond_turn turns[] = {{"a", "Hello, what brings you here today?", MIEN_CLARIFY}, {"c", "I lost my job last week and I do not know what to do.", -1}};
  mien_respond_ask ask = {.size = sizeof ask, .state = &r, .turns = turns, .turn_count = 2};
  bool moved = false, named = false;
  GOOD(mien_respond_suggest(with, &ask, list, 12, &count, NULL, &gone));
  without = suggest(&ask, other, 12, NULL);
  for (size_t i = 0; i < count && i < without; i++) moved |= list[i].id != other[i].id && strcmp(list[i].id, other[i].id);
  for (size_t i = 0; i < count; i++) named |= names(&list[i], "turns.scorer");
  assert_true(moved && named);
  for (int kind = 0; kind < 3; kind++) {
    mien_respond_ask same = ask;
    if (kind == 0) same.crisis = 1;
    if (kind == 1) same.neutral = 1;
    if (kind == 2) same.state = NULL;
    GOOD(mien_respond_suggest(with, &same, list, 12, &count, NULL, &gone));
    assert_int_equal(suggest(&same, other, 12, NULL), count);
    for (size_t i = 0; i < count; i++) assert_string_equal(list[i].id, other[i].id);
  }
  mien_respond_close(&with);
}

static void wrong(void **state) {
  static const struct {
    const char *json, *what;
  } rows[] = {
      {"", "not JSON"}, {"[1]", "object"}, {"{\"mood\":1}", "'mood' is not known"}, {"{\"state\":3}", "object"}, {"{\"state\":{}}", "has core"},
      {"{\"state\":{\"core\":{\"joy\":2}}}", "'joy' is not in 0…1"}, {"{\"most\":0}", "1 to 12"}, {"{\"most\":13}", "1 to 12"}, {"{\"most\":1.5}", "1 to 12"},
      {"{\"neutral\":1}", "true or false"}, {"{\"crisis\":1}", "true or false"}, {"{\"register\":\"rude\"}", "'rude' is none"}, {"{\"place\":\"end\"}", "'end' is none"}, {"{\"role\":7}", "63 bytes"},
      {"{\"turns\":{}}", "list"}, {"{\"turns\":[{\"who\":\"a\"}]}", "texts"}, {"{\"turns\":[{\"who\":\"a\",\"text\":\"b\",\"strategy\":\"sing\"}]}", "'sing' is no strategy"},
      {"{\"said\":\"x\"}", "list"}, {"{\"said\":[1]}", "id has to be"}, {"{\"a\":1,\"a\":2}", "not JSON"}};
  for (size_t i = 0; i < BASE_COUNT(rows); i++) {
    mien_error error = {0};
    char *answer;
    if (!mien_respond_suggest_json(inside, rows[i].json, strlen(rows[i].json), &answer, &error)) fail_msg("%s was taken", rows[i].json);
    assert_null(answer);
    if (!strstr(error.what, rows[i].what)) fail_msg("%s: '%s' does not say '%s'", rows[i].json, error.what, rows[i].what);
  }
  mien_suggestion list[MIEN_RESPOND_MOST];
  size_t count;
  mien_respond_turn half = {"a", NULL, -1}, odd = {"a", "b", 12};
  mien_respond_ask asks[] = {{.turns = &half, .turn_count = 1}, {.turns = &odd, .turn_count = 1}, {.reg = 3}, {.place = 4}, {.said_count = MIEN_RESPOND_SAID + 1}};
  for (size_t i = 0; i < BASE_COUNT(asks); i++) assert_int_equal(mien_respond_suggest(inside, &asks[i], list, 3, &count, NULL, NULL), MIEN_EINVAL);
  mien_respond_ask good = {.size = sizeof good};
  assert_int_equal(mien_respond_suggest(inside, &good, list, 0, &count, NULL, NULL), MIEN_EINVAL);
  assert_int_equal(mien_respond_suggest(inside, &good, list, 13, &count, NULL, NULL), MIEN_EINVAL);
}

/* Without a language, that of the letters; codes as the text models give them. */
static void languages(void **state) {
  static const struct {
    const char *text, *language, *is;
  } cases[] = {{"我等了三个星期 OK", NULL, "zh"}, {"انتظرت ثلاثة أسابيع", NULL, "ar"}, {"Ich warte.", NULL, "en"}, {"…", NULL, "en"}, {"Hi", "chn", "zh"}, {"Hi", "esp", "es"}, {"Hi", "ary", "ar"}, {"我", "xx", "en"}};
  for (size_t i = 0; i < BASE_COUNT(cases); i++) {
    mien_suggestion list[1];
    mien_respond_turn turn = {"c", cases[i].text, -1};
    mien_respond_ask ask = {.size = sizeof ask, .turns = &turn, .turn_count = 1, .language = cases[i].language};
    assert_int_equal(suggest(&ask, list, 1, NULL), 1);
    assert_string_equal(list[0].language, cases[i].is);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(crisis), cmocka_unit_test(one_source), cmocka_unit_test(unsure), cmocka_unit_test(neutral), cmocka_unit_test(again),
                                     cmocka_unit_test(because), cmocka_unit_test(moves), cmocka_unit_test(registers), cmocka_unit_test(scored), cmocka_unit_test(wrong),
                                     cmocka_unit_test(languages)};
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
