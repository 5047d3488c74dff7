/* tweets.c: TweetEval (Barbieri et al. 2020): emotion in four classes, and irony.
 *
 * Neither set trains an open model; a research model has heads of them, which are then scored. An
 * open one has no head of the four classes. So a class scores by the most probable of the fine
 * labels below, and the four are taken for equally likely beforehand: what a class scores is
 * divided by its share of GoEmotions, from which the model has its idea of how often each is
 * expressed (Saerens et al. 2002). Table and rule were chosen on GoEmotions dev, its texts of one
 * class weighted to four equal parts. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "eval/text.h"

enum { ANGER, JOY, OPTIMISM, SADNESS, CLASSES };

/* Of each fine label, in mien_fine_name's order; -1: it speaks for no class. */
static const int class_of_fine[MIEN_FINE] = {
    JOY,      /* admiration */
    JOY,      /* amusement */
    ANGER,    /* anger */
    ANGER,    /* annoyance */
    JOY,      /* approval */
    OPTIMISM, /* caring */
    -1,       /* confusion */
    -1,       /* curiosity */
    OPTIMISM, /* desire */
    SADNESS,  /* disappointment */
    ANGER,    /* disapproval */
    ANGER,    /* disgust */
    SADNESS,  /* embarrassment */
    JOY,      /* excitement */
    SADNESS,  /* fear */
    JOY,      /* gratitude */
    SADNESS,  /* grief */
    JOY,      /* joy */
    JOY,      /* love */
    SADNESS,  /* nervousness */
    OPTIMISM, /* optimism */
    JOY,      /* pride */
    -1,       /* realization */
    JOY,      /* relief */
    SADNESS,  /* remorse */
    SADNESS,  /* sadness */
    -1,       /* surprise */
    -1,       /* neutral */
};

/* Of 2,839 texts of GoEmotions dev whose labels all fall into one class. */
static const float share_of_class[CLASSES] = {0.222f, 0.560f, 0.098f, 0.120f};

static int class_of(const mien_reading *reading) {
  float score[CLASSES] = {0};
  int top = 0;
  for (int k = 0; k < MIEN_FINE; k++) {
    int class = class_of_fine[k];
    if (class >= 0) score[class] = fmaxf(score[class], reading->fine[k]);
  }
  for (int c = 0; c < CLASSES; c++) {
    score[c] = (score[c] + 0.01f) / share_of_class[c]; /* what none speaks for is left to chance */
    if (score[c] > score[top]) top = c;
  }
  return top;
}

typedef struct tweets {
  eval_table texts, labels; /* a line each */
} tweets;

static int tweets_open(eval_context *context, const char *texts, const char *labels, tweets *t,
                       mien_error *error) {
  int code = eval_open_table(context, &t->texts, texts, '\t', error);
  if (!code) code = eval_open_table(context, &t->labels, labels, '\t', error);
  if (!code && t->texts.rows != t->labels.rows)
    code = base_error_set(error, MIEN_EFORMAT, labels,
                          "give the files as the set's makers published them",
                          "has %zu labels for %zu texts", t->labels.rows, t->texts.rows);
  return code;
}

static void tweets_close(tweets *t) {
  eval_table_close(&t->texts);
  eval_table_close(&t->labels);
}

int eval_tweets(eval_context *context, mien_error *error) {
  static const char *const names[CLASSES] = {"anger", "joy", "optimism", "sadness"};
  eval_report *to = &context->report;
  eval_text text = {0};
  tweets t = {0};
  eval_multi *items = NULL, *own = NULL;
  int code = tweets_open(context, "text/research/tweeteval/emotion/test_text.txt",
                         "text/research/tweeteval/emotion/test_labels.txt", &t, error);
  size_t count = t.texts.rows;
  if (!code) code = eval_text_open(context, &text, error);
  if (!code && (!(items = malloc(count * sizeof *items)) || !(own = malloc(count * sizeof *own))))
    code = base_error_set(error, MIEN_ENOMEM, "", "", "no memory for the scores");
  const nn_tensor *own_head =
      code ? NULL : eval_text_head(&text, EVAL_BENCHMARK_HEADS, EVAL_BENCHMARKS);
  for (size_t row = 0; !code && row < count; row++) {
    mien_reading reading;
    int truth = atoi(eval_table_cell(&t.labels, row, 0));
    eval_text_read(&text, eval_table_cell(&t.texts, row, 0), &reading);
    int guess = own_head ? eval_text_top(&text, own_head, EVAL_TWEET, CLASSES) : class_of(&reading);
    items[row] = (eval_multi){truth >= 0 && truth < CLASSES ? UINT32_C(1) << truth : 0,
                              UINT32_C(1) << guess};
    eval_progress(context, "TweetEval emotion", (double)row, (double)count);
  }
  if (!code) {
    eval_set(to, "TweetEval emotion test, 4 classes");
    eval_goal_set(eval_add(to, "", "macro-F1", eval_interval(eval_multi_f1, items, count), count),
                  (eval_goal){"TweetEval emotion, macro-F1", NAN, 0.68, 0.74});
    for (int k = 0; k < CLASSES; k++) {
      eval_only_label(items, count, k, own);
      eval_add(to, names[k], "F1", eval_interval(eval_multi_f1, own, count), count);
    }
    if (own_head)
      eval_note(to, "the model's own head, trained on the set's training part");
    else
      eval_note(
          to, "by the fine labels: table and rule are in src/eval/tweets.c, chosen on GoEmotions");
  }
  free(items);
  free(own);
  eval_text_close(&text);
  tweets_close(&t);
  return code;
}

int eval_irony(eval_context *context, mien_error *error) {
  eval_report *to = &context->report;
  eval_text text = {0};
  tweets t = {0};
  eval_multi *items = NULL;
  double threshold = 0;
  eval_set(to, "TweetEval irony test");
  int code = eval_text_open(context, &text, error);
  const nn_tensor *head =
      code ? NULL : eval_text_head(&text, EVAL_BENCHMARK_HEADS, EVAL_BENCHMARKS);
  if (!code && !head && isnan(eval_text_probe(&text)->sarcasm)) {
    eval_note(to, "this model has no head for sarcasm");
    eval_text_close(&text);
    return MIEN_OK;
  }
  if (!code)
    code = nn_file_number(text.file, head ? "benchmarks.irony_threshold" : "thresholds.sarcasm",
                          &threshold, error);
  if (!code)
    code = tweets_open(context, "text/research/tweeteval/irony/test_text.txt",
                       "text/research/tweeteval/irony/test_labels.txt", &t, error);
  size_t count = t.texts.rows;
  if (!code && !(items = malloc(count * sizeof *items)))
    code = base_error_set(error, MIEN_ENOMEM, "", "", "no memory for the scores");
  for (size_t row = 0; !code && row < count; row++) {
    mien_reading reading;
    eval_text_read(&text, eval_table_cell(&t.texts, row, 0), &reading);
    double said = head ? 1 / (1 + exp(-eval_text_logit(&text, head, EVAL_IRONY)))
                       : text_reader_heads(text.reader)->sarcasm;
    items[row] = (eval_multi){atoi(eval_table_cell(&t.labels, row, 0)) == 1, said >= threshold};
    eval_progress(context, "TweetEval irony", (double)row, (double)count);
  }
  if (!code) {
    eval_goal_set(eval_add(to, "ironic", "F1", eval_interval(eval_multi_f1, items, count), count),
                  (eval_goal){"TweetEval irony, F1 of the ironic", NAN, 0.65, 0.70});
    eval_note(to, "%s; calling every tweet ironic has an F1 of %.3f",
              head ? "the model's own head, trained on the set's training part"
                   : "by the head for sarcasm",
              eval_f1_of_always(items, count));
  }
  free(items);
  eval_text_close(&text);
  tweets_close(&t);
  return code;
}
