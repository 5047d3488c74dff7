/* body/ on drawn people whose movement is known: what must be found, with its size and time, and what
 * must not: noise, a camera that shakes, cuts, frozen and doubled pictures, jumps of time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "body/flow.h"
#include "scene.h"

#define TURN 6.2831853

/* Everything that a run of pictures gave. */
typedef struct played {
  mien_cue cues[512];
  int tracks[512];
  int count, readings;
  double gesture, gestures, restlessness, arousal; /* sum, readings with one; last; last */
} played;

static void take(body_stream *stream, played *all) {
  mien_reading r;
  while (body_stream_next(stream, &r) == MIEN_OK) {
    assert_int_equal(r.modality, MIEN_BODY);
    assert_true(r.t0 < r.t1 && r.abstain != NULL && r.quality >= 0 && r.quality <= 1);
    float sum = 0;
    for (int k = 0; k < MIEN_CORE; k++) sum += r.core[k];
    assert_true(fabsf(sum - 1) < 1e-5f && r.cue_count <= BODY_CUES);
    all->readings++;
    if (isfinite(r.dims[MIEN_AROUSAL])) all->arousal = (double)r.dims[MIEN_AROUSAL];
    for (size_t i = 0; i < r.cue_count; i++) {
      const mien_cue *cue = &r.cues[i];
      assert_true(isfinite(cue->value) && cue->t0 <= cue->t1 && cue->t1 <= r.t1 && *cue->text);
      if (!strcmp(cue->kind, "gesture")) all->gesture += (double)cue->value, all->gestures++;
      if (!strcmp(cue->kind, "restlessness")) all->restlessness = (double)cue->value;
      assert_true(all->count < 512);
      all->tracks[all->count] = r.track;
      all->cues[all->count++] = *cue;
    }
  }
}

typedef void (*move_fn)(scene *s, double at);

static scene usual(void) {
  return (scene){.width = 160, .height = 120, .count = 1, .noise = 1.5, .angles = .7, .seed = 5,
                 .people = {{.x = 80, .y = 40, .size = 22}}};
}

static void feed(body_stream *stream, scene *s, double at, played *all) {
  static uint8_t grey[640 * 480];
  body_head heads[2];
  scene_draw(s, grey);
  int count = scene_heads(s, heads);
  assert_int_equal(body_stream_feed(stream, &(body_picture){s->width, s->height, grey}, heads, count, at),
                   MIEN_OK);
  take(stream, all);
}

static played play(scene s, move_fn move, double fps, double seconds) {
  played all = {.restlessness = -1, .arousal = NAN};
  body_stream *stream;
  assert_int_equal(body_stream_open(&stream), MIEN_OK);
  for (int k = 0; k < seconds * fps; k++) {
    if (move) move(&s, k / fps);
    feed(stream, &s, k / fps, &all);
  }
  assert_int_equal(body_stream_finish(stream), MIEN_OK);
  take(stream, &all);
  mien_reading r;
  assert_int_equal(body_stream_next(stream, &r), MIEN_EEND);
  body_stream_close(&stream);
  assert_null(stream);
  return all;
}

static int number(const played *all, const char *kind) {
  int count = 0;
  for (int i = 0; i < all->count; i++) count += !strcmp(all->cues[i].kind, kind);
  return count;
}

static const mien_cue *last(const played *all, const char *kind) {
  for (int i = all->count - 1; i >= 0; i--)
    if (!strcmp(all->cues[i].kind, kind)) return &all->cues[i];
  fail_msg("no cue '%s'", kind);
  return NULL;
}

static const mien_cue *first(const played *all, const char *kind) {
  for (int i = 0; i < all->count; i++)
    if (!strcmp(all->cues[i].kind, kind)) return &all->cues[i];
  fail_msg("no cue '%s'", kind);
  return NULL;
}

static void none_but(const played *all, const char *wanted) {
  static const char *const events[] = {"nod", "head_shake", "head_tilt", "lean_in", "lean_out",
                                       "hand_to_face"};
  for (size_t i = 0; i < BASE_COUNT(events); i++)
    if (!wanted || strcmp(events[i], wanted))
      for (int k = 0; k < all->count; k++)
        if (!strcmp(all->cues[k].kind, events[i]))
          fail_msg("%s: %s (%.2f to %.2f s)", events[i], all->cues[k].text, all->cues[k].t0,
                   all->cues[k].t1);
}

/* ---- The head -------------------------------------------------------------------------------- */

static struct { /* a head that swings */
  double hertz, size, from, until;
} swing;

static double swung(double at) {
  bool on = at >= swing.from && at < swing.until;
  return on ? -swing.size / 2 * (1 - cos(TURN * swing.hertz * (at - swing.from))) : 0;
}
static void nodding(scene *s, double at) { s->people[0].pitch = swung(at); }
static void shaking(scene *s, double at) {
  bool on = at >= swing.from && at < swing.until;
  s->people[0].yaw = on ? swing.size / 2 * sin(TURN * swing.hertz * (at - swing.from)) : 0;
}

static void nods_of_known_speed_and_size(void **state) {
  static const struct {
    double fps, hertz, size;
  } cases[] = {{25, 1, 10}, {25, 3, 8}, {25, 1.5, 6}, {15, 2, 10}, {30, 2, 20}};
  for (size_t i = 0; i < BASE_COUNT(cases); i++) {
    swing.hertz = cases[i].hertz, swing.size = cases[i].size;
    swing.from = 3, swing.until = 3 + 4 / cases[i].hertz; /* four nods */
    played all = play(usual(), nodding, cases[i].fps, 8);
    none_but(&all, "nod");
    int found = number(&all, "nod");
    const mien_cue *nod = last(&all, "nod"), *begun = first(&all, "nod");
    assert_in_range(found, 1, 2);
    assert_true(fabs((double)nod->value / cases[i].size - 1) < .3);
    assert_true(fabs(begun->t0 - swing.from) < .35 && fabs(nod->t1 - swing.until) < .35);
  }
}

static void shakes_of_known_speed_and_size(void **state) {
  static const double cases[][3] = {{25, 1, 16}, {15, 1.5, 14}, {30, 2.5, 20}};
  for (size_t i = 0; i < BASE_COUNT(cases); i++) {
    swing.hertz = cases[i][1], swing.size = cases[i][2];
    swing.from = 3, swing.until = 3 + 3 / swing.hertz;
    played all = play(usual(), shaking, cases[i][0], 7);
    none_but(&all, "head_shake");
    const mien_cue *shake = last(&all, "head_shake");
    assert_true(fabs((double)shake->value / swing.size - 1) < .3);
    assert_true(fabs(first(&all, "head_shake")->t0 - 3) < .5 && fabs(shake->t1 - swing.until) < .5);
  }
}

static void glancing(scene *s, double at) { s->people[0].yaw = swung(at); } /* to a side and back: no shake */

static void one_nod_and_a_glance(void **state) {
  swing.hertz = 1.5, swing.size = 14, swing.from = 3, swing.until = 3 + 1 / 1.5;
  played all = play(usual(), nodding, 25, 6);
  none_but(&all, "nod");
  assert_int_equal(number(&all, "nod"), 1);
  assert_non_null(strstr(first(&all, "nod")->text, "1 nod of"));
  swing.size = 30;
  all = play(usual(), glancing, 25, 6);
  none_but(&all, NULL);
}

static void look_down(scene *s, double at) { /* at one's hands, for two seconds */
  double way = BASE_CLAMP((at - 3) / .4, 0., 1.) - BASE_CLAMP((at - 5.4) / .4, 0., 1.);
  s->people[0].pitch = -20 * way;
}
static void jaw(scene *s, double at) { /* the angle that landmarks give follows the mouth; no head moves */
  s->people[0].mouth = .5 - .5 * cos(TURN * 2.5 * at);
}
static void looking_down_and_talking_are_no_nods(void **state) {
  played all = play(usual(), look_down, 25, 9);
  none_but(&all, NULL);
  scene s = usual();
  body_stream *stream;
  static uint8_t grey[160 * 120];
  assert_int_equal(body_stream_open(&stream), MIEN_OK);
  memset(&all, 0, sizeof all);
  for (int k = 0; k < 250; k++) {
    body_head heads[2];
    jaw(&s, k / 25.);
    scene_draw(&s, grey);
    scene_heads(&s, heads);
    heads->pitch -= 8 * (float)s.people[0].mouth;
    body_stream_feed(stream, &(body_picture){160, 120, grey}, heads, 1, k / 25.);
    take(stream, &all);
  }
  body_stream_close(&stream);
  none_but(&all, NULL);
}

static void tilting(scene *s, double at) {
  s->people[0].roll = at < 4 ? 0 : at < 4.4 ? 18 * (at - 4) / .4 : at < 7 ? 18 : 0;
}
static void leaning(scene *s, double at) {
  double way = at < 4 ? 0 : BASE_CLAMP((at - 4) / .6, 0., 1.) - 2 * BASE_CLAMP((at - 7) / .6, 0., 1.);
  s->people[0].size = 22 * (1 + .18 * way);
}
static void postures_are_held(void **state) {
  played all = play(usual(), tilting, 25, 10);
  none_but(&all, "head_tilt");
  const mien_cue *tilt = last(&all, "head_tilt");
  assert_true(fabs((double)tilt->value - 18) < 3 && fabs(tilt->t0 - 4.3) < .3 && tilt->t1 < 7.1);
  all = play(usual(), leaning, 25, 10);
  const mien_cue *in = last(&all, "lean_in"), *out = first(&all, "lean_out");
  assert_true(fabs((double)in->value - 18) < 6 && fabs(in->t0 - 4.3) < .4);
  assert_true(out->t0 > 7 && out->t0 < 7.8);
  assert_int_equal(number(&all, "nod") + number(&all, "head_shake") + number(&all, "hand_to_face"), 0);
}

/* ---- The body -------------------------------------------------------------------------------- */

static double wave_speed; /* sizes a second, at most */
static void waving(scene *s, double at) {
  scene_person *p = &s->people[0];
  p->hand_r = .5;
  p->hand_x = 1.2 + (at >= 3 && at < 8 ? wave_speed / TURN * sin(TURN * (at - 3)) : 0);
  p->hand_y = 2.6;
}
static void gestures_grow_with_their_speed(void **state) {
  double before = .02, arousal = -1;
  for (wave_speed = 1; wave_speed <= 6; wave_speed += 2.5) {
    played all = play(usual(), waving, 25, 6);
    none_but(&all, NULL);
    const mien_cue *moved = last(&all, "gesture");
    assert_true((double)moved->value > 1.5 * before && all.arousal > arousal);
    /* The hand's share of the place below the head, and its mean speed: an upper limit, and not far below. */
    double share = 3.14159 * .5 * .5 / (6.4 * 2.6), speed = wave_speed / 2 / sqrt(2);
    assert_true((double)moved->value < 1.6 * speed * sqrt(share) &&
                (double)moved->value > .4 * speed * sqrt(share));
    before = (double)moved->value, arousal = all.arousal;
    assert_true(first(&all, "gesture")->value < .02f);
  }
}

static void fidgeting(scene *s, double at) {
  s->people[0].sway = at > 2 ? 2.5 * sin(TURN * .7 * at) : 0;
  s->people[0].x = 80 + (at > 2 ? 1.5 * sin(TURN * .7 * at) : 0);
}
static void restless_and_still(void **state) {
  played all = play(usual(), fidgeting, 15, 16);
  assert_true(all.restlessness > .5);
  assert_int_equal(number(&all, "stillness"), 0);
  all = play(usual(), NULL, 15, 16);
  assert_true(all.restlessness >= 0 && all.restlessness < .05);
  const mien_cue *still = last(&all, "stillness");
  assert_true(still->value > 14 && still->t0 < 1);
}

static void hand_up(scene *s, double at) { /* from below to the chin, there for 2 s, and down */
  scene_person *p = &s->people[0];
  double way = BASE_CLAMP((at - 3) / .5, 0., 1.) - BASE_CLAMP((at - 5.5) / .5, 0., 1.);
  p->hand_r = .55;
  p->hand_x = .5 - .3 * way;
  p->hand_y = 3.2 - 2.6 * way;
}
static void mouthing(scene *s, double at) { s->people[0].mouth = at > 2 ? .5 - .5 * cos(TURN * 2 * at) : 0; }
static void looking(scene *s, double at) { s->people[0].yaw = at > 3 && at < 6 ? 30 : 0; }
static void dimming(scene *s, double at) { s->light = at > 3 && at < 6 ? .6 : 1; }
static void a_hand_before_the_face(void **state) {
  played all = play(usual(), hand_up, 25, 9);
  none_but(&all, "hand_to_face");
  const mien_cue *hand = first(&all, "hand_to_face");
  assert_true(fabs(hand->t0 - 3.4) < .3 && fabs(last(&all, "hand_to_face")->t1 - 5.6) < .4);
  assert_true(hand->value > .15f && hand->value < .8f);
  const move_fn others[] = {mouthing, looking, dimming};
  for (size_t i = 0; i < BASE_COUNT(others); i++) {
    all = play(usual(), others[i], 25, 8);
    none_but(&all, NULL);
  }
}

/* ---- What must not be found ------------------------------------------------------------------ */

static void noise_is_no_movement(void **state) {
  scene s = usual();
  s.noise = 4, s.angles = 1.5;
  played all = play(s, NULL, 25, 13);
  none_but(&all, NULL);
  assert_true(all.gesture / all.gestures < .03 && all.restlessness < .1);
}

static void quaking(scene *s, double at) {
  s->camera_x = 2.5 * sin(TURN * 2.2 * at), s->camera_y = 2 * sin(TURN * 2.9 * at + 1);
}
static void a_shaking_camera_moves_nobody(void **state) {
  played all = play(usual(), quaking, 25, 10);
  none_but(&all, NULL);
  assert_true(all.gesture / all.gestures < .08 && all.restlessness < .2);
}

static void cutting(scene *s, double at) { /* another place, another pose, each 2 s */
  int shot = (int)(at / 2);
  s->wall = (unsigned)(1000 * shot);
  s->light = shot % 2 ? .5 : 1.4;
  s->people[0].pitch = shot % 2 ? 15 : -15;
  s->people[0].yaw = shot % 2 ? -20 : 20;
  s->people[0].x = shot % 2 ? 60 : 100;
}
static void cuts_end_what_was_followed(void **state) {
  played all = play(usual(), cutting, 25, 8);
  none_but(&all, NULL);
  for (int i = 0; i < all.count; i++) /* nothing reaches over a cut */
    assert_int_equal((int)((all.cues[i].t0 + 1e-6) / 2), (int)((all.cues[i].t1 - 1e-6) / 2));
}

static void frozen_and_doubled_pictures(void **state) {
  swing.hertz = 2, swing.size = 10, swing.from = 3, swing.until = 5;
  played all = {0};
  body_stream *stream;
  assert_int_equal(body_stream_open(&stream), MIEN_OK);
  static uint8_t grey[160 * 120];
  body_head heads[2];
  scene s = usual();
  for (int k = 0; k < 400; k++) { /* 50 a second, each picture twice; frozen from 5.5 s on */
    if (k % 2 == 0 && k < 275) {
      nodding(&s, k / 50.);
      scene_draw(&s, grey);
      scene_heads(&s, heads);
    }
    assert_int_equal(body_stream_feed(stream, &(body_picture){160, 120, grey}, heads, 1, k / 50.), MIEN_OK);
    take(stream, &all);
  }
  body_stream_finish(stream);
  take(stream, &all);
  body_stream_close(&stream);
  none_but(&all, "nod");
  assert_true(fabs(last(&all, "nod")->t1 - 5) < .35);
  assert_int_equal(number(&all, "stillness"), 0);
  for (int i = 0; i < all.count; i++) assert_true(all.cues[i].t1 < 5.6); /* nothing of frozen time */
}

static void jumps_of_time(void **state) {
  played all = {0};
  body_stream *stream;
  assert_int_equal(body_stream_open(&stream), MIEN_OK);
  scene s = usual();
  static uint8_t grey[160 * 120];
  double at = 0;
  for (int k = 0; k < 150; k++) {
    at += k % 50 == 49 ? 7.3 : .04;
    s.people[0].pitch = k / 50 * 20; /* another pose after each jump */
    feed(stream, &s, at, &all);
  }
  assert_int_equal(body_stream_feed(stream, &(body_picture){160, 120, grey}, NULL, 0, at - 1), MIEN_EINVAL);
  assert_int_equal(body_stream_feed(stream, &(body_picture){160, 120, grey}, NULL, 0, (double)NAN), MIEN_EINVAL);
  body_stream_close(&stream);
  none_but(&all, NULL);
  for (int i = 0; i < all.count; i++) assert_true(all.cues[i].t1 - all.cues[i].t0 < 3);
}

static void waving_second(scene *s, double at) {
  s->people[1] = (scene_person){.x = 120, .y = 40, .size = 17, .hand_r = .5, .hand_y = 2.6,
                                .hand_x = .6 + .5 * sin(TURN * at)};
  s->people[0].x = 40, s->people[0].size = 17;
  s->count = 2;
}
static void of_two_the_one_that_moves(void **state) {
  played all = play(usual(), waving_second, 25, 6);
  double sums[2] = {0};
  for (int i = 0; i < all.count; i++)
    if (!strcmp(all.cues[i].kind, "gesture")) sums[all.tracks[i]] += (double)all.cues[i].value;
  assert_true(sums[1] > .3 && sums[0] < .15 * sums[1]);
}

/* ---- Flow, hostile input, memory -------------------------------------------------------------- */

static void flow_of_a_known_shift(void **state) {
  static uint8_t grey[2][640 * 480];
  static body_small small[2];
  static const double shifts[][2] = {{0, 0}, {1.5, -.8}, {8, 4}, {-20, 11}, {45, -30}};
  for (size_t i = 0; i < BASE_COUNT(shifts); i++) {
    scene s = {.width = 640, .height = 480, .noise = 2, .seed = 3};
    for (int k = 0; k < 2; k++) {
      s.camera_x = k * shifts[i][0], s.camera_y = k * shifts[i][1];
      scene_draw(&s, grey[k]);
      assert_true(body_small_make(&(body_picture){640, 480, grey[k]}, &small[k]) == .25f);
    }
    body_flow flow = {.noise = .5f};
    static const uint8_t nobody[BODY_BLOCKS] = {0};
    body_flow_measure(&flow, &small[0], &small[1]);
    body_flow_camera(&flow, nobody);
    assert_true(fabs(4 * (double)flow.camera_x - shifts[i][0]) < .5);
    assert_true(fabs(4 * (double)flow.camera_y - shifts[i][1]) < .5);
  }
}

static size_t allocations;
static void *counting(void *context, void *old, size_t bytes) {
  allocations += bytes > 0;
  if (bytes) return realloc(old, bytes);
  free(old);
  return NULL;
}

static void odd_input_and_no_allocation(void **state) {
  body_stream *stream;
  mien_memory_set(counting, NULL);
  assert_int_equal(body_stream_open(&stream), MIEN_OK);
  size_t opened = allocations;
  assert_int_equal(opened, 1);
  static uint8_t grey[16384 * 4];
  unsigned seed = 11;
  static const int sizes[][2] = {{1, 1}, {16384, 1}, {1, 16384}, {7, 9}, {16, 16}, {160, 120}, {300, 200}, {16384, 3}};
  double at = 0;
  played all = {0};
  for (int k = 0; k < 240; k++) {
    int which = k / 5 % (int)BASE_COUNT(sizes);
    body_picture picture = {sizes[which][0], sizes[which][1], grey};
    for (size_t i = 0; i < sizeof grey; i += 7) grey[i] = (uint8_t)(seed = seed * 1664525u + 1013904223u);
    body_head heads[20];
    for (int h = 0; h < 20; h++) {
      float odd[] = {0, -50, 1e5f, NAN, INFINITY, 80, 40, 1e-6f};
      float *values = &heads[h].x0;
      heads[h].track = h % 18;
      for (int v = 0; v < 8; v++) {
        seed = seed * 1664525u + 1013904223u;
        values[v] = h < 4 ? (float)(seed >> 22) : odd[seed >> 29];
      }
    }
    at += .05;
    assert_int_equal(body_stream_feed(stream, &picture, heads, k % 21, at), MIEN_OK);
    take(stream, &all);
    if (all.count > 400) all.count = 0;
  }
  assert_int_equal(allocations, opened);
  body_picture none = {0, 10, grey}, large = {20000, 1, grey};
  assert_int_equal(body_stream_feed(stream, &none, NULL, 0, at + 1), MIEN_EINVAL);
  assert_int_equal(body_stream_feed(stream, &large, NULL, 0, at + 1), MIEN_EINVAL);
  assert_int_equal(body_stream_finish(stream), MIEN_OK);
  body_stream_close(&stream);
  mien_memory_set(NULL, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(flow_of_a_known_shift),
      cmocka_unit_test(nods_of_known_speed_and_size),
      cmocka_unit_test(shakes_of_known_speed_and_size),
      cmocka_unit_test(one_nod_and_a_glance),
      cmocka_unit_test(looking_down_and_talking_are_no_nods),
      cmocka_unit_test(postures_are_held),
      cmocka_unit_test(gestures_grow_with_their_speed),
      cmocka_unit_test(restless_and_still),
      cmocka_unit_test(a_hand_before_the_face),
      cmocka_unit_test(noise_is_no_movement),
      cmocka_unit_test(a_shaking_camera_moves_nobody),
      cmocka_unit_test(cuts_end_what_was_followed),
      cmocka_unit_test(frozen_and_doubled_pictures),
      cmocka_unit_test(jumps_of_time),
      cmocka_unit_test(of_two_the_one_that_moves),
      cmocka_unit_test(odd_input_and_no_allocation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
