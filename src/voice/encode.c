/* encode.c: the forward pass of the emotion network, a block of frames at a time. */
#include "voice/encode.h"
#include "voice/level.h"

int voice_encoder_open(voice_encoder *e, const voice_network *m) {
  const int steps = VOICE_BLOCK / 4;
  const size_t needs[] = {nn_conv1d_scratch(&m->front[0].weight, 2 * steps),
                          nn_conv1d_scratch(&m->front[1].weight, steps),
                          nn_conv1d_scratch(&m->deep[0].weight, steps),
                          nn_conv1d_scratch(&m->deep[1].weight, steps),
                          nn_linear_scratch(&m->gru.wi, steps),
                          nn_gru_scratch(NULL, &m->gru.wh),
                          nn_linear_scratch(&m->look.weight, steps),
                          nn_linear_scratch(&m->attend.weight, steps),
                          nn_linear_scratch(&m->mix.weight, 1),
                          nn_linear_scratch(&m->classes.weight, 1),
                          nn_linear_scratch(&m->dims.weight, 1)};
  size_t need = 16;
  for (size_t i = 0; i < BASE_COUNT(needs); i++) need = BASE_MAX(need, needs[i]);
  e->network = m;
  e->scratch = base_alloc_aligned(need * sizeof(float));
  voice_encoder_restart(e);
  return e->scratch ? MIEN_OK : MIEN_ENOMEM;
}

void voice_encoder_close(voice_encoder *e) {
  base_free_aligned(e->scratch);
  e->scratch = NULL;
}

void voice_encoder_restart(voice_encoder *e) {
  e->waiting = 0;
  e->level = -INFINITY;
  memset(e->frames, 0, sizeof e->frames[0] * 4);
  memset(e->front, 0, sizeof e->front[0] * 4);
  memset(e->deep0, 0, sizeof e->deep0[0] * 2);
  memset(e->deep1, 0, sizeof e->deep1[0] * 4);
  memset(e->state, 0, sizeof e->state);
  memset(e->weight, 0, sizeof e->weight);
  memset(e->sum, 0, sizeof e->sum);
  memset(e->square, 0, sizeof e->square);
  for (int h = 0; h < VOICE_HEADS; h++) e->largest[h] = -INFINITY;
}

/* Adds a step to the running attentive statistics. */
static void pool_add(voice_encoder *e, const float *step, const float *attention) {
  const int share = VOICE_STEP / VOICE_HEADS;
  for (int h = 0; h < VOICE_HEADS; h++) {
    float *sum = e->sum + h * share, *square = e->square + h * share;
    const float *x = step + h * share;
    if (attention[h] > e->largest[h]) {
      float shrink = expf(e->largest[h] - attention[h]); /* 0 at the first step */
      e->largest[h] = attention[h];
      e->weight[h] *= shrink;
      for (int i = 0; i < share; i++) sum[i] *= shrink, square[i] *= shrink;
    }
    float w = expf(attention[h] - e->largest[h]);
    e->weight[h] += w;
    for (int i = 0; i < share; i++) sum[i] += w * x[i], square[i] += w * x[i] * x[i];
  }
}

/* Keeps the last `rows` of `total` rows of `width` for the next block, at the front. */
static void carry(float *x, int rows, int total, int width) {
  memmove(x, x + (size_t)(total - rows) * width, (size_t)rows * width * sizeof *x);
}

/* Runs the first `count` waiting frames, a multiple of 4, through the network. */
static void block_run(voice_encoder *e, int count) {
  const voice_network *m = e->network;
  const int steps = count / 4;
  if (!steps) return;
  nn_conv1d(&m->front[0].weight, &m->front[0].bias, NN_RELU, e->frames[0], 2 * steps, 2, 1,
            e->front[4], e->scratch);
  nn_conv1d(&m->front[1].weight, &m->front[1].bias, NN_RELU, e->front[0], steps, 2, 1,
            e->deep0[2], e->scratch);
  nn_conv1d(&m->deep[0].weight, &m->deep[0].bias, NN_RELU, e->deep0[0], steps, 1, 1, e->deep1[4],
            e->scratch);
  nn_add(e->deep0[2], e->deep1[4], (size_t)steps * VOICE_WIDTH);
  nn_conv1d(&m->deep[1].weight, &m->deep[1].bias, NN_RELU, e->deep1[0], steps, 1, 2, e->out[0],
            e->scratch);
  nn_add(e->deep1[4], e->out[0], (size_t)steps * VOICE_WIDTH);
  nn_linear(&m->gru.wi, &m->gru.bi, NN_NONE, e->out[0], steps, e->gates[0], e->scratch);
  for (int t = 0; t < steps; t++) {
    nn_gru_step(&m->gru.wi, &m->gru.wh, &m->gru.bi, &m->gru.bh, NULL, e->gates[t], e->state,
                e->scratch);
    memcpy(e->steps[t], e->out[t], sizeof e->out[t]);
    memcpy(e->steps[t] + VOICE_WIDTH, e->state, sizeof e->state);
  }
  nn_linear(&m->look.weight, &m->look.bias, NN_TANH, e->steps[0], steps, e->look[0], e->scratch);
  nn_linear(&m->attend.weight, &m->attend.bias, NN_NONE, e->look[0], steps, e->attention[0],
            e->scratch);
  for (int t = 0; t < steps; t++) pool_add(e, e->steps[t], e->attention[t]);

  carry(e->front[0], 4, 4 + 2 * steps, VOICE_FRONT);
  carry(e->deep0[0], 2, 2 + steps, VOICE_WIDTH);
  carry(e->deep1[0], 4, 4 + steps, VOICE_WIDTH);
  memmove(e->frames[0], e->frames[count],
          (size_t)(4 + e->waiting - count) * sizeof e->frames[0]);
  e->waiting -= count;
}

void voice_encoder_feed(voice_encoder *e, const float frame[VOICE_FEATURES]) {
  if (e->waiting == VOICE_BLOCK) block_run(e, VOICE_BLOCK);
  voice_level_follow(&e->level, frame, e->network->mean, e->network->scale,
                     e->frames[4 + e->waiting++]);
}

void voice_encoder_read(voice_encoder *e, float logits[VOICE_CLASSES], float dims[MIEN_DIMS]) {
  const voice_network *m = e->network;
  const int share = VOICE_STEP / VOICE_HEADS;
  float pooled[VOICE_POOLED], mixed[VOICE_MIX];
  block_run(e, e->waiting / 4 * 4);
  for (int i = 0; i < VOICE_STEP; i++) {
    float weight = e->weight[i / share];
    float mean = weight > 0.0f ? e->sum[i] / weight : 0.0f;
    float spread = weight > 0.0f ? e->square[i] / weight - mean * mean : 0.0f;
    pooled[i] = mean;
    pooled[VOICE_STEP + i] = sqrtf(BASE_MAX(spread, 1e-4f));
  }
  nn_linear(&m->mix.weight, &m->mix.bias, NN_RELU, pooled, 1, mixed, e->scratch);
  nn_linear(&m->classes.weight, &m->classes.bias, NN_NONE, mixed, 1, logits, e->scratch);
  nn_linear(&m->dims.weight, &m->dims.bias, NN_TANH, mixed, 1, dims, e->scratch);
}
