/* metrics.h: counters and gauges, as OpenMetrics text. Counting may be done from any thread. */
#ifndef SERVE_METRICS_H
#define SERVE_METRICS_H

#include <stdatomic.h>

#include "serve/live/live.h"

enum { SERVE_DELAYS = 12, SERVE_JOB_ENDS = 4 /* done, failed, cancelled, interrupted */ };

typedef struct serve_metrics {
  atomic_ullong results[SERVE_RESULT_KINDS], requests[6] /* by hundreds of the status */, delays[SERVE_DELAYS + 1];
  atomic_ullong delay_us, request_us, request_count, dropped, unkept, lost, deliveries[3] /* taken, to be tried again, dead */, jobs[SERVE_JOB_ENDS];
  atomic_long links;
  double started;
} serve_metrics;

void serve_metrics_init(serve_metrics *metrics);
void serve_metrics_result(serve_metrics *metrics, const serve_result *result, bool live); /* of a recording: no delay */
void serve_metrics_request(serve_metrics *metrics, int status, double seconds);
void serve_metrics_link(serve_metrics *metrics, int by);
void serve_metrics_unkept(serve_metrics *metrics);  /* a result that should be kept could not be: the queue is full */
void serve_metrics_dropped(serve_metrics *metrics); /* something that may not be read was sent */
void serve_metrics_lost(serve_metrics *metrics); /* an event that more came after than could be put down */
void serve_metrics_job(serve_metrics *metrics, int end); /* 0…3, as SERVE_JOB_ENDS */
void serve_metrics_delivery(serve_metrics *metrics, bool taken, bool dead);
/* `conversations` is how many are open, `jobs` how many are not read yet. */
void serve_metrics_write(const serve_metrics *metrics, size_t conversations, size_t jobs, base_text *out);

#endif
