/* statements.h: the operator's signed statements (guard/statement.h) of the folder that the settings name: read when the
 * service opens, and anew at a reload; on the loop's thread. */
#ifndef SERVE_STATEMENTS_H
#define SERVE_STATEMENTS_H

#include "guard/statement.h"
#include "serve/settings.h"

/* NULL in `read` where the settings name no folder. MIEN_EFORMAT or MIEN_EPOLICY: with the file that does not hold. */
int serve_statements_read(const serve_settings *settings, guard_statements **read, mien_error *error);

#endif
