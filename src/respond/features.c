/* features.c: see features.h. */
#include "respond/features.h"

#include "engine/engine.h"
#include "text/tokens.h"

struct respond_reader {
  nn_file *file;
  text_model *model;
  text_reader *text;
  text_tokens tokens;
  char sha256[65];
};

void respond_reader_close(respond_reader **reader) {
  if (!*reader) return;
  text_reader_close(&(*reader)->text);
  text_model_close(&(*reader)->model);
  nn_file_close(&(*reader)->file);
  base_free(*reader);
  *reader = NULL;
}

const char *respond_reader_sha256(const respond_reader *reader) { return reader->sha256; }

int respond_reader_open(respond_reader **reader, const char *sha256, mien_error *error) {
  const char *label = "text-deep.mien inside the program";
  const engine_embedded *inside = engine_embedded_find("text-deep");
  respond_reader *opened = *reader = base_alloc(1, sizeof *opened);
  if (!opened) return base_error_set(error, MIEN_ENOMEM, label, "", "no memory for the features");
  int code = inside ? nn_file_open_inside(&opened->file, inside->start, (size_t)(inside->end - inside->start), label, error)
                    : base_error_set(error, MIEN_EMODEL, label, "use a program that has it",
                                     "the deep text model, which the scorers read with, is not there");
  if (!code) {
    nn_file_sha256(opened->file, opened->sha256);
    if (sha256 && strcmp(sha256, opened->sha256))
      code = base_error_set(error, MIEN_EMODEL, label, "train it again beside this one (train/respond.py)",
                            "the model was trained beside the deep text model %.16s…, not this one, %.16s…", sha256,
                            opened->sha256);
  }
  if (!code) code = text_model_open(&opened->model, opened->file, error);
  if (!code && (code = text_reader_open(&opened->text, opened->model)))
    base_error_set(error, code, label, "", "no memory for the text model");
  size_t depth = 0;
  if (!code && (!text_reader_hidden(opened->text, &depth) || depth != RESPOND_DEPTH))
    code = base_error_set(error, MIEN_EMODEL, label, "train the scorers for its width", "its hidden layer is %zu wide, not %d",
                          depth, RESPOND_DEPTH);
  if (!code) text_reader_cues(opened->text, false);
  else respond_reader_close(reader);
  return code;
}

static size_t bytes_of(const char *text) { return strnlen(text, RESPOND_TURN_BYTES); }

/* The hidden layer of `turns[at]`, read after those before it as a session does. */
static void hidden_of(respond_reader *reader, const respond_turn *turns, size_t at, float *hidden) {
  text_turn before[3];
  size_t count = 0, depth;
  for (size_t i = at - BASE_MIN(at, BASE_COUNT(before)); i < at; i++)
    before[count++] = (text_turn){turns[i].text, bytes_of(turns[i].text), !strcmp(turns[i].who, turns[at].who)};
  mien_reading reading;
  text_read_after(reader->text, before, count, turns[at].text, bytes_of(turns[at].text), &reading);
  memcpy(hidden, text_reader_hidden(reader->text, &depth), RESPOND_DEPTH * sizeof *hidden);
}

/* ---- Words ------------------------------------------------------------------------------------------------------- */

/* FNV-1a (Fowler, Noll & Vo 1991) over what an entry is of and its characters. */
static uint32_t hash_of(uint32_t hash, const text_tokens *tokens, size_t token) {
  const text_token *t = &tokens->items[token];
  for (uint32_t c = 0; c < t->count; c++)
    for (int shift = 0; shift < 24; shift += 8) hash = (hash ^ (tokens->characters[t->first + c] >> shift & 255)) * 16777619u;
  return (hash ^ 0xFF) * 16777619u; /* the end of a token */
}

static void add(respond_bag *bag, uint32_t hash) {
  uint32_t bucket = (hash ^ hash >> 15) % RESPOND_BUCKETS;
  if (bag->count == RESPOND_BAG || bag->seen[bucket / 8] >> bucket % 8 & 1) return;
  bag->seen[bucket / 8] |= (uint8_t)(1 << bucket % 8);
  bag->entries[bag->count++] = bucket;
}

void respond_bag_add(respond_reader *reader, int of, const char *text, respond_bag *bag) {
  const uint32_t start = (2166136261u ^ (uint32_t)of) * 16777619u;
  text_tokens *tokens = &reader->tokens;
  text_tokenise(tokens, text, bytes_of(text), TEXT_PAIRS);
  for (size_t i = 0; i < tokens->count; i++) {
    uint32_t word = hash_of(start, tokens, i);
    add(bag, word);
    if (!i) add(bag, (word ^ 1) * 16777619u); /* it begins the text */
    if (i + 1 < tokens->count) add(bag, hash_of(word, tokens, i + 1));
  }
}

static bool is_word(const text_tokens *tokens, size_t token, const char *const *words) {
  const text_token *t = &tokens->items[token];
  for (; *words; words++) {
    uint32_t c = 0;
    while (c < t->count && (*words)[c] && (uint32_t)(unsigned char)(*words)[c] == tokens->characters[t->first + c]) c++;
    if (c == t->count && !(*words)[c]) return true;
  }
  return false;
}

void respond_sizes(respond_reader *reader, const char *text, float sizes[RESPOND_SIZES]) {
  static const char *const own[] = {"i", "me", "my", "mine", "myself", "i'm", "i've", "i'd", "i'll", NULL},
                    *const other[] = {"you", "your", "yours", "yourself", "you're", "you've", "you'd", "you'll", "u", "ur", NULL};
  text_tokens *tokens = &reader->tokens;
  text_tokenise(tokens, text, bytes_of(text), TEXT_PAIRS);
  float of_own = 0, of_other = 0;
  memset(sizes, 0, RESPOND_SIZES * sizeof *sizes);
  for (size_t i = 0; i < tokens->count; i++) {
    const text_token *t = &tokens->items[i];
    of_own += is_word(tokens, i, own);
    of_other += is_word(tokens, i, other);
    for (uint32_t c = 0; c < t->count && t->kind == TEXT_PUNCTUATION; c++) {
      if (tokens->characters[t->first + c] == '?') sizes[1] = 1;
      if (tokens->characters[t->first + c] == '!') sizes[2] = 1;
    }
  }
  sizes[0] = log1pf((float)tokens->count) / 3;
  sizes[3] = of_own / (float)BASE_MAX(tokens->count, (size_t)1);
  sizes[4] = of_other / (float)BASE_MAX(tokens->count, (size_t)1);
}

/* ---- A conversation ---------------------------------------------------------------------------------------------- */

static bool takes_leave(const text_tokens *tokens) {
  static const char *const words[] = {"thank", "thanks", "thx", "bye", "goodbye", NULL};
  for (size_t i = 0; i < tokens->count; i++)
    if (is_word(tokens, i, words)) return true;
  return false;
}

/* [RESPOND_NUMBERS]: 0 log(1 + answers so far) / 3 · 1 this is the first · 2 … of the first three · 3 turns in a row of
 * the person to be answered, log(1 + n) · 4 answers so far / 16, at most 1 · 5–9 sizes of the last turn · 10–14 sizes of
 * the answerer's last · 15–26 the answerer's last strategy, one of twelve · 27 it is known · 28–39 the one before · 40 it
 * is known · 41–52 how often each was taken, log(1 + n) · 53 tokens of the person's turns in a row, log(1 + n) / 5 · 54
 * thanks or goodbye in the last turn · 55 the person has spoken once only · 56–71 answers so far: 0, 1, … 15 or more · 72–83 how
 * often each strategy was taken, each answer ago counting 0.8 of the one after it · 84–95 the strategy before the one before */
static void numbers_of(respond_reader *reader, const respond_turn *turns, size_t count, float *x) {
  const char *person = turns[count - 1].who;
  size_t answers = 0, row = 0, last = count, spoken = 0;
  float tokens = 0, weight = 1;
  memset(x, 0, RESPOND_NUMBERS * sizeof *x);
  for (size_t i = count; i-- > 0;) {
    if (!strcmp(turns[i].who, person)) {
      spoken++;
      if (answers) continue;
      float sizes[RESPOND_SIZES];
      row++;
      respond_sizes(reader, turns[i].text, sizes);
      tokens += (float)reader->tokens.count;
      if (row == 1) {
        memcpy(x + 5, sizes, sizeof sizes);
        x[54] = takes_leave(&reader->tokens);
      }
      continue;
    }
    int strategy = turns[i].strategy;
    if (!answers) last = i;
    if (strategy >= 0) {
      if (!answers) x[15 + strategy] = x[27] = 1;
      if (answers == 1) x[28 + strategy] = x[40] = 1;
      if (answers == 2) x[84 + strategy] = 1;
      x[41 + strategy]++;
      x[72 + strategy] += weight;
    }
    weight *= 0.8f;
    answers++;
  }
  x[0] = log1pf((float)answers) / 3;
  x[1] = answers == 0;
  x[2] = answers < 3;
  x[3] = log1pf((float)row);
  x[4] = BASE_MIN((float)answers / 16, 1.0f);
  if (last < count) respond_sizes(reader, turns[last].text, x + 10);
  for (int s = 0; s < RESPOND_STRATEGIES; s++) x[41 + s] = log1pf(x[41 + s]);
  x[53] = log1pf(tokens) / 5;
  x[55] = spoken == 1;
  x[56 + BASE_MIN(answers, (size_t)15)] = 1;
}

void respond_features(respond_reader *reader, const respond_turn *turns, size_t count, float *dense) {
  size_t last = count;
  numbers_of(reader, turns, count, dense);
  memset(dense + RESPOND_NUMBERS, 0, RESPOND_LAYERS * RESPOND_DEPTH * sizeof *dense);
  hidden_of(reader, turns, count - 1, dense + RESPOND_NUMBERS);
  while (last && !strcmp(turns[last - 1].who, turns[count - 1].who)) last--;
  if (last) hidden_of(reader, turns, last - 1, dense + RESPOND_NUMBERS + RESPOND_DEPTH);
}

void respond_reply_features(respond_reader *reader, const char *post, const char *text, float *dense, respond_bag *bag) {
  const respond_turn turns[2] = {{"them", post, -1}, {"us", text, -1}};
  bool answers = post && *post;
  memset(dense, 0, RESPOND_REPLY * sizeof *dense);
  memset(bag, 0, sizeof *bag);
  respond_sizes(reader, text, dense);
  if (answers) respond_sizes(reader, post, dense + RESPOND_SIZES);
  float *hidden = dense + 2 * RESPOND_SIZES;
  hidden_of(reader, answers ? turns : turns + 1, answers ? 1 : 0, hidden);
  if (answers) hidden_of(reader, turns, 0, hidden + RESPOND_DEPTH);
  respond_bag_add(reader, answers ? RESPOND_OF_REPLY : RESPOND_OF_ALONE, text, bag);
  if (answers) respond_bag_add(reader, RESPOND_OF_POST, post, bag);
}
