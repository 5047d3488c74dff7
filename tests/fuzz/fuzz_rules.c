/* fuzz_rules.c: files of rules, and recorded sessions played to the shipped rules. The first byte picks. */
#include <stdlib.h>
#include <string.h>

#include "rules/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void count_event(void *context, const rules_event *event) { ++*(uint64_t *)context; }

static void play(const rules_set *set, const char *text, size_t bytes) {
  rules_recorded *recorded;
  mien_error error = {0};
  if (rules_recorded_read(&recorded, text, bytes, "fuzz.jsonl", &error)) {
    if (!error.what[0] || recorded) abort();
    return;
  }
  for (size_t i = 0; i < rules_recorded_count(recorded); i++) {
    rules_session *session;
    rules_talk talk;
    uint64_t events = 0, fired = 0;
    if (rules_session_open(&session, set, NULL, 0, &error)) abort();
    rules_recorded_play(recorded, i, session, count_event, &events);
    for (size_t r = 0; r < rules_set_count(set); r++) {
      rules_count count = rules_session_count(session, r);
      if (count.met != count.fired + count.cooled + count.spent) abort();
      fired += count.fired;
    }
    if (events != fired && fired <= RULES_QUEUE) abort();
    rules_session_close(&session);
    rules_recorded_talk(recorded, i, &talk, &error);
  }
  rules_recorded_close(&recorded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
  static const char line[] = "{\"modality\":\"fused\",\"who\":\"a\",\"t0\":0,\"t1\":1,\"core\":{\"anger\":1}}\n{\"turn\":{\"who\":\"a\",\"t0\":1,\"t1\":2,\"text\":\"cancel it\"}}\n";
  mien_error error = {0};
  rules_set *set;
  if (bytes < 1) return 0;
  const char *text = (const char *)data + 1;
  bool rules = data[0] % 2 == 0;
  int code = rules ? rules_set_read(&set, text, bytes - 1, "fuzz.yaml", &error) : rules_set_open(&set, NULL, &error);
  if (code && (!error.what[0] || set)) abort();
  if (!code) play(set, rules ? line : text, rules ? sizeof line - 1 : bytes - 1);
  rules_set_close(&set);
  return 0;
}
