/* quiet.c: FFmpeg's log callback. It is the one thing of FFmpeg that is global to the process; what
 * it hears is kept a thread at a time, so readers on different threads do not mix. */
#include "media/quiet.h"

#include <pthread.h>
#include <string.h>
#include <libavutil/log.h>

static _Thread_local char heard[160];
static _Thread_local unsigned heard_errors;

static void hear(void *object, int level, const char *format, va_list arguments) {
  if (level > AV_LOG_ERROR) return;
  if (heard_errors++) return; /* the first error is the cause, later ones its consequences */
  int print_prefix = 0;
  av_log_format_line2(object, level, format, arguments, heard, sizeof heard, &print_prefix);
  heard[strcspn(heard, "\r\n")] = 0;
  for (char *c = heard; *c; c++)
    if ((unsigned char)*c < 0x20) *c = ' ';
}

static void set_callback(void) {
  av_log_set_callback(hear);
}

void media_quiet_start(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, set_callback);
}

void media_quiet_reset(void) {
  heard[0] = 0;
  heard_errors = 0;
}

unsigned media_quiet_errors(void) {
  return heard_errors;
}

const char *media_quiet_text(void) {
  return heard;
}
