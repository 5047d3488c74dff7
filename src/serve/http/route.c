/* route.c: the table of what the service answers. */
#include "serve/http/route.h"

#include <stdio.h>

#include "serve/api/api.h"
#include "serve/http/limit.h"
#include "serve/http/once.h"
#include "serve/who/oidc.h"
#include "serve/who/who.h"

static const serve_route routes[] = {
    {SERVE_GET, "/", SERVE_SCOPE_NONE, serve_api_page},
    {SERVE_GET, "/assets/{name}", SERVE_SCOPE_NONE, serve_api_page},
    {SERVE_GET, "/healthz", SERVE_SCOPE_NONE, serve_api_health},
    {SERVE_GET, "/readyz", SERVE_SCOPE_NONE, serve_api_ready},
    {SERVE_GET, "/v1/seal", SERVE_SCOPE_NONE, serve_api_seal},
    {SERVE_GET, "/metrics", SERVE_SCOPE_ADMIN, serve_api_metrics},
    {SERVE_POST, "/v1/reload", SERVE_SCOPE_ADMIN, serve_api_reload},
    {SERVE_POST, "/v1/texts", SERVE_SCOPE_READ, serve_api_texts},
    {SERVE_POST, "/v1/suggestions", SERVE_SCOPE_READ, serve_api_suggestions},
    {SERVE_POST, "/v1/sessions", SERVE_SCOPE_STREAM, serve_api_session_open, serve_api_session},
    {SERVE_GET, "/v1/sessions", SERVE_SCOPE_READ, serve_api_sessions},
    {SERVE_GET, "/v1/sessions/{id}", SERVE_SCOPE_READ, serve_api_session},
    {SERVE_POST, "/v1/sessions/{id}/turns", SERVE_SCOPE_STREAM, serve_api_session_turn, serve_api_session},
    {SERVE_POST, "/v1/sessions/{id}/finish", SERVE_SCOPE_STREAM, serve_api_session_finish},
    {SERVE_GET, "/v1/sessions/{id}/results", SERVE_SCOPE_READ, serve_api_session_results},
    {SERVE_GET, "/v1/sessions/{id}/figures", SERVE_SCOPE_READ, serve_api_session_figures},
    {SERVE_GET, "/v1/sessions/{id}/summary", SERVE_SCOPE_READ, serve_api_session_summary},
    {SERVE_GET, "/v1/sessions/{id}/events", SERVE_SCOPE_READ, serve_api_session_events},
    {SERVE_GET, "/v1/sessions/{id}/contacts", SERVE_SCOPE_REVIEW, serve_api_contacts},
    {SERVE_GET, "/v1/events", SERVE_SCOPE_READ, serve_api_events},
    {SERVE_GET, "/v1/live", SERVE_SCOPE_READ, serve_api_live},
    {SERVE_GET, "/v1/live/{id}", SERVE_SCOPE_READ, serve_api_panel},
    {SERVE_GET, "/v1/team", SERVE_SCOPE_READ, serve_api_team},
    {SERVE_PUT, "/v1/team", SERVE_SCOPE_ADMIN, serve_api_team_put},
    {SERVE_GET, "/v1/rules/counts", SERVE_SCOPE_REVIEW, serve_api_rules_counts},
    {SERVE_POST, "/v1/jobs", SERVE_SCOPE_STREAM, serve_api_job_make, serve_api_job, serve_api_upload},
    {SERVE_GET, "/v1/jobs", SERVE_SCOPE_READ, serve_api_jobs},
    {SERVE_GET, "/v1/jobs/{id}", SERVE_SCOPE_READ, serve_api_job},
    {SERVE_GET, "/v1/jobs/{id}/results", SERVE_SCOPE_READ, serve_api_job_results},
    {SERVE_DELETE, "/v1/jobs/{id}", SERVE_SCOPE_STREAM, serve_api_job_drop},
    {SERVE_POST, "/v0/batch/jobs", SERVE_SCOPE_STREAM, serve_api_hume_start, serve_api_hume_job, serve_api_upload},
    {SERVE_GET, "/v0/batch/jobs", SERVE_SCOPE_READ, serve_api_hume_jobs},
    {SERVE_GET, "/v0/batch/jobs/{id}", SERVE_SCOPE_READ, serve_api_hume_job},
    {SERVE_GET, "/v0/batch/jobs/{id}/predictions", SERVE_SCOPE_READ, serve_api_hume_predictions},
    {SERVE_GET, "/v1/rules", SERVE_SCOPE_READ, serve_api_rules},
    {SERVE_POST, "/v1/rules", SERVE_SCOPE_ADMIN, serve_api_rules_check},
    {SERVE_GET, "/v1/rules/files", SERVE_SCOPE_ADMIN, serve_api_rules_files},
    {SERVE_POST, "/v1/rules/dry-run", SERVE_SCOPE_ADMIN, serve_api_rules_dry},
    {SERVE_GET, "/v1/recipes", SERVE_SCOPE_ADMIN, serve_api_recipes},
    {SERVE_POST, "/v1/recipes", SERVE_SCOPE_ADMIN, serve_api_recipe_try},
    {SERVE_PUT, "/v1/rules", SERVE_SCOPE_ADMIN, serve_api_rules_put},
    {SERVE_DELETE, "/v1/rules", SERVE_SCOPE_ADMIN, serve_api_rules_drop},
    {SERVE_POST, "/v1/collections", SERVE_SCOPE_STREAM, serve_api_collection_make, serve_api_collection, serve_api_upload},
    {SERVE_GET, "/v1/collections", SERVE_SCOPE_READ, serve_api_collections},
    {SERVE_GET, "/v1/collections/{id}", SERVE_SCOPE_READ, serve_api_collection},
    {SERVE_GET, "/v1/collections/{id}/figures", SERVE_SCOPE_READ, serve_api_collection_figures},
    {SERVE_DELETE, "/v1/collections/{id}", SERVE_SCOPE_STREAM, serve_api_collection_drop},
    {SERVE_POST, "/v1/arcs", SERVE_SCOPE_STREAM, serve_api_arcs},
    {SERVE_POST, "/v1/audiences", SERVE_SCOPE_STREAM, serve_api_audiences},
    {SERVE_GET, "/v1/adapt", SERVE_SCOPE_READ, serve_api_adapt_list},
    {SERVE_POST, "/v1/adapt", SERVE_SCOPE_ADMIN, serve_api_adapt_make},
    {SERVE_GET, "/v1/adapt/{id}", SERVE_SCOPE_READ, serve_api_adapt_get},
    {SERVE_DELETE, "/v1/adapt/{id}", SERVE_SCOPE_ADMIN, serve_api_adapt_drop},
    {SERVE_GET, "/v1/adapt/{id}/log", SERVE_SCOPE_ADMIN, serve_api_adapt_log},
    {SERVE_POST, "/v1/adapt/{id}/decisions", SERVE_SCOPE_STREAM, serve_api_adapt_decide},
    {SERVE_GET, "/v1/adapt/{id}/decisions/{decision}", SERVE_SCOPE_READ, serve_api_adapt_explain},
    {SERVE_POST, "/v1/adapt/{id}/outcomes", SERVE_SCOPE_STREAM, serve_api_adapt_outcome},
    {SERVE_POST, "/v1/adapt/{id}/freeze", SERVE_SCOPE_ADMIN, serve_api_adapt_freeze},
    {SERVE_POST, "/v1/adapt/{id}/release", SERVE_SCOPE_ADMIN, serve_api_adapt_release},
    {SERVE_POST, "/v1/adapt/{id}/rollback", SERVE_SCOPE_ADMIN, serve_api_adapt_rollback},
    {SERVE_POST, "/v1/adapt/{id}/evaluate", SERVE_SCOPE_ADMIN, serve_api_adapt_evaluate},
    {SERVE_GET, "/v1/signals", SERVE_SCOPE_READ, serve_api_signals},
    {SERVE_POST, "/v1/signals", SERVE_SCOPE_STREAM, serve_api_signals_make},
    {SERVE_GET, "/v1/signals/{id}", SERVE_SCOPE_READ, serve_api_signals_get},
    {SERVE_DELETE, "/v1/signals/{id}", SERVE_SCOPE_STREAM, serve_api_signals_drop},
    {SERVE_POST, "/v1/signals/{id}/examples", SERVE_SCOPE_STREAM, serve_api_signals_add},
    {SERVE_DELETE, "/v1/signals/{id}/examples/{signal}", SERVE_SCOPE_STREAM, serve_api_signals_forget},
    {SERVE_POST, "/v1/signals/{id}/tell", SERVE_SCOPE_STREAM, serve_api_signals_tell},
    {SERVE_GET, "/v1/cases", SERVE_SCOPE_REVIEW, serve_api_cases},
    {SERVE_GET, "/v1/cases/{id}", SERVE_SCOPE_REVIEW, serve_api_case},
    {SERVE_POST, "/v1/cases/{id}/decision", SERVE_SCOPE_REVIEW, serve_api_case_decide, serve_api_case},
    {SERVE_GET, "/v1/webhooks", SERVE_SCOPE_ADMIN, serve_api_webhooks},
    {SERVE_POST, "/v1/webhooks", SERVE_SCOPE_ADMIN, serve_api_webhook_add, serve_api_webhook},
    {SERVE_GET, "/v1/webhooks/{id}", SERVE_SCOPE_ADMIN, serve_api_webhook},
    {SERVE_DELETE, "/v1/webhooks/{id}", SERVE_SCOPE_ADMIN, serve_api_webhook_drop},
    {SERVE_POST, "/v1/webhooks/{id}/rotate", SERVE_SCOPE_ADMIN, serve_api_webhook_rotate, serve_api_webhook},
    {SERVE_GET, "/v1/webhooks/{id}/deliveries", SERVE_SCOPE_ADMIN, serve_api_webhook_deliveries},
    {SERVE_POST, "/v1/webhooks/{id}/replay", SERVE_SCOPE_ADMIN, serve_api_webhook_replay, serve_api_webhook},
    {SERVE_POST, "/v1/consents", SERVE_SCOPE_CONSENT, serve_api_consent_grant, serve_api_consent},
    {SERVE_GET, "/v1/consents/{id}", SERVE_SCOPE_CONSENT, serve_api_consent},
    {SERVE_DELETE, "/v1/consents/{id}", SERVE_SCOPE_CONSENT, serve_api_consent_withdraw},
    {SERVE_POST, "/v1/consents/{id}/link", SERVE_SCOPE_CONSENT, serve_api_consent_link},
    {SERVE_GET, "/v1/consents", SERVE_SCOPE_PRIVACY, serve_api_consents},
    {SERVE_GET, "/v1/consents/{id}/proof", SERVE_SCOPE_PRIVACY, serve_api_consent_proof},
    {SERVE_GET, "/v1/audit", SERVE_SCOPE_PRIVACY, serve_api_audit},
    {SERVE_POST, "/v1/audit/verify", SERVE_SCOPE_PRIVACY, serve_api_audit_verify},
    {SERVE_GET, "/v1/policies", SERVE_SCOPE_PRIVACY, serve_api_policies},
    {SERVE_GET, "/v1/assessment", SERVE_SCOPE_PRIVACY, serve_api_assessment},
    {SERVE_GET, "/v1/models", SERVE_SCOPE_READ, serve_api_models},
    {SERVE_POST, "/v1/subjects/{id}/link", SERVE_SCOPE_PRIVACY, serve_api_subject_link},
    {SERVE_POST, "/v1/mine", SERVE_SCOPE_NONE, serve_api_mine},
    {SERVE_POST, "/v1/mine/withdraw", SERVE_SCOPE_NONE, serve_api_mine_withdraw},
    {SERVE_POST, "/v1/mine/export", SERVE_SCOPE_NONE, serve_api_mine_export},
    {SERVE_POST, "/v1/mine/wellbeing", SERVE_SCOPE_NONE, serve_api_mine_wellbeing},
    {SERVE_POST, "/v1/mine/erase", SERVE_SCOPE_NONE, serve_api_mine_erase},
    {SERVE_GET, "/optout", SERVE_SCOPE_NONE, serve_api_optout},
    {SERVE_POST, "/optout", SERVE_SCOPE_NONE, serve_api_optout_do},
    {SERVE_POST, "/v1/login", SERVE_SCOPE_NONE, serve_api_login},
    {SERVE_GET, "/v1/login", SERVE_SCOPE_NONE, serve_api_login_ways},
    {SERVE_GET, "/v1/login/oidc", SERVE_SCOPE_NONE, serve_api_oidc_begin},
    {SERVE_GET, "/v1/login/oidc/callback", SERVE_SCOPE_NONE, serve_api_oidc_callback},
    {SERVE_POST, "/v1/logout", SERVE_SCOPE_USER, serve_api_logout},
    {SERVE_GET, "/v1/me", SERVE_SCOPE_USER, serve_api_me},
    {SERVE_POST, "/v1/me/password", SERVE_SCOPE_USER, serve_api_me_password},
    {SERVE_POST, "/v1/me/second_factor", SERVE_SCOPE_USER, serve_api_me_second},
    {SERVE_GET, "/v1/users", SERVE_SCOPE_ADMIN, serve_api_users},
    {SERVE_POST, "/v1/users", SERVE_SCOPE_ADMIN, serve_api_user_make},
    {SERVE_GET, "/v1/users/{id}", SERVE_SCOPE_ADMIN, serve_api_user},
    {SERVE_DELETE, "/v1/users/{id}", SERVE_SCOPE_ADMIN, serve_api_user_drop},
    {SERVE_POST, "/v1/users/{id}/reset", SERVE_SCOPE_ADMIN, serve_api_user_reset},
    {SERVE_GET, "/v1/keys", SERVE_SCOPE_ADMIN, serve_api_keys},
    {SERVE_POST, "/v1/keys", SERVE_SCOPE_ADMIN, serve_api_key_make},
    {SERVE_GET, "/v1/keys/{id}", SERVE_SCOPE_ADMIN, serve_api_key},
    {SERVE_DELETE, "/v1/keys/{id}", SERVE_SCOPE_ADMIN, serve_api_key_revoke},
    {SERVE_GET, "/v1/kept", SERVE_SCOPE_READ, serve_api_kept},
    {SERVE_GET, "/v1/certificates/{id}", SERVE_SCOPE_PRIVACY, serve_api_certificate},
    {SERVE_GET, "/v1/subjects/{id}", SERVE_SCOPE_PRIVACY, serve_api_subject},
    {SERVE_DELETE, "/v1/subjects/{id}", SERVE_SCOPE_PRIVACY, serve_api_subject_erase},
};

/* True when the path fits the pattern; the {…} go to params. */
static bool fits(serve_request *request, const char *pattern) {
  char *at = request->pieces;
  size_t param = 0;
  snprintf(request->pieces, sizeof request->pieces, "%s", request->path);
  while (*pattern) {
    if (*pattern == '{') {
      size_t length = strcspn(at, "/");
      if (!length || param == SERVE_PARAMS) return false;
      request->params[param++] = at;
      at += length;
      pattern += strcspn(pattern, "}") + 1;
      if (*at) { /* ends the piece; the pattern goes on behind the slash */
        if (*pattern != '/') return false;
        *at++ = 0;
        pattern++;
      }
    } else if (*pattern++ != *at++) {
      return false;
    }
  }
  return !*at;
}

static const serve_route *get_of(const char *pattern) {
  for (size_t i = 0; i < BASE_COUNT(routes); i++)
    if (routes[i].method == SERVE_GET && !strcmp(routes[i].pattern, pattern)) return &routes[i];
  return NULL;
}

static void run(serve_request *request, const serve_route *route) {
  const serve_route *get = request->method & (SERVE_PUT | SERVE_PATCH | SERVE_DELETE) ? get_of(route->pattern) : NULL;
  if (request->method & (SERVE_PUT | SERVE_PATCH | SERVE_DELETE) && !serve_once_matches(request, get ? get->handle : NULL)) return;
  if (!route->again || serve_once_begin(request, route->again)) route->handle(request);
}

void serve_route_upload(serve_request *request) {
  for (size_t i = 0; i < BASE_COUNT(routes); i++)
    if (routes[i].upload && routes[i].method == request->method && !strcmp(routes[i].pattern, request->path)) {
      if (serve_limit_address(request) && serve_who_may(request, routes[i].scope)) routes[i].upload(request);
      return;
    }
}

void serve_route_run(serve_request *request) {
  int others = 0, method = request->method == SERVE_HEAD ? SERVE_GET : request->method;
  for (size_t i = 0; i < BASE_COUNT(routes); i++) {
    if (!fits(request, routes[i].pattern)) continue;
    if (routes[i].method != method) {
      others |= routes[i].method;
      continue;
    }
    if (serve_limit_address(request) && serve_who_may(request, routes[i].scope)) run(request, &routes[i]);
    return;
  }
  if (others) serve_answer_problem_text(request, 405, "Method not allowed", "this address does not take this method");
  else serve_answer_problem_text(request, 404, "Not found", "there is nothing at this address");
}
