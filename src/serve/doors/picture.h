/* picture.h: a JPEG that came over the wire to the grey picture that the engine reads: its brightness
 * plane, as it is, no colour is computed. One thread at a time. */
#ifndef SERVE_PICTURE_H
#define SERVE_PICTURE_H

#include "base/base.h"

enum { SERVE_PICTURE_BYTES = 2 << 20, SERVE_PICTURE_SIDE = 2048 };

typedef struct serve_jpeg serve_jpeg;

int serve_jpeg_open(serve_jpeg **jpeg);
void serve_jpeg_close(serve_jpeg **jpeg);
/* `picture` is good until the next call. MIEN_EFORMAT, MIEN_ELIMIT (over SERVE_PICTURE_…), MIEN_ENOMEM. */
int serve_jpeg_read(serve_jpeg *jpeg, const uint8_t *bytes, size_t count, mien_picture *picture);

#endif
