/* words.c: the transcript, its words coloured by what they speak for, and the data that the
 * page's script shows under the pointer. */
#include "report/parts.h"

enum { TURNS_MAX = 20000 /* shown; a page of more cannot be used */ };

static int strength(float weight) {
  float size = fabsf(weight);
  return size >= 0.25f ? 3 : size >= 0.1f ? 2 : size >= 0.03f ? 1 : 0;
}

static bool is_boundary(const char *text, size_t bytes, size_t at) {
  return at >= bytes || ((unsigned char)text[at] & 0xc0) != 0x80;
}

/* What is worth a mark: not what goes without saying, nor a comma. */
static bool is_marked(const report_turn *turn, const report_mark *mark) {
  bool neutral = mark->toward == MIEN_NEUTRAL || mark->toward < 0;
  const char *text = turn->text + mark->at;
  if (mark->length == 1 && strchr(".,;:-'\"()", *text)) return false;
  return strength(mark->weight) >= (neutral ? 3 : mark->weight < 0 ? 2 : 1);
}

static void write_mark(base_text *to, const report_turn *turn, const report_mark *mark) {
  int level = turn->unsure ? 1 : strength(mark->weight);
  const char *toward = mark->toward >= 0 ? mien_core_name(mark->toward) : NULL;
  const char *how = level == 3 ? "strongly" : level == 2 ? "clearly" : "a little";
  base_text tip = {0};
  base_text_printf(&tip, "speaks %s %s %s", how, mark->weight < 0 ? "against" : "for",
                   toward ? toward : "what is expressed");
  base_text_printf(to, "<mark class=\"%s k%d%s\"%s data-tip=\"%s, %+.2f\">", report_face_of(mark->toward),
                   level, mark->weight < 0 ? " against" : "", level >= 2 ? " tabindex=\"0\"" : "",
                   tip.data ? tip.data : "", (double)mark->weight);
  report_escape(to, turn->text + mark->at, (size_t)mark->length);
  if (level >= 2) base_text_printf(to, "<span class=\"vh\"> (%s)</span>", tip.data ? tip.data : "");
  base_text_puts(to, "</mark>");
  base_text_clear(&tip);
}

static void write_words(base_text *to, const report_turn *turn) {
  size_t bytes = strlen(turn->text), at = 0;
  for (size_t i = 0; i < turn->mark_count; i++) {
    const report_mark *mark = &turn->marks[i];
    if (mark->at < 0 || mark->length <= 0 || (size_t)mark->at < at ||
        (size_t)mark->at + (size_t)mark->length > bytes || !is_marked(turn, mark) ||
        !is_boundary(turn->text, bytes, (size_t)mark->at) ||
        !is_boundary(turn->text, bytes, (size_t)(mark->at + mark->length)))
      continue;
    report_escape(to, turn->text + at, (size_t)mark->at - at);
    write_mark(to, turn, mark);
    at = (size_t)(mark->at + mark->length);
  }
  report_escape(to, turn->text + at, bytes - at);
}

static void write_turn(base_text *to, const report *r, size_t index) {
  const report_turn *turn = &r->turns[index];
  float confidence;
  int label = report_label_of(&r->people[turn->person], turn->t0, turn->t1, &confidence);
  base_text_printf(to, "<li id=\"t%zu\" class=\"p%d\" data-t0=\"%.2f\" data-t1=\"%.2f\"><span class=\"time\">",
                   index, turn->person % 4, turn->t0, turn->t1);
  report_clock(to, turn->t0);
  base_text_puts(to, "</span><span class=\"who\"><bdi>");
  report_escape_string(to, r->people[turn->person].who);
  if (label < 0) base_text_puts(to, "</bdi></span><span class=\"n cx\">not clear</span>");
  else
    base_text_printf(to, "</bdi></span><span class=\"n %s\">%s <small>%.0f%%</small></span>",
                     report_face_of(label), mien_core_name(label), 100 * (double)confidence);
  base_text_puts(to, "<p dir=\"auto\">");
  write_words(to, turn);
  base_text_puts(to, "</p>");
  if (turn->heard_count) {
    base_text_puts(to, "<p class=\"heard\">");
    for (int i = 0; i < turn->heard_count; i++) {
      if (i) base_text_puts(to, " · ");
      report_escape_string(to, turn->heard[i].text);
    }
    base_text_puts(to, "</p>");
  }
  base_text_puts(to, "</li>");
}

void report_write_transcript(base_text *to, const report *r) {
  base_text_puts(to, "<ol class=\"turns\">");
  for (size_t i = 0; i < r->turn_count && i < TURNS_MAX; i++) write_turn(to, r, i);
  base_text_puts(to, "</ol>");
  if (r->turn_count > TURNS_MAX)
    base_text_printf(to, "<p>%zu more turns are not shown here; the other formats have them all.</p>",
                     r->turn_count - TURNS_MAX);
}

/* ---- For the script. */

static void write_bin(base_json *json, const report_person *person, const report_bins *bins, int b,
                      size_t *at) {
  report_cue best[2];
  int count = 0;
  while (*at < person->count && person->points[*at].t1 <= b * bins->step) ++*at;
  for (size_t i = *at; i < person->count && person->points[i].t0 < (b + 1) * bins->step; i++)
    for (int k = 0; k < person->points[i].cue_count; k++) {
      const report_cue *cue = &person->points[i].cues[k];
      if (count == 2 || (count == 1 && !strcmp(best[0].text, cue->text))) break;
      best[count++] = *cue;
    }
  base_json_open(json, NULL, '[');
  for (int k = 0; k < MIEN_CORE; k++)
    base_json_integer(json, NULL, lroundf(100 * bins->core[b][k]));
  base_json_integer(json, NULL, lroundf(100 * bins->confidence[b]));
  base_json_number(json, NULL, (double)bins->dims[b][0], 2);
  base_json_number(json, NULL, (double)bins->dims[b][1], 2);
  for (int i = 0; i < count; i++) base_json_string(json, NULL, best[i].text);
  base_json_close(json, ']');
}

void report_write_json(base_text *to, const report *r, const report_bins *bins) {
  base_text text = {0};
  base_json json;
  base_json_init(&json, &text);
  base_json_open(&json, NULL, '{');
  base_json_number(&json, "end", r->end, 2);
  base_json_open(&json, "labels", '[');
  for (int k = 0; k < MIEN_CORE; k++) base_json_string(&json, NULL, mien_core_name(k));
  base_json_close(&json, ']');
  base_json_open(&json, "people", '[');
  for (int i = 0; i < r->person_count; i++) {
    size_t at = 0;
    base_json_open(&json, NULL, '{');
    base_json_string(&json, "who", r->people[i].who);
    base_json_number(&json, "step", bins[i].step, 2);
    base_json_open(&json, "bins", '['); /* core ×7, confidence, valence, arousal, cues; or why not */
    for (int b = 0; b < bins[i].count; b++) {
      if (bins[i].read[b]) write_bin(&json, &r->people[i], &bins[i], b, &at);
      else base_json_string(&json, NULL, bins[i].abstain[b]);
    }
    base_json_close(&json, ']');
    base_json_close(&json, '}');
  }
  base_json_close(&json, ']');
  base_json_close(&json, '}');
  if (text.failed) to->failed = true;
  /* "<" only stands inside strings: written so, nothing in them can end the script element */
  for (size_t at = 0; !text.failed && at < text.length;) {
    uint32_t code;
    int length = base_utf8_next(text.data + at, text.length - at, &code);
    if (code == '<') base_text_puts(to, "\\u003c");
    else if (!report_turns_text(code)) base_text_add(to, text.data + at, (size_t)length);
    at += (size_t)BASE_MAX(length, 1);
  }
  base_text_clear(&text);
}
