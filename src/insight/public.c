/* public.c: mien_insight.h out of arc.h and audience.h. */
#include "mien_insight.h"

#include "insight/arc.h"
#include "insight/audience.h"

struct mien_arc {
  base_text json;
};

struct mien_audience {
  audience *own;
  base_text json;
};

int mien_arc_open(mien_arc **arc, mien_session *session, const char *utf8, size_t bytes, const char *with, size_t with_bytes, mien_error *error) {
  *arc = NULL;
  if (!session || (!utf8 && bytes) || (!with && with_bytes)) return base_error_set(error, MIEN_EINVAL, "mien_arc_open", "", "an argument is missing");
  if (bytes > ARC_BYTES) return base_error_set(error, MIEN_ELIMIT, "text", "give it in parts", "the text has more than 64 MB");
  mien_arc *made = base_alloc(1, sizeof *made);
  int code = made ? arc_figures(utf8 ? utf8 : "", bytes, session, with_bytes ? with : NULL, with_bytes, &made->json, error) : MIEN_ENOMEM;
  if (!code && made->json.failed) code = MIEN_ENOMEM;
  if (code == MIEN_ENOMEM) base_error_set(error, code, "arc", "", "out of memory");
  if (code) mien_arc_close(&made);
  *arc = made;
  return code;
}

const char *mien_arc_json(const mien_arc *arc, size_t *bytes) {
  if (bytes) *bytes = arc->json.length;
  return arc->json.data;
}

void mien_arc_close(mien_arc **arc) {
  if (*arc) base_text_clear(&(*arc)->json);
  base_free(*arc);
  *arc = NULL;
}

int mien_audience_open(mien_audience **a, double every, mien_error *error) {
  *a = base_alloc(1, sizeof **a);
  int code = *a ? audience_open(&(*a)->own, every, error) : base_error_set(error, MIEN_ENOMEM, "audience", "", "out of memory");
  if (code) mien_audience_close(a);
  return code;
}

void mien_audience_close(mien_audience **a) {
  if (!*a) return;
  audience_close(&(*a)->own);
  base_text_clear(&(*a)->json);
  base_free(*a);
  *a = NULL;
}

int mien_audience_add(mien_audience *a, int version, const char *viewer, double at, double valence, double arousal, mien_error *error) {
  if (version < 0 || version >= AUDIENCE_VERSIONS) return base_error_set(error, MIEN_EINVAL, "version", "0 or 1", "there is no version %d", version);
  if (!viewer || !*viewer) return base_error_set(error, MIEN_EINVAL, "viewer", "give each a name of their own", "the viewer has no name");
  return audience_add(a->own, version, viewer, at, valence, arousal, error);
}

int mien_audience_figures(mien_audience *a, uint64_t seed, int permutations, const char **json, size_t *bytes, mien_error *error) {
  audience_ask ask = {seed, permutations, 0.05};
  *json = NULL;
  *bytes = 0;
  if (permutations < 100 || permutations > 10000) return base_error_set(error, MIEN_EINVAL, "permutations", "100 to 10000; 1000 is usual", "%d permutations are too few or too many", permutations);
  base_text_reset(&a->json);
  int code = audience_figures(a->own, &ask, &a->json, error);
  if (!code && a->json.failed) code = base_error_set(error, MIEN_ENOMEM, "audience", "", "out of memory");
  if (code) return code;
  *json = a->json.data;
  *bytes = a->json.length;
  return MIEN_OK;
}
