/* voice.h: what the sets of voices share. Only for this room.
 *
 * voice.c  the sets by their split, and these helpers     voice_ways.c  noise, telephone, levels
 * voice_folds.c  cross-validation: models that each left some speakers out
 * speech.c  is someone speaking    cries.c  does an infant cry    speakers.c  who speaks when */
#ifndef EVAL_VOICE_H
#define EVAL_VOICE_H

#include "eval/parts.h"
#include "voice/voice.h"

/* Classes as the sets name them: the seven core labels, then calm and boredom unfolded. */
enum { EVAL_CALM = MIEN_CORE, EVAL_BOREDOM, EVAL_VOICE_CLASSES };

typedef struct voice_protocol {
  const char *dataset, *split, *title;
  unsigned classes;     /* bit: the set has this class                    */
  double accuracy, uar; /* the floors; NAN: none                          */
  double accuracy_aim, uar_aim;
} voice_protocol;

typedef struct voice_clip {
  int truth; /* EVAL_VOICE_CLASSES */
  bool female, heard;
  eval_item closed, core; /* among the set's classes; among the core labels */
} voice_clip;

/* The rows of splits/voice.csv. */
typedef struct voice_rows {
  eval_table table;
  int columns[6];
  size_t row; /* the current one */
} voice_rows;

typedef struct voice_row {
  const char *file, *speaker, *split;
  bool female;
  int truth; /* EVAL_VOICE_CLASSES */
} voice_row;

int eval_voice_rows_open(const eval_context *context, voice_rows *rows, mien_error *error);
/* The next row of the protocol's set with one of its classes, of any split; false behind the last. */
bool eval_voice_rows_next(voice_rows *rows, const voice_protocol *protocol, voice_row *row);

/* All of a file's sound, 16 kHz mono: allocated, to be freed. */
int eval_voice_load(const char *path, float **pcm, size_t *count, mien_error *error);
/* The same of a clip of the sets. Notes what cannot be read, the first time. */
int eval_voice_load_row(eval_context *context, const voice_protocol *protocol, const voice_row *row,
                        float **pcm, size_t *count, size_t *missing);
/* Reads samples to their end. Of several utterances the longest speaks for the clip. */
int eval_voice_read(const voice_model *model, const float *pcm, size_t count, mien_reading *longest,
                    bool *heard);
/* What a reading is worth beside the truth. */
voice_clip eval_voice_clip(const voice_protocol *protocol, const voice_row *row,
                           const mien_reading *reading, bool heard);
/* Adds the figures of a set. */
void eval_voice_report(eval_context *context, const voice_protocol *protocol,
                       const voice_clip *clips, size_t count, size_t missing);

/* All of ESC-10's fold 5, one behind the other (voice_ways.c); pcm is to be freed. */
typedef struct voice_noises {
  float *pcm;
  size_t count;
} voice_noises;
int eval_voice_noises(const eval_context *context, voice_noises *noises, mien_error *error);

#define EVAL_BIT(k) (1u << (k))
#define EVAL_ALL_CORE ((1u << MIEN_CORE) - 1)
enum { EVAL_RAVDESS_CLASSES = EVAL_ALL_CORE | EVAL_BIT(EVAL_CALM),
       EVAL_EMODB_CLASSES = (EVAL_ALL_CORE & ~EVAL_BIT(MIEN_SURPRISE)) | EVAL_BIT(EVAL_BOREDOM),
       EVAL_NEMO_CLASSES = EVAL_ALL_CORE & ~EVAL_BIT(MIEN_DISGUST) };

#endif
