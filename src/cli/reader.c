/* reader.c: what the commands that read share. */
#include "cli/reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "cli/terminal.h"

int cli_model_named(const char *name) {
  static const char *const names[] = {"auto", "bulk", "deep"}; /* as MIEN_MODEL_… count them */
  for (int i = 0; name && i < 3; i++)
    if (!strcmp(names[i], name)) return i;
  return name && !cli_model_file(name) ? -1 : MIEN_MODEL_AUTO;
}

const char *cli_model_file(const char *name) {
  size_t length = name ? strlen(name) : 0;
  bool file = length > 5 && !strcmp(name + length - 5, ".mien");
  return length && (file || strchr(name, '/')) ? name : NULL;
}

int cli_engine_open(mien_engine **engine, const char *models, int text_model, const char *text_file) {
  mien_engine_options options = {.size = sizeof options, .text_model = text_model, .text_file = text_file};
  const char *set = getenv("MIEN_MODELS");
  options.models = models ? models : set && *set ? set : NULL;
  mien_error error = {0};
  int result = mien_engine_open(engine, &options, &error);
  if (result != MIEN_OK) {
    if (!error.code) error.code = result;
    cli_complain(NULL, &error);
  }
  return result;
}

int cli_file_check(const char *file, mien_error *error) {
  struct stat about;
  if (stat(file, &about))
    return base_error_set(error, MIEN_EIO, "", errno == ENOENT ? "check the name" : "check that you may read it",
                          "cannot open: %s", strerror(errno));
  if (S_ISDIR(about.st_mode))
    return base_error_set(error, MIEN_EIO, "", "name the files in it", "this is a folder");
  if (S_ISREG(about.st_mode) && !about.st_size)
    return base_error_set(error, MIEN_EEMPTY, "byte 0", "was it copied to its end?", "the file is empty");
  return MIEN_OK;
}

void cli_reading_rest(base_text *out, const mien_reading *reading) {
  char small[8192], *text = small;
  size_t bytes = mien_reading_json(reading, small, sizeof small);
  if (bytes >= sizeof small) {
    if (!(text = base_alloc(bytes + 1, 1))) {
      out->failed = true;
      return;
    }
    mien_reading_json(reading, text, bytes + 1);
  }
  base_text_puts(out, ",");
  base_text_add(out, text + 1, bytes - 1); /* without its '{' */
  base_text_puts(out, "\n");
  if (text != small) base_free(text);
}

int cli_drain(mien_session *session, cli_take_fn take, void *context) {
  mien_event event;
  int result;
  while ((result = mien_session_next(session, &event)) == MIEN_OK)
    if ((result = take(context, &event)) != MIEN_OK) return result;
  return result == MIEN_EAGAIN || result == MIEN_EEND ? MIEN_OK : result;
}

/* ---- One reading for a whole recording ---- */

void cli_summary_init(cli_summary *summary, int modality) {
  memset(summary, 0, sizeof *summary);
  base_reading_init(&summary->sum, modality);
  summary->sum.t0 = INFINITY;
  summary->sum.t1 = -INFINITY;
}

static void start_over(cli_summary *summary) {
  double t0 = summary->sum.t0, t1 = summary->sum.t1;
  size_t count = summary->count;
  cli_summary_init(summary, summary->sum.modality);
  summary->sum.t0 = t0;
  summary->sum.t1 = t1;
  summary->count = count;
}

/* Means over the readings that have the value. */
static void add_field(float *sums, const float *values, int count, double *weights, double weight) {
  for (int i = 0; i < count; i++) {
    if (!isfinite(values[i])) continue;
    sums[i] = (weights[i] > 0 ? sums[i] : 0) + (float)weight * values[i];
    weights[i] += weight;
  }
}

static void keep_cue(cli_summary *summary, const mien_cue *cue, float share) {
  mien_cue scaled = *cue;
  scaled.weight *= share;
  size_t weakest = summary->sum.cue_count;
  if (weakest < CLI_SUMMARY_CUES) {
    summary->sum.cue_count++;
  } else {
    weakest = 0;
    for (size_t i = 1; i < CLI_SUMMARY_CUES; i++)
      if (fabsf(summary->cues[i].weight) < fabsf(summary->cues[weakest].weight)) weakest = i;
    if (!(fabsf(scaled.weight) > fabsf(summary->cues[weakest].weight))) return;
  }
  summary->cues[weakest] = scaled;
}

void cli_summary_add(cli_summary *summary, const mien_reading *reading) {
  summary->sum.t0 = fmin(summary->sum.t0, reading->t0);
  summary->sum.t1 = fmax(summary->sum.t1, reading->t1);
  summary->count++;
  if (summary->sure && reading->abstain) return;
  if (!summary->sure && !reading->abstain) {
    start_over(summary);
    summary->sure = true;
  }
  if (reading->abstain)
    snprintf(summary->abstain, sizeof summary->abstain, "%s", reading->abstain);
  double quality = isfinite(reading->quality) ? (double)reading->quality : 1;
  double length = reading->t1 - reading->t0;
  double weight = fmax(isfinite(length) ? length : 1, 0.05) * fmax(quality, 0.05);
  mien_reading *sum = &summary->sum;
  if (!(summary->weight > 0)) {
    memset(sum->core, 0, sizeof sum->core);
    sum->confidence = sum->quality = 0;
  }
  summary->weight += weight;
  for (int k = 0; k < MIEN_CORE; k++) {
    sum->core[k] += (float)weight * reading->core[k];
    if (reading->set >> k & 1) summary->set_weight[k] += weight;
  }
  sum->confidence += (float)weight * (isfinite(reading->confidence) ? reading->confidence : 0);
  sum->quality += (float)(weight * quality);
  double *weights = summary->field_weight;
  add_field(sum->extra, reading->extra, MIEN_EXTRA, weights, weight);
  add_field(sum->dims, reading->dims, MIEN_DIMS, weights + MIEN_EXTRA, weight);
  add_field(sum->flags, reading->flags, MIEN_FLAGS, weights + MIEN_EXTRA + MIEN_DIMS, weight);
  for (size_t i = 0; i < reading->cue_count; i++)
    keep_cue(summary, &reading->cues[i], (float)weight);
}

static void divide(float *values, int count, const double *weights) {
  for (int i = 0; i < count; i++)
    if (weights[i] > 0) values[i] /= (float)weights[i];
}

void cli_summary_reading(cli_summary *summary, const char *nothing, mien_reading *reading) {
  *reading = summary->sum;
  reading->final = 1;
  if (!summary->count) {
    reading->t0 = reading->t1 = NAN;
    reading->abstain = nothing;
    return;
  }
  int top = 0;
  for (int k = 0; k < MIEN_CORE; k++) {
    reading->core[k] /= (float)summary->weight;
    if (reading->core[k] > reading->core[top]) top = k;
    if (summary->set_weight[k] >= summary->weight / 2) reading->set |= 1u << k;
  }
  reading->set |= 1u << top;
  reading->confidence /= (float)summary->weight;
  reading->quality /= (float)summary->weight;
  const double *weights = summary->field_weight;
  divide(reading->extra, MIEN_EXTRA, weights);
  divide(reading->dims, MIEN_DIMS, weights + MIEN_EXTRA);
  divide(reading->flags, MIEN_FLAGS, weights + MIEN_EXTRA + MIEN_DIMS);
  for (size_t i = 0; i < reading->cue_count; i++)
    summary->cues[i].weight /= (float)summary->weight;
  reading->cues = summary->cues;
  if (!summary->sure) reading->abstain = summary->abstain;
}
