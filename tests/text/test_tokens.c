/* test_tokens.c: normalisation and tokens, on sentences written for this test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "text/pieces.h"

static text_tokens tokens;

/* The tokens parted by spaces; marks after '/', as n (negated), s (shouted), l (long). */
static const char *scan_as(const char *text, size_t bytes, int unspaced) {
  static char out[4096];
  size_t at = 0;
  text_tokenise(&tokens, text, bytes, unspaced);
  for (size_t i = 0; i < tokens.count; i++) {
    const text_token *token = &tokens.items[i];
    assert_true(token->at + token->length <= bytes);
    assert_true(token->length > 0);
    if (i) out[at++] = ' ';
    for (size_t k = 0; k < token->count; k++) {
      uint32_t c = tokens.characters[token->first + k];
      if (c < 0x80) out[at++] = (char)c;
      else if (c < 0x800) {
        out[at++] = (char)(0xc0 | c >> 6);
        out[at++] = (char)(0x80 | (c & 63));
      } else {
        if (c >= 0x10000) out[at++] = (char)(0xf0 | c >> 18);
        out[at++] = (char)(c >= 0x10000 ? 0x80 | (c >> 12 & 63) : 0xe0 | c >> 12);
        out[at++] = (char)(0x80 | (c >> 6 & 63));
        out[at++] = (char)(0x80 | (c & 63));
      }
    }
    if (token->marks & 7) out[at++] = '/';
    if (token->marks & TEXT_NEGATED) out[at++] = 'n';
    if (token->marks & TEXT_SHOUTED) out[at++] = 's';
    if (token->marks & TEXT_LONG) out[at++] = 'l';
  }
  out[at] = 0;
  return out;
}

static const char *scan_bytes(const char *text, size_t bytes) {
  return scan_as(text, bytes, TEXT_PAIRS);
}

static const char *scan(const char *text) { return scan_bytes(text, strlen(text)); }

static void words(void **state) {
  assert_string_equal(scan("Hello, World"), "hello , world");
  assert_string_equal(scan("it\xe2\x80\x99s it's"), "it's it's");
  assert_string_equal(scan("5 apples, 1,200 at 10:30"), "5 apples , 0,000 at 00:00");
  assert_string_equal(scan("well-known f**k"), "well known f*k");
  assert_string_equal(scan("don't. good"), "don't . good");
}

static void marks(void **state) {
  assert_string_equal(scan("SOOOO good"), "soo/sl good");
  assert_string_equal(scan("hahahaha"), "haha/l");
  assert_string_equal(scan("I do not like this at all. Nice"), "i do not like/n this/n at/n all . nice");
  assert_string_equal(scan("never, good"), "never , good");
  assert_string_equal(scan("A I"), "a i");
  assert_string_equal(scan("wait!!! what?! no..."), "wait !! what ?! no ..");
}

static void pictures(void **state) {
  assert_string_equal(scan("😂😂😂"), "😂/l");
  assert_string_equal(scan("👍🏽 👍"), "👍 👍"); /* skin tone */
  assert_string_equal(scan("🤷🏽‍♀️"), "🤷");    /* tone, joiner, sign, selector */
  assert_string_equal(scan("❤️ ❤"), "❤ ❤");
  assert_string_equal(scan("🇩🇪🇫🇷"), "🇩🇪 🇫🇷");
  assert_int_equal(tokens.items[0].kind, TEXT_EMOJI);
}

static void emoticons(void **state) {
  assert_string_equal(scan(":-) :) =) :))) :'("), ":) :) :) :)/l :'(");
  assert_string_equal(scan("<3 <333 :D xD T_T -_-"), "<3 <3/l :D xd T_T -_-");
  assert_string_equal(scan("see: this"), "see this");
  assert_string_equal(scan("at 10:30)"), "at 00:00");
  assert_string_equal(scan(">:( sad:("), ">:( sad :(");
}

static void masks(void **state) {
  assert_string_equal(scan("[NAME] @some_one http://a.b/c?d www.x.y"), "<name> <user> <url> <url>");
  assert_string_equal(scan("write to jo.doe@mail.example now"), "write to <mail> now");
  assert_string_equal(scan("#SoHappyToday #not_me"), "so happy today not me/n");
  assert_string_equal(scan("[name]"), "name");
}

static void languages(void **state) {
  assert_string_equal(scan("今天好"), "今天 天好");
  assert_string_equal(scan("好"), "好");
  assert_string_equal(scan("哈哈哈哈哈！"), "哈哈/l !");
  assert_string_equal(scan("ありがとう。"), "あり りが がと とう .");
  assert_string_equal(scan("Привет, не хорошо"), "привет , не хорошо/n");
  assert_string_equal(scan("مرحبا؟"), "مرحبا ?");
  assert_string_equal(scan("ﬁne Ｆｕｌｌ É É"), "fine full é é"); /* one composed, one not */
  assert_string_equal(scan("안녕하세요"), "안녕하세요");
}

static void odd_bytes(void **state) {
  assert_string_equal(scan(""), "");
  assert_string_equal(scan(" \t\r\n"), "");
  assert_string_equal(scan_bytes("a\0b", 3), "a b");
  assert_string_equal(scan("so\xe2\x80\x8b" "ft\xc2\xad" "ly"), "softly"); /* zero width, soft hyphen */
  assert_string_equal(scan("a\xff\xfe b \xe2\x82"), "a b");
  assert_int_equal(tokens.invalid, 4);
  assert_string_equal(scan("\xe2\x80\xae" "abc\xe2\x80\xac"), "abc"); /* direction controls */
}

static void long_line(void **state) {
  size_t bytes = 10 << 20;
  char *line = malloc(bytes);
  assert_non_null(line);
  for (size_t i = 0; i < bytes; i++) line[i] = i % 5 == 4 ? ' ' : (char)('a' + i % 7);
  text_tokenise(&tokens, line, bytes, TEXT_PAIRS);
  assert_int_equal(tokens.count, TEXT_TOKENS);
  assert_true(tokens.read < 4096);
  memset(line, 'x', bytes); /* one word */
  text_tokenise(&tokens, line, bytes, TEXT_PAIRS);
  assert_int_equal(tokens.count, 1);
  assert_int_equal(tokens.read, bytes);
  for (size_t i = 0; i < bytes; i++) line[i] = "ab"[i & 1];
  text_tokenise(&tokens, line, bytes, TEXT_PAIRS);
  assert_int_equal(tokens.items[0].length, bytes);
  free(line);
}

static void pieces(void **state) {
  uint64_t hashes[TEXT_PIECES];
  const uint32_t sad[] = {'s', 'a', 'd'}, amharic[] = {0x12d8, 0x12d9}, pair[] = {0x5929, 0x6c14};
  assert_int_equal(text_token_pieces(sad, 3, hashes), 3 + 2 + 1); /* <sa sad ad> <sad sad> <sad> */
  assert_int_equal(text_token_pieces(amharic, 2, hashes), 3 + 2 + 1);
  assert_int_equal(text_token_pieces(pair, 2, hashes), 2);
  assert_int_equal(text_token_pieces((const uint32_t[]){'!', '!'}, 2, hashes), 0);
  assert_int_equal(text_token_pieces((const uint32_t[]){'<', 'u', '>'}, 3, hashes), 0);
  uint32_t longest[TEXT_TOKEN_CHARACTERS];
  for (size_t i = 0; i < TEXT_TOKEN_CHARACTERS; i++) longest[i] = 'a';
  assert_true(text_token_pieces(longest, TEXT_TOKEN_CHARACTERS, hashes) <= TEXT_PIECES);
  /* Trained tables hold these numbers: they may not change without a new feature version. */
  assert_true(text_token_hash(sad, 3) == 0xa01d2bf9ad23daabu);
}

static void runs(void **state) {
  const char *text = "\xe6\x88\x91\xe5\xbe\x88\xe5\xa5\xbd\xe5\x95\x8a\xe5\x95\x8a\xe5\x95\x8a ok";
  assert_string_equal(scan_as(text, strlen(text), TEXT_RUNS),
                      "\xe6\x88\x91\xe5\xbe\x88\xe5\xa5\xbd\xe5\x95\x8a\xe5\x95\x8a/l ok");
  char many[300];
  for (int i = 0; i < 100; i++) memcpy(many + 3 * i, i % 2 ? "\xe5\xa5\xbd" : "\xe6\x88\x91", 3);
  text_tokenise(&tokens, many, sizeof many, TEXT_RUNS);
  assert_int_equal(tokens.count, 4); /* 29 characters at most leave room for one more with its marks */
  size_t characters = 0;
  for (size_t i = 0; i < tokens.count; i++) characters += tokens.items[i].count;
  assert_int_equal(characters, 100);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(words),     cmocka_unit_test(marks), cmocka_unit_test(runs),     cmocka_unit_test(pictures),
      cmocka_unit_test(emoticons), cmocka_unit_test(masks),     cmocka_unit_test(languages),
      cmocka_unit_test(odd_bytes), cmocka_unit_test(long_line), cmocka_unit_test(pieces),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
