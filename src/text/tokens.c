/* tokens.c: the scanner. One pass over the bytes; each scan_… function takes what stands at `at`
 * and returns where the next token may begin. */
#include "text/tokens.h"

typedef struct scanner {
  text_tokens *out;
  const char *text;
  size_t bytes;
  int unspaced;    /* TEXT_PAIRS or TEXT_RUNS                     */
  bool after_word; /* the byte before is part of a word or number */
  int negated;     /* words that the last negation still turns    */
} scanner;

static bool ascii_letter(char c) { return (unsigned char)((c | 0x20) - 'a') < 26; }
static bool ascii_digit(char c) { return (unsigned char)(c - '0') < 10; }
static bool ascii_word(char c) { return ascii_letter(c) || ascii_digit(c); }

/* The character at `at` and its bytes; an invalid byte is U+FFFD, one byte long. */
static size_t character_at(const scanner *s, size_t at, uint32_t *c) {
  if ((unsigned char)s->text[at] < 0x80) return *c = (unsigned char)s->text[at], 1;
  int length = base_utf8_next(s->text + at, s->bytes - at, c);
  if (length) return (size_t)length;
  *c = 0xfffd;
  return 1;
}

static bool full(const scanner *s) { return s->out->count == TEXT_TOKENS; }

static text_token *begin(scanner *s, int kind, size_t at) {
  text_token *token = &s->out->items[s->out->count];
  *token = (text_token){.first = (uint32_t)s->out->character_count, .at = (uint32_t)at,
                        .kind = (uint8_t)kind};
  return token;
}

static void end(scanner *s, text_token *token, size_t at) {
  if (!token->count) return;
  token->length = (uint32_t)at - token->at;
  s->out->character_count += token->count;
  s->out->count++;
}

static void put(scanner *s, text_token *token, uint32_t c) {
  if (token->count < TEXT_TOKEN_CHARACTERS)
    s->out->characters[token->first + token->count++] = c;
}

static void put_ascii(scanner *s, text_token *token, const char *text) {
  while (*text) put(s, token, (unsigned char)*text++);
}

/* ---- Words ------------------------------------------------------------------------------------ */

typedef struct word_facts { /* what is known of a word while it is read */
  unsigned letters, upper;
  bool foreign; /* has characters that may compose */
} word_facts;

/* Adds a letter unless it would be the third of its kind in a row. */
static void put_letter(scanner *s, text_token *token, word_facts *facts, uint32_t c) {
  const uint32_t *word = s->out->characters + token->first;
  if (c < 0x80) {
    bool upper = c - 'A' < 26;
    facts->letters++;
    facts->upper += upper;
    if (upper) c |= 0x20;
    if (token->count >= 2 && word[token->count - 1] == c && word[token->count - 2] == c)
      token->marks |= TEXT_LONG;
    else
      put(s, token, c);
    return;
  }
  uint32_t folded[8];
  size_t count = text_character_fold(c, folded);
  facts->letters++;
  facts->upper += text_character_is_upper(c);
  facts->foreign = true;
  if (count == 1 && token->count >= 2 && word[token->count - 1] == folded[0] &&
      word[token->count - 2] == folded[0]) {
    token->marks |= TEXT_LONG;
    return;
  }
  for (size_t i = 0; i < count; i++) put(s, token, folded[i]);
}

/* "hahahaha" -> "haha": a pair of characters three times or more. */
static void cut_laughter(const uint32_t *word, text_token *token) {
  if (token->count < 6) return;
  for (size_t i = 2; i < token->count; i++)
    if (word[i] != word[i - 2]) return;
  token->count = 4;
  token->marks |= TEXT_LONG;
}

static void end_word(scanner *s, text_token *token, const word_facts *facts, size_t at) {
  uint32_t *word = s->out->characters + token->first;
  if (facts->foreign) token->count = (uint32_t)text_characters_compose(word, token->count);
  cut_laughter(word, token);
  if (facts->letters >= 2 && facts->upper == facts->letters) token->marks |= TEXT_SHOUTED;
  if (text_is_negation(word, token->count)) {
    token->marks |= TEXT_NEGATION;
    s->negated = 3;
  } else if (s->negated) {
    token->marks |= TEXT_NEGATED;
    s->negated--;
  }
  end(s, token, at);
}

/* Letters, digits and inner apostrophes, and asterisks between letters ("f**k"). In a hashtag a
 * capital after a small letter begins a new word. */
static size_t scan_word(scanner *s, size_t at, bool hashtag) {
  text_token *token = begin(s, TEXT_WORD, at);
  word_facts facts = {0};
  bool small = false, digits_only = true;
  uint32_t c, next;
  while (at < s->bytes) {
    size_t length = character_at(s, at, &c);
    int class = text_character_class(c);
    if (class == TEXT_IS_LETTER) {
      bool upper = hashtag && text_character_is_upper(c);
      if (upper && small) break;
      small = hashtag && !upper;
      put_letter(s, token, &facts, c);
      digits_only = false;
    } else if (class == TEXT_IS_DIGIT) {
      uint32_t folded[8];
      size_t count = text_character_fold(c, folded);
      for (size_t i = 0; i < count; i++) put(s, token, folded[i]);
    } else if (class == TEXT_IS_NOTHING) {
      ;
    } else if (class == TEXT_IS_MARK && token->count && at + length < s->bytes) {
      uint32_t mark = text_character_mark(c);
      size_t after = at + length;
      if (mark == '*')
        while (after < s->bytes && s->text[after] == '*') after++;
      else if (mark != '\'' && !(digits_only && (mark == '.' || mark == ',' || mark == ':')))
        break;
      if (after >= s->bytes) break;
      character_at(s, after, &next);
      int class_after = text_character_class(next);
      if (class_after != (digits_only ? TEXT_IS_DIGIT : TEXT_IS_LETTER)) break;
      put(s, token, mark);
      length = after - at;
    } else {
      break;
    }
    at += length;
  }
  s->after_word = true;
  if (digits_only && token->count) {
    token->kind = TEXT_NUMBER;
    uint32_t *word = s->out->characters + token->first;
    if (token->count > 1)
      for (size_t i = 0; i < token->count; i++)
        if (word[i] - '0' < 10) word[i] = '0';
    end(s, token, at);
  } else {
    end_word(s, token, &facts, at);
  }
  return at;
}

/* ---- Scripts without spaces --------------------------------------------------------------------- */

typedef struct unit { /* a character with its marks, as read in an unspaced script */
  uint32_t characters[4];
  size_t count, at, end;
} unit;

static bool same_unit(const unit *a, const unit *b) {
  return a->count == b->count && !memcmp(a->characters, b->characters, a->count * sizeof(uint32_t));
}

static size_t read_unit(const scanner *s, size_t at, unit *u) {
  *u = (unit){.at = at, .end = at};
  uint32_t c, folded[8];
  while (at < s->bytes) {
    size_t length = character_at(s, at, &c);
    int class = text_character_class(c);
    if (class == TEXT_IS_NOTHING) {
      at += length;
      continue;
    }
    if (class != TEXT_IS_UNSPACED) break;
    size_t count = text_character_fold(c, folded);
    /* Vowel signs and tone marks of Thai, Lao and Burmese stay with their letter. */
    bool mark = (c >= 0x0e31 && c <= 0x0e3a) || (c >= 0x0e47 && c <= 0x0e4e) ||
                (c >= 0x0eb1 && c <= 0x0ebc) || (c >= 0x0ec8 && c <= 0x0ecd) ||
                (c >= 0x102b && c <= 0x103e) || (c >= 0x17b4 && c <= 0x17d3) ||
                c == 0x3099 || c == 0x309a || c == 0xff9e || c == 0xff9f;
    if (u->count && !mark) break;
    for (size_t i = 0; i < count && u->count < BASE_COUNT(u->characters); i++)
      u->characters[u->count++] = folded[i];
    at += length;
    u->end = at;
  }
  if (u->count > 1) u->count = text_characters_compose(u->characters, u->count);
  return BASE_MAX(u->end, at);
}

/* A run of such a script as one token, as long as it fits; the rest is the next run. */
static size_t scan_run(scanner *s, size_t at) {
  unit last = {0}, now;
  bool again = false;
  text_token *token = begin(s, TEXT_WORD, at);
  while (token->count + BASE_COUNT(now.characters) <= TEXT_TOKEN_CHARACTERS) {
    at = read_unit(s, at, &now);
    if (!now.count) break;
    bool same = same_unit(&last, &now);
    if (same && again) { /* the third of its kind */
      token->marks |= TEXT_LONG;
      continue;
    }
    for (size_t i = 0; i < now.count; i++) put(s, token, now.characters[i]);
    again = same;
    last = now;
  }
  end(s, token, at);
  s->after_word = true;
  s->negated = 0;
  return at;
}

/* A run of such a script: its overlapping pairs, or its one character. */
static size_t scan_pairs(scanner *s, size_t at) {
  unit last, now;
  at = read_unit(s, at, &last);
  bool paired = false, again = false, cut = false;
  for (;;) {
    size_t next = read_unit(s, at, &now);
    if (!now.count) break;
    at = next;
    bool same = same_unit(&last, &now);
    if (same && again) { /* the third of its kind */
      cut = true;
      last.end = now.end;
      continue;
    }
    if (full(s)) break;
    text_token *token = begin(s, TEXT_WORD, last.at);
    for (size_t i = 0; i < last.count; i++) put(s, token, last.characters[i]);
    for (size_t i = 0; i < now.count; i++) put(s, token, now.characters[i]);
    if (cut) token->marks |= TEXT_LONG;
    cut = false;
    end(s, token, now.end);
    paired = true;
    again = same;
    last = now;
  }
  if (cut && s->out->count) s->out->items[s->out->count - 1].marks |= TEXT_LONG;
  if (!paired && !full(s) && last.count) {
    text_token *token = begin(s, TEXT_WORD, last.at);
    for (size_t i = 0; i < last.count; i++) put(s, token, last.characters[i]);
    end(s, token, last.end);
  }
  s->after_word = true;
  s->negated = 0;
  return at;
}

/* ---- Pictures ------------------------------------------------------------------------------------ */

static size_t scan_picture(scanner *s, size_t at) {
  uint32_t c;
  size_t start = at;
  at += character_at(s, at, &c);
  text_token *token = begin(s, TEXT_EMOJI, start);
  put(s, token, c);
  if (text_character_class(c) == TEXT_IS_FLAG && at < s->bytes) {
    size_t length = character_at(s, at, &c);
    if (text_character_class(c) == TEXT_IS_FLAG) put(s, token, c), at += length;
  }
  for (bool joined = false; at < s->bytes;) { /* tones, selectors, and "joiner ♀" */
    size_t length = character_at(s, at, &c);
    if (joined && (c == 0x2640 || c == 0x2642)) joined = false;
    else if (text_character_class(c) == TEXT_IS_NOTHING) joined = c == 0x200d;
    else break;
    at += length;
  }
  s->after_word = false;
  text_token *before = s->out->count ? token - 1 : NULL;
  const uint32_t *characters = s->out->characters;
  if (before && before->kind == TEXT_EMOJI && before->count == token->count &&
      before->at + before->length == start &&
      !memcmp(characters + before->first, characters + token->first, token->count * sizeof c)) {
    before->marks |= TEXT_LONG;
    before->length = (uint32_t)at - before->at;
    return at;
  }
  end(s, token, at);
  return at;
}

/* ---- Marks, masks, links --------------------------------------------------------------------------- */

static size_t token_of(scanner *s, int kind, const char *spelling, size_t at, size_t until) {
  text_token *token = begin(s, kind, at);
  put_ascii(s, token, spelling);
  end(s, token, until);
  s->after_word = false;
  return until;
}

static bool starts(const scanner *s, size_t at, const char *prefix) {
  for (; *prefix; prefix++, at++)
    if (at >= s->bytes || (s->text[at] | 0x20) != (*prefix | 0x20)) return false;
  return true;
}

/* "http://…", "www.…" up to white space; 0: no link here. */
static size_t link_end(const scanner *s, size_t at) {
  if (!starts(s, at, "http://") && !starts(s, at, "https://") && !starts(s, at, "www.")) return 0;
  while (at < s->bytes && (unsigned char)s->text[at] > ' ') at++;
  return at;
}

/* "name@host.tld" from its first letter; 0: no address. Looked for only over 64 bytes. */
static size_t address_end(const scanner *s, size_t at) {
  size_t limit = BASE_MIN(s->bytes, at + 64), i = at;
  while (i < limit && (ascii_word(s->text[i]) || strchr("._-+", s->text[i])) && s->text[i]) i++;
  if (i == at || i >= limit || s->text[i] != '@') return 0;
  size_t host = ++i;
  bool dot = false;
  while (i < s->bytes && (ascii_word(s->text[i]) || s->text[i] == '.' || s->text[i] == '-')) {
    dot |= s->text[i] == '.' && i > host;
    i++;
  }
  return dot ? i : 0;
}

/* "[NAME]": capitals in brackets stand for something that was taken out. */
static size_t scan_mask(scanner *s, size_t at) {
  size_t until = at + 1;
  while (until < s->bytes && until - at < 24 && s->text[until] >= 'A' && s->text[until] <= 'Z')
    until++;
  if (until - at < 4 || until >= s->bytes || s->text[until] != ']') return 0;
  char spelling[32];
  size_t count = 0;
  spelling[count++] = '<';
  for (size_t i = at + 1; i < until; i++) spelling[count++] = (char)(s->text[i] | 0x20);
  spelling[count++] = '>';
  spelling[count] = 0;
  return token_of(s, TEXT_MASK, spelling, at, until + 1);
}

static size_t scan_punctuation(scanner *s, size_t at, uint32_t mark, size_t length) {
  size_t until = at + length, count = 1;
  bool exclaims = mark == '!', asks = mark == '?';
  if (mark == 0x2026) mark = '.', count = 3;
  while (until < s->bytes) {
    uint32_t c;
    size_t step = character_at(s, until, &c);
    c = text_character_mark(c);
    bool joins = c == mark || (c == 0x2026 && mark == '.') ||
                 ((exclaims || asks) && (c == '!' || c == '?'));
    if (!joins) break;
    exclaims |= c == '!';
    asks |= c == '?';
    count++;
    until += step;
  }
  if (mark != ',' && mark != '"') s->negated = 0;
  else if (mark == ',') s->negated = 0;
  const char *spelling = exclaims && asks ? "?!"
                         : mark == '!'    ? (count > 1 ? "!!" : "!")
                         : mark == '?'    ? (count > 1 ? "??" : "?")
                         : mark == '.'    ? (count > 1 ? ".." : ".")
                         : mark == ','    ? ","
                         : mark == '"'    ? "\""
                                          : NULL;
  s->after_word = false;
  if (!spelling) return until; /* other marks part words and say nothing */
  return token_of(s, TEXT_PUNCTUATION, spelling, at, until);
}

static size_t scan_mark(scanner *s, size_t at, uint32_t c, size_t length) {
  const char *text = s->text + at;
  size_t left = s->bytes - at, until;
  if (c < 0x80) {
    char spelling[8];
    bool repeated;
    if (c == '[' && (until = scan_mask(s, at))) return until;
    if (c == '@' && left > 1 && ascii_word(text[1])) {
      until = at + 1;
      while (until < s->bytes && (ascii_word(s->text[until]) || s->text[until] == '_')) until++;
      return token_of(s, TEXT_MASK, "<user>", at, until);
    }
    if (c == '#' && left > 1 && (text[1] < 0 || ascii_word(text[1]))) {
      at++;
      for (uint32_t next; at < s->bytes && !full(s);) {
        size_t step = character_at(s, at, &next);
        int class = text_character_class(next);
        if (next == '_') at += step;
        else if (class == TEXT_IS_LETTER || class == TEXT_IS_DIGIT) at = scan_word(s, at, true);
        else break;
      }
      return at;
    }
    if ((until = text_emoticon(text, left, s->after_word, spelling, &repeated))) {
      until = token_of(s, TEXT_EMOTICON, spelling, at, at + until);
      if (repeated) s->out->items[s->out->count - 1].marks |= TEXT_LONG;
      return until;
    }
  }
  return scan_punctuation(s, at, text_character_mark(c), length);
}

/* What begins with an ASCII letter or digit: link, address, lettered emoticon, or word. */
static size_t scan_ascii(scanner *s, size_t at) {
  const char *text = s->text + at;
  size_t left = s->bytes - at, until;
  char first = (char)(text[0] | 0x20);
  if ((first == 'h' || first == 'w') && (until = link_end(s, at)))
    return token_of(s, TEXT_MASK, "<url>", at, until);
  if (left > 2 && !s->after_word && !ascii_word(text[1]) && text[1] != ' ' && text[1] > 0) {
    char spelling[8];
    bool repeated;
    if (!strchr(":;=<>()", first) && (until = text_emoticon(text, left, false, spelling, &repeated)))
      return token_of(s, TEXT_EMOTICON, spelling, at, at + until);
  }
  size_t word = scan_word(s, at, false);
  if (word < s->bytes && (s->text[word] == '@' || s->text[word] == '.' || s->text[word] == '_') &&
      (until = address_end(s, at))) {
    text_token *token = &s->out->items[--s->out->count]; /* the word was a part of it */
    s->out->character_count = token->first;
    return token_of(s, TEXT_MASK, "<mail>", at, until);
  }
  return word;
}

void text_tokenise(text_tokens *tokens, const char *utf8, size_t bytes, int unspaced) {
  tokens->count = tokens->character_count = tokens->invalid = 0;
  scanner s = {.out = tokens, .text = utf8, .bytes = BASE_MIN(bytes, (size_t)INT32_MAX),
               .unspaced = unspaced};
  size_t at = 0;
  while (at < s.bytes && !full(&s)) {
    uint32_t c;
    size_t length = character_at(&s, at, &c);
    if (c < 0x80 && ascii_word((char)c)) {
      at = scan_ascii(&s, at);
      continue;
    }
    switch (text_character_class(c)) {
    case TEXT_IS_LETTER: at = scan_word(&s, at, false); break;
    case TEXT_IS_DIGIT: at = scan_word(&s, at, false); break;
    case TEXT_IS_UNSPACED:
      at = (unspaced == TEXT_RUNS ? scan_run : scan_pairs)(&s, at);
      break;
    case TEXT_IS_PICTURE:
    case TEXT_IS_FLAG: at = scan_picture(&s, at); break;
    case TEXT_IS_MARK: at = scan_mark(&s, at, c, length); break;
    case TEXT_IS_NOTHING: at += length; break;
    default:
      tokens->invalid += c == 0xfffd;
      s.after_word = false;
      at += length;
    }
  }
  tokens->read = at;
}
