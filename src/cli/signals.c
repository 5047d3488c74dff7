/* signals.c: `mien signals`: a personal dictionary of signals: new, add, drop, show, tell, listen. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/adapt_log.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "signals/signals.h"

enum { FILE_MOST = 64 << 20, RATE = 16000, BLOCK = RATE / 10, LONGEST = 6 * RATE, PAUSE = 4 /* blocks */ };

static const char *person, *consent, *models;
static int seal_it;

static const cli_option options[] = {
    {"person", OPTION_TEXT, "NAME", &person, "new: whose signals; a name that only you know is enough", 0, 0},
    {"consent", OPTION_TEXT, "WHO", &consent, "new: who agreed for this person, and when", 0, 0},
    {"seal", OPTION_FLAG, NULL, &seal_it, "new: seal the file under the passphrase in MIEN_SIGNALS_PASSPHRASE", 0, 0},
    {"models", OPTION_TEXT, "DIR", &models, "*.mien files in place of those inside the program", 0, 0},
    {0},
};
static const cli_usage usage = {
    "signals", "ACTION FILE …",
    "A dictionary of one person's own signals, for people who do not speak: a carer shows a few sounds, faces or movements of each\n"
    "(comfort, distress, yes, no, want, or any name), and new ones are told apart. Nothing leaves this machine; sounds\n"
    "and pictures are not kept, what was computed of them is. FILE is the dictionary. ACTION:\n"
    "  new FILE --person NAME --consent WHO    begins one\n"
    "  add FILE SIGNAL RECORDING…              examples of a signal; five are a good beginning\n"
    "  drop FILE SIGNAL                        forgets a signal\n"
    "  show FILE                               what is in it, and how often left-out examples are told rightly\n"
    "  tell FILE RECORDING…                    which signal, how sure, or none of these; a line of JSON each\n"
    "  listen FILE                             the same, live: sound on standard input, 16 kHz, 16 bits, mono\n",
    options,
    "  mien signals new kim.signals --person kim --consent 'mother, 2026-03-01'\n"
    "  mien signals add kim.signals yes yes-*.wav\n"
    "  arecord -q -f S16_LE -r 16000 -c 1 -t raw | mien signals listen kim.signals\n"};

static int complain(const mien_error *error) {
  cli_complain_of("signals", error);
  return error->code == MIEN_EPOLICY ? CLI_POLICY : CLI_NOTHING;
}

typedef struct book {
  signals_dictionary *dictionary;
  bool sealed;
} book;

static int book_open(book *b, const char *path, mien_error *error) {
  char *bytes = NULL;
  size_t count;
  int code = cli_file_whole(path, FILE_MOST, &bytes, &count, error);
  b->sealed = !code && count >= 8 && !memcmp(bytes, "MIENSIG1", 8);
  if (!code) code = signals_read(&b->dictionary, bytes, count, getenv("MIEN_SIGNALS_PASSPHRASE"), error);
  free(bytes);
  return code;
}

static int book_write(const book *b, const char *path, mien_error *error) {
  base_text text = {0};
  const char *passphrase = b->sealed ? getenv("MIEN_SIGNALS_PASSPHRASE") : NULL;
  if (b->sealed && (!passphrase || !*passphrase)) return base_error_set(error, MIEN_EPOLICY, path, "put it into MIEN_SIGNALS_PASSPHRASE", "there is no passphrase to seal with");
  int code = signals_write(b->dictionary, passphrase, &text, error);
  if (!code && !base_file_replace(path, text.data ? text.data : "", text.length)) code = base_error_set(error, MIEN_EIO, path, "", "%s", strerror(errno));
  base_text_clear(&text);
  return code;
}

static int make_new(const char *path) {
  book b = {.sealed = seal_it};
  mien_error error = {0};
  int code = MIEN_OK;
  if (!access(path, F_OK)) code = base_error_set(&error, MIEN_EIO, path, "choose another name", "the file is there already");
  if (!code) code = signals_open(&b.dictionary, person ? person : "person", consent, &error);
  if (!code) code = book_write(&b, path, &error);
  signals_close(&b.dictionary);
  return code ? complain(&error) : CLI_DONE;
}

static int add(book *b, mien_engine *engine, const char *path, const char *signal, char **files, int count) {
  int added = 0;
  for (int i = 0; i < count; i++) { /* one bad recording among many is named, and the rest is taken */
    signals_clip clip;
    mien_error error = {0};
    int code = signals_clip_read(engine, files[i], &clip, &error);
    for (int k = 0; k < SIGNALS_MODALITIES && !code; k++)
      if (clip.length[k]) code = signals_add(b->dictionary, signal, k, clip.point[k], clip.length[k], &error);
    if (code) cli_complain(files[i], &error);
    added += !code;
  }
  mien_error error = {0};
  if (added && book_write(b, path, &error)) return complain(&error);
  printf("%d example%s of %s added\n", added, added == 1 ? "" : "s", signal);
  return added ? CLI_DONE : CLI_NOTHING;
}

static void show_check(signals_dictionary *d, int modality, const char *name) {
  signals_check check;
  mien_error error = {0};
  if (signals_leave_one_out(d, modality, &check, &error)) {
    printf("%s: %s; %s\n", name, error.what, error.remedy);
    return;
  }
  printf("%s: each example told from the others: %zu of %zu rightly (%.0f %%), %zu as none of these; by chance %.0f %%\n", name, check.right, check.count,
         100.0 * (double)check.right / (double)BASE_MAX(check.count, 1), check.none, 100.0 / (double)BASE_MAX(signals_count(d), 1));
  for (size_t i = 0; i < signals_count(d); i++)
    for (size_t j = 0; j < signals_count(d); j++)
      if (i != j && check.table[i][j]) printf("  %zu of %s taken for %s\n", check.table[i][j], signals_name(d, i), signals_name(d, j));
}

static int show(signals_dictionary *d) {
  printf("of %s; consent: %s\n", signals_person(d), signals_consent(d));
  for (size_t s = 0; s < signals_count(d); s++)
    printf("  %-20s %3zu sounds, %3zu faces, %3zu movements\n", signals_name(d, s), signals_examples(d, s, SIGNALS_VOICE), signals_examples(d, s, SIGNALS_FACE),
           signals_examples(d, s, SIGNALS_BODY));
  show_check(d, SIGNALS_VOICE, "sounds"), show_check(d, SIGNALS_FACE, "faces"), show_check(d, SIGNALS_BODY, "movements");
  return CLI_DONE;
}

static int tell(signals_dictionary *d, const signals_clip *clip, const char *file, double at, double until) {
  signals_told told;
  mien_error error = {0};
  if (signals_tell_clip(d, clip, &told, &error)) return complain(&error);
  base_text text = {0};
  base_json out;
  base_json_init(&out, &text);
  base_json_open(&out, NULL, '{');
  if (file) base_json_string(&out, "file", file);
  else base_json_number(&out, "t0", at, 2), base_json_number(&out, "t1", until, 2);
  signals_told_write(&out, d, &told);
  base_json_close(&out, '}');
  base_text_puts(&text, "\n");
  if (!text.failed) fwrite(text.data, 1, text.length, stdout);
  fflush(stdout);
  base_text_clear(&text);
  return CLI_DONE;
}

static int tell_all(signals_dictionary *d, mien_engine *engine, char **files, int count) {
  int result = CLI_NOTHING;
  for (int i = 0; i < count; i++) {
    signals_clip clip;
    mien_error error = {0};
    if (signals_clip_read(engine, files[i], &clip, &error)) cli_complain(files[i], &error);
    else if (!tell(d, &clip, files[i], 0, 0)) result = CLI_DONE;
  }
  return result;
}

/* Sounds begin 10 dB above what is usual lately, and end after 0.4 s below that. */
static int listen_to(signals_dictionary *d, mien_engine *engine) {
  int16_t block[BLOCK];
  float *pcm = malloc((size_t)LONGEST * sizeof *pcm), usual = 1e-4f;
  size_t count = 0, quiet = 0;
  double at = 0;
  for (bool more = pcm != NULL; more; at += 0.1) {
    more = fread(block, sizeof *block, BLOCK, stdin) == BLOCK;
    float power = 0;
    for (size_t i = 0; i < BLOCK && more; i++) power += (float)block[i] * (float)block[i] / (32768.0f * 32768.0f * BLOCK);
    bool sounds = more && power > 10 * usual && power > 1e-6f;
    if (!sounds && more) usual += (power < usual ? 0.5f : 0.05f) * (power - usual), usual = BASE_MAX(usual, 1e-8f);
    quiet = sounds ? 0 : quiet + 1;
    if (sounds || count)
      for (size_t i = 0; i < BLOCK && more; i++) pcm[count++] = (float)block[i] / 32768.0f;
    if (!count || (more && quiet < PAUSE && count + BLOCK <= LONGEST)) continue;
    signals_clip clip = {0};
    mien_error error = {0};
    if (!signals_clip_sound(engine, pcm, count, &clip, &error)) tell(d, &clip, NULL, at + 0.1 - (double)count / RATE, at + 0.1);
    count = 0;
  }
  free(pcm);
  return CLI_DONE;
}

int cli_signals(int argc, char **argv) {
  int code = cli_options_read(&usage, &argc, argv);
  if (code != OPTIONS_GO) return code;
  const char *action = argc > 1 ? argv[1] : "";
  bool adds = !strcmp(action, "add") && argc >= 5, tells = !strcmp(action, "tell") && argc >= 4, listens = !strcmp(action, "listen") && argc == 3,
       shows = !strcmp(action, "show") && argc == 3, drops = !strcmp(action, "drop") && argc == 4;
  if (!strcmp(action, "new") && argc == 3) return make_new(argv[2]);
  if (!adds && !tells && !listens && !shows && !drops) return cli_options_wrong(&usage, "'%s' is no action with these operands", action);
  book b = {0};
  mien_engine *engine = NULL;
  mien_error error = {0};
  mien_engine_options how = {.size = sizeof how, .models = models};
  if (book_open(&b, argv[2], &error) || ((adds || tells || listens) && mien_engine_open(&engine, &how, &error))) {
    signals_close(&b.dictionary);
    return complain(&error);
  }
  if (adds) code = add(&b, engine, argv[2], argv[3], argv + 4, argc - 4);
  else if (tells) code = tell_all(b.dictionary, engine, argv + 3, argc - 3);
  else if (listens) code = listen_to(b.dictionary, engine);
  else if (shows) code = show(b.dictionary);
  else if (signals_drop(b.dictionary, argv[3], &error) || book_write(&b, argv[2], &error)) code = complain(&error);
  else code = CLI_DONE;
  mien_engine_close(&engine);
  signals_close(&b.dictionary);
  return code;
}
