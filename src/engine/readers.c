/* readers.c: the readers of text, which sessions borrow while they read one: a deep reader has some 20 MB of working
 * memory, a session between two turns needs none of it. From any thread. */
#include "engine/engine.h"

text_reader *engine_reader_borrow(mien_engine *engine, bool cues) {
  text_reader *reader = NULL;
  pthread_mutex_lock(&engine->readers.lock);
  if (engine->readers.count) reader = engine->readers.free[--engine->readers.count];
  pthread_mutex_unlock(&engine->readers.lock);
  if (!reader && text_reader_open(&reader, engine->text) != MIEN_OK) return NULL;
  text_reader_cues(reader, cues);
  return reader;
}

void engine_reader_return(mien_engine *engine, text_reader **reader) {
  if (!*reader) return;
  pthread_mutex_lock(&engine->readers.lock);
  if (engine->readers.count < ENGINE_READERS) {
    engine->readers.free[engine->readers.count++] = *reader;
    *reader = NULL;
  }
  pthread_mutex_unlock(&engine->readers.lock);
  text_reader_close(reader);
}

void engine_readers_clear(mien_engine *engine) {
  while (engine->readers.count) text_reader_close(&engine->readers.free[--engine->readers.count]);
  if (engine->voice) voice_model_tidy(engine->voice);
}
