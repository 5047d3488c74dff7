/* terminal.c: messages, progress, colours, width. */
#include "cli/terminal.h"

#include "cli/cli.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <utf8proc.h>

#include "base/base.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of the progress line */
static bool shown;
static double shown_at;

static void clear_locked(void) {
  if (!shown) return;
  fputs("\r\033[K", stderr);
  shown = false;
}

void cli_progress_clear(void) {
  pthread_mutex_lock(&lock);
  clear_locked();
  fflush(stderr);
  pthread_mutex_unlock(&lock);
}

void cli_progress(const char *what, double done, double whole) {
  static const char full[] = "████████████████████", empty[] = "░░░░░░░░░░░░░░░░░░░░";
  enum { CELLS = 20, BYTES = 3 /* of one cell */ };
  if (!isatty(STDERR_FILENO)) return;
  pthread_mutex_lock(&lock);
  double now = base_clock();
  if (now - shown_at >= 0.1) {
    shown_at = now;
    if (whole > 0) {
      double part = BASE_CLAMP(done / whole, 0.0, 1.0);
      int cells = (int)(part * CELLS);
      fprintf(stderr, "\r%.*s%.*s %3.0f %%  %.48s\033[K", cells * BYTES, full,
              (CELLS - cells) * BYTES, empty, part * 100, what);
    } else {
      fprintf(stderr, "\r%.0f  %.48s\033[K", done, what);
    }
    fflush(stderr);
    shown = true;
  }
  pthread_mutex_unlock(&lock);
}

void cli_complain(const char *file, const mien_error *error) {
  pthread_mutex_lock(&lock);
  clear_locked();
  fputs("mien: ", stderr);
  if (file) fprintf(stderr, "%s: ", file);
  fputs(*error->what ? error->what : mien_error_message(error->code), stderr);
  const char *where = error->where;
  size_t length = file ? strlen(file) : 0;
  if (file && !strncmp(where, file, length) && (!where[length] || strchr(",:", where[length]))) {
    /* "call.wav, byte 44" -> "byte 44" */
    where += length;
    where += strspn(where, ", :");
  }
  if (*where) fprintf(stderr, " (%s)", where);
  if (*error->remedy) fprintf(stderr, "; %s", error->remedy);
  fputc('\n', stderr);
  pthread_mutex_unlock(&lock);
}

int cli_complain_of(const char *command, const mien_error *error) {
  fprintf(stderr, "mien %s: %s%s%s%s%s%s\n", command, error->what, *error->where ? " (" : "", error->where, *error->where ? ")" : "",
          *error->remedy ? "; " : "", error->remedy);
  return CLI_NOTHING;
}

void cli_note(const char *file, const char *format, ...) {
  va_list list;
  va_start(list, format);
  pthread_mutex_lock(&lock);
  clear_locked();
  fputs("mien: ", stderr);
  if (file) fprintf(stderr, "%s: ", file);
  fputs("note: ", stderr);
  vfprintf(stderr, format, list);
  fputc('\n', stderr);
  pthread_mutex_unlock(&lock);
  va_end(list);
}

bool cli_colours(void) {
  const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
  return isatty(STDOUT_FILENO) && !(no && *no) && !(term && !strcmp(term, "dumb"));
}

int cli_width(void) {
  const char *columns = getenv("COLUMNS");
  struct winsize size;
  int width = columns ? atoi(columns) : 0;
  if (width <= 0 && isatty(STDOUT_FILENO) && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
    width = size.ws_col;
  return width <= 0 ? 100 : BASE_CLAMP(width, 40, 160);
}

int cli_columns(const char *text, size_t bytes) {
  int columns = 0;
  for (size_t at = 0; at < bytes;) {
    uint32_t codepoint;
    int length = base_utf8_next(text + at, bytes - at, &codepoint);
    columns += length ? BASE_MAX(utf8proc_charwidth((utf8proc_int32_t)codepoint), 0) : 1;
    at += (size_t)(length ? length : 1);
  }
  return columns;
}

size_t cli_fit(const char *text, size_t bytes, int columns) {
  size_t at = 0, space = 0;
  int used = 0;
  while (at < bytes) {
    uint32_t codepoint;
    int length = base_utf8_next(text + at, bytes - at, &codepoint);
    used += length ? BASE_MAX(utf8proc_charwidth((utf8proc_int32_t)codepoint), 0) : 1;
    if (used > columns) return space ? space : at ? at : (size_t)(length ? length : 1);
    at += (size_t)(length ? length : 1);
    if (text[at - 1] == ' ') space = at;
  }
  return bytes;
}
