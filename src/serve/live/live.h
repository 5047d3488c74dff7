/* live.h: live conversations: what comes in waits in an inbox, worker threads feed it to the engine, and
 * what is read waits, numbered, until whoever listens has taken it.
 *
 * What it is not: it knows no socket and no protocol; doors (door.h) feed it and take from it. It decides
 * nothing about what may be read: it holds, for each participant, the mask it was last given, and drops
 * what the mask leaves out before anything is computed of it.
 *
 * Threads: every function may be called from any thread. A pool runs `threads` workers; one conversation
 * is read by one of them at a time, in the order of its feeds. `wake` is called from workers.
 * Ownership: a live conversation lives as long as somebody holds it (hold, release); results likewise.
 * Memory of a conversation: its engine session (engine.h), an inbox of about SERVE_INBOX bytes, results
 * of at most SERVE_KEPT bytes: the oldest go first. */
#ifndef SERVE_LIVE_H
#define SERVE_LIVE_H

#include <stdatomic.h>

#include "base/base.h"
#include "serve/doors/sound.h"

enum { SERVE_NAME = 64, SERVE_STREAMS = 8, SERVE_PEOPLE = 16, SERVE_SEVERAL = 8 /* in one channel */ };
enum { SERVE_INBOX = 1 << 20, SERVE_KEPT = 256 << 10 };

enum { SERVE_READING, SERVE_STATE, SERVE_TURN, SERVE_EVENT, SERVE_TROUBLE, SERVE_FINISHED, SERVE_RESULT_KINDS };
const char *serve_result_name(int kind); /* "reading" "state" "turn" "event" "trouble" "finished" */

/* One thing that was read, as the JSON line that mien.v1 sends:
 * {"type":"state","seq":7,"state":{…}}. Never changes once made. */
typedef struct serve_result {
  atomic_int held;
  uint64_t seq;    /* 1, 2, … within the conversation */
  int kind;        /* SERVE_… */
  int modality;    /* of READING, STATE and TURN (MIEN_VOICE: recognised, MIEN_TEXT: given by a client), else -1 */
  bool final;
  double t1;       /* seconds, of READING, STATE, TURN, EVENT; else NAN */
  double caused;   /* base_clock() when the input came that brought it about */
  size_t bytes;    /* without the ending 0 */
  char json[];
} serve_result;
void serve_result_release(serve_result *result);

typedef struct serve_pool serve_pool;
typedef struct serve_live serve_live;

typedef struct serve_person {
  char who[SERVE_NAME];   /* unique in the conversation */
  char role[SERVE_NAME];
  unsigned read;          /* MIEN_READ_…: what may be read of them now */
  bool observe;           /* cues alone: nothing that says emotion leaves the engine */
} serve_person;

/* A stream of sound: whose voice each channel is. */
typedef struct serve_stream {
  serve_sound_format format;
  int people[SERVE_CHANNELS]; /* index into people; -1: nobody's, dropped, or of several */
  unsigned several[SERVE_CHANNELS]; /* bit i: person i is one of those in this channel, who are told apart by their voices,
                                       in the order in which they first speak; 0: one person's. Read only while all of them may be */
} serve_stream;

typedef struct serve_live_options {
  const char *id;                 /* for messages and logs */
  const serve_person *people;
  size_t person_count;            /* 1…SERVE_PEOPLE */
  const serve_stream *streams;
  size_t stream_count;            /* 0…SERVE_STREAMS */
  bool states, cues;
  double state_every, face_every; /* seconds */
  unsigned read;                  /* MIEN_READ_…: what may be read of anybody at all */
  bool background;                /* a recording: read while no live conversation waits, in small pieces */
} serve_live_options;

/* `seen` is given every result in order, in the worker, before anybody can take it: NULL, or what stores
 * it. `wake`: there are new results, or room in the inbox again. `heard` (NULL, or for the rules), in the
 * worker: sound was read until this second. `session` (or NULL), in the worker: before it is fed first, and after its last result. A turn of text that may be read is a result itself, before it is read: who
 * watches, and what is kept, has what was said. */
typedef struct serve_pool_options {
  mien_engine *engine;
  int threads;                                        /* 1…64 */
  void (*wake)(void *context, serve_live *live);
  void (*seen)(void *context, serve_live *live, const mien_event *event, const serve_result *result);
  void (*heard)(void *context, serve_live *live, double until);
  void (*session)(void *context, serve_live *live, mien_session *session, bool over); /* it was just opened; it is over */
  void *context;
} serve_pool_options;

int serve_pool_open(serve_pool **pool, const serve_pool_options *options, mien_error *error);
/* Every conversation must have been finished and its results taken, or they are lost. */
void serve_pool_close(serve_pool **pool);

/* What it is fed waits until it begins. */
int serve_live_open(serve_live **live, serve_pool *pool, const serve_live_options *options, mien_error *error);
void serve_live_begin(serve_live *live);
bool serve_live_idle(serve_live *live); /* no worker is at it, and none will come before it is fed again */
serve_live *serve_live_hold(serve_live *live);
void serve_live_release(serve_live **live);
void serve_live_attach(serve_live *live, void *owner); /* for `wake` and `seen`: whatever the owner wants */
void *serve_live_owner(const serve_live *live);
const char *serve_live_id(const serve_live *live);

/* The feeds copy what they are given. MIEN_EAGAIN: the inbox has been full for long, nothing was taken. MIEN_EINVAL: no such stream or person. MIEN_EEND: finished. MIEN_EPOLICY: not one of those whose
 * it is may be read, so it was dropped. Times are seconds of the conversation; NAN: it follows what came
 * before it in this stream (sound), or now (the others). */
int serve_live_feed_sound(serve_live *live, size_t stream, const uint8_t *bytes, size_t count, double at);
int serve_live_feed_text(serve_live *live, size_t person, const char *utf8, size_t bytes, double at, double until);
int serve_live_feed_jpeg(serve_live *live, size_t person, const uint8_t *bytes, size_t count, double at);
/* A whole file of sound, pictures or both, of any format that media/ reads; its times begin at `at`. */
int serve_live_feed_file(serve_live *live, size_t person, const uint8_t *bytes, size_t count, double at);
/* Decoded already: mono samples at 16 kHz of the first channel of a stream; a grey picture of at most 1280 pixels a side. */
int serve_live_feed_pcm(serve_live *live, size_t stream, const float *pcm, size_t count, double at);
int serve_live_feed_picture(serve_live *live, size_t person, const mien_picture *picture, double at);
int serve_live_finish(serve_live *live);
/* Full: stop reading the socket, until ready: half the inbox is free. */
bool serve_live_full(serve_live *live);
bool serve_live_ready(serve_live *live);

/* From the next item on, of those already waiting as well. */
void serve_live_permit(serve_live *live, size_t person, unsigned read, bool observe);
bool serve_live_listens(const serve_live *live, size_t stream); /* somebody of this stream may be heard now */
int serve_live_speaker(const serve_live *live, size_t stream); /* whose its first channel is; -1 nobody's, or several people's */
unsigned serve_live_may(const serve_live *live, size_t person); /* MIEN_READ_…: as it was permitted last */
int serve_live_person(const serve_live *live, const char *who); /* its index, or -1 */
/* Puts a result of the server's own (SERVE_EVENT, SERVE_TROUBLE) in line; `body` is JSON. */
int serve_live_say(serve_live *live, int kind, const char *body, size_t bytes, double t1);

/* The first result after `seq` that is still kept, held for the caller; NULL: none yet. */
serve_result *serve_live_after(serve_live *live, uint64_t seq);
/* Forgets results up to this one: they have arrived. */
void serve_live_forget(serve_live *live, uint64_t seq);
uint64_t serve_live_last(serve_live *live);                    /* seq of the newest, 0 none */
double serve_live_heard(serve_live *live, size_t stream);      /* seconds of sound taken in; NAN none */
bool serve_live_done(serve_live *live);                        /* FINISHED is among the results */

#endif
