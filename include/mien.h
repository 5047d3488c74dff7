/* mien.h: the whole public C API of libmien.
 *
 * Mien reads what emotion is *expressed* in text, voice, face and body, fuses it over time, and explains
 * each reading by what it measured. It never says what someone feels.
 *
 * Ownership: whoever opened it closes it. `close` takes the handle's address and nulls it. Pointers
 * you get are borrowed until the next call on the same session; pointers you give are only read
 * during the call. Exceptions are marked "Ownership:".
 *
 * Threads: an engine is read-only once open and may be shared by any number of threads. A session
 * is used by one thread at a time.
 *
 * Errors: functions return MIEN_OK (0) or a negative MIEN_E… number. Those that take a
 * `mien_error *` (may be NULL) fill it with what went wrong, where, and what to do about it.
 *
 * The library never prints, exits, aborts or opens a network connection. */
#ifndef MIEN_H
#define MIEN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define MIEN_API __attribute__((visibility("default")))
#else
#define MIEN_API
#endif

#define MIEN_VERSION "0.1.0"

/* ---- Errors ---------------------------------------------------------------------------------- */

/* number, name, message */
#define MIEN_ERRORS(X)                                                                            \
  X(0, OK, "done")                                                                                \
  X(-1, EAGAIN, "nothing more for now: feed some more")                                           \
  X(-2, EEND, "the end of the input was reached")                                                 \
  X(-3, EINVAL, "an argument is out of its range")                                                \
  X(-4, ENOMEM, "out of memory")                                                                  \
  X(-5, EIO, "the file could not be read or written")                                             \
  X(-6, EFORMAT, "the input is damaged or not of the format expected")                            \
  X(-7, EUNSUPPORTED, "this input is of a kind that is not supported")                            \
  X(-8, ELIMIT, "the input is larger than the limit")                                             \
  X(-9, EMODEL, "the model file is damaged or does not fit this program")                         \
  X(-10, EPOLICY, "refused by policy")                                                            \
  X(-11, EEMPTY, "there is nothing usable in the input")

enum {
#define MIEN_X(number, name, message) MIEN_##name = number,
  MIEN_ERRORS(MIEN_X)
#undef MIEN_X
};

/* What went wrong, for a person: "WHAT (WHERE): REMEDY". Empty strings where not known. */
typedef struct mien_error {
  int code;         /* MIEN_E…                                                          */
  char what[256];   /* "tensor 'conv1.weight' ends past the end of the file"            */
  char where[256];  /* "models/voice.mien, byte 4096"                                   */
  char remedy[256]; /* "copy the file again; `mien model verify FILE` checks it"        */
} mien_error;

MIEN_API const char *mien_error_name(int code);    /* "EFORMAT"; "unknown" for other numbers    */
MIEN_API const char *mien_error_message(int code); /* the sentence of MIEN_ERRORS               */

/* ---- Memory and log, as callbacks ------------------------------------------------------------ */

/* resize(context, old, bytes): like realloc; bytes == 0 frees. Process-wide; set it before any
 * other call. NULL restores the C library's. */
typedef void *(*mien_resize_fn)(void *context, void *old, size_t bytes);
MIEN_API void mien_memory_set(mien_resize_fn resize, void *context);

/* level: 0 error, 1 warning, 2 information. Never carries anything said, shown or felt. */
typedef void (*mien_log_fn)(void *context, int level, const char *message);

/* ---- Labels ---------------------------------------------------------------------------------- */

enum { MIEN_TEXT, MIEN_VOICE, MIEN_FACE, MIEN_BODY, MIEN_FUSED, MIEN_MODALITIES };

enum { MIEN_NEUTRAL, MIEN_JOY, MIEN_SADNESS, MIEN_ANGER, MIEN_FEAR, MIEN_DISGUST, MIEN_SURPRISE,
       MIEN_CORE };
enum { MIEN_CALM, MIEN_BOREDOM, MIEN_CONTEMPT, MIEN_EXTRA };
enum { MIEN_VALENCE, MIEN_AROUSAL, MIEN_DOMINANCE, MIEN_DIMS };
enum { MIEN_SARCASM, MIEN_MASKING, MIEN_DISTRESS, MIEN_FLAGS };
enum { MIEN_FRUSTRATION, MIEN_CONFUSION, MIEN_STATE_BOREDOM, MIEN_ENGAGEMENT, MIEN_EXCITEMENT,
       MIEN_STRESS, MIEN_SATISFACTION, MIEN_DISAPPOINTMENT, MIEN_STATES };
#define MIEN_FINE 28 /* the 27 GoEmotions labels in their published order, then neutral */

MIEN_API const char *mien_modality_name(int modality); /* "text" … "fused"; NULL out of range */
MIEN_API const char *mien_core_name(int label);        /* "neutral" … "surprise"              */
MIEN_API const char *mien_fine_name(int label);        /* "admiration" … "neutral"            */
MIEN_API const char *mien_extra_name(int label);       /* "calm" "boredom" "contempt"         */
MIEN_API const char *mien_dim_name(int dim);           /* "valence" "arousal" "dominance"     */
MIEN_API const char *mien_flag_name(int flag);         /* "sarcasm" "masking" "distress"      */
MIEN_API const char *mien_state_name(int state);       /* "frustration" … "disappointment"    */

/* ---- Readings and states --------------------------------------------------------------------- */

/* Something measured. Any number may be NAN where unknown. */
typedef struct mien_cue {
  char kind[24];  /* "word" "emoji" "pitch" "loudness" "rate" "pause" "brows_lowered" "smile" … */
  char text[64];  /* the word, or a short phrase for a person: "pitch 2.1 sd above usual"       */
  char unit[12];  /* unit of `value`: "st" "dB" "Hz" "1/s" "s" "deg" "" …                       */
  double t0, t1;  /* seconds                                                                    */
  float value;    /* as measured, in `unit`                                                     */
  float z;        /* against this person's own baseline, in standard deviations                 */
  float weight;   /* share of the reading it explains, -1…1 (negative: speaks against)          */
  int toward;     /* core label it speaks for; -1 none                                          */
  int at, length; /* place in the text, bytes; -1, 0 where none                                 */
} mien_cue;

/* Where the talk is going, of a state; NAN and -1 while less than three turns of words were said, and when
 * they could not be read. `next` and `valence` are of the next turn of words, should this person take it. The model is of research data: docs/accuracy.md says how good it is. */
typedef struct mien_outlook {
  float next[MIEN_CORE];           /* core of the next turn, sums to 1                            */
  int label;                       /* the core label to expect, rare ones done justice; -1        */
  float valence, valence_error;    /* of the next turn, -1…1; half the width of the 90 % interval */
  float end, end_error;            /* of the talk's last turn, the same                           */
  float rise, rise_low, rise_high; /* probability, and its 90 % interval, that anger or disgust,
                                      which the last turn does not express, comes within `turns`  */
  int turns;                       /* 3                                                           */
  float seconds;                   /* that so many turns take, as this talk goes                  */
  int warning;                     /* 1: a rise is as likely as in one moment of ten              */
} mien_outlook;

/* What one modality says about one span of time; with modality MIEN_FUSED, a state. Values that a
 * modality does not give are NAN. */
typedef struct mien_reading {
  int modality;
  int final;               /* 1: the last word on this span (utterance, turn); 0: interim        */
  int track;               /* face track, -1 none                                                */
  const char *who;         /* the participant; NULL in the rooms below engine/                   */
  double t0, t1;           /* seconds                                                            */
  float core[MIEN_CORE];   /* sums to 1                                                          */
  float fine[MIEN_FINE];   /* independent probabilities; NAN unless text                         */
  float extra[MIEN_EXTRA]; /* NAN where the modality has it not                                  */
  float dims[MIEN_DIMS];   /* -1…1                                                               */
  float flags[MIEN_FLAGS]; /* 0…1                                                                */
  float states[MIEN_STATES]; /* 0…1; NAN unless fused                                            */
  float confidence;        /* calibrated probability that the top core label is right            */
  unsigned set;            /* bit k: core label k cannot be ruled out at 90 % coverage           */
  char language[12];       /* text: code of the language it is in ("eng"); "" not known or not sure */
  const char *abstain;     /* NULL, or the reason why this reading should not be used            */
  float quality;           /* 0…1: signal quality that the reading rests on (1: as in training)  */
  float box[4];            /* face: x, y, width, height in pixels of the picture; NAN            */
  float trend[MIEN_DIMS];  /* fused: change of dims, per second                                  */
  float forecast[MIEN_DIMS], forecast_error[MIEN_DIMS]; /* fused: next turn and its 1-sigma      */
  mien_outlook outlook;        /* fused                                                          */
  float from[MIEN_MODALITIES]; /* fused: weight of each modality, sums to 1                      */
  const mien_cue *cues;
  size_t cue_count;
} mien_reading;

/* Writes a reading as one line of JSON without the newline; the shape is in docs/readings.md.
 * Returns the bytes it takes (without the ending 0); what does not fit in `capacity` is not
 * written, and what is written ends in 0. Needs no memory of its own. */
MIEN_API size_t mien_reading_json(const mien_reading *reading, char *to, size_t capacity);

/* One line for a person: what is expressed, how sure, and the strongest cues. Same rules. */
MIEN_API size_t mien_reading_explain(const mien_reading *reading, char *to, size_t capacity);

/* ---- Engine ---------------------------------------------------------------------------------- */

typedef struct mien_engine mien_engine;
typedef struct mien_session mien_session;

/* Which text model reads. BULK: some microseconds a text, one text at a time. DEEP: more right, knows the
 * turns before, sarcasm and the language; some hundred microseconds a text, with cues some milliseconds.
 * AUTO: the deep one, or the bulk one where there is no deep one; those of the folder of models (its
 * text-deep.mien, its text.mien) go before those inside the library. */
enum { MIEN_MODEL_AUTO, MIEN_MODEL_BULK, MIEN_MODEL_DEEP };

typedef struct mien_engine_options {
  size_t size;              /* sizeof(mien_engine_options)                                      */
  const char *models;       /* folder of *.mien files, each in place of the one inside the
                               library; NULL: only those inside                                 */
  const char *speech_model; /* folder of the PocketSphinx model; NULL: where Debian puts it     */
  mien_log_fn log;
  void *log_context;
  int text_model;           /* MIEN_MODEL_…; one that is not there: MIEN_EMODEL                 */
  const char *text_file;    /* a text model's file (one that was imported), in place of all of
                               those; NULL: as text_model says                                  */
} mien_engine_options;

MIEN_API int mien_engine_open(mien_engine **engine, const mien_engine_options *options,
                              mien_error *error);
MIEN_API void mien_engine_close(mien_engine **engine);
/* MIEN_READ_… of what this engine has models for. */
MIEN_API unsigned mien_engine_reads(const mien_engine *engine);

/* ---- Sessions -------------------------------------------------------------------------------- */

enum { MIEN_READ_TEXT = 1, MIEN_READ_VOICE = 2, MIEN_READ_FACE = 4, MIEN_READ_WORDS = 8,
       MIEN_READ_BODY = 16, MIEN_READ_ALL = 31 };

typedef struct mien_session_options {
  size_t size;          /* sizeof(mien_session_options)                                         */
  unsigned read;        /* MIEN_READ_…: what may be computed at all; WORDS: speech to words;
                           BODY: movement, of the heads that FACE finds, so with FACE alone      */
  int states;           /* 0: single readings only; 1: fused states as well                     */
  double state_every;   /* seconds between states of a participant, 0.1…60; 1.0 is usual        */
  int cues;             /* 0: readings without cues (for bulk); 1: with cues                    */
  double face_every;    /* seconds of pictures one face reading stands for; 0: every picture;
                           0.5 is usual                                                         */
  int turns;            /* turns said before that a text is read with, 0…3; 3 is usual. Those that began
                           and ended before it did, anybody's; the bulk model reads none. The last
                           1,028 bytes of each are remembered                                   */
} mien_session_options;

/* The usual values: `mien_session_options options = MIEN_SESSION_USUAL;` */
#define MIEN_SESSION_USUAL {sizeof(mien_session_options), MIEN_READ_ALL, 1, 1.0, 1, 0.5, 3}

#define MIEN_PARTICIPANTS 64 /* at most in one session; each beyond the first face of a picture
                                is one as well                                                  */

/* Mono samples at 16 kHz, -1…1. Pictures: 8 bits a sample, grey (1 byte) or RGB (3 bytes). */
enum { MIEN_GREY = 1, MIEN_RGB = 3 };
typedef struct mien_picture {
  int width, height;    /* pixels, 1…16384 */
  int format;           /* MIEN_GREY or MIEN_RGB */
  size_t stride;        /* bytes from one row to the next */
  const uint8_t *data;
} mien_picture;

typedef struct mien_word { /* a word that was heard or given, with its time */
  const char *text;
  double t0, t1;
} mien_word;

/* READING: of one modality. STATE: fused, after every final reading and every `state_every`
 * seconds as long as there is something to fuse. TURN: words recognised in the sound (text that
 * was fed is not given back); its text READING follows it.
 *
 * Readings come in the order in which their input was fed. The states of a participant come in
 * order of time and wait, at most 2 s of input time, until sound and pictures have both reached
 * them: however the feeds of one participant are cut and interleaved within that, the states are
 * the same. Text is read when it is fed. */
enum { MIEN_EVENT_READING, MIEN_EVENT_STATE, MIEN_EVENT_TURN };
typedef struct mien_event {
  int kind;
  mien_reading reading;   /* READING and STATE                                                 */
  const char *who;        /* TURN, as all below: words that were recognised                    */
  double t0, t1;
  const char *text;
  const mien_word *words;
  size_t word_count;
} mien_event;

/* `options` NULL: MIEN_SESSION_USUAL. Reading what the engine has no model for is refused when it
 * is fed, not here. */
MIEN_API int mien_session_open(mien_session **session, mien_engine *engine,
                               const mien_session_options *options, mien_error *error);

/* The feeds. `who` is 1…63 bytes of UTF-8; times are seconds, finite, of one clock for the whole
 * session. MIEN_EAGAIN: the queue of events is full; take some with mien_session_next and feed the
 * same again. A modality that `read` leaves out is dropped before anything is computed. */

/* `at`: the time of the first sample. At most 60 s a call (MIEN_ELIMIT). Samples that are not
 * finite are read as silence; those from before the time already heard are skipped; a gap ends the
 * utterance. Each is counted (mien_session_health) and logged. */
MIEN_API int mien_session_feed_audio(mien_session *session, const char *who, const float *pcm,
                                     size_t count, double at);
/* One channel with several people in it, 2…8, whose names are given in the order in which they first speak: they
 * are told apart by their voices as it comes, so that what is read comes about a second later. What two people
 * say at once is read as neither's. One such channel a session, always with the same names (MIEN_ELIMIT); its
 * people are not fed with mien_session_feed_audio as well. */
MIEN_API int mien_session_feed_mixed(mien_session *session, const char *const *who, size_t people,
                                     const float *pcm, size_t count, double at);
/* A turn or an utterance, UTF-8, said from `at` until `until`. */
MIEN_API int mien_session_feed_text(mien_session *session, const char *who, const char *utf8,
                                    size_t bytes, double at, double until);
/* The same with the times of its words, in their order; a cue then has the times of its word. Words
 * that are not in the text, and those after the first 256, are left out. */
MIEN_API int mien_session_feed_words(mien_session *session, const char *who, const char *utf8,
                                     size_t bytes, double at, double until,
                                     const mien_word *words, size_t word_count);
/* Many texts, each by itself: without turns before it, participant, states or events. `take` is given
 * each reading in order; what it points to is good until `take` returns, its times are NAN. The readings
 * do not depend on how many are given at once; the deep model reads many at once faster. */
typedef struct mien_text {
  const char *utf8;
  size_t bytes;
} mien_text;
typedef void (*mien_take_fn)(void *context, size_t index, const mien_reading *reading);
MIEN_API int mien_session_read_texts(mien_session *session, const mien_text *texts, size_t count,
                                     mien_take_fn take, void *context);
/* A picture from before the last one is skipped and counted. The largest steady face is `who`, the
 * others are "who/face-2", "who/face-3" …; each gives a reading every `face_every` seconds (the
 * mean of its pictures) and a final one when it is gone. How the person moves is a reading of MIEN_BODY
 * each second. */
MIEN_API int mien_session_feed_frame(mien_session *session, const char *who,
                                     const mien_picture *picture, double at);
/* The next event, or MIEN_EAGAIN; after finish, MIEN_EEND when all were given. */
MIEN_API int mien_session_next(mien_session *session, mien_event *event);
/* No more input: every utterance gets its answer. */
MIEN_API int mien_session_finish(mien_session *session);
MIEN_API void mien_session_close(mien_session **session);
/* What the last failing call on this session met. Never NULL. */
MIEN_API const mien_error *mien_session_error(const mien_session *session);

/* What is usual for a participant, so that their next session compares with it from the first word: how high, loud, fast … they
 * speak, their face at rest, and the mean of their dims; as JSON, without words or moments. It is personal: keep it only with
 * that person's consent, seal it, and erase it with them. Returns the bytes it takes, as mien_reading_json; 0: nothing of
 * theirs was measured. */
MIEN_API size_t mien_session_usual(const mien_session *session, const char *who, char *to, size_t capacity);
/* The same into a session, before anything of theirs is fed (else MIEN_EINVAL). It counts as half of what a long
 * session would teach, at most. MIEN_EFORMAT: it is not what mien_session_usual gave. */
MIEN_API int mien_session_usual_set(mien_session *session, const char *who, const char *json, size_t bytes);

/* What was odd about the input so far, none of it an error. */
typedef struct mien_session_health {
  size_t size;            /* sizeof(mien_session_health), set by the caller                     */
  uint64_t gaps;          /* times the sound jumped ahead by more than 0.1 s                    */
  uint64_t steps_back;    /* times the sound, pictures or turns stepped back in time            */
  uint64_t bad_samples;   /* samples that were not finite, read as silence                      */
  uint64_t lost;          /* readings of faces that no participant was left for                 */
  double gap_seconds;     /* of the gaps                                                        */
  double skipped_seconds; /* of sound that had been heard before                                */
} mien_session_health;
MIEN_API int mien_session_health_get(const mien_session *session, mien_session_health *health);

/* A picture that is already one face crop: exactly one reading. */
MIEN_API int mien_face_read_aligned(mien_engine *engine, const mien_picture *picture,
                                    mien_reading *reading, mien_error *error);

#ifdef __cplusplus
}
#endif
#endif
