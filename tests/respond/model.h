/* model.h: a small model of respond/, written where a test wants it. */
#ifndef TEST_RESPOND_MODEL_H
#define TEST_RESPOND_MODEL_H

#include <stdio.h>
#include <stdlib.h>

#include "nn/write.h"
#include "respond/features.h"

typedef struct made {
  const char *kind, *beside; /* beside NULL: the text model inside the program */
  int version;
  uint32_t labels;           /* 8 */
  const float *bias;         /* [8] */
  uint32_t entry;            /* of the bag: its row is `row`, all the others 0 */
  const float *row;          /* [8] */
  int number;                /* of the dense ones: its column is `column`, all the others 0 */
  const float *column;       /* [8] */
} made;

static inline int made_write(const char *path, const made *m) {
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
                           {"score.bag", NN_F16, 2, {RESPOND_BUCKETS, m->labels}}};
  size_t dense_count = (size_t)m->labels * RESPOND_DENSE, bag_count = (size_t)m->labels * RESPOND_BUCKETS;
  uint16_t *dense = calloc(dense_count, 2), *bag = calloc(bag_count, 2);
  for (uint32_t k = 0; dense && bag && k < m->labels; k++) {
    if (m->column) dense[(size_t)k * RESPOND_DENSE + (size_t)m->number] = nn_to_half(m->column[k]);
    if (m->row) bag[(size_t)m->entry * m->labels + k] = nn_to_half(m->row[k]);
  }
  nn_writer *writer = NULL;
  int code = dense && bag ? nn_writer_open(&writer, path, meta, (size_t)bytes, parts, 3, NULL, &error) : -1;
  if (!code) code = nn_writer_add(writer, dense, dense_count * 2, &error);
  if (!code) code = nn_writer_add(writer, m->bias, m->labels * 4, &error);
  if (!code) code = nn_writer_add(writer, bag, bag_count * 2, &error);
  if (writer && nn_writer_close(&writer, !code, &error)) code = -1;
  free(dense);
  free(bag);
  if (code) fprintf(stderr, "%s: %s\n", path, error.what);
  return code;
}

#endif
