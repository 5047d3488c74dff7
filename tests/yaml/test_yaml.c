/* test_yaml.c: the tree, its places, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "yaml/tree.h"

static yaml_tree *read_or_fail(const char *text) {
  yaml_tree *tree;
  mien_error error = {0};
  int code = yaml_read(&tree, text, strlen(text), "test.yaml", &error);
  if (code) fail_msg("%s (%s)", error.what, error.where);
  return tree;
}

static void tree_and_places(void **state) {
  yaml_tree *tree = read_or_fail("a: 1\nb:\n  - x\n  - {c: \"2\", d: 30 d}\n");
  const yaml_node *root = yaml_root(tree), *b = yaml_get(root, "b");
  double number;
  assert_int_equal(root->count, 2);
  assert_true(yaml_number(yaml_get(root, "a"), &number) && number == 1);
  assert_int_equal(b->kind, YAML_LIST);
  assert_int_equal(b->line, 3);
  assert_true(yaml_is(b->first, "x"));
  assert_int_equal(b->first->next->line, 4);
  assert_false(yaml_number(yaml_get(b->first->next, "c"), &number)); /* quoted */
  assert_true(yaml_duration(yaml_get(b->first->next, "d"), &number) && number == 30 * 86400.0);
  assert_null(yaml_get(root, "z"));
  yaml_close(&tree);
  assert_null(tree);
}

static void nothing_is_an_empty_map(void **state) {
  yaml_tree *tree = read_or_fail("# only a comment\n");
  assert_int_equal(yaml_root(tree)->kind, YAML_MAP);
  assert_int_equal(yaml_root(tree)->count, 0);
  yaml_close(&tree);
}

static void refused(void **state) {
  static const struct {
    const char *text, *what, *place;
  } cases[] = {
      {"a: 1\na: 2\n", "already", "line 2"}, {"a: &x 1\n", "anchors", "line 1"}, {"a: *x\n", "aliases", "line 1"},
      {"a: !!int 1\n", "tags", "line 1"},    {"a: 1\n---\nb: 2\n", "second document", "line 2"},
      {"? [1]\n: 2\n", "key must be", "line 1"}, {"a: [1\nb: 2\n", "", "line"}, {"a: \"\\0\"\n", "byte 0", "line 1"},
  };
  for (size_t i = 0; i < BASE_COUNT(cases); i++) {
    yaml_tree *tree;
    mien_error error = {0};
    assert_int_equal(yaml_read(&tree, cases[i].text, strlen(cases[i].text), "test.yaml", &error), MIEN_EFORMAT);
    assert_null(tree);
    if (!strstr(error.what, cases[i].what) || !strstr(error.where, cases[i].place))
      fail_msg("%s: %s (%s)", cases[i].text, error.what, error.where);
  }
}

static void too_deep_or_long(void **state) {
  char *text = malloc(YAML_BYTES + 2);
  yaml_tree *tree;
  mien_error error = {0};
  memset(text, '[', 100);
  assert_int_equal(yaml_read(&tree, text, 100, "deep", &error), MIEN_ELIMIT);
  memset(text, ' ', YAML_BYTES + 1);
  assert_int_equal(yaml_read(&tree, text, YAML_BYTES + 1, "long", &error), MIEN_ELIMIT);
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(tree_and_places), cmocka_unit_test(nothing_is_an_empty_map),
                                     cmocka_unit_test(refused), cmocka_unit_test(too_deep_or_long)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
