/* track.c: faces over time: detection now and then, points in every picture, one reading a face.
 *
 * What it is not: an identifier. A track ends with the face's disappearance, with a cut of the
 * scene or with a gap in time, and its number is never used again. One thread at a time. */
#include "face/cues.h"
#include "face/model.h"
#include "face/moves.h"

enum {
  SIDE = FACE_EXPRESSION_SIDE,
  PLANE_SIDE = 1920, /* larger pictures are brought down to this first */
  THUMB = 32,        /* samples each way that a cut of the scene is seen by */
  READINGS = 2 * FACE_TRACKS,
  SUMMARY_MOVES = 16,
};
_Static_assert(FACE_STATE_CUES + FACE_MOVES_CUES <= FACE_CUES, "a reading holds all its cues");
_Static_assert(FACE_STATE_CUES + SUMMARY_MOVES <= FACE_CUES, "so does a summary");
static const double DETECT_EVERY = .2, /* seconds */
    FORGET_AFTER = .5,                 /* a face not found for this long has gone */
    CONFIRM_WITHIN = 1.2;              /* a face that detection has not met for this long, too */
static const float CUT = 40;           /* mean change of grey between pictures that is a cut */
static const float SURE = .96f, LIKELY = .5f; /* probability of a face to start a track; to go on.
    Of landmarks68/dev's faces all reach the first, of what the detector mistakes for one hardly any */
static const float YAW_MOST = 60, PITCH_MOST = 40; /* degrees */

/* Running sums of one track, for its summary. */
typedef struct summary {
  double t0, t1, weight, quality;
  double core[MIEN_CORE], dims[MIEN_DIMS], contempt, set[MIEN_CORE], confidence;
  double measures[FACE_MEASURES], measured;
  unsigned pictures;
  const char *complaint; /* of the last picture that could not be read */
  mien_cue moves[SUMMARY_MOVES]; /* the strongest movements */
  size_t move_count;
} summary;

typedef struct track {
  int number;
  face_point points[FACE_POINTS]; /* pixels of the plane */
  float vx, vy;                   /* pixels a second     */
  float face;                     /* probability         */
  double seen, confirmed;         /* seconds             */
  bool placed;                    /* in this picture     */
  face_pose pose;
  face_blinks blinks;
  face_moves moves;
  summary sum;
} track;

struct face_tracker {
  const face_model *model;
  track tracks[FACE_TRACKS];
  int count, numbers;
  double last, detected; /* seconds; NAN before the first picture */
  bool finished;

  face_plane plane;
  uint8_t *pixels; /* of the plane */
  float *row;
  size_t pixels_size, row_size;
  float scale_x, scale_y; /* pixels of the picture for one of the plane */
  uint8_t thumb[THUMB * THUMB];

  face_detector_work work;
  float *scratch; /* landmarks' or expression's */
  float crop[SIDE * SIDE];

  mien_reading readings[READINGS];
  mien_cue cues[READINGS][FACE_CUES];
  int ready, given;
};

int face_tracker_open(face_tracker **tracker, const face_model *model) {
  *tracker = NULL;
  if (model->detector == NULL || model->landmarks == NULL) return MIEN_EMODEL;
  face_tracker *t = base_alloc(1, sizeof *t);
  if (t == NULL) return MIEN_ENOMEM;
  t->model = model;
  t->last = t->detected = NAN;
  size_t floats = face_landmarks_scratch(model->landmarks);
  if (model->expression != NULL)
    floats = BASE_MAX(floats, face_expression_scratch(model->expression));
  t->scratch = base_alloc_aligned(floats * sizeof(float));
  if (t->scratch == NULL) {
    face_tracker_close(&t);
    return MIEN_ENOMEM;
  }
  *tracker = t;
  return MIEN_OK;
}

void face_tracker_close(face_tracker **tracker) {
  face_tracker *t = *tracker;
  if (t == NULL) return;
  face_detector_work_clear(&t->work);
  base_free_aligned(t->scratch);
  base_free(t->pixels);
  base_free(t->row);
  base_free(t);
  *tracker = NULL;
}

/* ---- Readings ----------------------------------------------------------------------------- */

static mien_reading *new_reading(face_tracker *t, const track *k, double t0, double t1,
                                 mien_cue **cues) {
  mien_reading *reading = &t->readings[t->ready];
  *cues = t->cues[t->ready++];
  base_reading_init(reading, MIEN_FACE);
  reading->track = k->number;
  reading->t0 = t0, reading->t1 = t1;
  reading->cues = *cues;
  return reading;
}

static void box_of(const face_tracker *t, const track *k, mien_reading *reading) {
  float box[4];
  face_points_box(k->points, box);
  reading->box[0] = box[0] * t->scale_x, reading->box[1] = box[1] * t->scale_y;
  reading->box[2] = (box[2] - box[0]) * t->scale_x;
  reading->box[3] = (box[3] - box[1]) * t->scale_y;
}

static int top_of(const float core[MIEN_CORE]) {
  int top = 0;
  for (int i = 1; i < MIEN_CORE; i++)
    if (core[i] > core[top]) top = i;
  return top;
}

/* What a track said as a whole: its readings averaged by their quality. A label stays in the set
 * when most of the pictures could not rule it out. */
static void summarise(face_tracker *t, const track *k) {
  const summary *s = &k->sum;
  if (t->ready == READINGS) return;
  mien_cue *cues;
  mien_reading *reading = new_reading(t, k, s->t0, s->t1, &cues);
  reading->final = 1;
  box_of(t, k, reading);
  reading->abstain = s->complaint != NULL ? s->complaint : "face not read";
  reading->quality = 0;
  int label = -1;
  if (s->weight > 0) {
    for (int i = 0; i < MIEN_CORE; i++) {
      reading->core[i] = (float)(s->core[i] / s->weight);
      if (s->set[i] > s->weight / 2) reading->set |= 1u << i;
    }
    int top = top_of(reading->core);
    reading->set |= 1u << top;
    label = top;
    for (int i = 0; i < MIEN_DIMS; i++) reading->dims[i] = (float)(s->dims[i] / s->weight);
    reading->extra[MIEN_CONTEMPT] = (float)(s->contempt / s->weight);
    reading->confidence = reading->core[top];
    reading->quality = (float)(s->quality / s->weight);
    reading->abstain = NULL;
  }
  float measures[FACE_MEASURES];
  for (int i = 0; i < FACE_MEASURES; i++) measures[i] = (float)(s->measures[i] / s->measured);
  reading->cue_count =
      face_cues_fill(face_landmarks_head(t->model->landmarks), s->measured > 0 ? measures : NULL,
                     &k->pose, face_blinks_rate(&k->blinks), label, s->t0, s->t1, cues);
  memcpy(cues + reading->cue_count, s->moves, s->move_count * sizeof *cues);
  reading->cue_count += s->move_count;
}

/* Keeps a movement for the summary: what it was last, and the strongest where there are too many. */
static void keep_move(summary *s, const mien_cue *cue) {
  size_t weakest = 0;
  for (size_t k = 0; k < s->move_count; k++) {
    mien_cue *kept = &s->moves[k];
    if (kept->t0 == cue->t0 && !strcmp(kept->kind, cue->kind)) {
      *kept = *cue;
      return;
    }
    if (fabsf(kept->z) < fabsf(s->moves[weakest].z)) weakest = k;
  }
  if (s->move_count < SUMMARY_MOVES)
    s->moves[s->move_count++] = *cue;
  else if (fabsf(cue->z) > fabsf(s->moves[weakest].z))
    s->moves[weakest] = *cue;
}

static void end_track(face_tracker *t, int index) {
  summarise(t, &t->tracks[index]);
  t->tracks[index] = t->tracks[--t->count];
}

static void end_all(face_tracker *t) {
  while (t->count > 0) end_track(t, t->count - 1);
}

static const char *complaint_of(const face_pose *pose, float side, const face_light *light) {
  if (side < FACE_SMALLEST) return "face too small";
  if (fabsf(pose->yaw) > YAW_MOST || fabsf(pose->pitch) > PITCH_MOST) return "face turned away";
  return face_light_complaint(light);
}

/* 0…1: how good a view of the face this is. Pixels count up to the 48 the network sees. */
static float quality_of(const track *k, float side, const face_light *light) {
  float size = BASE_CLAMP(side / SIDE, 0.f, 1.f);
  float turn = cosf(BASE_CLAMP(k->pose.yaw, -90.f, 90.f) * .01745329f);
  return sqrtf(size) * turn * k->face * face_light_quality(light);
}

static void read_face(face_tracker *t, track *k, double at) {
  const face_model *model = t->model;
  const face_head *head = face_landmarks_head(model->landmarks);
  mien_cue *cues;
  mien_reading *reading = new_reading(t, k, at, at, &cues);
  summary *s = &k->sum;
  s->t1 = at;
  box_of(t, k, reading);

  face_crop crop = face_fer_crop(head, k->points);
  face_light light;
  face_sample(&t->plane, &crop, FACE_EDGE, SIDE, t->crop);
  face_light_measure(t->crop, SIDE, &light);
  /* both ways at first; then one way and the other in turn, which halves the time, and a mean over
   * pictures has both all the same */
  bool plain = s->pictures == 0 || s->pictures % 2 == 1, mirrored = s->pictures % 2 == 0;
  s->pictures++;
  if (model->expression != NULL)
    face_expression_read(model->expression, plain ? t->crop : NULL, mirrored ? t->crop : NULL,
                         t->scratch, reading);
  const char *complaint =
      complaint_of(&k->pose, BASE_MAX(reading->box[2], reading->box[3]), &light);
  if (complaint != NULL) reading->abstain = s->complaint = complaint;
  reading->quality = quality_of(k, crop.side, &light);

  float measures[FACE_MEASURES];
  bool measured = face_measure(head, k->points, &k->pose, measures);
  if (measured) {
    face_blinks_add(&k->blinks, -measures[FACE_EYES_CLOSED], at);
    for (int i = 0; i < FACE_MEASURES; i++) s->measures[i] += measures[i];
    s->measured += 1;
  }
  int label = model->expression != NULL ? top_of(reading->core) : -1;
  reading->cue_count = face_cues_fill(head, measured ? measures : NULL, &k->pose,
                                      face_blinks_rate(&k->blinks), label, at, at, cues);
  float actions[FACE_ACTIONS];
  if (complaint == NULL && face_actions_measure(head, k->points, &k->pose, actions)) {
    mien_cue *moved = cues + reading->cue_count;
    size_t count = face_moves_add(&k->moves, actions, &k->pose, at, moved);
    for (size_t i = 0; i < count; i++) keep_move(s, &moved[i]);
    reading->cue_count += count;
  }
  if (complaint != NULL || model->expression == NULL) return;
  double weight = BASE_MAX(reading->quality, .01f);
  for (int i = 0; i < MIEN_CORE; i++) {
    s->core[i] += weight * reading->core[i];
    if (reading->set >> i & 1) s->set[i] += weight;
  }
  for (int i = 0; i < MIEN_DIMS; i++) s->dims[i] += weight * reading->dims[i];
  s->contempt += weight * reading->extra[MIEN_CONTEMPT];
  s->quality += weight * reading->quality;
  s->weight += weight;
}

/* ---- Following ---------------------------------------------------------------------------- */

/* Takes points as the track's place in this picture where they look like a face: `face`, at least
 * `least`. */
static bool place(face_tracker *t, track *k, const face_point *points, float face, float least,
                  double at) {
  face_pose pose;
  bool fits = face >= least &&
              face_pose_fit(face_landmarks_head(t->model->landmarks), points, &pose);
  float most = 4.f * (float)BASE_MAX(t->plane.width, t->plane.height);
  if (!fits || !(pose.scale > .5f && pose.scale < most)) return false;
  if (!(fabsf(pose.centre.x) < most && fabsf(pose.centre.y) < most)) return false;
  double step = at - k->seen;
  if (step > 0 && k->face > 0) { /* half of the new speed, so that a twitch is no journey */
    k->vx = .5f * (k->vx + (float)((pose.centre.x - k->pose.centre.x) / step));
    k->vy = .5f * (k->vy + (float)((pose.centre.y - k->pose.centre.y) / step));
  }
  memcpy(k->points, points, sizeof k->points);
  k->pose = pose, k->face = face, k->seen = at, k->placed = true;
  return true;
}

static void follow(face_tracker *t, track *k, double at) {
  face_crop crop = face_points_crop(k->points);
  float step = (float)(at - k->seen), reach = crop.side / 3;
  crop.x += BASE_CLAMP(k->vx * step, -reach, reach);
  crop.y += BASE_CLAMP(k->vy * step, -reach, reach);
  face_point points[FACE_POINTS];
  float face;
  face_landmarks_read(t->model->landmarks, FACE_FINE, &t->plane, &crop, t->scratch, points, &face);
  place(t, k, points, face, LIKELY, at);
}

/* From a detector's box: coarse points, then fine ones in the square that those ask for. */
static bool settle(face_tracker *t, track *k, const face_box *box, float least, double at) {
  face_point points[FACE_POINTS];
  float face;
  return face_landmarks_settle(t->model->landmarks, &t->plane,
                               (float[4]){box->x0, box->y0, box->x1, box->y1}, t->scratch, points,
                               &face) &&
         place(t, k, points, face, least, at);
}

static float overlap(const track *k, const face_box *box) {
  face_box own;
  float edges[4];
  face_points_box(k->points, edges);
  own = (face_box){edges[0], edges[1], edges[2], edges[3], 0};
  return face_box_iou(&own, box);
}

/* Meets the detector's boxes with the tracks, best box first; starts tracks for the rest. */
static int detect(face_tracker *t, double at) {
  face_box boxes[FACE_DETECT_MOST];
  bool met[FACE_TRACKS] = {false};
  int count;
  float threshold = face_detector_threshold(t->model->detector);
  int code = face_detect(t->model->detector, &t->work, &t->plane, threshold / 2, boxes, &count);
  if (code != MIEN_OK) return code;
  t->detected = at;
  for (int b = 0; b < count; b++) {
    int best = -1;
    float most = .3f;
    for (int k = 0; k < t->count; k++) {
      float iou = overlap(&t->tracks[k], &boxes[b]);
      if (iou > most) most = iou, best = k;
    }
    if (best >= 0) {
      track *k = &t->tracks[best];
      if (met[best]) continue;
      met[best] = true;
      k->confirmed = at;
      if (!k->placed || most < .5f) settle(t, k, &boxes[b], LIKELY, at);
    } else if (boxes[b].score >= threshold && t->count < FACE_TRACKS) {
      track *k = &t->tracks[t->count];
      *k = (track){.number = t->numbers, .seen = at, .confirmed = at};
      if (!settle(t, k, &boxes[b], SURE, at)) continue;
      face_blinks_init(&k->blinks, at);
      face_moves_init(&k->moves, at);
      k->sum.t0 = k->sum.t1 = at;
      met[t->count++] = true;
      t->numbers++;
    }
  }
  return MIEN_OK;
}

/* Two tracks on one face: the older one stays. */
static void drop_doubles(face_tracker *t) {
  for (int k = t->count - 1; k > 0; k--)
    for (int j = 0; j < k; j++) {
      float edges[4];
      face_points_box(t->tracks[k].points, edges);
      face_box box = {edges[0], edges[1], edges[2], edges[3], 0};
      if (overlap(&t->tracks[j], &box) < .5f) continue;
      bool older = t->tracks[k].number < t->tracks[j].number;
      end_track(t, older ? j : k);
      break;
    }
}

/* ---- Feeding ------------------------------------------------------------------------------ */

static int take_picture(face_tracker *t, const mien_picture *picture) {
  int width, height;
  face_fit(picture->width, picture->height, PLANE_SIDE, &width, &height);
  size_t pixels = (size_t)width * (size_t)height, row = (size_t)(picture->width + width);
  if (pixels > t->pixels_size) {
    uint8_t *grown = base_resize(t->pixels, pixels, 1);
    if (grown == NULL) return MIEN_ENOMEM;
    t->pixels = grown, t->pixels_size = pixels;
  }
  if (row > t->row_size) {
    float *grown = base_resize(t->row, row, sizeof(float));
    if (grown == NULL) return MIEN_ENOMEM;
    t->row = grown, t->row_size = row;
  }
  face_scale_grey(picture, width, height, t->pixels, t->row);
  bool same = t->plane.width == width && t->plane.height == height;
  t->plane = (face_plane){width, height, t->pixels};
  t->scale_x = (float)picture->width / (float)width;
  t->scale_y = (float)picture->height / (float)height;
  return same ? MIEN_OK : MIEN_EAGAIN; /* EAGAIN: another size than before */
}

/* Whether this picture has hardly anything of the one before. */
static bool scene_cut(face_tracker *t) {
  int change = 0;
  for (int y = 0; y < THUMB; y++)
    for (int x = 0; x < THUMB; x++) {
      size_t row = (size_t)((2 * y + 1) * t->plane.height / (2 * THUMB));
      size_t column = (size_t)((2 * x + 1) * t->plane.width / (2 * THUMB));
      uint8_t now = t->pixels[row * (size_t)t->plane.width + column];
      uint8_t *before = &t->thumb[y * THUMB + x];
      change += now > *before ? now - *before : *before - now;
      *before = now;
    }
  return change > CUT * THUMB * THUMB;
}

static float width_of(const track *k) { return k->pose.scale; }

int face_tracker_feed(face_tracker *tracker, const mien_picture *picture, double at) {
  face_tracker *t = tracker;
  int code = face_picture_check(picture);
  if (code != MIEN_OK || !isfinite(at) || at < t->last || t->finished) return MIEN_EINVAL;
  t->ready = t->given = 0;
  code = take_picture(t, picture);
  if (code == MIEN_ENOMEM) return code;
  bool cut = scene_cut(t) || code == MIEN_EAGAIN || at - t->last > FACE_GAP;
  if (cut) end_all(t);
  t->last = at;

  bool lost = false;
  for (int k = 0; k < t->count; k++) {
    t->tracks[k].placed = false;
    follow(t, &t->tracks[k], at);
    lost |= !t->tracks[k].placed;
  }
  if (cut || lost || !(at - t->detected < DETECT_EVERY)) {
    code = detect(t, at);
    if (code != MIEN_OK) return code;
  }
  for (int k = t->count - 1; k >= 0; k--) {
    double unseen = at - t->tracks[k].seen, unconfirmed = at - t->tracks[k].confirmed;
    if (unseen > FORGET_AFTER || unconfirmed > CONFIRM_WITHIN) end_track(t, k);
  }
  drop_doubles(t);

  bool read[FACE_TRACKS] = {false}; /* larger faces first */
  for (int turn = 0; turn < t->count && t->ready < READINGS; turn++) {
    int best = -1;
    for (int k = 0; k < t->count; k++)
      if (!read[k] && (best < 0 || width_of(&t->tracks[k]) > width_of(&t->tracks[best]))) best = k;
    read[best] = true;
    if (t->tracks[best].placed) read_face(t, &t->tracks[best], at);
  }
  return MIEN_OK;
}

int face_tracker_next(face_tracker *tracker, mien_reading *reading) {
  if (tracker->given == tracker->ready) return tracker->finished ? MIEN_EEND : MIEN_EAGAIN;
  *reading = tracker->readings[tracker->given++];
  return MIEN_OK;
}

int face_tracker_seen(const face_tracker *tracker, const uint8_t **grey, int *width, int *height,
                      face_seen seen[FACE_TRACKS]) {
  int count = 0;
  *grey = tracker->plane.pixels, *width = tracker->plane.width, *height = tracker->plane.height;
  for (int i = 0; i < tracker->count; i++) {
    const track *k = &tracker->tracks[i];
    if (!k->placed) continue;
    face_seen *s = &seen[count++];
    *s = (face_seen){.track = k->number, .scale = k->pose.scale, .yaw = k->pose.yaw,
                     .pitch = k->pose.pitch, .roll = k->pose.roll};
    face_points_box(k->points, s->box);
  }
  return count;
}

int face_tracker_finish(face_tracker *tracker) {
  if (tracker->finished) return MIEN_OK;
  tracker->ready = tracker->given = 0;
  tracker->finished = true;
  end_all(tracker);
  return MIEN_OK;
}
