/* adapt.c: `mien adapt`: a policy over a log file: new, choose, outcome, explain, freeze, roll back, replay, evaluate. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "cli/adapt_log.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "eval/simulated.h"

static const char *policy_name, *situation;
static int seed = 1, decisions = 200, as_json;

static const cli_option options[] = {
    {"policy", OPTION_TEXT, "FILE", &policy_name, "new: a description (docs/adapt.md), or a ready-made one by name", 0, 0},
    {"situation", OPTION_TEXT, "JSON", &situation, "choose: {\"state\":{…},\"values\":{…},\"last\":\"…\"}; without it, one a line from\nstandard input", 0, 0},
    {"seed", OPTION_INTEGER, "N", &seed, "try: which simulated person", 1, 1e9},
    {"decisions", OPTION_INTEGER, "N", &decisions, "try: how many", 1, MIEN_ADAPT_DECISIONS},
    {"json", OPTION_FLAG, NULL, &as_json, "evaluate, try: JSON", 0, 0},
    {0},
};
static const cli_usage usage = {
    "adapt", "ACTION [LOG] …",
    "Chooses among an application's options, within its bounds, and learns from what came of it. LOG is a file of JSON\n"
    "lines, and all there is of a policy. ACTION:\n"
    "  ready [NAME]               the ready-made policies; one of them as JSON, to begin a description with\n"
    "  new LOG --policy FILE      a new policy\n"
    "  choose LOG                 decides for each situation; a line of JSON each\n"
    "  outcome LOG N REWARD       what came of decision N, 0…1\n"
    "  explain LOG N              which values moved the choice, and by how much\n"
    "  show LOG                   what it is like now\n"
    "  freeze, thaw LOG           stop learning and exploring; go on\n"
    "  release LOG                end the guard that drift set off\n"
    "  rollback LOG N             back to what was believed at decision N (0: the beginning)\n"
    "  replay LOG                 computes every decision again; exit 1 where one is another\n"
    "  evaluate LOG OTHER         what OTHER (a description, a ready-made one, a log) would have earned on the\n"
    "                             decisions of LOG: IPS, SNIPS, doubly robust, with 95 % intervals\n"
    "  try NAME [LOG]             a ready-made policy with a simulated person\n",
    options,
    "  mien adapt new player.jsonl --policy game\n"
    "  mien adapt choose player.jsonl --situation '{\"values\":{\"states.frustration\":0.7,\"won\":0.2}}'\n"
    "  mien adapt outcome player.jsonl 1 0.8\n"};

static int complain(const mien_error *error) {
  cli_complain_of("adapt", error);
  return error->code == MIEN_EPOLICY ? CLI_POLICY : error->code == MIEN_EINVAL ? CLI_USAGE : CLI_NOTHING;
}

static int put_json(int code, char *json, const mien_error *error) {
  if (code) return complain(error);
  puts(json);
  mien_adapt_free(&json);
  return CLI_DONE;
}

/* A description: ready-made, or a file. The caller frees. */
static int description(const char *name, char **json, size_t *bytes, mien_error *error) {
  const char *ready = mien_adapt_ready(name);
  if (!ready) return cli_file_whole(name, 1 << 18, json, bytes, error);
  *json = strdup(ready);
  *bytes = strlen(ready);
  return *json ? MIEN_OK : base_error_set(error, MIEN_ENOMEM, name, "", "out of memory");
}

static int make_new(const char *path) {
  char *json = NULL;
  size_t bytes;
  adapt_log log = {.file = -1};
  mien_error error = {0};
  if (!policy_name) return cli_options_wrong(&usage, "new needs --policy");
  int code = description(policy_name, &json, &bytes, &error);
  if (!code) code = adapt_log_new(&log, path, json, bytes, &error);
  free(json);
  adapt_log_close(&log);
  return code ? complain(&error) : CLI_DONE;
}

static int choose_one(adapt_log *log, const char *text, size_t bytes) {
  mien_error error = {0};
  mien_adapt_choice choice;
  char *json = NULL;
  int code = mien_adapt_decide_json(log->policy, text, bytes, &choice, &error);
  if (!code) code = mien_adapt_choice_json(&choice, &json, &error);
  code = put_json(code, json, &error);
  fflush(stdout);
  return code;
}

static int choose(adapt_log *log) {
  if (situation) return choose_one(log, situation, strlen(situation));
  char *line = NULL;
  size_t room = 0;
  ssize_t length;
  int result = CLI_DONE;
  while ((length = getline(&line, &room, stdin)) > 0) { /* one bad line among many is named, and the rest is chosen */
    int code = choose_one(log, line, (size_t)length);
    result = result ? result : code;
  }
  free(line);
  return result;
}

static void put_estimate(const char *name, mien_adapt_estimate e) {
  if (as_json) printf("\"%s\":{\"value\":%.4f,\"low\":%.4f,\"high\":%.4f},", name, e.value, e.low, e.high);
  else printf("  %-8s %7.4f   %7.4f … %7.4f\n", name, e.value, e.low, e.high);
}

static int evaluate(const char *path, const char *other) {
  char *bytes = NULL, *json = NULL;
  size_t count, length;
  adapt_log candidate = {.file = -1};
  mien_error error = {0};
  mien_adapt_evaluation e = {.size = sizeof e};
  int code = cli_file_whole(path, ADAPT_LOG_MOST, &bytes, &count, &error);
  if (!code && adapt_log_open(&candidate, other, 0, &error)) { /* no log: a description */
    code = description(other, &json, &length, &error);
    if (!code) code = mien_adapt_open(&candidate.policy, json, length, NULL, NULL, &error);
  }
  if (!code) code = mien_adapt_evaluate(bytes, count, candidate.policy, &e, &error);
  free(bytes), free(json);
  adapt_log_close(&candidate);
  if (code) return complain(&error);
  if (as_json) printf("{\"decisions\":%zu,\"effective\":%.1f,", e.decisions, e.effective);
  else printf("%zu decisions with outcomes, of which about %.0f bear on the other policy\n\n  reward             95 %% interval\n", e.decisions, e.effective);
  put_estimate("logged", e.logged), put_estimate("ips", e.ips), put_estimate("snips", e.snips), put_estimate("robust", e.robust), put_estimate("gain", e.gain);
  if (as_json) printf("\"verdict\":%d}\n", e.verdict);
  else puts(e.verdict > 0 ? "\nbetter than what was logged" : e.verdict < 0 ? "\nworse than what was logged: do not let it go live" : "\nno difference that these decisions show");
  return CLI_DONE;
}

static int keep_line(void *context, const char *line, size_t bytes) {
  FILE *file = context;
  return fwrite(line, 1, bytes, file) == bytes && putc('\n', file) != EOF ? 0 : -1;
}

static int try_one(const char *name, const char *path) {
  simulated_run run;
  mien_error error = {0};
  FILE *file = path ? fopen(path, "wxe") : NULL;
  if (path && !file) return base_error_set(&error, MIEN_EIO, path, "choose the name of a new file", "it could not be made"), complain(&error);
  int code = simulated_play(name, NULL, (uint64_t)seed, decisions, 0, file ? keep_line : NULL, file, &run, NULL, &error);
  if (file && fclose(file) && !code) code = base_error_set(&error, MIEN_EIO, path, "", "it could not be written");
  if (code) return complain(&error);
  double fixed = run.best - run.fixed, own = run.best - run.chosen;
  if (as_json)
    printf("{\"policy\":\"%s\",\"seed\":%d,\"decisions\":%d,\"reward\":%.3f,\"best\":%.3f,\"fixed\":%.3f,\"baseline\":%.3f,\"regret\":%.3f,\"regret_fixed\":%.3f,\"harm_margin\":%.4f}\n", name, seed,
           decisions, run.chosen, run.best, run.fixed, run.baseline, own, fixed, run.worst);
  else
    printf("%d decisions, expected reward: %.1f; the best option each time %.1f, the best fixed option %.1f, the baseline %.1f\n"
           "regret %.1f, of the best fixed option %.1f; harm bound %s\n", decisions, run.chosen, run.best, run.fixed, run.baseline, own, fixed, run.worst < -1e-9 ? "BROKEN" : "kept");
  return CLI_DONE;
}

static int ready(const char *name) {
  if (name && !mien_adapt_ready(name)) return cli_options_wrong(&usage, "there is no ready-made policy '%s'", name);
  if (name) fputs(mien_adapt_ready(name), stdout);
  for (size_t i = 0; !name && mien_adapt_ready_name(i); i++) puts(mien_adapt_ready_name(i));
  return CLI_DONE;
}

enum { READS, WRITES };
enum { CHOOSE, OUTCOME, EXPLAIN, SHOW, FREEZE, THAW, RELEASE, ROLLBACK, REPLAY };
static const struct {
  const char *name;
  int operands, writes;
} actions[] = {[CHOOSE] = {"choose", 0, WRITES}, [OUTCOME] = {"outcome", 2, WRITES}, [EXPLAIN] = {"explain", 1, READS}, [SHOW] = {"show", 0, READS},
               [FREEZE] = {"freeze", 0, WRITES}, [THAW] = {"thaw", 0, WRITES}, [RELEASE] = {"release", 0, WRITES}, [ROLLBACK] = {"rollback", 1, WRITES},
               [REPLAY] = {"replay", 0, READS}};

static int act(adapt_log *log, size_t action, uint64_t decision, double reward) {
  mien_error error = {0};
  char *json = NULL;
  int code = MIEN_OK;
  switch (action) {
  case CHOOSE: return choose(log);
  case EXPLAIN: code = mien_adapt_explain(log->policy, decision, &json, &error); return put_json(code, json, &error);
  case SHOW: code = mien_adapt_describe(log->policy, &json, &error); return put_json(code, json, &error);
  case OUTCOME: code = mien_adapt_outcome(log->policy, decision, reward, &error); break;
  case FREEZE: case THAW: code = mien_adapt_freeze(log->policy, action == FREEZE, &error); break;
  case RELEASE: code = mien_adapt_release(log->policy, &error); break;
  case ROLLBACK: code = mien_adapt_rollback(log->policy, decision, &error); break;
  default: puts("every decision came out as it was logged"); break;
  }
  return code ? complain(&error) : CLI_DONE;
}

int cli_adapt(int argc, char **argv) {
  int code = cli_options_read(&usage, &argc, argv);
  if (code != OPTIONS_GO) return code;
  const char *action = argc > 1 ? argv[1] : "";
  if (!strcmp(action, "ready") && argc <= 3) return ready(argc == 3 ? argv[2] : NULL);
  if (!strcmp(action, "new") && argc == 3) return make_new(argv[2]);
  if (!strcmp(action, "evaluate") && argc == 4) return evaluate(argv[2], argv[3]);
  if (!strcmp(action, "try") && (argc == 3 || argc == 4)) return try_one(argv[2], argc == 4 ? argv[3] : NULL);
  for (size_t a = 0; a < BASE_COUNT(actions); a++) {
    if (strcmp(action, actions[a].name)) continue;
    if (argc != 3 + actions[a].operands) return cli_options_wrong(&usage, "%s takes LOG%s", action, actions[a].operands == 2 ? ", a decision and a reward" : actions[a].operands ? " and a decision" : "");
    char *end = NULL;
    uint64_t decision = actions[a].operands ? strtoull(argv[3], &end, 10) : 0;
    if (end && (*end || argv[3][0] == '-')) return cli_options_wrong(&usage, "'%s' is no decision's number", argv[3]);
    double reward = actions[a].operands == 2 ? strtod(argv[4], &end) : 0;
    if (end && (*end || end == argv[3])) return cli_options_wrong(&usage, "'%s' is no number", argv[argc - 1]);
    adapt_log log;
    mien_error error = {0};
    if (adapt_log_open(&log, argv[2], actions[a].writes, &error)) return complain(&error);
    code = act(&log, a, decision, reward);
    adapt_log_close(&log);
    return code;
  }
  return cli_options_wrong(&usage, "'%s' is no action with these operands", action);
}
