/* sets.c: the list of sets, and what they share. */
#include "eval/parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/engine.h"
#include "eval/text.h"

static const eval_entry sets[] = {
    {"goemotions", "text", eval_goemotions},
    {"brighter", "text", eval_brighter},
    {"emobank", "text", eval_emobank},
    {"xed", "text", eval_xed},
    {"tweets", "text", eval_tweets},
    {"irony", "text", eval_irony},
    {"meld", "text", eval_meld},
    {"isarcasm", "text", eval_isarcasm},
    {"faithful", "text", eval_faithful},
    {"disk", "text", eval_disk},
    {"ravdess", "voice", eval_ravdess},
    {"emodb", "voice", eval_emodb},
    {"nemo", "voice", eval_nemo},
    {"crema", "voice", eval_crema},
    {"tess", "voice", eval_tess},
    {"voices", "voice", eval_voices},
    {"voice-ways", "voice", eval_voice_ways},
    {"speech", "voice", eval_speech},
    {"cries", "voice", eval_cries},
    {"speakers", "voice", eval_speakers},
    {"voice-folds", "voice", eval_voice_folds},
    {"ferplus", "face", eval_ferplus},
    {"landmarks68", "face", eval_landmarks68},
    {"utk", "face", eval_utk},
    {"clips", "fused", eval_clips},
    {"people", "fused", eval_people},
    {"pairs", "fused", eval_pairs},
    {"follow", "talks", eval_follow},
    {"forecast", "talks", eval_forecast},
    {"respond", "answers", eval_respond},
    {"empathy", "answers", eval_empathy},
    {"adapt", "simulated", eval_adapt},
    {"signals", "accessibility", eval_signals},
    {"signals-dev", "accessibility", eval_signals_dev},
};

const eval_entry *eval_entry_at(size_t index) {
  return index < BASE_COUNT(sets) ? &sets[index] : NULL;
}

static int run_one(eval_context *context, const eval_entry *entry, mien_error *error) {
  snprintf(context->report.model, sizeof context->report.model, "%s",
           context->text ? context->text : "");
  eval_set(&context->report, "%s", entry->name);
  int code = entry->run(context, error);
  if (code) eval_note(&context->report, "not scored: %s (%s)", error->what, error->where);
  return code;
}

int eval_run(eval_context *context, const eval_entry *entry, mien_error *error) {
  context->text = NULL;
  if (strcmp(entry->kind, "text")) return run_one(context, entry, error);
  int first = MIEN_OK, scored = 0;
  const char *model;
  for (size_t m = 0; (model = eval_text_model_at(m)); m++) {
    mien_error own = {0};
    if (context->choice ? strcmp(context->choice, model) : !eval_text_there(context, model))
      continue;
    context->text = model;
    int code = run_one(context, entry, &own);
    scored++;
    if (!code || first) continue;
    first = code;
    *error = own;
  }
  if (!scored) { /* none is there: the bulk model's error says so */
    context->text = eval_text_model_at(0);
    first = run_one(context, entry, error);
  }
  context->text = NULL;
  context->report.model[0] = 0;
  return first;
}

void eval_progress(const eval_context *context, const char *what, double done, double whole) {
  if (context->progress) context->progress(what, done, whole);
}

/* ---- What the sets share --------------------------------------------------------------------- */

char *eval_path(const eval_context *context, const char *format, ...) {
  char part[512], *path;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(part, sizeof part, format, arguments);
  va_end(arguments);
  size_t bytes = strlen(context->data) + strlen(part) + 2;
  path = malloc(bytes);
  if (path) snprintf(path, bytes, "%s/%s", context->data, part);
  return path;
}

int eval_open_table(const eval_context *context, eval_table *table, const char *part,
                    char separator, mien_error *error) {
  char *path = eval_path(context, "%s", part);
  if (!path) return base_error_set(error, MIEN_ENOMEM, part, "", "no memory for the path");
  int code = eval_table_open(table, path, separator, error);
  free(path);
  return code;
}

void eval_note_models(eval_report *report, const char *lines) {
  char line[256];
  while (lines && *lines) {
    size_t length = strcspn(lines, "\n") + 1;
    snprintf(line, sizeof line, "%.*s", (int)length, lines);
    if (!report->models.data || !strstr(report->models.data, line))
      base_text_puts(&report->models, line);
    lines += lines[length - 1] ? length : length - 1;
  }
}

bool eval_has_model(const eval_context *context, const char *name) {
  char path[1024];
  if (!context->models) return engine_embedded_find(name) != NULL;
  snprintf(path, sizeof path, "%s/%s.mien", context->models, name);
  return access(path, R_OK) == 0;
}

int eval_open_model(eval_context *context, const char *name, nn_file **file, mien_error *error) {
  char path[1024], hex[65], version[32] = "?", line[256];
  int code;
  if (context->models) {
    snprintf(path, sizeof path, "%s/%s.mien", context->models, name);
    code = nn_file_open(file, path, error);
  } else {
    const engine_embedded *inside = engine_embedded_find(name);
    snprintf(path, sizeof path, "%s.mien inside the program", name);
    code = inside ? nn_file_open_memory(file, inside->start, (size_t)(inside->end - inside->start),
                                        path, error)
                  : base_error_set(error, MIEN_EMODEL, path,
                                   "give a folder that has it by --models DIR",
                                   "the model is not there");
  }
  if (code) return code;
  nn_file_sha256(*file, hex);
  nn_file_string(*file, "version", version, sizeof version, NULL);
  snprintf(line, sizeof line, "- %s, version %s, SHA-256 %.16s…, %s\n", name, version, hex,
           nn_signature_name(nn_file_signature(*file)));
  eval_note_models(&context->report, line);
  return MIEN_OK;
}

int eval_core_of_name(const char *name) {
  static const struct {
    const char *name;
    int core;
  } also[] = {{"happy", MIEN_JOY},        {"happiness", MIEN_JOY}, {"sad", MIEN_SADNESS},
              {"angry", MIEN_ANGER},      {"fearful", MIEN_FEAR},  {"surprised", MIEN_SURPRISE},
              {"disgusted", MIEN_DISGUST}};
  for (int k = 0; k < MIEN_CORE; k++)
    if (!strcmp(name, mien_core_name(k))) return k;
  for (size_t i = 0; i < BASE_COUNT(also); i++)
    if (!strcmp(name, also[i].name)) return also[i].core;
  return -1;
}

eval_item eval_item_of(const mien_reading *reading, int truth) {
  int top = 0;
  for (int k = 1; k < MIEN_CORE; k++)
    if (reading->core[k] > reading->core[top]) top = k;
  return (eval_item){truth, top, reading->confidence, reading->set, reading->abstain != NULL};
}

void eval_keep(eval_context *context, const mien_reading *reading, int truth) {
  eval_kept *kept = context->kept;
  if (!kept) return;
  if (kept->count == kept->capacity) {
    size_t more = kept->capacity ? 2 * kept->capacity : 1024;
    struct eval_kept_one *grown = realloc(kept->list, more * sizeof *grown);
    if (!grown) return;
    kept->list = grown;
    kept->capacity = more;
  }
  kept->list[kept->count++] = (struct eval_kept_one){*reading, truth};
}
