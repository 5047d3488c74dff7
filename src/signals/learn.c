/* learn.c: prototypes under a shrunk covariance, learned from few examples. The inverse of W goes over the examples'
 * matrix (Woodbury 1950), since there are far fewer of them than a point has numbers. One thread. */
#include "signals/signals.h"

const char *const signals_modalities[SIGNALS_MODALITIES] = {"voice", "face", "body"};
const unsigned signals_reads[SIGNALS_MODALITIES] = {MIEN_READ_VOICE, MIEN_READ_FACE, MIEN_READ_BODY};

#define SHRINK 0.9   /* chosen on the dev speakers of `mien eval signals` */
#define NONE 1.0     /* chosen there too */
#define QUANTILE 0.9
enum { LEAST = 2 };

struct signals_metric {
  size_t length, count;     /* of a point; of residuals */
  double *residuals;        /* [count][length]: examples less their signal's mean */
  double *factor;           /* Cholesky of (ridge / weight) I + R R', [count][count] */
  double ridge, weight;     /* shrink s; (1 - shrink) / degrees of freedom */
  double *means;            /* [SIGNALS_MOST][length] */
  size_t examples[SIGNALS_MOST];
  double limit, warmth;     /* squared distance of "none of these"; T */
};

static void metric_free(signals_metric **metric) {
  signals_metric *m = *metric;
  *metric = NULL;
  if (!m) return;
  base_free(m->residuals), base_free(m->factor), base_free(m->means);
  base_free(m);
}

static bool cholesky(double *a, size_t n) {
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j <= i; j++) {
      double sum = a[i * n + j];
      for (size_t k = 0; k < j; k++) sum -= a[i * n + k] * a[j * n + k];
      if (i == j && !(sum > 0)) return false;
      a[i * n + j] = i == j ? sqrt(sum) : sum / a[j * n + j];
    }
  return true;
}

/* x' W^-1 x = (|x|^2 - |L^-1 R x|^2) / ridge, where L L' = (ridge / weight) I + R R'. */
static double distance(const signals_metric *m, const float *point, size_t signal) {
  double square = 0, lost = 0, whitened[SIGNALS_EXAMPLES];
  const double *mean = m->means + signal * m->length;
  for (size_t i = 0; i < m->length; i++) square += ((double)point[i] - mean[i]) * ((double)point[i] - mean[i]);
  for (size_t r = 0; r < m->count; r++) {
    double dot = 0;
    for (size_t i = 0; i < m->length; i++) dot += m->residuals[r * m->length + i] * ((double)point[i] - mean[i]);
    for (size_t k = 0; k < r; k++) dot -= m->factor[r * m->count + k] * whitened[k];
    whitened[r] = dot / m->factor[r * m->count + r];
    lost += whitened[r] * whitened[r];
  }
  return BASE_MAX(square - lost, 0) / m->ridge;
}

/* The metric of a modality without example `out`; -1: of all. */
static int metric_make(const signals_dictionary *d, int modality, int out, signals_metric **made) {
  signals_metric *m = *made = base_alloc(1, sizeof *m);
  size_t length = d->length[modality], signals = 0;
  if (!m) return MIEN_ENOMEM;
  m->length = length;
  m->means = base_alloc(SIGNALS_MOST * length + 1, sizeof *m->means);
  m->residuals = base_alloc(d->example_count * length + 1, sizeof *m->residuals);
  m->factor = base_alloc(d->example_count * d->example_count + 1, sizeof *m->factor);
  if (!m->means || !m->residuals || !m->factor) return MIEN_ENOMEM;
#define EACH(e) \
  for (size_t e = 0; e < d->example_count; e++) \
    if (d->examples[e].modality == modality && (int)e != out)
  EACH(e) m->examples[d->examples[e].signal]++;
  EACH(e) for (size_t i = 0; i < length; i++)
    m->means[(size_t)d->examples[e].signal * length + i] += (double)d->examples[e].point[i] / (double)m->examples[d->examples[e].signal];
  double square = 0;
  EACH(e) {
    double *r = m->residuals + m->count++ * length;
    for (size_t i = 0; i < length; i++) {
      r[i] = (double)d->examples[e].point[i] - m->means[(size_t)d->examples[e].signal * length + i];
      square += r[i] * r[i];
    }
  }
#undef EACH
  for (size_t s = 0; s < d->name_count; s++) signals += m->examples[s] > 0;
  double freedom = m->count > signals ? (double)(m->count - signals) : 1;
  m->ridge = SHRINK * square / freedom / (double)length + 1e-9;
  m->weight = (1 - SHRINK) / freedom;
  for (size_t a = 0; a < m->count; a++)
    for (size_t b = 0; b <= a; b++) {
      double dot = a == b ? m->ridge / m->weight : 0;
      for (size_t i = 0; i < length; i++) dot += m->residuals[a * length + i] * m->residuals[b * length + i];
      m->factor[a * m->count + b] = dot;
    }
  return cholesky(m->factor, m->count) ? MIEN_OK : MIEN_EINVAL;
}

static int nearest(const signals_metric *m, const signals_dictionary *d, const float *point, double squares[SIGNALS_MOST]) {
  int best = -1;
  for (size_t s = 0; s < d->name_count; s++) {
    squares[s] = m->examples[s] ? distance(m, point, s) : INFINITY;
    if (m->examples[s] && (best < 0 || squares[s] < squares[best])) best = (int)s;
  }
  return best;
}

static void chances_of(const signals_dictionary *d, const double squares[SIGNALS_MOST], int best, double warmth, double chances[SIGNALS_MOST]) {
  double sum = 0;
  memset(chances, 0, SIGNALS_MOST * sizeof *chances);
  for (size_t s = 0; s < d->name_count; s++) sum += chances[s] = isfinite(squares[s]) ? exp((squares[best] - squares[s]) / (2 * warmth)) : 0;
  for (size_t s = 0; s < d->name_count; s++) chances[s] /= sum;
}

typedef struct left_out { /* of each example, without itself */
  double squares[SIGNALS_MOST];
  int truth, best;
} left_out;

/* Example by example; those whose signal has no other are left out altogether. */
static int leave_each(const signals_dictionary *d, int modality, left_out *list, size_t *count) {
  int code = MIEN_OK;
  *count = 0;
  for (size_t e = 0; e < d->example_count && !code; e++) {
    signals_metric *m = NULL;
    if (d->examples[e].modality != modality) continue;
    code = metric_make(d, modality, (int)e, &m);
    left_out *one = &list[*count];
    if (!code && m->examples[d->examples[e].signal]) {
      one->truth = d->examples[e].signal;
      one->best = nearest(m, d, d->examples[e].point, one->squares);
      ++*count;
    }
    metric_free(&m);
  }
  return code;
}

/* The limit and the warmth, from the examples that were left out. */
static void settle(const signals_dictionary *d, signals_metric *m, const left_out *list, size_t count) {
  double own[SIGNALS_EXAMPLES], best = -INFINITY;
  for (size_t i = 0; i < count; i++) { /* sorted as they come */
    size_t at = i;
    for (; at && own[at - 1] > list[i].squares[list[i].truth]; at--) own[at] = own[at - 1];
    own[at] = list[i].squares[list[i].truth];
  }
  m->limit = NONE * (count ? own[BASE_MIN((size_t)(QUANTILE * (double)count), count - 1)] : 0);
  m->warmth = 1;
  for (double warmth = 0.5; warmth < 2000; warmth *= 1.4) {
    double sum = 0, chances[SIGNALS_MOST];
    for (size_t i = 0; i < count; i++) {
      chances_of(d, list[i].squares, list[i].best, warmth, chances);
      sum += log(BASE_MAX(chances[list[i].truth], 1e-12));
    }
    if (sum > best) best = sum, m->warmth = warmth;
  }
}

static bool enough(const signals_dictionary *d, int modality) {
  size_t signals = 0;
  for (size_t s = 0; s < d->name_count; s++) signals += signals_examples(d, s, modality) >= LEAST;
  return signals >= 2;
}

static int too_few(int modality, mien_error *error) {
  return base_error_set(error, MIEN_EEMPTY, modality == SIGNALS_VOICE ? "voice" : "face", "record more: five of each signal are a good beginning",
                        "two signals with two examples each are needed");
}

static int make_sure(signals_dictionary *d, int modality, mien_error *error) {
  if (d->metric[modality]) return MIEN_OK;
  if (!enough(d, modality)) return too_few(modality, error);
  size_t count;
  left_out *list = base_alloc(SIGNALS_EXAMPLES, sizeof *list);
  int code = list ? leave_each(d, modality, list, &count) : MIEN_ENOMEM;
  if (!code) code = metric_make(d, modality, -1, &d->metric[modality]);
  if (!code) settle(d, d->metric[modality], list, count);
  else metric_free(&d->metric[modality]);
  base_free(list);
  return code ? base_error_set(error, code, "signals", "", "the examples could not be learned") : MIEN_OK;
}

static void say(const signals_dictionary *d, const signals_metric *m, const double squares[SIGNALS_MOST], int best, signals_told *told) {
  chances_of(d, squares, best, m->warmth, told->chances);
  told->chance = told->chances[best];
  told->far = sqrt(squares[best] / BASE_MAX(m->limit, 1e-12));
  told->nearest = best;
  told->signal = told->far > 1 ? -1 : best;
}

int signals_tell(signals_dictionary *d, int modality, const float *point, size_t length, signals_told *told, mien_error *error) {
  double squares[SIGNALS_MOST];
  *told = (signals_told){.signal = -1};
  int code = make_sure(d, modality, error);
  if (code) return code;
  if (length != d->length[modality]) return base_error_set(error, MIEN_EINVAL, "signals", "begin a new dictionary with this model", "the point has another length than the examples");
  int best = nearest(d->metric[modality], d, point, squares);
  say(d, d->metric[modality], squares, best, told);
  return MIEN_OK;
}

int signals_tell_clip(signals_dictionary *d, const signals_clip *clip, signals_told *told, mien_error *error) {
  double sum = 0;
  bool known = false, none = true;
  mien_error why = {0};
  *told = (signals_told){.signal = -1, .far = INFINITY};
  for (size_t s = 0; s < SIGNALS_MOST; s++) told->chances[s] = 1;
  for (int k = 0; k < SIGNALS_MODALITIES; k++) {
    signals_told one;
    if (!clip->length[k] || signals_tell(d, k, clip->point[k], clip->length[k], &one, &why)) continue;
    for (size_t s = 0; s < d->name_count; s++) told->chances[s] *= one.chances[s] + 1e-6;
    known = true, none = none && one.signal < 0, told->far = BASE_MIN(told->far, one.far);
  }
  if (!known && why.code) {
    if (error) *error = why;
    return why.code;
  }
  if (!known) return base_error_set(error, MIEN_EEMPTY, "signals", "add examples of what is in it", "nothing in it can be compared");
  for (size_t s = 0; s < d->name_count; s++) sum += told->chances[s], told->nearest = told->chances[s] > told->chances[told->nearest] ? (int)s : told->nearest;
  for (size_t s = 0; s < SIGNALS_MOST; s++) told->chances[s] = s < d->name_count ? told->chances[s] / sum : 0;
  told->chance = told->chances[told->nearest];
  told->signal = none ? -1 : told->nearest;
  return MIEN_OK;
}

void signals_told_write(base_json *out, const signals_dictionary *d, const signals_told *told) {
  base_json_string(out, "signal", told->signal < 0 ? NULL : signals_name(d, (size_t)told->signal));
  base_json_number(out, "confidence", told->signal < 0 ? (double)NAN : told->chance, 3);
  base_json_string(out, "nearest", signals_name(d, (size_t)told->nearest));
  base_json_number(out, "distance", told->far, 3);
  base_json_open(out, "chances", '{');
  for (size_t s = 0; s < d->name_count; s++) base_json_number(out, d->names[s], told->chances[s], 3);
  base_json_close(out, '}');
}

int signals_leave_one_out(signals_dictionary *d, int modality, signals_check *check, mien_error *error) {
  size_t count = 0;
  *check = (signals_check){0};
  int code = make_sure(d, modality, error);
  left_out *list = code ? NULL : base_alloc(SIGNALS_EXAMPLES, sizeof *list);
  if (!code) code = list ? leave_each(d, modality, list, &count) : base_error_set(error, MIEN_ENOMEM, "signals", "", "out of memory");
  for (size_t i = 0; i < count && !code; i++) {
    signals_told told;
    say(d, d->metric[modality], list[i].squares, list[i].best, &told);
    check->count++, check->right += told.signal == list[i].truth, check->none += told.signal < 0;
    check->table[list[i].truth][told.signal < 0 ? SIGNALS_MOST : told.signal]++;
  }
  base_free(list);
  return code;
}

/* ---- The dictionary ---- */

int signals_open(signals_dictionary **opened, const char *person, const char *consent, mien_error *error) {
  *opened = NULL;
  if (!consent || !*consent)
    return base_error_set(error, MIEN_EPOLICY, "consent", "say who agreed for this person, and when", "nothing is learned of a person without consent");
  if (!person || !*person || strlen(person) > 63 || strlen(consent) >= SIGNALS_NOTE)
    return base_error_set(error, MIEN_EINVAL, "person", "", "a person has 1 to 63 bytes, a consent up to %d", SIGNALS_NOTE - 1);
  signals_dictionary *d = *opened = base_alloc(1, sizeof *d);
  if (!d) return base_error_set(error, MIEN_ENOMEM, "signals", "", "out of memory");
  memcpy(d->person, person, strlen(person));
  memcpy(d->consent, consent, strlen(consent));
  return MIEN_OK;
}

static void changed(signals_dictionary *d) {
  for (int k = 0; k < SIGNALS_MODALITIES; k++) metric_free(&d->metric[k]);
}

void signals_close(signals_dictionary **closed) {
  signals_dictionary *d = *closed;
  *closed = NULL;
  if (!d) return;
  changed(d);
  for (size_t e = 0; e < d->example_count; e++) base_free(d->examples[e].point);
  base_free(d);
}

const char *signals_person(const signals_dictionary *d) { return d->person; }
const char *signals_consent(const signals_dictionary *d) { return d->consent; }
size_t signals_count(const signals_dictionary *d) { return d->name_count; }
const char *signals_name(const signals_dictionary *d, size_t signal) { return signal < d->name_count ? d->names[signal] : NULL; }

size_t signals_examples(const signals_dictionary *d, size_t signal, int modality) {
  size_t count = 0;
  for (size_t e = 0; e < d->example_count; e++) count += d->examples[e].signal == (int)signal && d->examples[e].modality == modality;
  return count;
}

static int find(const signals_dictionary *d, const char *name) {
  for (size_t s = 0; s < d->name_count; s++)
    if (!strcmp(d->names[s], name)) return (int)s;
  return -1;
}

static bool is_name(const char *name) {
  size_t length = strlen(name);
  if (!length || length >= SIGNALS_NAME || base_utf8_check(name, length) != length || !strcmp(name, "none")) return false;
  for (; *name; name++)
    if ((unsigned char)*name <= 0x20 || *name == 0x7f) return false;
  return true;
}

int signals_add(signals_dictionary *d, const char *signal, int modality, const float *point, size_t length, mien_error *error) {
  if (!is_name(signal)) return base_error_set(error, MIEN_EINVAL, "signal", "", "a signal's name has 1 to %d bytes, no spaces, and is not 'none'", SIGNALS_NAME - 1);
  if (!length || length > SIGNALS_POINT || (d->length[modality] && length != d->length[modality]))
    return base_error_set(error, MIEN_EINVAL, signal, "begin a new dictionary with this model", "the point has another length than the examples");
  for (size_t i = 0; i < length; i++)
    if (!isfinite(point[i]) || fabsf(point[i]) > 1e6f) return base_error_set(error, MIEN_EINVAL, signal, "", "a point has to be of finite numbers");
  int at = find(d, signal);
  if (d->example_count == SIGNALS_EXAMPLES || (at < 0 && d->name_count == SIGNALS_MOST))
    return base_error_set(error, MIEN_ELIMIT, signal, "drop a signal first", "a dictionary has at most %d signals and %d examples", SIGNALS_MOST, SIGNALS_EXAMPLES);
  float *own = base_alloc(length, sizeof *own);
  if (!own) return base_error_set(error, MIEN_ENOMEM, signal, "", "out of memory");
  memcpy(own, point, length * sizeof *own);
  if (at < 0) memcpy(d->names[at = (int)d->name_count++], signal, strlen(signal) + 1);
  d->examples[d->example_count++] = (signals_example){at, modality, own};
  d->length[modality] = length;
  changed(d);
  return MIEN_OK;
}

void signals_take_back(signals_dictionary *d) {
  signals_example last = d->examples[--d->example_count];
  base_free(last.point);
  changed(d);
  bool any = false, alone = true;
  for (int k = 0; k < SIGNALS_MODALITIES; k++) any = any || signals_examples(d, (size_t)last.signal, k);
  for (size_t e = 0; e < d->example_count; e++) alone = alone && d->examples[e].modality != last.modality;
  if (alone) d->length[last.modality] = 0;
  if (!any) signals_drop(d, d->names[last.signal], NULL);
}

void signals_forget(signals_dictionary *d, int modality) {
  size_t left = 0;
  for (size_t e = 0; e < d->example_count; e++)
    if (d->examples[e].modality == modality) base_free(d->examples[e].point);
    else d->examples[left++] = d->examples[e];
  d->example_count = left;
  d->length[modality] = 0;
  changed(d);
  for (size_t s = d->name_count; s-- > 0;) {
    bool any = false;
    for (int k = 0; k < SIGNALS_MODALITIES; k++) any = any || signals_examples(d, s, k);
    if (!any) signals_drop(d, d->names[s], NULL);
  }
}

int signals_drop(signals_dictionary *d, const char *signal, mien_error *error) {
  int at = find(d, signal);
  size_t left = 0;
  if (at < 0) return base_error_set(error, MIEN_EINVAL, signal, "`show` lists them", "there is no such signal");
  for (size_t e = 0; e < d->example_count; e++) {
    signals_example one = d->examples[e];
    if (one.signal == at) {
      base_free(one.point);
      continue;
    }
    one.signal -= one.signal > at;
    d->examples[left++] = one;
  }
  d->example_count = left;
  memmove(d->names[at], d->names[at + 1], (d->name_count - (size_t)at - 1) * sizeof d->names[0]);
  memset(d->names[--d->name_count], 0, sizeof d->names[0]);
  changed(d);
  return MIEN_OK;
}
