#include "face/shape.h"

#include <stdio.h>

void face_points_box(const face_point points[FACE_POINTS], float box[4]) {
  box[0] = box[2] = points[0].x, box[1] = box[3] = points[0].y;
  for (int k = 1; k < FACE_POINTS; k++) {
    box[0] = fminf(box[0], points[k].x), box[2] = fmaxf(box[2], points[k].x);
    box[1] = fminf(box[1], points[k].y), box[3] = fmaxf(box[3], points[k].y);
  }
  box[1] -= .15f * (box[3] - box[1]);
}

static face_crop square(const float box[4], float margin) {
  float side = margin * fmaxf(box[2] - box[0], box[3] - box[1]);
  return (face_crop){(box[0] + box[2]) / 2, (box[1] + box[3]) / 2, side, 0};
}

face_crop face_box_crop(const float box[4]) { return square(box, 1.3f); }

static face_point middle(const face_point *points, int first, int last) {
  face_point sum = {0, 0};
  for (int k = first; k <= last; k++) sum.x += points[k].x, sum.y += points[k].y;
  float share = 1.f / (float)(last - first + 1);
  return (face_point){sum.x * share, sum.y * share};
}

static face_point turned(face_point p, float angle) {
  float c = cosf(angle), s = sinf(angle);
  return (face_point){c * p.x - s * p.y, s * p.x + c * p.y};
}

face_crop face_points_crop(const face_point points[FACE_POINTS]) {
  face_point right = middle(points, 36, 41), left = middle(points, 42, 47);
  float angle = atan2f(left.y - right.y, left.x - right.x), box[4];
  face_point level[FACE_POINTS];
  for (int k = 0; k < FACE_POINTS; k++) level[k] = turned(points[k], -angle);
  face_points_box(level, box);
  face_crop crop = square(box, 1.15f);
  face_point centre = turned((face_point){crop.x, crop.y}, angle);
  return (face_crop){centre.x, centre.y, crop.side, angle};
}

face_point face_crop_to_plane(const face_crop *crop, float x, float y) {
  face_point p = turned((face_point){x * crop->side / 2, y * crop->side / 2}, crop->angle);
  return (face_point){crop->x + p.x, crop->y + p.y};
}

/* ---- The mean head ------------------------------------------------------------------------ */

static bool invert3(double m[3][3], float inverse[3][3]) {
  double c[3][3], d = 0;
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) {
      int a = (i + 1) % 3, b = (i + 2) % 3, e = (j + 1) % 3, f = (j + 2) % 3;
      c[i][j] = m[a][e] * m[b][f] - m[a][f] * m[b][e];
    }
  for (int j = 0; j < 3; j++) d += m[0][j] * c[0][j];
  if (!(fabs(d) > 1e-9)) return false;
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) inverse[i][j] = (float)(c[j][i] / d);
  return true;
}

bool face_head_prepare(face_head *head) {
  double sum[3][3] = {{0}};
  for (int k = 0; k < FACE_POINTS; k++)
    for (int i = 0; i < 3; i++)
      for (int j = 0; j < 3; j++) sum[i][j] += (double)head->points[k][i] * head->points[k][j];
  return invert3(sum, head->inverse);
}

int face_head_read(face_head *head, const nn_file *file, mien_error *error) {
  static const char remedy[] = "use the file that came with Mien";
  const nn_tensor *points =
      nn_file_tensor(file, "head", NN_F32, 2, (uint32_t[2]){FACE_POINTS, 3}, error);
  if (points == NULL) return MIEN_EMODEL;
  memcpy(head->points, points->data, sizeof head->points);
  if (!face_head_prepare(head))
    return base_error_set(error, MIEN_EMODEL, "tensor 'head'", remedy, "the mean head is flat");
  float framing[3];
  int code = nn_file_numbers(file, "population.median", head->median, FACE_MEASURES, error);
  if (code == MIEN_OK)
    code = nn_file_numbers(file, "population.deviation", head->deviation, FACE_MEASURES, error);
  if (code == MIEN_OK) code = nn_file_numbers(file, "framing", framing, 3, error);
  for (int k = 0; k < MIEN_CORE && code == MIEN_OK; k++) {
    char path[32];
    snprintf(path, sizeof path, "toward.%s", mien_core_name(k));
    code = nn_file_numbers(file, path, head->toward[k], FACE_MEASURES, error);
  }
  if (code != MIEN_OK) return MIEN_EMODEL;
  bool sound = framing[2] > .1f && framing[2] < 10;
  for (int k = 0; k < FACE_MEASURES; k++) sound = sound && head->deviation[k] > 0;
  if (!sound)
    return base_error_set(error, MIEN_EMODEL, "metadata 'population' and 'framing'", remedy,
                          "a deviation or the scale is out of its range");
  head->fer_shift[0] = framing[0], head->fer_shift[1] = framing[1], head->fer_scale = framing[2];
  return MIEN_OK;
}

/* ---- Pose --------------------------------------------------------------------------------- */

bool face_pose_fit(const face_head *head, const face_point points[FACE_POINTS], face_pose *pose) {
  face_point centre = middle(points, 0, FACE_POINTS - 1);
  float cross[2][3] = {{0}}, a[2][3] = {{0}};
  for (int k = 0; k < FACE_POINTS; k++)
    for (int j = 0; j < 3; j++) {
      cross[0][j] += (points[k].x - centre.x) * head->points[k][j];
      cross[1][j] += (points[k].y - centre.y) * head->points[k][j];
    }
  for (int i = 0; i < 2; i++)
    for (int j = 0; j < 3; j++)
      for (int k = 0; k < 3; k++) a[i][j] += cross[i][k] * head->inverse[k][j];

  /* rotation = (a a')^-1/2 a. For a 2x2 matrix m: root(m) = (m + root(det) 1) / root(trace +
   * 2 root(det)). */
  float m00 = 0, m01 = 0, m11 = 0;
  for (int j = 0; j < 3; j++)
    m00 += a[0][j] * a[0][j], m01 += a[0][j] * a[1][j], m11 += a[1][j] * a[1][j];
  float root = sqrtf(fmaxf(m00 * m11 - m01 * m01, 0)), size = sqrtf(m00 + m11 + 2 * root);
  if (!(root > 1e-9f) || !isfinite(size)) return false;
  float r00 = (m00 + root) / size, r01 = m01 / size, r11 = (m11 + root) / size;
  for (int j = 0; j < 3; j++) { /* the determinant of root(m) is `root` */
    pose->rotation[0][j] = (r11 * a[0][j] - r01 * a[1][j]) / root;
    pose->rotation[1][j] = (r00 * a[1][j] - r01 * a[0][j]) / root;
  }
  pose->scale = (r00 + r11) / 2;
  pose->centre = centre;

  const float *r0 = pose->rotation[0], *r1 = pose->rotation[1];
  float r2z = r0[0] * r1[1] - r0[1] * r1[0]; /* the third row is the first two's cross product */
  const float degrees = 57.29577951f;
  /* The face looks along -z: in the picture along -(r0[2], r1[2], r2z). Turning order yaw, pitch,
   * roll: R = Ry Rx Rz. */
  pose->yaw = atan2f(-r0[2], r2z) * degrees;
  pose->pitch = asinf(BASE_CLAMP(r1[2], -1.f, 1.f)) * degrees;
  pose->roll = atan2f(r1[0], r1[1]) * degrees;
  return true;
}

/* ---- Measures ----------------------------------------------------------------------------- */

static float distance(face_point a, face_point b) { return hypotf(a.x - b.x, a.y - b.y); }

static float eye_aspect(const face_point *eye) { /* six points, from the outer corner around */
  float width = distance(eye[0], eye[3]);
  return (distance(eye[1], eye[5]) + distance(eye[2], eye[4])) / (2 * fmaxf(width, 1e-3f));
}

/* The points as if the face looked straight at the camera, in eyes. */
static bool turn_back(const face_head *head, const face_point points[FACE_POINTS],
                      const face_pose *pose, face_point f[FACE_POINTS]) {
  const float *r0 = pose->rotation[0], *r1 = pose->rotation[1];
  float det = r0[0] * r1[1] - r0[1] * r1[0]; /* cosine of the angle to the camera */
  if (!(det > .5f)) return false;
  for (int k = 0; k < FACE_POINTS; k++) {
    float x = (points[k].x - pose->centre.x) / pose->scale - r0[2] * head->points[k][2];
    float y = (points[k].y - pose->centre.y) / pose->scale - r1[2] * head->points[k][2];
    f[k] = (face_point){(r1[1] * x - r0[1] * y) / det, (r0[0] * y - r1[0] * x) / det};
  }
  return true;
}

bool face_measure(const face_head *head, const face_point points[FACE_POINTS],
                  const face_pose *pose, float measures[FACE_MEASURES]) {
  face_point f[FACE_POINTS];
  if (!turn_back(head, points, pose, f)) return false;
  face_point right = middle(f, 36, 41), left = middle(f, 42, 47);
  face_point lips = {0, (f[51].y + f[57].y) / 2};
  float inner = (right.y + left.y) / 2 - (f[20].y + f[21].y + f[22].y + f[23].y) / 4;
  float brows = (right.y + left.y) / 2 - (middle(f, 17, 21).y + middle(f, 22, 26).y) / 2;
  float lift = lips.y - (f[48].y + f[54].y) / 2;
  measures[FACE_BROWS_LOWERED] = -(inner + .5f * distance(f[21], f[22]));
  measures[FACE_BROWS_RAISED] = brows;
  measures[FACE_SMILE] = lift + .5f * distance(f[48], f[54]);
  measures[FACE_SMILE_ASYMMETRY] = fabsf(f[48].y - f[54].y);
  measures[FACE_LIPS_PRESSED] = -(distance(f[51], f[62]) + distance(f[66], f[57]));
  measures[FACE_MOUTH_OPEN] =
      (distance(f[61], f[67]) + distance(f[62], f[66]) + distance(f[63], f[65])) / 3;
  measures[FACE_EYES_CLOSED] = -(eye_aspect(f + 36) + eye_aspect(f + 42)) / 2;
  for (int k = 0; k < FACE_MEASURES; k++)
    if (!isfinite(measures[k])) return false;
  return true;
}

/* How far the point lies above (below 0: under) the line through a and b, which are left of right. */
static float above(face_point p, face_point a, face_point b) {
  float t = (p.x - a.x) / fmaxf(b.x - a.x, 1e-3f);
  return a.y + BASE_CLAMP(t, 0.f, 1.f) * (b.y - a.y) - p.y;
}

bool face_actions_measure(const face_head *head, const face_point points[FACE_POINTS],
                          const face_pose *pose, float actions[FACE_ACTIONS]) {
  face_point f[FACE_POINTS];
  if (!turn_back(head, points, pose, f)) return false;
  float inner = (above(f[20], f[36], f[39]) + above(f[21], f[36], f[39]) + above(f[22], f[42], f[45]) +
                 above(f[23], f[42], f[45])) / 4;
  float outer = (above(f[17], f[36], f[39]) + above(f[18], f[36], f[39]) + above(f[25], f[42], f[45]) +
                 above(f[26], f[42], f[45])) / 4;
  float lower_lids = (above(f[40], f[36], f[39]) + above(f[41], f[36], f[39]) +
                      above(f[46], f[42], f[45]) + above(f[47], f[42], f[45])) / 4;
  float lips = (f[51].y + f[57].y + f[62].y + f[66].y) / 4, nose = f[33].y;
  float right = lips - f[48].y, left = lips - f[54].y, wide = distance(f[48], f[54]);
  float gap = (distance(f[61], f[67]) + distance(f[62], f[66]) + distance(f[63], f[65])) / 3;
  actions[FACE_AU1] = inner;
  actions[FACE_AU2] = outer;
  actions[FACE_AU4] = -(inner + .5f * distance(f[21], f[22]));
  actions[FACE_AU6] = lower_lids;
  actions[FACE_AU12] = (nose - (f[48].y + f[54].y) / 2) + .5f * wide;
  actions[FACE_AU15] = -(right + left) / 2;
  actions[FACE_AU17] = f[57].y - f[8].y;
  actions[FACE_AU20] = wide - fabsf(right + left) / 2;
  actions[FACE_AU24] = -(distance(f[51], f[62]) + distance(f[66], f[57]));
  actions[FACE_AU25] = gap;
  actions[FACE_AU26] = f[8].y - nose;
  actions[FACE_AU43] = -(eye_aspect(f + 36) + eye_aspect(f + 42)) / 2;
  actions[FACE_CORNER_RIGHT] = nose - f[48].y;
  actions[FACE_CORNER_LEFT] = nose - f[54].y;
  for (int k = 0; k < FACE_ACTIONS; k++)
    if (!isfinite(actions[k])) return false;
  return true;
}

face_crop face_fer_crop(const face_head *head, const face_point points[FACE_POINTS]) {
  face_crop crop = face_points_crop(points);
  face_point at = face_crop_to_plane(&crop, head->fer_shift[0], head->fer_shift[1]);
  return (face_crop){at.x, at.y, crop.side * head->fer_scale, crop.angle};
}
