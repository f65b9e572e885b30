// Collecting: from what is needed back to what is there. See program.h.
#include "runtime/tensor/program.h"

#include "grammar/base/buf.h"
#include "runtime/value/tensor_buffer.h"
#include "runtime/value/walk.h"

#include <stdlib.h>
#include <string.h>

// ---- what is known ----

struct tensor_table { // open addressing
  uint32_t count, mask;
  struct known {
    const struct tensor *from; // of the run
    struct tensor *to;         // NULL: its inputs are looked at first
  } * places;
};

static struct known *place_of(const struct tensor_table *t,
                              const struct tensor *from)
{
  uint32_t at = (uint32_t)(((uintptr_t)from * 0x9E3779B97F4A7C15u) >> 32);
  for (;; at++) {
    struct known *k = &t->places[at & t->mask];
    if (!k->from || k->from == from)
      return k;
  }
}

static bool table_grow(struct tensor_program *p)
{
  struct tensor_table *t = p->known, old = *t;
  uint32_t room = old.places ? (old.mask + 1) * 2 : 256;
  t->places = ARENA_ARRAY(&p->arena, room, struct known);
  if (!t->places)
    return false;
  t->mask = room - 1;
  for (uint32_t i = 0; old.places && i <= old.mask; i++)
    if (old.places[i].from)
      *place_of(t, old.places[i].from) = old.places[i];
  return true;
}

// Its row, a new one where it is not known; NULL when memory is out.
static struct known *row_of(struct tensor_program *p, const struct tensor *from)
{
  struct tensor_table *t = p->known;
  if (t->count * 2 >= t->mask && !table_grow(p))
    return NULL;
  struct known *k = place_of(t, from);
  t->count += !k->from;
  k->from = from;
  return k;
}

bool tensor_program_has(const struct tensor_program *p, const struct tensor *t)
{
  const struct known *k = p->known->places ? place_of(p->known, t) : NULL;
  return k && k->to;
}

// ---- its life ----

struct tensor_program *tensor_program_new(void)
{
  struct tensor_program *p = calloc(1, sizeof *p);
  if (!p)
    return NULL;
  p->last = &p->first;
  p->known = ARENA_NEW(&p->arena, struct tensor_table);
  if (p->known && table_grow(p))
    return p;
  tensor_program_free(p);
  return NULL;
}

void tensor_program_free(struct tensor_program *p)
{
  if (!p)
    return;
  for (uint32_t i = 0; i < p->n_results; i++)
    free(p->results[i].data);
  arena_free(&p->arena);
  free(p);
}

// ---- tensors that are there ----

// A copy of what lies in the run's arena, whose elements are few: indices, what
// a client sent.
static bool copy_elements(struct tensor_program *p, const struct tensor *from,
                          struct tensor *to)
{
  char *data = arena_alloc(&p->arena, tensor_bytes(from) + 64);
  if (!data)
    return false;
  to->data = (char *)(((uintptr_t)data + 63) & ~(uintptr_t)63);
  tensor_copy(from, to->data);
  tensor_lay_out(to);
  return true;
}

// A value with the tensor's shape.
static struct tensor *value_new(struct tensor_program *p,
                                const struct tensor *like)
{
  struct tensor_value *v = ARENA_NEW(&p->arena, struct tensor_value);
  if (!v)
    return NULL;
  v->tensor = *like;
  v->tensor.node = NULL;
  v->root = v;
  return &v->tensor;
}

static struct tensor *leaf(struct tensor_program *p, const struct tensor *from)
{
  struct tensor *to = from->data ? value_new(p, from) : NULL;
  if (!to)
    return NULL;
  bool done = from->owner ? tensor_buffer_keep(&p->arena, from->owner)
                          : copy_elements(p, from, to);
  return done ? to : NULL;
}

// ---- steps ----

static struct tensor *step(struct tensor_program *p, const struct tensor *from)
{
  const struct tensor_node *n = from->node;
  struct tensor_step *s = ARENA_NEW(&p->arena, struct tensor_step);
  struct tensor *to = value_new(p, from);
  const struct tensor **inputs =
      ARENA_ARRAY(&p->arena, n->n_inputs + 1, const struct tensor *);
  int64_t *attributes = ARENA_ARRAY(&p->arena, n->n_attributes + 1, int64_t);
  if (!s || !to || !inputs || !attributes)
    return NULL;
  for (uint32_t i = 0; i < n->n_inputs; i++)
    inputs[i] = place_of(p->known, n->inputs[i])->to;
  for (uint32_t i = 0; i < n->n_attributes; i++)
    attributes[i] = n->attributes[i];
  tensor_value(to)->step = s;
  *s = (struct tensor_step){.op = n->op,
                            .n_inputs = n->n_inputs,
                            .n_attributes = n->n_attributes,
                            .inputs = inputs,
                            .attributes = attributes,
                            .output = to,
                            .place = {n->place[0], n->place[1]}};
  *p->last = s;
  p->last = &s->next;
  p->n_steps++;
  return to;
}

// A walk in depth without recursion: chains of nodes are as long as loops are.
struct visit {
  struct visit *up;
  const struct tensor *tensor;
  uint32_t at; // how many of its inputs have been gone to
};

static struct visit *enter(struct tensor_program *p, struct visit *up,
                           const struct tensor *t)
{
  struct visit *v = ARENA_NEW(&p->arena, struct visit);
  if (v)
    *v = (struct visit){up, t, 0};
  return v;
}

static bool collect(struct tensor_program *p, const struct tensor *t)
{
  struct visit *v = enter(p, NULL, t);
  while (v) {
    const struct tensor_node *n = v->tensor->data ? NULL : v->tensor->node;
    struct known *k = row_of(p, v->tensor);
    if (!k)
      return false;
    if (!k->to && n && v->at < n->n_inputs) {
      if (!(v = enter(p, v, n->inputs[v->at++])))
        return false;
      continue;
    }
    if (!k->to && !(k->to = n ? step(p, v->tensor) : leaf(p, v->tensor)))
      return false;
    v = v->up;
  }
  return true;
}

bool tensor_program_need(struct tensor_program *p, const struct tensor *t)
{
  if (!collect(p, t))
    return false;
  for (uint32_t i = 0; i < p->n_results; i++)
    if (p->results[i].number == t->node->number)
      return true;
  if (p->n_results == p->room_results) {
    uint32_t room = p->room_results ? p->room_results * 2 : 8;
    struct tensor_result *more =
        arena_grow(&p->arena, p->results, p->n_results * sizeof *more,
                   room * sizeof *more);
    if (!more)
      return false;
    p->results = more;
    p->room_results = room;
  }
  struct tensor *to = place_of(p->known, t)->to;
  tensor_value(to)->asked = true;
  p->results[p->n_results++] =
      (struct tensor_result){t->node->number, to, NULL};
  return true;
}

const struct tensor *tensor_program_result(const struct tensor_program *p,
                                           uint64_t number)
{
  for (uint32_t i = 0; i < p->n_results; i++)
    if (p->results[i].number == number)
      return p->results[i].tensor;
  return NULL;
}
