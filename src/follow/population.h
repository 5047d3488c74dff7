/* population.h: kind, scale, mean, within, between; read by baseline.c. 71 speakers of CREMA-D and
 * EmoDB, measured by train/population.py, which says how and what is chosen; do not edit.
 * clang-format off */
{"pitch", SEMITONES, 19.311f, 3.887f, 6.165f},
{"pitch_range", LINEAR, 19.626f, 3.440f, 2.342f},
{"pitch_slope", LINEAR, 0.102f, 3.800f, 2.047f},
{"loudness", LINEAR, -26.000f, 4.000f, 8.000f},
{"loudness_range", LINEAR, 6.623f, 2.010f, 4.494f},
{"rate", LINEAR, 4.189f, 0.917f, 0.473f},
{"pause", LINEAR, 0.370f, 0.200f, 0.100f},
{"jitter", LOG, 1.297f, 0.252f, 0.132f},
{"shimmer", LOG, 2.815f, 0.132f, 0.079f},
{"harmonics", LINEAR, 4.618f, 1.070f, 2.274f},
{"tilt", LINEAR, -8.454f, 0.746f, 1.482f},
{"alpha", LINEAR, 19.820f, 2.124f, 4.947f},
{"voiced", LINEAR, 59.071f, 8.338f, 7.280f},
