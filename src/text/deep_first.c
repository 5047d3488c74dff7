/* deep_first.c: the first layer's products, a piece at a time.
 *
 * What the first layer multiplies, n_{t-1} n_t n_{t+1}, depends on each piece and its marks alone, since
 * the layernorm is taken of one piece's vector. So its product is the sum of three of single pieces,
 *     u_t = W1 n_t + W0 n_{t-1} + W2 n_{t+1}      W = [W0 W1 W2]
 * and a piece is multiplied once, however often it stands in the texts of a run, or of many runs: products
 * are kept (as bfloat16: what they lose is less than int8 inputs do), until another piece needs their place
 * and none of the last runs used them (second chance, Corbato 1968). A piece's product does not depend on
 * what else is there: it is quantised by itself. */
#include "text/deep.h"

enum { NOBODY = UINT16_MAX };

int text_deep_kept_init(text_deep_kept *kept, const text_deep *model) {
  size_t scratch = nn_linear_scratch(&model->first, 1), D = model->width, columns = 24 * model->channels;
  kept->products = base_alloc_aligned(TEXT_DEEP_KEPT * columns * sizeof *kept->products);
  kept->scratch = base_alloc_aligned((scratch + TEXT_DEEP_FRESH * (2 * D + columns)) * sizeof(float));
  if (!kept->products || !kept->scratch) return MIEN_ENOMEM;
  kept->x = kept->scratch + scratch;
  kept->n = kept->x + TEXT_DEEP_FRESH * D;
  kept->made = kept->n + TEXT_DEEP_FRESH * D;
  text_deep_kept_forget(kept);
  return MIEN_OK;
}

void text_deep_kept_clear(text_deep_kept *kept) {
  base_free_aligned(kept->products);
  base_free_aligned(kept->scratch);
  kept->products = NULL;
  kept->scratch = NULL;
}

void text_deep_kept_forget(text_deep_kept *kept) {
  kept->count = kept->hand = 0;
  kept->run = 0;
  memset(kept->slots, 0xff, sizeof kept->slots);
}

/* Multiplicative hashing (Knuth 1973). */
static uint16_t *slot_of(text_deep_kept *kept, uint32_t key) {
  return &kept->slots[key * 2654435761u >> 16 & (TEXT_DEEP_SLOTS - 1)];
}

/* A place for a new piece: a free one, or that of a piece which was not used lately, nor in this run. */
static uint16_t make_room(text_deep_kept *kept) {
  if (kept->count < TEXT_DEEP_KEPT) return (uint16_t)kept->count++;
  for (;; kept->hand = (kept->hand + 1) % TEXT_DEEP_KEPT) {
    if (kept->used[kept->hand] == kept->run) continue;
    if (!kept->chance[kept->hand]) break;
    kept->chance[kept->hand] = 0;
  }
  uint16_t place = (uint16_t)kept->hand, *link = slot_of(kept, kept->keys[place]);
  while (*link != place) link = &kept->next[*link];
  *link = kept->next[place];
  return place;
}

/* The place of a piece's products; *fresh: they have to be made. */
static uint16_t place_of(text_deep_kept *kept, uint32_t key, bool *fresh) {
  uint16_t place = *slot_of(kept, key);
  while (place != NOBODY && kept->keys[place] != key) place = kept->next[place];
  *fresh = place == NOBODY;
  if (*fresh) {
    place = make_room(kept);
    uint16_t *slot = slot_of(kept, key);
    kept->keys[place] = key;
    kept->next[place] = *slot;
    *slot = place;
  }
  kept->chance[place] = !*fresh;
  kept->used[place] = kept->run;
  return place;
}

void text_deep_embed(const text_deep *model, uint16_t id, uint8_t marks, float *x) {
  uint32_t row = id;
  memset(x, 0, model->width * sizeof *x);
  nn_bag_i8(model->rows, &row, NULL, 1, x);
  for (size_t k = 0; k < TEXT_MARKS; k++)
    if (marks >> k & 1) nn_add(model->marks + k * model->width, x, model->width);
}

/* The products of the pieces in kept->x, to their places. */
static void make(const text_deep *model, text_deep_kept *kept, const uint16_t *places, size_t count) {
  size_t columns = 24 * model->channels;
  nn_layernorm(model->layers[0].gain, model->layers[0].shift, kept->x, (int)count, (int)model->width, 1e-5f, kept->n);
  nn_linear(&model->first, NULL, NN_NONE, kept->n, (int)count, kept->made, kept->scratch);
  for (size_t i = 0; i < count; i++)
    nn_narrow_bf16(kept->made + i * columns, kept->products + places[i] * columns, columns);
}

void text_deep_first(text_deep_run *run) {
  const text_deep *model = run->model;
  text_deep_kept *kept = &run->kept;
  uint16_t places[TEXT_DEEP_FRESH];
  size_t waiting = 0;
  kept->run++;
  for (size_t r = 0; r < run->row_count; r++) {
    bool fresh;
    run->places[r] = place_of(kept, (uint32_t)run->ids[r] << 3 | run->marks[r], &fresh);
    if (!fresh) continue;
    memcpy(kept->x + waiting * model->width, run->x + r * model->width, model->width * sizeof *run->x);
    places[waiting++] = run->places[r];
    if (waiting < TEXT_DEEP_FRESH) continue;
    make(model, kept, places, waiting);
    waiting = 0;
  }
  if (waiting) make(model, kept, places, waiting);
}

void text_deep_first_sums(text_deep_run *run, size_t d) {
  size_t columns = 4 * run->model->channels;
  const uint16_t *products = run->kept.products + d * 3 * columns; /* of the piece before, itself, after */
  for (size_t w = 0; w < run->window_count; w++) {
    size_t first = run->windows[w].first, last = first + run->windows[w].count - 1;
    for (size_t r = first; r <= last; r++) {
      const uint16_t *before = r > first ? products + run->places[r - 1] * 6 * columns : NULL;
      const uint16_t *after = r < last ? products + run->places[r + 1] * 6 * columns + 2 * columns : NULL;
      nn_sum_bf16(before, products + run->places[r] * 6 * columns + columns, after, run->u + r * columns, columns);
    }
  }
}
