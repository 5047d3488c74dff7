/* drafts.h: wordings by another program's language model, where the settings name one (respond: in docs/serve.md). Asked in
 * threads of their own, never on the loop; what comes back is checked (respond/draft.h) before it is told. Refused, late or
 * off, the library's wording stands alone, and the answer says why. */
#ifndef SERVE_DRAFTS_H
#define SERVE_DRAFTS_H

#include "serve/http/request.h"
#include "serve/serve.h"

struct serve_server;

/* Nothing where no endpoint is set. MIEN_EINVAL: its address may not be called, no model is named, or its key is not there. */
int serve_drafts_open(struct serve_server *server, mien_error *error);
void serve_drafts_close(struct serve_server *server); /* answers what waits first */

/* Answers with `answer` (of mien_respond_suggest_json, to this `question`) and a draft beside it:
 * "draft":{"text":"…","strategy","id","language","model"} or "draft":{"text":null,"refused":"late","what":"…"}. Both are only read. */
void serve_draft_answer(serve_request *request, const json_t *question, const char *answer);

#endif
