/* failing.h: memory of which the nth allocation fails, for tests of one room. */
#ifndef TESTS_FAILING_H
#define TESTS_FAILING_H

#include <stdlib.h>

#include "base/base.h"

static struct {
  long count, fail_at, live; /* allocations so far; the one that fails, 0 none; blocks not freed */
} failing;

static void *failing_resize(void *context, void *old, size_t bytes) {
  if (bytes == 0) {
    failing.live -= old != NULL;
    free(old);
    return NULL;
  }
  if (++failing.count == failing.fail_at) return NULL;
  void *made = realloc(old, bytes);
  failing.live += made && !old;
  return made;
}

/* Runs `job` with the 1st, 2nd, … allocation failing, until it gets through without. The job returns
 * 0 for success or MIEN_ENOMEM; anything else, or memory that is kept, fails. Returns the allocations. */
static long failing_every(int (*job)(void *), void *context) {
  for (long n = 1;; n++) {
    failing.count = failing.live = 0;
    failing.fail_at = n;
    mien_memory_set(failing_resize, NULL);
    int code = job(context);
    mien_memory_set(NULL, NULL);
    if (failing.live) fail_msg("allocation %ld failed, and %ld blocks were kept", n, failing.live);
    if (failing.count < n) {
      assert_int_equal(code, MIEN_OK);
      return n - 1;
    }
    if (code && code != MIEN_ENOMEM) fail_msg("allocation %ld failed: %s", n, mien_error_name(code));
  }
}

#endif
