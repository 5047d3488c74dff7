/* job_read.c: one recording from beginning to end, in a thread of the queue: decoded here, read by the workers. What may not
 * be read of anybody is not even decoded. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "media/media.h"
#include "media/transcript.h"
#include "serve/jobs/jobs_parts.h"
#include "serve/server.h"

enum { SIDE = 640 /* pixels */, FPS = 10, WAIT_MS = 50, SECONDS_A_WORD = 3 /* tenths */ };

typedef struct reading {
  serve_job *job;
  serve_live *live;
  transcript *turns;
  const media_info *info; /* NULL: a transcript alone */
  size_t next;            /* turn */
  size_t strangers;       /* turns of nobody who takes part */
  bool ended;             /* it is to end: cancelled, or the service stops */
  mien_error error;
} reading;

static bool ending(serve_job *job) {
  pthread_mutex_lock(&job->lock);
  bool is = job->cancelled || job->interrupted;
  pthread_mutex_unlock(&job->lock);
  return is;
}

/* Until the inbox has room. False: the job is to end. */
static bool wait_for_room(reading *r) {
  serve_job *job = r->job;
  struct timespec until;
  pthread_mutex_lock(&job->lock);
  while (!job->cancelled && !job->interrupted && serve_live_full(r->live)) {
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += WAIT_MS * 1000000L;
    if (until.tv_nsec >= 1000000000L) until.tv_sec++, until.tv_nsec -= 1000000000L;
    pthread_cond_timedwait(&job->moved, &job->lock, &until);
  }
  r->ended = job->cancelled || job->interrupted;
  pthread_mutex_unlock(&job->lock);
  return !r->ended;
}

/* After a feed. What may not be read is dropped; the conversation is ended by a stop alone. */
static int fed(reading *r, int code) {
  if (code == MIEN_EEND) r->ended = true;
  return code == MIEN_EPOLICY ? MIEN_OK : code;
}

static void set_progress(reading *r, double at) {
  serve_job *job = r->job;
  pthread_mutex_lock(&job->lock);
  if (job->seconds > 0) job->progress = BASE_CLAMP(at / job->seconds, job->progress, 0.99);
  pthread_mutex_unlock(&job->lock);
}

/* ---- The transcript ---- */

/* Whose a turn is: by its channel, by its name, or because there is one person only; -1 nobody's. */
static int person_of(const reading *r, const transcript_turn *turn) {
  const serve_conversation *c = r->job->conversation;
  for (size_t i = 0; turn->who && i < c->person_count; i++)
    if (!strcasecmp(c->people[i].who, turn->who)) return (int)i;
  for (size_t i = 0; turn->who && i < c->person_count; i++)
    if (!strcasecmp(c->people[i].role, turn->who)) return (int)i;
  if (turn->channel >= 0 && turn->channel < r->job->channels) return serve_live_speaker(r->live, (size_t)turn->channel);
  return c->person_count == 1 ? 0 : -1;
}

static int feed_turns_until(reading *r, double at) {
  int code = MIEN_OK;
  double last = 0;
  for (; r->turns && !code && r->next < transcript_count(r->turns); r->next++) {
    transcript_turn turn = *transcript_at(r->turns, r->next);
    size_t words = 1;
    for (size_t i = 0; i < turn.bytes; i++) words += turn.text[i] == ' ';
    if (!isfinite(turn.t0)) turn.t0 = last;
    if (!isfinite(turn.t1)) turn.t1 = turn.t0 + (double)words * SECONDS_A_WORD / 10;
    last = turn.t1;
    if (turn.t1 > at) break;
    int person = person_of(r, &turn);
    if (person < 0) r->strangers++;
    else if (!wait_for_room(r)) return MIEN_EEND;
    else code = fed(r, serve_live_feed_text(r->live, (size_t)person, turn.text, turn.bytes, turn.t0, turn.t1));
  }
  return code;
}

/* All of a file in memory; to be freed. */
static char *whole(int file, size_t *bytes, mien_error *error) {
  off_t size = lseek(file, 0, SEEK_END);
  char *text = size >= 0 && size <= TRANSCRIPT_BYTES_MAX ? base_alloc((size_t)size + 1, 1) : NULL;
  *bytes = 0;
  for (ssize_t got; text && (got = pread(file, text + *bytes, (size_t)size - *bytes, (off_t)*bytes)) > 0;) *bytes += (size_t)got;
  if (!text) base_error_set(error, size > TRANSCRIPT_BYTES_MAX ? MIEN_ELIMIT : MIEN_EIO, "transcript", "a transcript may have 64 MB", "it cannot be read");
  return text;
}

static int open_turns(reading *r, int file, const char *name) {
  size_t bytes;
  char *text = whole(file, &bytes, &r->error);
  if (!text) return r->error.code;
  int code = transcript_open_memory(&r->turns, text, bytes, name, r->job->seconds, &r->error);
  base_free(text);
  for (size_t i = 0; !code && i < transcript_warning_count(r->turns); i++)
    job_note(r->job, "%s (%s)", transcript_warning_at(r->turns, i)->what, transcript_warning_at(r->turns, i)->where);
  return code;
}

/* ---- The recording ---- */

static int feed(reading *r, const media_item *item) {
  if (item->kind == MEDIA_WARNING) return job_note(r->job, "%s%s%s", item->warning->what, *item->warning->where ? ": " : "", item->warning->where), MIEN_OK;
  if (!wait_for_room(r)) return MIEN_EEND;
  set_progress(r, item->at);
  int code = feed_turns_until(r, item->at);
  if (code) return code;
  if (item->kind == MEDIA_AUDIO) return fed(r, serve_live_feed_pcm(r->live, (size_t)item->channel, item->pcm, item->count, item->at));
  return fed(r, serve_live_feed_picture(r->live, (size_t)r->job->camera, &item->picture, item->at));
}

static int check_channels(reading *r) {
  const serve_job *job = r->job;
  if (!r->info->channels || !job->channels || r->info->channels == job->channels) return MIEN_OK;
  return base_error_set(&r->error, MIEN_EINVAL, "channels", "list whose voice each channel of the recording is", "the recording has %d channel%s, and %d %s named",
                        r->info->channels, r->info->channels == 1 ? "" : "s", job->channels, job->channels == 1 ? "was" : "were");
}

static int read_media(reading *r) {
  serve_job *job = r->job;
  media_options options;
  media_reader *reader = NULL;
  media_item item;
  char path[64];
  bool listens = false, looks = job->camera >= 0 && serve_live_may(r->live, (size_t)job->camera) & (MIEN_READ_FACE | MIEN_READ_BODY);
  for (int c = 0; c < job->channels; c++) listens |= serve_live_listens(r->live, (size_t)c);
  media_options_init(&options);
  options.audio = listens;
  options.pictures = looks;
  options.channels = job->channels == 1 ? MEDIA_CHANNELS_MIX : MEDIA_CHANNELS_SPLIT;
  options.format = MIEN_GREY;
  options.max_side = SIDE;
  options.max_fps = FPS;
  snprintf(path, sizeof path, "/proc/self/fd/%d", job->file); /* it has no other name */
  int code = listens || looks || job->transcript >= 0 ? MIEN_OK
             : base_error_set(&r->error, MIEN_EPOLICY, "job", "say whose voice and face it is, and record their consent", "neither the sound nor the pictures of it may be read");
  if (!code && !listens && !looks) return MIEN_OK; /* the words alone */
  if (!code) code = media_open(&reader, path, &options, &r->error);
  if (!code) {
    r->info = media_describe(reader);
    code = check_channels(r);
    pthread_mutex_lock(&job->lock);
    job->seconds = r->info->duration;
    job->fps = isfinite(r->info->fps) ? r->info->fps : 0;
    job->scale = r->info->scale;
    pthread_mutex_unlock(&job->lock);
  }
  if (!code && job->transcript >= 0) code = open_turns(r, job->transcript, "transcript");
  while (!code && !(code = media_next(reader, &item, &r->error))) code = feed(r, &item);
  media_close(&reader);
  return code == MIEN_EEND ? MIEN_OK : code;
}

/* Every utterance gets its answer; then the last result comes. */
static void finish(reading *r) {
  serve_job *job = r->job;
  serve_live_finish(r->live);
  pthread_mutex_lock(&job->lock);
  while (!job->finished && !(job->interrupted && r->ended)) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec++;
    pthread_cond_timedwait(&job->moved, &job->lock, &until);
  }
  pthread_mutex_unlock(&job->lock);
}

/* What was met, without the name that the file has for us alone. */
static void set_error(serve_job *job, const mien_error *error) {
  pthread_mutex_lock(&job->lock);
  job->error = *error;
  if (!strncmp(error->where, "/proc/self/fd/", 14)) {
    const char *rest = error->where + 14 + strspn(error->where + 14, "0123456789");
    snprintf(job->error.where, sizeof job->error.where, "the recording%s", rest);
  }
  pthread_mutex_unlock(&job->lock);
}

int job_read(serve_job *job) {
  reading r = {.job = job, .live = job->conversation->live};
  int code = MIEN_OK;
  if (ending(job)) r.ended = true;
  else if (job->words) code = fed(&r, serve_live_feed_text(r.live, 0, job->words, strlen(job->words), 0, 0));
  else if (job->text) code = open_turns(&r, job->file, "the recording");
  else code = read_media(&r);
  if (!code && !r.turns && !r.ended && job->transcript >= 0) code = open_turns(&r, job->transcript, "transcript");
  if (!code && !r.ended) code = feed_turns_until(&r, INFINITY);
  if (code == MIEN_EEND) code = MIEN_OK;
  if (r.strangers) job_note(job, "%zu turns of the transcript are of nobody who takes part, and were not read", r.strangers);
  finish(&r);
  transcript_close(&r.turns);
  pthread_mutex_lock(&job->lock);
  bool cancelled = job->cancelled, interrupted = r.ended && !job->cancelled, full = job->full;
  pthread_mutex_unlock(&job->lock);
  if (cancelled) return SERVE_JOB_CANCELLED;
  if (interrupted) return SERVE_JOB_INTERRUPTED;
  if (!code && full) code = base_error_set(&r.error, MIEN_ELIMIT, "results", "ask for less: \"cues\": false, or a longer state_every", "there was no room for all results");
  if (!code) return SERVE_JOB_DONE;
  if (!r.error.code) base_error_set(&r.error, code, "the recording", "", "%s", mien_error_message(code));
  set_error(job, &r.error);
  return SERVE_JOB_FAILED;
}
