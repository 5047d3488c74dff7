#include "face/detect.h"

#include <stdio.h>
#include <stdlib.h>

/* The net. Levels have strides 8, 16, 32, 64 and these channels; stem: 1 -> 8 -> 24. */
enum { LEVELS = 4, STEM_1 = 8, STEM_2 = 24, OUT = 5, CANDIDATES = 512 };
static const int CHANNELS[LEVELS] = {32, 48, 64, 64};

typedef struct layer {
  nn_tensor weight; /* packed; [out][size][size][in] */
  const nn_tensor *bias;
} layer;

struct face_detector {
  layer stem[2];
  layer down[LEVELS], body[LEVELS], neck[LEVELS], head[LEVELS]; /* 3x3; head 1x1 */
  layer side[LEVELS - 1]; /* 1x1: what level k + 1 adds to level k */
  float threshold;
};

static int find(layer *to, const nn_file *file, const char *name, int index, int out, int size,
                int in, mien_error *error) {
  char key[64];
  uint32_t dims[4] = {(uint32_t)out, (uint32_t)size, (uint32_t)size, (uint32_t)in};
  snprintf(key, sizeof key, "%s%d.weight", name, index);
  const nn_tensor *weight = nn_file_tensor(file, key, NN_F32, 4, dims, error);
  if (weight == NULL) return MIEN_EMODEL;
  snprintf(key, sizeof key, "%s%d.bias", name, index);
  to->bias = nn_file_tensor(file, key, NN_F32, 1, dims, error);
  if (to->bias == NULL) return MIEN_EMODEL;
  if (nn_pack(&to->weight, weight, NN_F32) != MIEN_OK)
    return base_error_set(error, MIEN_ENOMEM, "face detector", "", "out of memory");
  return MIEN_OK;
}

int face_detector_open(face_detector **detector, const nn_file *file, mien_error *error) {
  *detector = NULL;
  face_detector *d = base_alloc(1, sizeof *d);
  if (d == NULL)
    return base_error_set(error, MIEN_ENOMEM, "face detector", "", "out of memory");
  double threshold = 0;
  int code = find(&d->stem[0], file, "stem", 0, STEM_1, 3, 1, error);
  if (code == MIEN_OK) code = find(&d->stem[1], file, "stem", 1, STEM_2, 3, STEM_1, error);
  for (int k = 0, in = STEM_2; k < LEVELS && code == MIEN_OK; in = CHANNELS[k++]) {
    int c = CHANNELS[k];
    code = find(&d->down[k], file, "down", k, c, 3, in, error);
    if (code == MIEN_OK) code = find(&d->body[k], file, "body", k, c, 3, c, error);
    if (code == MIEN_OK) code = find(&d->neck[k], file, "neck", k, c, 3, c, error);
    if (code == MIEN_OK) code = find(&d->head[k], file, "head", k, OUT, 1, c, error);
    if (code == MIEN_OK && k + 1 < LEVELS)
      code = find(&d->side[k], file, "side", k, c, 1, CHANNELS[k + 1], error);
  }
  if (code == MIEN_OK) code = nn_file_number(file, "threshold", &threshold, error);
  if (code != MIEN_OK) {
    face_detector_close(&d);
    return code;
  }
  d->threshold = (float)threshold;
  *detector = d;
  return MIEN_OK;
}

void face_detector_close(face_detector **detector) {
  face_detector *d = *detector;
  if (d == NULL) return;
  for (int k = 0; k < 2; k++) nn_pack_clear(&d->stem[k].weight);
  for (int k = 0; k < LEVELS; k++) {
    nn_pack_clear(&d->down[k].weight), nn_pack_clear(&d->body[k].weight);
    nn_pack_clear(&d->neck[k].weight), nn_pack_clear(&d->head[k].weight);
    if (k + 1 < LEVELS) nn_pack_clear(&d->side[k].weight);
  }
  base_free(*detector);
  *detector = NULL;
}

float face_detector_threshold(const face_detector *detector) { return detector->threshold; }

void face_detector_work_clear(face_detector_work *work) {
  base_free_aligned(work->memory);
  *work = (face_detector_work){0};
}

/* ---- Memory of one run -------------------------------------------------------------------- */

typedef struct shape {
  int height, width;
} shape;

static shape halved(shape s) { return (shape){(s.height + 1) / 2, (s.width + 1) / 2}; }

static size_t area(shape s, int channels) {
  size_t floats = (size_t)s.height * (size_t)s.width * (size_t)channels;
  return (floats + 15) / 16 * 16; /* keeps every plane 64-byte aligned */
}

/* Where each plane lies in the work memory. `a` and `b` take turns within one level. */
typedef struct plan {
  shape in, stem[2], level[LEVELS];
  float *input, *row, *a, *b, *feature[LEVELS], *scratch;
} plan;

static void most(size_t *size, size_t other) { *size = BASE_MAX(*size, other); }

static size_t scratch_of(const layer *l, shape in, int stride) {
  int pad = (int)l->weight.dims[1] / 2;
  return nn_conv2d_scratch(&l->weight, in.height, in.width, stride, pad);
}

static int make_plan(plan *p, const face_detector *d, face_detector_work *work,
                     const face_plane *plane) {
  face_fit(plane->width, plane->height, FACE_DETECT_SIDE, &p->in.width, &p->in.height);
  p->stem[0] = halved(p->in), p->stem[1] = halved(p->stem[0]);
  size_t a = area(p->stem[0], STEM_1), b = area(p->stem[1], STEM_2), features = 0;
  size_t scratch = BASE_MAX(scratch_of(&d->stem[0], p->in, 2), scratch_of(&d->stem[1], p->stem[0], 2));
  shape before = p->stem[1];
  for (int k = 0; k < LEVELS; before = p->level[k++]) {
    shape here = p->level[k] = halved(before);
    features += area(here, CHANNELS[k]);
    most(&a, area(here, CHANNELS[k])), most(&b, area(here, CHANNELS[k]));
    most(&scratch, scratch_of(&d->down[k], before, 2));
    most(&scratch, scratch_of(&d->body[k], here, 1));
    most(&scratch, scratch_of(&d->head[k], here, 1));
    if (k > 0) most(&scratch, scratch_of(&d->side[k - 1], here, 1));
  }
  size_t row = area((shape){1, plane->width + p->in.width}, 1), input = area(p->in, 1);
  size_t total = row + input + a + b + features + scratch;
  if (work->floats < total) {
    face_detector_work_clear(work);
    work->memory = base_alloc_aligned(total * sizeof(float));
    if (work->memory == NULL) return MIEN_ENOMEM;
    work->floats = total;
  }
  float *at = work->memory;
  p->row = at, at += row;
  p->input = at, at += input;
  p->a = at, at += a;
  p->b = at, at += b;
  for (int k = 0; k < LEVELS; k++) p->feature[k] = at, at += area(p->level[k], CHANNELS[k]);
  p->scratch = at;
  return MIEN_OK;
}

/* ---- Forward ------------------------------------------------------------------------------ */

static void run(const layer *l, int act, const float *x, shape in, int stride, float *y,
                float *scratch) {
  nn_conv2d(&l->weight, l->bias, act, x, in.height, in.width, stride, (int)l->weight.dims[1] / 2, y,
            scratch);
}

/* fine[h][w][c] += coarse[(h+1)/2][(w+1)/2][c], every value four times. */
static void add_doubled(const float *coarse, shape fine_shape, int channels, float *fine) {
  int coarse_width = (fine_shape.width + 1) / 2;
  for (int y = 0; y < fine_shape.height; y++)
    for (int x = 0; x < fine_shape.width; x++)
      nn_add(coarse + ((size_t)(y / 2) * coarse_width + x / 2) * channels,
             fine + ((size_t)y * fine_shape.width + x) * channels, (size_t)channels);
}

static void forward(const face_detector *d, const plan *p) {
  run(&d->stem[0], NN_RELU, p->input, p->in, 2, p->a, p->scratch);
  run(&d->stem[1], NN_RELU, p->a, p->stem[0], 2, p->b, p->scratch);
  const float *x = p->b;
  shape before = p->stem[1];
  for (int k = 0; k < LEVELS; before = p->level[k], x = p->feature[k++]) {
    run(&d->down[k], NN_RELU, x, before, 2, p->a, p->scratch);
    run(&d->body[k], NN_RELU, p->a, p->level[k], 1, p->feature[k], p->scratch);
    nn_add(p->a, p->feature[k], (size_t)p->level[k].height * p->level[k].width * CHANNELS[k]);
  }
  for (int k = LEVELS - 2; k >= 0; k--) {
    run(&d->side[k], NN_NONE, p->feature[k + 1], p->level[k + 1], 1, p->a, p->scratch);
    add_doubled(p->a, p->level[k], CHANNELS[k], p->feature[k]);
  }
}

/* ---- Boxes -------------------------------------------------------------------------------- */

float face_box_iou(const face_box *a, const face_box *b) {
  float w = BASE_MIN(a->x1, b->x1) - BASE_MAX(a->x0, b->x0);
  float h = BASE_MIN(a->y1, b->y1) - BASE_MAX(a->y0, b->y0);
  if (w <= 0 || h <= 0) return 0;
  float both = (a->x1 - a->x0) * (a->y1 - a->y0) + (b->x1 - b->x0) * (b->y1 - b->y0) - w * h;
  return w * h / both;
}

/* Share of the smaller box that lies within the other. */
static float within(const face_box *a, const face_box *b) {
  float w = BASE_MIN(a->x1, b->x1) - BASE_MAX(a->x0, b->x0);
  float h = BASE_MIN(a->y1, b->y1) - BASE_MAX(a->y0, b->y0);
  if (w <= 0 || h <= 0) return 0;
  return w * h / BASE_MIN((a->x1 - a->x0) * (a->y1 - a->y0), (b->x1 - b->x0) * (b->y1 - b->y0));
}

/* out[h][w][5]: score logit; centre's offset from the cell's middle in strides; log of width and
 * height over four strides. Keeps the best CANDIDATES: past that, the worst makes room. */
static void gather(const float *out, shape s, int stride, float floor, face_box *boxes,
                   int *count) {
  float logit_floor = logf(floor / (1 - floor));
  for (int y = 0; y < s.height; y++)
    for (int x = 0; x < s.width; x++, out += OUT) {
      if (!(out[0] >= logit_floor)) continue;
      float cx = (x + .5f + out[1]) * stride, cy = (y + .5f + out[2]) * stride;
      float half_w = expf(BASE_CLAMP(out[3], -4.f, 4.f)) * 2 * stride;
      float half_h = expf(BASE_CLAMP(out[4], -4.f, 4.f)) * 2 * stride;
      face_box box = {cx - half_w, cy - half_h, cx + half_w, cy + half_h, 1 / (1 + expf(-out[0]))};
      int place = *count;
      if (place == CANDIDATES) {
        place = 0;
        for (int k = 1; k < CANDIDATES; k++)
          if (boxes[k].score < boxes[place].score) place = k;
        if (boxes[place].score >= box.score) continue;
      } else {
        *count += 1;
      }
      boxes[place] = box;
    }
}

static int by_score(const void *a, const void *b) {
  float x = ((const face_box *)a)->score, y = ((const face_box *)b)->score;
  return (x < y) - (x > y);
}

int face_detect(const face_detector *detector, face_detector_work *work, const face_plane *plane,
                float floor, face_box *boxes, int *count) {
  plan p;
  *count = 0;
  int code = make_plan(&p, detector, work, plane);
  if (code != MIEN_OK) return code;
  face_scale_floats(plane, p.in.width, p.in.height, p.input, p.row);
  size_t pixels = (size_t)p.in.width * (size_t)p.in.height;
  for (size_t k = 0; k < pixels; k++) p.input[k] = (p.input[k] - 128) / 128;
  forward(detector, &p);

  face_box found[CANDIDATES];
  int candidates = 0;
  floor = BASE_CLAMP(floor, .001f, .999f);
  for (int k = 0; k < LEVELS; k++) {
    run(&detector->neck[k], NN_RELU, p.feature[k], p.level[k], 1, p.a, p.scratch);
    run(&detector->head[k], NN_NONE, p.a, p.level[k], 1, p.b, p.scratch);
    gather(p.b, p.level[k], 8 << k, floor, found, &candidates);
  }
  qsort(found, (size_t)candidates, sizeof found[0], by_score);
  float sx = (float)plane->width / p.in.width, sy = (float)plane->height / p.in.height;
  for (int k = 0; k < candidates && *count < FACE_DETECT_MOST; k++) {
    face_box box = {found[k].x0 * sx, found[k].y0 * sy, found[k].x1 * sx, found[k].y1 * sy,
                    found[k].score};
    bool taken = false;
    for (int j = 0; j < *count && !taken; j++)
      taken = face_box_iou(&boxes[j], &box) > .4f || within(&boxes[j], &box) > .7f;
    if (!taken) boxes[(*count)++] = box;
  }
  return MIEN_OK;
}
