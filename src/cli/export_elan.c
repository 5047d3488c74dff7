/* export_elan.c: an ELAN annotation document (EAF 3.0): for each person a tier of words and one of
 * emotion. Time slots stand in order of time, a pair for each annotation. */
#include "cli/export.h"

#include <stdlib.h>

typedef struct tier {
  timeline_span *spans;
  size_t count;
} tier;

typedef struct slot {
  long long ms;
  size_t id;
} slot;

static int earlier(const void *a, const void *b) {
  const slot *x = a, *y = b;
  if (x->ms != y->ms) return x->ms < y->ms ? -1 : 1;
  return (x->id > y->id) - (x->id < y->id);
}

/* Annotation n of the document has the slots 2n+1 and 2n+2. */
static void slots(base_text *out, const tier *tiers, size_t tier_count) {
  size_t total = 0, used = 0;
  for (size_t t = 0; t < tier_count; t++) total += 2 * tiers[t].count;
  slot *list = base_alloc(total + 1, sizeof *list);
  if (!list) {
    out->failed = true;
    return;
  }
  for (size_t t = 0; t < tier_count; t++) {
    for (size_t i = 0; i < tiers[t].count; i++) {
      list[used] = (slot){llround(tiers[t].spans[i].t0 * 1000), used + 1};
      list[used + 1] = (slot){llround(tiers[t].spans[i].t1 * 1000), used + 2};
      used += 2;
    }
  }
  qsort(list, used, sizeof *list, earlier);
  base_text_puts(out, " <TIME_ORDER>\n");
  for (size_t i = 0; i < used; i++)
    base_text_printf(out, "  <TIME_SLOT TIME_SLOT_ID=\"ts%zu\" TIME_VALUE=\"%lld\"/>\n", list[i].id,
                     list[i].ms);
  base_text_puts(out, " </TIME_ORDER>\n");
  base_free(list);
}

static void annotations(base_text *out, const timeline *line, const tier *tiers, size_t tier_count) {
  size_t number = 0;
  for (size_t t = 0; t < tier_count; t++) {
    const char *who = line->people[t / 2];
    base_text_puts(out, " <TIER LINGUISTIC_TYPE_REF=\"default-lt\" PARTICIPANT=\"");
    export_xml_text(out, who);
    base_text_puts(out, "\" TIER_ID=\"");
    export_xml_text(out, who);
    base_text_puts(out, t % 2 == TIMELINE_WORDS ? " words\">\n" : " emotion\">\n");
    for (size_t i = 0; i < tiers[t].count; i++) {
      size_t first = 2 * number + 1;
      base_text_printf(out, "  <ANNOTATION>\n   <ALIGNABLE_ANNOTATION ANNOTATION_ID=\"a%zu\" "
                            "TIME_SLOT_REF1=\"ts%zu\" TIME_SLOT_REF2=\"ts%zu\">\n"
                            "    <ANNOTATION_VALUE>", ++number, first, first + 1);
      export_xml_text(out, tiers[t].spans[i].text);
      base_text_puts(out, "</ANNOTATION_VALUE>\n   </ALIGNABLE_ANNOTATION>\n  </ANNOTATION>\n");
    }
    base_text_puts(out, " </TIER>\n");
  }
}

void export_elan(const timeline *line, base_text *out) {
  size_t tier_count = 2 * line->people_count; /* words, emotion, words, … */
  tier *tiers = base_alloc(tier_count ? tier_count : 1, sizeof *tiers);
  if (!tiers) {
    out->failed = true;
    return;
  }
  for (size_t t = 0; t < tier_count; t++) {
    if (timeline_spans(line, line->people[t / 2], t % 2 ? TIMELINE_EMOTION : TIMELINE_WORDS,
                       &tiers[t].spans, &tiers[t].count) != MIEN_OK) {
      out->failed = true;
      tier_count = t;
    }
  }
  base_text_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                      "<ANNOTATION_DOCUMENT AUTHOR=\"mien\" DATE=\"1970-01-01T00:00:00+00:00\" "
                      "FORMAT=\"3.0\" VERSION=\"3.0\">\n"
                      " <HEADER MEDIA_FILE=\"\" TIME_UNITS=\"milliseconds\">\n"
                      "  <MEDIA_DESCRIPTOR MEDIA_URL=\"");
  export_uri(out, line->file);
  base_text_puts(out, "\" MIME_TYPE=\"unknown\"/>\n </HEADER>\n");
  slots(out, tiers, tier_count);
  annotations(out, line, tiers, tier_count);
  base_text_puts(out, " <LINGUISTIC_TYPE GRAPHIC_REFERENCES=\"false\" "
                      "LINGUISTIC_TYPE_ID=\"default-lt\" TIME_ALIGNABLE=\"true\"/>\n"
                      "</ANNOTATION_DOCUMENT>\n");
  for (size_t t = 0; t < tier_count; t++) base_free(tiers[t].spans);
  base_free(tiers);
}
