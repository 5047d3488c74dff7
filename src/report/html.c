/* html.c: text that came from outside, made harmless; times for people. */
#include "report/parts.h"

bool report_turns_text(uint32_t code) {
  return (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

void report_escape(base_text *to, const char *text, size_t bytes) {
  for (size_t at = 0; at < bytes;) {
    uint32_t code;
    int length = base_utf8_next(text + at, bytes - at, &code);
    if (!length) {
      base_text_puts(to, "\xef\xbf\xbd");
      at++;
      continue;
    }
    /* control characters and those that turn the direction of what follows are left out */
    bool control = (code < 0x20 && code != '\n' && code != '\t') || (code >= 0x7f && code < 0xa0) ||
                   report_turns_text(code) || code == 0xfeff || (code & 0xfffe) == 0xfffe;
    switch (code) {
    case '&': base_text_puts(to, "&amp;"); break;
    case '<': base_text_puts(to, "&lt;"); break;
    case '>': base_text_puts(to, "&gt;"); break;
    case '"': base_text_puts(to, "&quot;"); break;
    case '\'': base_text_puts(to, "&#39;"); break;
    default:
      if (!control) base_text_add(to, text + at, (size_t)length);
    }
    at += (size_t)length;
  }
}

void report_escape_string(base_text *to, const char *text) {
  report_escape(to, text, strlen(text));
}

void report_clock(base_text *to, double seconds) {
  long s = isfinite(seconds) && seconds > 0 ? (long)seconds : 0;
  if (s >= 3600) base_text_printf(to, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
  else base_text_printf(to, "%ld:%02ld", s / 60, s % 60);
}

const char *report_face_of(int label) {
  static const char *const classes[] = {"c0", "c1", "c2", "c3", "c4", "c5", "c6"};
  return label >= 0 && label < MIEN_CORE ? classes[label] : "cx";
}

bool report_same_cue(const char *a, const char *b) {
  size_t bytes = strcspn(a, "0123456789");
  return strcspn(b, "0123456789") == bytes && !strncmp(a, b, bytes) && (a[bytes] != 0) == (b[bytes] != 0);
}
