/* writer.h: a thread that waits for the disk so that the loop need not. What waits is done together, in the order in which
 * it was given: first each puts what it has into the audit, which is then settled once (chain.c), and then each goes on. */
#ifndef SERVE_WRITER_H
#define SERVE_WRITER_H

#include "guard/guard.h"

typedef struct serve_writer serve_writer;

/* The first member of what is to be written. Both functions are called in the writer's thread; `go_on` owns it. */
typedef struct serve_write {
  struct serve_write *next;
  void (*put)(struct serve_write *write);                              /* NULL: nothing */
  void (*go_on)(struct serve_write *write, int code, const mien_error *error); /* `code`: the audit could not be settled */
} serve_write;

int serve_writer_open(serve_writer **writer, guard_chain *audit, mien_error *error);
void serve_writer_close(serve_writer **writer); /* writes what waits first */
void serve_writer_do(serve_writer *writer, serve_write *write);
void serve_writer_flush(serve_writer *writer); /* waits until all that was given so far is written; from any other thread */

#endif
