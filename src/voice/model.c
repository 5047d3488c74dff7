/* model.c: finds, checks and packs the tensors of a voice model. */
#include "voice/model.h"
#include "voice/work.h"

#include <stdio.h>

typedef struct loader {
  const nn_file *file;
  mien_error *error;
  int code;
} loader;

static const nn_tensor *tensor(loader *l, const char *name, int type, int rank, uint32_t a,
                               uint32_t b, uint32_t c) {
  uint32_t dims[4] = {a, b, c, 1};
  if (l->code) return NULL;
  const nn_tensor *t = nn_file_tensor(l->file, name, type, rank, dims, l->error);
  if (!t) l->code = MIEN_EMODEL;
  return t;
}

static void floats(loader *l, const char *name, int rank, uint32_t a, uint32_t b, float *to) {
  const nn_tensor *t = tensor(l, name, NN_F32, rank, a, b, 1);
  if (t) nn_tensor_floats(t, to);
}

static void weights(loader *l, const char *name, int rank, uint32_t a, uint32_t b, uint32_t c,
                    nn_tensor *to) {
  const nn_tensor *t = tensor(l, name, NN_F16, rank, a, b, c); /* small on disk */
  if (t && nn_pack(to, t, NN_F32))
    l->code = base_error_set(l->error, MIEN_ENOMEM, nn_file_kind(l->file), "", "out of memory");
}

static void bias(loader *l, const char *name, uint32_t count, nn_tensor *to) {
  const nn_tensor *t = tensor(l, name, NN_F32, 1, count, 1, 1);
  if (t) *to = *t;
}

/* width 0: a linear layer */
static void layer(loader *l, const char *name, uint32_t out, uint32_t width, uint32_t in,
                  voice_layer *to) {
  char full[48];
  snprintf(full, sizeof full, "%s.weight", name);
  if (width) weights(l, full, 3, out, width, in, &to->weight);
  else weights(l, full, 2, out, in, 1, &to->weight);
  snprintf(full, sizeof full, "%s.bias", name);
  bias(l, full, out, &to->bias);
}

static void gru(loader *l, const char *name, uint32_t in, uint32_t hidden, voice_gru *to) {
  char full[48];
  snprintf(full, sizeof full, "%s.wi", name);
  weights(l, full, 2, 3 * hidden, in, 1, &to->wi);
  snprintf(full, sizeof full, "%s.wh", name);
  weights(l, full, 2, 3 * hidden, hidden, 1, &to->wh);
  snprintf(full, sizeof full, "%s.bi", name);
  bias(l, full, 3 * hidden, &to->bi);
  snprintf(full, sizeof full, "%s.bh", name);
  bias(l, full, 3 * hidden, &to->bh);
}

/* Network `i`: its tensors are called "0.front0.weight" and so on. */
static void network(loader *l, int i, voice_network *n) {
  char name[48];
#define NAME(rest) (snprintf(name, sizeof name, "%d." rest, i), name)
  floats(l, NAME("input.mean"), 1, VOICE_FEATURES, 1, n->mean);
  floats(l, NAME("input.scale"), 1, VOICE_FEATURES, 1, n->scale);
  layer(l, NAME("front0"), VOICE_FRONT, 5, VOICE_FEATURES, &n->front[0]);
  layer(l, NAME("front1"), VOICE_WIDTH, 5, VOICE_FRONT, &n->front[1]);
  layer(l, NAME("deep0"), VOICE_WIDTH, 3, VOICE_WIDTH, &n->deep[0]);
  layer(l, NAME("deep1"), VOICE_WIDTH, 3, VOICE_WIDTH, &n->deep[1]);
  gru(l, NAME("gru"), VOICE_WIDTH, VOICE_WIDTH, &n->gru);
  layer(l, NAME("look"), VOICE_LOOK, 0, VOICE_STEP, &n->look);
  layer(l, NAME("attend"), VOICE_HEADS, 0, VOICE_LOOK, &n->attend);
  layer(l, NAME("mix"), VOICE_MIX, 0, VOICE_POOLED, &n->mix);
  layer(l, NAME("classes"), VOICE_CLASSES, 0, VOICE_MIX, &n->classes);
  layer(l, NAME("dims"), MIEN_DIMS, 0, VOICE_MIX, &n->dims);
#undef NAME
}

/* Perceptron `i`: "p0.hidden0.weight" and so on. */
static void perceptron(loader *l, int i, voice_perceptron *p) {
  char name[48];
#define NAME(rest) (snprintf(name, sizeof name, "p%d." rest, i), name)
  layer(l, NAME("hidden0"), VOICE_HIDDEN0, 0, VOICE_FUNCTIONALS, &p->hidden[0]);
  layer(l, NAME("hidden1"), VOICE_HIDDEN1, 0, VOICE_HIDDEN0, &p->hidden[1]);
  layer(l, NAME("classes"), VOICE_CLASSES, 0, VOICE_HIDDEN1, &p->classes);
  layer(l, NAME("dims"), MIEN_DIMS, 0, VOICE_HIDDEN1, &p->dims);
#undef NAME
}

/* The tracks that each random kernel adds up: three at most. */
static void kernel_sums(loader *l, voice_kernels *k) {
  static const char name[] = "kernels.mix";
  const nn_tensor *t = tensor(l, name, NN_F32, 2, VOICE_TRACKS, VOICE_ALL_KERNELS, 1);
  const float *mix = t ? t->data : NULL;
  for (int i = 0; mix && i < VOICE_ALL_KERNELS; i++) {
    int used = 0;
    for (int track = 0; track < VOICE_TRACKS; track++) {
      float weight = mix[track * VOICE_ALL_KERNELS + i];
      if (weight == 0.0f) continue;
      if (used == 3) {
        l->code = base_error_set(l->error, MIEN_EMODEL, name, "train the model again",
                                 "kernel %d adds up more than three tracks", i);
        return;
      }
      k->sum[i].track[used] = (uint8_t)track;
      k->sum[i].weight[used++] = weight;
    }
  }
}

/* A number of the metadata within its limits. */
static double number(loader *l, const char *name, double least, double most) {
  double value = least;
  if (!l->code) l->code = nn_file_number(l->file, name, &value, l->error);
  if (!l->code && !(value >= least && value <= most))
    l->code = base_error_set(l->error, MIEN_EMODEL, name, "train the model again",
                             "%g is not between %g and %g", value, least, most);
  return l->code ? least : value;
}

static bool has(const nn_file *file, const char *name) {
  for (size_t i = 0; i < nn_file_count(file); i++)
    if (!strcmp(nn_file_tensor_at(file, i)->name, name)) return true;
  return false;
}

static void detector(loader *l, const char *name, voice_detector *d) {
  char path[48];
#define PART(part) (snprintf(path, sizeof path, "%s." part, name), path)
  floats(l, PART("input.mean"), 1, VOICE_FEATURES, 1, d->mean);
  floats(l, PART("input.scale"), 1, VOICE_FEATURES, 1, d->scale);
  layer(l, PART("front"), VOICE_DETECTOR_WIDTH, 5, VOICE_FEATURES, &d->front);
  gru(l, PART("gru"), VOICE_DETECTOR_WIDTH, VOICE_DETECTOR_WIDTH, &d->gru);
  layer(l, PART("out"), 1, 0, VOICE_DETECTOR_WIDTH, &d->out);
#undef PART
}

static void overlap(loader *l, voice_model *m) {
  floats(l, "overlap.hidden.weight", 2, VOICE_OVERLAP_HIDDEN, VOICE_SPEAKER_INPUT, m->overlap_hidden[0]);
  floats(l, "overlap.hidden.bias", 1, VOICE_OVERLAP_HIDDEN, 1, m->overlap_hidden_bias);
  floats(l, "overlap.out.weight", 2, 1, VOICE_OVERLAP_HIDDEN, m->overlap_out);
  floats(l, "overlap.out.bias", 1, 1, 1, &m->overlap_bias);
  const float chance = (float)number(l, "overlap.threshold", 0.01, 0.999);
  m->overlap_limit = logf(chance / (1 - chance));
}

int voice_model_open(voice_model **model, const nn_file *file, mien_error *error) {
  loader l = {file, error, MIEN_OK};
  double version = 0.0;
  *model = NULL;
  if (strcmp(nn_file_kind(file), "voice"))
    return base_error_set(error, MIEN_EMODEL, nn_file_kind(file), "give a model of kind 'voice'",
                          "this is not a voice model");
  if ((l.code = nn_file_number(file, "feature_version", &version, error))) return l.code;
  if (version != VOICE_FEATURE_VERSION)
    return base_error_set(error, MIEN_EMODEL, "feature_version",
                          "use the model that came with this program, or train it again",
                          "the model is made for voice features version %g, this program has %d",
                          version, VOICE_FEATURE_VERSION);
  voice_model *m = *model = base_alloc(1, sizeof **model);
  if (m) l.code = voice_lender_open(&m->lender);
  if (!m || l.code) {
    base_free(m);
    *model = NULL;
    return base_error_set(error, MIEN_ENOMEM, "voice model", "", "out of memory");
  }

  detector(&l, "speech", &m->speech);
  m->hears_cries = has(file, "cry.out.weight");
  if (m->hears_cries) detector(&l, "cry", &m->cry);

  m->network_count = (int)number(&l, "networks", 0, VOICE_NETWORKS);
  m->perceptron_count = (int)number(&l, "perceptrons", 0, VOICE_PERCEPTRONS);
  m->share = (float)number(&l, "share", 0, 1);
  m->early = (float)number(&l, "calibration.early", 0, 10);
  for (int i = 0; !l.code && i < m->network_count; i++) network(&l, i, &m->networks[i]);
  m->speaker_join = (float)number(&l, "speaker_join", -1, 1);
  floats(&l, "speaker.mean", 1, VOICE_SPEAKER_INPUT, 1, m->speaker_mean);
  floats(&l, "speaker.scale", 1, VOICE_SPEAKER_INPUT, 1, m->speaker_scale);
  floats(&l, "speaker.weight", 2, VOICE_EMBEDDING, VOICE_SPEAKER_INPUT, m->speaker_weight[0]);
  m->hears_overlap = has(file, "overlap.out.weight");
  if (m->hears_overlap) overlap(&l, m);
  floats(&l, "kernels.mean", 1, VOICE_TRACKS, 1, m->kernels.mean);
  floats(&l, "kernels.scale", 1, VOICE_TRACKS, 1, m->kernels.scale);
  kernel_sums(&l, &m->kernels);
  floats(&l, "kernels.taps", 2, VOICE_TAPS, VOICE_ALL_KERNELS, m->kernels.taps[0]);
  floats(&l, "kernels.over", 2, VOICE_THRESHOLDS, VOICE_ALL_KERNELS, m->kernels.over[0]);
  floats(&l, "functionals.mean", 1, VOICE_FUNCTIONALS, 1, m->functional_mean);
  floats(&l, "functionals.scale", 1, VOICE_FUNCTIONALS, 1, m->functional_scale);
  for (int i = 0; !l.code && i < m->perceptron_count; i++) perceptron(&l, i, &m->perceptrons[i]);
  floats(&l, "cues.mean", 1, VOICE_CUES, 1, m->cue_mean);
  floats(&l, "cues.scale", 1, VOICE_CUES, 1, m->cue_scale);
  floats(&l, "cues.weight", 2, VOICE_CLASSES, VOICE_CUES, m->cue_weight[0]);
  if (!l.code) l.code = nn_calibration_read(&m->calibration, file, error);
  if (l.code) voice_model_close(model);
  return l.code;
}

void voice_model_close(voice_model **model) {
  voice_model *m = *model;
  if (!m) return;
  voice_detector *detectors[] = {&m->speech, &m->cry};
  for (size_t i = 0; i < BASE_COUNT(detectors); i++) {
    voice_detector *d = detectors[i];
    nn_tensor *own[] = {&d->front.weight, &d->out.weight, &d->gru.wi, &d->gru.wh};
    for (size_t k = 0; k < BASE_COUNT(own); k++) nn_pack_clear(own[k]);
  }
  for (voice_network *n = m->networks; n < m->networks + VOICE_NETWORKS; n++) {
    nn_tensor *own[] = {&n->front[0].weight, &n->front[1].weight, &n->deep[0].weight,
                        &n->deep[1].weight, &n->gru.wi, &n->gru.wh, &n->look.weight,
                        &n->attend.weight, &n->mix.weight, &n->classes.weight, &n->dims.weight};
    for (size_t i = 0; i < BASE_COUNT(own); i++) nn_pack_clear(own[i]);
  }
  for (voice_perceptron *p = m->perceptrons; p < m->perceptrons + VOICE_PERCEPTRONS; p++) {
    nn_tensor *own[] = {&p->hidden[0].weight, &p->hidden[1].weight, &p->classes.weight,
                        &p->dims.weight};
    for (size_t i = 0; i < BASE_COUNT(own); i++) nn_pack_clear(own[i]);
  }
  voice_lender_close(&m->lender);
  base_free(m);
  *model = NULL;
}
