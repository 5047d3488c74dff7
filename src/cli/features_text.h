/* features_text.h: `mien features text`, called by features.c with argv[0] "text". */
#ifndef CLI_FEATURES_TEXT_H
#define CLI_FEATURES_TEXT_H
int cli_features_text(int argc, char **argv);
#endif
