/* draft.h: a wording by another program's language model, asked for with what Mien has read, and checked before anybody sees it.
 *
 * What it is: the body of a request to any endpoint that speaks OpenAI's chat completions (POST …/v1/chat/completions), the
 * strict reading of its answer, and the rules an answer has to keep. The library's wording goes along as the pattern and is
 * what is said where the draft is refused. It is pure: who calls the network is serve/.
 *
 * What it is not: a judge of what is true, or kind. The rules are lists of words and counts; they miss what they do not know,
 * and refuse some good drafts: a person reads whatever gets through, and nothing is sent by itself.
 *
 * Words of crisis are never drafted for: the library's own wording answers them.
 *
 * Owns nothing. Threads: any. */
#ifndef RESPOND_DRAFT_H
#define RESPOND_DRAFT_H

#include "base/base.h"
#include "mien_respond.h"

enum { RESPOND_DRAFT_MOST = 600 /* bytes of a draft */, RESPOND_DRAFT_TURNS = 8 /* that go along: the last ones */,
       RESPOND_DRAFT_TURN = 800 /* bytes of a turn that go along */, RESPOND_DRAFT_CUES = 5 };

typedef struct respond_draft_turn {
  bool theirs;      /* by the person to be answered */
  const char *text; /* UTF-8 */
} respond_draft_turn;

typedef struct respond_draft_ask {
  const char *model;                      /* as the endpoint calls it */
  const char *strategy, *meaning;         /* "reflect", "Name what is expressed, tentatively" */
  const char *wording, *avoid;            /* the library's; avoid may be NULL */
  const char *language;                   /* "en" "zh" "es" "de" "fr" "ar" */
  bool formal, escalates;                 /* escalates: the strategy is to bring in a person: it may name why */
  const char *role, *purpose;             /* may be NULL */
  const mien_reading *state;              /* what is expressed; NULL or abstained: not known, and not told */
  const respond_draft_turn *turns;        /* oldest first */
  size_t turn_count;
} respond_draft_ask;

/* The request's body. No name, id or time of anybody goes along; turns are marked as material. MIEN_EINVAL, MIEN_ENOMEM. */
int respond_draft_request(const respond_draft_ask *ask, base_text *body, mien_error *error);

/* What the endpoint answered, to the draft in `draft` (at most 4 kB): blanks at the ends, one pair of quotation marks around
 * all of it, and what a model has written between <think> and </think> before it are taken away. MIEN_EFORMAT: not the answer
 * that is documented (https://platform.openai.com/docs/api-reference/chat/object), cut short, or refused by the model. */
int respond_draft_answer(const char *json, size_t bytes, base_text *draft, mien_error *error);

/* Why a draft is not shown. */
#define RESPOND_REFUSALS(X)                                                                                    \
  X(EMPTY, "empty", "there is nothing in it")                                                                  \
  X(LONG, "long", "it is longer than a short answer")                                                          \
  X(FORM, "form", "it is not plain sentences")                                                                 \
  X(LANGUAGE, "language", "it is not in the language that was asked for")                                      \
  X(LINK, "link", "it holds a link or an address")                                                             \
  X(SECRET, "secret", "it asks for a password, a number of a card, or the like")                               \
  X(CRISIS, "crisis", "it speaks of a crisis, which is for a person and the library's own words")              \
  X(PROMISE, "promise", "it promises what may not be the speaker's to promise")                                \
  X(MEDICAL, "medical", "it gives medical advice, or names an illness")                                        \
  X(LEGAL, "legal", "it gives legal advice")                                                                   \
  X(FEELING, "feeling", "it says what the person feels")                                                       \
  X(RUDE, "rude", "it is rude, or orders the person to be calm")                                               \
  X(NUMBER, "number", "it names a number that nobody has said")                                                \
  X(MACHINE, "machine", "it speaks of itself as a machine, or of its instructions")                            \
  X(TONE, "tone", "it expresses anger or contempt itself")                                                     \
  X(CHEER, "cheer", "it is cheerful where the person is not")                                                  \
  X(UNREAD, "unread", "its tone could not be read")
typedef enum respond_refusal {
  RESPOND_DRAFT_KEPT,
#define RESPOND_X(name, word, what) RESPOND_REFUSED_##name,
  RESPOND_REFUSALS(RESPOND_X)
#undef RESPOND_X
} respond_refusal;
const char *respond_refusal_name(respond_refusal refusal); /* "feeling"; NULL for KEPT */
const char *respond_refusal_what(respond_refusal refusal);

/* Mien's own reading of a text: its core labels, which sum to 1, and its gratitude, 0…1, which they fold into joy. Not 0: it
 * could not be read. */
typedef struct respond_draft_tone {
  float core[MIEN_CORE], gratitude;
} respond_draft_tone;
typedef int (*respond_draft_read_fn)(void *context, const char *text, respond_draft_tone *tone);
/* Anger and disgust together, or joy that is more than thanks, from which a draft is refused: chosen. Anger and disgust no greater than those of the
 * library's wording pass: who names what is expressed is read as expressing it. */
#define RESPOND_DRAFT_TONE 0.6f

/* The first rule that the draft breaks. Words are looked for in all six languages, whatever case, marks and widths the letters
 * have; those of crisis are the library's. `read` NULL: UNREAD. */
respond_refusal respond_draft_check(const respond_draft_ask *ask, const char *draft, const mien_respond *library,
                                    respond_draft_read_fn read, void *context);

#endif
