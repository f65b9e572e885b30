// State of replicas: values that outlive the requests that made them.
//
// A state field that fits in its slot is simply there. Any other lies, as a
// deep copy, in a box of its own; requests that have seen it hold the box until
// they end, so that replacing the value takes nothing away from them.
#include "runtime/vm/vm.h"

#include <stdlib.h>

struct state_box {
  uint32_t holders; // the replica, and requests
  struct run *last; // who took hold of it last
  struct arena arena;
};

static const struct plan_class *class_of(const struct engine *e,
                                         const struct replica *r)
{
  return &e->plan->classes[r->of->class];
}

enum {
  STATE_MEMORY = 1 << 30, // most bytes of one state value
  PINNED_MOST = 64 << 10, // what one counts at most: many are worth a copy
};

static struct state_box *box_new(size_t limit)
{
  struct state_box *box = calloc(1, sizeof *box);
  if (box) {
    box->holders = 1;
    box->arena.limit = limit;
  }
  return box;
}

void state_box_drop(struct state_box *box)
{
  if (box && !--box->holders) {
    arena_free(&box->arena);
    free(box);
  }
}

struct state_box *state_box_new(struct engine *e, size_t limit, uint32_t type,
                                value v, value *out)
{
  struct state_box *box = box_new(limit);
  if (box && !value_copy(&box->arena, e->plan, type, v, out)) {
    state_box_drop(box);
    return NULL;
  }
  return box;
}

bool state_box_hold(struct run *run, struct state_box *box)
{
  if (box->last == run)
    return true;
  struct pin *pin = run->engine->free_pins;
  if (pin)
    run->engine->free_pins = pin->next;
  else if (!(pin = malloc(sizeof *pin)))
    return false;
  *pin = (struct pin){run->pins, box};
  run->pins = pin;
  run->pinned += box->arena.held < PINNED_MOST ? box->arena.held : PINNED_MOST;
  box->last = run;
  box->holders++;
  return true;
}

const struct arena *pin_arena(const struct pin *pin)
{
  return &pin->box->arena;
}

void pins_drop(struct engine *e, struct pin *pins)
{
  while (pins) {
    struct pin *next = pins->next;
    pins->box->last = NULL; // another request may come to lie at its address
    state_box_drop(pins->box);
    pins->next = e->free_pins;
    e->free_pins = pins;
    pins = next;
  }
}

static const struct map *copy_headers(struct arena *a, const struct map *from)
{
  struct map *m = map_new(a, from->count);
  for (uint32_t i = 0; m && i < from->count; i++) {
    const struct text *k = from->entries[i].key;
    const struct text *v = from->entries[i].item.text;
    k = text_new(a, k->data, k->size);
    v = text_new(a, v->data, v->size);
    if (!k || !v || !map_put(a, m, k, (value){.text = v}))
      return NULL;
  }
  return m;
}

// One that ended before the request did, and is still to be read.
static bool ended_stream(struct stream *s, void *user, value *out)
{
  out->stream = s;
  return true;
}

bool pins_leave(struct request *r, uint32_t type)
{
  static const struct value_moved kept = {.stream = ended_stream};
  struct run *run = r->run;
  if (!run->pins)
    return true;
  bool done = true;
  if (r->failed) {
    const struct text *m = r->error.message;
    r->error.message = text_new(r->arena, m->data, m->size);
    done = r->error.message != NULL;
  } else {
    done = value_copy_moved(r->arena, run->engine->plan, type, r->result, &kept,
                            &r->result);
    if (done && r->reply.headers)
      done = (r->reply.headers = copy_headers(r->arena, r->reply.headers));
  }
  pins_drop(run->engine, run->pins);
  run->pins = NULL;
  return done;
}

bool state_get(struct task *t, uint32_t field, value *out)
{
  struct replica *r = t->frame->self;
  const struct plan_class *c = class_of(t->run->engine, r);
  uint32_t fixed = c->n_params + c->n_lets;
  struct state_box *box = field >= fixed         ? r->boxes[field - fixed]
                          : field >= c->n_params ? r->lets
                                                 : NULL;
  if (box && !state_box_hold(t->run, box))
    return false;
  *out = r->fields[field];
  return true;
}

static bool set_boxed(struct engine *e, struct replica *r, uint32_t state,
                      uint32_t field, uint32_t type, value v)
{
  struct state_box *box =
      state_box_new(e, STATE_MEMORY, type, v, &r->fields[field]);
  if (!box)
    return false;
  state_box_drop(r->boxes[state]);
  r->boxes[state] = box;
  return true;
}

const struct error *state_set(struct task *t, uint32_t field, value v)
{
  struct engine *e = t->run->engine;
  struct replica *r = t->frame->self;
  const struct plan_class *c = class_of(e, r);
  uint32_t type = e->plan->fields[c->fields.first + field].type;
  uint32_t base = e->plan->types[type].base, fixed = c->n_params + c->n_lets;
  bool done;
  value_check_field(e, c->fields.first + field, v);
  if (type_is_plain(e->plan, base)) {
    r->fields[field] = v;
    return NULL;
  }
  if (field >= fixed)
    done = set_boxed(e, r, field - fixed, field, base, v);
  else // a let, once
    done =
        t->frame->fn->init && value_copy(r->lets ? &r->lets->arena : &e->arena,
                                         e->plan, base, v, &r->fields[field]);
  return done ? NULL
              : error_make(t, ERROR_limit, 500,
                           "a value is too large to be kept in state");
}

bool lets_open(struct replica *r)
{
  if (!r->of->may_stop)
    return true;
  return (r->lets = box_new(STATE_MEMORY)) != NULL;
}

void boxes_drop(struct engine *e, struct replica *r)
{
  const struct plan_class *c = &e->plan->classes[r->of->class];
  uint32_t n = c->fields.count - c->n_params - c->n_lets;
  for (uint32_t i = 0; r->boxes && i < n; i++) {
    state_box_drop(r->boxes[i]);
    r->boxes[i] = NULL;
  }
  state_box_drop(r->lets);
  r->lets = NULL;
}

void states_free(struct engine *e)
{
  for (uint32_t i = 0; e->deployments && i < e->plan->n_bindings; i++) {
    struct deployment *d = &e->deployments[i];
    for (uint32_t k = 0; k < d->n_replicas; k++)
      boxes_drop(e, &d->replicas[k]);
  }
  while (e->free_pins) {
    struct pin *next = e->free_pins->next;
    free(e->free_pins);
    e->free_pins = next;
  }
}
