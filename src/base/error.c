/* error.c: error numbers, names and messages from the one list in mien.h; label names; readings
 * with nothing in them. Any thread. */
#include "base/base.h"

#include <stdio.h>
#include <time.h>

static const struct {
  int code;
  const char *name, *message;
} errors[] = {
#define MIEN_X(number, name, message) {number, #name, message},
    MIEN_ERRORS(MIEN_X)
#undef MIEN_X
};

const char *mien_error_name(int code) {
  for (size_t i = 0; i < BASE_COUNT(errors); i++)
    if (errors[i].code == code) return errors[i].name;
  return "unknown";
}

const char *mien_error_message(int code) {
  for (size_t i = 0; i < BASE_COUNT(errors); i++)
    if (errors[i].code == code) return errors[i].message;
  return "unknown error";
}

int base_error_set(mien_error *error, int code, const char *where, const char *remedy,
                   const char *what_format, ...) {
  if (!error) return code;
  error->code = code;
  va_list arguments;
  va_start(arguments, what_format);
  vsnprintf(error->what, sizeof error->what, what_format, arguments);
  va_end(arguments);
  snprintf(error->where, sizeof error->where, "%s", where ? where : "");
  snprintf(error->remedy, sizeof error->remedy, "%s", remedy ? remedy : "");
  return code;
}

static const char *const modalities[] = {"text", "voice", "face", "body", "fused"};
static const char *const cores[] = {"neutral", "joy",     "sadness", "anger",
                                    "fear",    "disgust", "surprise"};
static const char *const fines[] = {
    "admiration",     "amusement", "anger",       "annoyance", "approval",  "caring",
    "confusion",      "curiosity", "desire",      "disappointment", "disapproval", "disgust",
    "embarrassment",  "excitement", "fear",       "gratitude", "grief",     "joy",
    "love",           "nervousness", "optimism",  "pride",     "realization", "relief",
    "remorse",        "sadness",   "surprise",    "neutral"};
static const char *const extras[] = {"calm", "boredom", "contempt"};
static const char *const dims[] = {"valence", "arousal", "dominance"};
static const char *const flags[] = {"sarcasm", "masking", "distress"};
static const char *const states[] = {"frustration", "confusion", "boredom",      "engagement",
                                     "excitement",  "stress",    "satisfaction", "disappointment"};

#define NAME_OF(function, table, index)                                                           \
  const char *function(int index) {                                                               \
    return index >= 0 && (size_t)index < BASE_COUNT(table) ? table[index] : NULL;                 \
  }
NAME_OF(mien_modality_name, modalities, modality)
NAME_OF(mien_core_name, cores, label)
NAME_OF(mien_fine_name, fines, label)
NAME_OF(mien_extra_name, extras, label)
NAME_OF(mien_dim_name, dims, dim)
NAME_OF(mien_flag_name, flags, flag)
NAME_OF(mien_state_name, states, state)

static void fill_unknown(float *values, size_t count) {
  for (size_t i = 0; i < count; i++) values[i] = NAN;
}

void base_reading_init(mien_reading *reading, int modality) {
  memset(reading, 0, sizeof *reading);
  reading->modality = modality;
  reading->track = -1;
  reading->core[MIEN_NEUTRAL] = 1;
  fill_unknown(reading->fine, MIEN_FINE);
  fill_unknown(reading->extra, MIEN_EXTRA);
  fill_unknown(reading->dims, MIEN_DIMS);
  fill_unknown(reading->flags, MIEN_FLAGS);
  fill_unknown(reading->states, MIEN_STATES);
  fill_unknown(reading->box, 4);
  fill_unknown(reading->trend, MIEN_DIMS);
  fill_unknown(reading->forecast, MIEN_DIMS);
  fill_unknown(reading->forecast_error, MIEN_DIMS);
  mien_outlook *o = &reading->outlook;
  fill_unknown(o->next, MIEN_CORE);
  o->label = -1;
  o->valence = o->valence_error = o->end = o->end_error = NAN;
  o->rise = o->rise_low = o->rise_high = o->seconds = NAN;
  reading->confidence = NAN;
  reading->quality = NAN;
}

static double seconds_of(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double base_clock(void) { return seconds_of(CLOCK_MONOTONIC); }
double base_now(void) { return seconds_of(CLOCK_REALTIME); }
