/* reading_json.c: a reading as one line of JSON (docs/readings.md). Writes straight into the
 * caller's memory: bulk reading spends no more on it than on reading. Any thread. */
#include "engine/engine.h"

typedef struct writer {
  char *to;
  size_t capacity, length; /* length: bytes it takes, written or not */
} writer;

static void put(writer *out, const char *bytes, size_t count) {
  if (out->length < out->capacity)
    memcpy(out->to + out->length, bytes, BASE_MIN(count, out->capacity - out->length));
  out->length += count;
}
static void puts_(writer *out, const char *text) { put(out, text, strlen(text)); }
#define PUT(out, literal) put(out, literal, sizeof(literal) - 1)

static void put_unsigned(writer *out, unsigned long long value) {
  char digits[24];
  size_t at = sizeof digits;
  do digits[--at] = (char)('0' + value % 10);
  while (value /= 10);
  put(out, digits + at, sizeof digits - at);
}

/* Rounded to `decimals` (at most 6), without trailing zeros; not finite: null. */
static void put_number(writer *out, double value, int decimals) {
  static const long long powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000};
  if (!isfinite(value)) {
    PUT(out, "null");
    return;
  }
  value = BASE_CLAMP(value, -1e12, 1e12);
  long long scaled = llrint(value * (double)powers[decimals]);
  if (scaled < 0) {
    PUT(out, "-");
    scaled = -scaled;
  }
  put_unsigned(out, (unsigned long long)(scaled / powers[decimals]));
  long long rest = scaled % powers[decimals];
  if (!rest) return;
  char digits[8] = ".";
  int length = decimals + 1;
  for (int i = decimals; i > 0; i--, rest /= 10) digits[i] = (char)('0' + rest % 10);
  while (digits[length - 1] == '0') length--;
  put(out, digits, (size_t)length);
}

static void put_string(writer *out, const char *text) {
  if (!text) {
    PUT(out, "null");
    return;
  }
  size_t bytes = strlen(text), start = 0, at = 0;
  PUT(out, "\"");
  while (at < bytes) {
    unsigned char c = (unsigned char)text[at];
    uint32_t code;
    int length = c < 0x80 ? 1 : base_utf8_next(text + at, bytes - at, &code);
    if (length && c >= 0x20 && c != '"' && c != '\\' && c != 0x7f) {
      at += (size_t)length;
      continue;
    }
    put(out, text + start, at - start);
    if (!length) {
      PUT(out, "\xef\xbf\xbd");
    } else if (c == '"' || c == '\\') {
      char escaped[2] = {'\\', (char)c};
      put(out, escaped, 2);
    } else {
      static const char hex[] = "0123456789abcdef";
      char escaped[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
      put(out, escaped, 6);
    }
    start = ++at;
  }
  put(out, text + start, at - start);
  PUT(out, "\"");
}

typedef const char *(*name_fn)(int);

/* {"name":value,…}; `known`: leave out what is NAN, else null. */
static void put_values(writer *out, const char *key, const float *values, int count, name_fn name,
                       int decimals, bool known) {
  bool first = true;
  puts_(out, key);
  PUT(out, "{");
  for (int i = 0; i < count; i++) {
    if (known && !isfinite(values[i])) continue;
    if (!first) PUT(out, ",");
    first = false;
    PUT(out, "\"");
    puts_(out, name(i));
    PUT(out, "\":");
    put_number(out, (double)values[i], decimals);
  }
  PUT(out, "}");
}

/* Fine labels from 0.05 up, and always the most probable one. */
static void put_fine(writer *out, const float fine[MIEN_FINE]) {
  float shown[MIEN_FINE];
  int top = -1;
  for (int i = 0; i < MIEN_FINE; i++)
    if (isfinite(fine[i]) && (top < 0 || fine[i] > fine[top])) top = i;
  for (int i = 0; i < MIEN_FINE; i++) shown[i] = i == top || fine[i] >= 0.05f ? fine[i] : NAN;
  put_values(out, ",\"fine\":", shown, MIEN_FINE, mien_fine_name, 4, true);
}

static void put_set(writer *out, unsigned set) {
  bool first = true;
  PUT(out, ",\"set\":[");
  for (int k = 0; k < MIEN_CORE; k++) {
    if (!(set >> k & 1)) continue;
    if (!first) PUT(out, ",");
    first = false;
    put_string(out, mien_core_name(k));
  }
  PUT(out, "]");
}

static void put_cue(writer *out, const mien_cue *cue) {
  PUT(out, "{\"kind\":");
  put_string(out, cue->kind);
  PUT(out, ",\"text\":");
  put_string(out, cue->text);
  PUT(out, ",\"t0\":");
  put_number(out, cue->t0, 3);
  PUT(out, ",\"t1\":");
  put_number(out, cue->t1, 3);
  PUT(out, ",\"value\":");
  put_number(out, (double)cue->value, 4);
  PUT(out, ",\"unit\":");
  put_string(out, cue->unit);
  PUT(out, ",\"z\":");
  put_number(out, (double)cue->z, 2);
  PUT(out, ",\"toward\":");
  put_string(out, mien_core_name(cue->toward));
  PUT(out, ",\"weight\":");
  put_number(out, (double)cue->weight, 3);
  PUT(out, ",\"at\":");
  put_number(out, cue->at < 0 ? (double)NAN : cue->at, 0);
  PUT(out, ",\"length\":");
  put_number(out, cue->at < 0 ? (double)NAN : cue->length, 0);
  PUT(out, "}");
}

static void put_cues(writer *out, const mien_reading *reading) {
  PUT(out, ",\"cues\":[");
  for (size_t i = 0; i < reading->cue_count; i++) {
    if (i) PUT(out, ",");
    put_cue(out, &reading->cues[i]);
  }
  PUT(out, "]");
}

static void put_language(writer *out, const mien_reading *reading) {
  char code[sizeof reading->language + 1] = {0}; /* ends, whatever is in it */
  memcpy(code, reading->language, sizeof reading->language);
  PUT(out, ",\"language\":");
  put_string(out, *code ? code : NULL);
}

static void put_track(writer *out, const mien_reading *reading) {
  PUT(out, ",\"track\":");
  put_number(out, reading->track < 0 ? (double)NAN : reading->track, 0);
}

static void put_box(writer *out, const mien_reading *reading) {
  PUT(out, ",\"box\":");
  bool known = true;
  for (int i = 0; i < 4; i++) known = known && isfinite(reading->box[i]);
  if (!known) {
    PUT(out, "null");
    return;
  }
  for (int i = 0; i < 4; i++) {
    put(out, i ? "," : "[", 1);
    put_number(out, (double)reading->box[i], 1);
  }
  PUT(out, "]");
}

/* A value with its interval, no wider than -1…1. */
static void put_span(writer *out, const char *name, double value, double wide) {
  put_string(out, name);
  PUT(out, ":{\"value\":");
  put_number(out, value, 3);
  PUT(out, ",\"low\":");
  put_number(out, isfinite(value - wide) ? BASE_MAX(value - wide, -1) : (double)NAN, 3);
  PUT(out, ",\"high\":");
  put_number(out, isfinite(value + wide) ? BASE_MIN(value + wide, 1) : (double)NAN, 3);
  PUT(out, "}");
}

/* Where the talk is going; null while that is not known. */
static void put_outlook(writer *out, const mien_outlook *o) {
  if (o->label < 0 || o->label >= MIEN_CORE) {
    PUT(out, ",\"next\":null,\"end\":null,\"rise\":null");
    return;
  }
  PUT(out, ",\"next\":{\"label\":");
  put_string(out, mien_core_name(o->label));
  put_values(out, ",\"core\":", o->next, MIEN_CORE, mien_core_name, 4, false);
  PUT(out, ",");
  put_span(out, "valence", (double)o->valence, (double)o->valence_error);
  PUT(out, "},\"end\":{");
  put_span(out, "valence", (double)o->end, (double)o->end_error);
  PUT(out, "},\"rise\":{\"value\":");
  put_number(out, (double)o->rise, 4);
  PUT(out, ",\"low\":");
  put_number(out, (double)o->rise_low, 4);
  PUT(out, ",\"high\":");
  put_number(out, (double)o->rise_high, 4);
  PUT(out, ",\"turns\":");
  put_number(out, o->turns, 0);
  PUT(out, ",\"seconds\":");
  put_number(out, (double)o->seconds, 1);
  puts_(out, o->warning ? ",\"warning\":true}" : ",\"warning\":false}");
}

/* What only a state has. The forecast's interval holds 90 %: 1.645 sigma each way. */
static void put_state(writer *out, const mien_reading *state) {
  put_values(out, ",\"states\":", state->states, MIEN_STATES, mien_state_name, 4, false);
  put_values(out, ",\"trend\":", state->trend, MIEN_DIMS, mien_dim_name, 4, false);
  PUT(out, ",\"forecast\":{");
  for (int d = 0; d < MIEN_DIMS; d++) {
    if (d) PUT(out, ",");
    put_span(out, mien_dim_name(d), (double)state->forecast[d], 1.645 * (double)state->forecast_error[d]);
  }
  put_outlook(out, &state->outlook);
  PUT(out, "}");
  put_values(out, ",\"from\":", state->from, MIEN_FUSED, mien_modality_name, 3, false);
}

size_t mien_reading_json(const mien_reading *reading, char *to, size_t capacity) {
  writer out = {to, to ? capacity : 0, 0};
  if (!reading) PUT(&out, "null");
  if (reading) {
    PUT(&out, "{\"modality\":");
    put_string(&out, mien_modality_name(reading->modality));
    PUT(&out, ",\"who\":");
    put_string(&out, reading->who);
    PUT(&out, ",\"t0\":");
    put_number(&out, reading->t0, 3);
    PUT(&out, ",\"t1\":");
    put_number(&out, reading->t1, 3);
    puts_(&out, reading->final ? ",\"final\":true" : ",\"final\":false");
    put_values(&out, ",\"core\":", reading->core, MIEN_CORE, mien_core_name, 4, false);
    put_fine(&out, reading->fine);
    put_values(&out, ",\"extra\":", reading->extra, MIEN_EXTRA, mien_extra_name, 4, true);
    put_values(&out, ",\"dims\":", reading->dims, MIEN_DIMS, mien_dim_name, 3, false);
    put_values(&out, ",\"flags\":", reading->flags, MIEN_FLAGS, mien_flag_name, 3, true);
    PUT(&out, ",\"confidence\":");
    put_number(&out, (double)reading->confidence, 4);
    put_set(&out, reading->set);
    PUT(&out, ",\"abstain\":");
    put_string(&out, reading->abstain);
    PUT(&out, ",\"quality\":");
    put_number(&out, (double)reading->quality, 3);
    if (reading->modality == MIEN_TEXT) put_language(&out, reading);
    if (reading->modality == MIEN_FACE || reading->modality == MIEN_BODY) put_track(&out, reading);
    if (reading->modality == MIEN_FACE) put_box(&out, reading);
    if (reading->modality == MIEN_FUSED) put_state(&out, reading);
    put_cues(&out, reading);
    PUT(&out, "}");
  }
  if (to && capacity) to[BASE_MIN(out.length, capacity - 1)] = 0;
  return out.length;
}
