/* public.c: include/mien_signals.h over this room. */

#include "signals/signals.h"

static bool is_modality(int modality) { return modality >= 0 && modality < SIGNALS_MODALITIES; }

int mien_signals_open(mien_signals **signals, const char *person, const char *consent, mien_error *error) { return signals_open(signals, person, consent, error); }

int mien_signals_load(mien_signals **signals, const char *bytes, size_t count, const char *passphrase, mien_error *error) {
  return signals_read(signals, bytes, count, passphrase, error);
}

int mien_signals_save(const mien_signals *signals, const char *passphrase, char **bytes, size_t *count, mien_error *error) {
  base_text text = {0};
  *bytes = NULL, *count = 0;
  int code = signals_write(signals, passphrase, &text, error);
  if (code) base_text_clear(&text);
  else *bytes = text.data, *count = text.length;
  return code;
}

void mien_signals_free(char **bytes) {
  base_text text = {.data = *bytes};
  *bytes = NULL;
  base_text_clear(&text);
}

void mien_signals_close(mien_signals **signals) { signals_close(signals); }

int mien_signals_clip_recording(mien_engine *engine, const void *bytes, size_t count, const char *name, mien_signals_clip *clip, mien_error *error) {
  return signals_clip_memory(engine, bytes, count, name ? name : "recording", clip, error);
}

int mien_signals_clip_sound(mien_engine *engine, const float *pcm, size_t count, mien_signals_clip *clip, mien_error *error) {
  return signals_clip_sound(engine, pcm, count, clip, error);
}

/* All of it, or nothing. */
int mien_signals_add(mien_signals *signals, const char *signal, const mien_signals_clip *clip, mien_error *error) {
  size_t before = signals->example_count;
  int code = MIEN_OK;
  for (int k = 0; k < SIGNALS_MODALITIES && !code; k++)
    if (clip->length[k]) code = signals_add(signals, signal, k, clip->point[k], clip->length[k], error);
  if (code && signals->example_count > before) signals_take_back(signals);
  if (!code && signals->example_count == before) code = base_error_set(error, MIEN_EEMPTY, signal, "record again, nearer, in the light", "there is nothing in the clip");
  return code;
}

int mien_signals_drop(mien_signals *signals, const char *signal, mien_error *error) { return signals_drop(signals, signal, error); }
size_t mien_signals_count(const mien_signals *signals) { return signals_count(signals); }
const char *mien_signals_name(const mien_signals *signals, size_t signal) { return signals_name(signals, signal); }
size_t mien_signals_examples(const mien_signals *signals, size_t signal, int modality) { return signals_examples(signals, signal, modality); }

int mien_signals_tell(mien_signals *signals, const mien_signals_clip *clip, mien_signals_told *told, mien_error *error) {
  return signals_tell_clip(signals, clip, told, error);
}

int mien_signals_check(mien_signals *signals, int modality, mien_signals_accuracy *accuracy, mien_error *error) {
  if (!is_modality(modality)) return base_error_set(error, MIEN_EINVAL, "modality", "MIEN_SIGNALS_VOICE, _FACE or _BODY", "there is no modality %d", modality);
  return signals_leave_one_out(signals, modality, accuracy, error);
}
