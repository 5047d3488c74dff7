/* embed.c: see embed.h. */
#include "voice/embed.h"

#include "voice/perceptron.h"

#define QUIET -60.0f /* dB: what is below is taken for silence */
enum { LEAST = 20 /* frames that sound */ };

typedef struct clip {
  voice_functionals functionals;
  int sounding;
} clip;

static void take(void *context, const float frame[VOICE_FEATURES]) {
  clip *c = context;
  bool sounds = frame[VOICE_AT_LEVEL] > QUIET;
  c->sounding += sounds;
  voice_functionals_feed(&c->functionals, frame, sounds);
}

size_t voice_embed_size(const voice_model *model) { return (size_t)model->perceptron_count * VOICE_HIDDEN1; }

int voice_embed(const voice_model *model, const float *pcm, size_t count, float *to, mien_error *error) {
  voice_features *features = NULL;
  voice_judge judge = {0};
  clip *c = base_alloc(1, sizeof *c);
  int code = c ? voice_features_open(&features, take, c) : MIEN_ENOMEM;
  if (!code) code = voice_judge_open(&judge, model);
  if (!code) {
    float functionals[VOICE_FUNCTIONALS];
    voice_functionals_init(&c->functionals, &model->kernels);
    voice_functionals_restart(&c->functionals);
    voice_features_feed(features, pcm, count);
    voice_features_finish(features);
    voice_functionals_read(&c->functionals, functionals);
    for (int i = 0; i < model->perceptron_count; i++) voice_judge_hidden(&judge, i, functionals, to + (size_t)i * VOICE_HIDDEN1);
    if (c->sounding < LEAST) code = base_error_set(error, MIEN_EEMPTY, "sound", "record again, nearer to the person", "less than 0.2 s of sound above -60 dB");
  } else {
    base_error_set(error, code, "sound", "", "out of memory");
  }
  voice_judge_close(&judge);
  voice_features_close(&features);
  base_free(c);
  return code;
}
