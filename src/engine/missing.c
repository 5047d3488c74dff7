/* missing.c: rooms that are not built yet. Goes when they are all there. */
#include "engine/engine.h"
#if !__has_include("text/read.c")
int text_model_open(text_model **m, const nn_file *f, mien_error *e) { return MIEN_EUNSUPPORTED; }
void text_model_close(text_model **m) {}
int text_reader_open(text_reader **r, const text_model *m) { return MIEN_EUNSUPPORTED; }
void text_reader_close(text_reader **r) {}
void text_reader_cues(text_reader *r, bool w) {}
int text_read(text_reader *r, const char *u, size_t b, mien_reading *o) { return MIEN_EUNSUPPORTED; }
#endif
#if !__has_include("voice/stream.c")
int voice_model_open(voice_model **m, const nn_file *f, mien_error *e) { return MIEN_EUNSUPPORTED; }
void voice_model_close(voice_model **m) {}
int voice_stream_open(voice_stream **s, const voice_model *m) { return MIEN_EUNSUPPORTED; }
void voice_stream_close(voice_stream **s) {}
int voice_stream_feed(voice_stream *s, const float *p, size_t c, double a) { return MIEN_EUNSUPPORTED; }
int voice_stream_next(voice_stream *s, mien_reading *r) { return MIEN_EAGAIN; }
int voice_stream_finish(voice_stream *s) { return MIEN_OK; }
#endif
#if !__has_include("face/face.c")
int face_model_open(face_model **m, const nn_file *d, const nn_file *l, const nn_file *x, mien_error *e) { *m = NULL; return MIEN_OK; }
void face_model_close(face_model **m) {}
int face_tracker_open(face_tracker **t, const face_model *m) { return MIEN_EUNSUPPORTED; }
void face_tracker_close(face_tracker **t) {}
int face_tracker_feed(face_tracker *t, const mien_picture *p, double a) { return MIEN_EUNSUPPORTED; }
int face_tracker_next(face_tracker *t, mien_reading *r) { return MIEN_EAGAIN; }
int face_tracker_finish(face_tracker *t) { return MIEN_OK; }
int face_read_aligned(const face_model *m, const mien_picture *p, mien_reading *r, mien_error *e) { return MIEN_EUNSUPPORTED; }
#endif
#if !__has_include("words/words.c")
int words_recogniser_open(words_recogniser **r, const words_backend *b, const char *m, mien_error *e) { return MIEN_EUNSUPPORTED; }
int words_recogniser_feed(words_recogniser *r, const float *p, size_t c, double a) { return MIEN_EUNSUPPORTED; }
int words_recogniser_next(words_recogniser *r, words_word *w) { return MIEN_EAGAIN; }
int words_recogniser_finish(words_recogniser *r) { return MIEN_OK; }
void words_recogniser_close(words_recogniser **r) {}
#endif
