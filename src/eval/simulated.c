/* simulated.c: see simulated.h. */
#include "eval/simulated.h"

#include <stdio.h>

static double normal(simulated_world *w, double sigma) { return sigma * adapt_normal(&w->random); }
static double clamp(double x, double low, double high) { return BASE_CLAMP(x, low, high); }
static double unit(double x) { return clamp(x, 0, 1); }
static double within(simulated_world *w, double low, double high) { return low + (high - low) * adapt_uniform(&w->random); }
static double logistic(double x) { return 1 / (1 + exp(-x)); }

/* A step of a mean-reverting walk with this spread over time. */
static double wander(simulated_world *w, double value, double usual, double keep, double sigma) {
  return usual + keep * (value - usual) + normal(w, sigma * sqrt(1 - keep * keep));
}

/* ---- Game: the skill grows and has its days; flow is a hill over challenge - skill. ---- */

static void game_begin(simulated_world *w) {
  w->skill = within(w, 1.2, 4), w->growth = within(w, 0, 1.2), w->width = within(w, 0.7, 1.1);
  const double shown[] = {0.1, 0.1, 0.4, 0, 0.5};
  memcpy(w->shown, shown, sizeof shown);
}

static void game_next(simulated_world *w) {
  w->form = wander(w, w->form, 0, 0.93, 0.7);
  double skill = w->skill + w->growth * w->at / 200 + w->form;
  for (int o = 0; o < 5; o++) {
    double gap = o + 1 - skill;
    w->expected[o] = 0.05 + 0.9 * exp(-gap * gap / (2 * w->width * w->width));
  }
}

static void game_after(simulated_world *w, int option) {
  double gap = option + 1 - (w->skill + w->growth * w->at / 200 + w->form), flow = w->expected[option];
  w->shown[0] = unit(logistic(2.2 * (gap - 0.9)) + normal(w, 0.12));
  w->shown[1] = unit(logistic(2.2 * (-gap - 0.9)) + normal(w, 0.12));
  w->shown[2] = unit(flow + normal(w, 0.15));
  w->shown[3] = clamp(flow - 0.4 * logistic(2 * gap) + normal(w, 0.2), -1, 1);
  double won = 0;
  for (int i = 0; i < 5; i++) won += adapt_uniform(&w->random) < logistic(-1.5 * gap) ? 0.2 : 0;
  w->shown[4] = won;
}

/* ---- Learning: focused, confused, frustrated, bored or tired; what helps differs from learner to learner. ---- */

static void effects(simulated_world *w, const double usual[5][5], double sigma) {
  for (int c = 0; c < 5; c++)
    for (int o = 0; o < 5; o++) w->effect[c][o] = clamp(usual[c][o] + normal(w, sigma), 0.03, 0.97);
}

static void learning_begin(simulated_world *w) {
  static const double usual[5][5] = {/* go-on, hint, alternative, harder, break */
      {0.70, 0.45, 0.40, 0.60, 0.30}, {0.30, 0.65, 0.60, 0.10, 0.25}, {0.20, 0.45, 0.65, 0.08, 0.45},
      {0.35, 0.20, 0.35, 0.75, 0.35}, {0.25, 0.25, 0.25, 0.15, 0.70}};
  effects(w, usual, 0.12);
}

static void learning_next(simulated_world *w) {
  static const double share[5] = {0.35, 0.55, 0.72, 0.87, 1};
  if (adapt_uniform(&w->random) < 0.35) {
    double at = adapt_uniform(&w->random);
    for (w->condition = 0; w->condition < 4 && at > share[w->condition];) w->condition++;
  }
  static const int state[5] = {3, 2, 0, 1, -1}; /* place of the state that shows it */
  for (int v = 0; v < 4; v++) w->shown[v] = unit((state[w->condition] == v ? 0.65 : 0.2) + normal(w, 0.13));
  w->shown[4] = unit((w->condition == 0 || w->condition == 3 ? 0.8 : 0.4) + normal(w, 0.15));
  w->shown[5] = clamp((w->condition == 4 ? 42 : 18) + normal(w, 8), 0, 60);
  memcpy(w->expected, w->effect[w->condition], sizeof w->effect[0]);
}

/* ---- Content: a mood that wanders, a taste, and a wish: like it or lifting. ---- */

static void content_begin(simulated_world *w) {
  for (int d = 0; d < 2; d++) w->usual[d] = normal(w, 0.25);
  for (int k = 0; k < 3; k++) w->taste[k] = normal(w, 0.25);
  w->wish = adapt_uniform(&w->random) < 0.5;
}

static void content_next(simulated_world *w) {
  static const double mood[8][2] = {{0.2, -0.7}, {-0.6, -0.5}, {-0.4, -0.1}, {0.5, -0.2}, {0.8, 0.5}, {0.7, 0.9}, {-0.5, 0.8}, {0, 0.3}};
  static const double kind[8][3] = {{0.9, 0.1, 0}, {0.6, 0.5, 0}, {0.2, 0.9, 0.1}, {0.7, 0.2, 0.2}, {0.1, 0.1, 0.9}, {0, 0.2, 1}, {0, 0.9, 0.4}, {0.5, 0.4, 0.4}};
  for (int d = 0; d < 2; d++) w->mood[d] = clamp(wander(w, w->mood[d], w->usual[d], 0.7, 0.55), -1, 1);
  for (int o = 0; o < 8; o++) {
    double away = 0, liked = 0;
    for (int d = 0; d < 2; d++) {
      double target = w->wish > 0 ? BASE_MIN(w->mood[d] + 0.45, 0.9) : w->mood[d];
      away += (mood[o][d] - target) * (mood[o][d] - target);
    }
    for (int k = 0; k < 3; k++) liked += w->taste[k] * kind[o][k];
    w->expected[o] = clamp(0.1 + 0.75 * exp(-away / 0.9) + 0.8 * liked, 0.02, 0.98);
  }
  for (int d = 0; d < 2; d++) w->shown[d] = clamp(w->mood[d] + normal(w, 0.15), -1, 1);
  w->shown[2] = unit(0.3 * (w->mood[1] - w->mood[0]) + 0.2 + normal(w, 0.1));
  w->shown[3] = w->wish;
}

/* ---- Message: each customer another, of the same clientele: calm, angry, sad, pleased or confused. ---- */

static void message_begin(simulated_world *w) {
  static const double usual[5][5] = {/* formal, warm, brief, apologetic, cheerful */
      {0.55, 0.60, 0.60, 0.35, 0.50}, {0.35, 0.40, 0.30, 0.70, 0.05}, {0.30, 0.75, 0.20, 0.50, 0.15},
      {0.45, 0.65, 0.50, 0.25, 0.85}, {0.60, 0.60, 0.20, 0.40, 0.35}};
  effects(w, usual, 0.10);
}

static void message_next(simulated_world *w) {
  static const double share[5] = {0.3, 0.55, 0.7, 0.85, 1};
  double at = adapt_uniform(&w->random);
  for (w->condition = 0; w->condition < 4 && at > share[w->condition];) w->condition++;
  for (int v = 0; v < 4; v++) w->shown[v] = unit((v == w->condition - 1 ? 0.6 : 0.1) + normal(w, 0.14));
  w->shown[4] = unit((w->condition == 1 ? 0.7 : 0.35) + normal(w, 0.2));
  memcpy(w->expected, w->effect[w->condition], sizeof w->effect[0]);
}

static void nothing_after(simulated_world *w, int option) {}

static const struct {
  const char *name;
  void (*begin)(simulated_world *w), (*next)(simulated_world *w), (*after)(simulated_world *w, int option);
} worlds[] = {{"game", game_begin, game_next, game_after}, {"learning", learning_begin, learning_next, nothing_after},
              {"content", content_begin, content_next, nothing_after}, {"message", message_begin, message_next, nothing_after}};

/* ---- A run ---- */

typedef struct totals {
  double fixed[MIEN_ADAPT_OPTIONS], taken, baseline;
} totals;

static void count(const mien_adapt *policy, const simulated_world *w, totals *t, simulated_run *run) {
  const adapt_plan *plan = &policy->plan;
  const adapt_event *event = &policy->events[policy->count - 1];
  double most = 0;
  for (size_t o = 0; o < plan->option_count; o++) {
    t->fixed[o] += w->expected[o];
    most = BASE_MAX(most, w->expected[o]);
    run->fixed = BASE_MAX(run->fixed, t->fixed[o]);
  }
  run->best += most;
  run->chosen += w->expected[(int)event->option], run->baseline += w->expected[(int)event->baseline];
  run->worst = BASE_MIN(run->worst, run->chosen - (1 - plan->harm) * run->baseline);
  run->explored += event->option != event->baseline;
  if (!(adapt_allowed(plan, event->given, event->last) >> event->option & 1)) run->broken++;
}

int simulated_play(const char *name, const char *description, uint64_t seed, int decisions, int outcomes, mien_adapt_write_fn write, void *context,
                   simulated_run *run, mien_adapt **kept, mien_error *error) {
  size_t kind = 0;
  while (kind < BASE_COUNT(worlds) && strcmp(worlds[kind].name, name)) kind++;
  *run = (simulated_run){0};
  if (kind == BASE_COUNT(worlds)) return base_error_set(error, MIEN_EINVAL, name, "game, learning, content or message", "there is no such simulated world");
  simulated_world w = {.random = {seed * 7919 + kind}};
  totals t = {0};
  mien_adapt *policy;
  if (!description) description = mien_adapt_ready(name);
  int code = mien_adapt_open(&policy, description, strlen(description), write, context, error);
  if (code) return code;
  if (policy->plan.value_count > SIMULATED_VALUES) code = base_error_set(error, MIEN_EINVAL, name, "keep the values of the ready-made policy", "this world shows no such values");
  worlds[kind].begin(&w);
  for (; w.at < decisions && !code; w.at++) {
    mien_adapt_value values[SIMULATED_VALUES];
    mien_adapt_situation situation = {.size = sizeof situation, .values = values, .count = policy->plan.value_count};
    mien_adapt_choice choice;
    worlds[kind].next(&w);
    for (size_t i = 0; i < situation.count; i++) values[i] = (mien_adapt_value){policy->plan.values[i].name, w.shown[i]};
    if ((code = mien_adapt_decide(policy, &situation, &choice, error))) break;
    int option = adapt_plan_option(&policy->plan, choice.option);
    double reward = unit(w.expected[option] + normal(&w, 0.15));
    if (outcomes == 1 && w.at >= decisions / 2) reward = 1 - reward;
    count(policy, &w, &t, run);
    if (outcomes < 2) code = mien_adapt_outcome(policy, choice.decision, reward, error);
    worlds[kind].after(&w, option);
  }
  if (kept && !code) *kept = policy;
  else mien_adapt_close(&policy);
  return code;
}
