/* hume.h: what the stream and the batch of Hume's Expression Measurement share (hume.c, hume_batch.c, hume_predictions.c). */
#ifndef SERVE_HUME_H
#define SERVE_HUME_H

#include <jansson.h>

#include "serve/jobs/jobs.h"

enum { SERVE_HUME_SOURCES = 64 /* files and texts of one batch */ };

/* {"joy":0.9,…} to [{"name":"Joy","score":0.9},…]; new reference. */
json_t *serve_hume_emotions(json_t *shares);
/* {"type":"file","filename",…} or {"type":"text"} of a job; new reference. */
json_t *serve_hume_source(serve_job *job);
/* {"source","results":{"predictions","errors"}} or {"source","error"}; new reference. Any thread; many lines take long. */
json_t *serve_hume_predictions(serve_job *job);
/* Whether the request asks for this model: all where it names none. */
bool serve_hume_wants(const serve_job *job, const char *model);

#endif
