/* chain.c: a file of lines that hold each other's hashes. A line is put at the end; to settle it is to wait until the
 * disk has it, and the head after it. Whoever settles first does so for all that were put until then (group commit:
 * DeWitt et al. 1984), while others go on putting. One lock, not held while the disk is waited for. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "guard/guard.h"

enum { RECORD = 16 << 10, HEX = 2 * GUARD_HASH, BLOCK = 64 << 10 };

struct guard_chain {
  pthread_mutex_t lock;
  int file, head;
  char path[512];
  uint8_t key[GUARD_HASH], last[GUARD_HASH];
  uint64_t count, settled; /* records: there, and those that the disk has */
  bool settling;           /* somebody waits for the disk */
  pthread_cond_t moved;    /* `settling` ended */
};

static void hash_line(const uint8_t key[GUARD_HASH], const uint8_t prev[GUARD_HASH], const guard_chain_line *line, uint8_t hash[GUARD_HASH]) {
  crypto_generichash_state state;
  uint8_t seq[8];
  for (int i = 0; i < 8; i++) seq[i] = (uint8_t)(line->seq >> (8 * i));
  crypto_generichash_init(&state, key, GUARD_HASH, GUARD_HASH);
  crypto_generichash_update(&state, prev, GUARD_HASH);
  crypto_generichash_update(&state, seq, sizeof seq);
  crypto_generichash_update(&state, (const uint8_t *)line->at, strlen(line->at));
  crypto_generichash_update(&state, (const uint8_t *)line->record, line->bytes);
  crypto_generichash_final(&state, hash, GUARD_HASH);
}

static bool take_literal(const char **at, const char *literal) {
  size_t length = strlen(literal);
  if (strncmp(*at, literal, length)) return false;
  *at += length;
  return true;
}

/* One line as append writes it; nothing else is accepted. */
static bool parse(const char *text, size_t bytes, guard_chain_line *line, uint8_t prev[GUARD_HASH], uint8_t hash[GUARD_HASH]) {
  const char *at = text, *end = text + bytes;
  char *after;
  static const size_t tail = sizeof ",\"prev\":\"\",\"hash\":\"\"}" - 1 + 2 * HEX;
  if (!take_literal(&at, "{\"seq\":")) return false;
  line->seq = strtoull(at, &after, 10);
  at = after;
  if (!take_literal(&at, ",\"at\":\"") || end - at < 20) return false;
  snprintf(line->at, sizeof line->at, "%.20s", at);
  at += 20;
  if (!take_literal(&at, "\",\"record\":") || (size_t)(end - at) < tail + 2) return false;
  line->record = at;
  line->bytes = (size_t)(end - at) - tail;
  at += line->bytes;
  size_t got;
  if (!take_literal(&at, ",\"prev\":\"") || sodium_hex2bin(prev, GUARD_HASH, at, HEX, NULL, &got, NULL) || got != GUARD_HASH) return false;
  at += HEX;
  if (!take_literal(&at, "\",\"hash\":\"") || sodium_hex2bin(hash, GUARD_HASH, at, HEX, NULL, &got, NULL) || got != GUARD_HASH) return false;
  memcpy(line->hash, at, HEX);
  line->hash[HEX] = 0;
  at += HEX;
  return take_literal(&at, "\"}") && at == end;
}

typedef struct checked {
  uint64_t count;
  uint8_t last[GUARD_HASH];
  off_t whole; /* bytes of the lines that end in a line feed */
  bool cut;    /* there is more: a line that was not finished */
} checked;

static int broken(mien_error *error, const char *path, uint64_t line, const char *what) {
  return base_error_set(error, MIEN_EFORMAT, path, "restore the file from a backup, and find out who changed it",
                        "record %llu: %s", (unsigned long long)line, what);
}

/* The first `most` records. */
static int check(const char *path, const uint8_t key[GUARD_HASH], uint64_t most, guard_chain_look each, void *context, checked *c, mien_error *error) {
  FILE *file = fopen(path, "re");
  char *text = NULL;
  size_t room = 0;
  ssize_t got;
  int code = MIEN_OK;
  *c = (checked){0};
  if (!file) return errno == ENOENT ? MIEN_OK : base_error_set(error, MIEN_EIO, path, "", "%s", strerror(errno));
  while (!code && c->count < most && (got = getline(&text, &room, file)) > 0) {
    guard_chain_line line;
    uint8_t prev[GUARD_HASH], hash[GUARD_HASH], own[GUARD_HASH];
    if (text[got - 1] != '\n') {
      c->cut = true;
      break;
    }
    if (!parse(text, (size_t)got - 1, &line, prev, hash)) code = broken(error, path, c->count + 1, "is no record of a chain");
    else if (line.seq != c->count + 1) code = broken(error, path, c->count + 1, "is missing, or out of order");
    else if (sodium_memcmp(prev, c->last, GUARD_HASH)) code = broken(error, path, line.seq, "does not follow the one before it");
    else {
      hash_line(key, prev, &line, own);
      if (sodium_memcmp(hash, own, GUARD_HASH)) code = broken(error, path, line.seq, "was changed");
    }
    if (code) break;
    memcpy(c->last, hash, GUARD_HASH);
    c->count++;
    c->whole += got;
    if (each) code = each(context, &line);
  }
  free(text);
  fclose(file);
  return code;
}

/* The head says how long the chain was; a crash between line and head leaves it one behind. */
static int check_head(const char *path, const checked *c, mien_error *error) {
  char name[600], hex[HEX + 1];
  unsigned long long count = 0;
  snprintf(name, sizeof name, "%s.head", path);
  FILE *file = fopen(name, "re");
  if (!file) return c->count > 1 ? broken(error, path, c->count, "has no head beside it: FILE.head is missing") : MIEN_OK;
  bool read = fscanf(file, "%20llu %64s", &count, hex) == 2;
  fclose(file);
  if (!read) return c->count > 1 ? broken(error, path, c->count, "has a head that cannot be read") : MIEN_OK;
  if (count > c->count) return broken(error, path, c->count + 1, "is missing: the end of the file was cut off");
  return MIEN_OK;
}

int guard_chain_verify(const char *path, const uint8_t key[GUARD_HASH], uint64_t *count, mien_error *error) {
  checked c;
  int code = check(path, key, UINT64_MAX, NULL, NULL, &c, error);
  *count = c.count;
  return code ? code : check_head(path, &c, error);
}

typedef struct replayed {
  guard_chain_each each;
  void *context;
} replayed;

static int replay(void *context, const guard_chain_line *line) {
  const replayed *r = context;
  return r->each ? r->each(r->context, line->seq, line->record, line->bytes) : MIEN_OK;
}

int guard_chain_open(guard_chain **opened, const char *path, const uint8_t key[GUARD_HASH], guard_chain_each each, void *context,
                     mien_error *error) {
  *opened = NULL;
  checked c = {0};
  guard_chain *chain = base_alloc(1, sizeof *chain);
  if (!chain) return base_error_set(error, MIEN_ENOMEM, path, "", "out of memory");
  char head[600];
  int code = MIEN_OK;
  snprintf(chain->path, sizeof chain->path, "%s", path);
  snprintf(head, sizeof head, "%s.head", path);
  pthread_mutex_init(&chain->lock, NULL);
  pthread_cond_init(&chain->moved, NULL);
  memcpy(chain->key, key, GUARD_HASH);
  chain->head = -1;
  chain->file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (chain->file < 0) code = base_error_set(error, MIEN_EIO, path, "may this folder be written to?", "%s", strerror(errno));
  else if (flock(chain->file, LOCK_EX | LOCK_NB)) code = base_error_set(error, MIEN_EAGAIN, path, "stop the other program", "another program writes to this chain");
  if (!code) code = check(path, key, UINT64_MAX, replay, &(replayed){each, context}, &c, error); /* nobody appends meanwhile */
  if (!code) code = check_head(path, &c, error);
  if (!code && (chain->head = open(head, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)) < 0)
    code = base_error_set(error, MIEN_EIO, head, "may this folder be written to?", "%s", strerror(errno));
  if (!code && c.cut && ftruncate(chain->file, c.whole)) code = base_error_set(error, MIEN_EIO, path, "", "%s", strerror(errno));
  memcpy(chain->last, c.last, GUARD_HASH);
  chain->count = chain->settled = c.count;
  if (code) guard_chain_close(&chain);
  *opened = chain;
  return code;
}

void guard_chain_close(guard_chain **chain) {
  if (!*chain) return;
  if ((*chain)->file >= 0) close((*chain)->file);
  if ((*chain)->head >= 0) close((*chain)->head);
  pthread_cond_destroy(&(*chain)->moved);
  pthread_mutex_destroy(&(*chain)->lock);
  sodium_memzero(*chain, sizeof **chain);
  base_free(*chain);
  *chain = NULL;
}

/* Writes all of it, or takes back what was written. */
static bool write_whole(int file, const char *bytes, size_t count) {
  off_t before = lseek(file, 0, SEEK_END);
  size_t done = 0;
  while (done < count) {
    ssize_t wrote = write(file, bytes + done, count - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return ftruncate(file, before), false;
    done += (size_t)wrote;
  }
  return true;
}

static int not_kept(const guard_chain *chain, int cause, mien_error *error) {
  return base_error_set(error, MIEN_EIO, chain->path, "make room on the disk", "the record could not be kept: %s", strerror(cause));
}

int guard_chain_put(guard_chain *chain, const char *record, size_t bytes, uint64_t *seq, mien_error *error) {
  if (bytes < 2 || bytes > RECORD || memchr(record, '\n', bytes))
    return base_error_set(error, MIEN_EINVAL, chain->path, "", "a record is one line of 2 to %d bytes", RECORD);
  char *text = base_alloc(bytes + 512, 1), prev[HEX + 1], hex[HEX + 1];
  if (!text) return base_error_set(error, MIEN_ENOMEM, chain->path, "", "out of memory");
  pthread_mutex_lock(&chain->lock);
  guard_chain_line line = {.seq = chain->count + 1, .record = record, .bytes = bytes};
  time_t now = time(NULL);
  struct tm utc;
  uint8_t hash[GUARD_HASH];
  strftime(line.at, sizeof line.at, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
  hash_line(chain->key, chain->last, &line, hash);
  sodium_bin2hex(prev, sizeof prev, chain->last, GUARD_HASH);
  sodium_bin2hex(hex, sizeof hex, hash, GUARD_HASH);
  int length = snprintf(text, bytes + 512, "{\"seq\":%llu,\"at\":\"%s\",\"record\":%.*s,\"prev\":\"%s\",\"hash\":\"%s\"}\n",
                        (unsigned long long)line.seq, line.at, (int)bytes, record, prev, hex);
  bool kept = write_whole(chain->file, text, (size_t)length);
  if (kept) memcpy(chain->last, hash, GUARD_HASH), chain->count = line.seq;
  if (seq) *seq = line.seq;
  int cause = errno;
  pthread_mutex_unlock(&chain->lock);
  base_free(text);
  return kept ? MIEN_OK : not_kept(chain, cause, error);
}

int guard_chain_settle(guard_chain *chain, uint64_t seq, mien_error *error) {
  char head[128], hex[HEX + 1];
  int cause = 0;
  pthread_mutex_lock(&chain->lock);
  while (chain->settled < seq && !cause) {
    if (chain->settling) {
      pthread_cond_wait(&chain->moved, &chain->lock);
      continue;
    }
    uint64_t until = chain->count;
    sodium_bin2hex(hex, sizeof hex, chain->last, GUARD_HASH);
    int bytes = snprintf(head, sizeof head, "%20llu %s\n", (unsigned long long)until, hex);
    chain->settling = true;
    pthread_mutex_unlock(&chain->lock);
    bool settled = fdatasync(chain->file) == 0 && pwrite(chain->head, head, (size_t)bytes, 0) == bytes && fdatasync(chain->head) == 0;
    if (!settled) cause = errno ? errno : EIO;
    pthread_mutex_lock(&chain->lock);
    chain->settling = false;
    if (settled) chain->settled = until;
    pthread_cond_broadcast(&chain->moved);
  }
  pthread_mutex_unlock(&chain->lock);
  return cause ? not_kept(chain, cause, error) : MIEN_OK;
}

int guard_chain_append(guard_chain *chain, const char *record, size_t bytes, uint64_t *seq, mien_error *error) {
  uint64_t own;
  int code = guard_chain_put(chain, record, bytes, &own, error);
  if (!code) code = guard_chain_settle(chain, own, error);
  if (!code && seq) *seq = own;
  return code;
}

uint64_t guard_chain_length(guard_chain *chain) {
  pthread_mutex_lock(&chain->lock);
  uint64_t count = chain->count;
  pthread_mutex_unlock(&chain->lock);
  return count;
}

int guard_chain_check(guard_chain *chain, guard_chain_look each, void *context, uint64_t *count, mien_error *error) {
  checked c;
  uint8_t last[GUARD_HASH];
  pthread_mutex_lock(&chain->lock);
  uint64_t most = chain->count;
  memcpy(last, chain->last, GUARD_HASH);
  pthread_mutex_unlock(&chain->lock);
  int code = check(chain->path, chain->key, most, each, context, &c, error);
  *count = c.count;
  if (code) return code;
  if (c.count < most) return broken(error, chain->path, c.count + 1, "is missing: the end of the file was cut off");
  return sodium_memcmp(last, c.last, GUARD_HASH) ? broken(error, chain->path, most, "is not the one that was written") : MIEN_OK;
}

/* The lines of `text` from the last on; *left: bytes before the first of them that was whole, or given. */
static int look_back(const char *path, const char *text, size_t bytes, bool from_start, size_t *left, guard_chain_look each, void *context, mien_error *error) {
  guard_chain_line line;
  uint8_t prev[GUARD_HASH], hash[GUARD_HASH];
  for (*left = bytes; *left;) {
    size_t begin = *left - 1; /* the line feed that ends it */
    while (begin && text[begin - 1] != '\n') begin--;
    if (!begin && !from_start) break; /* its start is in the block before */
    if (!parse(text + begin, *left - 1 - begin, &line, prev, hash))
      return base_error_set(error, MIEN_EFORMAT, path, "check the chain: `mien audit verify`", "a line is no record of a chain");
    *left = begin;
    int code = each(context, &line);
    if (code) return code;
  }
  return MIEN_OK;
}

int guard_chain_back(guard_chain *chain, uint64_t *before, size_t bytes, guard_chain_look each, void *context, mien_error *error) {
  int file = open(chain->path, O_RDONLY | O_CLOEXEC), code = MIEN_OK;
  char *text = base_alloc(BLOCK, 1);
  pthread_mutex_lock(&chain->lock);
  off_t end = file < 0 ? -1 : lseek(file, 0, SEEK_END); /* between two appends: the end of a record */
  pthread_mutex_unlock(&chain->lock);
  if (end < 0) code = base_error_set(error, MIEN_EIO, chain->path, "", "%s", strerror(errno));
  else if (!text) code = base_error_set(error, MIEN_ENOMEM, chain->path, "", "out of memory");
  else if (*before != UINT64_MAX && *before > (uint64_t)end) code = base_error_set(error, MIEN_EINVAL, "before", "send what the page before said", "no record ends there");
  else if (*before != UINT64_MAX) end = (off_t)*before;
  for (size_t looked = 0; !code && end > 0 && looked < bytes;) {
    size_t part = end < BLOCK ? (size_t)end : BLOCK, left = part;
    if (pread(file, text, part, end - (off_t)part) != (ssize_t)part) code = base_error_set(error, MIEN_EIO, chain->path, "", "the file could not be read");
    else if (text[part - 1] != '\n') code = base_error_set(error, MIEN_EINVAL, "before", "send what the page before said", "no record ends there");
    else code = look_back(chain->path, text, part, (off_t)part == end, &left, each, context, error);
    if (!code && left == part) code = base_error_set(error, MIEN_EFORMAT, chain->path, "check the chain: `mien audit verify`", "a line is too long for a record");
    end -= (off_t)(part - left);
    looked += part - left;
  }
  if (file >= 0) close(file);
  base_free(text);
  if (!code || code == GUARD_ENOUGH) *before = (uint64_t)BASE_MAX(end, 0);
  return code == GUARD_ENOUGH ? MIEN_OK : code;
}
