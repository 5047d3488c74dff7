/* opening.h: between the decision that a conversation may be read and its first reading lies its record: audit and
 * store are written by the writer's thread, and what is fed meanwhile waits. What cannot be accounted for is not
 * read. Of the loop's thread. */
#ifndef SERVE_OPENING_H
#define SERVE_OPENING_H

#include "serve/audit/writer.h"
#include "serve/http/request.h"
#include "serve/live/conversation.h"

typedef struct serve_opening {
  serve_write write;
  serve_conversation *conversation; /* held */
  serve_request *request;           /* that waits for the answer, or NULL: a link does */
  char token[SERVE_TOKEN];
  int code;
  mien_error error;
  struct serve_opening *next; /* of server->opened */
} serve_opening;

/* The record is on its way. `request`: answered once it is there. */
void serve_opening_begin(serve_opening *opening, serve_conversation *conversation, serve_request *request);
/* It was written, or could not be: the conversation begins, or is taken back, and who waits is told. */
void serve_opening_end(serve_opening *opening);

#endif
