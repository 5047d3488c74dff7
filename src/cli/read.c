/* read.c: `mien read`: recordings and transcripts to timelines, on the screen, as a report, and in
 * the forms that other programs read. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "cli/conversation.h"
#include "cli/export.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/people.h"
#include "cli/reader.h"
#include "cli/show.h"
#include "cli/terminal.h"
#include "cli/usual_file.h"
#include "report/report.h"
#include "respond/respond.h"

enum { FORMATS_MAX = 8 };

static int json;
static const char *html, *language, *usual, *formats, *out_path, *words = "on", *who, *transcript_path, *models, *model;
static double fps = 10;
static int side = 640, speakers = 1;

static const cli_option options[] = {
    {"json", OPTION_FLAG, NULL, &json,
     "lines of JSON as they come (turns, readings, states), not the\nreadable timeline", 0, 0},
    {"html", OPTION_TEXT, "FILE", &html,
     "write the report, one page that needs nothing else; of several\n"
     "recordings FILE-2.html, FILE-3.html … are the further ones", 0, 0},
    {"language", OPTION_TEXT, "CODE", &language,
     "of what the report suggests: en zh es de fr ar; usual: that of what was\nsaid, or English", 0, 0},
    {"format", OPTION_TEXT, "LIST", &formats, "write these: jsonl,csv,emotionml,vtt,textgrid,elan", 0, 0},
    {"out", OPTION_TEXT, "PATH", &out_path,
     "where --format writes: a file, or a folder, in which each is named\n"
     "after its recording. Without it, one form goes to standard output", 0, 0},
    {"words", OPTION_TEXT, "on|off", &words,
     "recognise words where there is no transcript (on)", 0, 0},
    {"transcript", OPTION_TEXT, "FILE", &transcript_path,
     ".srt, .vtt, .txt or .json, rather than the one beside the recording", 0, 0},
    {"who", OPTION_TEXT, "LIST", &who,
     "names: \"left=customer,right=agent\"; also 1=…, 2=… for channels,\n"
     "speaker=… (one channel), speaker-1=… (--speakers), camera=… (pictures), NAME=… (transcript)", 0, 0},
    {"usual", OPTION_TEXT, "WHO=FILE", &usual, "what is usual for this person, by `mien usual`: compared with from the first word", 0, 0},
    {"speakers", OPTION_INTEGER, "N", &speakers,
     "of a recording with one channel and no transcript: tell N voices\n"
     "apart, each a person; 0 finds out how many (1)", 0, 8},
    {"fps", OPTION_NUMBER, "N", &fps, "pictures of a video to look at, a second (10)", 0.1, 120},
    {"side", OPTION_INTEGER, "N", &side, "scale pictures down to N pixels on the longer side (640)", 64, 8192},
    CLI_OPTION_MODEL(&model, "(usual) is deep where there is one"),
    CLI_OPTION_MODELS(&models),
    {0},
};

static const cli_usage usage = {
    "read", "FILE…",
    "Reads what emotion each person expresses in a conversation: any sound or video that FFmpeg\n"
    "reads, with the transcript beside it (call.opus: call.srt, .vtt, .json, .txt), or a transcript\n"
    "alone. Prints a timeline; says, for each turn, what is expressed, how sure that is, and by what.\n"
    "A recording that cannot be read is named with the reason, and the others are still read.\n",
    options,
    "  mien read call.opus --who left=customer,right=agent --html report.html\n"
    "  mien read interviews/*.mp4 --format csv,textgrid --out results/\n"
    "  mien read chat.txt --json\n"};

/* ---- What is made of a recording ---- */

typedef struct run {
  mien_engine *engine;
  conversation_names names;
  const cli_export *wanted[FORMATS_MAX];
  size_t wanted_count;
  char **files;
  size_t file_count, at; /* the recording being read */
  bool folder;           /* --out is one */
  cli_output together;   /* where the one form goes that holds several recordings, or that was
                            asked for without --out; .file NULL: there is none */
  cli_output screen;     /* standard output: the timeline, or --json */
  size_t read;           /* recordings that something was found in */
  bool failed;           /* something could not be written */
  char usual_of[NAME_BYTES];
  usual_file usual;      /* --usual */
} run;

typedef struct recording {
  run *run;
  const char *file;
  timeline line;
  report *page; /* NULL: not wanted */
  mien_people *people; /* NULL without --json */
  base_text text; /* of what is being written */
  bool met;       /* the person of --usual was read */
} recording;

static int take_event(void *context, const mien_event *event) {
  recording *r = context;
  r->met |= event->kind == MIEN_EVENT_READING && event->reading.who && !strcmp(event->reading.who, r->run->usual_of);
  if (json) {
    base_text_reset(&r->text);
    export_event_json(r->file, event, &r->text);
    if (r->text.failed) return MIEN_ENOMEM;
    if (!cli_output_write(&r->run->screen, r->text.data, r->text.length)) return MIEN_EIO;
    if (mien_people_event(r->people, event)) return MIEN_ENOMEM;
  }
  bool kept = !json || r->run->wanted_count; /* lines alone need no memory of what was */
  int result = kept ? timeline_add(&r->line, event) : MIEN_OK;
  if (result == MIEN_OK && r->page) result = report_add_event(r->page, event);
  return result;
}

static int take_audio(void *context, const char *name, const float *pcm, size_t count, double at) {
  recording *r = context;
  return r->page ? report_add_audio(r->page, name, pcm, count, at) : MIEN_OK;
}

static void take_note(void *context, const char *text) {
  recording *r = context;
  if (r->page) report_add_note(r->page, text);
}

static int take_session(void *context, mien_session *session, bool over) {
  const recording *r = context;
  const usual_file *u = &r->run->usual;
  if (over && u->json && !r->met) cli_note(r->file, "nothing of '%s' was read in it: --usual was of no use", r->run->usual_of);
  return over || !u->json ? MIEN_OK : mien_session_usual_set(session, r->run->usual_of, u->json, strlen(u->json));
}

/* ---- Names of what is written ---- */

/* The recording's name without folder and ending. */
static void stem(const char *file, char *to, size_t size) {
  const char *slash = strrchr(file, '/'), *name = slash ? slash + 1 : file;
  const char *dot = strrchr(name, '.');
  int bytes = dot && dot != name ? (int)(dot - name) : (int)strlen(name);
  snprintf(to, size, "%.*s", bytes, name);
}

/* FOLDER/call.mien.vtt: never the name of a transcript. A second recording of the same name gets
 * its number. */
static void export_path(const run *r, const cli_export *form, char *to, size_t size) {
  char name[256], other[256], number[32] = "";
  stem(r->files[r->at], name, sizeof name);
  for (size_t i = 0; i < r->at; i++) {
    stem(r->files[i], other, sizeof other);
    if (!strcmp(name, other)) snprintf(number, sizeof number, "-%zu", r->at + 1);
  }
  snprintf(to, size, "%s/%s%s.mien%s", out_path, name, number, form->ending);
}

/* report.html, report-2.html, … */
static void page_path(const run *r, char *to, size_t size) {
  const char *slash = strrchr(html, '/'), *dot = strrchr(html, '.');
  int bytes = dot && dot > (slash ? slash : html) ? (int)(dot - html) : (int)strlen(html);
  if (!r->at) snprintf(to, size, "%s", html);
  else snprintf(to, size, "%.*s-%zu%s", bytes, html, r->at + 1, html + bytes);
}

/* ---- Writing ---- */

static void close_output(run *r, cli_output *output) {
  mien_error error = {0};
  if (!output->file || cli_output_close(output, &error) == MIEN_OK) return;
  cli_complain(NULL, &error);
  r->failed = true;
}

static void write_exports(recording *rec) {
  run *r = rec->run;
  for (size_t i = 0; i < r->wanted_count; i++) {
    const cli_export *form = r->wanted[i];
    bool first = !r->read || !r->together.file;
    base_text_reset(&rec->text);
    if (form->head && first) form->head(&rec->text);
    form->write(&rec->line, &rec->text);
    if (rec->text.failed) {
      mien_error error = {0};
      base_error_set(&error, MIEN_ENOMEM, "", "", "not enough memory to write %s", form->name);
      cli_complain(rec->file, &error);
      r->failed = true;
      continue;
    }
    cli_output own = {0}, *output = &r->together;
    char path[4096];
    if (!r->together.file) {
      mien_error error = {0};
      if (r->folder) export_path(r, form, path, sizeof path);
      else snprintf(path, sizeof path, "%s", out_path);
      output = &own;
      if (cli_output_open(output, path, &error) != MIEN_OK) {
        cli_complain(NULL, &error);
        r->failed = true;
        continue;
      }
    }
    cli_output_write(output, rec->text.data ? rec->text.data : "", rec->text.length);
    if (output == &own) close_output(r, output);
  }
}

static void write_page(recording *rec) {
  run *r = rec->run;
  char path[4096];
  mien_error error = {0};
  cli_output output;
  page_path(r, path, sizeof path);
  int result = cli_output_open(&output, path, &error);
  if (result == MIEN_OK) {
    int written = report_write(rec->page, output.file);
    result = cli_output_close(&output, &error);
    if (result == MIEN_OK && written != MIEN_OK)
      result = base_error_set(&error, written, path, "make room on the disk", "cannot write: %s",
                              mien_error_message(written));
  }
  if (result != MIEN_OK) {
    cli_complain(NULL, &error);
    r->failed = true;
    return;
  }
  char *whole = realpath(path, NULL);
  if (json || r->together.file == stdout) fprintf(stderr, "report: %s\n", whole ? whole : path);
  else {
    base_text_reset(&rec->text);
    base_text_printf(&rec->text, "\nreport: %s\n", whole ? whole : path);
    cli_output_write(&r->screen, rec->text.data, rec->text.length);
  }
  free(whole);
}

static void write_timeline(recording *rec, const conversation_about *about) {
  run *r = rec->run;
  show_options how = {cli_width(), cli_colours(), about->untimed};
  base_text_reset(&rec->text);
  long seconds = lround(rec->line.duration);
  base_text_printf(&rec->text, "%s%s%s%s", r->at ? "\n" : "", how.colours ? "\033[1m" : "", rec->file,
                   how.colours ? "\033[0m" : "");
  if (!about->untimed) base_text_printf(&rec->text, "  %ld:%02ld", seconds / 60, seconds % 60);
  base_text_puts(&rec->text, "\n\n");
  show_timeline(&rec->line, &how, &rec->text);
  if (rec->text.data) cli_output_write(&r->screen, rec->text.data, rec->text.length);
  cli_output_flush(&r->screen);
}

/* The last line of a recording: what went on between its people. */
static void write_between(recording *rec) {
  base_text_reset(&rec->text);
  if (mien_people_count(rec->people) && cli_people_json(rec->file, rec->people, &rec->text) == MIEN_OK)
    cli_output_write(&rec->run->screen, rec->text.data, rec->text.length);
}

static void read_one(run *r) {
  recording rec = {.run = r, .file = r->files[r->at]};
  timeline_init(&rec.line, rec.file);
  mien_error error = {0};
  conversation_about about;
  conversation_options how = {transcript_path, !strcmp(words, "on"), &r->names, fps, side, speakers};
  conversation_sink sink = {take_event, take_audio, take_note, &rec, take_session};
  int result = html ? report_open(&rec.page, rec.file) : MIEN_OK;
  if (rec.page && language) report_language(rec.page, language);
  if (result == MIEN_OK && json) result = mien_people_open(&rec.people, &error);
  if (result == MIEN_OK) result = conversation_read(r->engine, rec.file, &how, &sink, &about, &error);
  cli_progress_clear();
  bool gone = r->screen.closed || r->screen.failed; /* said at the end, if at all */
  if (result == MIEN_OK) {
    if (about.duration > 0) rec.line.duration = about.duration;
    timeline_finish(&rec.line);
    if (json) write_between(&rec);
    if (!json && r->together.file != stdout) write_timeline(&rec, &about);
    write_exports(&rec);
    if (rec.page) write_page(&rec);
    r->read++;
  } else if (!gone) {
    if (!error.code) base_error_set(&error, result, "", "", "%s", mien_error_message(result));
    cli_complain(rec.file, &error);
  }
  mien_people_close(&rec.people);
  report_close(&rec.page);
  timeline_clear(&rec.line);
  base_text_clear(&rec.text);
}

/* ---- What was asked for ---- */

static int find_formats(run *r) {
  for (const char *at = formats; at && *at;) {
    size_t length = strcspn(at, ",");
    const cli_export *form = cli_export_find(at, length);
    if (!form) return cli_options_wrong(&usage, "there is no format '%.*s'", (int)length, at);
    if (r->wanted_count == FORMATS_MAX) return cli_options_wrong(&usage, "too many formats");
    r->wanted[r->wanted_count++] = form;
    at += length + (at[length] == ',');
  }
  return OPTIONS_GO;
}

static int find_outputs(run *r) {
  struct stat about;
  size_t length = out_path ? strlen(out_path) : 0;
  bool one_file = r->wanted_count == 1 && (r->wanted[0]->many || r->file_count == 1);
  if (!r->wanted_count)
    return out_path ? cli_options_wrong(&usage, "--out goes with --format") : OPTIONS_GO;
  if (!out_path) {
    if (json) return cli_options_wrong(&usage, "--json and --format would both write to standard "
                                               "output: say where with --out");
    if (!one_file) return cli_options_wrong(&usage, "several files are to be written: name a folder with --out");
    return OPTIONS_GO;
  }
  r->folder = (!stat(out_path, &about) && S_ISDIR(about.st_mode)) || (length && out_path[length - 1] == '/');
  if (!r->folder && !one_file) r->folder = true;
  if (r->folder && mkdir(out_path, 0777) && (stat(out_path, &about) || !S_ISDIR(about.st_mode)))
    return cli_options_wrong(&usage, "the folder '%s' cannot be made", out_path);
  return OPTIONS_GO;
}

static int find_usual(run *r) {
  const char *is = strchr(usual, '=');
  mien_error error = {0};
  if (!is || is == usual || (size_t)(is - usual) >= sizeof r->usual_of) return cli_options_wrong(&usage, "--usual is NAME=FILE, with the name that the person has in the recording, not '%s'", usual);
  snprintf(r->usual_of, sizeof r->usual_of, "%.*s", (int)(is - usual), usual);
  return usual_file_read(&r->usual, is + 1, &error) ? cli_complain_of("read", &error) : OPTIONS_GO;
}

static int check_options(run *r) {
  if (!r->file_count) return cli_options_wrong(&usage, "name a recording or a transcript");
  if (strcmp(words, "on") && strcmp(words, "off"))
    return cli_options_wrong(&usage, "--words is on or off, not '%s'", words);
  if (cli_model_named(model) < 0)
    return cli_options_wrong(&usage, "--model is bulk, deep, auto or a .mien file, not '%s'", model);
  if (language && !html) return cli_options_wrong(&usage, "--language goes with --html");
  int known = language ? respond_language(language) : 0;
  if (known < 0 || (language && strcmp(language, respond_languages[known])))
    return cli_options_wrong(&usage, "--language is en, zh, es, de, fr or ar, not '%s'", language);
  if (transcript_path && r->file_count > 1)
    return cli_options_wrong(&usage, "--transcript goes with one recording");
  const char *wrong = conversation_names_parse(&r->names, who);
  if (wrong) return cli_options_wrong(&usage, "--who '%s': %s", who, wrong);
  int code = find_formats(r);
  return code == OPTIONS_GO ? find_outputs(r) : code;
}

int cli_read(int argc, char **argv) {
  run r = {0};
  int code = cli_options_read(&usage, &argc, argv);
  if (code != OPTIONS_GO) return code;
  r.files = argv + 1;
  r.file_count = (size_t)argc - 1;
  if ((code = check_options(&r)) != OPTIONS_GO) return code;
  if (usual && (code = find_usual(&r)) != OPTIONS_GO) return code;
  if (cli_engine_open(&r.engine, models, cli_model_named(model), cli_model_file(model)) != MIEN_OK) return usual_file_clear(&r.usual), CLI_NOTHING;
  mien_error error = {0};
  cli_output_open(&r.screen, NULL, &error);
  bool together = r.wanted_count && !r.folder;
  if (together && cli_output_open(&r.together, out_path, &error) != MIEN_OK) {
    cli_complain(NULL, &error);
    r.failed = true;
  }
  for (; !r.failed && r.at < r.file_count; r.at++) {
    read_one(&r);
    if (r.screen.closed || r.screen.failed || r.together.closed || r.together.failed) break;
  }
  if (r.together.file != stdout) close_output(&r, &r.screen);
  bool closed = r.screen.closed || r.together.closed;
  close_output(&r, &r.together);
  mien_engine_close(&r.engine);
  usual_file_clear(&r.usual);
  return !r.failed && (r.read || closed) ? CLI_DONE : CLI_NOTHING;
}
