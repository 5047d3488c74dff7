/* vault/: where the master key comes from. Any thread, but for the environment (see vault.h). */
#include "vault/parts.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEXT_MAX = 128 }; /* bytes of a key file; base64 of 32 bytes is 44 */

int vault_open_text(vault **opened, const char *text, size_t bytes, const char *where, mien_error *error) {
  size_t length = 0;
  if (sodium_init() < 0)
    return base_error_set(error, MIEN_EUNSUPPORTED, where, "", "libsodium does not start");
  vault *made = sodium_malloc(sizeof *made);
  if (!made)
    return base_error_set(error, MIEN_ENOMEM, where, "raise the limit of locked memory (ulimit -l)", "no locked memory");
  if (sodium_base642bin(made->key, sizeof made->key, text, bytes, " \t\r\n", &length, NULL,
                        sodium_base64_VARIANT_ORIGINAL) || length != sizeof made->key) {
    sodium_free(made);
    return base_error_set(error, MIEN_EINVAL, where, "make one: head -c 32 /dev/urandom | base64",
                          "a master key is base64 of 32 bytes");
  }
  uint8_t hash[32];
  crypto_generichash(hash, sizeof hash, made->key, sizeof made->key, (const uint8_t *)"mien master key id", 18);
  memcpy(made->id, hash, sizeof made->id);
  sodium_mprotect_readonly(made);
  *opened = made;
  return MIEN_OK;
}

int vault_open_file(vault **opened, const char *path, mien_error *error) {
  char text[TEXT_MAX];
  struct stat about;
  int code;
  *opened = NULL;
  int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (file < 0)
    return base_error_set(error, MIEN_EIO, path, "", "cannot be opened");
  if (fstat(file, &about) || !S_ISREG(about.st_mode) || (about.st_mode & 077) ||
      (about.st_uid != geteuid() && about.st_uid != 0)) {
    close(file);
    return base_error_set(error, MIEN_EPOLICY, path, "chown it to the user of the service, and chmod 600",
                          "others than its user may read or write the master key");
  }
  if (about.st_size > TEXT_MAX) {
    close(file);
    return base_error_set(error, MIEN_ELIMIT, path, "make one: head -c 32 /dev/urandom | base64",
                          "longer than %d bytes: not a master key", TEXT_MAX);
  }
  ssize_t bytes = read(file, text, sizeof text);
  close(file);
  if (bytes < 0)
    code = base_error_set(error, MIEN_EIO, path, "", "cannot be read");
  else
    code = vault_open_text(opened, text, (size_t)bytes, path, error);
  sodium_memzero(text, sizeof text);
  return code;
}

int vault_open_environment(vault **opened, mien_error *error) {
  char *text = getenv("MIEN_MASTER_KEY");
  *opened = NULL;
  if (!text)
    return base_error_set(error, MIEN_EINVAL, "MIEN_MASTER_KEY", "set it", "not set");
  size_t bytes = strlen(text);
  int code = vault_open_text(opened, text, bytes, "MIEN_MASTER_KEY", error);
  sodium_memzero(text, bytes);
  unsetenv("MIEN_MASTER_KEY");
  return code;
}

int vault_make_file(const char *path, mien_error *error) {
  uint8_t key[VAULT_KEY_BYTES];
  char text[sodium_base64_ENCODED_LEN(VAULT_KEY_BYTES, sodium_base64_VARIANT_ORIGINAL)];
  if (sodium_init() < 0) return base_error_set(error, MIEN_EUNSUPPORTED, path, "", "libsodium does not start");
  int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0)
    return base_error_set(error, MIEN_EIO, path, errno == EEXIST ? "name a file that is not there yet" : "may this folder be written to?", "%s", strerror(errno));
  randombytes_buf(key, sizeof key);
  sodium_bin2base64(text, sizeof text, key, sizeof key, sodium_base64_VARIANT_ORIGINAL);
  text[sizeof text - 1] = '\n'; /* in place of the 0 */
  bool kept = write(file, text, sizeof text) == (ssize_t)sizeof text && fsync(file) == 0;
  kept &= close(file) == 0;
  sodium_memzero(key, sizeof key);
  sodium_memzero(text, sizeof text);
  if (kept) return MIEN_OK;
  unlink(path);
  return base_error_set(error, MIEN_EIO, path, "make room on the disk", "the key could not be written");
}

void vault_close(vault **opened) {
  if (!opened) return;
  sodium_free(*opened);
  *opened = NULL;
}

void vault_id(const vault *opened, uint8_t id[VAULT_ID_BYTES]) { memcpy(id, opened->id, VAULT_ID_BYTES); }

const vault *vault_of(const vault *const *masters, size_t count, const uint8_t wrapped[VAULT_WRAPPED_BYTES]) {
  for (size_t i = 0; i < count; i++)
    if (!memcmp(masters[i]->id, wrapped, VAULT_ID_BYTES)) return masters[i];
  return NULL;
}
