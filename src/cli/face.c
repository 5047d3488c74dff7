/* face.c: `mien face`: what each face in pictures and videos expresses, a line of JSON a face. */
#include <stdio.h>

#include "cli/batch.h"
#include "cli/cli.h"
#include "cli/export.h"
#include "cli/options.h"
#include "cli/reader.h"
#include "media/media.h"

enum { STILL_SIDE = 1600 /* pixels: faces of a group are small */ };

static int aligned, tracks, no_cues, threads, side;
static double fps = 10, every = 0.5;
static const char *list, *out_path, *models;

static const cli_option options[] = {
    {"aligned", OPTION_FLAG, NULL, &aligned,
     "each picture is one face already, cut out: exactly one line a file", 0, 0},
    {"tracks", OPTION_FLAG, NULL, &tracks, "of a video, one line for each face followed through it", 0, 0},
    {"every", OPTION_NUMBER, "S", &every, "of a video, a line for a face every S seconds (0.5);\n"
                                          "0: for every picture looked at", 0, 60},
    {"fps", OPTION_NUMBER, "N", &fps, "pictures of a video to look at, a second (10)", 0.1, 120},
    {"side", OPTION_INTEGER, "N", &side,
     "scale pictures down to N pixels on the longer side (videos 640,\nstills 1600); boxes are in "
     "pixels of the file all the same", 64, 8192},
    {"no-cues", OPTION_FLAG, NULL, &no_cues, "leave the cues out", 0, 0},
    {"list", OPTION_TEXT, "FILE|-", &list, "read the names of more files from there, one a line", 0, 0},
    {"jobs", OPTION_INTEGER, "N", &threads, "threads (as many as there are processors)", 1, 64},
    {"out", OPTION_TEXT, "FILE", &out_path, "write there, not to standard output", 0, 0},
    CLI_OPTION_MODELS(&models),
    {0},
};

static const cli_usage usage = {
    "face", "FILE…",
    "Reads what emotion each face in pictures and videos expresses. Writes one line of JSON a face, in\n"
    "order, with `file`, `box` (x, y, width, height in pixels), `track` and `t0` (seconds).\n",
    options,
    "  mien face group.jpg\n"
    "  mien face --tracks interview.mp4\n"
    "  mien face --aligned --list crops.txt > faces.jsonl\n"};

typedef struct watcher {
  cli_batch_item *item;
  bool finals;  /* the lines wanted are those of whole tracks */
  double scale; /* of the picture as read to the file's */
  size_t faces;
} watcher;

static int take(void *context, const mien_event *event) {
  watcher *w = context;
  if (event->kind != MIEN_EVENT_READING || event->reading.modality != MIEN_FACE) return MIEN_OK;
  if (!event->reading.final == w->finals) return MIEN_OK;
  mien_event out = *event;
  for (int i = 0; i < 4; i++) out.reading.box[i] /= (float)w->scale;
  out.reading.who = NULL;
  w->faces++;
  export_event_json(w->item->file, &out, &w->item->out);
  return MIEN_OK;
}

static int read_pictures(media_reader *reader, mien_session *session, watcher *w) {
  media_item frame;
  int result;
  while ((result = media_next(reader, &frame, &w->item->error)) == MIEN_OK) {
    if (frame.kind == MEDIA_WARNING) cli_batch_note(w->item, "%s", frame.warning->what);
    if (frame.kind != MEDIA_PICTURE) continue;
    do {
      result = mien_session_feed_frame(session, "face", &frame.picture, frame.at);
      int drained = cli_drain(session, take, w);
      if (drained != MIEN_OK) result = drained;
    } while (result == MIEN_EAGAIN);
    if (result != MIEN_OK) {
      w->item->error = *mien_session_error(session);
      return result;
    }
  }
  if (result != MIEN_EEND) return result;
  mien_session_finish(session);
  return cli_drain(session, take, w);
}

static void media_how(media_options *how, bool still) {
  media_options_init(how);
  how->audio = false;
  how->max_fps = fps;
  how->max_side = side ? side : still ? STILL_SIDE : 640;
}

/* Faces anywhere in the pictures. */
static void work_found(void *context, cli_batch_item *item) {
  media_options how;
  media_how(&how, true);
  media_reader *reader = NULL;
  mien_session *session = NULL;
  item->result = cli_file_check(item->file, &item->error);
  if (item->result == MIEN_OK) item->result = media_open(&reader, item->file, &how, &item->error);
  if (item->result == MIEN_OK && !media_describe(reader)->still && !side) {
    media_close(&reader); /* a video: read it smaller */
    media_how(&how, false);
    item->result = media_open(&reader, item->file, &how, &item->error);
  }
  watcher w = {.item = item, .scale = 1};
  if (item->result == MIEN_OK) {
    const media_info *info = media_describe(reader);
    mien_session_options what = MIEN_SESSION_USUAL;
    what.read = MIEN_READ_FACE;
    what.states = 0;
    what.cues = !no_cues;
    what.face_every = info->still ? 0 : every;
    w.finals = tracks && !info->still;
    w.scale = info->scale > 0 ? info->scale : 1;
    item->result = mien_session_open(&session, context, &what, &item->error);
  }
  if (item->result == MIEN_OK) item->result = read_pictures(reader, session, &w);
  if (item->result == MIEN_OK && !w.faces)
    item->result = base_error_set(&item->error, MIEN_EEMPTY, "in the whole picture",
                                  "a face must be lit, and some 24 pixels wide at the size it is "
                                  "read at (--side)",
                                  "no face was found");
  mien_session_close(&session);
  media_close(&reader);
}

/* A crop of one face: always a line, one that abstains where the file cannot be read. */
static void work_aligned(void *context, cli_batch_item *item) {
  media_options how;
  media_how(&how, true);
  media_reader *reader = NULL;
  media_item picture = {.kind = MEDIA_WARNING};
  mien_reading reading;
  item->result = cli_file_check(item->file, &item->error);
  if (item->result == MIEN_OK) item->result = media_open(&reader, item->file, &how, &item->error);
  while (item->result == MIEN_OK && picture.kind != MEDIA_PICTURE)
    item->result = media_next(reader, &picture, &item->error);
  if (item->result == MIEN_EEND) item->result = MIEN_EEMPTY;
  if (item->result == MIEN_OK)
    item->result = mien_face_read_aligned(context, &picture.picture, &reading, &item->error);
  if (item->result != MIEN_OK) {
    base_reading_init(&reading, MIEN_FACE);
    reading.final = 1;
    reading.abstain = "the picture could not be read";
  }
  reading.who = NULL;
  if (no_cues) reading.cue_count = 0;
  mien_event event = {.kind = MIEN_EVENT_READING, .reading = reading};
  export_event_json(item->file, &event, &item->out);
  media_close(&reader);
}

int cli_face(int argc, char **argv) {
  int code = cli_options_read(&usage, &argc, argv);
  if (code != OPTIONS_GO) return code;
  if (argc < 2 && !list) return cli_options_wrong(&usage, "name a picture or a video");
  if (aligned && tracks) return cli_options_wrong(&usage, "--aligned pictures have no tracks");
  mien_engine *engine;
  if (cli_engine_open(&engine, models, MIEN_MODEL_AUTO, NULL) != MIEN_OK) return CLI_NOTHING;
  cli_batch batch = {argv + 1, (size_t)argc - 1, list, out_path, threads, "pictures",
                     aligned ? work_aligned : work_found, engine};
  code = cli_batch_run(&batch);
  mien_engine_close(&engine);
  return code;
}
