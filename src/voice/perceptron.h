/* perceptron: the networks over the functionals of an utterance. */
#ifndef VOICE_PERCEPTRON_H
#define VOICE_PERCEPTRON_H

#include "voice/model.h"

typedef struct voice_judge {
  const voice_model *model;
  float *scratch;
} voice_judge;

size_t voice_judge_scratch(const voice_model *model); /* floats */
int voice_judge_open(voice_judge *judge, const voice_model *model);
void voice_judge_close(voice_judge *judge);
/* Its last hidden layer. */
void voice_judge_hidden(voice_judge *judge, int which, const float functionals[VOICE_FUNCTIONALS],
                        float hidden[VOICE_HIDDEN1]);
/* What perceptron `which` says: class logits without the cues, dims -1…1. */
void voice_judge_read(voice_judge *judge, int which, const float functionals[VOICE_FUNCTIONALS],
                      float logits[VOICE_CLASSES], float dims[MIEN_DIMS]);

#endif
