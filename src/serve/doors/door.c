/* door.c: how doors begin. */
#include "serve/doors/door.h"

#include <stdio.h>

#include "serve/http/route.h"
#include "serve/server.h"
#include "serve/who/who.h"

void serve_door_say(serve_link *link, json_t *message) {
  char *text = message ? json_dumps(message, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
  if (text) serve_link_say(link, text, strlen(text));
  free(text);
  json_decref(message);
}

json_t *serve_door_parse(const serve_result *result) { return json_loadb(result->json, result->bytes, 0, NULL); }

static const char *word(json_t *params, const char *name) {
  const char *value = json_string_value(json_object_get(params, name));
  return value ? value : "";
}

/* The key in the caller's words counts as one in the header would. */
static bool may_stream(serve_link *link, json_t *params) {
  serve_who who;
  char authorization[80];
  if (link->upgrade.scopes & SERVE_SCOPE_STREAM) return true;
  snprintf(authorization, sizeof authorization, "Bearer %.70s", word(params, "key"));
  if (!serve_who_is(link->server, authorization, "", &who) || !(who.scopes & SERVE_SCOPE_STREAM)) return false;
  snprintf(link->upgrade.tenant, sizeof link->upgrade.tenant, "%s", who.tenant);
  snprintf(link->upgrade.key, sizeof link->upgrade.key, "%s", who.key);
  link->upgrade.scopes = who.scopes;
  return true;
}

/* "first" and "second" to the names of the profile's people. */
static void name_channels(json_t *audio, json_t *people) {
  size_t i, k;
  json_t *stream, *channel;
  json_array_foreach(audio, i, stream) {
    json_t *channels = json_object_get(stream, "channels");
    json_array_foreach(channels, k, channel) {
      size_t at = !strcmp(json_string_value(channel), "second");
      json_t *who = json_object_get(json_array_get(people, at), "who");
      json_array_set(channels, k, who ? who : json_null());
    }
  }
}

static serve_conversation *open_profile(serve_link *link, json_t *params, json_t *audio, mien_error *error) {
  const char *name = *word(params, "profile") ? word(params, "profile") : link->server->settings.profile;
  json_t *profile = json_object_get(link->server->settings.profiles, name);
  if (!may_stream(link, params)) {
    base_error_set(error, MIEN_EPOLICY, "key", "give a key with the scope to stream, or `session` and `token`", "nobody let this caller in");
    return NULL;
  }
  if (!profile) {
    base_error_set(error, MIEN_EPOLICY, "profile", "describe it under `profiles` in the settings", "there is no profile '%.60s'", name);
    return NULL;
  }
  json_t *what = json_deep_copy(profile), *people = json_object_get(what, "participants"), *first = json_array_get(people, 0);
  if (*word(params, "subject")) json_object_set(first, "subject", json_object_get(params, "subject"));
  if (*word(params, "consent")) json_object_set(first, "consent", json_object_get(params, "consent"));
  name_channels(audio, people);
  if (audio) json_object_set(what, "audio", audio);
  serve_conversation *c = serve_conversation_open(link->server, link->upgrade.tenant, what, NULL, error);
  json_decref(what);
  return c;
}

bool serve_door_begin(serve_link *link, json_t *params, json_t *audio, mien_error *error) {
  serve_conversation *c;
  if (*word(params, "session")) {
    c = serve_conversation_of_token(link->server, word(params, "session"), word(params, "token"));
    if (!c) base_error_set(error, MIEN_EPOLICY, "session", "give `session` and `token` as they were given when it was opened",
                           "no conversation of this id and token is open");
  } else {
    c = open_profile(link, params, audio, error);
  }
  json_decref(audio);
  if (c) serve_link_follow(link, c, 0);
  return c != NULL;
}
