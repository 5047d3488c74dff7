/* job_make.c: what a caller asks of a recording, to a conversation that may read it, and a job in the queue. */
#include <fcntl.h>
#include <stdio.h>
#include <strings.h>
#include <unistd.h>

#include "media/media.h"
#include "serve/audit/audit.h"
#include "serve/jobs/jobs_parts.h"
#include "serve/server.h"

static int wrong(mien_error *error, const char *where, const char *remedy, const char *what) {
  return base_error_set(error, MIEN_EINVAL, where, remedy, "%s", what);
}

/* The profile, with what was asked over it; new reference. */
static json_t *over_profile(struct serve_server *server, json_t *asked, mien_error *error) {
  json_t *name = json_object_get(asked, "profile"), *profile = NULL;
  if (!name) return json_deep_copy(asked);
  if (json_is_string(name)) profile = json_object_get(server->settings.profiles, json_string_value(name));
  if (!profile) {
    base_error_set(error, MIEN_EPOLICY, "profile", "describe it under `profiles` in the settings", "there is no such profile");
    return NULL;
  }
  json_t *what = json_deep_copy(profile);
  json_object_update(what, asked);
  json_object_del(what, "profile");
  return what;
}

/* "subject" and "consent" of the first participant, for who says no more than that. */
static void take_first(json_t *what) {
  static const char *const names[] = {"subject", "consent"};
  json_t *first = json_array_get(json_object_get(what, "participants"), 0);
  for (size_t i = 0; i < BASE_COUNT(names); i++) {
    json_t *value = json_object_get(what, names[i]);
    if (value && json_is_object(first)) json_object_set(first, names[i], value);
    json_object_del(what, names[i]);
  }
}

/* Takes a string out of what was asked. */
static int take(json_t *what, const char *name, char *to, size_t room, mien_error *error) {
  json_t *value = json_object_get(what, name);
  *to = 0;
  if (!value) return MIEN_OK;
  if (!json_is_string(value) || json_string_length(value) >= room || strlen(json_string_value(value)) != json_string_length(value))
    return base_error_set(error, MIEN_EINVAL, name, "", "it must be a text of at most %zu bytes", room - 1);
  snprintf(to, room, "%s", json_string_value(value));
  json_object_del(what, name);
  return MIEN_OK;
}

/* `channels` to the streams of a conversation, one each. Of one person alone all of the sound is theirs. */
static int take_channels(serve_job *job, json_t *what, mien_error *error) {
  json_t *channels = json_object_get(what, "channels"), *people = json_object_get(what, "participants"), *audio = json_array(), *who;
  size_t i;
  int code = MIEN_OK;
  if (json_object_get(what, "audio")) code = wrong(error, "audio", "say whose each channel is in `channels`", "a recording has its own coding");
  else if (channels && (!json_is_array(channels) || !json_array_size(channels) || json_array_size(channels) > MEDIA_CHANNELS_MAX))
    code = wrong(error, "channels", "list whose voice each channel is, null for nobody's", "'channels' must be a list of 1 to 8");
  job->channels = channels ? (int)json_array_size(channels) : json_array_size(people) == 1;
  if (!channels && job->channels)
    json_array_append_new(audio, json_pack("{s:s,s:i,s:[O]}", "coding", "pcm_f32le", "rate", SERVE_RATE, "channels",
                                           json_object_get(json_array_get(people, 0), "who") ? json_object_get(json_array_get(people, 0), "who") : json_null()));
  json_array_foreach(channels, i, who)
    json_array_append_new(audio, json_pack("{s:s,s:i,s:[O]}", "coding", "pcm_f32le", "rate", SERVE_RATE, "channels", who));
  json_object_del(what, "channels");
  if (json_array_size(audio)) json_object_set(what, "audio", audio);
  json_decref(audio);
  return code;
}

static bool is_text(const char *name) {
  static const char *const endings[] = {".txt", ".srt", ".vtt", ".json"};
  size_t length = strlen(name);
  for (size_t i = 0; i < BASE_COUNT(endings); i++)
    if (length > strlen(endings[i]) && !strcasecmp(name + length - strlen(endings[i]), endings[i])) return true;
  return false;
}

static void take_files(serve_job *job, serve_upload_file *files, size_t count) {
  for (size_t i = 0; i < count; i++) {
    int *to = !strcmp(files[i].field, "transcript") ? &job->transcript : &job->file;
    if (*to >= 0) continue;
    *to = files[i].file;
    files[i].file = -1;
  }
}

/* The file: uploaded, or named; one of both. */
static int find_file(serve_job *job, serve_upload_file *files, size_t count, const char *path, mien_error *error) {
  if (job->words) return MIEN_OK;
  size_t recordings = 0, transcripts = 0;
  for (size_t i = 0; i < count; i++) {
    bool transcript = !strcmp(files[i].field, "transcript");
    transcripts += transcript;
    if (!transcript && !recordings++ && !*job->name) snprintf(job->name, sizeof job->name, "%s", files[i].name);
  }
  if (recordings + (*path != 0) != 1 || transcripts > 1)
    return wrong(error, "job", "send one recording as the body, as the part \"file\", or as `path`, and at most one \"transcript\"",
                 (recordings + (*path != 0)) ? "more than one recording" : "there is no recording");
  if (!*path) return MIEN_OK;
  job->file = serve_folder_open(job->server->settings.jobs_folder, job->tenant, path, error);
  const char *slash = strrchr(path, '/');
  if (!*job->name) snprintf(job->name, sizeof job->name, "%.255s", slash ? slash + 1 : path);
  return job->file < 0 ? job->file : MIEN_OK;
}

static int open_conversation(serve_job *job, json_t *what, mien_error *error) {
  char camera[SERVE_NAME], path[1024];
  int code = take(what, "name", job->name, sizeof job->name, error);
  if (!code) code = take(what, "camera", camera, sizeof camera, error);
  if (!code) code = take(what, "path", path, sizeof path, error);
  take_first(what);
  if (!code) code = take_channels(job, what, error);
  serve_conversation *c = code ? NULL : serve_conversation_open_job(job->server, job->tenant, what, job, error);
  if (!c) return code ? code : error->code;
  job->conversation = serve_conversation_joined(c);
  job->joined = true;
  job->camera = *camera ? serve_live_person(c->live, camera) : c->person_count == 1 ? 0 : -1;
  snprintf(job->session, sizeof job->session, "%s", c->id);
  snprintf(job->purpose, sizeof job->purpose, "%s", c->purpose);
  snprintf(job->context, sizeof job->context, "%s", c->context);
  snprintf(job->jurisdiction, sizeof job->jurisdiction, "%s", c->jurisdiction);
  for (size_t i = 0; i < c->person_count; i++) job->had[i] = c->allowed.people[i].read;
  return *camera && job->camera < 0 ? wrong(error, "camera", "name one of the participants", "the camera shows nobody of this conversation") : MIEN_OK;
}

/* Nothing of it goes on: the conversation ends by itself once it is nobody's. */
static void undo(serve_job *job) {
  serve_conversation *c = job->conversation;
  if (c) {
    serve_live_finish(c->live);
    if (--c->links == 0) c->alone_since = -INFINITY;
    job->conversation = NULL;
    serve_conversation_release(&c);
  }
  serve_job_release(&job);
}

serve_job *serve_job_make(struct serve_server *server, const char *tenant, const char *key, json_t *asked, serve_upload_file *files,
                          size_t file_count, const serve_job_more *more, mien_error *error) {
  char path[1024];
  int code = serve_jobs_room(server, error);
  json_t *what = code ? NULL : over_profile(server, asked, error);
  serve_job *job = what ? base_alloc(1, sizeof *job) : NULL;
  if (!job) {
    json_decref(what);
    if (!error->code) base_error_set(error, MIEN_ENOMEM, "job", "", "out of memory");
    return NULL;
  }
  *job = (serve_job){.server = server, .file = -1, .transcript = -1, .camera = -1, .made = base_now(), .started = NAN, .ended = NAN, .seconds = NAN};
  atomic_init(&job->held, 1);
  pthread_mutex_init(&job->lock, NULL);
  pthread_cond_init(&job->moved, NULL);
  job->expires = job->made + server->settings.jobs_retention;
  snprintf(job->tenant, sizeof job->tenant, "%s", tenant);
  if (more) {
    snprintf(job->batch, sizeof job->batch, "%s", more->batch);
    job->about = more->about ? json_deep_copy(more->about) : NULL;
    job->words = more->words ? base_strdup(more->words) : NULL;
  }
  const char *named = json_string_value(json_object_get(what, "path"));
  snprintf(path, sizeof path, "%s", named ? named : "");
  code = open_conversation(job, what, error); /* may it be read at all? only then is a file looked for */
  json_decref(what);
  if (!code) code = find_file(job, files, file_count, path, error);
  if (!code) job->text = is_text(job->name);
  if (!code) code = job_put(job, error);
  if (!code) code = serve_audit_did(server, tenant, key, "job", job->id, error);
  if (code) {
    undo(job);
    return NULL;
  }
  take_files(job, files, file_count);
  jobs_add(server, job);
  return job;
}
