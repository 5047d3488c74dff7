/* transcript_lines.c: SubRip, WebVTT (W3C 2019) and plain text, a line at a time. */
#include "media/transcript_parts.h"

#include <ctype.h>

typedef struct cursor { /* over lines; a line has neither its end nor white space around it */
  const char *at, *end;
  const char *line;
  size_t bytes, number;
} cursor;

static bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v';
}

static bool next_line(cursor *c) {
  if (c->at >= c->end) return false;
  const char *stop = memchr(c->at, '\n', (size_t)(c->end - c->at));
  if (!stop) stop = c->end;
  c->line = c->at;
  c->bytes = (size_t)(stop - c->at);
  c->at = stop + (stop < c->end);
  c->number++;
  while (c->bytes && is_blank(c->line[c->bytes - 1])) c->bytes--;
  while (c->bytes && is_blank(*c->line)) c->line++, c->bytes--;
  return true;
}

/* ---- Times and names. */

static size_t digits(const char *text, size_t bytes, size_t most, double *value) {
  size_t n = 0;
  for (*value = 0; n < bytes && n < most && isdigit((unsigned char)text[n]); n++)
    *value = *value * 10 + (text[n] - '0');
  return n < bytes && isdigit((unsigned char)text[n]) ? 0 : n;
}

size_t transcript_time(const char *text, size_t bytes, double *seconds) {
  double part, total = 0;
  size_t at = 0;
  int parts = 0;
  for (;; parts++) {
    size_t n = digits(text + at, bytes - at, parts ? 2 : 4, &part);
    if (!n || (parts && part >= 60)) return 0;
    at += n;
    total = total * 60 + part;
    if (parts == 2 || at >= bytes || text[at] != ':') break;
    at++;
  }
  if (!parts) return 0;
  if (at < bytes && (text[at] == '.' || text[at] == ',')) {
    size_t n = digits(text + at + 1, bytes - at - 1, 9, &part);
    if (n) {
      total += part / pow(10, (double)n);
      at += 1 + n;
    }
  }
  *seconds = total;
  return at;
}

size_t transcript_name(const char *text, size_t bytes) {
  const size_t most = BASE_MIN(bytes, 48);
  size_t words = 1, at = 0;
  for (; at < most && text[at] != ':'; at++) {
    unsigned char c = (unsigned char)text[at];
    if (c == ' ') words++;
    else if (!isalnum(c) && c < 0x80 && !strchr("-_'.()#&/", c)) return 0;
  }
  if (at == 0 || at == most || words > 4 || !(isalpha((unsigned char)*text) || (unsigned char)*text >= 0x80))
    return 0;
  bool followed = at + 1 == bytes || is_blank(text[at + 1]);
  return followed ? at : 0;
}

/* ---- Subtitles. */

static bool read_timing(const cursor *c, double *t0, double *t1) {
  const char *arrow = memmem(c->line, BASE_MIN(c->bytes, 64), "-->", 3);
  if (!arrow || !transcript_time(c->line, (size_t)(arrow - c->line), t0)) return false;
  const char *after = arrow + 3, *end = c->line + c->bytes;
  while (after < end && is_blank(*after)) after++;
  if (!transcript_time(after, (size_t)(end - after), t1)) *t1 = NAN;
  return true;
}

static const struct {
  const char *name, *text;
} entities[] = {{"&amp;", "&"},   {"&lt;", "<"},    {"&gt;", ">"},  {"&nbsp;", " "},
                {"&quot;", "\""}, {"&#39;", "'"}, {"&lrm;", ""},  {"&rlm;", ""}};

/* Bytes of the tag "<…>" or "{\…}" at `text`; 0 when it is text ("I <3 you"). */
static size_t tag_length(const char *text, size_t bytes) {
  if (bytes < 3) return 0;
  bool tag = *text == '<' && (isalnum((unsigned char)text[1]) || text[1] == '/');
  if (*text == '<' && isdigit((unsigned char)text[1])) { /* only a time is a tag of digits */
    double t;
    tag = transcript_time(text + 1, BASE_MIN(bytes - 1, 20), &t) > 0;
  }
  if (!tag && !(*text == '{' && text[1] == '\\')) return 0;
  const char *end = memchr(text, *text == '<' ? '>' : '}', BASE_MIN(bytes, 256));
  return end ? (size_t)(end - text) + 1 : 0;
}

typedef struct cue {
  double t0, t1;
  size_t line;
  const char *who; /* in the file's bytes */
  size_t who_bytes;
  base_text text;
} cue;

static void end_turn(transcript *t, cue *now) {
  const char *who = now->who, *text = now->text.data ? now->text.data : "";
  size_t who_bytes = now->who_bytes, bytes = now->text.length;
  if (!who && (who_bytes = transcript_name(text, bytes))) {
    who = text;
    text += who_bytes + 1;
    bytes -= who_bytes + 1;
  }
  if (now->text.failed) t->failed = true;
  transcript_add(t, who, who_bytes, -1, now->t0, now->t1, text, bytes, 0, now->line);
  base_text_reset(&now->text);
}

/* One line of a cue, without its markup. A <v Name> begins a new turn. */
static void add_line(transcript *t, cue *now, const char *text, size_t bytes) {
  if (now->text.length) base_text_add(&now->text, " ", 1);
  size_t start = 0, at = 0;
  while (at < bytes) {
    size_t skip = 0;
    const char *instead = "";
    if (text[at] == '<' || text[at] == '{') skip = tag_length(text + at, bytes - at);
    for (size_t i = 0; text[at] == '&' && !skip && i < BASE_COUNT(entities); i++) {
      size_t length = strlen(entities[i].name);
      if (bytes - at < length || memcmp(text + at, entities[i].name, length)) continue;
      skip = length;
      instead = entities[i].text;
    }
    if (!skip) {
      at++;
      continue;
    }
    base_text_add(&now->text, text + start, at - start);
    base_text_puts(&now->text, instead);
    if (skip > 4 && text[at] == '<' && (text[at + 1] == 'v' || text[at + 1] == 'V') &&
        (text[at + 2] == ' ' || text[at + 2] == '.')) {
      end_turn(t, now);
      const char *name = memchr(text + at, ' ', skip);
      now->who = name ? name + 1 : NULL;
      now->who_bytes = name ? (size_t)(text + at + skip - 1 - now->who) : 0;
    }
    at += skip;
    start = at;
  }
  base_text_add(&now->text, text + start, at - start);
}

void transcript_read_subtitles(transcript *t, const char *text, size_t bytes, bool vtt) {
  cursor c = {.at = text, .end = text + bytes};
  cue now = {0};
  bool open = false, note = vtt; /* a block of the header, NOTE, STYLE or REGION */
  while (next_line(&c) && !t->failed && !t->full) {
    double t0, t1;
    if (c.bytes == 0) {
      if (open) end_turn(t, &now);
      open = note = false;
    } else if (!note && read_timing(&c, &t0, &t1)) {
      if (open) end_turn(t, &now);
      now.t0 = t0, now.t1 = t1, now.line = c.number, now.who = NULL;
      open = true;
    } else if (open) {
      add_line(t, &now, c.line, c.bytes);
    } else if (vtt && ((c.bytes >= 4 && !memcmp(c.line, "NOTE", 4)) ||
                       (c.bytes >= 5 && !memcmp(c.line, "STYLE", 5)) ||
                       (c.bytes >= 6 && !memcmp(c.line, "REGION", 6)))) {
      note = true;
    } else if (!note && memmem(c.line, c.bytes, "-->", 3)) {
      transcript_note(t, c.number, "write it as 00:00:01,000 --> 00:00:02,000",
                      "the times of this subtitle cannot be read: it is left out");
    } /* anything else is the number or the name of the next cue */
  }
  if (open) end_turn(t, &now);
  base_text_clear(&now.text);
}

/* ---- Plain text. */

typedef struct plain { /* what stands before the words of a line */
  double t0, t1;
  const char *who;
  size_t who_bytes;
  size_t prefix;        /* bytes before the words */
} plain;

static size_t skip_blanks(const char *text, size_t bytes) {
  size_t n = 0;
  while (n < bytes && is_blank(text[n])) n++;
  return n;
}

/* "[00:12]", "(00:12)", "00:12", "[00:12 - 00:15]" at `text`; 0 if there is none. */
static size_t bracketed_time(const char *text, size_t bytes, bool bare, double *t0, double *t1) {
  char close = *text == '[' ? ']' : *text == '(' ? ')' : 0;
  if (!bytes || (!close && !bare)) return 0;
  size_t at = close ? 1 : 0;
  size_t n = transcript_time(text + at, bytes - at, t0);
  if (!n) return 0;
  at += n;
  *t1 = NAN;
  size_t dash = at + skip_blanks(text + at, bytes - at);
  if (dash < bytes && text[dash] == '-') {
    while (dash < bytes && (text[dash] == '-' || text[dash] == '>')) dash++;
    dash += skip_blanks(text + dash, bytes - dash);
    n = transcript_time(text + dash, bytes - dash, t1);
    if (n) at = dash + n;
  }
  if (close && (at >= bytes || text[at++] != close)) return 0;
  if (!close && at < bytes && !is_blank(text[at])) return 0;
  return at + skip_blanks(text + at, bytes - at);
}

/* Takes "[time] Name:", "Name [time]:" and their parts off the line. */
static plain read_prefix(const char *text, size_t bytes, bool names) {
  plain p = {.t0 = NAN, .t1 = NAN};
  p.prefix = bracketed_time(text, bytes, true, &p.t0, &p.t1);
  size_t name = names ? transcript_name(text + p.prefix, bytes - p.prefix) : 0;
  if (name) {
    p.who = text + p.prefix;
    p.who_bytes = name;
    p.prefix += name + 1;
    return p;
  }
  const char *open = names && p.prefix == 0 ? memchr(text, '[', BASE_MIN(bytes, 48)) : NULL;
  if (!open && names && p.prefix == 0) open = memchr(text, '(', BASE_MIN(bytes, 48));
  if (!open || open == text) return p;
  size_t at = (size_t)(open - text), time = bracketed_time(open, bytes - at, false, &p.t0, &p.t1);
  if (!time) return p;
  p.who = text;
  p.who_bytes = at;
  p.prefix = at + time;
  if (p.prefix < bytes && text[p.prefix] == ':') p.prefix++;
  return p;
}

/* Names are taken where most lines have one: a colon in prose is no speaker. */
static bool has_names(const char *text, size_t bytes) {
  cursor c = {.at = text, .end = text + bytes};
  size_t lines = 0, named = 0;
  while (next_line(&c)) {
    if (!c.bytes) continue;
    lines++;
    if (read_prefix(c.line, c.bytes, true).who) named++;
  }
  return named * 3 >= lines && named > 0;
}

void transcript_read_plain(transcript *t, const char *text, size_t bytes) {
  bool names = has_names(text, bytes);
  cursor c = {.at = text, .end = text + bytes};
  plain last = {.t0 = NAN, .t1 = NAN};
  bool header = false; /* the line before had a name or a time and no words: it is for this one */
  while (next_line(&c) && !t->failed && !t->full) {
    if (!c.bytes) continue;
    plain p = read_prefix(c.line, c.bytes, names);
    if (header && !p.who) p.who = last.who, p.who_bytes = last.who_bytes;
    if (header && isnan(p.t0)) p.t0 = last.t0, p.t1 = last.t1;
    if (!p.who && names) p.who = last.who, p.who_bytes = last.who_bytes; /* goes on speaking */
    header = p.prefix >= c.bytes;
    last = p;
    transcript_add(t, p.who, p.who_bytes, -1, p.t0, p.t1, c.line + p.prefix, c.bytes - p.prefix, 0,
                   c.number);
  }
}
