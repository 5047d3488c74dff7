/* open.h: what a client asks for when it opens a conversation (the "open" of docs/asyncapi.yaml), read and checked. */
#ifndef SERVE_OPEN_H
#define SERVE_OPEN_H

#include <jansson.h>

#include "guard/guard.h"
#include "serve/live/live.h"

typedef struct serve_asked {
  char purpose[64], context[64], jurisdiction[32];
  char reference[64], statement[GUARD_ID];
  bool notice_given, observe;
  guard_person guarded[SERVE_PEOPLE]; /* the same people, for the guard */
  serve_person people[SERVE_PEOPLE];
  serve_stream streams[SERVE_STREAMS];
  serve_live_options live; /* points into this; copy with care */
} serve_asked;

/* Unknown keys are refused: a misspelt one must not be taken for none. */
int serve_open_read(json_t *what, serve_asked *asked, mien_error *error);

#endif
