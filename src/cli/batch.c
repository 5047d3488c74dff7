/* batch.c: one piece of work a file, in order, on several threads. */
#include "cli/batch.h"

#include <stdio.h>

#include "cli/cli.h"
#include "cli/jobs.h"
#include "cli/output.h"
#include "cli/records.h"
#include "cli/terminal.h"

typedef struct run {
  const cli_batch *batch;
  records *list;     /* NULL: none, or at its end */
  size_t next, done, found;
  cli_output output;
  bool failed;
} run;

/* The ring's items hold their own copy of the name: a listed one is gone with the next. */
typedef struct job {
  cli_batch_item item;
  base_text name;
} job;

void cli_batch_note(cli_batch_item *item, const char *format, ...) {
  char text[512];
  va_list list;
  va_start(list, format);
  vsnprintf(text, sizeof text, format, list);
  va_end(list);
  base_text_puts(&item->notes, text);
  base_text_puts(&item->notes, "\n");
}

static bool next_listed(run *r, base_text *name) {
  record line;
  mien_error error = {0};
  int result;
  while (r->list && (result = records_next(r->list, &line, &error)) != MIEN_EEND) {
    if (result != MIEN_OK) {
      cli_complain(r->batch->list, &error);
      r->failed = true;
      break;
    }
    if (!line.bytes) continue;
    base_text_add(name, line.text, line.bytes);
    return true;
  }
  return false;
}

static int take(void *context, void *to) {
  run *r = context;
  job *j = to;
  base_text_reset(&j->name);
  if (r->next < r->batch->count) base_text_puts(&j->name, r->batch->files[r->next++]);
  else if (!next_listed(r, &j->name)) return 0;
  if (j->name.failed) return 0;
  base_text_reset(&j->item.out);
  base_text_reset(&j->item.notes);
  j->item.error = (mien_error){0};
  j->item.result = MIEN_OK;
  j->item.file = j->name.data;
  return 1;
}

static void work(void *context, int thread, void *from) {
  run *r = context;
  r->batch->work(r->batch->context, &((job *)from)->item);
}

static int give(void *context, void *from) {
  run *r = context;
  cli_batch_item *item = &((job *)from)->item;
  for (char *line = item->notes.data; line && *line;) {
    size_t length = strcspn(line, "\n");
    cli_note(item->file, "%.*s", (int)length, line);
    line += length + (line[length] == '\n');
  }
  if (item->result == MIEN_OK && item->out.failed)
    item->result = base_error_set(&item->error, MIEN_ENOMEM, "", "", "out of memory");
  if (item->result != MIEN_OK) {
    if (!item->error.code)
      base_error_set(&item->error, item->result, "", "", "%s", mien_error_message(item->result));
    cli_complain(item->file, &item->error);
  } else {
    r->found++;
  }
  r->done++;
  if (r->batch->count > 1 || r->list)
    cli_progress(r->batch->what, (double)r->done, r->list ? 0 : (double)r->batch->count);
  return !item->out.length || cli_output_write(&r->output, item->out.data, item->out.length);
}

static void clear(void *context, void *from) {
  job *j = from;
  base_text_clear(&j->name);
  base_text_clear(&j->item.out);
  base_text_clear(&j->item.notes);
}

int cli_batch_run(const cli_batch *batch) {
  run r = {.batch = batch};
  mien_error error = {0};
  if (batch->list && records_open(&r.list, batch->list, NULL, &error) != MIEN_OK) {
    cli_complain(batch->list, &error);
    return CLI_NOTHING;
  }
  if (cli_output_open(&r.output, batch->out, &error) == MIEN_OK) {
    int threads = batch->threads ? batch->threads : cli_jobs_processors();
    if (!r.list && (size_t)threads > batch->count) threads = (int)batch->count;
    cli_jobs jobs = {BASE_MAX(threads, 1), sizeof(job), take, work, give, clear, &r};
    int result = cli_jobs_run(&jobs);
    cli_progress_clear();
    if (result != MIEN_OK) base_error_set(&error, result, "", "", "%s", mien_error_message(result));
    else cli_output_close(&r.output, &error);
  }
  if (error.code) {
    cli_complain(NULL, &error);
    r.failed = true;
  }
  records_close(&r.list);
  return !r.failed && (r.found || r.output.closed) ? CLI_DONE : CLI_NOTHING;
}
