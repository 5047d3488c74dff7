/* embedded.c: the models inside the library, by name. The assembler file of embed.sh holds them. */
#include "engine/engine.h"

#define MODELS(X)                                                                                  \
  X(text, "text") X(text_deep, "text-deep") X(voice, "voice") X(face_detect, "face-detect")                                  \
  X(face_landmarks, "face-landmarks") X(face_expression, "face-expression")

#define DECLARE(symbol, name)                                                                      \
  extern const unsigned char mien_embedded_##symbol[], mien_embedded_##symbol##_end[];
MODELS(DECLARE)

const engine_embedded *engine_embedded_find(const char *name) {
#define ROW(symbol, text) {text, mien_embedded_##symbol, mien_embedded_##symbol##_end},
  static const engine_embedded embedded[] = {MODELS(ROW)};
  for (size_t i = 0; i < BASE_COUNT(embedded); i++)
    if (!strcmp(embedded[i].name, name))
      return embedded[i].end > embedded[i].start ? &embedded[i] : NULL;
  return NULL;
}
