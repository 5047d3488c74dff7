/* audit.c: the service's records. */
#include "serve/audit/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "serve/audit/writer.h"
#include "serve/doors/seal.h"
#include "serve/live/statements.h"
#include "serve/server.h"

int serve_audit_key(const char *data, bool make, uint8_t key[GUARD_HASH], mien_error *error) {
  char path[512];
  struct stat about;
  snprintf(path, sizeof path, "%s/install.key", data);
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0 && errno == ENOENT && make) {
    randombytes_buf(key, GUARD_HASH);
    file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = file >= 0 && write(file, key, GUARD_HASH) == GUARD_HASH && fsync(file) == 0;
    if (file >= 0) close(file);
    return ok ? MIEN_OK : base_error_set(error, MIEN_EIO, path, "may this folder be written to?", "%s", strerror(errno));
  }
  bool ok = file >= 0 && fstat(file, &about) == 0 && read(file, key, GUARD_HASH) == GUARD_HASH;
  if (file >= 0) close(file);
  if (!ok) return base_error_set(error, MIEN_EIO, path, "is it the service's folder? (--data)", "the installation's key could not be read: it must have 32 bytes");
  if (make && about.st_mode & 077) return base_error_set(error, MIEN_EIO, path, "chmod 600 it", "others may read the installation's key");
  return MIEN_OK;
}

int serve_audit_open(struct serve_server *server, mien_error *error) {
  const char *data = server->settings.data, *policies = server->settings.policies;
  char path[512];
  uint8_t key[GUARD_HASH];
  int code = serve_audit_key(data, true, key, error);
  if (!code) code = guard_packs_open(&server->packs, *policies ? policies : NULL, error);
  if (!code) code = serve_statements_read(&server->settings, &server->statements, error);
  snprintf(path, sizeof path, "%s/consents", data);
  if (!code) code = guard_ledger_open(&server->ledger, path, key, error);
  snprintf(path, sizeof path, "%s/audit", data);
  if (!code) code = guard_chain_open(&server->audit, path, key, NULL, NULL, error);
  if (!code) crypto_generichash(server->optout_key, sizeof server->optout_key, (const uint8_t *)"mien optout", 11, key, sizeof key);
  if (!code) serve_seal_pair(key, server->seal_public, server->seal_secret);
  sodium_memzero(key, sizeof key);
  return code;
}

void serve_audit_close(struct serve_server *server) {
  sodium_memzero(server->seal_secret, sizeof server->seal_secret);
  guard_chain_close(&server->audit);
  guard_ledger_close(&server->ledger);
  guard_statements_close(&server->statements);
  guard_packs_close(&server->packs);
}

static int put(struct serve_server *server, json_t *record, uint64_t *seq, mien_error *error) {
  char *text = record ? json_dumps(record, JSON_COMPACT) : NULL;
  int code = text ? guard_chain_put(server->audit, text, strlen(text), seq, error)
                  : base_error_set(error, MIEN_ENOMEM, "audit", "", "out of memory");
  free(text);
  json_decref(record);
  return code;
}

int serve_audit_opened(struct serve_server *server, const serve_conversation *c, mien_error *error) {
  json_t *people = json_array();
  for (size_t i = 0; i < c->person_count; i++) {
    char ref[GUARD_ID];
    guard_ledger_subject(server->ledger, c->tenant, c->people[i].subject, ref);
    json_array_append_new(people, json_pack("{s:s,s:s,s:i,s:s}", "role", c->people[i].role, "subject", ref, "read",
                                            (int)c->allowed.people[i].read, "consent", c->people[i].consent));
  }
  return put(server, json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s*,s:o}", "what", "opened", "session", c->id, "tenant", c->tenant, "purpose",
                                  c->purpose, "context", c->context, "jurisdiction", c->jurisdiction, "policy", c->allowed.pack,
                                  "statement", *c->statement ? c->statement : NULL, "people", people), NULL, error);
}

typedef struct refusal {
  serve_write write;
  struct serve_server *server;
  json_t *record;
} refusal;

static void put_refusal(serve_write *write) {
  refusal *r = (refusal *)write;
  put(r->server, r->record, NULL, NULL);
}

static void refused(serve_write *write, int code, const mien_error *error) { base_free(write); }

void serve_audit_refused(struct serve_server *server, const char *tenant, const char *purpose, const char *context,
                         const char *jurisdiction, const mien_error *why) {
  refusal *r = base_alloc(1, sizeof *r);
  json_t *record = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "what", "refused", "tenant", tenant, "purpose", purpose, "context", context,
                             "jurisdiction", jurisdiction, "why", why->what);
  if (!r) {
    json_decref(record);
    return;
  }
  *r = (refusal){{.put = put_refusal, .go_on = refused}, server, record};
  serve_writer_do(server->writer, &r->write);
}

void serve_audit_closed(struct serve_server *server, serve_conversation *c) {
  put(server, json_pack("{s:s,s:s,s:s,s:I}", "what", "closed", "session", c->id, "tenant", c->tenant, "results",
                        (json_int_t)serve_live_last(c->live)), NULL, NULL);
}

int serve_audit_did(struct serve_server *server, const char *tenant, const char *key, const char *what, const char *of, mien_error *error) {
  uint64_t seq;
  int code = put(server, json_pack("{s:s,s:s,s:s,s:s}", "what", what, "tenant", tenant, "key", key, "of", of), &seq, error);
  return code ? code : guard_chain_settle(server->audit, seq, error);
}
