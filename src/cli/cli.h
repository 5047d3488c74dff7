/* cli/: the program `mien`, one file a command. It reads files through media/ and everything else
 * through mien.h; only the developers' commands (model, features, eval, bench) look into the rooms.
 *
 * Exit codes: 0 done, 1 nothing usable in the input, 2 wrong usage, 3 refused by policy. */
#ifndef CLI_H
#define CLI_H

#include "mien.h"

enum { CLI_DONE = 0, CLI_NOTHING = 1, CLI_USAGE = 2, CLI_POLICY = 3 };

/* argv[0] is the command's own name. Returns the exit code. */
int cli_read(int argc, char **argv);
int cli_text(int argc, char **argv);
int cli_voice(int argc, char **argv);
int cli_face(int argc, char **argv);
int cli_bench(int argc, char **argv);
int cli_model(int argc, char **argv);
int cli_model_import(int argc, char **argv); /* `model import`: argv[0] is "import" */
int cli_features(int argc, char **argv);
int cli_eval(int argc, char **argv);
int cli_arc(int argc, char **argv);
int cli_audience(int argc, char **argv);
int cli_wellbeing(int argc, char **argv);
int cli_people(int argc, char **argv);
int cli_insight(int argc, char **argv);
int cli_rules(int argc, char **argv);
int cli_serve(int argc, char **argv);
int cli_play(int argc, char **argv);
int cli_adapt(int argc, char **argv);
int cli_respond(int argc, char **argv);
int cli_signals(int argc, char **argv);
int cli_usual(int argc, char **argv);
int cli_audit(int argc, char **argv);
int cli_consent(int argc, char **argv);
int cli_keys(int argc, char **argv);
int cli_statement(int argc, char **argv);
int cli_vault(int argc, char **argv);

#endif
