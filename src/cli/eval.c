/* eval.c: the command `mien eval`. */
#include "cli/eval.h"

#include <errno.h>
#include <math.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"

static const struct set {
  const char *name, *kind;
  int (*run)(eval_context *context, mien_error *error);
} sets[] = {
    {"goemotions", "text", eval_goemotions}, {"brighter", "text", eval_brighter},
    {"emobank", "text", eval_emobank},       {"ravdess", "voice", eval_ravdess},
    {"emodb", "voice", eval_emodb},          {"nemo", "voice", eval_nemo},
    {"crema", "voice", eval_crema},          {"tess", "voice", eval_tess},
    {"ferplus", "face", eval_ferplus},       {"landmarks68", "face", eval_landmarks68},
    {"utk", "face", eval_utk},               {"clips", "fused", eval_clips},
};
enum { SETS = sizeof sets / sizeof *sets };

static int usage(FILE *to) {
  fputs("usage: mien eval SET… [--data DIR] [--models DIR] [--json] [--write FILE]\n\n"
        "Scores the models on labelled sets, with 95 % bootstrap intervals. SET is all, a kind or a\n"
        "name:\n", to);
  for (int i = 0; i < SETS; i++)
    fprintf(to, "%s%s%s", i && !strcmp(sets[i].kind, sets[i - 1].kind) ? " " : i ? "\n  " : "  ",
            i && !strcmp(sets[i].kind, sets[i - 1].kind) ? "" : sets[i].kind, "");
  fputs("\n", to);
  return to == stdout ? CLI_DONE : CLI_USAGE;
}

int cli_eval(int argc, char **argv) {
  (void)argc, (void)argv;
  return usage(stdout);
}
