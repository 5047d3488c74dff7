/* operator.c: see operator.h. The file's lock (flock) is held by a command while it adds a line, and by the service from the
 * first line that it reads until the file is empty; neither waits for the other without end. */
#include "serve/audit/operator.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "serve/audit/audit.h"
#include "serve/audit/writer.h"
#include "serve/server.h"

enum { MOST = 1 << 20 /* bytes that may wait */, LINE = 4 << 10, TRIES = 100 };
#define TRY_EVERY 0.05 /* s */

struct serve_operator {
  int file;
  off_t put; /* bytes of it that are in the chain; of the writer's thread while busy */
  atomic_bool busy;
};

typedef struct taking {
  serve_write write;
  struct serve_server *server;
  bool locked;
} taking;

static json_t *record_of(const char *tenant, const char *what, const char *of, const char *done) {
  return json_pack("{s:s,s:s,s:s,s:s,s:s*}", "what", what, "tenant", tenant, "key", "operator", "of", of, "done", done);
}

static int put(guard_chain *audit, json_t *record, uint64_t *seq, mien_error *error) {
  char *text = record ? json_dumps(record, JSON_COMPACT) : NULL;
  int code = text ? guard_chain_put(audit, text, strlen(text), seq, error) : base_error_set(error, MIEN_EINVAL, "tenant", "", "it is not UTF-8");
  free(text);
  json_decref(record);
  return code;
}

/* ---- The service: what waits goes into the chain, `*at` being how much of it did ---- */

/* It is written anew, so that a line says no more than a command's does; one that is none is told of, not lost. */
static json_t *read_line(const char *line, size_t bytes) {
  const char *tenant, *what, *of, *done;
  json_t *given = bytes > LINE ? NULL : json_loadb(line, bytes, JSON_REJECT_DUPLICATES, NULL), *record = NULL;
  if (given && !json_unpack(given, "{s:s,s:s,s:s,s:s}", "tenant", &tenant, "what", &what, "of", &of, "done", &done)) record = record_of(tenant, what, of, done);
  if (!record) record = record_of("", "refused", "a line of audit.waiting that is no record", NULL);
  json_decref(given);
  return record;
}

static int take(int file, guard_chain *audit, off_t *at, mien_error *error) {
  int own = dup(file), code = MIEN_OK;
  FILE *from = own < 0 ? NULL : fdopen(own, "r");
  char *line = NULL;
  size_t room = 0;
  ssize_t got;
  if (!from && own >= 0) close(own);
  if (!from || fseeko(from, *at, SEEK_SET)) code = base_error_set(error, MIEN_EIO, "audit.waiting", "", "%s", strerror(errno));
  while (!code && (got = getline(&line, &room, from)) > 0) {
    code = put(audit, read_line(line, (size_t)got), NULL, error);
    if (!code) *at += got;
  }
  free(line);
  if (from) fclose(from);
  return code;
}

static void put_waiting(serve_write *write) {
  taking *t = (taking *)write;
  serve_operator *o = t->server->operator;
  t->locked = !flock(o->file, LOCK_EX | LOCK_NB); /* else in a second again */
  if (t->locked) take(o->file, t->server->audit, &o->put, NULL);
}

static void empty(serve_write *write, int code, const mien_error *error) {
  taking *t = (taking *)write;
  serve_operator *o = t->server->operator;
  struct stat about;
  if (t->locked && !code && !fstat(o->file, &about) && about.st_size == o->put && !ftruncate(o->file, 0)) o->put = 0;
  if (t->locked) flock(o->file, LOCK_UN);
  atomic_store(&o->busy, false);
  base_free(t);
}

void serve_operator_look(struct serve_server *server) {
  struct stat about;
  serve_operator *o = server->operator;
  if (atomic_load(&o->busy) || fstat(o->file, &about) || !about.st_size) return;
  if (about.st_size < o->put) o->put = 0; /* somebody else emptied it */
  taking *t = base_alloc(1, sizeof *t);
  if (!t) return;
  *t = (taking){{.put = put_waiting, .go_on = empty}, server, false};
  atomic_store(&o->busy, true);
  serve_writer_do(server->writer, &t->write);
}

static int open_waiting(const char *data, int flags, mien_error *error) {
  char path[512];
  snprintf(path, sizeof path, "%s/audit.waiting", data);
  int file = open(path, flags | O_RDWR | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) base_error_set(error, MIEN_EIO, path, "run the command and the service as the same user", "%s", strerror(errno));
  return file;
}

int serve_operator_open(struct serve_server *server, mien_error *error) {
  serve_operator *o = server->operator = base_alloc(1, sizeof *o);
  if (!o) return base_error_set(error, MIEN_ENOMEM, "audit.waiting", "", "out of memory");
  o->file = open_waiting(server->settings.data, O_CREAT, error);
  return o->file < 0 ? MIEN_EIO : MIEN_OK;
}

void serve_operator_close(struct serve_server *server) {
  if (!server->operator) return;
  if (server->operator->file >= 0) close(server->operator->file);
  base_free(server->operator);
  server->operator = NULL;
}

/* ---- A command ---- */

static bool lock(int file) {
  for (int i = 0; i < TRIES; i++) {
    if (!flock(file, LOCK_EX | LOCK_NB)) return true;
    nanosleep(&(struct timespec){.tv_nsec = (long)(TRY_EVERY * 1e9)}, NULL);
  }
  return false;
}

static int leave(const char *data, const char *tenant, const char *what, const char *of, mien_error *error) {
  char done[24];
  time_t now = time(NULL);
  struct tm utc;
  struct stat about;
  strftime(done, sizeof done, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
  json_t *record = record_of(tenant, what, of, done);
  char *text = record ? json_dumps(record, JSON_COMPACT) : NULL;
  json_decref(record);
  if (!text) return base_error_set(error, MIEN_EINVAL, "tenant", "", "it is not UTF-8");
  size_t bytes = strlen(text);
  text[bytes++] = '\n'; /* in place of its end */
  int file = open_waiting(data, O_CREAT, error), code = file < 0 ? MIEN_EIO : MIEN_OK;
  if (!code && (!lock(file) || fstat(file, &about) || about.st_size > MOST))
    code = base_error_set(error, MIEN_EAGAIN, "audit.waiting", "is the service well? try again, or stop it first", "the service does not take what waits for its audit");
  if (!code && (write(file, text, bytes) != (ssize_t)bytes || fdatasync(file))) {
    code = base_error_set(error, MIEN_EIO, "audit.waiting", "make room on the disk", "the record could not be kept: %s", strerror(errno));
    if (ftruncate(file, about.st_size)) base_error_set(error, code, "audit.waiting", "make room on the disk", "a record was kept in part");
  }
  if (file >= 0) close(file);
  free(text);
  return code;
}

int serve_operator_did(const char *data, const char *tenant, const char *what, const char *of, mien_error *error) {
  guard_chain *audit = NULL;
  uint8_t key[GUARD_HASH];
  char path[512];
  off_t at = 0;
  uint64_t seq = 0;
  snprintf(path, sizeof path, "%s/audit", data);
  int code = serve_audit_key(data, true, key, error);
  if (!code) code = guard_chain_open(&audit, path, key, NULL, NULL, error);
  sodium_memzero(key, sizeof key);
  if (code == MIEN_EAGAIN) return leave(data, tenant, what, of, error);
  int waiting = code ? -1 : open_waiting(data, 0, NULL); /* what a command left for a service that stopped comes first */
  if (waiting >= 0 && lock(waiting)) code = take(waiting, audit, &at, error);
  if (!code) code = put(audit, record_of(tenant, what, of, NULL), &seq, error);
  if (!code) code = guard_chain_settle(audit, seq, error);
  if (!code && at && ftruncate(waiting, 0)) code = base_error_set(error, MIEN_EIO, "audit.waiting", "", "%s", strerror(errno));
  if (waiting >= 0) close(waiting);
  guard_chain_close(&audit);
  return code;
}

uint64_t serve_operator_waiting(const char *data) {
  int file = open_waiting(data, 0, NULL);
  FILE *from = file < 0 ? NULL : fdopen(file, "r");
  uint64_t lines = 0;
  if (!from && file >= 0) close(file);
  for (int c; from && (c = getc(from)) != EOF;) lines += c == '\n';
  if (from) fclose(from);
  return lines;
}
