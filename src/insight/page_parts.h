/* page_parts.h: what the pages of this room share. */
#ifndef INSIGHT_PAGE_PARTS_H
#define INSIGHT_PAGE_PARTS_H

#include <jansson.h>

#include "base/base.h"

double insight_number(json_t *of, const char *key);      /* NAN where there is none */
const char *insight_string(json_t *of, const char *key); /* "" where there is none */
void insight_escape(base_text *to, const char *text); /* harmless in HTML, text and attributes; controls are left out */
void insight_page_begin(base_text *to, const char *title); /* up to and with <main> and the heading */
void insight_page_end(base_text *to);

/* A line with its band over 1000 × 150, -1…1 (`scale`: what the upper edge stands for); arrays of numbers, null a gap.
 * Drawn at `top`. */
void insight_curve(base_text *to, json_t *mean, json_t *low, json_t *high, double top, double scale);

#endif
