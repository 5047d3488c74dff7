/* export_csv.c: final readings and states as a table (RFC 4180; decimal points, empty where
 * unknown). A name that a spreadsheet would take for a formula gets an apostrophe before it. */
#include "cli/export.h"

enum { CRLF_BYTES = 2 };

static void names(base_text *out, const char *(*name)(int), int count) {
  for (int i = 0; i < count; i++) base_text_printf(out, ",%s", name(i));
}

static const char *state_column(int state) {
  /* the voice's extra has the plain name */
  return state == MIEN_STATE_BOREDOM ? "state_boredom" : mien_state_name(state);
}

void export_csv_head(base_text *out) {
  base_text_puts(out, "file,modality,who,track,t0,t1");
  names(out, mien_core_name, MIEN_CORE);
  names(out, mien_extra_name, MIEN_EXTRA);
  names(out, mien_dim_name, MIEN_DIMS);
  names(out, mien_flag_name, MIEN_FLAGS);
  names(out, state_column, MIEN_STATES);
  base_text_puts(out, ",confidence,set,abstain,quality\r\n");
}

static void cell(base_text *out, const char *text) {
  bool formula = *text && strchr("=+-@\t\r", *text);
  bool quoted = formula || strpbrk(text, ",\"\r\n");
  if (quoted) base_text_puts(out, "\"");
  if (formula) base_text_puts(out, "'");
  for (; *text; text++) base_text_add(out, *text == '"' ? "\"\"" : text, *text == '"' ? 2 : 1);
  if (quoted) base_text_puts(out, "\"");
}

static void numbers(base_text *out, const float *values, int count) {
  for (int i = 0; i < count; i++) {
    if (isfinite(values[i])) base_text_printf(out, ",%.4g", (double)values[i]);
    else base_text_puts(out, ",");
  }
}

static void row(const char *file, const mien_reading *r, base_text *out) {
  cell(out, file);
  base_text_printf(out, ",%s,", mien_modality_name(r->modality));
  cell(out, r->who ? r->who : "");
  if (r->track >= 0) base_text_printf(out, ",%d", r->track);
  else base_text_puts(out, ",");
  const double times[] = {r->t0, r->t1};
  for (int i = 0; i < 2; i++) {
    if (isfinite(times[i])) base_text_printf(out, ",%.3f", times[i]);
    else base_text_puts(out, ",");
  }
  numbers(out, r->core, MIEN_CORE);
  numbers(out, r->extra, MIEN_EXTRA);
  numbers(out, r->dims, MIEN_DIMS);
  numbers(out, r->flags, MIEN_FLAGS);
  numbers(out, r->states, MIEN_STATES);
  numbers(out, &r->confidence, 1);
  base_text_puts(out, ",");
  bool first = true;
  for (int k = 0; k < MIEN_CORE; k++) {
    if (!(r->set >> k & 1)) continue;
    base_text_printf(out, "%s%s", first ? "" : " ", mien_core_name(k));
    first = false;
  }
  base_text_puts(out, ",");
  cell(out, r->abstain ? r->abstain : "");
  numbers(out, &r->quality, 1);
  base_text_add(out, "\r\n", CRLF_BYTES);
}

void export_csv(const timeline *line, base_text *out) {
  for (size_t i = 0; i < line->reading_count; i++) row(line->file, &line->readings[i], out);
  for (size_t i = 0; i < line->state_count; i++) row(line->file, &line->states[i], out);
}
