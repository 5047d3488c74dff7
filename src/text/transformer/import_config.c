/* import_config.c: config.json: which encoder it is, its sizes, and the names of its labels. */
#include "text/transformer/import.h"

static const char config[] = "config.json";

static const struct {
  const char *type;
  int family;
} families[] = {{"bert", IMPORT_BERT},           {"roberta", IMPORT_ROBERTA},
                {"xlm-roberta", IMPORT_ROBERTA}, {"camembert", IMPORT_ROBERTA},
                {"distilbert", IMPORT_DISTILBERT}, {"electra", IMPORT_ELECTRA}};

static const struct {
  const char *name;
  int activation;
} activations[] = {{"gelu", TRANSFORMER_GELU},           {"gelu_new", TRANSFORMER_GELU_TANH},
                   {"gelu_fast", TRANSFORMER_GELU_TANH}, {"gelu_pytorch_tanh", TRANSFORMER_GELU_TANH},
                   {"relu", TRANSFORMER_RELU},           {"silu", TRANSFORMER_SILU},
                   {"swish", TRANSFORMER_SILU}};

/* A whole number of 1…high; `usual` 0: it has to be there. */
static int size_of(const json_t *json, const char *key, size_t high, size_t usual, size_t *size,
                   mien_error *error) {
  const json_t *value = json_object_get(json, key);
  json_int_t number = json_is_integer(value) ? json_integer_value(value) : 0;
  if ((!value || json_is_null(value)) && usual) number = (json_int_t)usual;
  if (number < 1 || (uint64_t)number > high)
    return import_refuse(error, config, "import a model of a supported size",
                         "'%s' is missing or not a whole number of 1 to %zu", key, high);
  *size = (size_t)number;
  return MIEN_OK;
}

static int activation_of(const json_t *json, const char *key, int *which, mien_error *error) {
  const char *name = json_string_value(json_object_get(json, key));
  if (!name) name = "gelu";
  for (size_t i = 0; i < BASE_COUNT(activations); i++)
    if (!strcmp(activations[i].name, name)) return *which = activations[i].activation, MIEN_OK;
  return import_refuse(error, config, "import a model with gelu, gelu_new, relu or silu",
                       "its activation '%.40s' is not supported", name);
}

/* Refuses what would be read wrongly. */
static int check_kind(import_plan *plan, const json_t *json, mien_error *error) {
  static const char other[] = "import a checkpoint of bert, roberta, xlm-roberta, camembert, "
                              "distilbert or electra with a sequence-classification head";
  const char *type = json_string_value(json_object_get(json, "model_type"));
  plan->type = NULL;
  for (size_t i = 0; type && i < BASE_COUNT(families); i++)
    if (!strcmp(families[i].type, type)) {
      plan->type = families[i].type;
      plan->family = families[i].family;
    }
  if (!plan->type)
    return import_refuse(error, config, other, "its model_type '%.40s' is not supported", type ? type : "");
  const char *made = json_string_value(json_array_get(json_object_get(json, "architectures"), 0));
  if (made && (!strstr(made, "Classification") || strstr(made, "TokenClassification")))
    return import_refuse(error, config, other,
                         "it is a '%.60s', which has no sequence-classification head", made);
  const char *places = json_string_value(json_object_get(json, "position_embedding_type"));
  if (places && strcmp(places, "absolute"))
    return import_refuse(error, config, other, "its positions are '%.40s'; only absolute ones are read",
                         places);
  const char *problem = json_string_value(json_object_get(json, "problem_type"));
  plan->multi = problem && !strcmp(problem, "multi_label_classification");
  if (problem && !plan->multi && strcmp(problem, "single_label_classification"))
    return import_refuse(error, config, other, "its problem_type '%.40s' gives no labels", problem);
  return MIEN_OK;
}

static int sizes(import_plan *plan, const json_t *json, mien_error *error) {
  bool distil = plan->family == IMPORT_DISTILBERT;
  size_t all = 0;
  int code = size_of(json, distil ? "dim" : "hidden_size", TRANSFORMER_WIDTH, 0, &plan->width, error);
  if (!code)
    code = size_of(json, distil ? "n_heads" : "num_attention_heads", TRANSFORMER_WIDTH, 0, &plan->heads,
                   error);
  if (!code)
    code = size_of(json, distil ? "n_layers" : "num_hidden_layers", TRANSFORMER_LAYERS, 0, &plan->layers,
                   error);
  if (!code)
    code = size_of(json, distil ? "hidden_dim" : "intermediate_size", TRANSFORMER_INNER, 0, &plan->inner,
                   error);
  if (!code) code = size_of(json, "max_position_embeddings", 1 << 20, 512, &all, error);
  if (!code) code = size_of(json, "vocab_size", TRANSFORMER_PIECES, 0, &plan->vocabulary, error);
  plan->embed = plan->width;
  if (!code && plan->family == IMPORT_ELECTRA)
    code = size_of(json, "embedding_size", TRANSFORMER_WIDTH, plan->width, &plan->embed, error);
  if (!code && plan->width % plan->heads)
    code = import_refuse(error, config, "download or save the checkpoint again",
                         "its width %zu is not a multiple of its %zu heads", plan->width, plan->heads);
  if (code) return code;
  if (plan->family == IMPORT_ROBERTA) { /* positions are counted from the padding's number on */
    const json_t *pad = json_object_get(json, "pad_token_id");
    json_int_t padding = json_is_integer(pad) ? json_integer_value(pad) : 1;
    if (padding < 0 || (uint64_t)padding + 1 >= all)
      return import_refuse(error, config, "download or save the checkpoint again",
                           "'pad_token_id' leaves no positions");
    plan->offset = (size_t)padding + 1;
  }
  plan->positions = BASE_MIN(all - plan->offset, (size_t)TRANSFORMER_POSITIONS);
  const json_t *epsilon = json_object_get(json, "layer_norm_eps");
  plan->epsilon = json_is_number(epsilon) ? json_number_value(epsilon) : 1e-12;
  if (!(plan->epsilon > 1e-30 && plan->epsilon < 1))
    return import_refuse(error, config, "download or save the checkpoint again",
                         "'layer_norm_eps' is out of range");
  static const int head[] = {[IMPORT_BERT] = TRANSFORMER_TANH, [IMPORT_ROBERTA] = TRANSFORMER_TANH,
                             [IMPORT_DISTILBERT] = TRANSFORMER_RELU, [IMPORT_ELECTRA] = TRANSFORMER_GELU};
  plan->head_activation = head[plan->family];
  return activation_of(json, distil ? "activation" : "hidden_act", &plan->activation, error);
}

static int name_label(import_plan *plan, size_t index, const char *name, size_t bytes, const char *where,
                      mien_error *error) {
  if (bytes == 0 || bytes >= TRANSFORMER_LABEL_BYTES || base_utf8_check(name, bytes) != bytes)
    return import_refuse(error, where, "give the names with --labels FILE, one a line",
                         "label %zu is not 1 to %d bytes of UTF-8", index, TRANSFORMER_LABEL_BYTES - 1);
  for (size_t i = 0; i < bytes; i++) /* they are shown on terminals */
    plan->names[index][i] = (unsigned char)name[i] < 0x20 || name[i] == 0x7f ? '?' : name[i];
  return MIEN_OK;
}

static int labels_of_config(import_plan *plan, const json_t *json, mien_error *error) {
  const json_t *list = json_object_get(json, "id2label");
  bool placeholders = false;
  for (size_t i = 0; i < plan->labels; i++) {
    char key[24];
    snprintf(key, sizeof key, "%zu", i);
    const json_t *name = json_object_get(list, key);
    if (!json_is_string(name))
      return import_refuse(error, config, "give the names with --labels FILE, one a line",
                           "id2label has no name for label %zu of %zu", i, plan->labels);
    int code = name_label(plan, i, json_string_value(name), json_string_length(name), config, error);
    if (code) return code;
    placeholders |= !strncmp(plan->names[i], "LABEL_", 6);
  }
  if (placeholders)
    return import_refuse(error, config, "give the names with --labels FILE, one a line, in their order",
                         "its labels have no names, only numbers (LABEL_0 …)");
  return MIEN_OK;
}

static int labels_of_file(import_plan *plan, const char *path, mien_error *error) {
  base_text bytes = {0};
  import_plan here = {0}; /* the path is the user's own, not in the folder */
  int code = import_bytes(&here, path, IMPORT_CONFIG_BYTES, &bytes, error);
  if (code == MIEN_EEND)
    code = base_error_set(error, MIEN_EIO, path, "check the path", "the file of labels is not there");
  size_t count = 0;
  const char *at = bytes.data;
  while (!code && at && *at) {
    size_t line = strcspn(at, "\n"), length = line;
    while (length && (at[length - 1] == '\r' || at[length - 1] == ' ')) length--;
    if (length && count < plan->labels) code = name_label(plan, count, at, length, path, error);
    count += length > 0;
    at += line + (at[line] == '\n');
  }
  if (!code && count != plan->labels)
    code = base_error_set(error, MIEN_EFORMAT, path, "give one name a line, in the order of the model",
                          "%zu labels are named, but the model has %zu", count, plan->labels);
  base_text_clear(&bytes);
  return code;
}

int import_config(import_plan *plan, const char *labels, mien_error *error) {
  json_t *json = NULL;
  int code = import_json(plan, config, IMPORT_CONFIG_BYTES, &json, error);
  if (code == MIEN_EEND)
    return import_refuse(error, plan->folder, "give the folder of a checkpoint as Hugging Face saves it",
                         "there is no config.json in it");
  if (!code) code = check_kind(plan, json, error);
  if (!code) code = sizes(plan, json, error);
  const json_t *names = json_object_get(json, "id2label");
  const json_t *number = json_object_get(json, "num_labels");
  plan->labels = json_is_object(names)     ? json_object_size(names)
                 : json_is_integer(number) ? (size_t)BASE_CLAMP(json_integer_value(number), 0, 1 << 20)
                                           : 2; /* what a checkpoint without either has */
  if (!code && (plan->labels < 2 || plan->labels > TRANSFORMER_LABELS))
    code = import_refuse(error, config, "import a model with 2 to 256 labels",
                         "%zu labels: a head of one number has no labels, and at most 256 are read",
                         plan->labels);
  if (!code && !(plan->names = base_alloc(plan->labels, sizeof *plan->names)))
    code = import_out_of_memory(error);
  if (!code) code = labels ? labels_of_file(plan, labels, error) : labels_of_config(plan, json, error);
  json_decref(json);
  return code;
}
