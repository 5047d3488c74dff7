/* conversation_bind.c: the names of a call and of a transcript, and which belongs to which. */
#include "cli/conversation.h"

#include <stdio.h>

/* ---- --who ---- */

static bool copy_name(char to[NAME_BYTES], const char *from, size_t bytes) {
  while (bytes && *from == ' ') from++, bytes--;
  while (bytes && from[bytes - 1] == ' ') bytes--;
  if (!bytes || bytes >= NAME_BYTES) return false;
  memcpy(to, from, bytes);
  to[bytes] = 0;
  return true;
}

const char *conversation_names_parse(conversation_names *names, const char *text) {
  *names = (conversation_names){0};
  while (text && *text) {
    size_t length = strcspn(text, ",");
    const char *equals = memchr(text, '=', length);
    if (!equals) return "each must be NAME=ROLE";
    if (names->count == NAMES_MAX) return "there are too many of them";
    size_t n = names->count++;
    if (!copy_name(names->from[n], text, (size_t)(equals - text)) ||
        !copy_name(names->to[n], equals + 1, length - (size_t)(equals + 1 - text)))
      return "a name must have 1 to 63 bytes";
    text += length + (text[length] == ',');
  }
  return NULL;
}

const char *conversation_name(const conversation_names *names, const char *key) {
  for (size_t i = 0; names && i < names->count; i++)
    if (!strcasecmp(names->from[i], key)) return names->to[i];
  return key;
}

/* ---- Speakers to channels ---- */

enum { SPEAKERS_MAX = MEDIA_CHANNELS_MAX };

typedef struct speakers {
  const char *names[SPEAKERS_MAX];
  size_t count;
  double energy[SPEAKERS_MAX][MEDIA_CHANNELS_MAX]; /* sum of squares in their turns */
} speakers;

static int speaker_of(const speakers *s, const char *name) {
  for (size_t i = 0; i < s->count; i++)
    if (!strcasecmp(s->names[i], name)) return (int)i;
  return -1;
}

static bool list_speakers(speakers *s, const transcript *turns) {
  for (size_t i = 0; i < transcript_count(turns); i++) {
    const char *who = transcript_at(turns, i)->who;
    if (!who || speaker_of(s, who) >= 0) continue;
    if (s->count == SPEAKERS_MAX) return false;
    s->names[s->count++] = who;
  }
  return s->count > 0;
}

static bool measure(speakers *s, const char *file, const transcript *turns, int channels) {
  media_options options;
  media_options_init(&options);
  options.pictures = false;
  options.channels = MEDIA_CHANNELS_SPLIT;
  media_reader *reader = NULL;
  mien_error error;
  if (media_open(&reader, file, &options, &error) != MIEN_OK) return false;
  size_t from = 0; /* the first turn that may not be over */
  media_item item;
  int result;
  while ((result = media_next(reader, &item, &error)) == MIEN_OK) {
    if (item.kind != MEDIA_AUDIO || item.channel >= channels) continue;
    double sum = 0, at = item.at + (double)item.count / MEDIA_RATE / 2;
    for (size_t i = 0; i < item.count; i++) sum += (double)item.pcm[i] * (double)item.pcm[i];
    while (from < transcript_count(turns) && transcript_at(turns, from)->t1 < at - 60) from++;
    for (size_t t = from; t < transcript_count(turns); t++) {
      const transcript_turn *turn = transcript_at(turns, t);
      if (turn->t0 > at) break;
      if (at < turn->t1 && turn->who) s->energy[speaker_of(s, turn->who)][item.channel] += sum;
    }
  }
  media_close(&reader);
  return result == MIEN_EEND;
}

bool conversation_bind(const char *file, const transcript *turns, int channels,
                       char names[MEDIA_CHANNELS_MAX][NAME_BYTES]) {
  speakers s = {0};
  if (!list_speakers(&s, turns) || (int)s.count > channels) return false;
  if (!measure(&s, file, turns, channels)) return false;
  int channel_of[SPEAKERS_MAX];
  for (size_t i = 0; i < s.count; i++) {
    int best = 0;
    for (int c = 1; c < channels; c++)
      if (s.energy[i][c] > s.energy[i][best]) best = c;
    double other = 0;
    for (int c = 0; c < channels; c++)
      if (c != best) other = fmax(other, s.energy[i][c]);
    if (!(s.energy[i][best] > 2 * other)) return false; /* 3 dB: people do talk over one another */
    for (size_t j = 0; j < i; j++)
      if (channel_of[j] == best) return false;
    channel_of[i] = best;
  }
  for (size_t i = 0; i < s.count; i++)
    snprintf(names[channel_of[i]], NAME_BYTES, "%s", s.names[i]);
  return true;
}
