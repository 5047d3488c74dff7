/* deep_why.c: what each token of a text said for the top label: the text is read again without it.
 *
 * Leaving parts of the input out, after Zeiler and Fergus (2014) and Li, Monroe and Jurafsky (2016): a
 * token is erased by <mask>, which pre-training has taught the network to read as "something stood
 * here", so that the rest stays a text; for the bulk model beside it, by spaces. The fall of the label's
 * log-odds is the token's share. */
#include "text/deep.h"

#include "text/model.h"

typedef struct plain { /* the text as it stands */
  const char *utf8;
  float windows[TEXT_DEEP_WINDOWS][MIEN_CORE], all[MIEN_CORE]; /* logits of the core labels   */
  float shares[TEXT_DEEP_WINDOWS];                             /* of each window              */
  float beside[MIEN_CORE];                                     /* what the bulk model says    */
  bool advised;                                                /* it is there, and says something */
} plain;

/* Asks the bulk model of a text; false: it is not there, or knows none of it. */
static bool ask_beside(text_deep_reader *r, const char *utf8, size_t bytes, float core[MIEN_CORE]) {
  const text_bulk_reader *bulk = r->beside;
  mien_reading reading;
  if (!bulk || r->model->beside_core <= 0) return false;
  text_kind_bulk.read(r->beside, utf8, bytes, &reading);
  memcpy(core, bulk->heads + TEXT_DEEP_AT_CORE, MIEN_CORE * sizeof *core);
  return bulk->tokens.count && bulk->known;
}

static float log_odds(const float logits[MIEN_CORE], int top) {
  float largest = -INFINITY, sum = 0;
  for (int k = 0; k < MIEN_CORE; k++)
    if (k != top) largest = BASE_MAX(largest, logits[k]);
  for (int k = 0; k < MIEN_CORE; k++)
    if (k != top) sum += expf(logits[k] - largest);
  return logits[top] - largest - logf(sum);
}

/* The network's logits with the bulk model's say, as a reading mixes them (deep_read.c). */
static float mixed_odds(const text_deep *model, const float *own, const float *beside, int top) {
  float logits[MIEN_CORE];
  for (int k = 0; k < MIEN_CORE; k++)
    logits[k] = own[k] + (beside ? model->beside_core * (beside[k] - own[k]) : 0);
  return log_odds(logits, top);
}

/* Windows `from` … of the run are text windows: keeps their logits, and their tokens' attention. */
static void keep_plain(text_deep_reader *r, size_t from, plain *p, float *attention) {
  const text_deep *model = r->model;
  const text_deep_text *text = &r->text;
  size_t A = model->slices;
  text_deep_run_all(&r->run);
  for (size_t w = 0; w < r->run.window_count; w++) {
    const float *core = r->run.heads + w * model->head_count + TEXT_DEEP_AT_CORE;
    for (int k = 0; k < MIEN_CORE; k++) {
      p->windows[from + w][k] = core[k];
      p->all[k] += p->shares[from + w] * core[k];
    }
  }
  for (size_t i = 0; i < text->part_count; i++) {
    const text_deep_part *part = &text->parts[i];
    if (part->window < from || part->window >= from + r->run.window_count) continue;
    const text_deep_window *window = &r->run.windows[part->window - from];
    const float *weights = r->run.weights + (window->first + window->before + part->first) * A;
    attention[i] = 0;
    for (size_t k = 0; k < part->count * A; k++) attention[i] += weights[k];
    attention[i] *= p->shares[part->window] / (float)A;
  }
  text_deep_run_begin(&r->run);
}

static void read_plain(text_deep_reader *r, const char *utf8, plain *p, float *attention) {
  const text_deep_text *text = &r->text;
  *p = (plain){.utf8 = utf8};
  p->advised = ask_beside(r, utf8, text->bytes, p->beside);
  size_t from = 0;
  text_deep_run_begin(&r->run);
  for (size_t w = 0; w < text->window_count; w++) {
    p->shares[w] = (float)text->counts[w] / (float)text->pieces;
    if (text_deep_text_add(text, w, &r->run)) continue;
    keep_plain(r, from, p, attention);
    text_deep_text_add(text, from = w, &r->run);
  }
  keep_plain(r, from, p, attention);
}

/* What the bulk model says of the text without token `index`; of a long text, what it says of all of it. */
static bool beside_without(text_deep_reader *r, const plain *p, size_t index, float core[MIEN_CORE]) {
  const text_deep_part *part = &r->text.parts[index];
  if (r->text.bytes > sizeof r->erased) {
    memcpy(core, p->beside, sizeof p->beside);
    return true;
  }
  memcpy(r->erased, p->utf8, r->text.bytes);
  memset(r->erased + part->at, ' ', part->length);
  return ask_beside(r, r->erased, r->text.bytes, core);
}

/* The tokens that wait in the run, erased: their shares. */
static void keep_erased(text_deep_reader *r, const plain *p, const uint16_t *waiting, int top, float *shares) {
  const text_deep *model = r->model;
  float before = mixed_odds(model, p->all, p->advised ? p->beside : NULL, top);
  text_deep_run_all(&r->run);
  for (size_t i = 0; i < r->run.window_count; i++) {
    size_t w = r->text.parts[waiting[i]].window;
    const float *core = r->run.heads + i * model->head_count + TEXT_DEEP_AT_CORE;
    float without[MIEN_CORE];
    for (int k = 0; k < MIEN_CORE; k++) without[k] = p->all[k] + p->shares[w] * (core[k] - p->windows[w][k]);
    float beside[MIEN_CORE];
    bool advised = p->advised && beside_without(r, p, waiting[i], beside);
    shares[waiting[i]] = before - mixed_odds(model, without, advised ? beside : NULL, top);
  }
  text_deep_run_begin(&r->run);
}

/* Adds the text without token `index`. */
static bool add_erased(text_deep_reader *r, size_t index) {
  const text_deep_part *part = &r->text.parts[index];
  if (!text_deep_text_add(&r->text, part->window, &r->run)) return false;
  const text_deep_window *window = &r->run.windows[r->run.window_count - 1];
  size_t at = window->first + window->before + part->first;
  for (size_t k = 0; k < part->count; k++) r->run.ids[at + k] = TEXT_SUBWORD_MASK;
  memset(r->run.marks + at, 0, part->count);
  return true;
}

/* The tokens to erase, in the order of the text: all, or those with the most attention. */
static size_t choose(const text_deep_text *text, const float *attention, uint16_t chosen[TEXT_DEEP_ERASED]) {
  size_t count = 0, n = text->part_count, ties = n; /* ties: of those that are just strong enough */
  float least = -1;                                 /* of those that are erased                   */
  if (n > TEXT_DEEP_ERASED) {
    float strongest[TEXT_DEEP_ERASED]; /* falling */
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
      size_t place = kept < TEXT_DEEP_ERASED ? kept++ : TEXT_DEEP_ERASED;
      for (; place && strongest[place - 1] < attention[i]; place--)
        if (place < TEXT_DEEP_ERASED) strongest[place] = strongest[place - 1];
      if (place < TEXT_DEEP_ERASED) strongest[place] = attention[i];
    }
    least = strongest[TEXT_DEEP_ERASED - 1];
    for (ties = 1; ties < TEXT_DEEP_ERASED && strongest[TEXT_DEEP_ERASED - 1 - ties] == least;) ties++;
  }
  for (size_t i = 0; i < n && count < TEXT_DEEP_ERASED; i++) {
    if (attention[i] < least || (attention[i] == least && !ties)) continue;
    ties -= attention[i] == least;
    chosen[count++] = (uint16_t)i;
  }
  return count;
}

void text_deep_why(text_deep_reader *r, const char *utf8, int top, float *shares, float *attention) {
  plain p;
  float own[TEXT_DEEP_WINDOWS * TEXT_DEEP_WINDOW];
  uint16_t chosen[TEXT_DEEP_ERASED], waiting[TEXT_DEEP_ENOUGH];
  if (!attention) attention = own;
  read_plain(r, utf8, &p, attention);
  memset(shares, 0, r->text.part_count * sizeof *shares);
  size_t count = choose(&r->text, attention, chosen);
  for (size_t i = 0; i < count; i++) {
    if (!add_erased(r, chosen[i])) {
      keep_erased(r, &p, waiting, top, shares);
      add_erased(r, chosen[i]);
    }
    waiting[r->run.window_count - 1] = chosen[i];
  }
  keep_erased(r, &p, waiting, top, shares);
}

size_t text_deep_cues(text_deep_reader *r, const char *utf8, int top) {
  float shares[TEXT_DEEP_WINDOWS * TEXT_DEEP_WINDOW], sum;
  uint16_t order[TEXT_CUES];
  text_deep_why(r, utf8, top, shares, NULL);
  size_t count = text_cues_order(shares, r->text.part_count, order, &sum);
  for (size_t i = 0; i < count; i++) {
    const text_deep_part *part = &r->text.parts[order[i]];
    text_cue_fill(&r->cues[i], utf8, part->at, part->length, part->kind, part->marks, top, shares[order[i]] / sum);
  }
  return count;
}

int text_deep_contributions(void *reader, const char *utf8, size_t bytes, text_contribution *list, size_t capacity) {
  text_deep_reader *r = reader;
  float shares[TEXT_DEEP_WINDOWS * TEXT_DEEP_WINDOW], attention[TEXT_DEEP_WINDOWS * TEXT_DEEP_WINDOW];
  mien_reading reading;
  bool wanted = r->cues_wanted;
  r->cues_wanted = false;
  int code = text_kind_deep.read(r, utf8, bytes, &reading), top = 0;
  r->cues_wanted = wanted;
  if (code || !isfinite(reading.confidence)) return code;
  for (int k = 1; k < MIEN_CORE; k++)
    if (reading.core[k] > reading.core[top]) top = k;
  text_deep_why(r, utf8, top, shares, attention);
  size_t count = BASE_MIN(r->text.part_count, capacity);
  for (size_t i = 0; i < count; i++)
    list[i] = (text_contribution){r->text.parts[i].at, r->text.parts[i].length, shares[i], attention[i]};
  return (int)count;
}
