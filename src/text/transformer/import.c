/* import.c: the whole import: the plan out of the folder, the metadata, the model file, and a trial of
 * what was written. */
#include "text/transformer/import.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

int import_out_of_memory(mien_error *error) {
  return base_error_set(error, MIEN_ENOMEM, "the import", "free some memory", "out of memory");
}

int import_refuse(mien_error *error, const char *where, const char *remedy, const char *format, ...) {
  char what[sizeof error->what];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(what, sizeof what, format, arguments);
  va_end(arguments);
  /* names out of the folder's files may hold anything, and may have been cut inside a character */
  for (char *c = what; *c; c++)
    if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = '?';
  what[base_utf8_check(what, strlen(what))] = 0;
  return base_error_set(error, MIEN_EFORMAT, where, remedy, "%s", what);
}

int import_bytes(const import_plan *plan, const char *name, size_t limit, base_text *bytes,
                 mien_error *error) {
  base_text path = {0};
  if (plan->folder) base_text_printf(&path, "%s/%s", plan->folder, name);
  else base_text_puts(&path, name);
  if (path.failed) return import_out_of_memory(error);
  struct stat about;
  int code = MIEN_OK;
  FILE *file = NULL;
  if (stat(path.data, &about) && errno == ENOENT) {
    code = MIEN_EEND;
  } else if (!(file = fopen(path.data, "rb")) || fstat(fileno(file), &about)) {
    code = base_error_set(error, MIEN_EIO, path.data, "check the path and the rights to read it",
                          "cannot read the file: %s", strerror(errno));
  } else if (!S_ISREG(about.st_mode) || (uint64_t)about.st_size > limit) {
    code = import_refuse(error, path.data, "give the folder of a checkpoint as Hugging Face saves it",
                         S_ISREG(about.st_mode) ? "the file is larger than %zu MiB" : "this is not a file",
                         limit >> 20);
  }
  char block[1 << 14];
  size_t got;
  while (!code && (got = fread(block, 1, sizeof block, file)) > 0) {
    base_text_add(bytes, block, got);
    if (bytes->length > limit) bytes->failed = true; /* it grew meanwhile */
  }
  if (!code && bytes->failed) code = import_out_of_memory(error);
  if (!code && bytes->length &&
      (memchr(bytes->data, 0, bytes->length) || base_utf8_check(bytes->data, bytes->length) != bytes->length))
    code = import_refuse(error, path.data, "download or save the checkpoint again", "it is not UTF-8 text");
  if (file) fclose(file);
  base_text_clear(&path);
  return code;
}

int import_json(const import_plan *plan, const char *name, size_t limit, json_t **json, mien_error *error) {
  base_text bytes = {0};
  json_error_t problem;
  *json = NULL;
  int code = import_bytes(plan, name, limit, &bytes, error);
  if (!code) {
    *json = json_loadb(bytes.data ? bytes.data : "", bytes.length, 0, &problem);
    if (!*json && json_error_code(&problem) == json_error_out_of_memory) code = import_out_of_memory(error);
    else if (!*json)
      code = import_refuse(error, name, "download or save the checkpoint again",
                           "it is not JSON (line %d): %.100s", problem.line, problem.text);
  }
  base_text_clear(&bytes);
  return code;
}

/* ---- Metadata ---------------------------------------------------------------------------------------- */

static void add_steps(base_json *json, const char *key, const transformer_step *steps, size_t count) {
  char name[32];
  snprintf(name, sizeof name, "%s_count", key);
  base_json_integer(json, name, (long long)count);
  base_json_open(json, key, '[');
  for (size_t i = 0; i < count; i++) {
    base_json_open(json, NULL, '{');
    base_json_string(json, "do", transformer_step_names[steps[i].what]);
    for (int to = 0; to < 2; to++) {
      const uint32_t *from = to ? steps[i].to : steps[i].from;
      size_t length = to ? steps[i].to_count : steps[i].from_count, bytes = 0;
      char utf8[4 * TRANSFORMER_STEP_CHARACTERS];
      for (size_t k = 0; k < length; k++) bytes += transformer_encode(from[k], utf8 + bytes);
      base_json_bytes(json, to ? "to" : "from", utf8, bytes);
    }
    base_json_close(json, '}');
  }
  base_json_close(json, ']');
}

static void add_numbers(base_json *json, const char *key, const uint32_t *numbers, size_t count) {
  char name[32];
  snprintf(name, sizeof name, "%s_count", key);
  base_json_integer(json, name, (long long)count);
  base_json_open(json, key, '[');
  for (size_t i = 0; i < count; i++) base_json_integer(json, NULL, numbers[i]);
  base_json_close(json, ']');
}

static void add_labels(base_json *json, const import_plan *p) {
  base_json_open(json, "labels", '{');
  base_json_open(json, "own", '[');
  for (size_t i = 0; i < p->labels; i++) base_json_string(json, NULL, p->names[i]);
  base_json_close(json, ']');
  base_json_open(json, "counted_as", '[');
  for (size_t i = 0; i < p->labels; i++) {
    char line[TRANSFORMER_LABEL_BYTES + 64];
    if (p->core[i] < 0) continue;
    snprintf(line, sizeof line, "%s: %s%s%s", p->names[i], mien_core_name(p->core[i]),
             p->fine[i] < 0 ? "" : ", fine ", p->fine[i] < 0 ? "" : mien_fine_name(p->fine[i]));
    base_json_string(json, NULL, line);
  }
  base_json_close(json, ']');
  base_json_open(json, "not_counted", '[');
  for (size_t i = 0; i < p->labels; i++)
    if (p->core[i] < 0) base_json_string(json, NULL, p->names[i]);
  base_json_close(json, ']');
  base_json_open(json, "to_core", '[');
  for (size_t i = 0; i < p->labels; i++) base_json_integer(json, NULL, p->core[i]);
  base_json_close(json, ']');
  base_json_open(json, "to_fine", '[');
  for (size_t i = 0; i < p->labels; i++) base_json_integer(json, NULL, p->fine[i]);
  base_json_close(json, ']');
  base_json_close(json, '}');
}

static const char *last_part(const char *path, size_t *length) {
  *length = strlen(path);
  while (*length && path[*length - 1] == '/') --*length;
  const char *slash = memrchr(path, '/', *length);
  if (slash) *length -= (size_t)(slash + 1 - path);
  return slash ? slash + 1 : path;
}

static void write_meta(base_text *out, const import_plan *p, const text_import *what) {
  base_json json;
  size_t length;
  const char *folder = last_part(p->folder, &length);
  char epsilon[32];
  base_json_init(&json, out);
  base_json_open(&json, NULL, '{');
  base_json_string(&json, "kind", "text-transformer");
  if (what->name) base_json_string(&json, "name", what->name);
  else base_json_bytes(&json, "name", folder, length);
  base_json_string(&json, "version", "1");
  base_json_integer(&json, "feature_version", TRANSFORMER_VERSION);
  base_json_open(&json, "network", '{');
  base_json_string(&json, "type", p->type);
  base_json_integer(&json, "embed", (long long)p->embed);
  base_json_integer(&json, "width", (long long)p->width);
  base_json_integer(&json, "heads", (long long)p->heads);
  base_json_integer(&json, "inner", (long long)p->inner);
  base_json_integer(&json, "layers", (long long)p->layers);
  base_json_integer(&json, "positions", (long long)p->positions);
  base_json_integer(&json, "labels", (long long)p->labels);
  base_json_integer(&json, "multi", p->multi);
  base_json_string(&json, "activation", transformer_activation_names[p->activation]);
  base_json_string(&json, "head_activation", transformer_activation_names[p->head_activation]);
  snprintf(epsilon, sizeof epsilon, ",\"epsilon\":%.9g", p->epsilon); /* 1e-12 has no decimals to give */
  base_text_puts(out, epsilon);
  base_json_close(&json, '}');
  base_json_open(&json, "tokens", '{');
  base_json_string(&json, "model", transformer_model_names[p->model]);
  base_json_integer(&json, "unknown", p->unknown);
  base_json_string(&json, "continuing", p->continuing.data ? p->continuing.data : "");
  base_json_integer(&json, "word_characters", (long long)BASE_MAX(p->word_characters, (size_t)1));
  add_steps(&json, "normal", p->normal, p->normal_count);
  add_steps(&json, "split", p->split, p->split_count);
  add_numbers(&json, "first", p->first, p->first_count);
  add_numbers(&json, "last", p->last, p->last_count);
  base_json_close(&json, '}');
  add_labels(&json, p);
  base_json_open(&json, "thresholds", '{');
  base_json_open(&json, "fine", '[');
  for (int k = 0; k < MIEN_FINE; k++) base_json_number(&json, NULL, .5, 1);
  base_json_close(&json, ']');
  base_json_close(&json, '}');
  base_json_open(&json, "calibration", '{'); /* nobody measured it: the set is a wide one */
  base_json_number(&json, "temperature", 1, 1);
  base_json_number(&json, "quantile", .95, 2);
  base_json_integer(&json, "abstain_size", 5);
  base_json_bool(&json, "measured", false);
  base_json_close(&json, '}');
  base_json_open(&json, "provenance", '{');
  base_json_open(&json, "data", '[');
  base_json_close(&json, ']');
  base_json_string(&json, "licence", what->licence ? what->licence : "unknown: the user's");
  base_json_string(&json, "command", "mien model import");
  base_json_close(&json, '}');
  base_json_open(&json, "scores", '{');
  base_json_close(&json, '}');
  base_json_close(&json, '}');
}

/* ---- For a person -------------------------------------------------------------------------------------- */

static void tell(base_text *told, const import_plan *p) {
  base_text_printf(told, "%s, %zu layers of %zu, %zu positions, %zu tokens (%s)\n", p->type, p->layers,
                   p->width, p->positions, p->vocabulary, transformer_model_names[p->model]);
  base_text_printf(told, "%zu labels, %s:", p->labels,
                   p->multi ? "each by itself" : "one of which is expressed");
  for (size_t i = 0; i < p->labels; i++)
    base_text_printf(told, "%s %s = %s", i ? "," : "", p->names[i],
                     p->core[i] < 0   ? "not counted"
                     : p->fine[i] < 0 ? mien_core_name(p->core[i])
                                      : mien_fine_name(p->fine[i]));
  base_text_puts(told, "\n");
}

/* What was written has to open. */
static int try_it(const char *path, mien_error *error) {
  nn_file *file = NULL;
  text_model *model = NULL;
  int code = nn_file_open(&file, path, error);
  if (!code) code = text_model_open(&model, file, error);
  text_model_close(&model);
  nn_file_close(&file);
  return code;
}

static void clear(import_plan *p) {
  base_text *texts[] = {&p->pieces.text, &p->pieces.lengths, &p->pieces.ids, &p->added[0].text,
                        &p->added[0].lengths, &p->added[0].ids, &p->added[1].text, &p->added[1].lengths,
                        &p->added[1].ids, &p->scores, &p->merges, &p->charsmap, &p->continuing};
  for (size_t i = 0; i < BASE_COUNT(texts); i++) base_text_clear(texts[i]);
  base_free(p->names);
}

int text_import_run(const text_import *what, base_text *told, mien_error *error) {
  import_plan *plan = base_alloc(1, sizeof *plan);
  if (!plan) return import_out_of_memory(error);
  plan->folder = what->folder;
  base_text meta = {0};
  struct stat about;
  int code = MIEN_OK;
  if (stat(what->folder, &about) || !S_ISDIR(about.st_mode))
    code = base_error_set(error, MIEN_EIO, what->folder, "give the folder of a checkpoint",
                          "the folder is not there");
  if (!code) code = import_config(plan, what->labels, error);
  if (!code) code = import_labels(plan, error);
  if (!code) code = import_tokens(plan, error);
  if (!code) {
    write_meta(&meta, plan, what);
    code = meta.failed ? import_out_of_memory(error)
                       : import_write(plan, what, meta.data, meta.length, error);
  }
  if (!code) code = try_it(what->out, error);
  if (!code) {
    tell(told, plan);
    if (told->failed) code = import_out_of_memory(error);
  }
  base_text_clear(&meta);
  clear(plan);
  base_free(plan);
  return code;
}
