/* sound.c: a live stream's bytes to mono at 16 kHz. libswresample resamples; we keep the clock. */
#include "serve/doors/sound.h"

#include <libavutil/channel_layout.h>
#include <libswresample/swresample.h>

#include "media/g711.h"

enum { BLOCK = 1600 /* samples a channel given out at once */ };
static const double clock_slack = 0.1; /* seconds the sender's clock may stray from the samples */

struct serve_sound {
  serve_sound_format format;
  SwrContext *resampler; /* NULL at 16 kHz */
  double anchor;         /* seconds: time of the first sample since the stream began (anew); NAN before */
  long long taken, given; /* samples a channel since then, of the source and at 16 kHz */
  float in[SERVE_CHANNELS][BLOCK], out[SERVE_CHANNELS][BLOCK];
};

static const struct {
  const char *name;
  size_t bytes;
} codings[SERVE_CODINGS] = {{"pcm_s16le", 2}, {"pcm_f32le", 4}, {"mulaw", 1}, {"alaw", 1}};

int serve_coding_named(const char *name) {
  for (int i = 0; i < SERVE_CODINGS; i++)
    if (name && !strcmp(name, codings[i].name)) return i;
  return -1;
}

const char *serve_coding_name(int coding) {
  return coding >= 0 && coding < SERVE_CODINGS ? codings[coding].name : NULL;
}

size_t serve_coding_bytes(int coding) {
  return coding >= 0 && coding < SERVE_CODINGS ? codings[coding].bytes : 0;
}

int serve_sound_format_check(const serve_sound_format *format, const char *where, mien_error *error) {
  const char *remedy = "send pcm_s16le, pcm_f32le, mulaw or alaw, at 8000 to 96000 Hz, with one or two channels";
  if (!serve_coding_bytes(format->coding))
    return base_error_set(error, MIEN_EUNSUPPORTED, where, remedy, "this coding of sound is not known");
  if (format->rate < 8000 || format->rate > 96000)
    return base_error_set(error, MIEN_EUNSUPPORTED, where, remedy, "%d Hz is no rate that can be read", format->rate);
  if (format->channels < 1 || format->channels > SERVE_CHANNELS)
    return base_error_set(error, MIEN_EUNSUPPORTED, where, remedy, "%d channels in one stream", format->channels);
  return MIEN_OK;
}

static int resampler_begin(serve_sound *sound) {
  AVChannelLayout layout;
  av_channel_layout_default(&layout, sound->format.channels);
  swr_free(&sound->resampler);
  if (swr_alloc_set_opts2(&sound->resampler, &layout, AV_SAMPLE_FMT_FLTP, SERVE_RATE, &layout, AV_SAMPLE_FMT_FLTP,
                          sound->format.rate, 0, NULL) < 0 || swr_init(sound->resampler) < 0) {
    swr_free(&sound->resampler);
    return MIEN_ENOMEM;
  }
  return MIEN_OK;
}

int serve_sound_open(serve_sound **opened, const serve_sound_format *format, mien_error *error) {
  *opened = NULL;
  int code = serve_sound_format_check(format, "audio", error);
  if (code) return code;
  serve_sound *sound = base_alloc(1, sizeof *sound);
  if (!sound) return base_error_set(error, MIEN_ENOMEM, "audio", "", "out of memory");
  sound->format = *format;
  sound->anchor = NAN;
  if (format->rate != SERVE_RATE && resampler_begin(sound)) {
    serve_sound_close(&sound);
    return base_error_set(error, MIEN_ENOMEM, "audio", "", "out of memory for the resampler");
  }
  *opened = sound;
  return MIEN_OK;
}

void serve_sound_close(serve_sound **sound) {
  if (!*sound) return;
  swr_free(&(*sound)->resampler);
  base_free(*sound);
  *sound = NULL;
}

/* One channel of a block of the wire's bytes to floats. Not finite ones stay: the engine reads and counts them. */
static void decode_s16le(float *to, const uint8_t *bytes, size_t samples, size_t step) {
  for (size_t i = 0; i < samples; i++, bytes += step) to[i] = (float)(int16_t)(uint16_t)(bytes[0] | bytes[1] << 8) / 32768.0f;
}

static void decode_f32le(float *to, const uint8_t *bytes, size_t samples, size_t step) {
  for (size_t i = 0; i < samples; i++, bytes += step) {
    uint32_t word = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
    memcpy(&to[i], &word, sizeof word);
  }
}

static void decode_g711(float *to, const uint8_t *bytes, size_t samples, size_t step, const float *table) {
  for (size_t i = 0; i < samples; i++, bytes += step) to[i] = table[*bytes];
}

static void decode(serve_sound *sound, const uint8_t *bytes, size_t samples) {
  const int coding = sound->format.coding;
  const size_t channels = (size_t)sound->format.channels, each = codings[coding].bytes, step = channels * each;
  for (size_t c = 0; c < channels; c++, bytes += each) {
    if (coding == SERVE_S16LE && channels == 2) decode_s16le(sound->in[c], bytes, samples, 4); /* known steps: in wide registers */
    else if (coding == SERVE_S16LE) decode_s16le(sound->in[c], bytes, samples, 2);
    else if (coding == SERVE_F32LE) decode_f32le(sound->in[c], bytes, samples, step);
    else decode_g711(sound->in[c], bytes, samples, step, coding == SERVE_MULAW ? media_ulaw_table() : media_alaw_table());
  }
}

static int give(serve_sound *sound, float *const *planes, size_t count, serve_sound_take take, void *context) {
  double at = sound->anchor + (double)sound->given / SERVE_RATE;
  sound->given += (long long)count;
  for (int c = 0; count && c < sound->format.channels; c++) {
    int code = take(context, c, planes[c], count, at);
    if (code) return code;
  }
  return MIEN_OK;
}

/* Pushes `samples` of `in` through the resampler; 0: what it holds. */
static int resample(serve_sound *sound, size_t samples, serve_sound_take take, void *context) {
  float *in[SERVE_CHANNELS] = {sound->in[0], sound->in[1]}, *out[SERVE_CHANNELS] = {sound->out[0], sound->out[1]};
  const uint8_t *from[SERVE_CHANNELS] = {(uint8_t *)in[0], (uint8_t *)in[1]};
  if (!sound->resampler) return give(sound, in, samples, take, context);
  const uint8_t **input = samples ? from : NULL;
  for (;;) {
    int got = swr_convert(sound->resampler, (uint8_t **)out, BLOCK, input, (int)samples);
    if (got < 0) return MIEN_ENOMEM;
    int code = give(sound, out, (size_t)got, take, context);
    if (code || got < BLOCK) return code;
    samples = 0; /* the rest of what was just pushed, or of the end */
  }
}

int serve_sound_feed(serve_sound *sound, const uint8_t *bytes, size_t count, double at, serve_sound_take take,
                     void *context) {
  size_t frame = codings[sound->format.coding].bytes * (size_t)sound->format.channels, frames = count / frame;
  double expected = serve_sound_until(sound);
  if (isnan(sound->anchor) || (isfinite(at) && fabs(at - expected) > clock_slack)) {
    int code = isnan(sound->anchor) ? MIEN_OK : serve_sound_finish(sound, take, context);
    if (code) return code;
    sound->anchor = isfinite(at) ? at : 0;
  }
  for (size_t done = 0; done < frames;) {
    size_t part = BASE_MIN(frames - done, (size_t)BLOCK);
    decode(sound, bytes + done * frame, part);
    sound->taken += (long long)part;
    done += part;
    int code = resample(sound, part, take, context);
    if (code) return code;
  }
  return MIEN_OK;
}

double serve_sound_until(const serve_sound *sound) {
  return sound->anchor + (double)sound->taken / sound->format.rate;
}

int serve_sound_finish(serve_sound *sound, serve_sound_take take, void *context) {
  if (isnan(sound->anchor)) return MIEN_OK;
  int code = sound->resampler ? resample(sound, 0, take, context) : MIEN_OK;
  sound->anchor += (double)sound->taken / sound->format.rate;
  sound->taken = sound->given = 0;
  if (!code && sound->resampler) code = resampler_begin(sound);
  return code;
}
