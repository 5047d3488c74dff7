/* json.c: JSON out. Reading JSON is jansson's work. One thread at a time. */
#include "base/base.h"

static void place(base_json *json, const char *key) {
  if (json->depth > 0) {
    if (!json->first[json->depth - 1]) base_text_add(json->out, ",", 1);
    json->first[json->depth - 1] = 0;
  }
  if (!key) return;
  base_json inner = {.out = json->out};
  base_json_bytes(&inner, NULL, key, strlen(key));
  base_text_add(json->out, ":", 1);
}

void base_json_init(base_json *json, base_text *out) {
  *json = (base_json){.out = out};
}

void base_json_open(base_json *json, const char *key, char bracket) {
  place(json, key);
  if (json->depth >= (int)sizeof json->first) {
    json->out->failed = true;
    return;
  }
  json->first[json->depth++] = 1;
  base_text_add(json->out, &bracket, 1);
}

void base_json_close(base_json *json, char bracket) {
  if (json->depth > 0) json->depth--;
  base_text_add(json->out, &bracket, 1);
}

void base_json_bytes(base_json *json, const char *key, const char *value, size_t bytes) {
  place(json, key);
  base_text *out = json->out;
  base_text_add(out, "\"", 1);
  size_t start = 0, at = 0;
  while (at < bytes) {
    unsigned char c = (unsigned char)value[at];
    uint32_t code;
    int length = base_utf8_next(value + at, bytes - at, &code);
    if (length && c >= 0x20 && c != '"' && c != '\\' && c != 0x7f) {
      at += (size_t)length;
      continue;
    }
    base_text_add(out, value + start, at - start);
    if (!length) base_text_puts(out, "\xef\xbf\xbd");
    else if (c == '"') base_text_puts(out, "\\\"");
    else if (c == '\\') base_text_puts(out, "\\\\");
    else if (c == '\n') base_text_puts(out, "\\n");
    else if (c == '\t') base_text_puts(out, "\\t");
    else base_text_printf(out, "\\u%04x", c);
    start = ++at;
  }
  base_text_add(out, value + start, at - start);
  base_text_add(out, "\"", 1);
}

void base_json_string(base_json *json, const char *key, const char *value) {
  if (value) {
    base_json_bytes(json, key, value, strlen(value));
    return;
  }
  place(json, key);
  base_text_puts(json->out, "null");
}

void base_json_number(base_json *json, const char *key, double value, int decimals) {
  place(json, key);
  if (!isfinite(value)) {
    base_text_puts(json->out, "null");
    return;
  }
  base_text_printf(json->out, "%.*f", decimals, value);
  base_text *out = json->out;
  if (out->failed || decimals <= 0) return;
  while (out->length && out->data[out->length - 1] == '0') out->length--;
  if (out->length && out->data[out->length - 1] == '.') out->length--;
  const char *end = out->data + out->length;
  if (out->length >= 2 && end[-1] == '0' && end[-2] == '-') {
    out->length--;
    out->data[out->length - 1] = '0';
  }
  out->data[out->length] = 0;
}

void base_json_integer(base_json *json, const char *key, long long value) {
  place(json, key);
  base_text_printf(json->out, "%lld", value);
}

void base_json_bool(base_json *json, const char *key, bool value) {
  place(json, key);
  base_text_puts(json->out, value ? "true" : "false");
}

void base_json_raw(base_json *json, const char *key, const char *value, size_t bytes) {
  place(json, key);
  base_text_add(json->out, value, bytes);
}
