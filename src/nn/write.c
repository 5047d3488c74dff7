/* write.c: model files out. The layout is canonical, so that every offset follows from the shapes. */
#include "nn/write.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "nn/format.h"

struct nn_writer {
  int file;
  char *path, *partial;
  uint8_t *head; /* header, seal, table, metadata and the gap after them */
  nn_entry *table; /* in `head` */
  size_t count, part;   /* the tensor that is being given; count: all were */
  bool scales;          /* its scales are */
  uint64_t at, end;     /* where the next byte goes; where this run of numbers ends */
  crypto_hash_sha256_state hash;
  bool sign;
  uint8_t public_key[crypto_sign_PUBLICKEYBYTES], secret_key[crypto_sign_SECRETKEYBYTES];
};

static uint64_t aligned(uint64_t at) { return (at + NN_ALIGN - 1) & ~(uint64_t)(NN_ALIGN - 1); }

static int refuse(mien_error *error, int code, const char *where, const char *remedy, const char *what) {
  return base_error_set(error, code, where, remedy, "%s", what);
}

/* The run of numbers that follows the one that ended at w->end. */
static void next_run(nn_writer *w) {
  const nn_entry *entry = &w->table[w->part];
  w->end = w->scales ? entry->scales_at + entry->scales_bytes : entry->data_at + entry->data_bytes;
}

static int read_key(nn_writer *w, const char *path, mien_error *error) {
  char text[80];
  uint8_t seed[crypto_sign_SEEDBYTES];
  FILE *file = fopen(path, "rb");
  if (!file)
    return base_error_set(error, MIEN_EIO, path, "check the path of the signing key",
                          "cannot open the key: %s", strerror(errno));
  size_t bytes = fread(text, 1, sizeof text, file), length = 0;
  fclose(file);
  while (bytes && (text[bytes - 1] == '\n' || text[bytes - 1] == '\r')) bytes--;
  bool good = bytes == 64 && !sodium_hex2bin(seed, sizeof seed, text, bytes, NULL, &length, NULL) &&
              length == sizeof seed && !crypto_sign_seed_keypair(w->public_key, w->secret_key, seed);
  sodium_memzero(text, sizeof text);
  sodium_memzero(seed, sizeof seed);
  if (!good)
    return refuse(error, MIEN_EFORMAT, path, "make one with train/mien_file.py key FILE",
                  "this is not a signing key of 64 hex digits");
  w->sign = true;
  return MIEN_OK;
}

/* Places every tensor; returns the size of the file. */
static uint64_t place(nn_entry *table, const nn_part *parts, size_t count, uint64_t data_at) {
  static const uint64_t sizes[] = {[NN_F32] = 4, [NN_I8] = 1, [NN_F16] = 2};
  uint64_t end = data_at;
  for (size_t i = 0; i < count; i++) {
    nn_entry *entry = &table[i];
    uint64_t bytes = sizes[parts[i].type];
    memcpy(entry->name, parts[i].name, sizeof entry->name);
    entry->type = (uint32_t)parts[i].type;
    entry->rank = (uint32_t)parts[i].rank;
    for (int k = 0; k < 4; k++) {
      entry->dims[k] = k < parts[i].rank ? parts[i].dims[k] : 1;
      if (__builtin_mul_overflow(bytes, (uint64_t)entry->dims[k], &bytes)) return UINT64_MAX;
    }
    if (bytes > NN_FILE_MAX) return UINT64_MAX;
    entry->data_at = aligned(end);
    entry->data_bytes = bytes;
    end = entry->data_at + bytes;
    if (entry->type == NN_I8) {
      entry->scales_at = aligned(end);
      entry->scales_bytes = (uint64_t)entry->dims[0] * sizeof(float);
      end = entry->scales_at + entry->scales_bytes;
    }
  }
  return end;
}

static int put(nn_writer *w, const void *data, size_t bytes, mien_error *error) {
  const uint8_t *from = data;
  crypto_hash_sha256_update(&w->hash, from, bytes);
  while (bytes) {
    ssize_t done = pwrite(w->file, from, bytes, (off_t)w->at);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0)
      return base_error_set(error, MIEN_EIO, w->partial, "make room, or write it somewhere else",
                            "cannot write the model: %s", strerror(errno));
    from += done;
    w->at += (uint64_t)done;
    bytes -= (size_t)done;
  }
  return MIEN_OK;
}

static int begin(nn_writer *w, const char *path, const char *meta, size_t meta_bytes,
                 const nn_part *parts, size_t count, mien_error *error) {
  if (count > NN_TENSORS_MAX || count == 0)
    return refuse(error, MIEN_ELIMIT, path, "use a model of fewer layers",
                  "the model would have more than 1024 tensors, or none");
  if (meta_bytes > NN_META_MAX)
    return refuse(error, MIEN_ELIMIT, path, "use a model of fewer labels",
                  "the metadata would be larger than 1 MiB");
  uint64_t meta_at = NN_TABLE + count * NN_ENTRY, data_at = aligned(meta_at + meta_bytes + 1);
  base_text partial = {0};
  base_text_printf(&partial, "%s.partial", path);
  w->partial = partial.data;
  w->path = base_strdup(path);
  w->head = base_alloc((size_t)data_at, 1);
  if (partial.failed || !w->path || !w->head)
    return refuse(error, MIEN_ENOMEM, path, "free some memory", "out of memory");
  w->table = (nn_entry *)(w->head + NN_TABLE);
  w->count = count;
  memcpy(w->head + meta_at, meta, meta_bytes);
  uint64_t bytes = place(w->table, parts, count, data_at);
  if (bytes > NN_FILE_MAX)
    return refuse(error, MIEN_ELIMIT, path, "import a smaller model, or give --weights int8",
                  "the model would be larger than 1 GiB, the most that a model file may have");
  nn_header header = {.version = NN_VERSION, .tensors = (uint32_t)count, .file_bytes = bytes,
                      .meta_at = meta_at, .meta_bytes = meta_bytes, .data_at = data_at};
  memcpy(header.magic, NN_MAGIC, sizeof header.magic);
  memcpy(w->head, &header, sizeof header);
  w->file = open(w->partial, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (w->file < 0)
    return base_error_set(error, MIEN_EIO, w->partial, "check the path and the rights to write there",
                          "cannot write the model: %s", strerror(errno));
  crypto_hash_sha256_init(&w->hash);
  crypto_hash_sha256_update(&w->hash, w->head, NN_HEADER); /* the seal is left out */
  w->at = NN_TABLE;
  next_run(w);
  return put(w, w->head + NN_TABLE, (size_t)(data_at - NN_TABLE), error);
}

int nn_writer_open(nn_writer **writer, const char *path, const char *meta, size_t meta_bytes,
                   const nn_part *parts, size_t count, const char *key, mien_error *error) {
  *writer = NULL;
  if (sodium_init() < 0)
    return refuse(error, MIEN_EUNSUPPORTED, path, "", "libsodium cannot start");
  nn_writer *opened = base_alloc(1, sizeof *opened);
  if (!opened) return refuse(error, MIEN_ENOMEM, path, "free some memory", "out of memory");
  opened->file = -1;
  int code = key ? read_key(opened, key, error) : MIEN_OK;
  if (!code) code = begin(opened, path, meta, meta_bytes, parts, count, error);
  if (code) nn_writer_close(&opened, false, NULL);
  *writer = opened;
  return code;
}

int nn_writer_add(nn_writer *w, const void *data, size_t bytes, mien_error *error) {
  static const uint8_t zeros[NN_ALIGN];
  const uint8_t *from = data;
  while (bytes) {
    if (w->part == w->count)
      return refuse(error, MIEN_EINVAL, w->partial, "", "more numbers than the model has");
    const nn_entry *entry = &w->table[w->part];
    uint64_t starts = w->scales ? entry->scales_at : entry->data_at;
    int code = w->at < starts ? put(w, zeros, (size_t)(starts - w->at), error) : MIEN_OK;
    size_t now = (size_t)BASE_MIN((uint64_t)bytes, w->end - w->at);
    if (!code) code = put(w, from, now, error);
    if (code) return code;
    from += now;
    bytes -= now;
    if (w->at < w->end) continue;
    if (!w->scales && entry->type == NN_I8) {
      w->scales = true;
    } else {
      w->scales = false;
      w->part++;
    }
    if (w->part < w->count) next_run(w);
  }
  return MIEN_OK;
}

static int seal(nn_writer *w, mien_error *error) {
  if (w->part < w->count)
    return refuse(error, MIEN_EINVAL, w->partial, "", "fewer numbers than the model has");
  nn_seal made = {0};
  crypto_hash_sha256_final(&w->hash, made.sha256);
  if (w->sign) {
    uint8_t message[sizeof NN_SIGNED_PREFIX - 1 + sizeof made.sha256];
    memcpy(message, NN_SIGNED_PREFIX, sizeof NN_SIGNED_PREFIX - 1);
    memcpy(message + sizeof NN_SIGNED_PREFIX - 1, made.sha256, sizeof made.sha256);
    memcpy(made.key, w->public_key, sizeof made.key);
    crypto_sign_detached(made.signature, NULL, message, sizeof message, w->secret_key);
  }
  memcpy(w->head + NN_HEADER, &made, sizeof made);
  bool written = pwrite(w->file, w->head, NN_TABLE, 0) == NN_TABLE;
  int problem = errno;
  if (written && rename(w->partial, w->path)) written = false, problem = errno;
  return written ? MIEN_OK
                 : base_error_set(error, MIEN_EIO, w->path, "make room, or write it somewhere else",
                                  "cannot write the model: %s", strerror(problem));
}

int nn_writer_close(nn_writer **writer, bool keep, mien_error *error) {
  if (!*writer) return MIEN_OK;
  nn_writer *w = *writer;
  int code = keep ? seal(w, error) : MIEN_OK;
  if (w->file >= 0) {
    close(w->file);
    if (!keep || code) unlink(w->partial);
  }
  sodium_memzero(w->secret_key, sizeof w->secret_key);
  base_free(w->head);
  base_free(w->path);
  base_free(w->partial);
  base_free(w);
  *writer = NULL;
  return code;
}

uint16_t nn_to_half(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
  bits &= 0x7fffffff;
  if (bits >= 0x7f800000) return sign | (bits > 0x7f800000 ? 0x7e00 : 0x7c00);
  if (bits >= 0x477ff000) return sign | 0x7c00; /* 65520 and more round to infinity */
  if (bits < 0x38800000) { /* below 2^-14: multiples of 2^-24; 2^23 units in the last place round it */
    float magnitude, shifted;
    memcpy(&magnitude, &bits, sizeof bits);
    shifted = magnitude + 0.5f; /* ulp of 0.5 is 2^-24 */
    memcpy(&bits, &shifted, sizeof bits);
    return (uint16_t)(sign | (bits - 0x3f000000));
  }
  uint32_t rounded = bits + 0xfff + (bits >> 13 & 1);
  return (uint16_t)(sign | ((rounded >> 13) - ((127 - 15) << 10)));
}

float nn_quantize_row(const float *values, size_t count, int8_t *q) {
  float largest = 0;
  for (size_t i = 0; i < count; i++) largest = BASE_MAX(largest, fabsf(values[i]));
  float scale = largest / 127;
  if (!(scale > 0)) { /* zeros, or too small to be scaled */
    memset(q, 0, count);
    return 1;
  }
  for (size_t i = 0; i < count; i++)
    q[i] = (int8_t)BASE_CLAMP(rintf(values[i] / scale), -127.0f, 127.0f);
  return scale;
}
