// Compacting: what a long request still needs of its values is copied to a new
// arena, and the old one is given back. So a stream without end, or a loop that
// goes round for days, needs no more than it has at a time.
//
// It is done between turns of tasks, when values have grown to twice of what
// was there behind the last time. First everything that can be reached is found
// (roots.c, then each thing's own pointers), then copied, then all pointers are
// led to the copies. Until then nothing has changed, so that whoever finds no
// memory, or that little would be gained, gives up and tries later. A thing
// that two others share is shared by their copies too: the table of what was
// found goes by address, and by shape, as a thing may begin where its first
// part does.
#include "runtime/vm/compact.h"

#include "runtime/value/tensor_buffer.h"
#include "runtime/value/tensor_node.h"
#include "runtime/value/walk.h"

#include <stdlib.h>
#include <string.h>

// ---- where it lies ----

static int by_address(const void *x, const void *y)
{
  const struct span *a = x, *b = y;
  return (a->begin > b->begin) - (a->begin < b->begin);
}

static bool is_within(const struct span *s, const char *p)
{
  return p >= s->begin && p < s->end;
}

// Whether it lies in what is to be left.
static bool is_old(struct compaction *c, const void *pointer)
{
  const char *p = pointer;
  uint32_t low = 0, high = c->n_spans;
  if (is_within(&c->spans[c->last_span], p))
    return true;
  while (low < high) {
    uint32_t mid = low + (high - low) / 2;
    if (p >= c->spans[mid].end)
      low = mid + 1;
    else
      high = mid;
  }
  if (low == c->n_spans || !is_within(&c->spans[low], p))
    return false;
  c->last_span = low;
  return true;
}

static uint32_t add_spans(struct span *to, const struct arena *a)
{
  uint32_t n = 0;
  const char *begin, *end;
  const struct arena_block *at = NULL;
  for (; (at = arena_next(a, at, &begin, &end)); n++)
    if (to)
      to[n] = (struct span){begin, end};
  return n;
}

static uint32_t all_spans(struct span *to, const struct run *run)
{
  uint32_t n = add_spans(to, run->arena);
  for (const struct pin *p = run->pins; p; p = p->next)
    n += add_spans(to ? to + n : NULL, pin_arena(p));
  return n;
}

static bool find_spans(struct compaction *c)
{
  c->n_spans = all_spans(NULL, c->run);
  c->spans = malloc((c->n_spans + 1) * sizeof *c->spans);
  if (!c->spans || !c->n_spans)
    return false;
  all_spans(c->spans, c->run);
  qsort(c->spans, c->n_spans, sizeof *c->spans, by_address);
  return true;
}

// ---- what was found ----

static uint32_t place_of(const struct compaction *c, const char *from,
                         enum shape shape)
{
  uint64_t hash = ((uintptr_t)from + shape) * 0x9E3779B97F4A7C15u;
  uint32_t at = (uint32_t)(hash >> 32) & c->mask;
  for (; c->places[at]; at = (at + 1) & c->mask) {
    const struct moved *m = &c->moved[c->places[at] - 1];
    if (m->from == from && m->shape == shape)
      break;
  }
  return at;
}

static bool grow(struct compaction *c)
{
  uint32_t room = c->room ? c->room * 2 : 512;
  uint32_t *places =
      room > UINT32_MAX / 4 ? NULL : calloc((size_t)room * 2, sizeof *places);
  struct moved *moved = places ? realloc(c->moved, room * sizeof *moved) : NULL;
  if (!moved) {
    free(places);
    return false;
  }
  free(c->places);
  c->moved = moved;
  c->places = places;
  c->room = room;
  c->mask = room * 2 - 1;
  for (uint32_t i = 0; i < c->n_moved; i++)
    places[place_of(c, moved[i].from, moved[i].shape)] = i + 1;
  return true;
}

static size_t aligned(size_t size)
{
  return (size + 15) & ~(size_t)15;
}

static void find(struct compaction *c, const char *from, enum shape shape,
                 uint32_t type, size_t size)
{
  if (c->n_moved == c->room && !grow(c)) {
    c->failed = true;
    return;
  }
  uint32_t *place = &c->places[place_of(c, from, shape)];
  if (*place)
    return;
  c->size += aligned(size);
  c->moved[c->n_moved] = (struct moved){from, NULL, size, type, (uint8_t)shape};
  *place = ++c->n_moved;
}

void compact_visit(struct compaction *c, void *pointer, enum shape shape,
                   uint32_t type, size_t size)
{
  const char *from;
  memcpy(&from, pointer, sizeof from);
  if (c->failed || !is_old(c, from))
    return;
  if (!c->leads) {
    find(c, from, shape, type, size);
    return;
  }
  const struct moved *m = &c->moved[c->places[place_of(c, from, shape)] - 1];
  memcpy(pointer, &m->to, sizeof from);
}

// ---- by shape ----

void compact_text(struct compaction *c, const struct text **t)
{
  if (!*t)
    return;
  bool own = !c->leads && is_old(c, (*t)->data);
  compact_visit(c, t, SHAPE_text, 0, sizeof **t + (own ? (*t)->size + 1 : 0));
}

void compact_error(struct compaction *c, const struct error **e)
{
  if (*e)
    compact_visit(c, e, SHAPE_error, 0, sizeof **e);
}

void compact_arrivals(struct compaction *c, struct arrivals **a)
{
  if (*a)
    compact_visit(c, a, SHAPE_plain, 0, arrivals_size(*a));
}

static void visit_list(struct compaction *c, const struct list **l, uint32_t of)
{
  const struct list *x = *l;
  bool own = !c->leads && !x->taken && is_old(c, x->items);
  uint32_t room = x->count + (!x->count && x->room);
  compact_visit(c, l, SHAPE_list, of,
                sizeof *x + (own ? room * sizeof *x->items : 0));
}

void compact_map(struct compaction *c, const struct map **m, uint32_t of)
{
  compact_visit(c, m, SHAPE_map, of, sizeof **m);
}

static void visit_tensor(struct compaction *c, const struct tensor **t)
{
  const struct tensor *x = *t;
  bool own = !c->leads && is_old(c, x->data);
  compact_visit(c, t, SHAPE_tensor, 0,
                sizeof *x + (own ? tensor_bytes(x) + 1 : 0));
}

static void inside_tensor(struct compaction *c, struct tensor *t)
{
  if (t->node)
    compact_visit(c, &t->node, SHAPE_node, 0, tensor_node_size(t->node));
}

static void inside_node(struct compaction *c, struct tensor_node *n)
{
  n->attributes = (int64_t *)(n->inputs + n->n_inputs);
  for (uint32_t i = 0; i < n->n_inputs; i++)
    visit_tensor(c, &n->inputs[i]);
}

static void visit_closure(struct compaction *c, const struct closure **f)
{
  compact_visit(c, f, SHAPE_closure, 0,
                sizeof **f + (*f)->count * sizeof(value));
}

void compact_value(struct compaction *c, value *v, uint32_t type)
{
  if (type == OF_JSON || type == OF_TEXT) {
    if (type == OF_JSON)
      compact_visit(c, v, SHAPE_json, 0, sizeof(struct json));
    else
      compact_text(c, &v->text);
    return;
  }
  const struct plan_type *t = &c->plan->types[type];
  switch ((enum type_kind)t->kind) {
  case TYPE_str:
  case TYPE_bytes:
  case TYPE_markdown:
  case TYPE_enum:
    compact_text(c, &v->text);
    break;
  case TYPE_list:
    visit_list(c, &v->list, t->of);
    break;
  case TYPE_map:
    compact_map(c, &v->map, t->of);
    break;
  case TYPE_tuple:
  case TYPE_record:
    if (t->fields.count) // else nobody looks at it
      compact_visit(c, v, SHAPE_parts, type, t->fields.count * sizeof *v);
    break;
  case TYPE_optional:
    compact_visit(c, v, SHAPE_box, t->of, sizeof *v);
    break;
  case TYPE_union:
  case TYPE_step:
    compact_visit(c, v, SHAPE_tagged, type, sizeof(struct tagged));
    break;
  case TYPE_json:
    compact_visit(c, v, SHAPE_json, 0, sizeof(struct json));
    break;
  case TYPE_tensor:
    visit_tensor(c, &v->tensor);
    break;
  case TYPE_callable:
    if (v->closure)
      visit_closure(c, &v->closure);
    break;
  case TYPE_tokenizer:
    if (v->held)
      compact_visit(c, &v->held, SHAPE_held, 0, sizeof *v->held);
    break;
  case TYPE_future:
    compact_visit(c, v, SHAPE_future, t->of, sizeof(struct future));
    break;
  case TYPE_stream:
    if (v->stream)
      v->stream->seen = c->run->looks;
    break;
  default:
    break;
  }
}

// ---- what is in them ----

static bool are_pointers(const struct compaction *c, uint32_t of)
{
  return of == OF_JSON || of == OF_TEXT || !type_is_plain(c->plan, of);
}

static void inside_values(struct compaction *c, value *v, uint32_t n,
                          uint32_t of)
{
  if (are_pointers(c, of))
    for (uint32_t i = 0; i < n; i++)
      compact_value(c, &v[i], of);
}

static void inside_list(struct compaction *c, struct list *l, uint32_t of)
{
  if (!l->taken) {
    inside_values(c, l->items, l->count, of);
    return;
  }
  uint32_t *taken = l->taken;
  compact_visit(c, &l->taken, SHAPE_items, of,
                (*taken + (size_t)1) * sizeof(value));
  if (l->taken == taken)
    return;
  l->items = (value *)l->taken + 1;
  l->room = *l->taken;
}

static void inside_items(struct compaction *c, value *block, uint32_t of)
{
  inside_values(c, block + 1, *(uint32_t *)block, of);
}

static void inside_map(struct compaction *c, struct map *m, uint32_t of)
{
  uint32_t n = m->taken ? *m->taken : m->count;
  struct map_entry *entries = m->entries;
  if (n)
    compact_visit(c, &m->entries, SHAPE_entries, of, n * sizeof *entries);
  if (m->index)
    compact_visit(c, &m->index, SHAPE_plain, 0, map_index_size(m));
  if (m->taken)
    compact_visit(c, &m->taken, SHAPE_plain, 0, sizeof *m->taken);
  if (c->leads && (!n || m->entries != entries))
    m->room = n;
}

static void inside_entries(struct compaction *c, struct map_entry *entries,
                           size_t n, uint32_t of)
{
  for (size_t i = 0; i < n; i++) {
    compact_text(c, &entries[i].key);
    compact_value(c, &entries[i].item, of);
  }
}

static void inside_parts(struct compaction *c, value *parts, uint32_t type)
{
  const struct plan_type *t = &c->plan->types[type];
  for (uint32_t i = 0; i < t->fields.count; i++)
    compact_value(c, &parts[i], part_type(c->plan, t, i));
}

static void inside_tagged(struct compaction *c, struct tagged *x, uint32_t type)
{
  uint32_t of = payload_type(c->plan, &c->plan->types[type], x->tag);
  if (of != PLAN_NONE)
    compact_value(c, &x->payload, of);
}

static void inside_json(struct compaction *c, struct json *j)
{
  if (j->kind == JSON_TEXT)
    compact_text(c, &j->as.text);
  else if (j->kind == JSON_LIST)
    visit_list(c, &j->as.list, OF_JSON);
  else if (j->kind == JSON_MAP)
    compact_map(c, &j->as.map, OF_JSON);
}

static void inside_closure(struct compaction *c, struct closure *f)
{
  if (f->kind != SITE_function) // a method holds no values
    return;
  const struct function *fn = &c->run->engine->functions[f->target];
  for (uint32_t i = 0; i < f->count; i++)
    compact_value(c, &f->captured[i], fn->types[i]);
}

static void inside_future(struct compaction *c, struct future *f, uint32_t of)
{
  for (struct waiter *w = f->waiters; w; w = w->next)
    compact_arrivals(c, &w->arrivals);
  if (f->state == FUTURE_THERE)
    compact_value(c, &f->value, of);
  else if (f->state == FUTURE_FAILED)
    compact_error(c, &f->error);
}

static void inside_each(struct compaction *c, struct each *e)
{
  const struct plan_type *types = c->plan->types;
  visit_list(c, &e->elements, types[e->elements_type].of);
  visit_list(c, (const struct list **)&e->futures, types[e->futures_type].of);
  for (uint32_t i = 0; i < e->n_args; i++)
    compact_value(c, &e->args[i], e->fn->types[i + 1]);
}

// `at`: where it lies now.
static void visit_inside(struct compaction *c, struct moved m, void *at)
{
  switch ((enum shape)m.shape) {
  case SHAPE_list:
    inside_list(c, at, m.type);
    break;
  case SHAPE_items:
    inside_items(c, at, m.type);
    break;
  case SHAPE_map:
    inside_map(c, at, m.type);
    break;
  case SHAPE_entries:
    inside_entries(c, at, m.size / sizeof(struct map_entry), m.type);
    break;
  case SHAPE_parts:
    inside_parts(c, at, m.type);
    break;
  case SHAPE_box:
    compact_value(c, at, m.type);
    break;
  case SHAPE_tagged:
    inside_tagged(c, at, m.type);
    break;
  case SHAPE_json:
    inside_json(c, at);
    break;
  case SHAPE_closure:
    inside_closure(c, at);
    break;
  case SHAPE_future:
    inside_future(c, at, m.type);
    break;
  case SHAPE_error:
    compact_text(c, &((struct error *)at)->message);
    break;
  case SHAPE_each:
    inside_each(c, at);
    break;
  case SHAPE_tensor:
    inside_tensor(c, at);
    break;
  case SHAPE_node:
    inside_node(c, at);
    break;
  case SHAPE_text:
  case SHAPE_plain:
  case SHAPE_held:
    break;
  }
}

// ---- copies ----

static void copy_text(struct compaction *c, const struct text *from, char *to)
{
  struct text *t = (struct text *)to;
  *t = *from;
  if (!is_old(c, from->data))
    return;
  t->data = to += sizeof *t;
  memcpy(to, from->data, from->size);
  to[from->size] = 0;
}

static void copy_list(struct compaction *c, const struct list *from, char *to)
{
  struct list *l = (struct list *)to;
  *l = *from;
  if (from->taken || !is_old(c, from->items))
    return;
  l->items = (value *)(l + 1);
  l->room = from->room ? from->count + !from->count : 0;
  memcpy(l->items, from->items, from->count * sizeof(value));
}

static void copy_tensor(struct compaction *c, const struct tensor *from,
                        char *to)
{
  struct tensor *t = (struct tensor *)to;
  *t = *from;
  c->failed |= !tensor_buffer_keep(c->to, t->owner);
  if (!is_old(c, from->data))
    return;
  t->data = to += sizeof *t;
  tensor_lay_out(t);
  tensor_copy(from, to);
}

static void copy(struct compaction *c, const struct moved *m)
{
  const void *from = m->from;
  switch ((enum shape)m->shape) {
  case SHAPE_text:
    copy_text(c, from, m->to);
    break;
  case SHAPE_list:
    copy_list(c, from, m->to);
    break;
  case SHAPE_tensor:
    copy_tensor(c, from, m->to);
    break;
  case SHAPE_held:
    memcpy(m->to, from, m->size);
    c->failed |= !tensor_buffer_keep(c->to, ((const struct held *)from)->of);
    break;
  default:
    memcpy(m->to, from, m->size);
  }
}

static bool copy_all(struct compaction *c, struct arena *to)
{
  char *at = arena_alloc(to, c->size + 16);
  if (!at)
    return false;
  c->to = to;
  for (uint32_t i = 0; i < c->n_moved; i++) {
    struct moved *m = &c->moved[i];
    m->to = at;
    at += aligned(m->size);
    copy(c, m);
  }
  return !c->failed;
}

// ---- all of it ----

static size_t held(const struct run *run)
{
  return run->arena->held + run->pinned;
}

static bool find_all(struct compaction *c)
{
  if (!find_spans(c))
    return false;
  compact_roots(c);
  for (uint32_t i = 0; i < c->n_moved && !c->failed; i++)
    visit_inside(c, c->moved[i], (void *)c->moved[i].from);
  return !c->failed && (!COMPACT_AT || c->size <= held(c->run) / 2);
}

static void lead_all(struct compaction *c)
{
  c->leads = true;
  compact_roots(c);
  for (uint32_t i = 0; i < c->n_moved; i++)
    visit_inside(c, c->moved[i], c->moved[i].to);
}

static void replace(struct run *run, struct arena *with)
{
  struct arena *attached = run->compacted.attached;
  run->compacted.attached = NULL;
  arena_free(&run->compacted);
  run->compacted = *with;
  run->compacted.attached = attached;
  run->compacted.limit = run->engine->request_memory;
  run->arena = &run->compacted;
  pins_drop(run->engine, run->pins);
  run->pins = NULL;
  run->pinned = 0;
}

// Tasks and frames are gone through too: the more there are, the more is
// spared.
static size_t spares(const struct run *run)
{
  size_t tasks = run->own->held / 4;
  return tasks > run->spares ? tasks : run->spares;
}

static bool is_resting(struct run *run)
{
  return !COMPACT_AT && run->rest && run->rest--;
}

void run_compact(struct run *run)
{
  struct compaction c = {.run = run, .plan = run->engine->plan};
  struct arena to = {0};
  if (is_resting(run))
    return;
  bool done = find_all(&c) && copy_all(&c, &to);
  if (done) {
    lead_all(&c);
    compact_streams(run);
    replace(run, &to);
  } else {
    arena_free(&to);
  }
  if (COMPACT_AT) // soon again when memory is short
    run->compact_at = spares(run) + 2 * held(run);
  if (run->compact_at > run->engine->request_memory)
    run->compact_at = (held(run) + run->engine->request_memory) / 2;
  run->rest = (uint32_t)(c.n_moved / 8 + c.size / 512) + 1; // by its costs,
  run->rest *= run->looks / 500 + 1; // and rarely in a long test
  free(c.spans);
  free(c.moved);
  free(c.places);
}
