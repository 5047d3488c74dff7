/* deep.h: the deep network's parts, inside text/ only; train/text_deep_net.py is the same in torch.
 *
 *   x_t    = the row of piece t, plus a row for each of its token's marks           [T][D]
 *   layers: simple recurrent units (Lei et al. 2018), H channels each way; u = W n, n = layernorm of
 *           the layer's input. The first layer sees n with its neighbours (zeros outside) and makes
 *           its own skip; the others pass their input on                            [T][2H]
 *   y      = layernorm of the last layer                                            [T][2H]
 *   pooled = over the pieces of the turn that is read: attention over y, one weighing for each of A
 *            slices of 2H/A channels; maximum of y; mean of x                       [4H + D]
 *   hidden = relu(linear(pooled)); heads = linear(hidden): the TEXT_DEEP_AT_… below
 *
 * What goes through it is a window: the turns said before (each <self> or <other> and its last pieces),
 * <cut>, and at most TEXT_DEEP_WINDOW pieces of the turn that is read. Windows of many texts go through
 * together; each one's numbers are, to the bit, those it would have alone. */
#ifndef TEXT_DEEP_H
#define TEXT_DEEP_H

#include "text/kinds.h"
#include "text/subwords.h"

enum {
  TEXT_DEEP_FEATURES = 1, /* feature version: tokens.h and subwords.h as they are now */
  TEXT_DEEP_WIDTH_MAX = 512, TEXT_DEEP_LAYERS_MAX = 8, TEXT_DEEP_SLICES_MAX = 16,
  TEXT_DEEP_LANGUAGES = 128,

  TEXT_DEEP_WINDOW = 256, /* pieces of the turn that is read, in one window             */
  TEXT_DEEP_WINDOWS = 16, /* of one text at most                                        */
  TEXT_DEEP_TURNS = 3,    /* turns before                                               */
  TEXT_DEEP_TURN = 48,    /* last pieces of each                                        */
  TEXT_DEEP_TURN_BYTES = 1024, /* of a longer turn, what stands before its last is not looked at */
  TEXT_DEEP_BEFORE = TEXT_DEEP_TURNS * (TEXT_DEEP_TURN + 1) + 1,

  TEXT_DEEP_ENOUGH = 96,  /* pieces that are worth a run */
  TEXT_DEEP_ROWS = TEXT_DEEP_ENOUGH + TEXT_DEEP_BEFORE + TEXT_DEEP_WINDOW, /* pieces in a run at most */
  TEXT_DEEP_KEPT = 1024,  /* pieces whose products in the first layer are kept: more than a run has       */
  TEXT_DEEP_FEW = 192,    /* of them between texts that are read one by one: memory of a live session     */
  TEXT_DEEP_SLOTS = 2048, /* to find them by, a power of two                                              */
  TEXT_DEEP_FRESH = 48,   /* of them made at a time                                                     */
};

/* Where the heads begin. */
enum {
  TEXT_DEEP_AT_FINE,
  TEXT_DEEP_AT_CORE = TEXT_DEEP_AT_FINE + MIEN_FINE,
  TEXT_DEEP_AT_BRIGHTER = TEXT_DEEP_AT_CORE + MIEN_CORE,
  TEXT_DEEP_AT_DIMS = TEXT_DEEP_AT_BRIGHTER + TEXT_BRIGHTER,
  TEXT_DEEP_AT_PLUTCHIK = TEXT_DEEP_AT_DIMS + MIEN_DIMS,
  TEXT_DEEP_AT_SENTIMENT = TEXT_DEEP_AT_PLUTCHIK + TEXT_PLUTCHIK,
  TEXT_DEEP_AT_SARCASM = TEXT_DEEP_AT_SENTIMENT + TEXT_SENTIMENT,
  TEXT_DEEP_AT_STRESS,
  TEXT_DEEP_AT_INTENSITY,
  TEXT_DEEP_AT_LANGUAGE = TEXT_DEEP_AT_INTENSITY + TEXT_BRIGHTER,
  TEXT_DEEP_HEADS_MAX = TEXT_DEEP_AT_LANGUAGE + TEXT_DEEP_LANGUAGES
};
enum { TEXT_DEEP_HAS_FINE = 1, TEXT_DEEP_HAS_CORE = 2, TEXT_DEEP_HAS_BRIGHTER = 4, TEXT_DEEP_HAS_DIMS = 8,
       TEXT_DEEP_HAS_PLUTCHIK = 16, TEXT_DEEP_HAS_SENTIMENT = 32, TEXT_DEEP_HAS_SARCASM = 64,
       TEXT_DEEP_HAS_STRESS = 128, TEXT_DEEP_HAS_INTENSITY = 256, TEXT_DEEP_HAS_LANGUAGE = 512 };

/* ---- Model (deep.c) --------------------------------------------------------------------------- */

typedef struct text_deep_layer {
  nn_tensor way[2];       /* packed, one a direction: rows c, f, r; the first layer has none    */
  const float *recur[2];  /* [2][H]: f, r */
  const float *bias[2];   /* [2][H]       */
  const float *gain, *shift; /* of its layernorm, [D] or [2H] */
} text_deep_layer;

typedef struct text_deep {
  text_subwords *subwords;
  const nn_tensor *rows;  /* I8 [V][D], in the file: mapped, not copied */
  const float *marks;     /* [3][D] */
  nn_tensor first;        /* packed: the first layer's, [2 directions][piece before, itself, after][4H][D] */
  text_deep_layer layers[TEXT_DEEP_LAYERS_MAX];
  const float *gain, *shift;       /* [2H] */
  nn_tensor attend, hidden, heads; /* packed: [A][2H], [hid][4H + D], [n][hid] */
  const nn_tensor *hidden_bias, *heads_bias;
  size_t width, channels, layer_count, slices, depth; /* D, H, layers, A, hid */
  size_t head_count, language_count;
  unsigned trained;       /* TEXT_DEEP_HAS_… */
  char languages[TEXT_DEEP_LANGUAGES][TEXT_LANGUAGE];
  nn_calibration calibration;                 /* of all languages */
  float temperature[TEXT_DEEP_LANGUAGES], quantile[TEXT_DEEP_LANGUAGES]; /* of each by itself */
  float sure;             /* a guess of the language counts from this probability on            */
  char reads[TEXT_LANGUAGE]; /* the one language that it reads; "": all that were learnt        */
  float language_floor;   /* below: in no language that was learnt                              */
  float floors[TEXT_DEEP_LANGUAGES]; /* the same by the guessed language: what hardly any of its texts is below */
  float score_floor;      /* mean score of the pieces for a character, natural logarithm; below: the same */
  /* What the bulk model says counts so much beside the network (0: nothing), in the logits of each head;
   * its reader is opened with each of this model's. NULL: it was not joined, the network speaks alone. */
  float beside_fine, beside_core, beside_brighter, beside_dims;
  void *beside;
  float fine_thresholds[MIEN_FINE], sarcasm_threshold, plutchik_thresholds[TEXT_PLUTCHIK];
  struct { char name[TEXT_LANGUAGE]; float thresholds[TEXT_BRIGHTER]; } brighter[TEXT_DEEP_LANGUAGES];
  size_t brighter_count;  /* the first is that of all languages */
} text_deep;

int text_deep_open(void **model, const nn_file *file, mien_error *error);
void text_deep_close(void *model);
int text_deep_join(void *model, const nn_file *bulk, mien_error *error);

/* ---- The network on windows (deep_run.c, deep_first.c) ------------------------------------------ */

typedef struct text_deep_window {
  uint32_t first, count; /* its pieces among those of the run */
  uint32_t before;       /* of these, what stands before the turn that is read */
} text_deep_window;

/* Pieces with their marks, and their products in the first layer. */
typedef struct text_deep_kept {
  size_t count, hand;              /* places in use; where the next one is looked for */
  uint32_t run;                    /* number of the run                               */
  uint32_t keys[TEXT_DEEP_KEPT];   /* id * 8 + marks                                  */
  uint32_t used[TEXT_DEEP_KEPT];   /* the last run that did                           */
  uint8_t chance[TEXT_DEEP_KEPT];  /* 1: used again since the hand was here           */
  uint16_t next[TEXT_DEEP_KEPT], slots[TEXT_DEEP_SLOTS]; /* chains of places          */
  uint16_t *products;              /* bfloat16 [KEPT][2][3][4H]                       */
  float *x, *n, *made, *scratch;   /* [FRESH][D], [FRESH][D], [FRESH][24H]            */
} text_deep_kept;

typedef struct text_deep_run {
  const text_deep *model;
  size_t row_count, window_count;
  uint16_t ids[TEXT_DEEP_ROWS];
  uint8_t marks[TEXT_DEEP_ROWS];
  uint16_t places[TEXT_DEEP_ROWS]; /* of each piece, in `kept` */
  text_deep_kept kept;
  text_deep_window windows[TEXT_DEEP_ENOUGH];
  float *x;      /* [ROWS][D]                                        */
  float *n;      /* [ROWS][max(D, 2H)], normalised; y at the end     */
  float *u;      /* [ROWS][4H]                                       */
  float *h, *g;  /* [ROWS][2H], of this layer and the one before     */
  float *weights; /* [ROWS][A]: attention, of the pieces of the turn that is read */
  float *pooled; /* [ENOUGH][4H + D]                                 */
  float *hidden; /* [ENOUGH][hid]                                    */
  float *heads;  /* [ENOUGH][n]                                      */
  float *scratch;
  float *block;  /* owns them all */
} text_deep_run;

int text_deep_run_init(text_deep_run *run, const text_deep *model);
void text_deep_run_clear(text_deep_run *run);
/* Adds a window, if there is room for `count` pieces; gives where its ids and marks are to be written.
 * NULL: the run is full, or has enough already. */
text_deep_window *text_deep_run_add(text_deep_run *run, size_t count, size_t before);
/* All windows through the network: weights, pooled, hidden and heads are then those of the windows.
 * The windows stay until text_deep_run_begin. */
void text_deep_run_all(text_deep_run *run);
void text_deep_run_begin(text_deep_run *run);

int text_deep_kept_init(text_deep_kept *kept, const text_deep *model);
void text_deep_kept_clear(text_deep_kept *kept);
/* Nothing is kept any more: its memory is used from the beginning again. */
void text_deep_kept_forget(text_deep_kept *kept);
void text_deep_embed(const text_deep *model, uint16_t id, uint8_t marks, float *x);
/* Makes the products of all pieces of the run; then u of one direction. */
void text_deep_first(text_deep_run *run);
void text_deep_first_sums(text_deep_run *run, size_t d);

/* ---- A text as windows of pieces (deep_text.c) ------------------------------------------------- */

typedef struct text_deep_part { /* a token of the text that is read; of a run without spaces, a piece */
  uint32_t at, length;          /* bytes of the text */
  uint16_t first, count;        /* its pieces, from the first of its window */
  uint8_t window, kind, marks;
} text_deep_part;

typedef struct text_deep_text {
  uint16_t ids[TEXT_DEEP_WINDOWS][TEXT_DEEP_WINDOW];
  uint8_t marks[TEXT_DEEP_WINDOWS][TEXT_DEEP_WINDOW];
  size_t counts[TEXT_DEEP_WINDOWS], window_count;
  text_deep_part parts[TEXT_DEEP_WINDOWS * TEXT_DEEP_WINDOW];
  size_t part_count;
  uint16_t before_ids[TEXT_DEEP_BEFORE];
  uint8_t before_marks[TEXT_DEEP_BEFORE];
  size_t before_count;
  /* What it is made of, for quality and for abstaining. */
  size_t bytes, read;      /* of it, and in its windows                                    */
  size_t scanned, invalid; /* bytes that tokens were made of, and those that are not UTF-8 */
  size_t pieces, in_bytes; /* of its windows; those that are a byte of an unknown character */
  size_t word_pieces, word_in_bytes, word_characters, word_bytes; /* of its words alone    */
  int64_t word_score;      /* thousandths                                                  */
  size_t numbers, expressive; /* tokens: numbers; words, emoji and emoticons               */
  size_t signs;            /* marks as programs have them, between tokens                  */
  unsigned sign_kinds;     /* bits: which of them                                          */
} text_deep_text;

/* Cuts the turns before (the last TEXT_DEEP_TURNS of them) and the text. */
void text_deep_text_read(text_deep_text *text, const text_subwords *subwords, text_tokens *tokens,
                         const text_turn *before, size_t before_count, const char *utf8, size_t bytes);
/* Its window `index` into the run: the turns before stand before the first. False: no room. */
bool text_deep_text_add(const text_deep_text *text, size_t index, text_deep_run *run);
/* Why it should not be read at all; NULL: it can be. */
const char *text_deep_text_problem(const text_deep_text *text, const text_deep *model);

/* ---- Reading (deep_read.c), and what spoke for it (deep_why.c) --------------------------------- */

enum { TEXT_DEEP_ERASED = 64 /* tokens of a text that are erased, one at a time, to see what they said */ };

typedef struct text_deep_said { /* of one text */
  float heads[TEXT_DEEP_HEADS_MAX];  /* the means over its windows, weighed by their pieces */
  float hidden[TEXT_DEEP_WIDTH_MAX];
  float beside[TEXT_DEEP_AT_PLUTCHIK]; /* what the bulk model says: fine, core, brighter, dims */
  bool advised;                      /* it said something */
  const char *problem;               /* why it should not be read; NULL: it can be          */
  float quality;
  float score;                       /* mean score of its words' pieces for a character */
  bool worded;                       /* enough words to tell the language                   */
} text_deep_said;

typedef struct text_deep_reader {
  const text_deep *model;
  bool cues_wanted;
  void *beside; /* the bulk model's reader, or NULL */
  char erased[2048]; /* a text without one of its tokens */
  text_tokens tokens;
  text_deep_text text;
  text_deep_run run;
  struct { uint16_t said; float share; } owners[TEXT_DEEP_ENOUGH]; /* of the windows in the run */
  text_deep_said said[TEXT_BATCH];
  size_t last; /* the last text's place in `said` */
  text_heads shown;
  mien_cue cues[TEXT_CUES];
} text_deep_reader;

/* What each token of reader->text, cut from utf8, said for or against core label `top`: how far its log-odds fall when
 * the token is erased (its pieces <mask>, without marks). shares: [part_count]; of more than
 * TEXT_DEEP_ERASED tokens those with the most attention are erased and the others have 0. attention
 * (may be NULL): [part_count], each token's share of it. */
void text_deep_why(text_deep_reader *reader, const char *utf8, int top, float *shares, float *attention);
size_t text_deep_cues(text_deep_reader *reader, const char *utf8, int top);
int text_deep_contributions(void *reader, const char *utf8, size_t bytes, text_contribution *list, size_t capacity);

#endif
