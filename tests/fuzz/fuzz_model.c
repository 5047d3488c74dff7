/* Model files from anywhere: open them, look at everything, ask for tensors and metadata. The input is
 * tried as it is, and again with its size, hash and seal put right, so that what lies behind them is
 * reached. */
#include <sodium.h>
#include <stdlib.h>

#include "nn/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void look(const uint8_t *data, size_t bytes) {
  nn_file *file;
  mien_error error = {0};
  if (nn_file_open_memory(&file, data, bytes, "fuzzed", &error)) {
    if (file || !error.what[0]) abort();
    return;
  }
  static float values[1 << 20];
  for (size_t i = 0; i < nn_file_count(file); i++) {
    const nn_tensor *tensor = nn_file_tensor_at(file, i);
    if (!nn_file_tensor(file, tensor->name, tensor->type, tensor->rank, tensor->dims, &error)) abort();
    if (nn_tensor_elements(tensor) > BASE_COUNT(values)) continue;
    nn_tensor_floats(tensor, values);
    nn_tensor packed;
    if (tensor->rank > 1 && nn_pack(&packed, tensor, NN_F32) == MIEN_OK) nn_pack_clear(&packed);
    if (tensor->rank > 1 && nn_pack(&packed, tensor, NN_I8) == MIEN_OK) nn_pack_clear(&packed);
  }
  double number;
  char string[16];
  nn_calibration calibration;
  nn_file_number(file, "calibration.temperature", &number, &error);
  nn_file_numbers(file, "thresholds", values, 3, &error);
  nn_file_string(file, "labels.core.0", string, sizeof string, &error);
  nn_calibration_read(&calibration, file, &error);
  nn_file_close(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
  uint8_t *copy = aligned_alloc(NN_ALIGN, (bytes + NN_ALIGN) / NN_ALIGN * NN_ALIGN);
  if (!copy) return 0;
  memcpy(copy, data, bytes);
  look(copy, bytes);
  if (bytes >= NN_TABLE) {
    uint64_t size = bytes;
    memcpy(copy + 16, &size, sizeof size);
    memset(copy + NN_HEADER, 0, NN_SEAL);
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, copy, NN_HEADER);
    crypto_hash_sha256_update(&state, copy + NN_TABLE, bytes - NN_TABLE);
    crypto_hash_sha256_final(&state, copy + NN_HEADER);
    look(copy, bytes);
  }
  free(copy);
  return 0;
}
