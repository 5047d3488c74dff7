/* cry: an infant's crying, in bouts. A bout begins when the chance of it, smoothed over half a second, is high, and
 * ends when it has been low for a second. Heard once it has gone on for a second. */
#ifndef VOICE_CRY_H
#define VOICE_CRY_H

#include "voice/detector.h"

enum { VOICE_CRY_NONE, VOICE_CRY_GOES_ON, VOICE_CRY_ENDED };

typedef struct voice_cry {
  voice_listener listener;
  bool hears;           /* the model has a detector for it */
  bool crying, told;
  float smooth, sum;    /* 0…1; of the chances since the bout began */
  int64_t start, heard; /* frame of the first crying, of the last */
  int64_t next;         /* frame at which it is told of again */
} voice_cry;

void voice_cry_init(voice_cry *cry, const voice_model *model); /* `listener.scratch` is the caller's */
void voice_cry_restart(voice_cry *cry);
/* GOES_ON once a second while it cries, ENDED when a bout that was told of has ended. */
int voice_cry_read(voice_cry *cry, const float frame[VOICE_FEATURES], int64_t at);
int voice_cry_finish(voice_cry *cry); /* the sound ends here */
float voice_cry_chance(const voice_cry *cry); /* mean of the bout, 0…1 */

#endif
