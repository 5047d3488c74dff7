/* Real pictures, where MIEN_DATA (else ../data-cache) has them; skipped where it has not: the one
 * face of each GRID clip in every frame, and the faces of landmarks68/dev within the floors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "face/face.h"
#include "face/shape.h"
#include "media/media.h"

static nn_file *files[3];
static face_model *model;

static int open_models(void **state) {
  static const char *names[3] = {"face-detect", "face-landmarks", "face-expression"};
  const char *root = getenv("MIEN_SOURCE_ROOT");
  for (int k = 0; k < 3; k++) {
    char path[1024];
    snprintf(path, sizeof path, "%s/models/%s.mien", root != NULL ? root : ".", names[k]);
    if (nn_file_open(&files[k], path, NULL) != MIEN_OK) return 1;
  }
  return face_model_open(&model, files[0], files[1], files[2], NULL);
}

static int close_models(void **state) {
  face_model_close(&model);
  for (int k = 0; k < 3; k++) nn_file_close(&files[k]);
  return 0;
}

static FILE *open_data(const char *name, char *path, size_t size) {
  const char *data = getenv("MIEN_DATA"), *root = getenv("MIEN_SOURCE_ROOT");
  if (data != NULL)
    snprintf(path, size, "%s/%s", data, name);
  else
    snprintf(path, size, "%s/../data-cache/%s", root != NULL ? root : ".", name);
  return fopen(path, "rb");
}

static void test_clips(void **state) {
  static const char *names[] = {"bbaf2n", "brbk7n", "lbax4n", "lrwp9a", "pwij3p", "sbwe5n"};
  for (size_t k = 0; k < BASE_COUNT(names); k++) {
    char name[64], path[1024];
    snprintf(name, sizeof name, "clips/%s.mpg", names[k]);
    FILE *file = open_data(name, path, sizeof path);
    if (file == NULL) skip();
    fclose(file);
    media_options options;
    media_options_init(&options);
    options.audio = false;
    media_reader *reader;
    media_item item;
    mien_reading reading;
    face_tracker *tracker;
    assert_int_equal(media_open(&reader, path, &options, NULL), MIEN_OK);
    assert_int_equal(face_tracker_open(&tracker, model), MIEN_OK);
    int frames = 0;
    while (media_next(reader, &item, NULL) == MIEN_OK) {
      if (item.kind != MEDIA_PICTURE) continue;
      int faces = 0;
      assert_int_equal(face_tracker_feed(tracker, &item.picture, item.at), MIEN_OK);
      while (face_tracker_next(tracker, &reading) == MIEN_OK) {
        assert_int_equal(reading.track, 0);
        assert_null(reading.abstain == NULL ? NULL : strstr(reading.abstain, "face"));
        faces++;
      }
      assert_int_equal(faces, 1);
      frames++;
    }
    assert_true(frames >= 70);
    assert_int_equal(face_tracker_finish(tracker), MIEN_OK);
    assert_int_equal(face_tracker_next(tracker, &reading), MIEN_OK);
    assert_int_equal(face_tracker_next(tracker, &reading), MIEN_EEND);
    face_tracker_close(&tracker);
    media_close(&reader);
  }
}

/* One picture, one tracker: found (IoU of at least 0.5), and how many boxes are beside the face. */
static void read_frame(const char *path, const float truth[4], int *found, int *false_boxes) {
  media_options options;
  media_options_init(&options);
  options.format = MIEN_GREY;
  media_reader *reader;
  media_item item;
  mien_reading reading;
  face_tracker *tracker;
  assert_int_equal(media_open(&reader, path, &options, NULL), MIEN_OK);
  assert_int_equal(media_next(reader, &item, NULL), MIEN_OK);
  assert_int_equal(face_tracker_open(&tracker, model), MIEN_OK);
  assert_int_equal(face_tracker_feed(tracker, &item.picture, 0), MIEN_OK);
  bool hit = false;
  while (face_tracker_next(tracker, &reading) == MIEN_OK) {
    const float *b = reading.box;
    float w = fminf(b[0] + b[2], truth[2]) - fmaxf(b[0], truth[0]);
    float h = fminf(b[1] + b[3], truth[3]) - fmaxf(b[1], truth[1]);
    float both = w > 0 && h > 0 ? w * h : 0;
    float iou = both / (b[2] * b[3] + (truth[2] - truth[0]) * (truth[3] - truth[1]) - both);
    hit |= iou >= .5f;
    *false_boxes += iou < .3f;
  }
  *found += hit;
  face_tracker_close(&tracker);
  media_close(&reader);
}

static void test_landmarks68(void **state) {
  char path[1024], name[512], line[4096];
  FILE *labels = open_data("face/landmarks68/labels.csv", path, sizeof path);
  if (labels == NULL) skip();
  int faces = 0, found = 0, false_boxes = 0;
  while (fgets(line, sizeof line, labels) != NULL) {
    face_point points[FACE_POINTS];
    float values[2 * FACE_POINTS], truth[4];
    char *cell = strtok(line, ","), *split = NULL;
    snprintf(name, sizeof name, "face/%s", cell);
    for (int k = 0; k < 4; k++) {
      cell = strtok(NULL, ",");
      if (k == 1) split = cell;
    }
    if (split == NULL || strcmp(split, "dev") != 0) continue;
    for (int k = 0; k < 2 * FACE_POINTS; k++) values[k] = strtof(strtok(NULL, ","), NULL);
    for (int k = 0; k < FACE_POINTS; k++) points[k] = (face_point){values[2 * k], values[2 * k + 1]};
    face_points_box(points, truth);
    FILE *frame = open_data(name, path, sizeof path);
    assert_non_null(frame);
    fclose(frame);
    read_frame(path, truth, &found, &false_boxes);
    faces++;
  }
  fclose(labels);
  print_message("landmarks68/dev: %d faces, %.1f %% found, %.1f false boxes in 100 frames\n", faces,
                100. * found / faces, 100. * false_boxes / faces);
  assert_int_equal(faces, 376);
  assert_true(found >= .97 * faces);
  assert_true(false_boxes <= .02 * faces);
}

int main(void) {
  char path[1024];
  FILE *labels = open_data("face/landmarks68/labels.csv", path, sizeof path);
  if (labels == NULL) { /* 77: the build counts the whole file as skipped */
    printf("skipped: the data sets are not there (%s)\n", path);
    return 77;
  }
  fclose(labels);
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_clips),
                                     cmocka_unit_test(test_landmarks68)};
  return cmocka_run_group_tests(tests, open_models, close_models);
}
