#include "face/cues.h"

#include <stdio.h>

void face_blinks_init(face_blinks *blinks, double at) {
  *blinks = (face_blinks){.since = at, .closed_at = NAN, .last = at};
}

void face_blinks_add(face_blinks *blinks, float aspect, double at) {
  double step = BASE_CLAMP(at - blinks->last, 0.0, 1.0);
  blinks->last = at;
  blinks->pictures++;
  if (aspect > blinks->open)
    blinks->open += (aspect - blinks->open) * .5f;
  else
    blinks->open += (aspect - blinks->open) * (float)(.1 * step); /* a time constant of 10 s */
  bool closed = aspect < .6f * blinks->open;
  if (closed && isnan(blinks->closed_at)) {
    blinks->closed_at = at;
  } else if (!closed && !isnan(blinks->closed_at)) {
    if (at - blinks->closed_at <= .5) blinks->count++;
    blinks->closed_at = NAN;
  }
}

double face_blinks_rate(const face_blinks *blinks) {
  double seconds = blinks->last - blinks->since;
  if (seconds < 10 || blinks->pictures < 10 * seconds) return NAN;
  return 60 * blinks->count / seconds;
}

static const struct {
  const char *kind, *phrase;
} MEASURES[FACE_MEASURES] = {
    {"brows_lowered", "brows lower"},
    {"brows_raised", "brows higher"},
    {"smile", "corners of the mouth higher and wider"},
    {"smile_asymmetry", "mouth more uneven"},
    {"lips_pressed", "lips thinner"},
    {"mouth_open", "mouth wider open"},
    {"eyes_closed", "eyes more closed"},
};

static mien_cue *add(mien_cue *cues, size_t *count, const char *kind, const char *unit, float value,
                     double t0, double t1) {
  mien_cue *cue = &cues[(*count)++];
  *cue = (mien_cue){.t0 = t0, .t1 = t1, .value = value, .z = NAN, .weight = NAN, .toward = -1,
                    .at = -1};
  snprintf(cue->kind, sizeof cue->kind, "%s", kind);
  snprintf(cue->unit, sizeof cue->unit, "%s", unit);
  return cue;
}

/* What each measure adds to the log-odds of `label`, over the sum of all of them and 1. */
static void weigh(const face_head *head, int label, mien_cue *cues) {
  float part[FACE_MEASURES], all = 1;
  for (int k = 0; k < FACE_MEASURES; k++) {
    part[k] = head->toward[label][k] * cues[k].z;
    all += fabsf(part[k]);
  }
  for (int k = 0; k < FACE_MEASURES; k++) {
    cues[k].weight = part[k] / all;
    cues[k].toward = 0;
    for (int c = 1; c < MIEN_CORE; c++)
      if (head->toward[c][k] * cues[k].z > head->toward[cues[k].toward][k] * cues[k].z)
        cues[k].toward = c;
  }
}

size_t face_cues_fill(const face_head *head, const float *measures, const face_pose *pose,
                      double blink_rate, int label, double t0, double t1, mien_cue *cues) {
  size_t count = 0;
  for (int k = 0; measures != NULL && k < FACE_MEASURES; k++) {
    float off = measures[k] - head->median[k], z = off / head->deviation[k];
    mien_cue *cue = add(cues, &count, MEASURES[k].kind, "eyes", off, t0, t1);
    cue->z = BASE_CLAMP(z, -5.f, 5.f);
    if (z > 0)
      snprintf(cue->text, sizeof cue->text, "%s than usual by %.1f sd", MEASURES[k].phrase, cue->z);
    else
      snprintf(cue->text, sizeof cue->text, "%s: none", MEASURES[k].kind);
  }
  if (measures != NULL && label >= 0) weigh(head, label, cues);
  struct {
    const char *kind, *more, *less;
    float value;
  } turns[] = {{"head_yaw", "to the picture's right", "to the picture's left", pose->yaw},
               {"head_pitch", "up", "down", pose->pitch},
               {"head_roll", "clockwise", "anticlockwise", pose->roll}};
  for (size_t k = 0; k < BASE_COUNT(turns); k++) {
    mien_cue *cue = add(cues, &count, turns[k].kind, "deg", turns[k].value, t0, t1);
    snprintf(cue->text, sizeof cue->text, "head turned %s by %.0f degrees",
             turns[k].value >= 0 ? turns[k].more : turns[k].less, fabs(turns[k].value));
  }
  if (isfinite(blink_rate)) {
    mien_cue *cue = add(cues, &count, "blink_rate", "1/min", (float)blink_rate, t0, t1);
    snprintf(cue->text, sizeof cue->text, "%.0f blinks a minute", blink_rate);
  }
  return count;
}
