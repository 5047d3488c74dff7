/* body.c: a stream of pictures: what is taken, who is followed, when readings are given. */
#include "body/person.h"

enum { READINGS = 2 * BODY_HEADS };
#define CUT 40.f      /* grey levels of mean difference: another scene                     */
#define APART .03     /* s between pictures that are compared: less moves too little       */
#define SHORTEST .2   /* s: a shorter reading waits for the next                           */

struct body_stream {
  body_small small[2]; /* the one that pictures are compared with, and the one that is fed */
  int before;          /* which of them                                                    */
  bool compared;       /* there is one                                                     */
  double before_at;    /* s                                                                */
  int width, height;   /* of the pictures */
  double last, taken;  /* s: of the last picture, and of the last that was not the same as before */
  uint8_t latest[BODY_SIDE * BODY_SIDE]; /* small copy of the last one taken */
  body_flow flow;
  uint8_t own[BODY_HEADS][BODY_BLOCKS], inside[BODY_BLOCKS];
  body_person people[BODY_HEADS];
  int count;
  mien_reading readings[READINGS];
  mien_cue cues[READINGS][BODY_CUES];
  int ready, given;
  bool finished;
};

int body_stream_open(body_stream **stream) {
  *stream = base_alloc(1, sizeof **stream);
  if (!*stream) return MIEN_ENOMEM;
  (*stream)->last = (*stream)->taken = (double)NAN;
  (*stream)->flow.noise = -1;
  return MIEN_OK;
}

void body_stream_close(body_stream **stream) {
  base_free(*stream);
  *stream = NULL;
}

static bool give(body_stream *s, body_person *person, bool ended) {
  if (s->ready == READINGS || person->seen - person->begun < SHORTEST) return false;
  body_person_read(person, ended, &s->readings[s->ready], s->cues[s->ready]);
  s->ready++;
  return true;
}

static void end(body_stream *s, int index) {
  give(s, &s->people[index], true);
  s->count--;
  memmove(&s->people[index], &s->people[index + 1], (size_t)(s->count - index) * sizeof *s->people);
}

/* Readings that end before `at`, and those who have gone. */
static void turn_over(body_stream *s, double at) {
  for (int k = 0; k < s->count;) {
    body_person *person = &s->people[k];
    if (at - person->seen > BODY_FORGET) {
      end(s, k);
      continue;
    }
    if (floor(at / BODY_EVERY) > floor(person->begun / BODY_EVERY) && give(s, person, false))
      person->begun = at; /* of the picture that is being fed, or frozen */
    k++;
  }
}

static bool is_head(const body_head *head) {
  const float values[] = {head->x0, head->y0, head->x1, head->y1, head->scale, head->yaw, head->pitch,
                          head->roll};
  for (size_t i = 0; i < BASE_COUNT(values); i++)
    if (!(fabsf(values[i]) < 1e6f)) return false;
  return head->x1 > head->x0 && head->y1 > head->y0 && head->scale > 0;
}

/* ---- Movement -------------------------------------------------------------------------------- */

/* A block below two heads belongs to the one that it is nearer to; one that is a head to no body. */
static void share_out(body_stream *s) {
  int blocks = s->flow.across * s->flow.down;
  memset(s->inside, 0, (size_t)blocks);
  for (int k = 0; k < s->count; k++) {
    body_person_regions(&s->people[k], &s->flow, s->own[k]);
    for (int i = 0; i < blocks; i++) s->inside[i] |= s->own[k][i];
  }
  for (int i = 0; i < blocks && s->count > 1; i++) {
    float x = ((float)(i % s->flow.across) + .5f) * BODY_BLOCK, least = INFINITY;
    int nearest = -1;
    for (int k = 0; k < s->count; k++) {
      const body_head *head = &s->people[k].head;
      float far = fabsf(x - .5f * (head->x0 + head->x1)) / (head->y1 - head->y0);
      if (s->own[k][i] & BODY_BELOW && far < least) least = far, nearest = k;
    }
    for (int k = 0; k < s->count; k++)
      if (s->inside[i] & BODY_HEAD) s->own[k][i] &= BODY_HEAD;
      else if (k != nearest) s->own[k][i] &= (uint8_t)~BODY_BELOW;
  }
}

static void move(body_stream *s, double at) {
  const body_small *now = &s->small[!s->before];
  if (s->compared && at - s->before_at < APART) {
    for (int k = 0; k < s->count; k++) s->people[k].beside = false;
    return;
  }
  if (s->compared && s->count) {
    body_flow_measure(&s->flow, &s->small[s->before], now);
    share_out(s);
    body_flow_camera(&s->flow, s->inside);
    for (int k = 0; k < s->count; k++)
      body_person_move(&s->people[k], &s->flow, s->own[k], at - s->before_at, at);
  }
  s->before = !s->before;
  s->compared = true;
  s->before_at = at;
}

/* ---- Feeding --------------------------------------------------------------------------------- */

static void see(body_stream *s, const body_small *small, const body_head *heads, int count, double at,
                float scale_x, float scale_y) {
  for (int h = 0; h < count; h++) {
    if (!is_head(&heads[h])) continue;
    body_head head = heads[h];
    head.x0 *= scale_x, head.x1 *= scale_x, head.y0 *= scale_y, head.y1 *= scale_y;
    int k = 0;
    while (k < s->count && s->people[k].track != head.track) k++;
    if (k == BODY_HEADS) continue;
    if (k == s->count) body_person_init(&s->people[s->count++], &head, at);
    body_person_see(&s->people[k], &head, small, at);
  }
}

int body_stream_feed(body_stream *stream, const body_picture *picture, const body_head *heads,
                     int count, double at) {
  body_stream *s = stream;
  if (s->finished || !isfinite(at) || at < s->last || picture->width < 1 || picture->height < 1 ||
      picture->width > 16384 || picture->height > 16384)
    return MIEN_EINVAL;
  s->ready = s->given = 0;
  s->last = at;
  body_small *now = &s->small[!s->before];
  body_small_make(picture, now);
  size_t pixels = (size_t)now->width * (size_t)now->height;
  bool same_size = s->width == picture->width && s->height == picture->height;
  bool same = same_size && !isnan(s->taken) && !memcmp(s->latest, now->pixels, pixels);
  bool cut = !same_size || at - s->taken > BODY_GAP ||
             (s->compared && body_small_difference(now, &s->small[s->before]) > CUT);
  turn_over(s, at);
  if (same) return MIEN_OK; /* a frozen or doubled picture: nothing is known of this moment */
  if (cut) {
    while (s->count) end(s, 0);
    s->compared = false;
  }
  s->taken = at;
  s->width = picture->width, s->height = picture->height;
  memcpy(s->latest, now->pixels, pixels);
  move(s, at);
  const body_small *fed = s->before_at == at ? &s->small[s->before] : &s->small[!s->before];
  see(s, fed, heads, count, at, (float)fed->width / (float)picture->width,
      (float)fed->height / (float)picture->height);
  return MIEN_OK;
}

int body_stream_next(body_stream *stream, mien_reading *reading) {
  if (stream->given == stream->ready) return stream->finished ? MIEN_EEND : MIEN_EAGAIN;
  *reading = stream->readings[stream->given++];
  return MIEN_OK;
}

int body_stream_finish(body_stream *stream) {
  if (stream->finished) return MIEN_OK;
  stream->ready = stream->given = 0;
  stream->finished = true;
  while (stream->count) end(stream, 0);
  return MIEN_OK;
}

double body_stream_given_until(const body_stream *stream) {
  return floor(stream->last / BODY_EVERY) * BODY_EVERY;
}
