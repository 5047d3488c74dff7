#include "face/moves.h"

#include <stdio.h>

static const double LEARN = 2;     /* seconds, at least, that the neutral face is taken from        */
enum { LEARN_PICTURES = 10 };      /* and as many pictures                                          */
static const float LEAST = .004f;  /* eyes: the smallest spread: of points of a still face, on film */
static const float ENTER = 5, LEAVE = 2.5f; /* spreads: what is a movement, and where it has ended  */
static const double MICRO_MIN = .04, MICRO_MAX = .5; /* seconds                                     */
static const float ALONE = 10;     /* spreads that a movement of one picture must reach to be one    */
static const float FAST = .042f;   /* seconds between pictures: 25 a second, as time stamps round it */
static const double SPEECH = 1;    /* seconds after the lips moved in which the mouth's are speech   */
static const float HEAD_STEADY = 6;  /* degrees: a head that turns by more moves all points          */
static const float FOLLOW = 20;    /* seconds in which the neutral face follows by about a spread    */
static const float UNEVEN = .35f;  /* of the corners' sum */
static const float AWAY = 25, BACK = 18; /* degrees of yaw or pitch                                 */
static const double AWAY_FOR = 1;  /* seconds */

static const struct {
  const char *name, *what;
  bool mouth;
} UNITS[FACE_UNITS] = {
    {"au1", "inner brows up", false},      {"au2", "outer brows up", false},
    {"au4", "brows drawn down", false},    {"au6", "lower lids raised", false},
    {"au12", "corners of the mouth up", true}, {"au15", "corners of the mouth down", true},
    {"au17", "chin raised", true},         {"au20", "mouth stretched", true},
    {"au24", "lips pressed", true},        {"au25", "lips parted", true},
    {"au26", "jaw dropped", true},         {"au43", "eyes closed", false},
};

const char *face_unit_name(int unit) {
  return unit >= 0 && unit < FACE_UNITS ? UNITS[unit].name : NULL;
}

void face_moves_init(face_moves *moves, double at) {
  *moves = (face_moves){.since = at, .last = at, .parted = NAN, .blinked = NAN, .away = NAN};
  for (int k = 0; k < FACE_UNITS; k++) moves->moves[k].onset = NAN;
}

/* ---- The neutral face ------------------------------------------------------------------------ */

static float middle_of(float *values, int count) { /* median; orders the values */
  for (int i = 1; i < count; i++)
    for (int j = i; j > 0 && values[j] < values[j - 1]; j--) {
      float swap = values[j];
      values[j] = values[j - 1], values[j - 1] = swap;
    }
  return values[count / 2];
}

static void learn(face_moves *m, const float actions[FACE_ACTIONS], double at) {
  /* at high rates the first pictures are thinned, so that LEARN seconds fit */
  int slot = m->count < FACE_NEUTRAL_PICTURES
                 ? m->count
                 : (int)((unsigned)m->count * 2654435761u >> 26) % FACE_NEUTRAL_PICTURES;
  for (int k = 0; k < FACE_ACTIONS; k++) m->first[k][slot] = actions[k];
  m->count++;
  if (at - m->since < LEARN || m->count < LEARN_PICTURES) return;
  int count = BASE_MIN(m->count, (int)FACE_NEUTRAL_PICTURES);
  for (int k = 0; k < FACE_ACTIONS; k++) {
    float *v = m->first[k];
    m->neutral[k] = middle_of(v, count);
    for (int i = 0; i < count; i++) v[i] = fabsf(v[i] - m->neutral[k]);
    m->spread[k] = fmaxf(1.4826f * middle_of(v, count), LEAST); /* as of a normal distribution */
  }
  m->known = true;
}

/* A running median: a step never depends on how far off the value is. */
static void follow(face_moves *m, const float actions[FACE_ACTIONS], float step) {
  for (int k = 0; k < FACE_ACTIONS; k++) {
    float off = BASE_CLAMP((actions[k] - m->neutral[k]) / m->spread[k], -1.f, 1.f);
    m->neutral[k] += off * m->spread[k] * step / FOLLOW;
  }
}

/* ---- Cues ------------------------------------------------------------------------------------ */

static mien_cue *add(mien_cue *cues, size_t *count, const char *kind, const char *unit, float value,
                     float z, double t0, double t1) {
  mien_cue *cue = &cues[(*count)++];
  *cue = (mien_cue){.t0 = t0, .t1 = t1, .value = value, .z = BASE_CLAMP(z, -20.f, 20.f),
                    .weight = NAN, .toward = -1, .at = -1};
  snprintf(cue->kind, sizeof cue->kind, "%s", kind);
  snprintf(cue->unit, sizeof cue->unit, "%s", unit);
  return cue;
}

static bool recent(double then, double at, double within) { return at - then < within; /* NAN: no */ }

/* Whether a movement that has ended came and went too fast to be meant, and is not speech, a blink or
 * a turn of the head. */
static bool is_micro(const face_moves *m, int unit, const face_move *move, double at) {
  double lasted = at - move->onset;
  if (unit == FACE_AU43 || unit == FACE_AU25 || unit == FACE_AU26) return false;
  if (lasted > MICRO_MAX || m->step > FAST || move->turned) return false;
  if (lasted + (double)m->step < MICRO_MIN - 1e-3) return false; /* it began up to a picture earlier */
  if (move->pictures < 3 && move->apex < ALONE * m->spread[unit]) return false; /* the last is at rest */
  if (UNITS[unit].mouth && recent(m->parted, at, SPEECH)) return false;
  return UNITS[unit].mouth || !recent(m->blinked, at, lasted + .2); /* a blink takes the brows along */
}

static void say_end(face_moves *m, int unit, const face_move *move, double at, mien_cue *cues,
                    size_t *count) {
  double lasted = at - move->onset;
  float z = move->apex / m->spread[unit];
  bool micro = is_micro(m, unit, move, at), blink = unit == FACE_AU43 && lasted <= MICRO_MAX;
  const char *kind = micro ? "micro_expression" : blink ? "au45" : UNITS[unit].name;
  mien_cue *cue = add(cues, count, kind, unit == FACE_AU43 ? "" : "eyes", move->apex, z,
                      move->onset, at);
  if (blink)
    snprintf(cue->text, sizeof cue->text, "AU45 blink, %.2f s", lasted);
  else
    snprintf(cue->text, sizeof cue->text, "AU%s %s for %.2f s", UNITS[unit].name + 2,
             UNITS[unit].what, lasted);
}

static void say_on(const face_moves *m, int unit, const face_move *move, float off, double at,
                   mien_cue *cues, size_t *count) {
  float z = off / m->spread[unit];
  mien_cue *cue = add(cues, count, UNITS[unit].name, unit == FACE_AU43 ? "" : "eyes", off, z,
                      move->onset, at);
  snprintf(cue->text, sizeof cue->text, "AU%s %s by %.1f sd", UNITS[unit].name + 2,
           UNITS[unit].what, z);
}

/* With the corners of the mouth up: the part of the eyes, and how even it is. */
static void say_smile(face_moves *m, const float off[FACE_ACTIONS], double at, mien_cue *cues,
                      size_t *count) {
  const face_move *smile = &m->moves[FACE_AU12];
  if (isnan(smile->onset)) return;
  if (smile->apex_at == at) {
    m->smile_lids = off[FACE_AU6];
    m->smile_corners[0] = fmaxf(off[FACE_CORNER_RIGHT], 0);
    m->smile_corners[1] = fmaxf(off[FACE_CORNER_LEFT], 0);
  }
  if (!smile->entered || at - smile->onset <= MICRO_MAX) return;
  float eyes = m->smile_lids / m->spread[FACE_AU6];
  mien_cue *cue = add(cues, count, "smile_eyes", "eyes", m->smile_lids, eyes, smile->onset, at);
  snprintf(cue->text, sizeof cue->text, "%s",
           eyes > LEAVE ? "eyes take part in the smile" : "eyes do not take part in the smile");
  float right = m->smile_corners[0], left = m->smile_corners[1];
  float least = m->spread[FACE_CORNER_RIGHT] + m->spread[FACE_CORNER_LEFT];
  if (!(right + left > LEAVE * least)) return;
  float uneven = fabsf(right - left) / (right + left);
  cue = add(cues, count, "smile_uneven", "", uneven, fabsf(right - left) / least, smile->onset, at);
  snprintf(cue->text, sizeof cue->text, "the smile is %s", uneven < UNEVEN ? "even"
           : right > left ? "stronger on the picture's left" : "stronger on the picture's right");
}

static void say_gaze(face_moves *m, const face_pose *pose, double at, mien_cue *cues, size_t *count) {
  float turn = fmaxf(fabsf(pose->yaw), fabsf(pose->pitch));
  if (isnan(m->away) ? turn < AWAY : turn < BACK) {
    m->away = NAN;
    return;
  }
  if (isnan(m->away)) m->away = at;
  if (at - m->away < AWAY_FOR) return;
  mien_cue *cue = add(cues, count, "gaze_away", "deg", turn, NAN, m->away, at);
  snprintf(cue->text, sizeof cue->text, "face turned from the camera for %.1f s", at - m->away);
}

/* ---- Movements ------------------------------------------------------------------------------- */

static void step_move(face_moves *m, int unit, float off, const face_pose *pose, double at,
                      mien_cue *cues, size_t *count) {
  face_move *move = &m->moves[unit];
  float z = off / m->spread[unit];
  if (isnan(move->onset)) {
    if (z < LEAVE) return;
    *move = (face_move){.onset = at, .apex_at = at, .yaw = pose->yaw, .pitch = pose->pitch};
  }
  move->pictures++;
  move->turned |= fabsf(pose->yaw - move->yaw) > HEAD_STEADY || fabsf(pose->pitch - move->pitch) > HEAD_STEADY;
  if (off > move->apex) move->apex = off, move->apex_at = at;
  move->entered |= z >= ENTER;
  bool moves_lips = unit == FACE_AU25 || unit == FACE_AU26;
  if (z < LEAVE) {
    if (move->entered) say_end(m, unit, move, at, cues, count);
    if (move->entered && moves_lips) m->parted = at;
    move->onset = NAN;
  } else if (move->entered) {
    if (moves_lips) m->parted = at;
    if (unit == FACE_AU43) m->blinked = at;
    if (at - move->onset > MICRO_MAX) say_on(m, unit, move, off, at, cues, count);
  }
}

size_t face_moves_add(face_moves *m, const float actions[FACE_ACTIONS], const face_pose *pose,
                      double at, mien_cue *cues) {
  size_t count = 0;
  float step = (float)(at - m->last);
  m->last = at;
  if (!m->known) {
    learn(m, actions, at);
    return 0;
  }
  /* the longest step counts until it is half a second past */
  m->step = step > m->step ? step : m->step + (step - m->step) * BASE_CLAMP(step / .25f, 0.f, 1.f);
  float off[FACE_ACTIONS];
  for (int k = 0; k < FACE_ACTIONS; k++) off[k] = actions[k] - m->neutral[k];
  /* lips and lids first: what they do decides what the others' movements are */
  for (int unit = FACE_UNITS - 1; unit >= 0; unit--)
    step_move(m, unit, off[unit], pose, at, cues, &count);
  say_smile(m, off, at, cues, &count);
  say_gaze(m, pose, at, cues, &count);
  follow(m, actions, BASE_CLAMP(step, 0.f, 1.f));
  return count;
}
