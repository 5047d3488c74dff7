/* signals/: a personal dictionary of signals: what a carer says that this person's sounds and faces mean.
 *
 * What it is: a few examples of each signal (comfort, distress, yes, no, want, or what the carer calls it), kept as
 * points (voice/embed.h; the classes of a face; moves.c); for each modality, prototypes under a metric learned from those examples; leave-one-out
 * accuracy; a new sound or face told apart among the signals and "none of these". Everything happens on the device.
 * What it is not: it says nothing of other people, keeps no sound and no picture, and knows nothing that nobody showed it.
 *
 * The metric: W = shrink s I + (1 - shrink) S, where S is the pooled covariance of the examples around the means of their
 * signals and s its mean variance (shrinkage: Friedman 1989, Ledoit & Wolf 2004); the distance to a signal is that of
 * Mahalanobis to its mean (prototypes: Snell, Swersky & Zemel 2017). Chances: softmax of -d^2 / 2T, with T that makes the
 * left-out examples most likely. None of these: further from the nearest prototype than NONE times the 90 % quantile of the
 * left-out examples from their own.
 *
 * Owns: a dictionary owns its examples. Threads: one at a time. */
#ifndef SIGNALS_H
#define SIGNALS_H

#include "base/base.h"
#include "mien_signals.h"

enum { SIGNALS_MOST = MIEN_SIGNALS_MOST, SIGNALS_EXAMPLES = MIEN_SIGNALS_EXAMPLES, SIGNALS_NAME = 32, SIGNALS_NOTE = 96, SIGNALS_POINT = MIEN_SIGNALS_POINT };
enum { SIGNALS_VOICE = MIEN_SIGNALS_VOICE, SIGNALS_FACE = MIEN_SIGNALS_FACE, SIGNALS_BODY = MIEN_SIGNALS_BODY, SIGNALS_MODALITIES = MIEN_SIGNALS_MODALITIES };
extern const char *const signals_modalities[SIGNALS_MODALITIES]; /* "voice" "face" "body" */
extern const unsigned signals_reads[SIGNALS_MODALITIES];        /* MIEN_READ_… of each */

typedef struct mien_signals signals_dictionary;

typedef mien_signals_told signals_told;
typedef mien_signals_accuracy signals_check; /* leave-one-out, of one modality */
typedef mien_signals_clip signals_clip;

/* `consent`: who agreed for this person, and when; must not be empty. */
int signals_open(signals_dictionary **dictionary, const char *person, const char *consent, mien_error *error);
void signals_close(signals_dictionary **dictionary);
const char *signals_person(const signals_dictionary *dictionary);
const char *signals_consent(const signals_dictionary *dictionary);
size_t signals_count(const signals_dictionary *dictionary);
const char *signals_name(const signals_dictionary *dictionary, size_t signal);
size_t signals_examples(const signals_dictionary *dictionary, size_t signal, int modality);

/* MIEN_EINVAL: the name, or a point of another length than before; MIEN_ELIMIT. */
int signals_add(signals_dictionary *dictionary, const char *signal, int modality, const float *point, size_t length, mien_error *error);
/* Forgets a signal. MIEN_EINVAL: there is none. */
int signals_drop(signals_dictionary *dictionary, const char *signal, mien_error *error);
void signals_take_back(signals_dictionary *dictionary); /* the example that was added last */
/* Forgets the examples of a modality, and signals that have no others. */
void signals_forget(signals_dictionary *dictionary, int modality);

/* MIEN_EEMPTY: fewer than two signals with two examples each in this modality. */
int signals_tell(signals_dictionary *dictionary, int modality, const float *point, size_t length, signals_told *told, mien_error *error);
/* Of all that the clip has and the dictionary knows (mien_signals_tell). */
int signals_tell_clip(signals_dictionary *dictionary, const signals_clip *clip, signals_told *told, mien_error *error);
/* What was told as JSON, into the open object: "signal" "confidence" "nearest" "distance" "chances". */
void signals_told_write(base_json *json, const signals_dictionary *dictionary, const signals_told *told);
int signals_leave_one_out(signals_dictionary *dictionary, int modality, signals_check *check, mien_error *error);

/* ---- moves.c: how somebody moves, as a point: of the body's cues (mien.h's names) the mean over the seconds that were
 * read, each as asinh of its part of what is usual for it; 0 where there was none. */
enum { SIGNALS_MOVES = 8 }; /* nod, head_shake, head_tilt, lean, gesture, restlessness, stillness, hand_to_face */
typedef struct signals_moves {
  double sums[SIGNALS_MOVES], seconds;
} signals_moves;
void signals_moves_take(signals_moves *moves, const mien_reading *reading); /* of MIEN_BODY */
bool signals_moves_point(const signals_moves *moves, float point[SIGNALS_MOVES]); /* false: half a second was not read */

/* ---- clip.c: recordings and pictures to points. Of a recording its sound, of pictures the largest face, and how it
 * moves; of a video all. MIEN_EEMPTY: none of these. */
int signals_clip_read(mien_engine *engine, const char *path, signals_clip *clip, mien_error *error);
int signals_clip_memory(mien_engine *engine, const void *bytes, size_t count, const char *name, signals_clip *clip, mien_error *error);
int signals_clip_sound(mien_engine *engine, const float *pcm, size_t count, signals_clip *clip, mien_error *error);
/* Several recordings of one moment, in order: all their sound, and face and movement of all their pictures, single ones
 * taken as 0.1 s apart; what `read` (MIEN_READ_…)
 * leaves out is not decoded. */
typedef struct signals_recording {
  const void *bytes;
  size_t count;
} signals_recording;
int signals_clip_moment(mien_engine *engine, const signals_recording *recordings, size_t count, unsigned read, signals_clip *clip, mien_error *error);

/* ---- seal.c: `magic` is of eight letters; `plain` is wiped. MIEN_EPOLICY: the passphrase is not right or missing (NULL). The
 * caller frees *plain with base_free. */
enum { SIGNALS_MAGIC = 8 };
int signals_seal(const char *magic, base_text *plain, const char *passphrase, base_text *to, mien_error *error);
bool signals_sealed(const char *magic, const char *bytes, size_t count);
int signals_unseal(const char *where, const char *bytes, size_t count, const char *passphrase, char **plain, size_t *length, mien_error *error);

/* ---- file.c: JSON; with a passphrase, sealed (XChaCha20-Poly1305 under its Argon2id hash). */
int signals_write(const signals_dictionary *dictionary, const char *passphrase, base_text *to, mien_error *error);
/* MIEN_EPOLICY: it is sealed and the passphrase is not right or missing. */
int signals_read(signals_dictionary **dictionary, const char *bytes, size_t count, const char *passphrase, mien_error *error);

/* ---- parts, for this room */
typedef struct signals_example {
  int signal, modality;
  float *point;
} signals_example;
typedef struct signals_metric signals_metric;
struct mien_signals {
  char person[64], consent[SIGNALS_NOTE];
  char names[SIGNALS_MOST][SIGNALS_NAME];
  size_t name_count, example_count;
  size_t length[SIGNALS_MODALITIES]; /* of a point; 0: none yet */
  signals_example examples[SIGNALS_EXAMPLES];
  signals_metric *metric[SIGNALS_MODALITIES]; /* NULL: to be made */
};

#endif
