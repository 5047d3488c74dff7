/* live_parts.h: what live.c, live_read.c and pool.c share of a conversation. Of these rooms alone. */
#ifndef SERVE_LIVE_PARTS_H
#define SERVE_LIVE_PARTS_H

#include <pthread.h>

#include "serve/doors/picture.h"
#include "serve/live/live.h"

enum { LIVE_SOUND, LIVE_TEXT, LIVE_JPEG, LIVE_FILE, LIVE_PCM, LIVE_PICTURE, LIVE_FINISH };

enum { LIVE_SIDE = 1280 /* pixels, of LIVE_PICTURE */ };

typedef struct live_item {
  struct live_item *next;
  int kind;         /* LIVE_… */
  size_t index;     /* stream or person */
  double at, until; /* seconds */
  double came;      /* base_clock() */
  size_t bytes;
  _Alignas(8) uint8_t data[];
} live_item;

struct serve_live {
  atomic_int held;
  char id[SERVE_NAME];
  serve_pool *pool;
  void *owner;
  double begun; /* base_clock() */
  mien_session_options session_options;
  struct {
    serve_person is;
    atomic_uint read;
    atomic_bool observe;
  } people[SERVE_PEOPLE];
  size_t person_count;
  bool background; /* live_options */

  /* Of the worker whose turn it is. */
  mien_session *session; /* NULL before the first item */
  serve_jpeg *jpeg;
  base_text line;        /* JSON being made */
  double fed_at;         /* of what is being fed; NAN */

  /* Under the lock. */
  pthread_mutex_t lock;
  struct {
    serve_stream is;
    serve_sound *sound; /* of the worker */
    double heard;       /* seconds; NAN before the first */
  } streams[SERVE_STREAMS];
  size_t stream_count;
  live_item *inbox, **inbox_end;
  size_t inbox_bytes;
  bool finishing, done;
  serve_result **kept;   /* a ring */
  size_t kept_first, kept_count, kept_room, kept_bytes;
  uint64_t last;         /* seq of the newest */
  double caused;         /* base_clock() of the item being read */

  /* Under the pool's lock. */
  bool begun_reading; /* serve_live_begin */
  bool waiting, running, again;
  serve_live *next;
};

/* pool.c */
bool live_all_heard(const serve_live *live, unsigned several); /* of all of these (serve_stream) the sound may be read */
void live_schedule(serve_live *live); /* it has items: a worker will come */
void live_wake(serve_live *live);
void live_seen(serve_live *live, const mien_event *event, const serve_result *result);
void live_heard(serve_live *live, double until);
void live_session(serve_live *live, bool over);
mien_engine *live_engine(const serve_live *live);

/* live_read.c, in a worker: reads what waits in the inbox, at most a slice of it. True: more waits. */
bool live_read(serve_live *live);
void live_engine_close(serve_live *live);

/* live.c */
size_t live_kept_at(const serve_live *live, size_t index);
int live_keep(serve_live *live, const mien_event *event, int kind, const char *body, size_t bytes, double t1);

#endif
