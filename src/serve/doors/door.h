/* door.h: what the doors share: how a caller that is no client of ours begins, and who it is. */
#ifndef SERVE_DOOR_H
#define SERVE_DOOR_H

#include <jansson.h>

#include "serve/doors/link.h"
#include "serve/live/conversation.h"

/* Begins to feed and follow. `params` (borrowed, may be NULL) are the caller's own words:
 *   session, token     a conversation that was opened before, or else
 *   key                a key with the scope to stream (where the upgrade carried none),
 *   profile            which of the settings' profiles is opened ("": the doors' own),
 *   subject, consent   of its first participant.
 * `audio` (taken) is the "audio" of a new conversation; its channels "first" and "second" become the names of the
 * profile's first and second participants. False: refused, why in `error`. */
bool serve_door_begin(serve_link *link, json_t *params, json_t *audio, mien_error *error);

/* Sends a JSON message; takes the reference. */
void serve_door_say(serve_link *link, json_t *message);
/* Fields that a result has, parsed: {"type","seq",…}; new reference. */
json_t *serve_door_parse(const serve_result *result);

extern const serve_door serve_door_mien, serve_door_twilio, serve_door_pcm, serve_door_audiohook, serve_door_hume, serve_door_asterisk;

#endif
