/* frames.c: whole frames through the face tracker: landmarks68, UTK, the clips. */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eval/disturb.h"
#include "eval/parts.h"
#include "face/face.h"
#include "face/landmarks.h"
#include "face/moves.h"
#include "media/media.h"
#include "voice/voice.h"

#define APART 10.0 /* seconds from one still picture to the next: no track lives that long */

typedef struct room { /* the face models, open */
  nn_file *detect, *landmarks, *expression;
  face_model *model;
  face_tracker *tracker;
  double at; /* seconds, of the next still picture */
} room;

static int room_open(eval_context *context, room *r, mien_error *error) {
  *r = (room){0};
  int code = eval_open_model(context, "face-detect", &r->detect, error);
  if (!code) code = eval_open_model(context, "face-landmarks", &r->landmarks, error);
  if (!code) code = eval_open_model(context, "face-expression", &r->expression, error);
  if (!code) code = face_model_open(&r->model, r->detect, r->landmarks, r->expression, error);
  if (!code && (code = face_tracker_open(&r->tracker, r->model)))
    base_error_set(error, code, "", "", "no memory for the face tracker");
  return code;
}

static void room_close(room *r) {
  face_tracker_close(&r->tracker);
  face_model_close(&r->model);
  nn_file_close(&r->expression);
  nn_file_close(&r->landmarks);
  nn_file_close(&r->detect);
}

/* The first picture of a file, grey; valid until the reader is closed. */
static int open_picture(media_reader **reader, const char *path, media_item *item,
                        mien_error *error) {
  media_options options;
  media_options_init(&options);
  options.audio = false;
  options.format = MIEN_GREY;
  int code = media_open(reader, path, &options, error);
  while (!code && !(code = media_next(*reader, item, error)) && item->kind != MEDIA_PICTURE) {
  }
  return code;
}

/* Readings of one still picture, without the summaries of earlier ones. */
static int read_still(room *r, const mien_picture *picture, mien_reading readings[FACE_TRACKS]) {
  mien_reading reading;
  int count = 0;
  r->at += APART;
  if (face_tracker_feed(r->tracker, picture, r->at)) return 0;
  while (face_tracker_next(r->tracker, &reading) == MIEN_OK)
    if (!reading.final && count < FACE_TRACKS) readings[count++] = reading;
  return count;
}

static float overlap(const float a[4], const float b[4]) { /* x0 y0 x1 y1; IoU */
  float wide = BASE_MIN(a[2], b[2]) - BASE_MAX(a[0], b[0]),
        high = BASE_MIN(a[3], b[3]) - BASE_MAX(a[1], b[1]);
  if (wide <= 0 || high <= 0) return 0;
  float both = wide * high;
  return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both);
}

static eval_row *add_share(eval_report *to, const char *part, const char *measure,
                           const eval_pair *pairs, size_t count) {
  eval_row *row = eval_add(to, part, measure, eval_interval(eval_mean, pairs, count), count);
  row->percent = true;
  return row;
}

/* ---- landmarks68 ----------------------------------------------------------------------------- */

/* Mean distance of the points from the truth, over the distance between the middles of the eyes. */
static float points_error(const face_point *points, const face_point *truth) {
  face_point eye[2] = {{0, 0}, {0, 0}};
  float sum = 0;
  for (int k = 0; k < 12; k++)
    eye[k / 6].x += truth[36 + k].x / 6, eye[k / 6].y += truth[36 + k].y / 6;
  for (int k = 0; k < FACE_POINTS; k++)
    sum += hypotf(points[k].x - truth[k].x, points[k].y - truth[k].y);
  return sum / FACE_POINTS / hypotf(eye[0].x - eye[1].x, eye[0].y - eye[1].y);
}

/* What a frame may suffer; `cover` is in shares of the face's box. */
static const eval_disturbance disturbances[] = {
    {.name = "as published"},
    {.name = "dark, gamma 3", .gamma = 3},
    {.name = "bright, gamma 0.4", .gamma = 0.4f},
    {.name = "noise, 15 levels", .noise = 15},
    {.name = "half as large", .scale = 2},
    {.name = "a quarter as large", .scale = 4},
    {.name = "blurred, 3x3, 8 times", .blur = 8},
    {.name = "turned 15 degrees", .turn = 15},
    {.name = "turned 30 degrees", .turn = 30},
    {.name = "turned 45 degrees", .turn = 45},
    {.name = "eyes covered", .cover = {0, 0.2f, 1, 0.45f}},
    {.name = "mouth covered", .cover = {0, 0.62f, 1, 1.05f}},
    {.name = "one half covered", .cover = {-0.1f, -0.1f, 0.5f, 1.1f}},
};
enum { DISTURBANCES = sizeof disturbances / sizeof *disturbances };

typedef struct frames { /* of one item each */
  eval_pair *found[DISTURBANCES], *wrong[DISTURBANCES];
  eval_pair *error, *near, *off; /* of points: all; those off by at most MISLABELLED; is it off by more */
  size_t count, placed, placed_near;
  eval_pair *actions[FACE_UNITS]; /* by the labels' points and by ours, of larger faces */
  size_t measured;
  double sum, sum_off;
  float *planes; /* three, of the frame */
} frames;

static const float LARGE = 80; /* pixels, of a face whose actions are compared */

static const float MISLABELLED = 0.15f; /* eye distances: most of these labels lie beside the face */

/* Looks for faces in one picture, and counts the marked one and the others; its points where `d` is 0. */
static void score_picture(room *r, const face_landmarks *landmarks, float *scratch,
                          const mien_picture *picture, const face_point truth[FACE_POINTS], int d,
                          frames *out) {
  mien_reading readings[FACE_TRACKS];
  float own[4], best_box[4] = {0}, best = 0;
  int count = read_still(r, picture, readings), wrong = 0;
  face_points_box(truth, own);
  for (int i = 0; i < count; i++) {
    const float *b = readings[i].box, box[4] = {b[0], b[1], b[0] + b[2], b[1] + b[3]};
    float iou = overlap(box, own);
    wrong += iou < 0.3f;
    if (iou > best) best = iou, memcpy(best_box, box, sizeof box);
  }
  out->found[d][out->count] = (eval_pair){1, best >= 0.5f};
  out->wrong[d][out->count] = (eval_pair){0, (float)(100 * wrong)};
  if (d || best < 0.5f) return;
  face_plane plane = {picture->width, picture->height, picture->data};
  face_point points[FACE_POINTS];
  float face;
  if (!face_landmarks_settle(landmarks, &plane, best_box, scratch, points, &face)) return;
  eval_pair error = {0, points_error(points, truth)};
  bool off = error.guess > MISLABELLED;
  out->sum += (double)error.guess;
  if (off) out->sum_off += (double)error.guess;
  else out->near[out->placed_near++] = error;
  out->off[out->placed] = (eval_pair){0, off};
  out->error[out->placed++] = error;
  const face_head *head = face_landmarks_head(landmarks);
  float ours[FACE_ACTIONS], labels[FACE_ACTIONS];
  face_pose pose, label_pose;
  if (off || own[3] - own[1] < LARGE || !face_pose_fit(head, points, &pose) ||
      !face_pose_fit(head, truth, &label_pose) ||
      !face_actions_measure(head, points, &pose, ours) ||
      !face_actions_measure(head, truth, &label_pose, labels))
    return;
  for (int k = 0; k < FACE_UNITS; k++)
    out->actions[k][out->measured] = (eval_pair){labels[k], ours[k]};
  out->measured++;
}

enum { FRAME = 1024 /* pixels each way, at most */ };

static void score_frame(room *r, const face_landmarks *landmarks, float *scratch,
                        const mien_picture *picture, const face_point truth[FACE_POINTS],
                        frames *out) {
  int width = BASE_MIN(picture->width, FRAME), height = BASE_MIN(picture->height, FRAME);
  float *from = out->planes, *to = from + FRAME * FRAME, *work = to + FRAME * FRAME, box[4];
  uint8_t *pixels = (uint8_t *)work;
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      from[y * width + x] = picture->data[(size_t)y * picture->stride + (size_t)x];
  for (int d = 0; d < DISTURBANCES; d++) {
    face_point moved[FACE_POINTS];
    memcpy(moved, truth, sizeof moved);
    for (int k = 0; k < FACE_POINTS; k++)
      eval_disturb_point(&disturbances[d], width, height, &moved[k].x, &moved[k].y);
    face_points_box(moved, box);
    eval_disturb(&disturbances[d], from, width, height, box, work, to);
    for (int i = 0; i < width * height; i++) pixels[i] = (uint8_t)to[i];
    mien_picture worse = {width, height, MIEN_GREY, (size_t)width, pixels};
    score_picture(r, landmarks, scratch, &worse, moved, d, out);
  }
  out->count++;
}

static int score_landmarks68(eval_context *context, room *r, const eval_table *table, frames *out,
                             mien_error *error) {
  const char *part = "face/landmarks68/labels.csv";
  int file = eval_table_column(table, "file", part, error),
      split = eval_table_column(table, "split", part, error);
  int first = eval_table_column(table, "x0", part, error);
  if (file < 0 || split < 0 || first < 0) return MIEN_EFORMAT;
  if ((size_t)first + 2 * FACE_POINTS > table->columns)
    return base_error_set(error, MIEN_EFORMAT, part, "", "has fewer than 68 points");
  face_landmarks *landmarks = NULL;
  int code = face_landmarks_open(&landmarks, r->landmarks, error);
  if (code) return code;
  float *scratch = base_alloc_aligned(face_landmarks_scratch(landmarks) * sizeof *scratch);
  for (size_t row = 1; scratch && row < table->rows; row++) {
    if (strcmp(eval_table_cell(table, row, (size_t)split), "test")) continue;
    face_point truth[FACE_POINTS];
    for (int k = 0; k < FACE_POINTS; k++) {
      truth[k].x = (float)atof(eval_table_cell(table, row, (size_t)(first + 2 * k)));
      truth[k].y = (float)atof(eval_table_cell(table, row, (size_t)(first + 2 * k + 1)));
    }
    char *path = eval_path(context, "face/%s", eval_table_cell(table, row, (size_t)file));
    media_reader *reader = NULL;
    media_item item;
    mien_error trouble = {0};
    if (path && !open_picture(&reader, path, &item, &trouble))
      score_frame(r, landmarks, scratch, &item.picture, truth, out);
    else
      eval_note(&context->report, "cannot be read: %s", trouble.where);
    media_close(&reader);
    free(path);
    eval_progress(context, "landmarks68", (double)row, (double)table->rows);
  }
  base_free_aligned(scratch);
  face_landmarks_close(&landmarks);
  if (out->count) return MIEN_OK;
  return base_error_set(error, MIEN_EEMPTY, part, "", "no frame of the test split could be read");
}

static void report_landmarks68(eval_report *to, const frames *out) {
  eval_set(to, "landmarks68 test");
  eval_floor(add_share(to, "", "faces found, IoU ≥ 0.5", out->found[0], out->count), 0.985, NAN);
  eval_floor(eval_add(to, "", "false boxes in 100 frames",
                      eval_interval(eval_mean, out->wrong[0], out->count), out->count),
             NAN, 1);
  eval_floor(add_share(to, "", "points, error over eye distance", out->error, out->placed), NAN, 0.055);
  add_share(to, "", "points off by more than 15 %", out->off, out->placed);
  add_share(to, "off by 15 % at most", "points, error over eye distance", out->near, out->placed_near);
  eval_note(to,
            "the box of the 68 points with 15 %% of their height added above; a box is false when it "
            "overlaps the marked face by less than 0.3, so other people in a frame count as false; "
            "points are placed from the box that was found; faces whose points are off by more than "
            "15 %% of the distance between the eyes, most of which have labels that lie beside the "
            "face, make %.0f %% of the mean error",
            out->sum > 0 ? 100 * out->sum_off / out->sum : 0);
  eval_set(to, "landmarks68 test, action units by our points and by the labels'");
  for (int k = 0; k < FACE_UNITS; k++)
    eval_add(to, face_unit_name(k), "correlation",
             eval_interval(eval_pearson, out->actions[k], out->measured), out->measured);
  eval_note(to, "faces of %.0f pixels and more with points that agree within 15 %% of the distance between "
                "the eyes; the labels are of different people, so this is how far a measure tells faces "
                "apart, in each of which its own neutral is taken off later", (double)LARGE);
  eval_set(to, "landmarks68 test, disturbed");
  for (int d = 1; d < DISTURBANCES; d++) {
    add_share(to, disturbances[d].name, "faces found, IoU ≥ 0.5", out->found[d], out->count);
    eval_add(to, disturbances[d].name, "false boxes in 100 frames",
             eval_interval(eval_mean, out->wrong[d], out->count), out->count);
  }
}

int eval_landmarks68(eval_context *context, mien_error *error) {
  eval_table table = {0};
  room r = {0};
  frames out = {0};
  int code = eval_open_table(context, &table, "face/landmarks68/labels.csv", ',', error);
  if (!code) code = room_open(context, &r, error);
  eval_pair **lists[2 * DISTURBANCES + 3 + FACE_UNITS] = {&out.error, &out.near, &out.off};
  for (int k = 0; k < FACE_UNITS; k++) lists[3 + 2 * DISTURBANCES + k] = &out.actions[k];
  for (int d = 0; d < DISTURBANCES; d++)
    lists[3 + 2 * d] = &out.found[d], lists[4 + 2 * d] = &out.wrong[d];
  if (!code) {
    out.planes = malloc((size_t)3 * FRAME * FRAME * sizeof *out.planes);
    bool enough = out.planes;
    for (size_t k = 0; k < BASE_COUNT(lists); k++)
      if (!(*lists[k] = malloc(table.rows * sizeof(eval_pair)))) enough = false;
    if (!enough) code = base_error_set(error, MIEN_ENOMEM, "", "", "no memory for the scores");
  }
  if (!code) code = score_landmarks68(context, &r, &table, &out, error);
  if (!code) report_landmarks68(&context->report, &out);
  for (size_t k = 0; k < BASE_COUNT(lists); k++) free(*lists[k]);
  free(out.planes);
  room_close(&r);
  eval_table_close(&table);
  return code;
}

/* ---- UTK: an audit --------------------------------------------------------------------------- */

typedef struct person {
  char group[24], gender[12];
  int age;
  bool found, neutral;
} person;

typedef bool (*belongs)(const person *person, const void *to);
static bool in_group(const person *p, const void *to) {
  return !strcmp(p->group, to);
}
static bool of_gender(const person *p, const void *to) {
  return !strcmp(p->gender, to);
}
static bool of_age(const person *p, const void *to) {
  const int *ages = to;
  return p->age >= ages[0] && p->age <= ages[1];
}

/* The share of faces found, or NAN. */
static double audit_part(eval_report *to, const person *people, size_t count, const char *part,
                         belongs which, const void *of) {
  double share = (double)NAN;
  eval_pair *found = malloc((count + 1) * sizeof *found),
            *neutral = malloc((count + 1) * sizeof *neutral);
  size_t all = 0, read = 0;
  for (size_t i = 0; found && neutral && i < count; i++) {
    if (which && !which(&people[i], of)) continue;
    found[all++] = (eval_pair){1, people[i].found};
    if (people[i].found) neutral[read++] = (eval_pair){0, people[i].neutral};
  }
  if (found && neutral && all) {
    share = add_share(to, part, "faces found", found, all)->value.value;
    add_share(to, part, "read as neutral", neutral, read);
  }
  free(found);
  free(neutral);
  return share;
}

static int score_utk(eval_context *context, room *r, const eval_table *table, person *people,
                     size_t *count, mien_error *error) {
  static const char *const names[] = {"file", "age", "gender", "group"};
  int columns[4];
  for (int c = 0; c < 4; c++)
    if ((columns[c] = eval_table_column(table, names[c], "face/utk/labels.csv", error)) < 0)
      return MIEN_EFORMAT;
  for (size_t row = 1; row < table->rows; row++) {
    char *path = eval_path(context, "face/%s", eval_table_cell(table, row, (size_t)columns[0]));
    media_reader *reader = NULL;
    media_item item;
    mien_error trouble = {0};
    mien_reading readings[FACE_TRACKS];
    if (path && !open_picture(&reader, path, &item, &trouble)) {
      person *p = &people[(*count)++];
      *p = (person){.age = atoi(eval_table_cell(table, row, (size_t)columns[1]))};
      snprintf(p->gender, sizeof p->gender, "%s", eval_table_cell(table, row, (size_t)columns[2]));
      snprintf(p->group, sizeof p->group, "%s", eval_table_cell(table, row, (size_t)columns[3]));
      if (read_still(r, &item.picture, readings)) { /* larger faces come first */
        p->found = true;
        p->neutral = eval_item_of(&readings[0], 0).guess == MIEN_NEUTRAL;
      }
    } else {
      eval_note(&context->report, "cannot be read: %s", trouble.where);
    }
    media_close(&reader);
    free(path);
    eval_progress(context, "UTK", (double)row, (double)table->rows);
  }
  return *count ? MIEN_OK
                : base_error_set(error, MIEN_EEMPTY, "face/utk", "", "no picture could be read");
}

int eval_utk(eval_context *context, mien_error *error) {
  static const int ages[][2] = {{0, 19}, {20, 39}, {40, 59}, {60, 200}};
  eval_table table = {0};
  room r = {0};
  person *people = NULL;
  size_t count = 0;
  int code = eval_open_table(context, &table, "face/utk/labels.csv", ',', error);
  if (!code) code = room_open(context, &r, error);
  if (!code && !(people = malloc(table.rows * sizeof *people)))
    code = base_error_set(error, MIEN_ENOMEM, "", "", "no memory for the scores");
  eval_set(&context->report, "UTK, audit by group");
  if (!code) code = score_utk(context, &r, &table, people, &count, error);
  if (!code) {
    eval_report *to = &context->report;
    double least = (double)INFINITY, most = -(double)INFINITY;
    audit_part(to, people, count, "", NULL, NULL);
    for (size_t i = 0; i < count; i++) { /* each group where it is first met */
      bool met = false;
      for (size_t j = 0; j < i && !met; j++)
        met = !strcmp(people[i].group, people[j].group);
      if (met) continue;
      double share = audit_part(to, people, count, people[i].group, in_group, people[i].group);
      least = fmin(least, share), most = fmax(most, share);
    }
    eval_value gap = {100 * (most - least), NAN, NAN};
    eval_floor(eval_add(to, "between groups", "faces found, largest gap, points", gap, count), NAN, 2);
    for (size_t i = 0; i < count; i++) {
      bool met = false;
      for (size_t j = 0; j < i && !met; j++)
        met = !strcmp(people[i].gender, people[j].gender);
      if (!met) audit_part(to, people, count, people[i].gender, of_gender, people[i].gender);
    }
    for (size_t a = 0; a < BASE_COUNT(ages); a++) {
      char part[24];
      snprintf(part, sizeof part, ages[a][1] < 200 ? "age %d–%d" : "age %d on", ages[a][0],
               ages[a][1]);
      audit_part(to, people, count, part, of_age, ages[a]);
    }
    eval_note(to, "no expression is labelled here: differences of the neutral share between groups "
                  "are of the "
                  "photographs and of the model together");
  }
  free(people);
  room_close(&r);
  eval_table_close(&table);
  return code;
}

/* ---- Clips ----------------------------------------------------------------------------------- */

typedef struct clip {
  eval_pair pictures[4096]; /* one face and no more */
  eval_pair neutral[4096];  /* of the faces that were read */
  size_t count, read;
  double speech; /* seconds of utterances */
} clip;

static int read_film(room *r, const voice_model *voice, const char *path, clip *out,
                     mien_error *error) {
  media_options options;
  media_options_init(&options);
  options.channels = MEDIA_CHANNELS_MIX;
  media_reader *reader = NULL;
  voice_stream *stream = NULL;
  media_item item;
  mien_reading reading;
  *out = (clip){.count = 0};
  double from = r->at += APART;
  int code = media_open(&reader, path, &options, error);
  if (!code && (code = voice_stream_open(&stream, voice)))
    base_error_set(error, code, path, "", "no memory for the voice");
  for (bool more = true; !code && more;) {
    code = media_next(reader, &item, error);
    if (code == MIEN_EEND) {
      more = false, code = voice_stream_finish(stream);
    } else if (!code && item.kind == MEDIA_AUDIO) {
      code = voice_stream_feed(stream, item.pcm, item.count, item.at);
    } else if (!code && item.kind == MEDIA_PICTURE) {
      int faces = 0;
      r->at = from + item.at;
      code = face_tracker_feed(r->tracker, &item.picture, r->at);
      while (!code && face_tracker_next(r->tracker, &reading) == MIEN_OK) {
        if (reading.final) continue;
        faces++;
        if (!reading.abstain && out->read < BASE_COUNT(out->neutral))
          out->neutral[out->read++] =
              (eval_pair){1, eval_item_of(&reading, MIEN_NEUTRAL).guess == MIEN_NEUTRAL};
      }
      if (out->count < BASE_COUNT(out->pictures))
        out->pictures[out->count++] = (eval_pair){1, faces == 1};
    }
    while (!code && voice_stream_next(stream, &reading) == MIEN_OK)
      if (reading.final) out->speech += reading.t1 - reading.t0;
  }
  voice_stream_close(&stream);
  media_close(&reader);
  return code;
}

static int ascending(const void *a, const void *b) {
  return strcmp(a, b);
}

int eval_clips(eval_context *context, mien_error *error) {
  enum { MOST = 64 };
  char names[MOST][64];
  size_t count = 0;
  room r = {0};
  nn_file *file = NULL;
  voice_model *voice = NULL;
  clip *out = malloc(sizeof *out);
  char *folder = eval_path(context, "clips");
  DIR *list = folder ? opendir(folder) : NULL;
  for (struct dirent *entry; list && count < MOST && (entry = readdir(list));)
    if (strstr(entry->d_name, ".mpg") && strlen(entry->d_name) < sizeof names[0])
      snprintf(names[count++], sizeof names[0], "%.63s", entry->d_name);
  if (list) closedir(list);
  int code = count && out ? MIEN_OK
                          : base_error_set(error, MIEN_EIO, folder ? folder : "clips",
                                           "give the folder of the labelled sets by --data DIR",
                                           "has no clip");
  qsort(names, count, sizeof names[0], ascending);
  if (!code) code = room_open(context, &r, error);
  if (!code) code = eval_open_model(context, "voice", &file, error);
  if (!code) code = voice_model_open(&voice, file, error);
  eval_set(&context->report, "clips");
  for (size_t i = 0; !code && i < count; i++) {
    char *path = eval_path(context, "clips/%s", names[i]);
    if (!path) break;
    code = read_film(&r, voice, path, out, error);
    free(path);
    if (code) break;
    eval_floor(
        add_share(&context->report, names[i], "pictures with one face", out->pictures, out->count),
        0.95, NAN);
    add_share(&context->report, names[i], "faces read as neutral", out->neutral, out->read);
    eval_value speech = {out->speech, NAN, NAN};
    eval_floor(eval_add(&context->report, names[i], "speech found, seconds", speech, 1), 0.5, NAN);
  }
  free(out);
  free(folder);
  voice_model_close(&voice);
  nn_file_close(&file);
  room_close(&r);
  return code;
}
