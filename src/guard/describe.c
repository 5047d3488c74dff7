/* describe.c: packs as JSON, for those who have to answer for them. */
#include "guard/pack.h"

static const char *const modes[] = {"nothing", "observations_only", "full"};

static void modalities(base_json *json, const char *key, unsigned read) {
  static const struct {
    const char *name;
    unsigned bit;
  } all[] = {{"text", MIEN_READ_TEXT}, {"voice", MIEN_READ_VOICE}, {"face", MIEN_READ_FACE}, {"body", MIEN_READ_BODY}};
  base_json_open(json, key, '[');
  for (size_t i = 0; i < BASE_COUNT(all); i++)
    if (read & all[i].bit) base_json_string(json, NULL, all[i].name);
  base_json_close(json, ']');
}

static void rules(base_json *json, const char *key, const pack_rules *all) {
  base_json_open(json, key, '[');
  for (size_t i = 0; i < all->count; i++) {
    const pack_rule *rule = &all->rules[i];
    base_json_open(json, NULL, '{');
    base_json_string(json, "name", rule->name);
    base_json_string(json, "refuse", *rule->refuse ? rule->refuse : NULL);
    base_json_string(json, "mode", modes[rule->mode]);
    modalities(json, "read", rule->read);
    modalities(json, "consent", rule->consent);
    base_json_number(json, "retention", rule->retention, 0);
    base_json_close(json, '}');
  }
  base_json_close(json, ']');
}

void guard_packs_describe(const guard_packs *packs, base_json *json, const char *key) {
  base_json_open(json, key, '[');
  for (size_t i = 0; i < packs->count; i++) {
    const pack *p = &packs->packs[i];
    base_json_open(json, NULL, '{');
    base_json_string(json, "pack", p->name);
    base_json_integer(json, "version", p->version);
    base_json_string(json, "title", p->title);
    base_json_string(json, "notice", *p->notice ? p->notice : NULL);
    base_json_open(json, "jurisdictions", '[');
    for (size_t n = 0; n < p->place_count; n++) base_json_string(json, NULL, p->places[n]);
    base_json_close(json, ']');
    rules(json, "purposes", &p->purposes);
    rules(json, "contexts", &p->contexts);
    rules(json, "roles", &p->roles);
    base_json_close(json, '}');
  }
  base_json_close(json, ']');
}
