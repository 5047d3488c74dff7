/* calibration.c: what a model's probabilities are worth. Temperature scaling (Guo et al. 2017) is
 * applied by the room; here are the conformal prediction sets (Sadinle et al. 2019). Any thread. */
#include "nn/nn.h"

int nn_calibration_read(nn_calibration *calibration, const nn_file *file, mien_error *error) {
  double temperature, quantile, abstain_size;
  int code = nn_file_number(file, "calibration.temperature", &temperature, error);
  if (!code) code = nn_file_number(file, "calibration.quantile", &quantile, error);
  if (!code) code = nn_file_number(file, "calibration.abstain_size", &abstain_size, error);
  if (code) return code;
  bool sound = temperature > 1e-3 && temperature < 1e3 && quantile >= 0 && quantile <= 1 &&
               abstain_size >= 1 && abstain_size <= MIEN_CORE + 1;
  if (!sound)
    return base_error_set(error, MIEN_EMODEL, "metadata, \"calibration\"", "calibrate the model again",
                          "the calibration is out of range");
  *calibration = (nn_calibration){(float)temperature, (float)quantile, (int)abstain_size};
  return MIEN_OK;
}

void nn_calibration_apply(const nn_calibration *calibration, const float core[MIEN_CORE],
                          mien_reading *reading) {
  int top = 0, size = 0;
  for (int k = 1; k < MIEN_CORE; k++)
    if (core[k] > core[top]) top = k;
  reading->set = 0;
  for (int k = 0; k < MIEN_CORE; k++) {
    reading->core[k] = core[k];
    if (k != top && core[k] < 1 - calibration->quantile) continue;
    reading->set |= 1u << k;
    size++;
  }
  reading->confidence = core[top];
  if (size >= calibration->abstain_size && !reading->abstain)
    reading->abstain = "no label stands out";
}
