/* talks.c: see talks.h. */
#include "eval/talks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const talks_rule_names[TALKS_RULES] = {
    "anger and disgust now", "the largest of 3 turns", "the mean of 3 turns", "the largest of 5 turns",
    "how much it rose", "unpleasantness now", "unpleasantness, mean of 3 turns"};

static talks_turn *add(talks *to) {
  if (to->count == to->capacity) {
    size_t more = to->capacity ? 2 * to->capacity : 4096;
    talks_turn *grown = realloc(to->turns, more * sizeof *grown);
    if (!grown) return NULL;
    to->turns = grown;
    to->capacity = more;
  }
  to->turns[to->count] = (talks_turn){.guess = -1};
  return &to->turns[to->count++];
}

static int no_memory(mien_error *error) {
  return base_error_set(error, MIEN_ENOMEM, "dialogues", "", "no memory for the turns");
}

/* The turns of a line, "said __eou__ said __eou__", with its labels, "0 4 0"; a line whose labels are
 * not as many as its turns is left out. False: no memory. */
static bool add_line(talks *to, char *line, const char *labels) {
  static const int core[7] = {MIEN_NEUTRAL, MIEN_ANGER, MIEN_DISGUST, MIEN_FEAR,
                              MIEN_JOY,     MIEN_SADNESS, MIEN_SURPRISE};
  size_t start = to->count;
  bool fits = true;
  while (*line == ' ') line++;
  while (*line && fits) {
    char *end = strstr(line, "__eou__"), *next = end ? end + 7 : line + strlen(line);
    if (!end) end = next;
    while (end > line && end[-1] == ' ') end--;
    char *after;
    long label = strtol(labels, &after, 10);
    fits = after != labels && label >= 0 && label < 7;
    labels = after;
    talks_turn *turn = fits ? add(to) : NULL;
    if (fits && !turn) return false;
    if (turn) {
      turn->text = line;
      turn->bytes = (size_t)(end - line);
      turn->label = core[label];
      turn->first = to->count == start + 1;
      turn->who = (int)((to->count - 1 - start) % 2);
    }
    for (line = next; *line == ' ';) line++;
  }
  while (*labels == ' ') labels++;
  if (!fits || *labels) to->count = start;
  else if (to->count > start) to->dialogues++;
  return true;
}

int talks_open_daily(const eval_context *context, talks *to, mien_error *error) {
  const char *folder = "text/research/dailydialog_laed/test/";
  char part[128];
  *to = (talks){0};
  snprintf(part, sizeof part, "%sdialogues.txt", folder);
  int code = eval_open_table(context, &to->table, part, '\t', error);
  snprintf(part, sizeof part, "%sdialogues_emotion.txt", folder);
  if (!code) code = eval_open_table(context, &to->labels, part, '\t', error);
  if (!code && to->table.rows != to->labels.rows)
    code = base_error_set(error, MIEN_EFORMAT, part, "unpack the set again",
                          "%zu dialogues have %zu lines of labels", to->table.rows, to->labels.rows);
  for (size_t row = 0; !code && row < to->table.rows; row++)
    if (!add_line(to, (char *)eval_table_cell(&to->table, row, 0), eval_table_cell(&to->labels, row, 0)))
      code = no_memory(error);
  return code;
}

int talks_open_meld(const eval_context *context, talks *to, mien_error *error) {
  static const char *const names[4] = {"Dialogue_ID", "Speaker", "Utterance", "Emotion"};
  const char *part = "text/research/meld/MELD/test_sent_emo.csv";
  size_t columns[4];
  *to = (talks){0};
  int code = eval_open_table(context, &to->table, part, ',', error);
  for (int c = 0; !code && c < 4; c++) {
    int column = eval_table_column(&to->table, names[c], part, error);
    if (column < 0) code = MIEN_EFORMAT;
    else columns[c] = (size_t)column;
  }
  const char *people[TALKS_WHO];
  int known = 0;
  for (size_t row = 1; !code && row < to->table.rows; row++) {
    const char *cells[4];
    for (int c = 0; c < 4; c++) cells[c] = eval_table_cell(&to->table, row, columns[c]);
    bool first = row == 1 || strcmp(eval_table_cell(&to->table, row - 1, columns[0]), cells[0]);
    int label = eval_core_of_name(cells[3]), who = 0;
    if (first) known = 0, to->dialogues++;
    while (who < known && strcmp(people[who], cells[1])) who++;
    if (who == known && known < TALKS_WHO) people[known++] = cells[1];
    talks_turn *turn = add(to);
    if (!turn) return no_memory(error);
    turn->text = cells[2];
    turn->bytes = strlen(cells[2]);
    turn->who = who;
    turn->label = BASE_MAX(label, 0);
    turn->first = first;
  }
  return code;
}

void talks_close(talks *to) {
  free(to->turns);
  eval_table_close(&to->table);
  eval_table_close(&to->labels);
  *to = (talks){0};
}

/* What a person might do with the readings, without learning anything. */
static void rules_of(talks_turn *turn, const float *bads, const float *unpleasant, size_t turns) {
  float most = 0, mean = 0, most5 = 0, mean_unpleasant = 0;
  size_t three = BASE_MIN(turns, (size_t)3);
  for (size_t i = 0; i < BASE_MIN(turns, (size_t)5); i++) {
    most5 = BASE_MAX(most5, bads[i]);
    if (i >= 3) continue;
    most = BASE_MAX(most, bads[i]);
    mean += bads[i] / (float)three;
    mean_unpleasant += unpleasant[i] / (float)three;
  }
  const float made[TALKS_RULES] = {bads[0], most, mean, most5, turns > 1 ? bads[0] - bads[1] : 0,
                                   unpleasant[0], mean_unpleasant};
  memcpy(turn->rules, made, sizeof made);
}

void talks_read(const eval_context *context, const eval_text *text, talks *of) {
  follow_talk talk;
  follow_talk_init(&talk);
  float bads[5] = {0}, unpleasant[5] = {0}; /* the newest first */
  size_t since = 0;
  for (size_t t = 0; t < of->count; t++) {
    talks_turn *turn = &of->turns[t];
    if (turn->first) {
      since = t;
      follow_talk_init(&talk);
    }
    text_turn before[TALKS_BEFORE];
    size_t count = 0;
    for (size_t b = t - BASE_MIN(t - since, (size_t)TALKS_BEFORE); b < t; b++)
      before[count++] = (text_turn){of->turns[b].text, of->turns[b].bytes, of->turns[b].who == turn->who};
    mien_reading reading;
    base_reading_init(&reading, MIEN_TEXT);
    text_read_after(text->reader, before, count, turn->text, turn->bytes, &reading);
    size_t depth;
    const float *hidden = text_reader_hidden(text->reader, &depth);
    follow_talk_turn(&talk, turn->who, (double)NAN, &reading, hidden, depth);
    follow_forecast forecast;
    bool ends = t + 1 == of->count || turn[1].first;
    turn->given = follow_talk_forecast(&talk, ends ? turn->who : turn[1].who, &forecast);
    turn->now = eval_item_of(&reading, 0).guess;
    turn->guess = forecast.guess;
    turn->valence_now = reading.dims[MIEN_VALENCE];
    turn->valence_next = forecast.valence;
    turn->read_next = forecast.read;
    turn->end = forecast.end;
    turn->warning = forecast.warning;
    turn->rise = forecast.rise_score;
    memmove(bads + 1, bads, 4 * sizeof *bads);
    memmove(unpleasant + 1, unpleasant, 4 * sizeof *unpleasant);
    turn->own_label = turn->now, turn->own_valence = turn->valence_now; /* of the next speaker's last turn */
    for (size_t b = t + 1; !ends && b-- > since;)
      if (of->turns[b].who == turn[1].who) {
        turn->own_label = of->turns[b].now;
        turn->own_valence = of->turns[b].valence_now;
        break;
      }
    bads[0] = reading.core[MIEN_ANGER] + reading.core[MIEN_DISGUST];
    unpleasant[0] = -reading.dims[MIEN_VALENCE];
    rules_of(turn, bads, unpleasant, t - since + 1);
    eval_progress(context, "forecast", (double)t, (double)of->count);
  }
}
