/* recipe_embedded.h: recipes/NAME.yaml, inside the program (recipe_embed.sh). */
#ifndef SERVE_RECIPE_EMBEDDED_H
#define SERVE_RECIPE_EMBEDDED_H

#include <stddef.h>

typedef struct serve_recipe_file {
  const char *name, *start, *end;
} serve_recipe_file;

extern const serve_recipe_file serve_recipes[];
extern const size_t serve_recipe_count;

#endif
