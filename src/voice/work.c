/* work.c: lends working memory to streams; keeps what came back for the next. */
#include "voice/work.h"

#include <pthread.h>

#include "voice/encode.h"
#include "voice/detector.h"
#include "voice/perceptron.h"

enum { LENT = 16 /* that wait to be borrowed, at most */ };

struct voice_lender {
  pthread_mutex_t lock;
  voice_work *free[LENT];
  size_t count;
};

int voice_lender_open(voice_lender **lender) {
  *lender = base_alloc(1, sizeof **lender);
  if (!*lender) return MIEN_ENOMEM;
  pthread_mutex_init(&(*lender)->lock, NULL);
  return MIEN_OK;
}

static void work_close(voice_work **work) {
  if (!*work) return;
  voice_fft_close(&(*work)->fft);
  base_free_aligned((*work)->scratch);
  base_free_aligned(*work);
  *work = NULL;
}

static void clear(voice_lender *lender) {
  pthread_mutex_lock(&lender->lock);
  while (lender->count) work_close(&lender->free[--lender->count]);
  pthread_mutex_unlock(&lender->lock);
}

void voice_model_tidy(voice_model *model) { clear(model->lender); }

void voice_lender_close(voice_lender **lender) {
  if (!*lender) return;
  clear(*lender);
  pthread_mutex_destroy(&(*lender)->lock);
  base_free(*lender);
  *lender = NULL;
}

static voice_work *work_open(const voice_model *model) {
  voice_work *work = base_alloc_aligned(sizeof *work);
  size_t need = BASE_MAX(voice_judge_scratch(model), voice_listener_scratch(&model->speech));
  if (model->hears_cries) need = BASE_MAX(need, voice_listener_scratch(&model->cry));
  for (int i = 0; i < model->network_count; i++) need = BASE_MAX(need, voice_encoder_scratch(&model->networks[i]));
  if (work) work->scratch = base_alloc_aligned(need * sizeof(float));
  if (work && (!work->scratch || voice_fft_open(&work->fft) != MIEN_OK)) work_close(&work);
  return work;
}

voice_work *voice_work_borrow(const voice_model *model) {
  voice_lender *lender = model->lender;
  voice_work *work = NULL;
  pthread_mutex_lock(&lender->lock);
  if (lender->count) work = lender->free[--lender->count];
  pthread_mutex_unlock(&lender->lock);
  return work ? work : work_open(model);
}

void voice_work_return(const voice_model *model, voice_work **work) {
  voice_lender *lender = model->lender;
  pthread_mutex_lock(&lender->lock);
  if (*work && lender->count < LENT) {
    lender->free[lender->count++] = *work;
    *work = NULL;
  }
  pthread_mutex_unlock(&lender->lock);
  work_close(work);
}
