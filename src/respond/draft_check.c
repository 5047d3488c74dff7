/* draft_check.c: the rules that a draft has to keep. See draft.h. */
#include <stdlib.h>

#include <utf8proc.h>

#include "respond/draft.h"
#include "respond/respond.h"
#include "text/phrase.h"

enum { LATIN, HAN_SCRIPT, ARABIC, OTHER, SCRIPTS };
enum { FOLDED = 8192, NEAR_WORDS = 3 /* between "you are" and an emotion */, NEAR_HAN = 9 * 3 /* bytes */, LONGEST_NUMBER = 15 };

#define NO_HOTTER 0.05f /* than the library's wording */

typedef struct phrase_rule {
  respond_refusal rule;
  const char *phrase;
} phrase_rule;
#define WORDS(rule, phrase)
#define BEGINS(phrase)
#define EMOTION(word)
#define HAN(word)
#define TELLS(language, word)
static const phrase_rule phrases[] = {
#undef WORDS
#define WORDS(rule, phrase) {RESPOND_REFUSED_##rule, phrase},
#include "respond/draft_words.inc"
#undef WORDS
#define WORDS(rule, phrase)
};
static const char *const begins[] = {
#undef BEGINS
#define BEGINS(phrase) phrase,
#include "respond/draft_words.inc"
#undef BEGINS
#define BEGINS(phrase)
};
static const char *const emotions[] = {
#undef EMOTION
#define EMOTION(word) word,
#include "respond/draft_words.inc"
#undef EMOTION
#define EMOTION(word)
};
static const char *const han[] = {
#undef HAN
#define HAN(word) word,
#include "respond/draft_words.inc"
#undef HAN
#define HAN(word)
};
static const struct {
  int language;
  const char *word;
} tells[] = {
#undef TELLS
#define TELLS(language, word) {language, word},
#include "respond/draft_words.inc"
#undef TELLS
};
static const char *const latin[] = {"en", "es", "de", "fr"}; /* the languages of TELLS */

const char *respond_refusal_name(respond_refusal refusal) {
  static const char *const names[] = {NULL,
#define RESPOND_X(name, word, what) word,
                                      RESPOND_REFUSALS(RESPOND_X)
#undef RESPOND_X
  };
  return (unsigned)refusal < BASE_COUNT(names) ? names[refusal] : NULL;
}

const char *respond_refusal_what(respond_refusal refusal) {
  static const char *const sentences[] = {NULL,
#define RESPOND_X(name, word, what) what,
                                          RESPOND_REFUSALS(RESPOND_X)
#undef RESPOND_X
  };
  return (unsigned)refusal < BASE_COUNT(sentences) ? sentences[refusal] : NULL;
}

/* ---- Letters ---- */

static int script_of(uint32_t c) {
  if (c < 0x250 || (c >= 0x1e00 && c <= 0x1eff)) return LATIN;
  if ((c >= 0x3400 && c <= 0x9fff) || (c >= 0x20000 && c <= 0x3ffff) || (c >= 0xf900 && c <= 0xfaff)) return HAN_SCRIPT;
  if ((c >= 0x600 && c <= 0x6ff) || (c >= 0x750 && c <= 0x77f) || (c >= 0x8a0 && c <= 0x8ff)) return ARABIC;
  return OTHER;
}

static bool is_letter(int category) { return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO; }

/* Marks of writing that change no word: vowel signs and the stretch of Arabic. */
static bool silent(uint32_t c) { return c == 0x640 || c == 0x670 || (c >= 0x64b && c <= 0x652); }

/* Plain sentences: no control or invisible characters, no markup, no pictures, gaps that open and close. */
static bool plain(const char *text, size_t bytes) {
  bool gap = false;
  for (size_t at = 0; at < bytes;) {
    uint32_t c;
    at += (size_t)base_utf8_next(text + at, bytes - at, &c);
    int category = utf8proc_category((utf8proc_int32_t)c);
    if (category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_CF || category == UTF8PROC_CATEGORY_CO || category == UTF8PROC_CATEGORY_CN ||
        category == UTF8PROC_CATEGORY_CS || category == UTF8PROC_CATEGORY_SO || category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP)
      return false;
    if (c < 0x80 && strchr("*_#`~<>{}|\\^=", (int)c)) return false;
    if (c == '[' || c == ']') {
      if (gap == (c == '[')) return false;
      gap = !gap;
    }
  }
  return !gap;
}

/* Small letters of one width and without silent marks; NULL: no memory, or it is not UTF-8. The caller frees with free(). */
static char *compose(const char *text, size_t bytes) {
  utf8proc_uint8_t *composed = NULL;
  utf8proc_ssize_t length = utf8proc_map((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)bytes, &composed, UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_STABLE);
  if (length < 0) return NULL;
  char *to = (char *)composed;
  size_t used = 0;
  for (size_t at = 0; at < (size_t)length;) {
    uint32_t c;
    int one = base_utf8_next(to + at, (size_t)length - at, &c);
    one += !one;
    if (c >= 0x660 && c <= 0x669) to[used++] = (char)('0' + c - 0x660);
    else if (c >= 0x6f0 && c <= 0x6f9) to[used++] = (char)('0' + c - 0x6f0);
    else if (!silent(c)) memmove(to + used, to + at, (size_t)one), used += (size_t)one;
    at += (size_t)one;
  }
  to[used] = 0;
  return to;
}

static void count_scripts(const char *text, size_t bytes, size_t counts[SCRIPTS]) {
  for (size_t at = 0; at < bytes;) {
    uint32_t c;
    int one = base_utf8_next(text + at, bytes - at, &c);
    at += one ? (size_t)one : 1;
    if (one && is_letter(utf8proc_category((utf8proc_int32_t)c))) counts[script_of(c)]++;
  }
}

static size_t times(const char *text, size_t bytes, const char *word) {
  size_t count = 0, length = strlen(word);
  for (const char *at = text; (at = memmem(at, bytes - (size_t)(at - text), word, length)); at += length - 1) count++;
  return count;
}

/* Of the four languages in Latin letters: another one is told by more of its words, and by two at least. */
static bool other_language(const char *folded, size_t bytes, const char *language) {
  size_t hits[BASE_COUNT(latin)] = {0}, own = 0;
  for (size_t i = 0; i < BASE_COUNT(tells); i++) hits[tells[i].language] += times(folded, bytes, tells[i].word);
  for (size_t i = 0; i < BASE_COUNT(latin); i++)
    if (!strcmp(latin[i], language)) own = hits[i];
  for (size_t i = 0; i < BASE_COUNT(latin); i++)
    if (strcmp(latin[i], language) && hits[i] > own && hits[i] >= 2) return true;
  return false;
}

static bool in_language(const char *text, const char *folded, size_t folded_bytes, const char *language) {
  size_t counts[SCRIPTS] = {0};
  count_scripts(text, strlen(text), counts);
  size_t all = counts[LATIN] + counts[HAN_SCRIPT] + counts[ARABIC] + counts[OTHER];
  if (counts[OTHER]) return false;
  if (!strcmp(language, "zh")) return !counts[ARABIC] && counts[HAN_SCRIPT] * 2 >= all;
  if (!strcmp(language, "ar")) return !counts[HAN_SCRIPT] && counts[ARABIC] * 10 >= all * 7;
  return counts[LATIN] == all && !other_language(folded, folded_bytes, language);
}

/* ---- Links and numbers ---- */

static bool is_small(char c) { return c >= 'a' && c <= 'z'; }
static char small(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }

/* "http", "www", "@", or a name with a dot inside: two letters and more on its right. */
static bool linked(const char *text) {
  if (strchr(text, '@') || strstr(text, "://") || strcasestr(text, "http") || strcasestr(text, "www.")) return true;
  for (const char *dot = text; (dot = strchr(dot, '.')); dot++)
    if (dot > text && (is_small(small(dot[-1])) || (dot[-1] >= '0' && dot[-1] <= '9')) && is_small(small(dot[1])) && is_small(small(dot[2]))) return true;
  return false;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool has_number(const char *text, const char *number, size_t length) {
  for (const char *at = text; (at = strstr(at, number)); at++)
    if ((at == text || !is_digit(at[-1])) && !is_digit(at[length])) return true;
  return false;
}

static bool said(const respond_draft_ask *ask, const char *number, size_t length) {
  bool found = false;
  for (size_t i = 0; i <= ask->turn_count && !found; i++) {
    const char *text = i < ask->turn_count ? ask->turns[i].text : ask->wording;
    char *composed = text ? compose(text, strlen(text)) : NULL;
    found = composed && has_number(composed, number, length);
    free(composed);
  }
  return found;
}

/* A row of digits that stands in no turn and not in the library's wording. Numbers in words are not found. */
static bool new_number(const respond_draft_ask *ask, const char *text) {
  char number[LONGEST_NUMBER + 1];
  while (*(text += strcspn(text, "0123456789"))) {
    size_t length = strspn(text, "0123456789");
    if (length > LONGEST_NUMBER) return true;
    memcpy(number, text, length);
    number[length] = 0;
    if (!said(ask, number, length)) return true;
    text += length;
  }
  return false;
}

/* ---- Words ---- */

/* The end of `phrase` in the folded text from `from` on; NULL: it is not there. */
static const char *find(const char *folded, const char *end, const char *from, const char *phrase) {
  size_t length = strlen(phrase);
  bool open = length && phrase[length - 1] == '*';
  length -= open;
  bool words = text_phrase_whole(phrase, length);
  for (const char *at = from; (at = memmem(at, (size_t)(end - at), phrase, length)); at++) {
    if (words && at > folded && at[-1] != ' ') continue;
    if (words && !open && at + length < end && at[length] != ' ') continue;
    return at + length;
  }
  return NULL;
}

static bool holds(const char *folded, size_t bytes, const char *phrase) { return find(folded, folded + bytes, folded, phrase) != NULL; }

/* "you are so very angry": an emotion within three words. */
static bool names_feeling(const char *folded, size_t bytes) {
  const char *end = folded + bytes;
  for (size_t i = 0; i < BASE_COUNT(begins); i++)
    for (const char *at = folded; (at = find(folded, end, at, begins[i]));) {
      const char *until = at;
      for (int words = 0; words < NEAR_WORDS + 1 && until < end; until++) words += *until == ' ';
      if (until < end) until += strcspn(until, " ");
      for (size_t k = 0; k < BASE_COUNT(emotions); k++)
        if (find(at, until, at, emotions[k])) return true;
    }
  return false;
}

static bool names_feeling_han(const char *folded, size_t bytes) {
  static const char *const you[] = {"您", "你"};
  const char *end = folded + bytes;
  for (size_t i = 0; i < BASE_COUNT(you); i++)
    for (const char *at = folded; (at = find(folded, end, at, you[i]));)
      for (size_t k = 0; k < BASE_COUNT(han); k++)
        if (find(at, at + BASE_MIN((size_t)(end - at), (size_t)NEAR_HAN), at, han[k])) return true;
  return false;
}

static respond_refusal words_of(const respond_draft_ask *ask, const char *folded, size_t bytes, const mien_respond *library) {
  respond_refusal first = RESPOND_DRAFT_KEPT;
  for (size_t i = 0; i < BASE_COUNT(phrases); i++)
    if ((!first || phrases[i].rule < first) && holds(folded, bytes, phrases[i].phrase)) first = phrases[i].rule;
  for (size_t i = 0; i < library->crisis_count && !ask->escalates; i++)
    if ((!first || RESPOND_REFUSED_CRISIS < first) && memmem(folded, bytes, library->crisis[i].text, library->crisis[i].bytes)) first = RESPOND_REFUSED_CRISIS;
  if ((!first || RESPOND_REFUSED_FEELING < first) && (names_feeling(folded, bytes) || names_feeling_han(folded, bytes))) first = RESPOND_REFUSED_FEELING;
  return first;
}

static float heat_of(const respond_draft_tone *tone) { return tone->core[MIEN_ANGER] + tone->core[MIEN_DISGUST]; }

static respond_refusal tone_of(const respond_draft_ask *ask, const char *draft, respond_draft_read_fn read, void *context) {
  respond_draft_tone own = {.gratitude = 0}, usual = {.gratitude = 0};
  if (!read || read(context, draft, &own) || !isfinite(own.gratitude)) return RESPOND_REFUSED_UNREAD;
  for (int k = 0; k < MIEN_CORE; k++)
    if (!isfinite(own.core[k])) return RESPOND_REFUSED_UNREAD;
  if (heat_of(&own) >= RESPOND_DRAFT_TONE) { /* "how frustrating this has been" is read as hot as well: the library's wording is the measure */
    if (read(context, ask->wording, &usual)) return RESPOND_REFUSED_UNREAD;
    if (!(heat_of(&own) <= heat_of(&usual) + NO_HOTTER)) return RESPOND_REFUSED_TONE;
  }
  const mien_reading *state = ask->state && !ask->state->abstain ? ask->state : NULL;
  float low = state ? state->core[MIEN_SADNESS] + state->core[MIEN_ANGER] + state->core[MIEN_FEAR] + state->core[MIEN_DISGUST] : 0;
  return low >= 0.5f && own.core[MIEN_JOY] - own.gratitude >= RESPOND_DRAFT_TONE ? RESPOND_REFUSED_CHEER : RESPOND_DRAFT_KEPT;
}

respond_refusal respond_draft_check(const respond_draft_ask *ask, const char *draft, const mien_respond *library, respond_draft_read_fn read, void *context) {
  size_t bytes = strlen(draft);
  char folded[FOLDED];
  if (!draft[strspn(draft, " \t\r\n")]) return RESPOND_REFUSED_EMPTY;
  if (bytes > RESPOND_DRAFT_MOST) return RESPOND_REFUSED_LONG;
  if (base_utf8_check(draft, bytes) != bytes || !plain(draft, bytes)) return RESPOND_REFUSED_FORM;
  char *text = compose(draft, bytes);
  size_t folded_bytes = text ? text_phrase_fold(text, strlen(text), folded, sizeof folded) : 0;
  respond_refusal refusal = !text ? RESPOND_REFUSED_FORM : !folded_bytes ? RESPOND_REFUSED_EMPTY
                            : !in_language(text, folded, folded_bytes, ask->language) ? RESPOND_REFUSED_LANGUAGE
                            : linked(text) ? RESPOND_REFUSED_LINK : RESPOND_DRAFT_KEPT;
  if (!refusal) refusal = words_of(ask, folded, folded_bytes, library);
  if ((!refusal || refusal > RESPOND_REFUSED_NUMBER) && new_number(ask, text)) refusal = RESPOND_REFUSED_NUMBER;
  free(text);
  return refusal ? refusal : tone_of(ask, draft, read, context);
}
