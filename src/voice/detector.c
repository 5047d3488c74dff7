/* detector.c: one step of a detector. */
#include "voice/detector.h"
#include "voice/level.h"

size_t voice_listener_scratch(const voice_detector *detector) {
  size_t need = nn_conv1d_scratch(&detector->front.weight, 1);
  need = BASE_MAX(need, nn_gru_scratch(&detector->gru.wi, &detector->gru.wh));
  need = BASE_MAX(need, nn_linear_scratch(&detector->out.weight, 1));
  return need + 16;
}

void voice_listener_init(voice_listener *s, const voice_detector *detector) {
  s->detector = detector;
  s->scratch = NULL;
  voice_listener_restart(s);
}

int voice_listener_open(voice_listener *s, const voice_detector *detector) {
  voice_listener_init(s, detector);
  s->scratch = base_alloc_aligned(voice_listener_scratch(detector) * sizeof(float));
  return s->scratch ? MIEN_OK : MIEN_ENOMEM;
}

void voice_listener_close(voice_listener *s) {
  base_free_aligned(s->scratch);
  s->scratch = NULL;
}

void voice_listener_restart(voice_listener *s) {
  memset(s->rows, 0, sizeof s->rows);
  memset(s->state, 0, sizeof s->state);
  s->level = -INFINITY;
  s->chance = 0.0f;
  s->frames = 0;
}

float voice_listener_read(voice_listener *s, const float frame[VOICE_FEATURES]) {
  const voice_detector *m = s->detector;
  memmove(s->rows[0], s->rows[1], 4 * sizeof s->rows[0]);
  voice_level_follow(&s->level, frame, m->mean, m->scale, s->rows[4]);
  if (s->frames++ % 2) return s->chance;
  float x[VOICE_DETECTOR_WIDTH], chance;
  nn_conv1d(&m->front.weight, &m->front.bias, NN_RELU, s->rows[0], 1, 2, 1, x,
            s->scratch);
  nn_gru_step(&m->gru.wi, &m->gru.wh, &m->gru.bi, &m->gru.bh, x, NULL,
              s->state, s->scratch);
  nn_linear(&m->out.weight, &m->out.bias, NN_SIGMOID, s->state, 1, &chance,
            s->scratch);
  return s->chance = chance;
}
