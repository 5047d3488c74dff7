/* features_text.c: `mien features text`: what the network is given, for training.
 *
 *   mien features text [FILE|-]           a line of tokens for each line of text; a token with marks
 *                                         is followed by U+001F and their sum
 *   mien features text --runs [FILE|-]    the same for subwords: unspaced scripts in runs, not in
 *                                         pairs, and U+2581 before other words
 *   mien features text --pieces [FILE|-]  each line is one token: its hash, then its pieces' hashes
 *   mien features text --places [FILE|-]  as the first, each token with the bytes it stands on
 *   mien features text --subwords MODEL [FILE|-]  ids of the model's subwords; marks as above
 *   mien features text --heads MODEL [FILE|-]   what a model says: 28 fine, 7 core, 6 BRIGHTER, 3 dims
 *   mien features text --cues MODEL [FILE|-]    the top label and its cues, to look at                */
#include "cli/features_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "cli/cli.h"
#include "text/pieces.h"
#include "text/subwords.h"

/* `runs`: a word begins with U+2581, as its pieces know it (text/subwords.h). */
static void print_tokens(const text_tokens *tokens, bool runs, bool places) {
  for (size_t i = 0; i < tokens->count; i++) {
    const text_token *token = &tokens->items[i];
    if (i) putchar(' ');
    if (runs && text_token_is_spaced(tokens, token)) fputs("\xe2\x96\x81", stdout);
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

static void print_subwords(const text_subwords *subwords, const text_tokens *tokens) {
  uint16_t ids[TEXT_SUBWORD_TOKEN];
  const char *gap = "";
  for (size_t i = 0; i < tokens->count; i++) {
    int marks = tokens->items[i].marks & 7;
    size_t count = text_subwords_cut(subwords, tokens, i, ids, NULL, TEXT_SUBWORD_TOKEN, NULL);
    for (size_t k = 0; k < count; k++, gap = " ") {
      printf("%s%u", gap, ids[k]);
      if (marks) printf("\x1f%d", marks);
    }
  }
  putchar('\n');
}

typedef struct heads { /* a model to ask, or its subwords */
  nn_file *file;
  text_subwords *subwords;
  text_model *model;
  text_reader *reader;
} heads;

static int heads_open(heads *h, const char *path, const char *option) {
  mien_error error = {0};
  int code = nn_file_open(&h->file, path, &error);
  if (!strcmp(option, "--subwords")) {
    if (!code) code = text_subwords_open(&h->subwords, h->file, &error);
  } else {
    if (!code) code = text_model_open(&h->model, h->file, &error);
    if (!code) code = text_reader_open(&h->reader, h->model);
  }
  if (code) {
    fprintf(stderr, "mien features text: %s (%s): %s\n",
            error.what[0] ? error.what : mien_error_message(code), error.where, error.remedy);
    return code;
  }
  if (h->reader) text_reader_cues(h->reader, !strcmp(option, "--cues"));
  return MIEN_OK;
}

static void heads_close(heads *h) {
  text_subwords_close(&h->subwords);
  text_reader_close(&h->reader);
  text_model_close(&h->model);
  nn_file_close(&h->file);
}

static void print_heads(heads *h, const char *line, size_t bytes) {
  mien_reading reading;
  float brighter[TEXT_BRIGHTER];
  unsigned expressed;
  text_read(h->reader, line, bytes, &reading);
  text_reader_brighter(h->reader, NULL, brighter, &expressed);
  for (int k = 0; k < MIEN_FINE; k++) printf("%.5f ", (double)reading.fine[k]);
  for (int k = 0; k < MIEN_CORE; k++) printf("%.5f ", (double)reading.core[k]);
  for (int k = 0; k < TEXT_BRIGHTER; k++) printf("%.5f ", (double)brighter[k]);
  for (int k = 0; k < MIEN_DIMS; k++) printf("%.4f%c", (double)reading.dims[k], k < 2 ? ' ' : '\n');
}

static void print_cues(heads *h, const char *line, size_t bytes) {
  mien_reading reading;
  text_read(h->reader, line, bytes, &reading);
  int top = 0;
  for (int k = 1; k < MIEN_CORE; k++)
    if (reading.core[k] > reading.core[top]) top = k;
  printf("%-8s %.2f  v %+.2f a %+.2f d %+.2f %s |", mien_core_name(top), (double)reading.core[top],
         (double)reading.dims[0], (double)reading.dims[1], (double)reading.dims[2],
         reading.abstain ? reading.abstain : "");
  for (int k = 0; k < MIEN_FINE; k++)
    if (reading.fine[k] >= text_model_fine_thresholds(h->model)[k])
      printf(" %s %.2f", mien_fine_name(k), (double)reading.fine[k]);
  printf(" |");
  for (size_t i = 0; i < reading.cue_count && i < 5; i++)
    printf(" %s %+.2f", reading.cues[i].text, (double)reading.cues[i].weight);
  printf("   <- %.*s\n", (int)bytes, line);
}

int cli_features_text(int argc, char **argv) {
  bool pieces = false, runs = false, places = false, cues = false;
  heads h = {0};
  const char *path = "-";
  for (int i = 1; i < argc; i++) {
    if (!strcmp(argv[i], "--pieces")) pieces = true;
    else if (!strcmp(argv[i], "--runs")) runs = true;
    else if (!strcmp(argv[i], "--places")) places = true;
    else if ((!strcmp(argv[i], "--heads") || !strcmp(argv[i], "--cues") || !strcmp(argv[i], "--subwords")) &&
             i + 1 < argc && !h.file) {
      cues = !strcmp(argv[i], "--cues");
      if (heads_open(&h, argv[i + 1], argv[i])) return heads_close(&h), CLI_NOTHING;
      i++;
    }
    else if (argv[i][0] == '-' && argv[i][1]) {
      fprintf(stderr, "mien features text: there is no option '%s'\n"
                      "usage: mien features text [--runs|--pieces|--places|--subwords MODEL|--heads MODEL|"
                      "--cues MODEL] [FILE|-]\n", argv[i]);
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
    } else if (h.reader) {
      (cues ? print_cues : print_heads)(&h, line, (size_t)bytes);
    } else if (h.subwords) {
      text_tokenise(tokens, line, (size_t)bytes, TEXT_RUNS);
      print_subwords(h.subwords, tokens);
    } else {
      text_tokenise(tokens, line, (size_t)bytes, runs ? TEXT_RUNS : TEXT_PAIRS);
      print_tokens(tokens, runs, places);
    }
  }
  int result = tokens && !ferror(in) && !fflush(stdout) && !ferror(stdout) ? CLI_DONE : CLI_NOTHING;
  free(line);
  heads_close(&h);
  base_free(tokens);
  if (in != stdin) fclose(in);
  return result;
}
