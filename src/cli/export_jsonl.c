/* export_jsonl.c: events as JSON lines. */
#include "cli/export.h"
#include "cli/reader.h"

/* The reading's own JSON, with the file's name put before its first key. */
static void reading_line(const char *file, const mien_reading *reading, base_text *out) {
  base_json json;
  base_json_init(&json, out);
  base_json_open(&json, NULL, '{');
  base_json_string(&json, "file", file);
  cli_reading_rest(out, reading);
}

void export_event_json(const char *file, const mien_event *event, base_text *out) {
  if (event->kind != MIEN_EVENT_TURN) {
    reading_line(file, &event->reading, out);
    return;
  }
  base_json json;
  base_json_init(&json, out);
  base_json_open(&json, NULL, '{');
  base_json_string(&json, "file", file);
  base_json_open(&json, "turn", '{');
  base_json_string(&json, "who", event->who);
  base_json_number(&json, "t0", event->t0, 3);
  base_json_number(&json, "t1", event->t1, 3);
  base_json_string(&json, "text", event->text);
  base_json_open(&json, "words", '[');
  for (size_t i = 0; i < event->word_count; i++) {
    base_json_open(&json, NULL, '{');
    base_json_string(&json, "text", event->words[i].text);
    base_json_number(&json, "t0", event->words[i].t0, 3);
    base_json_number(&json, "t1", event->words[i].t1, 3);
    base_json_close(&json, '}');
  }
  base_json_close(&json, ']');
  base_json_close(&json, '}');
  base_json_close(&json, '}');
  base_text_puts(out, "\n");
}

void export_jsonl(const timeline *line, base_text *out) {
  for (size_t i = 0; i < line->turn_count; i++) {
    const timeline_turn *turn = &line->turns[i];
    mien_event event = {.kind = MIEN_EVENT_TURN, .who = turn->who, .t0 = turn->t0, .t1 = turn->t1,
                        .text = turn->text, .words = turn->words, .word_count = turn->word_count};
    export_event_json(line->file, &event, out);
  }
  for (size_t i = 0; i < line->reading_count; i++) reading_line(line->file, &line->readings[i], out);
  for (size_t i = 0; i < line->state_count; i++) reading_line(line->file, &line->states[i], out);
}
