/* raw: what a reading was made of, before calibration. For training (`mien features voice --model`
 * writes it, train/voice_calibrate.py reads it) and for nothing else. */
#ifndef VOICE_RAW_H
#define VOICE_RAW_H

#include "voice/model.h"

typedef struct voice_raw {
  float logits[VOICE_CLASSES]; /* without the cues' part          */
  float networks[VOICE_CLASSES]; /* of those, the networks' alone, their mean */
  float functionals[VOICE_FUNCTIONALS];
  float cues[VOICE_CUES];      /* in their units; NAN: not known  */
  float voiced;                /* seconds                         */
  float chance;                /* mean chance of speech, 0…1      */
} voice_raw;

/* Of the reading that voice_stream_next gave last. */
void voice_stream_raw(const voice_stream *stream, voice_raw *raw);

#endif
