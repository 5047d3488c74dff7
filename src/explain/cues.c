/* cues.c: phrases, directions and ranking of cues. */
#include "explain/explain.h"

#include <stdio.h>

/* How cues are called where their kind, with spaces, would not do. */
static const struct {
  const char *kind, *name;
} names[] = {{"rate", "speech rate"},         {"pause", "pausing"},
             {"jitter", "pitch roughness"},   {"shimmer", "loudness roughness"},
             {"harmonics", "voice clearness"}, {"tilt", "voice brightness"},
             {"alpha", "voice softness"},     {"gesture", "gesturing"},     {"voiced", "voiced share"},
             {"blink_rate", "blinking"},      {"loudness_range", "loudness changes"}};

/* What an action of face or body above (+) or below (-) a person's usual goes with, after EMFACS
 * (Ekman & Friesen 1978). The network reads pixels, so this is agreement with it, not its reason. */
static const struct {
  const char *kind;
  float with[MIEN_CORE]; /* neutral joy sadness anger fear disgust surprise */
} actions[] = {
    {"smile", {-0.3f, 1.0f, -0.6f, -0.6f, -0.5f, -0.5f, 0.1f}},
    {"smile_asymmetry", {-0.2f, -0.1f, 0.1f, 0.3f, 0.0f, 0.7f, -0.1f}},
    {"brows_lowered", {-0.3f, -0.5f, 0.3f, 1.0f, 0.2f, 0.7f, -0.6f}},
    {"brows_raised", {-0.3f, 0.0f, 0.2f, -0.6f, 0.8f, -0.4f, 1.0f}},
    {"lips_pressed", {0.0f, -0.3f, 0.2f, 0.8f, 0.2f, 0.3f, -0.5f}},
    {"mouth_open", {-0.3f, 0.2f, -0.2f, 0.1f, 0.5f, -0.1f, 0.9f}},
    /* of the body: how much it moves (Wallbott 1998: most in elation, hot anger and terror, least in
     * sadness) */
    {"gesture", {-0.3f, 0.4f, -0.6f, 0.6f, 0.3f, 0.0f, 0.3f}},
    {"eyes_closed", {0.0f, 0.0f, 0.4f, -0.2f, -0.6f, 0.3f, -0.8f}},
    {"au1", {-0.3f, 0.0f, 0.6f, -0.6f, 0.8f, -0.4f, 0.8f}},
    {"au2", {-0.3f, 0.0f, -0.2f, -0.4f, 0.6f, -0.4f, 1.0f}},
    {"au4", {-0.3f, -0.5f, 0.3f, 1.0f, 0.2f, 0.7f, -0.6f}},
    {"au6", {-0.3f, 0.8f, 0.0f, 0.1f, -0.4f, 0.3f, -0.8f}},
    {"au12", {-0.3f, 1.0f, -0.6f, -0.6f, -0.5f, -0.5f, 0.1f}},
    {"au15", {-0.2f, -0.8f, 0.9f, 0.2f, 0.1f, 0.5f, -0.3f}},
    {"au17", {-0.2f, -0.4f, 0.5f, 0.4f, 0.0f, 0.5f, -0.5f}},
    {"au20", {-0.3f, -0.2f, 0.1f, 0.0f, 0.9f, 0.0f, -0.2f}},
    {"au24", {0.0f, -0.3f, 0.2f, 0.8f, 0.2f, 0.3f, -0.5f}},
    {"au26", {-0.3f, 0.1f, -0.2f, 0.0f, 0.5f, -0.1f, 0.9f}},
};

/* Cues with an onset and an offset, against the person's own rest: face/moves.h. */
static const char *const movements[] = {"micro_expression", "smile_eyes", "smile_uneven", "gaze_away"};

bool explain_is_movement(const mien_cue *cue) {
  if (cue->kind[0] == 'a' && cue->kind[1] == 'u' && cue->kind[2] >= '1' && cue->kind[2] <= '9')
    return true;
  for (size_t i = 0; i < BASE_COUNT(movements); i++)
    if (!strcmp(movements[i], cue->kind)) return true;
  return false;
}

static int top_of(const float core[MIEN_CORE]) {
  int top = 0;
  for (int k = 1; k < MIEN_CORE; k++)
    if (core[k] > core[top]) top = k;
  return top;
}

/* "lip_corners_up" -> "lip corners up" */
static void spaced(const char *kind, char *to, size_t capacity) {
  snprintf(to, capacity, "%s", kind);
  for (; *to; to++)
    if (*to == '_') *to = ' ';
}

static bool is_token(const mien_cue *cue) { return cue->at >= 0; }

/* How strongly an action departs, times how well that goes with the top label: 2 sd in its typical
 * direction is about 0.5. */
static void give_weight(mien_cue *cue, const float core[MIEN_CORE]) {
  cue->weight = 0;
  for (size_t i = 0; i < BASE_COUNT(actions); i++) {
    if (strcmp(actions[i].kind, cue->kind)) continue;
    int top = top_of(core);
    cue->weight = tanhf(cue->z / 4) * actions[i].with[top];
    if (cue->toward < 0 && cue->weight > 0) cue->toward = top;
    return;
  }
}

void explain_measured(mien_cue *cue, const float core[MIEN_CORE], bool own) {
  if (is_token(cue)) return;
  if (isfinite(cue->z) && fabsf(cue->z) >= 0.5f && !explain_is_movement(cue)) {
    char name[sizeof cue->kind];
    spaced(cue->kind, name, sizeof name);
    for (size_t i = 0; i < BASE_COUNT(names); i++)
      if (!strcmp(names[i].kind, cue->kind)) snprintf(name, sizeof name, "%s", names[i].name);
    snprintf(cue->text, sizeof cue->text, "%s %.1f sd %s %s", name,
             (double)BASE_MIN(fabsf(cue->z), 99.0f), cue->z > 0 ? "above" : "below",
             own ? "this person's usual" : "what is usual");
  }
  if (!isfinite(cue->weight) && isfinite(cue->z)) give_weight(cue, core);
}

static float strength_of(const mien_cue *cue) {
  return isfinite(cue->weight) ? fabsf(cue->weight) : -1;
}

/* Insertion: there are few, and equal ones keep their order. */
void explain_rank(mien_cue *cues, size_t count) {
  for (size_t i = 1; i < count; i++) {
    mien_cue cue = cues[i];
    size_t at = i;
    for (; at > 0 && strength_of(&cues[at - 1]) < strength_of(&cue); at--) cues[at] = cues[at - 1];
    cues[at] = cue;
  }
}

size_t explain_merge(const mien_cue *const part_cues[MIEN_MODALITIES],
                     const size_t part_counts[MIEN_MODALITIES], const float from[MIEN_MODALITIES],
                     const float core[MIEN_CORE], mien_cue merged[EXPLAIN_STATE_CUES]) {
  float scores[EXPLAIN_STATE_CUES];
  size_t count = 0;
  int top = top_of(core);
  for (int m = 0; m < MIEN_MODALITIES; m++) {
    if (!part_cues[m] || !(from[m] > 0)) continue;
    for (size_t i = 0; i < part_counts[m]; i++) {
      mien_cue cue = part_cues[m][i];
      if (!isfinite(cue.weight) || cue.weight == 0) continue;
      cue.weight *= from[m];
      float score = fabsf(cue.weight) * (cue.toward == top ? 1.0f : 0.5f);
      size_t at = count;
      while (at > 0 && scores[at - 1] < score) at--;
      if (at == EXPLAIN_STATE_CUES) continue;
      if (count < EXPLAIN_STATE_CUES) count++;
      memmove(&merged[at + 1], &merged[at], (count - 1 - at) * sizeof *merged);
      memmove(&scores[at + 1], &scores[at], (count - 1 - at) * sizeof *scores);
      merged[at] = cue;
      scores[at] = score;
    }
  }
  return count;
}
