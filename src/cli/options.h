/* options.h: a command's options from one table, which also writes its --help. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

enum { OPTION_FLAG /* int */, OPTION_INTEGER /* int */, OPTION_NUMBER /* double */,
       OPTION_TEXT /* const char *; the last one given counts */ };

typedef struct cli_option {
  const char *name;  /* "jobs" for --jobs N or --jobs=N */
  int kind;          /* OPTION_… */
  const char *value; /* "N": what --help calls it; NULL for flags */
  void *to;
  const char *help;  /* what it does; "\n" goes on in the same column */
  double low, high;  /* numbers: the range allowed; both 0: any */
} cli_option;

typedef struct cli_usage {
  const char *name;     /* "read" */
  const char *operands; /* "FILE…" */
  const char *about;    /* paragraphs for --help, ending in a newline */
  const cli_option *options; /* ends with a name of NULL */
  const char *examples; /* lines for --help; NULL none */
} cli_usage;

enum { OPTIONS_GO = -1 };
/* Takes the options out of argv, wherever they stand; the operands are left in argv[1…]. "--" ends
 * the options; "-" is an operand. OPTIONS_GO, or the exit code: after --help, or after wrong usage
 * has been explained. */
int cli_options_read(const cli_usage *usage, int *argc, char **argv);
/* Says what was wrong and where help is. Returns CLI_USAGE. */
int cli_options_wrong(const cli_usage *usage, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
