/* embedded.h: rules/default.yaml, inside the program (embed.sh). */
#ifndef RULES_EMBEDDED_H
#define RULES_EMBEDDED_H
extern const char rules_default[], rules_default_end[];
#endif
