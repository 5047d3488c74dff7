/* parts.h: what a report keeps, and the parts that write it. Only for this room.
 *
 * collect.c collects; suggested.c asks how one might answer; page.c puts the page together; chart.c draws a person's lines of time; told.c
 * finds what is worth telling in words; between.c what went on between people; words.c writes the transcript; html.c escapes. */
#ifndef REPORT_PARTS_H
#define REPORT_PARTS_H

#include "base/base.h"
#include "mien_people.h"
#include "report/report.h"

enum { REPORT_CUES = 4, REPORT_NOTES_MAX = 64, REPORT_PEOPLE_MAX = 32, REPORT_BINS_MAX = 480,
       REPORT_MOMENTS_MAX = 8, REPORT_WARNINGS_MAX = 8, REPORT_MANNERS_MAX = 24 };
#define REPORT_ENVELOPE_STEP 0.05 /* seconds */

typedef struct report_cue {
  char text[72];
  float weight;
  int toward; /* core label or -1 */
} report_cue;

/* A moment of a person's line: a fused state, or where there are none a final reading. */
typedef struct report_point {
  double t0, t1;
  float core[MIEN_CORE], dims[MIEN_DIMS], states[MIEN_STATES], confidence;
  int modality;
  const char *abstain; /* NULL or the reason, kept in the report */
  report_cue cues[REPORT_CUES];
  int cue_count;
} report_point;

typedef struct report_mark { /* what a word of a turn speaks for */
  int at, length, toward;
  float weight;
} report_mark;

typedef struct report_turn {
  int person;
  double t0, t1;
  char *text;
  report_mark *marks; /* in the order of `at` */
  size_t mark_count;
  bool unsure;        /* the reading of the text abstained */
  report_cue heard[REPORT_CUES]; /* strongest cues of voice and face while it was said */
  int heard_count;
} report_turn;

typedef struct report_person {
  char *who;
  report_point *points;
  size_t count, room;
  bool fused;         /* points are states; else final readings */
  char language[12];  /* of the last words whose language was read; "" */
  float *envelope;    /* loudest sample of each step, 0…1 */
  size_t envelope_count, envelope_room;
} report_person;

typedef struct report_reading { /* of a text that waits for its turn, or the other way round */
  int person;
  double t0, t1;
  report_mark *marks;
  size_t mark_count;
  bool unsure;
} report_reading;

typedef struct report_warning { /* a rise of anger or disgust was forecast, when it first was */
  double at, seconds;
  float rise, low, high;
  int turns;
  int person;             /* who was to be answered then; -1 none */
  char *title, *words, *avoid, *why, *source; /* what was suggested for that; NULL nothing */
  char language[4];       /* which that is in */
} report_warning;

struct report {
  char *title;
  char language[12];  /* of suggestions; "": each person's own */
  report_person people[REPORT_PEOPLE_MAX];
  int person_count;
  report_turn *turns;
  size_t turn_count, turn_room;
  report_reading *texts;
  size_t text_count, text_room;
  report_point *spoken; /* final readings of voice and face: for the cues of turns */
  int *spoken_by;
  size_t spoken_count, spoken_room, spoken_by_room;
  char *notes[REPORT_NOTES_MAX];
  int note_count;
  char *reasons[32]; /* why readings abstained, each once */
  int reason_count;
  report_warning warnings[REPORT_WARNINGS_MAX];
  int warning_count;
  bool warned; /* by the last state that has a forecast */
  mien_reading latest; /* the last state of one who is no agent, without what it points to */
  int latest_of;       /* -1: none yet */
  mien_people *between;
  double end; /* seconds */
};

/* What mien_respond.h suggests for the warning, of what had been read and said by then. MIEN_ENOMEM. */
int report_suggest(report *r, report_warning *warning);

/* ---- A person's line in even steps, for drawing. NAN and 0 where nothing was read. */
typedef struct report_bins {
  int count;
  double step; /* seconds */
  float core[REPORT_BINS_MAX][MIEN_CORE], dims[REPORT_BINS_MAX][MIEN_DIMS];
  float states[REPORT_BINS_MAX][MIEN_STATES], confidence[REPORT_BINS_MAX];
  const char *abstain[REPORT_BINS_MAX]; /* the reason, where most of the step abstained */
  bool read[REPORT_BINS_MAX];           /* something was read, and did not abstain */
} report_bins;
void report_bins_fill(report_bins *bins, const report *r, const report_person *person);

typedef struct report_moment {
  int person, state;   /* state MIEN_STATES: valence */
  double at;           /* seconds: the middle of the change */
  float from, to;
  char cues[160];      /* what spoke for it, for a person; "" unknown */
} report_moment;
/* `bins`: one for each person. The largest changes, in order of time; at most REPORT_MOMENTS_MAX. */
int report_moments(const report *r, const report_bins *bins, report_moment *moments);
/* The forecasts of a rise, what was suggested then, and whether it came: sentences as HTML; nothing where there were none. */
void report_tell_warnings(base_text *to, const report *r);
/* How each moved, and what went on between them; nothing where too little was read. */
void report_write_between(base_text *to, const report *r);
/* One or two plain sentences about a person, as HTML. */
void report_tell_person(base_text *to, const report_person *person, const report_bins *bins);
/* What was expressed in a turn, by the rule of timeline.h: its last point, one that did not abstain
 * if there is one. The label, -1: nothing clear; and its confidence. */
int report_label_of(const report_person *person, double t0, double t1, float *confidence);

/* ---- Writing. */
void report_escape(base_text *to, const char *text, size_t bytes); /* for text and attributes */
void report_escape_string(base_text *to, const char *text);
bool report_turns_text(uint32_t code); /* a character that turns the direction of what follows */
void report_clock(base_text *to, double seconds);                 /* 0:07, 1:02:03 */
void report_draw_person(base_text *to, const report *r, int person, const report_bins *bins);
void report_write_transcript(base_text *to, const report *r);
/* The same as a table for those who cannot see it, and as JSON for the page's script. */
void report_write_table(base_text *to, const report *r, int person, const report_bins *bins);
void report_write_json(base_text *to, const report *r, const report_bins *bins);
bool report_same_cue(const char *a, const char *b); /* but for the number in it */
const char *report_face_of(int label); /* CSS class of a core label: "c0"…"c6"; "cx" for -1 */

#endif
