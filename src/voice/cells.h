/* cells: quarters of a second of sound with what tells voices apart in them: sums of the tracks over the
 * sounding and the voiced frames. speakers.c groups them; from a few of them around one comes a point in the
 * space of speakers, and the chance that two people talk at once.
 *
 * Threads: one at a time. Memory: about 0.5 kB a cell. */
#ifndef VOICE_CELLS_H
#define VOICE_CELLS_H

#include "voice/detector.h"
#include "voice/frames.h"
#include "voice/model.h"

enum { VOICE_CELL = 25,        /* frames of a cell                                                   */
       VOICE_CELL_AROUND = 3,  /* cells before and after that a cell's point is made of              */
       VOICE_CELL_GAP = 2 };   /* cells without speech that end a run: a point is of one run         */
#define VOICE_CELL_SECONDS ((double)VOICE_CELL * VOICE_HOP / VOICE_RATE)

typedef struct voice_cell {
  float count[2], sum[2][VOICE_TRACKS], square[2][VOICE_TRACKS]; /* sounding, voiced */
} voice_cell;

typedef struct voice_cells {
  const voice_model *model;
  voice_frames frames;
  voice_listener speech;
  voice_tracks tracks;
  voice_cell *cells; /* the last `most` of them, cell n at n % most; grows to that when it is asked to */
  size_t count, capacity, most;
  bool keeps;  /* all until `most`, and no more after; else the oldest go */
  int in_cell; /* frames of the last one */
} voice_cells;

/* `keeps`: see above. `most`: cells. MIEN_ENOMEM. */
int voice_cells_open(voice_cells *cells, const voice_model *model, size_t most, bool keeps);
void voice_cells_close(voice_cells *cells);
/* Takes samples of 16 kHz until the next cell is whole or none are left; gives how many. `*code`: MIEN_OK, or
 * MIEN_ENOMEM. */
size_t voice_cells_feed(voice_cells *cells, const float *pcm, size_t count, int *code);
size_t voice_cells_whole(const voice_cells *cells); /* how many are whole: cells 0…n - 1 */

bool voice_cell_speaks(const voice_cells *cells, size_t cell);
/* The statistics of cells first…last, ready for the model. */
void voice_cells_read(const voice_cells *cells, size_t first, size_t last, float x[VOICE_SPEAKER_INPUT]);
/* Their point in the space of speakers, of length 1. */
void voice_point(const voice_model *model, const float x[VOICE_SPEAKER_INPUT], float to[VOICE_EMBEDDING]);
/* Do two people talk at once in most of them? Never, with a model that cannot tell. */
bool voice_overlaps(const voice_model *model, const float x[VOICE_SPEAKER_INPUT]);

#endif
