/* work: what a stream needs only while it is being fed: the FFT, the rows between the layers, scratch. Streams borrow
 * it from their model for the length of a call, so that a thousand of them on two threads need two.
 *
 * Borrowing and returning: from any thread. What is borrowed belongs to the borrower's thread. */
#ifndef VOICE_WORK_H
#define VOICE_WORK_H

#include "voice/model.h"
#include "voice/spectrum.h"

enum { VOICE_BLOCK = 128 }; /* frames that an encoder works on at once */

typedef struct voice_work {
  voice_fft *fft;
  float *scratch; /* of every layer */
  /* Rows of an encoder's block; each begins with those that the next convolution looks back to. */
  float frames[4 + VOICE_BLOCK][VOICE_FEATURES];
  float front[4 + VOICE_BLOCK / 2][VOICE_FRONT];
  float deep0[2 + VOICE_BLOCK / 4][VOICE_WIDTH];
  float deep1[4 + VOICE_BLOCK / 4][VOICE_WIDTH];
  float steps[VOICE_BLOCK / 4][VOICE_STEP];      /* convolution and GRU side by side */
  float gates[VOICE_BLOCK / 4][3 * VOICE_WIDTH]; /* the GRU's input half             */
  float out[VOICE_BLOCK / 4][VOICE_WIDTH];
  float look[VOICE_BLOCK / 4][VOICE_LOOK];
  float attention[VOICE_BLOCK / 4][VOICE_HEADS];
} voice_work;

typedef struct voice_lender voice_lender;

int voice_lender_open(voice_lender **lender);
void voice_lender_close(voice_lender **lender); /* nothing may be borrowed */

voice_work *voice_work_borrow(const voice_model *model); /* NULL: out of memory */
void voice_work_return(const voice_model *model, voice_work **work);

#endif
