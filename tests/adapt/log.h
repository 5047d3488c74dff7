/* log.h: for the tests of policies: a log in memory, and the headers of cmocka. */
#ifndef TEST_ADAPT_LOG_H
#define TEST_ADAPT_LOG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "eval/simulated.h"

static inline int log_put(void *context, const char *line, size_t bytes) {
  base_text *log = context;
  base_text_add(log, line, bytes);
  base_text_puts(log, "\n");
  return log->failed;
}

static mien_error gone; /* what GOOD's call says */
#define GOOD(call)                                                                          \
  do {                                                                                      \
    if (call) fail_msg("%s: %s (%s); %s", #call, gone.what, gone.where, gone.remedy);       \
  } while (0)

#endif
