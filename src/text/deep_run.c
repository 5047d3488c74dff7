/* deep_run.c: the deep network on the windows of a run. Every product takes the rows of all windows at
 * once; the recurrences and the pooling take a window at a time. */
#include "text/deep.h"

int text_deep_run_init(text_deep_run *run, const text_deep *model) {
  size_t D = model->width, H = model->channels, A = model->slices, R = TEXT_DEEP_ROWS, W = TEXT_DEEP_ENOUGH;
  size_t scratch = nn_linear_scratch(&model->hidden, 1);
  for (size_t k = 1; k < model->layer_count; k++)
    scratch = BASE_MAX(scratch, nn_linear_scratch(&model->layers[k].way[0], 1));
  size_t sizes[] = {R * D, R * BASE_MAX(D, 2 * H), R * 4 * H, R * 2 * H, R * 2 * H,
                    R * A, W * (4 * H + D), W * model->depth, W * model->head_count, scratch + 1};
  float **parts[] = {&run->x, &run->n, &run->u, &run->h, &run->g, &run->weights, &run->pooled,
                     &run->hidden, &run->heads, &run->scratch};
  size_t total = 0;
  for (size_t i = 0; i < BASE_COUNT(sizes); i++) total += (sizes[i] + 15) / 16 * 16;
  float *at = run->block = base_alloc_aligned(total * sizeof *at);
  if (!at) return MIEN_ENOMEM;
  for (size_t i = 0; i < BASE_COUNT(sizes); at += (sizes[i] + 15) / 16 * 16, i++) *parts[i] = at;
  run->model = model;
  text_deep_run_begin(run);
  return text_deep_kept_init(&run->kept, model);
}

void text_deep_run_clear(text_deep_run *run) {
  text_deep_kept_clear(&run->kept);
  base_free_aligned(run->block);
  run->block = NULL;
}

void text_deep_run_begin(text_deep_run *run) { run->row_count = run->window_count = 0; }

text_deep_window *text_deep_run_add(text_deep_run *run, size_t count, size_t before) {
  if (run->row_count >= TEXT_DEEP_ENOUGH || count > TEXT_DEEP_ROWS - run->row_count || before >= count) return NULL;
  text_deep_window *window = &run->windows[run->window_count++];
  *window = (text_deep_window){(uint32_t)run->row_count, (uint32_t)count, (uint32_t)before};
  run->row_count += count;
  return window;
}

/* The recurrences of direction d, from u into h; `skip` NULL: u has its own. */
static void recur(text_deep_run *run, const text_deep_layer *layer, size_t d, const float *skip) {
  size_t H = run->model->channels, columns = skip ? 3 * H : 4 * H;
  for (size_t w = 0; w < run->window_count; w++) {
    const text_deep_window *window = &run->windows[w];
    size_t at = d ? window->first + window->count - 1 : window->first;
    ptrdiff_t way = d ? -1 : 1, step = way * (ptrdiff_t)columns, wide = way * 2 * (ptrdiff_t)H;
    nn_sru sru = {.u = run->u + at * columns,
                  .skip = skip ? skip + at * 2 * H + d * H : run->u + at * columns + 3 * H,
                  .v = layer->recur[d], .b = layer->bias[d], .h = run->h + at * 2 * H + d * H,
                  .channels = (int)H, .steps = (int)window->count,
                  .u_step = step, .skip_step = skip ? wide : step, .h_step = wide};
    nn_sru_run(&sru);
  }
}

static void layers(text_deep_run *run) {
  const text_deep *model = run->model;
  int rows = (int)run->row_count, wide = 2 * (int)model->channels;
  for (size_t k = 0; k < model->layer_count; k++) {
    const text_deep_layer *layer = &model->layers[k];
    if (k) nn_layernorm(layer->gain, layer->shift, run->g, rows, wide, 1e-5f, run->n);
    else text_deep_first(run);
    for (size_t d = 0; d < 2; d++) {
      if (k) nn_linear(&layer->way[d], NULL, NN_NONE, run->n, rows, run->u, run->scratch);
      else text_deep_first_sums(run, d);
      recur(run, layer, d, k ? run->g : NULL);
    }
    float *done = run->h; /* what was made is the next layer's input */
    run->h = run->g;
    run->g = done;
  }
  nn_layernorm(model->gain, model->shift, run->g, rows, wide, 1e-5f, run->n);
}

/* Softmax over the pieces of the turn that is read, a slice at a time; 0 before them. */
static void attention(text_deep_run *run, const text_deep_window *window) {
  size_t A = run->model->slices, first = window->first + window->before, end = window->first + window->count;
  for (size_t a = 0; a < A; a++) {
    float largest = -INFINITY, sum = 0;
    for (size_t t = first; t < end; t++) largest = BASE_MAX(largest, run->weights[t * A + a]);
    for (size_t t = first; t < end; t++) sum += run->weights[t * A + a] = expf(run->weights[t * A + a] - largest);
    for (size_t t = window->first; t < end; t++)
      run->weights[t * A + a] = t < first ? 0 : run->weights[t * A + a] / sum;
  }
}

static void pool(text_deep_run *run, size_t w) {
  const text_deep *model = run->model;
  const text_deep_window *window = &run->windows[w];
  size_t D = model->width, C = 2 * model->channels, A = model->slices, S = C / A;
  size_t first = window->first + window->before, end = window->first + window->count;
  float *attended = run->pooled + w * (2 * C + D), *largest = attended + C, *mean = largest + C;
  attention(run, window);
  memset(attended, 0, C * sizeof *attended);
  memcpy(largest, run->n + first * C, C * sizeof *largest);
  for (size_t t = first; t < end; t++) {
    const float *y = run->n + t * C;
    for (size_t a = 0; a < A; a++) {
      float weight = run->weights[t * A + a];
      nn_axpy(weight, y + a * S, attended + a * S, S);
    }
    if (t > first) nn_maximum(y, largest, C);
  }
  nn_mean_rows(run->x + first * D, (int)(end - first), (int)D, mean);
}

void text_deep_run_all(text_deep_run *run) {
  const text_deep *model = run->model;
  int windows = (int)run->window_count;
  if (!windows) return;
  for (size_t r = 0; r < run->row_count; r++)
    text_deep_embed(model, run->ids[r], run->marks[r], run->x + r * model->width);
  layers(run);
  nn_linear(&model->attend, NULL, NN_NONE, run->n, (int)run->row_count, run->weights, run->scratch);
  for (size_t w = 0; w < run->window_count; w++) pool(run, w);
  nn_linear(&model->hidden, model->hidden_bias, NN_RELU, run->pooled, windows, run->hidden, run->scratch);
  nn_linear(&model->heads, model->heads_bias, NN_NONE, run->hidden, windows, run->heads, run->scratch);
}
