/* population.h: kind, mean, within, between; read by baseline.c.
 * clang-format off */
{"pitch", 17.0f, 2.0f, 5.0f},        /* st above 55 Hz */
{"loudness", -26.0f, 4.0f, 8.0f},    /* dB of full scale */
{"rate", 4.2f, 0.9f, 0.6f},          /* syllables a second */
