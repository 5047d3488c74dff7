/* bench_serve.c: `mien serve` under load: a client of its own over loopback, on the same processors: live calls in
 * real time, both channels and a turn of text each 5 s, by WebSocket. The delay is the service's own histogram (from
 * an input to the result it caused), and the client's (a ping under the same load, to its pong and back). */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/bench.h"
#include "cli/reader.h"

enum { CALLS = 150, SECONDS = 30, RATE = 16000, TICK = 10 /* a second */, BLOCK = RATE / TICK, TURN = 5, HEAD = 12,
       FRAME = 16 + HEAD + BLOCK * 4 };

typedef struct call {
  int socket;
  uint8_t in[65536]; /* what came and is not a whole frame yet */
  size_t filled;
  uint8_t *out;      /* what the socket has not taken yet */
  size_t waiting, room;
  double pinged;     /* base_clock(); NAN */
  size_t states, readings;
} call;

typedef struct load {
  pid_t child;
  int port, told;
  char key[64], consent[64];
  int16_t *sound; /* stereo, a minute */
  size_t frames;  /* of both channels */
  call *calls;
  size_t count, late, broken;
  double pongs[CALLS * SECONDS];
  size_t pong_count;
} load;

/* ---- The service as a child ---- */

static bool start_service(const bench *b, load *l) {
  char data[BENCH_PATH], line[256] = "", path[BENCH_PATH + 16];
  int ends[2];
  bench_path(b, data, "serve");
  if (pipe(ends)) return false;
  l->child = fork();
  if (!l->child) {
    dup2(ends[1], STDERR_FILENO);
    close(ends[0]);
    execl(b->program, b->program, "serve", "--port", "0", "--data", data, (char *)NULL);
    _exit(127);
  }
  close(ends[1]);
  l->told = ends[0];
  for (size_t at = 0; at < sizeof line - 1 && (!at || line[at - 1] != '\n');)
    if (read(ends[0], line + at, 1) == 1) at++;
    else break;
  const char *port = strstr(line, "port ");
  l->port = port ? atoi(port + 5) : 0;
  snprintf(path, sizeof path, "%s/first.key", data);
  FILE *file = l->port ? fopen(path, "r") : NULL;
  bool ready = file && fgets(l->key, sizeof l->key, file);
  if (file) fclose(file);
  return ready;
}

static double resident(pid_t child) { /* bytes */
  char path[64], line[256];
  double bytes = NAN;
  snprintf(path, sizeof path, "/proc/%d/status", (int)child);
  FILE *file = fopen(path, "r");
  while (file && fgets(line, sizeof line, file))
    if (!strncmp(line, "VmRSS:", 6)) bytes = strtod(line + 6, NULL) * 1024;
  if (file) fclose(file);
  return bytes;
}

static double processor_seconds(pid_t child) {
  char path[64], line[1024] = "";
  unsigned long user = 0, kernel = 0;
  snprintf(path, sizeof path, "/proc/%d/stat", (int)child);
  FILE *file = fopen(path, "r");
  if (file && fgets(line, sizeof line, file) && strrchr(line, ')'))
    sscanf(strrchr(line, ')') + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel);
  if (file) fclose(file);
  return (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
}

/* ---- HTTP and WebSocket, as little as is needed ---- */

static int dial(const load *l) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)l->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
  if (s >= 0 && connect(s, (struct sockaddr *)&to, sizeof to)) close(s), s = -1;
  if (s >= 0) setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return s;
}

/* One exchange; the whole answer in `to`. */
static bool ask(const load *l, const char *method, const char *path, const char *body, char *to, size_t room) {
  char request[1024];
  int s = dial(l);
  size_t got = 0;
  int bytes = snprintf(request, sizeof request, "%s %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
                       method, path, l->key, strlen(body), body);
  bool ok = s >= 0 && write(s, request, (size_t)bytes) == bytes;
  for (ssize_t n; ok && got + 1 < room && (n = read(s, to + got, room - 1 - got)) > 0;) got += (size_t)n;
  to[got] = 0;
  if (s >= 0) close(s);
  return ok && got;
}

/* A client's frame with a mask of zeros. */
static size_t frame_head(uint8_t *to, int kind, size_t bytes) {
  size_t at = 0;
  to[at++] = (uint8_t)(0x80 | kind);
  if (bytes < 126) to[at++] = (uint8_t)(0x80 | bytes);
  else if (bytes < 65536) to[at++] = 0x80 | 126, to[at++] = (uint8_t)(bytes >> 8), to[at++] = (uint8_t)bytes;
  memset(to + at, 0, 4);
  return at + 4;
}

static void send_frame(load *l, call *c, int kind, const void *bytes, size_t count) {
  uint8_t head[16];
  size_t head_bytes = frame_head(head, kind, count);
  if (c->waiting + head_bytes + count > c->room) { /* the service takes it more slowly than it is said */
    l->late++;
    return;
  }
  memcpy(c->out + c->waiting, head, head_bytes);
  memcpy(c->out + c->waiting + head_bytes, bytes, count);
  c->waiting += head_bytes + count;
  ssize_t taken = write(c->socket, c->out, c->waiting);
  if (taken > 0) memmove(c->out, c->out + taken, c->waiting -= (size_t)taken);
}

static bool open_call(load *l, call *c) {
  static const char upgrade[] = "GET /v1/stream HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
                                "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mien.v1\r\nAuthorization: Bearer %s\r\n\r\n";
  char text[1024], answer[1024] = "";
  c->socket = dial(l);
  c->pinged = NAN;
  c->room = 4 * FRAME;
  c->out = base_alloc(c->room, 1);
  int bytes = snprintf(text, sizeof text, upgrade, l->key);
  if (c->socket < 0 || !c->out || write(c->socket, text, (size_t)bytes) != bytes) return false;
  for (size_t at = 0; !strstr(answer, "\r\n\r\n") && at + 1 < sizeof answer && read(c->socket, answer + at, 1) == 1;) at++;
  if (!strstr(answer, " 101 ")) return false;
  bytes = snprintf(text, sizeof text, "{\"type\":\"open\",\"purpose\":\"customer_service\",\"context\":\"call\",\"jurisdiction\":\"eu\",\"notice_given\":true,"
                   "\"participants\":[{\"who\":\"a\",\"role\":\"customer\",\"subject\":\"s\",\"consent\":\"%s\"},{\"who\":\"b\",\"role\":\"customer\",\"subject\":\"s\",\"consent\":\"%s\"}],"
                   "\"audio\":[{\"coding\":\"pcm_s16le\",\"rate\":16000,\"channels\":[\"a\",\"b\"]}]}", l->consent, l->consent);
  fcntl(c->socket, F_SETFL, O_NONBLOCK);
  send_frame(l, c, 1, text, (size_t)bytes);
  return true;
}

static void take_message(load *l, call *c, int kind, const uint8_t *bytes, size_t count) {
  if (kind == 10 && isfinite(c->pinged)) {
    if (l->pong_count < BASE_COUNT(l->pongs)) l->pongs[l->pong_count++] = base_clock() - c->pinged;
    c->pinged = NAN;
  }
  if (kind == 9) send_frame(l, c, 10, bytes, count); /* the service asks whether we are there */
  if (kind == 1 && count > 16 && !memcmp(bytes, "{\"type\":\"state\"", 15)) c->states++;
  if (kind == 1 && count > 18 && !memcmp(bytes, "{\"type\":\"reading\"", 17)) c->readings++;
  if (kind == 8) l->broken++;
}

static void receive(load *l, call *c) {
  ssize_t got;
  while ((got = read(c->socket, c->in + c->filled, sizeof c->in - c->filled)) > 0) {
    c->filled += (size_t)got;
    size_t at = 0;
    while (c->filled - at >= 2) {
      size_t bytes = c->in[at + 1] & 127, head = 2;
      if (bytes == 126) {
        if (c->filled - at < 4) break;
        bytes = (size_t)c->in[at + 2] << 8 | c->in[at + 3], head = 4;
      }
      if (bytes == 127 || head + bytes > sizeof c->in) {
        l->broken++;
        return;
      }
      if (c->filled - at < head + bytes) break;
      take_message(l, c, c->in[at] & 15, c->in + at + head, bytes);
      at += head + bytes;
    }
    memmove(c->in, c->in + at, c->filled -= at);
  }
}

/* ---- A run ---- */

static void say(load *l, call *c, size_t index, int tick) {
  static const char turn[] = "{\"type\":\"text\",\"who\":\"a\",\"text\":\"I have waited for three weeks and nobody has answered me.\"}";
  uint8_t block[HEAD + BLOCK * 4] = {1};
  uint64_t micros = (uint64_t)tick * (1000000 / TICK);
  size_t from = ((size_t)tick * BLOCK + index * 7919) % (l->frames - BLOCK);
  for (int i = 0; i < 8; i++) block[4 + i] = (uint8_t)(micros >> (8 * i));
  memcpy(block + HEAD, l->sound + 2 * from, BLOCK * 4);
  send_frame(l, c, 2, block, sizeof block);
  if ((tick + (int)index) % (TURN * TICK) == TURN * TICK - 1) send_frame(l, c, 1, turn, sizeof turn - 1); /* people do not speak in step */
  if ((tick + (int)index) % TICK == 3 && isnan(c->pinged)) {
    c->pinged = base_clock();
    send_frame(l, c, 9, "", 0);
  }
}

static void run(load *l, int seconds) {
  struct pollfd polls[CALLS];
  double begun = base_clock();
  int ticks = seconds * TICK, slots = (int)l->count;
  for (int step = 0; step < ticks * slots; step++) { /* the calls one after another within each tick */
    double due = begun + (double)step / (TICK * (double)slots);
    say(l, &l->calls[step % slots], (size_t)(step % slots), step / slots);
    while (base_clock() < due) {
      for (size_t i = 0; i < l->count; i++) polls[i] = (struct pollfd){.fd = l->calls[i].socket, .events = POLLIN};
      int wait = (int)((due - base_clock()) * 1000);
      if (poll(polls, l->count, BASE_MAX(wait, 0)) > 0)
        for (size_t i = 0; i < l->count; i++)
          if (polls[i].revents) receive(l, &l->calls[i]);
    }
  }
}

/* The bound under which 99 % of the service's delays lie, between the bins linearly: seconds. */
static double delay_of_99(const load *l) {
  static char text[16384];
  double before = 0, low = 0, all = 0;
  if (!ask(l, "GET", "/metrics", "", text, sizeof text)) return NAN;
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

static int ignore_event(void *context, const mien_event *event) { return MIEN_OK; }

/* Processor seconds that the engine alone takes for one call of `seconds`. */
static double engine_alone(const bench *b, const load *l, int seconds) {
  mien_session_options what = MIEN_SESSION_USUAL;
  mien_session *session = NULL;
  what.read = MIEN_READ_TEXT | MIEN_READ_VOICE;
  if (mien_session_open(&session, b->engine, &what, NULL)) return NAN;
  static const char turn[] = "I have waited for three weeks and nobody has answered me.";
  float pcm[BLOCK];
  double start = bench_cpu();
  for (int tick = 0; tick < seconds * TICK; tick++)
    for (int channel = 0; channel < 2; channel++) {
      size_t from = ((size_t)tick * BLOCK) % (l->frames - BLOCK);
      for (int i = 0; i < BLOCK; i++) pcm[i] = (float)l->sound[2 * (from + (size_t)i) + (size_t)channel] / 32768.0f;
      mien_session_feed_audio(session, channel ? "b" : "a", pcm, BLOCK, (double)tick / TICK);
      if (!channel && tick % (TURN * TICK) == TURN * TICK - 1)
        mien_session_feed_text(session, "a", turn, sizeof turn - 1, (double)tick / TICK, (double)tick / TICK);
      cli_drain(session, ignore_event, NULL);
    }
  double took = bench_cpu() - start;
  mien_session_close(&session);
  return took;
}

/* ---- Chat ---- */

static const char *const lines[] = {"Thank you so much, that helped.", "This is the third time I ask, and nobody answers.", "ok",
                                    "I am not sure that I understand what you mean by that.", "Great, let us do it!", "When will it arrive?"};

/* Messages a second through HTTP: CHATS connections, each with one message in the air. */
static double chat_rate(load *l) {
  enum { CHATS = 32 };
  static const double lasts = 5;
  struct pollfd polls[CHATS];
  char request[512], answer[16384];
  size_t got[CHATS] = {0}, done = 0, next = 0;
  double begun = base_clock();
  bool broken = false;
  for (int i = 0; i < CHATS; i++) polls[i] = (struct pollfd){.fd = dial(l), .events = POLLIN};
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

static bool stereo(const bench *b, load *l) {
  float *sound = bench_sound(b);
  l->frames = 60 * RATE;
  l->sound = sound ? base_alloc(2 * l->frames, sizeof *l->sound) : NULL;
  for (size_t i = 0; l->sound && i < l->frames; i++) {
    l->sound[2 * i] = (int16_t)(BASE_CLAMP(sound[i], -1.0f, 1.0f) * 32767);
    l->sound[2 * i + 1] = (int16_t)(BASE_CLAMP(sound[(i + 30 * RATE) % l->frames], -1.0f, 1.0f) * 32767);
  }
  base_free(sound);
  return l->sound != NULL;
}

static bool consent(load *l) {
  char answer[2048];
  if (!ask(l, "POST", "/v1/consents", "{\"subject\":\"s\",\"purpose\":\"customer_service\",\"modalities\":[\"voice\"]}", answer, sizeof answer)) return false;
  const char *id = strstr(answer, "\"consent\":\"");
  if (id) snprintf(l->consent, sizeof l->consent, "%.34s", id + 11);
  return id != NULL;
}

void bench_serve(bench *b) {
  static const char part[] = "serve";
  load *l = base_alloc(1, sizeof *l);
  if (!l || !stereo(b, l) || !start_service(b, l) || !consent(l)) {
    bench_missing(b, part, "mien serve", "the service could not be started, or the sample not be read");
    if (l && l->child > 0) kill(l->child, SIGKILL), waitpid(l->child, NULL, 0);
    if (l) base_free(l->sound);
    base_free(l);
    return;
  }
  double empty = resident(l->child), used = processor_seconds(l->child);
  l->calls = base_alloc(CALLS, sizeof *l->calls);
  while (l->calls && l->count < CALLS && open_call(l, &l->calls[l->count])) l->count++;
  run(l, SECONDS);
  used = processor_seconds(l->child) - used;
  double full = resident(l->child), delay = delay_of_99(l), alone = engine_alone(b, l, SECONDS) * (double)l->count;
  size_t silent = 0;
  for (size_t i = 0; i < l->count; i++) silent += !l->calls[i].states || !l->calls[i].readings;
  qsort(l->pongs, l->pong_count, sizeof *l->pongs, ascending);
  char what[96];
  snprintf(what, sizeof what, "%zu live calls, both channels and text: 99 %% of results after", l->count);
  bench_row *row = bench_add(b, part, what, "ms", l->count == CALLS && !silent && !l->broken ? delay * 1e3 : NAN);
  row->at_most = 150;
  snprintf(row->note, sizeof row->note, "%zu calls silent, %zu blocks late, %zu broken", silent, l->late, l->broken);
  row = bench_add(b, part, "the same: 99 % of pings answered after", "ms", l->pong_count ? l->pongs[l->pong_count * 99 / 100] * 1e3 : NAN);
  row = bench_add(b, part, "memory at start", "MB", empty / 1e6);
  row->at_most = 120;
  row = bench_add(b, part, "memory of a live call", "MB", (full - empty) / 1e6 / (double)BASE_MAX(l->count, 1u));
  row->at_most = 1;
  row = bench_add(b, part, "processor time of those calls", "s", used);
  bench_against(row, alone, "the engine alone, fed the same in one process");
  row->at_most = 1.15 * alone;
  double model = model_rate(b), chat = chat_rate(l);
  row = bench_add(b, part, "a chat message through HTTP, deep model, no cues, 32 at a time", "µs", 1e6 / chat);
  bench_against(row, 1e6 / model, "the model alone, 32 texts at once, one thread");
  row->at_most = 1e6 / model / .6;
  for (size_t i = 0; i < l->count; i++) close(l->calls[i].socket), base_free(l->calls[i].out);
  kill(l->child, SIGTERM);
  waitpid(l->child, NULL, 0);
  close(l->told);
  base_free(l->calls);
  base_free(l->sound);
  base_free(l);
}
