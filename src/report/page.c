/* page.c: the page, from its parts. Style and script are files beside this one, put into the
 * program by embed.sh; the page names their hashes in its policy, so nothing else can run in it. */
#include "report/parts.h"

#include <sodium.h>
#include <stdlib.h>

extern const unsigned char report_css[], report_css_end[], report_js[], report_js_end[];

static int turn_order(const void *a, const void *b) {
  const report_turn *x = a, *y = b;
  if (x->t0 != y->t0) return x->t0 < y->t0 ? -1 : 1;
  return (x->t1 > y->t1) - (x->t1 < y->t1);
}

/* Gives each turn the marks of the reading of its text. */
static void join_texts(report *r) {
  for (size_t i = 0; i < r->text_count; i++) {
    report_reading *text = &r->texts[i];
    report_turn *best = NULL;
    double nearest = 0.25; /* seconds */
    for (size_t k = 0; k < r->turn_count; k++) {
      report_turn *turn = &r->turns[k];
      if (turn->t0 > text->t0 + 1) break;
      double off = fabs(turn->t0 - text->t0) + fabs(turn->t1 - text->t1);
      if (turn->person == text->person && !turn->marks && off < nearest) best = turn, nearest = off;
    }
    if (!best || !text->marks) continue;
    best->marks = text->marks;
    best->mark_count = text->mark_count;
    best->unsure = text->unsure;
    text->marks = NULL;
  }
}

/* Gives each turn the strongest cues of voice and face that were met while it was said. */
static void join_spoken(report *r) {
  for (size_t i = 0; i < r->spoken_count; i++) {
    const report_point *p = &r->spoken[i];
    report_turn *best = NULL;
    double most = 0;
    for (size_t k = 0; k < r->turn_count && r->turns[k].t0 < p->t1; k++) {
      double overlap = BASE_MIN(r->turns[k].t1, p->t1) - BASE_MAX(r->turns[k].t0, p->t0);
      if (r->turns[k].person == r->spoken_by[i] && overlap > most) best = &r->turns[k], most = overlap;
    }
    for (int k = 0; best && k < p->cue_count && best->heard_count < 3; k++)
      if (fabsf(p->cues[k].weight) >= 0.02f) best->heard[best->heard_count++] = p->cues[k];
  }
}

static void add_hash(base_text *to, const unsigned char *from, const unsigned char *until) {
  unsigned char hash[crypto_hash_sha256_BYTES];
  char text[sodium_base64_ENCODED_LEN(crypto_hash_sha256_BYTES, sodium_base64_VARIANT_ORIGINAL)];
  crypto_hash_sha256(hash, from, (unsigned long long)(until - from));
  sodium_bin2base64(text, sizeof text, hash, sizeof hash, sodium_base64_VARIANT_ORIGINAL);
  base_text_printf(to, "'sha256-%s'", text);
}

static void write_head(base_text *to, const report *r) {
  base_text_puts(to, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                     "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src ");
  add_hash(to, report_css, report_css_end);
  base_text_puts(to, "; script-src ");
  add_hash(to, report_js, report_js_end);
  base_text_puts(to, "; base-uri 'none'; form-action 'none'\">"
                     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
                     "<meta name=\"referrer\" content=\"no-referrer\">"
                     "<meta name=\"color-scheme\" content=\"light dark\"><title>");
  report_escape_string(to, r->title);
  base_text_puts(to, " · Mien</title><style>");
  base_text_add(to, (const char *)report_css, (size_t)(report_css_end - report_css));
  base_text_puts(to, "</style></head><body><a class=\"skip\" href=\"#transcript\">To the transcript</a>");
}

/* The patterns that tell the labels apart without colour; charts and legend refer to them. */
static void write_patterns(base_text *to) {
  static const char *const lines[MIEN_CORE] = {
      "", "<circle cx=\"2\" cy=\"2\" r=\"1\"/><circle cx=\"6\" cy=\"6\" r=\"1\"/>", "<path d=\"M0 2h8M0 6h8\"/>",
      "<path d=\"M-2 2l4-4M0 8l8-8M6 10l4-4\"/>", "<path d=\"M2 0v8M6 0v8\"/>",
      "<path d=\"M0 4h8M4 0v8\"/>", "<path d=\"M-2 6l4 4M0 0l8 8M6-2l4 4\"/>"};
  base_text_puts(to, "<svg class=\"defs\" aria-hidden=\"true\"><defs>");
  for (int k = 0; k < MIEN_CORE; k++)
    base_text_printf(to, "<pattern id=\"p%d\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\">"
                         "<rect class=\"c%d\" width=\"8\" height=\"8\"/><g class=\"ink\">%s</g></pattern>", k, k, lines[k]);
  base_text_puts(to, "<pattern id=\"px\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\">"
                     "<path class=\"unsure-ink\" d=\"M-1 1l2-2M0 7l7-7M6 8l2-2\"/></pattern></defs></svg>");
}

static void write_legend(base_text *to) {
  base_text_puts(to, "<ul class=\"legend\" aria-label=\"Legend\">");
  for (int k = 0; k < MIEN_CORE; k++)
    base_text_printf(to, "<li><svg width=\"26\" height=\"14\" aria-hidden=\"true\"><rect class=\"f%d\" width=\"26\" "
                         "height=\"14\" rx=\"3\"/></svg>%s</li>", k, mien_core_name(k));
  base_text_puts(to, "<li><svg width=\"26\" height=\"14\" aria-hidden=\"true\"><rect class=\"unsure\" width=\"26\" "
                     "height=\"14\" rx=\"3\"/></svg>not clear (Mien abstains)</li></ul>");
}

static void write_summary(base_text *to, const report *r, const report_bins *bins) {
  base_text_puts(to, "<header><p class=\"brand\">Mien</p><h1>");
  report_escape_string(to, r->title);
  base_text_printf(to, "</h1><p class=\"about\">%d %s · ", r->person_count,
                   r->person_count == 1 ? "person" : "people");
  report_clock(to, r->end);
  if (r->turn_count) base_text_printf(to, " · %zu turn%s", r->turn_count, r->turn_count == 1 ? "" : "s");
  base_text_puts(to, "</p></header><main><section class=\"summary\" aria-label=\"Summary\">");
  for (int i = 0; i < r->person_count; i++) {
    base_text_puts(to, "<p>");
    report_tell_person(to, &r->people[i], &bins[i]);
    base_text_puts(to, "</p>");
  }
  report_tell_warnings(to, r);
  base_text_puts(to, "<p class=\"caution\">This is what could be heard, read and seen to be <em>expressed</em>. "
                     "It is an inference, can be wrong, and does not say what anyone felt.</p></section>");
}

static void write_moment(base_text *to, const report *r, const report_moment *m) {
  size_t turn = SIZE_MAX; /* what was being said then */
  for (size_t i = 0; i < r->turn_count; i++)
    if (r->turns[i].person == m->person && r->turns[i].t0 <= m->at + 3 && r->turns[i].t1 > m->at - 3) turn = i;
  base_text_puts(to, "<tr><th scope=\"row\">");
  if (turn != SIZE_MAX) base_text_printf(to, "<a href=\"#t%zu\">", turn);
  report_clock(to, m->at);
  if (turn != SIZE_MAX) base_text_puts(to, "</a>");
  base_text_puts(to, "</th><td><bdi>");
  report_escape_string(to, r->people[m->person].who);
  bool up = m->to > m->from;
  base_text_printf(to, "</bdi></td><td><span class=\"arrow\" aria-hidden=\"true\">%s</span> ", up ? "▲" : "▼");
  if (m->state == MIEN_STATES)
    base_text_printf(to, "the tone turns more %s <small>valence %+.2f → %+.2f</small>",
                     up ? "pleasant" : "unpleasant", (double)m->from, (double)m->to);
  else
    base_text_printf(to, "%s %s <small>%.0f%% → %.0f%%</small>", mien_state_name(m->state),
                     up ? "rises" : "falls", 100 * (double)m->from, 100 * (double)m->to);
  base_text_puts(to, "</td><td>");
  report_escape_string(to, *m->cues ? m->cues : "–");
  base_text_puts(to, "</td></tr>");
}

static void write_moments(base_text *to, const report *r, const report_bins *bins) {
  report_moment moments[REPORT_MOMENTS_MAX];
  int count = report_moments(r, bins, moments);
  base_text_puts(to, "<section><h2>Moments</h2>");
  if (!count) {
    base_text_puts(to, "<p>No large change could be read with confidence.</p></section>");
    return;
  }
  base_text_puts(to, "<div class=\"scroll\"><table class=\"moments\"><thead><tr><th scope=\"col\">At</th>"
                     "<th scope=\"col\">Who</th><th scope=\"col\">What changes</th>"
                     "<th scope=\"col\">Cues around it</th></tr></thead><tbody>");
  for (int i = 0; i < count; i++) write_moment(to, r, &moments[i]);
  base_text_puts(to, "</tbody></table></div></section>");
}

static void write_people(base_text *to, const report *r, const report_bins *bins) {
  write_patterns(to);
  base_text_puts(to, "<section><h2>Over time</h2>");
  write_legend(to);
  for (int i = 0; i < r->person_count; i++) {
    base_text_puts(to, "<article class=\"person\"><h3><bdi>");
    report_escape_string(to, r->people[i].who);
    base_text_puts(to, "</bdi></h3>");
    report_draw_person(to, r, i, &bins[i]);
    report_write_table(to, r, i, &bins[i]);
    base_text_puts(to, "</article>");
  }
  base_text_puts(to, "</section>");
}

static void write_foot(base_text *to, const report *r, const report_bins *bins) {
  base_text_puts(to, "</main><footer>");
  if (r->note_count) {
    base_text_puts(to, "<h2>Notes</h2><ul>");
    for (int i = 0; i < r->note_count; i++) {
      base_text_puts(to, "<li>");
      report_escape_string(to, r->notes[i]);
      base_text_puts(to, "</li>");
    }
    base_text_puts(to, "</ul>");
  }
  base_text_puts(to, "<p>Made by Mien " MIEN_VERSION " on this machine; nothing was sent anywhere. Hatched "
                     "spans are those where Mien abstained.</p></footer><div id=\"tip\" hidden></div>"
                     "<div id=\"said\" class=\"vh\" aria-live=\"polite\"></div>"
                     "<script type=\"application/json\" id=\"data\">");
  report_write_json(to, r, bins);
  base_text_puts(to, "</script><script>");
  base_text_add(to, (const char *)report_js, (size_t)(report_js_end - report_js));
  base_text_puts(to, "</script></body></html>\n");
}

int report_write(report *r, FILE *file) {
  bool any = r->turn_count > 0;
  for (int i = 0; i < r->person_count; i++) any |= r->people[i].count > 0;
  if (!any) return MIEN_EEMPTY;
  qsort(r->turns, r->turn_count, sizeof *r->turns, turn_order);
  join_texts(r);
  join_spoken(r);
  report_bins *bins = base_alloc((size_t)BASE_MAX(r->person_count, 1), sizeof *bins);
  if (!bins) return MIEN_ENOMEM;
  for (int i = 0; i < r->person_count; i++) report_bins_fill(&bins[i], r, &r->people[i]);
  base_text page = {0};
  write_head(&page, r);
  write_summary(&page, r, bins);
  write_moments(&page, r, bins);
  write_people(&page, r, bins);
  report_write_between(&page, r);
  if (r->turn_count) {
    base_text_puts(&page, "<section id=\"transcript\"><h2>Transcript</h2><p class=\"hint\">Words are marked by what "
                          "they speak for; point at one, or reach it with the tab key, to see how much.</p>");
    report_write_transcript(&page, r);
    base_text_puts(&page, "</section>");
  }
  write_foot(&page, r, bins);
  int code = page.failed ? MIEN_ENOMEM : MIEN_OK;
  if (!code && fwrite(page.data, 1, page.length, file) != page.length) code = MIEN_EIO;
  base_text_clear(&page);
  base_free(bins);
  return code;
}
