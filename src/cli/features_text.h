/* features_text.h: `mien features text`, `talk` and `respond`, called by features.c with argv[0] "text", "talk", "respond". */
#ifndef CLI_FEATURES_TEXT_H
#define CLI_FEATURES_TEXT_H
int cli_features_text(int argc, char **argv);
int cli_features_talk(int argc, char **argv);
int cli_features_respond(int argc, char **argv);
#endif
