/* transcript.h: who said what and when, from a file beside the recording.
 *
 * Reads SubRip (.srt), WebVTT (.vtt, with <v Name>), plain text (.txt, with or without
 * "[00:12] Name:"), and JSON of Whisper and of Amazon Transcribe. The form is found by the content,
 * not by the name. What can be mended is mended with a warning that names the line: bytes that are
 * not UTF-8, times out of order, overlapping backwards, or past the end.
 *
 * Owns: a transcript owns its turns and warnings until it is closed. Threads: read-only once open. */
#ifndef MEDIA_TRANSCRIPT_H
#define MEDIA_TRANSCRIPT_H

#include "base/base.h"

enum { TRANSCRIPT_BYTES_MAX = 64 << 20, TRANSCRIPT_TURNS_MAX = 1000000,
       TRANSCRIPT_WARNINGS_MAX = 32 };

typedef struct transcript_turn {
  const char *who;        /* the name as written; NULL unknown */
  int channel;            /* of the recording; -1 unknown */
  double t0, t1;          /* seconds; NAN unknown */
  const char *text;       /* UTF-8, trimmed, without markup; never empty */
  size_t bytes;
  const mien_word *words; /* where word times are known */
  size_t word_count;
  size_t line;            /* in the file, from 1; JSON: the number of the segment */
} transcript_turn;

typedef struct transcript transcript;

/* `duration` of the recording in seconds, NAN unknown: later times are brought back to it.
 * MIEN_EEMPTY where the file has no turn in it. */
int transcript_open(transcript **transcript_, const char *path, double duration, mien_error *error);
int transcript_open_memory(transcript **transcript_, const char *data, size_t bytes,
                           const char *name, double duration, mien_error *error);
void transcript_close(transcript **transcript_);

const char *transcript_format(const transcript *transcript_); /* "srt" "vtt" "txt" "whisper"
                                                                 "transcribe" */
size_t transcript_count(const transcript *transcript_); /* turns, in the order of their times */
const transcript_turn *transcript_at(const transcript *transcript_, size_t index);
size_t transcript_warning_count(const transcript *transcript_); /* at most …_WARNINGS_MAX; the last
                                                                   says how many more there were */
const mien_error *transcript_warning_at(const transcript *transcript_, size_t index);

/* The transcript beside a recording: call.wav -> call.srt, .vtt, .json, .txt, then call.wav.srt and
 * so on. MIEN_EEMPTY where there is none. */
int transcript_find(const char *media_path, char *found, size_t capacity);

#endif
