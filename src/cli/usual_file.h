/* usual_file.h: what is usual for a person (mien_session_usual) as a file of its own, for its owner alone: with who agreed to it,
 * and sealed under the passphrase in MIEN_USUAL_PASSPHRASE where that was asked for. One thread. */
#ifndef CLI_USUAL_FILE_H
#define CLI_USUAL_FILE_H

#include "base/base.h"

typedef struct usual_file {
  char *json;        /* as mien_session_usual gave it; NULL: nothing yet */
  char consent[200]; /* who agreed, and when */
  int recordings;    /* that it was learned from */
  bool sealed;
} usual_file;

/* MIEN_EIO, MIEN_EFORMAT: it is none; MIEN_EPOLICY: it is sealed, and the passphrase is not right. */
int usual_file_read(usual_file *usual, const char *path, mien_error *error);
int usual_file_write(const usual_file *usual, const char *path, mien_error *error);
void usual_file_clear(usual_file *usual);

#endif
