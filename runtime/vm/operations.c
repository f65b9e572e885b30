// The longer instructions. See operations.h.
#include "runtime/vm/operations.h"

#include "grammar/base/number.h"
#include "grammar/base/utf8.h"
#include "runtime/codec/codec.h"
#include "runtime/vm/operator.h"

#include <math.h>
#include <string.h>

static const struct plan *plan_of(const struct task *t)
{
  return t->run->engine->plan;
}

static uint32_t type_of(const struct task *t, uint16_t slot)
{
  return t->frame->fn->types[slot];
}

static struct arena *arena_of(const struct task *t)
{
  return t->run->arena;
}

// ---- comparing ----

static const struct error *equal(struct task *t, value x, value y,
                                 uint32_t type, bool *same)
{
  bool over;
  *same = value_equal_within(plan_of(t), type, x, y, &over);
  return over ? error_make(t, ERROR_limit, 500,
                           "values are too deep, or too large, to compare")
              : NULL;
}

const struct error *operation_eq(struct task *t, value *s, struct plan_code i)
{
  bool same;
  const struct error *e = equal(t, s[i.b], s[i.c], type_of(t, i.b), &same);
  if (!e)
    s[i.a].i = same;
  return e;
}

const struct error *operation_ne(struct task *t, value *s, struct plan_code i)
{
  bool same;
  const struct error *e = equal(t, s[i.b], s[i.c], type_of(t, i.b), &same);
  if (!e)
    s[i.a].i = !same;
  return e;
}

static bool is_float(const struct task *t, uint16_t slot)
{
  uint8_t kind = t->frame->fn->kinds[slot];
  return kind == TYPE_float || kind == TYPE_percent;
}

const struct error *operation_lt(struct task *t, value *s, struct plan_code i)
{
  s[i.a].i = is_float(t, i.b) ? s[i.b].f < s[i.c].f
                              : value_compare(plan_of(t), type_of(t, i.b),
                                              s[i.b], s[i.c]) < 0;
  return NULL;
}

const struct error *operation_le(struct task *t, value *s, struct plan_code i)
{
  s[i.a].i = is_float(t, i.b) ? s[i.b].f <= s[i.c].f
                              : value_compare(plan_of(t), type_of(t, i.b),
                                              s[i.b], s[i.c]) <= 0;
  return NULL;
}

// ---- numbers ----

const struct error *operation_div_i(struct task *t, value *s,
                                    struct plan_code i)
{
  int64_t x = s[i.b].i, y = s[i.c].i;
  if (!y || (x == INT64_MIN && y == -1))
    return error_int(t, "div", x, y);
  s[i.a].i = x / y - (x % y && (x < 0) != (y < 0));
  return NULL;
}

const struct error *operation_mod_i(struct task *t, value *s,
                                    struct plan_code i)
{
  int64_t x = s[i.b].i, y = s[i.c].i;
  if (!y)
    return error_int(t, "%", x, y);
  int64_t rest = y == -1 ? 0 : x % y;
  s[i.a].i = rest && (rest < 0) != (y < 0) ? rest + y : rest;
  return NULL;
}

const struct error *operation_neg_i(struct task *t, value *s,
                                    struct plan_code i)
{
  if (s[i.b].i == INT64_MIN)
    return error_make(t, ERROR_user, 500, "integer overflow in -(%lld)",
                      (long long)s[i.b].i);
  s[i.a].i = -s[i.b].i;
  return NULL;
}

const struct error *operation_div_f(struct task *t, value *s,
                                    struct plan_code i)
{
  if (s[i.c].f == 0) {
    char x[NUMBER_TEXT], y[NUMBER_TEXT];
    number_print_float(x, s[i.b].f);
    number_print_float(y, s[i.c].f);
    return error_make(t, ERROR_user, 500, "division by zero in %s / %s", x, y);
  }
  s[i.a].f = s[i.b].f / s[i.c].f;
  return NULL;
}

static const struct error *overflow(struct task *t, const char *operator,
                                    uint16_t slot, int64_t x, int64_t y)
{
  char a[NUMBER_TEXT], b[NUMBER_TEXT];
  bool size = t->frame->fn->kinds[slot] == TYPE_size;
  (size ? number_print_size : number_print_duration)(a, x);
  (size ? number_print_size : number_print_duration)(b, y);
  return error_make(t, ERROR_user, 500, "%s overflow in %s %s %s",
                    size ? "size" : "duration", a, operator, b);
}

const struct error *operation_add_t(struct task *t, value *s,
                                    struct plan_code i)
{
  int64_t x = s[i.b].i, y = s[i.c].i, z;
  if (__builtin_add_overflow(x, y, &z))
    return overflow(t, "+", i.b, x, y);
  s[i.a].i = z;
  return NULL;
}

const struct error *operation_sub_t(struct task *t, value *s,
                                    struct plan_code i)
{
  int64_t x = s[i.b].i, y = s[i.c].i, z;
  if (__builtin_sub_overflow(x, y, &z))
    return overflow(t, "-", i.b, x, y);
  s[i.a].i = z;
  return NULL;
}

// ---- text ----

const struct error *operation_text(struct task *t, value *s, struct plan_code i)
{
  char number[NUMBER_TEXT];
  size_t n = 0;
  switch (t->frame->fn->kinds[i.b]) {
  case TYPE_str:
    s[i.a] = s[i.b];
    return NULL;
  case TYPE_int:
    return text_of_int(t, s, i);
  case TYPE_float:
    n = number_print_float(number, s[i.b].f);
    break;
  default:
    break;
  }
  const struct text *text = NULL;
  if (n) {
    text = text_new(arena_of(t), number, n);
  } else {
    struct buf b = {.arena = arena_of(t)};
    value_text(plan_of(t), type_of(t, i.b), s[i.b], &b);
    text = b.failed ? NULL : text_view(arena_of(t), b.data, b.size);
  }
  if (!text)
    return error_memory(t);
  s[i.a].text = text;
  return NULL;
}

const struct error *operation_concat(struct task *t, value *s,
                                     struct plan_code i)
{
  size_t size = 0, length = 0;
  for (uint32_t k = 0; k < i.c; k++) {
    size += s[i.b + k].text->size;
    length += s[i.b + k].text->length;
  }
  struct text *to = size > UINT32_MAX
                        ? NULL
                        : arena_alloc(arena_of(t), sizeof *to + size + 1);
  if (!to)
    return error_memory(t);
  char *data = (char *)(to + 1);
  *to = (struct text){(uint32_t)size, (uint32_t)length, data};
  for (uint32_t k = 0; k < i.c; k++) {
    const struct text *from = s[i.b + k].text;
    memcpy(data, from->data, from->size);
    data += from->size;
  }
  *data = 0;
  s[i.a].text = to;
  return NULL;
}

// ---- what holds values ----

const struct error *operation_list(struct task *t, value *s, struct plan_code i)
{
  struct list *l = list_new(arena_of(t), i.c ? i.c : 4);
  if (!l)
    return error_memory(t);
  if (i.c)
    memcpy(l->items, s + i.b, i.c * sizeof *s);
  l->count = i.c;
  s[i.a].list = l;
  return NULL;
}

// A list without room is not this function's: it gets its own first.
const struct error *operation_push(struct task *t, value *s, struct plan_code i)
{
  const struct list *old = s[i.a].list;
  struct list *l = (struct list *)old;
  if (!old->room) {
    uint64_t room = (uint64_t)old->count * 2 + 4;
    l = room > UINT32_MAX ? NULL : list_new(arena_of(t), (uint32_t)room);
    if (!l)
      return error_memory(t);
    if (old->count)
      memcpy(l->items, old->items, old->count * sizeof *s);
    l->count = old->count;
    s[i.a].list = l;
  }
  return list_push(arena_of(t), l, s[i.b]) ? NULL : error_memory(t);
}

const struct error *operation_index(struct task *t, value *s,
                                    struct plan_code i)
{
  const struct list *l = s[i.b].list;
  int64_t at = s[i.c].i;
  if (at >= l->count || at < -(int64_t)l->count)
    return error_make(
        t, ERROR_user, 500, "index %lld is outside a list of %u element%s",
        (long long)at, (unsigned)l->count, l->count == 1 ? "" : "s");
  s[i.a] = l->items[at < 0 ? at + l->count : at];
  return NULL;
}

const struct error *operation_tuple(struct task *t, value *s,
                                    struct plan_code i)
{
  value *parts = arena_alloc(arena_of(t), (i.c + 1u) * sizeof *parts);
  if (!parts)
    return error_memory(t);
  memcpy(parts, s + i.b, i.c * sizeof *s);
  s[i.a].parts = parts;
  return NULL;
}

const struct error *operation_map(struct task *t, value *s, struct plan_code i)
{
  struct map *m = map_new(arena_of(t), i.c);
  for (uint32_t k = 0; m && k < i.c; k++)
    if (!map_put(arena_of(t), m, s[i.b + 2 * k].text, s[i.b + 2 * k + 1]))
      m = NULL;
  if (!m)
    return error_memory(t);
  s[i.a].map = m;
  return NULL;
}

const struct error *operation_key(struct task *t, value *s, struct plan_code i)
{
  const struct text *key = s[i.c].text;
  const value *found = map_get(s[i.b].map, key);
  if (!found) {
    uint32_t shown = (uint32_t)utf8_cut(key->data, key->size, 100);
    return error_make(t, ERROR_user, 500, "key \"%.*s\"%s is not in the map",
                      (int)shown, key->data, shown < key->size ? "…" : "");
  }
  s[i.a] = *found;
  return NULL;
}

static const struct error *tagged(struct task *t, value *to, uint32_t tag,
                                  value payload)
{
  struct tagged *v = arena_alloc(arena_of(t), sizeof *v);
  if (!v)
    return error_memory(t);
  *v = (struct tagged){tag, payload};
  to->tagged = v;
  return NULL;
}

const struct error *operation_union(struct task *t, value *s,
                                    struct plan_code i)
{
  return tagged(t, &s[i.a], i.b, s[i.c]);
}

const struct error *operation_step(struct task *t, value *s, struct plan_code i)
{
  return tagged(t, &s[i.a], i.b, s[i.c]);
}

const struct error *operation_payload(struct task *t, value *s,
                                      struct plan_code i)
{
  const struct tagged *v = s[i.b].tagged;
  bool step = t->frame->fn->kinds[i.b] == TYPE_step;
  if (v->tag != i.c && !step) // a step's payload has one type whatever its tag
    return error_make(t, ERROR_internal, 500,
                      "a union holds variant %u, not %u", (unsigned)v->tag,
                      (unsigned)i.c);
  s[i.a] = v->payload;
  return NULL;
}

const struct error *operation_wrap(struct task *t, value *s, struct plan_code i)
{
  value box = value_wrap(arena_of(t), s[i.b]);
  if (!box.box)
    return error_memory(t);
  s[i.a] = box;
  return NULL;
}

const struct error *operation_unwrap(struct task *t, value *s,
                                     struct plan_code i)
{
  if (!s[i.b].box)
    return error_make(t, ERROR_user, 500, "a value is none");
  s[i.a] = *s[i.b].box;
  return NULL;
}

// ---- functions as values ----

const struct error *operation_closure(struct task *t, value *s,
                                      struct plan_code i)
{
  const struct site *site = &t->run->engine->sites[plan_wide(i)];
  bool method = site->kind != SITE_function;
  struct closure *c =
      arena_alloc(arena_of(t), sizeof *c + site->count * sizeof(value));
  if (!c)
    return error_memory(t);
  *c = (struct closure){.kind = method ? SITE_method : SITE_function,
                        .target = site->row->target,
                        .handle = site->deployment,
                        .count = site->count};
  if (site->kind == SITE_handle)
    c->handle = s[site->row->first].handle;
  if (!method && site->function->class != PLAN_NONE)
    c->self = t->frame->self;
  memcpy(c->captured, s + site->first, site->count * sizeof(value));
  s[i.a].closure = c;
  return NULL;
}

// The newest of several counts.
const struct error *operation_stub(struct task *t, value *s, struct plan_code i)
{
  struct engine *e = t->run->engine;
  const struct site *site = &e->sites[plan_wide(i)];
  struct stub *stub = ARENA_NEW(t->run->own, struct stub);
  if (!stub)
    return error_memory(t);
  *stub =
      (struct stub){site->deployment->stubs, site->function, s[i.a].closure};
  site->deployment->stubs = stub;
  t->run->stubs = true;
  return NULL;
}

// ---- the rest ----

// An operator's arguments are the slots from `first` on.
static struct operator_call call_of(struct task *t, enum operator_id id,
                                    uint16_t first, uint32_t result_type,
                                    struct error *error)
{
  struct engine *e = t->run->engine;
  *error = (struct error){.kind = ERROR_internal, .status = 500};
  return (struct operator_call){
      .id = id,
      .plan = e->plan,
      .engine = e,
      .arena = arena_of(t),
      .whole = t->run->own,
      .args = t->frame->slots + first,
      .types = t->frame->fn->types + first,
      .result_type = result_type,
      .model = t->frame->model,
      .error = error,
      .place = {t->frame->fn, t->pc - 1},
  };
}

// What the instruction calls.
static struct operator_call call_at(struct task *t, struct plan_code i,
                                    struct error *error)
{
  if (i.op == OP_weights)
    return call_of(t, OPERATOR_safetensors, i.b, i.c, error);
  return call_of(t, i.b, i.c, type_of(t, i.a), error);
}

const struct error *operation_read(struct task *t, value *s, struct plan_code i)
{
  struct error error;
  struct operator_call call = call_of(t, OPERATOR_from_json, i.b, i.c, &error);
  value out = s[i.a];
  if (operators[OPERATOR_from_json](&call, &out) == OPERATOR_FAIL)
    return error_copy(t, &error);
  s[i.a] = out;
  return NULL;
}

enum { WEIGHT_ITEMS = 16, WEIGHT_BYTES = 256 }; // that are as much as a jump

// What an operator has to go through, for the budget.
static uint64_t weight(const struct task *t, uint16_t first, value v)
{
  switch ((enum type_kind)t->frame->fn->kinds[first]) {
  case TYPE_list:
    return v.list->count / WEIGHT_ITEMS;
  case TYPE_map:
    return v.map->count / WEIGHT_ITEMS;
  case TYPE_str:
  case TYPE_bytes:
    return v.text->size / WEIGHT_BYTES;
  default:
    return 0;
  }
}

// The result of operator i, which it has made at last.
static const struct error *result_is(struct task *t, value *s,
                                     struct plan_code i, value out)
{
  if (plan_of(t)->types[type_of(t, i.a)].kind == TYPE_stream)
    stream_adopt(t->run, t->frame, out.stream);
  s[i.a] = out;
  return NULL;
}

static const struct error *job_result(struct task *t, struct plan_code i,
                                      struct operator_job *work)
{
  struct error error;
  value *s = t->frame->slots, out = s[i.a];
  struct operator_call call = call_at(t, i, &error);
  return work->done(work, &call, &out) == OPERATOR_FAIL
             ? error_copy(t, &error)
             : result_is(t, s, i, out);
}

const struct error *operation_job_done(struct task *t,
                                       struct operator_job *work)
{
  return job_result(t, t->pc[-1], work);
}

static const struct error *do_job(struct task *t, struct plan_code i,
                                  struct operator_job *work, int64_t *wait)
{
  const struct error *error = NULL;
  if (!job_in_place(t->run->engine) && job_start(t, work, operation_job_done)) {
    *wait = OPERATION_WAITS;
    return NULL;
  }
  work->run(work);
  error = job_result(t, i, work);
  work->free(work);
  return error;
}

const struct error *operation_op(struct task *t, value *s, struct plan_code i,
                                 int64_t *wait)
{
  struct error error;
  struct operator_call call = call_at(t, i, &error);
  operator_run *run = operators[call.id];
  if (!run)
    return error_make(t, ERROR_internal, 500, "%s is not built yet",
                      operator_name(call.id));
  value out = s[i.a];
  uint16_t first = (uint16_t)(call.args - s);
  *wait = 0;
  t->run->engine->weight += weight(t, first, *call.args);
  switch (run(&call, &out)) {
  case OPERATOR_FAIL:
    return error_copy(t, &error);
  case OPERATOR_JOB:
    return do_job(t, i, call.job, wait);
  case OPERATOR_WAIT:
    *wait = call.wait;
    break;
  case OPERATOR_DONE:
    break;
  }
  return result_is(t, s, i, out);
}

const struct error *operation_fail(struct task *t, value *s, struct plan_code i)
{
  int64_t status = s[i.a].i;
  bool close = status >= 3000 && status <= 4999; // of a WebSocket
  if ((status < 400 || status > 599) && !close)
    return error_make(
        t, ERROR_user, 500, "fail with status %lld, which is no error's: %.*s",
        (long long)status, (int)s[i.b].text->size, s[i.b].text->data);
  struct error e = {
      .kind = ERROR_user, .status = (int)status, .message = s[i.b].text};
  return error_copy(t, &e);
}

const struct error *operation_try(struct task *t, value *s, struct plan_code i)
{
  struct handler *h = t->run->handlers;
  if (t->n_handlers >= VM_HANDLERS)
    return error_make(t, ERROR_limit, 500, "more than %d tries within another",
                      VM_HANDLERS);
  if (h)
    t->run->handlers = h->next;
  else if (!(h = arena_alloc(t->run->own, sizeof *h)))
    return error_memory(t);
  *h = (struct handler){t->handlers, t->frame, t->pc + (int32_t)plan_wide(i),
                        i.a};
  t->handlers = h;
  t->n_handlers++;
  return NULL;
}

const struct error *operation_reply(struct task *t, value *s,
                                    struct plan_code i)
{
  struct reply *r = &t->run->request->reply;
  int64_t status = i.b == PLAN_NO_SLOT ? 0 : s[i.b].i;
  if (status && (status < 200 || status > 599))
    return error_make(t, ERROR_user, 500, "%lld is no status to answer with",
                      (long long)status);
  r->form = i.a;
  r->status = (int)status;
  r->headers = i.c == PLAN_NO_SLOT ? NULL : s[i.c].map;
  return NULL;
}

const struct error *operation_assert(struct task *t, value *s,
                                     struct plan_code i)
{
  if (s[i.a].i)
    return NULL;
  return error_assert(t, type_of(t, i.b), s[i.b], s[i.c], i.b != i.c);
}
