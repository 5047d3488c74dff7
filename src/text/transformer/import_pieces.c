/* import_pieces.c: the pieces of a tokeniser and their numbers, out of tokenizer.json, or of the older
 * vocab.txt (WordPiece) or vocab.json and merges.txt (byte-level BPE). */
#include "text/transformer/import.h"

static const char tokens[] = "tokenizer.json", words[] = "its vocabulary";
static const char again[] = "download or save the checkpoint again";
static const char other[] = "import a checkpoint with the tokeniser of its family (docs/import.md)";

static void put_number(base_text *to, uint32_t number, int bytes) {
  char out[4];
  for (int i = 0; i < bytes; i++) out[i] = (char)(number >> 8 * i & 0xff);
  base_text_add(to, out, (size_t)bytes);
}

/* ---- Byte-level spelling: each byte as a visible character -------------------------------------- */

/* The byte that a character stands for, or -1: the printable bytes of Latin-1 stand for themselves, the
 * others in order for U+0100 and what follows. */
static int byte_of(uint32_t c) {
  static const uint32_t shown[][2] = {{'!', '~'}, {0xa1, 0xac}, {0xae, 0xff}};
  if (c >= 0x144) return -1;
  for (size_t i = 0; i < BASE_COUNT(shown); i++)
    if (c >= shown[i][0] && c <= shown[i][1]) return (int)c;
  uint32_t next = 0x100;
  for (uint32_t byte = 0; byte < 256; byte++) {
    bool itself = false;
    for (size_t i = 0; i < BASE_COUNT(shown); i++) itself |= byte >= shown[i][0] && byte <= shown[i][1];
    if (!itself && next++ == c) return (int)byte;
  }
  return -1;
}

/* ---- One vocabulary ------------------------------------------------------------------------------ */

/* `bytes`: the text is spelled byte by byte, and is written as these. */
static int put_piece(import_words *to, const char *text, size_t length, bool hidden, bool spelled,
                     mien_error *error) {
  size_t begin = to->text.length;
  for (size_t at = 0; spelled && at < length;) {
    uint32_t c = 0;
    int step = base_utf8_next(text + at, length - at, &c), byte = step ? byte_of(c) : -1;
    if (byte < 0) {
      hidden = true; /* no text can give it: it is kept as it stands */
      spelled = false;
      to->text.length = begin;
      break;
    }
    char out = (char)byte;
    base_text_add(&to->text, &out, 1);
    at += (size_t)step;
  }
  if (!spelled) base_text_add(&to->text, text, length);
  if (to->text.failed) return import_out_of_memory(error);
  size_t bytes = to->text.length - begin;
  if (bytes == 0 || bytes > TRANSFORMER_PIECE_BYTES)
    return import_refuse(error, words, again, "token %zu is empty or longer than %d bytes", to->count,
                         TRANSFORMER_PIECE_BYTES);
  put_number(&to->lengths, (uint32_t)bytes | (hidden ? TRANSFORMER_HIDDEN : 0), 2);
  to->count++;
  return to->lengths.failed ? import_out_of_memory(error) : MIEN_OK;
}

/* The number of an added token, or -1. */
static json_int_t added_number(const json_t *token) {
  const json_t *id = json_object_get(token, "id");
  return json_is_integer(id) ? json_integer_value(id) : -1;
}

/* hidden[id]: it is a control token, which no text gives. */
static void mark_special(const json_t *added, bool *hidden, size_t count) {
  for (size_t i = 0; i < json_array_size(added); i++) {
    const json_t *token = json_array_get(added, i);
    json_int_t id = added_number(token);
    if (id >= 0 && id < (json_int_t)count && json_is_true(json_object_get(token, "special")))
      hidden[id] = true;
  }
}

static int pieces_of_object(import_plan *plan, const json_t *vocabulary, const json_t *added, bool spelled,
                            mien_error *error) {
  size_t count = json_object_size(vocabulary);
  if (!json_is_object(vocabulary) || !count || count > TRANSFORMER_PIECES)
    return import_refuse(error, words, again, "its vocabulary has not 1 to %d tokens", TRANSFORMER_PIECES);
  const char **pieces = base_alloc(count, sizeof *pieces); /* by number */
  bool *hidden = base_alloc(count, sizeof *hidden);
  int code = pieces && hidden ? MIEN_OK : import_out_of_memory(error);
  const char *text;
  json_t *number;
  json_object_foreach((json_t *)(uintptr_t)vocabulary, text, number) {
    if (code) break;
    json_int_t id = json_is_integer(number) ? json_integer_value(number) : -1;
    if (id < 0 || id >= (json_int_t)count)
      code = import_refuse(error, words, again,
                           "token '%.60s' has a number that is not below the %zu of the vocabulary: it "
                           "has holes, or is damaged", text, count);
    else if (pieces[id])
      code = import_refuse(error, words, again, "tokens '%.60s' and '%.60s' have the same number",
                           pieces[id], text);
    else
      pieces[id] = text;
  }
  if (!code) mark_special(added, hidden, count);
  for (size_t i = 0; i < count && !code; i++)
    code = put_piece(&plan->pieces, pieces[i], strlen(pieces[i]), hidden[i], spelled, error);
  base_free(hidden);
  base_free(pieces);
  return code;
}

static int pieces_of_list(import_plan *plan, const json_t *list, const json_t *added, mien_error *error) {
  size_t count = json_array_size(list);
  if (!count || count > TRANSFORMER_PIECES)
    return import_refuse(error, words, again, "its vocabulary has not 1 to %d tokens", TRANSFORMER_PIECES);
  bool *hidden = base_alloc(count, sizeof *hidden);
  if (!hidden) return import_out_of_memory(error);
  mark_special(added, hidden, count);
  int code = MIEN_OK;
  for (size_t i = 0; i < count && !code; i++) {
    const json_t *entry = json_array_get(list, i), *text = json_array_get(entry, 0);
    const json_t *score = json_array_get(entry, 1);
    double value = json_number_value(score);
    if (!json_is_string(text) || !json_is_number(score) || !isfinite(value)) {
      code = import_refuse(error, words, again, "token %zu is not a text and a score", i);
      break;
    }
    code = put_piece(&plan->pieces, json_string_value(text), json_string_length(text),
                     hidden[i] || i == plan->unknown, false, error);
    base_text_add(&plan->scores, (const char *)&value, sizeof value);
  }
  base_free(hidden);
  return code ? code : plan->scores.failed ? import_out_of_memory(error) : MIEN_OK;
}

/* ---- Added tokens ---------------------------------------------------------------------------------- */

static int normalised(const import_plan *plan, const char *text, base_text *to, mien_error *error);

static int added_tokens(import_plan *plan, const json_t *added, mien_error *error) {
  static const char *const flags[] = {"single_word", "lstrip", "rstrip"};
  for (size_t i = 0; i < json_array_size(added); i++) {
    const json_t *token = json_array_get(added, i);
    const char *text = json_string_value(json_object_get(token, "content"));
    json_int_t id = added_number(token);
    if (!text || !*text || id < 0 || id >= TRANSFORMER_PIECES)
      return import_refuse(error, tokens, again, "added token %zu has no text or no number", i);
    plan->largest = BASE_MAX(plan->largest, (uint32_t)id);
    if (json_is_true(json_object_get(token, "special"))) continue; /* a text never gives it */
    for (size_t k = 0; k < BASE_COUNT(flags); k++)
      if (json_is_true(json_object_get(token, flags[k])))
        return import_refuse(error, tokens, other, "its added token '%.60s' has '%s', which is not read",
                             text, flags[k]);
    bool late = json_is_true(json_object_get(token, "normalized"));
    base_text content = {0};
    int code = MIEN_OK;
    if (late) code = normalised(plan, text, &content, error);
    else base_text_puts(&content, text);
    if (!code && content.failed) code = import_out_of_memory(error);
    if (!code && content.length) {
      code = put_piece(&plan->added[late], content.data, content.length, false, false, error);
      put_number(&plan->added[late].ids, (uint32_t)id, 4);
      if (plan->added[late].ids.failed) code = import_out_of_memory(error);
    }
    base_text_clear(&content);
    if (code) return code;
  }
  return MIEN_OK;
}

/* The text after the normal steps, as a text of somebody would be. */
static int normalised(const import_plan *plan, const char *text, base_text *to, mien_error *error) {
  uint32_t characters[2][2 * TRANSFORMER_PIECE_BYTES], ends[2][2 * TRANSFORMER_PIECE_BYTES];
  transformer_line lines[2] = {{characters[0], ends[0], 0, 0, 2 * TRANSFORMER_PIECE_BYTES},
                               {characters[1], ends[1], 0, 0, 2 * TRANSFORMER_PIECE_BYTES}};
  transformer_charsmap map;
  bool mapped = plan->charsmap.length &&
                transformer_charsmap_open(&map, plan->charsmap.data, plan->charsmap.length);
  size_t bytes = strlen(text), at = 0, line = 0;
  if (bytes > TRANSFORMER_PIECE_BYTES)
    return import_refuse(error, tokens, again, "added token '%.60s' is longer than %d bytes", text,
                         TRANSFORMER_PIECE_BYTES);
  while (at < bytes) {
    uint32_t c = 0xfffd;
    int step = base_utf8_next(text + at, bytes - at, &c);
    transformer_push(&lines[0], step ? c : 0xfffd);
    at += step ? (size_t)step : 1;
  }
  transformer_end(&lines[0]);
  for (size_t i = 0; i < plan->normal_count; i++, line ^= 1)
    transformer_step_run(&plan->normal[i], mapped ? &map : NULL, true, &lines[line], &lines[line ^ 1]);
  for (size_t i = 0; i < lines[line].count; i++) {
    char utf8[4];
    base_text_add(to, utf8, transformer_encode(lines[line].characters[i], utf8));
  }
  return MIEN_OK;
}

/* ---- Merges ----------------------------------------------------------------------------------------- */

static int put_merge(import_plan *plan, const json_t *vocabulary, const char *left, size_t left_bytes,
                     const char *right, size_t right_bytes, size_t index, const char *where,
                     mien_error *error) {
  char both[2 * TRANSFORMER_PIECE_BYTES + 1], one[TRANSFORMER_PIECE_BYTES + 1];
  const json_t *ids[3] = {NULL, NULL, NULL};
  if (left_bytes && right_bytes && left_bytes <= TRANSFORMER_PIECE_BYTES &&
      right_bytes <= TRANSFORMER_PIECE_BYTES) {
    memcpy(both, left, left_bytes);
    both[left_bytes] = 0;
    ids[0] = json_object_get(vocabulary, both);
    memcpy(both + left_bytes, right, right_bytes);
    both[left_bytes + right_bytes] = 0;
    ids[2] = json_object_get(vocabulary, both);
    memcpy(one, right, right_bytes);
    one[right_bytes] = 0;
    ids[1] = json_object_get(vocabulary, one);
  }
  for (int i = 0; i < 3; i++) {
    if (!json_is_integer(ids[i]))
      return import_refuse(error, where, again, "merge %zu is of tokens that are not in the vocabulary", index);
    put_number(&plan->merges, (uint32_t)json_integer_value(ids[i]), 4); /* checked with the pieces */
  }
  return MIEN_OK;
}

static int put_merge_line(import_plan *plan, const json_t *vocabulary, const char *line, size_t bytes,
                          size_t index, const char *where, mien_error *error) {
  const char *gap = memchr(line, ' ', bytes);
  size_t left = gap ? (size_t)(gap - line) : 0;
  return put_merge(plan, vocabulary, line, left, line + left + 1, gap ? bytes - left - 1 : 0, index, where,
                   error);
}

static int merges_of_list(import_plan *plan, const json_t *vocabulary, const json_t *list,
                          mien_error *error) {
  if (!json_array_size(list) || json_array_size(list) > TRANSFORMER_PIECES)
    return import_refuse(error, tokens, again, "its BPE has not 1 to %d merges", TRANSFORMER_PIECES);
  int code = MIEN_OK;
  for (size_t i = 0; i < json_array_size(list) && !code; i++) {
    const json_t *merge = json_array_get(list, i);
    const json_t *left = json_array_get(merge, 0), *right = json_array_get(merge, 1);
    if (json_is_string(merge))
      code = put_merge_line(plan, vocabulary, json_string_value(merge), json_string_length(merge), i,
                            tokens, error);
    else
      code = put_merge(plan, vocabulary, json_string_value(left), json_string_length(left),
                       json_string_value(right), json_string_length(right), i, tokens, error);
  }
  return code ? code : plan->merges.failed ? import_out_of_memory(error) : MIEN_OK;
}

/* ---- tokenizer.json ---------------------------------------------------------------------------------- */

static bool is_set(const json_t *json, const char *key) {
  const json_t *value = json_object_get(json, key);
  return json_is_true(value) || json_string_length(value) > 0;
}

static int wordpiece(import_plan *plan, const json_t *model, const json_t *added, mien_error *error) {
  const json_t *vocabulary = json_object_get(model, "vocab");
  const char *unknown = json_string_value(json_object_get(model, "unk_token"));
  const char *prefix = json_string_value(json_object_get(model, "continuing_subword_prefix"));
  const json_t *longest = json_object_get(model, "max_input_chars_per_word");
  const json_t *id = json_object_get(vocabulary, unknown ? unknown : "[UNK]");
  if (!json_is_integer(id))
    return import_refuse(error, tokens, again, "its unknown token is not in the vocabulary");
  plan->unknown = (uint32_t)json_integer_value(id);
  base_text_puts(&plan->continuing, prefix ? prefix : "##");
  plan->word_characters = json_is_integer(longest) && json_integer_value(longest) > 0
                              ? (size_t)BASE_MIN(json_integer_value(longest), 2000)
                              : 100;
  if (plan->continuing.failed) return import_out_of_memory(error);
  if (plan->continuing.length >= TRANSFORMER_CONTINUING)
    return import_refuse(error, tokens, other, "its continuing_subword_prefix is too long");
  return pieces_of_object(plan, vocabulary, added, false, error);
}

static int bpe(import_plan *plan, const json_t *model, const json_t *added, mien_error *error) {
  static const char *const unsupported[] = {"continuing_subword_prefix", "end_of_word_suffix",
                                            "byte_fallback", "ignore_merges", "dropout"};
  const json_t *vocabulary = json_object_get(model, "vocab");
  for (size_t i = 0; i < BASE_COUNT(unsupported); i++)
    if (is_set(model, unsupported[i]))
      return import_refuse(error, tokens, other, "its BPE has '%s', which is not supported", unsupported[i]);
  if (!import_is_byte_level(plan))
    return import_refuse(error, tokens, other, "its BPE is not byte-level, which alone is read");
  const json_t *unknown = json_object_get(model, "unk_token");
  const json_t *id = json_is_string(unknown) ? json_object_get(vocabulary, json_string_value(unknown)) : NULL;
  plan->unknown = json_is_integer(id) ? (uint32_t)json_integer_value(id) : TRANSFORMER_NONE;
  int code = pieces_of_object(plan, vocabulary, added, true, error);
  return code ? code : merges_of_list(plan, vocabulary, json_object_get(model, "merges"), error);
}

static int unigram(import_plan *plan, const json_t *model, const json_t *added, mien_error *error) {
  const json_t *unknown = json_object_get(model, "unk_id"), *list = json_object_get(model, "vocab");
  if (is_set(model, "byte_fallback"))
    return import_refuse(error, tokens, other, "its Unigram has 'byte_fallback', which is not supported");
  if (!json_is_integer(unknown) || json_integer_value(unknown) < 0 ||
      (size_t)json_integer_value(unknown) >= json_array_size(list))
    return import_refuse(error, tokens, again, "its unknown token is not in the vocabulary");
  plan->unknown = (uint32_t)json_integer_value(unknown);
  return pieces_of_list(plan, list, added, error);
}

static int from_json(import_plan *plan, const json_t *json, mien_error *error) {
  const json_t *model = json_object_get(json, "model"), *added = json_object_get(json, "added_tokens");
  const char *type = json_string_value(json_object_get(model, "type"));
  int code = import_normaliser(plan, json_object_get(json, "normalizer"), error);
  if (!code) code = import_pre_tokeniser(plan, json_object_get(json, "pre_tokenizer"), error);
  if (!code) code = import_post_processor(plan, json_object_get(json, "post_processor"), error);
  if (code) return code;
  if (!type) type = json_object_get(model, "merges") ? "BPE" : "WordPiece"; /* files of old versions */
  if (!strcmp(type, "WordPiece")) {
    plan->model = TRANSFORMER_WORDPIECE;
    code = wordpiece(plan, model, added, error);
  } else if (!strcmp(type, "BPE")) {
    plan->model = TRANSFORMER_BPE;
    code = bpe(plan, model, added, error);
  } else if (!strcmp(type, "Unigram")) {
    plan->model = TRANSFORMER_UNIGRAM;
    code = unigram(plan, model, added, error);
  } else {
    return import_refuse(error, tokens, other, "its model '%.40s' is not supported", type);
  }
  return code ? code : added_tokens(plan, added, error);
}

/* ---- The older files -------------------------------------------------------------------------------- */

static uint32_t number_of(const json_t *vocabulary, const char *text) {
  const json_t *id = json_object_get(vocabulary, text);
  return json_is_integer(id) ? (uint32_t)json_integer_value(id) : TRANSFORMER_NONE;
}

/* What stands around a text, by name; `added` gets the control tokens, so that no text gives them. */
static int control(import_plan *plan, const json_t *vocabulary, const char *first, const char *last,
                   const char *const *others, size_t count, const char *where, json_t **added,
                   mien_error *error) {
  plan->first[0] = number_of(vocabulary, first);
  plan->last[0] = number_of(vocabulary, last);
  plan->first_count = plan->last_count = 1;
  if (plan->first[0] == TRANSFORMER_NONE || plan->last[0] == TRANSFORMER_NONE)
    return import_refuse(error, where, "save the tokeniser as tokenizer.json as well",
                         "'%s' or '%s' is not in the vocabulary", first, last);
  *added = json_array();
  for (size_t i = 0; i < count && *added; i++)
    if (number_of(vocabulary, others[i]) != TRANSFORMER_NONE)
      json_array_append_new(*added, json_pack("{s:s, s:i, s:b}", "content", others[i], "id",
                                              (int)number_of(vocabulary, others[i]), "special", 1));
  return *added ? MIEN_OK : import_out_of_memory(error);
}

/* vocab.txt: a token a line, numbered from 0; the settings are those of tokenizer_config.json. */
static int from_lines(import_plan *plan, const char *text, mien_error *error) {
  static const char *const special[] = {"[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"};
  json_t *vocabulary = json_object(), *settings = NULL, *added = NULL;
  size_t count = 0;
  int code = vocabulary ? MIEN_OK : import_out_of_memory(error);
  while (!code && *text) {
    size_t line = strcspn(text, "\n"), length = line && text[line - 1] == '\r' ? line - 1 : line;
    if (!length || json_object_setn_new_nocheck(vocabulary, text, length, json_integer((json_int_t)count)))
      code = import_refuse(error, "vocab.txt", again, "line %zu is empty", count + 1);
    else if (json_object_size(vocabulary) != ++count)
      code = import_refuse(error, "vocab.txt", again, "line %zu repeats a token", count);
    text += line + (text[line] == '\n');
  }
  if (!code) code = import_json(plan, "tokenizer_config.json", IMPORT_CONFIG_BYTES, &settings, error);
  if (code == MIEN_EEND) code = MIEN_OK;
  json_t *normaliser = json_pack("{s:s, s:o*, s:o*, s:o*}", "type", "BertNormalizer", "lowercase",
                                 json_incref(json_object_get(settings, "do_lower_case")), "strip_accents",
                                 json_incref(json_object_get(settings, "strip_accents")),
                                 "handle_chinese_chars",
                                 json_incref(json_object_get(settings, "tokenize_chinese_chars")));
  if (!code) code = normaliser ? import_normaliser(plan, normaliser, error) : import_out_of_memory(error);
  if (!code)
    code = import_add_step(plan->split, &plan->split_count, STEP_BERT, NULL, NULL, error);
  if (!code)
    code = control(plan, vocabulary, "[CLS]", "[SEP]", special, BASE_COUNT(special), "vocab.txt", &added,
                   error);
  plan->model = TRANSFORMER_WORDPIECE;
  json_t *model = json_pack("{s:O*}", "vocab", vocabulary);
  if (!code) code = model ? wordpiece(plan, model, added, error) : import_out_of_memory(error);
  json_decref(model);
  json_decref(normaliser);
  json_decref(settings);
  json_decref(added);
  json_decref(vocabulary);
  return code;
}

static int merges_of_lines(import_plan *plan, const json_t *vocabulary, const char *text,
                           mien_error *error) {
  size_t count = 0;
  int code = MIEN_OK;
  while (!code && *text) {
    size_t line = strcspn(text, "\n"), length = line && text[line - 1] == '\r' ? line - 1 : line;
    bool comment = count == 0 && !strncmp(text, "#version", 8);
    if (length && !comment)
      code = put_merge_line(plan, vocabulary, text, length, count++, "merges.txt", error);
    if (!code && count > TRANSFORMER_PIECES)
      code = import_refuse(error, "merges.txt", again, "more than %d merges", TRANSFORMER_PIECES);
    text += line + (text[line] == '\n');
  }
  if (!code && !count) code = import_refuse(error, "merges.txt", again, "there are no merges in it");
  return code ? code : plan->merges.failed ? import_out_of_memory(error) : MIEN_OK;
}

/* vocab.json and merges.txt of RoBERTa. */
static int from_vocabulary(import_plan *plan, const json_t *vocabulary, mien_error *error) {
  static const char *const special[] = {"<s>", "</s>", "<unk>", "<pad>", "<mask>"};
  json_t *added = NULL, *settings = NULL;
  base_text merges = {0};
  int code = import_bytes(plan, "merges.txt", IMPORT_TOKENS_BYTES, &merges, error);
  if (code == MIEN_EEND)
    code = import_refuse(error, plan->folder, again, "there is a vocab.json, but no merges.txt");
  if (!code) code = import_json(plan, "tokenizer_config.json", IMPORT_CONFIG_BYTES, &settings, error);
  if (code == MIEN_EEND) code = MIEN_OK;
  if (!code && json_is_true(json_object_get(settings, "add_prefix_space")))
    code = import_add_step(plan->split, &plan->split_count, STEP_SPACE, NULL, NULL, error);
  if (!code) code = import_add_step(plan->split, &plan->split_count, STEP_GPT2, NULL, NULL, error);
  if (!code)
    code = control(plan, vocabulary, "<s>", "</s>", special, BASE_COUNT(special), "vocab.json", &added,
                   error);
  plan->model = TRANSFORMER_BPE;
  plan->unknown = number_of(vocabulary, "<unk>");
  if (!code) code = pieces_of_object(plan, vocabulary, added, true, error);
  if (!code) code = merges_of_lines(plan, vocabulary, merges.data ? merges.data : "", error);
  base_text_clear(&merges);
  json_decref(settings);
  json_decref(added);
  return code;
}

/* The numbers of merges were read before the pieces were known to be 0…n-1. */
static int check(import_plan *plan, mien_error *error) {
  const uint8_t *numbers = (const uint8_t *)plan->merges.data;
  for (size_t i = 0; i + 4 <= plan->merges.length; i += 4)
    if (((uint32_t)numbers[i] | (uint32_t)numbers[i + 1] << 8 | (uint32_t)numbers[i + 2] << 16 |
         (uint32_t)numbers[i + 3] << 24) >= plan->pieces.count)
      return import_refuse(error, tokens, again, "merge %zu is of tokens out of range", i / 12);
  plan->largest = BASE_MAX(plan->largest, (uint32_t)plan->pieces.count - 1);
  if (plan->unknown != TRANSFORMER_NONE) plan->largest = BASE_MAX(plan->largest, plan->unknown);
  if (plan->largest < plan->vocabulary) return MIEN_OK;
  return import_refuse(error, tokens, "take the tokeniser and the weights from one checkpoint",
                       "it has a token number %u, but config.json has a vocabulary of %zu", plan->largest,
                       plan->vocabulary);
}

int import_tokens(import_plan *plan, mien_error *error) {
  json_t *json = NULL;
  base_text text = {0};
  int code = import_json(plan, tokens, IMPORT_TOKENS_BYTES, &json, error);
  if (!code) {
    code = from_json(plan, json, error);
  } else if (code == MIEN_EEND) {
    code = import_bytes(plan, "vocab.txt", IMPORT_TOKENS_BYTES, &text, error);
    if (!code) {
      code = from_lines(plan, text.data ? text.data : "", error);
    } else if (code == MIEN_EEND) {
      code = import_json(plan, "vocab.json", IMPORT_TOKENS_BYTES, &json, error);
      if (!code) code = from_vocabulary(plan, json, error);
      else if (code == MIEN_EEND)
        code = import_refuse(error, plan->folder,
                             "save the fast tokeniser: AutoTokenizer.from_pretrained(…).save_pretrained(…)",
                             "there is no tokenizer.json, vocab.txt or vocab.json in it");
    }
  }
  json_decref(json);
  base_text_clear(&text);
  return code ? code : check(plan, error);
}
