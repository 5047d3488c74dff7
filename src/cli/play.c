/* play.c: `mien play`: a recording through a running service, as a caller's system would send it: a consent, a
 * WebSocket of mien.v1, the sound in real time and the turns of a transcript beside it; prints what comes back. */
#include <curl/curl.h>
#include <jansson.h>
#include <libwebsockets.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "media/media.h"
#include "media/transcript.h"

enum { TICK = 10 /* a second */, BLOCK = MEDIA_RATE / TICK, CHANNELS = 2, LONGEST = 3600 /* seconds */, HEAD = 12,
       KEY = 128, MESSAGE = 1 << 20 };

static const char *to = "http://localhost:7610", *key_file = "mien-data/first.key", *people = "customer,agent",
                  *purpose = "customer_service", *context = "call", *jurisdiction = "eu", *authority;
static int no_consent;

static const cli_option options[] = {
    {"to", OPTION_TEXT, "URL", &to, "the service (http://localhost:7610)", 0, 0},
    {"key", OPTION_TEXT, "FILE", &key_file, "a key of it (mien-data/first.key)", 0, 0},
    {"ca", OPTION_TEXT, "FILE", &authority, "trust this certificate, for https", 0, 0},
    {"who", OPTION_TEXT, "NAME,NAME", &people, "the roles of the channels, left first (customer,agent)", 0, 0},
    {"purpose", OPTION_TEXT, "NAME", &purpose, "why it is read (customer_service)", 0, 0},
    {"context", OPTION_TEXT, "NAME", &context, "where (call)", 0, 0},
    {"jurisdiction", OPTION_TEXT, "NAME", &jurisdiction, "whose law holds (eu)", 0, 0},
    {"no-consent", OPTION_FLAG, NULL, &no_consent, "record none first: see what is refused", 0, 0},
    {NULL, 0, NULL, NULL, NULL, 0, 0},
};
static const cli_usage usage = {
    "play", "FILE",
    "Sends a recording to a running `mien serve`, in real time, as a caller's system would, and prints what the\n"
    "service answers: states as they change, events of its rules, what was not read and why. A consent of the\n"
    "first person is recorded for it, and withdrawn at the end. A transcript beside the recording is sent too.\n",
    options,
    "  mien serve &\n"
    "  mien play samples/call.opus\n"};

typedef struct player {
  const char *file;
  int16_t *sound; /* interleaved */
  size_t frames;
  int channels;
  transcript *turns;
  size_t next_turn;
  char names[CHANNELS][64], key[KEY], consent[64];
  struct lws *wsi;
  uint64_t began; /* lws_now_usecs() of the first block; 0 before */
  size_t tick;
  char *out[8]; /* text messages that wait */
  size_t out_count;
  char *in; /* of a message that comes in parts */
  size_t in_bytes;
  json_t *said; /* by who, what was printed last */
  bool ended, failed;
  int results;
} player;

static player *playing;

static void interrupted(int signal_number) { playing->ended = true; }

/* ---- The recording --------------------------------------------------------------------------- */

static int load(player *p, mien_error *error) {
  media_options what;
  media_reader *reader = NULL;
  media_item item;
  char beside[4096];
  media_options_init(&what);
  what.pictures = false;
  int code = media_open(&reader, p->file, &what, error);
  if (!code) p->channels = BASE_MIN(media_describe(reader)->channels, CHANNELS);
  if (!code && !p->channels) code = base_error_set(error, MIEN_EEMPTY, p->file, "give a recording of sound", "there is no sound in it");
  size_t room = 0;
  while (!code && (code = media_next(reader, &item, error)) == MIEN_OK) {
    if (item.kind != MEDIA_AUDIO || item.channel >= p->channels) continue;
    const size_t at = (size_t)(item.at * MEDIA_RATE + 0.5), end = at + item.count;
    if (end > (size_t)LONGEST * MEDIA_RATE) break;
    if (end > room) {
      size_t more = 2 * end;
      int16_t *grown = base_resize(p->sound, more * (size_t)p->channels, sizeof *grown);
      if (!grown) code = base_error_set(error, MIEN_ENOMEM, p->file, "", "out of memory");
      else memset(grown + room * (size_t)p->channels, 0, (more - room) * (size_t)p->channels * sizeof *grown), p->sound = grown, room = more;
    }
    for (size_t i = 0; !code && i < item.count; i++)
      p->sound[(at + i) * (size_t)p->channels + (size_t)item.channel] = (int16_t)lrintf(BASE_CLAMP(item.pcm[i], -1.0f, 1.0f) * 32767);
    p->frames = BASE_MAX(p->frames, end);
  }
  media_close(&reader);
  if (code == MIEN_EEND) code = MIEN_OK;
  if (!code && transcript_find(p->file, beside, sizeof beside) == MIEN_OK)
    transcript_open(&p->turns, beside, (double)p->frames / MEDIA_RATE, NULL); /* without, the sound alone is sent */
  return code;
}

static bool names_take(player *p) {
  size_t first = strcspn(people, ",");
  if (!first || first >= sizeof p->names[0] || (p->channels > 1 && !people[first])) return false;
  memcpy(p->names[0], people, first);
  if (people[first]) snprintf(p->names[1], sizeof p->names[1], "%s", people + first + 1);
  return p->channels < 2 || (*p->names[1] && strcmp(p->names[0], p->names[1]));
}

static bool key_take(player *p, mien_error *error) {
  FILE *file = fopen(key_file, "r");
  bool ok = file && fgets(p->key, sizeof p->key, file);
  if (file) fclose(file);
  p->key[strcspn(p->key, "\r\n")] = 0;
  if (!ok || !*p->key)
    base_error_set(error, MIEN_EIO, key_file, "start `mien serve` in this folder, or give --key FILE", "there is no key");
  return ok && *p->key;
}

/* ---- HTTP ------------------------------------------------------------------------------------- */

static size_t keep(char *bytes, size_t one, size_t count, void *text) {
  base_text_add(text, bytes, one * count);
  return one * count;
}

static json_t *ask(player *p, const char *method, const char *path, json_t *body, mien_error *error) {
  CURL *curl = curl_easy_init();
  struct curl_slist *headers = NULL;
  char url[1024], header[KEY + 32];
  base_text answer = {0};
  char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
  json_decref(body);
  snprintf(url, sizeof url, "%s%s", to, path);
  snprintf(header, sizeof header, "Authorization: Bearer %s", p->key);
  headers = curl_slist_append(headers, header);
  curl_easy_setopt(curl, CURLOPT_URL, url);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  if (text) curl_easy_setopt(curl, CURLOPT_POSTFIELDS, text);
  if (authority) curl_easy_setopt(curl, CURLOPT_CAINFO, authority);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, 10L);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
  CURLcode got = curl_easy_perform(curl);
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  json_t *json = got == CURLE_OK && answer.length ? json_loadb(answer.data, answer.length, 0, NULL) : NULL;
  if (got != CURLE_OK)
    base_error_set(error, MIEN_EIO, to, "is `mien serve` running there? --to URL names another", "%s", curl_easy_strerror(got));
  else if (status >= 300) {
    const char *title = json_string_value(json_object_get(json, "detail"));
    base_error_set(error, MIEN_EPOLICY, to, "", "the service answers %ld: %s", status, title ? title : "no reason is given");
    json_decref(json);
    json = NULL;
  }
  free(text);
  base_text_clear(&answer);
  curl_slist_free_all(headers);
  curl_easy_cleanup(curl);
  return json;
}

/* ---- What comes back -------------------------------------------------------------------------- */

static void plain(const char *text) { /* control characters could move the cursor */
  for (; text && *text; text++) putchar((unsigned char)*text < 0x20 || *text == 0x7f ? ' ' : *text);
}

static void clock_print(double seconds) { printf("%3d:%02d  ", (int)(seconds / 60), (int)fmod(fmax(seconds, 0), 60)); }

static const char *largest(const json_t *values, double *most) {
  const char *name, *best = "";
  json_t *value;
  *most = 0;
  json_object_foreach((json_t *)values, name, value)
    if (json_number_value(value) > *most) *most = json_number_value(value), best = name;
  return best;
}

/* A line when what is expressed most changed, and each 5 s. */
static void state_print(player *p, const json_t *state) {
  static const char block[] = "██████████";
  const char *who = json_string_value(json_object_get(state, "who"));
  const json_t *abstain = json_object_get(state, "abstain");
  double core, most, t1 = json_number_value(json_object_get(state, "t1"));
  const char *label = largest(json_object_get(state, "core"), &core), *name = largest(json_object_get(state, "states"), &most);
  json_t *last = who ? json_object_get(p->said, who) : NULL;
  if (!who || (last && !strcmp(json_string_value(json_array_get(last, 0)), label) &&
               t1 - json_number_value(json_array_get(last, 1)) < 5))
    return;
  json_object_set_new(p->said, who, json_pack("[s,f]", label, t1));
  clock_print(t1);
  plain(who);
  printf("%*s", (int)(12 - BASE_MIN(strlen(who), 11u)), "");
  if (json_is_string(abstain)) printf("not read: "), plain(json_string_value(abstain)), putchar('\n');
  else printf("%-9s %-10.*s %3.0f %%   %s %.2f\n", label, 3 * (int)(core * 10 + 0.5), block, core * 100, name, most);
}

static void opened(player *p, const json_t *message) {
  size_t i;
  json_t *person, *kind;
  printf("policy %s\n", json_string_value(json_object_get(message, "policy")));
  json_array_foreach(json_object_get(message, "participants"), i, person) {
    json_t *read = json_object_get(person, "read");
    size_t k;
    plain(json_string_value(json_object_get(person, "who")));
    printf(": %s", json_array_size(read) ? "read are" : "nothing is read");
    json_array_foreach(read, k, kind) printf("%s %s", k ? "," : "", json_string_value(kind));
    if (json_string_value(json_object_get(person, "why"))) printf("; "), plain(json_string_value(json_object_get(person, "why")));
    putchar('\n');
  }
  p->began = (uint64_t)lws_now_usecs();
  lws_set_timer_usecs(p->wsi, 1);
}

static void take(player *p, const char *text, size_t bytes) {
  json_t *message = json_loadb(text, bytes, 0, NULL), *event = json_object_get(message, "event");
  const char *type = json_string_value(json_object_get(message, "type"));
  if (!type) type = "";
  p->results += json_object_get(message, "seq") != NULL;
  if (!strcmp(type, "opened")) opened(p, message);
  else if (!strcmp(type, "state")) state_print(p, json_object_get(message, "state"));
  else if (!strcmp(type, "event")) {
    clock_print(json_number_value(json_object_get(event, "at")));
    printf("! "), plain(json_string_value(json_object_get(event, "rule"))), printf("  "), plain(json_string_value(json_object_get(event, "severity"))), putchar('\n');
  } else if (!strcmp(type, "error") || !strcmp(type, "trouble")) {
    printf("the service says: "), plain(json_string_value(json_object_get(message, "what"))), putchar('\n');
    if (!p->began) p->failed = p->ended = true;
  } else if (!strcmp(type, "finished")) p->ended = true;
  fflush(stdout);
  json_decref(message);
}

/* ---- What is sent ----------------------------------------------------------------------------- */

static void queue(player *p, json_t *message) {
  char *text = json_dumps(message, JSON_COMPACT);
  json_decref(message);
  if (text && p->out_count < BASE_COUNT(p->out)) p->out[p->out_count++] = text;
  else free(text);
  lws_callback_on_writable(p->wsi);
}

static json_t *opening(const player *p) {
  json_t *who = json_array(), *channels = json_array();
  for (int c = 0; c < p->channels; c++) {
    json_array_append_new(who, json_pack("{s:s,s:s,s:s,s:s*}", "who", p->names[c], "role", p->names[c], "subject", c ? "played-2" : "played-1",
                                         "consent", c || !*p->consent ? NULL : p->consent));
    json_array_append_new(channels, json_string(p->names[c]));
  }
  return json_pack("{s:s,s:s,s:s,s:s,s:b,s:o,s:[{s:s,s:i,s:o}]}", "type", "open", "purpose", purpose, "context", context, "jurisdiction",
                   jurisdiction, "notice_given", 1, "participants", who, "audio", "coding", "pcm_s16le", "rate", MEDIA_RATE, "channels", channels);
}

/* Turns that have ended by now; who is not one of the names is left out. */
static void turns_queue(player *p, double now) {
  for (; p->turns && p->next_turn < transcript_count(p->turns) && p->out_count + 1 < BASE_COUNT(p->out); p->next_turn++) {
    const transcript_turn *turn = transcript_at(p->turns, p->next_turn);
    if (!(turn->t1 <= now)) return;
    for (int c = 0; turn->who && c < p->channels; c++)
      if (!strcasecmp(turn->who, p->names[c])) {
        clock_print(turn->t1);
        plain(p->names[c]), printf(": "), plain(turn->text), putchar('\n');
        queue(p, json_pack("{s:s,s:s,s:s%,s:f,s:f}", "type", "text", "who", p->names[c], "text", turn->text, turn->bytes, "t0", turn->t0, "t1", turn->t1));
      }
  }
}

static int send_next(player *p) {
  static uint8_t message[LWS_PRE + HEAD + BLOCK * CHANNELS * 2], text[LWS_PRE + MESSAGE / 16];
  if (p->out_count) {
    size_t bytes = BASE_MIN(strlen(p->out[0]), sizeof text - LWS_PRE);
    memcpy(text + LWS_PRE, p->out[0], bytes);
    free(p->out[0]);
    memmove(p->out, p->out + 1, --p->out_count * sizeof *p->out);
    if (lws_write(p->wsi, text + LWS_PRE, bytes, LWS_WRITE_TEXT) < 0) return -1;
  } else if (p->began && p->tick * BLOCK < p->frames && (double)((uint64_t)lws_now_usecs() - p->began) / 1e6 >= (double)p->tick / TICK) {
    uint8_t *to_ = message + LWS_PRE;
    const size_t at = p->tick * BLOCK, count = BASE_MIN((size_t)BLOCK, p->frames - at);
    const uint64_t micros = (uint64_t)p->tick * (1000000 / TICK);
    memset(to_, 0, HEAD);
    to_[0] = 1;
    for (int i = 0; i < 8; i++) to_[4 + i] = (uint8_t)(micros >> (8 * i));
    memcpy(to_ + HEAD, p->sound + at * (size_t)p->channels, count * (size_t)p->channels * sizeof *p->sound);
    p->tick++;
    if (lws_write(p->wsi, to_, HEAD + count * (size_t)p->channels * sizeof *p->sound, LWS_WRITE_BINARY) < 0) return -1;
    turns_queue(p, (double)p->tick / TICK);
    if (p->tick * BLOCK >= p->frames) {
      turns_queue(p, INFINITY);
      queue(p, json_pack("{s:s}", "type", "finish"));
    }
  } else return 0;
  lws_callback_on_writable(p->wsi);
  return 0;
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t bytes) {
  player *p = lws_context_user(lws_get_context(wsi));
  if (reason == LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER) {
    unsigned char **at = in, *end = *at + bytes;
    char value[KEY + 16];
    snprintf(value, sizeof value, "Bearer %s", p->key);
    return lws_add_http_header_by_name(wsi, (const unsigned char *)"authorization:", (const unsigned char *)value, (int)strlen(value), at, end);
  }
  if (reason == LWS_CALLBACK_CLIENT_ESTABLISHED) {
    p->wsi = wsi;
    queue(p, opening(p));
  } else if (reason == LWS_CALLBACK_CLIENT_RECEIVE) {
    if (p->in_bytes + bytes > MESSAGE) return -1;
    memcpy(p->in + p->in_bytes, in, bytes);
    p->in_bytes += bytes;
    if (lws_is_final_fragment(wsi) && !lws_remaining_packet_payload(wsi)) {
      take(p, p->in, p->in_bytes);
      p->in_bytes = 0;
    }
  } else if (reason == LWS_CALLBACK_CLIENT_WRITEABLE) return send_next(p);
  else if (reason == LWS_CALLBACK_TIMER) {
    lws_callback_on_writable(wsi);
    lws_set_timer_usecs(wsi, LWS_US_PER_SEC / TICK / 2);
  } else if (reason == LWS_CALLBACK_CLIENT_CONNECTION_ERROR || reason == LWS_CALLBACK_CLIENT_CLOSED) {
    if (!p->ended) fprintf(stderr, "mien play: the connection ended%s%.*s\n", bytes ? ": " : "", (int)bytes, in ? (char *)in : "");
    p->failed |= !p->ended;
    p->ended = true;
  }
  return 0;
}

static bool converse(player *p, mien_error *error) {
  static const struct lws_protocols protocols[] = {{"mien.v1", callback, 0, 65536, 0, NULL, 0}, {NULL, NULL, 0, 0, 0, NULL, 0}};
  char address[1024];
  const char *scheme, *host, *path;
  int port;
  snprintf(address, sizeof address, "%s", to);
  lws_set_log_level(0, NULL);
  if (lws_parse_uri(address, &scheme, &host, &port, &path)) {
    base_error_set(error, MIEN_EINVAL, to, "give http://HOST:PORT or https://HOST:PORT", "this is no address of a service");
    return false;
  }
  const bool tls = !strcmp(scheme, "https");
  struct lws_context_creation_info info = {.port = CONTEXT_PORT_NO_LISTEN, .protocols = protocols, .user = p, .gid = -1, .uid = -1,
                                           .client_ssl_ca_filepath = authority,
                                           .options = tls ? LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT : 0};
  struct lws_context *made = lws_create_context(&info);
  struct lws_client_connect_info there = {.context = made, .address = host, .port = port, .path = "/v1/stream", .host = host,
                                          .origin = host, .protocol = "mien.v1", .ssl_connection = tls ? LCCSCF_USE_SSL : 0};
  bool ok = made && lws_client_connect_via_info(&there);
  while (ok && !p->ended && lws_service(made, 0) >= 0) {}
  lws_context_destroy(made);
  if (!ok) base_error_set(error, MIEN_EIO, to, "", "no connection could be made");
  return ok && !p->failed;
}

int cli_play(int argc, char **argv) {
  int code = cli_options_read(&usage, &argc, argv);
  if (code != OPTIONS_GO) return code;
  if (argc != 2) return cli_options_wrong(&usage, "give one recording");
  player *p = playing = base_alloc(1, sizeof *p);
  mien_error error = {0};
  if (!p || !(p->in = base_alloc(MESSAGE, 1)) || !(p->said = json_object())) return CLI_NOTHING;
  p->file = argv[1];
  bool ok = load(p, &error) == MIEN_OK;
  if (ok && !names_take(p)) {
    code = cli_options_wrong(&usage, "--who names each channel, by a comma and differently");
    ok = false;
  } else if (ok) {
    signal(SIGINT, interrupted);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    ok = key_take(p, &error);
    json_t *given = !ok || no_consent ? NULL
                                      : ask(p, "POST", "/v1/consents", json_pack("{s:s,s:s,s:[s,s]}", "subject", "played-1", "purpose", purpose, "modalities", "text", "voice"), &error);
    ok = ok && (given || no_consent);
    if (given) snprintf(p->consent, sizeof p->consent, "%s", json_string_value(json_object_get(given, "consent")));
    json_decref(given);
    ok = ok && converse(p, &error);
    if (*p->consent) {
      char path[128];
      snprintf(path, sizeof path, "/v1/consents/%s", p->consent);
      json_decref(ask(p, "DELETE", path, NULL, &error));
    }
    if (ok) printf("%d results; the consent that was recorded for this is withdrawn\n", p->results);
    curl_global_cleanup();
  }
  if (*error.what) cli_complain(NULL, &error);
  transcript_close(&p->turns);
  for (size_t i = 0; i < p->out_count; i++) free(p->out[i]);
  json_decref(p->said);
  base_free(p->sound);
  base_free(p->in);
  base_free(p);
  return ok ? CLI_DONE : code > 0 ? code : CLI_NOTHING;
}
