/* endpoint.h: where utterances begin and end, for a recogniser that wants them whole. Coarse on
 * purpose: it errs on the side of listening. voice/ has the fine one. */
#ifndef WORDS_ENDPOINT_H
#define WORDS_ENDPOINT_H

#include <stdint.h>
#include <stdbool.h>

enum { ENDPOINT_FRAME = 160 /* samples, 10 ms */, ENDPOINT_LEAD = 30 /* frames before the start */ };

typedef struct endpoint {
  float floor;      /* dB, of the noise */
  unsigned recent;  /* bit per frame, newest lowest: louder than the noise */
  int quiet;        /* frames since the last loud one */
  int length;       /* frames in the utterance */
  bool speaking;
  bool settled;     /* the floor has been set */
} endpoint;

enum { ENDPOINT_NOTHING, ENDPOINT_BEGINS, ENDPOINT_GOES_ON, ENDPOINT_ENDS };

void endpoint_init(endpoint *e);
/* One frame; returns ENDPOINT_…. After ENDS the frame belongs to no utterance. */
int endpoint_step(endpoint *e, const int16_t *frame);

#endif
