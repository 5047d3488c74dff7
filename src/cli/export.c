/* export.c: the list of forms, and what several of them share. */
#include "cli/export.h"

const cli_export cli_exports[] = {
    {"jsonl", ".jsonl", "JSON lines: every turn, final reading and state", true, export_jsonl, NULL},
    {"csv", ".csv", "a table: final readings and states", true, export_csv, export_csv_head},
    {"emotionml", ".emotionml", "EmotionML 1.0 (W3C): states", false, export_emotionml, NULL},
    {"vtt", ".vtt", "WebVTT: captions with the emotion expressed", false, export_vtt, NULL},
    {"textgrid", ".TextGrid", "Praat TextGrid: words and emotion, a tier each", false,
     export_textgrid, NULL},
    {"elan", ".eaf", "ELAN annotation document: words and emotion, a tier each", false, export_elan,
     NULL},
    {0},
};

const cli_export *cli_export_find(const char *name, size_t length) {
  for (const cli_export *e = cli_exports; e->name; e++)
    if (strlen(e->name) == length && !memcmp(e->name, name, length)) return e;
  return NULL;
}

void export_xml_text(base_text *out, const char *text) {
  for (size_t at = 0, bytes = strlen(text); at < bytes;) {
    uint32_t c;
    int length = base_utf8_next(text + at, bytes - at, &c);
    bool allowed = length && (c >= 0x20 || c == '\t' || c == '\n' || c == '\r') && c != 0xfffe &&
                   c != 0xffff;
    if (!allowed) base_text_puts(out, "\xef\xbf\xbd");
    else if (c == '&') base_text_puts(out, "&amp;");
    else if (c == '<') base_text_puts(out, "&lt;");
    else if (c == '>') base_text_puts(out, "&gt;");
    else if (c == '"') base_text_puts(out, "&quot;");
    else base_text_add(out, text + at, (size_t)length);
    at += (size_t)(length ? length : 1);
  }
}

void export_uri(base_text *out, const char *path) {
  for (const unsigned char *c = (const unsigned char *)path; *c; c++) {
    bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') ||
                 strchr("-._~/", *c);
    if (plain) base_text_add(out, (const char *)c, 1);
    else base_text_printf(out, "%%%02X", *c);
  }
}
