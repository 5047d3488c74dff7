/* transcript.c: opening a transcript, keeping its turns, and putting their times in order. */
#include "media/transcript_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

struct transcript_block {
  struct transcript_block *next;
  size_t used, size;
  char data[];
};

/* ---- What the readers call. */

static bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v';
}

const char *transcript_keep(transcript *t, const char *text, size_t bytes, size_t *kept) {
  while (bytes && is_space(text[bytes - 1])) bytes--;
  while (bytes && is_space(*text)) text++, bytes--;
  struct transcript_block *block = t->blocks;
  if (!block || block->size - block->used <= bytes) {
    size_t size = BASE_MAX(bytes + 1, (size_t)64 << 10);
    block = base_resize(NULL, sizeof *block + size, 1);
    if (!block) return t->failed = true, NULL;
    *block = (struct transcript_block){.next = t->blocks, .size = size};
    t->blocks = block;
  }
  char *copy = block->data + block->used;
  memcpy(copy, text, bytes);
  copy[bytes] = 0;
  block->used += bytes + 1;
  *kept = bytes;
  return copy;
}

void transcript_add_word(transcript *t, const char *text, size_t bytes, double t0, double t1) {
  if (t->failed || t->full) return;
  if (!base_grow(&t->words, t->word_count, &t->word_room, sizeof *t->words)) t->failed = true;
  size_t kept;
  const char *copy = t->failed ? NULL : transcript_keep(t, text, bytes, &kept);
  if (copy) t->words[t->word_count++] = (mien_word){copy, t0, t1};
}

void transcript_add(transcript *t, const char *who, size_t who_bytes, int channel, double t0,
                    double t1, const char *text, size_t bytes, size_t words, size_t line) {
  if (t->failed || t->full) return;
  if (t->count == TRANSCRIPT_TURNS_MAX) {
    transcript_note(t, line, "split the transcript", "more than %d turns: the rest is not read",
                    TRANSCRIPT_TURNS_MAX);
    t->full = true;
    return;
  }
  if (!base_grow(&t->turns, t->count, &t->room, sizeof *t->turns)) t->failed = true;
  if (t->failed) return;
  transcript_turn turn = {.channel = channel, .t0 = t0, .t1 = t1, .word_count = words, .line = line};
  turn.text = transcript_keep(t, text, bytes, &turn.bytes);
  size_t kept;
  const char *last = t->count ? t->turns[t->count - 1].who : NULL;
  if (who && last && strlen(last) == who_bytes && !memcmp(last, who, who_bytes)) turn.who = last;
  else if (who && who_bytes) turn.who = transcript_keep(t, who, who_bytes, &kept);
  if (turn.who && !*turn.who) turn.who = NULL;
  if (turn.text && turn.bytes) t->turns[t->count++] = turn;
  else t->word_count -= words;
}

void transcript_note(transcript *t, size_t line, const char *remedy, const char *format, ...) {
  if (t->warning_count == TRANSCRIPT_WARNINGS_MAX - 1) { /* the last place is for the count */
    t->warnings_lost++;
    return;
  }
  char what[256], where[256];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(what, sizeof what, format, arguments);
  va_end(arguments);
  snprintf(where, sizeof where, "%.200s, %s %zu", t->name, t->unit, line);
  base_error_set(&t->warnings[t->warning_count++], MIEN_EFORMAT, where, remedy, "%s", what);
}

/* ---- Reading the bytes. */

static size_t line_of(const char *text, size_t at) {
  size_t line = 1;
  for (const char *c = text; (c = memchr(c, '\n', (size_t)(text + at - c))); c++) line++;
  return line;
}

/* Valid UTF-8 without NUL: what is not becomes U+FFFD, a NUL a space. */
static void clean(transcript *t, const char *data, size_t bytes, base_text *to) {
  size_t invalid = 0, zeros = 0, first = 0, first_zero = 0;
  for (size_t at = 0; at < bytes && !to->failed;) {
    size_t good = base_utf8_check(data + at, bytes - at);
    base_text_add(to, data + at, good);
    at += good;
    if (at == bytes) break;
    if (!invalid++) first = at;
    base_text_puts(to, "\xef\xbf\xbd");
    at++;
  }
  if (to->failed) {
    t->failed = true;
    return;
  }
  for (char *c = to->data; c && (c = memchr(c, 0, (size_t)(to->data + to->length - c))); *c = ' ')
    if (!zeros++) first_zero = (size_t)(c - to->data);
  if (invalid)
    transcript_note(t, line_of(data, first), "save it as UTF-8, for example with iconv",
                    "%zu bytes are not UTF-8 and were replaced, here is the first", invalid);
  if (zeros)
    transcript_note(t, line_of(to->data, first_zero), "save it as UTF-8, for example with iconv",
                    "%zu NUL bytes were taken as spaces, here is the first", zeros);
}

static bool looks_like_json(const char *text, size_t bytes) {
  size_t i = 0;
  while (i < bytes && is_space(text[i])) i++;
  if (i < bytes && text[i] == '{') return true;
  if (i == bytes || text[i++] != '[') return false;
  while (i < bytes && is_space(text[i])) i++;
  return i < bytes && (text[i] == '{' || text[i] == ']');
}

/* A line "TIME --> TIME" among the first 200. */
static bool looks_like_srt(const char *text, size_t bytes) {
  for (int line = 0; line < 200 && bytes; line++) {
    const char *end = memchr(text, '\n', bytes);
    size_t length = end ? (size_t)(end - text) : bytes;
    double t;
    size_t lead = 0;
    while (lead < length && is_space(text[lead])) lead++;
    size_t time = transcript_time(text + lead, length - lead, &t);
    if (time && memmem(text + lead, BASE_MIN(length - lead, 64), "-->", 3)) return true;
    text += length + (end != NULL);
    bytes -= length + (end != NULL);
  }
  return false;
}

static int read_form(transcript *t, const char *text, size_t bytes, mien_error *error) {
  if (bytes >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) text += 3, bytes -= 3;
  if (looks_like_json(text, bytes)) return transcript_read_json(t, text, bytes, error);
  if (bytes >= 6 && !memcmp(text, "WEBVTT", 6)) {
    t->form = "vtt";
    transcript_read_subtitles(t, text, bytes, true);
  } else if (looks_like_srt(text, bytes)) {
    t->form = "srt";
    transcript_read_subtitles(t, text, bytes, false);
  } else {
    t->form = "txt";
    transcript_read_plain(t, text, bytes);
  }
  return MIEN_OK;
}

/* ---- Times. */

typedef struct key { /* for a stable sort: a turn without a time stays behind the one before it */
  double t0;
  size_t index;
} key;

static int compare_keys(const void *a, const void *b) {
  const key *x = a, *y = b;
  if (x->t0 != y->t0) return x->t0 < y->t0 ? -1 : 1;
  return x->index < y->index ? -1 : x->index > y->index;
}

static double bring_back(double time, double duration) {
  return time > duration ? duration : time < 0 ? 0 : time;
}

static void mend_times(transcript *t, double duration) {
  size_t late = 0, first_late = 0, backward = 0, first_backward = 0;
  if (!(duration > 0)) duration = 1e7; /* unknown: four months is long enough */
  for (size_t i = 0; i < t->count; i++) {
    transcript_turn *turn = &t->turns[i];
    /* an end a little behind the last sample is a rounding, not an error */
    if ((turn->t0 > duration || turn->t1 > duration + 1 || turn->t0 < 0) && !late++)
      first_late = turn->line;
    if (turn->t1 < turn->t0 && !backward++) first_backward = turn->line;
    turn->t0 = bring_back(turn->t0, duration);
    turn->t1 = bring_back(turn->t1, duration);
    if (turn->t1 < turn->t0) turn->t1 = turn->t0;
    for (size_t k = 0; k < turn->word_count; k++) {
      mien_word *word = (mien_word *)&turn->words[k];
      word->t0 = bring_back(word->t0, duration);
      word->t1 = bring_back(word->t1, duration);
      if (word->t1 < word->t0) word->t1 = word->t0;
    }
  }
  if (late)
    transcript_note(t, first_late, "check that it belongs to this recording",
                    "%zu times lie outside the recording and were brought back to it, here is the "
                    "first", late);
  if (backward)
    transcript_note(t, first_backward, "correct the times",
                    "%zu turns end before they begin, here is the first", backward);
}

static void sort_turns(transcript *t) {
  key *keys = base_resize(NULL, t->count, sizeof *keys);
  transcript_turn *sorted = base_resize(NULL, t->count, sizeof *sorted);
  if (!keys || !sorted) {
    t->failed = true;
  } else {
    double last = 0;
    size_t back = 0, first = 0;
    for (size_t i = 0; i < t->count; i++) {
      double t0 = t->turns[i].t0;
      if (t0 < last && !back++) first = t->turns[i].line;
      if (t0 == t0) last = t0;
      keys[i] = (key){last, i};
    }
    if (back) {
      qsort(keys, t->count, sizeof *keys, compare_keys);
      for (size_t i = 0; i < t->count; i++) sorted[i] = t->turns[keys[i].index];
      memcpy(t->turns, sorted, t->count * sizeof *sorted);
    }
    if (back && !t->any_order)
      transcript_note(t, first, "sort the transcript",
                      "%zu turns are out of the order of time and were sorted, here is the first",
                      back);
  }
  base_free(keys);
  base_free(sorted);
}

static void set_words(transcript *t) {
  size_t at = 0;
  for (size_t i = 0; i < t->count; i++) {
    t->turns[i].words = t->turns[i].word_count ? t->words + at : NULL;
    at += t->turns[i].word_count;
  }
}

static void count_lost(transcript *t) {
  if (!t->warnings_lost) return;
  base_error_set(&t->warnings[t->warning_count++], MIEN_EFORMAT, t->name, "",
                 "and %zu more warnings", t->warnings_lost);
}

/* ---- Open, close, look. */

int transcript_open_memory(transcript **to, const char *data, size_t bytes, const char *name,
                           double duration, mien_error *error) {
  *to = NULL;
  if (bytes > TRANSCRIPT_BYTES_MAX)
    return base_error_set(error, MIEN_ELIMIT, name, "split it, together with its recording",
                          "the transcript has %zu bytes, the limit is %d", bytes,
                          TRANSCRIPT_BYTES_MAX);
  if (bytes >= 2 && (!memcmp(data, "\xff\xfe", 2) || !memcmp(data, "\xfe\xff", 2)))
    return base_error_set(error, MIEN_EFORMAT, name, "save it as UTF-8: iconv -f UTF-16 -t UTF-8",
                          "the transcript is UTF-16");
  transcript *t = base_alloc(1, sizeof *t);
  if (!t) return base_error_set(error, MIEN_ENOMEM, name, "", "out of memory");
  base_text text = {0};
  int code = MIEN_OK;
  t->unit = "line";
  t->form = "txt";
  t->name = base_strdup(name);
  if (!t->name) t->failed = true;
  else clean(t, data, bytes, &text);
  if (!t->failed) code = read_form(t, text.data ? text.data : "", text.length, error);
  base_text_clear(&text);
  if (!code && !t->failed) {
    set_words(t);
    mend_times(t, duration);
    if (t->count) sort_turns(t);
    count_lost(t);
  }
  if (t->failed) code = base_error_set(error, MIEN_ENOMEM, name, "split it", "out of memory");
  else if (!code && !t->count)
    code = base_error_set(error, MIEN_EEMPTY, name, "check that it is the right file",
                          "there is no text in the transcript");
  if (code) transcript_close(&t);
  *to = t;
  return code;
}

int transcript_open(transcript **to, const char *path, double duration, mien_error *error) {
  *to = NULL;
  struct stat about;
  errno = 0;
  FILE *file = stat(path, &about) || !S_ISREG(about.st_mode) ? NULL : fopen(path, "rb");
  if (!file)
    return base_error_set(error, MIEN_EIO, path, "check the name and the folder",
                          "cannot open the transcript: %s",
                          errno ? strerror(errno) : "this is not a file");
  size_t size = (size_t)BASE_MIN(about.st_size, (off_t)TRANSCRIPT_BYTES_MAX + 1), got = 0;
  char *data = base_resize(NULL, size + 1, 1);
  if (data) got = fread(data, 1, size, file);
  bool bad = ferror(file) != 0;
  fclose(file);
  int code;
  if (!data) code = base_error_set(error, MIEN_ENOMEM, path, "split it", "out of memory");
  else if (bad) code = base_error_set(error, MIEN_EIO, path, "copy the file again",
                                      "the transcript cannot be read");
  else code = transcript_open_memory(to, data, got, path, duration, error);
  base_free(data);
  return code;
}

void transcript_close(transcript **to) {
  transcript *t = *to;
  if (!t) return;
  while (t->blocks) {
    struct transcript_block *block = t->blocks;
    t->blocks = block->next;
    base_free(block);
  }
  base_free(t->words);
  base_free(t->turns);
  base_free(t->name);
  base_free(t);
  *to = NULL;
}

const char *transcript_format(const transcript *t) {
  return t->form;
}

size_t transcript_count(const transcript *t) {
  return t->count;
}

const transcript_turn *transcript_at(const transcript *t, size_t index) {
  return index < t->count ? &t->turns[index] : NULL;
}

size_t transcript_warning_count(const transcript *t) {
  return t->warning_count;
}

const mien_error *transcript_warning_at(const transcript *t, size_t index) {
  return index < t->warning_count ? &t->warnings[index] : NULL;
}

int transcript_find(const char *media_path, char *found, size_t capacity) {
  static const char *const endings[] = {".srt", ".vtt", ".json", ".txt"};
  const char *slash = strrchr(media_path, '/'), *name = slash ? slash + 1 : media_path;
  const char *dot = strrchr(name, '.');
  int stem = (int)(dot && dot > name ? dot - media_path : (ptrdiff_t)strlen(media_path));
  const int stems[] = {stem, (int)strlen(media_path)};
  for (size_t s = 0; s < BASE_COUNT(stems); s++)
    for (size_t i = 0; i < BASE_COUNT(endings); i++) {
      struct stat about;
      int length = snprintf(found, capacity, "%.*s%s", stems[s], media_path, endings[i]);
      if (length > 0 && (size_t)length < capacity && strcmp(found, media_path) &&
          !stat(found, &about) && S_ISREG(about.st_mode))
        return MIEN_OK;
    }
  if (capacity) *found = 0;
  return MIEN_EEMPTY;
}
