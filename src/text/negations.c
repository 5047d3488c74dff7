/* negations.c: words that turn what follows them. Only those that mean nothing else in another of
 * the languages; the network learns the rest by itself. */
#include "text/tokens.h"

#include <uchar.h>

#define WORDS(X)                                                                                   \
  /* English */                                                                                    \
  X("not") X("no") X("never") X("none") X("nobody") X("nothing") X("nowhere") X("neither")         \
  X("nor") X("cannot") X("cant") X("dont") X("doesnt") X("didnt") X("wont") X("isnt") X("wasnt")   \
  X("arent") X("without") X("hardly") X("barely") X("aint")                                        \
  /* German, Dutch, Scandinavian, Finnish, Hungarian, Turkish */                                   \
  X("nicht") X("kein") X("keine") X("keinen") X("nie") X("niemals") X("niet") X("geen") X("nooit") \
  X("inte") X("ikke") X("aldrig") X("ei") X("nem") X("değil")                                      \
  /* French, Spanish, Portuguese, Italian */                                                       \
  X("pas") X("ne") X("jamais") X("nunca") X("jamás") X("não") X("nao") X("non") X("sem") X("sin")  \
  /* Slavic */                                                                                     \
  X("не") X("нет") X("ни") X("никогда") X("ні") X("нельзя") X("není")                              \
  /* Indonesian, Swahili, Hindi and Marathi, Arabic, Hebrew, Persian */                            \
  X("tidak") X("bukan") X("hapana") X("नहीं") X("मत") X("नाही") X("لا") X("ليس") X("لم") X("لن")       \
  X("לא") X("نه") X("نیست")

#define X(word) {U##word, sizeof(U##word) / sizeof(char32_t) - 1},
static const struct { const char32_t *characters; size_t count; } words[] = {WORDS(X)};
#undef X

bool text_is_negation(const uint32_t *word, size_t count) {
  if (count < 2 || count > 8) return false;
  if (count > 3 && word[count - 3] == 'n' && word[count - 2] == '\'' && word[count - 1] == 't')
    return true;
  /* Most words are told apart by their first letter. */
  static const uint32_t starts = 1u << ('n' - 'a') | 1u << ('c' - 'a') | 1u << ('d' - 'a') |
                                 1u << ('w' - 'a') | 1u << ('i' - 'a') | 1u << ('a' - 'a') |
                                 1u << ('h' - 'a') | 1u << ('b' - 'a') | 1u << ('k' - 'a') |
                                 1u << ('g' - 'a') | 1u << ('e' - 'a') | 1u << ('p' - 'a') |
                                 1u << ('j' - 'a') | 1u << ('s' - 'a') | 1u << ('t' - 'a');
  if (word[0] - 'a' < 26 && !(starts >> (word[0] - 'a') & 1)) return false;
  for (size_t i = 0; i < BASE_COUNT(words); i++)
    if (words[i].count == count && words[i].characters[0] == word[0] &&
        !memcmp(words[i].characters, word, count * sizeof *word))
      return true;
  return false;
}
