/* settings.h: what an operator decides: one YAML file (docs/serve.md), each value also by environment:
 * `limits: {connections: 10}` is MIEN_LIMITS_CONNECTIONS=10 as well, which goes before the file. */
#ifndef SERVE_SETTINGS_H
#define SERVE_SETTINGS_H

#include <jansson.h>

#include "base/base.h"

enum { SERVE_TEXT = 256 };

typedef struct serve_settings {
  char file[512];              /* where they were read, "" nowhere */
  char address[SERVE_TEXT];    /* "127.0.0.1", "::", … or "unix:/run/mien.sock" */
  int port;                    /* 0: any that is free */
  char certificate[SERVE_TEXT], private_key[SERVE_TEXT]; /* PEM files; "" none: plain HTTP */
  int audiosocket_port;        /* Asterisk's door; -1: closed, 0: any that is free */
  char data[SERVE_TEXT];       /* folder of keys, consents and audit; made with mode 0700 */
  char policies[SERVE_TEXT];   /* folder of packs beside those inside; "" none */
  char statements[SERVE_TEXT]; /* folder of signed statements (guard/statement.h); "" none */
  char statement_key[64];      /* the operator's public key, base64 */
  int threads;                 /* that read; 0: one a processor */
  int connections;             /* at most */
  int conversations;           /* at most */
  int body;                    /* bytes of a request at most */
  int key_rate, address_rate;  /* requests a second of one key, of one address; 0: as many as there are */
  double header_timeout, idle_timeout; /* seconds until a request is complete; without any traffic */
  double linger;               /* seconds that a conversation waits for its client to rejoin */
  double pause;                /* seconds that one which is fed by requests waits for the next turn */
  double drain;                /* seconds that a stop waits for what is being read */
  char profile[SERVE_TEXT];    /* what doors open that cannot say themselves: a name of `profiles` */
  char audiohook_key[SERVE_TEXT], audiohook_secret[SERVE_TEXT]; /* Genesys' client: X-API-KEY, file of the secret (base64) */
  char audiohook_tenant[64];
  char store[SERVE_TEXT];      /* a path (SQLite) or postgresql://…; "": DATA/store; "off": nothing is kept */
  char store_keys[SERVE_TEXT]; /* the file of wrapped keys; "": DATA/keys.store */
  char rules[SERVE_TEXT];      /* files of rules with commas between them, "default": the shipped ones; "" default */
  int rules_editable;          /* 1: they may be put over HTTP, into DATA/rules.yaml */
  int rules_dry;               /* 1: what is not `always` is counted alone */
  double retention;            /* seconds, where the policy allows more; 0: as the policy says */
  int keep_texts;              /* 1: words that were recognised, and words as cues, are kept as well */
  char vault_key[SERVE_TEXT], vault_old_key[SERVE_TEXT]; /* vault_open's word; "": DATA/master.key, made at the first start */
  char oidc_issuer[SERVE_TEXT]; /* "" OpenID Connect is off */
  char oidc_client[SERVE_TEXT], oidc_secret[SERVE_TEXT]; /* client_id; file of the client's secret, "" none (a public client) */
  char oidc_address[SERVE_TEXT]; /* of this service, as browsers call it: "https://mien.example.org" */
  char oidc_scope[SERVE_TEXT], oidc_role_claim[64], oidc_roles[SERVE_TEXT]; /* "openid"; "roles"; "THEIRS=agent,…" */
  char oidc_tenant[64], oidc_hosts[SERVE_TEXT], oidc_ca[SERVE_TEXT]; /* hosts: as webhook_hosts, the issuer's beside them */
  char webhook_hosts[SERVE_TEXT]; /* that may be called wherever they are, with commas between them: "host" or "host:port" */
  char webhook_ca[SERVE_TEXT]; /* PEM file of the authorities that their certificates are checked by; "": those of the system */
  double webhook_timeout, webhook_retry; /* seconds: of a call; until the second, others follow from it (deliveries.c) */
  int webhook_attempts;
  char respond_library[SERVE_TEXT], respond_scorer[SERVE_TEXT]; /* folder of responses, "" those inside; respond-research.mien, "" none */
  char respond_endpoint[SERVE_TEXT]; /* "" drafts are off (drafts.h): POST https://HOST/v1/chat/completions */
  char respond_model[128], respond_key[SERVE_TEXT]; /* as the endpoint calls it; "env:NAME" or "file:PATH" of its key, "" none */
  char respond_hosts[SERVE_TEXT], respond_ca[SERVE_TEXT]; /* as webhook_hosts: what is of this machine or its networks has to be named */
  double respond_timeout;      /* seconds, from the request on */
  char jobs_folder[SERVE_TEXT]; /* whose files jobs may name, a folder a tenant in it; "": none */
  int jobs_threads;            /* recordings that are decoded at once */
  int jobs_waiting;            /* that are not read yet, at most */
  int jobs_upload;             /* bytes of one upload at most */
  double jobs_retention;       /* seconds that jobs and their results are there */
  json_t *endpoints;           /* name to endpoint (endpoints.h) */
  json_t *profiles;            /* name to what "open" says (docs/asyncapi.yaml), without its type and audio */
} serve_settings;

void serve_settings_init(serve_settings *settings);
/* `path` NULL: the environment alone. MIEN_EFORMAT with file, line and column. */
int serve_settings_read(serve_settings *settings, const char *path, mien_error *error);
/* Reads the file (and the environment) of `settings` again into `fresh`, which is to be cleared, whatever comes back. */
int serve_settings_again(const serve_settings *settings, serve_settings *fresh, mien_error *error);
/* Takes over what may change while the service runs: limits.conversations, body, key_rate, address_rate, times.linger, pause
 * and drain, doors.profile and profiles. The names of the others that have changed are put in `later`, with commas. */
void serve_settings_take(serve_settings *settings, serve_settings *fresh, base_text *later);
void serve_settings_clear(serve_settings *settings);

#endif
