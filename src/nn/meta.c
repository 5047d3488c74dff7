/* meta.c: numbers and strings out of a model file's metadata, by path. Any thread. */
#include <stdio.h>

#include "nn/format.h"

/* "labels.core.3": keys of objects, and places of arrays. NULL where there is nothing. */
static const json_t *find(const nn_file *file, const char *path) {
  const json_t *value = file->meta;
  while (value && *path) {
    size_t length = strcspn(path, ".");
    char key[64];
    if (length == 0 || length >= sizeof key) return NULL;
    memcpy(key, path, length);
    key[length] = 0;
    path += length + (path[length] == '.');
    if (json_is_array(value)) {
      size_t index = 0;
      for (const char *digit = key; *digit; digit++) {
        if (*digit < '0' || *digit > '9' || index > 1000000) return NULL;
        index = index * 10 + (size_t)(*digit - '0');
      }
      value = json_array_get(value, index);
    } else {
      value = json_object_get(value, key);
    }
  }
  return value;
}

static int missing(const nn_file *file, const char *path, const char *what, mien_error *error) {
  return base_error_set(error, MIEN_EMODEL, file->name,
                        "use a model file that was trained for this version of Mien",
                        "the metadata have no '%s' that is %s", path, what);
}

int nn_file_number(const nn_file *file, const char *path, double *value, mien_error *error) {
  const json_t *found = find(file, path);
  if (!json_is_number(found)) return missing(file, path, "a number", error);
  *value = json_number_value(found);
  return MIEN_OK;
}

int nn_file_numbers(const nn_file *file, const char *path, float *values, size_t count,
                    mien_error *error) {
  const json_t *list = find(file, path);
  if (!json_is_array(list) || json_array_size(list) != count) {
    char what[48];
    snprintf(what, sizeof what, "a list of %zu numbers", count);
    return missing(file, path, what, error);
  }
  for (size_t i = 0; i < count; i++) {
    const json_t *item = json_array_get(list, i);
    float value = (float)json_number_value(item);
    if (!json_is_number(item) || !isfinite(value)) return missing(file, path, "all numbers", error);
    values[i] = value;
  }
  return MIEN_OK;
}

int nn_file_string(const nn_file *file, const char *path, char *value, size_t capacity,
                   mien_error *error) {
  const json_t *found = find(file, path);
  if (!json_is_string(found) || json_string_length(found) >= capacity)
    return missing(file, path, "a string that fits", error);
  memcpy(value, json_string_value(found), json_string_length(found) + 1);
  return MIEN_OK;
}
