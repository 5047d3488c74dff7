/* features_talk.c: `mien features talk MODEL [FILE|-]`: what the model says of each turn of a talk,
 * read after the turns before it as a session reads it, for training the forecast.
 *
 *   in:  a turn a line: the talk's name, TAB, who speaks, TAB, what was said; a talk's turns in order
 *   out: a line a turn: 7 core, 28 fine, 3 dims, sarcasm, confidence; "nan" where not known
 *
 * --hidden: the layer before the heads as well. The bulk model beside it (its name without "-deep") is joined where it is there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "cli/cli.h"
#include "cli/features_text.h"
#include "nn/nn.h"
#include "text/text.h"

enum { TURNS = 3 /* before the one that is read: as many as a session gives */ };

typedef struct talk {
  nn_file *file, *beside;
  text_model *model;
  text_reader *reader;
  struct {
    char *name, *who, *said; /* name: the block that all three lie in */
  } before[TURNS];
  size_t count;
  bool hidden; /* the layer that the heads are linear in is written as well */
} talk;

static void forget(talk *t) {
  for (size_t i = 0; i < t->count; i++) free(t->before[i].name);
  t->count = 0;
}

static void talk_close(talk *t) {
  forget(t);
  text_reader_close(&t->reader);
  text_model_close(&t->model);
  nn_file_close(&t->file);
  nn_file_close(&t->beside);
}

static int talk_open(talk *t, const char *path, mien_error *error) {
  char beside[512];
  const char *deep = strstr(path, "-deep.mien");
  int code = nn_file_open(&t->file, path, error);
  if (!code) code = text_model_open(&t->model, t->file, error);
  if (!code && deep) {
    snprintf(beside, sizeof beside, "%.*s.mien", (int)(deep - path), path);
    code = nn_file_open(&t->beside, beside, error);
    if (!code) code = text_model_join(t->model, t->beside, error);
  }
  if (!code && (code = text_reader_open(&t->reader, t->model)))
    base_error_set(error, code, path, "", "no memory for the text model");
  if (!code) text_reader_cues(t->reader, false);
  return code;
}

static void print_turn(const mien_reading *reading) {
  for (int k = 0; k < MIEN_CORE; k++) printf("%.5f ", (double)reading->core[k]);
  for (int k = 0; k < MIEN_FINE; k++) printf("%.5f ", (double)reading->fine[k]);
  for (int k = 0; k < MIEN_DIMS; k++) printf("%.4f ", (double)reading->dims[k]);
  printf("%.4f %.4f", (double)reading->flags[MIEN_SARCASM], (double)reading->confidence);
}

/* Takes over `line`. False: no memory, or a line without two tabs. */
static bool read_turn(talk *t, char *line) {
  char *who = strchr(line, '\t'), *said = who ? strchr(who + 1, '\t') : NULL;
  if (!said) return free(line), false;
  *who++ = *said++ = 0;
  if (t->count && strcmp(t->before[0].name, line)) forget(t);
  text_turn turns[TURNS];
  for (size_t i = 0; i < t->count; i++)
    turns[i] = (text_turn){t->before[i].said, strlen(t->before[i].said), !strcmp(t->before[i].who, who)};
  mien_reading reading;
  base_reading_init(&reading, MIEN_TEXT);
  text_read_after(t->reader, turns, t->count, said, strlen(said), &reading);
  print_turn(&reading);
  size_t depth = 0;
  const float *hidden = t->hidden ? text_reader_hidden(t->reader, &depth) : NULL;
  for (size_t i = 0; i < depth; i++) printf(" %.4f", (double)hidden[i]);
  putchar('\n');
  if (t->count == TURNS) {
    free(t->before[0].name);
    memmove(t->before, t->before + 1, --t->count * sizeof *t->before);
  }
  t->before[t->count].name = line;
  t->before[t->count].who = who;
  t->before[t->count++].said = said;
  return true;
}

int cli_features_talk(int argc, char **argv) {
  talk t = {0};
  mien_error error = {0};
  if (argc > 1 && !strcmp(argv[1], "--hidden")) t.hidden = true, argv++, argc--;
  if (argc < 2 || argc > 3 || argv[1][0] == '-') {
    fputs("usage: mien features talk [--hidden] MODEL [FILE|-]\n", stderr);
    return CLI_USAGE;
  }
  const char *path = argc > 2 ? argv[2] : "-";
  FILE *in = strcmp(path, "-") ? fopen(path, "rb") : stdin;
  int code = in ? talk_open(&t, argv[1], &error) : MIEN_EIO;
  if (!in) base_error_set(&error, MIEN_EIO, path, "check the name", "the file cannot be opened");
  size_t number = 0;
  while (!code) {
    char *line = NULL;
    size_t capacity = 0;
    ssize_t bytes = getline(&line, &capacity, in);
    if (bytes < 0) {
      free(line);
      break;
    }
    number++;
    if (bytes && line[bytes - 1] == '\n') line[bytes - 1] = 0;
    if (!read_turn(&t, line))
      code = base_error_set(&error, MIEN_EFORMAT, path, "a line is TALK, TAB, WHO, TAB, TEXT",
                            "line %zu has no two tabs", number);
  }
  if (code) fprintf(stderr, "mien features talk: %s (%s): %s\n", error.what, error.where, error.remedy);
  talk_close(&t);
  bool written = !fflush(stdout) && !ferror(stdout);
  if (in && in != stdin) fclose(in);
  return code || !written ? CLI_NOTHING : CLI_DONE;
}
