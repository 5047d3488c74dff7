/* fuzz_text.c: any bytes as a text, read by the toy model, and cut into subwords of the toy vocabulary. */
#include <stdio.h>
#include <stdlib.h>

#include "text/subwords.h"

static text_reader *reader;
static text_subwords *subwords;
static struct { const char *text[1024]; const int8_t *bytes; } pieces; /* of the vocabulary */
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
  snprintf(path, sizeof path, "%s/tests/text/subwords.mien", root ? root : ".");
  static nn_file *vocabulary;
  if (nn_file_open(&vocabulary, path, &error) || text_subwords_open(&subwords, vocabulary, &error)) abort();
  const nn_tensor *text = nn_file_tensor(vocabulary, "vocabulary.text", NN_I8, 2, NULL, &error);
  const nn_tensor *lengths = nn_file_tensor(vocabulary, "vocabulary.lengths", NN_I8, 2, NULL, &error);
  pieces.bytes = lengths->data;
  const char *at = text->data;
  for (uint32_t i = 0; i < lengths->dims[1]; at += pieces.bytes[i++]) pieces.text[i] = at;
}

#define REQUIRE(what) do { if (!(what)) abort(); } while (0)

static void check_tokens(const uint8_t *data, size_t size, int unspaced) {
  text_tokenise(&tokens, (const char *)data, size, unspaced);
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
}

/* The pieces spell the token, or the token with its doubled letters single. */
static void check_cut(size_t index) {
  const text_token *token = &tokens.items[index];
  uint16_t ids[TEXT_SUBWORD_TOKEN];
  int32_t score;
  size_t count = text_subwords_cut(subwords, &tokens, index, ids, NULL, TEXT_SUBWORD_TOKEN, &score);
  REQUIRE(count >= 1 && count <= TEXT_SUBWORD_TOKEN && score < 0 && score >= -16000 * TEXT_SUBWORD_TOKEN);
  char spelled[TEXT_SUBWORD_TOKEN];
  size_t bytes = 0, characters = 0;
  for (size_t i = 0; i < count; i++) {
    REQUIRE(ids[i] >= TEXT_SUBWORD_BYTES && ids[i] < text_subwords_count(subwords));
    size_t piece = (size_t)(ids[i] - TEXT_SUBWORD_FIRST);
    size_t length = ids[i] < TEXT_SUBWORD_FIRST ? 1 : (size_t)pieces.bytes[piece];
    REQUIRE(bytes + length <= sizeof spelled);
    if (ids[i] < TEXT_SUBWORD_FIRST) spelled[bytes] = (char)(ids[i] - TEXT_SUBWORD_BYTES);
    else memcpy(spelled + bytes, pieces.text[piece], length);
    bytes += length;
  }
  const uint32_t *expected = tokens.characters + token->first;
  bool spaced = text_token_is_spaced(&tokens, token);
  for (size_t at = 0; at < bytes;) {
    uint32_t c;
    int length = base_utf8_next(spelled + at, bytes - at, &c);
    REQUIRE(length > 0);
    at += (size_t)length;
    if (spaced) {
      REQUIRE(c == TEXT_SUBWORD_SPACE);
      spaced = false;
      continue;
    }
    while (token->marks & TEXT_LONG && characters && characters < token->count && expected[characters] != c &&
           expected[characters] == expected[characters - 1])
      characters++;
    REQUIRE(characters < token->count && expected[characters] == c);
    characters++;
  }
  while (token->marks & TEXT_LONG && characters < token->count && expected[characters] == expected[characters - 1])
    characters++;
  REQUIRE(!spaced && characters == token->count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (!reader) begin();
  for (int unspaced = TEXT_PAIRS; unspaced <= TEXT_RUNS; unspaced++) check_tokens(data, size, unspaced);
  for (size_t i = 0; i < tokens.count; i++) check_cut(i);
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
