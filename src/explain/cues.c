/* cues.c: phrases, directions and ranking of cues. */
#include "explain/explain.h"

#include <stdio.h>

/* What a cue above (+) or below (-) a person's usual goes with, -1…1, and how it is called. Voice:
 * Juslin & Laukka 2003, tables 7 and 8; face: EMFACS (Ekman & Friesen 1978). */
static const struct {
  const char *kind, *name;
  float toward[MIEN_CORE]; /* neutral joy sadness anger fear disgust surprise */
} known[] = {
#include "explain/known.h"
};

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

/* A measured cue's share: how strongly it departs, times how well that goes with the label; 2 sd in
 * the typical direction of a label is about 0.5. */
static void give_direction(mien_cue *cue, const float core[MIEN_CORE]) {
  if (isfinite(cue->weight) && cue->weight != 0) return;
  cue->weight = 0;
  for (size_t i = 0; i < BASE_COUNT(known); i++) {
    if (strcmp(known[i].kind, cue->kind)) continue;
    float strength = tanhf(cue->z / 4);
    int top = top_of(core);
    cue->toward = top;
    cue->weight = strength * known[i].toward[top];
    return;
  }
}

void explain_measured(mien_cue *cue, const float core[MIEN_CORE]) {
  if (is_token(cue) || !isfinite(cue->z)) return;
  char name[sizeof cue->kind];
  spaced(cue->kind, name, sizeof name);
  for (size_t i = 0; i < BASE_COUNT(known); i++)
    if (!strcmp(known[i].kind, cue->kind)) snprintf(name, sizeof name, "%s", known[i].name);
  if (fabsf(cue->z) < 0.5f)
    snprintf(cue->text, sizeof cue->text, "%s as usual for this person", name);
  else
    snprintf(cue->text, sizeof cue->text, "%s %.1f sd %s this person's usual", name,
             (double)BASE_MIN(fabsf(cue->z), 99.0f), cue->z > 0 ? "above" : "below");
  give_direction(cue, core);
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
