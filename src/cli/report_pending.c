/* report_pending.c: stands in until the report is there; goes with its first commit. */
#include "cli/report.h"

int report_open(report **report_, const char *title) {
  *report_ = NULL;
  return MIEN_EUNSUPPORTED;
}
void report_close(report **report_) { *report_ = NULL; }
int report_add_event(report *report_, const mien_event *event) { return MIEN_EUNSUPPORTED; }
int report_add_audio(report *report_, const char *who, const float *pcm, size_t count, double at) {
  return MIEN_EUNSUPPORTED;
}
int report_add_note(report *report_, const char *note) { return MIEN_EUNSUPPORTED; }
int report_write(report *report_, FILE *to) { return MIEN_EUNSUPPORTED; }
