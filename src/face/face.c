#include "face/model.h"

int face_model_open(face_model **model, const nn_file *detect, const nn_file *landmarks,
                    const nn_file *expression, mien_error *error) {
  *model = NULL;
  face_model *m = base_alloc(1, sizeof *m);
  if (m == NULL) return base_error_set(error, MIEN_ENOMEM, "face models", "", "out of memory");
  int code = MIEN_OK;
  if (detect != NULL) code = face_detector_open(&m->detector, detect, error);
  if (code == MIEN_OK && landmarks != NULL)
    code = face_landmarks_open(&m->landmarks, landmarks, error);
  if (code == MIEN_OK && expression != NULL)
    code = face_expression_open(&m->expression, expression, error);
  if (code != MIEN_OK) {
    face_model_close(&m);
    return code;
  }
  *model = m;
  return MIEN_OK;
}

void face_model_close(face_model **model) {
  face_model *m = *model;
  if (m == NULL) return;
  if (m->detector != NULL) face_detector_close(&m->detector);
  if (m->landmarks != NULL) face_landmarks_close(&m->landmarks);
  if (m->expression != NULL) face_expression_close(&m->expression);
  base_free(m);
  *model = NULL;
}

bool face_crop_upright(const face_landmarks *landmarks, const float *crop, float *scratch,
                       float *upright) {
  enum { SIDE = FACE_EXPRESSION_SIDE };
  static const float BOX[4] = {5.27f, 5.27f, 43.73f, 43.73f}; /* of FER+'s faces, about; face_box_crop
                                                             makes the whole crop of it */
  uint8_t pixels[SIDE * SIDE];
  face_point points[FACE_POINTS];
  float face;
  for (int k = 0; k < SIDE * SIDE; k++)
    pixels[k] = (uint8_t)(crop[k] > 0 ? BASE_MIN(crop[k] + .5f, 255.f) : 0);
  face_plane plane = {SIDE, SIDE, pixels};
  if (!face_landmarks_settle(landmarks, &plane, BOX, scratch, points, &face) || !(face > .5f))
    return false;
  face_crop square = face_fer_crop(face_landmarks_head(landmarks), points);
  if (!(square.side > 2 && square.side < 8 * SIDE)) return false;
  face_sample(&plane, &square, FACE_EDGE, SIDE, upright);
  return true;
}

int face_read_aligned(const face_model *model, const mien_picture *picture, mien_reading *reading,
                      mien_error *error) {
  enum { SIDE = FACE_EXPRESSION_SIDE };
  base_reading_init(reading, MIEN_FACE);
  reading->final = 1;
  if (face_picture_check(picture) != MIEN_OK)
    return base_error_set(error, MIEN_EINVAL, "picture", "give 1 to 16384 pixels, grey or RGB",
                          "the picture's size, format or stride is out of range");
  if (model->expression == NULL)
    return base_error_set(error, MIEN_EMODEL, "face models", "put face-expression.mien there",
                          "there is no expression model");
  size_t row = ((size_t)picture->width + SIDE + 15) / 16 * 16;
  size_t work = face_expression_scratch(model->expression);
  if (model->landmarks != NULL) work = BASE_MAX(work, face_landmarks_scratch(model->landmarks));
  size_t floats = 2 * SIDE * SIDE + row + work;
  float *crop = base_alloc_aligned(floats * sizeof(float));
  if (crop == NULL) return base_error_set(error, MIEN_ENOMEM, "picture", "", "out of memory");
  float *upright = crop + SIDE * SIDE, *scratch = upright + SIDE * SIDE + row;
  face_scale_picture_floats(picture, SIDE, SIDE, crop, upright + SIDE * SIDE);
  bool turned = model->landmarks != NULL &&
                face_crop_upright(model->landmarks, crop, scratch, upright);
  face_expression_read(model->expression, crop, turned ? upright : crop, scratch, reading);
  face_light light;
  face_light_measure(crop, SIDE, &light);
  reading->quality = face_light_quality(&light);
  reading->box[0] = reading->box[1] = 0;
  reading->box[2] = (float)picture->width, reading->box[3] = (float)picture->height;
  base_free_aligned(crop);
  return MIEN_OK;
}
