/* between.c: how each person moved and what went on between them, as tables (mien_people.h). A figure that is not known is a
 * dash; with too little of everything there is no section at all. */
#include "report/parts.h"

static void write_figure(base_text *to, mien_figure f) {
  if (!isfinite(f.value)) base_text_puts(to, "<td>–</td>");
  else if (!isfinite(f.low)) base_text_printf(to, "<td>%+.2f</td>", f.value);
  else base_text_printf(to, "<td>%+.2f <small>(%+.2f … %+.2f)</small></td>", f.value, f.low, f.high);
}

static void write_head(base_text *to, const char *const *names, size_t count) {
  base_text_puts(to, "<div class=\"scroll\"><table class=\"between\"><thead><tr>");
  for (size_t i = 0; i < count; i++) base_text_printf(to, "<th scope=\"col\">%s</th>", names[i]);
  base_text_puts(to, "</tr></thead><tbody>");
}

static void write_who(base_text *to, const char *who, const char *with) {
  base_text_puts(to, "<tr><th scope=\"row\"><bdi>");
  report_escape_string(to, who);
  base_text_puts(to, "</bdi>");
  if (with) {
    base_text_puts(to, " → <bdi>");
    report_escape_string(to, with);
    base_text_puts(to, "</bdi>");
  }
  base_text_puts(to, "</th>");
}

static void write_persons(base_text *to, const mien_people *people, int count) {
  static const char *const names[] = {"Who", "Turns read", "Pleasant, unpleasant", "Valence", "Variability", "Inertia", "From first turn to last", "Recovery"};
  write_head(to, names, BASE_COUNT(names));
  for (int i = 0; i < count; i++) {
    mien_person p;
    if (mien_people_person(people, i, &p)) continue;
    write_who(to, p.who, NULL);
    base_text_printf(to, "<td>%d</td><td>%d, %d</td>", p.turns, p.pleasant, p.unpleasant);
    write_figure(to, p.mean);
    write_figure(to, p.variability);
    write_figure(to, p.inertia);
    write_figure(to, p.trend);
    if (!p.dips) base_text_puts(to, "<td>–</td></tr>");
    else if (!p.recovered) base_text_printf(to, "<td>0 of %d low moments</td></tr>", p.dips);
    else base_text_printf(to, "<td>%d of %d low moments, in %.1f turns</td></tr>", p.recovered, p.dips, p.recovery.value);
  }
  base_text_puts(to, "</tbody></table></div>");
}

static void write_pairs(base_text *to, const mien_people *people, int count) {
  static const char *const names[] = {"Who → who answers", "Answers", "Contagion", "Synchrony", "Answered more unpleasantly", "Answered more pleasantly", "Cut in"};
  write_head(to, names, BASE_COUNT(names));
  for (int a = 0; a < count; a++)
    for (int b = 0; b < count; b++) {
      mien_pair p;
      if (a == b || mien_people_pair(people, a, b, &p) || !p.answers) continue;
      write_who(to, p.from, p.to);
      base_text_printf(to, "<td>%d</td>", p.answers);
      write_figure(to, p.contagion);
      write_figure(to, p.synchrony);
      write_figure(to, p.escalation);
      write_figure(to, p.deescalation);
      base_text_printf(to, "<td>%d</td></tr>", p.interruptions);
    }
  base_text_puts(to, "</tbody></table></div>");
}

static void write_manners(base_text *to, const mien_people *people, int count) {
  static const char *const names[] = {"At", "Sounds like", "Who", "Rests on"};
  write_head(to, names, BASE_COUNT(names));
  for (int i = 0; i < count; i++) {
    mien_manner m;
    if (mien_people_manner(people, i, &m)) continue;
    base_text_puts(to, "<tr><th scope=\"row\">");
    if (isfinite(m.t0)) report_clock(to, m.t0);
    else base_text_puts(to, "–");
    base_text_printf(to, "</th><td title=\"%s\">%s <small>%.0f%%</small></td><td><bdi>", mien_manner_source(m.manner), mien_manner_name(m.manner), 100 * m.strength);
    report_escape_string(to, m.who);
    base_text_puts(to, "</bdi></td><td>");
    report_escape_string(to, m.by);
    base_text_puts(to, m.received == 1 ? "; the next turn was kinder</td></tr>" : "</td></tr>");
  }
  base_text_puts(to, "</tbody></table></div>");
}

void report_write_between(base_text *to, const report *r) {
  int count = mien_people_count(r->between), manners = mien_people_manners(r->between), turns = 0, answers = 0;
  for (int a = 0; a < count; a++) {
    mien_person p;
    if (!mien_people_person(r->between, a, &p)) turns += p.turns;
    for (int b = 0; b < count; b++) {
      mien_pair pair;
      if (a != b && !mien_people_pair(r->between, a, b, &pair)) answers += pair.answers;
    }
  }
  if (turns < 4) return;
  base_text_puts(to, "<section id=\"between\"><h2>How each moved, and between them</h2><p class=\"hint\">Of the valence expressed in each turn, −1 to 1, "
                     "with 90 % intervals. A dash: too little to say it from.</p>");
  write_persons(to, r->between, count);
  if (answers) write_pairs(to, r->between, count);
  if (manners > 0) {
    base_text_puts(to, "<p class=\"hint\">Patterns of words, face and time that research on couples has names for. They are hints to look at, "
                       "not verdicts on anybody: how often they are right has not been measured.</p>");
    write_manners(to, r->between, BASE_MIN(manners, REPORT_MANNERS_MAX));
    if (manners > REPORT_MANNERS_MAX) base_text_printf(to, "<p class=\"hint\">… and %d more.</p>", manners - REPORT_MANNERS_MAX);
  }
  base_text_puts(to, "</section>");
}
