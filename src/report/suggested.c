/* suggested.c: how one might have answered when a rise was forecast (mien_respond.h), of what had been read and said by then. */
#include <stdio.h>

#include "mien_respond.h"
#include "report/parts.h"

enum { TURNS = 8 };

static bool keep(char **to, const char *text) { return !text || (*to = base_strdup(text)); }

/* The last turns up to the person's own last one, oldest first. */
static size_t turns_of(const report *r, const report_warning *w, mien_respond_turn turns[TURNS]) {
  size_t count = 0, end = r->turn_count;
  while (end && (r->turns[end - 1].person != w->person || r->turns[end - 1].t0 > w->at)) end--;
  for (size_t i = end > TURNS ? end - TURNS : 0; i < end; i++)
    turns[count++] = (mien_respond_turn){r->people[r->turns[i].person].who, r->turns[i].text, -1};
  return count;
}

int report_suggest(report *r, report_warning *w) {
  mien_respond *respond = NULL;
  mien_respond_turn turns[TURNS];
  mien_suggestion best;
  mien_error error = {0};
  size_t count = 0;
  if (w->person < 0) return MIEN_OK;
  const char *who = r->people[w->person].who;
  mien_reading state = r->latest; /* the forecast that is told is what the suggestion is for */
  state.outlook.rise = w->rise;
  state.outlook.warning = 1;
  mien_respond_ask ask = {.size = sizeof ask, .state = &state, .turns = turns, .turn_count = turns_of(r, w, turns), .role = who};
  const char *language = *r->language ? r->language : r->people[w->person].language;
  if (*language) ask.language = language;
  if (!strcmp(who, "customer") || !strcmp(who, "caller")) ask.purpose = "customer_service";
  int code = mien_respond_open(&respond, NULL, &error);
  if (!code) code = mien_respond_suggest(respond, &ask, &best, 1, &count, NULL, &error);
  bool kept = code != MIEN_ENOMEM;
  if (!code && count)
    kept = keep(&w->title, best.title) && keep(&w->words, best.words) && keep(&w->avoid, best.avoid) && keep(&w->why, best.why) && keep(&w->source, best.source);
  if (!code && count) snprintf(w->language, sizeof w->language, "%s", best.language);
  mien_respond_close(&respond);
  return kept ? MIEN_OK : MIEN_ENOMEM;
}
