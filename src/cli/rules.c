/* rules.c: `mien rules`: whether rules are sound, and what they would have done on recorded sessions. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "rules/rules.h"

static const char *rules_file;
static int as_json, figures;

static const cli_option options[] = {
    {"rules", OPTION_TEXT, "RULES", &rules_file, "rules (docs/rules.md) in place of the shipped ones", 0, 0},
    {"figures", OPTION_FLAG, NULL, &figures, "the figures of each conversation as well, by person and quarter", 0, 0},
    {"json", OPTION_FLAG, NULL, &as_json, "JSON lines: one an event, a rule, a person's figures", 0, 0},
    {0},
};
static const cli_usage usage = {
    "rules", "check|test [RULES] FILE…",
    "  test    plays recorded sessions, as `mien read --json` writes them, to rules, and tells when each would\n"
    "          have fired, how often, and what its cooldown and its budgets held back. All FILEs are of one day.\n"
    "          A participant's role is their name. RULES is the first FILE that ends in .yaml\n"
    "  check   reads rules alone; says what is wrong, with the line\n",
    options,
    "  mien read samples/call.vtt --json > call.jsonl\n"
    "  mien rules test call.jsonl\n"
    "  mien rules test my-rules.yaml --figures call.jsonl\n"};

static int complain(const mien_error *error) { return cli_complain_of("rules", error); }

typedef struct playing {
  const rules_set *set;
  const char *name;
} playing;

static void put_line(base_text *out) {
  if (!out->failed && out->data) fwrite(out->data, 1, out->length, stdout);
  base_text_clear(out);
}

/* Names come from files: control characters would reach the terminal. */
static void put_plain(const char *text, int width) {
  int shown = 0;
  for (; *text; text++) {
    unsigned char c = (unsigned char)*text;
    putchar(c < 0x20 || c == 0x7f ? '?' : c);
    shown += (c & 0xc0) != 0x80;
  }
  for (; shown < width; shown++) putchar(' ');
}

static void tell_event(void *context, const rules_event *event) {
  const playing *p = context;
  rules_about about = rules_set_about(p->set, event->rule);
  if (!as_json) {
    printf("%3d:%02d  ", (int)event->at / 60, (int)event->at % 60);
    put_plain(*event->who ? event->who : "-", 12);
    printf(" %-9s %-22s ", rules_severity_name(about.severity), about.name);
    for (size_t i = 0; i < about.action_count; i++) printf("%s%s", i ? ", " : "", about.actions[i]);
    putchar('\n');
    return;
  }
  base_text out = {0};
  base_json json;
  base_json_init(&json, &out);
  base_json_open(&json, NULL, '{');
  base_json_string(&json, "event", about.name);
  base_json_string(&json, "file", p->name);
  base_json_string(&json, "who", *event->who ? event->who : NULL);
  base_json_number(&json, "at", event->at, 3);
  base_json_string(&json, "severity", rules_severity_name(about.severity));
  base_json_open(&json, "actions", '[');
  for (size_t i = 0; i < about.action_count; i++) base_json_string(&json, NULL, about.actions[i]);
  base_json_close(&json, ']');
  base_json_close(&json, '}');
  base_text_puts(&out, "\n");
  put_line(&out);
}

static void put_number(double value, int decimals) {
  if (isfinite(value)) printf(" %8.*f", decimals, value);
  else printf(" %8s", "-");
}

static void tell_person(const char *file, const char *who, int quarter, const talk_figures *f, double silence) {
  if (!as_json) {
    put_plain(who, 12);
    printf(" %-5s", quarter ? (const char *const[]){"1/4", "2/4", "3/4", "4/4"}[quarter - 1] : "all");
    put_number(f->talk, 1), put_number(f->share * 100, 0), put_number(f->overlap, 1), put_number(silence, 1);
    printf(" %6u %6u", f->turns, f->interruptions);
    put_number(f->speed, 0), put_number(f->loudness, 1), put_number(f->sentiment, 2);
    printf(" %6u %6u\n", f->repeat, f->escalation);
    return;
  }
  base_text out = {0};
  base_json json;
  base_json_init(&json, &out);
  base_json_open(&json, NULL, '{');
  base_json_string(&json, "figures", quarter ? "quarter" : "all");
  base_json_integer(&json, "quarter", quarter);
  base_json_string(&json, "file", file);
  base_json_string(&json, "who", who);
  base_json_number(&json, "talk", f->talk, 3);
  base_json_number(&json, "share", f->share, 4);
  base_json_number(&json, "overlap", f->overlap, 3);
  base_json_number(&json, "silence", silence, 3);
  base_json_integer(&json, "turns", f->turns);
  base_json_integer(&json, "interruptions", f->interruptions);
  base_json_number(&json, "speed", f->speed, 1);
  base_json_number(&json, "loudness", f->loudness, 2);
  base_json_number(&json, "sentiment", f->sentiment, 4);
  base_json_integer(&json, "repeat", f->repeat);
  base_json_integer(&json, "escalation", f->escalation);
  base_json_close(&json, '}');
  base_text_puts(&out, "\n");
  put_line(&out);
}

static int tell_figures(const rules_recorded *recorded, size_t at, mien_error *error) {
  rules_talk *talk = base_alloc(1, sizeof *talk);
  if (!talk) return base_error_set(error, MIEN_ENOMEM, "figures", "", "out of memory");
  int code = rules_recorded_talk(recorded, at, talk, error);
  if (!code && !as_json)
    printf("\n%-12s %-5s %8s %8s %8s %8s %6s %6s %8s %8s %8s %6s %6s\n", "who", "part", "talk s", "share %", "over s", "silent s", "turns",
           "cut in", "words/min", "loud dB", "valence", "repeat", "escal.");
  for (size_t p = 0; p < rules_recorded_people(recorded, at) && !code; p++)
    for (int q = 0; q <= TALK_QUARTERS; q++)
      tell_person(rules_recorded_name(recorded, at), rules_recorded_who(recorded, at, p), q, &talk->figures[p][q], talk->silence[q]);
  base_free(talk);
  return code == MIEN_EEMPTY ? MIEN_OK : code; /* readings alone have no figures */
}

static int play_file(const rules_set *set, rules_budget *budget, const char *path, rules_count *sums, size_t *sessions, mien_error *error) {
  rules_recorded *recorded;
  int code = rules_recorded_open(&recorded, path, error);
  for (size_t i = 0; !code && i < rules_recorded_count(recorded); i++) {
    rules_session *session;
    playing p = {set, rules_recorded_name(recorded, i)};
    if (!as_json) put_plain(p.name, 0), putchar('\n');
    code = rules_session_open(&session, set, budget, 0, error);
    if (!code && rules_recorded_play(recorded, i, session, tell_event, &p)) code = base_error_set(error, MIEN_ENOMEM, path, "", "out of memory");
    for (size_t r = 0; !code && r < rules_set_count(set); r++) {
      rules_count count = rules_session_count(session, r);
      sums[r].met += count.met, sums[r].fired += count.fired, sums[r].cooled += count.cooled, sums[r].spent += count.spent;
    }
    rules_session_close(&session);
    if (!code && figures) code = tell_figures(recorded, i, error);
    if (!as_json) putchar('\n');
    ++*sessions;
  }
  rules_recorded_close(&recorded);
  return code;
}

static void tell_sums(const rules_set *set, const rules_count *sums, size_t sessions) {
  if (!as_json) printf("%-24s %6s %6s %14s %14s %12s   in %zu session%s\n", "rule", "met", "fired", "held: cooldown", "held: budget", "of the day", sessions, sessions == 1 ? "" : "s");
  for (size_t r = 0; r < rules_set_count(set); r++) {
    rules_about about = rules_set_about(set, r);
    const rules_count *c = &sums[r];
    char day[32] = "-";
    if (about.day) snprintf(day, sizeof day, "%llu/%d", (unsigned long long)c->fired, about.day);
    if (!as_json) {
      printf("%-24s %6llu %6llu %14llu %14llu %12s\n", about.name, (unsigned long long)c->met, (unsigned long long)c->fired,
             (unsigned long long)c->cooled, (unsigned long long)c->spent, about.always ? "always" : day);
      continue;
    }
    base_text out = {0};
    base_json json;
    base_json_init(&json, &out);
    base_json_open(&json, NULL, '{');
    base_json_string(&json, "rule", about.name);
    base_json_integer(&json, "sessions", (long long)sessions);
    base_json_integer(&json, "met", (long long)c->met);
    base_json_integer(&json, "fired", (long long)c->fired);
    base_json_integer(&json, "cooldown", (long long)c->cooled);
    base_json_integer(&json, "budget", (long long)c->spent);
    base_json_close(&json, '}');
    base_text_puts(&out, "\n");
    put_line(&out);
  }
}

static bool ends_yaml(const char *name) {
  size_t length = strlen(name);
  return (length > 5 && !strcmp(name + length - 5, ".yaml")) || (length > 4 && !strcmp(name + length - 4, ".yml"));
}

int cli_rules(int argc, char **argv) {
  int code = cli_options_read(&usage, &argc, argv);
  if (code != OPTIONS_GO) return code;
  bool test = argc > 1 && !strcmp(argv[1], "test");
  if (argc < 2 || (!test && strcmp(argv[1], "check"))) return cli_options_wrong(&usage, "write check or test");
  int first = 2;
  if (!rules_file && argc > 2 && ends_yaml(argv[2])) rules_file = argv[first++];
  if (test && first == argc) return cli_options_wrong(&usage, "there is no FILE to test on");
  if (!test && first < argc) return cli_options_wrong(&usage, "'%s': check takes rules alone", argv[first]);
  mien_error error = {0};
  rules_set *set;
  if (rules_set_open(&set, rules_file, &error)) return complain(&error), CLI_USAGE;
  if (!test) {
    printf("%zu rules, all sound\n", rules_set_count(set));
    rules_set_close(&set);
    return CLI_DONE;
  }
  rules_budget *budget;
  rules_count sums[RULES_MOST] = {0};
  size_t sessions = 0;
  if (rules_budget_open(&budget, set, &error)) complain(&error);
  for (int i = first; budget && i < argc; i++) {
    mien_error bad = {0}; /* one bad file among many is named, and the rest is still played */
    if (play_file(set, budget, argv[i], sums, &sessions, &bad)) complain(&bad);
  }
  if (sessions) tell_sums(set, sums, sessions);
  rules_budget_close(&budget);
  rules_set_close(&set);
  return sessions ? CLI_DONE : CLI_NOTHING;
}
