/* page.c: the web app: its files as they are in the program, and the policy that they run under: nothing but what is in them. */
#include "serve/http/page.h"

#include "serve/api/api.h"

static const char policy[] = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
                             "font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
                             "form-action 'none'";

static const char *type_of(const char *path) {
  static const char *const types[][2] = {{".js", "text/javascript; charset=utf-8"}, {".css", "text/css; charset=utf-8"},
                                         {".svg", "image/svg+xml"}, {".json", "application/json"}, {".png", "image/png"},
                                         {".opus", "audio/ogg"}, {".webmanifest", "application/manifest+json"}};
  const char *dot = strrchr(path, '.');
  for (size_t i = 0; dot && i < BASE_COUNT(types); i++)
    if (!strcmp(dot, types[i][0])) return types[i][1];
  return "text/html; charset=utf-8";
}

static const serve_page_file *find(const char *path) {
  for (size_t i = 0; i < serve_page_count; i++)
    if (!strcmp(serve_page_files[i].path, path)) return &serve_page_files[i];
  return NULL;
}

void serve_api_page(serve_request *request) {
  const serve_page_file *file = find(request->path);
  if (!file && !serve_page_count)
    serve_answer_problem_text(request, 404, "Not found", "this program was built without the web app: install npm and build again");
  else if (!file) serve_answer_problem_text(request, 404, "Not found", "there is nothing at this address");
  if (!file) return;
  bool packs = strstr(request->accept_encoding, "gzip") && file->packed != file->packed_end;
  const char *start = packs ? file->packed : file->start, *end = packs ? file->packed_end : file->end;
  base_text_add(&request->answer, start, (size_t)(end - start));
  if (request->answer.failed) {
    serve_answer_problem_text(request, 503, "Out of memory", "try again");
    return;
  }
  request->status = 200;
  request->type = type_of(file->path);
  request->policy = policy;
  request->encoding = packs ? "gzip" : NULL;
  request->cache = strncmp(request->path, "/assets/", 8) ? "no-cache" : "public, max-age=31536000, immutable"; /* assets have their hash in the name */
}
