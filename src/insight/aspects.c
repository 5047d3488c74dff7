/* aspects.c: the words and phrases of all texts, and those of them that the texts are about. */
#include <stdlib.h>

#include "insight/parts.h"

enum { PAIRS = 1 << 22 /* slots at most */ };

typedef struct pair {
  uint64_t key; /* first word << 32 | second, + 1; 0 free */
  uint32_t count;
} pair;

typedef struct pass {
  insight *in;
  uint32_t before, *list;
  size_t count, room;
  pair *pairs;
  size_t pair_count, slots;
  const insight_table *phrases;
  bool failed;
} pass;

static bool about(const char *word) {
  size_t characters = 0;
  bool letters = false;
  for (const char *c = word; *c; c++) {
    characters += ((unsigned char)*c & 0xc0) != 0x80;
    letters |= (unsigned char)*c >= 'a';
  }
  return letters && (characters > 2 || (unsigned char)*word >= 0xe0) && !insight_function_word(word);
}

static void push(pass *p, uint32_t word) {
  if (p->count == p->room) {
    size_t room = BASE_MAX(2 * p->room, (size_t)256);
    uint32_t *list = base_resize(p->list, room, sizeof *list);
    if (!list) {
      p->failed = true;
      return;
    }
    p->list = list;
    p->room = room;
  }
  p->list[p->count++] = word;
}

static pair *pair_of(pass *p, uint64_t key) {
  size_t slot = (size_t)(key * 0x9e3779b97f4a7c15u >> 40) & (p->slots - 1);
  for (size_t tries = 0; tries < 64; tries++, slot = (slot + 1) & (p->slots - 1)) /* a crowded table forgets rare pairs */
    if (!p->pairs[slot].key || p->pairs[slot].key == key) return &p->pairs[slot];
  return NULL;
}

static void first_pass(void *context, const char *word, size_t bytes, bool gap) {
  pass *p = context;
  uint32_t number = insight_table_of(&p->in->words, word, bytes, true);
  if (number == TABLE_NONE) {
    p->failed = true;
    return;
  }
  push(p, number);
  bool content = about(insight_table_string(&p->in->words, number));
  if (!gap && content && p->before != TABLE_NONE && p->pair_count < p->slots / 2) {
    uint64_t key = ((uint64_t)p->before << 32 | number) + 1;
    pair *one = pair_of(p, key);
    if (one && !one->key) one->key = key, p->pair_count++;
    if (one) one->count++;
  }
  p->before = content ? number : TABLE_NONE;
}

static int by_number(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return x < y ? -1 : x > y;
}

/* A row's list, each word once, behind the others. */
static bool keep(insight *in, row *r, pass *p) {
  qsort(p->list, p->count, sizeof *p->list, by_number);
  if (in->token_count + p->count > in->token_room) {
    size_t room = BASE_MAX(2 * in->token_room, in->token_count + p->count + 4096);
    uint32_t *tokens = room < UINT32_MAX ? base_resize(in->tokens, room, sizeof *tokens) : NULL;
    if (!tokens) return false;
    in->tokens = tokens;
    in->token_room = room;
  }
  r->words = (uint32_t)in->token_count;
  for (size_t i = 0; i < p->count; i++)
    if (!i || p->list[i] != p->list[i - 1]) in->tokens[in->token_count++] = p->list[i];
  r->word_count = (uint32_t)in->token_count - r->words;
  return true;
}

typedef struct phrase {
  uint64_t key;
  uint32_t count, number;
} phrase;

static int by_count(const void *a, const void *b) {
  const phrase *x = a, *y = b;
  return x->count != y->count ? (x->count < y->count ? 1 : -1) : x->key < y->key ? -1 : x->key > y->key;
}
static int by_key(const void *a, const void *b) {
  const phrase *x = a, *y = b;
  return x->key < y->key ? -1 : x->key > y->key;
}

/* Pairs that stand together more than by chance: normalised pointwise mutual information of at least 0.35 (Bouma 2009). */
static size_t pick_phrases(insight *in, pass *p, const uint32_t *df, phrase *phrases) {
  size_t count = 0, room = 0;
  phrase *all = NULL;
  for (size_t i = 0; i < p->slots; i++) {
    const pair *one = &p->pairs[i];
    if (one->count < INSIGHT_FLOOR) continue;
    uint32_t a = (uint32_t)((one->key - 1) >> 32), b = (uint32_t)(one->key - 1);
    double n = (double)in->count, joint = BASE_MIN(one->count / n, 0.999999), npmi = log(joint * n * n / ((double)df[a] * df[b])) / -log(joint);
    if (npmi < 0.35 || a == b) continue;
    if (count == room) {
      phrase *more = base_resize(all, room = BASE_MAX(2 * room, (size_t)256), sizeof *more);
      if (!more) return base_free(all), (size_t)0;
      all = more;
    }
    all[count++] = (phrase){one->key, one->count, 0};
  }
  if (count) qsort(all, count, sizeof *all, by_count);
  count = BASE_MIN(count, (size_t)PHRASES);
  for (size_t i = 0; i < count; i++) {
    char text[128];
    const char *first = insight_table_string(&in->words, (uint32_t)((all[i].key - 1) >> 32));
    size_t bytes = strlen(first);
    memcpy(text, first, bytes);
    text[bytes] = ' ';
    const char *second = insight_table_string(&in->words, (uint32_t)(all[i].key - 1));
    size_t more = BASE_MIN(strlen(second), sizeof text - bytes - 1);
    memcpy(text + bytes + 1, second, more);
    phrases[i] = all[i];
    phrases[i].number = insight_table_of(&in->words, text, bytes + 1 + more, true);
  }
  if (count) qsort(phrases, count, sizeof *phrases, by_key);
  base_free(all);
  return count;
}

typedef struct second {
  pass p;
  const phrase *phrases;
  size_t phrase_count;
} second;

static void second_pass(void *context, const char *word, size_t bytes, bool gap) {
  second *s = context;
  uint32_t number = insight_table_of(&s->p.in->words, word, bytes, false);
  if (number == TABLE_NONE) return;
  push(&s->p, number);
  phrase wanted = {((uint64_t)s->p.before << 32 | number) + 1, 0, 0};
  const phrase *found = gap || s->p.before == TABLE_NONE || !s->phrase_count ? NULL : bsearch(&wanted, s->phrases, s->phrase_count, sizeof wanted, by_key);
  if (found && found->number != TABLE_NONE) push(&s->p, found->number);
  s->p.before = number;
}

static void count_texts(insight *in) {
  memset(in->df, 0, (in->words.count + 1) * sizeof *in->df);
  for (size_t i = 0; i < in->token_count; i++) in->df[in->tokens[i]]++;
}

typedef struct verdict {
  bool opinion[256];
} verdict;

static void judge(void *context, size_t index, const mien_reading *reading) {
  verdict *v = context;
  int top = 0;
  for (int k = 0; k < MIEN_CORE; k++)
    if (reading->core[k] > reading->core[top]) top = k;
  v->opinion[index] = top != MIEN_NEUTRAL || fabsf(reading->dims[MIEN_VALENCE]) > 0.3f;
}

typedef struct candidate {
  uint32_t word, df;
} candidate;

static int by_df(const void *a, const void *b) {
  const candidate *x = a, *y = b;
  return x->df != y->df ? (x->df < y->df ? 1 : -1) : x->word < y->word ? -1 : x->word > y->word;
}

/* The commonest words and phrases that are neither function words nor, by the text model's own reading, opinions. A word
 * that is hardly seen outside a phrase leaves its place to that. */
static int pick_aspects(insight *in, const phrase *phrases, size_t phrase_count, mien_session *session) {
  candidate *all = base_alloc(in->words.count + 1, sizeof *all);
  size_t count = 0;
  if (!all) return MIEN_ENOMEM;
  for (uint32_t w = 0; w < in->words.count; w++) {
    const char *word = insight_table_string(&in->words, w);
    bool inside = false;
    for (size_t i = 0; i < phrase_count && !inside; i++)
      inside = phrases[i].number != TABLE_NONE && ((uint32_t)((phrases[i].key - 1) >> 32) == w || (uint32_t)(phrases[i].key - 1) == w) && in->df[phrases[i].number] > 0.7 * in->df[w];
    if (in->df[w] >= INSIGHT_FLOOR && (double)in->df[w] < 0.5 * (double)in->count + 10 && !inside && about(word)) all[count++] = (candidate){w, in->df[w]};
  }
  if (count) qsort(all, count, sizeof *all, by_df);
  count = BASE_MIN(count, (size_t)256);
  mien_text texts[256];
  verdict v = {{false}};
  for (size_t i = 0; i < count; i++) {
    const char *word = insight_table_string(&in->words, all[i].word);
    texts[i] = (mien_text){word, strlen(word)};
  }
  int code = session && count ? mien_session_read_texts(session, texts, count, judge, &v) : MIEN_OK;
  for (size_t i = 0; i < count && in->aspect_count < ASPECTS; i++)
    if (!v.opinion[i]) in->aspects[in->aspect_count++] = all[i].word;
  base_free(all);
  return code;
}

int insight_prepare(insight *in, mien_session *session, mien_error *error) {
  second s = {.p = {.in = in}};
  phrase *phrases = base_alloc(PHRASES, sizeof *phrases);
  insight_unprepare(in);
  pass p = {.in = in, .slots = PAIRS};
  while (p.slots > 4096 && p.slots / 64 > in->count) p.slots /= 2;
  p.pairs = base_alloc(p.slots, sizeof *p.pairs);
  p.failed = !phrases || !p.pairs;
  for (size_t i = 0; i < in->count && !p.failed; i++) {
    p.count = 0;
    p.before = TABLE_NONE;
    insight_words(in->texts.data + in->rows[i].at, in->rows[i].bytes, first_pass, &p);
    if (!keep(in, &in->rows[i], &p)) p.failed = true;
  }
  if (!p.failed && (in->df = base_alloc(in->words.count + PHRASES + 1, sizeof *in->df))) {
    count_texts(in);
    s.phrase_count = pick_phrases(in, &p, in->df, phrases);
    s.phrases = phrases;
    in->token_count = 0;
    for (size_t i = 0; i < in->count && !s.p.failed; i++) {
      s.p.count = 0;
      s.p.before = TABLE_NONE;
      insight_words(in->texts.data + in->rows[i].at, in->rows[i].bytes, second_pass, &s);
      if (!keep(in, &in->rows[i], &s.p)) s.p.failed = true;
    }
    count_texts(in);
    in->prepared = !s.p.failed;
  }
  int code = in->prepared ? pick_aspects(in, phrases, s.phrase_count, session) : MIEN_ENOMEM;
  base_free(p.list);
  base_free(s.p.list);
  base_free(p.pairs);
  base_free(phrases);
  if (!code) return MIEN_OK;
  insight_unprepare(in);
  return base_error_set(error, code, "collection", "", "%s", mien_error_message(code));
}
