/* Bytes as a transcript. Checks what transcript.h promises of the turns. */
#include <stdlib.h>

#include "media/transcript.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
  transcript *t;
  mien_error error;
  if (transcript_open_memory(&t, (const char *)data, bytes, "fuzz", bytes % 2 ? 30 : NAN, &error))
    return 0;
  double last = 0;
  for (size_t i = 0; i < transcript_count(t); i++) {
    const transcript_turn *turn = transcript_at(t, i);
    if (!turn->bytes || turn->text[turn->bytes] || strlen(turn->text) != turn->bytes) abort();
    if (base_utf8_check(turn->text, turn->bytes) != turn->bytes) abort();
    if (turn->t0 < last || turn->t1 < turn->t0) abort();
    if (!isnan(turn->t0)) last = turn->t0;
    for (size_t k = 0; k < turn->word_count; k++)
      if (!turn->words[k].text || !(turn->words[k].t1 >= turn->words[k].t0)) abort();
  }
  transcript_close(&t);
  return 0;
}
