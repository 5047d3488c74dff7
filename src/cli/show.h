/* show.h: a timeline for a person at a terminal. */
#ifndef CLI_SHOW_H
#define CLI_SHOW_H

#include "cli/timeline.h"

typedef struct show_options {
  int width;     /* columns, 40…160 */
  bool colours;
  bool untimed;  /* number the turns: their times are guesses */
} show_options;

/* A line or more for every turn (without words: for every run of one emotion), then for each person
 * how the states that stood out went. */
void show_timeline(const timeline *line, const show_options *options, base_text *out);

#endif
