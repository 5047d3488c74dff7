/* api.h: the handlers of the resources; api_*.c. Each answers its request or holds it (request.h). */
#ifndef SERVE_API_H
#define SERVE_API_H

#include "serve/request.h"

void serve_api_page(serve_request *request);
void serve_api_health(serve_request *request);
void serve_api_ready(serve_request *request);
void serve_api_seal(serve_request *request);
void serve_api_reload(serve_request *request);
void serve_api_metrics(serve_request *request);
void serve_api_texts(serve_request *request);
void serve_api_session_open(serve_request *request);
void serve_api_sessions(serve_request *request);
void serve_api_session(serve_request *request);
void serve_api_session_turn(serve_request *request);
void serve_api_session_finish(serve_request *request);
void serve_api_session_results(serve_request *request);
void serve_api_upload(serve_request *request);
void serve_api_job_make(serve_request *request);
void serve_api_jobs(serve_request *request);
void serve_api_job(serve_request *request);
void serve_api_job_results(serve_request *request);
void serve_api_job_drop(serve_request *request);
void serve_api_hume_start(serve_request *request);
void serve_api_hume_jobs(serve_request *request);
void serve_api_hume_job(serve_request *request);
void serve_api_hume_predictions(serve_request *request);
void serve_api_consent_grant(serve_request *request);
void serve_api_consent(serve_request *request);
void serve_api_consent_withdraw(serve_request *request);
void serve_api_subject(serve_request *request);
void serve_api_subject_erase(serve_request *request);
void serve_api_rules(serve_request *request);
void serve_api_rules_check(serve_request *request);
void serve_api_rules_put(serve_request *request);
void serve_api_rules_drop(serve_request *request);
void serve_api_cases(serve_request *request);
void serve_api_case(serve_request *request);
void serve_api_case_decide(serve_request *request);
void serve_api_webhooks(serve_request *request);
void serve_api_webhook_add(serve_request *request);
void serve_api_webhook(serve_request *request);
void serve_api_webhook_drop(serve_request *request);
void serve_api_webhook_rotate(serve_request *request);
void serve_api_webhook_deliveries(serve_request *request);
void serve_api_webhook_replay(serve_request *request);
void serve_api_events(serve_request *request);
void serve_api_session_events(serve_request *request);
void serve_api_consents(serve_request *request);
void serve_api_consent_proof(serve_request *request);
void serve_api_audit(serve_request *request);
void serve_api_audit_verify(serve_request *request);
void serve_api_policies(serve_request *request);
void serve_api_assessment(serve_request *request);
void serve_api_models(serve_request *request);
void serve_api_consent_link(serve_request *request);
void serve_api_optout(serve_request *request);
void serve_api_optout_do(serve_request *request);
void serve_api_login(serve_request *request);
void serve_api_logout(serve_request *request);
void serve_api_me(serve_request *request);
void serve_api_me_password(serve_request *request);
void serve_api_me_second(serve_request *request);
void serve_api_users(serve_request *request);
void serve_api_user_make(serve_request *request);
void serve_api_user(serve_request *request);
void serve_api_user_drop(serve_request *request);
void serve_api_user_reset(serve_request *request);
void serve_api_key_make(serve_request *request);
void serve_api_keys(serve_request *request);
void serve_api_key(serve_request *request);
void serve_api_key_revoke(serve_request *request);
void serve_api_certificate(serve_request *request);
void serve_api_kept(serve_request *request);

#endif
