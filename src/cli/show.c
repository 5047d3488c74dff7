/* show.c: a timeline for a person at a terminal:
 *
 *    0:24  customer  anger    ▆▆▆▆▆▆▏   74 %  But I never ordered a router!
 *                    frustration 0.8          "never" · pitch 2.1 sd above usual */
#include "cli/show.h"

#include <stdio.h>

#include "cli/terminal.h"

enum { TIME = 7, LABEL = 9, BAR = 8, WHO_MAX = 16, WORDS_MIN = 30, MARK = LABEL + BAR + 6,
       LINES_MAX = 6, SPARK_MAX = 60 };

typedef struct shower {
  const timeline *line;
  const show_options *options;
  base_text *out;
  int who;   /* columns of the names */
  int words; /* columns left for words; narrow terminals have them on lines of their own */
  int indent; /* of what stands under the words */
} shower;

/* ---- Pieces ---- */

static const char *const core_colours[MIEN_CORE] = {"0", "33", "34", "31", "35", "32", "36"};

static void colour(const shower *s, const char *code, bool on) {
  if (s->options->colours) base_text_printf(s->out, "\033[%sm", on ? code : "0");
}

static void spaces(const shower *s, int count) {
  if (count > 0) base_text_printf(s->out, "%*s", count, "");
}

static void padded(const shower *s, const char *text, int columns) {
  size_t bytes = strlen(text);
  if (cli_columns(text, bytes) > columns) { /* cut, with an ellipsis */
    bytes = 0;
    for (size_t next = 0; text[next];) {
      uint32_t c;
      int length = base_utf8_next(text + next, strlen(text + next), &c);
      next += (size_t)(length ? length : 1);
      if (cli_columns(text, next) > columns - 1) break;
      bytes = next;
    }
    base_text_add(s->out, text, bytes);
    base_text_puts(s->out, "…");
    spaces(s, columns - 1 - cli_columns(text, bytes));
    return;
  }
  base_text_add(s->out, text, bytes);
  spaces(s, columns - cli_columns(text, bytes));
}

static void clock(char *to, size_t size, double seconds) {
  long long whole = llround(floor(fmax(seconds, 0)));
  if (whole >= 3600) snprintf(to, size, "%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60, whole % 60);
  else snprintf(to, size, "%lld:%02lld", whole / 60, whole % 60);
}

/* Eighths of a cell: 8 cells are 64 steps. */
static void bar(const shower *s, float part) {
  if (!isfinite(part)) part = 0;
  static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  int steps = (int)lroundf(BASE_CLAMP(part, 0.0f, 1.0f) * BAR * 8), cells = steps / 8;
  for (int i = 0; i < cells; i++) base_text_puts(s->out, "█");
  base_text_puts(s->out, eighths[steps % 8]);
  spaces(s, BAR - cells - (steps % 8 > 0));
}

/* Control characters could move the cursor or worse: they are shown as spaces. */
static void safe(const shower *s, const char *text, size_t bytes) {
  for (size_t at = 0; at < bytes;) {
    uint32_t c;
    int length = base_utf8_next(text + at, bytes - at, &c);
    if (!length || c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029)
      base_text_puts(s->out, " ");
    else base_text_add(s->out, text + at, (size_t)length);
    at += (size_t)(length ? length : 1);
  }
}

/* ---- What is said about a state ---- */

static bool was_said(const char *list, const char *text) { return strstr(list, text) != NULL; }

/* Does the cue belong to what is shown? It must speak for it, and be of this turn: a state holds what
 * came before as well. What words make a text neutral tells nobody anything. */
static bool belongs(const mien_cue *cue, int label, double t0, double t1, const char *text) {
  bool word = cue->at >= 0 && cue->length > 0;
  if (!*cue->text || !(cue->weight > 0.02f) || (cue->toward >= 0 && cue->toward != label)) return false;
  if (cue->t1 < t0 || cue->t0 > t1 + 1) return false; /* false where times are not known */
  return !word || (label != MIEN_NEUTRAL && strcmp(cue->text, ".") && strcmp(cue->text, ",") &&
                   strstr(text, cue->text));
}

/* The strongest cues, in words: “useless” · pitch 2.1 sd above usual; a second one only if there is
 * room. */
static void cues(const mien_reading *reading, double t0, double t1, const char *text, int columns,
                 char *to, size_t size) {
  enum { MOST = 2 };
  size_t used = 0;
  *to = 0;
  int top = timeline_top(reading), shown = 0;
  float first = 0;
  for (size_t i = 0; i < reading->cue_count && shown < MOST; i++) { /* strongest first */
    const mien_cue *cue = &reading->cues[i];
    if (!belongs(cue, top, t0, t1, text) || was_said(to, cue->text)) continue;
    if (shown && cue->weight < first / 3) break; /* far behind the first */
    if (!shown) first = cue->weight;
    bool word = cue->at >= 0 && cue->length > 0;
    int wrote = snprintf(to + used, size - used, word ? "%s“%s”" : "%s%s", shown ? " · " : "", cue->text);
    bool fits = wrote >= 0 && (size_t)wrote < size - used &&
                (!shown || cli_columns(to, used + (size_t)wrote) <= columns);
    if (!fits) {
      to[used] = 0;
      break;
    }
    used += (size_t)wrote;
    shown++;
  }
}

static void emotion(const shower *s, const mien_reading *state) {
  if (!state) {
    spaces(s, MARK);
    return;
  }
  if (state->abstain) {
    colour(s, "2", true);
    padded(s, "not clear", MARK);
    colour(s, "2", false);
    return;
  }
  int top = timeline_top(state);
  colour(s, core_colours[top], true);
  padded(s, mien_core_name(top), LABEL);
  bar(s, state->confidence);
  colour(s, core_colours[top], false);
  if (isfinite(state->confidence)) base_text_printf(s->out, " %3.0f %%", 100 * (double)state->confidence);
  else spaces(s, 6);
}

/* The second line under the emotion: the state that stands out, or why it abstains. */
static void detail(const mien_reading *state, char *to, size_t size) {
  *to = 0;
  if (!state) return;
  int top = timeline_top_state(state);
  if (state->abstain) snprintf(to, size, "%s", state->abstain);
  else if (top >= 0) snprintf(to, size, "%s %.1f", mien_state_name(top), (double)state->states[top]);
}

/* ---- A row ---- */

static void end_line(const shower *s) {
  while (s->out->length && s->out->data[s->out->length - 1] == ' ') s->out->data[--s->out->length] = 0;
  base_text_puts(s->out, "\n");
}

static void row(const shower *s, const char *when, const char *who, const mien_reading *state,
                double t0, double t1, const char *text) {
  char why[200], more[160];
  bool narrow = s->words < WORDS_MIN;
  int columns = narrow ? s->options->width - s->indent : s->words;
  if (state) cues(state, t0, t1, text, columns, why, sizeof why);
  else *why = 0;
  detail(state, more, sizeof more);

  colour(s, "2", true);
  base_text_printf(s->out, "%*s  ", TIME - 2, when);
  colour(s, "2", false);
  colour(s, "1", true);
  padded(s, who, s->who);
  colour(s, "1", false);
  base_text_puts(s->out, "  ");
  emotion(s, state);
  base_text_puts(s->out, "  ");

  if (!narrow && !*text && *more) { /* no words: what would stand under the emotion, beside it */
    colour(s, "2", true);
    base_text_puts(s->out, more);
    colour(s, "2", false);
    end_line(s);
    *more = 0;
    narrow = !*why; /* nothing more, or the cues on a line of their own */
    if (narrow) return;
    spaces(s, s->indent);
  }
  if (narrow) {
    end_line(s);
    if (*more) {
      colour(s, "2", true);
      spaces(s, s->indent);
      base_text_puts(s->out, more);
      colour(s, "2", false);
      end_line(s);
    }
  }
  /* words, then cues, in the right column; the state beside their second line */
  size_t left = strlen(text);
  bool first = !narrow, detailed = narrow || !*more;
  int lines = 0;
  bool cue_left = *why;
  while (left || cue_left || !detailed || first) {
    if (!first) {
      if (!narrow && !detailed) {
        colour(s, "2", true);
        spaces(s, s->indent - MARK - 2);
        padded(s, more, MARK);
        base_text_puts(s->out, "  ");
        colour(s, "2", false);
        detailed = true;
      } else {
        spaces(s, s->indent);
      }
    }
    if (left) {
      size_t fits = cli_fit(text, left, columns);
      bool cut = ++lines == LINES_MAX && fits < left;
      if (cut) fits = cli_fit(text, left, columns - 2);
      safe(s, text, fits);
      if (cut) base_text_puts(s->out, "…");
      text += fits;
      left = cut ? 0 : left - fits;
    } else if (cue_left) {
      colour(s, "2", true);
      safe(s, why, cli_fit(why, strlen(why), columns));
      colour(s, "2", false);
      cue_left = false;
    }
    end_line(s);
    first = false;
  }
}

/* ---- The whole ---- */

static bool show_turns(const shower *s) {
  for (size_t i = 0; i < s->line->turn_count; i++) {
    const timeline_turn *turn = &s->line->turns[i];
    char when[24];
    if (s->options->untimed) snprintf(when, sizeof when, "%zu.", i + 1);
    else clock(when, sizeof when, turn->t0);
    row(s, when, turn->who, timeline_turn_state(s->line, turn), turn->t0, turn->t1,
        turn->text);
  }
  return s->line->turn_count > 0;
}

/* Without words: every person's runs of one emotion, in order of time. */
static void show_runs(const shower *s) {
  enum { PEOPLE_SHOWN = 64 };
  timeline_span *spans[PEOPLE_SHOWN] = {0};
  size_t counts[PEOPLE_SHOWN] = {0}, at[PEOPLE_SHOWN] = {0};
  size_t people = BASE_MIN(s->line->people_count, (size_t)PEOPLE_SHOWN);
  for (size_t p = 0; p < people; p++)
    if (timeline_spans(s->line, s->line->people[p], TIMELINE_EMOTION, &spans[p], &counts[p]) != MIEN_OK)
      s->out->failed = true;
  for (;;) {
    size_t next = people;
    for (size_t p = 0; p < people; p++)
      if (at[p] < counts[p] && (next == people || spans[p][at[p]].t0 < spans[next][at[next]].t0)) next = p;
    if (next == people) break;
    const timeline_span *span = &spans[next][at[next]++];
    mien_reading state = *span->first;
    state.confidence = span->confidence;
    char when[24];
    clock(when, sizeof when, span->t0);
    row(s, when, s->line->people[next], &state, span->t0, span->t1, "");
  }
  for (size_t p = 0; p < people; p++) base_free(spans[p]);
}

/* A state's way through the recording: each column the mean of its stretch of time. */
static void sparkline(const shower *s, const char *who, int state, int columns) {
  static const char *const steps[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  double sums[SPARK_MAX] = {0};
  int counts[SPARK_MAX] = {0};
  const timeline *line = s->line;
  for (size_t i = 0; i < line->state_count; i++) {
    const mien_reading *r = &line->states[i];
    if (strcmp(r->who, who) || !isfinite(r->states[state])) continue;
    int column = (int)((r->t0 + r->t1) / 2 / line->duration * columns);
    column = BASE_CLAMP(column, 0, columns - 1);
    sums[column] += (double)r->states[state];
    counts[column]++;
  }
  int last = -1; /* step, held over stretches in which the other one speaks */
  for (int c = 0; c < columns; c++) {
    if (counts[c]) last = (int)lround(BASE_CLAMP(sums[c] / counts[c], 0.0, 1.0) * 8);
    base_text_puts(s->out, last < 0 ? " " : steps[BASE_MAX(last, 1)]);
  }
}

typedef struct course {
  int state;
  float high, low;
  double high_at;
} course;

/* How a state went for a person; the highest of neighbours' means, so that one outlier is not it. */
static course follow(const timeline *line, const char *who, int state) {
  course c = {state, 0, 1, 0};
  for (size_t i = 0; i < line->state_count; i++) {
    const mien_reading *r = &line->states[i];
    float value = r->states[state];
    if (strcmp(r->who, who) || !isfinite(value)) continue;
    if (value > c.high) c.high = value, c.high_at = r->t0;
    c.low = fminf(c.low, value);
  }
  return c;
}

static void show_courses(const shower *s) {
  enum { MOST = 3, NAME = 16 };
  bool tell = s->options->width >= 70;
  int columns = BASE_CLAMP(s->options->width - s->who - NAME - (tell ? 26 : 4), 8, SPARK_MAX);
  bool headed = false;
  if (!(s->line->duration > 0) || s->line->state_count < 3) return;
  for (size_t p = 0; p < s->line->people_count; p++) {
    const char *who = s->line->people[p];
    course best[MIEN_STATES];
    for (int k = 0; k < MIEN_STATES; k++) { /* insertion sort by how far they moved */
      course c = follow(s->line, who, k);
      int at = k;
      while (at && best[at - 1].high - best[at - 1].low < c.high - c.low) best[at] = best[at - 1], at--;
      best[at] = c;
    }
    bool named = false;
    for (int k = 0; k < MOST; k++) {
      if (best[k].high < 0.4f || best[k].high - best[k].low < 0.2f) continue;
      if (!headed) base_text_puts(s->out, "\n");
      headed = true;
      char when[24];
      clock(when, sizeof when, best[k].high_at);
      colour(s, "1", true);
      padded(s, named ? "" : who, s->who);
      colour(s, "1", false);
      base_text_puts(s->out, "  ");
      padded(s, mien_state_name(best[k].state), NAME);
      sparkline(s, who, best[k].state, columns);
      if (!tell) base_text_puts(s->out, "\n");
      else if (s->options->untimed) base_text_printf(s->out, "  up to %.1f\n", (double)best[k].high);
      else base_text_printf(s->out, "  up to %.1f at %s\n", (double)best[k].high, when);
      named = true;
    }
  }
}

/* ---- How people moved: each nod, shake, posture and hand to the face once, in order of time ---- */

static bool is_event(const mien_cue *cue) {
  static const char *const kinds[] = {"nod", "head_shake", "head_tilt", "lean_in", "lean_out", "hand_to_face"};
  for (size_t i = 0; i < BASE_COUNT(kinds); i++)
    if (!strcmp(cue->kind, kinds[i])) return true;
  return false;
}

static void show_movement(const shower *s) {
  enum { MOST = 8, LABEL_COLUMNS = 8 };
  const timeline *line = s->line;
  for (size_t p = 0; p < line->people_count; p++) {
    const mien_cue *last = NULL;
    int shown = 0, used = 0, start = s->who + 2 + LABEL_COLUMNS;
    for (size_t i = 0; i < line->reading_count && shown < MOST; i++) {
      const mien_reading *r = &line->readings[i];
      if (r->modality != MIEN_BODY || r->who != line->people[p]) continue;
      for (size_t k = 0; k < r->cue_count && shown < MOST; k++) {
        const mien_cue *cue = &r->cues[k];
        char text[sizeof cue->text + 32], when[24];
        if (!is_event(cue) || (last && !strcmp(last->kind, cue->kind) && cue->t0 <= last->t1 + 1)) {
          if (is_event(cue)) last = cue; /* it goes on */
          continue;
        }
        last = cue;
        clock(when, sizeof when, cue->t0);
        snprintf(text, sizeof text, "%s at %s", cue->text, when);
        int columns = cli_columns(text, strlen(text));
        if (!shown) {
          base_text_puts(s->out, "\n");
          colour(s, "1", true);
          padded(s, line->people[p], s->who);
          colour(s, "1", false);
          base_text_puts(s->out, "  moved   ");
        } else if (used + 3 + columns > s->options->width) {
          base_text_puts(s->out, "\n");
          spaces(s, start + 2);
          used = start;
        } else {
          base_text_puts(s->out, " · ");
          used += 3;
        }
        if (!shown) used = start;
        safe(s, text, strlen(text));
        used += columns;
        shown++;
      }
    }
    if (shown) base_text_puts(s->out, "\n");
  }
}

void show_timeline(const timeline *line, const show_options *options, base_text *out) {
  shower s = {.line = line, .options = options, .out = out};
  for (size_t p = 0; p < line->people_count; p++)
    s.who = BASE_MAX(s.who, cli_columns(line->people[p], strlen(line->people[p])));
  s.who = BASE_CLAMP(s.who, 4, BASE_MIN(WHO_MAX, options->width - TIME - 2 - MARK));
  s.indent = TIME + s.who + 2 + MARK + 2;
  s.words = options->width - s.indent;
  if (s.words < WORDS_MIN) s.indent = TIME;
  if (!show_turns(&s)) show_runs(&s);
  show_courses(&s);
  show_movement(&s);
}
