/* pieces.c: a part of a text to pieces, by WordPiece, BPE or unigram. */
#include "text/transformer/tokens.h"

void transformer_push_piece(const transformer_tokeniser *t, transformer_tokens *w, uint32_t piece) {
  if (piece == TRANSFORMER_NONE) piece = t->unknown;
  if (piece == TRANSFORMER_NONE) return;
  w->pieces++;
  w->unknown += piece == t->unknown;
  if (w->count + t->last_count < w->positions) w->ids[w->count++] = piece;
}

/* ---- WordPiece: the longest piece first; a word that cannot be spelled is unknown as a whole ------ */
void transformer_wordpiece(const transformer_tokeniser *t, transformer_tokens *w, const char *part,
                           size_t bytes, size_t characters) {
  size_t pieces = w->pieces, unknown = w->unknown, count = w->count, at = 0;
  bool spelled = characters <= t->word_characters;
  while (spelled && at < bytes) {
    size_t length = 0;
    uint32_t piece =
        transformer_vocabulary_longest(&t->pieces, t->continuing, at ? t->continuing_bytes : 0,
                                       part + at, bytes - at, &length);
    spelled = piece != TRANSFORMER_NONE;
    if (spelled) transformer_push_piece(t, w, piece);
    at += length;
  }
  if (spelled) return;
  w->pieces = pieces;
  w->unknown = unknown;
  w->count = count;
  transformer_push_piece(t, w, TRANSFORMER_NONE);
}

/* ---- BPE: of all pairs that can be merged the first by rank, then by place ------------------------ */
typedef struct bpe {
  uint32_t piece[TRANSFORMER_PART]; /* NONE: merged into the one before */
  uint16_t next[TRANSFORMER_PART], previous[TRANSFORMER_PART]; /* PART: none */
  uint64_t heap[3 * TRANSFORMER_PART]; /* rank << 32 | place; each merge adds at most two */
  size_t waiting;
} bpe;
_Static_assert(TRANSFORMER_PART < UINT16_MAX, "places of a part fit in 16 bits");

static const transformer_merge *merge_of(const transformer_tokeniser *t, uint32_t left, uint32_t right) {
  uint64_t key = (uint64_t)left << 32 | right;
  uint32_t slot = (uint32_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 32) & t->merge_mask;
  for (; t->merges[slot].rank != TRANSFORMER_NONE; slot = (slot + 1) & t->merge_mask)
    if (t->merges[slot].left == left && t->merges[slot].right == right) return &t->merges[slot];
  return NULL;
}

static void offer(const transformer_tokeniser *t, bpe *b, size_t place) {
  if (place >= TRANSFORMER_PART || b->next[place] >= TRANSFORMER_PART) return;
  const transformer_merge *merge = merge_of(t, b->piece[place], b->piece[b->next[place]]);
  if (!merge) return;
  uint64_t value = (uint64_t)merge->rank << 32 | place;
  size_t at = b->waiting++;
  for (; at && b->heap[(at - 1) / 2] > value; at = (at - 1) / 2) b->heap[at] = b->heap[(at - 1) / 2];
  b->heap[at] = value;
}

static uint64_t take(bpe *b) {
  uint64_t least = b->heap[0], value = b->heap[--b->waiting];
  size_t at = 0;
  for (;;) {
    size_t child = 2 * at + 1;
    if (child >= b->waiting) break;
    child += child + 1 < b->waiting && b->heap[child + 1] < b->heap[child];
    if (b->heap[child] >= value) break;
    b->heap[at] = b->heap[child];
    at = child;
  }
  b->heap[at] = value;
  return least;
}

void transformer_bpe(const transformer_tokeniser *t, transformer_tokens *w, const char *part,
                     size_t bytes) {
  bpe *b = w->work;
  size_t count = 0;
  for (size_t i = 0; i < bytes; i++) {
    uint32_t piece = t->bytes[(uint8_t)part[i]];
    if (piece == TRANSFORMER_NONE) piece = t->unknown;
    if (piece != TRANSFORMER_NONE) b->piece[count++] = piece;
  }
  for (size_t i = 0; i < count; i++) {
    b->previous[i] = i ? (uint16_t)(i - 1) : TRANSFORMER_PART;
    b->next[i] = i + 1 < count ? (uint16_t)(i + 1) : TRANSFORMER_PART;
  }
  b->waiting = 0;
  for (size_t i = 0; i < count; i++) offer(t, b, i);
  while (b->waiting) {
    uint64_t best = take(b);
    size_t left = best & UINT32_MAX, right = b->next[left];
    if (b->piece[left] == TRANSFORMER_NONE || right >= TRANSFORMER_PART) continue; /* long since merged */
    const transformer_merge *merge = merge_of(t, b->piece[left], b->piece[right]);
    if (!merge || merge->rank != best >> 32) continue;
    b->piece[left] = merge->made;
    b->piece[right] = TRANSFORMER_NONE;
    b->next[left] = b->next[right];
    if (b->next[left] < TRANSFORMER_PART) b->previous[b->next[left]] = (uint16_t)left;
    offer(t, b, b->previous[left]);
    offer(t, b, left);
  }
  for (size_t i = 0; i < count; i = b->next[i]) transformer_push_piece(t, w, b->piece[i]);
}

/* ---- Unigram: the best path by the sum of scores; runs of what is unknown are one piece ----------- */
typedef struct unigram {
  double score[TRANSFORMER_PART + 1];
  uint32_t piece[TRANSFORMER_PART + 1];
  uint32_t begin[TRANSFORMER_PART + 1]; /* of the piece that ends here; NONE: no path ends here */
  uint32_t path[TRANSFORMER_PART];
} unigram;

static double score_of(const transformer_tokeniser *t, uint32_t piece) {
  double score;
  memcpy(&score, t->scores + (size_t)piece * sizeof score, sizeof score);
  return score;
}

static void reach(unigram *u, size_t begin, size_t end, uint32_t piece, double score) {
  score += u->score[begin];
  if (u->begin[end] != TRANSFORMER_NONE && !(score > u->score[end])) return;
  u->score[end] = score;
  u->piece[end] = piece;
  u->begin[end] = (uint32_t)begin;
}

static size_t character_bytes(char lead) {
  uint8_t c = (uint8_t)lead;
  return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

void transformer_unigram(const transformer_tokeniser *t, transformer_tokens *w, const char *part,
                         size_t bytes) {
  unigram *u = w->work;
  const transformer_vocabulary *v = &t->pieces;
  u->score[0] = 0;
  for (size_t i = 1; i <= bytes; i++) u->begin[i] = TRANSFORMER_NONE;
  for (size_t at = 0, one; at < bytes; at += one) {
    one = character_bytes(part[at]);
    bool single = false;
    uint64_t hash = TRANSFORMER_HASH;
    for (size_t end = at; end < bytes && end - at < v->longest;) {
      size_t next = end + character_bytes(part[end]);
      for (; end < next; end++) hash = transformer_hash(hash, (uint8_t)part[end]);
      uint32_t piece = transformer_vocabulary_find(v, hash, "", 0, part + at, end - at);
      if (piece == TRANSFORMER_NONE) continue;
      reach(u, at, end, piece, score_of(t, piece));
      single |= end - at == one;
    }
    if (!single) reach(u, at, at + one, TRANSFORMER_NONE, t->unknown_score);
  }
  size_t count = 0;
  for (size_t end = bytes; end; end = u->begin[end])
    if (u->piece[end] != TRANSFORMER_NONE || !count || u->path[count - 1] != TRANSFORMER_NONE)
      u->path[count++] = u->piece[end];
  while (count) transformer_push_piece(t, w, u->path[--count]);
}

size_t transformer_work_bytes(void) { return BASE_MAX(sizeof(bpe), sizeof(unigram)); }
