/* report.c: what was measured, for the terminal, for programs, and as docs/accuracy.md. */
#include "eval/parts.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void eval_set(eval_report *report, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(report->set, sizeof report->set, format, arguments);
  va_end(arguments);
}

eval_row *eval_add(eval_report *report, const char *part, const char *measure, eval_value value,
                   size_t count) {
  static eval_row lost; /* where a row goes when memory is out: nowhere */
  if (report->count == report->capacity) {
    size_t more = report->capacity ? report->capacity * 2 : 256;
    eval_row *grown = realloc(report->rows, more * sizeof *grown);
    if (!grown) return &lost;
    report->rows = grown;
    report->capacity = more;
  }
  eval_row *row = &report->rows[report->count++];
  *row = (eval_row){
      .value = value, .count = count, .at_least = NAN, .at_most = NAN, .aim = NAN, .asked = NAN};
  snprintf(row->set, sizeof row->set, "%s", report->set);
  snprintf(row->model, sizeof row->model, "%s", report->model);
  snprintf(row->part, sizeof row->part, "%s", part);
  snprintf(row->measure, sizeof row->measure, "%s", measure);
  return row;
}

void eval_floor(eval_row *row, double at_least, double at_most) {
  row->at_least = at_least;
  row->at_most = at_most;
}

void eval_goal_set(eval_row *row, eval_goal goal) {
  bool bulk = !strcmp(row->model, "bulk");
  row->goal = goal.what;
  row->at_least = bulk ? goal.bulk : goal.floor;
  row->aim = goal.aim;
  row->asked = goal.floor;
}

bool eval_met(const eval_row *row) {
  return isfinite(row->value.value) && !(row->value.value < row->at_least) &&
         !(row->value.value > row->at_most);
}

static bool has_floor(const eval_row *row) {
  return isfinite(row->at_least) || isfinite(row->at_most);
}

void eval_note(eval_report *report, const char *format, ...) {
  char line[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  base_text_printf(&report->notes, "%s%s%s: %s\n", report->set, report->model[0] ? ", " : "",
                   report->model, line);
}

void eval_add_labels(eval_report *report, const char *part, const eval_item *items, size_t count) {
  eval_add(report, part, "accuracy", eval_interval(eval_accuracy, items, count), count);
  eval_add(report, part, "UAR", eval_interval(eval_uar, items, count), count);
  eval_add(report, part, "macro-F1", eval_interval(eval_macro_f1, items, count), count);
}

void eval_add_confidence(eval_report *report, const char *part, const eval_item *items,
                         size_t count, bool floors) {
  bool wider = report->model[0] && strcmp(report->model, "bulk");
  eval_row *row =
      eval_add(report, part, "ECE of confidence", eval_interval(eval_ece, items, count), count);
  if (floors) eval_floor(row, NAN, 0.05);
  row = eval_add(report, part, "coverage of 90 % sets", eval_interval(eval_coverage, items, count),
                 count);
  row->percent = true;
  if (floors) eval_floor(row, wider ? 0.87 : 0.88, wider ? 0.93 : 0.92);
}

void eval_add_calibration(eval_report *report, const char *part, const eval_item *items,
                          size_t count, bool floors) {
  eval_add_confidence(report, part, items, count, floors);
  eval_add(report, part, "labels in a set, mean", eval_interval(eval_set_size, items, count),
           count);
  eval_row *row =
      eval_add(report, part, "abstained", eval_interval(eval_abstained, items, count), count);
  row->percent = true;
  eval_add(report, part, "accuracy where not abstained",
           eval_interval(eval_accuracy_kept, items, count), count);
}

void eval_report_clear(eval_report *report) {
  free(report->rows);
  base_text_clear(&report->notes);
  base_text_clear(&report->models);
  *report = (eval_report){0};
}

/* ---- Writing --------------------------------------------------------------------------------- */

static const char *number(char to[24], const eval_row *row, double value) {
  if (!isfinite(value))
    snprintf(to, 24, "–");
  else if (row->percent)
    snprintf(to, 24, "%.1f %%", 100 * value);
  else
    snprintf(to, 24, "%.3f", value);
  return to;
}

static const char *interval_text(char to[64], const eval_row *row) {
  char low[24], high[24];
  *to = 0;
  if (isfinite(row->value.low))
    snprintf(to, 64, "%s…%s", number(low, row, row->value.low), number(high, row, row->value.high));
  return to;
}

static const char *floor_text(char to[64], const eval_row *row) {
  char low[24], high[24];
  number(low, row, row->at_least), number(high, row, row->at_most);
  if (isfinite(row->at_least) && isfinite(row->at_most))
    snprintf(to, 64, "%s…%s", low, high);
  else if (isfinite(row->at_least))
    snprintf(to, 64, "≥ %s", low);
  else if (isfinite(row->at_most))
    snprintf(to, 64, "≤ %s", high);
  else
    *to = 0;
  return to;
}

/* printf's widths count bytes; these strings are UTF-8. */
static void add_padded(base_text *to, const char *text, int width) {
  base_text_puts(to, text);
  for (const char *c = text; *c; c++)
    width -= (*c & 0xC0) != 0x80;
  while (width-- > 0)
    base_text_puts(to, " ");
}

/* Does the row stand under another heading than the one before it? */
static bool opens(const eval_report *report, size_t i) {
  const eval_row *row = &report->rows[i];
  return !i || strcmp(row->set, row[-1].set) || strcmp(row->model, row[-1].model);
}

static void add_heading(base_text *to, const char *before, const eval_row *row) {
  base_text_printf(to, "%s%s%s%s\n", before, row->set, row->model[0] ? " · " : "", row->model);
}

void eval_report_table(const eval_report *report, base_text *to) {
  for (size_t i = 0; i < report->count; i++) {
    const eval_row *row = &report->rows[i];
    char value[24], text[64];
    if (opens(report, i)) add_heading(to, i ? "\n" : "", row);
    base_text_puts(to, "  ");
    add_padded(to, row->part[0] ? row->part : "all", 20);
    add_padded(to, row->measure, 34);
    add_padded(to, number(value, row, row->value.value), 9);
    add_padded(to, interval_text(text, row), 18);
    snprintf(text, sizeof text, "n=%zu", row->count);
    add_padded(to, text, 10);
    add_padded(to, floor_text(text, row), 16);
    base_text_puts(to, has_floor(row) ? eval_met(row) ? "met\n" : "MISSED\n" : "\n");
  }
  if (report->notes.length) base_text_printf(to, "\n%s", report->notes.data);
}

void eval_report_json(const eval_report *report, base_text *to) {
  for (size_t i = 0; i < report->count; i++) {
    const eval_row *row = &report->rows[i];
    base_json json;
    base_json_init(&json, to);
    base_json_open(&json, NULL, '{');
    base_json_string(&json, "set", row->set);
    base_json_string(&json, "model", row->model[0] ? row->model : NULL);
    base_json_string(&json, "part", row->part[0] ? row->part : NULL);
    base_json_string(&json, "measure", row->measure);
    base_json_number(&json, "value", row->value.value, 5);
    base_json_number(&json, "low", row->value.low, 5);
    base_json_number(&json, "high", row->value.high, 5);
    base_json_integer(&json, "items", (long long)row->count);
    base_json_number(&json, "at_least", row->at_least, 4);
    base_json_number(&json, "at_most", row->at_most, 4);
    base_json_number(&json, "aim", row->aim, 4);
    if (has_floor(row))
      base_json_bool(&json, "met", eval_met(row));
    else
      base_json_string(&json, "met", NULL);
    base_json_close(&json, '}');
    base_text_puts(to, "\n");
  }
}

static void markdown_row(const eval_row *row, bool with_set, base_text *to) {
  char value[24], text[64];
  base_text_puts(to, "| ");
  if (with_set) base_text_printf(to, "%s%s%s | ", row->set, row->model[0] ? " · " : "", row->model);
  base_text_printf(to, "%s | %s | **%s** | ", row->part[0] ? row->part : "all", row->measure,
                   number(value, row, row->value.value));
  base_text_printf(to, "%s | %zu | ", interval_text(text, row), row->count);
  base_text_printf(to, "%s | %s |\n", floor_text(text, row),
                   has_floor(row) ? eval_met(row) ? "met" : "**missed**" : "");
}

/* The text models side by side: what an issue asked for, by line. */
static void markdown_goals(const eval_report *report, base_text *to) {
  bool any = false;
  for (size_t i = 0; i < report->count; i++) {
    const eval_row *row = &report->rows[i], *goal = NULL;
    bool first = row->goal != NULL;
    for (size_t j = 0; j < i && first; j++)
      first = !report->rows[j].goal || strcmp(report->rows[j].goal, row->goal);
    if (!first) continue;
    if (!any) {
      base_text_puts(to,
                     "## The text models side by side\n\n"
                     "The floors and aims are the encoder's; those of the bulk model are with its "
                     "figures below.\n\n| what | floor | aim |");
      for (size_t m = 0; eval_text_model_at(m); m++)
        base_text_printf(to, " %s |", eval_text_model_at(m));
      base_text_puts(to, "\n|---|---|---|");
      for (size_t m = 0; eval_text_model_at(m); m++)
        base_text_puts(to, "---|");
      base_text_puts(to, "\n");
      any = true;
    }
    for (size_t j = i; j < report->count;
         j++) { /* the floors of the deep model, where it is there */
      const eval_row *other = &report->rows[j];
      if (other->goal && !strcmp(other->goal, row->goal) && (!goal || strcmp(other->model, "bulk")))
        goal = other;
    }
    char floor[64], aim[24], value[24], text[64];
    eval_row asked = *goal;
    if (isfinite(asked.asked)) asked.at_least = asked.asked;
    base_text_printf(to, "| %s | %s | %s |", row->goal, floor_text(floor, &asked),
                     isfinite(goal->aim) ? number(aim, goal, goal->aim) : "");
    for (size_t m = 0; eval_text_model_at(m); m++) {
      const eval_row *found = NULL;
      for (size_t j = i; j < report->count && !found; j++)
        if (report->rows[j].goal && !strcmp(report->rows[j].goal, row->goal) &&
            !strcmp(report->rows[j].model, eval_text_model_at(m)))
          found = &report->rows[j];
      base_text_puts(to, " ");
      if (found) base_text_printf(to, "**%s** ", number(value, found, found->value.value));
      if (found && *interval_text(text, found)) base_text_printf(to, "(%s) ", text);
      base_text_puts(to, "|");
    }
    base_text_puts(to, "\n");
  }
  if (any) base_text_puts(to, "\n");
}

void eval_report_markdown(const eval_report *report, const char *command, base_text *to) {
  char date[32] = "";
  time_t now = time(NULL);
  struct tm parts;
  if (gmtime_r(&now, &parts)) strftime(date, sizeof date, "%Y-%m-%d", &parts);
  base_text_printf(
      to,
      "# Accuracy\n\n"
      "Written by `%s` on %s; do not edit.\n\n"
      "Every figure is the C program's, with the weights that ship, on items that no choice was\n"
      "made on. The interval is the 95 %% bootstrap interval over items (1,000 resamples, fixed\n"
      "seed). A floor is what the project asked for before it was measured.\n\n",
      command, date);
  base_text_puts(to,
                 "Mien says what is *expressed*: these figures say how often it agrees with what\n"
                 "raters saw or what actors were told to show, not with what anybody felt.\n\n");
  base_text_printf(to, "Models:\n\n%s\n", report->models.data ? report->models.data : "");

  size_t missed = 0, floors = 0;
  for (size_t i = 0; i < report->count; i++) {
    floors += has_floor(&report->rows[i]);
    missed += has_floor(&report->rows[i]) && !eval_met(&report->rows[i]);
  }
  base_text_printf(to, "## Floors\n\n%zu of %zu are met.%s\n\n", floors - missed, floors,
                   missed ? " These are missed:" : "");
  if (missed) {
    base_text_puts(to, "| set | part | measure | value | interval | items | floor | "
                       "|\n|---|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < report->count; i++)
      if (has_floor(&report->rows[i]) && !eval_met(&report->rows[i]))
        markdown_row(&report->rows[i], true, to);
    base_text_puts(to, "\n");
  }
  markdown_goals(report, to);
  for (size_t i = 0; i < report->count; i++) {
    if (opens(report, i)) {
      add_heading(to, i ? "\n## " : "## ", &report->rows[i]);
      base_text_puts(to, "\n| part | measure | value | interval | items | floor | |\n"
                         "|---|---|---|---|---|---|---|\n");
    }
    markdown_row(&report->rows[i], false, to);
  }
  base_text_puts(to, "\n## Notes\n\n");
  for (const char *line = report->notes.data; line && *line;) {
    const char *end = strchr(line, '\n');
    base_text_printf(to, "- %.*s\n", (int)(end - line), line);
    line = end + 1;
  }
}
