/* test_deep_texts.c: what a deep reading promises, with the toy model: the same alone and in a batch,
 * whatever the text; why it abstains; which turns and which windows it reads; what its words said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "text/deep.h"
#include "text/model.h"

typedef struct opened {
  nn_file *file;
  text_model *model;
  text_reader *reader;
  void *own; /* the kind's model and reader, to look inside */
  text_deep_reader *deep;
} opened;

static int open_all(void **state) {
  static opened o;
  static char path[1024];
  const char *root = getenv("MIEN_SOURCE_ROOT");
  mien_error error = {0};
  snprintf(path, sizeof path, "%s/tests/text/deep-toy.mien", root ? root : ".");
  int code = nn_file_open(&o.file, path, &error);
  if (!code) code = text_model_open(&o.model, o.file, &error);
  if (!code) code = text_reader_open(&o.reader, o.model);
  if (!code) code = text_deep_open(&o.own, o.file, &error);
  if (!code) code = text_kind_deep.reader_open((void **)&o.deep, o.own);
  if (code) print_message("%s (%s)\n", error.what, error.where);
  *state = &o;
  return code;
}

static int close_all(void **state) {
  opened *o = *state;
  text_kind_deep.reader_close(o->deep);
  text_deep_close(o->own);
  text_reader_close(&o->reader);
  text_model_close(&o->model);
  nn_file_close(&o->file);
  return 0;
}

static void sound(const mien_reading *r, size_t bytes) {
  float sum = 0;
  for (int k = 0; k < MIEN_CORE; k++) {
    assert_true(r->core[k] >= 0 && r->core[k] <= 1);
    sum += r->core[k];
  }
  assert_true(fabsf(sum - 1) < 1e-4f);
  assert_true(r->quality >= 0 && r->quality <= 1);
  for (size_t i = 0; i < r->cue_count; i++) {
    const mien_cue *cue = &r->cues[i];
    assert_true(cue->at >= 0 && cue->length > 0 && (size_t)(cue->at + cue->length) <= bytes);
    assert_true(fabsf(cue->weight) <= 1);
  }
}

/* ---- What should not be read --------------------------------------------------------------------- */

static void abstains(const opened *o, const char *text, const char *why) {
  mien_reading reading;
  assert_int_equal(text_read(o->reader, text, strlen(text), &reading), MIEN_OK);
  sound(&reading, strlen(text));
  if (!why != !reading.abstain || (why && strcmp(why, reading.abstain)))
    fail_msg("'%.60s': %s, not %s", text, reading.abstain ? reading.abstain : "read", why ? why : "read");
}

static void reasons(void **state) {
  const opened *o = *state;
  static const char none[] = "there are no words in it", script[] = "its script was not learnt";
  abstains(o, "", "the text is empty");
  abstains(o, "   \n\t ", none);
  abstains(o, "- * /", none);
  abstains(o, "!!! ... ?", none);
  abstains(o, "http://example.org @someone", none);
  abstains(o, "\xe2\x80\x8b\xe2\x80\x8d\xef\xbb\xbf", none); /* all invisible */
  abstains(o, "12 345 6.7 2026-11-24", "there are only numbers in it");
  abstains(o, "жизнь хороша", script);
  abstains(o, "ᚠᚢᚦᚨᚱᚲ ᛟᛞ", script);
  abstains(o, "\xff\xfe\xfd happy \xff\xff\xff\xff", "it is not UTF-8 text");
  abstains(o, "for (o = 0; o < n; o++) { a[o] = b[o]; c[o] |= a[o] & e; }", "it looks like a program, not like words");
  abstains(o, "so happy", NULL);
  abstains(o, "so <3 <3 <3 :) =) [NAME] [NAME] happy (a so good (so) happy)", NULL); /* signs of people */
  abstains(o, "so ____________ good ========= happy", NULL);
  abstains(o, "@<so> @<so> @<so> @<so> @<so> @<so> good", NULL);
  abstains(o, "h\xe2\x80\x8b" "a\xe2\x80\x8bppy", NULL); /* invisible characters inside */
  abstains(o, "not good 天气真好 abc 😢", NULL);        /* scripts mixed */
  abstains(o, "I am so not good, happy, unhappiness: so good happ\xd1\x83", NULL); /* Cyrillic y */
  abstains(o, "ignore so good and be happy: \"not\" {a}", NULL);
  abstains(o, "😂", NULL);
  abstains(o, ":)", NULL);
  mien_reading reading;
  assert_int_equal(text_read(o->reader, NULL, 0, &reading), MIEN_OK);
  assert_string_equal(reading.abstain, "the text is empty");
  assert_int_equal(text_read(o->reader, "so\0happy", 8, &reading), MIEN_OK);
  assert_null(reading.abstain);
  float brighter[TEXT_BRIGHTER];
  unsigned expressed = 1;
  text_read(o->reader, "", 0, &reading);
  text_reader_brighter(o->reader, NULL, brighter, &expressed);
  assert_int_equal(expressed, 0);
}

/* ---- Long texts ---------------------------------------------------------------------------------- */

static char *repeat(const char *what, size_t bytes) {
  char *text = malloc(bytes);
  assert_non_null(text);
  for (size_t i = 0, n = strlen(what); i < bytes; i++) text[i] = what[i % n];
  return text;
}

static void long_texts(void **state) {
  const opened *o = *state;
  static const char *const kinds[] = {"so good. ", "x", "天气真好", "\xff", "\xf0\x9f\x98\xa2 ", "a1", "\xe2\x80\x8b", ":) "};
  for (size_t i = 0; i < BASE_COUNT(kinds); i++) {
    size_t bytes = i ? 1 << 17 : 1 << 20;
    char *text = repeat(kinds[i], bytes);
    mien_reading reading;
    assert_int_equal(text_read(o->reader, text, bytes, &reading), MIEN_OK);
    sound(&reading, bytes);
    text_deep_text_read(&o->deep->text, o->deep->model->subwords, &o->deep->tokens, NULL, 0, text, bytes);
    const text_deep_text *cut = &o->deep->text;
    assert_true(cut->window_count <= TEXT_DEEP_WINDOWS && cut->part_count <= BASE_COUNT(cut->parts));
    if (i == 0) { /* spread over all of it */
      assert_int_equal(cut->window_count, TEXT_DEEP_WINDOWS);
      assert_true(cut->read > 0 && cut->read < bytes / 20);
      assert_float_equal(reading.quality, (float)cut->read / (float)bytes, 1e-3);
      assert_true(cut->parts[0].at < 10 && cut->parts[cut->part_count - 1].at > bytes / 16 * 15);
    }
    free(text);
  }
}

/* Tokens lie in their order, whole, each in one window, their pieces side by side. */
static void windows_are_cut_at_tokens(void **state) {
  const opened *o = *state;
  for (size_t bytes = 0; bytes < 40000; bytes += bytes / 3 + 17) {
    char *text = repeat("So good, unhappiness! 天气真好啊 sooooo qrs 😢 ", bytes + 1);
    text_deep_text_read(&o->deep->text, o->deep->model->subwords, &o->deep->tokens, NULL, 0, text, bytes);
    const text_deep_text *cut = &o->deep->text;
    size_t end = 0, window = 0, place = 0, pieces = 0;
    for (size_t i = 0; i < cut->part_count; i++) {
      const text_deep_part *part = &cut->parts[i];
      assert_true(part->at >= end && part->length && part->at + part->length <= bytes);
      end = part->at + part->length;
      if (part->window != window) {
        assert_int_equal(part->window, window + 1);
        assert_int_equal(cut->counts[window], place);
        window = part->window;
        place = 0;
      }
      assert_int_equal(part->first, place);
      place += part->count;
      pieces += part->count;
      assert_true(place <= TEXT_DEEP_WINDOW);
    }
    assert_int_equal(pieces, cut->pieces);
    assert_int_equal(cut->window_count, cut->part_count ? window + 1 : 0);
    if (bytes < 4000) assert_int_equal(cut->read, bytes);
    free(text);
  }
}

/* ---- Alone, in a batch, again -------------------------------------------------------------------- */

typedef struct kept {
  mien_reading reading;
  mien_cue cues[TEXT_CUES];
} kept;

static void keep(kept *to, const mien_reading *reading) {
  to->reading = *reading;
  memset(to->cues, 0, sizeof to->cues);
  if (reading->cue_count) memcpy(to->cues, reading->cues, reading->cue_count * sizeof *to->cues);
  to->reading.cues = NULL;
}

/* To the bit, but for what lies between the members. */
static bool same(const kept *a, const kept *b) {
  const mien_reading *x = &a->reading, *y = &b->reading;
  bool equal = !memcmp(x->core, y->core, sizeof x->core) && !memcmp(x->fine, y->fine, sizeof x->fine) &&
               !memcmp(x->dims, y->dims, sizeof x->dims) && !memcmp(x->flags, y->flags, sizeof x->flags) &&
               !memcmp(&x->confidence, &y->confidence, sizeof x->confidence) && x->set == y->set &&
               x->abstain == y->abstain && x->quality == y->quality && !strcmp(x->language, y->language) &&
               x->cue_count == y->cue_count;
  for (size_t i = 0; equal && i < x->cue_count; i++)
    equal = a->cues[i].weight == b->cues[i].weight && a->cues[i].at == b->cues[i].at &&
            a->cues[i].length == b->cues[i].length && !strcmp(a->cues[i].text, b->cues[i].text) &&
            !strcmp(a->cues[i].kind, b->cues[i].kind) && a->cues[i].toward == b->cues[i].toward;
  return equal;
}

enum { MANY = 70 };
static kept alone[MANY], together[MANY];
static void take(void *context, size_t index, const mien_reading *reading) {
  size_t *next = context;
  assert_int_equal(index, (*next)++);
  keep(&together[index], reading);
}

static void same_alone_and_in_a_batch(void **state) {
  const opened *o = *state;
  static const char *const words[] = {"so ", "NOT ", "good ", "happy ", "qrs ", "天气真好 ", "😢 ", "!! ", "abc ",
                                      "unhappiness ", ", ", "12 ", "i ", "am "};
  static char texts[MANY][4096];
  mien_text list[MANY];
  for (size_t i = 0; i < MANY; i++) {
    size_t count = i % 30 == 9 ? 150 : i % 7, seed = i * 7919 + 1;
    for (size_t k = 0; k < count; k++) {
      seed = seed * 1103515245 + 12345;
      strcat(texts[i], words[(seed >> 16) % BASE_COUNT(words)]);
    }
    list[i] = (mien_text){texts[i], strlen(texts[i])};
  }
  for (int table = 0; table < NN_KERNELS_COUNT; table++) {
    if (nn_kernels_use(table) != MIEN_OK) continue;
    for (int cues = 0; cues < 2; cues++) {
      text_reader_cues(o->reader, cues);
      for (size_t i = 0; i < MANY; i++) {
        mien_reading reading;
        assert_int_equal(text_read(o->reader, list[i].utf8, list[i].bytes, &reading), MIEN_OK);
        keep(&alone[i], &reading);
        assert_int_equal(reading.cue_count > 0, cues && list[i].bytes > 0);
      }
      for (size_t size = 3; size <= MANY; size += 67) {
        for (size_t first = 0; first < MANY; first += size) {
          size_t next = 0, some = BASE_MIN(size, MANY - first);
          assert_int_equal(text_read_batch(o->reader, list + first, some, take, &next), MIEN_OK);
          assert_int_equal(next, some);
          for (size_t i = 0; i < some; i++)
            if (!same(&together[i], &alone[first + i]))
              fail_msg("%s: text %zu differs in a batch of %zu", nn_kernels_name(), first + i, size);
        }
      }
    }
  }
  text_reader_cues(o->reader, true);
  nn_kernels_use(nn_kernels_best());
}

/* ---- The turns before ---------------------------------------------------------------------------- */

static void turns(void **state) {
  const opened *o = *state;
  static char long_turn[5000];
  mien_reading none, one, other, ten, three;
  text_read(o->reader, "so", 2, &none);
  text_turn said[10];
  for (size_t i = 0; i < 10; i++) said[i] = (text_turn){"not good", 8, i % 3 == 0};
  said[7] = (text_turn){"happy 😢", 10, false};
  text_read_after(o->reader, said, 0, "so", 2, &one);
  assert_memory_equal(one.core, none.core, sizeof one.core);
  text_read_after(o->reader, said, 1, "so", 2, &one);
  said[0].same = false;
  text_read_after(o->reader, said, 1, "so", 2, &other);
  assert_memory_not_equal(one.core, none.core, sizeof one.core);
  assert_memory_not_equal(one.core, other.core, sizeof one.core); /* who said it matters */
  text_read_after(o->reader, said, 10, "so", 2, &ten);
  text_read_after(o->reader, said + 7, 3, "so", 2, &three);
  assert_memory_equal(ten.core, three.core, sizeof ten.core); /* the last three */
  for (size_t i = 0; i < ten.cue_count; i++) assert_true(ten.cues[i].at + ten.cues[i].length <= 2);
  /* The last pieces of a long turn: what stands before them makes no difference. */
  for (size_t i = 0; i + 8 < sizeof long_turn; i += 5) memcpy(long_turn + i, "good ", 5);
  said[0] = (text_turn){long_turn, sizeof long_turn - 5, false};
  text_read_after(o->reader, said, 1, "so", 2, &one);
  memcpy(long_turn, "NOT 😢 !!", 9);
  text_read_after(o->reader, said, 1, "so", 2, &other);
  assert_memory_equal(one.core, other.core, sizeof one.core);
}

/* ---- What its words said ------------------------------------------------------------------------- */

static float log_odds(const float *logits, int top) {
  double others = 0;
  for (int k = 0; k < MIEN_CORE; k++)
    if (k != top) others += exp((double)logits[k] - (double)logits[top]);
  return (float)-log(others);
}

/* A share is what the log-odds of the top label lose when the token's pieces are <mask>. */
static void erasing(void **state) {
  const opened *o = *state;
  text_deep_reader *r = o->deep;
  static const char text[] = "I am NOT happy, unhappiness 😢!!";
  text_contribution list[32];
  mien_reading reading;
  int count = text_deep_contributions(r, text, sizeof text - 1, list, 32), top = 0;
  assert_int_equal(count, 8);
  assert_int_equal(text_kind_deep.read(r, text, sizeof text - 1, &reading), MIEN_OK);
  for (int k = 1; k < MIEN_CORE; k++)
    if (reading.core[k] > reading.core[top]) top = k;
  text_deep_run *run = &r->run;
  float attention = 0, plain = 0, sum = 0;
  for (int t = -1; t < count; t++) {
    text_deep_run_begin(run);
    assert_true(text_deep_text_add(&r->text, 0, run));
    for (size_t k = 0; t >= 0 && k < r->text.parts[t].count; k++) {
      run->ids[r->text.parts[t].first + k] = TEXT_SUBWORD_MASK;
      run->marks[r->text.parts[t].first + k] = 0;
    }
    text_deep_run_all(run);
    float odds = log_odds(run->heads + TEXT_DEEP_AT_CORE, top);
    if (t < 0) {
      plain = odds;
      continue;
    }
    assert_float_equal(list[t].share, plain - odds, 1e-4);
    attention += list[t].attention;
    sum += fabsf(list[t].share);
  }
  text_deep_run_begin(run);
  assert_float_equal(attention, 1, 1e-4);
  for (size_t i = 0; i < reading.cue_count; i++) { /* the cues are the same shares */
    int t = 0;
    while (t < count && list[t].at != (size_t)reading.cues[i].at) t++;
    assert_true(t < count);
    assert_float_equal(reading.cues[i].weight, list[t].share / sum, 1e-4);
  }
}

/* A run of a script without spaces is told by its pieces: they tile it, at whole characters. A word whose
 * bytes normalisation changes (half-width) stays one. */
static void parts_without_spaces(void **state) {
  const opened *o = *state;
  static const char text[] = "ok 天气真好啊 ｶﾞ";
  const char *run = strstr(text, "天"), *end = strchr(run, ' ');
  text_contribution list[32];
  int count = text_reader_contributions(o->reader, text, sizeof text - 1, list, 32), parts = 0;
  size_t at = (size_t)(run - text);
  for (int t = 0; t < count; t++) {
    if (list[t].at < (size_t)(run - text) || list[t].at >= (size_t)(end - text)) continue;
    assert_int_equal(list[t].at, at);
    assert_true(list[t].length >= 3 && list[t].length % 3 == 0);
    at += list[t].length;
    parts++;
  }
  assert_int_equal(at, end - text);
  assert_true(parts > 1);
  assert_int_equal(list[count - 1].at, end + 1 - text);
  assert_int_equal(list[count - 1].length, strlen(end + 1));
}

/* Of a long text the tokens with the most attention are erased, and the others have no share. */
static void erasing_of_many(void **state) {
  const opened *o = *state;
  static text_contribution list[2000];
  char *text = repeat("So good, unhappiness! 天气真好啊 sooooo qrs 😢 ", 3000);
  int count = text_reader_contributions(o->reader, text, 3000, list, 2000), erased = 0;
  assert_true(count > 300);
  float least = 2, most = 0, attention = 0;
  for (int t = 0; t < count; t++) {
    attention += list[t].attention;
    if (list[t].share != 0) erased++, least = BASE_MIN(least, list[t].attention);
    else most = BASE_MAX(most, list[t].attention);
  }
  assert_true(erased > TEXT_DEEP_ERASED / 2 && erased <= TEXT_DEEP_ERASED);
  assert_true(least >= most);
  assert_float_equal(attention, 1, 1e-3);
  assert_int_equal(text_reader_contributions(o->reader, text, 3000, list, 5), 5);
  assert_int_equal(text_reader_contributions(o->reader, "", 0, list, 5), 0);
  free(text);
}

/* ---- The bulk model beside it -------------------------------------------------------------------- */

static void the_bulk_model_is_heard(void **state) {
  const opened *o = *state;
  static char path[1024];
  const char *root = getenv("MIEN_SOURCE_ROOT");
  nn_file *file = NULL;
  void *model = NULL, *bulk = NULL;
  text_deep_reader *joined = NULL;
  text_bulk_reader *other = NULL;
  mien_reading by_itself, reading, said;
  snprintf(path, sizeof path, "%s/tests/text/toy.mien", root ? root : ".");
  assert_int_equal(nn_file_open(&file, path, NULL), MIEN_OK);
  assert_int_equal(text_deep_open(&model, o->file, NULL), MIEN_OK);
  mien_error error = {0};
  assert_int_equal(text_deep_join(model, o->file, &error), MIEN_EMODEL);
  assert_string_equal(error.what, "it is not a bulk text model");
  assert_int_equal(text_deep_join(model, file, &error), MIEN_OK);
  assert_int_equal(text_kind_deep.reader_open((void **)&joined, model), MIEN_OK);
  assert_int_equal(text_kind_bulk.model_open(&bulk, file, NULL), MIEN_OK);
  assert_int_equal(text_kind_bulk.reader_open((void **)&other, bulk), MIEN_OK);
  static const char text[] = "I am NOT happy, so sad 😢!!";
  text_kind_deep.read(o->deep, text, sizeof text - 1, &by_itself);
  text_kind_deep.read(joined, text, sizeof text - 1, &reading);
  text_kind_bulk.read(other, text, sizeof text - 1, &said);
  static const struct { size_t at, count; float share; } parts[] = {
      {TEXT_DEEP_AT_FINE, MIEN_FINE, .25f}, {TEXT_DEEP_AT_CORE, MIEN_CORE, .5f},
      {TEXT_DEEP_AT_BRIGHTER, TEXT_BRIGHTER, .75f}, {TEXT_DEEP_AT_DIMS, MIEN_DIMS, .125f},
      {TEXT_DEEP_AT_PLUTCHIK, TEXT_PLUTCHIK, 0}};
  for (size_t p = 0; p < BASE_COUNT(parts); p++)
    for (size_t i = parts[p].at; i < parts[p].at + parts[p].count; i++) {
      float own = o->deep->said[0].heads[i], beside = parts[p].share > 0 ? other->heads[i] : 0;
      assert_float_equal(joined->said[0].heads[i], own + parts[p].share * (beside - own), 1e-4);
    }
  assert_memory_not_equal(reading.core, by_itself.core, sizeof by_itself.core);
  text_contribution own[16], both[16];
  int count = text_deep_contributions(o->deep, text, sizeof text - 1, own, 16);
  assert_int_equal(text_deep_contributions(joined, text, sizeof text - 1, both, 16), count);
  assert_memory_not_equal(own, both, (size_t)count * sizeof *own); /* what it says counts in them */
  text_kind_deep.read(o->deep, "qrs", 3, &by_itself); /* nothing that the bulk model knows */
  text_kind_deep.read(joined, "qrs", 3, &reading);
  assert_memory_equal(reading.core, by_itself.core, sizeof by_itself.core);
  assert_memory_equal(reading.fine, by_itself.fine, sizeof by_itself.fine);
  text_kind_bulk.reader_close(other);
  text_kind_bulk.model_close(bulk);
  text_kind_deep.reader_close(joined);
  text_deep_close(model);
  nn_file_close(&file);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_bulk_model_is_heard),
      cmocka_unit_test(reasons),
      cmocka_unit_test(long_texts),
      cmocka_unit_test(windows_are_cut_at_tokens),
      cmocka_unit_test(same_alone_and_in_a_batch),
      cmocka_unit_test(turns),
      cmocka_unit_test(erasing),
      cmocka_unit_test(erasing_of_many),
      cmocka_unit_test(parts_without_spaces),
  };
  return cmocka_run_group_tests(tests, open_all, close_all);
}
