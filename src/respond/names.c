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

/* ISO 639-1, 639-3 and the two bibliographic ones, whatever region follows ("de-AT", "zh_TW"). */
int respond_language(const char *code) {
  static const struct {
    const char *code;
    int language;
  } codes[] = {{"en", 0}, {"eng", 0}, {"zh", 1}, {"zho", 1}, {"chi", 1}, {"cmn", 1}, {"es", 2}, {"spa", 2}, {"de", 3}, {"deu", 3},
               {"ger", 3}, {"fr", 4}, {"fra", 4}, {"fre", 4}, {"ar", 5}, {"ara", 5}, {"arb", 5}};
  size_t length = code ? strcspn(code, "-_") : 0;
  for (size_t i = 0; length && i < BASE_COUNT(codes); i++)
    if (strlen(codes[i].code) == length && !memcmp(codes[i].code, code, length)) return codes[i].language;
  return -1;
}
