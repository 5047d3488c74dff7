/* features_respond.c: `mien features respond [FILE|-]`: what the scorers of respond/ see of each turn that is answered, and of
 * each pair of a post and a reply, for training.
 *
 *   in:  a turn a line: the talk's name, TAB, who speaks, TAB, the strategy's name or "-", TAB, what was said; a talk's turns
 *        in order
 *   out: a line a turn, as though it were to be answered: the dense numbers
 *
 * --reply: a line is a post (empty: there is none), TAB, its reply; out: the dense numbers of each reply, TAB, the bag's entries. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "cli/cli.h"
#include "cli/features_text.h"
#include "respond/features.h"

typedef struct maker {
  respond_reader *reader;
  respond_turn turns[RESPOND_TURNS];
  char *names[RESPOND_TURNS]; /* the block that a turn's strings lie in */
  size_t count;
  float dense[RESPOND_DENSE];
  respond_bag bag;
  bool replies;
} maker;

static void forget(maker *m, size_t first) {
  for (size_t i = 0; i < first; i++) free(m->names[i]);
  memmove(m->names, m->names + first, (m->count - first) * sizeof *m->names);
  memmove(m->turns, m->turns + first, (m->count - first) * sizeof *m->turns);
  m->count -= first;
}

static void print(const maker *m, size_t count) {
  for (size_t i = 0; i < count; i++) printf(i ? " %.6g" : "%.6g", (double)m->dense[i]);
  if (m->replies) putchar('\t');
  for (size_t i = 0; m->replies && i < m->bag.count; i++) printf(i ? " %u" : "%u", m->bag.entries[i]);
  putchar('\n');
}

/* Takes over `line`. NULL, or what is wrong with it. */
static const char *turn(maker *m, char *line) {
  char *who = strchr(line, '\t'), *taken = who ? strchr(who + 1, '\t') : NULL, *said = taken ? strchr(taken + 1, '\t') : NULL;
  if (!said) return free(line), "has no three tabs";
  *who++ = *taken++ = *said++ = 0;
  int strategy = respond_strategy_of(taken);
  if (strategy < 0 && strcmp(taken, "-")) return free(line), "has a strategy of another name";
  if (m->count && strcmp(m->names[0], line)) forget(m, m->count);
  if (m->count == RESPOND_TURNS) forget(m, 1);
  m->names[m->count] = line;
  m->turns[m->count++] = (respond_turn){who, said, strategy};
  respond_features(m->reader, m->turns, m->count, m->dense);
  print(m, RESPOND_DENSE);
  return NULL;
}

/* The same. */
static const char *reply(maker *m, char *line) {
  char *said = strchr(line, '\t');
  if (said) {
    *said++ = 0;
    respond_reply_features(m->reader, line, said, m->dense, &m->bag);
    print(m, RESPOND_REPLY);
  }
  free(line);
  return said ? NULL : "has no tab";
}

int cli_features_respond(int argc, char **argv) {
  mien_error error = {0};
  bool replies = argc > 1 && !strcmp(argv[1], "--reply");
  if (replies) argv++, argc--;
  if (argc > 2 || (argc > 1 && argv[1][0] == '-' && argv[1][1])) {
    fputs("usage: mien features respond [--reply] [FILE|-]\n", stderr);
    return CLI_USAGE;
  }
  const char *path = argc > 1 ? argv[1] : "-";
  FILE *in = strcmp(path, "-") ? fopen(path, "rb") : stdin;
  maker *m = calloc(1, sizeof *m);
  int code = !m ? MIEN_ENOMEM : !in ? MIEN_EIO : respond_reader_open(&m->reader, NULL, &error);
  if (!m) base_error_set(&error, code, path, "", "out of memory");
  else if (!in) base_error_set(&error, code, path, "check the name", "the file cannot be opened");
  if (m) m->replies = replies;
  for (size_t number = 1; !code; number++) {
    char *line = NULL;
    size_t capacity = 0;
    ssize_t bytes = getline(&line, &capacity, in);
    if (bytes < 0) {
      free(line);
      break;
    }
    if (bytes && line[bytes - 1] == '\n') line[bytes - 1] = 0;
    const char *wrong = m->replies ? reply(m, line) : turn(m, line);
    if (wrong)
      code = base_error_set(&error, MIEN_EFORMAT, path,
                            replies ? "a line is POST, TAB, REPLY" : "a line is TALK, TAB, WHO, TAB, STRATEGY or -, TAB, TEXT",
                            "line %zu %s", number, wrong);
  }
  if (code) fprintf(stderr, "mien features respond: %s (%s): %s\n", error.what, error.where, error.remedy);
  if (m) {
    forget(m, m->count);
    respond_reader_close(&m->reader);
    free(m);
  }
  bool written = !fflush(stdout) && !ferror(stdout);
  if (in && in != stdin) fclose(in);
  return code || !written ? CLI_NOTHING : CLI_DONE;
}
