/* export_emotionml.c: states as W3C EmotionML 1.0 (Recommendation of 22 May 2014).
 *
 * Categories are the "big six" vocabulary, dimensions pleasure, arousal and dominance (Mehrabian
 * 1996), mapped from -1…1 to the 0…1 that EmotionML asks for. Neutral is not among the six: it is
 * what is missing to 1. Times are milliseconds from the beginning of the recording. */
#include "cli/export.h"

#define VOCABULARY "http://www.w3.org/TR/emotion-voc/xml"

static double unit(double value) { return BASE_CLAMP(value, 0.0, 1.0); }

static void reference(const timeline *line, base_text *out) { export_uri(out, line->file); }

static void state(const timeline *line, const mien_reading *r, base_text *out) {
  static const char *const through[MIEN_MODALITIES] = {
      [MIEN_TEXT] = "text", [MIEN_VOICE] = "voice", [MIEN_FACE] = "face", [MIEN_BODY] = "posture"};
  /* the order of core, in the vocabulary's words */
  static const char *const big6[MIEN_CORE] = {NULL, "happiness", "sadness", "anger", "fear",
                                              "disgust", "surprise"};
  static const char *const pad[MIEN_DIMS] = {"pleasure", "arousal", "dominance"};
  double t0 = fmax(r->t0, 0), t1 = fmax(r->t1, t0);
  base_text_puts(out, " <emotion time-ref-uri=\"");
  reference(line, out);
  base_text_printf(out, "\" offset-to-start=\"%.0f\" duration=\"%.0f\"", t0 * 1000, (t1 - t0) * 1000);
  bool first = true;
  for (int m = 0; m < MIEN_MODALITIES; m++) {
    if (!through[m] || !(r->from[m] > 0)) continue;
    base_text_printf(out, "%s%s", first ? " expressed-through=\"" : " ", through[m]);
    first = false;
  }
  base_text_puts(out, first ? ">\n" : "\">\n");
  base_text_puts(out, "  <info><who xmlns=\"urn:mien\">");
  export_xml_text(out, r->who);
  base_text_puts(out, "</who>");
  if (r->abstain) {
    base_text_puts(out, "<abstain xmlns=\"urn:mien\">");
    export_xml_text(out, r->abstain);
    base_text_puts(out, "</abstain>");
  }
  base_text_puts(out, "</info>\n");
  for (int k = 0; k < MIEN_CORE; k++) {
    if (!big6[k]) continue;
    base_text_printf(out, "  <category name=\"%s\" value=\"%.3f\"", big6[k],
                     isfinite(r->core[k]) ? unit((double)r->core[k]) : 0);
    if (isfinite(r->confidence))
      base_text_printf(out, " confidence=\"%.3f\"", unit((double)r->confidence));
    base_text_puts(out, "/>\n");
  }
  for (int d = 0; d < MIEN_DIMS; d++)
    if (isfinite(r->dims[d]))
      base_text_printf(out, "  <dimension name=\"%s\" value=\"%.3f\"/>\n", pad[d],
                       unit(((double)r->dims[d] + 1) / 2));
  base_text_puts(out, "  <reference uri=\"");
  reference(line, out);
  base_text_printf(out, "#t=%.3f,%.3f\" role=\"expressedBy\"/>\n </emotion>\n", t0, t1);
}

void export_emotionml(const timeline *line, base_text *out) {
  base_text_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                      "<emotionml version=\"1.0\" xmlns=\"http://www.w3.org/2009/10/emotionml\"\n"
                      "  category-set=\"" VOCABULARY "#big6\"\n"
                      "  dimension-set=\"" VOCABULARY "#pad-dimensions\">\n");
  for (size_t i = 0; i < line->state_count; i++)
    if (isfinite(line->states[i].t0)) state(line, &line->states[i], out);
  base_text_puts(out, "</emotionml>\n");
}
