/* g711.c: µ-law and A-law by the formulas of ITU-T G.711 (1988), tables computed once. Any thread. */
#include "media/g711.h"

#include <pthread.h>

static float ulaw[256], alaw[256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static int ulaw_value(uint8_t byte) {
  byte = (uint8_t)~byte;
  int segment = byte >> 4 & 7, step = byte & 15;
  int size = ((step << 3) + 0x84) << segment;
  return byte & 0x80 ? 0x84 - size : size - 0x84;
}

static int alaw_value(uint8_t byte) {
  byte ^= 0x55;
  int segment = byte >> 4 & 7, size = (byte & 15) << 4;
  size = segment ? (size + 0x108) << (segment - 1) : size + 8;
  return byte & 0x80 ? size : -size;
}

static void fill_tables(void) {
  for (int i = 0; i < 256; i++) {
    ulaw[i] = (float)ulaw_value((uint8_t)i) / 32768.0f;
    alaw[i] = (float)alaw_value((uint8_t)i) / 32768.0f;
  }
}

const float *media_ulaw_table(void) {
  pthread_once(&once, fill_tables);
  return ulaw;
}

const float *media_alaw_table(void) {
  pthread_once(&once, fill_tables);
  return alaw;
}

void media_ulaw_decode(const uint8_t *bytes, size_t count, float *pcm) {
  const float *table = media_ulaw_table();
  for (size_t i = 0; i < count; i++) pcm[i] = table[bytes[i]];
}

void media_alaw_decode(const uint8_t *bytes, size_t count, float *pcm) {
  const float *table = media_alaw_table();
  for (size_t i = 0; i < count; i++) pcm[i] = table[bytes[i]];
}

uint8_t media_ulaw_encode(int16_t sample) {
  int sign = sample < 0 ? 0x80 : 0, size = sample < 0 ? -(int)sample : sample;
  size = (size > 32635 ? 32635 : size) + 0x84;
  int segment = 7;
  for (int bit = 0x4000; segment > 0 && !(size & bit); bit >>= 1) segment--;
  return (uint8_t)~(sign | segment << 4 | (size >> (segment + 3) & 15));
}

uint8_t media_alaw_encode(int16_t sample) {
  int sign = sample >= 0 ? 0x80 : 0, size = sample < 0 ? -(int)sample - 1 : sample;
  int segment = 7;
  for (int bit = 0x4000; segment > 0 && !(size & bit); bit >>= 1) segment--;
  int step = segment ? size >> (segment + 3) & 15 : size >> 4 & 15;
  return (uint8_t)((sign | segment << 4 | step) ^ 0x55);
}
