/* file.c: a dictionary as JSON, plain or sealed. What is read is untrusted. One thread. */
#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>

#include "signals/signals.h"

#define MAGIC "MIENSIG1"

int signals_write(const signals_dictionary *d, const char *passphrase, base_text *to, mien_error *error) {
  base_text text = {0};
  base_json out;
  base_json_init(&out, &text);
  base_json_open(&out, NULL, '{');
  base_json_integer(&out, "signals", 1);
  base_json_string(&out, "person", d->person);
  base_json_string(&out, "consent", d->consent);
  base_json_open(&out, "examples", '[');
  for (size_t e = 0; e < d->example_count; e++) {
    const signals_example *one = &d->examples[e];
    base_json_open(&out, NULL, '{');
    base_json_string(&out, "signal", d->names[one->signal]);
    base_json_string(&out, "modality", signals_modalities[one->modality]);
    base_json_open(&out, "point", '[');
    for (size_t i = 0; i < d->length[one->modality]; i++) base_json_number(&out, NULL, (double)one->point[i], 5);
    base_json_close(&out, ']');
    base_json_close(&out, '}');
  }
  base_json_close(&out, ']');
  base_json_close(&out, '}');
  int code = text.failed ? MIEN_ENOMEM : MIEN_OK;
  if (!code && passphrase) code = signals_seal(MAGIC, &text, passphrase, to, error);
  else if (!code) base_text_add(to, text.data, text.length);
  base_text_clear(&text);
  return code || to->failed ? base_error_set(error, MIEN_ENOMEM, "signals", "", "out of memory") : MIEN_OK;
}

static int wrong(mien_error *error, const char *what) { return base_error_set(error, MIEN_EFORMAT, "signals", "it is no dictionary of signals, or a damaged one", "%s", what); }

static int read_example(signals_dictionary *d, const json_t *one, mien_error *error) {
  float point[SIGNALS_POINT];
  const char *signal = json_string_value(json_object_get(one, "signal")), *modality = json_string_value(json_object_get(one, "modality"));
  const json_t *numbers = json_object_get(one, "point");
  int which = 0;
  while (modality && which < SIGNALS_MODALITIES && strcmp(modality, signals_modalities[which])) which++;
  if (!signal || !modality || which == SIGNALS_MODALITIES || json_array_size(numbers) > SIGNALS_POINT) return wrong(error, "an example has a signal, a modality and a point");
  for (size_t i = 0; i < json_array_size(numbers); i++) {
    const json_t *number = json_array_get(numbers, i);
    if (!json_is_number(number)) return wrong(error, "a point is a list of numbers");
    point[i] = (float)json_number_value(number);
  }
  return signals_add(d, signal, which, point, json_array_size(numbers), error);
}

static int read_plain(signals_dictionary **dictionary, const char *bytes, size_t count, mien_error *error) {
  json_t *root = json_loadb(bytes, count, JSON_REJECT_DUPLICATES, NULL), *one;
  const char *person = json_string_value(json_object_get(root, "person")), *consent = json_string_value(json_object_get(root, "consent"));
  const json_t *examples = json_object_get(root, "examples");
  size_t i;
  int code = json_integer_value(json_object_get(root, "signals")) == 1 && json_is_array(examples) ? MIEN_OK : wrong(error, "it does not begin as one");
  if (!code) code = signals_open(dictionary, person, consent, error);
  if (!code) {
    json_array_foreach(examples, i, one) if (!code) code = read_example(*dictionary, one, error);
  }
  json_decref(root);
  if (code) signals_close(dictionary);
  return code;
}

int signals_read(signals_dictionary **dictionary, const char *bytes, size_t count, const char *passphrase, mien_error *error) {
  *dictionary = NULL;
  if (!signals_sealed(MAGIC, bytes, count)) return read_plain(dictionary, bytes, count, error);
  char *plain;
  size_t length;
  int code = signals_unseal("signals", bytes, count, passphrase, &plain, &length, error);
  if (code) return code;
  code = read_plain(dictionary, plain, length, error);
  sodium_memzero(plain, length);
  base_free(plain);
  return code;
}
