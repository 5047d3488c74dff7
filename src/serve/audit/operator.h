/* operator.h: what the operator's commands did (`mien keys`, `mien consent`), in the service's audit, as done by "operator".
 *
 * The chain has one writer. Where a service has it, a command leaves its record in DIR/audit.waiting, which the service looks at
 * each second and puts into the chain; where none runs, the command writes to the chain itself. Each record gets there: twice
 * where the machine stops between the chain and the emptying of the file. */
#ifndef SERVE_OPERATOR_H
#define SERVE_OPERATOR_H

#include "base/base.h"

struct serve_server;
typedef struct serve_operator serve_operator;

/* For a command, without a server. On the disk when it returns. `data`: the service's folder; its key is made where there is none. */
int serve_operator_did(const char *data, const char *tenant, const char *what, const char *of, mien_error *error);
/* Lines of DIR/audit.waiting. */
uint64_t serve_operator_waiting(const char *data);

/* For the service: after the writer was opened, and after it was closed. */
int serve_operator_open(struct serve_server *server, mien_error *error);
void serve_operator_close(struct serve_server *server);
void serve_operator_look(struct serve_server *server); /* each second; of the loop's thread, works in the writer's */

#endif
