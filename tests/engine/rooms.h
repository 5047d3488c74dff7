/* rooms.h: see rooms.c. */
#ifndef TESTS_ROOMS_H
#define TESTS_ROOMS_H

#include "base/base.h"
#include "body/body.h"
#include "face/face.h"
#include "nn/nn.h"
#include "text/text.h"
#include "voice/speakers.h"
#include "voice/voice.h"
#include "words/words.h"

extern int rooms_open;
extern char rooms_text_path[256]; /* of the text model that was opened last */

#endif
