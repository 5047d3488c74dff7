/* bench_alone: what the calls of bench_client.h take of the processor without a service: the engine inside a program that
 * is fed the same in real time, by as many threads as `mien serve` reads with. Fed as fast as it goes, on one thread,
 * the engine would be told for cheaper than anybody live has it: caches stay warm, and the other processor idle. */
#ifndef CLI_BENCH_ALONE_H
#define CLI_BENCH_ALONE_H

#include "cli/bench_client.h"

/* Processor seconds; NAN where it could not be done. Takes `seconds`. */
double bench_alone(const bench *b, const client *sound, size_t calls, int seconds);

#endif
