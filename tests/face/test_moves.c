/* Movements of a face: sequences made for it, with known onset, apex and offset, of actions and of points
 * of a head that really turns; none of them a photograph. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "face/moves.h"

static uint32_t state;
static float noise(void) { /* nearly normal, sigma 1 */
  float sum = 0;
  for (int n = 0; n < 12; n++) {
    state = state * 1664525 + 1013904223;
    sum += (float)(state >> 8) / (float)(1 << 24) - .5f;
  }
  return sum;
}

/* One action that rises from its neutral at `onset`, is at `size` eyes at `apex`, and is back at `end`. */
typedef struct bump {
  int action;
  double onset, apex, end;
  float size;
} bump;

static float height(const bump *b, double at) {
  if (at <= b->onset || at >= b->end) return 0;
  double t = at < b->apex ? (at - b->onset) / (b->apex - b->onset) : (b->end - at) / (b->end - b->apex);
  return b->size * (float)(.5 - .5 * cos(3.14159265 * t));
}

enum { MOST = 4096 };
typedef struct found {
  mien_cue cues[MOST];
  int count;
} found;

typedef struct film {
  double seconds, rate; /* pictures a second */
  float jitter;         /* eyes, 1 sigma     */
  float yaw_from, yaw_to; /* degrees, turned between 5 s and 5.3 s */
  double skip_from, skip_to; /* no pictures came */
} film;

static found out;

static void play(const film *f, const bump *bumps, int count) {
  face_moves moves;
  mien_cue cues[FACE_MOVES_CUES];
  state = 5;
  out.count = 0;
  face_moves_init(&moves, 100);
  for (int i = 0; i < (int)(f->seconds * f->rate); i++) {
    double at = i / f->rate;
    if (at >= f->skip_from && at < f->skip_to) continue;
    float actions[FACE_ACTIONS];
    for (int k = 0; k < FACE_ACTIONS; k++) actions[k] = .1f * (float)k - .4f + f->jitter * noise();
    for (int b = 0; b < count; b++) actions[bumps[b].action] += height(&bumps[b], at);
    face_pose pose = {.yaw = f->yaw_from};
    pose.yaw += (f->yaw_to - f->yaw_from) * (float)BASE_CLAMP((at - 5) / .3, 0., 1.);
    size_t more = face_moves_add(&moves, actions, &pose, 100 + at, cues);
    assert_true(more <= FACE_MOVES_CUES);
    for (size_t k = 0; k < more; k++) {
      assert_true(cues[k].t0 < cues[k].t1 && isfinite(cues[k].value) && cues[k].text[0]);
      assert_true(cues[k].t1 == 100 + at);
      if (out.count < MOST) out.cues[out.count++] = cues[k];
    }
  }
}

static int count_of(const char *kind) {
  int count = 0;
  for (int k = 0; k < out.count; k++) count += !strcmp(out.cues[k].kind, kind);
  return count;
}

static const mien_cue *last_of(const char *kind) {
  for (int k = out.count - 1; k >= 0; k--)
    if (!strcmp(out.cues[k].kind, kind)) return &out.cues[k];
  fail_msg("no cue '%s'", kind);
  return NULL;
}

static void nothing_moves(void **unused) {
  const film still = {.seconds = 60, .rate = 25, .jitter = .01f};
  play(&still, NULL, 0);
  assert_int_equal(out.count, 0);
}

/* Each action unit but lids and lips, at 25, 30 and 60 pictures a second, of 80 to 480 ms. */
static void micro_expressions(void **unused) {
  const double rates[] = {25, 30, 60}, lasting[] = {.08, .16, .3, .48};
  const int units[] = {FACE_AU1, FACE_AU2, FACE_AU4, FACE_AU6, FACE_AU12, FACE_AU15, FACE_AU17, FACE_AU24};
  for (size_t r = 0; r < BASE_COUNT(rates); r++)
    for (size_t l = 0; l < BASE_COUNT(lasting); l++)
      for (size_t u = 0; u < BASE_COUNT(units); u++) {
        const film f = {.seconds = 8, .rate = rates[r], .jitter = .008f};
        const bump b = {units[u], 6, 6 + .4 * lasting[l], 6 + lasting[l], .2f};
        play(&f, &b, 1);
        if (out.count != 1 || !count_of("micro_expression"))
          fail_msg("%s of %.2f s at %.0f/s: %d cues, %s, %.3f", face_unit_name(units[u]), lasting[l],
                   rates[r], out.count, out.count ? out.cues[0].text : "", out.cues[0].t1 - out.cues[0].t0);
        const mien_cue *cue = last_of("micro_expression");
        double picture = 1 / rates[r];
        assert_true(fabs(cue->t0 - 106) < .25 * lasting[l] + picture + 1e-6);
        assert_true(fabs(cue->t1 - 106 - lasting[l]) < .25 * lasting[l] + picture + 1e-6);
        assert_true(cue->value > .12f && cue->value < .23f && cue->z > 5);
        char name[16];
        snprintf(name, sizeof name, "AU%s ", face_unit_name(units[u]) + 2);
        assert_memory_equal(cue->text, name, strlen(name));
      }
}

static void what_is_none(void **unused) {
  /* too long: an expression */
  const film f = {.seconds = 10, .rate = 25, .jitter = .008f};
  const bump smile = {FACE_AU12, 5, 5.4, 7.5, .25f};
  play(&f, &smile, 1);
  assert_int_equal(count_of("micro_expression"), 0);
  const mien_cue *cue = last_of("au12");
  assert_true(cue->t0 >= 105 && cue->t0 < 105.3 && cue->t1 > 106.8 && cue->t1 < 107.6);
  assert_true(cue->value > .2f && cue->value < .28f);
  assert_true(count_of("au12") > 30); /* said while it goes on, from half a second after its onset */
  /* too few pictures a second to tell */
  const film slow = {.seconds = 10, .rate = 10, .jitter = .008f};
  const bump brow = {FACE_AU1, 5, 5.15, 5.4, .2f};
  play(&slow, &brow, 1);
  assert_int_equal(count_of("micro_expression"), 0);
  assert_int_equal(count_of("au1"), 1);
  /* pictures were dropped within it */
  const film gap = {.seconds = 10, .rate = 25, .jitter = .008f, .skip_from = 5.1, .skip_to = 5.25};
  play(&gap, &brow, 1);
  assert_int_equal(count_of("micro_expression"), 0);
  /* the head turned meanwhile */
  const film turn = {.seconds = 10, .rate = 25, .jitter = .008f, .yaw_to = 15};
  play(&turn, &brow, 1);
  assert_int_equal(count_of("micro_expression"), 0);
  /* the mouth spoke */
  bump talk[9] = {{FACE_AU15, 5.2, 5.35, 5.5, .2f}};
  for (int k = 0; k < 8; k++)
    talk[k + 1] = (bump){FACE_AU25, 4 + .25 * k, 4.1 + .25 * k, 4.2 + .25 * k, .15f};
  play(&f, talk, 9);
  assert_int_equal(count_of("micro_expression"), 0);
  assert_int_equal(count_of("au15"), 1);
  /* of a brow it is one all the same */
  talk[0].action = FACE_AU1;
  play(&f, talk, 9);
  assert_int_equal(count_of("micro_expression"), 1);
}

static void blinks_and_closed_eyes(void **unused) {
  const film f = {.seconds = 12, .rate = 30, .jitter = .008f};
  const bump bumps[] = {{FACE_AU43, 4, 4.08, 4.2, .3f},
                        {FACE_AU6, 4, 4.08, 4.2, .1f}, /* the lid comes up a little with it */
                        {FACE_AU1, 4, 4.1, 4.3, .1f},  /* and the brows go along */
                        {FACE_AU43, 7, 7.2, 9, .3f}};
  play(&f, bumps, 4);
  assert_int_equal(count_of("au45"), 1);
  assert_int_equal(count_of("micro_expression"), 0);
  const mien_cue *blink = last_of("au45"), *closed = last_of("au43");
  assert_true(fabs(blink->t0 - 104) < .08 && blink->t1 - blink->t0 < .25);
  assert_true(closed->t1 - closed->t0 > 1.5);
}

static void smiles(void **unused) {
  const film f = {.seconds = 9, .rate = 25, .jitter = .008f};
  bump both[] = {{FACE_AU12, 4, 4.5, 8, .3f}, {FACE_CORNER_LEFT, 4, 4.5, 8, .2f},
                 {FACE_CORNER_RIGHT, 4, 4.5, 8, .2f}, {FACE_AU6, 4, 4.5, 8, .12f}};
  play(&f, both, 4);
  assert_string_equal(last_of("smile_eyes")->text, "eyes take part in the smile");
  assert_string_equal(last_of("smile_uneven")->text, "the smile is even");
  both[2].size = .03f;
  play(&f, both, 3); /* one corner, and no eyes */
  assert_string_equal(last_of("smile_eyes")->text, "eyes do not take part in the smile");
  assert_string_equal(last_of("smile_uneven")->text, "the smile is stronger on the picture's right");
  assert_true(last_of("smile_uneven")->value > .5f);
}

static void looking_away(void **unused) {
  const film f = {.seconds = 9, .rate = 15, .jitter = .008f, .yaw_from = 4, .yaw_to = -40};
  play(&f, NULL, 0);
  const mien_cue *away = last_of("gaze_away");
  assert_true(away->t0 > 105 && away->t0 < 105.4 && away->value > 35);
  assert_true(count_of("gaze_away") > 30);
}

/* The neutral is the person's own: a face that is at rest with its brows down and corners down is at rest. */
static void neutral_is_own(void **unused) {
  face_moves moves;
  mien_cue cues[FACE_MOVES_CUES];
  face_pose pose = {0};
  state = 9;
  face_moves_init(&moves, 0);
  for (int i = 0; i < 2500; i++) {
    float actions[FACE_ACTIONS];
    for (int k = 0; k < FACE_ACTIONS; k++) actions[k] = 3.f * (float)(k % 3) - 2 + .01f * noise();
    assert_int_equal(face_moves_add(&moves, actions, &pose, i / 25., cues), 0);
  }
  for (int k = 0; k < FACE_ACTIONS; k++)
    assert_true(fabsf(moves.neutral[k] - (3.f * (float)(k % 3) - 2)) < .02f);
}

/* Times that stand still or jump make no movement and no number that is none. */
static void odd_times(void **unused) {
  face_moves moves;
  mien_cue cues[FACE_MOVES_CUES];
  face_pose pose = {0};
  state = 11;
  face_moves_init(&moves, 0);
  double at = 0;
  for (int i = 0; i < 1000; i++) {
    at += i % 7 == 0 ? 0 : i % 101 == 0 ? 1e7 : .04;
    float actions[FACE_ACTIONS];
    for (int k = 0; k < FACE_ACTIONS; k++) actions[k] = .1f * (float)k + .01f * noise();
    assert_int_equal(face_moves_add(&moves, actions, &pose, at, cues), 0);
  }
  for (int k = 0; k < FACE_ACTIONS; k++) assert_true(fabsf(moves.neutral[k] - .1f * (float)k) < .05f);
}

/* Points of a head, through pose and measures: a real turn moves no action by much. */
static void measured_from_points(void **unused) {
  face_head head = {0};
  for (int k = 0; k < FACE_POINTS; k++) {
    double a = k * .731;
    head.points[k][0] = (float)(.9 * cos(a) * (1 + .1 * (k % 5)));
    head.points[k][1] = (float)(.9 * sin(a * 1.3));
    head.points[k][2] = (float)(.5 * cos(a) * cos(a) - .2);
  }
  for (int k = 36; k < 48; k++) { /* the eyes: corners left and right, lids between */
    double a = -3.14159265 + 1.04719755 * ((k - 36) % 6);
    head.points[k][0] = (float)((k < 42 ? -.5 : .5) + .2 * cos(a));
    head.points[k][1] = (float)(-.3 + .1 * sin(a));
  }
  for (int j = 0; j < 3; j++) {
    float sum = 0;
    for (int k = 0; k < FACE_POINTS; k++) sum += head.points[k][j] / FACE_POINTS;
    for (int k = 0; k < FACE_POINTS; k++) head.points[k][j] -= sum;
  }
  assert_true(face_head_prepare(&head));
  face_point points[FACE_POINTS], turned[FACE_POINTS];
  face_pose pose;
  float one[FACE_ACTIONS], other[FACE_ACTIONS];
  for (int k = 0; k < FACE_POINTS; k++) {
    double x = head.points[k][0], y = head.points[k][1], z = head.points[k][2];
    points[k] = (face_point){(float)(200 + 50 * x), (float)(150 + 50 * y)};
    turned[k] = (face_point){(float)(200 + 50 * (cos(.4) * x - sin(.4) * z)), (float)(150 + 50 * y)};
  }
  assert_true(face_pose_fit(&head, points, &pose));
  assert_true(face_actions_measure(&head, points, &pose, one));
  assert_true(face_pose_fit(&head, turned, &pose));
  assert_true(fabsf(pose.yaw) > 20);
  assert_true(face_actions_measure(&head, turned, &pose, other));
  for (int k = 0; k < FACE_ACTIONS; k++) assert_true(fabsf(one[k] - other[k]) < .01f);
  /* and a corner of the mouth that rises by a fifth of an eye is AU12, on its side */
  face_pose_fit(&head, points, &pose);
  points[48].y -= 10;
  assert_true(face_actions_measure(&head, points, &pose, other));
  assert_true(other[FACE_CORNER_RIGHT] > one[FACE_CORNER_RIGHT] + .15f);
  assert_true(fabsf(other[FACE_CORNER_LEFT] - one[FACE_CORNER_LEFT]) < .05f);
  assert_true(other[FACE_AU12] > one[FACE_AU12] && other[FACE_AU15] < one[FACE_AU15]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nothing_moves),    cmocka_unit_test(micro_expressions),
      cmocka_unit_test(what_is_none),     cmocka_unit_test(blinks_and_closed_eyes),
      cmocka_unit_test(smiles),           cmocka_unit_test(looking_away),
      cmocka_unit_test(neutral_is_own),   cmocka_unit_test(measured_from_points),
      cmocka_unit_test(odd_times),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
