/* cells.c: samples to cells, cells to points. */
#include "voice/cells.h"

enum { LEAST = 6 /* sounding frames of a cell with speech */ };
#define SPEECH 0.4f /* chance of speech of a frame that counts */

int voice_cells_open(voice_cells *s, const voice_model *model, size_t most, bool keeps) {
  memset(s, 0, sizeof *s);
  s->model = model;
  s->most = most;
  s->keeps = keeps;
  s->in_cell = VOICE_CELL;
  voice_tracks_init(&s->tracks);
  int code = voice_frames_open(&s->frames);
  return code ? code : voice_listener_open(&s->speech, &model->speech);
}

void voice_cells_close(voice_cells *s) {
  voice_frames_close(&s->frames);
  voice_listener_close(&s->speech);
  base_free(s->cells);
  s->cells = NULL;
}

static int cell_begin(voice_cells *s) {
  if (s->count >= s->capacity && s->capacity < s->most) {
    size_t capacity = BASE_MIN(2 * s->capacity + 32, s->most);
    voice_cell *more = base_resize(s->cells, capacity, sizeof *more);
    if (!more) return MIEN_ENOMEM;
    s->cells = more;
    s->capacity = capacity;
  }
  memset(&s->cells[s->count++ % s->most], 0, sizeof *s->cells);
  s->in_cell = 0;
  return MIEN_OK;
}

static int frame_take(voice_cells *s, const float *frame) {
  float y[VOICE_TRACKS];
  voice_tracks_read(&s->tracks, frame, y);
  bool sounding = voice_listener_read(&s->speech, frame) > SPEECH && voice_track_sounds(y);
  if (s->in_cell == VOICE_CELL) {
    if (s->keeps && s->count == s->most) return MIEN_OK;
    int code = cell_begin(s);
    if (code) return code;
  }
  s->in_cell++;
  if (!sounding) return MIEN_OK;
  voice_cell *c = &s->cells[(s->count - 1) % s->most];
  for (int k = 0; k < 1 + (y[VOICE_TRACK_F0] > 0.0f); k++) {
    c->count[k] += 1.0f;
    for (int i = 0; i < VOICE_TRACKS; i++) c->sum[k][i] += y[i], c->square[k][i] += y[i] * y[i];
  }
  return MIEN_OK;
}

size_t voice_cells_feed(voice_cells *s, const float *pcm, size_t count, int *code) {
  const size_t whole = voice_cells_whole(s);
  size_t at = 0;
  *code = MIEN_OK;
  while (at < count && !*code && voice_cells_whole(s) == whole) {
    const float *ready;
    int bad;
    at += voice_frames_feed(&s->frames, pcm + at, count - at, &ready, &bad);
    if (ready) *code = frame_take(s, ready);
  }
  return at;
}

size_t voice_cells_whole(const voice_cells *s) { return s->count - (s->in_cell < VOICE_CELL); }

bool voice_cell_speaks(const voice_cells *s, size_t cell) { return s->cells[cell % s->most].count[0] >= LEAST; }

void voice_cells_read(const voice_cells *s, size_t first, size_t last, float x[VOICE_SPEAKER_INPUT]) {
  const voice_model *m = s->model;
  double count[2] = {0}, sum[2][VOICE_TRACKS] = {{0}}, square[2][VOICE_TRACKS] = {{0}};
  for (size_t n = first; n <= last; n++) {
    const voice_cell *c = &s->cells[n % s->most];
    for (int k = 0; k < 2; k++) {
      count[k] += c->count[k];
      for (int i = 0; i < VOICE_TRACKS; i++) sum[k][i] += c->sum[k][i], square[k][i] += c->square[k][i];
    }
  }
  for (int k = 0; k < 2; k++)
    for (int i = 0; i < VOICE_TRACKS; i++) {
      double n = BASE_MAX(count[k], 1e-3), mean = sum[k][i] / n;
      x[2 * k * VOICE_TRACKS + i] = (float)mean;
      x[(2 * k + 1) * VOICE_TRACKS + i] = (float)sqrt(BASE_MAX(square[k][i] / n - mean * mean, 0.0));
    }
  for (int i = 0; i < VOICE_SPEAKER_INPUT; i++)
    x[i] = BASE_CLAMP((x[i] - m->speaker_mean[i]) * m->speaker_scale[i], -4.0f, 4.0f);
}

void voice_point(const voice_model *m, const float x[VOICE_SPEAKER_INPUT], float to[VOICE_EMBEDDING]) {
  float square = 1e-12f;
  for (int e = 0; e < VOICE_EMBEDDING; e++) {
    to[e] = 0.0f;
    for (int i = 0; i < VOICE_SPEAKER_INPUT; i++) to[e] += m->speaker_weight[e][i] * x[i];
    square += to[e] * to[e];
  }
  for (int e = 0; e < VOICE_EMBEDDING; e++) to[e] /= sqrtf(square);
}

bool voice_overlaps(const voice_model *m, const float x[VOICE_SPEAKER_INPUT]) {
  if (!m->hears_overlap) return false;
  float logit = m->overlap_bias;
  for (int h = 0; h < VOICE_OVERLAP_HIDDEN; h++) {
    float sum = m->overlap_hidden_bias[h];
    for (int i = 0; i < VOICE_SPEAKER_INPUT; i++) sum += m->overlap_hidden[h][i] * x[i];
    logit += m->overlap_out[h] * BASE_MAX(sum, 0.0f);
  }
  return logit > m->overlap_limit;
}
