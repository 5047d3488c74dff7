/* request.c: reading a request's query and body, and writing its answer. */
#include <stdlib.h>

#include "serve/http/request.h"

#include <stdio.h>

#include "serve/server.h"

const char *serve_request_query(const serve_request *request, const char *name, char *to, size_t room) {
  size_t length = strlen(name);
  for (const char *at = request->query; *at;) {
    size_t part = strcspn(at, "&");
    if (part > length && !strncmp(at, name, length) && at[length] == '=') {
      if (part - length - 1 >= room) return NULL;
      snprintf(to, room, "%.*s", (int)(part - length - 1), at + length + 1);
      return to;
    }
    at += part + (at[part] == '&');
  }
  return NULL;
}

size_t serve_request_limit(const serve_request *request, size_t usual) {
  char text[8];
  const char *asked = serve_request_query(request, "limit", text, sizeof text);
  return asked ? (size_t)BASE_CLAMP(strtol(asked, NULL, 10), 1L, 1000L) : usual;
}

bool serve_request_streams(const serve_request *request) {
  char flag[4];
  return serve_request_query(request, "stream", flag, sizeof flag) || strstr(request->accept, "text/event-stream");
}

json_t *serve_request_json(serve_request *request) {
  json_error_t where;
  json_t *json = json_loadb(request->body.data ? request->body.data : "", request->body.length, JSON_REJECT_DUPLICATES, &where);
  if (!json) {
    serve_answer_problem_text(request, 400, "Not JSON", "line %d, column %d: %s", where.line, where.column, where.text);
  } else if (!json_is_object(json)) {
    json_decref(json);
    json = NULL;
    serve_answer_problem_text(request, 400, "Not a JSON object", "the body must be an object: {…}");
  }
  return json;
}

static int add_json(const char *buffer, size_t size, void *to) {
  base_text_add(to, buffer, size);
  return ((base_text *)to)->failed ? -1 : 0;
}

void serve_answer_json(serve_request *request, int status, const json_t *body) {
  base_text_reset(&request->answer);
  json_dump_callback(body, add_json, &request->answer, JSON_COMPACT | JSON_REAL_PRECISION(15));
  request->status = request->answer.failed ? 500 : status;
  request->type = "application/json";
}

void serve_answer_problem(serve_request *request, int status, const char *title, const mien_error *error) {
  base_json json;
  char detail[600];
  base_text_reset(&request->answer);
  base_json_init(&json, &request->answer);
  base_json_open(&json, NULL, '{');
  base_json_string(&json, "type", "about:blank");
  base_json_string(&json, "title", title);
  base_json_integer(&json, "status", status);
  if (error) {
    snprintf(detail, sizeof detail, "%s%s%s%s", error->what, *error->where ? " (" : "", error->where, *error->where ? ")" : "");
    base_json_string(&json, "detail", detail);
    if (*error->remedy) base_json_string(&json, "remedy", error->remedy);
    if (error->code) base_json_string(&json, "error", mien_error_name(error->code));
  }
  base_json_close(&json, '}');
  request->status = status;
  request->type = "application/problem+json";
}

void serve_answer_problem_text(serve_request *request, int status, const char *title, const char *format, ...) {
  mien_error error = {0};
  va_list list;
  va_start(list, format);
  vsnprintf(error.what, sizeof error.what, format, list);
  va_end(list);
  serve_answer_problem(request, status, title, &error);
}

void serve_answer_error(serve_request *request, const mien_error *error) {
  static const struct {
    int code, status;
    const char *title;
  } table[] = {
      {MIEN_EPOLICY, 403, "Refused by policy"}, {MIEN_EINVAL, 422, "Not possible as asked"},
      {MIEN_EFORMAT, 400, "Not of the format expected"}, {MIEN_ELIMIT, 413, "Over a limit"},
      {MIEN_EUNSUPPORTED, 415, "Not supported"}, {MIEN_EAGAIN, 503, "Busy"}, {MIEN_ENOMEM, 503, "Out of memory"},
      {MIEN_EIO, 503, "Storage unavailable"}, {MIEN_EEMPTY, 422, "Nothing usable"}, {MIEN_EEND, 409, "Over"},
      {MIEN_EMODEL, 501, "No model for this"},
  };
  for (size_t i = 0; i < BASE_COUNT(table); i++)
    if (table[i].code == error->code) {
      serve_answer_problem(request, table[i].status, table[i].title, error);
      if (table[i].status == 503) request->retry_after = 1;
      return;
    }
  serve_answer_problem(request, 500, "Internal error", error);
}

void serve_answer_made(serve_request *request, int status, int code, json_t *body, const mien_error *error) {
  if (code == MIEN_EEMPTY) serve_answer_problem(request, 404, "Not found", error);
  else if (code) serve_answer_error(request, error);
  else if (!body) serve_answer_error(request, &(mien_error){.code = MIEN_ENOMEM, .what = "out of memory"});
  else serve_answer_json(request, status, body);
  json_decref(body);
}
