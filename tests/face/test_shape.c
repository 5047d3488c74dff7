/* shape.c against poses that are known and against the numbers of train/face_shape.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "face/shape.h"

#define NEAR(a, b, e) assert_true(fabs((double)(a) - (double)(b)) <= (e))

/* The head of make_shape_golden.py: no face, but all that the formulas need. */
static void make_head(face_head *head) {
  *head = (face_head){.fer_scale = 1};
  double mean[3] = {0};
  for (int k = 0; k < FACE_POINTS; k++) {
    head->points[k][0] = (float)sin(1 + .7 * k);
    head->points[k][1] = (float)(cos(.37 * k) + .01 * k);
    head->points[k][2] = (float)(.3 * sin(.9 * k));
    for (int i = 0; i < 3; i++) mean[i] += head->points[k][i] / FACE_POINTS;
  }
  for (int k = 0; k < FACE_POINTS; k++)
    for (int i = 0; i < 3; i++) head->points[k][i] -= (float)mean[i];
  assert_true(face_head_prepare(head));
}

static void golden_points(const face_head *head, face_point *points) {
  for (int k = 0; k < FACE_POINTS; k++) {
    const float *p = head->points[k];
    points[k].x = (float)(100 + 30 * p[0] + 8 * p[1] + 5 * p[2] + sin(2.3 * k));
    points[k].y = (float)(80 - 7 * p[0] + 29 * p[1] - 6 * p[2] + cos(3.1 * k));
  }
}

static void test_golden(void **state) {
  face_head head;
  face_point points[FACE_POINTS];
  face_pose pose;
  float measures[FACE_MEASURES], box[4];
  make_head(&head), golden_points(&head, points);
  assert_true(face_pose_fit(&head, points, &pose));
  NEAR(pose.scale, 30.96225, .001);
  NEAR(pose.yaw, -9.266805, .001), NEAR(pose.pitch, -11.461694, .001);
  NEAR(pose.roll, -13.322898, .001);
  const double expected[FACE_MEASURES] = {-.303462, -.08236,   .280555, .01473,
                                          -3.359205, 1.3643, -1.0374};
  assert_true(face_measure(&head, points, &pose, measures));
  for (int k = 0; k < FACE_MEASURES; k++) NEAR(measures[k], expected[k], 2e-4);
  face_points_box(points, box);
  NEAR(box[0], 62.18976, .001), NEAR(box[1], 22.75554, .001);
  NEAR(box[2], 135.69658, .001), NEAR(box[3], 124.09551, .001);
  face_crop crop = face_points_crop(points);
  NEAR(crop.x, 93.12277, .002), NEAR(crop.y, 79.30377, .002);
  NEAR(crop.side, 103.75001, .002), NEAR(crop.angle, -1.491429, 1e-4);
}

/* Ry(yaw) Rx(pitch) Rz(roll), signs as in face_pose. */
static void turn(const face_head *head, double yaw, double pitch, double roll, double scale,
                 face_point *points) {
  double r = .017453292519943295;
  yaw *= -r, pitch *= -r, roll *= r; /* turning to the right is a negative turn about y down */
  double cy = cos(yaw), sy = sin(yaw), cp = cos(pitch), sp = sin(pitch), cr = cos(roll),
         sr = sin(roll);
  for (int k = 0; k < FACE_POINTS; k++) {
    double x = head->points[k][0], y = head->points[k][1], z = head->points[k][2];
    double x1 = cr * x - sr * y, y1 = sr * x + cr * y;
    double y2 = cp * y1 - sp * z, z2 = sp * y1 + cp * z;
    points[k].x = (float)(50 + scale * (cy * x1 + sy * z2));
    points[k].y = (float)(60 + scale * y2);
  }
}

static void test_known_poses(void **state) {
  face_head head;
  face_pose pose;
  face_point points[FACE_POINTS];
  float straight[FACE_MEASURES], turned[FACE_MEASURES];
  make_head(&head);
  turn(&head, 0, 0, 0, 20, points);
  assert_true(face_pose_fit(&head, points, &pose));
  assert_true(face_measure(&head, points, &pose, straight));
  const double angles[][3] = {{30, 0, 0}, {0, 20, 0}, {0, 0, -45}, {-40, 15, 10}, {5, -30, 170}};
  for (size_t k = 0; k < BASE_COUNT(angles); k++) {
    turn(&head, angles[k][0], angles[k][1], angles[k][2], 20, points);
    assert_true(face_pose_fit(&head, points, &pose));
    NEAR(pose.yaw, angles[k][0], .01), NEAR(pose.pitch, angles[k][1], .01);
    NEAR(pose.roll, angles[k][2], .01), NEAR(pose.scale, 20, .001);
    assert_true(face_measure(&head, points, &pose, turned));
    for (int i = 0; i < FACE_MEASURES; i++) NEAR(turned[i], straight[i], .001);
  }
  turn(&head, 75, 0, 0, 20, points); /* too far to be measured, not to be fitted */
  assert_true(face_pose_fit(&head, points, &pose));
  NEAR(pose.yaw, 75, .01);
  assert_false(face_measure(&head, points, &pose, turned));
}

static void test_no_shape(void **state) {
  face_head head;
  face_pose pose;
  face_point points[FACE_POINTS];
  make_head(&head);
  for (int k = 0; k < FACE_POINTS; k++) points[k] = (face_point){10, 10};
  assert_false(face_pose_fit(&head, points, &pose));
  for (int k = 0; k < FACE_POINTS; k++) points[k] = (face_point){NAN, INFINITY};
  assert_false(face_pose_fit(&head, points, &pose));
  for (int k = 0; k < FACE_POINTS; k++) head.points[k][2] = 0;
  assert_false(face_head_prepare(&head));
}

static void test_crop_and_back(void **state) {
  face_crop crop = {30, 40, 20, 1.5707963f};
  face_point p = face_crop_to_plane(&crop, 1, 0);
  NEAR(p.x, 30, 1e-4), NEAR(p.y, 50, 1e-4);
  face_crop square = face_box_crop((float[4]){10, 20, 30, 60});
  NEAR(square.x, 20, 1e-5), NEAR(square.y, 40, 1e-5), NEAR(square.side, 52, 1e-4);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_golden),
      cmocka_unit_test(test_known_poses),
      cmocka_unit_test(test_no_shape),
      cmocka_unit_test(test_crop_and_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
