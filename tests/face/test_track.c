/* The tracker and the shipped models, on drawn faces: finding, following, ending, cues, bad input,
 * bounded memory. tests/face/test_real.c does the same on real pictures where they are there. */
#include "opened.h"

static float cue(const mien_reading *r, const char *kind) {
  for (size_t k = 0; k < r->cue_count; k++)
    if (strcmp(r->cues[k].kind, kind) == 0) return r->cues[k].value;
  fail_msg("no cue '%s'", kind);
  return NAN;
}

static void test_nothing(void **state) {
  face_tracker *tracker;
  mien_reading reading;
  assert_int_equal(face_tracker_open(&tracker, model), MIEN_OK);
  unsigned noise = 7;
  for (int k = 0; k < 40; k++) { /* flat, noise, stripes, blocks */
    drawing d = blank(100 + 17 * k, 300 - 3 * k);
    for (int i = 0; i < d.width * d.height; i++) {
      int x = i % d.width, y = i / d.width, cell = 3 + k;
      noise = noise * 1664525u + 1013904223u;
      if (k % 4 == 1) d.grey[i] = (uint8_t)(noise >> 24);
      if (k % 4 == 2) d.grey[i] = x / cell % 2 ? 200 : 40;
      if (k % 4 == 3) d.grey[i] = (uint8_t)((x / cell * 73 + y / cell * 151) * 37);
    }
    mien_picture picture = picture_of(&d);
    assert_int_equal(face_tracker_feed(tracker, &picture, k), MIEN_OK);
    assert_int_equal(face_tracker_next(tracker, &reading), MIEN_EAGAIN);
    free(d.grey);
  }
  assert_int_equal(face_tracker_finish(tracker), MIEN_OK);
  assert_int_equal(face_tracker_next(tracker, &reading), MIEN_EEND);
  face_tracker_close(&tracker);
  assert_null(tracker);
}

/* One face walks through the picture and grows; a second one comes and goes. */
static void test_follow(void **state) {
  face_tracker *tracker;
  mien_reading reading;
  assert_int_equal(face_tracker_open(&tracker, model), MIEN_OK);
  int summaries = 0, second_seen = 0;
  for (int k = 0; k < 60; k++) {
    drawing d = blank(480, 320);
    drawn_face first = {110 + 2. * k, 150 + .5 * k, 50 + .2 * k, .lids = 0};
    drawn_face second = {380, 120, 36, .smile = 1};
    bool both = k >= 15 && k < 35;
    draw_face(&d, &first);
    if (both) draw_face(&d, &second);
    mien_picture picture = picture_of(&d);
    assert_int_equal(face_tracker_feed(tracker, &picture, k * .04), MIEN_OK);
    int count = 0;
    while (face_tracker_next(tracker, &reading) == MIEN_OK) {
      if (reading.final) {
        assert_int_equal(reading.track, 1);
        assert_true(reading.t0 >= .6 && reading.t0 < .9 && reading.t1 > 1.2 && reading.t1 < 1.5);
        summaries++;
        continue;
      }
      assert_int_equal(reading.modality, MIEN_FACE);
      assert_true(reading.t0 == k * .04 && reading.t1 == reading.t0);
      assert_true(reading.quality > 0 && reading.quality <= 1);
      assert_int_equal(reading.track, count); /* the larger face comes first, and came first */
      assert_true(near_face(&reading, count == 0 ? &first : &second));
      second_seen += count == 1;
      count++;
    }
    assert_true(count >= 1 && count <= (k >= 15 && k < 37 ? 2 : 1));
    free(d.grey);
  }
  assert_true(second_seen >= 14); /* of 20 pictures, the first at the next detection */
  assert_int_equal(summaries, 1);
  assert_int_equal(face_tracker_finish(tracker), MIEN_OK);
  assert_int_equal(face_tracker_next(tracker, &reading), MIEN_OK);
  assert_int_equal(reading.track, 0), assert_int_equal(reading.final, 1);
  assert_true(reading.t0 == 0 && fabs(reading.t1 - 59 * .04) < 1e-9);
  assert_true(isfinite(reading.confidence) && reading.abstain == NULL);
  assert_int_equal(face_tracker_next(tracker, &reading), MIEN_EEND);
  face_tracker_close(&tracker);
}

static mien_reading read_one(face_tracker **tracker, const drawn_face *face) {
  mien_reading reading;
  drawing d = blank(320, 240);
  draw_face(&d, face);
  mien_picture picture = picture_of(&d);
  if (*tracker != NULL) face_tracker_close(tracker);
  assert_int_equal(face_tracker_open(tracker, model), MIEN_OK);
  assert_int_equal(face_tracker_feed(*tracker, &picture, 0), MIEN_OK);
  assert_int_equal(face_tracker_next(*tracker, &reading), MIEN_OK);
  free(d.grey);
  return reading;
}

static void test_cues(void **state) {
  face_tracker *tracker = NULL;
  const drawn_face plain = {160, 110, 60, .smile = 0};
  mien_reading r = read_one(&tracker, &plain);
  float open = cue(&r, "mouth_open"), smile = cue(&r, "smile"), brows = cue(&r, "brows_raised");
  float lowered = cue(&r, "brows_lowered"), lids = cue(&r, "eyes_closed");
  assert_true(fabsf(cue(&r, "head_yaw")) < 15 && fabsf(cue(&r, "head_roll")) < 8);
  drawn_face face = plain;
  face.open = .7, r = read_one(&tracker, &face);
  assert_true(cue(&r, "mouth_open") > open + .05f);
  face = plain, face.smile = 1, r = read_one(&tracker, &face);
  assert_true(cue(&r, "smile") > smile);
  face = plain, face.brows = .12, r = read_one(&tracker, &face);
  assert_true(cue(&r, "brows_raised") > brows && cue(&r, "brows_lowered") < lowered);
  face = plain, face.lids = 1, r = read_one(&tracker, &face);
  assert_true(cue(&r, "eyes_closed") > lids);
  face_tracker_close(&tracker);
}

/* A drawn film at 30 pictures a second, with noise: brows go up for a fifth of a second, later the mouth
 * smiles for two. Each is found in the track, at its time, and in the summary. */
static void test_moves(void **state) {
  enum { PICTURES = 240 };
  face_tracker *tracker;
  mien_reading reading = {0};
  assert_int_equal(face_tracker_open(&tracker, model), MIEN_OK);
  double micro = NAN, smile = NAN, smile_end = NAN;
  int micros = 0, in_summary = 0;
  unsigned noise = 3;
  const drawn_face plain = {100, 92, 52, .smile = 0};
  drawing clean = blank(200, 200), d = blank(200, 200);
  drawn_face drawn = plain;
  draw_face(&clean, &plain);
  for (int i = 0; i <= PICTURES; i++) {
    double at = i / 30.;
    drawn_face face = plain;
    if (at > 3 && at < 3.2) face.brows = .16 * sin((at - 3) * 15.7);
    if (at > 5.4 && at < 7.4) face.smile = fmin(1, fmin(3 * (at - 5.4), 3 * (7.4 - at)));
    if (face.brows != drawn.brows || face.smile != drawn.smile) {
      draw_ground(&clean, 90, 120);
      draw_face(&clean, &face);
      drawn = face;
    }
    for (int k = 0; k < 200 * 200; k++) {
      noise = noise * 1664525u + 1013904223u;
      d.grey[k] = (uint8_t)(clean.grey[k] + (noise >> 24) / 43 - 3);
    }
    mien_picture picture = picture_of(&d);
    if (i < PICTURES) assert_int_equal(face_tracker_feed(tracker, &picture, at), MIEN_OK);
    else assert_int_equal(face_tracker_finish(tracker), MIEN_OK);
    while (face_tracker_next(tracker, &reading) == MIEN_OK)
      for (size_t k = 0; k < reading.cue_count; k++) {
        const mien_cue *c = &reading.cues[k];
        bool brows = !strncmp(c->text, "AU1 ", 4) || !strncmp(c->text, "AU2 ", 4);
        in_summary += reading.final && (!strcmp(c->kind, "micro_expression") || !strcmp(c->kind, "au12"));
        if (reading.final) continue;
        if (!strcmp(c->kind, "micro_expression")) micros++;
        if (!strcmp(c->kind, "micro_expression") && brows) micro = c->t0;
        if (!strcmp(c->kind, "au12")) smile = c->t0, smile_end = c->t1;
      }
  }
  free(d.grey), free(clean.grey);
  assert_true(micro > 2.95 && micro < 3.15);
  assert_true(micros >= 1 && micros <= 2); /* AU1 and AU2 */
  assert_true(in_summary >= 2);
  assert_true(smile > 5.3 && smile < 5.8 && smile_end > 6.8 && smile_end < 7.5);
  face_tracker_close(&tracker);
}

static void test_cut_and_gap(void **state) {
  face_tracker *tracker;
  mien_reading reading;
  assert_int_equal(face_tracker_open(&tracker, model), MIEN_OK);
  const drawn_face face = {160, 110, 60, .smile = 0};
  drawing d = blank(320, 240), other = blank(320, 240);
  draw_face(&d, &face), draw_face(&other, &face);
  for (int i = 0; i < 320 * 240; i++)
    if (abs(i % 320 - 160) > 75 || abs(i / 320 - 120) > 100) other.grey[i] = 250;
  const struct {
    const drawing *drawing;
    double at;
    int track;
  } steps[] = {{&d, 0, 0}, {&d, .1, 0}, {&other, .2, 1}, {&other, .3, 1}, {&other, 2, 2}};
  for (size_t k = 0; k < BASE_COUNT(steps); k++) {
    mien_picture picture = picture_of(steps[k].drawing);
    assert_int_equal(face_tracker_feed(tracker, &picture, steps[k].at), MIEN_OK);
    int last = -1;
    while (face_tracker_next(tracker, &reading) == MIEN_OK) {
      assert_int_equal(reading.final, reading.track != steps[k].track);
      last = reading.track;
    }
    assert_int_equal(last, steps[k].track);
  }
  mien_picture picture = picture_of(&d);
  assert_int_equal(face_tracker_feed(tracker, &picture, 1.9), MIEN_EINVAL);
  assert_int_equal(face_tracker_feed(tracker, &picture, NAN), MIEN_EINVAL);
  picture.stride = 319;
  assert_int_equal(face_tracker_feed(tracker, &picture, 3), MIEN_EINVAL);
  face_tracker_close(&tracker);
  free(d.grey), free(other.grey);
}

/* ---- Pictures and times as no camera should send them ------------------------------------- */

static int feed(face_tracker *tracker, const drawing *d, double at) {
  mien_reading reading;
  mien_picture picture = picture_of(d);
  int count = 0;
  assert_int_equal(face_tracker_feed(tracker, &picture, at), MIEN_OK);
  while (face_tracker_next(tracker, &reading) == MIEN_OK) {
    sound(&reading);
    count += !reading.final;
  }
  return count;
}

static void test_odd_pictures(void **state) {
  const int sizes[][2] = {{1, 1}, {1, 5000}, {5000, 1}, {2, 2}, {7, 3}, {640, 480}};
  face_tracker *tracker;
  mien_reading reading;
  assert_int_equal(face_tracker_open(&tracker, model), MIEN_OK);
  double at = 0;
  for (size_t k = 0; k < BASE_COUNT(sizes); k++)
    for (int grey = 0; grey <= 255; grey += 85) { /* a lens cap, a white wall */
      drawing d = {malloc((size_t)sizes[k][0] * (size_t)sizes[k][1]), sizes[k][0], sizes[k][1]};
      memset(d.grey, grey, (size_t)d.width * (size_t)d.height);
      assert_int_equal(feed(tracker, &d, at += .1), 0);
      mien_picture picture = picture_of(&d);
      assert_int_equal(face_read_aligned(model, &picture, &reading, NULL), MIEN_OK);
      assert_string_equal(reading.abstain, "picture without contrast");
      free(d.grey);
    }
  face_tracker_close(&tracker);
}

/* A face that leaves the picture by each edge, further and further, and one at the far end of smallness. */
static void test_at_the_edge(void **state) {
  const double ways[4][2] = {{-1, 0}, {1, 0}, {0, -1}, {0, 1}};
  face_tracker *tracker;
  int whole = 0, gone = 0;
  for (int w = 0; w < 4; w++) {
    assert_int_equal(face_tracker_open(&tracker, model), MIEN_OK);
    for (int k = 0; k <= 16; k++) {
      drawing d = blank(240, 240);
      const drawn_face face = {120 + 14 * k * ways[w][0], 120 + 14 * k * ways[w][1], 50, .smile = 0};
      draw_face(&d, &face);
      int count = feed(tracker, &d, k * .04);
      if (k == 0) whole += count == 1;
      assert_true(count <= 1);
      free(d.grey);
    }
    drawing d = blank(240, 240);
    for (int k = 0; k < 20; k++) gone += feed(tracker, &d, .7 + .04 * k) == 0;
    free(d.grey);
    face_tracker_close(&tracker);
  }
  assert_int_equal(whole, 4);
  assert_true(gone >= 4 * 18); /* nobody is there: two pictures at most, until detection says so */
}

/* Pictures that come twice, at the same time or later; that are dropped; times that jump ahead. */
static void test_times(void **state) {
  face_tracker *tracker;
  mien_reading reading;
  assert_int_equal(face_tracker_open(&tracker, model), MIEN_OK);
  const drawn_face face = {120, 110, 55, .smile = 0};
  drawing d = blank(240, 240);
  draw_face(&d, &face);
  double at = 5;
  mien_picture picture = picture_of(&d);
  for (int k = 0; k < 120; k++) { /* frozen for four seconds, each picture twice */
    at += k % 2 ? 0 : .066;
    assert_int_equal(face_tracker_feed(tracker, &picture, at), MIEN_OK);
    assert_int_equal(face_tracker_next(tracker, &reading), MIEN_OK);
    sound(&reading);
    assert_int_equal(reading.track, 0);
    for (size_t i = 0; i < reading.cue_count; i++) /* a picture that stands still does not move */
      assert_true(reading.cues[i].t0 == reading.cues[i].t1 || !strcmp(reading.cues[i].kind, "blink_rate"));
  }
  assert_int_equal(feed(tracker, &d, at += .9), 1); /* dropped: the same track goes on */
  assert_int_equal(feed(tracker, &d, at += 1e9), 1);
  assert_int_equal(face_tracker_feed(tracker, &picture, at - 1), MIEN_EINVAL);
  assert_int_equal(face_tracker_feed(tracker, &picture, INFINITY), MIEN_EINVAL);
  assert_int_equal(feed(tracker, &d, at), 1); /* and goes on after an error */
  assert_int_equal(face_tracker_finish(tracker), MIEN_OK);
  assert_int_equal(face_tracker_next(tracker, &reading), MIEN_OK);
  sound(&reading);
  assert_int_equal(reading.track, 1); /* the jump ended the first */
  face_tracker_close(&tracker);
  free(d.grey);
}

/* ---- Memory ------------------------------------------------------------------------------- */

static size_t in_use, peak, calls, fail_at;
static void *counted(void *context, void *old, size_t bytes) {
  size_t *block = old == NULL ? NULL : (size_t *)old - 8;
  size_t before = block != NULL ? *block : 0;
  if (bytes == 0) {
    in_use -= before;
    free(block);
    return NULL;
  }
  if (++calls == fail_at) return NULL;
  block = realloc(block, bytes + 64);
  if (block == NULL) return NULL;
  *block = bytes;
  in_use += bytes - before;
  if (in_use > peak) peak = in_use;
  return block + 8;
}

static void test_large_picture(void **state) {
  face_model_close(&model);
  mien_memory_set(counted, NULL);
  mien_error error;
  in_use = peak = calls = fail_at = 0;
  assert_int_equal(face_model_open(&model, files[0], files[1], files[2], &error), MIEN_OK);
  size_t models = in_use;
  drawing d = blank(8192, 6144); /* 50 megapixels */
  const drawn_face face = {4000, 3000, 1500, .smile = 0};
  drawing small = blank(512, 384);
  const drawn_face small_face = {face.x / 16, face.y / 16, face.size / 16, .smile = 0};
  draw_face(&small, &small_face);
  for (int y = 0; y < d.height; y++)
    for (int x = 0; x < d.width; x++)
      d.grey[(size_t)y * 8192 + (size_t)x] = small.grey[y / 16 * 512 + x / 16];
  face_tracker *tracker;
  mien_reading reading;
  assert_int_equal(face_tracker_open(&tracker, model), MIEN_OK);
  mien_picture picture = picture_of(&d);
  assert_int_equal(face_tracker_feed(tracker, &picture, 0), MIEN_OK);
  assert_int_equal(face_tracker_next(tracker, &reading), MIEN_OK);
  assert_true(near_face(&reading, &face));
  assert_true(peak - models < (size_t)20 << 20);
  size_t warm = calls; /* the same size again allocates nothing */
  assert_int_equal(face_tracker_feed(tracker, &picture, .3), MIEN_OK);
  assert_int_equal(calls, warm);
  face_tracker_close(&tracker);
  assert_int_equal(in_use, models);
  free(d.grey), free(small.grey);
}

/* Every allocation of opening, feeding and closing fails once: an error each time, and no leak. */
static void test_failing_allocations(void **state) {
  drawing d = blank(160, 120);
  const drawn_face face = {80, 55, 30, .smile = 0};
  draw_face(&d, &face);
  mien_picture picture = picture_of(&d);
  face_model_close(&model);
  size_t before = in_use;
  int code = MIEN_ENOMEM, tries = 0;
  for (fail_at = 1; code != MIEN_OK && tries < 500; fail_at++, tries++) {
    face_tracker *tracker = NULL;
    mien_reading reading;
    calls = 0;
    code = face_model_open(&model, files[0], files[1], files[2], NULL);
    if (code == MIEN_OK) code = face_tracker_open(&tracker, model);
    if (code == MIEN_OK) code = face_tracker_feed(tracker, &picture, 0);
    if (code == MIEN_OK) code = face_read_aligned(model, &picture, &reading, NULL);
    if (code != MIEN_OK) assert_int_equal(code, MIEN_ENOMEM);
    face_tracker_close(&tracker);
    face_model_close(&model);
    assert_int_equal(in_use, before);
  }
  assert_int_equal(code, MIEN_OK);
  assert_true(tries > 20);
  fail_at = 0;
  mien_memory_set(NULL, NULL);
  assert_int_equal(face_model_open(&model, files[0], files[1], files[2], NULL), MIEN_OK);
  free(d.grey);
}

static void test_aligned(void **state) {
  const drawn_face face = {24, 22, 20, .smile = 1};
  drawing d = blank(48, 48), large = blank(480, 480);
  draw_face(&d, &face);
  for (int i = 0; i < 480 * 480; i++) large.grey[i] = d.grey[i / 4800 * 48 + i % 480 / 10];
  mien_reading one, ten;
  mien_picture picture = picture_of(&d);
  assert_int_equal(face_read_aligned(model, &picture, &one, NULL), MIEN_OK);
  picture = picture_of(&large);
  assert_int_equal(face_read_aligned(model, &picture, &ten, NULL), MIEN_OK);
  for (int k = 0; k < MIEN_CORE; k++) assert_true(fabsf(one.core[k] - ten.core[k]) < 1e-3f);
  assert_true(isfinite(one.confidence) && one.set != 0 && one.final == 1);
  mien_error error = {0};
  picture.width = 0;
  assert_int_equal(face_read_aligned(model, &picture, &one, &error), MIEN_EINVAL);
  assert_true(error.what[0] && error.remedy[0]);
  free(d.grey), free(large.grey);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_nothing),       cmocka_unit_test(test_follow),
      cmocka_unit_test(test_cues),          cmocka_unit_test(test_moves),
      cmocka_unit_test(test_cut_and_gap),
      cmocka_unit_test(test_aligned),       cmocka_unit_test(test_large_picture),
      cmocka_unit_test(test_odd_pictures),  cmocka_unit_test(test_at_the_edge),
      cmocka_unit_test(test_times),         cmocka_unit_test(test_failing_allocations),
  };
  return cmocka_run_group_tests(tests, open_models, close_models);
}
