/* engine.c: the models, opened once and shared: those inside the library, and those of a folder in
 * their place. */
#include "engine/engine.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

void engine_log(const mien_engine *engine, int level, const char *format, ...) {
  if (!engine->log) return;
  char line[256];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  engine->log(engine->log_context, level, line);
}

/* Opens model `name` of the folder if it is there; otherwise *file stays NULL. */
static int model_in_folder(nn_file **file, const char *folder, const char *name, mien_error *error) {
  if (!folder) return MIEN_OK;
  char path[4096];
  int bytes = snprintf(path, sizeof path, "%s/%s.mien", folder, name);
  if (bytes < 0 || (size_t)bytes >= sizeof path)
    return base_error_set(error, MIEN_ELIMIT, "mien_engine_options.models", "use a shorter path",
                          "the path of the model folder is too long");
  struct stat about;
  if (!stat(path, &about)) return nn_file_open(file, path, error);
  if (errno == ENOENT) return MIEN_OK;
  return base_error_set(error, MIEN_EIO, path, "check the folder's permissions",
                        "the model file cannot be read: %s", strerror(errno));
}

/* The same of those inside the library. */
static int model_inside(nn_file **file, const char *name, mien_error *error) {
  const engine_embedded *inside = engine_embedded_find(name);
  if (!inside) return MIEN_OK;
  char label[64];
  snprintf(label, sizeof label, "%s.mien inside the library", name);
  return nn_file_open_inside(file, inside->start, (size_t)(inside->end - inside->start), label,
                             error);
}

static int model_find(nn_file **file, const char *folder, const char *name, mien_error *error) {
  int code = model_in_folder(file, folder, name, error);
  return code || *file ? code : model_inside(file, name, error);
}

/* The text model that was asked for; AUTO: the first of those in the folder and those inside. */
static int text_find(nn_file **file, const char *folder, int which, const char *path, mien_error *error) {
  static const char *const names[] = {"text-deep", "text"};
  if (path) return nn_file_open(file, path, error);
  if (which != MIEN_MODEL_AUTO) {
    int code = model_find(file, folder, names[which == MIEN_MODEL_BULK], error);
    if (code || *file || which == MIEN_MODEL_BULK) return code;
    return base_error_set(error, MIEN_EMODEL, "text-deep.mien",
                          "give a folder that has it (options.models, --models DIR), or choose the bulk model",
                          "there is no deep text model");
  }
  int code = MIEN_OK;
  for (int i = 0; i < 2 && !code && !*file; i++) code = model_in_folder(file, folder, names[i], error);
  for (int i = 0; i < 2 && !code && !*file; i++) code = model_inside(file, names[i], error);
  return code;
}

/* The bulk model that the deep one was tuned to hear; a folder's text.mien may be an imported encoder. */
static int beside_find(nn_file **file, const char *folder, mien_error *error) {
  int code = model_in_folder(file, folder, "text", error);
  if (!code && *file && strcmp(nn_file_kind(*file), "text")) nn_file_close(file);
  return code || *file ? code : model_inside(file, "text", error);
}

static int folder_check(const char *folder, mien_error *error) {
  struct stat about;
  if (!folder || (!stat(folder, &about) && S_ISDIR(about.st_mode))) return MIEN_OK;
  return base_error_set(error, MIEN_EIO, folder,
                        "give a folder of *.mien files, or leave it out for the models inside",
                        "the folder of models is not there");
}

static int models_open(mien_engine *engine, const mien_engine_options *options, mien_error *error) {
  const char *folder = options->models;
  const struct {
    nn_file **file;
    const char *name;
  } files[] = {{&engine->voice_file, "voice"},
               {&engine->detect_file, "face-detect"},
               {&engine->landmarks_file, "face-landmarks"},
               {&engine->expression_file, "face-expression"}};
  int code = folder_check(folder, error);
  if (!code) code = text_find(&engine->text_file, folder, options->text_model, options->text_file, error);
  if (!code && engine->text_file && !strcmp(nn_file_kind(engine->text_file), "text-deep"))
    code = beside_find(&engine->beside_file, folder, error);
  for (size_t i = 0; i < BASE_COUNT(files) && !code; i++)
    code = model_find(files[i].file, folder, files[i].name, error);
  if (!code && engine->text_file) code = text_model_open(&engine->text, engine->text_file, error);
  if (!code && engine->text && engine->beside_file) code = text_model_join(engine->text, engine->beside_file, error);
  if (!code && engine->voice_file)
    code = voice_model_open(&engine->voice, engine->voice_file, error);
  if (!code && (engine->detect_file || engine->landmarks_file || engine->expression_file))
    code = face_model_open(&engine->face, engine->detect_file, engine->landmarks_file,
                           engine->expression_file, error);
  return code;
}

int mien_engine_open(mien_engine **engine, const mien_engine_options *options, mien_error *error) {
  if (!engine) return MIEN_EINVAL;
  *engine = NULL;
  mien_engine_options chosen = {.size = sizeof chosen};
  if (options) {
    if (options->size < sizeof options->size)
      return base_error_set(error, MIEN_EINVAL, "mien_engine_options.size",
                            "set it to sizeof(mien_engine_options)", "the size is not set");
    memcpy(&chosen, options, BASE_MIN(options->size, sizeof chosen));
  }
  if (chosen.text_model < MIEN_MODEL_AUTO || chosen.text_model > MIEN_MODEL_DEEP)
    return base_error_set(error, MIEN_EINVAL, "mien_engine_options.text_model", "use one of MIEN_MODEL_…",
                          "there is no choice of model %d", chosen.text_model);
  mien_engine *made = base_alloc(1, sizeof *made);
  if (!made) return base_error_set(error, MIEN_ENOMEM, "mien_engine_open", "", "out of memory");
  pthread_mutex_init(&made->readers.lock, NULL);
  made->log = chosen.log;
  made->log_context = chosen.log_context;
  int code = MIEN_OK;
  if (chosen.speech_model && !(made->speech_model = base_strdup(chosen.speech_model)))
    code = base_error_set(error, MIEN_ENOMEM, "mien_engine_open", "", "out of memory");
  if (!code) code = models_open(made, &chosen, error);
  if (code) {
    mien_engine_close(&made);
    if (error && error->code != code) /* a room out of memory had no words for it */
      base_error_set(error, code, "mien_engine_open", "", "%s", mien_error_message(code));
    return code;
  }
  *engine = made;
  return MIEN_OK;
}

void mien_engine_close(mien_engine **engine) {
  if (!engine || !*engine) return;
  mien_engine *closing = *engine;
  *engine = NULL;
  engine_readers_clear(closing);
  pthread_mutex_destroy(&closing->readers.lock);
  text_model_close(&closing->text);
  voice_model_close(&closing->voice);
  face_model_close(&closing->face);
  nn_file_close(&closing->text_file);
  nn_file_close(&closing->beside_file);
  nn_file_close(&closing->voice_file);
  nn_file_close(&closing->detect_file);
  nn_file_close(&closing->landmarks_file);
  nn_file_close(&closing->expression_file);
  base_free(closing->speech_model);
  base_free(closing);
}

/* Faces in pictures need all three; a crop that is aligned already needs only the expressions. */
const nn_file *engine_model_at(const mien_engine *engine, size_t index) {
  const nn_file *const all[] = {engine->text_file, engine->beside_file, engine->voice_file, engine->detect_file, engine->landmarks_file, engine->expression_file};
  for (size_t i = 0; i < BASE_COUNT(all); i++)
    if (all[i] && !index--) return all[i];
  return NULL;
}

bool engine_reads_faces(const mien_engine *engine) {
  return engine->face && engine->detect_file && engine->landmarks_file && engine->expression_file;
}

unsigned mien_engine_reads(const mien_engine *engine) {
  if (!engine) return 0;
  return (engine->text ? MIEN_READ_TEXT | MIEN_READ_WORDS : 0u) |
         (engine->voice ? MIEN_READ_VOICE : 0u) |
         (engine_reads_faces(engine) ? MIEN_READ_FACE | MIEN_READ_BODY : 0u);
}

int mien_face_read_aligned(mien_engine *engine, const mien_picture *picture, mien_reading *reading,
                           mien_error *error) {
  static const char where[] = "mien_face_read_aligned";
  if (!engine || !picture || !reading)
    return base_error_set(error, MIEN_EINVAL, where, "", "an argument is missing");
  int code = engine_picture_check(picture, where, error);
  if (code) return code;
  if (!engine->face || !engine->expression_file)
    return base_error_set(error, MIEN_EMODEL, where,
                          "give a folder of models that has face-expression.mien",
                          "this engine has no model for faces");
  code = face_read_aligned(engine->face, picture, reading, error);
  if (!code) reading->who = NULL;
  return code;
}
