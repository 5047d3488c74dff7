/* learned.h: how fuse/ pools, fitted to people's votes on CREMA-D. Written by train/fuse.py, which
 * says how; do not edit.
 *
 * test actors (n = 1311), against the majority of those who saw and heard: voice alone 0.458,
 * face alone 0.712, pooled 0.748; calibration error 0.025; coverage of 90 % sets 0.909. */
#ifndef FUSE_LEARNED_H
#define FUSE_LEARNED_H

#define FUSE_WEIGHT_VOICE 1.0f
#define FUSE_WEIGHT_FACE 2.3391f
#define FUSE_WEIGHT_TEXT 1.6696f  /* chosen: the mean of the two */
#define FUSE_LEAK 0.1000f        /* chosen: share of the uniform distribution in each reading */
/* neutral joy sadness anger fear disgust surprise; surprise: chosen, the mean of the others */
#define FUSE_FACTORS_VOICE {4.9758f, 1.0013f, 2.8030f, 4.3379f, 2.7048f, 2.3115f, 3.0224f}
#define FUSE_FACTORS_FACE {1.9344f, 3.4332f, 1.0796f, 1.1803f, 1.1487f, 1.3550f, 1.6885f}
#define FUSE_FACTOR_VOICE 3.0224f /* their means, where the other is not there */
#define FUSE_FACTOR_FACE 1.6885f
#define FUSE_FACTOR_OTHERS 2.0f /* chosen, on simulated dev pairs: between two, a product of experts */
#define FUSE_BIAS {-0.6925f, 0.8429f, -0.5201f, 0.4271f, 0.2656f, -0.3231f, 0.0000f} /* of voice and face together */
#define FUSE_QUANTILE 0.9016f     /* of 1 - p(true label), 90 % */
#define FUSE_SUREST 0.9771f       /* right among the surest tenth: no pool is surer than that */
#define FUSE_APART 0.7153f       /* bits: 95 % of congruent voices and faces lie nearer */
#define FUSE_FAR 0.7496f         /* bits: 99 % */

#endif
