/* conversation.c: feeds one recording or transcript to a session. */
#include "cli/conversation.h"

#include <stdio.h>

#include "cli/reader.h"
#include "cli/terminal.h"

enum { NOTE_BYTES = 800 };
#define SECONDS_A_WORD 0.38 /* of unhurried speech, where a transcript gives no times */

typedef struct feeder {
  const char *file;
  const conversation_options *options;
  const conversation_sink *sink;
  conversation_about *about;
  mien_engine *engine;
  mien_session *session;
  media_reader *reader;
  const media_info *info;
  transcript *turns;
  transcript_turn *timed; /* the turns with every time known */
  char (*turn_names)[NAME_BYTES]; /* their speakers, as participants */
  size_t turn_count, next_turn;
  char channels[MEDIA_CHANNELS_MAX][NAME_BYTES], camera[NAME_BYTES];
  bool by_turn;            /* one channel, several speakers: the sound is whose turn it is */
  conversation_speakers *speakers; /* by voice; NULL: not looked for */
  size_t turn_at;          /* by_turn: where the search goes on */
  size_t voices, faces, texts; /* readings so far */
  mien_error *error;
} feeder;

static void note(feeder *f, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void note(feeder *f, const char *format, ...) {
  char text[NOTE_BYTES];
  va_list list;
  va_start(list, format);
  vsnprintf(text, sizeof text, format, list);
  va_end(list);
  cli_note(f->file, "%s", text);
  if (f->sink->note) f->sink->note(f->sink->context, text);
}

static void note_warning(feeder *f, const mien_error *warning) {
  note(f, "%s%s%s%s%s%s", warning->what, *warning->where ? " (" : "", warning->where,
       *warning->where ? ")" : "", *warning->remedy ? "; " : "", warning->remedy);
}

/* ---- The session ---- */

static int take(void *context, const mien_event *event) {
  feeder *f = context;
  if (event->kind == MIEN_EVENT_READING) {
    if (event->reading.modality == MIEN_VOICE) f->voices++;
    if (event->reading.modality == MIEN_FACE) f->faces++;
    if (event->reading.modality == MIEN_TEXT) f->texts++;
  }
  return f->sink->event(f->sink->context, event);
}

static int drain(feeder *f) {
  int result = cli_drain(f->session, take, f);
  if (result != MIEN_OK && !f->error->code) *f->error = *mien_session_error(f->session);
  return result;
}

/* After a feed: takes what it caused. `result` is the feed's; EAGAIN asks for the same again. */
static int fed(feeder *f, int result) {
  if (result != MIEN_OK && result != MIEN_EAGAIN) {
    *f->error = *mien_session_error(f->session);
    return result;
  }
  int drained = drain(f);
  return drained != MIEN_OK ? drained : result;
}

static int feed_audio(feeder *f, const char *who, const media_item *item) {
  int result;
  do result = fed(f, mien_session_feed_audio(f->session, who, item->pcm, item->count, item->at));
  while (result == MIEN_EAGAIN);
  if (result == MIEN_OK && f->sink->audio)
    result = f->sink->audio(f->sink->context, who, item->pcm, item->count, item->at);
  return result;
}

static int feed_picture(feeder *f, const media_item *item) {
  int result;
  do result = fed(f, mien_session_feed_frame(f->session, f->camera, &item->picture, item->at));
  while (result == MIEN_EAGAIN);
  return result;
}

static int feed_turn(feeder *f, const transcript_turn *turn) {
  mien_event event = {.kind = MIEN_EVENT_TURN, .who = turn->who, .t0 = turn->t0, .t1 = turn->t1,
                      .text = turn->text, .words = turn->words, .word_count = turn->word_count};
  int result = f->sink->event(f->sink->context, &event);
  if (result != MIEN_OK) return result;
  do result = fed(f, mien_session_feed_words(f->session, turn->who, turn->text, turn->bytes,
                                             turn->t0, turn->t1, turn->words, turn->word_count));
  while (result == MIEN_EAGAIN);
  return result;
}

static int feed_turns_until(feeder *f, double at) {
  int result = MIEN_OK;
  while (result == MIEN_OK && f->next_turn < f->turn_count && f->timed[f->next_turn].t1 <= at)
    result = feed_turn(f, &f->timed[f->next_turn++]);
  return result;
}

/* ---- Who is who ---- */

/* As much of a name as a session takes, cut between characters. */
static void set_name(char to[NAME_BYTES], const char *from) {
  size_t bytes = strnlen(from, NAME_BYTES - 1);
  while (bytes && from[bytes] && ((unsigned char)from[bytes] & 0xc0) == 0x80) bytes--;
  memcpy(to, from, bytes);
  to[bytes] = 0;
  if (!bytes) memcpy(to, "someone", sizeof "someone");
}

static void name_channels(feeder *f) {
  const conversation_names *names = f->options->names;
  int count = f->info ? f->info->channels : 0;
  for (int c = 0; c < count; c++) {
    char plain[NAME_BYTES], number[16];
    snprintf(number, sizeof number, "%d", c + 1);
    if (count == 1) snprintf(plain, sizeof plain, "speaker");
    else if (count == 2) snprintf(plain, sizeof plain, c ? "right" : "left");
    else snprintf(plain, sizeof plain, "channel-%d", c + 1);
    const char *name = conversation_name(names, plain);
    if (name == plain) name = conversation_name(names, number);
    set_name(f->channels[c], name == number ? plain : name);
  }
}

/* One voice and one picture are one person. */
static void name_camera(feeder *f) {
  int channels = f->info ? f->info->channels : 0;
  const char *name = conversation_name(f->options->names, "camera");
  if (!strcmp(name, "camera") && !channels) name = conversation_name(f->options->names, "person");
  set_name(f->camera, channels == 1 && !f->by_turn ? f->channels[0] : name);
}

static bool is_channel(const feeder *f, const char *name) {
  for (int c = 0; f->info && c < f->info->channels; c++)
    if (!strcasecmp(f->channels[c], name)) return true;
  return false;
}

/* Binds the transcript's names to the channels, once the channels have theirs. */
static void bind_names(feeder *f) {
  size_t named = 0, strange = 0, speakers = 0;
  const char *first = NULL;
  for (size_t i = 0; i < f->turn_count; i++) {
    const char *who = f->timed[i].who;
    if (!who || f->timed[i].channel >= 0) continue;
    named++;
    if (!is_channel(f, conversation_name(f->options->names, who))) strange++;
    if (!first) first = who, speakers = 1;
    else if (strcasecmp(first, who)) speakers = 2;
  }
  int channels = f->info ? f->info->channels : 0;
  if (channels == 1 && named) {
    if (speakers == 1) set_name(f->channels[0], conversation_name(f->options->names, first));
    else f->by_turn = true;
  } else if (channels > 1 && named && strange == named && !f->about->untimed) {
    char bound[MEDIA_CHANNELS_MAX][NAME_BYTES] = {{0}};
    if (conversation_bind(f->file, f->turns, channels, bound)) {
      for (int c = 0; c < channels; c++)
        if (*bound[c]) set_name(f->channels[c], conversation_name(f->options->names, bound[c]));
    } else {
      note(f, "which channel the transcript's speakers are on could not be told; say it with "
              "--who \"left=NAME,right=NAME\"");
    }
  }
}

/* The turn's speaker as a session's participant, kept in the turn. */
static int name_turns(feeder *f) {
  if (!f->turn_count) return MIEN_OK;
  f->turn_names = base_alloc(f->turn_count, sizeof *f->turn_names);
  if (!f->turn_names) return MIEN_ENOMEM;
  for (size_t i = 0; i < f->turn_count; i++) {
    transcript_turn *turn = &f->timed[i];
    const char *name = conversation_name(f->options->names, "speaker");
    if (turn->channel >= 0 && f->info && turn->channel < f->info->channels)
      name = f->channels[turn->channel];
    else if (turn->who) name = conversation_name(f->options->names, turn->who);
    else if (f->info && f->info->channels == 1) name = f->channels[0];
    for (int c = 0; f->info && c < f->info->channels; c++)
      if (!strcasecmp(f->channels[c], name)) name = f->channels[c]; /* one spelling */
    set_name(f->turn_names[i], name);
    turn->who = f->turn_names[i];
  }
  return MIEN_OK;
}

/* by_turn: who speaks at this time; NULL nobody. */
static const char *speaker_at(feeder *f, double at) {
  if (f->speakers) return conversation_speakers_at(f->speakers, at);
  while (f->turn_at < f->turn_count && f->timed[f->turn_at].t1 <= at) f->turn_at++;
  if (f->turn_at < f->turn_count && f->timed[f->turn_at].t0 <= at) return f->timed[f->turn_at].who;
  return NULL;
}

/* ---- The transcript ---- */

static size_t words_in(const transcript_turn *turn) {
  size_t count = 1;
  for (size_t i = 0; i < turn->bytes; i++) count += turn->text[i] == ' ';
  return count;
}

/* Every turn with times: those of the file, or guesses from the number of words. */
static int time_turns(feeder *f) {
  f->turn_count = transcript_count(f->turns);
  f->timed = base_alloc(f->turn_count, sizeof *f->timed);
  if (!f->timed) return MIEN_ENOMEM;
  size_t known = 0;
  double guessed = 0;
  for (size_t i = 0; i < f->turn_count; i++) {
    f->timed[i] = *transcript_at(f->turns, i);
    f->timed[i].who = f->timed[i].who && *f->timed[i].who ? f->timed[i].who : NULL;
    known += isfinite(f->timed[i].t0);
    guessed += SECONDS_A_WORD * (double)words_in(&f->timed[i]);
  }
  f->about->untimed = known == 0;
  double pace = SECONDS_A_WORD;
  if (!known && f->info && f->about->duration > 0) pace *= f->about->duration / guessed;
  double at = 0;
  for (size_t i = 0; i < f->turn_count; i++) {
    transcript_turn *turn = &f->timed[i];
    if (!isfinite(turn->t0)) turn->t0 = at;
    double next = i + 1 < f->turn_count ? transcript_at(f->turns, i + 1)->t0 : NAN;
    double guess = turn->t0 + pace * (double)words_in(turn);
    if (!isfinite(turn->t1)) turn->t1 = isfinite(next) ? fmin(guess, fmax(next, turn->t0)) : guess;
    turn->t1 = fmax(turn->t1, turn->t0);
    at = turn->t1;
  }
  return MIEN_OK;
}

static int open_transcript(feeder *f, const char *path, mien_error *error) {
  double duration = f->info ? f->about->duration : NAN;
  int result = transcript_open(&f->turns, path, duration, error);
  if (result != MIEN_OK) return result;
  for (size_t i = 0; i < transcript_warning_count(f->turns); i++)
    note_warning(f, transcript_warning_at(f->turns, i));
  if ((result = time_turns(f)) != MIEN_OK) return base_error_set(error, result, path, "", "out of memory");
  if (f->about->untimed && f->info)
    note(f, "its transcript has no times: the turns were spread over the recording by their length");
  return MIEN_OK;
}

/* The transcript given, or the one beside. One that cannot be read is said, and done without,
 * unless it was asked for by name. */
static int find_transcript(feeder *f) {
  char found[4096];
  const char *path = f->options->transcript;
  if (!path) {
    if (transcript_find(f->file, found, sizeof found) != MIEN_OK) return MIEN_OK;
    path = found;
  }
  mien_error error = {0};
  int result = open_transcript(f, path, &error);
  if (result == MIEN_OK) return MIEN_OK;
  if (f->options->transcript) {
    *f->error = error;
    return result;
  }
  cli_complain(path, &error);
  return MIEN_OK;
}

/* ---- Reading ---- */

static int open_session(feeder *f, bool with_words) {
  mien_session_options what = MIEN_SESSION_USUAL;
  unsigned have = mien_engine_reads(f->engine);
  what.read &= have;
  if (!with_words) what.read &= ~(unsigned)MIEN_READ_WORDS;
  if (f->info && f->info->channels && !(have & MIEN_READ_VOICE))
    note(f, "there is no voice model: its sound is not read");
  if (f->info && f->info->pictures && !(have & MIEN_READ_FACE))
    note(f, "there are no face models: its pictures are not read");
  return mien_session_open(&f->session, f->engine, &what, f->error);
}

static int show_session(feeder *f, bool over) {
  int result = f->sink->session ? f->sink->session(f->sink->context, f->session, over) : MIEN_OK;
  if (result != MIEN_OK && !f->error->code) *f->error = *mien_session_error(f->session);
  return result;
}

static int read_media(feeder *f) {
  media_item item;
  int result;
  while ((result = media_next(f->reader, &item, f->error)) == MIEN_OK) {
    if (item.kind == MEDIA_WARNING) {
      note_warning(f, item.warning);
      continue;
    }
    result = feed_turns_until(f, item.at);
    if (result == MIEN_OK && item.kind == MEDIA_AUDIO) {
      const char *who = f->by_turn ? speaker_at(f, item.at + (double)item.count / MEDIA_RATE / 2)
                                   : f->channels[item.channel];
      if (who) result = feed_audio(f, who, &item);
    } else if (result == MIEN_OK) {
      result = feed_picture(f, &item);
    }
    if (result != MIEN_OK) return result;
    cli_progress(f->file, item.at, isfinite(f->about->duration) ? f->about->duration : 0);
  }
  return result == MIEN_EEND ? MIEN_OK : result;
}

static void say_health(feeder *f) {
  mien_session_health health = {.size = sizeof health};
  if (mien_session_health_get(f->session, &health) != MIEN_OK) return;
  if (health.gaps && !f->by_turn)
    note(f, "its sound has %llu gap%s, %.1f s in all", (unsigned long long)health.gaps,
         health.gaps == 1 ? "" : "s", health.gap_seconds);
  if (health.bad_samples)
    note(f, "%llu of its samples are not numbers and were read as silence",
         (unsigned long long)health.bad_samples);
  if (health.lost)
    note(f, "there are more faces than can be followed: %llu readings were left out",
         (unsigned long long)health.lost);
}

static int say_what_was_missed(feeder *f) {
  bool sound = f->info && f->info->channels, pictures = f->info && f->info->pictures;
  unsigned have = mien_engine_reads(f->engine);
  if (!f->voices && !f->faces && !f->texts) {
    const char *what = sound && pictures ? "no speech was found in its sound and no face in its pictures"
                       : sound ? "no speech was found in its sound"
                       : pictures ? "no face was found in its pictures" : "there are no words in it";
    return base_error_set(f->error, MIEN_EEMPTY, "from beginning to end",
                          sound ? "is it the right recording, and loud enough?"
                          : pictures ? "a face must be some 24 pixels wide, and lit" : "",
                          "%s", what);
  }
  if (sound && !f->voices && (have & MIEN_READ_VOICE)) note(f, "no speech was found in its sound");
  if (pictures && !f->faces && (have & MIEN_READ_FACE)) note(f, "no face was found in its pictures");
  if (f->info && !sound && !f->info->still) note(f, "it has no sound: only its pictures are read");
  return MIEN_OK;
}

/* By its ending: what ffmpeg might well take for a subtitle or a text mode picture. */
static bool is_text(const char *file) {
  static const char *const endings[] = {".txt", ".srt", ".vtt", ".json"};
  size_t length = strlen(file);
  for (size_t i = 0; i < BASE_COUNT(endings); i++) {
    size_t ending = strlen(endings[i]);
    if (length > ending && !strcasecmp(file + length - ending, endings[i])) return true;
  }
  return false;
}

static int open_media(feeder *f) {
  media_options options;
  media_options_init(&options);
  options.max_fps = f->options->max_fps;
  options.max_side = f->options->max_side;
  int result = media_open(&f->reader, f->file, &options, f->error);
  if (result != MIEN_OK) return result;
  f->info = media_describe(f->reader);
  f->about->media = true;
  f->about->duration = f->info->duration;
  if (f->info->mixed && f->info->source_channels > 2) note(f, "its channels were mixed: %s", f->info->mixed);
  return MIEN_OK;
}

static int tell_speakers(feeder *f) {
  if (!f->info || !f->info->channels) return MIEN_OK;
  if (f->info->channels > 1) {
    note(f, "it has %d channels, each a person: --speakers is for one channel", f->info->channels);
    return MIEN_OK;
  }
  int result = conversation_speakers_find(&f->speakers, f->engine, f->file, f->options->speakers,
                                          f->options->names, f->error);
  if (result != MIEN_OK || !f->speakers) return result;
  f->by_turn = true;
  int count = conversation_speakers_count(f->speakers);
  note(f, count == 1 ? "%d voice was told apart" : "%d voices were told apart", count);
  return MIEN_OK;
}

static int run(feeder *f) {
  int result = cli_file_check(f->file, f->error);
  if (result != MIEN_OK) return result;
  bool text = is_text(f->file);
  result = text ? open_transcript(f, f->file, f->error) : open_media(f);
  if (result == MIEN_OK && !text) result = find_transcript(f);
  if (result != MIEN_OK) return result;
  name_channels(f);
  if (f->turns) bind_names(f);
  else if (f->options->speakers != 1) result = tell_speakers(f);
  if (result != MIEN_OK) return result;
  if (name_turns(f) != MIEN_OK) return base_error_set(f->error, MIEN_ENOMEM, "", "", "out of memory");
  name_camera(f);
  result = open_session(f, !f->turns && f->options->words);
  if (result == MIEN_OK) result = show_session(f, false);
  if (result != MIEN_OK) return result;
  if (f->reader) result = read_media(f);
  if (result == MIEN_OK) result = feed_turns_until(f, INFINITY);
  if (result != MIEN_OK) return result;
  mien_session_finish(f->session);
  if ((result = drain(f)) != MIEN_OK || (result = show_session(f, true)) != MIEN_OK) return result;
  say_health(f);
  return say_what_was_missed(f);
}

int conversation_read(mien_engine *engine, const char *file, const conversation_options *options,
                      const conversation_sink *sink, conversation_about *about, mien_error *error) {
  mien_error spare;
  if (!error) error = &spare;
  *error = (mien_error){0};
  *about = (conversation_about){.duration = NAN};
  feeder f = {.file = file, .options = options, .sink = sink, .about = about, .engine = engine,
              .error = error};
  int result = run(&f);
  if (result != MIEN_OK && !error->code)
    base_error_set(error, result, "", "", "%s", mien_error_message(result));
  conversation_speakers_close(&f.speakers);
  base_free(f.timed);
  base_free(f.turn_names);
  mien_session_close(&f.session);
  transcript_close(&f.turns);
  media_close(&f.reader);
  return result;
}
