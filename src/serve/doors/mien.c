/* mien.c: Mien's own protocol, mien.v1: JSON control, binary sound and pictures, results as they come.
 *
 * Text messages are objects with a "type": seal, open, rejoin, text, ack, finish, ping. Binary messages begin with a
 * header of 12 bytes: kind (1 sound, 2 JPEG), index (of the stream, or of the participant), two bytes of 0, and
 * the time of the first sample or of the picture in microseconds, 8 bytes, little-endian; all ones: it follows
 * what came before (sound), or now (pictures). */
#include <jansson.h>
#include <stdio.h>

#include "serve/doors/door.h"
#include "serve/doors/seal.h"
#include "serve/http/route.h"
#include "serve/server.h"

enum { HEADER = 12, SOUND = 1, JPEG = 2 };

static void say_error(serve_link *link, const mien_error *error) {
  serve_door_say(link, json_pack("{s:s,s:s,s:s,s:s,s:s}", "type", "error", "error", mien_error_name(error->code), "what",
                           error->what, "where", error->where, "remedy", error->remedy));
}

static void complain(serve_link *link, int code, const char *where, const char *remedy, const char *what) {
  mien_error error;
  base_error_set(&error, code, where, remedy, "%s", what);
  say_error(link, &error);
}

static void open_door(serve_link *link) {
  serve_door_say(link, json_pack("{s:s,s:s,s:s}", "type", "hello", "protocol", "mien.v1", "version", MIEN_VERSION));
}

static void take_open(serve_link *link, json_t *message) {
  mien_error error = {0};
  serve_conversation *c = serve_conversation_open(link->server, link->upgrade.tenant, message, NULL, &error);
  if (c) serve_link_follow(link, c, 0);
  else say_error(link, &error);
}

static void opened(serve_link *link, const char *token, const mien_error *why) {
  if (why) say_error(link, why);
  else serve_door_say(link, serve_conversation_opened(link->conversation, token));
}

static void take_rejoin(serve_link *link, json_t *message) {
  const char *id = json_string_value(json_object_get(message, "session"));
  const char *token = json_string_value(json_object_get(message, "token"));
  json_int_t after = json_integer_value(json_object_get(message, "after"));
  serve_conversation *c = id ? serve_conversation_find(link->server, link->upgrade.tenant, id) : NULL;
  if (!c || !serve_conversation_token_fits(c, token)) {
    complain(link, MIEN_EPOLICY, "rejoin", "give `session` and `token` as they were given when it was opened",
             "no conversation of this id and token is open");
    return;
  }
  json_t *heard = json_array();
  for (size_t i = 0; i < SERVE_STREAMS; i++) {
    double until = serve_live_heard(c->live, i);
    json_array_append_new(heard, isfinite(until) ? json_real(until) : json_null());
  }
  serve_door_say(link, json_pack("{s:s,s:s,s:I,s:o}", "type", "rejoined", "session", c->id, "last",
                           (json_int_t)serve_live_last(c->live), "heard", heard));
  serve_link_follow(link, c, after > 0 ? (uint64_t)after : 0);
}

/* From the answer on, both sides seal: the answer itself is the last message that is not. */
static void take_seal(serve_link *link, json_t *message) {
  uint8_t client[SERVE_SEAL_KEY + 1], own[SERVE_SEAL_KEY];
  char key[sodium_base64_ENCODED_LEN(SERVE_SEAL_KEY, sodium_base64_VARIANT_ORIGINAL)];
  const char *text = json_string_value(json_object_get(message, "key"));
  size_t bytes = 0;
  serve_seal *seal = NULL;
  if (!text || sodium_base642bin(client, sizeof client, text, strlen(text), NULL, &bytes, NULL, sodium_base64_VARIANT_ORIGINAL) || bytes != SERVE_SEAL_KEY ||
      serve_seal_open(&seal, link->server->seal_public, link->server->seal_secret, client, own)) {
    complain(link, MIEN_EINVAL, "seal", "send {\"type\":\"seal\",\"key\":…}, a public key of X25519 in base64", "this is no key to seal with");
    return;
  }
  sodium_bin2base64(key, sizeof key, own, sizeof own, sodium_base64_VARIANT_ORIGINAL);
  serve_door_say(link, json_pack("{s:s,s:s}", "type", "sealed", "key", key));
  link->seal = seal;
}

static void take_turn(serve_link *link, json_t *message) {
  serve_live *live = link->conversation->live;
  json_t *text = json_object_get(message, "text"), *at = json_object_get(message, "t0"), *until = json_object_get(message, "t1");
  int person = serve_live_person(live, json_string_value(json_object_get(message, "who")));
  if (!json_is_string(text) || person < 0) {
    complain(link, MIEN_EINVAL, "text", "send {\"type\":\"text\",\"who\":…,\"text\":…}",
             person < 0 ? "'who' is no participant of this conversation" : "'text' must be a string");
    return;
  }
  int code = serve_live_feed_text(live, (size_t)person, json_string_value(text), json_string_length(text),
                                  json_is_number(at) ? json_number_value(at) : NAN,
                                  json_is_number(until) ? json_number_value(until) : NAN);
  serve_link_fed(link, code);
}

static void text(serve_link *link, const char *utf8, size_t bytes) {
  json_error_t where;
  json_t *message = json_loadb(utf8, bytes, JSON_REJECT_DUPLICATES, &where);
  const char *type = json_string_value(json_object_get(message, "type"));
  if (!type) complain(link, MIEN_EFORMAT, "message", "send a JSON object with a \"type\"", message ? "there is no \"type\"" : where.text);
  else if (!strcmp(type, "ping")) serve_door_say(link, json_pack("{s:s}", "type", "pong"));
  else if (!strcmp(type, "seal")) {
    if (link->conversation || link->seal) complain(link, MIEN_EINVAL, type, "send it first", "a conversation was opened, or messages are sealed already");
    else take_seal(link, message);
  } else if (!strcmp(type, "open") || !strcmp(type, "rejoin")) {
    if (link->conversation) complain(link, MIEN_EINVAL, type, "open another connection", "this connection has a conversation already");
    else if (*type == 'o') take_open(link, message);
    else take_rejoin(link, message);
  } else if (!link->conversation) complain(link, MIEN_EINVAL, "message", "send \"open\" or \"rejoin\" first", "there is no conversation yet");
  else if (!strcmp(type, "text")) take_turn(link, message);
  else if (!strcmp(type, "ack")) serve_live_forget(link->conversation->live, (uint64_t)BASE_MAX(0, json_integer_value(json_object_get(message, "seq"))));
  else if (!strcmp(type, "finish")) serve_live_finish(link->conversation->live);
  else complain(link, MIEN_EINVAL, "message", "docs/asyncapi.yaml lists the types", "this \"type\" is not known");
  json_decref(message);
}

static void binary(serve_link *link, const uint8_t *bytes, size_t count) {
  uint64_t micros = 0;
  if (!link->conversation || count < HEADER || (bytes[0] != SOUND && bytes[0] != JPEG) || bytes[2] || bytes[3]) {
    complain(link, MIEN_EFORMAT, "binary", "see docs/asyncapi.yaml for the header of 12 bytes",
             link->conversation ? "this is no sound and no picture" : "there is no conversation yet");
    return;
  }
  for (int i = 0; i < 8; i++) micros |= (uint64_t)bytes[4 + i] << (8 * i);
  double at = micros == UINT64_MAX ? NAN : (double)micros / 1e6;
  serve_live *live = link->conversation->live;
  int code = bytes[0] == SOUND ? serve_live_feed_sound(live, bytes[1], bytes + HEADER, count - HEADER, at)
                               : serve_live_feed_jpeg(live, bytes[1], bytes + HEADER, count - HEADER, at);
  if (code == MIEN_EINVAL) complain(link, code, "binary", "", "there is no stream or participant of this index");
  serve_link_fed(link, code);
}

static void result(serve_link *link, const serve_result *result) { serve_link_say(link, result->json, result->bytes); }

const serve_door serve_door_mien = {
    .name = "mien.v1", .path = "/v1/stream", .scope = SERVE_SCOPE_STREAM,
    .open = open_door, .opened = opened, .text = text, .binary = binary, .result = result,
};
