/* replay.c: runs a fuzz target over its kept corpus without a fuzzer, in ./check:
 *
 *     replay_WHAT FOLDER [VARIANTS]
 *
 * Each file of the folder goes in as it is, and then in VARIANTS (100) damaged copies: cut short,
 * bits flipped, bytes set, pieces doubled; the same damage on every run. Any crash fails. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static uint64_t seed;
static size_t below(size_t limit) { /* splitmix64 (Steele, Lea, Flood 2014) */
  uint64_t z = (seed += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return limit ? (size_t)((z ^ (z >> 31)) % limit) : 0;
}

/* An exact-sized copy, so that a sanitizer sees a read past its end. */
static void run(const uint8_t *data, size_t bytes) {
  uint8_t *exact = malloc(bytes ? bytes : 1);
  if (!exact) abort();
  if (bytes) memcpy(exact, data, bytes);
  LLVMFuzzerTestOneInput(exact, bytes);
  free(exact);
}

static void run_damaged(const uint8_t *data, size_t bytes) {
  uint8_t *copy = malloc(2 * bytes + 1);
  if (!copy) abort();
  if (bytes) memcpy(copy, data, bytes);
  size_t length = bytes;
  for (size_t turn = 1 + below(4); turn > 0 && length > 0; turn--) {
    size_t at = below(length);
    switch (below(6)) {
      case 0: length = at; break;
      case 1: copy[at] ^= (uint8_t)(1u << below(8)); break;
      case 2: copy[at] = (uint8_t)below(256); break;
      case 3: copy[at] = below(2) ? 0xff : 0; break;
      case 4: { /* cut a piece out */
        size_t piece = below(BUFSIZ);
        if (piece > length - at) piece = length - at;
        memmove(copy + at, copy + at + piece, length - at - piece);
        length -= piece;
        break;
      }
      default: { /* double a piece */
        size_t piece = below(64);
        if (piece > length - at) piece = length - at;
        if (length + piece > 2 * bytes) break;
        memmove(copy + at + piece, copy + at, length - at);
        length += piece;
      }
    }
  }
  run(copy, length);
  free(copy);
}

static long replay(const char *path, int variants) {
  FILE *file = fopen(path, "rb");
  struct stat about;
  if (!file || fstat(fileno(file), &about) || !S_ISREG(about.st_mode)) {
    if (file) fclose(file);
    return 0;
  }
  size_t bytes = (size_t)about.st_size;
  uint8_t *data = malloc(bytes + 1);
  if (!data || fread(data, 1, bytes, file) != bytes) abort();
  fclose(file);
  run(data, bytes);
  seed = bytes;
  for (int i = 0; i < variants; i++) run_damaged(data, bytes);
  free(data);
  return 1;
}

int main(int argc, char **argv) {
  if (argc < 2) return fprintf(stderr, "usage: %s FOLDER [VARIANTS]\n", argv[0]), 2;
  int variants = argc > 2 ? atoi(argv[2]) : 100;
  struct dirent **names;
  int count = scandir(argv[1], &names, NULL, alphasort);
  if (count < 0) return fprintf(stderr, "%s: cannot read the folder %s\n", argv[0], argv[1]), 2;
  long files = 0;
  for (int i = 0; i < count; i++) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", argv[1], names[i]->d_name);
    if (names[i]->d_name[0] != '.') files += replay(path, variants);
    free(names[i]);
  }
  free(names);
  run((const uint8_t *)"", 0);
  printf("%ld files, %d damaged copies of each\n", files, variants);
  return files ? 0 : 1; /* an empty corpus tests nothing */
}
