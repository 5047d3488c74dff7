/* responses.c: see responses.h. */
#include "serve/live/responses.h"

#include <stdio.h>

int serve_responses_open(serve_responses **opened, const serve_settings *s, mien_error *error) {
  mien_error why = {0};
  serve_responses *r = *opened = base_alloc(1, sizeof *r);
  if (!r) return base_error_set(error, MIEN_ENOMEM, "respond", "", "out of memory");
  atomic_init(&r->held, 1);
  const char *folder = *s->respond_library ? s->respond_library : NULL;
  int code = mien_respond_open(&r->library, folder, &why);
  if (code) { /* it names its file alone, where it could be opened */
    char where[sizeof why.where + SERVE_TEXT];
    snprintf(where, sizeof where, "%s%s%s", folder && !strstr(why.where, folder) ? folder : "", folder && !strstr(why.where, folder) ? "/" : "", why.where);
    base_error_set(error, code, where, why.remedy, "%s", why.what);
  }
  if (!code && *s->respond_scorer) code = mien_respond_scorer(r->library, s->respond_scorer, error);
  if (code) serve_responses_release(opened);
  return code;
}

serve_responses *serve_responses_hold(serve_responses *r) {
  atomic_fetch_add(&r->held, 1);
  return r;
}

void serve_responses_release(serve_responses **held) {
  serve_responses *r = *held;
  *held = NULL;
  if (!r || atomic_fetch_sub(&r->held, 1) != 1) return;
  mien_respond_close(&r->library);
  base_free(r);
}
