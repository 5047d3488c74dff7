/* terminal.h: what a person sees: messages, progress, colours, width. All of it goes to standard
 * error but for the width and colours of standard output. Any thread may call. */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

#include "mien.h"

/* "mien: FILE: WHAT (WHERE); REMEDY". `file` NULL: not about a file. A place that only repeats the
 * file's name is left out. */
void cli_complain(const char *file, const mien_error *error);
/* "mien COMMAND: WHAT (WHERE); REMEDY", of a command that is not about files. Gives CLI_NOTHING. */
int cli_complain_of(const char *command, const mien_error *error);
/* "mien: FILE: note: TEXT": the reading goes on. */
void cli_note(const char *file, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* One line of progress, redrawn at most ten times a second, only on a terminal. `done` and `whole`
 * in any unit; whole <= 0: unknown, then only the count is shown. */
void cli_progress(const char *what, double done, double whole);
void cli_progress_clear(void);

bool cli_colours(void); /* standard output is a terminal, and NO_COLOR is unset or empty */
int cli_width(void);    /* columns of standard output, 40…160; COLUMNS counts; 100 for a file */

/* Columns that valid UTF-8 takes up on a terminal: wide characters two, combining ones none. */
int cli_columns(const char *text, size_t bytes);
/* The bytes of `text` that fit in `columns`, breaking after a space if there is one. */
size_t cli_fit(const char *text, size_t bytes, int columns);

#endif
