/* mien_signals.h: a dictionary of one person's own signals, for people who do not speak: a carer shows a few examples of
 * each (comfort, distress, yes, no, want, or what the carer calls it), and new ones are told apart, or said to be none.
 *
 * An example is a clip of a sound, of a face, of how somebody moves, or of these at one moment; what is kept of it are
 * points, no sound and no picture. Everything happens here. What it is not: it knows nothing of other people, nothing that nobody showed it, and
 * nothing of pain; docs/uses/signals.md says how it is used and how good it is.
 *
 * Prototypes under a shrunk covariance (Snell, Swersky & Zemel 2017; Ledoit & Wolf 2004); further from all of them than
 * nine in ten of the left-out examples from their own is none.
 *
 * Ownership and errors as in mien.h. A dictionary is used by one thread at a time. */
#ifndef MIEN_SIGNALS_H
#define MIEN_SIGNALS_H

#include "mien.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { MIEN_SIGNALS_MOST = 16,       /* signals of a dictionary, at most          */
       MIEN_SIGNALS_EXAMPLES = 400,  /* points of all of them, at most            */
       MIEN_SIGNALS_POINT = 512 };   /* numbers of a point, at most               */
enum { MIEN_SIGNALS_VOICE, MIEN_SIGNALS_FACE, MIEN_SIGNALS_BODY, MIEN_SIGNALS_MODALITIES };

typedef struct mien_signals mien_signals;

/* What was computed of one moment; the caller's memory, 0 before the first use. */
typedef struct mien_signals_clip {
  size_t length[MIEN_SIGNALS_MODALITIES];                  /* of each point; 0: there is none of this */
  float point[MIEN_SIGNALS_MODALITIES][MIEN_SIGNALS_POINT];
} mien_signals_clip;

/* `consent`: who agreed for this person, and when, 1…95 bytes; without: MIEN_EPOLICY. `person`: 1…63 bytes. */
MIEN_API int mien_signals_open(mien_signals **signals, const char *person, const char *consent, mien_error *error);
/* As mien_signals_save wrote it. MIEN_EPOLICY: it is sealed, and the passphrase is missing or wrong. */
MIEN_API int mien_signals_load(mien_signals **signals, const char *bytes, size_t count, const char *passphrase,
                               mien_error *error);
/* JSON; with a passphrase (not NULL) sealed (XChaCha20-Poly1305 under its Argon2id hash). */
MIEN_API int mien_signals_save(const mien_signals *signals, const char *passphrase, char **bytes, size_t *count,
                               mien_error *error); /* Ownership: mien_signals_free */
MIEN_API void mien_signals_free(char **bytes);
MIEN_API void mien_signals_close(mien_signals **signals);

/* Points of a recording in memory: any format that mien_session_feed_… of the program takes: its sound mixed to one
 * channel (60 s at most), the largest face of its pictures, of a second of pictures how that person moves; a picture alone
 * as well. Called again with the same clip it adds what the clip does not have yet. MIEN_EEMPTY: there is none of these.
 * `name`: for messages. */
MIEN_API int mien_signals_clip_recording(mien_engine *engine, const void *bytes, size_t count, const char *name,
                                         mien_signals_clip *clip, mien_error *error);
/* The same of samples, -1…1, 16 kHz, mono. */
MIEN_API int mien_signals_clip_sound(mien_engine *engine, const float *pcm, size_t count, mien_signals_clip *clip,
                                     mien_error *error);

/* One more example of a signal; its name has 1…31 bytes without spaces, and is not "none". MIEN_EINVAL: points of
 * another length than before (other models: begin a new dictionary). MIEN_ELIMIT. */
MIEN_API int mien_signals_add(mien_signals *signals, const char *signal, const mien_signals_clip *clip, mien_error *error);
/* Forgets a signal. MIEN_EINVAL: there is none of this name. */
MIEN_API int mien_signals_drop(mien_signals *signals, const char *signal, mien_error *error);
MIEN_API size_t mien_signals_count(const mien_signals *signals);
MIEN_API const char *mien_signals_name(const mien_signals *signals, size_t signal); /* NULL out of range */
MIEN_API size_t mien_signals_examples(const mien_signals *signals, size_t signal, int modality);

typedef struct mien_signals_told {
  int signal;    /* place of its name; -1: none of these                                    */
  int nearest;   /* the most probable one, whether or not it is near enough                 */
  double chance; /* of `nearest` among the signals, 0…1                                     */
  double far;    /* distance to the nearest, 1 at the limit of "none of these"              */
  double chances[MIEN_SIGNALS_MOST];
} mien_signals_told;

/* Of what the clip has and the dictionary knows: of several modalities the product of the chances (independent given the
 * signal, equal priors); none, where each that is known says so. MIEN_EEMPTY: fewer than two signals with two examples
 * each in any modality of the clip. The first call after a change learns, which takes longer with many examples. */
MIEN_API int mien_signals_tell(mien_signals *signals, const mien_signals_clip *clip, mien_signals_told *told,
                               mien_error *error);

typedef struct mien_signals_accuracy { /* each example told from the others */
  size_t right, count, none;           /* told rightly, told at all, said to be none of these */
  size_t table[MIEN_SIGNALS_MOST][MIEN_SIGNALS_MOST + 1]; /* of signal i, told as j; the last: none */
} mien_signals_accuracy;
MIEN_API int mien_signals_check(mien_signals *signals, int modality, mien_signals_accuracy *accuracy, mien_error *error);

#ifdef __cplusplus
}
#endif
#endif
