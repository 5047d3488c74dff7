/* dynamics.c: see dynamics.h. */
#include "follow/dynamics.h"

/* A word is a run of letters and digits of ASCII and of anything beyond it; ASCII is lowered. */
static bool in_word(uint32_t code) {
  return code >= 0x80 || (code >= '0' && code <= '9') || ((code | 32) >= 'a' && (code | 32) <= 'z');
}

static void add_word(uint32_t words[FOLLOW_TURN_WORDS], size_t *count, uint32_t hash) {
  if (*count == FOLLOW_TURN_WORDS) return;
  for (size_t i = 0; i < *count; i++)
    if (words[i] == hash) return;
  words[(*count)++] = hash;
}

/* FNV-1a (Fowler, Noll & Vo 1991) over the bytes of each word of 4 letters and more. */
static size_t hash_words(const char *utf8, size_t bytes, uint32_t words[FOLLOW_TURN_WORDS]) {
  size_t count = 0, letters = 0;
  uint32_t hash = 2166136261u;
  for (size_t at = 0; at <= bytes && count < FOLLOW_TURN_WORDS;) {
    uint32_t code = ' ';
    int length = at < bytes ? base_utf8_next(utf8 + at, bytes - at, &code) : 1;
    if (!length) code = ' ', length = 1;
    if (in_word(code)) {
      hash = (hash ^ (code < 0x80 ? (code >= 'A' && code <= 'Z' ? code | 32 : code) : code)) *
             16777619u;
      letters++;
    } else {
      if (letters >= 4) add_word(words, &count, hash);
      hash = 2166136261u;
      letters = 0;
    }
    at += (size_t)length;
  }
  return count;
}

float follow_dynamics_turn(follow_dynamics *dynamics, const char *utf8, size_t bytes) {
  uint32_t words[FOLLOW_TURN_WORDS];
  size_t count = hash_words(utf8, bytes, words);
  float most = 0;
  for (size_t t = 0; t < dynamics->kept; t++) {
    size_t shared = 0;
    for (size_t i = 0; i < count; i++)
      for (size_t j = 0; j < dynamics->turns[t].count; j++)
        shared += words[i] == dynamics->turns[t].words[j];
    size_t smaller = BASE_MIN(count, dynamics->turns[t].count);
    if (shared >= 3) most = BASE_MAX(most, (float)shared / (float)smaller);
  }
  if (count >= 3) {
    memcpy(dynamics->turns[dynamics->next].words, words, count * sizeof *words);
    dynamics->turns[dynamics->next].count = count;
    dynamics->next = (dynamics->next + 1) % FOLLOW_TURNS;
    dynamics->kept = BASE_MIN(dynamics->kept + 1, (size_t)FOLLOW_TURNS);
  }
  return BASE_CLAMP((most - 0.4f) / 0.5f, 0.0f, 1.0f);
}

void follow_dynamics_level(follow_dynamics *dynamics, float z) {
  if (!isfinite(z)) return;
  if (dynamics->level_count == FOLLOW_LEVELS)
    memmove(dynamics->levels, dynamics->levels + 1, (FOLLOW_LEVELS - 1) * sizeof *dynamics->levels);
  else
    dynamics->level_count++;
  dynamics->levels[dynamics->level_count - 1] = z;
}

float follow_dynamics_rising(const follow_dynamics *dynamics) {
  size_t n = dynamics->level_count;
  if (n < 3) return NAN;
  float middle = (float)(n - 1) / 2, up = 0, across = 0;
  for (size_t i = 0; i < n; i++) {
    float x = (float)i - middle;
    up += x * dynamics->levels[i];
    across += x * x;
  }
  return up / across;
}
