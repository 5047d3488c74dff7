/* eval/: how well the shipped models do on labelled sets, through the C code.
 *
 * What it is: a list of sets; each run reads its items from a folder of data, has a room's model read
 * them, and adds figures with 95 % bootstrap intervals to a report. What it is not: training, tuning,
 * or a benchmark of speed. It chooses nothing: thresholds and temperatures come with the models.
 *
 * Owns: a report owns its rows and texts, until eval_report_clear; everything else is borrowed.
 * Threads: one thread a context. It reads files, and prints nothing: progress is a callback. */
#ifndef EVAL_H
#define EVAL_H

#include "base/base.h"
#include "eval/metrics.h"

/* One figure. A floor is what an issue asks for, an aim what it hopes for; NAN where none is set. */
typedef struct eval_row {
  char set[64], part[48], measure[64]; /* part: "" for all of the set, else a group or a language */
  char model[16];   /* of texts: "bulk" "deep" "research"; else "" */
  const char *goal; /* its line in the table of the text models; NULL: it has none there */
  eval_value value;
  size_t count; /* items */
  double at_least, at_most, aim;
  double asked; /* the floor in that table: of the bulk model at_least may be another */
  bool percent; /* shown as 97.3 % */
} eval_row;

typedef struct eval_report {
  eval_row *rows;
  size_t count, capacity;
  base_text notes;    /* a line each: how it was scored, what could not be read */
  base_text models;   /* a line each: name, version, SHA-256 */
  char set[64], model[16]; /* where eval_add adds to */
} eval_report;

typedef struct eval_kept eval_kept; /* parts.h */

typedef struct eval_context {
  const char *data;   /* folder */
  const char *models; /* folder; NULL: those inside the program */
  void (*progress)(const char *what, double done, double whole); /* NULL: not wanted */
  const char *folds;  /* folder of the models of a cross-validation over speakers; NULL: none */
  const char *choice; /* the text model that is scored: "bulk" "deep" "research"; NULL: each there is */
  const char *text;   /* the one that is being scored; set by eval_run */
  eval_report report;
  eval_kept *kept;    /* NULL, or where sets put their readings */
} eval_context;

/* A set, by the name and kind it is asked for. */
typedef struct eval_entry {
  const char *name, *kind;
  int (*run)(eval_context *context, mien_error *error);
} eval_entry;
const eval_entry *eval_entry_at(size_t index); /* in the order they are run; NULL behind the last */

/* "bulk" "deep" "research"; NULL behind the last. */
const char *eval_text_model_at(size_t index);

/* Adds the set's figures to context->report, of texts those of each model; where it cannot, says so
 * in the report's notes too. */
int eval_run(eval_context *context, const eval_entry *entry, mien_error *error);

void eval_report_table(const eval_report *report, base_text *to);
void eval_report_json(const eval_report *report, base_text *to);
void eval_report_markdown(const eval_report *report, const char *command, base_text *to);
void eval_report_clear(eval_report *report);

#endif
