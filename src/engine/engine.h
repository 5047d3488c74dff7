/* engine/: implements mien.h out of the rooms below.
 *
 * What it is: opens the models, keeps the participants of a session, feeds their text, sound and
 * pictures to the rooms, and puts what comes back on a queue of events: readings at once, states
 * when every source has reached their time. What it is not: it computes no feature and no label
 * (text/, voice/, face/), no pooling (fuse/), no smoothing (follow/).
 *
 * Files: engine.c models; session.c the public calls; participant.c who is there; queue.c events;
 * read_text.c, read_voice.c, read_face.c, read_body.c, read_words.c one source each; mixed.c a channel with several people; line.c a participant's
 * line of time, from readings to states; talk.c where the talk is going; reading_json.c and reading_text.c a reading for programs
 * and for people.
 *
 * Owns: an engine owns its models; a session owns its participants, and each of those its streams.
 * Threads: an engine is read-only once open; a session belongs to one thread at a time.
 *
 * Memory of a session: at most ENGINE_QUEUE events of about 7 KB (made when first needed, then used
 * again), and for each participant what it was fed needs: a voice stream about 0.3 MB, a face
 * tracker (face.h), the movement in its pictures about 0.5 MB, a recogniser of words (its models are per participant, about 40 MB), a line of
 * time about 20 kB. Feeding sound allocates nothing once a participant has been heard and the
 * queue has been as long as it gets. */
#ifndef ENGINE_H
#define ENGINE_H

#include <pthread.h>

#include "base/base.h"
#include "body/body.h"
#include "face/face.h"
#include "follow/forecast.h"
#include "nn/nn.h"
#include "text/text.h"
#include "voice/voice.h"
#include "words/words.h"

enum {
  ENGINE_QUEUE = 1024,   /* events kept at most                                                  */
  ENGINE_RESERVE = 512,  /* of these kept free for what one feed can cause                       */
  ENGINE_CUES = 32,      /* of one event; the strongest are kept                                 */
  ENGINE_NAME = 80,      /* bytes of a participant's name: 63, "/face-99" and the ending 0       */
  ENGINE_SLICE = 1600,   /* samples given to the rooms at once, 0.1 s                            */
  ENGINE_TURN_WORDS = 256, /* words of one recognised turn                                       */
  ENGINE_TURN_BYTES = 4096,
  ENGINE_SAID = 8,       /* turns that are remembered                                            */
  ENGINE_SAID_BYTES = 1028 /* of each, the last: what a model reads of it, and a cut character   */
};
#define ENGINE_AUDIO_LIMIT (60 * 16000) /* samples a call */

enum { ENGINE_READERS = 16 /* that wait to be borrowed, at most */ };

struct mien_engine {
  nn_file *text_file, *beside_file, *voice_file, *detect_file, *landmarks_file, *expression_file;
  text_model *text;
  voice_model *voice;
  face_model *face;
  char *speech_model; /* NULL: the usual place */
  struct { /* the only thing of an engine that changes */
    pthread_mutex_t lock;
    text_reader *free[ENGINE_READERS];
    size_t count;
  } readers;
  mien_log_fn log;
  void *log_context;
};

/* The models inside the library (embed.sh); bytes 0 where one is missing. */
typedef struct engine_embedded {
  const char *name; /* "text" */
  const unsigned char *start, *end;
} engine_embedded;
const engine_embedded *engine_embedded_find(const char *name);

/* The models that this engine reads with, 0, 1, …: NULL after the last. They live as long as it does. */
const nn_file *engine_model_at(const mien_engine *engine, size_t index);
bool engine_reads_faces(const mien_engine *engine);
void engine_log(const mien_engine *engine, int level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A reader of texts for as long as one is read; NULL: out of memory. What it says is good until it is returned. */
text_reader *engine_reader_borrow(mien_engine *engine, bool cues);
void engine_reader_return(mien_engine *engine, text_reader **reader);
void engine_readers_clear(mien_engine *engine); /* those that wait, and the voice's working memory; none may be borrowed */

/* ---- Events ---------------------------------------------------------------------------------- */

/* A recognised turn: its text, and the same again cut into words, each ended by 0. */
typedef struct engine_turn {
  char text[ENGINE_TURN_BYTES], split[ENGINE_TURN_BYTES];
  mien_word words[ENGINE_TURN_WORDS];
} engine_turn;

typedef struct engine_slot {
  mien_event event;
  char who[ENGINE_NAME];
  mien_cue cues[ENGINE_CUES];
  engine_turn *turn; /* made for the first TURN in this slot */
} engine_slot;

typedef struct engine_queue {
  engine_slot *slots[ENGINE_QUEUE]; /* made when first needed */
  size_t head, count;
  int given; /* 1: the head was given to the caller and is released by the next call */
} engine_queue;

/* A slot at the end of the queue, or NULL: full, or out of memory. Its event is to be filled. */
engine_slot *engine_queue_add(engine_queue *queue);
/* Takes back the slot that was just added. */
void engine_queue_undo(engine_queue *queue);
void engine_queue_release(engine_queue *queue); /* what was given */
engine_slot *engine_queue_take(engine_queue *queue);
void engine_queue_clear(engine_queue *queue);

/* ---- Participants ---------------------------------------------------------------------------- */

typedef struct engine_line engine_line;   /* line.c      */
typedef struct engine_faces engine_faces; /* read_face.c */
typedef struct engine_heard engine_heard; /* read_words.c */
typedef struct engine_mixed engine_mixed; /* mixed.c */
struct follow_baseline;

typedef struct engine_participant {
  char name[ENGINE_NAME];
  voice_stream *voice;
  double heard_until; /* seconds of sound; NAN before the first */
  engine_heard *heard;
  int has_text;       /* text was given: no words are recognised */
  double said_until;  /* seconds of text; NAN before the first  */
  face_tracker *tracker;
  engine_faces *faces;
  body_stream *body;
  double seen_until;  /* seconds of pictures; NAN before the first */
  engine_line *line;  /* NULL without states */
  struct follow_baseline *baseline; /* NULL until a cue was measured */
} engine_participant;

/* A turn that was read: the context of those after it. */
typedef struct engine_said {
  const engine_participant *who;
  double at, until;
  size_t bytes;
  char text[ENGINE_SAID_BYTES];
} engine_said;

/* The talk of a session as the forecast follows it, and as it was after each of the last turns: a state is given
 * what was known at its own time, however far the words are ahead. About 11 kB. */
typedef struct engine_talk {
  follow_talk talk;
  struct {
    double until;
    follow_talk talk;
  } said[ENGINE_SAID]; /* in order of `until` */
  size_t count;
} engine_talk;

struct mien_session {
  mien_engine *engine;
  mien_session_options options;
  engine_queue queue;
  engine_participant *participants[MIEN_PARTICIPANTS];
  size_t participant_count;
  engine_participant *last; /* the one that was fed last */
  engine_said *said;        /* [ENGINE_SAID], oldest first; NULL: the model reads texts one by one */
  size_t said_count;
  engine_talk *talk;        /* NULL until a turn was read for states */
  engine_mixed *mixed;      /* NULL until a channel with several people is fed */
  int finishing;            /* 1 after finish */
  size_t finished;          /* participants flushed so far */
  mien_session_health health;
  mien_error error;
};

/* Finds or makes; NULL sets session->error (who is not a name: EINVAL; too many: ELIMIT). */
engine_participant *engine_participant_get(mien_session *session, const char *who);
engine_participant *engine_participant_find(const mien_session *session, const char *name);
engine_participant *engine_participant_make(mien_session *session, const char *name);
void engine_participant_free(engine_participant *participant);

/* ---- Sources. Each returns MIEN_OK or an error that it has put into session->error. ---------- */

/* Words of a turn whose times are known, by the byte of the turn's text that each begins at. */
typedef struct engine_words {
  struct {
    int at;
    double t0, t1;
  } words[ENGINE_TURN_WORDS];
  size_t count;
} engine_words;
/* Finds each word in the text, after the one before it. */
void engine_words_find(engine_words *found, const char *utf8, size_t bytes, const mien_word *words,
                       size_t word_count);
/* `words` NULL: not known one by one. `quality` 0…1: how well they were heard; 1 as given. */
int engine_read_text(mien_session *session, engine_participant *participant, const char *utf8,
                     size_t bytes, double at, double until, const engine_words *words,
                     float quality);
/* Sound of one participant, checked: what was heard before is skipped, the rest goes to the voice and the words. */
int engine_hear(mien_session *session, engine_participant *participant, const float *pcm, size_t count, double at);
/* Sound of several people in one channel, checked. */
int engine_mixed_feed(mien_session *session, const char *const *who, size_t people, const float *pcm, size_t count,
                      double at);
int engine_mixed_finish(mien_session *session); /* what it still keeps */
void engine_mixed_free(engine_mixed *mixed);
int engine_read_voice(mien_session *session, engine_participant *participant, const float *pcm,
                      size_t count, double at);
int engine_read_voice_finish(mien_session *session, engine_participant *participant);
int engine_read_face(mien_session *session, engine_participant *participant,
                     const mien_picture *picture, double at);
int engine_read_face_finish(mien_session *session, engine_participant *participant);
void engine_faces_free(engine_faces *faces);
/* A reading of one of the faces that are followed, to whom that face is. */
int engine_face_give(mien_session *session, engine_participant *participant,
                     const mien_reading *reading);
/* Movement in the picture that the tracker was fed last. */
int engine_read_body(mien_session *session, engine_participant *participant, double at);
int engine_read_body_finish(mien_session *session, engine_participant *participant);
/* Every reading of this participant's faces and bodies that ends before this time has been given. */
double engine_faces_given_until(const engine_participant *participant, double every);
/* Opens the recogniser, before any sound is taken: it may not be installed. */
int engine_read_words_ready(mien_session *session, engine_participant *participant);
int engine_read_words(mien_session *session, engine_participant *participant, const float *pcm,
                      size_t count, double at);
int engine_read_words_finish(mien_session *session, engine_participant *participant);
void engine_heard_free(engine_heard *heard);

/* Puts a reading of `participant` on the queue, with its cues compared with the person's baseline,
 * and on the participant's line of time. `reading->cues` are copied. */
int engine_give_reading(mien_session *session, engine_participant *participant,
                        const mien_reading *reading);

/* ---- Line of time (line.c) ------------------------------------------------------------------- */

void engine_line_free(engine_line *line);
/* A reading for the states to come. */
int engine_line_add(mien_session *session, engine_participant *participant,
                    const mien_reading *reading);
/* The words of a turn, for the dynamics (repeating, length). Before its reading is added. */
int engine_line_turn(mien_session *session, engine_participant *participant, const char *utf8,
                     size_t bytes);
/* The mean of this person's dims so far, and the seconds it rests on (usual.c). False: nothing was read for states. */
bool engine_line_usual(const engine_participant *participant, double usual[MIEN_DIMS], double seconds[MIEN_DIMS]);
int engine_line_usual_set(mien_session *session, engine_participant *participant, const double usual[MIEN_DIMS], const double seconds[MIEN_DIMS]);
/* Gives the states that nothing can change any more; `all`: every one that is left. */
int engine_line_advance(mien_session *session, engine_participant *participant, int all);

/* ---- Talk (talk.c) ---------------------------------------------------------------------------- */

/* A turn of words that was read. */
int engine_talk_turn(mien_session *session, const engine_participant *participant, const mien_reading *reading, const float *hidden,
                     size_t hidden_count); /* of text_reader_hidden */
/* Where the talk was going at `at`, into a state that does not abstain. */
void engine_talk_outlook(const mien_session *session, const engine_participant *participant, double at,
                         mien_reading *state);

/* ---- Errors ---------------------------------------------------------------------------------- */

int engine_fail(mien_session *session, int code, const char *where, const char *remedy,
                const char *what_format, ...) __attribute__((format(printf, 5, 6)));

int engine_out_of_memory(mien_session *session);
int engine_no_model(mien_session *session, const char *where, const char *what);
int engine_picture_check(const mien_picture *picture, const char *where, mien_error *error);

#endif
