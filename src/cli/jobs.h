/* jobs.h: many items worked on by several threads, their results given in order.
 *
 * take() fills the next item, work() reads it, give() hands out what it made. take and give are
 * called by one thread at a time and in the order of the items; work runs at once in all threads,
 * each with its own number (for scratch that belongs to a thread). */
#ifndef CLI_JOBS_H
#define CLI_JOBS_H

#include <stddef.h>

typedef struct cli_jobs {
  int threads;      /* 1…64 */
  size_t item_size; /* bytes of an item; items start zeroed and are used again and again */
  int (*take)(void *context, void *item);               /* 0: there are no more */
  void (*work)(void *context, int thread, void *item);
  int (*give)(void *context, void *item);               /* 0: stop, nothing more is wanted */
  void (*clear)(void *context, void *item);             /* frees what an item holds; may be NULL */
  void *context;
} cli_jobs;

/* MIEN_OK, also when give() stopped it; MIEN_ENOMEM. */
int cli_jobs_run(const cli_jobs *jobs);
/* Processors that this process may use, 1…64. */
int cli_jobs_processors(void);

#endif
