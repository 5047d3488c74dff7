/* twilio.c: Twilio Media Streams (one way), and those who speak it after them (SignalWire, Telnyx): JSON
 * messages with mu-law at 8 kHz in base64. A caller says who it is in the stream's custom parameters (door.h).
 * Source: twilio.com/docs/voice/media-streams/websocket-messages. */
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "serve/doors/door.h"
#include "serve/server.h"

enum { MEDIA = 64 << 10 /* bytes of one message's sound */ };

static void open_door(serve_link *link) {}

static void refuse(serve_link *link, const mien_error *error) {
  char reason[124];
  snprintf(reason, sizeof reason, "%.70s: %.40s", error->where, error->what);
  serve_link_end(link, 1008, reason);
}

static void start(serve_link *link, json_t *message) {
  json_t *said = json_object_get(message, "start"), *format = json_object_get(said, "mediaFormat");
  if (!format) format = json_object_get(said, "media_format");
  const char *encoding = json_string_value(json_object_get(format, "encoding"));
  mien_error error = {0};
  if (encoding && strcmp(encoding, "audio/x-mulaw") && strcmp(encoding, "PCMU")) {
    serve_link_end(link, 1003, "only mu-law at 8 kHz is spoken here");
    return;
  }
  json_t *params = json_object_get(said, "customParameters");
  if (!params) params = json_object_get(said, "custom_parameters");
  json_t *audio = json_pack("[{s:s,s:i,s:[s]},{s:s,s:i,s:[s]}]", "coding", "mulaw", "rate", 8000, "channels", "first", "coding", "mulaw",
                            "rate", 8000, "channels", "second");
  if (!serve_door_begin(link, params, audio, &error)) refuse(link, &error);
}

static void media(serve_link *link, json_t *message) {
  json_t *said = json_object_get(message, "media");
  const char *payload = json_string_value(json_object_get(said, "payload")), *track = json_string_value(json_object_get(said, "track"));
  json_t *stamp = json_object_get(said, "timestamp");
  double at = json_is_string(stamp) ? strtod(json_string_value(stamp), NULL) / 1000 : json_is_number(stamp) ? json_number_value(stamp) / 1000 : NAN;
  static uint8_t bytes[MEDIA]; /* of the loop's thread */
  size_t count = 0;
  if (!link->conversation || !payload) return;
  if (sodium_base642bin(bytes, sizeof bytes, payload, strlen(payload), NULL, &count, NULL, sodium_base64_VARIANT_ORIGINAL)) {
    serve_link_end(link, 1007, "the payload is no base64, or too long");
    return;
  }
  bool second = track && !strcmp(track, "outbound");
  serve_link_fed(link, serve_live_feed_sound(link->conversation->live, second, bytes, count, at));
}

static void text(serve_link *link, const char *utf8, size_t bytes) {
  json_t *message = json_loadb(utf8, bytes, JSON_REJECT_DUPLICATES, NULL);
  const char *event = json_string_value(json_object_get(message, "event"));
  if (!event) serve_link_end(link, 1007, "send JSON with an \"event\"");
  else if (!strcmp(event, "start") && !link->conversation) start(link, message);
  else if (!strcmp(event, "media")) media(link, message);
  else if (!strcmp(event, "stop") && link->conversation) serve_live_finish(link->conversation->live);
  json_decref(message);
}

/* Nothing is sent back: a one-way stream takes nothing. Results go to who watches the session. */
static void result(serve_link *link, const serve_result *result) {
  if (result->kind == SERVE_FINISHED) serve_link_end(link, 1000, "finished");
}

const serve_door serve_door_twilio = {.name = "twilio", .path = "/twilio", .open = open_door, .text = text, .result = result};
