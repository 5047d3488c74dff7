#!/bin/sh
# recipe_embed.sh OUT FILE…: the shipped recipes: OUT.S with their bytes, OUT.c with the list.
out=$1
shift
{
  echo '.section .rodata'
  for file; do
    name=$(basename "$file" .yaml)
    printf '.global serve_recipe_%s\nserve_recipe_%s:\n.incbin "%s"\n.global serve_recipe_%s_end\nserve_recipe_%s_end:\n.byte 0\n' "$name" "$name" "$file" "$name" "$name"
  done
  echo '.section .note.GNU-stack,"",%progbits'
} >"$out.S"
{
  echo '#include "serve/actions/recipe_embedded.h"'
  for file; do
    name=$(basename "$file" .yaml)
    echo "extern const char serve_recipe_$name[], serve_recipe_${name}_end[];"
  done
  echo 'const serve_recipe_file serve_recipes[] = {'
  for file; do
    name=$(basename "$file" .yaml)
    echo "  {\"$name\", serve_recipe_$name, serve_recipe_${name}_end},"
  done
  echo '};'
  echo 'const size_t serve_recipe_count = sizeof serve_recipes / sizeof *serve_recipes;'
} >"$out.c"
