/* subwords.c: the vocabulary as a trie of bytes, and the best cut of a token.
 *
 * The trie is a double array (Aoe 1989): the child of a node for byte b stands at the node's base + b if
 * the unit there names the node as its parent. It is laid out from a plain trie of first children and
 * next siblings, which is freed again. Pieces come by falling score, so the frequent ones lie close. */
#include "text/subwords.h"

enum { BYTE_SCORE = -16000 /* thousandths, a byte of a character without a piece */,
       STEPS = 1024        /* units looked at for a node's children before new ones are added */ };

typedef struct unit {
  uint32_t base, parent; /* parent: NOBODY in a free unit and in the root */
  uint16_t id;           /* of the piece that ends here; 0: none          */
  int16_t score;         /* its thousandths                               */
} unit;

#define NOBODY UINT32_MAX

struct text_subwords {
  unit *units; /* 0 is the root, 1 to 255 are free; base + 255 of each is inside */
  size_t count;
  uint32_t ids;
};

/* ---- Opening --------------------------------------------------------------------------------- */

typedef struct node { /* of the plain trie; 0 is the root, 0 in child and next is none */
  uint32_t child, next, place;
  uint16_t id;
  int16_t score;
  uint8_t byte;
} node;

typedef struct vocabulary { /* what the file has */
  const uint8_t *text, *lengths, *scores;
  size_t bytes, count;
} vocabulary;

static const char remedy[] = "use a text model that was trained for this version of Mien";

static int refuse(mien_error *error, const char *tensor, const char *what) {
  return base_error_set(error, MIEN_EMODEL, tensor, remedy, "the vocabulary has %s", what);
}

static int refuse_piece(mien_error *error, const char *tensor, size_t piece, const char *why) {
  return base_error_set(error, MIEN_EMODEL, tensor, remedy, "piece %zu of the vocabulary %s", piece, why);
}

static int no_memory(mien_error *error) {
  return base_error_set(error, MIEN_ENOMEM, "the vocabulary", "free some memory", "out of memory");
}

static const nn_tensor *row(const nn_file *file, const char *name, size_t columns, mien_error *error) {
  return nn_file_tensor(file, name, NN_I8, 2, (const uint32_t[4]){1, (uint32_t)columns}, error);
}

static int16_t score_of(const vocabulary *v, size_t piece) {
  return (int16_t)(uint16_t)(v->scores[2 * piece] | v->scores[2 * piece + 1] << 8);
}

/* Finds the tensors, and checks all that a piece alone can have wrong. */
static int read_vocabulary(vocabulary *v, const nn_file *file, mien_error *error) {
  const nn_tensor *text = row(file, "vocabulary.text", 0, error);
  const nn_tensor *lengths = text ? row(file, "vocabulary.lengths", 0, error) : NULL;
  if (!lengths) return MIEN_EMODEL;
  if (lengths->dims[1] > TEXT_SUBWORD_PIECES)
    return refuse(error, "vocabulary.lengths", "more pieces than there are ids");
  const nn_tensor *scores = row(file, "vocabulary.scores", 2 * (size_t)lengths->dims[1], error);
  if (!scores) return MIEN_EMODEL;
  *v = (vocabulary){text->data, lengths->data, scores->data, text->dims[1], lengths->dims[1]};
  size_t at = 0;
  for (size_t i = 0; i < v->count; at += v->lengths[i], i++) {
    if (v->lengths[i] < 1 || v->lengths[i] > TEXT_SUBWORD_LENGTH)
      return refuse_piece(error, "vocabulary.lengths", i, "is not of 1 to 64 bytes");
    if (v->lengths[i] > v->bytes - at) return refuse(error, "vocabulary.text", "less text than its lengths say");
    if (base_utf8_check((const char *)v->text + at, v->lengths[i]) != v->lengths[i])
      return refuse_piece(error, "vocabulary.text", i, "is not UTF-8");
    if (score_of(v, i) >= 0) return refuse_piece(error, "vocabulary.scores", i, "has a score that is not below 0");
  }
  if (at != v->bytes) return refuse(error, "vocabulary.text", "more text than its lengths say");
  return MIEN_OK;
}

/* The plain trie; `nodes` has a place for every byte and the root. Returns the nodes used, 0 if refused. */
static size_t grow(node *nodes, const vocabulary *v, mien_error *error) {
  size_t used = 1, at = 0;
  for (size_t i = 0; i < v->count; i++) {
    uint32_t here = 0;
    for (size_t end = at + v->lengths[i]; at < end; at++) {
      uint32_t *link = &nodes[here].child;
      while (*link && nodes[*link].byte != v->text[at]) link = &nodes[*link].next;
      if (!*link) {
        nodes[used].byte = v->text[at];
        *link = (uint32_t)used++;
      }
      here = *link;
    }
    if (nodes[here].id) {
      refuse_piece(error, "vocabulary.text", i, "is there twice");
      return 0;
    }
    nodes[here].id = (uint16_t)(TEXT_SUBWORD_FIRST + i);
    nodes[here].score = score_of(v, i);
  }
  return used;
}

/* More units, free ones; at least up to `count`. */
static int reserve(text_subwords *s, size_t count) {
  if (count <= s->count) return MIEN_OK;
  size_t more = BASE_MAX(count, s->count + s->count / 2);
  unit *units = base_resize(s->units, more, sizeof *units);
  if (!units) return MIEN_ENOMEM;
  for (size_t i = s->count; i < more; i++) units[i] = (unit){.parent = NOBODY};
  s->units = units;
  s->count = more;
  return MIEN_OK;
}

static bool fits(const text_subwords *s, const node *nodes, uint32_t child, size_t base) {
  for (; child; child = nodes[child].next)
    if (base + nodes[child].byte < s->count && s->units[base + nodes[child].byte].parent != NOBODY) return false;
  return true;
}

/* Places all nodes. A node comes after its parent in `nodes`, so its own place is known by then. Looking
 * for room begins at `from` and goes on for a few steps only, which keeps this linear for any vocabulary. */
static int lay_out(text_subwords *s, node *nodes, size_t used) {
  size_t from = 256, end = 256; /* end: behind the last unit that is taken; base is then never 0 */
  int code = reserve(s, used + used / 4 + 512);
  for (size_t n = 0; n < used && !code; n++) {
    s->units[nodes[n].place].id = nodes[n].id;
    s->units[nodes[n].place].score = nodes[n].score;
    if (!nodes[n].child) continue;
    uint8_t low = UINT8_MAX;
    for (uint32_t child = nodes[n].child; child; child = nodes[child].next) low = BASE_MIN(low, nodes[child].byte);
    while (from < end && s->units[from].parent != NOBODY) from++;
    size_t place = from, stop = BASE_MIN(end, from + STEPS);
    while (place < stop && !fits(s, nodes, nodes[n].child, place - low)) place++;
    if (place == stop) {
      if (stop < end) from = stop;
      place = end;
    }
    code = reserve(s, place - low + 256);
    if (code) break;
    s->units[nodes[n].place].base = (uint32_t)(place - low);
    for (uint32_t child = nodes[n].child; child; child = nodes[child].next) {
      nodes[child].place = (uint32_t)(place - low + nodes[child].byte);
      s->units[nodes[child].place].parent = nodes[n].place;
      end = BASE_MAX(end, nodes[child].place + 1u);
    }
  }
  return code;
}

int text_subwords_open(text_subwords **subwords, const nn_file *file, mien_error *error) {
  *subwords = NULL;
  vocabulary v = {0};
  int code = read_vocabulary(&v, file, error);
  if (code) return code;
  text_subwords *opened = base_alloc(1, sizeof *opened);
  node *nodes = base_alloc(v.bytes + 1, sizeof *nodes);
  if (!opened || !nodes) code = no_memory(error);
  if (!code) {
    size_t used = grow(nodes, &v, error);
    if (!used) code = MIEN_EMODEL;
    else if (lay_out(opened, nodes, used)) code = no_memory(error);
    else opened->ids = (uint32_t)(TEXT_SUBWORD_FIRST + v.count);
  }
  base_free(nodes);
  if (code) text_subwords_close(&opened);
  *subwords = opened;
  return code;
}

void text_subwords_close(text_subwords **subwords) {
  if (!*subwords) return;
  base_free((*subwords)->units);
  base_free(*subwords);
  *subwords = NULL;
}

uint32_t text_subwords_count(const text_subwords *subwords) { return subwords->ids; }

/* ---- Cutting --------------------------------------------------------------------------------- */

typedef struct cut { /* the best way to each end of a character */
  uint8_t bytes[TEXT_SUBWORD_TOKEN];
  size_t count;
  struct { int32_t score; uint16_t id, from; } ways[TEXT_SUBWORD_TOKEN + 1]; /* id 0: in bytes */
} cut;

static void put(cut *c, uint32_t character) {
  uint8_t *to = c->bytes + c->count;
  if (character < 0x80) {
    to[0] = (uint8_t)character;
    c->count += 1;
  } else if (character < 0x800) {
    to[0] = (uint8_t)(0xc0 | character >> 6);
    to[1] = (uint8_t)(0x80 | (character & 63));
    c->count += 2;
  } else if (character < 0x10000) {
    to[0] = (uint8_t)(0xe0 | character >> 12);
    to[1] = (uint8_t)(0x80 | (character >> 6 & 63));
    to[2] = (uint8_t)(0x80 | (character & 63));
    c->count += 3;
  } else {
    to[0] = (uint8_t)(0xf0 | character >> 18);
    to[1] = (uint8_t)(0x80 | (character >> 12 & 63));
    to[2] = (uint8_t)(0x80 | (character >> 6 & 63));
    to[3] = (uint8_t)(0x80 | (character & 63));
    c->count += 4;
  }
}

static size_t character_bytes(uint8_t first) { return first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4; }

/* A way counts if it is better than those found, from earlier beginnings, before it. */
static void better(cut *c, size_t begin, size_t end, int32_t score, uint16_t id) {
  score += c->ways[begin].score;
  if (score <= c->ways[end].score) return;
  c->ways[end].score = score;
  c->ways[end].id = id;
  c->ways[end].from = (uint16_t)begin;
}

/* Viterbi over the characters. Pieces are whole characters, so none ends inside one. */
static int32_t find(const text_subwords *s, cut *c) {
  c->ways[0].score = 0;
  for (size_t i = 1; i <= c->count; i++) c->ways[i].score = INT32_MIN;
  for (size_t begin = 0, next; begin < c->count; begin = next) {
    next = begin + character_bytes(c->bytes[begin]);
    bool known = false; /* the character by itself is a piece */
    uint32_t here = 0;
    for (size_t end = begin; end < c->count;) {
      uint32_t child = s->units[here].base + c->bytes[end++];
      if (s->units[child].parent != here) break;
      here = child;
      if (!s->units[here].id) continue;
      known |= end == next;
      better(c, begin, end, s->units[here].score, s->units[here].id);
    }
    if (!known) better(c, begin, next, BYTE_SCORE * (int32_t)(next - begin), 0);
  }
  return c->ways[c->count].score;
}

static size_t write(const cut *c, uint16_t *ids, uint8_t *lengths, size_t capacity) {
  uint16_t back[TEXT_SUBWORD_TOKEN];
  uint8_t bytes[TEXT_SUBWORD_TOKEN];
  size_t count = 0;
  for (size_t end = c->count; end; end = c->ways[end].from) {
    size_t from = c->ways[end].from;
    if (c->ways[end].id) {
      bytes[count] = (uint8_t)(end - from);
      back[count++] = c->ways[end].id;
    } else
      for (size_t i = end; i-- > from;) {
        bytes[count] = 1;
        back[count++] = (uint16_t)(TEXT_SUBWORD_BYTES + c->bytes[i]);
      }
  }
  for (size_t i = 0; i < count && i < capacity; i++) {
    ids[i] = back[count - 1 - i];
    if (lengths) lengths[i] = bytes[count - 1 - i];
  }
  return count;
}

static void spell(cut *c, const text_tokens *tokens, const text_token *token, bool single) {
  const uint32_t *characters = tokens->characters + token->first;
  c->count = 0;
  if (text_token_is_spaced(tokens, token)) put(c, TEXT_SUBWORD_SPACE);
  for (size_t i = 0; i < token->count; i++)
    if (!single || !i || characters[i] != characters[i - 1]) put(c, characters[i]);
}

size_t text_subwords_cut(const text_subwords *subwords, const text_tokens *tokens, size_t index, uint16_t *ids,
                         uint8_t *lengths, size_t capacity, int32_t *score) {
  const text_token *token = &tokens->items[index];
  cut plain, single;
  spell(&plain, tokens, token, false);
  const cut *best = &plain;
  int32_t most = find(subwords, &plain);
  if (token->marks & TEXT_LONG) {
    spell(&single, tokens, token, true);
    int32_t other = find(subwords, &single);
    if (other > most) most = other, best = &single;
  }
  if (score) *score = most;
  return write(best, ids, lengths, capacity);
}
