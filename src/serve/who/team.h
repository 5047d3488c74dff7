/* team.h: what a tenant's administrator has decided for its people at work: whether those who talk with customers have a
 * panel beside the call, and what is on it. Off unless it was turned on. One small file for each tenant in the data folder,
 * under a name that does not tell whose; nothing personal is in it. Of the loop's thread. */
#ifndef SERVE_TEAM_H
#define SERVE_TEAM_H

#include <jansson.h>

#include "base/base.h"

struct serve_server;

typedef struct serve_team {
  bool agent_view;      /* the panel is on */
  bool cue, suggestion; /* one cue, and one suggestion, are on it */
  double hold;          /* seconds that a change has to last before it is shown, 2…30 */
} serve_team;

/* As it was put last; off where nothing was, or where the file cannot be read. */
void serve_team_read(struct serve_server *server, const char *tenant, serve_team *team);
/* `asked`: any of {"agent_view","cue","suggestion","hold"}; the rest stays. On the disk on return. MIEN_EINVAL names what is
 * wrong; MIEN_EIO. */
int serve_team_put(struct serve_server *server, const char *tenant, const json_t *asked, serve_team *team, mien_error *error);
json_t *serve_team_describe(const serve_team *team); /* new reference */

#endif
