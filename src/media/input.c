/* input.c: opening. FFmpeg gets its bytes from our own reader over one descriptor, so that a name is
 * never taken for an address, and a file can never make it open another one. */
#include "media/input.h"
#include "media/quiet.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

enum { IO_BUFFER = 1 << 16 };

/* Formats that are lists of other files, or that would take any text for a picture. */
static const char *const refused[] = {"hls", "applehttp", "concat", "dash", "imf", "sdp", "rtsp",
                                      "rtp", "sap", "vobsub", "tty", "image2", "webm_dash_manifest",
                                      "ffmetadata"};

int media_source_open(media_source *source, const char *name, mien_error *error) {
  *source = (media_source){.name = name, .fd = -1};
  int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    return base_error_set(error, MIEN_EIO, name,
                          errno == ENOENT   ? "check the name and the folder"
                          : errno == EACCES ? "give yourself the right to read it"
                                            : "check that the file can be read",
                          "cannot open the file: %s", strerror(errno));
  struct stat about;
  int code = MIEN_OK;
  if (fstat(fd, &about)) {
    code = base_error_set(error, MIEN_EIO, name, "check that the file can be read",
                          "cannot look at the file: %s", strerror(errno));
  } else if (S_ISDIR(about.st_mode)) {
    code = base_error_set(error, MIEN_EINVAL, name, "name the files in it, for example FOLDER/*",
                          "this is a folder, not a file");
  } else if (!S_ISREG(about.st_mode)) {
    code = base_error_set(error, MIEN_EUNSUPPORTED, name, "write it to a file first",
                          "this is a pipe or a device, which cannot be read twice");
  } else if (about.st_size == 0) {
    code = base_error_set(error, MIEN_EEMPTY, name, "copy or record the file again",
                          "the file is empty");
  }
  if (code) {
    close(fd);
    return code;
  }
  source->fd = fd;
  source->size = about.st_size;
  return MIEN_OK;
}

int media_source_memory(media_source *source, const void *data, size_t bytes, const char *name,
                        mien_error *error) {
  *source = (media_source){.name = name, .fd = -1, .memory = data, .size = (int64_t)bytes};
  if (bytes) return MIEN_OK;
  return base_error_set(error, MIEN_EEMPTY, name, "send the recording again", "there are no bytes");
}

void media_source_clear(media_source *source) {
  if (source->fd >= 0) close(source->fd);
  *source = (media_source){.fd = -1};
}

/* ---- What FFmpeg calls. */

int media_input_bytes(media_input *input, uint8_t *to, int count) {
  const media_source *source = input->source;
  int64_t left = source->size - input->at;
  if (left <= 0 || count <= 0) return AVERROR_EOF;
  ssize_t got = BASE_MIN((int64_t)count, left);
  if (source->memory) {
    memcpy(to, source->memory + input->at, (size_t)got);
  } else {
    do got = pread(source->fd, to, (size_t)BASE_MIN((int64_t)count, left), input->at);
    while (got < 0 && errno == EINTR);
    if (got < 0) return AVERROR(errno);
    if (got == 0) return AVERROR_EOF; /* the file became shorter while it was read */
  }
  input->at += got;
  return (int)got;
}

static int read_bytes(void *opaque, uint8_t *to, int count) {
  return media_input_bytes(opaque, to, count);
}

static int64_t seek_to(void *opaque, int64_t offset, int whence) {
  media_input *input = opaque;
  if (whence & AVSEEK_SIZE) return input->source->size;
  whence &= ~AVSEEK_FORCE;
  int64_t base = whence == SEEK_CUR ? input->at : whence == SEEK_END ? input->source->size : 0;
  int64_t place;
  if (__builtin_add_overflow(base, offset, &place) || place < 0) return AVERROR(EINVAL);
  return input->at = place;
}

static int refuse_open(AVFormatContext *format, AVIOContext **io, const char *url, int flags,
                       AVDictionary **options) {
  *io = NULL;
  return AVERROR(EACCES);
}

static bool is_refused(const AVInputFormat *format) {
  for (size_t i = 0; i < BASE_COUNT(refused); i++) {
    size_t length = strlen(refused[i]);
    for (const char *name = format->name; name; name = strchr(name, ',')) {
      if (*name == ',') name++;
      if (!strncmp(name, refused[i], length) && (name[length] == 0 || name[length] == ','))
        return true;
    }
  }
  return false;
}

int media_error(mien_error *error, int averror, const char *where, const char *remedy,
                const char *what) {
  if (averror == AVERROR(ENOMEM))
    return base_error_set(error, MIEN_ENOMEM, where, "close other programs", "%s: out of memory",
                          what);
  char reason[AV_ERROR_MAX_STRING_SIZE];
  if (media_quiet_errors()) snprintf(reason, sizeof reason, "%s", media_quiet_text());
  else if (av_strerror(averror, reason, sizeof reason) < 0) reason[0] = 0;
  int code = averror == AVERROR(EIO)                 ? MIEN_EIO
             : averror == AVERROR_DECODER_NOT_FOUND  ? MIEN_EUNSUPPORTED
             : averror == AVERROR_PATCHWELCOME       ? MIEN_EUNSUPPORTED
                                                     : MIEN_EFORMAT;
  return base_error_set(error, code, where, remedy, "%s%s%s%s", what, reason[0] ? " (" : "", reason,
                        reason[0] ? ")" : "");
}

static int open_headers(media_input *input, mien_error *error) {
  const char *name = input->source->name;
  static const char remedy[] = "check that it plays; if it was cut off while copying or recording, "
                               "copy it again or repair it, for example with ffmpeg -i";
  const AVInputFormat *found = NULL;
  int status = av_probe_input_buffer2(input->io, &found, name, NULL, 0, 0);
  if (status >= 0 && (!strcmp(found->name, "image2") || !strcmp(found->name, "tty"))) {
    found = NULL; /* guessed by the name alone: what do the bytes say? */
    status = av_probe_input_buffer2(input->io, &found, "", NULL, 0, 0);
  }
  if (status < 0)
    return base_error_set(error, status == AVERROR(EIO) ? MIEN_EIO : MIEN_EFORMAT, name,
                          "give a recording or a picture, and check that it plays",
                          "this is not a recording or picture that can be read");
  if (is_refused(found))
    return base_error_set(error, MIEN_EPOLICY, name, "give the recordings themselves",
                          "this is a list that leads to other files (%s), which are not opened",
                          found->name);
  status = avformat_open_input(&input->format, name, found, NULL);
  if (status < 0) return media_error(error, status, name, remedy, "the file is damaged or cut off");
  status = avformat_find_stream_info(input->format, NULL);
  if (status < 0) return media_error(error, status, name, remedy, "nothing in the file can be read");
  return MIEN_OK;
}

int media_input_open(media_input *input, const media_source *source, mien_error *error) {
  *input = (media_input){.source = source};
  media_quiet_start();
  media_quiet_reset();
  uint8_t *buffer = av_malloc(IO_BUFFER);
  if (buffer) input->io = avio_alloc_context(buffer, IO_BUFFER, 0, input, read_bytes, NULL, seek_to);
  if (!input->io) av_free(buffer);
  else input->format = avformat_alloc_context();
  if (!input->format) {
    media_input_clear(input);
    return media_error(error, AVERROR(ENOMEM), source->name, "", "cannot open the file");
  }
  input->format->pb = input->io;
  input->format->flags |= AVFMT_FLAG_CUSTOM_IO;
  input->format->io_open = refuse_open;
  input->format->max_streams = 64;
  input->format->protocol_whitelist = av_strdup("none");
  int code = open_headers(input, error);
  if (code) media_input_clear(input);
  return code;
}

void media_input_clear(media_input *input) {
  avformat_close_input(&input->format);
  if (input->io) av_freep(&input->io->buffer);
  avio_context_free(&input->io);
}

void media_warn(media_warnings *warnings, int code, double at, const char *remedy,
                const char *format, ...) {
  if (warnings->count == MEDIA_WARNINGS_MAX) {
    warnings->lost++;
    return;
  }
  char what[256], where[256];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(what, sizeof what, format, arguments);
  va_end(arguments);
  if (isfinite(at)) snprintf(where, sizeof where, "%s, %.2f s", warnings->name, at);
  else snprintf(where, sizeof where, "%s", warnings->name);
  base_error_set(&warnings->list[warnings->count++], code, where, remedy, "%s", what);
}
