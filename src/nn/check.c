/* check.c: takes a model file apart, trusting no byte of it. Any thread, one file at a time.
 *
 * The layout is canonical: every part starts at the aligned end of the one before, so that each
 * offset has exactly one right value, and nothing can overlap or hide between two parts. */
#include <sodium.h>

#include "nn/format.h"
#include "nn/publisher.h"

#define COPY_AGAIN "copy the file again from where it came; `mien model verify FILE` checks it"
#define NOT_OURS "give a *.mien model file, as train/ writes them"

static int refuse(const nn_file *file, mien_error *error, uint64_t byte, const char *remedy,
                  const char *what) {
  char where[256];
  base_text text = {0};
  base_text_printf(&text, "%s, byte %llu", file->name, (unsigned long long)byte);
  size_t fits = text.data ? BASE_MIN(text.length, sizeof where - 1) : 0;
  if (fits) memcpy(where, text.data, fits);
  where[fits] = 0;
  base_text_clear(&text);
  return base_error_set(error, MIEN_EMODEL, where, remedy, "%s", what);
}

static uint64_t aligned(uint64_t at) { return (at + NN_ALIGN - 1) & ~(uint64_t)(NN_ALIGN - 1); }

static int check_header(const nn_file *file, nn_header *header, mien_error *error) {
  if (file->bytes < sizeof header->magic || memcmp(file->data, NN_MAGIC, sizeof header->magic))
    return refuse(file, error, 0, NOT_OURS, "this is not a Mien model file");
  if (file->bytes < NN_TABLE)
    return refuse(file, error, file->bytes, COPY_AGAIN, "the file ends inside its header");
  if (file->bytes > NN_FILE_MAX)
    return refuse(file, error, 0, NOT_OURS, "the file is larger than 1 GiB");
  memcpy(header, file->data, sizeof *header);
  if (header->version != NN_VERSION)
    return refuse(file, error, 8, "use the Mien that this model was made for, or train it again",
                  "the version of the file's layout is not one that this program knows");
  if (header->tensors > NN_TENSORS_MAX)
    return refuse(file, error, 12, COPY_AGAIN, "more than 1024 tensors");
  if (header->file_bytes != file->bytes)
    return refuse(file, error, 16, COPY_AGAIN,
                  header->file_bytes > file->bytes ? "the file is cut short"
                                                   : "the file is longer than it says");
  if (header->zero[0] || header->zero[1])
    return refuse(file, error, 48, COPY_AGAIN, "bytes that must be zero are not");
  uint64_t meta_at = NN_TABLE + (uint64_t)header->tensors * NN_ENTRY;
  if (header->meta_at != meta_at)
    return refuse(file, error, 24, COPY_AGAIN, "the metadata do not follow the tensor table");
  if (header->meta_bytes > NN_META_MAX)
    return refuse(file, error, 32, COPY_AGAIN, "the metadata are larger than 1 MiB");
  /* at least one zero byte ends the text */
  if (header->data_at != aligned(meta_at + header->meta_bytes + 1))
    return refuse(file, error, 40, COPY_AGAIN, "the tensors do not follow the metadata");
  if (header->data_at > file->bytes)
    return refuse(file, error, 40, COPY_AGAIN, "the metadata end past the end of the file");
  return MIEN_OK;
}

static int check_seal(nn_file *file, mien_error *error) {
  if (sodium_init() < 0)
    return base_error_set(error, MIEN_EUNSUPPORTED, file->name, "", "libsodium cannot start");
  nn_seal seal;
  memcpy(&seal, file->data + NN_HEADER, sizeof seal);
  crypto_hash_sha256_state state;
  uint8_t hash[32];
  crypto_hash_sha256_init(&state);
  crypto_hash_sha256_update(&state, file->data, NN_HEADER);
  crypto_hash_sha256_update(&state, file->data + NN_TABLE, file->bytes - NN_TABLE);
  crypto_hash_sha256_final(&state, hash);
  if (memcmp(hash, seal.sha256, sizeof hash))
    return refuse(file, error, NN_HEADER, COPY_AGAIN,
                  "the contents do not match their SHA-256: the file is damaged");
  if (sodium_is_zero(seal.key, sizeof seal.key)) {
    if (!sodium_is_zero(seal.signature, sizeof seal.signature))
      return refuse(file, error, NN_HEADER + 64, COPY_AGAIN, "a signature without a key");
    file->signature = NN_UNSIGNED;
    return MIEN_OK;
  }
  uint8_t message[sizeof NN_SIGNED_PREFIX - 1 + sizeof hash];
  memcpy(message, NN_SIGNED_PREFIX, sizeof NN_SIGNED_PREFIX - 1);
  memcpy(message + sizeof NN_SIGNED_PREFIX - 1, hash, sizeof hash);
  if (crypto_sign_verify_detached(seal.signature, message, sizeof message, seal.key))
    return refuse(file, error, NN_HEADER + 64, "do not use it: get the file from its publisher again",
                  "the signature is bad: someone changed the file or its seal");
  char key[2 * sizeof seal.key + 1];
  sodium_bin2hex(key, sizeof key, seal.key, sizeof seal.key);
  file->signature = strstr(NN_PUBLISHER, key) ? NN_SIGNED_BY_MIEN : NN_SIGNED_BY_OTHER; /* whole keys with blanks between: none is a part of two */
  return MIEN_OK;
}

static int check_meta(nn_file *file, const nn_header *header, mien_error *error) {
  const char *text = (const char *)file->data + header->meta_at;
  if (text[header->meta_bytes] || memchr(text, 0, header->meta_bytes))
    return refuse(file, error, header->meta_at, COPY_AGAIN,
                  "the metadata hold a zero byte, or none ends them");
  json_error_t problem;
  file->meta = json_loadb(text, header->meta_bytes, JSON_REJECT_DUPLICATES, &problem);
  if (!file->meta) {
    if (json_error_code(&problem) == json_error_out_of_memory)
      return base_error_set(error, MIEN_ENOMEM, file->name, "", "out of memory");
    return refuse(file, error, header->meta_at + (uint64_t)BASE_MAX(problem.position, 0), COPY_AGAIN,
                  "the metadata are not valid JSON");
  }
  file->meta_text = text;
  file->kind = json_string_value(json_object_get(file->meta, "kind"));
  if (!file->kind || !file->kind[0])
    return refuse(file, error, header->meta_at, NOT_OURS, "the metadata do not say the model's kind");
  return MIEN_OK;
}

static bool name_is_plain(const char name[NN_NAME]) {
  size_t length = 0;
  while (length < NN_NAME && name[length]) {
    char c = name[length++];
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 c == '.' || c == '_' || c == '-' || c == '/';
    if (!plain) return false;
  }
  for (size_t i = length; i < NN_NAME; i++)
    if (name[i]) return false;
  return length > 0 && length < NN_NAME;
}

/* Every number finite: a NaN or an infinity among the weights would spoil every reading. */
static bool all_finite(const nn_tensor *tensor, size_t elements) {
  bool bad = false;
  if (tensor->type == NN_F32) {
    const uint32_t *bits = tensor->data;
    for (size_t i = 0; i < elements; i++) bad |= (bits[i] & 0x7f800000u) == 0x7f800000u;
  } else if (tensor->type == NN_F16) {
    const uint16_t *bits = tensor->data;
    for (size_t i = 0; i < elements; i++) bad |= (bits[i] & 0x7c00u) == 0x7c00u;
  } else {
    for (size_t i = 0; i < tensor->dims[0]; i++)
      bad |= !isfinite(tensor->scales[i]) || tensor->scales[i] < 0;
  }
  return !bad;
}

/* `end` is where the part before ended; moved to the end of this tensor. */
static int check_tensor(nn_file *file, size_t index, bool inside, uint64_t *end, mien_error *error) {
  uint64_t at = NN_TABLE + (uint64_t)index * NN_ENTRY;
  const nn_entry *entry = (const nn_entry *)(file->data + at);
  nn_tensor *tensor = &file->tensors[index];
  if (!name_is_plain(entry->name))
    return refuse(file, error, at, COPY_AGAIN, "a tensor's name is not 1 to 63 plain characters");
  for (size_t i = 0; i < index; i++)
    if (!strcmp(file->tensors[i].name, entry->name))
      return refuse(file, error, at, COPY_AGAIN, "two tensors have the same name");
  if (entry->type > NN_F16 || entry->rank < 1 || entry->rank > 4 || entry->zero)
    return refuse(file, error, at + NN_NAME, COPY_AGAIN, "a tensor's type or rank is out of range");
  static const uint8_t element_bytes[] = {[NN_F32] = 4, [NN_I8] = 1, [NN_F16] = 2};
  uint64_t elements = 1, data_bytes;
  bool wrong = false;
  for (uint32_t i = 0; i < 4; i++) {
    wrong |= entry->dims[i] == 0 || (i >= entry->rank && entry->dims[i] != 1);
    wrong |= __builtin_mul_overflow(elements, (uint64_t)entry->dims[i], &elements);
  }
  wrong |= __builtin_mul_overflow(elements, (uint64_t)element_bytes[entry->type], &data_bytes);
  uint64_t scales_bytes = entry->type == NN_I8 ? (uint64_t)entry->dims[0] * sizeof(float) : 0;
  if (wrong || entry->data_bytes != data_bytes || entry->scales_bytes != scales_bytes)
    return refuse(file, error, at + NN_NAME + 8, COPY_AGAIN,
                  "a tensor's shape and its size do not agree");
  /* *end <= file->bytes <= 1 GiB, and a size past that is refused before it is added */
  if (entry->data_at != aligned(*end) || entry->data_at > file->bytes ||
      data_bytes > file->bytes - entry->data_at)
    return refuse(file, error, at + NN_NAME + 24, COPY_AGAIN,
                  "a tensor is not where it must be, or ends past the end of the file");
  *end = entry->data_at + data_bytes;
  if (scales_bytes) {
    if (entry->scales_at != aligned(*end) || entry->scales_at > file->bytes ||
        scales_bytes > file->bytes - entry->scales_at)
      return refuse(file, error, at + NN_NAME + 40, COPY_AGAIN,
                    "a tensor's scales are not where they must be, or end past the end of the file");
    *end = entry->scales_at + scales_bytes;
    tensor->scales = (const float *)(file->data + entry->scales_at);
  } else if (entry->scales_at) {
    return refuse(file, error, at + NN_NAME + 40, COPY_AGAIN, "scales where there can be none");
  }
  tensor->name = entry->name;
  tensor->type = (int)entry->type;
  tensor->rank = (int)entry->rank;
  memcpy(tensor->dims, entry->dims, sizeof tensor->dims);
  tensor->data = file->data + entry->data_at;
  if (!inside && !all_finite(tensor, (size_t)elements))
    return refuse(file, error, entry->data_at, "train or export the model again",
                  "a tensor holds numbers that are not finite");
  return MIEN_OK;
}

int nn_format_check(nn_file *file, bool inside, mien_error *error) {
  nn_header header;
  int code = check_header(file, &header, error);
  file->signature = NN_UNCHECKED;
  if (!code && !inside) code = check_seal(file, error);
  if (!code) code = check_meta(file, &header, error);
  if (code) return code;
  file->tensors = base_alloc(header.tensors, sizeof *file->tensors);
  if (!file->tensors) return base_error_set(error, MIEN_ENOMEM, file->name, "", "out of memory");
  uint64_t end = header.data_at;
  for (size_t i = 0; i < header.tensors; i++) {
    code = check_tensor(file, i, inside, &end, error);
    if (code) return code;
    file->count = i + 1;
  }
  if (end != file->bytes)
    return refuse(file, error, end, COPY_AGAIN, "something follows the last tensor");
  return MIEN_OK;
}
