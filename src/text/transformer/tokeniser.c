/* tokeniser.c: a tokeniser out of a model file, every number checked once. */
#include <stdio.h>

#include "text/transformer/tokens.h"

enum { WORD_CHARACTERS = 2000 /* four bytes each fit in a part */ };
_Static_assert(WORD_CHARACTERS * 4 < TRANSFORMER_PART, "a word is never cut");

const char *const transformer_model_names[TRANSFORMER_MODELS] = {"wordpiece", "bpe", "unigram"};

static int refuse(mien_error *error, const char *what) {
  return base_error_set(error, MIEN_EMODEL, "the tokeniser of the text model", "import the model again",
                        "%s", what);
}

static int whole(const nn_file *file, const char *path, double low, double high, size_t *value,
                 mien_error *error) {
  double number = 0;
  int code = nn_file_number(file, path, &number, error);
  if (!code && !(number >= low && number <= high && number == floor(number)))
    code = base_error_set(error, MIEN_EMODEL, path, "import the model again", "a number is out of range");
  *value = code ? 0 : (size_t)number;
  return code;
}

static int characters(const nn_file *file, const char *list, size_t index, const char *key,
                      uint32_t *to, size_t *count, mien_error *error) {
  char path[64], text[4 * TRANSFORMER_STEP_CHARACTERS + 1];
  snprintf(path, sizeof path, "tokens.%s.%zu.%s", list, index, key);
  int code = nn_file_string(file, path, text, sizeof text, error);
  if (code) return code;
  size_t bytes = strlen(text), at = 0;
  *count = 0;
  while (at < bytes && *count < TRANSFORMER_STEP_CHARACTERS) {
    int step = base_utf8_next(text + at, bytes - at, &to[*count]);
    if (!step) return refuse(error, "a step has a text that is not UTF-8");
    at += (size_t)step;
    (*count)++;
  }
  return at == bytes ? MIEN_OK : refuse(error, "a step has a text of more than 8 characters");
}

static int steps(transformer_tokeniser *t, const nn_file *file, const char *list,
                 transformer_step *to, size_t *count, mien_error *error) {
  char path[64], name[16];
  snprintf(path, sizeof path, "tokens.%s_count", list);
  int code = whole(file, path, 0, TRANSFORMER_STEPS, count, error);
  for (size_t i = 0; i < *count && !code; i++) {
    transformer_step *step = &to[i];
    snprintf(path, sizeof path, "tokens.%s.%zu.do", list, i);
    code = nn_file_string(file, path, name, sizeof name, error);
    if (code) break;
    for (step->what = 0; step->what < STEP_COUNT; step->what++)
      if (!strcmp(transformer_step_names[step->what], name)) break;
    switch (step->what) {
    case STEP_COUNT: return refuse(error, "it has a step that this program does not know");
    case STEP_REPLACE:
      code = characters(file, list, i, "from", step->from, &step->from_count, error);
      if (!code && !step->from_count) code = refuse(error, "a step replaces nothing");
      if (!code) code = characters(file, list, i, "to", step->to, &step->to_count, error);
      break;
    case STEP_SPACES: case STEP_PREPEND:
      code = characters(file, list, i, "to", step->to, &step->to_count, error);
      break;
    case STEP_MARK: case STEP_MARK_FIRST: case STEP_MARK_NEVER: case STEP_CUT:
      code = characters(file, list, i, "to", step->to, &step->to_count, error);
      if (!code && step->to_count != 1) code = refuse(error, "a step's mark is not one character");
      break;
    case STEP_CHARSMAP:
      if (!t->has_charsmap) code = refuse(error, "its character map is missing");
      break;
    default: break;
    }
  }
  return code;
}

static int around(const nn_file *file, const char *name, uint32_t *ids, size_t *count, uint32_t rows,
                  mien_error *error) {
  char path[64];
  float numbers[TRANSFORMER_AROUND];
  snprintf(path, sizeof path, "tokens.%s_count", name);
  int code = whole(file, path, 0, TRANSFORMER_AROUND, count, error);
  snprintf(path, sizeof path, "tokens.%s", name);
  if (!code) code = nn_file_numbers(file, path, numbers, *count, error);
  for (size_t i = 0; i < *count && !code; i++) {
    if (!(numbers[i] >= 0 && numbers[i] < (float)rows && numbers[i] == floorf(numbers[i])))
      code = refuse(error, "a control token has no row");
    else
      ids[i] = (uint32_t)numbers[i];
  }
  return code;
}

/* A tensor of bytes, [1][count * each]. */
static const nn_tensor *bytes_of(const nn_file *file, const char *name, size_t count, size_t each,
                                 mien_error *error) {
  const uint32_t dims[2] = {1, (uint32_t)(count * each)};
  return nn_file_tensor(file, name, NN_I8, 2, dims, error);
}

static bool has(const nn_file *file, const char *name) {
  for (size_t i = 0; i < nn_file_count(file); i++)
    if (!strcmp(nn_file_tensor_at(file, i)->name, name)) return true;
  return false;
}

static uint32_t number_at(const uint8_t *bytes) {
  return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
         (uint32_t)bytes[3] << 24;
}

static int added(transformer_tokeniser *t, const nn_file *file, uint32_t rows, mien_error *error) {
  static const char *const names[2] = {"added", "added.normal"};
  for (int which = 0; which < 2; which++) {
    int code = transformer_vocabulary_open(&t->added[which], file, names[which], true, error);
    if (code) return code;
    if (!t->added[which].count) continue;
    char name[32];
    snprintf(name, sizeof name, "%s.ids", names[which]);
    const nn_tensor *ids = bytes_of(file, name, t->added[which].count, 4, error);
    if (!ids) return MIEN_EMODEL;
    t->added_ids[which] = ids->data;
    for (size_t i = 0; i < t->added[which].count; i++)
      if (number_at(t->added_ids[which] + 4 * i) >= rows)
        return refuse(error, "an added token has no row");
  }
  return MIEN_OK;
}

static int merges(transformer_tokeniser *t, const nn_file *file, mien_error *error) {
  const nn_tensor *table = bytes_of(file, "merges", 0, 0, error);
  if (!table) return MIEN_EMODEL;
  if (table->dims[1] % 12 || table->dims[1] / 12 > TRANSFORMER_PIECES)
    return refuse(error, "its table of merges is of a wrong size");
  size_t count = table->dims[1] / 12, slots = 16;
  while (slots < 2 * count) slots *= 2;
  t->merge_mask = (uint32_t)(slots - 1);
  t->merges = base_alloc(slots, sizeof *t->merges);
  if (!t->merges) return MIEN_ENOMEM;
  for (size_t i = 0; i < slots; i++) t->merges[i].rank = TRANSFORMER_NONE;
  const uint8_t *from = table->data;
  for (size_t i = 0; i < count; i++, from += 12) {
    transformer_merge merge = {number_at(from), number_at(from + 4), number_at(from + 8), (uint32_t)i};
    if (merge.left >= t->pieces.count || merge.right >= t->pieces.count || merge.made >= t->pieces.count)
      return refuse(error, "a merge is of pieces that are not there");
    uint64_t key = (uint64_t)merge.left << 32 | merge.right; /* as merge_of in pieces.c looks for it */
    uint32_t slot = (uint32_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 32) & t->merge_mask;
    while (t->merges[slot].rank != TRANSFORMER_NONE &&
           (t->merges[slot].left != merge.left || t->merges[slot].right != merge.right))
      slot = (slot + 1) & t->merge_mask;
    t->merges[slot] = merge;
  }
  for (int byte = 0; byte < 256; byte++) {
    char text = (char)byte;
    t->bytes[byte] = transformer_vocabulary_find(
        &t->pieces, transformer_hash(TRANSFORMER_HASH, (uint8_t)byte), "", 0, &text, 1);
  }
  return MIEN_OK;
}

static int scores(transformer_tokeniser *t, const nn_file *file, mien_error *error) {
  const nn_tensor *table = bytes_of(file, "vocabulary.scores", t->pieces.count, 8, error);
  if (!table) return MIEN_EMODEL;
  t->scores = table->data;
  double least = 0;
  for (size_t i = 0; i < t->pieces.count; i++) {
    double score;
    memcpy(&score, t->scores + 8 * i, sizeof score);
    if (!isfinite(score)) return refuse(error, "a piece's score is not a number");
    least = BASE_MIN(least, score);
  }
  t->unknown_score = least - 10; /* as the tokenizers library has it */
  return MIEN_OK;
}

int transformer_tokeniser_open(transformer_tokeniser *t, const nn_file *file, uint32_t rows,
                               mien_error *error) {
  *t = (transformer_tokeniser){0};
  char name[16];
  size_t unknown = 0;
  int code = nn_file_string(file, "tokens.model", name, sizeof name, error);
  for (t->model = 0; !code && t->model < TRANSFORMER_MODELS; t->model++)
    if (!strcmp(transformer_model_names[t->model], name)) break;
  if (!code && t->model == TRANSFORMER_MODELS)
    code = refuse(error, "it is of a kind that this program does not know");
  if (!code) code = transformer_vocabulary_open(&t->pieces, file, "vocabulary", false, error);
  if (!code && t->pieces.count > rows) code = refuse(error, "it has more pieces than there are rows");
  if (!code) code = whole(file, "tokens.unknown", 0, UINT32_MAX, &unknown, error); /* the last: none */
  t->unknown = (uint32_t)unknown;
  if (!code && t->unknown != TRANSFORMER_NONE && t->unknown >= rows)
    code = refuse(error, "the unknown token has no row");
  if (!code && has(file, "charsmap")) {
    const nn_tensor *map = bytes_of(file, "charsmap", 0, 0, error);
    if (!map) code = MIEN_EMODEL;
    else if (!transformer_charsmap_open(&t->charsmap, map->data, map->dims[1]))
      code = refuse(error, "its character map is damaged");
    else
      t->has_charsmap = true;
  }
  if (!code) code = steps(t, file, "normal", t->normal, &t->normal_count, error);
  if (!code) code = steps(t, file, "split", t->split, &t->split_count, error);
  if (!code) code = around(file, "first", t->first, &t->first_count, rows, error);
  if (!code) code = around(file, "last", t->last, &t->last_count, rows, error);
  if (!code) code = added(t, file, rows, error);
  if (!code && t->model == TRANSFORMER_WORDPIECE) {
    code = nn_file_string(file, "tokens.continuing", t->continuing, sizeof t->continuing, error);
    t->continuing_bytes = strlen(t->continuing);
    if (!code)
      code = whole(file, "tokens.word_characters", 1, WORD_CHARACTERS, &t->word_characters, error);
  }
  if (!code && t->model == TRANSFORMER_BPE) code = merges(t, file, error);
  if (!code && t->model == TRANSFORMER_UNIGRAM) code = scores(t, file, error);
  if (!code && t->model != TRANSFORMER_BPE && t->unknown == TRANSFORMER_NONE)
    code = refuse(error, "it has no unknown token");
  if (code == MIEN_ENOMEM)
    base_error_set(error, code, "the text model", "free some memory", "out of memory");
  return code;
}

void transformer_tokeniser_clear(transformer_tokeniser *t) {
  transformer_vocabulary_clear(&t->pieces);
  transformer_vocabulary_clear(&t->added[0]);
  transformer_vocabulary_clear(&t->added[1]);
  base_free(t->merges);
  *t = (transformer_tokeniser){0};
}
