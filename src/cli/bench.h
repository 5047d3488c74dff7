/* bench.h: `mien bench`: speed and memory of every part, as ratios to a named reference that runs
 * beside it, on the same input, in the same minute.
 *
 * bench.c       the command, the table, docs/speed.md
 * bench_tools.c programs run and timed, input made; bench_person.c a person drawn; bench_client.c the client of
 * bench_serve.c
 * bench_parts.c text, voice, face, media, memory, size
 * bench_nets.c  the networks of voice and face beside ONNX Runtime
 * bench_live.c  what one live stream costs
 * bench_serve.c the service under load
 * bench_deep.c  the deep text model beside ONNX Runtime
 *
 * Times are processor seconds (user and system) of one thread, the best of several runs: other work
 * on the machine then counts little. */
#ifndef CLI_BENCH_H
#define CLI_BENCH_H

#include "base/base.h"

typedef struct bench_row {
  char part[24], what[96];
  double value;       /* NAN: could not be measured, `note` says why */
  char unit[16];
  char reference[96]; /* "" none */
  double against;     /* the reference's value, in the same unit */
  double at_most;     /* the floor that an issue sets; NAN none */
  char note[160];
} bench_row;

enum { BENCH_ROWS_MAX = 48, BENCH_PATH = 320 };
typedef struct bench {
  const char *texts, *models, *sample, *program;
  char folder[256]; /* for what is made; removed at the end */
  mien_engine *engine;
  int repeats;
  bool all;         /* the slow parts as well: 30 minutes of video */
  bench_row rows[BENCH_ROWS_MAX];
  size_t count;
} bench;

bench_row *bench_add(bench *b, const char *part, const char *what, const char *unit, double value);
void bench_against(bench_row *row, double against, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- Tools ---- */
typedef struct bench_cost {
  double seconds; /* user + system; NAN: the program is not there or failed */
  double peak;    /* bytes, resident */
} bench_cost;
/* Runs a program with its output thrown away (or into `out`). argv ends in NULL. */
bench_cost bench_run(char *const argv[], const char *out);
bench_cost bench_best(const bench *b, char *const argv[]);
bool bench_have(const char *program);
double bench_cpu(void); /* processor seconds of this process */
void bench_path(const bench *b, char to[BENCH_PATH], const char *name); /* in its folder */
bench_row *bench_missing(bench *b, const char *part, const char *what, const char *why);

/* Writes the texts, again and again until there are `count` of them, one a line; with `labels`, each
 * with a label before it, for fastText to learn: the length of the text modulo seven, since speed
 * does not depend on what is learned. Returns how many bytes; NAN: they could not be read or written. */
double bench_write_texts(const bench *b, const char *path, size_t count, bool labels);

/* 60 s at 16 kHz of the sample, again and again. Ownership: base_free; NULL: it could not be read. */
float *bench_sound(const bench *b);

enum { BENCH_WIDE = 640, BENCH_HIGH = 480 };
/* The picture of a person at a time in seconds, the same each second: [BENCH_HIGH][BENCH_WIDE], grey. */
void bench_person(uint8_t *grey, double at);

/* ---- Parts ---- */
void bench_text(bench *b);
void bench_deep(bench *b); /* a part of text */
void bench_voice(bench *b);
void bench_face(bench *b);
void bench_live(bench *b);
void bench_nets(bench *b);
void bench_media(bench *b);
void bench_memory(bench *b);
void bench_size(bench *b);
void bench_serve(bench *b);

#endif
