/* fuzz_text.c: any bytes as a text, read by the toy model. */
#include <stdio.h>
#include <stdlib.h>

#include "text/tokens.h"

static text_reader *reader;
static text_tokens tokens;

static void begin(void) {
  static nn_file *file;
  static text_model *model;
  char path[1024];
  const char *root = getenv("MIEN_SOURCE_ROOT");
  snprintf(path, sizeof path, "%s/tests/text/toy.mien", root ? root : ".");
  mien_error error;
  if (nn_file_open(&file, path, &error) || text_model_open(&model, file, &error) ||
      text_reader_open(&reader, model))
    abort();
}

#define REQUIRE(what) do { if (!(what)) abort(); } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (!reader) begin();
  text_tokenise(&tokens, (const char *)data, size, TEXT_PAIRS);
  REQUIRE(tokens.count <= TEXT_TOKENS && tokens.read <= size && tokens.invalid <= size);
  uint32_t characters = 0;
  for (size_t i = 0; i < tokens.count; i++) {
    const text_token *token = &tokens.items[i];
    REQUIRE(token->count >= 1 && token->count <= TEXT_TOKEN_CHARACTERS);
    REQUIRE(token->first == characters && token->at + token->length <= size && token->length);
    characters += token->count;
    for (uint32_t k = 0; k < token->count; k++)
      REQUIRE(tokens.characters[token->first + k] > ' ');
  }
  REQUIRE(characters == tokens.character_count);
  mien_reading reading;
  REQUIRE(text_read(reader, (const char *)data, size, &reading) == MIEN_OK);
  float sum = 0;
  for (int k = 0; k < MIEN_CORE; k++) sum += reading.core[k];
  REQUIRE(sum > .999f && sum < 1.001f);
  REQUIRE(reading.quality >= 0 && reading.quality <= 1);
  for (size_t i = 0; i < reading.cue_count; i++)
    REQUIRE((size_t)(reading.cues[i].at + reading.cues[i].length) <= size);
  return 0;
}
