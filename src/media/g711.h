/* g711.h: the two telephone codings, a byte a sample at 8 kHz (ITU-T G.711, 1988). */
#ifndef MEDIA_G711_H
#define MEDIA_G711_H

#include <stddef.h>
#include <stdint.h>

/* -1…1. The tables are 256 floats each, read-only. */
const float *media_ulaw_table(void);
const float *media_alaw_table(void);
void media_ulaw_decode(const uint8_t *bytes, size_t count, float *pcm);
void media_alaw_decode(const uint8_t *bytes, size_t count, float *pcm);
uint8_t media_ulaw_encode(int16_t sample);
uint8_t media_alaw_encode(int16_t sample);

#endif
