/* wellbeing.c: days of one person, and shifts that last. See mien_wellbeing.h. */
#include "mien_wellbeing.h"

#include <stdlib.h>
#include <time.h>

#include "base/base.h"

#define DAY 86400.0
#define SLACK 0.5    /* sd a day: the CUSUM is quickest for changes of twice that */
#define LIMIT 5.2    /* sd: by simulation, so that a false alarm comes less than once in a year of days */
#define ALIKE 0.3    /* how much a day is like the one before, beforehand, worth ALIKE_DAYS pairs of days */
#define ALIKE_DAYS 20.0
#define ALIKE_MOST 0.7
#define FAR 3.0      /* sd: no single day counts for more */
#define SPREAD_LEAST 0.05 /* of valence: nobody's days are more alike than they can be read */
enum { WEEK = 7, RECENT = 28 /* days */ };

typedef struct day {
  long day;       /* since 1970, of the person's own clock */
  double sum;
  int count, crisis;
} day;

struct mien_wellbeing {
  day *days; /* in order */
  size_t count, room;
  int offset;
  char country[3];
  mien_wellbeing_shift shifts[MIEN_WELLBEING_SHIFTS];
  int shift_count;
};

int mien_wellbeing_open(mien_wellbeing **own, const mien_wellbeing_options *options, mien_error *error) {
  *own = NULL;
  if (!options || options->size != sizeof *options) return base_error_set(error, MIEN_EINVAL, "options", "set options.size", "not the options of this version");
  if (options->agreed != 1)
    return base_error_set(error, MIEN_EPOLICY, "agreed", "ask the person, and never anybody in their place", "well-being is only for a person who asked for it");
  if (options->offset < -840 || options->offset > 840) return base_error_set(error, MIEN_EINVAL, "offset", "give minutes, -840 to 840", "no place on Earth is %d minutes from UTC", options->offset);
  if (!(*own = base_alloc(1, sizeof **own))) return base_error_set(error, MIEN_ENOMEM, "well-being", "", "out of memory");
  (*own)->offset = options->offset;
  if (options->country && strlen(options->country) == 2) memcpy((*own)->country, options->country, 2);
  return MIEN_OK;
}

void mien_wellbeing_close(mien_wellbeing **own) {
  if (*own) base_free((*own)->days);
  base_free(*own);
  *own = NULL;
}

/* The day of that moment, made where it is new. */
static int find(mien_wellbeing *own, double at, day **found, mien_error *error) {
  if (!(at >= 946684800.0 && at < 4102444800.0)) return base_error_set(error, MIEN_EINVAL, "at", "give seconds since 1970", "not a time of this century");
  long which = (long)floor((at + own->offset * 60.0) / DAY);
  size_t low = 0, high = own->count;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (own->days[middle].day < which) low = middle + 1;
    else high = middle;
  }
  if (low == own->count || own->days[low].day != which) {
    if (own->count == MIEN_WELLBEING_DAYS) return base_error_set(error, MIEN_ELIMIT, "at", "leave out the oldest", "more than %d days", MIEN_WELLBEING_DAYS);
    if (!base_grow(&own->days, own->count, &own->room, sizeof *own->days)) return base_error_set(error, MIEN_ENOMEM, "at", "", "out of memory");
    memmove(own->days + low + 1, own->days + low, (own->count - low) * sizeof *own->days);
    own->count++;
    own->days[low] = (day){.day = which};
  }
  *found = &own->days[low];
  return MIEN_OK;
}

static double mood(const day *d) { return d->sum / d->count; }

/* ---- Shifts ---- */

typedef struct usual {
  double mean, sd, alike;
} usual;

/* What is usual by days first…end - 1 that have entries. */
static usual usual_of(const day *const *days, size_t first, size_t end) {
  double n = (double)(end - first), sum = 0, squares = 0, pairs = 0, across = 0;
  for (size_t i = first; i < end; i++) sum += mood(days[i]);
  double mean = sum / n;
  for (size_t i = first; i < end; i++) {
    double off = mood(days[i]) - mean;
    squares += off * off;
    if (i > first && days[i]->day == days[i - 1]->day + 1) across += off * (mood(days[i - 1]) - mean), pairs++;
  }
  double variance = squares / (n - 1), alike = variance > 1e-9 && pairs > 0 ? across / pairs / variance : ALIKE;
  alike = (alike * pairs + ALIKE * ALIKE_DAYS) / (pairs + ALIKE_DAYS);
  return (usual){mean, fmax(sqrt(variance), SPREAD_LEAST), BASE_CLAMP(alike, 0, ALIKE_MOST)};
}

/* How surprising a day is, as if normal: Student's t of a new value, brought to a normal one (Wallace 1959). */
static double surprise(const day *const *days, size_t first, size_t i) {
  usual u = usual_of(days, first, i);
  double n = (double)(i - first), freedom = n - 2;
  bool next = days[i]->day == days[i - 1]->day + 1;
  double alike = next ? u.alike : 0, expected = u.mean + alike * (mood(days[i - 1]) - u.mean);
  double t = (mood(days[i]) - expected) / (u.sd * sqrt(1 - alike * alike) * sqrt(1 + 1 / n));
  double z = sqrt(freedom * log1p(t * t / freedom)) * (8 * freedom + 1) / (8 * freedom + 3);
  return copysign(fmin(z, FAR), t);
}

static double begins(const mien_wellbeing *own, const day *d) { return (double)d->day * DAY - own->offset * 60.0; }

static double mean_of(const day *const *days, size_t first, size_t end) {
  double sum = 0;
  for (size_t i = first; i < end; i++) sum += mood(days[i]);
  return end > first ? sum / (double)(end - first) : (double)NAN;
}

/* After a shift the days since it began are the new usual. */
static void find_shifts(mien_wellbeing *own, const day *const *days, size_t count) {
  double up = 0, down = 0;
  size_t first = 0, up_since = 0, down_since = 0;
  own->shift_count = 0;
  for (size_t i = 0; i < count; i++) {
    if (i < first + MIEN_WELLBEING_LEAST) {
      up_since = down_since = i + 1;
      continue;
    }
    double z = surprise(days, first, i);
    up = fmax(0, up + z - SLACK);
    down = fmax(0, down - z - SLACK);
    if (up <= 0) up_since = i + 1;
    if (down <= 0) down_since = i + 1;
    if (up <= LIMIT && down <= LIMIT) continue;
    size_t since = up > LIMIT ? up_since : down_since;
    if (own->shift_count < MIEN_WELLBEING_SHIFTS)
      own->shifts[own->shift_count++] = (mien_wellbeing_shift){.since = begins(own, days[since]), .told = begins(own, days[i]), .direction = up > LIMIT ? 1 : -1,
                                                               .before = mean_of(days, first, since), .after = mean_of(days, since, i + 1)};
    first = since;
    up = down = 0;
    up_since = down_since = i + 1;
  }
}

int mien_wellbeing_add(mien_wellbeing *own, double at, double valence, mien_error *error) {
  day *d;
  if (!isfinite(valence)) return base_error_set(error, MIEN_EINVAL, "valence", "give -1 to 1", "valence is not a number");
  int code = find(own, at, &d, error);
  if (code) return code;
  d->sum += BASE_CLAMP(valence, -1, 1);
  d->count++;
  return MIEN_OK;
}

int mien_wellbeing_text(mien_wellbeing *own, double at, const char *utf8, size_t bytes) {
  day *d;
  int found = mien_wellbeing_crisis(utf8, bytes);
  if (found && !find(own, at, &d, NULL)) d->crisis = 1;
  return found;
}

/* Days that have a mood, and the shifts among them. NULL: no memory, or no such day. */
static const day **order(mien_wellbeing *own, size_t *count) {
  const day **days = base_alloc(BASE_MAX(own->count, 1u), sizeof *days);
  *count = 0;
  if (!days) return NULL;
  for (size_t i = 0; i < own->count; i++)
    if (own->days[i].count) days[(*count)++] = &own->days[i];
  find_shifts(own, days, *count);
  return days;
}

int mien_wellbeing_read(const mien_wellbeing *const_own, mien_wellbeing_now *now) {
  mien_wellbeing *own = (mien_wellbeing *)const_own; /* its shifts are made of its days, again each time */
  size_t count;
  const day **days = order(own, &count);
  if (!days) return MIEN_ENOMEM;
  size_t last = count > WEEK ? count - WEEK : 0, first = 0;
  for (size_t i = 0; own->shift_count && i < last; i++) { /* usual: since the last shift; before it, where that was not long ago */
    double since = own->shifts[own->shift_count - 1].since;
    if (begins(own, days[i]) < since) continue;
    if (begins(own, days[count - 1]) - since < RECENT * DAY) last = i;
    else first = i;
    break;
  }
  *now = (mien_wellbeing_now){.days = (int)count, .usual = (double)NAN, .spread = (double)NAN, .week = mean_of(days, count > WEEK ? count - WEEK : 0, count), .against = (double)NAN, .shifts = own->shift_count};
  if (last >= first + MIEN_WELLBEING_LEAST) {
    usual u = usual_of(days, first, last);
    now->usual = u.mean;
    now->spread = u.sd;
    double alike = (1 + u.alike) / (1 - u.alike); /* days that are alike say less together (Bartlett 1946) */
    now->against = (now->week - u.mean) / (u.sd * sqrt(alike * (1.0 / WEEK + 1.0 / (double)(last - first))));
  }
  for (size_t i = own->count; i-- > 0 && own->days[i].day > own->days[own->count - 1].day - WEEK;) now->crisis |= own->days[i].crisis;
  base_free(days);
  return MIEN_OK;
}

int mien_wellbeing_shift_at(const mien_wellbeing *own, int index, mien_wellbeing_shift *shift) {
  mien_wellbeing_now now;
  int code = mien_wellbeing_read(own, &now);
  if (code) return code;
  if (index < 0 || index >= own->shift_count) return MIEN_EINVAL;
  *shift = own->shifts[index];
  return MIEN_OK;
}

/* ---- Saying it ---- */

static size_t give(base_text *text, char *to, size_t capacity) {
  size_t bytes = text->failed || !text->data ? 0 : text->length;
  if (capacity) {
    size_t part = BASE_MIN(bytes, capacity - 1);
    if (part) memcpy(to, text->data, part);
    to[part] = 0;
  }
  base_text_clear(text);
  return bytes;
}

static void date_of(const mien_wellbeing *own, double at, char to[16]) {
  time_t seconds = (time_t)(at + own->offset * 60.0);
  struct tm broken;
  gmtime_r(&seconds, &broken);
  strftime(to, 16, "%Y-%m-%d", &broken);
}

size_t mien_wellbeing_json(const mien_wellbeing *own, char *to, size_t capacity) {
  base_text text = {0};
  base_json json;
  mien_wellbeing_now now;
  char date[16], help[1024];
  if (mien_wellbeing_read(own, &now)) return give(&text, to, capacity);
  mien_wellbeing_help(own->country, now.crisis, help, sizeof help);
  base_json_init(&json, &text);
  base_json_open(&json, NULL, '{');
  base_json_integer(&json, "days", now.days);
  base_json_number(&json, "usual", now.usual, 3);
  base_json_number(&json, "spread", now.spread, 3);
  base_json_number(&json, "week", now.week, 3);
  base_json_number(&json, "against", now.against, 2);
  base_json_open(&json, "shifts", '[');
  for (int i = 0; i < own->shift_count; i++) {
    const mien_wellbeing_shift *s = &own->shifts[i];
    base_json_open(&json, NULL, '{');
    date_of(own, s->since, date);
    base_json_string(&json, "since", date);
    date_of(own, s->told, date);
    base_json_string(&json, "told", date);
    base_json_string(&json, "direction", s->direction > 0 ? "up" : "down");
    base_json_number(&json, "before", s->before, 3);
    base_json_number(&json, "after", s->after, 3);
    base_json_close(&json, '}');
  }
  base_json_close(&json, ']');
  base_json_number(&json, "false_alarms_a_year", MIEN_WELLBEING_FALSE_ALARMS, 1);
  base_json_bool(&json, "crisis", now.crisis != 0);
  base_json_string(&json, "help", help);
  base_json_close(&json, '}');
  return give(&text, to, capacity);
}

static void tell_shift(base_text *to, const mien_wellbeing *own, const mien_wellbeing_shift *s) {
  char since[16];
  date_of(own, s->since, since);
  base_text_printf(to, "Since about %s your days have sounded %s pleasant than was usual for you (%+.2f, before %+.2f). ", since, s->direction > 0 ? "more" : "less", s->after, s->before);
  base_text_printf(to, "Such a message comes by chance about once in a year of days.\n");
}

size_t mien_wellbeing_tell(const mien_wellbeing *own, char *to, size_t capacity) {
  base_text text = {0};
  mien_wellbeing_now now;
  char help[1024];
  if (mien_wellbeing_read(own, &now)) return give(&text, to, capacity);
  mien_wellbeing_help(own->country, now.crisis, help, sizeof help);
  if (now.crisis) base_text_printf(&text, "%s\n", help); /* before anything else */
  base_text_printf(&text, "%d day%s with entries.", now.days, now.days == 1 ? "" : "s");
  if (!isfinite(now.usual)) base_text_printf(&text, " What is usual for you is known after %d days and a week.\n", MIEN_WELLBEING_LEAST);
  else if (fabs(now.against) < 2) base_text_puts(&text, " Your last seven days sounded much as usual for you.\n");
  else base_text_printf(&text, " Your last seven days sounded %s pleasant than is usual for you.\n", now.against > 0 ? "more" : "less");
  for (int i = BASE_MAX(own->shift_count - 3, 0); i < own->shift_count; i++) tell_shift(&text, own, &own->shifts[i]);
  bool low = own->shift_count ? own->shifts[own->shift_count - 1].direction < 0 : now.against < -2;
  if (low)
    base_text_puts(&text, "What helps many people: daylight and a walk, regular sleep and meals, one small thing that you used to like, and telling somebody how it is. "
                          "If it lasts for two weeks or weighs on your days, talk to a doctor.\n");
  if (!now.crisis && low) base_text_puts(&text, help);
  base_text_puts(&text, "This is about what was expressed in your entries, can be wrong, and is no diagnosis. It is for you alone.\n");
  return give(&text, to, capacity);
}
