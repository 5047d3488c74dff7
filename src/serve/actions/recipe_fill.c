/* recipe_fill.c: a recipe filled in for one event. Each place is written in the manner of where it stands. */
#include <ctype.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "serve/actions/recipe_parts.h"

static int wrong(mien_error *error, const recipe_place *p, const char *what) {
  return base_error_set(error, MIEN_EINVAL, "recipe", "", "%s.%s %s", p->scope, p->name, what);
}

static const json_t *value_of(const json_t *names, const recipe_place *p) { return json_object_get(json_object_get(names, p->scope), p->name); }

/* The value as a text, through its map: "" for what is not known. The caller frees. */
static int text_of(const serve_recipe *r, const json_t *names, const recipe_place *p, char **text, mien_error *error) {
  const json_t *value = value_of(names, p);
  if (!value || json_is_null(value)) *text = strdup("");
  else if (json_is_string(value)) *text = strdup(json_string_value(value));
  else *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(12));
  if (!*text) return base_error_set(error, MIEN_ENOMEM, "recipe", "", "out of memory");
  if (!*p->filter || !strcmp(p->filter, "html")) return MIEN_OK;
  const yaml_node *map = yaml_get(r->maps, p->filter), *mapped = yaml_get(map, *text);
  if (!mapped) mapped = yaml_get(map, "other");
  free(*text);
  *text = mapped ? strdup(mapped->word) : NULL;
  return *text ? MIEN_OK : wrong(error, p, "is not in its map");
}

static void add_html(base_text *to, const char *text) {
  for (; *text; text++) {
    const char *entity = *text == '&' ? "&amp;" : *text == '<' ? "&lt;" : *text == '>' ? "&gt;" : *text == '"' ? "&quot;" : *text == '\'' ? "&#39;" : NULL;
    if (entity) base_text_puts(to, entity);
    else base_text_add(to, text, 1);
  }
}

static int add_url(base_text *to, const recipe_place *p, const char *text, mien_error *error) {
  if (!*text) return wrong(error, p, "is not known, and the address needs it");
  if (!strcmp(text, ".") || !strcmp(text, "..")) return wrong(error, p, "is no part of an address");
  for (; *text; text++) {
    if (isalnum((unsigned char)*text) || strchr("-._~", *text)) base_text_add(to, text, 1);
    else base_text_printf(to, "%%%02X", (unsigned char)*text);
  }
  return MIEN_OK;
}

static int add_host(base_text *to, const recipe_place *p, const char *text, mien_error *error) {
  if (!*text || strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.") != strlen(text) || strstr(text, "..") || *text == '.')
    return wrong(error, p, "is no part of the name of a server");
  base_text_puts(to, text);
  return MIEN_OK;
}

static void add_header(base_text *to, const char *text) {
  for (; *text; text++) base_text_add(to, (unsigned char)*text < ' ' || *text == 127 ? " " : text, 1);
}

/* A literal of a header has no control characters either: YAML's "\n" could bring one in. */
static void add_literal(base_text *to, const char *text, size_t bytes, int where) {
  for (size_t i = 0; i < bytes; i++) base_text_add(to, where == IN_HEADER && (unsigned char)text[i] < ' ' ? " " : text + i, 1);
}

static int fill(const serve_recipe *r, const char *text, const json_t *names, int where, base_text *to, mien_error *error) {
  recipe_place place;
  size_t literal;
  int code = MIEN_OK;
  for (const char *at = text, *begun = text; !code; begun = at) {
    int found = recipe_place_next(begun, &literal, &place, &at);
    add_literal(to, begun, literal, where);
    if (!found) break;
    char *value = NULL;
    code = found < 0 ? base_error_set(error, MIEN_EFORMAT, "recipe", "", "no place to fill in") : text_of(r, names, &place, &value, error);
    if (code) break;
    size_t slashes = 0;
    for (const char *c = text; c < begun + literal; c++) slashes += *c == '/';
    if (where == IN_HOST) code = slashes > 2 ? add_url(to, &place, value, error) : add_host(to, &place, value, error);
    else if (where == IN_HEADER) add_header(to, value);
    else if (!strcmp(place.filter, "html")) add_html(to, value);
    else base_text_puts(to, value);
    sodium_memzero(value, strlen(value));
    free(value);
  }
  if (!code && to->failed) code = base_error_set(error, MIEN_ENOMEM, "recipe", "", "out of memory");
  return code;
}

/* ---- The body ---- */

/* The whole of the text is one place: its value keeps its kind. */
static bool lone_place(const char *text, recipe_place *place) {
  size_t literal;
  const char *rest;
  return recipe_place_next(text, &literal, place, &rest) == 1 && !literal && !*rest && !*place->filter;
}

static json_t *word_of(const serve_recipe *r, const yaml_node *node, const json_t *names, mien_error *error) {
  recipe_place place;
  double number;
  bool flag;
  if (lone_place(node->word, &place)) {
    const json_t *value = value_of(names, &place);
    return value ? json_deep_copy(value) : json_null();
  }
  if (yaml_flag(node, &flag)) return json_boolean(flag);
  if (yaml_number(node, &number)) return number == floor(number) && fabs(number) < 1e15 ? json_integer((json_int_t)number) : json_real(number);
  if (!node->quoted && (yaml_is(node, "null") || yaml_is(node, "~"))) return json_null();
  base_text text = {0};
  json_t *made = fill(r, node->word, names, IN_BODY, &text, error) ? NULL : json_stringn(text.data ? text.data : "", text.length);
  base_text_clear(&text);
  return made;
}

static json_t *body_of(const serve_recipe *r, const yaml_node *node, const json_t *names, mien_error *error) {
  if (node->kind == YAML_WORD) return word_of(r, node, names, error);
  json_t *made = node->kind == YAML_MAP ? json_object() : json_array();
  for (const yaml_node *each = node->first; made && each; each = each->next) {
    json_t *one = body_of(r, each, names, error);
    if (one && !(node->kind == YAML_MAP ? json_object_set_new(made, each->key, one) : json_array_append_new(made, one))) continue;
    json_decref(made);
    made = NULL;
  }
  return made;
}

static int make_body(const serve_recipe *r, const json_t *names, base_text *to, mien_error *error) {
  base_error_set(error, MIEN_ENOMEM, "recipe", "", "out of memory");
  json_t *body = body_of(r, r->body, names, error);
  char *text = body ? json_dumps(body, JSON_COMPACT | JSON_REAL_PRECISION(12)) : NULL;
  json_decref(body);
  if (!text) return error ? error->code : MIEN_ENOMEM;
  base_text_puts(to, text);
  free(text);
  if (to->failed) return MIEN_ENOMEM;
  return to->length <= RECIPE_BODY ? MIEN_OK : base_error_set(error, MIEN_ELIMIT, "recipe", "", "the body has more than %d bytes", RECIPE_BODY);
}

/* ---- The rest ---- */

static int make_basic(const serve_recipe *r, const json_t *names, base_text *to, mien_error *error) {
  base_text pair = {0};
  int code = fill(r, yaml_get(r->basic, "user")->word, names, IN_HEADER, &pair, error);
  base_text_puts(&pair, ":");
  if (!code) code = fill(r, yaml_get(r->basic, "password")->word, names, IN_HEADER, &pair, error);
  size_t room = sodium_base64_ENCODED_LEN(pair.length, sodium_base64_VARIANT_ORIGINAL);
  char *encoded = code ? NULL : base_alloc(room, 1);
  if (!code && !encoded) code = base_error_set(error, MIEN_ENOMEM, "recipe", "", "out of memory");
  if (!code) {
    sodium_bin2base64(encoded, room, (const uint8_t *)pair.data, pair.length, sodium_base64_VARIANT_ORIGINAL);
    base_text_printf(to, "authorization: Basic %s", encoded);
    sodium_memzero(encoded, room);
  }
  base_free(encoded);
  if (pair.data) sodium_memzero(pair.data, pair.length);
  base_text_clear(&pair);
  return code;
}

int serve_recipe_make(const serve_recipe *r, const json_t *names, const char *base, recipe_call *call, mien_error *error) {
  memset(call, 0, sizeof *call);
  snprintf(call->method, sizeof call->method, "%s", r->method->word);
  base_text whole = {0};
  int code = fill(r, r->url->word, names, IN_HOST, &whole, error);
  if (!code && *base) base_text_printf(&call->url, "%s%s", base, strchr(whole.data + 8, '/'));
  else if (!code) base_text_puts(&call->url, whole.data);
  base_text_clear(&whole);
  bool typed = false;
  for (const yaml_node *each = r->headers ? r->headers->first : NULL; each && !code; each = each->next) {
    base_text *to = &call->headers[call->header_count++];
    typed |= !strcmp(each->key, "content-type");
    base_text_printf(to, "%s: ", each->key);
    code = fill(r, each->word, names, IN_HEADER, to, error);
  }
  if (!code && r->basic) code = make_basic(r, names, &call->headers[call->header_count++], error);
  if (!code && !typed) base_text_puts(&call->headers[call->header_count++], "content-type: application/json");
  if (!code) code = make_body(r, names, &call->body, error);
  for (size_t i = 0; i < call->header_count && !code; i++)
    if (call->headers[i].failed) code = base_error_set(error, MIEN_ENOMEM, "recipe", "", "out of memory");
  if (!code && call->url.failed) code = base_error_set(error, MIEN_ENOMEM, "recipe", "", "out of memory");
  return code;
}

void recipe_call_clear(recipe_call *call) {
  for (size_t i = 0; i < call->header_count; i++) {
    if (call->headers[i].data) sodium_memzero(call->headers[i].data, call->headers[i].length);
    base_text_clear(&call->headers[i]);
  }
  base_text_clear(&call->url);
  base_text_clear(&call->body);
}
