#include "body/person.h"

#include <stdio.h>

#define SMALLEST 10.f      /* pixels of the small copy: a head to measure movement by           */
#define GOOD 24.f          /* pixels: from here on its size costs no quality                    */
#define TILT 10.f          /* degrees from the usual                                            */
#define LEAN .08f          /* of the head's size: at an arm's length, 5 cm                      */
#define HOLD .5            /* s that a posture is held                                          */
#define TILT_PRIOR 5.0     /* s of an upright head that the usual begins with                   */
#define USUAL 30.0         /* s, memory of the usual posture                                    */
#define GESTURE .06f       /* heads a second, root mean square: less is no gesture              */
#define SWAY .1f           /* heads a second, of the whole upper body or of the head            */
#define RESTLESS 10.0      /* s                                                                 */
#define STILLNESS 3.0      /* s                                                                 */
#define LEAST_VISIBLE .25f /* of the upper body's place                                         */

/* The upper body's place below the chin, in heights of the head's box. */
#define HALF_WIDTH 1.6f
#define DEPTH 2.4f

static float height_of(const body_head *head) { return head->y1 - head->y0; }

void body_person_init(body_person *person, const body_head *head, double at) {
  *person = (body_person){.track = head->track, .begun = at, .seen = at, .head = *head};
  body_swing_init(&person->pitch);
  body_swing_init(&person->yaw);
  body_cover_init(&person->cover);
  person->tilt.since = person->lean.since = (double)NAN;
  person->tilt.known = TILT_PRIOR;
  person->covered_from = person->covered_to = (double)NAN;
  person->gesture_from = person->gesture_to = (double)NAN;
  person->moved_at = at;
}

/* ---- Posture --------------------------------------------------------------------------------- */

/* What is held moves the usual a tenth as fast, so that a new way to sit becomes usual in time. */
static void hold(body_hold *hold, float value, float least, double passed, double at) {
  float away = value - hold->usual;
  int way = 0;
  if (hold->known >= 1) way = away >= least ? 1 : away <= -least ? -1 : 0;
  if (hold->way && !way && (float)hold->way * away > .7f * least) way = hold->way;
  double gain = passed / BASE_MIN(USUAL, hold->known + passed);
  if (hold->known <= 0) gain = 1;
  if (way != hold->way) hold->since = way ? at : (double)NAN, hold->held = away;
  hold->way = way;
  if (way) hold->held += .2f * (away - hold->held);
  hold->usual += (float)(way ? gain / 10 : gain) * away;
  hold->known = BASE_MIN(hold->known + passed, USUAL);
}

static void keep(body_swings *kept, const body_swings *found) {
  if (!kept->count) {
    *kept = *found;
    return;
  }
  float all = (float)(kept->count + found->count);
  kept->size = (kept->size * (float)kept->count + found->size * (float)found->count) / all;
  kept->count += found->count;
  kept->t1 = found->t1;
}

enum { NOD = 2, SHAKE = 3 }; /* least swings: a glance to a side and back is no shake */

void body_person_see(body_person *person, const body_head *head, const body_small *small, double at) {
  double passed = BASE_CLAMP(at - person->seen, 0.0, BODY_GAP);
  body_swings found;
  if (body_swing_add(&person->pitch, at, head->pitch, head->yaw, -person->along_y, NOD, &found))
    keep(&person->nods, &found);
  if (body_swing_add(&person->yaw, at, head->yaw, head->pitch, person->along_x, SHAKE, &found))
    keep(&person->shakes, &found);
  hold(&person->tilt, head->roll, TILT, passed, at);
  hold(&person->lean, logf(head->scale), LEAN, passed, at);
  float box[4] = {head->x0, head->y0, head->x1, head->y1};
  body_cover_add(&person->cover, small, box, head, person->beside, passed, at);
  if (person->cover.covered) {
    if (isnan(person->covered_from)) person->covered_from = person->cover.since;
    person->covered_to = at;
    person->covered_share = BASE_MAX(person->covered_share, person->cover.share);
  }
  person->head = *head;
  person->seen = at;
}

/* ---- Movement -------------------------------------------------------------------------------- */

void body_person_regions(const body_person *person, const body_flow *flow, uint8_t *own) {
  const body_head *head = &person->head;
  float height = height_of(head), width = head->x1 - head->x0, middle = .5f * (head->x0 + head->x1);
  for (int j = 0; j < flow->down; j++)
    for (int i = 0; i < flow->across; i++) {
      float x = ((float)i + .5f) * BODY_BLOCK, y = ((float)j + .5f) * BODY_BLOCK;
      bool inside = x >= head->x0 && x <= head->x1 && y >= head->y0 && y <= head->y1;
      uint8_t bits = inside ? BODY_HEAD : 0;
      if (!inside && y > head->y1 && y < head->y1 + DEPTH * height &&
          fabsf(x - middle) < HALF_WIDTH * height)
        bits |= BODY_BELOW;
      if (!inside && fabsf(x - middle) < 1.1f * width && y > .5f * (head->y0 + head->y1) &&
          y < head->y1 + .6f * height)
        bits |= BODY_BESIDE;
      own[j * flow->across + i] = bits;
    }
}

void body_person_move(body_person *person, const body_flow *flow, const uint8_t *own, double passed,
                      double at) {
  float height = height_of(&person->head), x, y, speed = 0, squares = 0;
  float unit = height * (float)passed; /* pixels to heads a second */
  int below = 0, beside = 0, blocks = flow->across * flow->down;
  person->beside = false;
  person->visible = 0;
  if (height < SMALLEST || !(passed > 0)) return;
  if (body_flow_median(flow, own, BODY_HEAD, 3, &x, &y)) {
    person->along_x += x / height, person->along_y += y / height;
    speed = BASE_MAX(hypotf(x, y) - flow->unsure, 0.f) / unit;
  }
  bool whole = body_flow_median(flow, own, BODY_BELOW, 4, &x, &y);
  if (!whole) x = y = 0;
  for (int i = 0; i < blocks; i++) {
    float moved = own[i] ? body_flow_squares(flow, &flow->blocks[i], 0, 0) : 0;
    if (own[i] & BODY_BESIDE) beside += moved > 0 || (flow->blocks[i].changed && !flow->blocks[i].known);
    if (!(own[i] & BODY_BELOW)) continue;
    below++;
    squares += body_flow_squares(flow, &flow->blocks[i], x, y);
  }
  person->beside = beside >= 2;
  float place = 2 * HALF_WIDTH * DEPTH * height * height / (BODY_BLOCK * BODY_BLOCK);
  person->visible = BASE_MIN((float)below / place, 1.f);
  float gesture = 0;
  if (person->visible >= LEAST_VISIBLE) {
    gesture = sqrtf(squares / (float)below) / unit;
    person->squares += passed * (double)(gesture * gesture);
    person->seconds += passed;
  }
  if (gesture > GESTURE) {
    if (isnan(person->gesture_from)) person->gesture_from = BASE_MAX(at - passed, person->begun);
    person->gesture_to = at;
  }
  float sway = BASE_MAX(hypotf(x, y) - flow->unsure, 0.f) / unit;
  bool moves = gesture > GESTURE || speed > SWAY || sway > SWAY;
  if (moves) person->moved_at = at;
  person->measured += passed;
  person->moving += (float)(passed / BASE_MIN(RESTLESS, person->measured)) *
                    ((moves ? 1.f : 0.f) - person->moving);
}

/* ---- Cues ------------------------------------------------------------------------------------ */

static mien_cue *add(mien_reading *reading, mien_cue *cues, const char *kind, const char *unit,
                     float value, double t0, double t1) {
  mien_cue *cue = &cues[reading->cue_count++];
  *cue = (mien_cue){.t0 = t0, .t1 = t1, .value = value, .z = NAN, .weight = NAN, .toward = -1,
                    .at = -1};
  snprintf(cue->kind, sizeof cue->kind, "%s", kind);
  snprintf(cue->unit, sizeof cue->unit, "%s", unit);
  return cue;
}
#define SAY(cue, ...) snprintf((cue)->text, sizeof(cue)->text, __VA_ARGS__)

static void add_swings(const body_person *person, mien_reading *reading, mien_cue *cues) {
  const body_swings *nods = &person->nods, *shakes = &person->shakes;
  if (nods->count) {
    int times = (nods->count + 1) / 2;
    SAY(add(reading, cues, "nod", "deg", nods->size, nods->t0, nods->t1), "%d nod%s of %.0f degrees", times,
        times > 1 ? "s" : "", (double)nods->size);
  }
  if (shakes->count)
    SAY(add(reading, cues, "head_shake", "deg", shakes->size, shakes->t0, shakes->t1),
        "head shaken, %d times by %.0f degrees", shakes->count, (double)shakes->size);
}

static void add_postures(const body_person *person, mien_reading *reading, mien_cue *cues) {
  double at = person->seen;
  if (person->tilt.way && at - person->tilt.since >= HOLD)
    SAY(add(reading, cues, "head_tilt", "deg", person->tilt.held, person->tilt.since, at),
        "head tilted %s by %.0f degrees", person->tilt.held > 0 ? "clockwise" : "anticlockwise",
        fabs((double)person->tilt.held));
  if (person->lean.way && at - person->lean.since >= HOLD) {
    bool in = person->lean.way > 0;
    float size = 100 * fabsf(expf(person->lean.held) - 1);
    SAY(add(reading, cues, in ? "lean_in" : "lean_out", "%", size, person->lean.since, at),
        "leaning %s: the head %.0f %% %s than usual", in ? "in" : "out", (double)size,
        in ? "larger" : "smaller");
  }
}

static void add_movement(const body_person *person, mien_reading *reading, mien_cue *cues) {
  double at = person->seen;
  if (person->seconds > 0) {
    float gesture = (float)sqrt(person->squares / person->seconds);
    bool some = gesture > GESTURE && !isnan(person->gesture_from);
    mien_cue *cue = add(reading, cues, "gesture", "head/s", gesture,
                        some ? person->gesture_from : person->begun, some ? person->gesture_to : at);
    if (some) SAY(cue, "gestures, %.1f heads a second", (double)gesture);
    else SAY(cue, "hands and shoulders quiet");
    /* Quantity of motion tells arousal (Camurri, Lagerlof & Volpe 2003); the line is chosen. */
    reading->dims[MIEN_AROUSAL] = -.2f + gesture / (gesture + .3f);
  }
  if (person->measured >= RESTLESS)
    SAY(add(reading, cues, "restlessness", "share", person->moving, at - RESTLESS, at),
        "moving %.0f %% of the last 10 s", 100 * (double)person->moving);
  if (person->measured >= STILLNESS && at - person->moved_at >= STILLNESS)
    SAY(add(reading, cues, "stillness", "s", (float)(at - person->moved_at), person->moved_at, at),
        "still for %.0f s", at - person->moved_at);
  if (!isnan(person->covered_from))
    SAY(add(reading, cues, "hand_to_face", "share", person->covered_share, person->covered_from,
            person->covered_to),
        "something before the lower face, %.0f %% of it", 100 * (double)person->covered_share);
}

void body_person_read(body_person *person, bool ended, mien_reading *reading,
                      mien_cue cues[BODY_CUES]) {
  body_swings found;
  if (ended && body_swing_end(&person->pitch, NOD, &found)) keep(&person->nods, &found);
  if (ended && body_swing_end(&person->yaw, SHAKE, &found)) keep(&person->shakes, &found);
  base_reading_init(reading, MIEN_BODY);
  reading->track = person->track;
  reading->final = 1;
  reading->t0 = person->begun, reading->t1 = person->seen;
  reading->cues = cues;
  for (int k = 0; k < MIEN_CORE; k++) reading->core[k] = 1.f / MIEN_CORE;
  reading->set = (1u << MIEN_CORE) - 1;
  reading->confidence = 1.f / MIEN_CORE;
  float height = height_of(&person->head);
  reading->abstain = height < SMALLEST ? "head too small for movement" : "movement alone names no label";
  float size = BASE_CLAMP(height / GOOD, 0.f, 1.f);
  reading->quality = size * (.5f + .5f * person->visible);
  if (height >= SMALLEST) {
    add_swings(person, reading, cues);
    add_postures(person, reading, cues);
    add_movement(person, reading, cues);
  }
  person->nods.count = person->shakes.count = 0;
  person->covered_from = person->covered_to = (double)NAN;
  person->covered_share = 0;
  person->gesture_from = person->gesture_to = (double)NAN;
  person->squares = person->seconds = 0;
}
