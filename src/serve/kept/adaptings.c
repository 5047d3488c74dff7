/* adaptings.c: see adaptings.h. */
#include "serve/kept/adaptings.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HASH = 16, HEX = 2 * HASH + 1, FOLDER = 700, PATH = 840, LOG_MOST = 64 << 20 };

typedef struct adapting {
  char tenant[HEX], id[ADAPTING_ID], path[PATH];
  int file;
  mien_adapt *policy;
  uint64_t used;
} adapting;

struct serve_adaptings {
  pthread_mutex_t lock;
  char folder[512];
  uint8_t key[32];
  adapting open[ADAPTINGS_OPEN];
  uint64_t clock;
};

int serve_adaptings_open(serve_adaptings **opened, const char *data, const uint8_t key[32], mien_error *error) {
  serve_adaptings *a = *opened = base_alloc(1, sizeof *a);
  if (!a) return base_error_set(error, MIEN_ENOMEM, "adapt", "", "out of memory");
  pthread_mutex_init(&a->lock, NULL);
  memcpy(a->key, key, sizeof a->key);
  snprintf(a->folder, sizeof a->folder, "%s/adapt", data);
  return MIEN_OK;
}

static void put_away(adapting *one) {
  mien_adapt_close(&one->policy);
  if (*one->id) close(one->file);
  *one = (adapting){0};
}

void serve_adaptings_close(serve_adaptings **closed) {
  serve_adaptings *a = *closed;
  *closed = NULL;
  if (!a) return;
  for (size_t i = 0; i < ADAPTINGS_OPEN; i++) put_away(&a->open[i]);
  pthread_mutex_destroy(&a->lock);
  sodium_memzero(a->key, sizeof a->key);
  base_free(a);
}

static void hash_of(const serve_adaptings *a, const char *kind, const char *text, char hex[HEX]) {
  crypto_generichash_state state;
  uint8_t hash[HASH];
  crypto_generichash_init(&state, a->key, sizeof a->key, HASH);
  crypto_generichash_update(&state, (const uint8_t *)kind, strlen(kind) + 1);
  crypto_generichash_update(&state, (const uint8_t *)text, strlen(text));
  crypto_generichash_final(&state, hash, HASH);
  sodium_bin2hex(hex, HEX, hash, HASH);
}

static int failed(const char *what, mien_error *error) { return base_error_set(error, MIEN_EIO, "adapt", what, "%s", strerror(errno)); }

static int put(void *context, const char *line, size_t bytes) {
  const adapting *one = context;
  off_t end = lseek(one->file, 0, SEEK_END);
  base_text whole = {0};
  base_text_add(&whole, line, bytes);
  base_text_puts(&whole, "\n");
  bool ok = end >= 0 && !whole.failed && write(one->file, whole.data, whole.length) == (ssize_t)whole.length && !fdatasync(one->file);
  base_text_clear(&whole);
  if (!ok && end >= 0 && ftruncate(one->file, end)) return -2; /* the next load cuts it */
  return ok ? 0 : -1;
}

static adapting *free_place(serve_adaptings *a) {
  adapting *oldest = &a->open[0];
  for (size_t i = 0; i < ADAPTINGS_OPEN; i++)
    if (a->open[i].used < oldest->used) oldest = &a->open[i];
  put_away(oldest);
  return oldest;
}

/* The name of the file that begins with `id` and a dot; what goes on with the folder's own entries. */
static bool named(serve_adaptings *a, const char *tenant, const char *id, char path[PATH]) {
  char folder[FOLDER];
  snprintf(folder, sizeof folder, "%s/%s", a->folder, tenant);
  DIR *all = opendir(folder);
  size_t length = strlen(id);
  bool found = false;
  for (const struct dirent *entry; all && !found && (entry = readdir(all));) {
    found = length && !strncmp(entry->d_name, id, length) && entry->d_name[length] == '.' && strlen(entry->d_name) < 90;
    if (found) snprintf(path, PATH, "%s/%.90s", folder, entry->d_name);
  }
  if (all) closedir(all);
  return found;
}

static bool sound(const char *id) { return *id && strlen(id) < ADAPTING_ID && strspn(id, "0123456789abcdef") == strlen(id); }

static int nobody(const char *id, mien_error *error) { return base_error_set(error, MIEN_EEMPTY, "adapt", "", "there is no policy '%.40s'", id); }

static int read_whole(int file, base_text *log, mien_error *error) {
  char part[65536];
  ssize_t got;
  while ((got = read(file, part, sizeof part)) > 0) {
    base_text_add(log, part, (size_t)got);
    if (log->length > LOG_MOST) return base_error_set(error, MIEN_ELIMIT, "adapt", "begin a new policy", "the log is larger than %d bytes", LOG_MOST);
  }
  if (got < 0) return failed("", error);
  return log->failed ? base_error_set(error, MIEN_ENOMEM, "adapt", "", "out of memory") : MIEN_OK;
}

static int load(serve_adaptings *a, const char *tenant, const char *id, adapting **loaded, mien_error *error) {
  char path[PATH];
  base_text log = {0};
  size_t whole;
  if (!sound(id) || !named(a, tenant, id, path)) return nobody(id, error);
  adapting *one = free_place(a);
  int file = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0) return failed("", error);
  int code = read_whole(file, &log, error);
  if (!code) code = mien_adapt_load(&one->policy, log.data ? log.data : "", log.length, put, one, &whole, error);
  if (!code && whole < log.length && ftruncate(file, (off_t)whole)) code = failed("", error);
  base_text_clear(&log);
  if (code) {
    mien_adapt_close(&one->policy);
    close(file);
    if (code == MIEN_EFORMAT && error) error->code = MIEN_EIO; /* ours, not what was asked */
    return code == MIEN_EFORMAT ? MIEN_EIO : code;
  }
  one->file = file;
  snprintf(one->tenant, sizeof one->tenant, "%s", tenant), snprintf(one->id, sizeof one->id, "%s", id), snprintf(one->path, sizeof one->path, "%s", path);
  *loaded = one;
  return MIEN_OK;
}

static int find(serve_adaptings *a, const char *tenant, const char *id, adapting **found, mien_error *error) {
  char hash[HEX];
  int code = MIEN_OK;
  *found = NULL;
  hash_of(a, "tenant", tenant, hash);
  for (size_t i = 0; i < ADAPTINGS_OPEN && !*found; i++)
    if (*id && !strcmp(a->open[i].id, id) && !strcmp(a->open[i].tenant, hash)) *found = &a->open[i];
  if (!*found) code = load(a, hash, id, found, error);
  if (!code) (*found)->used = ++a->clock;
  return code;
}

int serve_adapting_hold(serve_adaptings *a, const char *tenant, const char *id, mien_adapt **policy, mien_error *error) {
  adapting *one;
  pthread_mutex_lock(&a->lock);
  int code = find(a, tenant, id, &one, error);
  if (code) pthread_mutex_unlock(&a->lock);
  else *policy = one->policy;
  return code;
}

void serve_adapting_release(serve_adaptings *a) { pthread_mutex_unlock(&a->lock); }

int serve_adapting_log(serve_adaptings *a, const char *tenant, const char *id, base_text *log, mien_error *error) {
  adapting *one;
  pthread_mutex_lock(&a->lock);
  int code = find(a, tenant, id, &one, error);
  if (!code) code = lseek(one->file, 0, SEEK_SET) < 0 ? failed("", error) : read_whole(one->file, log, error);
  pthread_mutex_unlock(&a->lock);
  return code;
}

static int each(serve_adaptings *a, const char *tenant, int (*take)(void *context, const char *name), void *context) {
  char folder[FOLDER];
  snprintf(folder, sizeof folder, "%s/%s", a->folder, tenant);
  DIR *all = opendir(folder);
  int code = MIEN_OK;
  for (const struct dirent *entry; all && !code && (entry = readdir(all));)
    if (*entry->d_name != '.') code = take(context, entry->d_name);
  if (all) closedir(all);
  return code;
}

static int count_one(void *context, const char *name) { return ++*(int *)context, MIEN_OK; }

static int make(serve_adaptings *a, const char *tenant, const char *subject, const char *json, size_t bytes, char *id, mien_error *error) {
  char hash[HEX], whose[HEX] = "-", folder[FOLDER], path[PATH];
  uint8_t random[(ADAPTING_ID - 8) / 2];
  int count = 0;
  hash_of(a, "tenant", tenant, hash);
  if (subject) hash_of(a, tenant, subject, whose);
  each(a, hash, count_one, &count);
  if (count >= ADAPTINGS_TENANT) return base_error_set(error, MIEN_ELIMIT, "adapt", "take away policies that are no longer used", "there are %d policies already", ADAPTINGS_TENANT);
  randombytes_buf(random, sizeof random);
  sodium_bin2hex(id, ADAPTING_ID, random, sizeof random);
  snprintf(folder, sizeof folder, "%s/%s", a->folder, hash);
  if ((mkdir(a->folder, 0700) && errno != EEXIST) || (mkdir(folder, 0700) && errno != EEXIST)) return failed("may the data folder be written to?", error);
  snprintf(path, sizeof path, "%s/%s.%s.jsonl", folder, id, whose);
  adapting *one = free_place(a);
  one->file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (one->file < 0) return failed("may the data folder be written to?", error);
  int code = mien_adapt_open(&one->policy, json, bytes, put, one, error);
  if (code) {
    close(one->file), unlink(path);
    *one = (adapting){0};
    return code;
  }
  snprintf(one->tenant, sizeof one->tenant, "%s", hash), snprintf(one->id, sizeof one->id, "%s", id), snprintf(one->path, sizeof one->path, "%s", path);
  one->used = ++a->clock;
  return MIEN_OK;
}

int serve_adapting_make(serve_adaptings *a, const char *tenant, const char *subject, const char *json, size_t bytes, char *id, mien_error *error) {
  pthread_mutex_lock(&a->lock);
  int code = make(a, tenant, subject, json, bytes, id, error);
  pthread_mutex_unlock(&a->lock);
  return code;
}

int serve_adapting_erase(serve_adaptings *a, const char *tenant, const char *id, mien_error *error) {
  char hash[HEX], path[PATH];
  pthread_mutex_lock(&a->lock);
  hash_of(a, "tenant", tenant, hash);
  int code = sound(id) && named(a, hash, id, path) ? MIEN_OK : nobody(id, error);
  if (!code && unlink(path)) code = failed("", error);
  for (size_t i = 0; i < ADAPTINGS_OPEN && !code; i++)
    if (!strcmp(a->open[i].id, id) && !strcmp(a->open[i].tenant, hash)) put_away(&a->open[i]);
  pthread_mutex_unlock(&a->lock);
  return code;
}

typedef struct forgetting {
  serve_adaptings *a;
  const char *tenant, *whose;
  size_t count;
} forgetting;

static int forget_one(void *context, const char *name) {
  forgetting *f = context;
  const char *dot = strchr(name, '.');
  char path[PATH];
  if (!dot || strncmp(dot + 1, f->whose, HEX - 1) || strlen(name) > 90) return MIEN_OK;
  snprintf(path, sizeof path, "%s/%s/%.90s", f->a->folder, f->tenant, name);
  if (unlink(path)) return MIEN_EIO;
  f->count++;
  for (size_t i = 0; i < ADAPTINGS_OPEN; i++)
    if (*f->a->open[i].id && !strcmp(f->a->open[i].path, path)) put_away(&f->a->open[i]);
  return MIEN_OK;
}

int serve_adaptings_forget(serve_adaptings *a, const char *tenant, const char *subject, size_t *count, mien_error *error) {
  char hash[HEX], whose[HEX];
  pthread_mutex_lock(&a->lock);
  hash_of(a, "tenant", tenant, hash), hash_of(a, tenant, subject, whose);
  forgetting f = {a, hash, whose, 0};
  int code = each(a, hash, forget_one, &f);
  *count = f.count;
  pthread_mutex_unlock(&a->lock);
  return code ? failed("", error) : MIEN_OK;
}

typedef struct listing {
  int (*take)(void *context, const char *id);
  void *context;
} listing;

static int list_one(void *context, const char *name) {
  const listing *l = context;
  char id[ADAPTING_ID];
  snprintf(id, sizeof id, "%.*s", (int)BASE_MIN(strcspn(name, "."), sizeof id - 1), name);
  return l->take(l->context, id);
}

int serve_adaptings_list(serve_adaptings *a, const char *tenant, int (*take)(void *context, const char *id), void *context, mien_error *error) {
  char hash[HEX];
  pthread_mutex_lock(&a->lock);
  hash_of(a, "tenant", tenant, hash);
  int code = each(a, hash, list_one, &(listing){take, context});
  pthread_mutex_unlock(&a->lock);
  return code ? base_error_set(error, code, "adapt", "", "the policies could not be listed") : MIEN_OK;
}
