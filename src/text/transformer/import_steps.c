/* import_steps.c: the normalisers, pre-tokenisers and post-processors of a tokenizer.json, as far as
 * the families use them, taken apart into the steps of steps.h. What is not known is refused by name. */
#include <sodium.h>

#include "text/transformer/import.h"

static const char tokens[] = "tokenizer.json";
static const char other[] = "import a checkpoint with the tokeniser of its family (docs/import.md)";
enum { DEPTH = 4 /* of sequences in sequences */ };

static const char *type_of(const json_t *json) {
  const char *type = json_string_value(json_object_get(json, "type"));
  return type ? type : "?";
}

static bool flag(const json_t *json, const char *key, bool usual) {
  const json_t *value = json_object_get(json, key);
  return json_is_boolean(value) ? json_is_true(value) : usual;
}

static bool to_characters(const char *text, uint32_t *to, size_t *count) {
  size_t bytes = strlen(text), at = 0;
  for (*count = 0; at < bytes; ++*count) {
    uint32_t c;
    int step = *count < TRANSFORMER_STEP_CHARACTERS ? base_utf8_next(text + at, bytes - at, &c) : 0;
    if (!step) return false;
    to[*count] = c;
    at += (size_t)step;
  }
  return true;
}

int import_add_step(transformer_step *steps, size_t *count, int what, const char *from, const char *to,
                    mien_error *error) {
  if (*count == TRANSFORMER_STEPS)
    return import_refuse(error, tokens, other, "its tokeniser has more than %d steps", TRANSFORMER_STEPS);
  transformer_step *step = &steps[*count];
  *step = (transformer_step){.what = what};
  if ((from && !to_characters(from, step->from, &step->from_count)) ||
      (to && !to_characters(to, step->to, &step->to_count)))
    return import_refuse(error, tokens, other, "a step of its tokeniser has a text of more than %d characters",
                         TRANSFORMER_STEP_CHARACTERS);
  ++*count;
  return MIEN_OK;
}

static int normal(import_plan *plan, int what, const char *from, const char *to, mien_error *error) {
  return import_add_step(plan->normal, &plan->normal_count, what, from, to, error);
}

static int split(import_plan *plan, int what, const char *to, mien_error *error) {
  return import_add_step(plan->split, &plan->split_count, what, NULL, to, error);
}

/* ---- Normalisers -------------------------------------------------------------------------------- */

static int bert_normaliser(import_plan *plan, const json_t *json, mien_error *error) {
  bool lowercase = flag(json, "lowercase", true);
  int code = flag(json, "clean_text", true) ? normal(plan, STEP_CLEAN, NULL, NULL, error) : MIEN_OK;
  if (!code && flag(json, "handle_chinese_chars", true))
    code = normal(plan, STEP_CHINESE, NULL, NULL, error);
  if (!code && flag(json, "strip_accents", lowercase)) /* null: as lowercase is */
    code = normal(plan, STEP_ACCENTS, NULL, NULL, error);
  if (!code && lowercase) code = normal(plan, STEP_LOWER, NULL, NULL, error);
  return code;
}

static int replace(import_plan *plan, const json_t *json, mien_error *error) {
  const json_t *pattern = json_object_get(json, "pattern");
  const char *text = json_string_value(json_object_get(pattern, "String"));
  const char *expression = json_string_value(json_object_get(pattern, "Regex"));
  const char *content = json_string_value(json_object_get(json, "content"));
  if (text && *text && content) return normal(plan, STEP_REPLACE, text, content, error);
  if (expression && content && !strcmp(expression, " {2,}"))
    return normal(plan, STEP_SPACES, NULL, content, error);
  return import_refuse(error, tokens, other, "its normalizer replaces the expression '%.60s', which is not read",
                       expression ? expression : "?");
}

static int charsmap(import_plan *plan, const json_t *json, mien_error *error) {
  const json_t *map = json_object_get(json, "precompiled_charsmap");
  size_t length = json_string_length(map), bytes = 0;
  if (json_is_null(map) || (map && !length)) return MIEN_OK; /* an empty one changes nothing */
  if (plan->charsmap.length)
    return import_refuse(error, tokens, other, "its normalizer has two character maps");
  char *decoded = base_alloc(length / 4 * 3 + 4, 1);
  if (!decoded) return import_out_of_memory(error);
  bool good = json_is_string(map) && sodium_init() >= 0 &&
              !sodium_base642bin((unsigned char *)decoded, length / 4 * 3 + 4, json_string_value(map),
                                 length, "\r\n", &bytes, NULL, sodium_base64_VARIANT_ORIGINAL);
  transformer_charsmap table;
  good = good && transformer_charsmap_open(&table, decoded, bytes);
  if (good) base_text_add(&plan->charsmap, decoded, bytes);
  base_free(decoded);
  if (!good)
    return import_refuse(error, tokens, "download or save the checkpoint again",
                         "its precompiled_charsmap is damaged");
  return plan->charsmap.failed ? import_out_of_memory(error)
                               : normal(plan, STEP_CHARSMAP, NULL, NULL, error);
}

static int normaliser(import_plan *plan, const json_t *json, int depth, mien_error *error) {
  static const struct {
    const char *type;
    int step;
  } plain[] = {{"Lowercase", STEP_LOWER}, {"NFC", STEP_NFC}, {"NFD", STEP_NFD}, {"NFKC", STEP_NFKC},
               {"NFKD", STEP_NFKD},       {"StripAccents", STEP_MARKS}};
  if (!json || json_is_null(json)) return MIEN_OK;
  const char *type = type_of(json);
  for (size_t i = 0; i < BASE_COUNT(plain); i++)
    if (!strcmp(type, plain[i].type)) return normal(plan, plain[i].step, NULL, NULL, error);
  if (!strcmp(type, "BertNormalizer")) return bert_normaliser(plan, json, error);
  if (!strcmp(type, "Replace")) return replace(plan, json, error);
  if (!strcmp(type, "Precompiled")) return charsmap(plan, json, error);
  if (!strcmp(type, "Prepend")) {
    const char *text = json_string_value(json_object_get(json, "prepend"));
    return normal(plan, STEP_PREPEND, NULL, text ? text : "", error);
  }
  if (!strcmp(type, "Strip")) {
    int code = flag(json, "strip_left", true) ? normal(plan, STEP_STRIP_LEFT, NULL, NULL, error) : MIEN_OK;
    if (!code && flag(json, "strip_right", true)) code = normal(plan, STEP_STRIP_RIGHT, NULL, NULL, error);
    return code;
  }
  if (!strcmp(type, "Sequence") && depth < DEPTH) {
    const json_t *list = json_object_get(json, "normalizers");
    int code = MIEN_OK;
    for (size_t i = 0; i < json_array_size(list) && !code; i++)
      code = normaliser(plan, json_array_get(list, i), depth + 1, error);
    return code;
  }
  return import_refuse(error, tokens, other, "its normalizer '%.60s' is not supported", type);
}

int import_normaliser(import_plan *plan, const json_t *json, mien_error *error) {
  return normaliser(plan, json, 0, error);
}

/* ---- Pre-tokenisers ------------------------------------------------------------------------------ */

static int metaspace(import_plan *plan, const json_t *json, mien_error *error) {
  const char *mark = json_string_value(json_object_get(json, "replacement"));
  const char *scheme = json_string_value(json_object_get(json, "prepend_scheme"));
  if (!scheme) scheme = flag(json, "add_prefix_space", true) ? "always" : "never";
  int what = !strcmp(scheme, "always")  ? STEP_MARK
             : !strcmp(scheme, "first") ? STEP_MARK_FIRST
             : !strcmp(scheme, "never") ? STEP_MARK_NEVER
                                        : -1;
  uint32_t characters[TRANSFORMER_STEP_CHARACTERS];
  size_t count = 0;
  if (what < 0 || !mark || !to_characters(mark, characters, &count) || count != 1)
    return import_refuse(error, tokens, other, "its Metaspace has no mark of one character, or a prepend_scheme "
                                               "that is not known");
  if (what == STEP_MARK_FIRST && plan->split_count)
    return import_refuse(error, tokens, other,
                         "its Metaspace marks the first part only, after another pre_tokenizer");
  int code = split(plan, what, mark, error);
  return !code && flag(json, "split", true) ? split(plan, STEP_CUT, mark, error) : code;
}

static int pre_tokeniser(import_plan *plan, const json_t *json, int depth, mien_error *error) {
  if (!json || json_is_null(json)) return MIEN_OK;
  const char *type = type_of(json);
  if (!strcmp(type, "BertPreTokenizer")) return split(plan, STEP_BERT, NULL, error);
  if (!strcmp(type, "WhitespaceSplit")) return split(plan, STEP_WHITESPACE, NULL, error);
  if (!strcmp(type, "Whitespace")) return split(plan, STEP_WORDS, NULL, error);
  if (!strcmp(type, "Metaspace")) return metaspace(plan, json, error);
  if (!strcmp(type, "ByteLevel")) {
    if (!flag(json, "use_regex", true))
      return import_refuse(error, tokens, other, "its ByteLevel pre_tokenizer does not cut by itself");
    int code = flag(json, "add_prefix_space", true) ? split(plan, STEP_SPACE, NULL, error) : MIEN_OK;
    return code ? code : split(plan, STEP_GPT2, NULL, error);
  }
  if (!strcmp(type, "Sequence") && depth < DEPTH) {
    const json_t *list = json_object_get(json, "pretokenizers");
    int code = MIEN_OK;
    for (size_t i = 0; i < json_array_size(list) && !code; i++)
      code = pre_tokeniser(plan, json_array_get(list, i), depth + 1, error);
    return code;
  }
  return import_refuse(error, tokens, other, "its pre_tokenizer '%.60s' is not supported", type);
}

int import_pre_tokeniser(import_plan *plan, const json_t *json, mien_error *error) {
  return pre_tokeniser(plan, json, 0, error);
}

bool import_is_byte_level(const import_plan *plan) {
  return plan->split_count && plan->split[plan->split_count - 1].what == STEP_GPT2;
}

/* ---- Post-processors: the control tokens around a text ------------------------------------------ */

static int put(import_plan *plan, bool last, const json_t *id, mien_error *error) {
  uint32_t *list = last ? plan->last : plan->first;
  size_t *count = last ? &plan->last_count : &plan->first_count;
  if (!json_is_integer(id) || json_integer_value(id) < 0 || json_integer_value(id) >= TRANSFORMER_PIECES ||
      *count == TRANSFORMER_AROUND)
    return import_refuse(error, tokens, other, "its post_processor has a control token without a number, "
                                               "or more than %d", TRANSFORMER_AROUND);
  list[(*count)++] = (uint32_t)json_integer_value(id);
  plan->largest = BASE_MAX(plan->largest, (uint32_t)json_integer_value(id));
  return MIEN_OK;
}

static int template(import_plan *plan, const json_t *json, mien_error *error) {
  const json_t *single = json_object_get(json, "single");
  const json_t *special = json_object_get(json, "special_tokens");
  bool text = false;
  int code = MIEN_OK;
  for (size_t i = 0; i < json_array_size(single) && !code; i++) {
    const json_t *piece = json_array_get(single, i), *sequence = json_object_get(piece, "Sequence");
    const json_t *token = json_object_get(piece, "SpecialToken"), *of = token ? token : sequence;
    const json_t *row = json_object_get(of, "type_id");
    if (!of || text + (sequence != NULL) > 1 || (json_is_integer(row) && json_integer_value(row) != 0))
      return import_refuse(error, tokens, other, "its post_processor's template is not supported");
    if (sequence) {
      text = true;
      continue;
    }
    const char *name = json_string_value(json_object_get(token, "id"));
    const json_t *ids = name ? json_object_get(json_object_get(special, name), "ids") : NULL;
    if (!json_array_size(ids)) code = put(plan, text, NULL, error);
    for (size_t k = 0; k < json_array_size(ids) && !code; k++)
      code = put(plan, text, json_array_get(ids, k), error);
  }
  if (!code && !text)
    return import_refuse(error, tokens, other, "its post_processor's template leaves the text out");
  return code;
}

static int post_processor(import_plan *plan, const json_t *json, int depth, mien_error *error) {
  if (!json || json_is_null(json)) return MIEN_OK;
  const char *type = type_of(json);
  if (!strcmp(type, "ByteLevel")) return MIEN_OK; /* it mends places only */
  if (!strcmp(type, "TemplateProcessing")) return template(plan, json, error);
  if (!strcmp(type, "BertProcessing") || !strcmp(type, "RobertaProcessing")) {
    int code = put(plan, false, json_array_get(json_object_get(json, "cls"), 1), error);
    return code ? code : put(plan, true, json_array_get(json_object_get(json, "sep"), 1), error);
  }
  if (!strcmp(type, "Sequence") && depth < DEPTH) {
    const json_t *list = json_object_get(json, "processors");
    int code = MIEN_OK;
    for (size_t i = 0; i < json_array_size(list) && !code; i++)
      code = post_processor(plan, json_array_get(list, i), depth + 1, error);
    return code;
  }
  return import_refuse(error, tokens, other, "its post_processor '%.60s' is not supported", type);
}

int import_post_processor(import_plan *plan, const json_t *json, mien_error *error) {
  return post_processor(plan, json, 0, error);
}
