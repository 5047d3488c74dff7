/* pairs.c: fuse/ over the real models, on people who never were: a text of GoEmotions, a voice
 * of RAVDESS and a face of FER+, all of the test splits and all labelled alike, are taken for one
 * moment of one person. Better than nothing, and no more: real words, voices and faces depend on
 * each other, and these do not, so the figures of two and three together flatter the fusion. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eval/parts.h"
#include "fuse/fuse.h"

enum { SOURCES = 3, EACH = 250 /* moments of a core label */ };
static const int modality_of[SOURCES] = {MIEN_TEXT, MIEN_VOICE, MIEN_FACE};

static fuse_part part_of(const mien_reading *reading) {
  fuse_part part = {.modality = reading->modality,
                    .confidence = reading->confidence,
                    .quality = reading->quality,
                    .abstains = reading->abstain != NULL};
  memcpy(part.core, reading->core, sizeof part.core);
  memcpy(part.dims, reading->dims, sizeof part.dims);
  return part;
}

static eval_item fused_item(const fuse_part *parts, size_t count, int truth) {
  fuse_result result;
  mien_reading reading;
  base_reading_init(&reading, MIEN_FUSED);
  if (fuse_pool(parts, count, &result))
    return (eval_item){.truth = truth, .guess = -1, .abstained = true};
  memcpy(reading.core, result.core, sizeof reading.core);
  fuse_calibrate(&reading, &result);
  return eval_item_of(&reading, truth);
}

/* The n-th reading of a core label, going round; NULL when there is none. */
static const mien_reading *pick(const eval_kept *kept, int label, size_t n) {
  size_t own = 0, at = 0;
  for (size_t i = 0; i < kept->count; i++)
    own += kept->list[i].truth == label;
  if (!own) return NULL;
  n = n * 7919 % own; /* a prime: spread over speakers and places in the list */
  for (; kept->list[at].truth != label || n-- > 0; at++) {
  }
  return &kept->list[at].reading;
}

/* Readings of the three sets; gives which of them could be read (bits), or a code when fewer than
 * two. */
static int collect(eval_context *context, eval_kept kept[SOURCES], int *present,
                   mien_error *error) {
  int (*const sets[SOURCES])(eval_context *, mien_error *) = {eval_goemotions, eval_ravdess,
                                                              eval_ferplus};
  int code = MIEN_OK, sources = 0;
  *present = 0;
  for (int s = 0; s < SOURCES; s++) {
    eval_context own = {.data = context->data,
                        .models = context->models,
                        .progress = context->progress,
                        .choice = context->choice,
                        .kept = &kept[s]};
    int failed = sets[s](&own, error);
    if (!failed) eval_note_models(&context->report, own.report.models.data);
    eval_report_clear(&own.report);
    if (failed)
      code = failed, eval_note(&context->report, "left out: %s (%s)", error->what, error->where);
    else
      *present |= 1 << s, sources++;
  }
  return sources >= 2 ? MIEN_OK : code;
}

/* How often words and manner are said to disagree: of moments that are of one label, and of joyful words
 * with a voice and a face of sadness, anger, fear or disgust. */
static void report_disagreement(eval_report *to, const eval_kept kept[SOURCES]) {
  static const char *const names[2] = {"one label", "joy, but negative"};
  eval_set(to, "Words against manner, put together by label");
  for (int apart = 0; apart < 2; apart++) {
    eval_pair *masking = malloc(MIEN_CORE * EACH * sizeof *masking);
    eval_pair *sarcasm = malloc(MIEN_CORE * EACH * sizeof *sarcasm);
    size_t count = 0, joyful = 0;
    for (int label = 0; masking && sarcasm && label < MIEN_CORE; label++) {
      if (apart && (label < MIEN_SADNESS || label > MIEN_DISGUST)) continue;
      for (size_t n = 0; n < EACH; n++) {
        fuse_part parts[SOURCES];
        fuse_result result;
        for (int s = 0; s < SOURCES; s++) {
          int own = apart && modality_of[s] == MIEN_TEXT ? MIEN_JOY : label;
          parts[s] = part_of(pick(&kept[s], own, n));
          parts[s].modality = modality_of[s];
        }
        if (fuse_pool(parts, SOURCES, &result)) continue;
        masking[count++] = (eval_pair){1, result.masking > 0.5f};
        if (apart || label == MIEN_JOY)
          sarcasm[joyful++] = (eval_pair){1, fuse_sarcasm(NAN, result.incongruity) > 0.5f};
      }
    }
    if (masking && sarcasm) {
      eval_row *row = eval_add(to, names[apart], "masking above 0.5", eval_interval(eval_mean, masking, count), count);
      row->percent = true;
      row = eval_add(to, apart ? names[1] : "joy", "sarcasm above 0.5",
                     eval_interval(eval_mean, sarcasm, joyful), joyful);
      row->percent = true;
    }
    free(masking);
    free(sarcasm);
  }
  eval_note(to, "one label: words, voice and face of it; joy, but negative: joyful words with a voice and a face of "
                "sadness, anger, fear or disgust. The words themselves are taken to say nothing of sarcasm; no set at hand has words, voice "
                "and face of sarcastic people");
}

int eval_pairs(eval_context *context, mien_error *error) {
  static const char *const names[1 << SOURCES] = {
      NULL, "text", "voice", "text, voice", "face", "text, face", "voice, face", "all three"};
  eval_kept kept[SOURCES] = {{0}};
  eval_item *items[1 << SOURCES] = {NULL};
  size_t count = 0;
  int present = 0, code = collect(context, kept, &present, error);
  for (int subset = 1; !code && subset < 1 << SOURCES; subset++)
    if (!(subset & ~present) && !(items[subset] = malloc(MIEN_CORE * EACH * sizeof *items[subset])))
      code = base_error_set(error, MIEN_ENOMEM, "", "", "no memory for the scores");
  for (int label = 0; !code && label < MIEN_CORE; label++) {
    for (size_t n = 0; n < EACH; n++) {
      const mien_reading *readings[SOURCES];
      bool whole = true;
      for (int s = 0; s < SOURCES; s++)
        if (present >> s & 1) whole = (readings[s] = pick(&kept[s], label, n)) && whole;
      if (!whole) break;
      for (int subset = 1; subset < 1 << SOURCES; subset++) {
        fuse_part parts[SOURCES];
        size_t used = 0;
        if (subset & ~present) continue;
        for (int s = 0; s < SOURCES; s++)
          if (subset >> s & 1)
            parts[used] = part_of(readings[s]), parts[used++].modality = modality_of[s];
        items[subset][count] = fused_item(parts, used, label);
      }
      count++;
    }
  }
  if (!code) {
    eval_report *to = &context->report;
    eval_value alone[1 << SOURCES];
    eval_set(to, "Put together by label: GoEmotions, RAVDESS, FER+ (test)");
    for (int subset = 1; subset < 1 << SOURCES; subset++) {
      if (subset & ~present) continue;
      alone[subset] = eval_interval(eval_accuracy, items[subset], count);
      eval_row *row = eval_add(to, names[subset], "accuracy", alone[subset], count);
      double better = NAN; /* the floor: the best single one of those in it */
      for (int s = 0; s < SOURCES; s++)
        if (subset >> s & 1 && subset != 1 << s) better = fmax(better, alone[1 << s].value);
      eval_floor(row, better, NAN);
    }
    for (int subset = 3; subset < 1 << SOURCES; subset++)
      if (subset != 1 << 2 && !(subset & ~present))
        eval_add_calibration(to, names[subset], items[subset], count, false);
    eval_note(
        to,
        "%d moments of each core label; the parts of a moment are alike in label and otherwise "
        "strangers, so that two and three together look better than they are",
        EACH);
    bool whole = present == (1 << SOURCES) - 1;
    for (int label = 0; label < MIEN_CORE; label++)
      for (int s = 0; s < SOURCES; s++) whole = whole && pick(&kept[s], label, 0);
    if (whole) report_disagreement(to, kept);
  }
  for (int subset = 1; subset < 1 << SOURCES; subset++)
    free(items[subset]);
  for (int s = 0; s < SOURCES; s++)
    free(kept[s].list);
  return code;
}
