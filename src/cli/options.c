/* options.c: a command's options from one table. */
#include "cli/options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

static void help(const cli_usage *usage) {
  printf("usage: mien %s [OPTION…]%s%s\n\n%s", usage->name, *usage->operands ? " " : "",
         usage->operands, usage->about);
  printf("\noptions:\n");
  for (const cli_option *option = usage->options; option->name; option++) {
    char left[64];
    snprintf(left, sizeof left, "--%s%s%s", option->name, option->value ? " " : "",
             option->value ? option->value : "");
    printf("  %-24s ", left);
    for (const char *c = option->help; *c; c++) {
      putchar(*c);
      if (*c == '\n') printf("%27s", "");
    }
    putchar('\n');
  }
  printf("  %-24s %s\n", "--help", "this text");
  if (usage->examples) printf("\nexamples:\n%s", usage->examples);
}

int cli_options_wrong(const cli_usage *usage, const char *format, ...) {
  va_list list;
  va_start(list, format);
  fprintf(stderr, "mien %s: ", usage->name);
  vfprintf(stderr, format, list);
  fprintf(stderr, "; `mien %s --help` explains\n", usage->name);
  va_end(list);
  return CLI_USAGE;
}

static const cli_option *find(const cli_usage *usage, const char *name, size_t length) {
  for (const cli_option *option = usage->options; option->name; option++)
    if (strlen(option->name) == length && !memcmp(option->name, name, length)) return option;
  return NULL;
}

/* The value into its place; OPTIONS_GO or CLI_USAGE. */
static int store(const cli_usage *usage, const cli_option *option, const char *value) {
  if (option->kind == OPTION_TEXT) {
    *(const char **)option->to = value;
    return OPTIONS_GO;
  }
  char *end;
  errno = 0;
  double number = strtod(value, &end);
  if (end == value || *end || errno || !(number - number == 0))
    return cli_options_wrong(usage, "--%s needs a number, not '%s'", option->name, value);
  if (option->kind == OPTION_INTEGER && (number != (int)number))
    return cli_options_wrong(usage, "--%s needs a whole number, not '%s'", option->name, value);
  if ((option->low != 0 || option->high != 0) && (number < option->low || number > option->high))
    return cli_options_wrong(usage, "--%s must be from %g to %g, not %s", option->name, option->low,
                             option->high, value);
  if (option->kind == OPTION_INTEGER) *(int *)option->to = (int)number;
  else *(double *)option->to = number;
  return OPTIONS_GO;
}

int cli_options_read(const cli_usage *usage, int *argc, char **argv) {
  int kept = 1, i = 1;
  for (; i < *argc; i++) {
    char *word = argv[i];
    if (!strcmp(word, "--")) {
      i++;
      break;
    }
    if (!strcmp(word, "--help") || !strcmp(word, "-h")) {
      help(usage);
      return fflush(stdout) ? CLI_NOTHING : CLI_DONE;
    }
    if (word[0] != '-' || !word[1]) {
      argv[kept++] = word;
      continue;
    }
    if (word[1] != '-') return cli_options_wrong(usage, "there is no option '%s'", word);
    char *equals = strchr(word, '=');
    size_t length = equals ? (size_t)(equals - word) - 2 : strlen(word + 2);
    const cli_option *option = find(usage, word + 2, length);
    if (!option) return cli_options_wrong(usage, "there is no option '%s'", word);
    if (option->kind == OPTION_FLAG) {
      if (equals) return cli_options_wrong(usage, "--%s takes no value", option->name);
      *(int *)option->to = 1;
      continue;
    }
    if (!equals && i + 1 >= *argc)
      return cli_options_wrong(usage, "--%s needs a value: %s", option->name, option->value);
    int result = store(usage, option, equals ? equals + 1 : argv[++i]);
    if (result != OPTIONS_GO) return result;
  }
  for (; i < *argc; i++) argv[kept++] = argv[i];
  argv[kept] = NULL;
  *argc = kept;
  return OPTIONS_GO;
}
