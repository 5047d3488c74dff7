/* recipe.c: reading a recipe and checking all of it; recipe_fill.c fills it in. */
#include "serve/actions/recipe.h"

#include <errno.h>
#include <stdio.h>

#include "serve/actions/recipe_embedded.h"
#include "serve/actions/recipe_parts.h"

#define WRONG(r, node, remedy, ...) yaml_wrong((r)->tree, node, error, remedy, __VA_ARGS__)

static const char *const event_names[] = {"rule", "title", "severity", "who", "role", "at", "session", "seq", "reference", "id", "time", "type", NULL};
static const char *const methods[] = {"POST", "PUT", "PATCH"};

static bool among(const char *const *names, const char *name) {
  while (*names && strcmp(*names, name)) names++;
  return *names != NULL;
}

static bool is_name(const char *word) {
  size_t length = strlen(word);
  return length && length < RECIPE_NAME && strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789_") == length;
}

/* ---- Places ---- */

int recipe_place_next(const char *text, size_t *literal, recipe_place *place, const char **rest) {
  const char *open = strstr(text, "{{"), *end = open ? strstr(open, "}}") : NULL;
  *literal = open ? (size_t)(open - text) : strlen(text);
  if (!open) return 0;
  char inside[3 * RECIPE_NAME], extra;
  if (!end || (size_t)(end - open - 2) >= sizeof inside) return -1;
  snprintf(inside, sizeof inside, "%.*s", (int)(end - open - 2), open + 2);
  memset(place, 0, sizeof *place);
  int parts = sscanf(inside, " %31[a-z].%31[a-z0-9_] | %31[a-z0-9_] %c", place->scope, place->name, place->filter, &extra);
  if (parts == 2) { /* nothing may stand behind the name */
    parts = sscanf(inside, " %*31[a-z].%*31[a-z0-9_] %c", &extra) == 1 ? -1 : 2;
  }
  *rest = end + 2;
  return parts == 2 || parts == 3 ? 1 : -1;
}

static int check_place(const serve_recipe *r, const yaml_node *node, const recipe_place *p, int where, mien_error *error) {
  bool event = !strcmp(p->scope, "event"), value = !strcmp(p->scope, "value"), secret = !strcmp(p->scope, "secret"), delivery = !strcmp(p->scope, "delivery");
  if (event ? !among(event_names, p->name) : value ? !yaml_get(r->values, p->name) : secret ? !yaml_get(r->secrets, p->name) : !delivery || strcmp(p->name, "id"))
    return WRONG(r, node, "docs/recipes.md lists them; values and secrets are declared", "there is no '%s.%s'", p->scope, p->name);
  if (secret && (where == IN_URL || where == IN_HOST)) return WRONG(r, node, "put it into a header or `basic`", "a secret may not stand in an address");
  if (where == IN_HOST && !value) return WRONG(r, node, "use a value of the settings", "what an event says may not name the server");
  if (!strcmp(p->filter, "html") && where != IN_BODY) return WRONG(r, node, "leave it out", "html is for the body alone");
  if (!*p->filter || !strcmp(p->filter, "html")) return MIEN_OK;
  const yaml_node *map = yaml_get(r->maps, p->filter);
  if (!map) return WRONG(r, node, "html, or one of `maps`", "there is no '%s'", p->filter);
  bool severity = event && !strcmp(p->name, "severity");
  if (!severity && !yaml_get(map, "other")) return WRONG(r, map, "give what `other` becomes", "'%s' has no 'other'", p->filter);
  for (int s = 0; severity && s < 4; s++) {
    static const char *const severities[] = {"info", "notice", "warning", "critical"};
    if (!yaml_get(map, severities[s])) return WRONG(r, map, "give all four severities", "'%s' has no '%s'", p->filter, severities[s]);
  }
  return MIEN_OK;
}

/* `where`: of the whole text; an address begins IN_HOST and goes on IN_URL behind the slash. */
static int check_text(const serve_recipe *r, const yaml_node *node, int where, mien_error *error) {
  recipe_place place;
  size_t literal, slashes = 0;
  if (node->kind != YAML_WORD) return WRONG(r, node, "", "this must be a text");
  for (const char *at = node->word;;) {
    int found = recipe_place_next(at, &literal, &place, &at);
    if (found < 0) return WRONG(r, node, "write {{event.rule}} or {{event.title|html}}", "this is no place to fill in");
    if (!found) return MIEN_OK;
    const char *before = node->word;
    for (slashes = 0; before < at - 2; before++) slashes += *before == '/';
    int code = check_place(r, node, &place, where == IN_HOST && slashes > 2 ? IN_URL : where, error);
    if (code) return code;
  }
}

static int check_body(const serve_recipe *r, const yaml_node *node, mien_error *error) {
  if (node->key && strstr(node->key, "{{")) return WRONG(r, node, "", "a name may have no place to fill in");
  if (node->kind == YAML_WORD) return check_text(r, node, IN_BODY, error);
  int code = MIEN_OK;
  for (const yaml_node *each = node->first; each && !code; each = each->next) code = check_body(r, each, error);
  return code;
}

/* ---- The parts of a recipe ---- */

static int check_names(const serve_recipe *r, const yaml_node *map, bool of_maps, mien_error *error) {
  if (!map) return MIEN_OK;
  if (map->kind != YAML_MAP || map->count > RECIPE_MOST) return WRONG(r, map, "", "'%s' must be a map of at most %d names", map->key, RECIPE_MOST);
  for (const yaml_node *each = map->first; each; each = each->next) {
    if (!is_name(each->key)) return WRONG(r, each, "small letters, digits and _, at most 31", "'%.40s' is no name", each->key);
    if (of_maps ? each->kind != YAML_MAP : each->kind != YAML_WORD) return WRONG(r, each, "", "'%s' must be %s", each->key, of_maps ? "a map of words" : "a text that says what it is");
    for (const yaml_node *word = of_maps ? each->first : NULL; word; word = word->next)
      if (word->kind != YAML_WORD) return WRONG(r, word, "", "'%s' must be a word", word->key);
  }
  return MIEN_OK;
}

static int check_url(const serve_recipe *r, mien_error *error) {
  const char *url = r->url->kind == YAML_WORD ? r->url->word : "";
  if (strncmp(url, "https://", 8)) return WRONG(r, r->url, "write https://…", "an address begins with https://");
  if (strlen(url) >= SERVE_URL) return WRONG(r, r->url, "", "an address has at most %d bytes", SERVE_URL - 1);
  for (const char *c = url; *c; c++)
    if ((unsigned char)*c <= ' ' || *c == 127) {
      const char *open = strstr(url, "{{");
      while (open && strstr(open, "}}") && strstr(open, "}}") < c) open = strstr(open + 2, "{{");
      if (*c != ' ' || !open || open > c) return WRONG(r, r->url, "", "an address has no blank and no control character");
    }
  if (!strchr(url + 8, '/')) return WRONG(r, r->url, "write https://host/path", "the address has no path");
  return check_text(r, r->url, IN_HOST, error);
}

static int check_headers(const serve_recipe *r, mien_error *error) {
  static const char *const ours[] = {"host", "content-length", "transfer-encoding", "connection", "expect", NULL};
  if (!r->headers) return MIEN_OK;
  if (r->headers->kind != YAML_MAP || r->headers->count > SEND_HEADERS - 2) return WRONG(r, r->headers, "", "'headers' must be a map of at most %d", SEND_HEADERS - 2);
  int code = MIEN_OK;
  for (const yaml_node *each = r->headers->first; each && !code; each = each->next) {
    size_t length = strlen(each->key);
    if (!length || length > 63 || strspn(each->key, "abcdefghijklmnopqrstuvwxyz0123456789-") != length || among(ours, each->key))
      code = WRONG(r, each, "small letters, digits and -; not host, content-length, transfer-encoding, connection, expect", "'%.40s' is no header that may be set", each->key);
    else code = check_text(r, each, IN_HEADER, error);
  }
  return code;
}

static int check_basic(const serve_recipe *r, mien_error *error) {
  static const char *const known[] = {"user", "password", NULL};
  if (!r->basic) return MIEN_OK;
  const yaml_node *user = yaml_get(r->basic, "user"), *password = yaml_get(r->basic, "password");
  if (yaml_unknown(r->basic, known) || !user || !password) return WRONG(r, r->basic, "write basic: {user: …, password: …}", "'basic' has user and password");
  int code = check_text(r, user, IN_HEADER, error);
  return code ? code : check_text(r, password, IN_HEADER, error);
}

static int check(serve_recipe *r, mien_error *error) {
  static const char *const top[] = {"version", "title", "values", "secrets", "maps", "request", NULL}, *const of_request[] = {"method", "url", "headers", "basic", "body", NULL};
  const yaml_node *root = yaml_root(r->tree), *unknown = yaml_unknown(root, top), *request = yaml_get(root, "request");
  if (unknown) return WRONG(r, unknown, "a recipe has version, title, values, secrets, maps, request", "'%.40s' is not known", unknown->key);
  if (!yaml_is(yaml_get(root, "version"), "1")) return WRONG(r, root, "write version: 1", "'version' must be 1");
  if (!request || request->kind != YAML_MAP) return WRONG(r, request ? request : root, "", "'request' must be a map");
  if ((unknown = yaml_unknown(request, of_request))) return WRONG(r, unknown, "a request has method, url, headers, basic, body", "'%.40s' is not known", unknown->key);
  r->values = yaml_get(root, "values");
  r->secrets = yaml_get(root, "secrets");
  r->maps = yaml_get(root, "maps");
  r->method = yaml_get(request, "method");
  r->url = yaml_get(request, "url");
  r->headers = yaml_get(request, "headers");
  r->basic = yaml_get(request, "basic");
  r->body = yaml_get(request, "body");
  bool known = false;
  for (size_t i = 0; r->method && i < BASE_COUNT(methods); i++) known |= yaml_is(r->method, methods[i]);
  if (!known) return WRONG(r, r->method ? r->method : request, "write POST, PUT or PATCH", "this is no method");
  if (!r->url) return WRONG(r, request, "", "the request has no 'url'");
  if (!r->body || r->body->kind != YAML_MAP) return WRONG(r, r->body ? r->body : request, "", "'body' must be a map: it is sent as JSON");
  int code = check_names(r, r->values, false, error);
  if (!code) code = check_names(r, r->secrets, false, error);
  if (!code) code = check_names(r, r->maps, true, error);
  if (!code) code = check_url(r, error);
  if (!code) code = check_headers(r, error);
  if (!code) code = check_basic(r, error);
  return code ? code : check_body(r, r->body, error);
}

/* ---- Opening ---- */

static int make(serve_recipe **opened, yaml_tree *tree, mien_error *error) {
  serve_recipe *r = *opened = base_alloc(1, sizeof *r);
  if (!r) {
    yaml_close(&tree);
    return base_error_set(error, MIEN_ENOMEM, "recipe", "", "out of memory");
  }
  r->tree = tree;
  int code = check(r, error);
  if (code) serve_recipe_close(opened);
  return code;
}

int serve_recipe_read(serve_recipe **opened, const char *bytes, size_t count, const char *name, mien_error *error) {
  yaml_tree *tree;
  *opened = NULL;
  int code = yaml_read(&tree, bytes, count, name, error);
  return code ? code : make(opened, tree, error);
}

int serve_recipe_open(serve_recipe **opened, const char *name, mien_error *error) {
  yaml_tree *tree;
  size_t length = strlen(name);
  *opened = NULL;
  for (size_t i = 0; i < serve_recipe_count; i++) {
    char of[64];
    if (strcmp(serve_recipes[i].name, name)) continue;
    snprintf(of, sizeof of, "recipes/%s.yaml", name);
    return serve_recipe_read(opened, serve_recipes[i].start, (size_t)(serve_recipes[i].end - serve_recipes[i].start), of, error);
  }
  if (length < 6 || strcmp(name + length - 5, ".yaml"))
    return base_error_set(error, MIEN_EINVAL, "recipe", "zendesk, salesforce, hubspot, freshdesk, or the path of a .yaml file", "there is no recipe '%.60s'", name);
  int code = yaml_read_file(&tree, name, error);
  return code ? code : make(opened, tree, error);
}

void serve_recipe_close(serve_recipe **closed) {
  serve_recipe *r = *closed;
  *closed = NULL;
  if (!r) return;
  yaml_close(&r->tree);
  base_free(r);
}

int serve_recipe_given(const serve_recipe *r, const char *what, const json_t *given, mien_error *error) {
  const yaml_node *wanted = strcmp(what, "secrets") ? r->values : r->secrets;
  const char *name;
  json_t *value;
  for (const yaml_node *each = wanted ? wanted->first : NULL; each; each = each->next) {
    const char *text = json_string_value(json_object_get(given, each->key));
    if (!text || !*text) return base_error_set(error, MIEN_EINVAL, what, each->word, "the recipe asks for '%s'", each->key);
    for (const char *c = text; *c; c++)
      if ((unsigned char)*c < ' ' || *c == 127) return base_error_set(error, MIEN_EINVAL, what, each->word, "'%s' has a control character", each->key);
  }
  json_object_foreach((json_t *)given, name, value)
    if (!yaml_get(wanted, name)) return base_error_set(error, MIEN_EINVAL, what, "", "the recipe does not ask for '%.40s'", name);
  return MIEN_OK;
}

static json_t *words_of(const yaml_node *map) {
  json_t *all = json_object();
  for (const yaml_node *each = map ? map->first : NULL; each; each = each->next) json_object_set_new(all, each->key, json_string(each->word));
  return all;
}

json_t *serve_recipe_describe(const serve_recipe *r) {
  const yaml_node *title = yaml_get(yaml_root(r->tree), "title");
  return json_pack("{s:s,s:s,s:s,s:o,s:o}", "title", title && title->kind == YAML_WORD ? title->word : "", "method", r->method->word, "url", r->url->word, "values", words_of(r->values), "secrets", words_of(r->secrets));
}
