/* timeline.h: what a session said about one recording, kept for showing and for the exports.
 *
 * Keeps turns, final readings and states, with the strongest cues of each; interim readings are not
 * kept. Everything is copied; about 10 MB an hour of two people. One thread. */
#ifndef CLI_TIMELINE_H
#define CLI_TIMELINE_H

#include "base/base.h"

enum { TIMELINE_CUES_MAX = 6, TIMELINE_BYTES_MAX = 512 << 20 };

typedef struct timeline_turn {
  const char *who;
  double t0, t1; /* seconds; NAN where the transcript has no times */
  const char *text;
  const mien_word *words;
  size_t word_count;
} timeline_turn;

typedef struct timeline {
  const char *file; /* the recording as given; borrowed */
  double duration;  /* seconds; at least the end of everything in it */
  const char **people; /* in the order of their first appearance */
  size_t people_count;
  timeline_turn *turns; /* the lists are in order of t0 once timeline_finish was called */
  size_t turn_count;
  mien_reading *readings; /* final ones, of one modality */
  size_t reading_count;
  mien_reading *states;
  size_t state_count;
  base_arena memory;
  size_t people_room, turn_room, reading_room, state_room;
} timeline;

void timeline_init(timeline *line, const char *file);
void timeline_clear(timeline *line);
/* An event as mien_session_next gave it, or a TURN of the caller's. MIEN_OK or MIEN_ENOMEM. */
int timeline_add(timeline *line, const mien_event *event);
void timeline_finish(timeline *line);

/* The core label with the highest probability. */
int timeline_top(const mien_reading *reading);
/* The fused state that stands out most, or -1: none reaches one half. */
int timeline_top_state(const mien_reading *reading);
/* What was expressed in a turn: the last state of the speaker that begins before the turn's end and
 * ends after its beginning, one that does not abstain if there is one; NULL: none. */
const mien_reading *timeline_turn_state(const timeline *line, const timeline_turn *turn);

/* ---- Spans: one person's labels or words as intervals that never overlap, in order. */
enum { TIMELINE_WORDS /* a turn each */, TIMELINE_EMOTION /* runs of states with one top label */ };
typedef struct timeline_span {
  double t0, t1;
  const char *text;    /* the words; the label; "" where a state abstains */
  float confidence;    /* EMOTION: mean over the run */
  const mien_reading *first; /* EMOTION: the run's first state */
} timeline_span;
/* Ownership: free *spans with base_free. MIEN_OK or MIEN_ENOMEM. */
int timeline_spans(const timeline *line, const char *who, int kind, timeline_span **spans,
                   size_t *count);

#endif
