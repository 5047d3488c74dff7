/* features_text.h: `mien features text` and `talk`, called by features.c with argv[0] "text", "talk". */
#ifndef CLI_FEATURES_TEXT_H
#define CLI_FEATURES_TEXT_H
int cli_features_text(int argc, char **argv);
int cli_features_talk(int argc, char **argv);
#endif
