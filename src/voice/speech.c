/* speech.c: one step of the speech detector. */
#include "voice/speech.h"
#include "voice/level.h"

int voice_speech_open(voice_speech *s, const voice_model *model) {
  size_t need = nn_conv1d_scratch(&model->speech_front.weight, 1);
  need = BASE_MAX(need, nn_gru_scratch(&model->speech_gru.wi, &model->speech_gru.wh));
  need = BASE_MAX(need, nn_linear_scratch(&model->speech_out.weight, 1));
  s->model = model;
  s->scratch = base_alloc_aligned((need + 16) * sizeof(float));
  voice_speech_restart(s);
  return s->scratch ? MIEN_OK : MIEN_ENOMEM;
}

void voice_speech_close(voice_speech *s) {
  base_free_aligned(s->scratch);
  s->scratch = NULL;
}

void voice_speech_restart(voice_speech *s) {
  memset(s->rows, 0, sizeof s->rows);
  memset(s->state, 0, sizeof s->state);
  s->level = -INFINITY;
  s->chance = 0.0f;
  s->frames = 0;
}

float voice_speech_read(voice_speech *s, const float frame[VOICE_FEATURES]) {
  const voice_model *m = s->model;
  memmove(s->rows[0], s->rows[1], 4 * sizeof s->rows[0]);
  voice_level_follow(&s->level, frame, m->speech_mean, m->speech_scale, s->rows[4]);
  if (s->frames++ % 2) return s->chance;
  float x[VOICE_SPEECH_WIDTH], chance;
  nn_conv1d(&m->speech_front.weight, &m->speech_front.bias, NN_RELU, s->rows[0], 1, 2, 1, x,
            s->scratch);
  nn_gru_step(&m->speech_gru.wi, &m->speech_gru.wh, &m->speech_gru.bi, &m->speech_gru.bh, x, NULL,
              s->state, s->scratch);
  nn_linear(&m->speech_out.weight, &m->speech_out.bias, NN_SIGMOID, s->state, 1, &chance,
            s->scratch);
  return s->chance = chance;
}
