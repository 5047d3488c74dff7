/* names.c: names of strategies, languages, registers, moves and places. Any thread. */
#include "respond/respond.h"
#include "respond/score.h"

const char *const respond_languages[RESPOND_LANGUAGES] = {"en", "zh", "es", "de", "fr", "ar"};
const char *const respond_moves[RESPOND_MOVES] = {"worse", "level", "better"};
const char *const respond_places[3] = {"open", "middle", "close"};
const char *const respond_registers[2] = {"formal", "informal"};

_Static_assert((int)MIEN_STRATEGIES == (int)RESPOND_STRATEGIES && (int)MIEN_ACT == (int)RESPOND_ACT, "one order everywhere");
const char *mien_strategy_name(int strategy) { return respond_strategy_name(strategy); }

int respond_strategy_named(const char *name) { return name ? respond_strategy_of(name) : -1; }

int respond_among(const char *name, const char *const *names, size_t count) {
  for (size_t i = 0; name && i < count; i++)
    if (!strcmp(name, names[i])) return (int)i;
  return -1;
}

int respond_named(const char *name, const char *(*name_at)(int)) {
  for (int i = 0; name && name_at(i); i++)
    if (!strcmp(name, name_at(i))) return i;
  return -1;
}

/* ISO 639-1, 639-3 with the spoken Arabics, the two bibliographic ones and two that the text models give ("chn", "esp"), whatever region follows ("de-AT", "zh_TW"). */
int respond_language(const char *code) {
  static const struct {
    const char *code;
    int language;
  } codes[] = {{"en", 0}, {"eng", 0}, {"zh", 1}, {"zho", 1}, {"chi", 1}, {"cmn", 1}, {"chn", 1}, {"es", 2}, {"spa", 2}, {"esp", 2}, {"de", 3}, {"deu", 3},
               {"ger", 3}, {"fr", 4}, {"fra", 4}, {"fre", 4}, {"ar", 5}, {"ara", 5}, {"arb", 5}, {"ary", 5}, {"arq", 5}, {"arz", 5}, {"apc", 5}, {"ars", 5}};
  size_t length = code ? strcspn(code, "-_") : 0;
  for (size_t i = 0; length && i < BASE_COUNT(codes); i++)
    if (strlen(codes[i].code) == length && !memcmp(codes[i].code, code, length)) return codes[i].language;
  return -1;
}

int respond_language_by_script(const char *text) {
  size_t bytes = strlen(text), han = 0, arabic = 0, all = 0;
  for (size_t at = 0; at < bytes;) {
    uint32_t c;
    int length = base_utf8_next(text + at, bytes - at, &c);
    at += length ? (size_t)length : 1;
    if (!length || c < 'A') continue;
    han += c >= 0x3400 && c <= 0x9fff, arabic += c >= 0x620 && c <= 0x6ff, all++;
  }
  return 2 * han > all ? 1 : 2 * arabic > all ? 5 : -1;
}
