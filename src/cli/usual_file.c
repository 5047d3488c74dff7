/* usual_file.c: see usual_file.h. {"mien_usual":1,"consent","recordings","usual":{…}} */
#include "cli/usual_file.h"

#include <errno.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/adapt_log.h"
#include "signals/signals.h"

#define MAGIC "MIENUSU1"
enum { MOST = 1 << 20 };

static int read_plain(usual_file *u, const char *path, const char *bytes, size_t count, mien_error *error) {
  json_t *root = json_loadb(bytes, count, JSON_REJECT_DUPLICATES, NULL), *usual = json_object_get(root, "usual");
  const char *consent = json_string_value(json_object_get(root, "consent"));
  bool good = json_integer_value(json_object_get(root, "mien_usual")) == 1 && consent && strlen(consent) < sizeof u->consent && json_is_object(usual);
  if (good) {
    snprintf(u->consent, sizeof u->consent, "%s", consent);
    u->recordings = (int)BASE_CLAMP(json_integer_value(json_object_get(root, "recordings")), 0, 1000000);
    u->json = json_dumps(usual, JSON_COMPACT);
  }
  json_decref(root);
  return good && u->json ? MIEN_OK : base_error_set(error, good ? MIEN_ENOMEM : MIEN_EFORMAT, path, "give what `mien usual` wrote", "this is not what is usual for somebody");
}

int usual_file_read(usual_file *u, const char *path, mien_error *error) {
  char *bytes = NULL, *plain = NULL;
  size_t count, length;
  *u = (usual_file){0};
  int code = cli_file_whole(path, MOST, &bytes, &count, error);
  u->sealed = !code && signals_sealed(MAGIC, bytes, count);
  if (!code && !u->sealed) code = read_plain(u, path, bytes, count, error);
  if (!code && u->sealed && !(code = signals_unseal(path, bytes, count, getenv("MIEN_USUAL_PASSPHRASE"), &plain, &length, error))) {
    code = read_plain(u, path, plain, length, error);
    sodium_memzero(plain, length);
    base_free(plain);
  }
  free(bytes);
  return code;
}

int usual_file_write(const usual_file *u, const char *path, mien_error *error) {
  const char *passphrase = u->sealed ? getenv("MIEN_USUAL_PASSPHRASE") : NULL;
  base_text text = {0}, sealed = {0};
  base_json out;
  if (u->sealed && (!passphrase || !*passphrase)) return base_error_set(error, MIEN_EPOLICY, path, "put it into MIEN_USUAL_PASSPHRASE", "there is no passphrase to seal with");
  base_json_init(&out, &text);
  base_json_open(&out, NULL, '{');
  base_json_integer(&out, "mien_usual", 1);
  base_json_string(&out, "consent", u->consent);
  base_json_integer(&out, "recordings", u->recordings);
  base_json_raw(&out, "usual", u->json, strlen(u->json));
  base_json_close(&out, '}');
  base_text_puts(&text, "\n");
  int code = text.failed ? base_error_set(error, MIEN_ENOMEM, path, "", "out of memory") : MIEN_OK;
  if (!code && u->sealed) code = signals_seal(MAGIC, &text, passphrase, &sealed, error);
  const base_text *as = u->sealed ? &sealed : &text;
  if (!code && !base_file_replace(path, as->data, as->length)) code = base_error_set(error, MIEN_EIO, path, "", "%s", strerror(errno));
  base_text_clear(&text), base_text_clear(&sealed);
  return code;
}

void usual_file_clear(usual_file *u) {
  free(u->json);
  *u = (usual_file){0};
}
