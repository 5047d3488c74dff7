/* figures.c: see figures.h. */
#include "cli/figures.h"

#include "cli/output.h"
#include "cli/reader.h"

int cli_figures_give(const cli_figures *how, base_text *figures, mien_error *error) {
  base_text other = {0};
  int code = how->html ? how->page(figures->data, figures->length, how->title, &other, error) : MIEN_OK;
  if (!code && how->html) code = cli_output_whole(how->html, &other, error);
  base_text_reset(&other);
  if (!code && how->json) base_text_puts(figures, "\n");
  else if (!code) how->tell(&other, figures);
  if (!code) code = cli_output_whole(how->out, how->json ? figures : &other, error);
  base_text_clear(&other);
  return code;
}

int cli_texts_open(mien_engine **engine, mien_session **session, const char *models, int chosen, const char *model, mien_error *error) {
  mien_session_options what = MIEN_SESSION_USUAL;
  int code = cli_engine_open(engine, models, chosen, cli_model_file(model));
  if (code) return error->code = 0, code;
  what.read = MIEN_READ_TEXT;
  what.states = what.cues = what.turns = 0;
  return mien_session_open(session, *engine, &what, error);
}
