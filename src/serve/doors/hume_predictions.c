/* hume_predictions.c: what a job read, in the shapes of Hume's batch. Source of the shapes: HumeAI/hume-typescript-sdk 0.9,
 * expressionMeasurement/batch. The emotions are Mien's, as in the stream (hume.c). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "serve/doors/hume.h"

json_t *serve_hume_emotions(json_t *shares) {
  json_t *list = json_array(), *share;
  const char *key;
  json_object_foreach(shares, key, share) {
    char name[32];
    snprintf(name, sizeof name, "%s", key);
    *name = (char)(*name >= 'a' && *name <= 'z' ? *name - 32 : *name);
    json_array_append_new(list, json_pack("{s:s,s:O}", "name", name, "score", share));
  }
  return list;
}

static json_t *models_of(const serve_job *job) { return json_object_get(serve_job_about(job), "models"); }

bool serve_hume_wants(const serve_job *job, const char *model) {
  json_t *models = models_of(job);
  return !json_object_size(models) || json_object_get(models, model);
}

json_t *serve_hume_source(serve_job *job) {
  const json_t *about = serve_job_about(job);
  const char *type = json_string_value(json_object_get(about, "type")), *md5 = json_string_value(json_object_get(about, "md5sum")),
             *content = json_string_value(json_object_get(about, "content_type")), *name = serve_job_name(job);
  if (!type || strcmp(type, "file")) return json_pack("{s:s}", "type", "text");
  return json_pack("{s:s,s:s?,s:s?,s:s}", "type", "file", "filename", *name ? name : NULL, "content_type", content && *content ? content : NULL, "md5sum",
                   md5 ? md5 : "");
}

typedef struct made {
  serve_job *job;
  double fps, scale;
  bool apart;           /* faces are told apart */
  json_t *language, *prosody;
  json_t *faces;        /* id to its predictions */
  json_t *turn;         /* the last that was recognised; NULL */
} made;

static json_t *time_of(json_t *reading) {
  return json_pack("{s:O,s:O}", "begin", json_object_get(reading, "t0"), "end", json_object_get(reading, "t1"));
}

/* Of a text: its words as they were sent. Of speech: as they were recognised just before. */
static void add_language(made *m, json_t *reading) {
  const char *words = serve_job_words(m->job);
  json_t *text = m->turn && json_equal(json_object_get(m->turn, "t0"), json_object_get(reading, "t0")) ? json_object_get(m->turn, "text") : NULL;
  const char *said = words ? words : json_string_value(text) ? json_string_value(text) : "";
  size_t characters = 0;
  for (const char *c = said; *c; c++) characters += (*c & 0xc0) != 0x80;
  json_array_append_new(m->language, json_pack("{s:s,s:{s:i,s:I},s:o,s:n,s:n,s:o}", "text", said, "position", "begin", 0, "end", (json_int_t)characters, "time",
                                               words ? json_null() : time_of(reading), "confidence", "speaker_confidence", "emotions",
                                               serve_hume_emotions(json_object_get(reading, "fine"))));
}

static void add_prosody(made *m, json_t *reading) {
  if (!json_is_true(json_object_get(reading, "final"))) return;
  json_array_append_new(m->prosody, json_pack("{s:n,s:o,s:n,s:n,s:o}", "text", "time", time_of(reading), "confidence", "speaker_confidence", "emotions",
                                              serve_hume_emotions(json_object_get(reading, "core"))));
}

static double side(const made *m, json_t *box, size_t i) { return json_number_value(json_array_get(box, i)) / (m->scale > 0 ? m->scale : 1); }

static void add_face(made *m, json_t *reading) {
  const char *who = json_string_value(json_object_get(reading, "who"));
  json_t *box = json_object_get(reading, "box"), *group;
  double at = json_number_value(json_object_get(reading, "t0"));
  const char *id = m->apart && who ? who : "unknown";
  group = json_object_get(m->faces, id);
  if (!group) json_object_set_new(m->faces, id, group = json_array());
  json_array_append_new(group, json_pack("{s:I,s:f,s:O,s:{s:f,s:f,s:f,s:f},s:o}", "frame", (json_int_t)llround(at * m->fps), "time", at, "prob",
                                         json_object_get(reading, "quality"), "box", "x", side(m, box, 0), "y", side(m, box, 1), "w", side(m, box, 2), "h",
                                         side(m, box, 3), "emotions", serve_hume_emotions(json_object_get(reading, "core"))));
}

static void take_line(made *m, const char *text, size_t bytes) {
  json_t *line = json_loadb(text, bytes, 0, NULL), *reading = json_object_get(line, "reading"), *turn = json_object_get(line, "turn");
  const char *modality = json_string_value(json_object_get(reading, "modality"));
  if (turn) {
    json_decref(m->turn);
    m->turn = json_incref(turn);
  }
  if (modality && !strcmp(modality, "text")) add_language(m, reading);
  if (modality && !strcmp(modality, "voice")) add_prosody(m, reading);
  if (modality && !strcmp(modality, "face")) add_face(m, reading);
  json_decref(line);
}

/* {"metadata":null,"grouped_predictions":[{"id","predictions"},…]}; takes the list. */
static json_t *grouped(json_t *list) {
  json_t *groups = json_array_size(list) ? json_pack("[{s:s,s:O}]", "id", "unknown", "predictions", list) : json_array();
  json_decref(list);
  return json_pack("{s:n,s:o}", "metadata", "grouped_predictions", groups);
}

static json_t *grouped_faces(made *m) {
  json_t *groups = json_array(), *list;
  const char *who;
  size_t number = 0;
  json_object_foreach(m->faces, who, list) {
    char id[32];
    snprintf(id, sizeof id, "face_%zu", number++);
    json_array_append_new(groups, json_pack("{s:s,s:O}", "id", m->apart ? id : "unknown", "predictions", list));
  }
  json_decref(m->faces);
  return json_pack("{s:n,s:o}", "metadata", "grouped_predictions", groups);
}

static json_t *results_of(made *m) {
  static const char *const missing[] = {"burst", "facemesh", "ner"};
  json_t *models = json_object(), *errors = json_array();
  const char *name = serve_job_name(m->job);
  json_object_set_new(models, "face", grouped_faces(m));
  json_object_set_new(models, "prosody", grouped(m->prosody));
  json_object_set_new(models, "language", grouped(m->language));
  for (size_t i = 0; i < 3; i++) {
    static const char *const ours[] = {"face", "prosody", "language"};
    if (!serve_hume_wants(m->job, ours[i])) json_object_del(models, ours[i]);
    if (json_object_get(models_of(m->job), missing[i]))
      json_array_append_new(errors, json_pack("{s:o,s:s}", "message", json_sprintf("the model %s is not here", missing[i]), "file", name));
  }
  json_t *predictions = json_pack("[{s:s,s:s,s:o}]", "file", name, "file_type", serve_job_words(m->job) ? "text" : "file", "models", models);
  return json_pack("{s:o,s:o}", "predictions", predictions, "errors", errors);
}

json_t *serve_hume_predictions(serve_job *job) {
  base_text lines = {0};
  uint64_t last = 0;
  mien_error error;
  json_t *source = serve_hume_source(job);
  serve_job_error(job, &error);
  int state = serve_job_state(job), count = serve_job_lines(job, 0, SIZE_MAX >> 1, "\n", &lines, &last);
  if (state != SERVE_JOB_DONE || count < 0) {
    base_text_clear(&lines);
    return json_pack("{s:o,s:s}", "source", source, "error",
                     error.code ? error.what : state == SERVE_JOB_DONE ? "the results are not there any more" : serve_job_state_name(state));
  }
  made m = {.job = job, .language = json_array(), .prosody = json_array(), .faces = json_object()};
  serve_job_pictures(job, &m.fps, &m.scale);
  m.apart = json_is_true(json_object_get(json_object_get(models_of(job), "face"), "identify_faces"));
  for (const char *at = lines.data; at && *at;) {
    size_t bytes = strcspn(at, "\n");
    take_line(&m, at, bytes);
    at += bytes + (at[bytes] == '\n');
  }
  base_text_clear(&lines);
  json_decref(m.turn);
  return json_pack("{s:o,s:o}", "source", source, "results", results_of(&m));
}
