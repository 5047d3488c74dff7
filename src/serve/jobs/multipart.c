/* multipart.c: see multipart.h. What comes is looked at through `held`, which is refilled until it can be told what the
 * next bytes are. */
#include "serve/jobs/multipart.h"

#include <stdio.h>
#include <strings.h>

enum { PREAMBLE, AFTER, HEAD, BODY, END };

/* The value of a parameter of a header, unquoted; false: it has none of this name. */
static bool parameter(const char *header, const char *name, char *to, size_t room) {
  size_t length = strlen(name), used = 0;
  bool quoted = false;
  const char *at = header;
  for (; *at; at++) {
    if (*at == '"') quoted = !quoted;
    else if (*at == '\\' && quoted && at[1]) at++;
    else if (*at == ';' && !quoted) {
      const char *word = at + 1 + strspn(at + 1, " \t");
      if (!strncasecmp(word, name, length) && word[length] == '=') {
        at = word + length + 1;
        break;
      }
    }
  }
  if (!*at && !(at > header && at[-1] == '=')) return false;
  quoted = *at == '"';
  for (at += quoted; *at && (quoted ? *at != '"' : !strchr("; \t", *at)); at++) {
    if (quoted && *at == '\\' && (at[1] == '"' || at[1] == '\\')) at++;
    if (used + 1 < room) to[used++] = *at;
  }
  to[used] = 0;
  return true;
}

int serve_multipart_init(serve_multipart *p, const char *content_type, const serve_part_sink *sink) {
  char boundary[SERVE_BOUNDARY + 2];
  *p = (serve_multipart){.sink = *sink, .state = PREAMBLE, .held_bytes = 2};
  memcpy(p->held, "\r\n", 2); /* so that the first delimiter is as the others */
  if (strncasecmp(content_type, "multipart/form-data", 19) || !parameter(content_type, "boundary", boundary, sizeof boundary)) return MIEN_EFORMAT;
  if (!*boundary || strlen(boundary) > SERVE_BOUNDARY) return MIEN_EFORMAT;
  p->delimiter_bytes = (size_t)snprintf(p->delimiter, sizeof p->delimiter, "\r\n--%s", boundary);
  return MIEN_OK;
}

bool serve_multipart_complete(const serve_multipart *p) { return p->state == END; }

/* Where `what` begins in `bytes`, or `count`. */
static size_t find(const uint8_t *bytes, size_t count, const void *what, size_t length) {
  for (size_t i = 0; i + length <= count; i++) {
    const uint8_t *at = memchr(bytes + i, *(const uint8_t *)what, count - length + 1 - i);
    if (!at) return count;
    i = (size_t)(at - bytes);
    if (!memcmp(at, what, length)) return i;
  }
  return count;
}

/* Names come from strangers: without folders, and UTF-8 or nothing. */
static void plain_name(char *name) {
  size_t last = strlen(name);
  while (last && name[last - 1] != '/' && name[last - 1] != '\\') last--;
  memmove(name, name + last, strlen(name + last) + 1);
  if (base_utf8_check(name, strlen(name)) != strlen(name)) *name = 0;
}

static int begin_part(serve_multipart *p, char *head) {
  serve_part part = {0};
  for (char *line = head, *next; line && *line; line = next) {
    next = strstr(line, "\r\n");
    if (next) *next = 0, next += 2;
    if (!strncasecmp(line, "content-disposition:", 20)) {
      parameter(line, "name", part.name, sizeof part.name);
      part.file = parameter(line, "filename", part.filename, sizeof part.filename);
    } else if (!strncasecmp(line, "content-type:", 13)) {
      snprintf(part.type, sizeof part.type, "%s", line + 13 + strspn(line + 13, " \t"));
    }
  }
  plain_name(part.filename);
  return *part.name ? p->sink.begin(p->sink.context, &part) : MIEN_EFORMAT;
}

static void consume(serve_multipart *p, size_t count) {
  p->held_bytes -= count;
  memmove(p->held, p->held + count, p->held_bytes);
}

/* One step with what is held. MIEN_EAGAIN: more is needed. */
static int step(serve_multipart *p) {
  int code = MIEN_OK;
  size_t at;
  if (p->state == BODY || p->state == PREAMBLE) {
    at = find(p->held, p->held_bytes, p->delimiter, p->delimiter_bytes);
    bool found = at < p->held_bytes;
    size_t sure = found ? at : p->held_bytes - BASE_MIN(p->held_bytes, p->delimiter_bytes - 1); /* the rest may begin one */
    if (p->state == BODY && sure) code = p->sink.data(p->sink.context, p->held, sure);
    if (!code && found && p->state == BODY) code = p->sink.end(p->sink.context);
    consume(p, sure + (found ? p->delimiter_bytes : 0));
    if (found) p->state = AFTER;
    return code || found ? code : MIEN_EAGAIN;
  }
  if (p->state == AFTER) {
    if (p->held_bytes < 2) return MIEN_EAGAIN;
    bool last = p->held[0] == '-' && p->held[1] == '-';
    if (!last && p->held[0] != '\r' && p->held[0] != ' ' && p->held[0] != '\t') return MIEN_EFORMAT;
    if (!last && (p->held[0] == ' ' || p->held[0] == '\t')) return consume(p, 1), MIEN_OK;
    if (!last && p->held[1] != '\n') return MIEN_EFORMAT;
    if (last) consume(p, 2);
    p->state = last ? END : HEAD; /* HEAD still has the line's end: headers may be none */
    return MIEN_OK;
  }
  if (p->state == END) return p->held_bytes = 0, MIEN_EAGAIN; /* what follows is nobody's */
  at = find(p->held, p->held_bytes, "\r\n\r\n", 4);
  if (at == p->held_bytes) return p->held_bytes > SERVE_PART_HEAD ? MIEN_ELIMIT : MIEN_EAGAIN;
  if (at > SERVE_PART_HEAD) return MIEN_ELIMIT;
  if (memchr(p->held, 0, at)) return MIEN_EFORMAT;
  p->held[at] = 0;
  code = begin_part(p, at >= 2 ? (char *)p->held + 2 : (char *)p->held + at);
  consume(p, at + 4);
  p->state = BODY;
  return code;
}

int serve_multipart_feed(serve_multipart *p, const uint8_t *bytes, size_t count) {
  int code = MIEN_OK;
  while (count && !code) {
    size_t room = sizeof p->held - p->held_bytes, part = BASE_MIN(room, count);
    memcpy(p->held + p->held_bytes, bytes, part);
    p->held_bytes += part;
    bytes += part;
    count -= part;
    do code = step(p);
    while (!code);
    if (code == MIEN_EAGAIN) code = p->held_bytes < sizeof p->held ? MIEN_OK : MIEN_ELIMIT;
  }
  return code;
}
