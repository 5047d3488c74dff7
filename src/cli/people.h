/* people.h: figures of what goes on between people, in words and as a line of JSON. */
#ifndef CLI_PEOPLE_H
#define CLI_PEOPLE_H

#include "base/base.h"
#include "mien_people.h"

void cli_people_tell(const mien_people *people, base_text *to);
/* {"file":…,"between":{…}} and a newline. MIEN_ENOMEM. */
int cli_people_json(const char *file, const mien_people *people, base_text *to);

#endif
