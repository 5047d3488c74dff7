/* reader.h: what the commands that read share: opening the engine, taking all events, and folding
 * the readings of one recording into one. */
#ifndef CLI_READER_H
#define CLI_READER_H

#include "base/base.h"

/* Opens the engine with the models of `models`, or of MIEN_MODELS where that is NULL, or those
 * inside the program; text_model: MIEN_MODEL_…; text_file: a text model in their place, or NULL.
 * Complains by itself. */
int cli_engine_open(mien_engine **engine, const char *models, int text_model, const char *text_file);
/* MIEN_MODEL_… of "auto", "bulk" or "deep"; NULL, or the name of a file: auto. -1: no such. */
int cli_model_named(const char *name);
/* `name` if it is that of a file: it ends in .mien or has a / in it. Otherwise NULL. */
const char *cli_model_file(const char *name);

/* Is `file` there, a file, and not empty? Otherwise `error` says what it is. */
int cli_file_check(const char *file, mien_error *error);

/* The option --models, the same for every command; `to` is a const char *. */
#define CLI_OPTION_MODELS(to) \
  {"models", OPTION_TEXT, "DIR", to, "use the *.mien files of DIR (or of $MIEN_MODELS) in place of\n" \
                                     "those inside the program", 0, 0}

/* The option --model of the commands that read text. */
#define CLI_OPTION_MODEL(to, automatic) \
  {"model", OPTION_TEXT, "bulk|deep|auto|FILE", to, "the text model: bulk is fast, deep is better; auto\n" automatic \
                                              "; or the FILE.mien of an imported one", 0, 0}

/* Goes on with an object that was opened and has at least one key in it: the reading's own keys,
 * its closing brace and a newline. */
void cli_reading_rest(base_text *out, const mien_reading *reading);

/* Gives every event that is ready to `take`. MIEN_OK when none is left for now or at the end;
 * otherwise what mien_session_next or `take` returned. */
typedef int (*cli_take_fn)(void *context, const mien_event *event);
int cli_drain(mien_session *session, cli_take_fn take, void *context);

/* ---- One reading for a whole recording out of those of its utterances ----
 * Probabilities, dimensions and confidence are means weighted by length and signal quality; a label
 * is in the set when it is in those of half the weight. Readings that abstain count only where
 * there are no others. The strongest cues are kept. */
enum { CLI_SUMMARY_CUES = 8 };
typedef struct cli_summary {
  mien_reading sum; /* weighted sums until cli_summary_reading */
  double weight, set_weight[MIEN_CORE];
  double field_weight[MIEN_EXTRA + MIEN_DIMS + MIEN_FLAGS];
  bool sure;        /* what was added does not abstain */
  char abstain[128];
  mien_cue cues[CLI_SUMMARY_CUES];
  size_t count;     /* readings that went in */
} cli_summary;
void cli_summary_init(cli_summary *summary, int modality);
void cli_summary_add(cli_summary *summary, const mien_reading *reading);
/* The one reading; borrows from `summary`. With nothing added it abstains with `nothing`. */
void cli_summary_reading(cli_summary *summary, const char *nothing, mien_reading *reading);

#endif
