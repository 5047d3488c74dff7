/* describe.c: a description in JSON, checked whole, to a plan. The form is on docs/adapt.md. Any thread. */
#include <stdio.h>

#include "adapt/adapt.h"

#define REMEDY "docs/adapt.md has the form"

static int wrong(mien_error *error, const char *where, const char *format, ...) __attribute__((format(printf, 3, 4)));
static int wrong(mien_error *error, const char *where, const char *format, ...) {
  char what[200];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(what, sizeof what, format, arguments);
  va_end(arguments);
  return base_error_set(error, MIEN_EFORMAT, where, REMEDY, "%s", what);
}

/* Only keys of `known` ("a b c"). */
static int only(const json_t *object, const char *known, const char *where, mien_error *error) {
  const char *key;
  json_t *value;
  if (!json_is_object(object)) return wrong(error, where, "it has to be an object");
  json_object_foreach((json_t *)object, key, value) {
    size_t length = strlen(key);
    const char *at = known;
    while (*at && !(strcspn(at, " ") == length && !memcmp(at, key, length))) at += strcspn(at, " "), at += *at == ' ';
    if (!*at) return wrong(error, where, "'%.40s' is not known here: %s", key, known);
  }
  return MIEN_OK;
}

static int name_of(char to[ADAPT_NAME], const json_t *value, const char *where, mien_error *error) {
  const char *text = json_string_value(value);
  if (!text || !*text || json_string_length(value) != strlen(text) || strlen(text) >= ADAPT_NAME)
    return wrong(error, where, "it has to be a name of 1 to %d bytes", ADAPT_NAME - 1);
  for (const char *at = text; *at; at++)
    if ((unsigned char)*at <= 0x20 || *at == 0x7f || *at == '"' || *at == '\\') return wrong(error, where, "a name has no spaces, quotes or control characters");
  snprintf(to, ADAPT_NAME, "%s", text);
  return MIEN_OK;
}

static int number(double *to, const json_t *object, const char *key, double low, double high, double usual, mien_error *error) {
  const json_t *value = json_object_get(object, key);
  *to = usual;
  if (!value) return MIEN_OK;
  *to = json_number_value(value);
  if (!json_is_number(value) || !(*to >= low && *to <= high)) return wrong(error, key, "it has to be a number from %g to %g", low, high);
  return MIEN_OK;
}

int adapt_plan_option(const adapt_plan *plan, const char *id) {
  for (size_t o = 0; id && o < plan->option_count; o++)
    if (!strcmp(plan->options[o].id, id)) return (int)o;
  return -1;
}

int adapt_plan_value(const adapt_plan *plan, const char *name) {
  for (size_t i = 0; name && i < plan->value_count; i++)
    if (!strcmp(plan->values[i].name, name)) return (int)i;
  return -1;
}

/* ---- Values ---- */

static bool among(const char *name, const char *(*name_at)(int)) {
  for (int i = 0; name_at(i); i++)
    if (!strcmp(name, name_at(i))) return true;
  return false;
}

/* One of Mien's own, with its range. */
static bool of_state(adapt_value *v) {
  const char *dot = strchr(v->name, '.'), *rest = dot ? dot + 1 : "";
  size_t length = dot ? (size_t)(dot - v->name) : 0;
  v->low = 0, v->high = 1;
  if (!strcmp(v->name, "confidence")) return true;
#define IN(part) (length == sizeof part - 1 && !memcmp(v->name, part, length))
  if (IN("core")) return among(rest, mien_core_name);
  if (IN("states")) return among(rest, mien_state_name);
  if (IN("flags")) return among(rest, mien_flag_name);
  if (IN("trend")) v->low = -0.1, v->high = 0.1; /* a second: from one end to the other in 20 s */
  else v->low = -1;
  return (IN("dims") || IN("trend") || IN("forecast")) && among(rest, mien_dim_name);
#undef IN
}

static int read_values(adapt_plan *plan, const json_t *list, mien_error *error) {
  size_t i;
  json_t *one;
  if (!json_is_array(list) || json_array_size(list) > MIEN_ADAPT_VALUES) return wrong(error, "values", "it has to be a list of at most %d", MIEN_ADAPT_VALUES);
  json_array_foreach(list, i, one) {
    adapt_value *v = &plan->values[plan->value_count];
    int code = name_of(v->name, json_is_object(one) ? json_object_get(one, "name") : one, "values", error);
    if (code) return code;
    if (adapt_plan_value(plan, v->name) >= 0) return wrong(error, "values", "'%s' is there twice", v->name);
    v->own = !of_state(v);
    if (json_is_object(one)) {
      if ((code = only(one, "name low high", "values", error))) return code;
      if (!v->own && json_object_size(one) > 1) return wrong(error, v->name, "the range of what Mien reads is known");
      if ((code = number(&v->low, one, "low", -1e9, 1e9, 0, error)) || (code = number(&v->high, one, "high", -1e9, 1e9, 1, error))) return code;
      if (!v->own) of_state(v);
    } else if (v->own) {
      return wrong(error, "values", "'%s' is none that Mien reads: give its range, {\"name\":…,\"low\":…,\"high\":…}", v->name);
    }
    if (!(v->low < v->high)) return wrong(error, v->name, "low has to be below high");
    plan->value_count++;
  }
  return MIEN_OK;
}

/* ---- Options ---- */

static int feature(adapt_plan *plan, const char *name, const char *where, mien_error *error) {
  size_t f = 0;
  while (f < plan->feature_count && strcmp(plan->features[f], name)) f++;
  if (f == ADAPT_FEATURES) return wrong(error, where, "more than %d features, those of the embedding among them", ADAPT_FEATURES);
  if (f == plan->feature_count) snprintf(plan->features[plan->feature_count++], ADAPT_NAME, "%s", name);
  return (int)f;
}

static int read_features(adapt_plan *plan, adapt_option *o, const json_t *features, mien_error *error) {
  const char *key;
  json_t *value;
  if (features && !json_is_object(features)) return wrong(error, o->id, "features has to be an object of numbers");
  json_object_foreach((json_t *)features, key, value) {
    if (strlen(key) >= ADAPT_NAME || !json_is_number(value) || !(fabs(json_number_value(value)) <= 1)) return wrong(error, o->id, "a feature has to be a number from -1 to 1");
    int at = strncmp(key, "embedding.", 10) ? feature(plan, key, o->id, error) : wrong(error, o->id, "a feature is not called embedding");
    if (at < 0) return at;
    o->features[at] = json_number_value(value);
  }
  return MIEN_OK;
}

static int read_embedding(adapt_plan *plan, adapt_option *o, const json_t *embedding, mien_error *error) {
  json_t *value;
  size_t i;
  if (embedding && !json_is_array(embedding)) return wrong(error, o->id, "embedding has to be a list of numbers");
  json_array_foreach(embedding, i, value) {
    char name[ADAPT_NAME];
    snprintf(name, sizeof name, "embedding.%zu", i);
    if (!json_is_number(value) || !(fabs(json_number_value(value)) <= 1)) return wrong(error, o->id, "an embedding has to be of numbers from -1 to 1");
    int at = feature(plan, name, o->id, error);
    if (at < 0) return at;
    o->features[at] = json_number_value(value);
  }
  return MIEN_OK;
}

static int read_option(adapt_plan *plan, const json_t *one, mien_error *error) {
  adapt_option *o = &plan->options[plan->option_count];
  const json_t *mood = json_object_get(one, "mood");
  int code = only(one, "id level mood features embedding says", "options", error);
  if (!code) code = name_of(o->id, json_object_get(one, "id"), "options", error);
  if (!code && adapt_plan_option(plan, o->id) >= 0) code = wrong(error, "options", "'%s' is there twice", o->id);
  if (!code) code = number(&o->level, one, "level", -1000, 1000, (double)NAN, error);
  if (!code && mood) code = only(mood, "valence arousal", o->id, error);
  for (int d = 0; d < 2 && !code; d++) {
    code = number(&o->mood[d], mood, mien_dim_name(d), -1, 1, (double)NAN, error);
    if (!code && mood && isnan(o->mood[d])) code = wrong(error, o->id, "a mood has valence and arousal");
  }
  if (!code) code = read_features(plan, o, json_object_get(one, "features"), error);
  if (code) return code;
  plan->levels |= isfinite(o->level), plan->moods |= isfinite(o->mood[0]);
  plan->option_count++;
  return MIEN_OK;
}

static int read_options(adapt_plan *plan, const json_t *list, mien_error *error) {
  size_t i;
  json_t *one;
  if (!json_is_array(list) || json_array_size(list) < 2 || json_array_size(list) > MIEN_ADAPT_OPTIONS)
    return wrong(error, "options", "it has to be a list of 2 to %d", MIEN_ADAPT_OPTIONS);
  json_array_foreach(list, i, one) {
    int code = read_option(plan, one, error);
    if (code) return code;
  }
  plan->crossed = plan->feature_count;
  json_array_foreach(list, i, one) { /* behind the features of all */
    int code = read_embedding(plan, &plan->options[i], json_object_get(one, "embedding"), error);
    if (code) return code;
  }
  plan->low = INFINITY, plan->high = -INFINITY;
  for (size_t o = 0; o < plan->option_count; o++) {
    const adapt_option *option = &plan->options[o];
    if (plan->levels && isnan(option->level)) return wrong(error, option->id, "options have levels, but this one has not");
    if (plan->moods && isnan(option->mood[0])) return wrong(error, option->id, "options have moods, but this one has not");
    plan->low = BASE_MIN(plan->low, option->level), plan->high = BASE_MAX(plan->high, option->level);
  }
  return MIEN_OK;
}

/* ---- Conditions, bounds and the baseline ---- */

/* {"states.frustration":{"above":0.6}, …}: all hold. */
static int read_when(const adapt_plan *plan, adapt_rule *rule, const json_t *when, const char *where, mien_error *error) {
  const char *key;
  json_t *value;
  if (!json_is_object(when) || !json_object_size(when)) return wrong(error, where, "'when' has to be {\"VALUE\":{\"above\":0.6}}");
  json_object_foreach((json_t *)when, key, value) {
    int at = adapt_plan_value(plan, key), code = only(value, "above below", where, error);
    if (code) return code;
    if (at < 0) return wrong(error, where, "'%.40s' is not in values", key);
    for (int above = 0; above < 2; above++) {
      const json_t *limit = json_object_get(value, above ? "above" : "below");
      if (!limit) continue;
      if (!json_is_number(limit)) return wrong(error, where, "above and below are numbers");
      if (rule->count == ADAPT_CONDITIONS) return wrong(error, where, "more than %d conditions", ADAPT_CONDITIONS);
      rule->when[rule->count++] = (adapt_condition){(size_t)at, above != 0, json_number_value(limit)};
    }
  }
  return rule->count ? MIEN_OK : wrong(error, where, "a condition is above or below something");
}

static int read_forbid(adapt_plan *plan, const json_t *list, mien_error *error) {
  size_t i, k;
  json_t *one, *id;
  if (list && (!json_is_array(list) || json_array_size(list) > ADAPT_RULES)) return wrong(error, "bounds.forbid", "it has to be a list of at most %d", ADAPT_RULES);
  json_array_foreach(list, i, one) {
    adapt_rule *rule = &plan->forbid[plan->forbid_count++];
    const json_t *options = json_object_get(one, "options");
    int code = only(one, "options when", "bounds.forbid", error);
    if (!code) code = read_when(plan, rule, json_object_get(one, "when"), "bounds.forbid", error);
    if (code) return code;
    if (!json_array_size(options)) return wrong(error, "bounds.forbid", "'options' has to be a list of ids");
    json_array_foreach(options, k, id) {
      int option = adapt_plan_option(plan, json_string_value(id));
      if (option < 0) return wrong(error, "bounds.forbid", "'%.40s' is no option", json_is_string(id) ? json_string_value(id) : "");
      rule->options |= (uint64_t)1 << option;
    }
  }
  return MIEN_OK;
}

static int read_bounds(adapt_plan *plan, const json_t *bounds, mien_error *error) {
  const json_t *step = json_object_get(bounds, "step");
  int code = bounds ? only(bounds, "step forbid harm", "bounds", error) : MIEN_OK;
  if (!code && step) code = only(step, "least most", "bounds.step", error);
  if (!code && step && !plan->levels) code = wrong(error, "bounds.step", "the options have no levels");
  if (!code) code = number(&plan->least, step, "least", 0, 2000, 0, error);
  if (!code) code = number(&plan->most, step, "most", 0, 2000, 2000, error);
  if (!code && !(plan->least <= plan->most && plan->most > 0)) code = wrong(error, "bounds.step", "least has to be at most most, and most above 0");
  if (!code) code = number(&plan->harm, bounds, "harm", 0.01, 1, 0.1, error);
  return code ? code : read_forbid(plan, json_object_get(bounds, "forbid"), error);
}

static int option_named(const adapt_plan *plan, int *to, const json_t *id, bool keep, mien_error *error) {
  const char *name = json_string_value(id);
  *to = keep && name && !strcmp(name, "keep") ? ADAPT_KEEP : keep && plan->moods && name && !strcmp(name, "mood") ? ADAPT_MOOD : adapt_plan_option(plan, name);
  return *to == -1 ? wrong(error, "baseline", "'%.40s' is no option%s", name ? name : "", keep ? ", not 'keep', and not 'mood' for options with moods" : "") : MIEN_OK;
}

static int read_baseline(adapt_plan *plan, const json_t *baseline, mien_error *error) {
  size_t i;
  json_t *one;
  if (json_is_string(baseline)) {
    int code = option_named(plan, &plan->otherwise, baseline, false, error);
    plan->first = plan->otherwise;
    return code;
  }
  const json_t *rules = json_object_get(baseline, "rules");
  int code = baseline ? only(baseline, "rules otherwise first", "baseline", error) : wrong(error, "baseline", "it is missing: the option, or the rule, that is in use today");
  if (!code) code = option_named(plan, &plan->otherwise, json_object_get(baseline, "otherwise"), true, error);
  if (!code && rules && (!json_is_array(rules) || json_array_size(rules) > ADAPT_RULES)) code = wrong(error, "baseline.rules", "it has to be a list of at most %d", ADAPT_RULES);
  if (code) return code;
  json_array_foreach(rules, i, one) {
    adapt_rule *rule = &plan->rules[plan->rule_count++];
    const json_t *step = json_object_get(one, "step");
    if ((code = only(one, "when option step", "baseline.rules", error)) || (code = read_when(plan, rule, json_object_get(one, "when"), "baseline.rules", error))) return code;
    if (!step == !json_object_get(one, "option")) return wrong(error, "baseline.rules", "a rule has an option or a step");
    if (!step) code = option_named(plan, &rule->option, json_object_get(one, "option"), true, error);
    else if (!plan->levels || !json_is_integer(step) || llabs(json_integer_value(step)) > 1000) code = wrong(error, "baseline.rules", "a step is a whole number of levels");
    else rule->option = ADAPT_STEP, rule->step = (int)json_integer_value(step);
    if (code) return code;
  }
  const json_t *first = json_object_get(baseline, "first");
  if (!first && plan->otherwise >= 0) return plan->first = plan->otherwise, MIEN_OK;
  return first ? option_named(plan, &plan->first, first, false, error) : wrong(error, "baseline", "'first' names the option that is in force at the beginning");
}

int adapt_plan_read(adapt_plan *plan, const json_t *d, mien_error *error) {
  const json_t *method = json_object_get(d, "method"), *seed = json_object_get(d, "seed");
  char name[ADAPT_NAME];
  *plan = (adapt_plan){.seed = 1};
  int code = only(d, "name about seed method values options baseline bounds width explore noise", "the policy", error);
  if (!code) code = name_of(name, json_object_get(d, "name"), "name", error);
  if (code) return code;
  snprintf(plan->name, sizeof plan->name, "%s", name);
  if (seed && (!json_is_integer(seed) || json_integer_value(seed) < 0)) return wrong(error, "seed", "it has to be a whole number from 0 up");
  if (seed) plan->seed = (uint64_t)json_integer_value(seed);
  if (method && (!json_is_string(method) || (strcmp(json_string_value(method), "linucb") && strcmp(json_string_value(method), "thompson"))))
    return wrong(error, "method", "it has to be thompson or linucb");
  plan->ucb = method && !strcmp(json_string_value(method), "linucb");
  if ((code = read_values(plan, json_object_get(d, "values"), error)) || (code = read_options(plan, json_object_get(d, "options"), error)) ||
      (code = read_bounds(plan, json_object_get(d, "bounds"), error)) || (code = read_baseline(plan, json_object_get(d, "baseline"), error)) ||
      (code = number(&plan->width, d, "width", 0.01, 10, 0.5, error)) || (code = number(&plan->explore, d, "explore", 0.001, 0.5, 0.02, error)) ||
      (code = number(&plan->noise, d, "noise", 0.01, 1, 0.25, error)))
    return code;
  plan->valence = adapt_plan_value(plan, "dims.valence"), plan->arousal = adapt_plan_value(plan, "dims.arousal"), plan->lifting = adapt_plan_value(plan, "lifting");
  plan->own = plan->levels || plan->moods || plan->feature_count ? ADAPT_OWN_ONE : ADAPT_OWN_ALL;
  plan->terms = adapt_terms_count(plan);
  if (plan->terms > MIEN_ADAPT_TERMS)
    return base_error_set(error, MIEN_ELIMIT, "values and options", "look at fewer values, or tell of the options by features", "the model would have %zu terms, and may have %d", plan->terms, MIEN_ADAPT_TERMS);
  return MIEN_OK;
}
