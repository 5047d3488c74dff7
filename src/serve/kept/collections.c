/* collections.c: see collections.h. */
#include "serve/kept/collections.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "serve/http/aside.h"
#include "serve/kept/keep.h"
#include "serve/server.h"

enum { WAITING = 16, SWEEP_EVERY = 600 /* s */ };

typedef struct task {
  serve_collection c;
  int file;
  char names[2 + INSIGHT_FACETS][128]; /* of the columns; "" none */
  bool named[2 + INSIGHT_FACETS];      /* false: the usual ones */
  struct task *next;
} task;

struct serve_collections {
  struct serve_server *server;
  serve_aside *figures;          /* its thread */
  mien_session *reader, *judge;  /* of the reading thread; of the thread of figures */
  insight *loaded;               /* of the thread of figures */
  char loaded_id[STORE_ID];
  pthread_t thread;
  bool running;
  pthread_mutex_t lock;
  pthread_cond_t work;
  bool closing;
  task *first, **end;
  size_t waiting;
  char now[STORE_ID];            /* what is being read, and how much of it */
  bool dropped;                  /* it need not be read to its end: somebody took it away */
  size_t done, whole;
};

/* ---- Reading ---- */

static int add_row(void *context, const insight_row *row, mien_error *error) { return insight_add(context, row, error); }

static bool progress(void *context, size_t done, size_t whole) {
  serve_collections *s = context;
  pthread_mutex_lock(&s->lock);
  s->done = done;
  s->whole = whole;
  bool goes_on = !s->closing && !s->dropped;
  pthread_mutex_unlock(&s->lock);
  return goes_on;
}

static void take_notes(serve_collection *c, const insight_health *h) {
  c->rows = h->rows;
  c->lost = h->lost;
  json_decref(c->notes);
  c->notes = json_array();
  for (size_t i = 0; i < h->note_count; i++)
    json_array_append_new(c->notes, json_pack("{s:I,s:s}", "line", (json_int_t)h->notes[i].line, "what", h->notes[i].what));
}

static int read_file(serve_collections *s, task *k, insight *in, mien_error *error) {
  insight_rows *rows = NULL;
  char *buffer = base_alloc(1, 1 << 18);
  insight_columns columns = {k->named[0] ? k->names[0] : NULL, k->named[1] ? k->names[1] : NULL, {NULL}};
  for (int f = 0; f < INSIGHT_FACETS; f++) columns.facet[f] = k->named[2 + f] ? k->names[2 + f] : NULL;
  int code = buffer ? insight_rows_open(&rows, &columns, add_row, in, error) : base_error_set(error, MIEN_ENOMEM, "collection", "", "out of memory");
  ssize_t got = 0;
  while (!code && (got = read(k->file, buffer, 1 << 18)) > 0) code = insight_rows_feed(rows, buffer, (size_t)got, error);
  if (!code && got < 0) code = base_error_set(error, MIEN_EIO, "collection", "", "what was sent cannot be read again");
  if (!code) code = insight_rows_finish(rows, error);
  if (rows) take_notes(&k->c, insight_rows_health(rows));
  insight_rows_close(&rows);
  base_free(buffer);
  return code ? code : insight_read(in, s->reader, progress, s, error);
}

static void do_task(serve_collections *s, task *k) {
  mien_error error = {0};
  insight *in = NULL;
  int code = insight_open(&in, &error);
  if (!code) code = read_file(s, k, in, &error);
  if (!code) code = serve_collection_decide(s->server, &k->c, &error); /* a consent may be gone by now */
  if (!code) code = serve_collection_save(s->server, &k->c, in, &error);
  insight_close(&in);
  pthread_mutex_lock(&s->lock);
  bool closing = s->closing;
  pthread_mutex_unlock(&s->lock);
  if (closing && code) return; /* at the next start it is said to have failed */
  snprintf(k->c.state, sizeof k->c.state, code ? "failed" : "ready");
  if (code) snprintf(k->c.why, sizeof k->c.why, "%.120s%s%.120s", error.what, *error.remedy ? ": " : "", error.remedy);
  if (serve_collection_change(s->server, &k->c, NULL)) serve_collection_erase(s->server, &k->c, NULL); /* it was dropped meanwhile */
}

static void *work(void *context) {
  serve_collections *s = context;
  double swept = 0;
  pthread_mutex_lock(&s->lock);
  while (!s->closing) {
    if (base_clock() - swept > SWEEP_EVERY || !swept) {
      swept = base_clock();
      pthread_mutex_unlock(&s->lock);
      serve_collections_sweep(s->server, base_now());
      pthread_mutex_lock(&s->lock);
      continue; /* it may be closing by now */
    }
    task *k = s->first;
    if (!k) {
      struct timespec until;
      clock_gettime(CLOCK_REALTIME, &until);
      until.tv_sec += SWEEP_EVERY;
      pthread_cond_timedwait(&s->work, &s->lock, &until);
      continue;
    }
    memcpy(s->now, k->c.id, sizeof s->now);
    s->done = s->whole = 0;
    s->dropped = false;
    pthread_mutex_unlock(&s->lock);
    do_task(s, k);
    pthread_mutex_lock(&s->lock);
    *s->now = 0;
    s->first = k->next;
    if (!s->first) s->end = &s->first;
    s->waiting--;
    close(k->file);
    serve_collection_clear(&k->c);
    base_free(k);
  }
  pthread_mutex_unlock(&s->lock);
  return NULL;
}

/* ---- */

static int open_session(serve_collections *s, mien_session **session, mien_error *error) {
  mien_session_options options = MIEN_SESSION_USUAL;
  options.read = MIEN_READ_TEXT;
  options.states = options.turns = options.cues = 0;
  return mien_session_open(session, s->server->engine, &options, error);
}

int serve_collections_open(struct serve_server *server, mien_error *error) {
  if (!server->keep) return MIEN_OK;
  serve_collections *s = server->collections = base_alloc(1, sizeof *s);
  if (!s) return base_error_set(error, MIEN_ENOMEM, "collections", "", "out of memory");
  s->server = server;
  s->end = &s->first;
  pthread_mutex_init(&s->lock, NULL);
  pthread_cond_init(&s->work, NULL);
  serve_collections_interrupted(server);
  int code = open_session(s, &s->reader, error);
  if (!code) code = open_session(s, &s->judge, error);
  if (!code) code = serve_aside_open(&s->figures, error);
  if (!code && pthread_create(&s->thread, NULL, work, s)) code = base_error_set(error, MIEN_ENOMEM, "collections", "", "a thread could not be started");
  s->running = !code;
  return code;
}

void serve_collections_close(struct serve_server *server) {
  serve_collections *s = server->collections;
  if (!s) return;
  pthread_mutex_lock(&s->lock);
  s->closing = true;
  pthread_cond_signal(&s->work);
  pthread_mutex_unlock(&s->lock);
  if (s->running) pthread_join(s->thread, NULL);
  serve_aside_close(&s->figures);
  for (task *k = s->first, *next; k; k = next) {
    next = k->next;
    close(k->file);
    serve_collection_clear(&k->c);
    base_free(k);
  }
  insight_close(&s->loaded);
  mien_session_close(&s->reader);
  mien_session_close(&s->judge);
  pthread_cond_destroy(&s->work);
  pthread_mutex_destroy(&s->lock);
  base_free(s);
  server->collections = NULL;
}

int serve_collection_decide(struct serve_server *server, serve_collection *c, mien_error *error) {
  guard_person person;
  guard_answer answer;
  guard_consent consent;
  guard_ask ask = serve_about_ask(&c->about, c->tenant, "those who wrote", &person);
  int code = guard_decide(server->packs, server->ledger, &ask, &answer, error);
  if (code) return code;
  if (!(answer.people[0].read & MIEN_READ_TEXT) || answer.people[0].mode != GUARD_FULL)
    return base_error_set(error, MIEN_EPOLICY, answer.pack, "record the consent of those who wrote (POST /v1/consents), and name its subject and id", "these texts may not be read: %.150s", answer.people[0].why);
  if (!(answer.retention > 0)) return base_error_set(error, MIEN_EPOLICY, answer.pack, "`mien insight` reads a file and keeps nothing", "nothing may be kept for this purpose");
  if (*c->about.consent && (!guard_ledger_find(server->ledger, c->tenant, c->about.consent, &consent) || !consent.keep))
    return base_error_set(error, MIEN_EPOLICY, "consent", "record one with \"keep\": true", "this consent does not cover keeping");
  double keep = server->settings.retention > 0 ? BASE_MIN(server->settings.retention, answer.retention) : answer.retention;
  c->until = (c->made > 0 ? c->made : base_now()) + keep;
  return MIEN_OK;
}

int serve_collection_begin(struct serve_server *server, serve_collection *c, int file, const insight_columns *columns, mien_error *error) {
  serve_collections *s = server->collections;
  task *k = base_alloc(1, sizeof *k);
  int code = k ? MIEN_OK : base_error_set(error, MIEN_ENOMEM, "collection", "", "out of memory");
  pthread_mutex_lock(&s->lock);
  if (!code && (s->waiting >= WAITING || s->closing)) code = base_error_set(error, MIEN_EAGAIN, "collections", "try again later", "too many files wait to be read");
  s->waiting += !code;
  pthread_mutex_unlock(&s->lock);
  if (!code && (code = serve_collection_put(server, c, error))) {
    pthread_mutex_lock(&s->lock);
    s->waiting--;
    pthread_mutex_unlock(&s->lock);
  }
  if (code) {
    close(file);
    base_free(k);
    return code;
  }
  k->c = *c;
  k->c.notes = NULL;
  k->file = file;
  const char *names[2 + INSIGHT_FACETS] = {columns->text, columns->time};
  for (int f = 0; f < INSIGHT_FACETS; f++) names[2 + f] = columns->facet[f];
  for (size_t i = 0; i < BASE_COUNT(names); i++) k->named[i] = names[i] != NULL, snprintf(k->names[i], sizeof k->names[i], "%s", names[i] ? names[i] : "");
  pthread_mutex_lock(&s->lock);
  *s->end = k;
  s->end = &k->next;
  pthread_cond_signal(&s->work);
  pthread_mutex_unlock(&s->lock);
  return MIEN_OK;
}

json_t *serve_collection_describe(struct serve_server *server, const serve_collection *c) {
  serve_collections *s = server->collections;
  double share = strcmp(c->state, "reading") ? 1 : 0;
  pthread_mutex_lock(&s->lock);
  if (!strcmp(s->now, c->id) && s->whole) share = (double)s->done / (double)s->whole;
  pthread_mutex_unlock(&s->lock);
  return json_pack("{s:s,s:s,s:s,s:f,s:s,s:s,s:s,s:f,s:f,s:I,s:I,s:o,s:s}", "collection", c->id, "name", c->about.name, "state", c->state, "progress", share, "purpose",
                   c->about.purpose, "context", c->about.context, "jurisdiction", c->about.jurisdiction, "made", c->made, "until", c->until, "texts", (json_int_t)c->rows, "lost",
                   (json_int_t)c->lost, "notes", c->notes ? json_incref(c->notes) : json_array(), "error", c->why);
}

void serve_collections_aside(serve_request *request, void (*work_)(serve_request *request)) { serve_aside_run_in(request->server->collections->figures, request, work_); }

void serve_collection_forget(struct serve_server *server, const char *id) {
  serve_collections *s = server->collections;
  pthread_mutex_lock(&s->lock);
  if (!strcmp(s->now, id)) s->dropped = true;
  pthread_mutex_unlock(&s->lock);
  if (strcmp(s->loaded_id, id)) return;
  insight_close(&s->loaded);
  *s->loaded_id = 0;
}

int serve_collection_figures(struct serve_server *server, const serve_collection *c, const insight_ask *ask, const char *format, base_text *out, mien_error *error) {
  serve_collections *s = server->collections;
  int code = MIEN_OK;
  if (strcmp(s->loaded_id, c->id)) {
    insight_close(&s->loaded);
    *s->loaded_id = 0;
    code = insight_open(&s->loaded, error);
    if (!code) code = serve_collection_load(server, c, s->loaded, error);
    if (!code) code = insight_prepare(s->loaded, s->judge, error);
    if (code) insight_close(&s->loaded);
    else memcpy(s->loaded_id, c->id, sizeof s->loaded_id);
  }
  base_text json = {0};
  bool plain = !strcmp(format, "json");
  if (!code) code = insight_figures(s->loaded, ask, plain ? out : &json, error);
  if (!code && !strcmp(format, "csv")) code = insight_csv(json.data, json.length, out, error);
  if (!code && !strcmp(format, "html")) code = insight_page(json.data, json.length, c->about.name, out, error);
  base_text_clear(&json);
  return code;
}
