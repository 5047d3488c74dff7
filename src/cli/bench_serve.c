/* bench_serve.c: `mien serve` under load: a client of its own over loopback, on the same processors (bench_client.h).
 * The delay is the service's own histogram (from an input to the result it caused), and the client's (a ping under
 * the same load, to its pong and back). */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/bench_alone.h"
#include "cli/bench_client.h"

enum { SECONDS = 30, FACES = 15 /* calls with pictures */ };

/* The bound under which 99 % of the service's delays lie, between the bins linearly: seconds. */
static double delay_of_99(const client *l) {
  static char text[16384];
  double before = 0, low = 0, all = 0;
  if (!client_ask(l, "GET", "/metrics", "", text, sizeof text)) return NAN;
  const char *count = strstr(text, "mien_result_delay_seconds_count "), *at = text;
  if (!count) return NAN;
  all = strtod(count + 32, NULL);
  while ((at = strstr(at, "delay_seconds_bucket{le=\""))) {
    char *end;
    double bound = strtod(at + 25, &end), sum = strtod(end + 3, NULL);
    if (sum >= .99 * all) return sum > before && isfinite(bound) ? low + (bound - low) * (.99 * all - before) / (sum - before) : bound;
    before = sum, low = bound, at = end;
  }
  return NAN;
}

static int ascending(const void *a, const void *b) { return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b); }

/* ---- Chat ---- */

static const char *const lines[] = {"Thank you so much, that helped.", "This is the third time I ask, and nobody answers.", "ok",
                                    "I am not sure that I understand what you mean by that.", "Great, let us do it!", "When will it arrive?"};

/* Messages a second through HTTP: CHATS connections, each with one message in the air. */
static double chat_rate(client *l) {
  enum { CHATS = 32 };
  static const double lasts = 5;
  struct pollfd polls[CHATS];
  char request[512], answer[16384];
  size_t got[CHATS] = {0}, done = 0, next = 0;
  double begun = base_clock();
  bool broken = false;
  for (int i = 0; i < CHATS; i++) polls[i] = (struct pollfd){.fd = client_dial(l), .events = POLLIN};
  for (bool first = true; !broken && base_clock() - begun < lasts; first = false) {
    if (!first && poll(polls, CHATS, 100) < 0) break;
    for (int i = 0; i < CHATS; i++) {
      if (!first && !(polls[i].revents & POLLIN)) continue;
      if (!first) {
        ssize_t n = read(polls[i].fd, answer, sizeof answer);
        broken |= n <= 0 || (!got[i] && strncmp(answer, "HTTP/1.1 200", 12));
        got[i] += (size_t)BASE_MAX(n, 0);
        if (n < 2 || memcmp(answer + n - 2, "]}", 2)) continue; /* more of it comes */
        got[i] = 0;
        done++;
      }
      char body[160];
      snprintf(body, sizeof body, "{\"texts\":[\"%s\"]}", lines[next++ % BASE_COUNT(lines)]);
      int bytes = snprintf(request, sizeof request, "POST /v1/texts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %zu\r\n\r\n%s",
                           l->key, strlen(body), body);
      broken |= write(polls[i].fd, request, (size_t)bytes) != bytes;
    }
  }
  double took = base_clock() - begun;
  for (int i = 0; i < CHATS; i++) close(polls[i].fd);
  return broken ? NAN : (double)done / took;
}

static void ignore_reading(void *context, size_t index, const mien_reading *reading) {}

/* The same texts by the model alone, as many at once as there are chats, on one thread. */
static double model_rate(const bench *b) {
  mien_session_options what = MIEN_SESSION_USUAL;
  mien_session *session = NULL;
  mien_text texts[32];
  size_t done = 0;
  what.read = MIEN_READ_TEXT;
  what.states = what.cues = 0;
  if (mien_session_open(&session, b->engine, &what, NULL)) return NAN;
  for (size_t i = 0; i < BASE_COUNT(texts); i++) texts[i] = (mien_text){lines[i % BASE_COUNT(lines)], strlen(lines[i % BASE_COUNT(lines)])};
  double begun = base_clock();
  while (base_clock() - begun < 2) {
    mien_session_read_texts(session, texts, BASE_COUNT(texts), ignore_reading, NULL);
    done += BASE_COUNT(texts);
  }
  double took = base_clock() - begun;
  mien_session_close(&session);
  return (double)done / took;
}

static void rows(bench *b, client *l, const char *what, double at_most_memory, bool faces) {
  static const char part[] = "serve";
  const size_t calls = faces ? FACES : CLIENT_CALLS;
  double alone = faces ? NAN : bench_alone(b, l, calls, SECONDS); /* before and after: machines grow faster and slower by the minute */
  double empty = client_resident(l), used = client_processor_seconds(l);
  const bool all = client_run(l, calls, SECONDS);
  used = client_processor_seconds(l) - used;
  double full = client_resident(l), delay = delay_of_99(l);
  char title[128];
  snprintf(title, sizeof title, "%zu live calls, %s: 99 %% of results after", l->count, what);
  bool fine = all && !l->silent && !l->broken && !(faces && l->unseen);
  bench_row *row = bench_add(b, part, title, "ms", fine ? delay * 1e3 : NAN);
  row->at_most = 150;
  snprintf(row->note, sizeof row->note, "%zu calls silent, %zu blocks late, %zu broken", l->silent, l->late, l->broken);
  if (faces) snprintf(row->note, sizeof row->note, "%zu calls silent, %zu without a face, %zu blocks late, %zu broken", l->silent, l->unseen, l->late, l->broken);
  qsort(l->pongs, l->pong_count, sizeof *l->pongs, ascending);
  row = bench_add(b, part, "the same: 99 % of pings answered after", "ms", l->pong_count ? l->pongs[l->pong_count * 99 / 100] * 1e3 : NAN);
  if (!faces) {
    row = bench_add(b, part, "memory at start", "MB", empty / 1e6);
    row->at_most = 120;
  }
  row = bench_add(b, part, faces ? "memory of a live call with a face" : "memory of a live call", "MB", (full - empty) / 1e6 / (double)BASE_MAX(l->count, 1u));
  row->at_most = at_most_memory;
  if (faces) return;
  alone = (alone + bench_alone(b, l, calls, SECONDS)) / 2;
  row = bench_add(b, part, "processor time of those calls", "s", used);
  bench_against(row, alone, "the engine alone, the same calls in real time on as many threads, before and after");
  row->at_most = 1.15 * alone;
  double model = model_rate(b), chat = chat_rate(l);
  row = bench_add(b, part, "a chat message through HTTP, deep model, no cues, 32 at a time", "µs", 1e6 / chat);
  bench_against(row, 1e6 / model, "the model alone, 32 texts at once, one thread");
  row->at_most = 1e6 / model / .6;
}

void bench_serve(bench *b) {
  client *l = base_alloc(1, sizeof *l);
  for (int faces = 0; l && faces < 2; faces++) {
    if (client_open(l, b, faces)) rows(b, l, faces ? "voice, text and a face 5 times a second" : "both channels and text", faces ? NAN : 1, faces);
    else bench_missing(b, "serve", "mien serve", faces ? "the service could not be started, or ffmpeg made no pictures" : "the service could not be started, or the sample not be read");
    client_close(l);
  }
  base_free(l);
}
