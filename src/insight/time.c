/* time.c: times as people write them, and the bins they fall into. All in UTC; days by the civil calendar. */
#include <stdio.h>
#include <stdlib.h>

#include "insight/parts.h"
#include "insight/rows.h"

/* Days since 1970 of a date of the proleptic Gregorian calendar, and back: shifted to begin in March, by eras of 400 years. */
static long long days_of(long long year, int month, int day) {
  year -= month <= 2;
  long long era = (year >= 0 ? year : year - 399) / 400, of_era = year - era * 400;
  long long of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void date_of(long long days, long long *year, int *month, int *day) {
  days += 719468;
  long long era = (days >= 0 ? days : days - 146096) / 146097, left = days - era * 146097;
  long long of_era = (left - left / 1460 + left / 36524 - left / 146096) / 365;
  long long of_year = left - (365 * of_era + of_era / 4 - of_era / 100), shifted = (5 * of_year + 2) / 153;
  *day = (int)(of_year - (153 * shifted + 2) / 5 + 1);
  *month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
  *year = of_era + era * 400 + (*month <= 2);
}

static bool digits(const char **at, int count, int *value) {
  *value = 0;
  for (int i = 0; i < count; i++, (*at)++) {
    if (**at < '0' || **at > '9') return false;
    *value = 10 * *value + (**at - '0');
  }
  return true;
}

static bool taken(const char **at, char c) { return **at == c ? ((*at)++, true) : false; }

static double offset_of(const char **at) {
  int hours, minutes = 0;
  if (!**at) return 0;
  if (**at == 'Z' || **at == 'z') return (*at)++, 0;
  double sign = **at == '-' ? -1 : 1;
  if ((**at != '+' && **at != '-') || ((*at)++, !digits(at, 2, &hours))) return NAN;
  taken(at, ':');
  if (**at && !digits(at, 2, &minutes)) return NAN;
  return hours < 24 && minutes < 60 ? sign * (hours * 3600 + minutes * 60) : NAN;
}

static double number_of(const char *text) {
  char *end;
  if (strspn(text, "0123456789.") != strlen(text) || strlen(text) < 5 || strlen(text) > 24) return NAN;
  double number = strtod(text, &end);
  if (*end) return NAN;
  if (number > 1e11) number /= 1000;
  return number <= 253402300799.0 ? number : NAN; /* the year 9999 */
}

double insight_time(const char *text) {
  int year, month, day, hour = 0, minute = 0, second = 0, length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  while (*text == ' ') text++;
  const char *at = text;
  if (!digits(&at, 4, &year) || !taken(&at, '-') || !digits(&at, 2, &month) || !taken(&at, '-') || !digits(&at, 2, &day)) return number_of(text);
  if (month < 1 || month > 12) return NAN;
  if (!(year % 4) && (year % 100 || !(year % 400))) length[1] = 29;
  if (day < 1 || day > length[month - 1]) return NAN;
  if (taken(&at, 'T') || taken(&at, 't') || (*at == ' ' && at[1] >= '0' && at[1] <= '9' && at++)) {
    if (!digits(&at, 2, &hour) || !taken(&at, ':') || !digits(&at, 2, &minute)) return NAN;
    if (taken(&at, ':') && !digits(&at, 2, &second)) return NAN;
    if (taken(&at, '.') || taken(&at, ',')) at += strspn(at, "0123456789");
  }
  while (*at == ' ') at++;
  double offset = offset_of(&at);
  while (*at == ' ') at++;
  if (*at || hour > 23 || minute > 59 || second > 60) return NAN;
  return (double)days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset;
}

double insight_bin_start(int bin, double time) {
  long long year, days = (long long)floor(time / 86400);
  int month, day;
  switch (bin) {
  case INSIGHT_BIN_HOUR: return floor(time / 3600) * 3600;
  case INSIGHT_BIN_WEEK: return (double)(days - ((days + 3) % 7 + 7) % 7) * 86400; /* Monday; 1970 began on a Thursday */
  case INSIGHT_BIN_MONTH: return date_of(days, &year, &month, &day), (double)(days - day + 1) * 86400;
  default: return (double)days * 86400;
  }
}

double insight_bin_next(int bin, double start) {
  if (bin == INSIGHT_BIN_MONTH) return insight_bin_start(bin, start + 31 * 86400.0);
  return start + (bin == INSIGHT_BIN_HOUR ? 3600 : bin == INSIGHT_BIN_WEEK ? 7 * 86400.0 : 86400.0);
}

void insight_write_time(base_json *json, const char *key, double time) {
  long long year, seconds = (long long)floor(time);
  int month, day;
  char text[64];
  if (!isfinite(time)) {
    base_json_string(json, key, NULL);
    return;
  }
  long long days = (long long)floor(time / 86400), of_day = seconds - days * 86400;
  date_of(days, &year, &month, &day);
  snprintf(text, sizeof text, "%04lld-%02d-%02dT%02d:%02d:%02dZ", year, month, day, (int)(of_day / 3600), (int)(of_day / 60 % 60), (int)(of_day % 60));
  base_json_string(json, key, text);
}

static const char *const bins[] = {"auto", "hour", "day", "week", "month"};
const char *insight_bin_name(int bin) { return bin >= 0 && bin < INSIGHT_BINS ? bins[bin] : NULL; }
int insight_bin_named(const char *name) {
  for (int i = 0; i < INSIGHT_BINS; i++)
    if (!strcmp(bins[i], name)) return i;
  return -1;
}
