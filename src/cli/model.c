/* model.c: `mien model`: what a model file is, and whether it is sound. */
#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/base.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/terminal.h"
#include "engine/engine.h"
#include "nn/nn.h"

static int as_json, only_signed;

static const cli_option options[] = {
    {"json", OPTION_FLAG, NULL, &as_json, "one line of JSON for each file", 0, 0},
    {"signed", OPTION_FLAG, NULL, &only_signed, "verify: refuse what Mien has not signed", 0, 0},
    {0},
};

static const cli_usage usage = {
    "model", "show|verify|list [FILE|FOLDER…]",
    "Says what a model file is. Of a folder, every *.mien file in it is taken; without FILE, the models\n"
    "inside the program.\n\n"
    "  show    all of it: labels, calibration, where it comes from, its licence and whether it may be\n"
    "          used commercially, its scores, its tensors, who signed it\n"
    "  verify  checks layout, SHA-256, signature and weights; exit 1 if one file is not sound\n"
    "  list    a line for each\n"
    "  import  makes a text model out of a checkpoint of others; `mien model import --help` explains it\n",
    options,
    "  mien model show models/text.mien\n"
    "  mien model verify --signed models\n"};

/* ---- Text for a person -------------------------------------------------------------------------
 * What the file says may hold anything: control characters would reach the terminal. */
static void add_plain(base_text *out, const char *text) {
  for (; *text; text++) {
    unsigned char c = (unsigned char)*text;
    base_text_add(out, c < 0x20 || c == 0x7f ? "?" : text, 1);
  }
}

static void add_line(base_text *out, const char *key, const char *value) {
  base_text_printf(out, "  %-13s ", key);
  add_plain(out, value);
  base_text_puts(out, "\n");
}

static const char *text_of(const json_t *object, const char *key) {
  return json_string_value(json_object_get(object, key));
}

static void add_value(base_text *out, const json_t *value) {
  if (json_is_string(value)) add_plain(out, json_string_value(value));
  else if (json_is_integer(value)) base_text_printf(out, "%lld", (long long)json_integer_value(value));
  else if (json_is_real(value)) base_text_printf(out, "%.4g", json_real_value(value));
  else if (json_is_null(value)) base_text_puts(out, "unknown");
  else base_text_puts(out, json_is_true(value) ? "yes" : "no");
}

/* Every leaf of an object on a line of its own; lists on one, long ones of numbers by their length. */
static void add_tree(base_text *out, const char *path, const json_t *value, int depth) {
  if (json_is_object(value) && depth < 6) {
    const char *key;
    json_t *inner;
    json_object_foreach((json_t *)(uintptr_t)value, key, inner) {
      char longer[256];
      snprintf(longer, sizeof longer, "%s%s%s", path, *path ? "." : "", key);
      add_tree(out, longer, inner, depth + 1);
    }
    return;
  }
  base_text_puts(out, "    ");
  add_plain(out, path);
  base_text_puts(out, ": ");
  if (json_is_array(value) && json_array_size(value) > 8 && json_is_number(json_array_get(value, 0))) {
    base_text_printf(out, "%zu numbers", json_array_size(value));
  } else if (json_is_array(value)) {
    for (size_t i = 0; i < json_array_size(value); i++) {
      if (i) base_text_puts(out, ", ");
      add_value(out, json_array_get(value, i));
    }
  } else {
    add_value(out, value);
  }
  base_text_puts(out, "\n");
}

static void add_section(base_text *out, const json_t *meta, const char *key) {
  const json_t *section = json_object_get(meta, key);
  if (!section || (json_is_object(section) && !json_object_size(section))) return;
  base_text_printf(out, "  %s\n", key);
  add_tree(out, json_is_object(section) ? "" : key, section, 0);
}

static const char *commercial_text(const json_t *meta) {
  const json_t *commercial = json_object_get(json_object_get(meta, "provenance"), "commercial");
  return !json_is_boolean(commercial) ? "not said"
         : json_is_true(commercial)   ? "allowed"
                                      : "not allowed: a data set it learnt from forbids it, or is unclear";
}

static const char *const types[] = {"f32", "i8", "f16"};

static size_t tensor_bytes(const nn_tensor *tensor) {
  static const size_t sizes[] = {4, 1, 2};
  size_t bytes = nn_tensor_elements(tensor) * sizes[tensor->type];
  return bytes + (tensor->scales ? tensor->dims[0] * sizeof(float) : 0);
}

static void size_text(char text[32], size_t bytes) {
  if (bytes < 100000) snprintf(text, 32, "%zu bytes", bytes);
  else snprintf(text, 32, "%.1f MB", (double)bytes / 1e6);
}

static void show(base_text *out, const char *path, const nn_file *file, const json_t *meta) {
  const json_t *provenance = json_object_get(meta, "provenance");
  char size[32], hex[65], line[128];
  add_plain(out, path);
  base_text_puts(out, "\n");
  add_line(out, "kind", nn_file_kind(file));
  if (text_of(meta, "name")) add_line(out, "name", text_of(meta, "name"));
  if (text_of(meta, "version")) add_line(out, "version", text_of(meta, "version"));
  size_text(size, nn_file_bytes(file));
  snprintf(line, sizeof line, "%s, %zu tensors", size, nn_file_count(file));
  add_line(out, "size", line);
  nn_file_sha256(file, hex);
  add_line(out, "SHA-256", hex);
  add_line(out, "signature", nn_signature_name(nn_file_signature(file)));
  if (nn_file_signature(file) == NN_SIGNED_BY_OTHER) {
    nn_file_key(file, hex);
    add_line(out, "key", hex);
  }
  if (text_of(provenance, "licence")) add_line(out, "licence", text_of(provenance, "licence"));
  add_line(out, "commercial", commercial_text(meta));
  if (text_of(provenance, "date")) add_line(out, "date", text_of(provenance, "date"));
  if (text_of(provenance, "command")) add_line(out, "made by", text_of(provenance, "command"));
  const json_t *data = json_object_get(provenance, "data");
  for (size_t i = 0; i < json_array_size(data); i++) {
    const json_t *set = json_array_get(data, i);
    const char *name = json_is_string(set) ? json_string_value(set) : text_of(set, "name");
    base_text_printf(out, "  %-13s ", i ? "" : "learnt from");
    add_plain(out, name ? name : "?");
    if (text_of(set, "licence")) {
      base_text_puts(out, " (");
      add_plain(out, text_of(set, "licence"));
      base_text_puts(out, ")");
    }
    base_text_puts(out, "\n");
  }
  add_section(out, meta, "labels");
  add_section(out, meta, "calibration");
  add_section(out, meta, "scores");
  base_text_puts(out, "  tensors\n");
  for (size_t i = 0; i < nn_file_count(file); i++) {
    const nn_tensor *tensor = nn_file_tensor_at(file, i);
    base_text_printf(out, "    %-40s %-4s", tensor->name, types[tensor->type]);
    for (int k = 0; k < tensor->rank; k++) base_text_printf(out, "%s%u", k ? "×" : "", tensor->dims[k]);
    base_text_puts(out, "\n");
  }
}

static void list_line(base_text *out, const char *path, const nn_file *file, const json_t *meta) {
  char size[32];
  const json_t *commercial = json_object_get(json_object_get(meta, "provenance"), "commercial");
  size_text(size, nn_file_bytes(file));
  add_plain(out, path);
  base_text_puts(out, ": ");
  add_plain(out, nn_file_kind(file));
  if (text_of(meta, "name")) base_text_puts(out, ", "), add_plain(out, text_of(meta, "name"));
  if (text_of(meta, "version")) base_text_puts(out, " "), add_plain(out, text_of(meta, "version"));
  base_text_printf(out, ", %s, %s, commercial use %s\n", size,
                   nn_signature_name(nn_file_signature(file)),
                   !json_is_boolean(commercial) ? "not said"
                   : json_is_true(commercial)   ? "allowed"
                                                : "not allowed");
}

/* ---- JSON --------------------------------------------------------------------------------------- */
static void add_json(base_text *out, const char *path, const nn_file *file, json_t *meta, bool tensors) {
  base_json json;
  char hex[65];
  base_json_init(&json, out);
  base_json_open(&json, NULL, '{');
  base_json_string(&json, "file", path);
  base_json_string(&json, "kind", nn_file_kind(file));
  base_json_integer(&json, "bytes", (long long)nn_file_bytes(file));
  nn_file_sha256(file, hex);
  base_json_string(&json, "sha256", hex);
  base_json_string(&json, "signature", nn_signature_name(nn_file_signature(file)));
  nn_file_key(file, hex);
  base_json_string(&json, "key", nn_file_signature(file) == NN_UNSIGNED ? NULL : hex);
  if (tensors) {
    base_json_open(&json, "tensors", '[');
    for (size_t i = 0; i < nn_file_count(file); i++) {
      const nn_tensor *tensor = nn_file_tensor_at(file, i);
      base_json_open(&json, NULL, '{');
      base_json_string(&json, "name", tensor->name);
      base_json_string(&json, "type", types[tensor->type]);
      base_json_open(&json, "shape", '[');
      for (int k = 0; k < tensor->rank; k++) base_json_integer(&json, NULL, tensor->dims[k]);
      base_json_close(&json, ']');
      base_json_integer(&json, "bytes", (long long)tensor_bytes(tensor));
      base_json_close(&json, '}');
    }
    base_json_close(&json, ']');
  }
  char *compact = json_dumps(meta, JSON_COMPACT); /* on one line, whatever the file has */
  base_text_puts(out, ",\"meta\":");
  base_text_puts(out, compact ? compact : "null");
  free(compact);
  base_json_close(&json, '}');
  base_text_puts(out, "\n");
}

/* ---- The command -------------------------------------------------------------------------------- */
enum { SHOW, VERIFY, LIST };

typedef struct run {
  int action;
  cli_output output;
  int good, bad;
} run;

/* `path`, or with `inside` the model of that name inside the program. */
static void one_file(run *r, const char *path, const engine_embedded *inside) {
  nn_file *file;
  mien_error error = {0};
  int code = inside ? nn_file_open_memory(&file, inside->start, (size_t)(inside->end - inside->start),
                                          path, &error)
                    : nn_file_open(&file, path, &error);
  if (!code && r->action == VERIFY && only_signed && nn_file_signature(file) != NN_SIGNED_BY_MIEN) {
    code = base_error_set(&error, MIEN_EMODEL, path, "get the file from its publisher, or leave --signed away",
                          "the file is %s, not signed by Mien",
                          nn_signature_name(nn_file_signature(file)));
    nn_file_close(&file);
  }
  if (code) {
    cli_complain(path, &error);
    r->bad++;
    return;
  }
  r->good++;
  base_text out = {0};
  json_t *meta = json_loads(nn_file_meta(file), 0, NULL);
  if (as_json) add_json(&out, path, file, meta, r->action == SHOW);
  else if (r->action == SHOW) show(&out, path, file, meta);
  else if (r->action == LIST) list_line(&out, path, file, meta);
  else base_text_printf(&out, "%s: sound, %s\n", path, nn_signature_name(nn_file_signature(file)));
  cli_output_write(&r->output, out.data ? out.data : "", out.length);
  json_decref(meta);
  base_text_clear(&out);
  nn_file_close(&file);
}

static int is_model(const struct dirent *entry) {
  const char *dot = strrchr(entry->d_name, '.');
  return entry->d_name[0] != '.' && dot && !strcmp(dot, ".mien");
}

static void one_operand(run *r, const char *path) {
  struct stat about;
  if (stat(path, &about) || !S_ISDIR(about.st_mode)) {
    one_file(r, path, NULL);
    return;
  }
  struct dirent **entries;
  int count = scandir(path, &entries, is_model, alphasort);
  if (count <= 0) {
    mien_error error;
    base_error_set(&error, MIEN_EEMPTY, path, "give a folder of model files", "no *.mien file is in it");
    cli_complain(path, &error);
    r->bad++;
  }
  for (int i = 0; i < count; i++) {
    base_text inside = {0};
    base_text_printf(&inside, "%s%s%s", path, path[strlen(path) - 1] == '/' ? "" : "/",
                     entries[i]->d_name);
    if (!inside.failed) one_file(r, inside.data, NULL);
    base_text_clear(&inside);
    free(entries[i]);
  }
  if (count >= 0) free(entries);
}

static void inside_the_program(run *r) {
  static const char *const names[] = {"text", "voice", "face-detect", "face-landmarks",
                                      "face-expression"};
  for (size_t i = 0; i < BASE_COUNT(names); i++) {
    char label[64];
    const engine_embedded *inside = engine_embedded_find(names[i]);
    snprintf(label, sizeof label, "%s.mien inside the program", names[i]);
    if (inside) one_file(r, label, inside);
  }
}

int cli_model(int argc, char **argv) {
  static const char *const actions[] = {[SHOW] = "show", [VERIFY] = "verify", [LIST] = "list"};
  if (argc > 1 && !strcmp(argv[1], "import")) return cli_model_import(argc - 1, argv + 1);
  int code = cli_options_read(&usage, &argc, argv);
  if (code != OPTIONS_GO) return code;
  if (argc < 2) return cli_options_wrong(&usage, "say what to do: show, verify, list or import");
  run r = {.action = -1};
  for (int i = 0; i < (int)BASE_COUNT(actions); i++)
    if (!strcmp(argv[1], actions[i])) r.action = i;
  if (r.action < 0) return cli_options_wrong(&usage, "there is no 'mien model %s'", argv[1]);
  mien_error error = {0};
  if (cli_output_open(&r.output, NULL, &error)) {
    cli_complain(NULL, &error);
    return CLI_NOTHING;
  }
  if (argc == 2) inside_the_program(&r);
  for (int i = 2; i < argc && !r.output.closed; i++) one_operand(&r, argv[i]);
  if (cli_output_close(&r.output, &error)) {
    cli_complain(NULL, &error);
    return CLI_NOTHING;
  }
  return r.good == 0 || (r.action == VERIFY && r.bad) ? CLI_NOTHING : CLI_DONE;
}
