/* adapt.c: the ready-made policies of adapt/ with simulated people (simulated.h): regret at 200 decisions by that of the
 * best fixed option, whether the harm bound was kept at every moment, and how often bounds were broken. Seeds from 1001
 * on: thresholds were chosen on those from 1 on. A resample is of whole people. */
#include "eval/parts.h"
#include "eval/simulated.h"

enum { PEOPLE = 100, DECISIONS = 200, FIRST = 1001 };

static int policy(eval_context *context, const char *name, mien_error *error) {
  eval_pair own[PEOPLE], baseline[PEOPLE], kept[PEOPLE], forbidden[PEOPLE];
  for (int i = 0; i < PEOPLE; i++) {
    simulated_run run;
    int code = simulated_play(name, NULL, FIRST + (uint64_t)i, DECISIONS, 0, NULL, NULL, &run, NULL, error);
    if (code) return code;
    float fixed = (float)(run.best - run.fixed);
    own[i] = (eval_pair){fixed, (float)(run.best - run.chosen)};
    baseline[i] = (eval_pair){fixed, (float)(run.best - run.baseline)};
    kept[i] = (eval_pair){0, run.worst >= -1e-9};
    forbidden[i] = (eval_pair){0, (float)run.broken / DECISIONS};
    eval_progress(context, name, i + 1, PEOPLE);
  }
  eval_report *report = &context->report;
  eval_row *row = eval_add(report, name, "regret, by the best fixed one's", eval_interval(eval_ratio, own, PEOPLE), PEOPLE);
  eval_floor(row, (double)NAN, 0.70);
  eval_add(report, name, "of the baseline, by the same", eval_interval(eval_ratio, baseline, PEOPLE), PEOPLE);
  row = eval_add(report, name, "harm bound always kept", eval_interval(eval_mean, kept, PEOPLE), PEOPLE);
  eval_floor(row, 1, (double)NAN);
  row->percent = true;
  row = eval_add(report, name, "forbidden choices", eval_interval(eval_mean, forbidden, PEOPLE), PEOPLE);
  eval_floor(row, (double)NAN, 0);
  row->percent = true;
  return MIEN_OK;
}

int eval_adapt(eval_context *context, mien_error *error) {
  int code = MIEN_OK;
  for (size_t i = 0; mien_adapt_ready_name(i) && !code; i++) code = policy(context, mien_adapt_ready_name(i), error);
  eval_note(&context->report, "%d simulated people each, %d decisions; harm bound: at no moment less than 90 %% of the baseline's expected reward so far; aim of the regret: 0.50", PEOPLE, DECISIONS);
  return code;
}
