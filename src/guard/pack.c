/* pack.c: reads packs of rules. */
#include "guard/pack.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <strings.h>

#include "guard/embedded.h"
#include "guard/statement.h"
#include "yaml/tree.h"

static const struct {
  const char *name;
  unsigned bit;
} modalities[] = {{"text", MIEN_READ_TEXT}, {"voice", MIEN_READ_VOICE | MIEN_READ_WORDS}, {"face", MIEN_READ_FACE},
                  {"body", MIEN_READ_BODY}};

static int take_modalities(const yaml_tree *tree, const yaml_node *list, unsigned *mask, mien_error *error) {
  const char *remedy = "list some of text, voice, face, body; [] for none";
  *mask = 0;
  if (list->kind != YAML_LIST) return yaml_wrong(tree, list, error, remedy, "this must be a list");
  for (const yaml_node *node = list->first; node; node = node->next) {
    size_t i = 0;
    while (i < BASE_COUNT(modalities) && !yaml_is(node, modalities[i].name)) i++;
    if (i == BASE_COUNT(modalities)) return yaml_wrong(tree, node, error, remedy, "'%.40s' is no modality", node->word);
    *mask |= modalities[i].bit;
  }
  return MIEN_OK;
}

static int take_word(const yaml_tree *tree, const yaml_node *node, char *to, size_t room, mien_error *error) {
  if (node->kind != YAML_WORD || !*node->word) return yaml_wrong(tree, node, error, "", "'%s' must be a text", node->key ? node->key : "this");
  if (strlen(node->word) >= room) return yaml_wrong(tree, node, error, "", "the text may have %zu bytes", room - 1);
  snprintf(to, room, "%s", node->word);
  return MIEN_OK;
}

static int take_statement(const yaml_tree *tree, const yaml_node *list, pack_rule *rule, mien_error *error) {
  const char *remedy = "list some of medical, safety, beside the reason in 'refuse'";
  if (list->kind != YAML_LIST || !list->first || !*rule->refuse) return yaml_wrong(tree, list, error, remedy, "'statement' lists what lifts a refusal");
  for (const yaml_node *node = list->first; node; node = node->next) {
    unsigned kind = node->kind == YAML_WORD ? guard_statement_kind(node->word) : 0;
    if (!kind) return yaml_wrong(tree, node, error, remedy, "this is no kind of statement");
    rule->statement |= kind;
  }
  return MIEN_OK;
}

static int take_rule(const yaml_tree *tree, const yaml_node *node, pack_rule *rule, mien_error *error) {
  static const char *const known[] = {"refuse", "mode", "read", "consent", "retention", "statement", NULL};
  *rule = (pack_rule){.mode = GUARD_FULL, .read = MIEN_READ_ALL};
  if (strlen(node->key) >= sizeof rule->name) return yaml_wrong(tree, node, error, "", "the name may have %zu bytes", sizeof rule->name - 1);
  snprintf(rule->name, sizeof rule->name, "%s", node->key);
  if (node->kind != YAML_MAP) return yaml_wrong(tree, node, error, "write {} for a rule without conditions", "a rule must be a map");
  const yaml_node *unknown = yaml_unknown(node, known), *value;
  if (unknown) return yaml_wrong(tree, unknown, error, "a rule has refuse, mode, read, consent, retention, statement", "'%.40s' is not known", unknown->key);
  int code = MIEN_OK;
  if ((value = yaml_get(node, "refuse"))) code = take_word(tree, value, rule->refuse, sizeof rule->refuse, error);
  if (!code && (value = yaml_get(node, "read"))) code = take_modalities(tree, value, &rule->read, error);
  if (!code && (value = yaml_get(node, "consent"))) code = take_modalities(tree, value, &rule->consent, error);
  if (!code && (value = yaml_get(node, "statement"))) code = take_statement(tree, value, rule, error);
  if (!code && (value = yaml_get(node, "retention")) && !yaml_duration(value, &rule->retention))
    code = yaml_wrong(tree, value, error, "write 30 d, 12 h or off", "this is no length of time");
  if (!code && (value = yaml_get(node, "mode"))) {
    rule->mode = yaml_is(value, "full") ? GUARD_FULL : yaml_is(value, "observe") ? GUARD_OBSERVE : GUARD_NOTHING;
    if (rule->mode == GUARD_NOTHING && !yaml_is(value, "nothing"))
      code = yaml_wrong(tree, value, error, "write full, observe or nothing", "'%.40s' is no mode", value->word);
  }
  return code;
}

static int take_rules(const yaml_tree *tree, const char *name, pack_rules *rules, mien_error *error) {
  const yaml_node *map = yaml_get(yaml_root(tree), name);
  if (!map || map->kind != YAML_MAP || !map->count)
    return yaml_wrong(tree, map ? map : yaml_root(tree), error, "", "'%s' must be a map of rules", name);
  int code = MIEN_OK;
  for (const yaml_node *node = map->first; node && !code; node = node->next) {
    if (rules->count == PACK_RULES) return yaml_wrong(tree, node, error, "", "more than %d rules", PACK_RULES);
    code = take_rule(tree, node, &rules->rules[rules->count++], error);
  }
  return code;
}

static int take_pack(const yaml_tree *tree, pack *p, mien_error *error) {
  static const char *const known[] = {"pack", "version", "title", "notice", "jurisdictions", "purposes", "contexts", "roles", NULL};
  const yaml_node *root = yaml_root(tree), *unknown = yaml_unknown(root, known), *value;
  double version = 0;
  if (unknown) return yaml_wrong(tree, unknown, error, "docs/policies.md lists the keys of a pack", "'%.40s' is not known", unknown->key);
  for (const char *const *name = known; *name; name++)
    if (!yaml_get(root, *name)) return yaml_wrong(tree, root, error, "", "'%s' is missing", *name);
  int code = take_word(tree, yaml_get(root, "pack"), p->name, sizeof p->name, error);
  if (!code) code = take_word(tree, yaml_get(root, "title"), p->title, sizeof p->title, error);
  value = yaml_get(root, "notice");
  if (!code && !yaml_is(value, "none")) code = take_word(tree, value, p->notice, sizeof p->notice, error);
  value = yaml_get(root, "version");
  if (!code && (!yaml_number(value, &version) || version < 1 || version > 1e6))
    code = yaml_wrong(tree, value, error, "", "'version' must be a number of 1 and more");
  p->version = (int)version;
  value = yaml_get(root, "jurisdictions");
  if (!code && value->kind != YAML_LIST) code = yaml_wrong(tree, value, error, "", "'jurisdictions' must be a list of codes");
  for (const yaml_node *node = value ? value->first : NULL; node && !code; node = node->next) {
    if (p->place_count == PACK_PLACES) code = yaml_wrong(tree, node, error, "", "more than %d places", PACK_PLACES);
    else code = take_word(tree, node, p->places[p->place_count++], sizeof p->places[0], error);
  }
  if (!code) code = take_rules(tree, "purposes", &p->purposes, error);
  if (!code) code = take_rules(tree, "contexts", &p->contexts, error);
  if (!code) code = take_rules(tree, "roles", &p->roles, error);
  return code;
}

/* Takes ownership of the tree. A pack of the same name gives way. */
static int add(guard_packs *packs, yaml_tree *tree, mien_error *error) {
  pack *p = base_alloc(1, sizeof *p);
  int code = p ? take_pack(tree, p, error) : base_error_set(error, MIEN_ENOMEM, "policies", "", "out of memory");
  size_t at = 0;
  while (!code && at < packs->count && strcmp(packs->packs[at].name, p->name)) at++;
  if (!code && at == PACKS) code = yaml_wrong(tree, yaml_root(tree), error, "", "more than %d packs", PACKS);
  if (!code) {
    packs->packs[at] = *p;
    packs->count = BASE_MAX(packs->count, at + 1);
  }
  base_free(p);
  yaml_close(&tree);
  return code;
}

static int add_folder(guard_packs *packs, const char *dir, mien_error *error) {
  DIR *folder = opendir(dir);
  struct dirent *entry;
  int code = folder ? MIEN_OK : base_error_set(error, MIEN_EIO, dir, "", "the folder could not be read: %s", strerror(errno));
  while (!code && (entry = readdir(folder))) {
    const char *end = strrchr(entry->d_name, '.');
    char path[1024];
    yaml_tree *tree;
    if (!end || strcmp(end, ".yaml")) continue;
    snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
    code = yaml_read_file(&tree, path, error);
    if (!code) code = add(packs, tree, error);
  }
  if (folder) closedir(folder);
  return code;
}

int guard_packs_open(guard_packs **opened, const char *dir, mien_error *error) {
  guard_packs *packs = base_alloc(1, sizeof *packs);
  *opened = packs;
  if (!packs) return base_error_set(error, MIEN_ENOMEM, "policies", "", "out of memory");
  int code = MIEN_OK;
  for (size_t i = 0; i < guard_embedded_count && !code; i++) {
    yaml_tree *tree;
    code = yaml_read(&tree, guard_embedded[i].start, (size_t)(guard_embedded[i].end - guard_embedded[i].start), guard_embedded[i].name, error);
    if (!code) code = add(packs, tree, error);
  }
  if (!code && dir) code = add_folder(packs, dir, error);
  if (code) guard_packs_close(opened);
  return code;
}

int guard_packs_read(guard_packs **opened, const char *bytes, size_t count, const char *name, mien_error *error) {
  guard_packs *packs = base_alloc(1, sizeof *packs);
  yaml_tree *tree = NULL;
  *opened = packs;
  int code = packs ? yaml_read(&tree, bytes, count, name, error) : base_error_set(error, MIEN_ENOMEM, name, "", "out of memory");
  if (!code) code = add(packs, tree, error);
  if (code) guard_packs_close(opened);
  return code;
}

void guard_packs_close(guard_packs **packs) {
  base_free(*packs);
  *packs = NULL;
}

const pack *pack_find(const guard_packs *packs, const char *jurisdiction) {
  const pack *strict = &packs->packs[0];
  for (size_t i = 0; i < packs->count; i++) {
    const pack *p = &packs->packs[i];
    for (size_t k = 0; k < p->place_count; k++)
      if (!strcasecmp(p->places[k], jurisdiction)) return p;
    if (!strcmp(p->name, "strict")) strict = p;
  }
  return strict;
}

const char *guard_pack_of(const guard_packs *packs, const char *jurisdiction) { return pack_find(packs, jurisdiction)->name; }

const pack_rule *pack_rule_find(const pack_rules *rules, const char *name) {
  for (size_t i = 0; i < rules->count; i++)
    if (!strcmp(rules->rules[i].name, name)) return &rules->rules[i];
  return NULL;
}
