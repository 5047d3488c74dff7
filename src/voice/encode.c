/* encode.c: the forward pass of the emotion network, a block of frames at a time. */
#include "voice/encode.h"
#include "voice/level.h"

size_t voice_encoder_scratch(const voice_network *m) {
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
  return need;
}

void voice_encoder_init(voice_encoder *e, const voice_network *networks, int count) {
  memset(e, 0, sizeof *e);
  e->count = count;
  for (int i = 0; i < count; i++) e->places[i].network = &networks[i];
  voice_encoder_restart(e);
}

void voice_encoder_restart(voice_encoder *e) {
  e->waiting = 0;
  e->level = -INFINITY;
  for (int i = 0; i < e->count; i++) {
    voice_place *p = &e->places[i];
    *p = (voice_place){.network = p->network};
    for (int h = 0; h < VOICE_HEADS; h++) p->largest[h] = -INFINITY;
  }
}

/* Adds a step to the running attentive statistics. */
static void pool_add(voice_place *e, const float *step, const float *attention) {
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

/* The last `rows` of `total` rows of `width`, for the next block. */
static void keep(float *to, const float *x, int rows, int total, int width) {
  memcpy(to, x + (size_t)(total - rows) * width, (size_t)rows * width * sizeof *x);
}

/* `steps` times 4 frames in w->frames, after its history, through one network. */
static void place_run(voice_place *p, voice_work *w, int steps) {
  const voice_network *m = p->network;
  memcpy(w->frames, p->frames, sizeof p->frames);
  memcpy(w->front, p->front, sizeof p->front);
  memcpy(w->deep0, p->deep0, sizeof p->deep0);
  memcpy(w->deep1, p->deep1, sizeof p->deep1);
  nn_conv1d(&m->front[0].weight, &m->front[0].bias, NN_RELU, w->frames[0], 2 * steps, 2, 1,
            w->front[4], w->scratch);
  nn_conv1d(&m->front[1].weight, &m->front[1].bias, NN_RELU, w->front[0], steps, 2, 1,
            w->deep0[2], w->scratch);
  nn_conv1d(&m->deep[0].weight, &m->deep[0].bias, NN_RELU, w->deep0[0], steps, 1, 1, w->deep1[4],
            w->scratch);
  nn_add(w->deep0[2], w->deep1[4], (size_t)steps * VOICE_WIDTH);
  nn_conv1d(&m->deep[1].weight, &m->deep[1].bias, NN_RELU, w->deep1[0], steps, 1, 2, w->out[0],
            w->scratch);
  nn_add(w->deep1[4], w->out[0], (size_t)steps * VOICE_WIDTH);
  nn_linear(&m->gru.wi, &m->gru.bi, NN_NONE, w->out[0], steps, w->gates[0], w->scratch);
  for (int t = 0; t < steps; t++) {
    nn_gru_step(&m->gru.wi, &m->gru.wh, &m->gru.bi, &m->gru.bh, NULL, w->gates[t], p->state,
                w->scratch);
    memcpy(w->steps[t], w->out[t], sizeof w->out[t]);
    memcpy(w->steps[t] + VOICE_WIDTH, p->state, sizeof p->state);
  }
  nn_linear(&m->look.weight, &m->look.bias, NN_TANH, w->steps[0], steps, w->look[0], w->scratch);
  nn_linear(&m->attend.weight, &m->attend.bias, NN_NONE, w->look[0], steps, w->attention[0],
            w->scratch);
  for (int t = 0; t < steps; t++) pool_add(p, w->steps[t], w->attention[t]);
  keep(p->frames[0], w->frames[0], 4, 4 + 4 * steps, VOICE_FEATURES);
  keep(p->front[0], w->front[0], 4, 4 + 2 * steps, VOICE_FRONT);
  keep(p->deep0[0], w->deep0[0], 2, 2 + steps, VOICE_WIDTH);
  keep(p->deep1[0], w->deep1[0], 4, 4 + steps, VOICE_WIDTH);
}

/* Runs the waiting frames, but for up to 3, through the networks. */
static void block_run(voice_encoder *e) {
  const int steps = e->waiting / 4, count = 4 * steps;
  float level = e->level;
  if (!steps) return;
  for (int i = 0; i < e->count; i++) {
    const voice_network *m = e->places[i].network;
    level = e->level;
    for (int t = 0; t < count; t++) voice_level_follow(&level, e->frames[t], m->mean, m->scale, e->work->frames[4 + t]);
    place_run(&e->places[i], e->work, steps);
  }
  e->level = level;
  e->waiting -= count;
  memmove(e->frames[0], e->frames[count], (size_t)e->waiting * sizeof e->frames[0]);
}

void voice_encoder_feed(voice_encoder *e, const float frame[VOICE_FEATURES]) {
  if (e->waiting == VOICE_BLOCK) block_run(e);
  memcpy(e->frames[e->waiting++], frame, sizeof e->frames[0]);
}

void voice_encoder_read(voice_encoder *e, int which, float logits[VOICE_CLASSES], float dims[MIEN_DIMS]) {
  const int share = VOICE_STEP / VOICE_HEADS;
  float pooled[VOICE_POOLED], mixed[VOICE_MIX];
  block_run(e);
  const voice_place *p = &e->places[which];
  const voice_network *m = p->network;
  for (int i = 0; i < VOICE_STEP; i++) {
    float weight = p->weight[i / share];
    float mean = weight > 0.0f ? p->sum[i] / weight : 0.0f;
    float spread = weight > 0.0f ? p->square[i] / weight - mean * mean : 0.0f;
    pooled[i] = mean;
    pooled[VOICE_STEP + i] = sqrtf(BASE_MAX(spread, 1e-4f));
  }
  nn_linear(&m->mix.weight, &m->mix.bias, NN_RELU, pooled, 1, mixed, e->work->scratch);
  nn_linear(&m->classes.weight, &m->classes.bias, NN_NONE, mixed, 1, logits, e->work->scratch);
  nn_linear(&m->dims.weight, &m->dims.bias, NN_TANH, mixed, 1, dims, e->work->scratch);
}
