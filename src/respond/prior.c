/* prior.c: how what is expressed, where it is heading, and whom one speaks to move the strategies. Any thread.
 *
 * The base is how often people who support others take each strategy (Liu et al. 2021, table 3: their eight, without
 * "Others"); the five that are not labelled there begin low. The weights are chosen, on the claims of the sources that
 * stand beside them, and add to the logarithm; no data set of answers that people found right may train the default. */
#include "respond/respond.h"

/* Shares of the labelled turns: .209 .059 .078 .161 .156 .061 .094; sharing is lowered: "sparingly" (Hill 2009, ch. 13). */
static const float base[MIEN_STRATEGIES] = {
    [MIEN_CLARIFY] = -1.6f, [MIEN_RESTATE] = -2.6f, [MIEN_REFLECT] = -2.4f, [MIEN_REASSURE] = -1.8f, [MIEN_SUGGEST] = -1.9f,
    [MIEN_INFORM] = -2.8f, [MIEN_SHARE] = -3.8f, [MIEN_ACT] = -2.8f, [MIEN_APOLOGISE] = -4.2f, [MIEN_SLOW_DOWN] = -4.0f,
    [MIEN_CELEBRATE] = -5.5f, [MIEN_ESCALATE] = -6.0f};

#define NOT -8.0f /* never in practice */

static const struct {
  signed char term, strategy;
  float weight;
} weights[] = {
    /* Anger at a service asks for being heard, an apology and an act, in that order; advice before that adds to it
     * (Smith, Bolton & Wagner 1999; Homburg & Fürst 2005). Named, an emotion loses heat (Torre & Lieberman 2018). */
    {RESPOND_ANGER, MIEN_RESTATE, 1.2f}, {RESPOND_ANGER, MIEN_REFLECT, 1.3f}, {RESPOND_ANGER, MIEN_APOLOGISE, 2.2f}, {RESPOND_ANGER, MIEN_ACT, 1.2f},
    {RESPOND_ANGER, MIEN_SLOW_DOWN, 1.2f}, {RESPOND_ANGER, MIEN_SUGGEST, -0.8f}, {RESPOND_ANGER, MIEN_INFORM, -0.6f}, {RESPOND_ANGER, MIEN_REASSURE, -0.8f},
    {RESPOND_ANGER, MIEN_SHARE, -1.5f}, {RESPOND_ANGER, MIEN_CELEBRATE, NOT},
    {RESPOND_DISGUST, MIEN_APOLOGISE, 1.6f}, {RESPOND_DISGUST, MIEN_RESTATE, 0.8f}, {RESPOND_DISGUST, MIEN_REFLECT, 0.6f}, {RESPOND_DISGUST, MIEN_CELEBRATE, NOT},
    {RESPOND_FRUSTRATION, MIEN_ACT, 1.6f}, {RESPOND_FRUSTRATION, MIEN_APOLOGISE, 1.6f}, {RESPOND_FRUSTRATION, MIEN_REFLECT, 1.0f},
    {RESPOND_FRUSTRATION, MIEN_RESTATE, 0.6f}, {RESPOND_FRUSTRATION, MIEN_ESCALATE, 1.0f}, {RESPOND_FRUSTRATION, MIEN_CELEBRATE, NOT},
    /* Who has explained it before is not asked to explain it again (Dixon, Freeman & Toman 2010). */
    {RESPOND_FRUSTRATION, MIEN_CLARIFY, -1.2f}, {RESPOND_ANGER, MIEN_CLARIFY, -0.6f}, {RESPOND_SERVICE, MIEN_CLARIFY, -0.3f},
    {RESPOND_DISAPPOINTMENT, MIEN_APOLOGISE, 1.2f}, {RESPOND_DISAPPOINTMENT, MIEN_REFLECT, 1.2f}, {RESPOND_DISAPPOINTMENT, MIEN_ACT, 0.6f},
    {RESPOND_DISAPPOINTMENT, MIEN_CELEBRATE, NOT},
    /* Sadness and fear: being understood comes before advice (Hill 2009: exploration before action; Burleson 2003). */
    {RESPOND_SADNESS, MIEN_REFLECT, 1.8f}, {RESPOND_SADNESS, MIEN_REASSURE, 0.8f}, {RESPOND_SADNESS, MIEN_CLARIFY, 0.3f},
    {RESPOND_SADNESS, MIEN_INFORM, -0.6f}, {RESPOND_SADNESS, MIEN_SUGGEST, -0.4f}, {RESPOND_SADNESS, MIEN_SLOW_DOWN, 0.5f}, {RESPOND_SADNESS, MIEN_CELEBRATE, NOT},
    {RESPOND_FEAR, MIEN_REASSURE, 1.4f}, {RESPOND_FEAR, MIEN_INFORM, 1.0f}, {RESPOND_FEAR, MIEN_SLOW_DOWN, 1.5f}, {RESPOND_FEAR, MIEN_REFLECT, 0.9f},
    {RESPOND_FEAR, MIEN_CELEBRATE, NOT},
    {RESPOND_STRESS, MIEN_SLOW_DOWN, 2.4f}, {RESPOND_STRESS, MIEN_REASSURE, 0.9f}, {RESPOND_STRESS, MIEN_REFLECT, 0.6f}, {RESPOND_STRESS, MIEN_CELEBRATE, -2.0f},
    /* Good news wants an active and constructive answer (Gable, Reis, Impett & Asher 2004). */
    {RESPOND_JOY, MIEN_CELEBRATE, 5.0f}, {RESPOND_JOY, MIEN_APOLOGISE, -4.0f}, {RESPOND_JOY, MIEN_SLOW_DOWN, -3.0f}, {RESPOND_JOY, MIEN_ESCALATE, -3.0f},
    {RESPOND_JOY, MIEN_REFLECT, 0.4f}, {RESPOND_JOY, MIEN_REASSURE, 0.2f},
    {RESPOND_EXCITEMENT, MIEN_CELEBRATE, 2.2f}, {RESPOND_SATISFACTION, MIEN_CELEBRATE, 1.5f}, {RESPOND_SATISFACTION, MIEN_APOLOGISE, -3.0f},
    {RESPOND_SATISFACTION, MIEN_INFORM, 0.3f}, {RESPOND_ENGAGEMENT, MIEN_SUGGEST, 0.5f}, {RESPOND_ENGAGEMENT, MIEN_INFORM, 0.5f},
    /* Not following asks for one thing at a time, and a look at where it was lost (D'Mello & Graesser 2012). */
    {RESPOND_CONFUSION, MIEN_INFORM, 2.0f}, {RESPOND_CONFUSION, MIEN_CLARIFY, 1.2f}, {RESPOND_CONFUSION, MIEN_SLOW_DOWN, 1.8f}, {RESPOND_CONFUSION, MIEN_RESTATE, 0.8f},
    {RESPOND_SURPRISE, MIEN_CLARIFY, 0.8f}, {RESPOND_SURPRISE, MIEN_INFORM, 0.9f},
    {RESPOND_BOREDOM, MIEN_CLARIFY, 0.8f}, {RESPOND_BOREDOM, MIEN_SUGGEST, 1.2f}, {RESPOND_BOREDOM, MIEN_ACT, 0.6f}, {RESPOND_BOREDOM, MIEN_RESTATE, -1.0f},
    /* Where it gets worse, listen and slow down; where it may come to a head, before it does (Gottman & Levenson 1999). */
    {RESPOND_WORSE, MIEN_REFLECT, 0.7f}, {RESPOND_WORSE, MIEN_SLOW_DOWN, 0.8f}, {RESPOND_WORSE, MIEN_ESCALATE, 0.8f}, {RESPOND_WORSE, MIEN_SUGGEST, -0.5f},
    {RESPOND_RISE, MIEN_REFLECT, 0.9f}, {RESPOND_RISE, MIEN_RESTATE, 0.9f}, {RESPOND_RISE, MIEN_SLOW_DOWN, 0.8f}, {RESPOND_RISE, MIEN_ESCALATE, 0.8f},
    {RESPOND_BETTER, MIEN_SUGGEST, 0.6f}, {RESPOND_BETTER, MIEN_REASSURE, 0.5f}, {RESPOND_BETTER, MIEN_CELEBRATE, 0.4f}, {RESPOND_BETTER, MIEN_APOLOGISE, -0.5f},
    /* Words and manner disagree, or the label is not sure: ask rather than name. */
    {RESPOND_MASKING, MIEN_CLARIFY, 1.2f}, {RESPOND_MASKING, MIEN_REFLECT, -0.8f}, {RESPOND_MASKING, MIEN_CELEBRATE, -2.0f},
    {RESPOND_DOUBT, MIEN_CLARIFY, 0.8f}, {RESPOND_DOUBT, MIEN_REFLECT, -0.8f}, {RESPOND_DOUBT, MIEN_CELEBRATE, -0.8f},
    /* Explore first, act late (Hill 2009; the stages of ESConv, Liu et al. 2021, figure 4). */
    {RESPOND_OPEN, MIEN_CLARIFY, 0.8f}, {RESPOND_OPEN, MIEN_RESTATE, 0.3f}, {RESPOND_OPEN, MIEN_SUGGEST, -0.9f}, {RESPOND_OPEN, MIEN_INFORM, -0.3f},
    {RESPOND_CLOSE, MIEN_CLARIFY, -1.0f}, {RESPOND_CLOSE, MIEN_SUGGEST, 0.4f}, {RESPOND_CLOSE, MIEN_INFORM, 0.4f}, {RESPOND_CLOSE, MIEN_REASSURE, 0.6f},
    {RESPOND_CLOSE, MIEN_ACT, 0.4f},
    /* Whoever asks wants an answer. */
    {RESPOND_QUESTION, MIEN_INFORM, 1.0f}, {RESPOND_QUESTION, MIEN_ACT, 0.4f}, {RESPOND_QUESTION, MIEN_CLARIFY, -0.3f},
    {RESPOND_SERVICE, MIEN_ACT, 1.3f}, {RESPOND_SERVICE, MIEN_APOLOGISE, 0.6f}, {RESPOND_SERVICE, MIEN_INFORM, 0.4f}, {RESPOND_SERVICE, MIEN_SHARE, -2.5f},
    {RESPOND_CARE, MIEN_REFLECT, 0.5f}, {RESPOND_CARE, MIEN_SHARE, -0.5f}, {RESPOND_CARE, MIEN_APOLOGISE, -0.8f},
    {RESPOND_LEARNING, MIEN_SUGGEST, 0.5f}, {RESPOND_LEARNING, MIEN_REASSURE, 0.5f}, {RESPOND_LEARNING, MIEN_APOLOGISE, -1.5f},
    {RESPOND_GAME, MIEN_SUGGEST, 0.5f}, {RESPOND_GAME, MIEN_REASSURE, 0.5f}, {RESPOND_GAME, MIEN_CELEBRATE, 0.5f}, {RESPOND_GAME, MIEN_APOLOGISE, -1.0f},
};
#define SCORER 0.5f /* how much the scorer counts: chosen, since no set says which answer was right */
#define AGAIN -0.8f /* the strategy of the turn before */

void respond_prior(const respond_situation *s, float log_probability[MIEN_STRATEGIES], float parts[MIEN_STRATEGIES][RESPOND_TERM_COUNT]) {
  memset(parts, 0, sizeof(float) * MIEN_STRATEGIES * RESPOND_TERM_COUNT);
  memcpy(log_probability, base, sizeof base);
  for (size_t i = 0; i < BASE_COUNT(weights); i++) {
    float part = weights[i].weight * s->term[weights[i].term];
    parts[weights[i].strategy][weights[i].term] += part;
    log_probability[weights[i].strategy] += part;
  }
  for (int k = 0; k < MIEN_STRATEGIES && s->scored; k++) { /* against all strategies alike */
    parts[k][RESPOND_SCORED] = SCORER * (s->scores[k] + logf(MIEN_STRATEGIES));
    log_probability[k] += parts[k][RESPOND_SCORED];
  }
  if (s->before >= 0) log_probability[s->before] += AGAIN;
}
