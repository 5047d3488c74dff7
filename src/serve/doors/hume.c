/* hume.c: the stream of Hume's Expression Measurement, for clients left behind when it was shut: each message
 * holds a text, a picture or a piece of sound, and gets one answer with predictions. Every message is a conversation of
 * its own by the doors' profile, so that purpose, notice and consent hold here as everywhere.
 *
 * The emotions are Mien's: for language the 28 labels of GoEmotions, for face and prosody the seven core labels; a
 * model that Mien has not (burst, facemesh) answers with a warning.
 * Source of the shapes: HumeAI/hume-python-sdk, expression_measurement/stream. */
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "serve/doors/door.h"
#include "serve/doors/hume.h"
#include "serve/server.h"

enum { WAITING = 32, BYTES = 2 << 20 };

typedef struct hume {
  json_t *waiting; /* messages not begun, in order */
  json_t *now;     /* the message being read */
  json_t *faces, *prosody, *language;
} hume;

static void open_door(serve_link *link) { ((hume *)link->state)->waiting = json_array(); }

static void say_error(serve_link *link, json_t *message, const char *code, const char *what) {
  json_t *payload = json_object_get(message, "payload_id");
  json_t *answer = json_pack("{s:s,s:s}", "error", what, "code", code);
  if (payload) json_object_set(answer, "payload_id", payload);
  serve_door_say(link, answer);
}

static bool feed(serve_link *link, json_t *message) {
  serve_live *live = link->conversation->live;
  const char *data = json_string_value(json_object_get(message, "data"));
  if (json_is_true(json_object_get(message, "raw_text"))) return serve_live_feed_text(live, 0, data, strlen(data), 0, 0) == MIEN_OK;
  uint8_t *bytes = base_alloc(strlen(data) + 1, 1);
  size_t count = 0;
  bool fed = bytes && !sodium_base642bin(bytes, strlen(data) + 1, data, strlen(data), "\r\n", &count, NULL, sodium_base64_VARIANT_ORIGINAL) &&
             count && count <= BYTES && serve_live_feed_file(live, 0, bytes, count, 0) == MIEN_OK;
  base_free(bytes);
  return fed;
}

static void begin_next(serve_link *link) {
  hume *h = link->state;
  while (!h->now && json_array_size(h->waiting)) {
    mien_error error = {0};
    h->now = json_incref(json_array_get(h->waiting, 0));
    json_array_remove(h->waiting, 0);
    h->faces = json_array(), h->prosody = json_array(), h->language = json_array();
    bool begun = serve_door_begin(link, NULL, NULL, &error), fed = begun && feed(link, h->now);
    if (fed) {
      serve_live_finish(link->conversation->live);
      return;
    }
    if (begun) {
      serve_live_finish(link->conversation->live);
      serve_link_follow(link, NULL, 0);
    }
    say_error(link, h->now, begun ? "E0102" : "E0100", begun ? "the data could not be read, or nothing of its kind may be" : error.what);
    json_decref(h->now), json_decref(h->faces), json_decref(h->prosody), json_decref(h->language);
    h->now = h->faces = h->prosody = h->language = NULL;
  }
}

static void text(serve_link *link, const char *utf8, size_t bytes) {
  hume *h = link->state;
  json_t *message = json_loadb(utf8, bytes, JSON_REJECT_DUPLICATES, NULL);
  if (!json_is_object(message)) say_error(link, NULL, "E0101", "a message must be a JSON object");
  else if (json_object_get(message, "reset_stream") && !json_object_get(message, "data")) serve_door_say(link, json_object());
  else if (!json_is_string(json_object_get(message, "data"))) say_error(link, message, "E0101", "'data' must be a string");
  else if (!json_is_object(json_object_get(message, "models"))) say_error(link, message, "E0101", "'models' must name at least one model");
  else if (json_array_size(h->waiting) >= WAITING) say_error(link, message, "E0104", "too many messages wait for their answer");
  else json_array_append(h->waiting, message);
  json_decref(message);
  begin_next(link);
}

static void take_reading(hume *h, json_t *reading) {
  const char *modality = json_string_value(json_object_get(reading, "modality"));
  json_t *t0 = json_object_get(reading, "t0"), *t1 = json_object_get(reading, "t1"), *box = json_object_get(reading, "box");
  if (!modality) return;
  if (!strcmp(modality, "text"))
    json_array_append_new(h->language, json_pack("{s:s?,s:o}", "text", json_string_value(json_object_get(h->now, "data")), "emotions",
                                                 serve_hume_emotions(json_object_get(reading, "fine"))));
  else if (!strcmp(modality, "voice") && json_is_true(json_object_get(reading, "final")))
    json_array_append_new(h->prosody, json_pack("{s:{s:O,s:O},s:o}", "time", "begin", t0, "end", t1, "emotions", serve_hume_emotions(json_object_get(reading, "core"))));
  else if (!strcmp(modality, "face"))
    json_array_append_new(h->faces, json_pack("{s:i,s:O,s:{s:O,s:O,s:O,s:O},s:O,s:s,s:o}", "frame", 0, "time", t0, "bbox", "x", json_array_get(box, 0),
                                              "y", json_array_get(box, 1), "w", json_array_get(box, 2), "h", json_array_get(box, 3), "prob",
                                              json_object_get(reading, "quality"), "face_id", "unknown", "emotions",
                                              serve_hume_emotions(json_object_get(reading, "core"))));
}

static void put(json_t *answer, json_t *models, const char *name, json_t *predictions, const char *nothing) {
  if (!json_object_get(models, name)) return;
  json_object_set_new(answer, name, json_array_size(predictions) ? json_pack("{s:O}", "predictions", predictions)
                                                                 : json_pack("{s:s,s:s}", "warning", nothing, "code", "W0102"));
}

static void result(serve_link *link, const serve_result *result) {
  hume *h = link->state;
  if (!h->now) return;
  if (result->kind == SERVE_READING) {
    json_t *line = serve_door_parse(result);
    take_reading(h, json_object_get(line, "reading"));
    json_decref(line);
  }
  if (result->kind != SERVE_FINISHED) return;
  json_t *answer = json_object(), *models = json_object_get(h->now, "models"), *payload = json_object_get(h->now, "payload_id");
  if (payload) json_object_set(answer, "payload_id", payload);
  put(answer, models, "language", h->language, "no words");
  put(answer, models, "prosody", h->prosody, "No speech detected.");
  put(answer, models, "face", h->faces, "No faces detected.");
  put(answer, models, "burst", NULL, "this model is not here");
  put(answer, models, "facemesh", NULL, "this model is not here");
  serve_door_say(link, answer);
  json_decref(h->now), json_decref(h->faces), json_decref(h->prosody), json_decref(h->language);
  h->now = h->faces = h->prosody = h->language = NULL;
  serve_link_follow(link, NULL, 0);
  begin_next(link);
}

static void close_door(serve_link *link) {
  hume *h = link->state;
  json_decref(h->waiting), json_decref(h->now), json_decref(h->faces), json_decref(h->prosody), json_decref(h->language);
}

const serve_door serve_door_hume = {.name = "hume", .path = "/v0/stream/models", .state_bytes = sizeof(hume), .open = open_door, .text = text,
                                    .result = result, .close = close_door};
