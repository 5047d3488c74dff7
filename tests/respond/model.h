/* model.h: a small model of respond/, written where a test wants it. */
#ifndef TEST_RESPOND_MODEL_H
#define TEST_RESPOND_MODEL_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "nn/write.h"
#include "respond/features.h"

/* Where it is written, for the time of a test program. */
static char folder[] = "/tmp/mien-respond-XXXXXX", path[64];

static inline int make_folder(void **state) {
  if (!mkdtemp(folder)) return -1;
  snprintf(path, sizeof path, "%s/toy.mien", folder);
  return 0;
}

static inline int remove_folder(void **state) {
  unlink(path);
  return rmdir(folder);
}

typedef struct made {
  const char *kind, *beside; /* beside NULL: the text model inside the program */
  int version;
  uint32_t labels;           /* 8; at most */
  const float *bias;         /* [8] */
  int number;                /* of the dense ones: its column is `column`, all the others 0 */
  const float *column;       /* [8] */
  float reply_bias, alone_bias, reply_weight; /* of empathy; reply_weight: of the bag's entry `entry`, all the others 0 */
  uint32_t entry;
} made;

static inline int made_write(const made *m) {
  char sha[65], meta[256];
  respond_reader *reader;
  mien_error error = {0};
  if (respond_reader_open(&reader, NULL, &error)) return -1;
  snprintf(sha, sizeof sha, "%s", respond_reader_sha256(reader));
  respond_reader_close(&reader);
  int bytes = snprintf(meta, sizeof meta, "{\"kind\":\"%s\",\"name\":\"toy\",\"version\":\"1\",\"feature_version\":%d,\"beside\":\"%s\"}",
                       m->kind, m->version, m->beside ? m->beside : sha);
  const nn_part parts[] = {{"score.dense", NN_F16, 2, {m->labels, RESPOND_DENSE}},
                           {"score.bias", NN_F32, 1, {m->labels}},
                           {"reply.dense", NN_F16, 2, {1, RESPOND_REPLY}},
                           {"reply.bias", NN_F32, 1, {1}},
                           {"reply.bag", NN_F16, 2, {RESPOND_BUCKETS, 1}},
                           {"alone.dense", NN_F16, 2, {1, RESPOND_REPLY}},
                           {"alone.bias", NN_F32, 1, {1}},
                           {"alone.bag", NN_F16, 2, {RESPOND_BUCKETS, 1}}};
  static uint16_t dense[8 * RESPOND_DENSE], bag[RESPOND_BUCKETS], nothing[RESPOND_BUCKETS];
  memset(dense, 0, sizeof dense);
  memset(bag, 0, sizeof bag);
  for (uint32_t k = 0; k < m->labels && m->column; k++)
    dense[(size_t)k * RESPOND_DENSE + (size_t)m->number] = nn_to_half(m->column[k]);
  bag[m->entry] = nn_to_half(m->reply_weight);
  const struct { const void *data; size_t bytes; } data[] = {{dense, (size_t)m->labels * RESPOND_DENSE * 2}, {m->bias, m->labels * 4},
                                                             {nothing, RESPOND_REPLY * 2}, {&m->reply_bias, 4}, {bag, sizeof bag},
                                                             {nothing, RESPOND_REPLY * 2}, {&m->alone_bias, 4}, {nothing, sizeof nothing}};
  nn_writer *writer = NULL;
  int code = nn_writer_open(&writer, path, meta, (size_t)bytes, parts, BASE_COUNT(parts), NULL, &error);
  for (size_t i = 0; i < BASE_COUNT(data) && !code; i++) code = nn_writer_add(writer, data[i].data, data[i].bytes, &error);
  if (writer && nn_writer_close(&writer, !code, &error)) code = -1;
  if (code) fprintf(stderr, "%s: %s\n", path, error.what);
  return code;
}

#endif
