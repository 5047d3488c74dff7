/* fuzz_draft.c: what a drafting endpoint answers, and drafts. The first byte picks: an answer, or a draft in one of the six languages. */
#include <stdlib.h>
#include <string.h>

#include "respond/draft.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static int read_tone(void *context, const char *text, respond_draft_tone *tone) {
  tone->core[MIEN_NEUTRAL] = 1;
  return 0;
}

/* Whatever was drafted, the rules say the same twice, and what they keep is plain, short UTF-8 without a zero. */
static void check(const mien_respond *library, const char *draft, const char *language) {
  const respond_draft_turn turn = {true, draft};
  mien_reading state;
  base_reading_init(&state, MIEN_FUSED);
  respond_draft_ask ask = {.model = "m", .strategy = "reflect", .meaning = "Name it", .wording = "I hear that.", .language = language, .state = &state, .turns = &turn, .turn_count = 1};
  respond_refusal first = respond_draft_check(&ask, draft, library, read_tone, NULL);
  if (first != respond_draft_check(&ask, draft, library, read_tone, NULL)) abort();
  if (!first && (strlen(draft) > RESPOND_DRAFT_MOST || base_utf8_check(draft, strlen(draft)) != strlen(draft) || strchr(draft, '@') || strchr(draft, '\n'))) abort();
  if ((first != RESPOND_DRAFT_KEPT) != (respond_refusal_name(first) != NULL)) abort();
  base_text body = {0};
  mien_error error = {0};
  if (respond_draft_request(&ask, &body, &error) || base_utf8_check(body.data, body.length) != body.length) abort();
  base_text_clear(&body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
  static const char *const languages[] = {"en", "zh", "es", "de", "fr", "ar"};
  mien_error error = {0};
  base_text draft = {0};
  static mien_respond *library; /* for as long as the target runs */
  if (!bytes) return 0;
  if (!library && mien_respond_open(&library, NULL, &error)) abort();
  if (data[0] % 7 == 6) {
    int code = respond_draft_answer((const char *)data + 1, bytes - 1, &draft, &error);
    if (code && !*error.what) abort();
    if (!code) check(library, draft.data ? draft.data : "", "en");
  } else if (bytes < 1 << 16) {
    base_text_add(&draft, (const char *)data + 1, bytes - 1);
    check(library, draft.data ? draft.data : "", languages[data[0] % 7]);
  }
  base_text_clear(&draft);
  return 0;
}
