/* features.c: `mien features`, what the models see, as raw numbers for training.
 *
 * A developers' command: training reads these, so that there is one feature extractor. */
#include "cli/cli.h"
#include "cli/features_text.h"
#include "cli/features_voice.h"

#include <stdio.h>
#include <string.h>

static int usage(FILE *to) {
  fputs("usage: mien features voice …     (mien features voice --help)\n"
        "       mien features text …      (mien features text --help)\n"
        "       mien features talk MODEL [FILE|-]\n"
        "       mien features respond [--reply] [FILE|-]\n\n"
        "Writes what a model sees to standard output, for training.\n", to);
  return to == stdout ? CLI_DONE : CLI_USAGE;
}

int cli_features(int argc, char **argv) {
  if (argc < 2) return usage(stderr);
  if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) return usage(stdout);
  if (!strcmp(argv[1], "voice")) return cli_features_voice(argc - 1, argv + 1);
  if (!strcmp(argv[1], "text")) return cli_features_text(argc - 1, argv + 1);
  if (!strcmp(argv[1], "talk")) return cli_features_talk(argc - 1, argv + 1);
  if (!strcmp(argv[1], "respond")) return cli_features_respond(argc - 1, argv + 1);
  return usage(stderr);
}
