/* features_text.c: `mien features text`: what the network is given, for training.
 *
 *   mien features text [FILE|-]           a line of tokens for each line of text; a token with marks
 *                                         is followed by U+001F and their sum
 *   mien features text --pieces [FILE|-]  each line is one token: its hash, then its pieces' hashes
 *   mien features text --places [FILE|-]  as the first, each token with the bytes it stands on     */
#include "cli/features_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "cli/cli.h"
#include "text/pieces.h"

static void print_tokens(const text_tokens *tokens, bool places) {
  for (size_t i = 0; i < tokens->count; i++) {
    const text_token *token = &tokens->items[i];
    if (i) putchar(' ');
    for (size_t k = 0; k < token->count; k++) {
      uint32_t c = tokens->characters[token->first + k];
      if (c < 0x80) putchar((int)c);
      else if (c < 0x800) printf("%c%c", (int)(0xc0 | c >> 6), (int)(0x80 | (c & 63)));
      else if (c < 0x10000)
        printf("%c%c%c", (int)(0xe0 | c >> 12), (int)(0x80 | (c >> 6 & 63)), (int)(0x80 | (c & 63)));
      else
        printf("%c%c%c%c", (int)(0xf0 | c >> 18), (int)(0x80 | (c >> 12 & 63)),
               (int)(0x80 | (c >> 6 & 63)), (int)(0x80 | (c & 63)));
    }
    if (token->marks & 7) printf("\x1f%d", token->marks & 7);
    if (places) printf("@%u+%u", token->at, token->length);
  }
  putchar('\n');
}

static void print_pieces(const char *line, size_t bytes) {
  uint32_t characters[TEXT_TOKEN_CHARACTERS];
  size_t count = 0;
  for (size_t at = 0; at < bytes && count < TEXT_TOKEN_CHARACTERS;) {
    int length = base_utf8_next(line + at, bytes - at, &characters[count++]);
    if (!length) break;
    at += (size_t)length;
  }
  uint64_t hashes[TEXT_PIECES];
  size_t written = text_token_pieces(characters, count, hashes);
  printf("%016llx", (unsigned long long)text_token_hash(characters, count));
  for (size_t i = 0; i < written; i++) printf(" %016llx", (unsigned long long)hashes[i]);
  putchar('\n');
}

int cli_features_text(int argc, char **argv) {
  bool pieces = false, places = false;
  const char *path = "-";
  for (int i = 1; i < argc; i++) {
    if (!strcmp(argv[i], "--pieces")) pieces = true;
    else if (!strcmp(argv[i], "--places")) places = true;
    else if (argv[i][0] == '-' && argv[i][1]) {
      fprintf(stderr, "mien features text: there is no option '%s'\n"
                      "usage: mien features text [--pieces|--places] [FILE|-]\n", argv[i]);
      return CLI_USAGE;
    } else path = argv[i];
  }
  FILE *in = strcmp(path, "-") ? fopen(path, "rb") : stdin;
  if (!in) {
    fprintf(stderr, "mien features text: %s cannot be opened; check the name\n", path);
    return CLI_NOTHING;
  }
  text_tokens *tokens = base_alloc(1, sizeof *tokens);
  char *line = NULL;
  size_t capacity = 0;
  ssize_t bytes;
  while (tokens && (bytes = getline(&line, &capacity, in)) >= 0) {
    if (bytes && line[bytes - 1] == '\n') bytes--;
    if (pieces) {
      print_pieces(line, (size_t)bytes);
    } else {
      text_tokenise(tokens, line, (size_t)bytes);
      print_tokens(tokens, places);
    }
  }
  int result = tokens && !ferror(in) && !fflush(stdout) && !ferror(stdout) ? CLI_DONE : CLI_NOTHING;
  free(line);
  base_free(tokens);
  if (in != stdin) fclose(in);
  return result;
}
