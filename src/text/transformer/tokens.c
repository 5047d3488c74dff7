/* tokens.c: a text through the steps to the pieces. Added tokens are cut out first, as they are
 * written and, in what is between them, as they are normalised. */
#include "text/transformer/tokens.h"

/* ---- One thread's memory ---------------------------------------------------------------------- */
int transformer_tokens_open(transformer_tokens *w, size_t positions) {
  *w = (transformer_tokens){.positions = positions, .look = positions * TRANSFORMER_LOOK};
  size_t capacity = 2 * w->look;
  w->ids = base_alloc(positions, sizeof *w->ids);
  w->raw = base_alloc(w->look, sizeof *w->raw);
  w->part = base_alloc(TRANSFORMER_PART + 4, 1);
  w->work = base_alloc(1, transformer_work_bytes());
  bool failed = !w->ids || !w->raw || !w->part || !w->work;
  for (size_t i = 0; i < BASE_COUNT(w->lines); i++) {
    transformer_line *line = &w->lines[i];
    line->capacity = capacity;
    line->characters = base_alloc(capacity, sizeof *line->characters);
    line->ends = base_alloc(capacity, sizeof *line->ends);
    failed |= !line->characters || !line->ends;
  }
  if (!failed) return MIEN_OK;
  transformer_tokens_clear(w);
  return MIEN_ENOMEM;
}

void transformer_tokens_clear(transformer_tokens *w) {
  base_free(w->ids);
  base_free(w->raw);
  base_free(w->part);
  base_free(w->work);
  for (size_t i = 0; i < BASE_COUNT(w->lines); i++) {
    base_free(w->lines[i].characters);
    base_free(w->lines[i].ends);
  }
  *w = (transformer_tokens){0};
}

/* ---- Steps -------------------------------------------------------------------------------------- */

static void fill(transformer_line *line, const uint32_t *characters, size_t count) {
  line->count = BASE_MIN(count, line->capacity);
  line->parts = line->count > 0;
  memcpy(line->characters, characters, line->count * sizeof *characters);
  line->ends[0] = (uint32_t)line->count;
}

/* Runs the list on two lines in turn; returns the one that has the outcome. */
static const transformer_line *run(const transformer_tokeniser *t, const transformer_step *steps,
                                   size_t count, bool first, transformer_line *line,
                                   transformer_line *other) {
  for (size_t i = 0; i < count; i++) {
    transformer_step_run(&steps[i], t->has_charsmap ? &t->charsmap : NULL, first, line, other);
    transformer_line *swap = line;
    line = other;
    other = swap;
  }
  return line;
}

/* One part to its pieces, in slices where it is too long. */
static void encode_part(const transformer_tokeniser *t, transformer_tokens *w, const uint32_t *from,
                        size_t count) {
  if (t->model == TRANSFORMER_WORDPIECE && count > t->word_characters) {
    transformer_push_piece(t, w, TRANSFORMER_NONE);
    return;
  }
  size_t bytes = 0, characters = 0;
  for (size_t i = 0; i < count; i++) {
    bytes += transformer_encode(from[i], w->part + bytes);
    characters++;
    if (i + 1 < count && bytes + 4 <= TRANSFORMER_PART) continue;
    switch (t->model) {
    case TRANSFORMER_WORDPIECE: transformer_wordpiece(t, w, w->part, bytes, characters); break;
    case TRANSFORMER_BPE: transformer_bpe(t, w, w->part, bytes); break;
    default: transformer_unigram(t, w, w->part, bytes); break;
    }
    bytes = characters = 0;
  }
}

/* ---- Added tokens --------------------------------------------------------------------------------- */

/* The longest added token at the start, or NONE; *length in characters. */
static uint32_t added_at(const transformer_vocabulary *added, const uint32_t *from, size_t count,
                         size_t *length) {
  uint32_t best = TRANSFORMER_NONE;
  uint64_t hash = TRANSFORMER_HASH;
  char text[TRANSFORMER_PIECE_BYTES];
  size_t bytes = 0;
  for (size_t i = 0; i < count && bytes + 4 <= BASE_MIN(added->longest + 4, sizeof text); i++) {
    size_t more = transformer_encode(from[i], text + bytes);
    for (size_t k = 0; k < more; k++) hash = transformer_hash(hash, (uint8_t)text[bytes + k]);
    bytes += more;
    uint32_t found = transformer_vocabulary_find(added, hash, "", 0, text, bytes);
    if (found == TRANSFORMER_NONE) continue;
    best = found;
    *length = i + 1;
  }
  return best;
}

typedef void next_stage(const transformer_tokeniser *t, transformer_tokens *w, const uint32_t *from,
                        size_t count, bool first);

/* Cuts at the added tokens of `which`; what is between them goes on to `next`. */
static void cut_added(const transformer_tokeniser *t, transformer_tokens *w, int which,
                      const uint32_t *from, size_t count, bool first, next_stage *next) {
  const transformer_vocabulary *added = &t->added[which];
  size_t begin = 0, i = 0;
  while (added->count && i < count) {
    size_t length = 1;
    uint32_t found = added_at(added, from + i, count - i, &length);
    if (found != TRANSFORMER_NONE) {
      if (i > begin) next(t, w, from + begin, i - begin, first && begin == 0);
      const uint8_t *id = t->added_ids[which] + 4 * (size_t)found;
      transformer_push_piece(t, w, (uint32_t)id[0] | (uint32_t)id[1] << 8 | (uint32_t)id[2] << 16 |
                                       (uint32_t)id[3] << 24);
      begin = i + length;
    }
    i += length;
  }
  if (count > begin) next(t, w, from + begin, count - begin, first && begin == 0);
}

static void split_stage(const transformer_tokeniser *t, transformer_tokens *w, const uint32_t *from,
                        size_t count, bool first) {
  fill(&w->lines[2], from, count);
  const transformer_line *line = run(t, t->split, t->split_count, first, &w->lines[2], &w->lines[3]);
  size_t begin = 0;
  for (size_t i = 0; i < line->parts; begin = line->ends[i++])
    encode_part(t, w, line->characters + begin, line->ends[i] - begin);
}

static void normal_stage(const transformer_tokeniser *t, transformer_tokens *w, const uint32_t *from,
                         size_t count, bool first) {
  fill(&w->lines[0], from, count);
  const transformer_line *line = run(t, t->normal, t->normal_count, first, &w->lines[0], &w->lines[1]);
  cut_added(t, w, 1, line->characters, line->count, first, split_stage);
}

void transformer_tokenise(const transformer_tokeniser *t, transformer_tokens *w, const char *utf8,
                          size_t bytes) {
  w->count = w->pieces = w->unknown = w->invalid = w->looked = 0;
  for (size_t i = 0; i < t->first_count; i++) w->ids[w->count++] = t->first[i];
  size_t count = 0;
  while (w->looked < bytes && w->looked < w->look) {
    uint32_t c = 0xfffd;
    int step = base_utf8_next(utf8 + w->looked, bytes - w->looked, &c);
    w->invalid += step == 0;
    w->raw[count++] = step == 0 ? 0xfffd : c ? c : ' '; /* NULs are read as spaces */
    w->looked += step ? (size_t)step : 1;
  }
  cut_added(t, w, 0, w->raw, count, true, normal_stage);
  for (size_t i = 0; i < t->last_count; i++) w->ids[w->count++] = t->last[i];
}
