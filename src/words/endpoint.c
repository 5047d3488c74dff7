/* endpoint.c: energy over a running noise floor, with hysteresis. An utterance ends after 0.6 s of
 * quiet; after 10 s already at a breath of 0.2 s; after 15 s in any case. */
#include "words/endpoint.h"

#include <math.h>

static const float above = 9;      /* dB over the floor that count as loud */
static const float deaf = -55;     /* dBFS: quieter is never speech */
static const float rise = 0.01f;   /* dB a frame that the floor drifts up: 1 dB a second */

void endpoint_init(endpoint *e) {
  *e = (endpoint){.floor = -60};
}

static float loudness(const int16_t *frame) {
  double sum = 0, mean = 0;
  for (int i = 0; i < ENDPOINT_FRAME; i++) {
    sum += (double)frame[i] * frame[i];
    mean += frame[i];
  }
  mean /= ENDPOINT_FRAME;
  double power = sum / ENDPOINT_FRAME - mean * mean;
  return (float)(10 * log10(power / (32768.0 * 32768.0) + 1e-10));
}

int endpoint_step(endpoint *e, const int16_t *frame) {
  float level = loudness(frame);
  if (!e->settled) e->floor = level;
  e->settled = true;
  if (level < e->floor) e->floor += 0.1f * (level - e->floor);
  else e->floor += e->speaking ? 0.3f * rise : rise;
  if (e->floor < -80) e->floor = -80;
  bool loud = level > e->floor + above && level > deaf;
  e->recent = e->recent << 1 | loud;
  e->quiet = loud ? 0 : e->quiet + 1;
  if (!e->speaking) {
    if (__builtin_popcount(e->recent & 0xff) < 5) return ENDPOINT_NOTHING;
    e->speaking = true;
    e->length = ENDPOINT_LEAD;
    return ENDPOINT_BEGINS;
  }
  e->length++;
  if (e->quiet < 60 && !(e->length > 1000 && e->quiet >= 20) && e->length < 1500)
    return ENDPOINT_GOES_ON;
  e->speaking = false;
  e->recent = 0;
  return ENDPOINT_ENDS;
}
