/* Every export, written from one unfriendly conversation and read back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>
#include <jansson.h>

#include "cli/export.h"
#include "cli/records.h"
#include "cli/show.h"
#include "cli/terminal.h"

/* ---- A conversation with everything that a format may stumble over ---- */

static const char nasty[] = "a \"quoted\" <b>&amp; --> end\nnext, line\x01 \xc3\xa9 \xf0\x9f\x98\x80";

static mien_reading state_of(const char *who, double t0, double t1, int label, float part) {
  mien_reading state;
  base_reading_init(&state, MIEN_FUSED);
  state.who = who;
  state.t0 = t0;
  state.t1 = t1;
  state.final = 1;
  for (int k = 0; k < MIEN_CORE; k++) state.core[k] = (1 - part) / (MIEN_CORE - 1);
  state.core[label] = part;
  state.dims[MIEN_VALENCE] = -0.5f;
  state.dims[MIEN_AROUSAL] = 1.0f;
  state.states[MIEN_FRUSTRATION] = label == MIEN_ANGER ? 0.8f : 0.1f;
  state.confidence = part;
  state.set = 1u << label;
  state.from[MIEN_TEXT] = 0.75f;
  state.from[MIEN_VOICE] = 0.25f;
  return state;
}

static void add_state(timeline *line, mien_reading state) {
  mien_event event = {.kind = MIEN_EVENT_STATE, .reading = state};
  assert_int_equal(timeline_add(line, &event), MIEN_OK);
}

static void add_turn(timeline *line, const char *who, double t0, double t1, const char *text) {
  mien_event event = {.kind = MIEN_EVENT_TURN, .who = who, .t0 = t0, .t1 = t1, .text = text};
  assert_int_equal(timeline_add(line, &event), MIEN_OK);
}

static int setup(void **state) {
  static timeline line;
  timeline_init(&line, "a b/call \"1\".opus");
  line.duration = 10;
  add_turn(&line, "custo\"mer", 1.0004, 4, nasty);
  add_turn(&line, "custo\"mer", 3.5, 6, "overlaps the one before");
  add_turn(&line, "=agent", 7, 12, "past the end");
  for (int i = 0; i < 6; i++)
    add_state(&line, state_of("custo\"mer", 1 + i, 2 + i, i < 3 ? MIEN_ANGER : MIEN_JOY, 0.7f));
  mien_reading unsure = state_of("=agent", 8, 9, MIEN_FEAR, 0.3f);
  unsure.abstain = "too, \"short\"";
  add_state(&line, unsure);
  mien_reading unknown = state_of("=agent", 9, 10, MIEN_SADNESS, 0.9f);
  unknown.dims[MIEN_VALENCE] = unknown.confidence = NAN;
  mien_cue cues[] = {
      {.kind = "word", .text = "past", .t0 = NAN, .t1 = NAN, .weight = 0.4f, .toward = MIEN_SADNESS, .at = 0, .length = 4},
      {.kind = "word", .text = "useless", .t0 = NAN, .t1 = NAN, .weight = 0.5f, .toward = MIEN_SADNESS, .at = 9, .length = 7},
      {.kind = "pitch", .text = "pitch of long ago", .t0 = 1, .t1 = 2, .weight = 0.6f, .toward = MIEN_SADNESS, .at = -1}};
  unknown.cues = cues;
  unknown.cue_count = BASE_COUNT(cues);
  add_state(&line, unknown);
  timeline_finish(&line);
  assert_true(line.duration == 12);
  *state = &line;
  return 0;
}

static int teardown(void **state) {
  timeline_clear(*state);
  return 0;
}

static size_t count(const char *text, const char *what) {
  size_t n = 0;
  for (const char *at = text; (at = strstr(at, what)); at += strlen(what)) n++;
  return n;
}

/* xmllint says whether it is well-formed, and what an XPath expression gives. */
static void check_xml(const base_text *text, const char *expression, const char *expected) {
  char path[64], command[512], answer[64] = "";
  snprintf(path, sizeof path, "/tmp/mien-export-%d.xml", (int)getpid());
  FILE *file = fopen(path, "wb");
  fwrite(text->data, 1, text->length, file);
  fclose(file);
  snprintf(command, sizeof command, "xmllint --nonet --xpath '%s' %s", expression, path);
  FILE *pipe = popen(command, "r");
  assert_non_null(pipe);
  if (!fgets(answer, sizeof answer, pipe)) *answer = 0;
  int status = pclose(pipe);
  unlink(path);
  answer[strcspn(answer, "\n")] = 0;
  assert_int_equal(status, 0);
  assert_string_equal(answer, expected);
}

static bool have_xmllint(void) {
  return system("command -v xmllint >/dev/null 2>&1") == 0;
}

/* ---- Each form ---- */

/* The rules of the Recommendation that a schema would check, one by one. */
static void emotionml(void **state) {
  base_text out = {0};
  export_emotionml(*state, &out);
  if (!have_xmllint()) skip();
#define NAME(n) "*[local-name()=\"" n "\" and namespace-uri()=\"http://www.w3.org/2009/10/emotionml\"]"
  check_xml(&out, "count(/" NAME("emotionml") "[@version=\"1.0\"]/" NAME("emotion") ")", "8");
  /* a declared set for what is used */
  check_xml(&out, "string(/*/@category-set)", "http://www.w3.org/TR/emotion-voc/xml#big6");
  check_xml(&out, "string(/*/@dimension-set)", "http://www.w3.org/TR/emotion-voc/xml#pad-dimensions");
  /* every emotion has a category; info, if there, at most once and first */
  check_xml(&out, "count(//" NAME("emotion") "[not(" NAME("category") ")])", "0");
  check_xml(&out, "count(//" NAME("emotion") "[count(" NAME("info") ")>1])", "0");
  check_xml(&out, "count(//" NAME("info") "[preceding-sibling::*])", "0");
  /* only the vocabularies' names */
  check_xml(&out, "count(//" NAME("category") "[not(contains(\" anger disgust fear happiness sadness "
                  "surprise \",concat(\" \",@name,\" \")))])", "0");
  check_xml(&out, "count(//" NAME("dimension") "[not(contains(\" pleasure arousal dominance \","
                  "concat(\" \",@name,\" \")))])", "0");
  /* value and confidence are 0…1, and each category stands once in an emotion */
  check_xml(&out, "count(//@value[not(. >= 0 and . <= 1)])", "0");
  check_xml(&out, "count(//@confidence[not(. >= 0 and . <= 1)])", "0");
  check_xml(&out, "count(//" NAME("category") "[@name=preceding-sibling::*/@name])", "0");
  /* whole milliseconds, with what they count from */
  check_xml(&out, "count(//@offset-to-start[contains(.,\".\") or not(../@time-ref-uri)])", "0");
  check_xml(&out, "count(//@duration[contains(.,\".\") or . < 0])", "0");
  check_xml(&out, "string(//" NAME("emotion") "[1]/@expressed-through)", "text voice");
  check_xml(&out, "string(//" NAME("emotion") "[1]/@time-ref-uri)", "a%20b/call%20%221%22.opus");
  check_xml(&out, "count(//" NAME("reference") "[@role=\"expressedBy\"])", "8");
  check_xml(&out, "string(//" NAME("emotion") "[1]/" NAME("dimension") "[@name=\"pleasure\"]/@value)", "0.250");
  base_text_clear(&out);
}

static void elan(void **state) {
  base_text out = {0};
  export_elan(*state, &out);
  if (!have_xmllint()) skip();
  check_xml(&out, "count(/ANNOTATION_DOCUMENT/TIER)", "4");
  check_xml(&out, "count(//TIER[@TIER_ID=preceding::TIER/@TIER_ID])", "0");
  check_xml(&out, "count(//ALIGNABLE_ANNOTATION)", "7");
  /* each slot that is asked for is there, once */
  check_xml(&out, "count(//@TIME_SLOT_REF1[not(. = //TIME_SLOT/@TIME_SLOT_ID)])", "0");
  check_xml(&out, "count(//TIME_SLOT[@TIME_SLOT_ID=preceding::TIME_SLOT/@TIME_SLOT_ID])", "0");
  /* in order, and no annotation ends before it begins */
  check_xml(&out, "count(//TIME_SLOT[@TIME_VALUE < preceding-sibling::TIME_SLOT[1]/@TIME_VALUE])", "0");
  check_xml(&out, "string(//TIME_SLOT[@TIME_SLOT_ID=\"ts1\"]/@TIME_VALUE)", "1000");
  check_xml(&out, "count(//TIER[@LINGUISTIC_TYPE_REF = //LINGUISTIC_TYPE/@LINGUISTIC_TYPE_ID])", "4");
  base_text_clear(&out);
}

/* Reads a TextGrid as Praat does: each tier's intervals must tile 0…xmax. */
static void textgrid(void **state) {
  base_text out = {0};
  export_textgrid(*state, &out);
  assert_int_equal(strncmp(out.data, "File type = \"ooTextFile\"\nObject class = \"TextGrid\"\n\nxmin = 0\n", 60), 0);
  size_t tiers = 0, seen = 0, size = 0;
  double at = 0, duration = 0;
  for (char *line = strtok(out.data, "\n"); line; line = strtok(NULL, "\n")) {
    double value;
    if (sscanf(line, "xmax = %lf", &value) == 1 && !duration) duration = value;
    if (strstr(line, "class = \"IntervalTier\"")) {
      if (tiers++) assert_true(at == duration && seen == size);
      at = 0;
      seen = 0;
    }
    if (sscanf(line, "        intervals: size = %zu", &size) == 1) continue;
    if (sscanf(line, "            xmin = %lf", &value) == 1 && strstr(line, "            xmin"))
      assert_true(value == at); /* to the last digit */
    if (strstr(line, "            xmax = ") && sscanf(line, "            xmax = %lf", &value) == 1) {
      assert_true(value > at);
      at = value;
      seen++;
    }
  }
  assert_int_equal(tiers, 4);
  assert_true(at == duration && seen == size && duration == 12);
  base_text_clear(&out);
  export_textgrid(*state, &out);
  assert_non_null(strstr(out.data, "text = \"a \"\"quoted\"\" <b>"));
  assert_non_null(strstr(out.data, "name = \"custo\"\"mer words\""));
  base_text_clear(&out);
}

static void vtt(void **state) {
  base_text out = {0};
  export_vtt(*state, &out);
  assert_int_equal(strncmp(out.data, "WEBVTT\n\n", 8), 0);
  assert_int_equal(count(out.data, " --> "), 3); /* none out of the words */
  assert_non_null(strstr(out.data, "\n00:00:01.000 --> 00:00:04.000\n"));
  assert_non_null(strstr(out.data, "<c.anger>[anger 70 %]</c> a \"quoted\" &lt;b&gt;&amp;amp; --&gt; end next"));
  base_text_clear(&out);
}

/* The table, read by our own reader of CSV. */
static void csv(void **state) {
  base_text out = {0};
  export_csv_head(&out);
  export_csv(*state, &out);
  char path[64];
  snprintf(path, sizeof path, "/tmp/mien-export-%d.csv", (int)getpid());
  FILE *file = fopen(path, "wb");
  fwrite(out.data, 1, out.length, file);
  fclose(file);
  const char *expected[][8] = {
      {"who", "custo\"mer", "custo\"mer", "custo\"mer", "custo\"mer", "custo\"mer", "custo\"mer", "'=agent"},
      {"abstain", "", "", "", "", "", "", "too, \"short\""},
      {"anger", "0.7", "0.7", "0.7", "0.05", "0.05", "0.05", "0.1167"},
      {"frustration", "0.8", "0.8", "0.8", "0.1", "0.1", "0.1", "0.1"},
      {"set", "anger", "anger", "anger", "joy", "joy", "joy", "fear"},
      {"dominance", "", "", "", "", "", "", ""},
  };
  for (size_t c = 0; c < BASE_COUNT(expected); c++) {
    records *r;
    record row;
    mien_error error = {0};
    assert_int_equal(records_open(&r, path, expected[c][0], &error), MIEN_OK);
    for (int i = 1; i < 8; i++) {
      assert_int_equal(records_next(r, &row, &error), MIEN_OK);
      assert_string_equal(row.text, expected[c][i]);
    }
    assert_int_equal(records_next(r, &row, &error), MIEN_OK);
    assert_int_equal(records_next(r, &row, &error), MIEN_EEND);
    records_close(&r);
  }
  unlink(path);
  base_text_clear(&out);
}

static void jsonl(void **state) {
  base_text out = {0};
  export_jsonl(*state, &out);
  size_t lines = 0;
  for (char *line = strtok(out.data, "\n"); line; line = strtok(NULL, "\n"), lines++) {
    json_error_t why;
    json_t *root = json_loads(line, 0, &why);
    assert_non_null(root);
    assert_string_equal(json_string_value(json_object_get(root, "file")), "a b/call \"1\".opus");
    if (lines == 0) {
      json_t *turn = json_object_get(root, "turn");
      assert_string_equal(json_string_value(json_object_get(turn, "text")), nasty);
    }
    if (lines == 3) {
      assert_string_equal(json_string_value(json_object_get(root, "modality")), "fused");
      assert_string_equal(json_string_value(json_object_get(root, "who")), "custo\"mer");
    }
    json_decref(root);
  }
  assert_int_equal(lines, 3 + 8);
  base_text_clear(&out);
}

/* What a person sees: nothing that moves the cursor, no line wider than the terminal. */
static void readable(void **state) {
  for (int width = 40; width <= 160; width += 30) {
    base_text out = {0};
    show_timeline(*state, &(show_options){width, false, false}, &out);
    assert_int_equal(base_utf8_check(out.data, out.length), out.length);
    assert_non_null(strstr(out.data, "anger"));
    assert_non_null(strstr(out.data, "“past”"));
    assert_null(strstr(out.data, "useless")); /* a word of another turn, held in the state */
    assert_null(strstr(out.data, "long ago"));
    assert_non_null(strstr(out.data, "frustration 0.8"));
    for (char *line = strtok(out.data, "\n"); line; line = strtok(NULL, "\n")) {
      for (char *c = line; *c; c++) assert_true((unsigned char)*c >= ' ');
      assert_in_range(cli_columns(line, strlen(line)), 1, width);
    }
    base_text_clear(&out);
  }
}

/* An abstention is shown with its reason, and no label beside it. */
static void abstention_is_shown(void **state) {
  timeline line;
  timeline_init(&line, "x");
  add_turn(&line, "a", 0, 1, "hm");
  mien_reading unsure = state_of("a", 0, 1, MIEN_ANGER, 0.9f);
  unsure.abstain = "too short";
  add_state(&line, unsure);
  timeline_finish(&line);
  base_text out = {0};
  show_timeline(&line, &(show_options){100, false, false}, &out);
  assert_non_null(strstr(out.data, "not clear"));
  assert_non_null(strstr(out.data, "too short"));
  assert_null(strstr(out.data, "anger"));
  base_text_clear(&out);
  timeline_clear(&line);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(emotionml), cmocka_unit_test(elan), cmocka_unit_test(textgrid),
      cmocka_unit_test(vtt),       cmocka_unit_test(csv),  cmocka_unit_test(jsonl),
      cmocka_unit_test(readable), cmocka_unit_test(abstention_is_shown),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
