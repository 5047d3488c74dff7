/* help.c: words of crisis, and whom to call. */
#include "mien_wellbeing.h"
#include "people/parts.h"
#include "text/phrase.h"

#include <ctype.h>
#include <stdio.h>

static const struct {
  const char *country, *emergency, *listen;
} numbers[] = {
#define HELP(country, emergency, listen) {country, emergency, listen},
#include "people/help.inc"
#undef HELP
};

size_t mien_wellbeing_help(const char *country, int in_crisis, char *to, size_t capacity) {
  const char *emergency = "the emergency number where you are (112 in Europe and in many other countries, 911 in North America)", *listen = NULL;
  for (size_t i = 0; country && strlen(country) == 2 && i < BASE_COUNT(numbers); i++)
    if (numbers[i].country[0] == tolower((unsigned char)country[0]) && numbers[i].country[1] == tolower((unsigned char)country[1]))
      emergency = numbers[i].emergency, listen = numbers[i].listen;
  char text[1024];
  int bytes = in_crisis
      ? snprintf(text, sizeof text, "What you wrote sounds as if it is very hard right now. You do not have to carry it alone: please talk to a person, today.\n"
                 "If you are in danger, or might hurt yourself, call %s now.\nSomebody who listens: %s.\n"
                 "Or tell somebody near you. Mien is a program: it has told nobody, and cannot help in an emergency.\n", emergency, listen ? listen : "findahelpline.com lists them by country")
      : snprintf(text, sizeof text, "If you would like to talk to somebody: %s, your doctor, or somebody you trust. In an emergency call %s.\n",
                 listen ? listen : "findahelpline.com lists helplines by country", emergency);
  size_t whole = (size_t)BASE_CLAMP(bytes, 0, (int)sizeof text - 1), part = BASE_MIN(whole, capacity ? capacity - 1 : 0);
  if (capacity) memcpy(to, text, part), to[part] = 0;
  return whole;
}

int mien_wellbeing_crisis(const char *utf8, size_t bytes) { return text_crisis(utf8, bytes); }
