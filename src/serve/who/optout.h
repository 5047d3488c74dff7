/* optout.h: a link with which a person withdraws their own consent, without an account: of one consent, so of one purpose,
 * by modality. The link holds tenant, consent and end, and a MAC of the installation's key: nothing is kept of it, and it
 * names nobody. Who has it can see the purpose and withdraw; nothing else. A link of the whole person, which only who answers for
 * the data may make, also shows who looked, and downloads and erases all there is of them (api/mine.c). */
#ifndef SERVE_OPTOUT_H
#define SERVE_OPTOUT_H

#include "guard/guard.h"

enum { SERVE_OPTOUT = 320 /* bytes of a token */ };

typedef struct serve_optout {
  char tenant[GUARD_NAME], consent[GUARD_ID];
  double until; /* seconds since 1970 */
  bool whole;   /* of the person whose consent it is, not of that consent alone */
} serve_optout;

/* "v1." ("m1.": whole) and "TENANT.CONSENT.END.MAC"; the tenant in base64, the MAC is BLAKE2b-256 keyed by `key`. */
void serve_optout_write(char token[SERVE_OPTOUT], const serve_optout *about, const uint8_t key[32]);
/* False: it is not of this key, was changed, or its end has passed. In constant time as far as the MAC goes. */
bool serve_optout_read(serve_optout *about, const char *token, size_t bytes, double now, const uint8_t key[32]);

#endif
