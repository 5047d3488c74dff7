/* phrase.h: whether a phrase stands in a text, whatever the case, the marks between its words and the kind of apostrophe.
 *
 * A phrase is found where its words stand next to one another; phrases in scripts that put no blanks between words (Han,
 * Kana, Thai, …) are found anywhere. Any thread; no memory. */
#ifndef TEXT_PHRASE_H
#define TEXT_PHRASE_H

#include "base/base.h"

/* Folds a text: small letters, everything but letters and digits one blank, a blank at both ends. Returns the bytes, 0
 * where it does not fit or has no letter and no digit. Apostrophes vanish: "don't" is "dont". */
size_t text_phrase_fold(const char *text, size_t bytes, char *to, size_t room);
bool text_phrase_whole(const char *folded, size_t bytes); /* false: has letters of a script without blanks */
/* A folded phrase as it is looked for: with the blanks at its ends where it is made of whole words, without where not.
 * Moves `*phrase`, returns its bytes. */
size_t text_phrase_trim(const char **phrase, size_t bytes);
size_t text_phrase_count(const char *folded, size_t bytes); /* words */

/* ---- crisis.c: words of crisis, those of the shipped rule crisis_words (rules/default.yaml), their one source. */
extern const char *const text_crisis_phrases[]; /* not folded; ends in NULL; made by crisis.sh */
bool text_crisis(const char *text, size_t bytes); /* one of them stands in it; however long it is */

#endif
