/* metrics.c: OpenMetrics 1.0 text. Carries counts and times alone. */
#include "serve/http/metrics.h"

static const double delay_bounds[SERVE_DELAYS] = {.001, .0025, .005, .01, .025, .05, .1, .15, .25, .5, 1, 2.5};

void serve_metrics_init(serve_metrics *metrics) {
  *metrics = (serve_metrics){.started = base_clock()};
}

void serve_metrics_result(serve_metrics *m, const serve_result *result, bool live) {
  atomic_fetch_add(&m->results[result->kind], 1);
  if (!live) return;
  double delay = base_clock() - result->caused;
  size_t bin = 0;
  while (bin < SERVE_DELAYS && delay > delay_bounds[bin]) bin++;
  if (result->kind == SERVE_TURN && result->modality == MIEN_TEXT) return; /* given back as it came: nothing was read */
  atomic_fetch_add(&m->delays[bin], 1);
  atomic_fetch_add(&m->delay_us, (unsigned long long)(delay * 1e6));
}

void serve_metrics_request(serve_metrics *m, int status, double seconds) {
  atomic_fetch_add(&m->requests[BASE_CLAMP(status / 100, 0, 5)], 1);
  atomic_fetch_add(&m->request_count, 1);
  atomic_fetch_add(&m->request_us, (unsigned long long)(seconds * 1e6));
}

void serve_metrics_link(serve_metrics *m, int by) { atomic_fetch_add(&m->links, by); }
void serve_metrics_unkept(serve_metrics *m) { atomic_fetch_add(&m->unkept, 1); }
void serve_metrics_dropped(serve_metrics *m) { atomic_fetch_add(&m->dropped, 1); }

void serve_metrics_lost(serve_metrics *m) { atomic_fetch_add(&m->lost, 1); }
void serve_metrics_job(serve_metrics *m, int end) { atomic_fetch_add(&m->jobs[end], 1); }
void serve_metrics_delivery(serve_metrics *m, bool taken, bool dead) { atomic_fetch_add(&m->deliveries[taken ? 0 : dead ? 2 : 1], 1); }

static void family(base_text *out, const char *name, const char *type, const char *help) {
  base_text_printf(out, "# TYPE mien_%s %s\n# HELP mien_%s %s\n", name, type, name, help);
}

void serve_metrics_write(const serve_metrics *m, size_t conversations, size_t jobs, base_text *out) {
  family(out, "results", "counter", "Results given, by kind.");
  for (int k = 0; k < SERVE_RESULT_KINDS; k++)
    base_text_printf(out, "mien_results_total{kind=\"%s\"} %llu\n", serve_result_name(k), atomic_load(&m->results[k]));
  family(out, "result_delay_seconds", "histogram", "From the input that caused a result to the result.");
  unsigned long long sum = 0;
  for (int k = 0; k < SERVE_DELAYS; k++) {
    sum += atomic_load(&m->delays[k]);
    base_text_printf(out, "mien_result_delay_seconds_bucket{le=\"%g\"} %llu\n", delay_bounds[k], sum);
  }
  sum += atomic_load(&m->delays[SERVE_DELAYS]);
  base_text_printf(out, "mien_result_delay_seconds_bucket{le=\"+Inf\"} %llu\nmien_result_delay_seconds_sum %.6f\nmien_result_delay_seconds_count %llu\n",
                   sum, (double)atomic_load(&m->delay_us) / 1e6, sum);
  family(out, "requests", "counter", "HTTP answers, by class of status.");
  for (int k = 1; k < 6; k++)
    base_text_printf(out, "mien_requests_total{status=\"%dxx\"} %llu\n", k, atomic_load(&m->requests[k]));
  family(out, "request_seconds", "summary", "From the first header of a request to the end of its answer.");
  base_text_printf(out, "mien_request_seconds_sum %.6f\nmien_request_seconds_count %llu\n",
                   (double)atomic_load(&m->request_us) / 1e6, atomic_load(&m->request_count));
  family(out, "refused_inputs", "counter", "Inputs dropped because nothing of their kind may be read of that participant.");
  base_text_printf(out, "mien_refused_inputs_total %llu\n", atomic_load(&m->dropped));
  family(out, "unkept_results", "counter", "Results that a consent lets be kept and that were not: the queue to the store was full.");
  base_text_printf(out, "mien_unkept_results_total %llu\n", atomic_load(&m->unkept));
  static const char *const outcomes[] = {"taken", "again", "dead"};
  family(out, "deliveries", "counter", "Calls of webhooks, by what became of them.");
  for (int k = 0; k < 3; k++) base_text_printf(out, "mien_deliveries_total{outcome=\"%s\"} %llu\n", outcomes[k], atomic_load(&m->deliveries[k]));
  family(out, "lost_actions", "counter", "Events whose cases and calls were given up, because too many waited.");
  base_text_printf(out, "mien_lost_actions_total %llu\n", atomic_load(&m->lost));
  static const char *const ends[SERVE_JOB_ENDS] = {"done", "failed", "cancelled", "interrupted"};
  family(out, "jobs", "counter", "Recordings, by what became of them.");
  for (int k = 0; k < SERVE_JOB_ENDS; k++) base_text_printf(out, "mien_jobs_total{outcome=\"%s\"} %llu\n", ends[k], atomic_load(&m->jobs[k]));
  family(out, "jobs_waiting", "gauge", "Recordings that wait or are being read.");
  base_text_printf(out, "mien_jobs_waiting %zu\n", jobs);
  family(out, "conversations", "gauge", "Conversations open now.");
  base_text_printf(out, "mien_conversations %zu\n", conversations);
  family(out, "links", "gauge", "WebSockets open now.");
  base_text_printf(out, "mien_links %ld\n", atomic_load(&m->links));
  family(out, "uptime_seconds", "gauge", "Since the server was opened.");
  base_text_printf(out, "mien_uptime_seconds %.1f\n# EOF\n", base_clock() - m->started);
}
