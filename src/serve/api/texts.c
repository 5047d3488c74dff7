/* texts.c: POST /v1/texts: texts of nobody in particular, each by itself, to readings.
 * {"texts":["…",…],"cues":false} gives {"readings":[…]}, in order. Nothing of it is kept. */
#include "serve/api/api.h"
#include "serve/live/texts.h"
#include "serve/server.h"

enum { TEXTS = 1000, BYTES = 64 << 10 /* of one text */ };

typedef struct asked {
  serve_texts_job job;
  serve_request *request;
  json_t *body; /* holds the texts */
  mien_text texts[];
} asked;

static void free_asked(asked *a) {
  base_text_clear(&a->job.json);
  json_decref(a->body);
  base_free(a);
}

static void done(serve_texts_job *job) {
  asked *a = job->context;
  serve_request *request = a->request;
  if (job->code) {
    serve_answer_error(request, &(mien_error){.code = job->code, .what = "the texts could not be read"});
  } else {
    base_text_reset(&request->answer);
    base_text_puts(&request->answer, "{\"readings\":[");
    base_text_add(&request->answer, job->json.data ? job->json.data : "", job->json.length);
    base_text_puts(&request->answer, "]}");
    request->type = "application/json";
    request->status = request->answer.failed ? 500 : 200;
  }
  free_asked(a);
  serve_request_done(request);
}

void serve_api_texts(serve_request *request) {
  json_t *body = serve_request_json(request);
  if (!body) return;
  json_t *texts = json_object_get(body, "texts"), *cues = json_object_get(body, "cues");
  size_t count = json_array_size(texts);
  const char *wrong = !count || count > TEXTS ? "'texts' must be an array of 1 to 1000 strings"
                      : cues && !json_is_boolean(cues) ? "'cues' must be true or false" : NULL;
  for (size_t i = 0; !wrong && i < count; i++) {
    json_t *text = json_array_get(texts, i);
    if (!json_is_string(text)) wrong = "each of 'texts' must be a string";
    else if (json_string_length(text) > BYTES) wrong = "a text may have 65536 bytes";
  }
  asked *a = wrong ? NULL : base_alloc(1, sizeof *a + count * sizeof *a->texts);
  if (!a) {
    json_decref(body);
    if (wrong) serve_answer_problem_text(request, 422, "Not possible as asked", "%s", wrong);
    else serve_answer_error(request, &(mien_error){.code = MIEN_ENOMEM, .what = "out of memory"});
    return;
  }
  for (size_t i = 0; i < count; i++)
    a->texts[i] = (mien_text){json_string_value(json_array_get(texts, i)), json_string_length(json_array_get(texts, i))};
  a->body = body;
  a->request = request;
  a->job = (serve_texts_job){.texts = a->texts, .count = count, .cues = json_is_true(cues), .done = done, .context = a};
  request->later = true;
  int code = serve_texts_read(request->server->texts, &a->job);
  if (!code) return;
  request->later = false;
  free_asked(a);
  serve_answer_error(request, &(mien_error){.code = code, .what = "too many texts are waiting"});
}
