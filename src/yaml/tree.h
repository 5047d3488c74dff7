/* yaml/: a YAML file as a tree that knows where each value stands, for settings, policies and rules.
 *
 * What it is: libyaml's events put into maps, lists and words, with limits. What it is not: a schema; the readers
 * say what they expect. Refused, with the line: anchors and aliases, tags, several documents, a key twice, more
 * than YAML_DEPTH levels, more than YAML_BYTES, bytes that are no UTF-8.
 *
 * Ownership: a tree owns all its nodes and words. Threads: a tree is read-only once read. */
#ifndef YAML_TREE_H
#define YAML_TREE_H

#include "base/base.h"

enum { YAML_WORD, YAML_LIST, YAML_MAP };
enum { YAML_DEPTH = 24, YAML_BYTES = 1 << 20 };

typedef struct yaml_node {
  int kind;
  int line, column;        /* 1… */
  const char *key;         /* inside a map; NULL elsewhere */
  const char *word;        /* WORD: as written; "" where nothing is */
  bool quoted;             /* WORD: "…" or '…': a string whatever it looks like */
  struct yaml_node *first, *next; /* LIST, MAP: what is in it, in order; its neighbour */
  size_t count;
} yaml_node;

typedef struct yaml_tree yaml_tree;

/* `name` is for messages. An empty file is a map of nothing. MIEN_EFORMAT, MIEN_ELIMIT, MIEN_ENOMEM. */
int yaml_read(yaml_tree **tree, const char *bytes, size_t count, const char *name, mien_error *error);
int yaml_read_file(yaml_tree **tree, const char *path, mien_error *error);
/* Its bytes alone, for who wants to keep them beside what they say: one more than yaml_read takes, at most. MIEN_EIO, MIEN_ENOMEM. */
int yaml_file_bytes(base_text *to, const char *path, mien_error *error);
void yaml_close(yaml_tree **tree);
const yaml_node *yaml_root(const yaml_tree *tree);

const yaml_node *yaml_get(const yaml_node *map, const char *key); /* NULL: not there, or no map */
bool yaml_is(const yaml_node *node, const char *word);
/* A number, true or false, of an unquoted word. False: it is none. */
bool yaml_number(const yaml_node *node, double *number);
bool yaml_flag(const yaml_node *node, bool *flag);
/* "90 s", "15 min", "12 h", "30 d", "off" (0), in seconds. */
bool yaml_duration(const yaml_node *node, double *seconds);
/* The first key of `map` that is not among `known` (ends with NULL), or NULL. */
const yaml_node *yaml_unknown(const yaml_node *map, const char *const *known);
/* Fills `error` with "WHAT (NAME, line L, column C): REMEDY" and returns MIEN_EFORMAT. */
int yaml_wrong(const yaml_tree *tree, const yaml_node *node, mien_error *error, const char *remedy, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

#endif
