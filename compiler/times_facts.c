// Known values: a small evaluator over instructions.
#include "compiler/times_facts.h"

enum { PARTS_MAX = 1000, FUNCTIONS_DEEP = 4 };

static struct fact *new_fact(struct arena *a, enum fact_kind kind)
{
  struct fact *f = ARENA_NEW(a, struct fact);
  f->kind = kind;
  return f;
}

const struct fact *fact_number(struct arena *a, int64_t number)
{
  struct fact *f = new_fact(a, FACT_number);
  f->number = number;
  return f;
}

static const struct fact *fact_parts(struct arena *a, enum fact_kind kind,
                                     const struct fact *const *parts,
                                     uint32_t n)
{
  struct fact *f = new_fact(a, kind);
  f->n = n;
  if (n > PARTS_MAX)
    return f;
  f->parts = ARENA_ARRAY(a, n + 1, const struct fact *);
  for (uint32_t i = 0; i < n; i++)
    f->parts[i] = parts[i];
  return f;
}

static const struct fact *const_parts(struct arena *a, enum fact_kind kind,
                                      const struct constant *c)
{
  const struct fact **parts =
      ARENA_ARRAY(a, c->n_parts + 1, const struct fact *);
  for (uint32_t i = 0; i < c->n_parts && c->n_parts <= PARTS_MAX; i++)
    parts[i] = fact_const(a, c->parts[i]);
  return fact_parts(a, kind, parts, c->n_parts);
}

const struct fact *fact_const(struct arena *a, const struct constant *c)
{
  struct fact *f;
  switch (c->type->kind) {
  case TYPE_bool:
  case TYPE_int:
  case TYPE_duration:
  case TYPE_size:
  case TYPE_time:
    return fact_number(a, c->i);
  case TYPE_tuple:
  case TYPE_record:
    return const_parts(a, FACT_parts, c);
  case TYPE_list:
    return const_parts(a, FACT_list, c);
  case TYPE_handle:
    f = new_fact(a, FACT_handle);
    f->binding = c->binding;
    return f;
  default:
    return NULL;
  }
}

const struct fact *fact_function(struct arena *a, const struct site *s,
                                 const struct binding *self,
                                 const struct fact *const *held)
{
  const struct fact *head = s->count ? held[0] : NULL;
  struct fact *f = (struct fact *)fact_parts(a, FACT_function, held, s->count);
  f->site = s;
  f->binding = self;
  for (uint32_t i = 0; f->parts && i < s->count; i++) { // code nests them freely
    const struct fact *x = f->parts[i];
    if (x && x->kind == FACT_function && x->number >= FUNCTIONS_DEEP)
      f->parts[i] = NULL;
    else if (x && x->kind == FACT_function && x->number >= f->number)
      f->number = x->number + 1;
  }
  if (s->kind == SITE_method)
    f->binding = s->call->binding;
  else if (s->kind == SITE_handle)
    f->binding = head && head->kind == FACT_handle ? head->binding : NULL;
  return f;
}

const struct fact *fact_part(const struct fact *whole, uint32_t i)
{
  return whole && whole->parts && i < whole->n ? whole->parts[i] : NULL;
}

bool fact_same(const struct fact *x, const struct fact *y)
{
  if (x == y)
    return true;
  if (!x || !y || x->kind != y->kind || x->number != y->number ||
      x->n != y->n || x->binding != y->binding || x->site != y->site ||
      !x->parts != !y->parts)
    return false;
  for (uint32_t i = 0; x->parts && i < x->n; i++)
    if (!fact_same(x->parts[i], y->parts[i]))
      return false;
  return true;
}

// ---- instructions ----

static bool compute(enum opcode op, int64_t x, int64_t y, int64_t *z)
{
  switch (op) {
  case OP_add_i:
  case OP_add_t:
    return !__builtin_add_overflow(x, y, z);
  case OP_sub_i:
  case OP_sub_t:
    return !__builtin_sub_overflow(x, y, z);
  case OP_mul_i:
    return !__builtin_mul_overflow(x, y, z);
  case OP_eq:
    *z = x == y;
    return true;
  case OP_ne:
    *z = x != y;
    return true;
  case OP_lt:
    *z = x < y;
    return true;
  case OP_le:
    *z = x <= y;
    return true;
  default:
    return false;
  }
}

static const struct fact *of_numbers(struct arena *a, const struct ins *i,
                                     const struct fact *x, const struct fact *y)
{
  int64_t z;
  if (!x || !y || x->kind != FACT_number || y->kind != FACT_number ||
      !compute(i->op, x->number, y->number, &z))
    return NULL;
  return fact_number(a, z);
}

static const struct fact *of_operator(struct arena *a, const struct ins *i,
                                      const struct fact *x)
{
  if (i->b != OPERATOR_range || !x || x->kind != FACT_number || x->number < 0 ||
      x->number > UINT32_MAX)
    return NULL;
  struct fact *f = new_fact(a, FACT_list);
  f->n = (uint32_t)x->number;
  return f;
}

// Of a list from its beginning or, negative, its end.
static const struct fact *of_index(const struct fact *list,
                                   const struct fact *at)
{
  if (!list || !at || list->kind != FACT_list || at->kind != FACT_number)
    return NULL;
  int64_t i = at->number < 0 ? at->number + list->n : at->number;
  return i >= 0 && i < list->n ? fact_part(list, (uint32_t)i) : NULL;
}

const struct fact *fact_of_ins(struct arena *a, const struct ins *i,
                               const struct fact *const *args, uint32_t n)
{
  const struct fact *x = n ? args[0] : NULL;
  switch (i->op) {
  case OP_move:
  case OP_force:
    return x;
  case OP_not:
    return x ? fact_number(a, !x->number) : NULL;
  case OP_list:
    return fact_parts(a, FACT_list, args, n);
  case OP_tuple:
    return fact_parts(a, FACT_parts, args, n);
  case OP_part:
    return fact_part(x, i->c);
  case OP_len:
    return x && x->kind == FACT_list ? fact_number(a, x->n) : NULL;
  case OP_index:
    return n > 1 ? of_index(x, args[1]) : NULL;
  case OP_op:
    return of_operator(a, i, x);
  default:
    return n > 1 ? of_numbers(a, i, x, args[1]) : NULL;
  }
}

void fact_key(const struct fact *f, struct buf *out)
{
  if (!f) {
    buf_addc(out, '?');
    return;
  }
  buf_addf(out, "%d:%lld:%u:%p:%p", f->kind, (long long)f->number, f->n,
           (const void *)f->binding, (const void *)f->site);
  for (uint32_t i = 0; f->parts && i < f->n; i++) {
    buf_addc(out, i ? ',' : '(');
    fact_key(f->parts[i], out);
  }
}
