/* statements.c: see statements.h. */
#include "serve/live/statements.h"

#include <sodium.h>

int serve_statements_read(const serve_settings *s, guard_statements **read, mien_error *error) {
  uint8_t key[GUARD_STATEMENT_KEY];
  size_t bytes = 0;
  *read = NULL;
  if (!*s->statements) return MIEN_OK;
  if (sodium_base642bin(key, sizeof key, s->statement_key, strlen(s->statement_key), "", &bytes, NULL, sodium_base64_VARIANT_ORIGINAL) || bytes != sizeof key)
    return base_error_set(error, MIEN_EFORMAT, "guard.statement_key", "put there what `mien statement key` printed", "the operator's public key must be base64 of 32 bytes");
  return guard_statements_open(read, s->statements, key, error);
}
