/* bench_client.c: the client of bench_serve.c. */
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

#include "cli/bench_client.h"

enum { HEAD = 12, FRAME = 16 + HEAD + CLIENT_BLOCK * 4 };

struct client_call {
  int socket;
  uint8_t in[65536]; /* what came and is not a whole frame yet */
  size_t filled;
  uint8_t *out;      /* what the socket has not taken yet */
  size_t waiting, room;
  double pinged;     /* base_clock(); NAN */
  size_t states, readings, faces;
};

/* ---- The service as a child ---- */

static bool start_service(const bench *b, client *l) {
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

double client_resident(const client *l) {
  char path[64], line[256];
  double bytes = NAN;
  snprintf(path, sizeof path, "/proc/%d/status", (int)l->child);
  FILE *file = fopen(path, "r");
  while (file && fgets(line, sizeof line, file))
    if (!strncmp(line, "VmRSS:", 6)) bytes = strtod(line + 6, NULL) * 1024;
  if (file) fclose(file);
  return bytes;
}

double client_processor_seconds(const client *l) {
  char path[64], line[1024] = "";
  unsigned long user = 0, kernel = 0;
  snprintf(path, sizeof path, "/proc/%d/stat", (int)l->child);
  FILE *file = fopen(path, "r");
  if (file && fgets(line, sizeof line, file) && strrchr(line, ')'))
    sscanf(strrchr(line, ')') + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel);
  if (file) fclose(file);
  return (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
}

/* ---- HTTP and WebSocket, as little as is needed ---- */

int client_dial(const client *l) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)l->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
  if (s >= 0 && connect(s, (struct sockaddr *)&to, sizeof to)) close(s), s = -1;
  if (s >= 0) setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return s;
}

bool client_ask(const client *l, const char *method, const char *path, const char *body, char *to, size_t room) {
  char request[1024];
  int s = client_dial(l);
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

static void send_frame(client *l, client_call *c, int kind, const void *bytes, size_t count) {
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

static bool open_call(client *l, client_call *c) {
  static const char upgrade[] = "GET /v1/stream HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
                                "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mien.v1\r\nAuthorization: Bearer %s\r\n\r\n";
  char text[1024], answer[1024] = "";
  c->socket = client_dial(l);
  c->pinged = NAN;
  c->room = 4 * FRAME;
  for (int k = 0; k < CLIENT_PICTURES; k++) c->room += l->picture_bytes[k] + 32;
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

static void take_message(client *l, client_call *c, int kind, const uint8_t *bytes, size_t count) {
  if (kind == 10 && isfinite(c->pinged)) {
    if (l->pong_count < BASE_COUNT(l->pongs)) l->pongs[l->pong_count++] = base_clock() - c->pinged;
    c->pinged = NAN;
  }
  if (kind == 9) send_frame(l, c, 10, bytes, count); /* the service asks whether we are there */
  if (kind == 1 && count > 16 && !memcmp(bytes, "{\"type\":\"state\"", 15)) c->states++;
  if (kind == 1 && count > 18 && !memcmp(bytes, "{\"type\":\"reading\"", 17)) c->readings++;
  if (kind == 1 && count < 65536 && memmem(bytes, BASE_MIN(count, 200u), "\"modality\":\"face\"", 17)) c->faces++;
  if (kind == 8) l->broken++;
}

static void receive(client *l, client_call *c) {
  ssize_t got;
  while ((got = read(c->socket, c->in + c->filled, sizeof c->in - c->filled)) > 0) {
    c->filled += (size_t)got;
    size_t at = 0;
    while (c->filled - at >= 2) {
      size_t bytes = c->in[at + 1] & 127, head = 2;
      const bool longest = bytes == 127; /* 8 bytes of length: longer than any result is */
      if (bytes == 126) {
        if (c->filled - at < 4) break;
        bytes = (size_t)c->in[at + 2] << 8 | c->in[at + 3], head = 4;
      }
      if (longest || head + bytes > sizeof c->in) {
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

static void say_picture(client *l, client_call *c, int tick, uint64_t micros) {
  static uint8_t message[1 << 18];
  const int k = tick / (CLIENT_TICK / CLIENT_PICTURES) % CLIENT_PICTURES;
  message[0] = 2; /* of participant 0 */
  for (int i = 0; i < 8; i++) message[4 + i] = (uint8_t)(micros >> (8 * i));
  memcpy(message + HEAD, l->picture[k], l->picture_bytes[k]);
  send_frame(l, c, 2, message, HEAD + l->picture_bytes[k]);
}

size_t client_block(const client *c, size_t index, size_t tick) { return (tick * CLIENT_BLOCK + index * 7919) % (c->frames - CLIENT_BLOCK); }

bool client_turn(size_t index, size_t tick) { return (tick + index) % (CLIENT_TURN * CLIENT_TICK) == CLIENT_TURN * CLIENT_TICK - 1; }

static void say(client *l, client_call *c, size_t index, int tick) {
  static const char turn[] = "{\"type\":\"text\",\"who\":\"a\",\"text\":\"" CLIENT_SAID "\"}";
  uint8_t block[HEAD + CLIENT_BLOCK * 4] = {1};
  uint64_t micros = (uint64_t)tick * (1000000 / CLIENT_TICK);
  for (int i = 0; i < 8; i++) block[4 + i] = (uint8_t)(micros >> (8 * i));
  memcpy(block + HEAD, l->sound + 2 * client_block(l, index, (size_t)tick), CLIENT_BLOCK * 4);
  send_frame(l, c, 2, block, sizeof block);
  if (l->picture[0] && tick % (CLIENT_TICK / CLIENT_PICTURES) == 0) say_picture(l, c, tick, micros);
  if (client_turn(index, (size_t)tick)) send_frame(l, c, 1, turn, sizeof turn - 1);
  if ((tick + (int)index) % CLIENT_TICK == 3 && isnan(c->pinged)) {
    c->pinged = base_clock();
    send_frame(l, c, 9, "", 0);
  }
}

static void run(client *l, int seconds) {
  struct pollfd polls[CLIENT_CALLS];
  double begun = base_clock();
  int ticks = seconds * CLIENT_TICK, slots = (int)l->count;
  for (int step = 0; step < ticks * slots; step++) { /* the calls one after another within each tick */
    double due = begun + (double)step / (CLIENT_TICK * (double)slots);
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

/* ---- What it needs ---- */

static bool stereo(const bench *b, client *l) {
  float *sound = bench_sound(b);
  l->frames = 60 * CLIENT_RATE;
  l->sound = sound ? base_alloc(2 * l->frames, sizeof *l->sound) : NULL;
  for (size_t i = 0; l->sound && i < l->frames; i++) {
    l->sound[2 * i] = (int16_t)(BASE_CLAMP(sound[i], -1.0f, 1.0f) * 32767);
    l->sound[2 * i + 1] = (int16_t)(BASE_CLAMP(sound[(i + 30 * CLIENT_RATE) % l->frames], -1.0f, 1.0f) * 32767);
  }
  base_free(sound);
  return l->sound != NULL;
}

static bool consent(client *l) {
  char answer[2048];
  if (!client_ask(l, "POST", "/v1/consents", "{\"subject\":\"s\",\"purpose\":\"customer_service\",\"modalities\":[\"voice\",\"face\"]}", answer, sizeof answer)) return false;
  const char *id = strstr(answer, "\"consent\":\"");
  if (id) snprintf(l->consent, sizeof l->consent, "%.34s", id + 11);
  return id != NULL;
}

/* ---- The pictures ---- */

static bool pictures(const bench *b, client *l) {
  char raw[BENCH_PATH], jpeg[BENCH_PATH + 8], pattern[BENCH_PATH + 8];
  static uint8_t grey[BENCH_WIDE * BENCH_HIGH];
  bench_path(b, raw, "person.grey");
  FILE *file = fopen(raw, "w");
  for (int k = 0; file && k < CLIENT_PICTURES; k++) {
    bench_person(grey, (double)k / CLIENT_PICTURES);
    fwrite(grey, 1, sizeof grey, file);
  }
  if (!file || fclose(file)) return false;
  snprintf(pattern, sizeof pattern, "%s.%%d", raw);
  char *const argv[] = {"ffmpeg", "-v", "error", "-nostdin", "-y", "-f", "rawvideo", "-pix_fmt", "gray", "-s", "640x480", "-i", raw,
                        "-q:v", "4", "-c:v", "mjpeg", "-f", "image2", pattern, NULL};
  if (isnan(bench_run(argv, NULL).seconds)) return false;
  for (int k = 0; k < CLIENT_PICTURES; k++) {
    snprintf(jpeg, sizeof jpeg, "%s.%d", raw, k + 1);
    file = fopen(jpeg, "r");
    l->picture[k] = base_alloc(1, 1 << 17);
    if (file && l->picture[k]) l->picture_bytes[k] = fread(l->picture[k], 1, 1 << 17, file);
    if (file) fclose(file);
    if (!l->picture_bytes[k]) return false;
  }
  return true;
}

bool client_open(client *l, const bench *b, bool faces) {
  memset(l, 0, sizeof *l);
  l->told = -1;
  return stereo(b, l) && (!faces || pictures(b, l)) && start_service(b, l) && consent(l);
}

void client_close(client *l) {
  for (size_t i = 0; i < l->count; i++) close(l->calls[i].socket), base_free(l->calls[i].out);
  if (l->child > 0) kill(l->child, SIGTERM), waitpid(l->child, NULL, 0);
  if (l->told >= 0) close(l->told);
  for (int k = 0; k < CLIENT_PICTURES; k++) base_free(l->picture[k]);
  base_free(l->calls);
  base_free(l->sound);
}

bool client_run(client *l, size_t calls, int seconds) {
  l->calls = base_alloc(calls, sizeof *l->calls);
  while (l->calls && l->count < calls && open_call(l, &l->calls[l->count])) l->count++;
  run(l, seconds);
  for (size_t i = 0; i < l->count; i++) {
    l->silent += !l->calls[i].states || !l->calls[i].readings;
    l->unseen += !l->calls[i].faces;
  }
  return l->count == calls;
}
