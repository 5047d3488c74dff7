/* collections.c: feedback over HTTP: sent as a file, listed, looked at as figures, taken away. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "serve/api/api.h"
#include "serve/audit/audit.h"
#include "serve/jobs/upload.h"
#include "serve/kept/collections.h"
#include "serve/kept/kept.h"
#include "serve/server.h"

static bool possible(serve_request *request) {
  if (request->server->collections) return true;
  serve_answer_problem_text(request, 404, "Not found", "collections need the store, which is off here");
  return false;
}

static int take(const serve_request *request, const char *name, const char *usual, char *to, size_t room, mien_error *error) {
  char text[SERVE_QUERY];
  const char *asked = serve_request_query(request, name, text, sizeof text);
  if (!asked) asked = usual;
  if (!asked || !*asked) return usual ? (*to = 0, MIEN_OK) : base_error_set(error, MIEN_EINVAL, "collection", "put it into the address: ?name=value", "'%s' must be given", name);
  if (strlen(asked) >= room || base_utf8_check(asked, strlen(asked)) != strlen(asked)) return base_error_set(error, MIEN_EINVAL, "collection", "", "'%s' may have %zu bytes of UTF-8", name, room - 1);
  snprintf(to, room, "%s", asked);
  return MIEN_OK;
}

/* Where a name ends: at a comma, but not one that a backslash stands before; that is taken out. NULL: at the end. */
static char *name_end(char *from) {
  char *to = from;
  for (; *from && *from != ','; from++) {
    if (*from == '\\' && from[1]) from++;
    *to++ = *from;
  }
  bool more = *from == ',';
  *to = 0;
  return more ? from + 1 : NULL;
}

/* columns=text=review,time=date,product=: names into `list`, which they point into; none: no column has it. */
static int take_columns(const serve_request *request, char *list, size_t room, insight_columns *columns, mien_error *error) {
  if (!serve_request_query(request, "columns", list, room)) return MIEN_OK;
  for (char *part = list, *next; part && *part; part = next) {
    next = name_end(part);
    char *name = strchr(part, '=');
    if (name) *name++ = 0;
    const char **place = !strcmp(part, "text") ? &columns->text : !strcmp(part, "time") ? &columns->time : NULL;
    for (int f = 0; f < INSIGHT_FACETS; f++)
      if (!strcmp(part, insight_facet_name(f))) place = &columns->facet[f];
    if (!name || (!*name && !strcmp(part, "text")) || strlen(name) > 127 || !place) return base_error_set(error, MIEN_EINVAL, "columns", "columns=text=review,time=date,segment=country,product=item,language=lang", "'columns' is not a list of what is in which column");
    *place = name;
  }
  return MIEN_OK;
}

void serve_api_collection_make(serve_request *request) {
  mien_error error = {0};
  serve_collection c = {.state = "reading"};
  char notice[8], list[512], name[GUARD_NAME] = "";
  insight_columns columns = {0};
  size_t count = 0;
  if (!possible(request)) return;
  serve_upload_file *files = request->upload ? serve_upload_files(request->upload, &count) : NULL;
  int code = count == 1 ? MIEN_OK : base_error_set(&error, MIEN_EINVAL, "collection", "send one file of CSV or JSON lines as the body, or as the part \"file\" of multipart/form-data", "there are %zu files", count);
  snprintf(c.tenant, sizeof c.tenant, "%s", request->tenant);
  if (!code) code = take(request, "name", *files[0].name ? files[0].name : "feedback", c.about.name, sizeof c.about.name, &error);
  if (!code) code = take(request, "purpose", "market_research", c.about.purpose, sizeof c.about.purpose, &error);
  if (!code) code = take(request, "context", "recording", c.about.context, sizeof c.about.context, &error);
  if (!code) code = take(request, "jurisdiction", NULL, c.about.jurisdiction, sizeof c.about.jurisdiction, &error);
  if (!code) code = take(request, "role", "customer", c.about.role, sizeof c.about.role, &error);
  if (!code) code = take(request, "subject", "", name, sizeof name, &error);
  guard_ledger_subject(request->server->ledger, request->tenant, name, c.about.subject);
  if (!code) code = take(request, "consent", "", c.about.consent, sizeof c.about.consent, &error);
  if (!code) code = take(request, "notice_given", "false", notice, sizeof notice, &error);
  if (!code) code = take_columns(request, list, sizeof list, &columns, &error);
  if (!code) c.about.notice_given = !strcmp(notice, "true") || !strcmp(notice, "1");
  if (!code && (code = serve_collection_decide(request->server, &c, &error)) == MIEN_EPOLICY)
    serve_audit_refused(request->server, request->tenant, c.about.purpose, c.about.context, c.about.jurisdiction, &error);
  int file = code ? -1 : dup(files[0].file);
  if (!code && (file < 0 || lseek(file, 0, SEEK_SET) < 0)) code = base_error_set(&error, MIEN_EIO, "collection", "", "what was sent cannot be read again");
  if (!code) code = serve_audit_did(request->server, request->tenant, request->key, "collection", c.about.name, &error);
  if (!code) code = serve_collection_begin(request->server, &c, file, &columns, &error);
  else if (file >= 0) close(file);
  if (!code) snprintf(request->location, sizeof request->location, "/v1/collections/%s", c.id);
  serve_answer_made(request, 202, code, code ? NULL : serve_collection_describe(request->server, &c), &error);
}

typedef struct listed {
  struct serve_server *server;
  json_t *list;
} listed;

static int add(void *context, serve_collection *c) {
  listed *l = context;
  return json_array_append_new(l->list, serve_collection_describe(l->server, c)) ? MIEN_ENOMEM : MIEN_OK;
}

static void list_them(serve_request *request) {
  mien_error error = {0};
  listed l = {request->server, json_array()};
  int code = serve_audit_did(request->server, request->tenant, request->key, "collections", "", &error);
  if (!code) code = serve_collection_list(request->server, request->tenant, add, &l, &error);
  serve_answer_made(request, 200, code, json_pack("{s:o}", "collections", l.list), &error);
}

void serve_api_collections(serve_request *request) {
  if (possible(request)) serve_collections_aside(request, list_them);
}

void serve_api_collection(serve_request *request) {
  mien_error error = {0};
  serve_collection c = {.notes = NULL};
  const char *id = request->params[0] ? request->params[0] : strrchr(request->path, '/') + 1;
  if (!possible(request)) return;
  int code = serve_collection_get(request->server, request->tenant, id, &c, &error);
  serve_answer_made(request, 200, code, code ? NULL : serve_collection_describe(request->server, &c), &error);
  serve_collection_clear(&c);
}

/* ---- Figures ---- */

typedef struct asking {
  insight_ask ask;
  char from[40], to[40], facet[INSIGHT_FACETS][INSIGHT_VALUE + 8], aspect[128], emotion[16], by[16], bin[8], floor[12], examples[8], format[8];
} asking;

static int take_ask(const serve_request *request, asking *a, mien_error *error) {
  a->ask = (insight_ask)INSIGHT_ASK;
  int code = take(request, "from", "", a->from, sizeof a->from, error);
  if (!code) code = take(request, "to", "", a->to, sizeof a->to, error);
  for (int f = 0; f < INSIGHT_FACETS && !code; f++)
    if (!(code = take(request, insight_facet_name(f), "", a->facet[f], sizeof a->facet[f], error)) && serve_request_query(request, insight_facet_name(f), (char[SERVE_QUERY]){0}, SERVE_QUERY)) a->ask.facet[f] = a->facet[f];
  if (!code) code = take(request, "aspect", "", a->aspect, sizeof a->aspect, error);
  if (!code) code = take(request, "emotion", "", a->emotion, sizeof a->emotion, error);
  if (!code) code = take(request, "by", "", a->by, sizeof a->by, error);
  if (!code) code = take(request, "bin", "auto", a->bin, sizeof a->bin, error);
  if (!code) code = take(request, "floor", "5", a->floor, sizeof a->floor, error);
  if (!code) code = take(request, "examples", "true", a->examples, sizeof a->examples, error);
  if (!code) code = take(request, "format", "json", a->format, sizeof a->format, error);
  if (code) return code;
  char *end;
  long floor_ = strtol(a->floor, &end, 10);
  if (*a->aspect) a->ask.aspect = a->aspect;
  a->ask.from = insight_time(a->from);
  a->ask.to = insight_time(a->to);
  a->ask.examples = strcmp(a->examples, "false") && strcmp(a->examples, "0");
  a->ask.bin = insight_bin_named(a->bin);
  if (*a->by) a->ask.by = insight_by_named(a->by);
  for (int k = 0; k < MIEN_CORE; k++)
    if (!strcmp(a->emotion, mien_core_name(k))) a->ask.emotion = k;
  const char *wrong = *a->from && isnan(a->ask.from) ? "'from' is no time" : *a->to && isnan(a->ask.to) ? "'to' is no time" : a->ask.bin < 0 ? "'bin' is auto, hour, day, week or month"
                      : a->ask.by < INSIGHT_BY_NONE ? "'by' is segment, product, language or period" : *a->emotion && a->ask.emotion < 0 ? "'emotion' is one of the core labels"
                      : *end || floor_ < INSIGHT_FLOOR || floor_ > 1000000 ? "'floor' is a number from 5" : strcmp(a->format, "json") && strcmp(a->format, "csv") && strcmp(a->format, "html") ? "'format' is json, csv or html" : NULL;
  a->ask.floor = (size_t)BASE_MAX(floor_, 0L);
  return wrong ? base_error_set(error, MIEN_EINVAL, "figures", "", "%s", wrong) : MIEN_OK;
}

static void figures(serve_request *request) {
  mien_error error = {0};
  serve_collection c = {.notes = NULL};
  asking a;
  base_text out = {0};
  int code = take_ask(request, &a, &error);
  if (!code) code = serve_collection_get(request->server, request->tenant, request->params[0], &c, &error);
  if (code == MIEN_EEMPTY) serve_collection_forget(request->server, request->params[0]);
  if (!code && strcmp(c.state, "ready")) {
    serve_answer_problem_text(request, 409, "Not ready", "the collection is %s", !strcmp(c.state, "reading") ? "still being read" : "not there: it could not be read");
    serve_collection_clear(&c);
    return;
  }
  if (!code) code = serve_collection_decide(request->server, &c, &error);
  if (!code) code = serve_audit_did(request->server, request->tenant, request->key, "figures", c.id, &error);
  if (!code) code = serve_collection_figures(request->server, &c, &a.ask, a.format, &out, &error);
  serve_collection_clear(&c);
  if (code) {
    base_text_clear(&out);
    serve_answer_made(request, 200, code, NULL, &error);
    return;
  }
  base_text_clear(&request->answer);
  request->answer = out;
  request->status = 200;
  request->type = !strcmp(a.format, "csv") ? "text/csv; charset=utf-8" : !strcmp(a.format, "html") ? "text/html; charset=utf-8" : "application/json";
  if (!strcmp(a.format, "html")) request->policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox allow-modals";
}

void serve_api_collection_figures(serve_request *request) {
  if (possible(request)) serve_collections_aside(request, figures);
}

static void drop(serve_request *request) {
  mien_error error = {0};
  serve_collection c = {.notes = NULL};
  int code = serve_collection_get(request->server, request->tenant, request->params[0], &c, &error);
  if (!code) code = serve_audit_did(request->server, request->tenant, request->key, "collection dropped", c.id, &error);
  if (!code) code = serve_collection_erase(request->server, &c, &error);
  if (!code) serve_collection_forget(request->server, c.id);
  serve_collection_clear(&c);
  serve_answer_made(request, 200, code, code ? NULL : json_pack("{s:s}", "dropped", request->params[0]), &error);
}

void serve_api_collection_drop(serve_request *request) {
  if (possible(request)) serve_collections_aside(request, drop);
}
