/* pcm.c: sound alone over WebSocket: FreeSWITCH's mod_audio_fork and mod_audio_stream, and whoever sends raw
 * samples. The address says what comes: ?rate=8000&coding=pcm_s16le&channels=1; the first message may be a JSON text
 * with the parameters of door.h (FreeSWITCH's metadata), which may stand in the address as well. Every binary message
 * is samples. Results come back as {"type":"emotion","data":…}, which FreeSWITCH turns into its events.
 * Sources: drachtio-freeswitch-modules, mod_audio_fork/README; mod_audio_stream/README. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "serve/doors/door.h"
#include "serve/server.h"

typedef struct pcm {
  json_t *params;
} pcm;

static json_t *query_params(const char *query) {
  json_t *params = json_object();
  for (const char *at = query; *at;) {
    size_t part = strcspn(at, "&"), name = strcspn(at, "=&");
    if (name < part) {
      char key[32];
      snprintf(key, sizeof key, "%.*s", (int)name, at);
      json_object_set_new(params, key, json_stringn(at + name + 1, part - name - 1));
    }
    at += part + (at[part] == '&');
  }
  return params;
}

static void open_door(serve_link *link) { ((pcm *)link->state)->params = query_params(link->upgrade.query); }

static void refuse(serve_link *link, const mien_error *error) {
  serve_door_say(link, json_pack("{s:s,s:{s:s,s:s,s:s,s:s}}", "type", "error", "data", "error", mien_error_name(error->code), "what",
                                 error->what, "where", error->where, "remedy", error->remedy));
  serve_link_end(link, 1008, error->where);
}

static bool begin(serve_link *link) {
  json_t *params = ((pcm *)link->state)->params;
  const char *rate = json_string_value(json_object_get(params, "rate")), *coding = json_string_value(json_object_get(params, "coding"));
  const char *channels = json_string_value(json_object_get(params, "channels")), *mix = json_string_value(json_object_get(params, "mix"));
  bool two = (channels && *channels == '2') || (mix && !strcmp(mix, "stereo"));
  mien_error error = {0};
  json_t *audio = json_pack("[{s:s,s:i,s:o}]", "coding", coding ? coding : "pcm_s16le", "rate", rate ? atoi(rate) : 8000, "channels",
                            two ? json_pack("[ss]", "first", "second") : json_pack("[s]", "first"));
  bool begun = serve_door_begin(link, params, audio, &error);
  if (!begun) refuse(link, &error);
  return begun;
}

static void text(serve_link *link, const char *utf8, size_t bytes) {
  pcm *p = link->state;
  json_t *said = json_loadb(utf8, bytes, JSON_REJECT_DUPLICATES, NULL);
  const char *type = json_string_value(json_object_get(said, "type"));
  if (!json_is_object(said)) serve_link_end(link, 1007, "a text message must be a JSON object");
  else if (link->conversation && type && !strcmp(type, "finish")) serve_live_finish(link->conversation->live);
  else if (!link->conversation) {
    json_object_update(p->params, said);
    begin(link);
  }
  json_decref(said);
}

static void binary(serve_link *link, const uint8_t *bytes, size_t count) {
  if (!link->conversation && !begin(link)) return;
  serve_link_fed(link, serve_live_feed_sound(link->conversation->live, 0, bytes, count, NAN));
}

static void result(serve_link *link, const serve_result *result) {
  static const char head[] = "{\"type\":\"emotion\",\"data\":";
  base_text line = {0};
  base_text_add(&line, head, sizeof head - 1);
  base_text_add(&line, result->json, result->bytes);
  base_text_puts(&line, "}");
  if (!line.failed) serve_link_say(link, line.data, line.length);
  base_text_clear(&line);
  if (result->kind == SERVE_FINISHED) serve_link_end(link, 1000, "finished");
}

static void close_door(serve_link *link) {
  pcm *p = link->state;
  json_decref(p->params);
  if (link->conversation) serve_live_finish(link->conversation->live); /* such a client does not come back */
}

const serve_door serve_door_pcm = {.name = "pcm", .path = "/pcm", .state_bytes = sizeof(pcm), .open = open_door, .text = text,
                                   .binary = binary, .result = result, .close = close_door};
