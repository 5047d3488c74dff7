/* perceptron.c: the forward pass of a perceptron. */
#include "voice/perceptron.h"

size_t voice_judge_scratch(const voice_model *m) {
  size_t need = 16;
  for (int i = 0; i < m->perceptron_count; i++) {
    const voice_perceptron *p = &m->perceptrons[i];
    const nn_tensor *weights[] = {&p->hidden[0].weight, &p->hidden[1].weight, &p->classes.weight,
                                  &p->dims.weight};
    for (size_t k = 0; k < BASE_COUNT(weights); k++)
      need = BASE_MAX(need, nn_linear_scratch(weights[k], 1));
  }
  return need;
}

int voice_judge_open(voice_judge *j, const voice_model *m) {
  j->model = m;
  j->scratch = base_alloc_aligned(voice_judge_scratch(m) * sizeof(float));
  return j->scratch ? MIEN_OK : MIEN_ENOMEM;
}

void voice_judge_close(voice_judge *j) {
  base_free_aligned(j->scratch);
  j->scratch = NULL;
}

void voice_judge_hidden(voice_judge *j, int which, const float functionals[VOICE_FUNCTIONALS],
                        float hidden[VOICE_HIDDEN1]) {
  const voice_model *m = j->model;
  const voice_perceptron *p = &m->perceptrons[which];
  float x[VOICE_FUNCTIONALS], first[VOICE_HIDDEN0];
  for (int i = 0; i < VOICE_FUNCTIONALS; i++) {
    float z = (functionals[i] - m->functional_mean[i]) * m->functional_scale[i];
    x[i] = BASE_CLAMP(z, -4.0f, 4.0f);
  }
  nn_linear(&p->hidden[0].weight, &p->hidden[0].bias, NN_RELU, x, 1, first, j->scratch);
  nn_linear(&p->hidden[1].weight, &p->hidden[1].bias, NN_RELU, first, 1, hidden, j->scratch);
}

void voice_judge_read(voice_judge *j, int which, const float functionals[VOICE_FUNCTIONALS],
                      float logits[VOICE_CLASSES], float dims[MIEN_DIMS]) {
  const voice_perceptron *p = &j->model->perceptrons[which];
  float second[VOICE_HIDDEN1];
  voice_judge_hidden(j, which, functionals, second);
  nn_linear(&p->classes.weight, &p->classes.bias, NN_NONE, second, 1, logits, j->scratch);
  nn_linear(&p->dims.weight, &p->dims.bias, NN_TANH, second, 1, dims, j->scratch);
}
