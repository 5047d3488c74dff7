/* fuzz_records.c: texts out of lines, JSON lines and CSV. The first byte picks the kind of file. */
#include <string.h>

#include "cli/records.h"
#include "scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

#define REQUIRE(what) do { if (!(what)) abort(); } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
  static const char *const endings[] = {".txt", ".jsonl", ".csv", ".tsv", ""};
  if (bytes < 1) return 0;
  int kind = data[0] % 10;
  const char *path = scratch_file(endings[kind % 5], data + 1, bytes - 1);
  records *r = NULL;
  mien_error error = {0};
  int code = records_open(&r, path, kind < 5 ? "text" : NULL, &error);
  unlink(path);
  if (code) {
    REQUIRE(!r && error.what[0] && error.code == code);
    return 0;
  }
  record one;
  size_t number = 0, line = 0;
  while ((code = records_next(r, &one, &error)) == MIEN_OK) {
    REQUIRE(one.number == ++number && one.line >= line);
    line = one.line;
    REQUIRE(one.text && one.bytes <= RECORDS_BYTES_MAX && strlen(one.text) == one.bytes);
    REQUIRE(base_utf8_check(one.text, one.bytes) == one.bytes);
    REQUIRE(!one.id || base_utf8_check(one.id, strlen(one.id)) == strlen(one.id));
    REQUIRE(number <= bytes);
  }
  REQUIRE(code == MIEN_EEND);
  records_close(&r);
  REQUIRE(!r);
  return 0;
}
