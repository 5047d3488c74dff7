/* texts.h: many small texts from many requests, read together: what waits is one batch of the deep model.
 * A thread of its own; serve_texts_read may be called from any thread. */
#ifndef SERVE_TEXTS_H
#define SERVE_TEXTS_H

#include "base/base.h"

typedef struct serve_texts serve_texts;

int serve_texts_open(serve_texts **texts, mien_engine *engine, mien_error *error);
void serve_texts_close(serve_texts **texts); /* answers what waits first */

/* One request's texts. `done` is called in the reader's thread, with the readings' JSON lines, one each, joined by
 * commas, in `json`; or with an error in `code`. The caller owns it until then and after. */
typedef struct serve_texts_job {
  const mien_text *texts; /* borrowed until done */
  size_t count;
  bool cues;
  void (*done)(struct serve_texts_job *job);
  void *context;
  base_text json;
  int code; /* MIEN_… */
  struct serve_texts_job *next;
} serve_texts_job;

/* MIEN_EAGAIN: too many wait. */
int serve_texts_read(serve_texts *texts, serve_texts_job *job);

#endif
