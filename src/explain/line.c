/* line.c: one plain line about a reading or a state. */
#include "explain/explain.h"

#include <stdio.h>

typedef struct writer {
  char *to;
  size_t capacity, length;
} writer;

static void add(writer *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(writer *out, const char *format, ...) {
  bool room = out->length < out->capacity;
  va_list arguments;
  va_start(arguments, format);
  int bytes = vsnprintf(room ? out->to + out->length : NULL, room ? out->capacity - out->length : 0,
                        format, arguments);
  va_end(arguments);
  if (bytes > 0) out->length += (size_t)bytes;
}

/* Cues below a tenth of the strongest say nothing to a person. */
static void add_cues(writer *out, const mien_reading *reading) {
  float strongest = 0;
  int given = 0;
  for (size_t i = 0; i < reading->cue_count; i++)
    if (isfinite(reading->cues[i].weight)) strongest = BASE_MAX(strongest, reading->cues[i].weight);
  for (size_t i = 0; i < reading->cue_count && given < 3; i++) {
    const mien_cue *cue = &reading->cues[i];
    if (!(cue->weight > 0) || cue->weight < strongest / 10 || !cue->text[0]) continue;
    if (!strcmp(cue->kind, "punctuation")) continue; /* true, but tells nobody anything */
    add(out, given++ ? "; " : ": ");
    if (cue->at >= 0)
      add(out, "the %s \"%s\"%s%s", cue->kind, cue->text, cue->toward >= 0 ? " speaks for " : "",
          cue->toward >= 0 ? mien_core_name(cue->toward) : "");
    else
      add(out, "%s", cue->text);
  }
}

size_t explain_line(const mien_reading *reading, char *to, size_t capacity) {
  writer out = {to, to ? capacity : 0, 0};
  if (out.capacity) to[0] = 0;
  int top = 0, strongest = -1;
  for (int k = 1; k < MIEN_CORE; k++)
    if (reading->core[k] > reading->core[top]) top = k;
  if (reading->abstain) {
    add(&out, "not read: %s", reading->abstain);
    return out.length;
  }
  add(&out, "%s is expressed", mien_core_name(top));
  for (int s = 0; s < MIEN_STATES; s++)
    if (reading->states[s] >= 0.4f &&
        (strongest < 0 || reading->states[s] > reading->states[strongest]))
      strongest = s;
  if (strongest >= 0) add(&out, ", with %s", mien_state_name(strongest));
  if (isfinite(reading->confidence))
    add(&out, " (%.0f %% sure)", 100 * (double)BASE_CLAMP(reading->confidence, 0.0f, 1.0f));
  if (reading->flags[MIEN_MASKING] > 0.5f) add(&out, "; words and manner disagree");
  if (reading->flags[MIEN_SARCASM] > 0.5f) add(&out, "; possibly sarcastic");
  add_cues(&out, reading);
  return out.length;
}
