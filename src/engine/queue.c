/* queue.c: the events of a session, first in, first out, in slots that are used again. */
#include "engine/engine.h"

engine_slot *engine_queue_add(engine_queue *queue) {
  if (queue->count == ENGINE_QUEUE) return NULL;
  size_t at = (queue->head + queue->count) % ENGINE_QUEUE;
  if (!queue->slots[at]) queue->slots[at] = base_alloc(1, sizeof *queue->slots[at]);
  if (!queue->slots[at]) return NULL;
  queue->count++;
  return queue->slots[at];
}

void engine_queue_undo(engine_queue *queue) {
  if (queue->count) queue->count--;
}

void engine_queue_release(engine_queue *queue) {
  if (!queue->given) return;
  queue->given = 0;
  queue->count--;
  queue->head = (queue->head + 1) % ENGINE_QUEUE;
  if (!queue->count) queue->head = 0; /* one that never grows needs one slot */
}

engine_slot *engine_queue_take(engine_queue *queue) {
  engine_queue_release(queue);
  if (!queue->count) return NULL;
  queue->given = 1;
  return queue->slots[queue->head];
}

void engine_queue_clear(engine_queue *queue) {
  for (size_t i = 0; i < ENGINE_QUEUE; i++) {
    if (queue->slots[i]) base_free(queue->slots[i]->turn);
    base_free(queue->slots[i]);
  }
  *queue = (engine_queue){0};
}
