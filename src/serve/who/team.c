/* team.c: see team.h. */
#include "serve/who/team.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

#include "serve/server.h"

enum { HASH = 16, FILE_MOST = 512 };
#define HOLD_LEAST 2.0
#define HOLD_MOST 30.0

static void path_of(struct serve_server *server, const char *tenant, char *path, size_t room) {
  uint8_t hash[HASH];
  char hex[2 * HASH + 1];
  crypto_generichash_state state;
  crypto_generichash_init(&state, server->optout_key, sizeof server->optout_key, HASH);
  crypto_generichash_update(&state, (const uint8_t *)"team", 5);
  crypto_generichash_update(&state, (const uint8_t *)tenant, strlen(tenant));
  crypto_generichash_final(&state, hash, HASH);
  sodium_bin2hex(hex, sizeof hex, hash, HASH);
  snprintf(path, room, "%s/team-%s", server->settings.data, hex);
}

json_t *serve_team_describe(const serve_team *t) {
  return json_pack("{s:b,s:b,s:b,s:f}", "agent_view", t->agent_view, "cue", t->cue, "suggestion", t->suggestion, "hold", t->hold);
}

/* What is asked goes over `team`. */
static int take(serve_team *team, const json_t *asked, mien_error *error) {
  struct {
    const char *name;
    bool *to;
  } flags[] = {{"agent_view", &team->agent_view}, {"cue", &team->cue}, {"suggestion", &team->suggestion}};
  const char *name;
  json_t *value;
  json_object_foreach((json_t *)asked, name, value) {
    size_t i = 0;
    while (i < BASE_COUNT(flags) && strcmp(flags[i].name, name)) i++;
    if (i < BASE_COUNT(flags) && json_is_boolean(value)) *flags[i].to = json_is_true(value);
    else if (i < BASE_COUNT(flags)) return base_error_set(error, MIEN_EINVAL, name, "send true or false", "it is neither true nor false");
    else if (strcmp(name, "hold")) return base_error_set(error, MIEN_EINVAL, "team", "agent_view, cue, suggestion or hold", "'%.40s' is not known", name);
    else if (json_is_number(value) && json_number_value(value) >= HOLD_LEAST && json_number_value(value) <= HOLD_MOST) team->hold = json_number_value(value);
    else return base_error_set(error, MIEN_EINVAL, "hold", "send seconds from 2 to 30", "a change has to last that long before it is shown");
  }
  return MIEN_OK;
}

void serve_team_read(struct serve_server *server, const char *tenant, serve_team *team) {
  char path[SERVE_TEXT + 64], text[FILE_MOST];
  *team = (serve_team){false, true, true, 4};
  path_of(server, tenant, path, sizeof path);
  int file = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t bytes = file >= 0 ? read(file, text, sizeof text) : 0;
  if (file >= 0) close(file);
  json_t *was = bytes > 0 && bytes < FILE_MOST ? json_loadb(text, (size_t)bytes, 0, NULL) : NULL;
  serve_team kept = *team;
  if (json_is_object(was) && take(&kept, was, NULL) == MIEN_OK) *team = kept;
  json_decref(was);
}

int serve_team_put(struct serve_server *server, const char *tenant, const json_t *asked, serve_team *team, mien_error *error) {
  char path[SERVE_TEXT + 64];
  serve_team_read(server, tenant, team);
  int code = take(team, asked, error);
  if (code) return code;
  path_of(server, tenant, path, sizeof path);
  json_t *told = serve_team_describe(team);
  char *text = told ? json_dumps(told, JSON_COMPACT) : NULL;
  json_decref(told);
  if (!text) return base_error_set(error, MIEN_ENOMEM, "team", "", "out of memory");
  bool ok = base_file_replace(path, text, strlen(text));
  int why = errno;
  free(text);
  return ok ? MIEN_OK : base_error_set(error, MIEN_EIO, "team", "is there room, and may the service write in its data folder?", "%s", strerror(why));
}
