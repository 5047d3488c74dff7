/* fuzz_deep.c: any bytes as a conversation, the last turn read by the deep toy model: turns are parted by
 * 0x1e, and one that begins with '=' is by the same person. */
#include <stdio.h>
#include <stdlib.h>

#include "text/deep.h"

#define REQUIRE(what) do { if (!(what)) abort(); } while (0)

static text_reader *reader;

static void begin(void) {
  static nn_file *file;
  static text_model *model;
  char path[1024];
  const char *root = getenv("MIEN_SOURCE_ROOT");
  snprintf(path, sizeof path, "%s/tests/text/deep-toy.mien", root ? root : ".");
  mien_error error;
  if (nn_file_open(&file, path, &error) || text_model_open(&model, file, &error) || text_reader_open(&reader, model))
    abort();
}

static void check(const mien_reading *reading, size_t size) {
  float sum = 0;
  for (int k = 0; k < MIEN_CORE; k++) sum += reading->core[k];
  REQUIRE(sum > .999f && sum < 1.001f);
  REQUIRE(reading->quality >= 0 && reading->quality <= 1);
  REQUIRE(reading->abstain || isfinite(reading->confidence));
  for (int k = 0; k < MIEN_FINE; k++) REQUIRE(reading->fine[k] >= 0 || !isfinite(reading->confidence));
  REQUIRE(reading->cue_count <= TEXT_CUES);
  for (size_t i = 0; i < reading->cue_count; i++) {
    const mien_cue *cue = &reading->cues[i];
    REQUIRE(cue->at >= 0 && cue->length > 0 && (size_t)(cue->at + cue->length) <= size);
    REQUIRE(fabsf(cue->weight) <= 1 && memchr(cue->text, 0, sizeof cue->text));
  }
}

static void same_core(void *context, size_t index, const mien_reading *reading) {
  REQUIRE(!memcmp(context, reading->core, sizeof reading->core));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (!reader) begin();
  text_turn before[8];
  size_t count = 0;
  const char *text = (const char *)data;
  for (const char *end; size && count < 8 && (end = memchr(text, 0x1e, size)); count++) {
    size_t bytes = (size_t)(end - text);
    before[count] = (text_turn){text, bytes, bytes && *text == '='};
    size -= bytes + 1;
    text = end + 1;
  }
  mien_reading reading, alone;
  REQUIRE(text_read_after(reader, before, count, text, size, &reading) == MIEN_OK);
  check(&reading, size);
  text_reader_cues(reader, false);
  REQUIRE(text_read(reader, text, size, &alone) == MIEN_OK);
  REQUIRE(count || !memcmp(alone.core, reading.core, sizeof alone.core));
  const mien_text twice[] = {{text, size}, {text, size}};
  REQUIRE(text_read_batch(reader, twice, 2, same_core, alone.core) == MIEN_OK);
  text_reader_cues(reader, true);
  text_contribution list[8];
  int parts = text_reader_contributions(reader, text, size, list, 8);
  REQUIRE(parts >= 0 && parts <= 8);
  for (int i = 0; i < parts; i++)
    REQUIRE(list[i].at + list[i].length <= size && isfinite(list[i].share) && list[i].attention >= 0);
  return 0;
}
