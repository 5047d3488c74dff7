/* summary.c: what went on, in plain words, for the people themselves, when all of them agreed.
 *
 * Rules: the same sentences in the same order for each; what went well comes first; a cue is told only when it came twice, or
 * once plainly, as "there were moments that sounded like", never as what somebody is; what is one's is never told as the
 * other's cause; who moves whom is told only where the intervals are apart; figures that are not known are not told. */
#include "people/parts.h"

#include <stdio.h>

enum { TURNS_LEAST = 4, GIVEN = 4 };

enum {
#define SAY(name, ...) SAY_##name,
#include "people/summary.inc"
#undef SAY
  SAYINGS
};

static const char *const languages[] = {"en", "zh", "es", "de", "fr", "ar"};
static const char *const sayings[SAYINGS][BASE_COUNT(languages)] = {
#define SAY(name, ...) {__VA_ARGS__},
#include "people/summary.inc"
#undef SAY
};

/* What is being written, in which language. */
typedef struct telling {
  base_text *to;
  int language;
  bool follows; /* a sentence stands before in this paragraph */
} telling;

static const char *said(const telling *t, int what) { return sayings[what][t->language]; }

/* Puts the saying with {0} {1} … replaced. */
static void fill(telling *t, int what, const char *const given[GIVEN]) {
  for (const char *at = said(t, what); *at;) {
    if (*at == '{' && at[1] >= '0' && at[1] < '0' + GIVEN && at[2] == '}') {
      base_text_puts(t->to, given[at[1] - '0']);
      at += 3;
    } else {
      size_t bytes = 1 + strcspn(at + 1, "{");
      base_text_printf(t->to, "%.*s", (int)bytes, at);
      at += bytes;
    }
  }
}

static void sentence(telling *t, int what, const char *a, const char *b, const char *c, const char *d) {
  if (t->follows) base_text_puts(t->to, said(t, SAY_BLANK));
  t->follows = true;
  fill(t, what, (const char *const[GIVEN]){a ? a : "", b ? b : "", c ? c : "", d ? d : ""});
}

static void end_paragraph(telling *t) {
  base_text_puts(t->to, "\n");
  t->follows = false;
}

static const char *number(char to[16], int value) {
  snprintf(to, 16, "%d", value);
  return to;
}

static bool has(const char *const *agreed, size_t count, const char *who) {
  for (size_t i = 0; i < count; i++)
    if (agreed[i] && !strcmp(agreed[i], who)) return true;
  return false;
}

/* How often, and how plainly at most. */
static int times(const mien_people *people, const char *who, int manner, double *most, int *received) {
  int found = 0;
  *most = 0;
  *received = 0;
  for (int i = 0; i < people->manner_count; i++) {
    const mien_manner *m = &people->manners[i];
    if (m->manner != manner || strcmp(m->who, who)) continue;
    found++;
    *most = fmax(*most, m->strength);
    *received += m->received == 1;
  }
  return found;
}

static const char *often(const telling *t, int count) {
  return said(t, count == 1 ? SAY_ONCE : count == 2 ? SAY_TWICE : count < 6 ? SAY_FEW : SAY_MANY);
}

static void tell_moments(telling *t, const mien_people *people, const char *who) {
  static const int sounded[MIEN_MANNER_COUNT] = {[MIEN_MANNER_CRITICISM] = SAY_CRITICISM,
                                                 [MIEN_MANNER_CONTEMPT] = SAY_CONTEMPT,
                                                 [MIEN_MANNER_DEFENSIVENESS] = SAY_DEFENSIVENESS,
                                                 [MIEN_MANNER_WITHDRAWAL] = SAY_WITHDRAWAL};
  base_text list = {0};
  telling inner = {&list, t->language, false};
  for (int m = 0; m < MIEN_MANNER_COUNT; m++) {
    double most;
    int received, count = sounded[m] ? times(people, who, m, &most, &received) : 0;
    if (!count || (count < 2 && most < 0.7)) continue;
    if (list.length) base_text_puts(&list, said(t, SAY_COMMA));
    fill(&inner, SAY_MOMENT, (const char *const[GIVEN]){said(t, sounded[m]), often(t, count), "", ""});
  }
  if (list.length) sentence(t, SAY_MOMENTS, list.data, NULL, NULL, NULL);
  t->to->failed |= list.failed;
  base_text_clear(&list);
}

static void tell_person(telling *t, const mien_people *people, const mien_person *p) {
  char turns[16], pleasant[16], unpleasant[16];
  double most;
  int received, repairs = times(people, p->who, MIEN_MANNER_REPAIR, &most, &received);
  sentence(t, SAY_NAME, p->who, NULL, NULL, NULL);
  if (p->turns < TURNS_LEAST) {
    sentence(t, SAY_LITTLE, NULL, NULL, NULL, NULL);
    end_paragraph(t);
    return;
  }
  sentence(t, SAY_TURNS, number(turns, p->turns), number(pleasant, p->pleasant), number(unpleasant, p->unpleasant), NULL);
  if (repairs) sentence(t, received ? SAY_REPAIRS_MET : SAY_REPAIRS, often(t, repairs), NULL, NULL, NULL);
  if (p->dips) sentence(t, p->recovered == p->dips ? SAY_CAME_BACK : SAY_STAYED_LOW, NULL, NULL, NULL, NULL);
  if (p->trend.low > 0) sentence(t, SAY_ROSE, NULL, NULL, NULL, NULL);
  if (p->trend.high < 0) sentence(t, SAY_FELL, NULL, NULL, NULL, NULL);
  tell_moments(t, people, p->who);
  end_paragraph(t);
}

static void tell_line(telling *t, int what, const char *a, const char *b, const char *c, const char *d) {
  sentence(t, what, a, b, c, d);
  end_paragraph(t);
}

static void tell_pairs(telling *t, const mien_people *people) {
  int count = mien_people_count(people);
  for (int a = 0; a < count; a++)
    for (int b = a + 1; b < count; b++) {
      mien_pair there, back;
      if (mien_people_pair(people, a, b, &there) || mien_people_pair(people, b, a, &back)) continue;
      int moves = mien_people_influence(people, a, b);
      if (moves) tell_line(t, SAY_FOLLOWED, moves > 0 ? there.to : there.from, moves > 0 ? there.from : there.to, NULL, NULL);
      else if (there.synchrony.low > 0) tell_line(t, SAY_TOGETHER, there.from, there.to, NULL, NULL);
      if (there.escalation.low > 0.5 && back.escalation.low > 0.5) tell_line(t, SAY_WORSE, there.from, there.to, NULL, NULL);
      else if (there.deescalation.low > 0.5 || back.deescalation.low > 0.5) tell_line(t, SAY_KINDER, there.from, there.to, NULL, NULL);
      char to[16], from[16];
      if (there.interruptions || back.interruptions)
        tell_line(t, SAY_CUT_IN, there.to, number(to, there.interruptions), there.from, number(from, back.interruptions));
    }
}

/* One thing to try, of what was seen; the same for everybody. From the antidotes of Gottman 1994. */
static void tell_tries(telling *t, const mien_people *people) {
  static const int tries[MIEN_MANNER_COUNT] = {[MIEN_MANNER_CRITICISM] = SAY_TRY_CRITICISM,
                                               [MIEN_MANNER_CONTEMPT] = SAY_TRY_CONTEMPT,
                                               [MIEN_MANNER_DEFENSIVENESS] = SAY_TRY_DEFENSIVENESS,
                                               [MIEN_MANNER_WITHDRAWAL] = SAY_TRY_WITHDRAWAL};
  int seen[MIEN_MANNER_COUNT] = {0};
  base_text list = {0};
  for (int i = 0; i < people->manner_count; i++) seen[people->manners[i].manner]++;
  for (int m = 0; m < MIEN_MANNER_COUNT; m++) {
    if (!tries[m] || seen[m] < 2) continue;
    if (list.length) base_text_puts(&list, said(t, SAY_SEMICOLON));
    base_text_puts(&list, said(t, tries[m]));
  }
  if (list.length) tell_line(t, SAY_TRY, list.data, NULL, NULL, NULL);
  t->to->failed |= list.failed;
  base_text_clear(&list);
}

/* Everybody's name: "a, b and c". */
static void tell_whom(telling *t, const mien_people *people) {
  base_text list = {0};
  for (int i = 0; i < people->name_count; i++) {
    if (i) base_text_puts(&list, said(t, i + 1 == people->name_count ? SAY_AND : SAY_COMMA));
    base_text_puts(&list, people->names[i]);
  }
  tell_line(t, SAY_FOR, list.data, NULL, NULL, NULL);
  t->to->failed |= list.failed;
  base_text_clear(&list);
}

/* "es", and what begins so: "es-MX". -1: none of ours. */
static int language_of(const char *code) {
  if (!code || !*code) return 0;
  for (int l = 0; l < (int)BASE_COUNT(languages); l++)
    if (!strncmp(code, languages[l], 2) && (!code[2] || code[2] == '-' || code[2] == '_')) return l;
  return -1;
}

int mien_people_summary(const mien_people *people, const char *const *agreed, size_t count, char *to, size_t capacity, size_t *bytes, mien_error *error) {
  return mien_people_summary_in(people, NULL, agreed, count, to, capacity, bytes, error);
}

int mien_people_summary_in(const mien_people *people, const char *language, const char *const *agreed, size_t count, char *to, size_t capacity, size_t *bytes, mien_error *error) {
  if (bytes) *bytes = 0;
  if (capacity) *to = 0;
  int in = language_of(language);
  if (in < 0) return base_error_set(error, MIEN_EINVAL, "language", "one of en zh es de fr ar", "there is no summary in '%.16s'", language);
  if (people->more)
    return base_error_set(error, MIEN_EPOLICY, "summary", "a summary is for small groups", "more than %d people took part", PEOPLE_NAMES);
  for (int i = 0; i < people->name_count; i++)
    if (!has(agreed, count, people->names[i]))
      return base_error_set(error, MIEN_EPOLICY, people->names[i], "ask them first; a summary is only for people who all agreed to it", "'%s' has not agreed to a summary", people->names[i]);
  if (!people_order((mien_people *)people)) return base_error_set(error, MIEN_ENOMEM, "summary", "", "out of memory");
  int shown = mien_people_count(people), turns = 0;
  base_text text = {0};
  for (int i = 0; i < shown; i++) {
    mien_person p;
    if (!mien_people_person(people, i, &p)) turns += p.turns;
  }
  if (turns < TURNS_LEAST) return base_error_set(error, MIEN_EEMPTY, "summary", "give a longer conversation", "fewer than %d turns could be read", TURNS_LEAST);
  telling t = {&text, in, false};
  tell_whom(&t, people);
  end_paragraph(&t);
  for (int i = 0; i < shown; i++) {
    mien_person p;
    if (!mien_people_person(people, i, &p)) tell_person(&t, people, &p);
  }
  end_paragraph(&t);
  tell_pairs(&t, people);
  tell_tries(&t, people);
  end_paragraph(&t);
  tell_line(&t, SAY_END, NULL, NULL, NULL, NULL);
  int code = text.failed ? base_error_set(error, MIEN_ENOMEM, "summary", "", "out of memory") : MIEN_OK;
  if (!code && bytes) *bytes = text.length;
  if (!code && capacity) {
    size_t part = BASE_MIN(text.length, capacity - 1);
    memcpy(to, text.data, part);
    to[part] = 0;
  }
  base_text_clear(&text);
  return code;
}
