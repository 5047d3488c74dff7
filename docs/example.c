/* example.c: reads a few turns of a conversation, and says what is expressed and where it goes.
 *
 * tests/engine/meson.build builds it, and `./check` runs it. */
#include "mien.h"

#include <stdio.h>
#include <string.h>

static int complain(const mien_error *error) {
  fprintf(stderr, "%s (%s): %s\n", error->what, error->where, error->remedy);
  return 1;
}

static void show(mien_session *session) {
  mien_event event;
  while (mien_session_next(session, &event) == MIEN_OK) {
    if (event.kind != MIEN_EVENT_STATE) continue;
    char line[256];
    mien_reading_explain(&event.reading, line, sizeof line);
    printf("%5.1f s  %-8s %s\n", event.reading.t1, event.reading.who, line);
    printf("         frustration %.2f, satisfaction %.2f, valence next %+.2f\n",
           event.reading.states[MIEN_FRUSTRATION], event.reading.states[MIEN_SATISFACTION],
           event.reading.forecast[MIEN_VALENCE]);
  }
}

int main(void) {
  static const struct {
    const char *who, *text;
    double at, until;
  } turns[] = {
      {"customer", "This is the third time I call, and nothing works. This is so annoying!", 0, 5},
      {"agent", "I am sorry. I have found the mistake and sent your money back.", 6, 11},
      {"customer", "Oh, what a relief! Thank you so much, that is wonderful.", 12, 16},
  };
  mien_error error;
  mien_engine *engine = NULL;
  if (mien_engine_open(&engine, NULL, &error) != MIEN_OK) return complain(&error);
  mien_session *session = NULL;
  mien_session_options options = MIEN_SESSION_USUAL;
  int failed = mien_session_open(&session, engine, &options, &error) != MIEN_OK && complain(&error);
  for (size_t i = 0; i < sizeof turns / sizeof *turns && !failed; i++) {
    if (mien_session_feed_text(session, turns[i].who, turns[i].text, strlen(turns[i].text),
                               turns[i].at, turns[i].until) != MIEN_OK)
      failed = complain(mien_session_error(session));
    else
      show(session);
  }
  if (!failed && mien_session_finish(session) == MIEN_OK) show(session);
  mien_session_close(&session);
  mien_engine_close(&engine);
  return failed;
}
