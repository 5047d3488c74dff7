/* conversation.h: one recording or transcript, fed to a session from its beginning to its end.
 *
 * Decides who is who: the two channels of a call are "left" and "right", one channel is "speaker",
 * more are "channel-1" …, pictures with two or more channels are "camera"; --who renames them. The
 * names of a transcript are bound to channels by its channel numbers, by equal names, or by who was
 * loud on which channel while they spoke; with one channel, the sound belongs to whoever's turn it
 * is, or, without a transcript, to whose voice it is where several are looked for. A transcript without a recording is a conversation by itself. Memory does not grow with the
 * recording. One thread. */
#ifndef CLI_CONVERSATION_H
#define CLI_CONVERSATION_H

#include "base/base.h"
#include "media/media.h"
#include "media/transcript.h"

/* ---- Names given by --who "left=customer,right=agent" ---- */
enum { NAMES_MAX = 32, NAME_BYTES = 64 /* with the ending 0: what a session takes */ };
typedef struct conversation_names {
  char from[NAMES_MAX][NAME_BYTES], to[NAMES_MAX][NAME_BYTES];
  size_t count;
} conversation_names;
/* NULL when it was understood; otherwise what is wrong with it. */
const char *conversation_names_parse(conversation_names *names, const char *text);
/* The new name of `key` (compared without regard to case), or `key` itself. */
const char *conversation_name(const conversation_names *names, const char *key);

/* ---- Reading ---- */
typedef struct conversation_options {
  const char *transcript;          /* NULL: the one beside the recording, if there is one */
  bool words;                      /* recognise words where there is no transcript */
  const conversation_names *names;
  double max_fps;                  /* pictures looked at, a second */
  int max_side;                    /* of a video's pictures, pixels */
  int speakers;                    /* in one channel without a transcript; 0: to be found out */
} conversation_options;

typedef struct conversation_about {
  double duration;  /* seconds; NAN unknown until the end */
  bool untimed;     /* a transcript without times: its seconds are guesses from the words' number */
  bool media;       /* a recording rather than a transcript alone */
} conversation_about;

/* Where everything goes. Each may be NULL but `event`. */
typedef struct conversation_sink {
  /* Every event of the session, and a TURN before each text that was fed. Not MIEN_OK: stop. */
  int (*event)(void *context, const mien_event *event);
  int (*audio)(void *context, const char *who, const float *pcm, size_t count, double at);
  void (*note)(void *context, const char *text); /* about the input, for a person */
  void *context;
  /* The session: before anything is fed, and after its last event (`over`). Not MIEN_OK: stop; the session says why. */
  int (*session)(void *context, mien_session *session, bool over);
} conversation_sink;

int conversation_read(mien_engine *engine, const char *file, const conversation_options *options,
                      const conversation_sink *sink, conversation_about *about, mien_error *error);

/* ---- Who speaks when, in one channel (conversation_speakers.c) ----
 * Reads the sound once and tells the voices apart. `people`: 0 where it is not known; names are
 * "speaker-1" …, in the order in which they first speak, or what `names` has for them. NULL without a
 * voice model. */
typedef struct conversation_speakers conversation_speakers;
int conversation_speakers_find(conversation_speakers **speakers, const mien_engine *engine,
                               const char *file, int people, const conversation_names *names,
                               mien_error *error);
void conversation_speakers_close(conversation_speakers **speakers);
int conversation_speakers_count(const conversation_speakers *speakers);
/* Who speaks at this time, asked in order; NULL nobody. */
const char *conversation_speakers_at(conversation_speakers *speakers, double at);

/* ---- Who speaks on which channel (conversation_bind.c) ----
 * Reads the sound once and compares how loud each channel is in each speaker's turns. Fills
 * names[channel] and returns true when every speaker has a channel of their own. */
bool conversation_bind(const char *file, const transcript *turns, int channels,
                       char names[MEDIA_CHANNELS_MAX][NAME_BYTES]);

#endif
