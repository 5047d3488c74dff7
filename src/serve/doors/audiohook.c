/* audiohook.c: Genesys AudioHook, version 2: JSON with sequence numbers, mu-law or linear sound interleaved in
 * binary messages. The external channel is the customer's (the profile's first participant), the internal one the
 * agent's (the second). `customConfig` may hold the parameters of door.h. Results go back as events with an entity
 * of type "emotion". The upgrade is signed (audiohook_sign.c).
 * Source: purecloudlabs/audiohook-reference-implementation, protocol. */
#include <jansson.h>
#include <stdio.h>

#include "serve/doors/audiohook_sign.h"
#include "serve/doors/door.h"
#include "serve/server.h"

#define NO_CONVERSATION "00000000-0000-0000-0000-000000000000" /* a probe of the connection */

typedef struct audiohook {
  char id[64];
  json_int_t seq, client_seq;
  bool opened, paused;
} audiohook;

static void open_door(serve_link *link) {}

/* Takes `parameters`. */
static void say(serve_link *link, const char *type, json_t *parameters) {
  audiohook *a = link->state;
  serve_door_say(link, json_pack("{s:s,s:s,s:s,s:I,s:I,s:o}", "version", "2", "id", a->id, "type", type, "seq", ++a->seq, "clientseq",
                                 a->client_seq, "parameters", parameters ? parameters : json_object()));
}

static void disconnect(serve_link *link, const char *reason, const char *info) {
  say(link, "disconnect", json_pack("{s:s,s:s}", "reason", reason, "info", info));
}

/* The first of the media offered that can be read: new reference, or NULL. */
static json_t *choose(json_t *offered, bool *linear, int *channels, bool *agent_first) {
  size_t i;
  json_t *media;
  json_array_foreach(offered, i, media) {
    const char *format = json_string_value(json_object_get(media, "format"));
    json_t *names = json_object_get(media, "channels");
    const char *first = json_string_value(json_array_get(names, 0));
    *channels = (int)json_array_size(names);
    *linear = format && !strcmp(format, "L16");
    *agent_first = first && !strcmp(first, "internal");
    if (format && (*linear || !strcmp(format, "PCMU")) && json_integer_value(json_object_get(media, "rate")) == 8000 && *channels >= 1 &&
        *channels <= 2)
      return json_pack("[O]", media);
  }
  return NULL;
}

static void take_open(serve_link *link, json_t *message) {
  audiohook *a = link->state;
  json_t *parameters = json_object_get(message, "parameters"), *config = json_object_get(parameters, "customConfig");
  const char *id = json_string_value(json_object_get(message, "id")), *call = json_string_value(json_object_get(parameters, "conversationId"));
  bool linear = false, agent_first = false;
  int channels = 0;
  mien_error error = {0};
  snprintf(a->id, sizeof a->id, "%s", id ? id : "");
  json_t *media = choose(json_object_get(parameters, "media"), &linear, &channels, &agent_first);
  a->opened = true;
  if (call && !strcmp(call, NO_CONVERSATION)) {
    say(link, "opened", json_pack("{s:b,s:[]}", "startPaused", 0, "media"));
    json_decref(media);
    return;
  }
  if (!media) {
    disconnect(link, "error", "PCMU or L16 at 8000 Hz with one or two channels is needed");
    return;
  }
  json_t *names = channels == 1 ? json_pack("[s]", agent_first ? "second" : "first")
                                : json_pack("[ss]", agent_first ? "second" : "first", agent_first ? "first" : "second");
  json_t *audio = json_pack("[{s:s,s:i,s:o}]", "coding", linear ? "pcm_s16le" : "mulaw", "rate", 8000, "channels", names);
  if (serve_door_begin(link, config, audio, &error)) {
    say(link, "opened", json_pack("{s:b,s:o}", "startPaused", 0, "media", media));
  } else {
    json_decref(media);
    disconnect(link, "unauthorized", error.what);
  }
}

static void text(serve_link *link, const char *utf8, size_t bytes) {
  audiohook *a = link->state;
  json_t *message = json_loadb(utf8, bytes, JSON_REJECT_DUPLICATES, NULL);
  const char *type = json_string_value(json_object_get(message, "type")), *version = json_string_value(json_object_get(message, "version"));
  if (!type || !version || strcmp(version, "2")) {
    serve_link_end(link, 1007, "send messages of AudioHook, version 2");
    json_decref(message);
    return;
  }
  a->client_seq = json_integer_value(json_object_get(message, "seq"));
  if (!strcmp(type, "open") && !a->opened) take_open(link, message);
  else if (!a->opened) serve_link_end(link, 1008, "open comes first");
  else if (!strcmp(type, "ping")) say(link, "pong", NULL);
  else if (!strcmp(type, "update")) say(link, "updated", NULL);
  else if (!strcmp(type, "close")) {
    if (link->conversation) serve_live_finish(link->conversation->live); /* closed follows its last result */
    else say(link, "closed", NULL), serve_link_end(link, 1000, "closed");
  } /* paused, resumed, discarded and error ask for nothing */
  json_decref(message);
}

static void binary(serve_link *link, const uint8_t *bytes, size_t count) {
  if (link->conversation) serve_link_fed(link, serve_live_feed_sound(link->conversation->live, 0, bytes, count, NAN));
}

static void result(serve_link *link, const serve_result *result) {
  if (result->kind == SERVE_FINISHED) {
    say(link, "closed", NULL);
    serve_link_end(link, 1000, "closed");
  } else if (result->kind != SERVE_READING || result->final) { /* interim readings would be many */
    say(link, "event", json_pack("{s:[{s:s,s:o}]}", "entities", "type", "emotion", "data", serve_door_parse(result)));
  }
}

static void close_door(serve_link *link) {
  if (link->conversation) serve_live_finish(link->conversation->live);
}

const serve_door serve_door_audiohook = {.name = "audiohook", .path = "/audiohook", .state_bytes = sizeof(audiohook), .admit = audiohook_admit,
                                         .open = open_door, .text = text, .binary = binary, .result = result, .close = close_door};
