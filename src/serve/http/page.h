/* page.h: the files of the web app, inside the program. page_embed.sh writes the list; it is empty where the program was built
 * without the app (tools/web says why). */
#ifndef SERVE_PAGE_H
#define SERVE_PAGE_H

#include <stddef.h>

typedef struct serve_page_file {
  const char *path;            /* "/", "/assets/index-B3x.js" */
  const char *start, *end;
  const char *packed, *packed_end; /* the same, gzip */
} serve_page_file;

extern const serve_page_file serve_page_files[];
extern const size_t serve_page_count;

#endif
