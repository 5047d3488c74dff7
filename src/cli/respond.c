/* respond.c: `mien respond`: how one might answer what somebody expresses. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "cli/adapt_log.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/reader.h"
#include "cli/terminal.h"
#include "mien_respond.h"

static const char *text, *who, *role, *purpose, *language, *reg, *place, *last, *library, *scorer, *models, *model;
static double at = -1;
static int most = 3, as_json, neutral;

static const cli_option options[] = {
    {"text", OPTION_TEXT, "TEXT", &text, "what the person wrote, in place of a state: it is read with the text model", 0, 0},
    {"last", OPTION_TEXT, "FILE", &last, "the turns before, oldest first: `name: what was said` a line, or JSON lines with who,\n"
                                         "text, and strategy where it is known", 0, 0},
    {"role", OPTION_TEXT, "NAME", &role, "whom one speaks to: customer, patient, learner, player, friend …", 0, 0},
    {"purpose", OPTION_TEXT, "NAME", &purpose, "what for: customer_service, wellbeing, game … (docs/policies.md)", 0, 0},
    {"language", OPTION_TEXT, "CODE", &language, "en zh es de fr ar; usual: that of the text, or English", 0, 0},
    {"register", OPTION_TEXT, "NAME", &reg, "formal or informal; usual: as the purpose has it", 0, 0},
    {"place", OPTION_TEXT, "NAME", &place, "where in the conversation: open, middle or close; usual: by the turns", 0, 0},
    {"who", OPTION_TEXT, "NAME", &who, "FILE: states of this person alone", 0, 0},
    {"at", OPTION_NUMBER, "SECONDS", &at, "FILE: the state at this time, in place of the last one", 0, 1e9},
    {"most", OPTION_INTEGER, "N", &most, "so many suggestions (3)", 1, MIEN_RESPOND_MOST},
    {"neutral", OPTION_FLAG, NULL, &neutral, "the person may not be read: nothing rests on an emotion", 0, 0},
    {"json", OPTION_FLAG, NULL, &as_json, "as JSON", 0, 0},
    {"library", OPTION_TEXT, "DIR", &library, "sentences of your own (docs/uses/respond.md) in place of those inside", 0, 0},
    {"scorer", OPTION_TEXT, "FILE", &scorer, "listen to models/respond-research.mien as well: what people who support others did\nnext; for research only", 0, 0},
    CLI_OPTION_MODEL(&model, "(usual) is deep where there is one"),
    CLI_OPTION_MODELS(&models),
    {0},
};
static const cli_usage usage = {
    "respond", "[FILE|-]",
    "Suggests how one might answer what somebody expresses: a strategy, a wording, what to avoid, and why.\n"
    "FILE is what `mien read --json` wrote: the last state in it counts. Or give what was written with --text.\n\n"
    "These are suggestions to a person, who decides what is said; nothing is sent. Words of crisis always bring\n"
    "a person who can help first; where nothing can be read, it suggests to ask.\n",
    options,
    "  mien respond --text 'This is the third time I explain it.' --role customer --purpose customer_service\n"
    "  mien read call.opus --json > call.jsonl\n"
    "  mien respond call.jsonl --who customer --role customer --at 45\n"};

enum { LINE_MOST = 1 << 20, TURNS_BYTES = 8 << 20, STATE_BYTES = 1 << 16 };

/* ---- What is there ---- */

static bool is_of(const json_t *state) {
  const char *modality = json_string_value(json_object_get(state, "modality")), *name = json_string_value(json_object_get(state, "who"));
  const json_t *t1 = json_object_get(state, "t1");
  if (!modality || strcmp(modality, "fused") || (who && (!name || strcmp(name, who)))) return false;
  return at < 0 || (json_is_number(t1) && json_number_value(t1) <= at);
}

/* The last state in a file of readings and states. */
static int state_of_file(const char *path, json_t **state, mien_error *error) {
  FILE *file = strcmp(path, "-") ? fopen(path, "re") : stdin;
  char *line = NULL;
  size_t room = 0, number = 0;
  int code = MIEN_OK;
  if (!file) return base_error_set(error, MIEN_EIO, path, "check the name", "the file cannot be opened");
  for (ssize_t bytes; !code && (bytes = getline(&line, &room, file)) >= 0;) {
    number++;
    if (bytes > LINE_MOST) {
      code = base_error_set(error, MIEN_ELIMIT, path, "", "line %zu is longer than 1 MB", number);
    } else if (strspn(line, " \t\r\n") < (size_t)bytes) {
      json_t *one = json_loadb(line, (size_t)bytes, 0, NULL);
      if (!one) code = base_error_set(error, MIEN_EFORMAT, path, "give what `mien read --json` writes; a text goes to --text", "line %zu is not JSON", number);
      else if (is_of(one)) json_decref(*state), *state = json_incref(one);
      json_decref(one);
    }
  }
  free(line);
  if (file != stdin) fclose(file);
  if (!code && !*state) code = base_error_set(error, MIEN_EEMPTY, path, "`mien read --json` writes states as \"modality\":\"fused\"", who || at >= 0 ? "there is no state of this person at this time" : "there is no state in it");
  return code;
}

/* `name: what was said`, or JSON. */
static int add_turn(json_t *turns, const char *line, size_t number, mien_error *error) {
  json_t *turn = NULL;
  const char *colon = strstr(line, ": ");
  if (*line == '{') turn = json_loads(line, 0, NULL);
  else if (colon && colon - line < 64) turn = json_pack("{s:s%,s:s}", "who", line, (size_t)(colon - line), "text", colon + 2);
  if (!turn) return base_error_set(error, MIEN_EFORMAT, last, "write `name: what was said`, or JSON with who and text, in UTF-8", "line %zu is no turn", number);
  json_t *small = json_object();
  static const char *const kept[] = {"who", "text", "strategy"};
  for (size_t i = 0; i < BASE_COUNT(kept); i++) {
    json_t *value = json_object_get(turn, kept[i]);
    if (value) json_object_set(small, kept[i], value);
  }
  json_array_append_new(turns, small);
  json_decref(turn);
  return MIEN_OK;
}

static int turns_of_file(json_t *turns, mien_error *error) {
  char *bytes = NULL;
  size_t count, number = 0;
  if (!last) return MIEN_OK;
  int code = cli_file_whole(last, TURNS_BYTES, &bytes, &count, error);
  for (char *line = bytes, *next; !code && line && line < bytes + count; line = next) {
    size_t length = strcspn(line, "\n");
    next = line + length + 1;
    number++;
    line[length] = 0;
    while (length && line[length - 1] == '\r') line[--length] = 0;
    if (length) code = add_turn(turns, line, number, error);
  }
  free(bytes);
  return code;
}

/* ---- Reading the text ---- */

typedef struct heard {
  char *state;
  const char *who;
  char language[12];
} heard;

static int take(void *context, const mien_event *event) {
  heard *h = context;
  const mien_reading *r = &event->reading;
  if (event->kind == MIEN_EVENT_TURN || !r->who || strcmp(r->who, h->who)) return MIEN_OK;
  if (event->kind == MIEN_EVENT_STATE) {
    size_t bytes = mien_reading_json(r, h->state, STATE_BYTES);
    if (bytes >= STATE_BYTES) return MIEN_ELIMIT;
  } else if (r->modality == MIEN_TEXT) {
    memcpy(h->language, r->language, sizeof h->language);
  }
  return MIEN_OK;
}

/* The turns one after another, so that the last is read as an answer to those before it. */
static int state_of_turns(const json_t *turns, heard *h, json_t **state) {
  mien_engine *engine = NULL;
  mien_session *session = NULL;
  mien_error error = {0};
  mien_session_options what = MIEN_SESSION_USUAL;
  int chosen = cli_model_named(model);
  if (chosen < 0) return cli_options_wrong(&usage, "'%s' is no text model: bulk, deep, auto, or a FILE.mien", model);
  if (cli_engine_open(&engine, models, chosen, cli_model_file(model))) return CLI_NOTHING;
  what.read = MIEN_READ_TEXT;
  int code = mien_session_open(&session, engine, &what, &error);
  size_t i;
  json_t *turn;
  double now = 0;
  json_array_foreach(turns, i, turn) {
    const char *name = json_string_value(json_object_get(turn, "who")), *said = json_string_value(json_object_get(turn, "text"));
    if (code || !name || !said) break; /* what is wrong with it is told later */
    size_t bytes = strlen(said);
    double seconds = 1 + (double)bytes / 15; /* as it is spoken, about */
    code = mien_session_feed_text(session, name, said, bytes, now, now + seconds);
    if (!code) code = cli_drain(session, take, h);
    now += seconds + 0.5;
  }
  if (!code) code = mien_session_finish(session);
  if (!code) code = cli_drain(session, take, h);
  if (code && session) error = *mien_session_error(session);
  mien_session_close(&session);
  mien_engine_close(&engine);
  if (code) return cli_complain_of("respond", &error);
  *state = json_loads(h->state, 0, NULL);
  return CLI_DONE;
}

/* ---- The answer, for a person ---- */

static void put_text(const char *name, const char *value, const char *after) {
  int width = BASE_MIN(cli_width(), 100) - 12;
  size_t rest = strlen(value);
  printf("   %-8s", name);
  while (true) {
    size_t fits = cli_fit(value, rest, width);
    if (!fits || fits >= rest) break;
    printf("%.*s\n           ", (int)fits, value);
    value += fits, rest -= fits;
  }
  printf("%s%s\n", value, after);
}

/* "frustration 0.62" of {"what":"states.frustration","value":0.62}. */
static void because_of(const json_t *because, char *to, size_t room) {
  static const struct {
    const char *what, *says;
  } plain[] = {{"words.crisis", "words of crisis"}, {"state.unsure", "nothing could be read that is sure enough"}, {"place.open", "the beginning"}, {"place.close", "the end"},
               {"words.question", "a question was asked"}, {"purpose.service", "it is a service"}, {"purpose.care", "it is about care"},
               {"turns.scorer", "supporters did so next"}, {"purpose.learning", "it is about learning"}, {"purpose.game", "it is a game"}};
  size_t i, used = 0;
  json_t *one;
  *to = 0;
  json_array_foreach(because, i, one) {
    const char *what = json_string_value(json_object_get(one, "what"));
    double value = json_number_value(json_object_get(one, "value"));
    const char *dot = what ? strchr(what, '.') : NULL, *says = NULL;
    for (size_t k = 0; what && k < BASE_COUNT(plain); k++)
      if (!strcmp(what, plain[k].what)) says = plain[k].says;
    if (!what || used + 64 > room) break;
    used += (size_t)snprintf(to + used, room - used, "%s", used ? ", " : "");
    if (says) used += (size_t)snprintf(to + used, room - used, "%s", says);
    else if (!strcmp(what, "trend.valence")) used += (size_t)snprintf(to + used, room - used, "%s", value < 0 ? "it is getting worse" : "it is getting better");
    else if (!strcmp(what, "forecast.rise")) used += (size_t)snprintf(to + used, room - used, "anger may come (%.0f %%)", 100 * value);
    else if (!strcmp(what, "confidence")) used += (size_t)snprintf(to + used, room - used, "only %.0f %% sure", 100 * value);
    else used += (size_t)snprintf(to + used, room - used, "%s %.2f", dot ? dot + 1 : what, value);
  }
}

static int show(const char *answer) {
  json_t *json = json_loads(answer, 0, NULL), *one;
  const json_t *list = json_object_get(json, "suggestions");
  size_t i;
  char because[400];
  const char *bold = cli_colours() ? "\033[1m" : "", *end = cli_colours() ? "\033[0m" : "";
  if (json_is_true(json_object_get(json, "crisis"))) printf("%sWords of crisis: a person must look now.%s\n\n", bold, end);
  else if (json_is_true(json_object_get(json, "unsure"))) puts("What is expressed could not be read surely: ask, and do not guess.\n");
  json_array_foreach(list, i, one) {
#define GET(key) json_string_value(json_object_get(one, key))
    printf("%zu  %s%s%s  (%s, %.0f %%)\n", i + 1, bold, GET("title"), end, GET("strategy"), 100 * json_number_value(json_object_get(one, "score")));
    put_text("say", GET("words"), "");
    if (GET("avoid")) put_text("avoid", GET("avoid"), "");
    char source[256];
    snprintf(source, sizeof source, " [%s]", GET("source"));
    put_text("why", GET("why"), source);
    because_of(json_object_get(one, "because"), because, sizeof because);
    if (*because) put_text("seen", because, "");
    puts("");
#undef GET
  }
  if (!json_array_size(list)) puts("Nothing fits that was not said already.");
  else puts("These are suggestions to you. You decide what is said; [ ] is for you to fill in.");
  json_decref(json);
  return CLI_DONE;
}

static void set_text(json_t *question, const char *key, const char *value) {
  if (value) json_object_set_new(question, key, json_string(value));
}

static int suggest(json_t *question) {
  mien_error error = {0};
  mien_respond *respond = NULL;
  char *answer = NULL, *asked = json_dumps(question, JSON_COMPACT);
  int code = asked ? mien_respond_open(&respond, library, &error) : base_error_set(&error, MIEN_ENOMEM, "", "", "out of memory");
  if (!code && scorer) code = mien_respond_scorer(respond, scorer, &error);
  if (!code) code = mien_respond_suggest_json(respond, asked, strlen(asked), &answer, &error);
  free(asked);
  if (code) cli_complain_of("respond", &error);
  else if (as_json) puts(answer);
  else show(answer);
  mien_respond_free(&answer);
  mien_respond_close(&respond);
  return code ? CLI_NOTHING : CLI_DONE;
}

int cli_respond(int argc, char **argv) {
  int code = cli_options_read(&usage, &argc, argv);
  if (code != OPTIONS_GO) return code;
  if (argc > 2 || (text && argc > 1)) return cli_options_wrong(&usage, "one FILE, or --text");
  if (!text && argc < 2) return cli_options_wrong(&usage, "give --text, or a FILE of states (- is standard input)");
  mien_error error = {0};
  json_t *turns = json_array(), *state = NULL, *question = json_object();
  heard h = {.state = calloc(1, STATE_BYTES), .who = who ? who : role ? role : "person"};
  if (!h.state || !turns || !question) base_error_set(&error, MIEN_ENOMEM, "", "", "out of memory"), code = MIEN_ENOMEM;
  else code = turns_of_file(turns, &error);
  if (!code && text) {
    json_t *turn = json_pack("{s:s,s:s}", "who", h.who, "text", text);
    if (!turn) code = base_error_set(&error, MIEN_EFORMAT, "--text", "", "it is no UTF-8");
    else json_array_append_new(turns, turn);
  }
  if (!code && !text) code = state_of_file(argv[1], &state, &error);
  int result = code ? cli_complain_of("respond", &error) : CLI_DONE;
  if (!result && text) result = state_of_turns(turns, &h, &state);
  if (!result) {
    if (state) json_object_set(question, "state", state);
    json_object_set(question, "turns", turns);
    set_text(question, "role", role), set_text(question, "purpose", purpose), set_text(question, "register", reg), set_text(question, "place", place);
    set_text(question, "language", language ? language : *h.language ? h.language : NULL);
    json_object_set_new(question, "most", json_integer(most));
    if (neutral) json_object_set_new(question, "neutral", json_true());
    result = suggest(question);
  }
  json_decref(turns), json_decref(state), json_decref(question);
  free(h.state);
  return result;
}
