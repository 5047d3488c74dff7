/* upload.c: see upload.h. */
#include "serve/jobs/upload.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "serve/jobs/multipart.h"

struct serve_upload {
  char folder[400];
  uint64_t limit, bytes, looked;
  serve_upload_file files[SERVE_UPLOAD_FILES];
  size_t file_count;
  serve_upload_field fields[SERVE_UPLOAD_FIELDS];
  size_t field_count;
  bool parts;               /* it is multipart */
  serve_multipart parser;
  serve_upload_field *field; /* the part that comes now is one; else the last file */
  EVP_MD_CTX *md5;          /* of the file that comes now */
  crypto_generichash_state all;
  mien_error *error;        /* of the call that is going on */
};

enum { LOOK_EVERY = 128 << 10 /* bytes */, LEFT = 64 << 20 /* bytes of the disk, or a tenth of it, that uploads leave to audit and store */ };

static int look_for_room(serve_upload *u) {
  struct statvfs disk;
  if (statvfs(u->folder, &disk)) return MIEN_OK; /* writing will tell */
  uint64_t all = (uint64_t)disk.f_blocks * disk.f_frsize, free = (uint64_t)disk.f_bavail * disk.f_frsize;
  u->looked = u->bytes;
  if (free >= BASE_MIN(all / 10, (uint64_t)LEFT)) return MIEN_OK;
  return base_error_set(u->error, MIEN_EIO, "upload", "make room on the disk of the data folder", "the disk is nearly full: what is left is for audit and store");
}

static int anonymous_file(const char *folder, mien_error *error) {
  char path[440];
  snprintf(path, sizeof path, "%s/upload.XXXXXX", folder);
  int file = mkostemp(path, O_CLOEXEC); /* mode 0600 */
  if (file < 0) return base_error_set(error, MIEN_EIO, "upload", "is there room, and may the service write to its data folder?", "%s", strerror(errno));
  unlink(path);
  return file;
}

static int begin_file(serve_upload *u, const char *field, const char *name, const char *type) {
  if (u->file_count == SERVE_UPLOAD_FILES)
    return base_error_set(u->error, MIEN_ELIMIT, "upload", "send them in several requests", "more than %d files", SERVE_UPLOAD_FILES);
  int file = anonymous_file(u->folder, u->error);
  if (file < 0) return file;
  serve_upload_file *f = &u->files[u->file_count++];
  *f = (serve_upload_file){.file = file};
  snprintf(f->field, sizeof f->field, "%s", field);
  snprintf(f->name, sizeof f->name, "%s", name);
  snprintf(f->type, sizeof f->type, "%s", type);
  u->field = NULL;
  if (!u->md5) u->md5 = EVP_MD_CTX_new();
  return u->md5 && EVP_DigestInit_ex(u->md5, EVP_md5(), NULL) == 1 ? MIEN_OK : base_error_set(u->error, MIEN_ENOMEM, "upload", "", "out of memory");
}

static int add_file(serve_upload *u, const uint8_t *bytes, size_t count) {
  serve_upload_file *f = &u->files[u->file_count - 1];
  EVP_DigestUpdate(u->md5, bytes, count);
  f->bytes += count;
  while (count) {
    ssize_t written = write(f->file, bytes, count);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return base_error_set(u->error, MIEN_EIO, "upload", "make room on the disk of the data folder", "%s", strerror(errno));
    bytes += written;
    count -= (size_t)written;
  }
  return MIEN_OK;
}

static int end_file(serve_upload *u) {
  uint8_t md5[EVP_MAX_MD_SIZE];
  unsigned bytes = 0;
  EVP_DigestFinal_ex(u->md5, md5, &bytes);
  sodium_bin2hex(u->files[u->file_count - 1].md5, 33, md5, BASE_MIN(bytes, 16u));
  return MIEN_OK;
}

/* ---- The parts ---- */

static int begin_part(void *context, const serve_part *part) {
  serve_upload *u = context;
  if (part->file) return begin_file(u, part->name, *part->filename ? part->filename : "recording", part->type);
  if (u->field_count == SERVE_UPLOAD_FIELDS)
    return base_error_set(u->error, MIEN_ELIMIT, "upload", "", "more than %d fields", SERVE_UPLOAD_FIELDS);
  u->field = &u->fields[u->field_count++];
  memcpy(u->field->name, part->name, sizeof u->field->name);
  return MIEN_OK;
}

static int add_part(void *context, const uint8_t *bytes, size_t count) {
  serve_upload *u = context;
  if (!u->field) return add_file(u, bytes, count);
  if (u->field->text.length + count > SERVE_UPLOAD_FIELD)
    return base_error_set(u->error, MIEN_ELIMIT, "upload", "", "a field may have %d bytes", SERVE_UPLOAD_FIELD);
  base_text_add(&u->field->text, (const char *)bytes, count);
  return u->field->text.failed ? base_error_set(u->error, MIEN_ENOMEM, "upload", "", "out of memory") : MIEN_OK;
}

static int end_part(void *context) { return ((serve_upload *)context)->field ? MIEN_OK : end_file(context); }

/* ---- The whole ---- */

int serve_upload_open(serve_upload **opened, const char *folder, const char *content_type, const char *name, uint64_t limit, mien_error *error) {
  serve_upload *u = *opened = base_alloc(1, sizeof *u);
  if (!u) return base_error_set(error, MIEN_ENOMEM, "upload", "", "out of memory");
  snprintf(u->folder, sizeof u->folder, "%s", folder);
  u->limit = limit;
  u->error = error;
  crypto_generichash_init(&u->all, NULL, 0, 32);
  u->parts = !strncasecmp(content_type, "multipart/", 10);
  int code = MIEN_OK;
  if (u->parts && serve_multipart_init(&u->parser, content_type, &(serve_part_sink){begin_part, add_part, end_part, u}))
    code = base_error_set(error, MIEN_EFORMAT, "Content-Type", "send multipart/form-data with a boundary, or the file alone", "a multipart body that cannot be taken apart");
  if (!code && mkdir(u->folder, 0700) && errno != EEXIST)
    code = base_error_set(error, MIEN_EIO, "upload", "may the service write to its data folder?", "%s", strerror(errno));
  if (!code) code = look_for_room(u);
  if (!code && !u->parts) code = begin_file(u, "file", *name ? name : "recording", content_type);
  if (code) serve_upload_close(opened);
  return code;
}

int serve_upload_feed(serve_upload *u, const void *bytes, size_t count, mien_error *error) {
  u->error = error;
  if (count > u->limit - u->bytes)
    return base_error_set(error, MIEN_ELIMIT, "upload", "raise `jobs.upload` in the settings, or send less", "an upload may have %llu bytes", (unsigned long long)u->limit);
  u->bytes += count;
  if (u->bytes - u->looked > LOOK_EVERY && look_for_room(u)) return error->code;
  crypto_generichash_update(&u->all, bytes, count); /* of a multipart body, its boundary as well: who sends it again sends the same */
  if (!u->parts) return add_file(u, bytes, count);
  int code = serve_multipart_feed(&u->parser, bytes, count);
  if (code && !error->code) base_error_set(error, code, "upload", "send multipart/form-data (RFC 7578)", "the body is not what its boundary says");
  return code;
}

int serve_upload_end(serve_upload *u, mien_error *error) {
  u->error = error;
  if (!u->parts) return u->bytes ? end_file(u) : base_error_set(error, MIEN_EEMPTY, "upload", "send the recording as the body", "there is nothing in it");
  return serve_multipart_complete(&u->parser) ? MIEN_OK : base_error_set(error, MIEN_EFORMAT, "upload", "", "the body was cut off");
}

void serve_upload_close(serve_upload **closed) {
  serve_upload *u = *closed;
  if (!u) return;
  for (size_t i = 0; i < u->file_count; i++)
    if (u->files[i].file >= 0) close(u->files[i].file);
  for (size_t i = 0; i < u->field_count; i++) base_text_clear(&u->fields[i].text);
  EVP_MD_CTX_free(u->md5);
  base_free(u);
  *closed = NULL;
}

serve_upload_file *serve_upload_files(serve_upload *u, size_t *count) {
  *count = u->file_count;
  return u->files;
}

const serve_upload_field *serve_upload_field_of(const serve_upload *u, const char *name) {
  for (size_t i = 0; i < u->field_count; i++)
    if (!strcmp(u->fields[i].name, name)) return &u->fields[i];
  return NULL;
}

void serve_upload_fingerprint(serve_upload *u, char hex[65]) {
  crypto_generichash_state copy = u->all;
  uint8_t hash[32];
  crypto_generichash_final(&copy, hash, sizeof hash);
  sodium_bin2hex(hex, 65, hash, sizeof hash);
}
