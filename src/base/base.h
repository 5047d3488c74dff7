/* base/: what every room stands on: errors, memory, arenas, strings, JSON out, CPU features.
 *
 * It knows nothing of emotion, media or models. Everything here is safe to call from any thread
 * unless it says otherwise; an arena or a writer belongs to one thread at a time. */
#ifndef BASE_H
#define BASE_H

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "mien.h"

#define BASE_COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BASE_MIN(a, b) ((a) < (b) ? (a) : (b))
#define BASE_MAX(a, b) ((a) > (b) ? (a) : (b))
#define BASE_CLAMP(x, low, high) BASE_MIN(BASE_MAX(x, low), high)

/* ---- Errors: fills `error` (may be NULL) and returns `code`. */
int base_error_set(mien_error *error, int code, const char *where, const char *remedy,
                   const char *what_format, ...) __attribute__((format(printf, 5, 6)));

/* ---- Memory: through the callback of mien_memory_set. alloc zeroes; all return NULL on failure;
 * sizes are checked for overflow. Aligned memory must be freed with base_free_aligned. */
void *base_alloc(size_t count, size_t size);
void *base_resize(void *old, size_t count, size_t size);
/* Room for one more in a list of `count` things of `size` bytes that has room for `*room`; `list`: the address of its pointer.
 * False: out of memory, and the list is as it was. */
bool base_grow(void *list, size_t count, size_t *room, size_t size);
void base_free(void *memory);
void *base_alloc_aligned(size_t bytes); /* 64-byte aligned, zeroed */
void base_free_aligned(void *memory);
char *base_strdup(const char *text);

/* ---- Files: these bytes in place of what is at `path`, by way of PATH.new, for its owner alone; either is whole, whenever the
 * machine stops. False: errno says why. */
bool base_file_replace(const char *path, const void *bytes, size_t count);

/* ---- Arena: grows by blocks up to `limit` bytes, freed at once. Zeroed, 64-byte aligned. */
typedef struct base_arena {
  struct base_arena_block *blocks;
  size_t used, limit; /* bytes */
} base_arena;
void base_arena_init(base_arena *arena, size_t limit);
void *base_arena_alloc(base_arena *arena, size_t count, size_t size); /* NULL past the limit */
void base_arena_reset(base_arena *arena);                             /* keeps the blocks    */
void base_arena_clear(base_arena *arena);

/* ---- Growing text buffer, and JSON out on top of it. Errors stick in `failed`. */
typedef struct base_text {
  char *data; /* always ends in 0 once something was added */
  size_t length, capacity;
  bool failed;
} base_text;
void base_text_add(base_text *text, const char *data, size_t bytes);
void base_text_puts(base_text *text, const char *string);
void base_text_printf(base_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void base_text_reset(base_text *text);
void base_text_clear(base_text *text);

/* JSON out: commas are placed by itself. Not finite numbers become null; invalid UTF-8 becomes
 * U+FFFD. `key` NULL inside arrays. Depth at most 16. */
typedef struct base_json {
  base_text *out;
  unsigned char first[16];
  int depth;
} base_json;
void base_json_init(base_json *json, base_text *out);
void base_json_open(base_json *json, const char *key, char bracket); /* '{' or '[' */
void base_json_close(base_json *json, char bracket);                 /* '}' or ']' */
void base_json_string(base_json *json, const char *key, const char *value); /* NULL: null */
void base_json_bytes(base_json *json, const char *key, const char *value, size_t bytes);
void base_json_number(base_json *json, const char *key, double value, int decimals);
void base_json_integer(base_json *json, const char *key, long long value);
void base_json_bool(base_json *json, const char *key, bool value);
void base_json_raw(base_json *json, const char *key, const char *value, size_t bytes); /* JSON already */

/* Bytes of the UTF-8 character at `text` (1…4), 0 if invalid or cut short. */
int base_utf8_next(const char *text, size_t bytes, uint32_t *codepoint);
/* Offset of the first invalid byte; `bytes` if all is valid. */
size_t base_utf8_check(const char *text, size_t bytes);

/* ---- CPU features, read once. */
enum { BASE_CPU_AVX2 = 1 /* with FMA, F16C */, BASE_CPU_AVX512 = 2 /* F BW DQ VL */,
       BASE_CPU_VNNI = 4 /* AVX512-VNNI */, BASE_CPU_NEON = 8 };
unsigned base_cpu_features(void);

/* Seconds of the monotonic clock. */
double base_clock(void);
/* Seconds since 1970. */
double base_now(void);

/* A reading with every value unknown (NAN), core neutral = 1, no cues, track -1. */
void base_reading_init(mien_reading *reading, int modality);

#endif
