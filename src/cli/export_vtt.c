/* export_vtt.c: captions with the emotion expressed (WebVTT): a cue a turn, or where there are no
 * words, a cue for each run of one emotion. */
#include "cli/export.h"

static void clock(base_text *out, double seconds) {
  long long ms = llround(fmax(seconds, 0) * 1000);
  base_text_printf(out, "%02lld:%02lld:%02lld.%03lld", ms / 3600000, ms / 60000 % 60,
                   ms / 1000 % 60, ms % 1000);
}

/* A caption may hold no empty line and no "-->": newlines become spaces, "<>&" are escaped. A voice
 * tag's name ends at '>', which the escape takes care of. */
static void words(base_text *out, const char *text) {
  for (; *text; text++) {
    if (*text == '\n' || *text == '\r') base_text_puts(out, " ");
    else if (*text == '&') base_text_puts(out, "&amp;");
    else if (*text == '<') base_text_puts(out, "&lt;");
    else if (*text == '>') base_text_puts(out, "&gt;");
    else base_text_add(out, text, 1);
  }
}

static void cue(base_text *out, double t0, double t1, const char *who, const char *label,
                float confidence, const char *text) {
  base_text_puts(out, "\n");
  clock(out, t0);
  base_text_puts(out, " --> ");
  clock(out, t1);
  base_text_puts(out, "\n<v ");
  words(out, who);
  base_text_puts(out, ">");
  if (*label) base_text_printf(out, "<c.%s>[%s %.0f %%]</c> ", label, label, 100 * (double)confidence);
  words(out, text);
  base_text_puts(out, "\n");
}

void export_vtt(const timeline *line, base_text *out) {
  base_text_puts(out, "WEBVTT\n\n"
                      "STYLE\n"
                      "::cue(.joy) { color: #ffd75f }\n::cue(.sadness) { color: #87afff }\n"
                      "::cue(.anger) { color: #ff8787 }\n::cue(.fear) { color: #d7afff }\n"
                      "::cue(.disgust) { color: #afd75f }\n::cue(.surprise) { color: #5fffff }\n");
  bool any = false;
  for (size_t i = 0; i < line->turn_count; i++) {
    const timeline_turn *turn = &line->turns[i];
    if (!isfinite(turn->t0) || !(turn->t1 > turn->t0)) continue;
    const mien_reading *state = timeline_turn_state(line, turn);
    bool known = state && !state->abstain;
    cue(out, turn->t0, turn->t1, turn->who, known ? mien_core_name(timeline_top(state)) : "",
        known ? state->confidence : NAN, turn->text);
    any = true;
  }
  for (size_t p = 0; !any && p < line->people_count; p++) {
    timeline_span *spans;
    size_t count;
    if (timeline_spans(line, line->people[p], TIMELINE_EMOTION, &spans, &count) != MIEN_OK) {
      out->failed = true;
      return;
    }
    for (size_t i = 0; i < count; i++)
      if (*spans[i].text)
        cue(out, spans[i].t0, spans[i].t1, line->people[p], spans[i].text, spans[i].confidence, "");
    base_free(spans);
  }
}
