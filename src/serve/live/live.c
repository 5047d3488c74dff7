/* live.c: a conversation's inbox, its turn with a worker, and its results. */
#include "serve/live/live.h"

#include <pthread.h>
#include <stdio.h>

#include "serve/live/live_parts.h"

static const char *const kinds[SERVE_RESULT_KINDS] = {"reading", "state", "turn", "event", "trouble", "finished"};

const char *serve_result_name(int kind) {
  return kind >= 0 && kind < SERVE_RESULT_KINDS ? kinds[kind] : NULL;
}

void serve_result_release(serve_result *result) {
  if (result && atomic_fetch_sub(&result->held, 1) == 1) base_free(result);
}

/* ---- Opening and closing ---- */

static int check(const serve_live_options *options, mien_error *error) {
  if (!options->person_count || options->person_count > SERVE_PEOPLE)
    return base_error_set(error, MIEN_EINVAL, "participants", "name 1 to 16 participants",
                          "%zu participants", options->person_count);
  if (options->stream_count > SERVE_STREAMS)
    return base_error_set(error, MIEN_ELIMIT, "audio", "open at most 8 streams", "%zu streams of sound",
                          options->stream_count);
  for (size_t i = 0; i < options->person_count; i++) {
    const char *who = options->people[i].who;
    if (!*who || base_utf8_check(who, strlen(who)) != strlen(who))
      return base_error_set(error, MIEN_EINVAL, "participants", "give each a name of 1 to 63 bytes of UTF-8",
                            "participant %zu has no name", i + 1);
    for (size_t j = 0; j < i; j++)
      if (!strcmp(who, options->people[j].who))
        return base_error_set(error, MIEN_EINVAL, "participants", "give each a name of their own",
                              "two participants have the same name");
  }
  int several = 0; /* channels of several people */
  for (size_t i = 0; i < options->stream_count; i++) {
    int code = serve_sound_format_check(&options->streams[i].format, "audio", error);
    if (code) return code;
    for (int c = 0; c < options->streams[i].format.channels; c++) {
      if (options->streams[i].people[c] >= (int)options->person_count ||
          options->streams[i].several[c] >> options->person_count)
        return base_error_set(error, MIEN_EINVAL, "audio", "name one of the participants",
                              "a channel belongs to nobody of this conversation");
      if (options->streams[i].several[c] && several++)
        return base_error_set(error, MIEN_ELIMIT, "audio", "open another conversation for it",
                              "a conversation has one channel with several people in it");
    }
  }
  return MIEN_OK;
}

int serve_live_open(serve_live **opened, serve_pool *pool, const serve_live_options *options, mien_error *error) {
  *opened = NULL;
  int code = check(options, error);
  if (code) return code;
  serve_live *live = base_alloc(1, sizeof *live);
  if (!live) return base_error_set(error, MIEN_ENOMEM, options->id, "", "out of memory");
  atomic_init(&live->held, 1);
  pthread_mutex_init(&live->lock, NULL);
  live->pool = pool;
  snprintf(live->id, sizeof live->id, "%s", options->id);
  live->session_options = (mien_session_options)MIEN_SESSION_USUAL;
  live->session_options.read = options->read;
  live->session_options.states = options->states;
  live->session_options.cues = options->cues;
  live->session_options.state_every = options->state_every;
  live->session_options.face_every = options->face_every;
  live->person_count = options->person_count;
  for (size_t i = 0; i < options->person_count; i++) {
    live->people[i].is = options->people[i];
    atomic_init(&live->people[i].read, options->people[i].read);
    atomic_init(&live->people[i].observe, options->people[i].observe);
  }
  live->stream_count = options->stream_count;
  for (size_t i = 0; i < options->stream_count; i++) {
    live->streams[i].is = options->streams[i];
    live->streams[i].heard = NAN;
  }
  live->background = options->background;
  live->begun = base_clock();
  live->inbox_end = &live->inbox;
  *opened = live;
  return MIEN_OK;
}

serve_live *serve_live_hold(serve_live *live) {
  atomic_fetch_add(&live->held, 1);
  return live;
}

static void free_items(live_item *item) {
  while (item) {
    live_item *next = item->next;
    base_free(item);
    item = next;
  }
}

void serve_live_release(serve_live **held) {
  serve_live *live = *held;
  *held = NULL;
  if (!live || atomic_fetch_sub(&live->held, 1) != 1) return;
  live_engine_close(live);
  free_items(live->inbox);
  for (size_t i = 0; i < live->kept_count; i++) serve_result_release(live->kept[live_kept_at(live, i)]);
  base_free(live->kept);
  pthread_mutex_destroy(&live->lock);
  base_free(live);
}

void serve_live_attach(serve_live *live, void *owner) { live->owner = owner; }
void *serve_live_owner(const serve_live *live) { return live->owner; }
const char *serve_live_id(const serve_live *live) { return live->id; }

int serve_live_person(const serve_live *live, const char *who) {
  for (size_t i = 0; who && i < live->person_count; i++)
    if (!strcmp(live->people[i].is.who, who)) return (int)i;
  return -1;
}

void serve_live_permit(serve_live *live, size_t person, unsigned read, bool observe) {
  if (person >= live->person_count) return;
  atomic_store(&live->people[person].read, read);
  atomic_store(&live->people[person].observe, observe);
}

unsigned serve_live_may(const serve_live *live, size_t person) { return atomic_load(&live->people[person].read); }

/* ---- The inbox ---- */

/* Under the lock. */
static void enqueue(serve_live *live, live_item *item) {
  *live->inbox_end = item;
  live->inbox_end = &item->next;
  live->inbox_bytes += item->bytes + sizeof *item;
}

static int feed(serve_live *live, int kind, size_t index, const void *bytes, size_t count, double at, double until) {
  live_item *item = base_alloc(1, sizeof *item + count + 1); /* a text ends with a 0 */
  if (!item) return MIEN_ENOMEM;
  *item = (live_item){.kind = kind, .index = index, .at = at, .until = until, .came = base_clock(), .bytes = count};
  if (count) memcpy(item->data, bytes, count);
  pthread_mutex_lock(&live->lock);
  int code = MIEN_OK;
  if (live->finishing) code = MIEN_EEND;
  else if (live->inbox_bytes > 2 * SERVE_INBOX && kind != LIVE_FINISH) code = MIEN_EAGAIN; /* what was on its way fits */
  if (!code) {
    enqueue(live, item);
    if (kind == LIVE_FINISH) live->finishing = true;
  }
  pthread_mutex_unlock(&live->lock);
  if (code) base_free(item);
  else live_schedule(live);
  return code;
}

static bool may(const serve_live *live, size_t person, unsigned what) {
  return atomic_load(&live->people[person].read) & live->session_options.read & what;
}

bool live_all_heard(const serve_live *live, unsigned several) {
  for (size_t i = 0; i < live->person_count; i++)
    if (several >> i & 1 && !may(live, i, MIEN_READ_VOICE | MIEN_READ_WORDS)) return false;
  return true;
}

bool serve_live_listens(const serve_live *live, size_t stream) {
  const serve_stream *is = &live->streams[stream].is;
  bool wanted = false;
  for (int c = 0; c < is->format.channels; c++) {
    wanted |= is->people[c] >= 0 && may(live, (size_t)is->people[c], MIEN_READ_VOICE | MIEN_READ_WORDS);
    wanted |= is->several[c] && live_all_heard(live, is->several[c]);
  }
  return wanted;
}

int serve_live_speaker(const serve_live *live, size_t stream) { return stream < live->stream_count ? live->streams[stream].is.people[0] : -1; }

int serve_live_feed_sound(serve_live *live, size_t stream, const uint8_t *bytes, size_t count, double at) {
  if (stream >= live->stream_count) return MIEN_EINVAL;
  return serve_live_listens(live, stream) ? feed(live, LIVE_SOUND, stream, bytes, count, at, NAN) : MIEN_EPOLICY;
}

int serve_live_feed_pcm(serve_live *live, size_t stream, const float *pcm, size_t count, double at) {
  if (stream >= live->stream_count) return MIEN_EINVAL;
  return serve_live_listens(live, stream) ? feed(live, LIVE_PCM, stream, pcm, count * sizeof *pcm, at, NAN) : MIEN_EPOLICY;
}

static double now(const serve_live *live) { return base_clock() - live->begun; }

int serve_live_feed_text(serve_live *live, size_t person, const char *utf8, size_t bytes, double at, double until) {
  if (person >= live->person_count) return MIEN_EINVAL;
  if (!may(live, person, MIEN_READ_TEXT)) return MIEN_EPOLICY;
  if (!isfinite(until)) until = isfinite(at) ? at : now(live);
  if (!isfinite(at)) at = until;
  return feed(live, LIVE_TEXT, person, utf8, bytes, at, BASE_MAX(at, until));
}

int serve_live_feed_jpeg(serve_live *live, size_t person, const uint8_t *bytes, size_t count, double at) {
  if (person >= live->person_count) return MIEN_EINVAL;
  if (!may(live, person, MIEN_READ_FACE | MIEN_READ_BODY)) return MIEN_EPOLICY;
  return feed(live, LIVE_JPEG, person, bytes, count, isfinite(at) ? at : now(live), NAN);
}

int serve_live_feed_file(serve_live *live, size_t person, const uint8_t *bytes, size_t count, double at) {
  if (person >= live->person_count) return MIEN_EINVAL;
  if (!may(live, person, MIEN_READ_VOICE | MIEN_READ_WORDS | MIEN_READ_FACE | MIEN_READ_BODY)) return MIEN_EPOLICY;
  return feed(live, LIVE_FILE, person, bytes, count, at, NAN);
}

/* Its rows without what lies between them; the width goes before, the height follows from the size. */
int serve_live_feed_picture(serve_live *live, size_t person, const mien_picture *picture, double at) {
  if (person >= live->person_count || picture->format != MIEN_GREY || picture->width < 1 || picture->width > LIVE_SIDE || picture->height < 1 ||
      picture->height > LIVE_SIDE)
    return MIEN_EINVAL;
  if (!may(live, person, MIEN_READ_FACE | MIEN_READ_BODY)) return MIEN_EPOLICY;
  size_t width = (size_t)picture->width, height = (size_t)picture->height;
  uint8_t *bytes = base_alloc(sizeof(int) + width * height, 1);
  if (!bytes) return MIEN_ENOMEM;
  memcpy(bytes, &picture->width, sizeof(int));
  for (size_t y = 0; y < height; y++) memcpy(bytes + sizeof(int) + y * width, picture->data + y * picture->stride, width);
  int code = feed(live, LIVE_PICTURE, person, bytes, sizeof(int) + width * height, at, NAN);
  base_free(bytes);
  return code;
}

int serve_live_finish(serve_live *live) { return feed(live, LIVE_FINISH, 0, NULL, 0, NAN, NAN); }

static size_t inbox_bytes(serve_live *live) {
  pthread_mutex_lock(&live->lock);
  size_t bytes = live->inbox_bytes;
  pthread_mutex_unlock(&live->lock);
  return bytes;
}

bool serve_live_full(serve_live *live) { return inbox_bytes(live) > SERVE_INBOX; }
bool serve_live_ready(serve_live *live) { return inbox_bytes(live) <= SERVE_INBOX / 2; }

/* ---- The results ---- */

size_t live_kept_at(const serve_live *live, size_t index) { return (live->kept_first + index) % live->kept_room; }

/* Under the lock. */
static void forget_first(serve_live *live) {
  serve_result *first = live->kept[live->kept_first];
  live->kept_bytes -= first->bytes + sizeof *first;
  live->kept_first = live_kept_at(live, 1);
  live->kept_count--;
  serve_result_release(first);
}

/* Under the lock: room for one more. */
static bool kept_grow(serve_live *live) {
  if (live->kept_count < live->kept_room) return true;
  size_t room = live->kept_room ? 2 * live->kept_room : 16;
  serve_result **grown = base_alloc(room, sizeof *grown);
  if (!grown) return false;
  for (size_t i = 0; i < live->kept_count; i++) grown[i] = live->kept[live_kept_at(live, i)];
  base_free(live->kept);
  live->kept = grown;
  live->kept_first = 0;
  live->kept_room = room;
  return true;
}

int live_keep(serve_live *live, const mien_event *event, int kind, const char *body, size_t bytes, double t1) {
  serve_result *result = base_alloc(1, sizeof *result + bytes + 96);
  if (!result) return MIEN_ENOMEM;
  atomic_init(&result->held, 2); /* the line's and ours */
  result->kind = kind;
  result->modality = kind <= SERVE_TURN && event ? event->reading.modality : -1;
  result->final = kind == SERVE_READING && event ? event->reading.final : true;
  result->t1 = t1;
  pthread_mutex_lock(&live->lock);
  bool kept = kept_grow(live);
  if (kept) {
    result->caused = live->caused;
    result->seq = ++live->last;
    int head = snprintf(result->json, 96, "{\"type\":\"%s\",\"seq\":%llu,\"%s\":", kinds[kind],
                        (unsigned long long)result->seq, kinds[kind]);
    memcpy(result->json + head, body, bytes);
    memcpy(result->json + head + bytes, "}", 2);
    result->bytes = (size_t)head + bytes + 1;
    live->kept[live_kept_at(live, live->kept_count++)] = result;
    live->kept_bytes += result->bytes + sizeof *result;
    while (live->kept_count > 1 && live->kept_bytes > SERVE_KEPT) forget_first(live);
    if (kind == SERVE_FINISHED) live->done = true;
  }
  pthread_mutex_unlock(&live->lock);
  if (kept) live_seen(live, event, result);
  else serve_result_release(result);
  serve_result_release(result);
  return kept ? MIEN_OK : MIEN_ENOMEM;
}

int serve_live_say(serve_live *live, int kind, const char *body, size_t bytes, double t1) {
  if (kind != SERVE_EVENT && kind != SERVE_TROUBLE) return MIEN_EINVAL;
  int code = live_keep(live, NULL, kind, body, bytes, t1);
  if (!code) live_wake(live);
  return code;
}

serve_result *serve_live_after(serve_live *live, uint64_t seq) {
  pthread_mutex_lock(&live->lock);
  serve_result *found = NULL;
  if (live->kept_count && live->last > seq) {
    uint64_t first = live->last - live->kept_count + 1;
    found = live->kept[live_kept_at(live, seq < first ? 0 : (size_t)(seq + 1 - first))];
    atomic_fetch_add(&found->held, 1);
  }
  pthread_mutex_unlock(&live->lock);
  return found;
}

void serve_live_forget(serve_live *live, uint64_t seq) {
  pthread_mutex_lock(&live->lock);
  while (live->kept_count && live->last - live->kept_count < seq) forget_first(live);
  pthread_mutex_unlock(&live->lock);
}

uint64_t serve_live_last(serve_live *live) {
  pthread_mutex_lock(&live->lock);
  uint64_t last = live->last;
  pthread_mutex_unlock(&live->lock);
  return last;
}

double serve_live_heard(serve_live *live, size_t stream) {
  pthread_mutex_lock(&live->lock);
  double heard = stream < live->stream_count ? live->streams[stream].heard : NAN;
  pthread_mutex_unlock(&live->lock);
  return heard;
}

bool serve_live_done(serve_live *live) {
  pthread_mutex_lock(&live->lock);
  bool done = live->done;
  pthread_mutex_unlock(&live->lock);
  return done;
}
