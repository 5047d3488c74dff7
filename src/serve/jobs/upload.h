/* upload.h: a body that goes to a file instead of memory, as it comes: raw, or the parts of multipart/form-data.
 *
 * The files have no name: they are taken out of the folder as soon as they were made (mode 0600), so that they are gone
 * with whoever holds them, however that ends. What it is not: it reads nothing of what is in them.
 *
 * Threads: one at a time; the loop's. Writing goes to the system's cache. Ownership: a file whose descriptor is taken
 * (set to -1) is the taker's. */
#ifndef SERVE_UPLOAD_H
#define SERVE_UPLOAD_H

#include "base/base.h"

enum { SERVE_UPLOAD_FILES = 16, SERVE_UPLOAD_FIELDS = 4, SERVE_UPLOAD_FIELD = 256 << 10 /* bytes of a field */ };

typedef struct serve_upload_file {
  char field[64], name[256], type[128];
  int file;          /* open for reading, -1: taken */
  uint64_t bytes;
  char md5[33];      /* RFC 1321; an identity, no protection */
} serve_upload_file;

typedef struct serve_upload_field {
  char name[64];
  base_text text;
} serve_upload_field;

typedef struct serve_upload serve_upload;

/* `folder` is made (0700) where there is none. `limit`: bytes of all together. `name`: of a raw body. */
int serve_upload_open(serve_upload **upload, const char *folder, const char *content_type, const char *name, uint64_t limit, mien_error *error);
/* MIEN_ELIMIT, MIEN_EFORMAT, MIEN_EIO (the disk is full). */
int serve_upload_feed(serve_upload *upload, const void *bytes, size_t count, mien_error *error);
/* MIEN_EFORMAT: it was cut off, MIEN_EEMPTY: there is nothing in it. */
int serve_upload_end(serve_upload *upload, mien_error *error);
void serve_upload_close(serve_upload **upload);

serve_upload_file *serve_upload_files(serve_upload *upload, size_t *count);
const serve_upload_field *serve_upload_field_of(const serve_upload *upload, const char *name); /* NULL: none */
/* What stands for the whole of it: a hash (BLAKE2b-256) of names and bytes, as hexadecimal digits. */
void serve_upload_fingerprint(serve_upload *upload, char hex[65]);

/* A file in the operator's folder, without following a symbolic link anywhere below it: its descriptor, or a MIEN_E….
 * `path` is relative; "..", "." and empty steps are refused. */
int serve_folder_open(const char *folder, const char *tenant, const char *path, mien_error *error);

#endif
