/* beyond.c: what the bulk model tells beyond the reading, for evaluation. */
#include "text/model.h"

const float *text_bulk_hidden(const void *reader, size_t *count) {
  const text_bulk_reader *r = reader;
  *count = r->model->depth;
  return r->hidden;
}

/* The shares are those of cues.c, of all tokens. */
int text_bulk_contributions(void *reader, const char *utf8, size_t bytes, text_contribution *list,
                            size_t capacity) {
  text_bulk_reader *r = reader;
  mien_reading reading;
  bool wanted = r->cues_wanted;
  r->cues_wanted = true;
  int code = text_kind_bulk.read(r, utf8, bytes, &reading);
  r->cues_wanted = wanted;
  if (code) return code;
  size_t T = r->tokens.count, A = r->model->slices, count = BASE_MIN(T, capacity);
  for (size_t t = 0; t < count; t++) {
    float attention = 0;
    for (size_t a = 0; a < A; a++) attention += r->weights[a * T + t] / (float)A;
    list[t] = (text_contribution){r->tokens.items[t].at, r->tokens.items[t].length, r->spoken[t],
                                  attention};
  }
  return (int)count;
}
