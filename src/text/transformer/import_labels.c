/* import_labels.c: what the labels of others count for among ours, by name. */
#include "text/transformer/import.h"

/* GoEmotions to Ekman: ekman_mapping.json of the GoEmotions release (Demszky et al. 2020). */
static const int core_of_fine[MIEN_FINE] = {
    MIEN_JOY /* admiration */, MIEN_JOY /* amusement */, MIEN_ANGER /* anger */,
    MIEN_ANGER /* annoyance */, MIEN_JOY /* approval */, MIEN_JOY /* caring */,
    MIEN_SURPRISE /* confusion */, MIEN_SURPRISE /* curiosity */, MIEN_JOY /* desire */,
    MIEN_SADNESS /* disappointment */, MIEN_ANGER /* disapproval */, MIEN_DISGUST /* disgust */,
    MIEN_SADNESS /* embarrassment */, MIEN_JOY /* excitement */, MIEN_FEAR /* fear */,
    MIEN_JOY /* gratitude */, MIEN_SADNESS /* grief */, MIEN_JOY /* joy */, MIEN_JOY /* love */,
    MIEN_FEAR /* nervousness */, MIEN_JOY /* optimism */, MIEN_JOY /* pride */,
    MIEN_SURPRISE /* realization */, MIEN_JOY /* relief */, MIEN_SADNESS /* remorse */,
    MIEN_SADNESS /* sadness */, MIEN_SURPRISE /* surprise */, MIEN_NEUTRAL /* neutral */};

/* Other names, letters only: "of" is a fine label, or, after "=", only a core label. The table is in
 * docs/import.md as well. */
static const struct {
  const char *of, *names;
} synonyms[] = {
    {"joy", "happiness happy joyful enjoyment hap"},
    {"sadness", "sad"},
    {"anger", "angry ang"},
    {"fear", "fearful afraid scared terrified"},
    {"disgust", "disgusted"},
    {"surprise", "surprised amazement astonishment"},
    {"neutral", "none noemotion neu others calm boredom bored"},
    {"admiration", "impressed"},
    {"amusement", "fun amused"},
    {"annoyance", "annoyed"},
    {"confusion", "confused"},
    {"curiosity", "curious"},
    {"disappointment", "disappointed"},
    {"embarrassment", "embarrassed shame ashamed"},
    {"excitement", "excited enthusiasm"},
    {"gratitude", "grateful thankful thankfulness"},
    {"grief", "devastated"},
    {"nervousness", "nervous worry worried anxiety anxious apprehensive"},
    {"optimism", "optimistic hopeful hope"},
    {"pride", "proud"},
    {"realization", "realisation"},
    {"relief", "relieved"},
    {"remorse", "guilt guilty regret"},
    {"=joy", "content contentment satisfaction satisfied"},
    {"=anger", "mad furious fury rage hate hatred frustration frustrated"},
    {"=sadness", "pessimism lonely loneliness despair"},
    {"=disgust", "contempt"},
};

/* The ASCII letters of a name, in lower case: "No-Emotion 😐" is "noemotion". */
static void letters(const char *name, char to[TRANSFORMER_LABEL_BYTES]) {
  size_t count = 0;
  for (; *name && count < TRANSFORMER_LABEL_BYTES - 1; name++) {
    char c = *name >= 'A' && *name <= 'Z' ? (char)(*name | 0x20) : *name;
    if (c >= 'a' && c <= 'z') to[count++] = c;
  }
  to[count] = 0;
}

static bool among(const char *names, const char *name) {
  size_t length = strlen(name);
  for (const char *at = names; length && *at;) {
    size_t word = strcspn(at, " ");
    if (word == length && !memcmp(at, name, word)) return true;
    at += word + (at[word] == ' ');
  }
  return false;
}

static void map_one(const char *own, int *core, int *fine) {
  char name[TRANSFORMER_LABEL_BYTES];
  letters(own, name);
  const char *known = name;
  for (size_t i = 0; i < BASE_COUNT(synonyms); i++)
    if (among(synonyms[i].names, name)) known = synonyms[i].of;
  *core = *fine = -1;
  if (*known == '=') {
    for (int k = 0; k < MIEN_CORE; k++)
      if (!strcmp(mien_core_name(k), known + 1)) *core = k;
    return;
  }
  for (int k = 0; k < MIEN_FINE; k++)
    if (!strcmp(mien_fine_name(k), known)) *fine = k;
  if (*fine >= 0) *core = core_of_fine[*fine];
}

int import_labels(import_plan *plan, mien_error *error) {
  bool expressed = false;
  for (size_t i = 0; i < plan->labels; i++) {
    map_one(plan->names[i], &plan->core[i], &plan->fine[i]);
    expressed |= plan->core[i] > MIEN_NEUTRAL;
  }
  if (expressed) return MIEN_OK;
  return import_refuse(error, "its labels",
                       "give the names with --labels FILE, one a line, from those in docs/import.md",
                       "none of them counts for a core label but neutral: '%.40s', '%.40s' …",
                       plan->names[0], plan->names[1]);
}
