#include "body/cover.h"

enum { UPPER = 4 /* rows of cells: forehead and eyes */, SMALLEST = 10 /* pixels, a box to judge */ };
#define LEARN 1.0     /* s before it is known how a face looks                     */
#define MEMORY 6.0    /* s, of that                                                */
#define HOLD 0.3      /* s that a hand must stay                                   */
#define ENTRY 0.8     /* s: it must have moved beside the head that short before   */
#define TURN 12.f     /* degrees from the usual pose, about any axis               */
#define RELEARN 20.0  /* s: what covers it for longer is how it looks now          */
#define LEAST 0.12f   /* share of the lower face                                   */
#define MOST_ABOVE .2f /* share of the upper cells that may differ: it is not the light */

void body_cover_init(body_cover *cover) {
  *cover = (body_cover){.since = (double)NAN, .moved = (double)NAN};
}

/* Means of the cells, less the mean of the upper ones and over their deviation, so that light and
 * contrast do not matter and a hand below does not change what is above. */
static bool cells_of(const body_small *small, const float box[4], float cells[BODY_CELLS][BODY_CELLS]) {
  float width = box[2] - box[0], height = box[3] - box[1], sum = 0, squares = 0;
  if (!(width >= SMALLEST && height >= SMALLEST && box[0] >= 0 && box[1] >= 0 &&
        box[2] <= (float)small->width && box[3] <= (float)small->height))
    return false;
  for (int j = 0; j < BODY_CELLS; j++) {
    int y0 = (int)(box[1] + height * (float)j / BODY_CELLS);
    int y1 = BASE_CLAMP((int)ceilf(box[1] + height * (float)(j + 1) / BODY_CELLS), y0 + 1, small->height);
    for (int i = 0; i < BODY_CELLS; i++) {
      int x0 = (int)(box[0] + width * (float)i / BODY_CELLS), total = 0;
      int x1 = BASE_CLAMP((int)ceilf(box[0] + width * (float)(i + 1) / BODY_CELLS), x0 + 1, small->width);
      for (int y = y0; y < y1; y++)
        for (int x = x0; x < x1; x++) total += small->pixels[y * small->width + x];
      cells[j][i] = (float)total / (float)((y1 - y0) * (x1 - x0));
      if (j < UPPER) sum += cells[j][i], squares += cells[j][i] * cells[j][i];
    }
  }
  float count = UPPER * BODY_CELLS, mean = sum / count;
  float deviation = sqrtf(BASE_MAX(squares / count - mean * mean, 0.f));
  if (deviation < 3) return false; /* grey levels: too dark or too flat to be a face */
  for (int j = 0; j < BODY_CELLS; j++)
    for (int i = 0; i < BODY_CELLS; i++) cells[j][i] = (cells[j][i] - mean) / deviation;
  return true;
}

static void learn(body_cover *cover, float cells[BODY_CELLS][BODY_CELLS], const body_head *head,
                  double passed) {
  bool first = cover->learned <= 0;
  float gain = first ? 1 : (float)(passed / BASE_MIN(MEMORY, cover->learned + passed));
  for (int j = 0; j < BODY_CELLS; j++)
    for (int i = 0; i < BODY_CELLS; i++) {
      float off = cells[j][i] - cover->usual[j][i];
      cover->usual[j][i] += gain * off;
      cover->varies[j][i] += first ? 0 : gain * (fabsf(off) - cover->varies[j][i]);
    }
  cover->yaw += gain * (head->yaw - cover->yaw);
  cover->pitch += gain * (head->pitch - cover->pitch);
  cover->roll += gain * (head->roll - cover->roll);
  cover->learned += BASE_MAX(passed, 1e-3);
}

void body_cover_add(body_cover *cover, const body_small *small, const float box[4],
                    const body_head *head, bool beside, double passed, double at) {
  float cells[BODY_CELLS][BODY_CELLS];
  if (beside) cover->moved = at;
  if (!cells_of(small, box, cells)) return;
  int above = 0, below = 0;
  for (int j = 0; j < BODY_CELLS; j++)
    for (int i = 0; i < BODY_CELLS; i++) {
      float off = fabsf(cells[j][i] - cover->usual[j][i]);
      if (!(off > .6f + 3 * cover->varies[j][i])) continue;
      if (j < UPPER) above++;
      else below++;
    }
  bool turned = fabsf(head->yaw - cover->yaw) > TURN || fabsf(head->pitch - cover->pitch) > TURN ||
                fabsf(head->roll - cover->roll) > TURN;
  float share = (float)below / ((BODY_CELLS - UPPER) * BODY_CELLS);
  bool differs = cover->learned >= LEARN && !turned && share >= LEAST &&
                 (float)above <= MOST_ABOVE * UPPER * BODY_CELLS;
  bool came = !isnan(cover->since) || at - cover->moved <= ENTRY; /* NAN: false */
  cover->covered = false, cover->share = 0;
  if (differs && came) {
    if (isnan(cover->since)) cover->since = at;
    if (at - cover->since <= RELEARN) {
      cover->covered = at - cover->since >= HOLD;
      cover->share = share;
      return;
    }
  }
  cover->since = (double)NAN;
  if (!turned || cover->learned < LEARN) learn(cover, cells, head, passed);
  else cover->learned = BASE_MAX(cover->learned - passed, 0.0); /* a new usual pose, in time */
}
