#include "face/landmarks.h"

#include <stdio.h>

enum { LAYERS = 8, SIDE = FACE_LANDMARKS_SIDE, OUT = 2 * FACE_POINTS + 1 };
enum { PLANE = 32 * 32 * 32 }; /* floats of the largest layer's output */
enum { LOCAL = 3, LOCAL_SIDE = 16, LOCAL_CHANNELS = 48 }; /* the layer that is looked up at the points */
enum { SEEN = FACE_POINTS * LOCAL_CHANNELS };

/* A layer that keeps its shape adds to its input. 64 -> 32 -> 16 -> 8 (-> 4) pixels. */
typedef struct form {
  const char *name;
  struct {
    int in, out, stride, size;
  } layers[LAYERS]; /* out 0: no more */
  int last, hidden; /* inputs and outputs of the layer after the convolutions */
  bool direct;      /* a linear path from the convolutions to the points, beside the hidden layer,
                       and then the step at the points */
} form;
static const form FORMS[2] = {
    {"coarse",
     {{1, 16, 2, 3}, {16, 32, 1, 3}, {32, 48, 2, 3}, {48, 48, 1, 3}, {48, 64, 2, 3}, {64, 64, 1, 3},
      {64, 96, 2, 3}, {96, 96, 1, 3}},
     96 * 4 * 4, 160, false},
    {"fine",
     {{1, 24, 2, 3}, {24, 32, 1, 3}, {32, 48, 2, 3}, {48, 48, 1, 3}, {48, 64, 2, 3}, {64, 64, 1, 3},
      {64, 32, 1, 1}},
     32 * 8 * 8, 192, true},
};

typedef struct net {
  nn_tensor weight[LAYERS]; /* packed, as the three below; [out][size][size][in] */
  nn_tensor hidden;         /* [hidden][last] */
  nn_tensor out;            /* [137][hidden]: x0 y0 x1 y1 … in half crops; face logit */
  nn_tensor direct;         /* [136][last] */
  nn_tensor local;          /* [136][68 * 48]: a step by what layer LOCAL's map shows at each point
                               (after supervised descent, Xiong & De la Torre 2013) */
  const nn_tensor *bias[LAYERS], *hidden_bias, *out_bias, *direct_bias, *local_bias;
} net;

struct face_landmarks {
  net nets[2];
  size_t work; /* floats that the layers need as scratch */
  face_head head;
};

/* Finds a weight and its bias and packs the weight; does nothing once `code` says that one failed. */
static void find(const nn_file *file, const char *name, int rank, const uint32_t *dims,
                 nn_tensor *weight, const nn_tensor **bias, int *code, mien_error *error) {
  if (*code != MIEN_OK) return;
  char key[64];
  *code = MIEN_EMODEL;
  snprintf(key, sizeof key, "%s.weight", name);
  const nn_tensor *plain = nn_file_tensor(file, key, NN_F16, rank, dims, error);
  if (plain == NULL) return;
  snprintf(key, sizeof key, "%s.bias", name);
  *bias = nn_file_tensor(file, key, NN_F32, 1, dims, error);
  if (*bias == NULL) return;
  *code = nn_pack(weight, plain, NN_F32);
  if (*code != MIEN_OK) base_error_set(error, *code, "face landmarks", "", "out of memory");
}

static int open_net(net *n, const form *f, const nn_file *file, size_t *work, mien_error *error) {
  int code = MIEN_OK, side = SIDE;
  char name[48];
  for (int k = 0; k < LAYERS && f->layers[k].out > 0; k++) {
    int size = f->layers[k].size, stride = f->layers[k].stride;
    uint32_t dims[4] = {(uint32_t)f->layers[k].out, (uint32_t)size, (uint32_t)size,
                        (uint32_t)f->layers[k].in};
    snprintf(name, sizeof name, "%s.conv%d", f->name, k);
    find(file, name, 4, dims, &n->weight[k], &n->bias[k], &code, error);
    if (code != MIEN_OK) return code;
    *work = BASE_MAX(*work, nn_conv2d_scratch(&n->weight[k], side, side, stride, size / 2));
    side /= stride;
  }
  uint32_t hidden[2] = {(uint32_t)f->hidden, (uint32_t)f->last}, out[2] = {OUT, (uint32_t)f->hidden};
  snprintf(name, sizeof name, "%s.hidden", f->name);
  find(file, name, 2, hidden, &n->hidden, &n->hidden_bias, &code, error);
  snprintf(name, sizeof name, "%s.out", f->name);
  find(file, name, 2, out, &n->out, &n->out_bias, &code, error);
  if (f->direct) {
    uint32_t direct[2] = {2 * FACE_POINTS, (uint32_t)f->last};
    snprintf(name, sizeof name, "%s.direct", f->name);
    find(file, name, 2, direct, &n->direct, &n->direct_bias, &code, error);
    snprintf(name, sizeof name, "%s.local", f->name);
    find(file, name, 2, (uint32_t[2]){2 * FACE_POINTS, SEEN}, &n->local, &n->local_bias, &code, error);
  }
  if (code != MIEN_OK) return code;
  if (f->direct) {
    *work = BASE_MAX(*work, nn_linear_scratch(&n->direct, 1));
    *work = BASE_MAX(*work, nn_linear_scratch(&n->local, 1));
  }
  *work = BASE_MAX(*work, nn_linear_scratch(&n->hidden, 1));
  *work = BASE_MAX(*work, nn_linear_scratch(&n->out, 1));
  return MIEN_OK;
}

int face_landmarks_open(face_landmarks **landmarks, const nn_file *file, mien_error *error) {
  *landmarks = NULL;
  face_landmarks *l = base_alloc(1, sizeof *l);
  if (l == NULL)
    return base_error_set(error, MIEN_ENOMEM, "face landmarks", "", "out of memory");
  int code = MIEN_OK;
  for (int k = 0; k < 2 && code == MIEN_OK; k++)
    code = open_net(&l->nets[k], &FORMS[k], file, &l->work, error);
  if (code == MIEN_OK) code = face_head_read(&l->head, file, error);
  if (code != MIEN_OK) {
    face_landmarks_close(&l);
    return code;
  }
  *landmarks = l;
  return MIEN_OK;
}

void face_landmarks_close(face_landmarks **landmarks) {
  face_landmarks *l = *landmarks;
  if (l == NULL) return;
  for (int k = 0; k < 2; k++) {
    net *n = &l->nets[k];
    for (int j = 0; j < LAYERS; j++) nn_pack_clear(&n->weight[j]);
    nn_pack_clear(&n->hidden), nn_pack_clear(&n->out), nn_pack_clear(&n->direct);
    nn_pack_clear(&n->local);
  }
  base_free(l);
  *landmarks = NULL;
}

const face_head *face_landmarks_head(const face_landmarks *landmarks) { return &landmarks->head; }

enum { MAP = LOCAL_SIDE * LOCAL_SIDE * LOCAL_CHANNELS };

size_t face_landmarks_scratch(const face_landmarks *landmarks) {
  return 2 * PLANE + MAP + SEEN + landmarks->work;
}

/* What the map shows at (x, y), -1…1 over the crop: bilinear, the edge goes on outside. */
static void look_up(const float *map, float x, float y, float *seen) {
  float px = fmaxf(fminf((x + 1) * LOCAL_SIDE / 2 - .5f, LOCAL_SIDE - 1.f), 0); /* not a number: 0 */
  float py = fmaxf(fminf((y + 1) * LOCAL_SIDE / 2 - .5f, LOCAL_SIDE - 1.f), 0);
  int left = BASE_MIN((int)px, LOCAL_SIDE - 2), top = BASE_MIN((int)py, LOCAL_SIDE - 2);
  float u = px - (float)left, v = py - (float)top;
  const float *a = map + (top * LOCAL_SIDE + left) * LOCAL_CHANNELS, *b = a + LOCAL_CHANNELS;
  const float *c = a + LOCAL_SIDE * LOCAL_CHANNELS, *d = c + LOCAL_CHANNELS;
  for (int k = 0; k < LOCAL_CHANNELS; k++)
    seen[k] = (1 - v) * ((1 - u) * a[k] + u * b[k]) + v * ((1 - u) * c[k] + u * d[k]);
}

void face_landmarks_read(const face_landmarks *landmarks, int which, const face_plane *plane,
                         const face_crop *crop, float *scratch, face_point points[FACE_POINTS],
                         float *face) {
  const net *n = &landmarks->nets[which];
  const form *f = &FORMS[which];
  float *x = scratch, *y = x + PLANE, *map = y + PLANE, *seen = map + MAP, *work = seen + SEEN;
  face_sample(plane, crop, FACE_GREY, SIDE, x);
  for (int k = 0; k < SIDE * SIDE; k++) x[k] = (x[k] - 128) / 128;
  int side = SIDE;
  for (int k = 0; k < LAYERS && f->layers[k].out > 0; k++) {
    int stride = f->layers[k].stride, out = f->layers[k].out;
    nn_conv2d(&n->weight[k], n->bias[k], NN_RELU, x, side, side, stride, f->layers[k].size / 2, y,
              work);
    side /= stride;
    if (stride == 1 && f->layers[k].in == out) nn_add(x, y, (size_t)(side * side * out));
    float *swap = x;
    x = y, y = swap;
    if (f->direct && k == LOCAL) memcpy(map, x, MAP * sizeof *map);
  }
  float out[OUT];
  nn_linear(&n->hidden, n->hidden_bias, NN_RELU, x, 1, y, work);
  nn_linear(&n->out, n->out_bias, NN_NONE, y, 1, out, work);
  if (f->direct) {
    nn_linear(&n->direct, n->direct_bias, NN_NONE, x, 1, y, work);
    nn_add(y, out, 2 * FACE_POINTS);
    for (int k = 0; k < FACE_POINTS; k++)
      look_up(map, out[2 * k], out[2 * k + 1], seen + k * LOCAL_CHANNELS);
    nn_linear(&n->local, n->local_bias, NN_NONE, seen, 1, y, work);
    nn_add(y, out, 2 * FACE_POINTS);
  }
  for (int k = 0; k < FACE_POINTS; k++)
    points[k] = face_crop_to_plane(crop, out[2 * k], out[2 * k + 1]);
  *face = 1 / (1 + expf(-out[2 * FACE_POINTS]));
}

bool face_landmarks_settle(const face_landmarks *landmarks, const face_plane *plane,
                           const float box[4], float *scratch, face_point points[FACE_POINTS],
                           float *face) {
  face_crop crop = face_box_crop(box);
  float most = 8.f * (float)BASE_MAX(plane->width, plane->height);
  for (int pass = FACE_COARSE; pass <= FACE_FINE; pass++) {
    if (!(crop.side > 2 && crop.side < most)) return false;
    face_landmarks_read(landmarks, pass, plane, &crop, scratch, points, face);
    crop = face_points_crop(points);
  }
  return true;
}
