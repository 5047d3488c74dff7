/* parts.h: what the sets of this room share. Only for this room.
 *
 * sets.c   the list of sets, and their helpers      report.c  what was measured, as a table, JSON and
 * text.c   the text models, for the sets of texts             docs/accuracy.md
 * goemotions.c brighter.c emobank.c xed.c tweets.c talk.c (MELD) sarcasm.c (iSarcasmEval)
 * faithful.c do a text's contributions name the words that matter?
 * voice.c voice_ways.c voice_folds.c speech.c cries.c speakers.c  RAVDESS, EmoDB, nEMO, CREMA-D, TESS (voice.h)
 *                                                   face.c    FER+      frames.c  landmarks68, UTK
 * fused.c  CREMA-D's raters                         pairs.c   items of the sets above, put together
 * metrics.c the metrics                             table.c   CSV and TSV in
 * follow.c courses that were simulated, followed   forecast.c talks.c dialogues, and what comes next
 * respond.c empathy.c the scorers of respond/
 * disturb.c what a picture may suffer */
#ifndef EVAL_PARTS_H
#define EVAL_PARTS_H

#include "eval/eval.h"
#include "eval/table.h"
#include "nn/nn.h"

/* Readings of labelled items, kept to be put together (pairs.c). */
struct eval_kept {
  struct eval_kept_one {
    mien_reading reading;
    int truth; /* core label */
  } *list;
  size_t count, capacity;
};

/* ---- report.c -------------------------------------------------------------------------------- */
void eval_set(eval_report *report, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Adds a figure to the current set; gives the row for its floor to be set. */
eval_row *eval_add(eval_report *report, const char *part, const char *measure, eval_value value,
                   size_t count);
void eval_floor(eval_row *row, double at_least, double at_most);
void eval_note(eval_report *report, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool eval_met(const eval_row *row);
/* The usual figures of single labels: accuracy, UAR, macro-F1. Rows come in this order. */
void eval_add_labels(eval_report *report, const char *part, const eval_item *items, size_t count);
/* What the figure's goal was, and its line in the table of the text models. `bulk`: the floor of the
 * bulk model, which an earlier issue set; NAN: none. */
typedef struct eval_goal {
  const char *what; /* a literal */
  double bulk, floor, aim;
} eval_goal;
void eval_goal_set(eval_row *row, eval_goal goal);
/* ECE and coverage, with the project's floors where `floors`: ECE <= .05, coverage 88–92 %; of texts,
 * but for the bulk model, 87–93 %. */
void eval_add_confidence(eval_report *report, const char *part, const eval_item *items, size_t count,
                         bool floors);
/* The same and what follows from them: set size, abstained, accuracy of the rest. */
void eval_add_calibration(eval_report *report, const char *part, const eval_item *items, size_t count,
                          bool floors);

/* ---- Helpers, sets.c -------------------------------------------------------------------------- */
/* Opens models/NAME.mien and notes its name, version and hash in the report. */
int eval_open_model(eval_context *context, const char *name, nn_file **file, mien_error *error);
/* Adds the lines of models that the report does not have yet; NULL: none. */
void eval_note_models(eval_report *report, const char *lines);
bool eval_has_model(const eval_context *context, const char *name);
/* "DATA/part": allocated; to be freed. NULL when memory is out. */
char *eval_path(const eval_context *context, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Opens DATA/part. */
int eval_open_table(const eval_context *context, eval_table *table, const char *part, char separator,
                    mien_error *error);
int eval_core_of_name(const char *name); /* "happy" "angry" … of any set; -1 for none of the seven */
void eval_progress(const eval_context *context, const char *what, double done, double whole);
/* Keeps the reading where context->kept says so. */
void eval_keep(eval_context *context, const mien_reading *reading, int truth);
/* Fills an item from a reading: guess is the top core label. */
eval_item eval_item_of(const mien_reading *reading, int truth);

/* ---- Sets: each adds its figures to context->report ------------------------------------------- */
int eval_ferplus(eval_context *context, mien_error *error);
int eval_landmarks68(eval_context *context, mien_error *error);
int eval_utk(eval_context *context, mien_error *error);
int eval_goemotions(eval_context *context, mien_error *error);
int eval_brighter(eval_context *context, mien_error *error);
int eval_emobank(eval_context *context, mien_error *error);
int eval_xed(eval_context *context, mien_error *error);
int eval_tweets(eval_context *context, mien_error *error);
int eval_irony(eval_context *context, mien_error *error);
int eval_meld(eval_context *context, mien_error *error);
int eval_isarcasm(eval_context *context, mien_error *error);
int eval_faithful(eval_context *context, mien_error *error);
int eval_disk(eval_context *context, mien_error *error);
int eval_ravdess(eval_context *context, mien_error *error);
int eval_emodb(eval_context *context, mien_error *error);
int eval_nemo(eval_context *context, mien_error *error);
int eval_crema(eval_context *context, mien_error *error);
int eval_tess(eval_context *context, mien_error *error);
int eval_voices(eval_context *context, mien_error *error);
int eval_voice_ways(eval_context *context, mien_error *error);
int eval_speech(eval_context *context, mien_error *error);
int eval_cries(eval_context *context, mien_error *error);
int eval_speakers(eval_context *context, mien_error *error);
int eval_voice_folds(eval_context *context, mien_error *error);
int eval_people(eval_context *context, mien_error *error);
int eval_pairs(eval_context *context, mien_error *error);
int eval_signals(eval_context *context, mien_error *error);
int eval_signals_dev(eval_context *context, mien_error *error);
int eval_adapt(eval_context *context, mien_error *error);
int eval_clips(eval_context *context, mien_error *error);
int eval_follow(eval_context *context, mien_error *error);
int eval_forecast(eval_context *context, mien_error *error);
int eval_respond(eval_context *context, mien_error *error);
int eval_empathy(eval_context *context, mien_error *error);
/* Notes the model of respond/ in the report, and gives its path. */
int eval_open_respond(eval_context *context, char path[1024], mien_error *error);

#endif
