/* transcript_parts.h: what the readers of the single forms share. Only for transcript*.c. */
#ifndef MEDIA_TRANSCRIPT_PARTS_H
#define MEDIA_TRANSCRIPT_PARTS_H

#include "media/transcript.h"

struct transcript {
  char *name;                 /* of the file, for messages */
  const char *form;           /* "srt" … */
  const char *unit;           /* what `line` counts: "line" or "segment" */
  bool any_order;             /* the form need not be in order of time (a channel at a time) */
  transcript_turn *turns;
  size_t count, room;
  mien_word *words;           /* of all turns; a turn's `words` is its first index until the end */
  size_t word_count, word_room;
  struct transcript_block *blocks; /* the texts */
  mien_error warnings[TRANSCRIPT_WARNINGS_MAX];
  size_t warning_count, warnings_lost;
  bool failed, full;          /* out of memory; more than TRANSCRIPT_TURNS_MAX */
};

/* A copy that lives as long as the transcript; trimmed of white space. NULL when out of memory. */
const char *transcript_keep(transcript *t, const char *text, size_t bytes, size_t *kept);
/* Adds a turn if there is text in it. `who` may be NULL. The last `words` of t->words are its own. */
void transcript_add(transcript *t, const char *who, size_t who_bytes, int channel, double t0,
                    double t1, const char *text, size_t bytes, size_t words, size_t line);
void transcript_add_word(transcript *t, const char *text, size_t bytes, double t0, double t1);
void transcript_note(transcript *t, size_t line, const char *remedy, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The readers. `text` is valid UTF-8 without NUL. */
void transcript_read_subtitles(transcript *t, const char *text, size_t bytes, bool vtt);
void transcript_read_plain(transcript *t, const char *text, size_t bytes);
int transcript_read_json(transcript *t, const char *text, size_t bytes, mien_error *error);

/* ---- Small things about lines. */

/* "1:02:03.5", "02:03", "02:03,500" at `text`; returns the bytes it takes, 0 if it is no time. */
size_t transcript_time(const char *text, size_t bytes, double *seconds);
/* Bytes of "Name" when the text begins with "Name: "; 0 otherwise. */
size_t transcript_name(const char *text, size_t bytes);

#endif
