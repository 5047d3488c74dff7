/* asterisk.c: Asterisk's AudioSocket over TCP: a header of 3 bytes (kind, length big-endian) before each part.
 * The UUID that comes first is the id of a conversation that was opened before ("s_" and its 32 digits), with one
 * channel as its first stream; it cannot be guessed, and admits one caller.
 * Source: docs.asterisk.org, Channel Drivers, AudioSocket. */
#include <stdio.h>

#include "serve/doors/door.h"
#include "serve/server.h"

enum { HANG_UP = 0x00, UUID = 0x01, DTMF = 0x03, SLIN = 0x10, SLIN_LAST = 0x16, FAULT = 0xff, HEADER = 3 };

typedef struct asterisk {
  uint8_t head[HEADER];
  size_t got;    /* bytes of the header and the part */
  size_t length; /* of the part */
  base_text part;
} asterisk;

static void open_door(serve_link *link) {}

static void take_uuid(serve_link *link, const uint8_t *bytes, size_t count) {
  char id[SERVE_ID] = "s_";
  if (count != 16 || link->conversation) {
    serve_link_end(link, 1008, "one UUID of 16 bytes begins a call");
    return;
  }
  for (int i = 0; i < 16; i++) snprintf(id + 2 + 2 * i, 3, "%02x", bytes[i]);
  serve_conversation *c = serve_conversation_unfed(link->server, id);
  if (c) serve_link_follow(link, c, 0);
  else serve_link_end(link, 1008, "no conversation of this UUID waits for a caller");
}

static void take_part(serve_link *link, int kind, const uint8_t *bytes, size_t count) {
  if (kind == UUID) take_uuid(link, bytes, count);
  else if (kind == HANG_UP || kind == FAULT) serve_link_end(link, 1000, "hung up");
  else if (kind >= SLIN && kind <= SLIN_LAST) {
    if (!link->conversation) serve_link_end(link, 1008, "the UUID comes first");
    else serve_link_fed(link, serve_live_feed_sound(link->conversation->live, 0, bytes, count, NAN));
  } /* DTMF, and what later versions may send, says nothing of a voice */
}

static void binary(serve_link *link, const uint8_t *bytes, size_t count) {
  asterisk *a = link->state;
  while (count && !link->closing) {
    if (a->got < HEADER) {
      a->head[a->got++] = *bytes++;
      count--;
      if (a->got < HEADER) continue;
      a->length = (size_t)a->head[1] << 8 | a->head[2];
      base_text_reset(&a->part);
    }
    size_t want = a->length - a->part.length, some = BASE_MIN(want, count);
    if (some) base_text_add(&a->part, (const char *)bytes, some);
    if (a->part.failed) serve_link_end(link, 1011, "out of memory");
    bytes += some;
    count -= some;
    if (a->part.length < a->length) return;
    take_part(link, a->head[0], (const uint8_t *)(a->part.data ? a->part.data : ""), a->length);
    a->got = 0;
  }
}

static void close_door(serve_link *link) {
  base_text_clear(&((asterisk *)link->state)->part);
  if (link->conversation) serve_live_finish(link->conversation->live);
}

const serve_door serve_door_asterisk = {.name = "audiosocket", .state_bytes = sizeof(asterisk), .open = open_door, .binary = binary,
                                        .close = close_door};
