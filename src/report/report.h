/* report.h: one conversation as one HTML file that needs nothing else.
 *
 * A report collects what a session gives and the sound that was fed, keeps what it will draw (states,
 * final readings, turns, a loudness envelope: a few MB an hour), and writes a page that works from
 * disk, without a script, in print and by keyboard. Everything in it is copied. One thread. */
#ifndef REPORT_H
#define REPORT_H

#include <stdio.h>

#include "mien.h"

typedef struct report report;

int report_open(report **report_, const char *title); /* MIEN_OK or MIEN_ENOMEM */
void report_close(report **report_);
/* Of what is suggested: "en" "zh" "es" "de" "fr" "ar"; before events are added. Without it, that of what the person said last, by the
 * reading of the text, or English. The page itself is in English. */
void report_language(report *report_, const char *code);

/* An event as mien_session_next gave it. Interim readings are not kept. */
int report_add_event(report *report_, const mien_event *event);
/* The sound that was fed, for the waveform: 16 kHz mono. */
int report_add_audio(report *report_, const char *who, const float *pcm, size_t count, double at);
/* A sentence about the input for the foot of the page: "call.wav: channels are alike, mixed". */
int report_add_note(report *report_, const char *note);

/* MIEN_OK, MIEN_EEMPTY when there is nothing to show (nothing is written), MIEN_EIO, MIEN_ENOMEM. */
int report_write(report *report_, FILE *to);

#endif
