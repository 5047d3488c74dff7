/* parts.h: what is kept of a conversation, and the parts of this room. Only for this room.
 *
 * collect.c takes events and keeps turns and what was read beside them; order.c puts them in order and gives every turn its
 * place; figures.c walks them; phrases.c finds patterns of words; manners.c names cues; page.c writes JSON; summary.c tells
 * the people; line.c takes events as JSON. */
#ifndef PEOPLE_PARTS_H
#define PEOPLE_PARTS_H

#include "base/base.h"
#include "follow/pair.h"
#include "mien_people.h"

enum { PEOPLE_NAMES = 32 /* people whose names are kept, for consent */, PEOPLE_WORDS = 40, PEOPLE_BY = 96 };
#define PEOPLE_PLEASANT 0.15   /* valence from which a turn is pleasant; as FOLLOW_UNPLEASANT */
#define PEOPLE_LONG 4.0        /* s without an answer that are long in talk: far beyond usual gaps (Heldner & Edlund 2010) */
#define PEOPLE_CUT 0.3         /* s that a turn is begun before another's end to be cut into */

/* What the words of a turn hold. */
typedef struct people_words {
  float strength[MIEN_MANNER_COUNT];       /* 0: nothing */
  char phrase[MIEN_MANNER_COUNT][PEOPLE_WORDS];
  bool minimal;                            /* hardly any words: "fine." */
  bool addressed;                          /* it says "you" */
} people_words;

typedef struct people_turn {
  int who;
  double t0, t1;  /* seconds; NAN where the transcript has none */
  size_t order;   /* as it came */
  people_words words;
  /* of the text's reading */
  bool read;
  float valence, anger, disgust, sarcasm, fine[MIEN_FINE];
  bool abstained;
  double place;   /* valence of the turn; NAN could not be read (order.c) */
  float contempt, away; /* face while it was said and just before: 0…1; NAN */
} people_turn;

typedef struct people_moment { /* a state, a reading of voice or face */
  int who, modality;
  double t0, t1;
  float valence, contempt, away; /* NAN not known */
  bool abstained;
} people_moment;

struct mien_people {
  char names[PEOPLE_NAMES][80];
  int name_count;
  bool more;           /* people beyond PEOPLE_NAMES took part */
  people_turn *turns;
  size_t turn_count, turn_room;
  people_moment *moments;
  size_t moment_count, moment_room;
  /* made by people_order, again after anything new */
  bool stale, spoken; /* spoken: turns are pieces of voice, nobody's words are known */
  follow_group group;
  mien_manner *manners;
  char (*manner_by)[PEOPLE_BY];
  int manner_count;
};

/* Puts everything in order and finds the cues; false: no memory. */
bool people_order(mien_people *people);
/* What was said last by somebody else before turn `t`, or SIZE_MAX. */
size_t people_before(const mien_people *people, size_t t);
void people_find_manners(mien_people *people);
/* `utf8`: a turn. Patterns are of English, German, French, Spanish, Italian and Portuguese; all are looked for. */
void people_read_words(const char *utf8, size_t bytes, people_words *words);
/* Words of a text in lower case, each ended by 0, and how many; is the pattern (phrases.inc) found from word `at` on? */
enum { PEOPLE_SPLIT = 400, PEOPLE_FOLDED = 4096 };
size_t people_split(const char *utf8, size_t bytes, char to[PEOPLE_FOLDED], const char *words[PEOPLE_SPLIT]);
bool people_matches(const char *pattern, const char *const *words, size_t count, size_t at);
void people_write(const mien_people *people, base_text *to);

#endif
