/* expression.h: the expression network, from one framed face to what it expresses.
 *
 * What it is: a residual network over 48x48 grey pixels that gives the eight classes of FER+
 * (Barsoum et al. 2016), folded into Mien's labels. What it is not: it finds and frames no face
 * (face.c does) and keeps nothing from one call to the next.
 *
 * The crop: grey levels 0…255, row-major, upright, framed as FER+ frames faces: the face fills the
 * picture, brows about a quarter from the top, chin at or just past the lower edge. Brightness and
 * contrast do not matter: each crop is brought to zero mean and unit contrast first. The network reads
 * `crop`, and the mirror image of `mirrored`, each where it is not NULL, and takes the mean: both may be
 * the same, or the second the same face turned and framed by its points (face_crop_upright).
 *
 * Owns: borrows its file, which must outlive it.
 * Threads: read-only once open and shared by any number of threads, each with its own scratch. */
#ifndef FACE_EXPRESSION_H
#define FACE_EXPRESSION_H

#include "base/base.h"
#include "nn/nn.h"

#define FACE_EXPRESSION_SIDE 48
enum { FACE_EXPRESSION_CLASSES = 8 }; /* FER+ order: neutral happiness surprise sadness anger
                                         disgust fear contempt */
enum { FACE_EXPRESSION_FER2013 = MIEN_CORE }; /* labels of FER2013 (Goodfellow et al. 2013), in the
                                                 order of the core labels */

typedef struct face_expression face_expression;

/* MIEN_EMODEL, with the tensor and the reason, when the file does not fit this program. */
int face_expression_open(face_expression **expression, const nn_file *file, mien_error *error);
void face_expression_close(face_expression **expression);

/* Floats of scratch that read and classes need: 64-byte aligned (base_alloc_aligned). */
size_t face_expression_scratch(const face_expression *expression);

/* Fills core, extra[MIEN_CONTEMPT] (already inside core's disgust), dims, confidence, set and
 * abstain, and leaves the rest of `reading` as it is. Never fails: any crop gets a reading. */
void face_expression_read(const face_expression *expression, const float *crop,
                          const float *mirrored, float *scratch, mien_reading *reading);

/* The eight class probabilities by themselves, calibrated, summing to 1, and those that FER2013 gave
 * the picture a label, which are not calibrated (`mien eval`). */
void face_expression_classes(const face_expression *expression, const float *crop,
                             const float *mirrored, float *scratch,
                             float classes[FACE_EXPRESSION_CLASSES],
                             float fer2013[FACE_EXPRESSION_FER2013]);
const char *face_expression_class_name(int index); /* "neutral" … "contempt"; NULL out of range */

#endif
