/* figures.h: how the commands of insight/ give their figures: as JSON, in words, and as a page. */
#ifndef CLI_FIGURES_H
#define CLI_FIGURES_H

#include "base/base.h"

typedef struct cli_figures {
  int (*page)(const char *figures, size_t bytes, const char *title, base_text *html, mien_error *error);
  void (*tell)(base_text *say, const base_text *figures);
  const char *title, *html, *out; /* html: file of the page, NULL none; out: NULL standard output */
  bool json;
} cli_figures;

int cli_figures_give(const cli_figures *how, base_text *figures, mien_error *error);

/* An engine and a session that reads texts, each by itself: cues and states are not wanted. On an error that it has complained of
 * itself `error` has no code. */
int cli_texts_open(mien_engine **engine, mien_session **session, const char *models, int chosen, const char *model, mien_error *error);

#endif
