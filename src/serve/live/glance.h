/* glance.h: a conversation at a glance: the last state of each participant, what fired last, and how much it needs
 * somebody; for the screens of those who look after many (board.h).
 *
 * What it is not: it keeps no history and nothing on a disk. What may not be read any more of somebody is not told, though
 * it was read before. Of whoever takes part as `agent` no state is told at all, whatever a policy allows.
 *
 * `need`, 0 to 1, is a figure to order by, and says nothing about a person: 1 - (1 - E)(1 - F), where
 *   E: the greatest, over the four severities, of w * 2^(-age / 120 s), age that of the last event of the severity;
 *      w: info 0.1, notice 0.3, warning 0.6, critical 0.95, and critical does not age;
 *   F: the greatest, over those whose state is told and clear, of confidence * (0.7 max(0, -valence) + 0.3 min(1, max(0,
 *      -trend * 60 s))), trend the change of valence a second.
 *
 * Threads: of any; what is noted comes of the worker whose turn the conversation is. */
#ifndef SERVE_GLANCE_H
#define SERVE_GLANCE_H

#include "mien.h"
#include "rules/rules.h"
#include "serve/live/conversation.h"

typedef struct serve_glance serve_glance;

serve_glance *serve_glance_open(void); /* NULL: no memory */
void serve_glance_close(serve_glance **glance);

/* In a worker: a fused state; an event about this participant (-1: nobody alone), at this second of the conversation. */
void serve_glance_state(serve_conversation *conversation, const mien_event *event);
void serve_glance_event(serve_conversation *conversation, int person, const rules_about *about, double at);
/* What may be read has changed. */
void serve_glance_touch(serve_conversation *conversation);

/* The present state of this participant, without what it points to: true where it may be told; `abstain` [64]: why it should
 * not be used, "" where it should. `crisis`: a rule that goes to a person always has fired for them, or for nobody alone. */
bool serve_glance_state_of(serve_conversation *conversation, size_t person, mien_reading *state, char abstain[64], bool *crisis);

/* Grows with all that is noted. `need` as above, now. */
uint64_t serve_glance_look(serve_conversation *conversation, double *need);
/* The object that docs/openapi.yaml calls `live`; `panel`: with what may be
 * kept of each; `cues`: with the strongest cue of each. */
void serve_glance_tell(serve_conversation *conversation, bool panel, bool cues, base_text *to);

#endif
