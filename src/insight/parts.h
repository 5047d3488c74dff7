/* parts.h: what the files of this room share of a collection. */
#ifndef INSIGHT_PARTS_H
#define INSIGHT_PARTS_H

#include "insight/insight.h"
#include "insight/table.h"

enum { ROW_UNREAD, ROW_READ, ROW_UNCLEAR /* the model abstains */ };
enum { ASPECTS = 60, PHRASES = 400, EXAMPLES = 3, DRIVERS = 8 };

typedef struct row {
  size_t at;          /* of its text */
  uint32_t bytes;
  uint32_t facet[INSIGHT_FACETS]; /* in values[]; TABLE_NONE not said */
  double time;
  float valence, arousal;         /* -1…1 */
  uint8_t core[MIEN_CORE];        /* in 1/255 */
  uint8_t top, state, confidence; /* core label, ROW_…, in 1/255 */
  uint32_t words, word_count;     /* in `tokens`: its words and phrases, each once, ascending */
} row;

struct insight {
  base_text texts;
  row *rows;
  size_t count, room;
  insight_table values[INSIGHT_FACETS];

  bool prepared;
  insight_table words;   /* and phrases, "battery life" */
  uint32_t *tokens, *df; /* df: in how many texts a word is */
  size_t token_count, token_room;
  uint32_t aspects[ASPECTS];
  size_t aspect_count;
};

void insight_unprepare(insight *in);

/* Words of a text, lower case: letters and digits of any script; of scripts without spaces pairs of characters. `each`
 * is given one word; `gap` is true where something other than a space stands before it. */
typedef void (*words_each)(void *context, const char *word, size_t bytes, bool gap);
void insight_words(const char *text, size_t bytes, words_each each, void *context);
bool insight_function_word(const char *word); /* "the", "und", "que": says nothing of what a text is about */

/* ---- Figures ---- */

typedef struct tally { /* of some rows */
  size_t texts, read;
  double core[MIEN_CORE];         /* sums of probabilities */
  size_t top[MIEN_CORE];
  double valence, valence2, arousal;
} tally;

void insight_tally(tally *t, const row *r);
void insight_tally_write(base_json *json, const tally *t); /* keys into the open object */
typedef struct difference { /* of the mean valence of some rows from that of the others, at 95 %; q: p after BH */
  double value, low, high, p, q;
} difference;
difference insight_difference(const tally *of, const tally *all);
void insight_difference_write(base_json *json, const difference *d);
bool insight_fits(const insight *in, const insight_ask *ask, const uint32_t facet[INSIGHT_FACETS], uint32_t aspect, const row *r);
bool insight_has(const insight *in, const row *r, uint32_t word);

/* Words that are more of the rows marked 1 than of those marked 2, by their log-odds with the whole collection as an
 * informative Dirichlet prior (Monroe, Colaresi, Quinn 2008); z over 2.58, at least `floor` texts, the strongest first. */
typedef struct driver {
  uint32_t word;
  size_t texts;
  double z;
} driver;
size_t insight_drivers(const insight *in, const uint8_t *marks, size_t floor, driver *drivers, size_t room);
void insight_drivers_write(base_json *json, const insight *in, const driver *drivers, size_t count);
/* Up to EXAMPLES texts of the rows marked 1 that have most of these words. */
void insight_examples(base_json *json, const insight *in, const uint8_t *marks, const driver *drivers, size_t count);

/* Bins of time. */
double insight_bin_start(int bin, double time);
double insight_bin_next(int bin, double start);
void insight_write_time(base_json *json, const char *key, double time); /* "2026-03-01T00:00:00Z" */

/* ---- Statistics ---- */

/* Share k of n at 95 %, Wilson (1927). */
void insight_wilson(double k, double n, double *low, double *high);
/* Two-sided p of a standard normal. */
double insight_normal_p(double z);
/* Benjamini and Hochberg (1995): p becomes adjusted p, in place. 0, or MIEN_ENOMEM. */
int insight_bh(double *p, size_t count);
/* P(X >= x) where the rest had `sum` over `exposure` and this has `own` of exposure: Poisson whose rate is not known,
 * Jeffreys' prior (a negative binomial), counts divided by the dispersion (1…). */
double insight_tail(double x, double own, double sum, double exposure, double dispersion);

typedef struct spike {
  size_t first, last;  /* bins */
  int what;            /* -1 volume, else a core label */
  double count, expected, p; /* p: corrected for all windows and series that were looked at */
} spike;
/* Scans windows of 1 to 3 bins of 8 series: volume and the share of each core label. At most one false spike in 20
 * collections without any (Bonferroni over all windows looked at). `labels`: bins × MIEN_CORE. */
size_t insight_scan(const double *texts, const double *labels, size_t bins, size_t floor, spike *spikes, size_t room);

#endif
