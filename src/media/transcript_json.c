/* transcript_json.c: transcripts as JSON: Whisper's (OpenAI's program and service, whisper.cpp,
 * WhisperX), Amazon Transcribe's (standard output and call analytics), and chats: a list of messages,
 * each with its text and who wrote it. */
#include "media/transcript_parts.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

/* A number, or a number written as a string as Amazon does; NAN otherwise. */
static double number_of(const json_t *value) {
  if (json_is_number(value)) return json_number_value(value);
  if (!json_is_string(value)) return NAN;
  char *end;
  double number = strtod(json_string_value(value), &end);
  return *end || end == json_string_value(value) || !isfinite(number) ? (double)NAN : number;
}

static double number_at(const json_t *object, const char *key) {
  return number_of(json_object_get(object, key));
}

static const char *string_at(const json_t *object, const char *key) {
  return json_string_value(json_object_get(object, key));
}

/* The first of the keys that has a string. */
static const char *first_string(const json_t *object, const char *const *keys) {
  const char *value = NULL;
  for (; *keys && !value; keys++) value = string_at(object, *keys);
  return value;
}

static void add(transcript *t, const char *who, int channel, double t0, double t1, const char *text,
                size_t words, size_t line) {
  transcript_add(t, who, who ? strlen(who) : 0, channel, t0, t1, text, strlen(text), words, line);
}

/* The digits at the end of "ch_1", "spk_1"; -1 without. */
static int number_in(const char *label) {
  size_t n = label ? strlen(label) : 0, end = n;
  while (n && label[n - 1] >= '0' && label[n - 1] <= '9') n--;
  return n < end && end - n < 4 ? atoi(label + n) : -1;
}

/* ---- Whisper. */

/* Adds the words that begin before `until`, from place *at in the list on. */
static size_t add_whisper_words(transcript *t, const json_t *list, size_t *at, double until) {
  size_t before = t->word_count;
  for (; *at < json_array_size(list); (*at)++) {
    const json_t *word = json_array_get(list, *at);
    const char *text = string_at(word, "word");
    double t0 = number_at(word, "start"), t1 = number_at(word, "end");
    if (t0 >= until) break;
    if (text && !isnan(t0) && !isnan(t1)) transcript_add_word(t, text, strlen(text), t0, t1);
  }
  return t->word_count - before;
}

static void read_whisper(transcript *t, const json_t *segments, const json_t *all_words) {
  size_t i, all_at = 0;
  const json_t *segment;
  t->form = "whisper";
  json_array_foreach(segments, i, segment) {
    static const char *const texts[] = {"text", "content", "message", NULL};
    static const char *const names[] = {"speaker", "who", "name", "author", "from", "role", NULL};
    const char *text = first_string(segment, texts), *who = first_string(segment, names);
    double t0 = number_at(segment, "start"), t1 = number_at(segment, "end");
    const json_t *offsets = json_object_get(segment, "offsets"); /* whisper.cpp: milliseconds */
    if (isnan(t0) && offsets) {
      t0 = number_at(offsets, "from") / 1000;
      t1 = number_at(offsets, "to") / 1000;
    }
    if (!text) {
      transcript_note(t, i + 1, "", "the segment has no text");
      continue;
    }
    const json_t *own = json_object_get(segment, "words");
    size_t own_at = 0, words = own ? add_whisper_words(t, own, &own_at, INFINITY)
                                   : add_whisper_words(t, all_words, &all_at, t1);
    add(t, who, -1, t0, t1, text, words, i + 1);
  }
}

/* ---- Amazon Transcribe: single words and punctuation marks, gathered into turns. */

static const double turn_gap = 1.2;   /* seconds of silence that end a turn */
static const double turn_long = 15.0; /* after these, a sentence's end does so too */

typedef struct gather {
  base_text text;
  double t0, t1;
  const char *who;
  int channel;
  size_t words, line;
} gather;

static void end_gather(transcript *t, gather *g) {
  if (g->text.failed) t->failed = true;
  if (g->text.length) add(t, g->who, g->channel, g->t0, g->t1, g->text.data, g->words, g->line);
  base_text_reset(&g->text);
  g->words = 0;
}

/* Who spoke at each moment, from results.speaker_labels, walked in step with the items. */
typedef struct speakers {
  const json_t *segments;
  size_t segment;
} speakers;

static const char *speaker_at(speakers *labels, double at) {
  while (labels->segment < json_array_size(labels->segments)) {
    const json_t *segment = json_array_get(labels->segments, labels->segment);
    if (at < number_at(segment, "end_time")) /* false where it is NAN: such a one is passed over */
      return at >= number_at(segment, "start_time") - 0.01 ? string_at(segment, "speaker_label") : NULL;
    labels->segment++;
  }
  return NULL;
}

static void read_items(transcript *t, const json_t *items, int channel, const json_t *segments) {
  gather g = {.channel = channel};
  speakers labels = {.segments = segments};
  size_t i;
  const json_t *item;
  json_array_foreach(items, i, item) {
    const json_t *best = json_array_get(json_object_get(item, "alternatives"), 0);
    const char *text = string_at(best, "content"), *type = string_at(item, "type");
    if (!text || !*text) continue;
    double t0 = number_at(item, "start_time"), t1 = number_at(item, "end_time");
    if ((type && !strcmp(type, "punctuation")) || isnan(t0)) {
      if (g.text.length) base_text_puts(&g.text, text);
      continue;
    }
    const char *who = string_at(item, "speaker_label");
    if (!who) who = speaker_at(&labels, t0);
    bool other = who != g.who && (!who || !g.who || strcmp(who, g.who));
    const char *last = g.text.length ? g.text.data + g.text.length - 1 : "";
    bool sentence = *last && strchr(".?!", *last);
    if (g.text.length && (other || t0 - g.t1 > turn_gap || (sentence && t0 - g.t0 > turn_long)))
      end_gather(t, &g);
    if (!g.text.length) g.t0 = t0, g.who = who, g.line = i + 1;
    else base_text_add(&g.text, " ", 1);
    g.t1 = isnan(t1) ? t0 : t1;
    base_text_puts(&g.text, text);
    size_t before = t->word_count;
    transcript_add_word(t, text, strlen(text), t0, g.t1);
    g.words += t->word_count - before;
  }
  end_gather(t, &g);
  base_text_clear(&g.text);
}

static void read_transcribe(transcript *t, const json_t *results) {
  t->form = "transcribe";
  const json_t *channels = json_object_get(json_object_get(results, "channel_labels"), "channels");
  const json_t *labels = json_object_get(json_object_get(results, "speaker_labels"), "segments");
  if (json_array_size(channels)) {
    size_t i;
    const json_t *channel;
    t->any_order = true;
    json_array_foreach(channels, i, channel) {
      int number = number_in(string_at(channel, "channel_label"));
      read_items(t, json_object_get(channel, "items"), number < 0 ? (int)i : number, NULL);
    }
    return;
  }
  read_items(t, json_object_get(results, "items"), -1, labels);
  const json_t *whole = json_array_get(json_object_get(results, "transcripts"), 0);
  const char *text = string_at(whole, "transcript");
  if (!t->count && text) add(t, NULL, -1, NAN, NAN, text, 0, 1);
}

/* Call analytics: turns with roles, in milliseconds. */
static void read_analytics(transcript *t, const json_t *turns) {
  size_t i, k;
  const json_t *turn, *item;
  t->form = "transcribe";
  t->any_order = true;
  json_array_foreach(turns, i, turn) {
    const char *text = string_at(turn, "Content");
    if (!text) continue;
    size_t before = t->word_count;
    json_array_foreach(json_object_get(turn, "Items"), k, item) {
      const char *word = string_at(item, "Content");
      double t0 = number_at(item, "BeginOffsetMillis"), t1 = number_at(item, "EndOffsetMillis");
      if (word && !isnan(t0) && !isnan(t1))
        transcript_add_word(t, word, strlen(word), t0 / 1000, t1 / 1000);
    }
    add(t, string_at(turn, "ParticipantRole"), -1, number_at(turn, "BeginOffsetMillis") / 1000,
        number_at(turn, "EndOffsetMillis") / 1000, text, t->word_count - before, i + 1);
  }
}

int transcript_read_json(transcript *t, const char *text, size_t bytes, mien_error *error) {
  json_error_t reason;
  json_t *root = json_loadb(text, bytes, JSON_DISABLE_EOF_CHECK, &reason);
  if (!root) {
    char where[256];
    snprintf(where, sizeof where, "%.180s, line %d, byte %d", t->name, reason.line, reason.position);
    return base_error_set(error, MIEN_EFORMAT, where, "write the transcript again",
                          "the JSON is damaged: %.160s", reason.text);
  }
  t->unit = "segment";
  const json_t *results = json_object_get(root, "results");
  const json_t *segments = json_object_get(root, "segments");
  const json_t *messages = json_object_get(root, "messages");
  const json_t *cpp = json_object_get(root, "transcription");
  const json_t *analytics = json_object_get(root, "Transcript");
  int code = MIEN_OK;
  if (json_is_object(results)) read_transcribe(t, results);
  else if (json_is_array(segments)) read_whisper(t, segments, json_object_get(root, "words"));
  else if (json_is_array(cpp)) read_whisper(t, cpp, NULL);
  else if (json_is_array(analytics)) read_analytics(t, analytics);
  else if (json_is_array(root)) read_whisper(t, root, NULL);
  else if (json_is_array(messages)) read_whisper(t, messages, NULL);
  else if (string_at(root, "text")) add(t, NULL, -1, NAN, NAN, string_at(root, "text"), 0, 1);
  else
    code = base_error_set(error, MIEN_EUNSUPPORTED, t->name,
                          "give it as SRT, WebVTT, or JSON of Whisper or Amazon Transcribe",
                          "this JSON is no transcript that is known here");
  json_decref(root);
  return code;
}
