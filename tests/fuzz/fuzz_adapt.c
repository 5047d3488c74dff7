/* fuzz_adapt.c: descriptions of policies, situations, logs, and dictionaries of signals. The first byte picks. */
#include <stdlib.h>
#include <string.h>

#include "adapt/adapt.h"
#include "signals/signals.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* Whatever a description says, probabilities sum to 1 and the chosen option is one that is allowed. */
static void use(mien_adapt *policy) {
  mien_adapt_choice choice;
  mien_error error = {0};
  for (int i = 0; i < 3; i++) {
    char *json;
    int code = mien_adapt_decide_json(policy, "{}", 2, &choice, &error);
    if (code == MIEN_EPOLICY) return;
    if (code || !(choice.probability > 0 && choice.probability <= 1 + 1e-9) || !choice.count) abort();
    if (mien_adapt_outcome(policy, choice.decision, i * 0.5, &error) || mien_adapt_explain(policy, choice.decision, &json, &error)) abort();
    mien_adapt_free(&json);
  }
  if (mien_adapt_rollback(policy, 1, &error)) abort();
}

static void situation(const char *text, size_t bytes) {
  mien_adapt *policy;
  mien_adapt_choice choice;
  mien_error error = {0};
  const char *game = mien_adapt_ready("game");
  if (mien_adapt_open(&policy, game, strlen(game), NULL, NULL, &error)) abort();
  int code = mien_adapt_decide_json(policy, text, bytes, &choice, &error);
  if (code ? !*error.what || policy->count : policy->count != 1) abort();
  mien_adapt_close(&policy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
  mien_error error = {0};
  mien_adapt *policy = NULL;
  signals_dictionary *dictionary = NULL;
  if (!bytes) return 0;
  const char *text = (const char *)data + 1;
  bytes--;
  switch (data[0] % 4) {
  case 0:
    if (!mien_adapt_open(&policy, text, bytes, NULL, NULL, &error)) use(policy);
    else if (policy || !*error.what) abort();
    break;
  case 1: situation(text, bytes); break;
  case 2:
    if (mien_adapt_load(&policy, text, bytes, NULL, NULL, NULL, &error) && (policy || !*error.what)) abort();
    break;
  default:
    if (signals_read(&dictionary, text, bytes, NULL, &error) && (dictionary || !*error.what)) abort();
    break;
  }
  mien_adapt_close(&policy);
  signals_close(&dictionary);
  return 0;
}
