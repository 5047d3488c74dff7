/* bench_client: calls over loopback to a `mien serve` of its own, by WebSocket, in real time: both channels, a turn
 * of text each 5 s, and pictures where they are asked for. One thread, no waiting on the service. */
#ifndef CLI_BENCH_CLIENT_H
#define CLI_BENCH_CLIENT_H

#include "cli/bench.h"

enum { CLIENT_CALLS = 150, CLIENT_RATE = 16000, CLIENT_TICK = 10 /* a second */, CLIENT_BLOCK = CLIENT_RATE / CLIENT_TICK,
       CLIENT_TURN = 5 /* seconds */, CLIENT_PICTURES = 5 /* a second */, CLIENT_PONGS = CLIENT_CALLS * 60 };
#define CLIENT_SAID "I have waited for three weeks and nobody has answered me."

typedef struct client_call client_call;

typedef struct client {
  pid_t child;
  int port, told;
  char key[64], consent[64];
  int16_t *sound; /* stereo, a minute */
  size_t frames;  /* of both channels */
  uint8_t *picture[CLIENT_PICTURES]; /* JPEG; NULL: none are sent */
  size_t picture_bytes[CLIENT_PICTURES];
  client_call *calls;
  size_t count, late, broken, silent, unseen; /* calls; blocks; messages; calls without results, without a face */
  double pongs[CLIENT_PONGS]; /* seconds from a ping to its pong */
  size_t pong_count;
} client;

/* Starts the service, records a consent, makes the sound and, with `faces`, the pictures (by ffmpeg). */
bool client_open(client *c, const bench *b, bool faces);
void client_close(client *c); /* ends the service */
/* So many calls for so long. False: not all could be opened. */
bool client_run(client *c, size_t calls, int seconds);
/* The schedule of a call, which bench_alone.c feeds as well: the first frame in `sound` of the block that call `index` says in
 * this tick, and whether a turn of text is said after it (people do not speak in step). */
size_t client_block(const client *c, size_t index, size_t tick);
bool client_turn(size_t index, size_t tick);
/* One exchange by HTTP; the whole answer in `to`. */
bool client_ask(const client *c, const char *method, const char *path, const char *body, char *to, size_t room);
int client_dial(const client *c); /* a socket, or -1 */
double client_resident(const client *c);          /* bytes of the service */
double client_processor_seconds(const client *c); /* of the service */

#endif
