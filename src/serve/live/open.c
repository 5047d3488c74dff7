/* open.c: reads the "open" of a conversation. */
#include "serve/live/open.h"

#include <stdio.h>

typedef struct asking {
  const char *where;
  mien_error *error;
} asking;

static int wrong(const asking *a, const char *remedy, const char *format, ...) __attribute__((format(printf, 3, 4)));
static int wrong(const asking *a, const char *remedy, const char *format, ...) {
  char what[200];
  va_list list;
  va_start(list, format);
  vsnprintf(what, sizeof what, format, list);
  va_end(list);
  return base_error_set(a->error, MIEN_EINVAL, a->where, remedy, "%s", what);
}

static int known(const asking *a, json_t *object, const char *const *names) {
  const char *key;
  json_t *value;
  json_object_foreach(object, key, value) {
    size_t i = 0;
    while (names[i] && strcmp(names[i], key)) i++;
    if (!names[i]) return wrong(a, "docs/asyncapi.yaml lists what can be asked", "'%.60s' is not known here", key);
  }
  return MIEN_OK;
}

static int take_text(const asking *a, json_t *object, const char *name, bool needed, char *to, size_t room) {
  json_t *value = json_object_get(object, name);
  if (!value && !needed) return *to = 0, MIEN_OK;
  if (!json_is_string(value)) return wrong(a, "", "'%s' must be given, as a string", name);
  if (!json_string_length(value) && needed) return wrong(a, "", "'%s' is empty", name);
  if (json_string_length(value) >= room) return wrong(a, "", "'%s' may have %zu bytes", name, room - 1);
  snprintf(to, room, "%s", json_string_value(value));
  return MIEN_OK;
}

static int take_number(const asking *a, json_t *object, const char *name, double low, double high, double usual, double *to) {
  json_t *value = json_object_get(object, name);
  *to = value ? json_number_value(value) : usual;
  if ((value && !json_is_number(value)) || !(*to >= low && *to <= high))
    return wrong(a, "", "'%s' must be a number, %g to %g", name, low, high);
  return MIEN_OK;
}

static int take_flag(const asking *a, json_t *object, const char *name, bool usual, bool *to) {
  json_t *value = json_object_get(object, name);
  *to = value ? json_is_true(value) : usual;
  return value && !json_is_boolean(value) ? wrong(a, "", "'%s' must be true or false", name) : MIEN_OK;
}

static int take_person(const asking *a, json_t *object, serve_person *person, guard_person *guarded) {
  static const char *const names[] = {"who", "role", "subject", "consent", NULL};
  if (!json_is_object(object)) return wrong(a, "", "each participant is an object: {\"who\":…,\"role\":…}");
  int code = known(a, object, names);
  if (!code) code = take_text(a, object, "who", true, person->who, sizeof person->who);
  if (!code) code = take_text(a, object, "role", true, person->role, sizeof person->role);
  if (!code) code = take_text(a, object, "subject", false, guarded->subject, sizeof guarded->subject);
  if (!code) code = take_text(a, object, "consent", false, guarded->consent, sizeof guarded->consent);
  snprintf(guarded->who, sizeof guarded->who, "%s", person->who);
  snprintf(guarded->role, sizeof guarded->role, "%s", person->role);
  return code;
}

static int person_named(const serve_asked *asked, const json_t *who) {
  for (size_t i = 0; json_is_string(who) && i < asked->live.person_count; i++)
    if (!strcmp(json_string_value(who), asked->people[i].who)) return (int)i;
  return -1;
}

static int take_stream(const asking *a, json_t *object, const serve_asked *asked, serve_stream *stream) {
  static const char *const names[] = {"coding", "rate", "channels", NULL};
  char coding[32];
  double rate;
  if (!json_is_object(object)) return wrong(a, "", "each stream is an object: {\"coding\":…,\"rate\":…,\"channels\":[…]}");
  int code = known(a, object, names);
  if (!code) code = take_text(a, object, "coding", true, coding, sizeof coding);
  if (!code) code = take_number(a, object, "rate", 8000, 96000, 16000, &rate);
  if (code) return code;
  stream->format.coding = serve_coding_named(coding);
  stream->format.rate = (int)rate;
  json_t *channels = json_object_get(object, "channels");
  if (!json_is_array(channels)) return wrong(a, "", "'channels' lists whose voice each channel is, null for nobody's");
  stream->format.channels = (int)BASE_MIN(json_array_size(channels), 64u);
  code = serve_sound_format_check(&stream->format, a->where, a->error);
  for (int c = 0; !code && c < stream->format.channels; c++) {
    json_t *who = json_array_get(channels, (size_t)c);
    stream->people[c] = -1;
    stream->several[c] = 0;
    if (json_is_null(who)) continue;
    if (!json_is_array(who)) stream->people[c] = person_named(asked, who);
    for (size_t i = 0; i < json_array_size(who); i++) {
      int one = person_named(asked, json_array_get(who, i));
      if (one < 0 || stream->several[c] >> one >= 1u) return wrong(a, "name different participants, in the order in which they take part", "channel %d is of nobody, or of someone out of order", c + 1);
      stream->several[c] |= 1u << one;
    }
    if (json_is_array(who) && (json_array_size(who) < 2 || json_array_size(who) > SERVE_SEVERAL))
      return wrong(a, "list two to eight participants, who are told apart by their voices", "channel %d has %zu people", c + 1, json_array_size(who));
    if (stream->people[c] < 0 && !stream->several[c])
      return wrong(a, "name one of the participants, a list of them, or null", "channel %d is nobody's of this conversation", c + 1);
  }
  return code;
}

int serve_open_read(json_t *what, serve_asked *asked, mien_error *error) {
  static const char *const names[] = {"type", "purpose", "context", "jurisdiction", "notice_given", "participants", "audio",
                                      "observations_only", "statement", "reference", "states", "cues", "words", "state_every", "face_every", NULL};
  asking a = {"open", error}, p = {"open.participants", error}, s = {"open.audio", error};
  bool words = false;
  memset(asked, 0, sizeof *asked);
  asked->live.people = asked->people;
  asked->live.streams = asked->streams;
  int code = known(&a, what, names);
  if (!code) code = take_text(&a, what, "purpose", true, asked->purpose, sizeof asked->purpose);
  if (!code) code = take_text(&a, what, "context", true, asked->context, sizeof asked->context);
  if (!code) code = take_text(&a, what, "jurisdiction", true, asked->jurisdiction, sizeof asked->jurisdiction);
  if (!code) code = take_text(&a, what, "statement", false, asked->statement, sizeof asked->statement);
  if (!code) code = take_text(&a, what, "reference", false, asked->reference, sizeof asked->reference);
  if (!code && strspn(asked->reference, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:-") != strlen(asked->reference))
    code = wrong(&a, "letters, digits, '.', '_', ':' and '-'", "'reference' has another character");
  if (!code) code = take_flag(&a, what, "notice_given", false, &asked->notice_given);
  if (!code) code = take_flag(&a, what, "observations_only", false, &asked->observe);
  if (!code) code = take_flag(&a, what, "states", true, &asked->live.states);
  if (!code) code = take_flag(&a, what, "cues", true, &asked->live.cues);
  if (!code) code = take_flag(&a, what, "words", false, &words);
  if (!code) code = take_number(&a, what, "state_every", 0.1, 60, 1, &asked->live.state_every);
  if (!code) code = take_number(&a, what, "face_every", 0, 60, 0.5, &asked->live.face_every);
  if (code) return code;
  asked->live.read = MIEN_READ_TEXT | MIEN_READ_VOICE | MIEN_READ_FACE | MIEN_READ_BODY | (words ? MIEN_READ_WORDS : 0);
  json_t *people = json_object_get(what, "participants"), *audio = json_object_get(what, "audio");
  if (!json_is_array(people) || !json_array_size(people) || json_array_size(people) > SERVE_PEOPLE)
    return wrong(&p, "", "list 1 to %d participants", SERVE_PEOPLE);
  for (size_t i = 0; !code && i < json_array_size(people); i++) {
    code = take_person(&p, json_array_get(people, i), &asked->people[i], &asked->guarded[i]);
    asked->live.person_count = i + 1;
  }
  if (!code && audio && (!json_is_array(audio) || json_array_size(audio) > SERVE_STREAMS))
    return wrong(&s, "", "'audio' lists at most %d streams", SERVE_STREAMS);
  for (size_t i = 0; !code && i < json_array_size(audio); i++) {
    code = take_stream(&s, json_array_get(audio, i), asked, &asked->streams[i]);
    asked->live.stream_count = i + 1;
  }
  return code;
}
