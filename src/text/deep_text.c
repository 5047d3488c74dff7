/* deep_text.c: a text, and what was said before it, as windows of pieces. */
#include "text/deep.h"

typedef struct cutter {
  text_deep_text *to;
  const text_subwords *subwords;
  text_tokens *tokens;
  const char *utf8;
} cutter;

/* A place at or after `at` where a character begins, and a word where there is a space near by. */
static size_t beginning(const char *utf8, size_t bytes, size_t at) {
  while (at < bytes && ((unsigned char)utf8[at] & 0xc0) == 0x80) at++;
  for (size_t i = at; i < bytes && i < at + 64; i++)
    if (utf8[i] == ' ' || utf8[i] == '\n') return i;
  return at;
}

/* ---- The text that is read --------------------------------------------------------------------- */

/* Marks that programs are full of; a row of the same counts once, a bracket when it stands on a word. */
static void note_signs(text_deep_text *text, const char *utf8, size_t from, size_t to) {
  static const char signs[] = "({}[]<>=;|&\\_";
  for (size_t i = from; i < to; i++) {
    const char *sign = utf8[i] ? strchr(signs, utf8[i]) : NULL;
    char before = i ? utf8[i - 1] : ' ';
    bool on_word = (unsigned char)((before | 0x20) - 'a') < 26 || before == '_';
    if (!sign || (*sign == '(' ? !on_word : *sign == before)) continue;
    text->signs++;
    text->sign_kinds |= 1u << (sign - signs);
  }
}

static void note_token(text_deep_text *to, const text_token *token, const uint16_t *ids, size_t count,
                       int32_t score) {
  size_t in_bytes = 0;
  for (size_t i = 0; i < count; i++) in_bytes += ids[i] < TEXT_SUBWORD_FIRST;
  to->pieces += count;
  to->in_bytes += in_bytes;
  to->numbers += token->kind == TEXT_NUMBER;
  to->expressive += token->kind == TEXT_WORD || token->kind == TEXT_EMOJI || token->kind == TEXT_EMOTICON;
  if (token->kind != TEXT_WORD) return;
  to->word_pieces += count;
  to->word_in_bytes += in_bytes;
  to->word_characters += token->count;
  to->word_bytes += token->length;
  to->word_score += score;
}

/* A token's parts: itself; or, in a script without spaces, its pieces, where their bytes are those of the
 * text (normalisation may have changed them: half-width, ligatures). A character spelled in bytes is one
 * part. */
static void put_parts(text_deep_text *to, const text_deep_part *whole, const char *utf8, const uint8_t *lengths) {
  size_t sum = 0, at = 0;
  for (size_t i = 0; i < whole->count; i++) sum += lengths[i];
  bool begins = sum == whole->length; /* every piece of more than a byte begins a character */
  for (size_t i = 0; i < whole->count && begins; at += lengths[i++])
    begins = lengths[i] == 1 || ((unsigned char)utf8[at] & 0xc0) != 0x80;
  if (!begins) {
    to->parts[to->part_count++] = *whole;
    return;
  }
  at = 0;
  for (size_t i = 0; i < whole->count; at += lengths[i++]) {
    if (i && ((unsigned char)utf8[at] & 0xc0) == 0x80) { /* further bytes of a character */
      to->parts[to->part_count - 1].count++;
      to->parts[to->part_count - 1].length++;
      continue;
    }
    text_deep_part *part = &to->parts[to->part_count++];
    *part = *whole;
    part->at += (uint32_t)at;
    part->length = lengths[i];
    part->first = (uint16_t)(part->first + i);
    part->count = 1;
  }
}

/* Bytes from `at` up to `limit` into at most `most` windows more; returns where it had to stop. */
static size_t fill(const cutter *c, size_t at, size_t limit, size_t most) {
  text_deep_text *to = c->to;
  size_t end = to->window_count + most;
  bool open = false;
  while (at < limit) {
    const char *from = c->utf8 + at;
    size_t after = 0;
    text_tokenise(c->tokens, from, limit - at, TEXT_RUNS);
    to->scanned += c->tokens->read;
    to->invalid += c->tokens->invalid;
    for (size_t i = 0; i < c->tokens->count; i++) {
      const text_token *token = &c->tokens->items[i];
      uint16_t ids[TEXT_SUBWORD_TOKEN];
      uint8_t lengths[TEXT_SUBWORD_TOKEN];
      int32_t score;
      size_t count = text_subwords_cut(c->subwords, c->tokens, i, ids, lengths, TEXT_SUBWORD_TOKEN, &score);
      if (!open || to->counts[to->window_count - 1] + count > TEXT_DEEP_WINDOW) {
        if (to->window_count == end) return at + token->at;
        to->counts[to->window_count++] = 0;
        open = true;
      }
      size_t window = to->window_count - 1, place = to->counts[window];
      memcpy(to->ids[window] + place, ids, count * sizeof *ids);
      memset(to->marks[window] + place, token->marks & (TEXT_NEGATED | TEXT_SHOUTED | TEXT_LONG), count);
      to->counts[window] += count;
      text_deep_part whole = {
          .at = (uint32_t)at + token->at, .length = token->length, .first = (uint16_t)place,
          .count = (uint16_t)count, .window = (uint8_t)window, .kind = token->kind, .marks = token->marks};
      if (token->kind == TEXT_WORD && !text_token_is_spaced(c->tokens, token))
        put_parts(to, &whole, from + token->at, lengths);
      else to->parts[to->part_count++] = whole;
      note_token(to, token, ids, count, score);
      note_signs(to, from, after, token->at);
      after = token->at + token->length;
    }
    note_signs(to, from, after, c->tokens->read);
    at += c->tokens->read;
  }
  return at;
}

static void clear(text_deep_text *to, size_t bytes) {
  to->window_count = to->part_count = 0;
  to->read = to->scanned = to->invalid = to->pieces = to->in_bytes = 0;
  to->word_pieces = to->word_in_bytes = to->word_characters = to->word_bytes = 0;
  to->word_score = 0;
  to->numbers = to->expressive = to->signs = 0;
  to->sign_kinds = 0;
  to->bytes = bytes;
}

/* ---- The turns before -------------------------------------------------------------------------- */

static void put_before(text_deep_text *to, uint16_t id, uint8_t marks) {
  to->before_ids[to->before_count] = id;
  to->before_marks[to->before_count++] = marks;
}

/* Its last TEXT_DEEP_TURN pieces. */
static void put_turn(const cutter *c, const text_turn *turn) {
  uint16_t ids[TEXT_DEEP_TURN + TEXT_SUBWORD_TOKEN];
  uint8_t marks[TEXT_DEEP_TURN + TEXT_SUBWORD_TOKEN];
  size_t kept = 0, at = 0;
  if (turn->bytes > TEXT_DEEP_TURN_BYTES)
    at = beginning(turn->utf8, turn->bytes, turn->bytes - TEXT_DEEP_TURN_BYTES);
  while (at < turn->bytes) {
    text_tokenise(c->tokens, turn->utf8 + at, turn->bytes - at, TEXT_RUNS);
    for (size_t i = 0; i < c->tokens->count; i++) {
      size_t count = text_subwords_cut(c->subwords, c->tokens, i, ids + kept, NULL, TEXT_SUBWORD_TOKEN, NULL);
      memset(marks + kept, c->tokens->items[i].marks & (TEXT_NEGATED | TEXT_SHOUTED | TEXT_LONG), count);
      kept += count;
      if (kept <= TEXT_DEEP_TURN) continue;
      size_t past = kept - TEXT_DEEP_TURN;
      memmove(ids, ids + past, TEXT_DEEP_TURN * sizeof *ids);
      memmove(marks, marks + past, TEXT_DEEP_TURN);
      kept = TEXT_DEEP_TURN;
    }
    at += c->tokens->read;
  }
  put_before(c->to, turn->same ? TEXT_SUBWORD_SELF : TEXT_SUBWORD_OTHER, 0);
  for (size_t i = 0; i < kept; i++) put_before(c->to, ids[i], marks[i]);
}

/* ---- Both -------------------------------------------------------------------------------------- */

void text_deep_text_read(text_deep_text *text, const text_subwords *subwords, text_tokens *tokens,
                         const text_turn *before, size_t before_count, const char *utf8, size_t bytes) {
  cutter c = {text, subwords, tokens, utf8};
  text->before_count = 0;
  for (size_t i = before_count - BASE_MIN(before_count, (size_t)TEXT_DEEP_TURNS); i < before_count; i++)
    put_turn(&c, &before[i]);
  if (before_count) put_before(text, TEXT_SUBWORD_CUT, 0);
  bytes = BASE_MIN(bytes, (size_t)INT32_MAX);
  clear(text, bytes);
  text->read = fill(&c, 0, bytes, TEXT_DEEP_WINDOWS);
  if (text->read == bytes) return;
  clear(text, bytes); /* too long: windows at equal distances */
  for (size_t w = 0, at = 0, next; w < TEXT_DEEP_WINDOWS; w++, at = next) {
    next = w + 1 < TEXT_DEEP_WINDOWS ? beginning(utf8, bytes, (w + 1) * (bytes / TEXT_DEEP_WINDOWS)) : bytes;
    if (next > at) text->read += fill(&c, at, next, 1) - at;
  }
}

bool text_deep_text_add(const text_deep_text *text, size_t index, text_deep_run *run) {
  size_t before = index ? 0 : text->before_count, count = text->counts[index];
  const text_deep_window *window = text_deep_run_add(run, before + count, before);
  if (!window) return false;
  uint16_t *ids = run->ids + window->first;
  uint8_t *marks = run->marks + window->first;
  if (before) {
    memcpy(ids, text->before_ids, before * sizeof *ids);
    memcpy(marks, text->before_marks, before);
  }
  memcpy(ids + before, text->ids[index], count * sizeof *ids);
  memcpy(marks + before, text->marks[index], count);
  return true;
}

/* ---- What should not be read -------------------------------------------------------------------- */

const char *text_deep_text_problem(const text_deep_text *text, const text_deep *model) {
  if (!text->bytes) return "the text is empty";
  if ((float)text->invalid > 0.3f * (float)BASE_MAX(text->scanned, (size_t)1)) return "it is not UTF-8 text";
  if (!text->expressive) return text->numbers ? "there are only numbers in it" : "there are no words in it";
  if (text->word_in_bytes * 2 > text->word_pieces) return "its script was not learnt";
  unsigned kinds = text->sign_kinds & (text->sign_kinds - 1); /* without one, and then another: three or more */
  if (kinds & (kinds - 1) && text->signs >= 6 && text->signs * 6 >= text->word_bytes)
    return "it looks like a program, not like words";
  if (text->word_characters >= 8 && (float)text->word_score < 1000 * model->score_floor * (float)text->word_characters)
    return "it is in no language that was learnt";
  return NULL;
}
