/* tree.c: libyaml's events to a tree. */
#include "yaml/tree.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

enum { ARENA = 16 << 20 };

struct yaml_tree {
  base_arena arena;
  char name[256];
  yaml_node *root;
};

typedef struct reading {
  yaml_tree *tree;
  yaml_parser_t parser;
  mien_error *error;
  struct {
    yaml_node *node, *last;
    const char *key; /* of the value that comes next */
  } open[YAML_DEPTH];
  int depth;
  bool documents;
} reading;

static int refuse(reading *r, yaml_mark_t mark, int code, const char *remedy, const char *what) {
  char where[256];
  snprintf(where, sizeof where, "%.200s, line %zu, column %zu", r->tree->name, mark.line + 1, mark.column + 1);
  return base_error_set(r->error, code, where, remedy, "%s", what);
}

static yaml_node *make(reading *r, int kind, yaml_mark_t mark) {
  yaml_node *node = base_arena_alloc(&r->tree->arena, 1, sizeof *node);
  if (!node) return NULL;
  *node = (yaml_node){.kind = kind, .line = (int)mark.line + 1, .column = (int)mark.column + 1, .word = ""};
  return node;
}

static char *copy(reading *r, const void *bytes, size_t count) {
  char *word = base_arena_alloc(&r->tree->arena, count + 1, 1);
  if (word) memcpy(word, bytes, count);
  return word;
}

static int add(reading *r, yaml_node *node, yaml_mark_t mark) {
  if (!node) return refuse(r, mark, MIEN_ENOMEM, "", "out of memory");
  if (r->depth == 0) {
    r->tree->root = node;
    return MIEN_OK;
  }
  yaml_node *into = r->open[r->depth - 1].node, **last = &r->open[r->depth - 1].last;
  node->key = r->open[r->depth - 1].key;
  r->open[r->depth - 1].key = NULL;
  if (*last) (*last)->next = node;
  else into->first = node;
  *last = node;
  into->count++;
  return MIEN_OK;
}

static int take_word(reading *r, const yaml_event_t *event) {
  const char *word = (const char *)event->data.scalar.value;
  size_t count = event->data.scalar.length;
  yaml_mark_t mark = event->start_mark;
  if (event->data.scalar.anchor) return refuse(r, mark, MIEN_EFORMAT, "write the value out", "anchors are not taken");
  if (event->data.scalar.tag) return refuse(r, mark, MIEN_EFORMAT, "leave the tag out", "tags are not taken");
  if (memchr(word, 0, count)) return refuse(r, mark, MIEN_EFORMAT, "", "a word holds a byte 0");
  char *own = copy(r, word, count);
  if (!own) return refuse(r, mark, MIEN_ENOMEM, "", "out of memory");
  bool in_map = r->depth && r->open[r->depth - 1].node->kind == YAML_MAP;
  if (in_map && !r->open[r->depth - 1].key) {
    if (yaml_get(r->open[r->depth - 1].node, own)) return refuse(r, mark, MIEN_EFORMAT, "leave one of them out", "this key is there already");
    r->open[r->depth - 1].key = own;
    return MIEN_OK;
  }
  yaml_node *node = make(r, YAML_WORD, mark);
  if (node) {
    node->word = own;
    node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
  }
  return add(r, node, mark);
}

static int begin(reading *r, int kind, const yaml_event_t *event, const void *anchor, const void *tag) {
  if (anchor || tag) return refuse(r, event->start_mark, MIEN_EFORMAT, "write the value out", "anchors and tags are not taken");
  if (r->depth == YAML_DEPTH) return refuse(r, event->start_mark, MIEN_ELIMIT, "", "nested too deeply");
  if (r->depth && r->open[r->depth - 1].node->kind == YAML_MAP && !r->open[r->depth - 1].key)
    return refuse(r, event->start_mark, MIEN_EFORMAT, "", "a key must be a word");
  yaml_node *node = make(r, kind, event->start_mark);
  int code = add(r, node, event->start_mark);
  if (code) return code;
  memset(&r->open[r->depth], 0, sizeof r->open[r->depth]);
  r->open[r->depth++].node = node;
  return MIEN_OK;
}

static int take(reading *r, const yaml_event_t *event) {
  switch (event->type) {
  case YAML_SCALAR_EVENT: return take_word(r, event);
  case YAML_SEQUENCE_START_EVENT:
    return begin(r, YAML_LIST, event, event->data.sequence_start.anchor, event->data.sequence_start.tag);
  case YAML_MAPPING_START_EVENT:
    return begin(r, YAML_MAP, event, event->data.mapping_start.anchor, event->data.mapping_start.tag);
  case YAML_SEQUENCE_END_EVENT:
  case YAML_MAPPING_END_EVENT: r->depth--; return MIEN_OK;
  case YAML_ALIAS_EVENT: return refuse(r, event->start_mark, MIEN_EFORMAT, "write the value out", "aliases are not taken");
  case YAML_DOCUMENT_START_EVENT:
    if (r->documents) return refuse(r, event->start_mark, MIEN_EFORMAT, "one document a file", "there is a second document");
    r->documents = true;
    return MIEN_OK;
  default: return MIEN_OK;
  }
}

static int run(reading *r) {
  for (;;) {
    yaml_event_t event;
    if (!yaml_parser_parse(&r->parser, &event))
      return refuse(r, r->parser.problem_mark, MIEN_EFORMAT, "", r->parser.problem ? r->parser.problem : "this is no YAML");
    bool last = event.type == YAML_STREAM_END_EVENT;
    int code = take(r, &event);
    yaml_event_delete(&event);
    if (code || last) return code;
  }
}

int yaml_read(yaml_tree **opened, const char *bytes, size_t count, const char *name, mien_error *error) {
  *opened = NULL;
  if (count > YAML_BYTES) return base_error_set(error, MIEN_ELIMIT, name, "", "the file has more than 1 MB");
  yaml_tree *tree = base_alloc(1, sizeof *tree);
  if (!tree) return base_error_set(error, MIEN_ENOMEM, name, "", "out of memory");
  base_arena_init(&tree->arena, ARENA);
  snprintf(tree->name, sizeof tree->name, "%s", name);
  reading r = {.tree = tree, .error = error};
  int code = MIEN_ENOMEM;
  if (yaml_parser_initialize(&r.parser)) {
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)bytes, count);
    code = run(&r);
    if (!code && !tree->root) tree->root = make(&r, YAML_MAP, (yaml_mark_t){0});
    if (!code && !tree->root) code = base_error_set(error, MIEN_ENOMEM, name, "", "out of memory");
    yaml_parser_delete(&r.parser);
  } else base_error_set(error, code, name, "", "out of memory");
  *opened = tree;
  if (code) yaml_close(opened);
  return code;
}

int yaml_file_bytes(base_text *to, const char *path, mien_error *error) {
  char block[4096];
  size_t got;
  FILE *file = fopen(path, "rbe");
  while (file && to->length <= YAML_BYTES && (got = fread(block, 1, BASE_MIN(sizeof block, YAML_BYTES + 1 - to->length), file)) > 0) base_text_add(to, block, got);
  int code = MIEN_OK;
  if (!file || ferror(file)) code = base_error_set(error, MIEN_EIO, path, "", "the file could not be read: %s", strerror(errno));
  else if (to->failed) code = base_error_set(error, MIEN_ENOMEM, path, "", "out of memory");
  if (file) fclose(file);
  return code;
}

int yaml_read_file(yaml_tree **tree, const char *path, mien_error *error) {
  base_text bytes = {0};
  *tree = NULL;
  int code = yaml_file_bytes(&bytes, path, error);
  if (!code) code = yaml_read(tree, bytes.data ? bytes.data : "", bytes.length, path, error);
  base_text_clear(&bytes);
  return code;
}

void yaml_close(yaml_tree **tree) {
  if (!*tree) return;
  base_arena_clear(&(*tree)->arena);
  base_free(*tree);
  *tree = NULL;
}

/* ---- Looking into it ---- */

const yaml_node *yaml_root(const yaml_tree *tree) { return tree->root; }

const yaml_node *yaml_get(const yaml_node *map, const char *key) {
  for (const yaml_node *node = map && map->kind == YAML_MAP ? map->first : NULL; node; node = node->next)
    if (node->key && !strcmp(node->key, key)) return node;
  return NULL;
}

bool yaml_is(const yaml_node *node, const char *word) {
  return node && node->kind == YAML_WORD && !strcmp(node->word, word);
}

bool yaml_number(const yaml_node *node, double *number) {
  char *end;
  if (!node || node->kind != YAML_WORD || node->quoted || !*node->word) return false;
  *number = strtod(node->word, &end);
  return !*end && isfinite(*number);
}

bool yaml_flag(const yaml_node *node, bool *flag) {
  *flag = yaml_is(node, "true");
  return (*flag || yaml_is(node, "false")) && !node->quoted;
}

bool yaml_duration(const yaml_node *node, double *seconds) {
  static const struct {
    const char *name;
    double seconds;
  } units[] = {{"ms", 1e-3}, {"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}};
  char *end;
  if (!node || node->kind != YAML_WORD) return false;
  if (!strcmp(node->word, "off")) return *seconds = 0, true;
  double value = strtod(node->word, &end);
  if (end == node->word || !(value >= 0 && value < 1e10)) return false;
  while (*end == ' ') end++;
  for (size_t i = 0; i < BASE_COUNT(units); i++)
    if (!strcmp(end, units[i].name)) return *seconds = value * units[i].seconds, true;
  return false;
}

const yaml_node *yaml_unknown(const yaml_node *map, const char *const *known) {
  for (const yaml_node *node = map && map->kind == YAML_MAP ? map->first : NULL; node; node = node->next) {
    size_t i = 0;
    while (known[i] && strcmp(known[i], node->key)) i++;
    if (!known[i]) return node;
  }
  return NULL;
}

int yaml_wrong(const yaml_tree *tree, const yaml_node *node, mien_error *error, const char *remedy, const char *format, ...) {
  char where[256], what[256];
  va_list list;
  va_start(list, format);
  vsnprintf(what, sizeof what, format, list);
  va_end(list);
  snprintf(where, sizeof where, "%.200s, line %d, column %d", tree->name, node->line, node->column);
  return base_error_set(error, MIEN_EFORMAT, where, remedy, "%s", what);
}
