/* cry.c: chances of crying to bouts. */
#include "voice/cry.h"

#define BEGINS 0.7f  /* smoothed chance at which a bout begins */
#define GOES_ON 0.4f /* above which it goes on */
#define FOLLOW 0.03f /* of the smoothing, a frame: about a third of a second */

enum { LEAST = 100, EVERY = 100, PAUSE = 100 /* frames */ };

void voice_cry_init(voice_cry *c, const voice_model *model) {
  c->hears = model->hears_cries;
  if (c->hears) voice_listener_init(&c->listener, &model->cry);
  voice_cry_restart(c);
}

void voice_cry_restart(voice_cry *c) {
  if (c->hears) voice_listener_restart(&c->listener);
  c->crying = c->told = false;
  c->smooth = c->sum = 0.0f;
  c->start = c->heard = c->next = 0;
}

float voice_cry_chance(const voice_cry *c) {
  return BASE_CLAMP(c->sum / (float)BASE_MAX(c->heard - c->start + 1, 1), 0.0f, 1.0f);
}

static int end(voice_cry *c) {
  bool told = c->told;
  c->crying = c->told = false;
  return told ? VOICE_CRY_ENDED : VOICE_CRY_NONE;
}

int voice_cry_read(voice_cry *c, const float frame[VOICE_FEATURES], int64_t at) {
  if (!c->hears) return VOICE_CRY_NONE;
  float chance = voice_listener_read(&c->listener, frame);
  c->smooth += FOLLOW * (chance - c->smooth);
  if (!c->crying && c->smooth > BEGINS) {
    c->crying = true;
    c->start = BASE_MAX(at - (int64_t)(1 / FOLLOW), 0);
    c->sum = c->smooth * (float)(at - c->start);
    c->next = at + LEAST - (at - c->start);
  }
  if (!c->crying) return VOICE_CRY_NONE;
  if (c->smooth > GOES_ON) {
    c->sum += c->smooth;
    c->heard = at;
  } else if (at - c->heard >= PAUSE) {
    return end(c);
  }
  if (at < c->next) return VOICE_CRY_NONE;
  c->next = at + EVERY;
  c->told = true;
  return VOICE_CRY_GOES_ON;
}

int voice_cry_finish(voice_cry *c) { return c->crying ? end(c) : VOICE_CRY_NONE; }
