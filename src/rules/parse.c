/* parse.c: a file of rules, checked and made into sets. What is wrong is said with its line and what to write instead. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "rules/embedded.h"
#include "rules/parts.h"
#include "text/phrase.h"
#include "yaml/tree.h"

enum { ARENA = 8 << 20, PHRASES = 2000 };

typedef struct parser {
  rules_set *set;
  const yaml_tree *tree;
  mien_error *error;
  bool whole; /* the rule is of the conversation */
} parser;

const char *rules_severity_name(int severity) {
  static const char *const names[] = {"info", "notice", "warning", "critical"};
  return severity >= 0 && severity < (int)BASE_COUNT(names) ? names[severity] : NULL;
}

#define WRONG(p, node, remedy, ...) yaml_wrong((p)->tree, node, (p)->error, remedy, __VA_ARGS__)

static int no_memory(parser *p) { return base_error_set(p->error, MIEN_ENOMEM, "rules", "", "out of memory"); }

/* ---- Conditions in words: "states.frustration > 0.6 for at least 10 s" ---- */

static const struct {
  const char *prefix;
  int term;
  const char *(*name)(int);
} families[] = {{"core", TERM_CORE, mien_core_name},       {"fine", TERM_FINE, mien_fine_name},
                {"extra", TERM_EXTRA, mien_extra_name},    {"flags", TERM_FLAG, mien_flag_name},
                {"states", TERM_STATE, mien_state_name},   {"trend", TERM_TREND, mien_dim_name},
                {"forecast", TERM_FORECAST, mien_dim_name}};
static const struct {
  const char *name;
  int term;
} plain[] = {{"confidence", TERM_CONFIDENCE}, {"talk.speed", TERM_SPEED}, {"talk.share", TERM_SHARE},
             {"silence", TERM_SILENCE}, {"interruptions", TERM_INTERRUPTIONS}};

static int take_term(parser *p, const yaml_node *node, const char *word, rules_leaf *leaf) {
  for (size_t i = 0; i < BASE_COUNT(plain); i++)
    if (!strcmp(word, plain[i].name)) return leaf->term = plain[i].term, MIEN_OK;
  for (int i = 0; i < MIEN_DIMS; i++)
    if (!strcmp(word, mien_dim_name(i))) return leaf->term = TERM_DIM, leaf->index = i, MIEN_OK;
  const char *dot = strchr(word, '.');
  size_t length = dot ? (size_t)(dot - word) : 0;
  bool cue = dot && length == 4 && !memcmp(word, "cues", 4), measured = dot && length == 8 && !memcmp(word, "measured", 8);
  if (cue || measured) {
    if (!dot[1] || strlen(dot + 1) >= sizeof leaf->kind) return WRONG(p, node, "docs/readings.md lists the kinds of cues", "'%.60s' names no cue", word);
    leaf->term = cue ? TERM_CUE : TERM_MEASURED;
    snprintf(leaf->kind, sizeof leaf->kind, "%s", dot + 1);
    return MIEN_OK;
  }
  for (size_t f = 0; dot && f < BASE_COUNT(families); f++) {
    if (strlen(families[f].prefix) != length || memcmp(word, families[f].prefix, length)) continue;
    char known[256] = "";
    for (int i = 0; families[f].name(i); i++) {
      if (!strcmp(dot + 1, families[f].name(i))) return leaf->term = families[f].term, leaf->index = i, MIEN_OK;
      size_t used = strlen(known);
      snprintf(known + used, sizeof known - used, "%s%s", used ? ", " : "write one of: ", families[f].name(i));
    }
    return WRONG(p, node, known, "%s has no '%.60s'", families[f].prefix, dot + 1);
  }
  return WRONG(p, node, "docs/rules.md lists the terms: core.…, states.…, valence, cues.…, silence …", "'%.60s' is no term", word);
}

/* The next word of *at, blanks taken; "" at the end. */
static void next_word(const char **at, char word[64]) {
  size_t used = 0;
  while (**at == ' ') ++*at;
  for (; **at && **at != ' '; ++*at)
    if (used < 63) word[used++] = **at;
  word[used] = 0;
}

static bool take_number(const char *word, double *number) {
  char *end;
  if (!*word || strlen(word) > 20 || strspn(word, "+-.0123456789") != strlen(word)) return false;
  *number = strtod(word, &end);
  return !*end && isfinite(*number);
}

/* "30 s": a length of time above 0 and at most a day. */
static bool take_time(const char *number, const char *unit, double *seconds) {
  char both[140];
  snprintf(both, sizeof both, "%s %s", number, unit);
  yaml_node node = {.kind = YAML_WORD, .word = both};
  double count;
  return take_number(number, &count) && yaml_duration(&node, seconds) && *seconds > 0 && *seconds <= 86400;
}

/* What follows a comparison: any of "3 times", "in the last 30 s", "for at least 10 s", "for at least 3 turns". */
static int take_window(parser *p, const yaml_node *node, const char *at, rules_leaf *leaf) {
  char word[64], unit[64], rest[64];
  double number;
  for (next_word(&at, word); *word; next_word(&at, word)) {
    if (!strcmp(word, "in")) {
      next_word(&at, word);
      next_word(&at, rest);
      if (strcmp(word, "the") || strcmp(rest, "last")) return WRONG(p, node, "write 'in the last 30 s'", "a window begins with 'in the last'");
      next_word(&at, word);
      next_word(&at, unit);
      if (leaf->within > 0 || !take_time(word, unit, &leaf->within))
        return WRONG(p, node, "write 'in the last 30 s'; ms, s, min, h", "'%.40s %.20s' is no length of time", word, unit);
    } else if (!strcmp(word, "for")) {
      next_word(&at, word);
      next_word(&at, rest);
      if (strcmp(word, "at") || strcmp(rest, "least")) return WRONG(p, node, "write 'for at least 10 s' or 'for at least 3 turns'", "'for' goes on with 'at least'");
      next_word(&at, word);
      next_word(&at, unit);
      bool turns = !strcmp(unit, "turns") || !strcmp(unit, "turn");
      if (leaf->turns || leaf->lasting > 0 || (turns && (!take_number(word, &number) || number < 1 || number > 100 || number != floor(number))) ||
          (!turns && !take_time(word, unit, &leaf->lasting)))
        return WRONG(p, node, "write 'for at least 10 s' or 'for at least 3 turns'", "'%.40s %.20s' is no length", word, unit);
      if (turns) leaf->turns = (int)number;
    } else if (take_number(word, &number)) {
      next_word(&at, unit);
      if (strcmp(unit, "times") || number < 2 || number > RULES_TIMES || number != floor(number) || leaf->times)
        return WRONG(p, node, "write '3 times in the last 60 s'; 2 to 8 times", "'%.20s %.20s' is not understood", word, unit);
      leaf->times = (int)number;
    } else return WRONG(p, node, "after the number: '3 times', 'in the last 30 s', 'for at least 10 s', 'for at least 3 turns'", "'%.40s' is not understood", word);
  }
  if (leaf->times && !(leaf->within > 0)) return WRONG(p, node, "write '3 times in the last 60 s'", "'times' needs 'in the last'");
  if (leaf->within > 0 && (leaf->turns || leaf->lasting > 0))
    return WRONG(p, node, "use two conditions under all:", "'in the last' and 'for at least' do not go together");
  return MIEN_OK;
}

static int add_leaf(parser *p, const yaml_node *node, const rules_leaf *leaf, rules_tree *tree) {
  if (p->set->leaf_count == RULES_CONDITIONS) return WRONG(p, node, "leave some out", "more than %d conditions", RULES_CONDITIONS);
  if (p->whole && leaf->term != TERM_SILENCE) return WRONG(p, node, "name the roles it is about", "a rule of the conversation knows only 'silence'");
  tree->kind = TREE_LEAF;
  tree->leaf = (int)p->set->leaf_count;
  p->set->leaves[p->set->leaf_count++] = *leaf;
  return MIEN_OK;
}

static int take_comparison(parser *p, const yaml_node *node, rules_tree *tree) {
  static const char *const ops[] = {">", "<", ">=", "<="};
  const char *at = node->word;
  char term[64], word[64];
  rules_leaf leaf = {0};
  double number;
  if (strlen(node->word) > 200) return WRONG(p, node, "", "a condition may have 200 bytes");
  next_word(&at, term);
  int code = take_term(p, node, term, &leaf);
  if (code) return code;
  if (leaf.term == TERM_INTERRUPTIONS) { /* of a moment: no comparison */
    leaf.op = OP_ABOVE;
  } else {
    next_word(&at, word);
    for (leaf.op = 0; leaf.op < (int)BASE_COUNT(ops) && strcmp(word, ops[leaf.op]);) leaf.op++;
    if (leaf.op == (int)BASE_COUNT(ops)) return WRONG(p, node, "write 'TERM > NUMBER'; >, <, >=, <=", "'%.40s' is no comparison", word);
    next_word(&at, word);
    if (!take_number(word, &number) || fabs(number) > 1e6) return WRONG(p, node, "write 'TERM > NUMBER'", "'%.40s' is no number", word);
    leaf.than = (float)number;
  }
  code = take_window(p, node, at, &leaf);
  return code ? code : add_leaf(p, node, &leaf, tree);
}

static int take_phrases(parser *p, const yaml_node *list, rules_leaf *leaf) {
  if (list->kind != YAML_LIST || !list->count || list->count > PHRASES)
    return WRONG(p, list, "write words: [cancel, speak to a manager]", "'words' must be a list of 1 to %d phrases", PHRASES);
  leaf->phrases = base_arena_alloc(&p->set->arena, list->count, sizeof *leaf->phrases);
  if (!leaf->phrases) return no_memory(p);
  for (const yaml_node *node = list->first; node; node = node->next) {
    char folded[256];
    if (node->kind != YAML_WORD || strlen(node->word) > 200) return WRONG(p, node, "", "a phrase must be a text of at most 200 bytes");
    size_t bytes = text_phrase_fold(node->word, strlen(node->word), folded, sizeof folded);
    if (!bytes) return WRONG(p, node, "", "the phrase has no letter and no digit");
    rules_phrase *phrase = &leaf->phrases[leaf->phrase_count++];
    const char *from = folded;
    phrase->bytes = text_phrase_trim(&from, bytes);
    char *own = base_arena_alloc(&p->set->arena, phrase->bytes, 1);
    if (!own) return no_memory(p);
    memcpy(own, from, phrase->bytes);
    phrase->folded = own;
  }
  return MIEN_OK;
}

static int take_words(parser *p, const yaml_node *map, rules_tree *tree) {
  static const char *const known[] = {"words", "window", NULL};
  const yaml_node *unknown = yaml_unknown(map, known), *window = yaml_get(map, "window");
  rules_leaf leaf = {.term = TERM_WORDS};
  if (unknown) return WRONG(p, unknown, "a condition on words has words and window", "'%.40s' is not known", unknown->key);
  int code = take_phrases(p, yaml_get(map, "words"), &leaf);
  if (!code && window && window->kind != YAML_WORD) code = WRONG(p, window, "write window: in the last 30 s", "'window' must be a text");
  if (!code && window) code = take_window(p, window, window->word, &leaf);
  return code ? code : add_leaf(p, map, &leaf, tree);
}

static int take_tree(parser *p, const yaml_node *node, rules_tree **made) {
  rules_tree *tree = base_arena_alloc(&p->set->arena, 1, sizeof *tree);
  *made = tree;
  if (!tree) return no_memory(p);
  if (node->kind == YAML_WORD) return take_comparison(p, node, tree);
  if (yaml_get(node, "words")) return take_words(p, node, tree);
  const yaml_node *inner = node->kind == YAML_LIST ? node : node->count == 1 ? node->first : NULL;
  const char *how = node->kind == YAML_LIST ? "all" : inner ? inner->key : "";
  tree->kind = !strcmp(how, "all") ? TREE_ALL : !strcmp(how, "any") ? TREE_ANY : !strcmp(how, "not") ? TREE_NOT : -1;
  if (tree->kind < 0)
    return WRONG(p, inner ? inner : node, "a condition is 'TERM > NUMBER', or one of all:, any:, not:, words:", "this is no condition");
  if (tree->kind == TREE_NOT) return take_tree(p, inner, &tree->first);
  if (inner->kind != YAML_LIST || !inner->count) return WRONG(p, inner, "write a list of conditions under it", "'%s' needs a list", how);
  rules_tree **next = &tree->first;
  int code = MIEN_OK;
  for (const yaml_node *each = inner->first; each && !code; each = each->next) {
    code = take_tree(p, each, next);
    next = &(*next)->next;
  }
  return code;
}

/* ---- Rules ---- */

static bool good_name(const char *name) {
  return *name && strlen(name) < RULES_NAME && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == strlen(name);
}

/* One name, or a list of them. */
static int take_names(parser *p, const yaml_node *node, char (*names)[RULES_NAME], size_t room, size_t *count) {
  const yaml_node *each = node->kind == YAML_LIST ? node->first : node;
  *count = 0;
  if (!each || node->kind == YAML_MAP) return WRONG(p, node, "write a name or [a, b]", "'%s' must be a name or a list of names", node->key);
  for (; each; each = node->kind == YAML_LIST ? each->next : NULL) {
    if (each->kind != YAML_WORD || !good_name(each->word)) return WRONG(p, each, "small letters, digits, _ and -", "this is no name");
    if (*count == room) return WRONG(p, each, "", "'%s' may have %zu names", node->key, room);
    snprintf(names[(*count)++], RULES_NAME, "%s", each->word);
  }
  return MIEN_OK;
}

static int take_count(parser *p, const yaml_node *node, int *to) {
  double number;
  if (!yaml_number(node, &number) || number < 1 || number > 1e6 || number != floor(number))
    return WRONG(p, node, "write a whole number of 1 and more", "'%s' is no budget", node->key);
  *to = (int)number;
  return MIEN_OK;
}

static int take_budget(parser *p, const yaml_node *node, rules_rule *rule) {
  static const char *const known[] = {"session", "day", NULL};
  const yaml_node *unknown = yaml_unknown(node, known), *value;
  if (node->kind != YAML_MAP || unknown) return WRONG(p, unknown ? unknown : node, "write budget: {session: 3, day: 50}", "a budget has session and day");
  int code = MIEN_OK;
  if ((value = yaml_get(node, "session"))) code = take_count(p, value, &rule->session);
  if (!code && (value = yaml_get(node, "day"))) code = take_count(p, value, &rule->day);
  return code;
}

static int take_length(parser *p, const yaml_node *node, double *to) {
  if (!yaml_duration(node, to) || *to > 86400) return WRONG(p, node, "write 30 s or 5 min, at most a day", "'%s' is no length of time", node->key);
  return MIEN_OK;
}

static int check_always(parser *p, const yaml_node *node, const rules_rule *rule) {
  if (!rule->always) return MIEN_OK;
  if (rule->session || rule->day || rule->cooldown > 0)
    return WRONG(p, node, "leave budget and cooldown out", "nothing may hold back a rule that is 'always'");
  for (size_t i = 0; i < rule->action_count; i++)
    if (!strcmp(rule->actions[i], "person")) return MIEN_OK;
  return WRONG(p, node, "write actions: [person]", "a rule that is 'always' goes to a person");
}

static bool names_emotion(const rules_set *set, const rules_tree *tree) {
  if (!tree) return false;
  if (tree->kind == TREE_LEAF) return set->leaves[tree->leaf].term <= TERM_CONFIDENCE;
  for (const rules_tree *each = tree->first; each; each = each->next)
    if (names_emotion(set, each)) return true;
  return false;
}

static int take_rule(parser *p, const yaml_node *node) {
  static const char *const known[] = {"title", "role", "severity", "when", "leave", "for", "cooldown", "budget", "always", "actions", NULL};
  const yaml_node *value, *unknown = yaml_unknown(node, known);
  if (p->set->rule_count == RULES_MOST) return WRONG(p, node, "", "more than %d rules", RULES_MOST);
  if (!good_name(node->key)) return WRONG(p, node, "small letters, digits, _ and -, at most 63", "'%.60s' is no name of a rule", node->key);
  if (node->kind != YAML_MAP || unknown)
    return WRONG(p, unknown ? unknown : node, "a rule has title, role, severity, when, leave, for, cooldown, budget, always, actions",
                 "'%.40s' is not known", unknown ? unknown->key : node->key);
  if (!yaml_get(node, "when")) return WRONG(p, node, "write when: states.frustration > 0.6", "the rule has no 'when'");
  rules_rule *rule = &p->set->rules[p->set->rule_count++];
  rule->severity = RULES_NOTICE;
  snprintf(rule->name, sizeof rule->name, "%s", node->key);
  snprintf(rule->title, sizeof rule->title, "%s", node->key);
  int code = MIEN_OK;
  if ((value = yaml_get(node, "title"))) {
    if (value->kind != YAML_WORD || !*value->word || strlen(value->word) >= RULES_TITLE) return WRONG(p, value, "", "'title' must be a text of at most %d bytes", RULES_TITLE - 1);
    snprintf(rule->title, sizeof rule->title, "%s", value->word);
  }
  if ((value = yaml_get(node, "severity"))) {
    for (rule->severity = 0; rules_severity_name(rule->severity) && !yaml_is(value, rules_severity_name(rule->severity));) rule->severity++;
    if (!rules_severity_name(rule->severity)) return WRONG(p, value, "write info, notice, warning or critical", "'%.40s' is no severity", value->word);
  }
  if ((value = yaml_get(node, "role"))) code = take_names(p, value, rule->roles, RULES_ROLES, &rule->role_count);
  for (size_t i = 0; i < rule->role_count; i++) rule->whole |= !strcmp(rule->roles[i], "conversation");
  if (!code && rule->whole && rule->role_count > 1) return WRONG(p, value, "make two rules of it", "'conversation' stands alone");
  p->whole = rule->whole;
  if (!code && (value = yaml_get(node, "always")) && !yaml_flag(value, &rule->always)) return WRONG(p, value, "write true or false", "'always' must be true or false");
  if (!code && (value = yaml_get(node, "for"))) code = take_length(p, value, &rule->lasting);
  if (!code && (value = yaml_get(node, "cooldown"))) code = take_length(p, value, &rule->cooldown);
  if (!code && (value = yaml_get(node, "budget"))) code = take_budget(p, value, rule);
  if (!code && (value = yaml_get(node, "actions"))) code = take_names(p, value, rule->actions, RULES_ACTIONS, &rule->action_count);
  if (!code) code = take_tree(p, yaml_get(node, "when"), &rule->when);
  if (!code && (value = yaml_get(node, "leave"))) code = take_tree(p, value, &rule->leave);
  rule->emotion = names_emotion(p->set, rule->when) || names_emotion(p->set, rule->leave);
  return code ? code : check_always(p, node, rule);
}

static int take_set(parser *p) {
  static const char *const known[] = {"version", "rules", NULL};
  const yaml_node *root = yaml_root(p->tree), *unknown = yaml_unknown(root, known), *rules = yaml_get(root, "rules");
  if (unknown) return WRONG(p, unknown, "a file of rules has version and rules", "'%.40s' is not known", unknown->key);
  if (!yaml_is(yaml_get(root, "version"), "1")) return WRONG(p, root, "write version: 1", "'version' must be 1");
  if (!rules || rules->kind != YAML_MAP || !rules->count) return WRONG(p, rules ? rules : root, "", "'rules' must be a map of rules");
  int code = MIEN_OK;
  for (const yaml_node *node = rules->first; node && !code; node = node->next) code = take_rule(p, node);
  return code;
}

static int make(rules_set **opened, yaml_tree *tree, mien_error *error) {
  rules_set *set = base_alloc(1, sizeof *set);
  int code = set ? MIEN_OK : base_error_set(error, MIEN_ENOMEM, "rules", "", "out of memory");
  *opened = set;
  if (set) {
    base_arena_init(&set->arena, ARENA);
    parser p = {.set = set, .tree = tree, .error = error};
    code = take_set(&p);
  }
  yaml_close(&tree);
  if (code) rules_set_close(opened);
  return code;
}

int rules_set_read(rules_set **set, const char *bytes, size_t count, const char *name, mien_error *error) {
  yaml_tree *tree;
  *set = NULL;
  int code = yaml_read(&tree, bytes, count, name, error);
  return code ? code : make(set, tree, error);
}

int rules_set_open(rules_set **set, const char *path, mien_error *error) {
  yaml_tree *tree;
  *set = NULL;
  if (!path) return rules_set_read(set, rules_default, (size_t)(rules_default_end - rules_default), "rules/default.yaml", error);
  int code = yaml_read_file(&tree, path, error);
  return code ? code : make(set, tree, error);
}

void rules_set_close(rules_set **set) {
  if (!*set) return;
  base_arena_clear(&(*set)->arena);
  base_free(*set);
  *set = NULL;
}

size_t rules_set_count(const rules_set *set) { return set->rule_count; }

rules_about rules_set_about(const rules_set *set, size_t at) {
  const rules_rule *rule = &set->rules[at];
  rules_about about = {.name = rule->name, .title = rule->title, .severity = rule->severity, .always = rule->always, .emotion = rule->emotion,
                       .session = rule->session, .day = rule->day, .action_count = rule->action_count};
  for (size_t i = 0; i < rule->action_count; i++) about.actions[i] = rule->actions[i];
  return about;
}
