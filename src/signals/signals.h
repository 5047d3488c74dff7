/* signals/: a personal dictionary of signals: what a carer says that this person's sounds and faces mean.
 *
 * What it is: a few examples of each signal (comfort, distress, yes, no, want, or what the carer calls it), kept as
 * points (voice/embed.h; the classes of a face); for each modality, prototypes under a metric learned from those examples; leave-one-out
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

enum { SIGNALS_MOST = 16, SIGNALS_EXAMPLES = 400, SIGNALS_NAME = 32, SIGNALS_NOTE = 96, SIGNALS_POINT = 512 };
enum { SIGNALS_VOICE, SIGNALS_FACE, SIGNALS_MODALITIES };

typedef struct signals_dictionary signals_dictionary;

typedef struct signals_told { /* of one clip or picture */
  int signal;              /* place of its name; -1: none of these */
  double chance;           /* of the most probable signal, 0…1     */
  double far;              /* distance to it, 1 at the limit of "none of these" */
  double chances[SIGNALS_MOST];
} signals_told;

typedef struct signals_check { /* leave-one-out, of one modality */
  size_t right, count, none; /* examples told rightly, told at all, said to be none of these */
  size_t table[SIGNALS_MOST][SIGNALS_MOST + 1]; /* of signal i, told as j; the last: none */
} signals_check;

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

/* MIEN_EEMPTY: fewer than two signals with two examples each in this modality. */
int signals_tell(signals_dictionary *dictionary, int modality, const float *point, size_t length, signals_told *told, mien_error *error);
int signals_leave_one_out(signals_dictionary *dictionary, int modality, signals_check *check, mien_error *error);

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
struct signals_dictionary {
  char person[64], consent[SIGNALS_NOTE];
  char names[SIGNALS_MOST][SIGNALS_NAME];
  size_t name_count, example_count;
  size_t length[SIGNALS_MODALITIES]; /* of a point; 0: none yet */
  signals_example examples[SIGNALS_EXAMPLES];
  signals_metric *metric[SIGNALS_MODALITIES]; /* NULL: to be made */
};

#endif
