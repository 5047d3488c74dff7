/* main.c: finds the command and runs it. */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

static const struct {
  const char *name, *does;
  int (*run)(int argc, char **argv);
} commands[] = {
    {"help", "this list", NULL},
    {"read", "recordings and transcripts to timelines of emotion", cli_read},
    {"text", "a text a line to readings", cli_text},
    {"voice", "recordings of voices to readings", cli_voice},
    {"face", "faces in pictures and videos to readings", cli_face},
    {"serve", "live conversations over the network", cli_serve},
    {"play", "a recording through a running service, in real time", cli_play},
    {"audit", "is what a service recorded as it was written?", cli_audit},
    {"consent", "the service's ledger of consents", cli_consent},
    {"statement", "the operator's signed statements of medical or safety reasons", cli_statement},
    {"keys", "keys of those who call the service", cli_keys},
    {"vault", "a new master key, and the change to it", cli_vault},
    {"arc", "the emotional arc of a story", cli_arc},
    {"audience", "what many viewers express, lined up on the clock of what they saw", cli_audience},
    {"wellbeing", "a person's own diary, day by day, for that person alone", cli_wellbeing},
    {"people", "what goes on between the people of a conversation", cli_people},
    {"insight", "what many texts express: over time, by group, about what", cli_insight},
    {"rules", "what rules of events would have done on recorded sessions", cli_rules},
    {"adapt", "a choice among an application's options, within bounds, that learns", cli_adapt},
    {"respond", "how one might answer what somebody expresses", cli_respond},
    {"signals", "a personal dictionary of signals, for people who do not speak", cli_signals},
    {"usual", "what is usual for a person, from one recording to the next", cli_usual},
    {"bench", "speed and memory, beside a named reference", cli_bench},
    {"eval", "scores the models on labelled sets", cli_eval},
    {"features", "what the models see, for training", cli_features},
    {"model", "what a model file is, and whether it is sound", cli_model},
};

static int usage(FILE *to) {
  fputs("mien reads what emotion is expressed in text, voice and face.\n\n"
        "usage: mien COMMAND [OPTION…] [FILE…]      mien COMMAND --help explains each\n\n", to);
  for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
    fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].does);
  return to == stdout ? CLI_DONE : CLI_USAGE;
}

int main(int argc, char **argv) {
  if (argc < 2) return usage(stderr);
  if (!strcmp(argv[1], "--version")) return puts("mien " MIEN_VERSION), CLI_DONE;
  if (!strcmp(argv[1], "help") || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
    return usage(stdout);
  for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
    if (commands[i].run && !strcmp(commands[i].name, argv[1]))
      return commands[i].run(argc - 1, argv + 1);
  fprintf(stderr, "mien: there is no command '%s'; `mien help` lists them\n", argv[1]);
  return CLI_USAGE;
}
