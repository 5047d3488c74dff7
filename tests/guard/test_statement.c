/* Signed statements: what lifts a refusal, and everything that does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>
#include <sodium.h>

#include "guard/guard.h"
#include "guard/statement.h"

#define TEXT(kind, purpose, context, place) \
  "{\"kind\":\"" kind "\",\"tenant\":\"t\",\"purpose\":\"" purpose "\",\"context\":\"" context "\",\"jurisdiction\":\"" place "\"," \
  "\"reason\":\"drivers who fall asleep\",\"signed_by\":\"the operator\",\"from\":\"2026-01-01\",\"until\":\"2026-12-31\"}"
static const char good[] = TEXT("safety", "safety", "workplace", "de");
static const double in_force = 1780000000, before = 1767225599, last = 1798761599, after = 1798761600; /* of 2026 */
static uint8_t seed[32], key[32];

static guard_statement signed_of(const char *text) {
  base_text json = {0};
  guard_statement read;
  mien_error error = {0};
  if (guard_statement_sign(text, strlen(text), seed, &json, &error)) fail_msg("%s", error.what);
  if (guard_statement_read(json.data, json.length, key, &read, &error)) fail_msg("%s", error.what);
  base_text_clear(&json);
  return read;
}

static int decide(const guard_statement *s, const char *purpose, const char *context, const char *place, const char *tenant, double now, guard_answer *answer,
                  mien_error *error) {
  guard_packs *packs;
  guard_person person = {"them", "employee", "s-1", ""};
  assert_int_equal(guard_packs_open(&packs, NULL, error), MIEN_OK);
  guard_ask ask = {tenant, purpose, context, place, true, false, &person, 1, s, now};
  int code = guard_decide(packs, NULL, &ask, answer, error);
  guard_packs_close(&packs);
  return code;
}

static void lifts_what_it_says(void **state) {
  guard_statement s = signed_of(good);
  assert_int_equal(s.kind, GUARD_SAFETY);
  assert_memory_equal(s.id, "x_", 2);
  guard_answer answer;
  mien_error error = {0};
  /* Purpose, context and role are lifted; what is left to say is that nobody has consented. */
  assert_int_equal(decide(&s, "safety", "workplace", "eu", "t", in_force, &answer, &error), MIEN_EPOLICY);
  assert_non_null(strstr(error.what, "consent"));
  static const struct {
    const char *purpose, *context, *place, *tenant, *because;
    double now;
  } refused[] = {
      {"safety", "education", "eu", "t", "safety reasons", in_force}, {"safety", "workplace", "uk", "t", "does not name", in_force},
      {"medical", "workplace", "eu", "t", "medical reasons", in_force}, {"safety", "workplace", "eu", "other", "5(1)(f)", in_force},
      {"safety", "workplace", "eu", "t", "5(1)(f)", before}, {"safety", "workplace", "eu", "t", "5(1)(f)", after},
      {"workplace_monitoring", "workplace", "eu", "t", "5(1)(f)", in_force}, {"customer_service", "workplace", "eu", "t", "at work", in_force},
  };
  for (size_t i = 0; i < BASE_COUNT(refused); i++) {
    assert_int_equal(decide(&s, refused[i].purpose, refused[i].context, refused[i].place, refused[i].tenant, refused[i].now, &answer, &error), MIEN_EPOLICY);
    if (!strstr(error.what, refused[i].because)) fail_msg("%zu: %s", i, error.what);
  }
  assert_int_equal(decide(&s, "safety", "workplace", "fr", "t", last, &answer, &error), MIEN_EPOLICY);
  assert_non_null(strstr(error.what, "consent")); /* the last day is whole, and another country of the pack is of it */
  assert_int_equal(decide(NULL, "safety", "workplace", "eu", "t", in_force, &answer, &error), MIEN_EPOLICY);
  assert_non_null(strstr(error.remedy, "statement"));
}

static void what_does_not_hold(void **state) {
  static const char *const texts[] = {
      "", "[]", "{}", "{\"kind\":\"safety\"}", TEXT("whim", "safety", "workplace", "de"), TEXT("safety", "", "workplace", "de"),
      TEXT("safety", "safety", "workplace", "de") "x",
      "{\"kind\":\"safety\",\"tenant\":\"t\",\"purpose\":\"p\",\"context\":\"c\",\"jurisdiction\":\"eu\",\"reason\":\"r\",\"signed_by\":\"s\",\"from\":\"2026-02-31\",\"until\":\"2026-12-31\"}",
      "{\"kind\":\"safety\",\"tenant\":\"t\",\"purpose\":\"p\",\"context\":\"c\",\"jurisdiction\":\"eu\",\"reason\":\"r\",\"signed_by\":\"s\",\"from\":\"2026-12-31\",\"until\":\"2026-01-01\"}",
      "{\"kind\":\"safety\",\"tenant\":\"t\",\"purpose\":\"p\",\"context\":\"c\",\"jurisdiction\":\"eu\",\"reason\":\"r\",\"signed_by\":\"s\",\"from\":1,\"until\":\"2026-01-01\"}",
  };
  mien_error error = {0};
  guard_statement read;
  base_text json = {0};
  for (size_t i = 0; i < BASE_COUNT(texts); i++)
    if (guard_statement_sign(texts[i], strlen(texts[i]), seed, &json, &error) != MIEN_EFORMAT) fail_msg("%zu was signed", i);
  assert_int_equal(guard_statement_sign(good, sizeof good - 1, seed, &json, &error), MIEN_OK);
  uint8_t other[32] = {1};
  assert_int_equal(guard_statement_read(json.data, json.length, other, &read, &error), MIEN_EPOLICY);
  for (size_t i = 0; i < json.length; i++) { /* no byte can be changed: it is another text, another signature, or no JSON */
    json.data[i] ^= 1;
    guard_statement changed;
    if (!guard_statement_read(json.data, json.length, key, &changed, &error)) fail_msg("byte %zu", i);
    json.data[i] ^= 1;
  }
  for (size_t i = 0; i < json.length; i++) assert_int_not_equal(guard_statement_read(json.data, i, key, &read, &error), MIEN_OK);
  base_text_clear(&json);
}

static int prepare(void **state) {
  if (sodium_init() < 0) return -1;
  memset(seed, 7, sizeof seed);
  guard_statement_public(seed, key);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(lifts_what_it_says), cmocka_unit_test(what_does_not_hold)};
  return cmocka_run_group_tests(tests, prepare, NULL);
}
