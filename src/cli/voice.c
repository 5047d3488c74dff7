/* voice.c: `mien voice`: what each recording's voice expresses, a line of JSON a file. */
#include <stdio.h>

#include "cli/batch.h"
#include "cli/cli.h"
#include "cli/conversation.h"
#include "cli/export.h"
#include "cli/options.h"
#include "cli/reader.h"

static int segments, no_cues, threads;
static const char *list, *out_path, *models;

static const cli_option options[] = {
    {"segments", OPTION_FLAG, NULL, &segments,
     "a line for every utterance, of each channel that is a person", 0, 0},
    {"no-cues", OPTION_FLAG, NULL, &no_cues, "leave the cues out", 0, 0},
    {"list", OPTION_TEXT, "FILE|-", &list, "read the names of more files from there, one a line", 0, 0},
    {"jobs", OPTION_INTEGER, "N", &threads, "threads (as many as there are processors)", 1, 64},
    {"out", OPTION_TEXT, "FILE", &out_path, "write there, not to standard output", 0, 0},
    CLI_OPTION_MODELS(&models),
    {0},
};

static const cli_usage usage = {
    "voice", "FILE…",
    "Reads what emotion the voice in each recording expresses: any sound or video that FFmpeg reads.\n"
    "Writes one line of JSON for each file, in order, with `file`: the mean of its utterances,\n"
    "weighted by their length. A file without speech gives a line that abstains.\n",
    options,
    "  mien voice *.wav > voices.jsonl\n"
    "  mien voice --segments call.opus\n"};

typedef struct hearer {
  cli_batch_item *item;
  cli_summary summary;
  size_t utterances;
} hearer;

static int take(void *context, const mien_event *event) {
  hearer *h = context;
  if (event->kind != MIEN_EVENT_READING || event->reading.modality != MIEN_VOICE) return MIEN_OK;
  if (!event->reading.final) return MIEN_OK;
  h->utterances++;
  if (segments) export_event_json(h->item->file, event, &h->item->out);
  else cli_summary_add(&h->summary, &event->reading);
  return MIEN_OK;
}

static int feed(mien_session *session, const char *who, const media_item *block, hearer *h) {
  int result;
  do {
    result = mien_session_feed_audio(session, who, block->pcm, block->count, block->at);
    int drained = cli_drain(session, take, h);
    if (drained != MIEN_OK) return drained;
  } while (result == MIEN_EAGAIN);
  return result;
}

static int read_sound(media_reader *reader, mien_session *session, hearer *h) {
  static const char *const sides[] = {"left", "right"};
  int channels = media_describe(reader)->channels, result;
  media_item block;
  while ((result = media_next(reader, &block, &h->item->error)) == MIEN_OK) {
    char who[NAME_BYTES] = "speaker";
    if (block.kind == MEDIA_WARNING) cli_batch_note(h->item, "%s", block.warning->what);
    if (block.kind != MEDIA_AUDIO) continue;
    if (channels == 2) snprintf(who, sizeof who, "%s", sides[block.channel]);
    else if (channels > 2) snprintf(who, sizeof who, "channel-%d", block.channel + 1);
    if ((result = feed(session, who, &block, h)) != MIEN_OK) {
      h->item->error = *mien_session_error(session);
      return result;
    }
  }
  if (result != MIEN_EEND) return result;
  mien_session_finish(session);
  return cli_drain(session, take, h);
}

static void write_summary(hearer *h) {
  mien_reading reading;
  cli_summary_reading(&h->summary, "no speech was found", &reading);
  reading.who = NULL;
  mien_event event = {.kind = MIEN_EVENT_READING, .reading = reading};
  export_event_json(h->item->file, &event, &h->item->out);
}

static void work(void *context, cli_batch_item *item) {
  hearer h = {.item = item};
  cli_summary_init(&h.summary, MIEN_VOICE);
  media_options how;
  media_options_init(&how);
  how.pictures = false;
  how.channels = segments ? MEDIA_CHANNELS_AUTO : MEDIA_CHANNELS_MIX;
  mien_session_options what = MIEN_SESSION_USUAL;
  what.read = MIEN_READ_VOICE;
  what.states = 0;
  what.cues = !no_cues;
  media_reader *reader = NULL;
  mien_session *session = NULL;
  item->result = cli_file_check(item->file, &item->error);
  if (item->result == MIEN_OK) item->result = media_open(&reader, item->file, &how, &item->error);
  if (item->result == MIEN_OK)
    item->result = mien_session_open(&session, context, &what, &item->error);
  if (item->result == MIEN_OK) item->result = read_sound(reader, session, &h);
  if (item->result == MIEN_OK && !segments) write_summary(&h);
  if (item->result == MIEN_OK && !h.utterances)
    item->result = base_error_set(&item->error, MIEN_EEMPTY, "from beginning to end",
                                  "is it the right recording, and loud enough?",
                                  "no speech was found in its sound");
  mien_session_close(&session);
  media_close(&reader);
}

int cli_voice(int argc, char **argv) {
  int code = cli_options_read(&usage, &argc, argv);
  if (code != OPTIONS_GO) return code;
  if (argc < 2 && !list) return cli_options_wrong(&usage, "name a recording");
  mien_engine *engine;
  if (cli_engine_open(&engine, models, MIEN_MODEL_AUTO, NULL) != MIEN_OK) return CLI_NOTHING;
  cli_batch batch = {argv + 1, (size_t)argc - 1, list, out_path, threads, "recordings", work, engine};
  code = cli_batch_run(&batch);
  mien_engine_close(&engine);
  return code;
}
