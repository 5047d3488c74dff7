/* rulebook.c: see rulebook.h. */
#include "serve/live/rulebook.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "rules/embedded.h"
#include "serve/server.h"
#include "yaml/tree.h"

#define CRISIS "crisis_words"

struct serve_rules {
  pthread_mutex_t lock;
  serve_rulebook *now;
  atomic_uint number;
};

/* ---- A book ---- */

serve_rulebook *serve_rules_hold(serve_rules *rules) {
  pthread_mutex_lock(&rules->lock);
  serve_rulebook *book = rules->now;
  atomic_fetch_add(&book->held, 1);
  pthread_mutex_unlock(&rules->lock);
  return book;
}

void serve_rulebook_release(serve_rulebook **held) {
  serve_rulebook *book = *held;
  *held = NULL;
  if (!book || atomic_fetch_sub(&book->held, 1) != 1) return;
  while (book->budgets) {
    rulebook_budgets *next = book->budgets->next;
    for (size_t i = 0; i < RULEBOOK_SETS; i++) rules_budget_close(&book->budgets->of[i]);
    base_free(book->budgets);
    book->budgets = next;
  }
  for (size_t i = 0; i < RULEBOOK_SETS; i++) rules_set_close(&book->sets[i].set), base_text_clear(&book->sets[i].yaml);
  pthread_mutex_destroy(&book->lock);
  base_free(book);
}

rules_budget *serve_rulebook_budget(serve_rulebook *book, const char *tenant, size_t set) {
  pthread_mutex_lock(&book->lock);
  rulebook_budgets *b = book->budgets;
  while (b && strcmp(b->tenant, tenant)) b = b->next;
  if (!b && (b = base_alloc(1, sizeof *b))) {
    snprintf(b->tenant, sizeof b->tenant, "%s", tenant);
    b->next = book->budgets;
    book->budgets = b;
  }
  if (b && !b->of[set]) rules_budget_open(&b->of[set], book->sets[set].set, NULL);
  rules_budget *budget = b ? b->of[set] : NULL;
  pthread_mutex_unlock(&book->lock);
  return budget;
}

static const char *find(const serve_rulebook *book, const char *name, bool always) {
  for (size_t i = 0; i < book->count; i++)
    for (size_t r = 0; r < rules_set_count(book->sets[i].set); r++) {
      rules_about about = rules_set_about(book->sets[i].set, r);
      if (!strcmp(about.name, name) && (about.always || !always)) return book->sets[i].name;
    }
  return NULL;
}

static int add(serve_rulebook *book, const char *name, mien_error *error) {
  rules_set *set;
  const bool shipped = !strcmp(name, "default");
  if (book->count == RULEBOOK_FILES) return base_error_set(error, MIEN_ELIMIT, "rules.files", "put rules together", "more than %d files", RULEBOOK_FILES);
  base_text *yaml = &book->sets[book->count].yaml; /* of the book, whatever becomes of it */
  int code = MIEN_OK;
  if (shipped) base_text_add(yaml, rules_default, (size_t)(rules_default_end - rules_default));
  else code = yaml_file_bytes(yaml, name, error);
  if (!code && yaml->failed) code = base_error_set(error, MIEN_ENOMEM, name, "", "out of memory");
  if (!code) code = rules_set_read(&set, yaml->data ? yaml->data : "", yaml->length, shipped ? "rules/default.yaml" : name, error);
  if (code) return code;
  for (size_t r = 0; r < rules_set_count(set); r++) {
    const char *rule = rules_set_about(set, r).name, *other = find(book, rule, false);
    if (!other) continue;
    code = base_error_set(error, MIEN_EFORMAT, name, "give it another name", "the rule '%s' is in %s already", rule, other);
    rules_set_close(&set);
    return code;
  }
  snprintf(book->sets[book->count].name, sizeof book->sets[0].name, "%s", name);
  book->sets[book->count++].set = set;
  return MIEN_OK;
}

/* `files`: names with commas between them. */
static int read_files(serve_rulebook *book, const char *files, mien_error *error) {
  int code = MIEN_OK;
  for (const char *at = files; *at && !code; at += *at == ',') {
    char name[SERVE_TEXT];
    at += strspn(at, " ");
    size_t length = strcspn(at, ",");
    snprintf(name, sizeof name, "%.*s", (int)length, at);
    at += length;
    for (size_t end = strlen(name); end && name[end - 1] == ' ';) name[--end] = 0;
    if (*name) code = add(book, name, error);
  }
  return code;
}

static void put_path(const struct serve_server *server, char *path, size_t room) {
  snprintf(path, room, "%s/rules.yaml", server->settings.data);
}

int serve_rules_again(struct serve_server *server, serve_rulebook **opened, mien_error *error) {
  const serve_settings *s = &server->settings;
  char put[SERVE_TEXT + 32];
  serve_rulebook *book = *opened = base_alloc(1, sizeof *book);
  if (!book) return base_error_set(error, MIEN_ENOMEM, "rules", "", "out of memory");
  atomic_init(&book->held, 1);
  pthread_mutex_init(&book->lock, NULL);
  book->dry = s->rules_dry;
  put_path(server, put, sizeof put);
  int code = s->rules_editable && !access(put, F_OK) ? add(book, put, error) : read_files(book, *s->rules ? s->rules : "default", error);
  if (!code && !find(book, CRISIS, true)) {
    size_t at = book->count;
    code = rules_set_open(&book->sets[at].set, NULL, error);
    snprintf(book->sets[at].name, sizeof book->sets[at].name, "default");
    book->sets[at].always_alone = true;
    book->count += !code;
  }
  if (code) serve_rulebook_release(opened);
  return code;
}

/* ---- The book of now ---- */

unsigned serve_rules_number(const serve_rules *rules) { return atomic_load(&rules->number); }

void serve_rules_take(struct serve_server *server, serve_rulebook *book) {
  serve_rules *rules = server->rules;
  pthread_mutex_lock(&rules->lock);
  serve_rulebook *old = rules->now;
  book->number = atomic_load(&rules->number) + 1;
  rules->now = book;
  atomic_store(&rules->number, book->number);
  pthread_mutex_unlock(&rules->lock);
  serve_rulebook_release(&old);
}

static int read_again(struct serve_server *server, mien_error *error) {
  serve_rulebook *book;
  int code = serve_rules_again(server, &book, error);
  if (!code) serve_rules_take(server, book);
  return code;
}

int serve_rules_open(struct serve_server *server, mien_error *error) {
  server->rules = base_alloc(1, sizeof *server->rules);
  if (!server->rules) return base_error_set(error, MIEN_ENOMEM, "rules", "", "out of memory");
  pthread_mutex_init(&server->rules->lock, NULL);
  return read_again(server, error);
}

void serve_rules_close(struct serve_server *server) {
  if (!server->rules) return;
  serve_rulebook_release(&server->rules->now);
  pthread_mutex_destroy(&server->rules->lock);
  base_free(server->rules);
  server->rules = NULL;
}

int serve_rules_put(struct serve_server *server, const char *yaml, size_t bytes, mien_error *error) {
  char path[SERVE_TEXT + 32];
  rules_set *set = NULL;
  if (!server->settings.rules_editable)
    return base_error_set(error, MIEN_EPOLICY, "rules.editable", "set `rules: {editable: 1}`, or change the files and reload", "the rules may not be changed over HTTP here");
  int code = yaml ? rules_set_read(&set, yaml, bytes, "the body", error) : MIEN_OK;
  rules_set_close(&set);
  if (code) return code;
  put_path(server, path, sizeof path);
  bool ok = yaml ? base_file_replace(path, yaml, bytes) : !unlink(path) || errno == ENOENT;
  return ok ? read_again(server, error) : base_error_set(error, MIEN_EIO, "rules.yaml", "", "%s", strerror(errno));
}

/* ---- What is told of it ---- */

static json_t *describe(const rules_set *set, size_t r, const char *name) {
  rules_about about = rules_set_about(set, r);
  json_t *actions = json_array();
  for (size_t i = 0; i < about.action_count; i++) json_array_append_new(actions, json_string(about.actions[i]));
  return json_pack("{s:s,s:s,s:s,s:b,s:b,s:o,s:o,s:o,s:s}", "rule", about.name, "title", about.title, "severity", rules_severity_name(about.severity),
                   "always", about.always, "emotion", about.emotion, "a_session", about.session ? json_integer(about.session) : json_null(),
                   "a_day", about.day ? json_integer(about.day) : json_null(), "actions", actions, "file", name);
}

json_t *serve_rules_describe(const rules_set *set, const char *name) {
  json_t *list = json_array();
  for (size_t r = 0; r < rules_set_count(set); r++) json_array_append_new(list, describe(set, r, name));
  return json_pack("{s:o}", "rules", list);
}

json_t *serve_rulebook_describe(serve_rulebook *book) {
  json_t *list = json_array();
  for (size_t i = 0; i < book->count; i++)
    for (size_t r = 0; r < rules_set_count(book->sets[i].set); r++) {
      if (book->sets[i].always_alone && !rules_set_about(book->sets[i].set, r).always) continue;
      json_t *one = describe(book->sets[i].set, r, book->sets[i].name);
      json_object_set_new(one, "fired", json_integer((json_int_t)atomic_load(&book->sets[i].fired[r])));
      json_array_append_new(list, one);
    }
  return json_pack("{s:o,s:i,s:b}", "rules", list, "number", (int)book->number, "dry", book->dry);
}

json_t *serve_rulebook_files(const serve_rulebook *book) {
  json_t *list = json_array();
  for (size_t i = 0; i < book->count; i++) {
    const base_text *yaml = &book->sets[i].yaml;
    const char *slash = strrchr(book->sets[i].name, '/'); /* where it lies is nobody's matter */
    if (!book->sets[i].always_alone) json_array_append_new(list, json_pack("{s:s,s:s%}", "file", slash ? slash + 1 : book->sets[i].name, "yaml", yaml->data ? yaml->data : "", yaml->length));
  }
  return json_pack("{s:o}", "files", list);
}
