/* writer.h: a thread that waits for the disk so that the loop need not: audit and store, in the order in which they
 * were given. */
#ifndef SERVE_WRITER_H
#define SERVE_WRITER_H

#include "base/base.h"

typedef struct serve_writer serve_writer;

/* The first member of what is to be written. `work` is called once, in the writer's thread, and owns it from then on. */
typedef struct serve_write {
  struct serve_write *next;
  void (*work)(struct serve_write *write);
} serve_write;

int serve_writer_open(serve_writer **writer, mien_error *error);
void serve_writer_close(serve_writer **writer); /* writes what waits first */
void serve_writer_do(serve_writer *writer, serve_write *write);
void serve_writer_flush(serve_writer *writer); /* waits until all that was given so far is written; from any other thread */

#endif
