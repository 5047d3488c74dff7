/* text.c: a growing buffer, and UTF-8 checking. One thread at a time. */
#include "base/base.h"

#include <stdio.h>

static bool make_room(base_text *text, size_t bytes) {
  if (text->failed) return false;
  if (bytes >= SIZE_MAX / 2 - text->length) return text->failed = true, false;
  size_t need = text->length + bytes + 1;
  if (need <= text->capacity) return true;
  size_t capacity = BASE_MAX(need, BASE_MAX(text->capacity * 2, 256));
  char *data = base_resize(text->data, capacity, 1);
  if (!data) return text->failed = true, false;
  text->data = data;
  text->capacity = capacity;
  return true;
}

void base_text_add(base_text *text, const char *data, size_t bytes) {
  if (!make_room(text, bytes)) return;
  if (bytes) memcpy(text->data + text->length, data, bytes);
  text->length += bytes;
  text->data[text->length] = 0;
}

void base_text_puts(base_text *text, const char *string) {
  base_text_add(text, string, strlen(string));
}

void base_text_printf(base_text *text, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int bytes = vsnprintf(NULL, 0, format, arguments);
  va_end(arguments);
  if (bytes < 0 || !make_room(text, (size_t)bytes)) return;
  va_start(arguments, format);
  vsnprintf(text->data + text->length, (size_t)bytes + 1, format, arguments);
  va_end(arguments);
  text->length += (size_t)bytes;
}

void base_text_reset(base_text *text) {
  text->length = 0;
  text->failed = false;
  if (text->data) text->data[0] = 0;
}

void base_text_clear(base_text *text) {
  base_free(text->data);
  *text = (base_text){0};
}

int base_utf8_next(const char *text, size_t bytes, uint32_t *codepoint) {
  const unsigned char *s = (const unsigned char *)text;
  if (!bytes) return 0;
  if (s[0] < 0x80) return *codepoint = s[0], 1;
  int length = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : s[0] >= 0xc2 ? 2 : 0;
  if (!length || s[0] > 0xf4 || (size_t)length > bytes) return 0;
  uint32_t code = s[0] & (0x7fu >> length);
  for (int i = 1; i < length; i++) {
    if ((s[i] & 0xc0) != 0x80) return 0;
    code = code << 6 | (s[i] & 0x3f);
  }
  if ((length == 3 && (code < 0x800 || (code >= 0xd800 && code <= 0xdfff))) ||
      (length == 4 && (code < 0x10000 || code > 0x10ffff)))
    return 0;
  *codepoint = code;
  return length;
}

size_t base_utf8_check(const char *text, size_t bytes) {
  size_t at = 0;
  uint32_t code;
  while (at < bytes) {
    int length = base_utf8_next(text + at, bytes - at, &code);
    if (!length) return at;
    at += (size_t)length;
  }
  return bytes;
}
