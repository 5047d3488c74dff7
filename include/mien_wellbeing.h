/* mien_wellbeing.h: one person's own days: the mood that they expressed day by day against what is usual for them, shifts that
 * last, and where to find people who help. For that person alone, and only when they asked for it.
 *
 * It is no medical device, diagnoses nothing, screens for nothing and treats nothing. Whoever uses it must not show it to
 * anybody but the person: an employer, a school, an insurer have no business with it.
 *
 * A day's mood is the mean valence of what was expressed in it. Each day is compared with all days before it, as a forecast of
 * that person's own (mean, spread, and how much a day is like the one before, shrunk to 0.3), and the standardised
 * surprises go into a two-sided CUSUM (Page 1954; self-starting: Hawkins 1987), which tells of a small change that lasts
 * and not of a single bad day. Slack 0.5; the limit is set so that somebody whose mood has not changed meets one false alarm in
 * about a year of daily entries (tests/people/test_wellbeing.c checks it by simulation). There is none before fourteen days.
 *
 * Crisis language: words of wanting to die, to take one's life or to be hurt, in English, German, French, Spanish, Italian,
 * Portuguese, Dutch, Polish, Chinese and Arabic: those of the shipped rule crisis_words. It is made to miss little and so is sometimes wrong; what follows from it is a message with people to
 * call, and nothing else: nobody is told. It will still miss some: it is no safety system.
 *
 * Ownership and errors as in mien.h. One is used by one thread at a time. No text is kept. */
#ifndef MIEN_WELLBEING_H
#define MIEN_WELLBEING_H

#include "mien.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { MIEN_WELLBEING_DAYS = 3660, MIEN_WELLBEING_LEAST = 14, MIEN_WELLBEING_SHIFTS = 32 };
#define MIEN_WELLBEING_FALSE_ALARMS 1.0 /* a year of daily entries, of a mood that does not change */

typedef struct mien_wellbeing mien_wellbeing;

typedef struct mien_wellbeing_options {
  size_t size;         /* sizeof(mien_wellbeing_options)                                               */
  int agreed;          /* 1: the person asked for it themselves; else MIEN_EPOLICY                     */
  const char *country; /* two letters (ISO 3166-1), for whom to call; NULL not known                    */
  int offset;          /* minutes that the person's days are ahead of UTC, -840…840                    */
} mien_wellbeing_options;

MIEN_API int mien_wellbeing_open(mien_wellbeing **own, const mien_wellbeing_options *options, mien_error *error);
MIEN_API void mien_wellbeing_close(mien_wellbeing **own);

/* What was expressed at `at` (seconds since 1970): valence -1…1, in any order of time. MIEN_EINVAL: not a number, or no time
 * of this century; MIEN_ELIMIT: more days than MIEN_WELLBEING_DAYS. */
MIEN_API int mien_wellbeing_add(mien_wellbeing *own, double at, double valence, mien_error *error);
/* Looks for crisis language in what was written; the text is not kept. 1: there is some, 0: none. */
MIEN_API int mien_wellbeing_text(mien_wellbeing *own, double at, const char *utf8, size_t bytes);
/* The same of a text alone, for whoever has no diary: show mien_wellbeing_help at once. */
MIEN_API int mien_wellbeing_crisis(const char *utf8, size_t bytes);

/* A message with people to call, in plain words, for the country (two letters; NULL, or one that is not known: the general
 * one). `crisis` 1: for right now. Returns the bytes it takes, as mien_people_json. */
MIEN_API size_t mien_wellbeing_help(const char *country, int crisis, char *to, size_t capacity);

typedef struct mien_wellbeing_shift {
  double since, told; /* seconds since 1970: beginning of the day it seems to have begun; of the day it could be told */
  int direction;      /* 1 more pleasant than usual, -1 less                                              */
  double before, after; /* mean valence of the days before, and since                                      */
} mien_wellbeing_shift;

typedef struct mien_wellbeing_now {
  int days;            /* with entries                                                                    */
  double usual, spread;/* of the person's days, without the last seven; since the last shift, or before it
                          where it began less than 28 days ago. NAN before MIEN_WELLBEING_LEAST       */
  double week;         /* mean of the last seven days with entries; NAN none                              */
  double against;      /* week against usual, in standard deviations of such a mean; NAN                   */
  int shifts;          /* told of so far                                                                  */
  int crisis;          /* 1: crisis language in the last seven days before the newest entry                */
} mien_wellbeing_now;
MIEN_API int mien_wellbeing_read(const mien_wellbeing *own, mien_wellbeing_now *now);
MIEN_API int mien_wellbeing_shift_at(const mien_wellbeing *own, int index, mien_wellbeing_shift *shift); /* MIEN_EINVAL */

/* All of it as one JSON object; and in plain words for the person. As mien_people_json. */
MIEN_API size_t mien_wellbeing_json(const mien_wellbeing *own, char *to, size_t capacity);
MIEN_API size_t mien_wellbeing_tell(const mien_wellbeing *own, char *to, size_t capacity);

#ifdef __cplusplus
}
#endif
#endif
