/* Faces that are covered, seen from the side, drawn with few lines or hung on a wall: each gives a sane
 * reading, or one that abstains, or none; and none of them disturbs the reading of a face beside it. */
#include "opened.h"

static void fill(const drawing *d, const drawn_face *f, double x0, double y0, double x1, double y1, int grey) {
  for (int y = 0; y < d->height; y++)
    for (int x = 0; x < d->width; x++) {
      double u = (x - f->x) / f->size, v = (y - f->y) / f->size;
      if (u >= x0 && u < x1 && v >= y0 && v < y1) d->grey[y * d->width + x] = (uint8_t)grey;
    }
}

/* Feeds the drawing for a second; returns in how many of the 16 pictures a face was read, and the last
 * reading. At most `most` faces may be there. */
enum { PICTURES = 16 };
static int watch(const drawing *d, int most, mien_reading *last) {
  face_tracker *tracker;
  mien_reading reading;
  int with_face = 0;
  mien_picture picture = picture_of(d);
  assert_int_equal(face_tracker_open(&tracker, model), MIEN_OK);
  for (int k = 0; k < PICTURES; k++) {
    int count = 0;
    assert_int_equal(face_tracker_feed(tracker, &picture, k / 15.), MIEN_OK);
    while (face_tracker_next(tracker, &reading) == MIEN_OK) {
      sound(&reading);
      if (reading.final) continue;
      if (count++ == 0) *last = reading;
    }
    assert_true(count <= most);
    with_face += count > 0;
  }
  assert_int_equal(face_tracker_finish(tracker), MIEN_OK);
  while (face_tracker_next(tracker, &reading) == MIEN_OK) sound(&reading);
  last->cues = NULL, last->cue_count = 0; /* the tracker's */
  face_tracker_close(&tracker);
  return with_face;
}

static const drawn_face plain = {160, 110, 60, .smile = 0};

static drawing drawn(void) {
  drawing d = blank(320, 240);
  draw_face(&d, &plain);
  return d;
}

static void test_glasses(void **state) {
  mien_reading r;
  drawing d = drawn(); /* rims and a bridge: the face is read as it was */
  for (int s = -1; s <= 1; s += 2)
    for (int side = 0; side < 2; side++) {
      fill(&d, &plain, s * .33 - .21, side ? -.36 : -.02, s * .33 + .21, side ? -.32 : .02, 20);
      fill(&d, &plain, s * .33 + (side ? -.21 : .17), -.36, s * .33 + (side ? -.17 : .21), .02, 20);
    }
  fill(&d, &plain, -.12, -.24, .12, -.2, 20);
  assert_int_equal(watch(&d, 1, &r), PICTURES);
  assert_true(near_face(&r, &plain));
  for (int s = -1; s <= 1; s += 2) /* dark ones */
    fill(&d, &plain, s * .33 - .21, -.36, s * .33 + .21, .02, 15);
  if (watch(&d, 1, &r) > 0) assert_true(near_face(&r, &plain));
  free(d.grey);
}

static void test_mask(void **state) {
  mien_reading r;
  for (int grey = 30; grey <= 230; grey += 100) { /* black, grey, white, over mouth and nose */
    drawing d = drawn();
    fill(&d, &plain, -.6, .1, .6, .95, grey);
    if (watch(&d, 1, &r) > 0) assert_true(near_face(&r, &plain));
    free(d.grey);
  }
}

/* Nothing but skin and hair: no eyes, no mouth. And a face cut off at each side by a wall. */
static void test_hidden(void **state) {
  mien_reading r;
  drawing d = drawn();
  fill(&d, &plain, -.62, -.6, .62, .8, 178);
  assert_int_equal(watch(&d, 1, &r), 0);
  free(d.grey);
  for (int s = -1; s <= 1; s += 2) {
    d = drawn();
    fill(&d, &plain, s < 0 ? -3 : .05, -3, s < 0 ? -.05 : 3, 3, 60);
    watch(&d, 1, &r);
    free(d.grey);
  }
}

/* The side of a head: half an ellipse, a nose that stands out, one eye at the edge. */
static void test_profile(void **state) {
  mien_reading r;
  for (int s = -1; s <= 1; s += 2) {
    drawing d = blank(320, 240);
    drawn_face f = plain;
    draw_spot(&d, &f, 0, 1.9, 1.6, .9, 0, 8, 1, 60);
    draw_spot(&d, &f, 0, .95, .4, .55, 0, 8, 1, 150);
    draw_spot(&d, &f, -s * .15, -.2, .95, 1.05, 0, 8, 1, 45);   /* hair */
    draw_spot(&d, &f, s * .2, .1, .55, .9, 0, 14, 1, 178);      /* cheek */
    draw_spot(&d, &f, s * .78, .1, .14, .2, 0, 10, 1, 178);     /* nose */
    draw_spot(&d, &f, s * .55, -.2, .08, .06, 0, 8, 1, 35);     /* eye */
    draw_spot(&d, &f, s * .55, -.4, .16, .05, 0, 5, .85, 60);   /* brow */
    draw_spot(&d, &f, s * .62, .5, .14, .04, 0, 6, .8, 60);     /* mouth */
    watch(&d, 1, &r);
    free(d.grey);
  }
}

/* A circle, two dots and a bow on paper; the same dark on light and light on dark. */
static void test_line_drawing(void **state) {
  mien_reading r;
  for (int dark = 0; dark < 2; dark++) {
    drawing d = blank(320, 240);
    for (int y = 0; y < 240; y++)
      for (int x = 0; x < 320; x++) {
        double u = (x - 160) / 70., v = (y - 120) / 70., far = hypot(u, v);
        bool line = fabs(far - 1) < .05 || hypot(fabs(u) - .35, v + .3) < .1 ||
                    (v > .2 && fabs(far - .6) < .05);
        d.grey[y * 320 + x] = line == (dark == 0) ? 30 : 225;
      }
    if (watch(&d, 1, &r) > 0 && r.abstain == NULL) /* where it is taken for a face, it lies there */
      assert_true(hypot(r.box[0] + r.box[2] / 2 - 160, r.box[1] + r.box[3] / 2 - 120) < 60);
    free(d.grey);
  }
}

/* A photograph of another face hangs beside a person: the person is read first, and as without it. */
static void test_photograph_on_the_wall(void **state) {
  mien_reading alone, beside;
  drawing d = blank(480, 320);
  const drawn_face person = {150, 160, 70, .smile = 0}, hung = {390, 90, 28, .smile = 1, .open = 1};
  draw_face(&d, &person);
  assert_int_equal(watch(&d, 1, &alone), PICTURES);
  for (int y = 30; y < 160; y++)
    for (int x = 335; x < 445; x++)
      d.grey[y * 480 + x] = y < 36 || y >= 154 || x < 341 || x >= 439 ? 20 : 235;
  drawing photograph = {malloc(98 * 118), 98, 118};
  memset(photograph.grey, 200, 98 * 118);
  draw_face(&photograph, &(drawn_face){hung.x - 341, hung.y - 36, hung.size, .smile = 1, .open = 1});
  for (int y = 0; y < 118; y++) memcpy(d.grey + (y + 36) * 480 + 341, photograph.grey + y * 98, 98);
  assert_int_equal(watch(&d, 2, &beside), PICTURES);
  assert_true(near_face(&beside, &person));
  for (int k = 0; k < MIEN_CORE; k++) assert_true(fabsf(alone.core[k] - beside.core[k]) < .05f);
  free(d.grey), free(photograph.grey);
}

/* Drawn in the dark, in glare and in noise: sane, and what is too dark says so where it is seen at all. */
static void test_light(void **state) {
  mien_reading r;
  unsigned noise = 5;
  for (int way = 0; way < 4; way++) {
    drawing d = drawn();
    for (int i = 0; i < 320 * 240; i++) {
      noise = noise * 1664525u + 1013904223u;
      int grey = d.grey[i];
      if (way == 0) grey = grey / 24;
      if (way == 1) grey = 255 - (255 - grey) / 16;
      if (way == 2) grey += (int)(noise >> 24) / 2 - 64;
      if (way == 3) grey = (int)(noise >> 24);
      d.grey[i] = (uint8_t)BASE_CLAMP(grey, 0, 255);
    }
    int seen = watch(&d, 1, &r);
    if (way < 2 && seen > 0) assert_non_null(r.abstain);
    if (way == 3) assert_int_equal(seen, 0);
    free(d.grey);
  }
}

/* The light goes out over two seconds: what is read of the dark says that it is too dark, the summary is of
 * what was seen before, and nobody is left at the end. */
static void test_light_goes_out(void **state) {
  face_tracker *tracker;
  mien_reading reading;
  int lit = 0, summaries = 0;
  drawing d = drawn(), dim = blank(320, 240);
  mien_picture picture = picture_of(&dim);
  assert_int_equal(face_tracker_open(&tracker, model), MIEN_OK);
  for (int k = 0; k <= 60; k++) {
    double light = fmax(0, 1 - k / 30.);
    for (int i = 0; i < 320 * 240; i++) dim.grey[i] = (uint8_t)(d.grey[i] * light);
    if (k < 60) assert_int_equal(face_tracker_feed(tracker, &picture, k / 15.), MIEN_OK);
    else assert_int_equal(face_tracker_finish(tracker), MIEN_OK);
    while (face_tracker_next(tracker, &reading) == MIEN_OK) {
      sound(&reading);
      summaries += reading.final;
      if (reading.final && summaries == 1) assert_true(reading.abstain == NULL && reading.t1 < 2.6);
      if (reading.final) continue;
      lit += reading.abstain == NULL;
      if (light < .04) assert_non_null(reading.abstain);
      assert_true(k < 40);
    }
  }
  assert_true(lit >= 15 && summaries >= 1);
  face_tracker_close(&tracker);
  free(d.grey), free(dim.grey);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_glasses), cmocka_unit_test(test_mask),         cmocka_unit_test(test_hidden),
      cmocka_unit_test(test_profile), cmocka_unit_test(test_line_drawing),
      cmocka_unit_test(test_photograph_on_the_wall), cmocka_unit_test(test_light), cmocka_unit_test(test_light_goes_out),
  };
  return cmocka_run_group_tests(tests, open_models, close_models);
}
