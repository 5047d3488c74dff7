/* export.h: a timeline in the forms that other programs read. One file a form: export_<name>.c.
 *
 * A writer adds the whole document to `out` (UTF-8, valid whatever the words are); running out of
 * memory shows in out->failed. */
#ifndef CLI_EXPORT_H
#define CLI_EXPORT_H

#include "cli/timeline.h"

typedef struct cli_export {
  const char *name;   /* as in --format */
  const char *ending; /* of the file: ".vtt" */
  const char *about;
  bool many;          /* several recordings may follow one another in one file */
  void (*write)(const timeline *line, base_text *out);
  void (*head)(base_text *out); /* before the first one, where `many`; may be NULL */
} cli_export;

extern const cli_export cli_exports[]; /* ends with a name of NULL */
const cli_export *cli_export_find(const char *name, size_t length);

/* The writers. */
void export_jsonl(const timeline *line, base_text *out);
void export_csv(const timeline *line, base_text *out);
void export_csv_head(base_text *out);
void export_emotionml(const timeline *line, base_text *out);
void export_vtt(const timeline *line, base_text *out);
void export_textgrid(const timeline *line, base_text *out);
void export_elan(const timeline *line, base_text *out);

/* One event as one line of JSON, newline included: {"file":…, then the reading's own keys}, or
 * {"file":…,"turn":{…}}. */
void export_event_json(const char *file, const mien_event *event, base_text *out);

/* Text as XML content or attribute: & < > " escaped, what XML 1.0 forbids as U+FFFD. */
void export_xml_text(base_text *out, const char *text);
/* A path as the reference part of a URI: RFC 3986's unreserved characters and '/', others as %XX. */
void export_uri(base_text *out, const char *path);

#endif
