/* recipe_parts.h: what recipe.c and recipe_fill.c share. Of these files alone. */
#ifndef SERVE_RECIPE_PARTS_H
#define SERVE_RECIPE_PARTS_H

#include "serve/actions/recipe.h"
#include "serve/calls/address.h"
#include "yaml/tree.h"

enum { RECIPE_NAME = 32, RECIPE_MOST = 32, RECIPE_BODY = 64 << 10 };
enum { IN_HOST, IN_URL, IN_HEADER, IN_BODY };

struct serve_recipe {
  yaml_tree *tree;
  const yaml_node *values, *secrets, *maps, *method, *url, *headers, *basic, *body; /* into the tree; NULL where left out */
};

typedef struct recipe_place { /* {{scope.name|filter}} */
  char scope[RECIPE_NAME], name[RECIPE_NAME], filter[RECIPE_NAME];
} recipe_place;

/* The bytes before the next place, and the place; `rest`: behind it. 1 found, 0 none, -1 it is wrong. */
int recipe_place_next(const char *text, size_t *literal, recipe_place *place, const char **rest);

#endif
