/* model.c: finds, checks and packs the tensors of a voice model. */
#include "voice/model.h"

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

int voice_model_open(voice_model **model, const nn_file *file, mien_error *error) {
  loader l = {file, error, MIEN_OK};
  double version = 0.0, early = 0.0, networks = 0.0;
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
  if ((l.code = nn_file_number(file, "networks", &networks, error))) return l.code;
  if (!(networks >= 1 && networks <= VOICE_NETWORKS))
    return base_error_set(error, MIEN_EMODEL, "networks", "train the model again",
                          "%g networks; there may be 1 to %d", networks, VOICE_NETWORKS);
  voice_model *m = *model = base_alloc(1, sizeof **model);
  if (!m) return base_error_set(error, MIEN_ENOMEM, "voice model", "", "out of memory");

  floats(&l, "speech.input.mean", 1, VOICE_FEATURES, 1, m->speech_mean);
  floats(&l, "speech.input.scale", 1, VOICE_FEATURES, 1, m->speech_scale);
  layer(&l, "speech.front", VOICE_SPEECH_WIDTH, 5, VOICE_FEATURES, &m->speech_front);
  gru(&l, "speech.gru", VOICE_SPEECH_WIDTH, VOICE_SPEECH_WIDTH, &m->speech_gru);
  layer(&l, "speech.out", 1, 0, VOICE_SPEECH_WIDTH, &m->speech_out);

  for (int i = 0; !l.code && i < (int)networks; i++) network(&l, i, &m->networks[i]);
  m->network_count = (int)networks;
  floats(&l, "cues.mean", 1, VOICE_CUES, 1, m->cue_mean);
  floats(&l, "cues.scale", 1, VOICE_CUES, 1, m->cue_scale);
  floats(&l, "cues.weight", 2, VOICE_CLASSES, VOICE_CUES, m->cue_weight[0]);
  if (!l.code) l.code = nn_calibration_read(&m->calibration, file, error);
  if (!l.code) l.code = nn_file_number(file, "calibration.early", &early, error);
  if (!l.code && !(early >= 0.0 && early <= 10.0))
    l.code = base_error_set(error, MIEN_EMODEL, "calibration.early", "train the model again",
                            "%g is not between 0 and 10", early);
  m->early = (float)early;
  if (l.code) voice_model_close(model);
  return l.code;
}

void voice_model_close(voice_model **model) {
  voice_model *m = *model;
  if (!m) return;
  nn_tensor *packed[] = {&m->speech_front.weight, &m->speech_out.weight, &m->speech_gru.wi,
                         &m->speech_gru.wh};
  for (size_t i = 0; i < BASE_COUNT(packed); i++) nn_pack_clear(packed[i]);
  for (voice_network *n = m->networks; n < m->networks + VOICE_NETWORKS; n++) {
    nn_tensor *own[] = {&n->front[0].weight, &n->front[1].weight, &n->deep[0].weight,
                        &n->deep[1].weight, &n->gru.wi, &n->gru.wh, &n->look.weight,
                        &n->attend.weight, &n->mix.weight, &n->classes.weight, &n->dims.weight};
    for (size_t i = 0; i < BASE_COUNT(own); i++) nn_pack_clear(own[i]);
  }
  base_free(m);
  *model = NULL;
}
