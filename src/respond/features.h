/* features.h: what the scorers of this room see of turns: `mien features respond` writes the same for training.
 *
 * Dense numbers; of a reply also a bag of words and pairs of words, hashed. Only for this room, the evaluation and the features
 * command. */
#ifndef RESPOND_FEATURES_H
#define RESPOND_FEATURES_H

#include "respond/score.h"
#include "text/text.h"

enum {
  RESPOND_FEATURES = 1, /* feature version: a model of another is refused */

  RESPOND_NUMBERS = 96, /* dense numbers of a conversation beside the hidden layers: numbers_of in features.c */
  RESPOND_DEPTH = 256,  /* the text model's hidden layer */
  RESPOND_LAYERS = 2,   /* of the last turn, and of the answerer's last */
  RESPOND_DENSE = RESPOND_NUMBERS + RESPOND_LAYERS * RESPOND_DEPTH,

  RESPOND_SIZES = 5, /* of a text: respond_sizes */
  RESPOND_REPLY = 2 * RESPOND_SIZES + 2 * RESPOND_DEPTH, /* dense numbers of a reply */

  RESPOND_BUCKETS = 16384, /* of the hashed bag */
  RESPOND_BAG = 1024,      /* entries of one bag at most: what comes after them is left out */
};

/* What a bag's entries are of. */
enum { RESPOND_OF_REPLY = 1, RESPOND_OF_POST, RESPOND_OF_ALONE };

/* Different buckets, each once, in the order in which they came up. */
typedef struct respond_bag {
  uint32_t entries[RESPOND_BAG];
  size_t count;
  uint8_t seen[RESPOND_BUCKETS / 8];
} respond_bag;

/* Working memory, and the deep text model that the features are made with. */
typedef struct respond_reader respond_reader;
/* MIEN_EMODEL: there is no deep text model inside the program, or it is not `sha256` (NULL: any will do). */
int respond_reader_open(respond_reader **reader, const char *sha256, mien_error *error);
void respond_reader_close(respond_reader **reader);
const char *respond_reader_sha256(const respond_reader *reader);

/* Of checked turns (score.h): [RESPOND_DENSE] the numbers, the hidden layer of the last turn, that of the answerer's last. */
void respond_features(respond_reader *reader, const respond_turn *turns, size_t count, float *dense);

/* Of a text, as the answer to `post` (NULL or empty: there is none): [RESPOND_REPLY] its sizes, those of the post, its hidden
 * layer, that of the post; and the bag. Zeros in place of what is not there. */
void respond_reply_features(respond_reader *reader, const char *post, const char *text, float *dense, respond_bag *bag);
/* Adds words, pairs and the punctuation of a text to a bag. */
void respond_bag_add(respond_reader *reader, int of, const char *text, respond_bag *bag);
/* [RESPOND_SIZES] How long a text is and what stands in it: log(1 + tokens) / 3, questions and exclamations (1: there are), share of
 * words that speak of oneself ("i", "my") and of the other ("you", "your"). */
void respond_sizes(respond_reader *reader, const char *text, float sizes[RESPOND_SIZES]);

#endif
