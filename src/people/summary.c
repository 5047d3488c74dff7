/* summary.c: what went on, in plain words, for the people themselves, when all of them agreed.
 *
 * Rules: the same sentences in the same order for each; what went well comes first; a cue is told only when it came twice, or
 * once plainly, as "there were moments that sounded like", never as what somebody is; what is one's is never told as the
 * other's cause; who moves whom is told only where the intervals are apart; figures that are not known are not told. */
#include "people/parts.h"

#include <stdio.h>

enum { TURNS_LEAST = 4 };

static bool has(const char *const *agreed, size_t count, const char *who) {
  for (size_t i = 0; i < count; i++)
    if (agreed[i] && !strcmp(agreed[i], who)) return true;
  return false;
}

static void list_join(base_text *to, int index, int count) {
  if (index) base_text_puts(to, index + 1 == count ? " and " : ", ");
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

static const char *often(int count) { return count == 1 ? "once" : count == 2 ? "twice" : count < 6 ? "a few times" : "many times"; }

static void tell_person(base_text *to, const mien_people *people, const mien_person *p) {
  static const char *const sounded[MIEN_MANNER_COUNT] = {
      [MIEN_MANNER_CRITICISM] = "a complaint about the other as a person",
      [MIEN_MANNER_CONTEMPT] = "mockery or looking down",
      [MIEN_MANNER_DEFENSIVENESS] = "fending off a complaint",
      [MIEN_MANNER_WITHDRAWAL] = "drawing back from the conversation"};
  double most;
  int received, repairs = times(people, p->who, MIEN_MANNER_REPAIR, &most, &received);
  base_text_printf(to, "%s. ", p->who);
  if (p->turns < TURNS_LEAST) {
    base_text_puts(to, "Too little could be read to say more.\n");
    return;
  }
  base_text_printf(to, "Of %d turns that could be read, %d sounded pleasant and %d unpleasant.", p->turns, p->pleasant, p->unpleasant);
  if (repairs) base_text_printf(to, " Reached out %s (an apology, agreeing, thanks or slowing down)%s.", often(repairs), received ? ", and it was met with a kinder turn" : "");
  if (p->dips && p->recovered == p->dips) base_text_puts(to, " After low moments the tone came back up.");
  else if (p->dips) base_text_puts(to, " After a low moment the tone did not come back up in this conversation.");
  if (p->trend.low > 0) base_text_puts(to, " The tone rose from beginning to end.");
  if (p->trend.high < 0) base_text_puts(to, " The tone fell from beginning to end.");
  int told = 0;
  for (int m = 0; m < MIEN_MANNER_COUNT; m++) {
    int count = sounded[m] ? times(people, p->who, m, &most, &received) : 0;
    if (count < 2 && most < 0.7) continue;
    if (!count) continue;
    base_text_printf(to, "%s%s (%s)", told ? ", " : " There were moments that sounded like ", sounded[m], often(count));
    told++;
  }
  base_text_puts(to, told ? ".\n" : "\n");
}

static void tell_pairs(base_text *to, const mien_people *people) {
  int count = mien_people_count(people);
  for (int a = 0; a < count; a++)
    for (int b = a + 1; b < count; b++) {
      mien_pair there, back;
      if (mien_people_pair(people, a, b, &there) || mien_people_pair(people, b, a, &back)) continue;
      int moves = mien_people_influence(people, a, b);
      if (moves) base_text_printf(to, "%s's tone followed %s's more than the other way round.\n", moves > 0 ? there.to : there.from, moves > 0 ? there.from : there.to);
      else if (there.synchrony.low > 0) base_text_printf(to, "The tones of %s and %s went up and down together.\n", there.from, there.to);
      if (there.escalation.low > 0.5 && back.escalation.low > 0.5) base_text_printf(to, "Between %s and %s an unpleasant turn was mostly answered with a more unpleasant one, both ways.\n", there.from, there.to);
      else if (there.deescalation.low > 0.5 || back.deescalation.low > 0.5) base_text_printf(to, "Between %s and %s an unpleasant turn was mostly answered with a kinder one.\n", there.from, there.to);
      if (there.interruptions || back.interruptions)
        base_text_printf(to, "Cutting in while the other still spoke: %s %d, %s %d.\n", there.to, there.interruptions, there.from, back.interruptions);
    }
}

/* One thing to try, of what was seen; the same for everybody. From the antidotes of Gottman 1994. */
static void tell_tries(base_text *to, const mien_people *people) {
  static const char *const tries[MIEN_MANNER_COUNT] = {
      [MIEN_MANNER_CRITICISM] = "say what happened and what you need (\"I would like …\") rather than what the other always does",
      [MIEN_MANNER_CONTEMPT] = "name one thing about the other that you value before the next hard topic",
      [MIEN_MANNER_DEFENSIVENESS] = "take one part of what the other says as true, however small, before answering",
      [MIEN_MANNER_WITHDRAWAL] = "when it gets too much, say so, and agree on a break of twenty minutes and a time to go on"};
  int seen[MIEN_MANNER_COUNT] = {0}, told = 0;
  for (int i = 0; i < people->manner_count; i++) seen[people->manners[i].manner]++;
  for (int m = 0; m < MIEN_MANNER_COUNT; m++) {
    if (!tries[m] || seen[m] < 2) continue;
    base_text_printf(to, "%s%s", told ? "; " : "What you could try, together: ", tries[m]);
    told++;
  }
  base_text_puts(to, told ? ".\n" : "");
}

int mien_people_summary(const mien_people *people, const char *const *agreed, size_t count, char *to, size_t capacity, size_t *bytes, mien_error *error) {
  if (bytes) *bytes = 0;
  if (capacity) *to = 0;
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
  base_text_puts(&text, "For ");
  for (int i = 0; i < people->name_count; i++) list_join(&text, i, people->name_count), base_text_puts(&text, people->names[i]);
  base_text_puts(&text, ", who agreed to read this.\n\n");
  for (int i = 0; i < shown; i++) {
    mien_person p;
    if (!mien_people_person(people, i, &p)) tell_person(&text, people, &p);
  }
  base_text_puts(&text, "\n");
  tell_pairs(&text, people);
  tell_tries(&text, people);
  base_text_puts(&text, "\nThis is what could be heard, read and seen to be expressed in one conversation. It can be wrong, says nothing of what anyone felt or "
                        "meant, and is no judgement of a person or of a relationship. If something does not fit, you know better.\n");
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
