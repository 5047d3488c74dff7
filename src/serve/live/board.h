/* board.h: all live conversations of a tenant at a glance, as server-sent events, for the screens of those who look after
 * many: what has changed, at most twice a second; what fires, as it comes (watch.h); which have ended.
 *
 * A message `sessions` is {"whole","sessions":[…],"ended":[ids],"missed"}: `whole`, what is not in it is not there any
 * more. Who reads too slowly gets no more than it has room for (64 kB wait at most, but for one message): then what is
 * new when it has caught up, and in `missed` how many events were left out. Recordings (jobs.h) are not on it.
 *
 * Of the loop's thread. */
#ifndef SERVE_BOARD_H
#define SERVE_BOARD_H

#include <libwebsockets.h>

#include "serve/http/request.h"
#include "serve/live/conversation.h"

enum { BOARD_ENDED = 256, BOARD_WAITING = 64 << 10 /* bytes */ };

typedef struct serve_board {
  uint64_t round;      /* 1, 2, …: of looking at all */
  struct {
    char id[SERVE_ID], tenant[64];
    uint64_t round;
  } ended[BOARD_ENDED]; /* a ring */
  size_t ended_count;  /* of all there were */
  bool ticking;
  lws_sorted_usec_list_t tick;
} serve_board;

/* Answers the request with the board of its tenant from now on; request->only: of one conversation alone; request->panel,
 * request->cues: as serve_glance_tell. */
void serve_board_begin(serve_request *request);
/* An event of this conversation is for this reader, who has room for it. */
bool serve_board_takes(serve_request *request, const serve_conversation *conversation);
/* Ends the panels of a tenant: they were turned off. */
void serve_board_end_panels(struct serve_server *server, const char *tenant);
/* {"sessions":[…]} as they are now, those that need somebody most first: into request->answer. */
void serve_board_now(serve_request *request, size_t limit);

#endif
