// Types and constants as rows of a plan.
//
// A type gets its number after the parts that it holds by value, and its row is
// filled later, when what it refers to in other ways may have a number as well:
// so types may come back to themselves. What holds futures does not, and comes
// behind its parts too.
#include "compiler/emit_rows.h"

#include "compiler/lower_code.h"

enum { UNKNOWN, NO, YES };

static bool has_future(struct emit *e, const struct type *t);

static bool parts_have_future(struct emit *e, const struct type *t)
{
  if (t->kind == TYPE_list || t->kind == TYPE_map || t->kind == TYPE_optional)
    return has_future(e, t->of);
  if (t->kind == TYPE_tuple || t->kind == TYPE_record)
    for (uint32_t i = 0; i < t->n_parts; i++)
      if (has_future(e, t->parts[i].type))
        return true;
  return t->kind == TYPE_future;
}

static bool has_future(struct emit *e, const struct type *t)
{
  while (t->number >= e->n_futures)
    LOWER_PUSH(e->c->arena, e->futures, e->n_futures, e->room_futures, UNKNOWN);
  if (e->futures[t->number] == UNKNOWN) {
    e->futures[t->number] = NO; // for what comes back to it
    e->futures[t->number] = parts_have_future(e, t) ? YES : NO;
  }
  return e->futures[t->number] == YES;
}

static void number_type(struct emit *e, const struct type *of)
{
  struct type *t = (struct type *)of; // `plan` is a note, not part of the type
  if (t->plan)
    return;
  uint32_t by_value = t->kind == TYPE_tuple || t->kind == TYPE_record
                          ? t->n_parts
                      : t->kind == TYPE_union && t->n_parts ? 1
                                                            : 0;
  for (uint32_t i = 0; i < by_value; i++)
    number_type(e, t->parts[i].type);
  if (t->kind == TYPE_step ||
      (t->of && t->kind != TYPE_future && has_future(e, t->of)))
    number_type(e, t->of);
  t->plan = plan_add_types(&e->b, (struct plan_type){.of = PLAN_NONE}) + 1;
  LOWER_PUSH(e->c->arena, e->open, e->n_open, e->room_open, t);
}

static struct plan_field field_of(struct emit *e, const struct type *t,
                                  const struct type_part *p)
{
  struct plan_field f = {.type = PLAN_NONE, .value = PLAN_NONE};
  f.name = emit_name(e, p->name);
  f.doc = emit_text(e, p->doc);
  if (p->type)
    f.type = emit_type(e, p->type);
  if (p->initial)
    f.value = emit_const(e, p->initial);
  if (t->kind == TYPE_tensor && !p->name && p->size != DIM_ANY) {
    uint32_t integer = emit_type(e, type_simple(e->c->types, TYPE_int));
    f.value = plan_const_int(&e->b, integer, p->size);
  }
  return f;
}

static struct plan_run fields_of(struct emit *e, const struct type *t)
{
  if (t->any_rank)
    return plan_add_run_fields(&e->b, NULL, 0);
  struct plan_field *rows =
      ARENA_ARRAY(&e->c->scratch, t->n_parts + 1, struct plan_field);
  for (uint32_t i = 0; i < t->n_parts; i++)
    rows[i] = field_of(e, t, &t->parts[i]);
  return plan_add_run_fields(&e->b, rows, t->n_parts);
}

static struct plan_run limits_of(struct emit *e, const struct type *t)
{
  struct plan_limit *rows =
      ARENA_ARRAY(&e->c->scratch, t->n_limits + 1, struct plan_limit);
  for (uint32_t i = 0; i < t->n_limits; i++)
    rows[i] = (struct plan_limit){t->limits[i].kind,
                                  emit_const(e, t->limits[i].value)};
  return plan_add_run_limits(&e->b, rows, t->n_limits);
}

// `Pair[5]` is called Pair_5: so it has a name of its own in schemas too.
static const char *name_of(struct emit *e, const struct type *t)
{
  const char *name = t->name ? t->name->text : NULL;
  for (uint32_t i = 0; t->family && i < t->family->n; i++) {
    const struct type_part *d = &t->dims[i];
    name = d->name ? arena_printf(e->c->arena, "%s_%s", name, d->name->text)
           : d->size == DIM_ANY
               ? arena_printf(e->c->arena, "%s_any", name)
               : arena_printf(e->c->arena, "%s_%lld", name, (long long)d->size);
  }
  return name;
}

static void fill_type(struct emit *e, const struct type *t)
{
  struct plan_type row = {.kind = t->kind, .of = PLAN_NONE};
  row.base = emit_base(e, t);
  if (t->of)
    row.of = emit_type(e, t->of);
  row.fields = fields_of(e, t);
  row.limits = limits_of(e, t);
  row.name = emit_text(e, name_of(e, t));
  row.doc = emit_text(e, t->doc);
  if (t->kind == TYPE_tensor)
    row.detail = t->dtype;
  if (t->kind == TYPE_handle)
    row.detail = t->class->plan - 1;
  if (!e->b.failed)
    e->b.types.rows[t->plan - 1] = row;
}

uint32_t emit_type(struct emit *e, const struct type *t)
{
  if (!t->plan) {
    number_type(e, t);
    while (e->n_open)
      fill_type(e, e->open[--e->n_open]);
  }
  return t->plan - 1;
}

uint32_t emit_base(struct emit *e, const struct type *t)
{
  return emit_type(e, type_base(e->c->types, t));
}

// ---- constants ----

static uint32_t const_run(struct emit *e, const struct constant *c,
                          uint32_t type)
{
  uint32_t *parts = ARENA_ARRAY(&e->c->scratch, c->n_parts + 1, uint32_t);
  for (uint32_t i = 0; i < c->n_parts; i++)
    parts[i] = emit_const(e, c->parts[i]);
  return plan_const_run(&e->b, type, parts, c->n_parts);
}

static uint32_t const_row(struct emit *e, const struct constant *c,
                          uint32_t type)
{
  switch (c->type->kind) {
  case TYPE_float:
  case TYPE_percent:
    return plan_const_float(&e->b, type, c->f);
  case TYPE_str:
  case TYPE_enum:
  case TYPE_bytes:
  case TYPE_markdown:
    return plan_const_text(&e->b, type, c->text, c->size);
  case TYPE_json:
    return c->text ? plan_const_text(&e->b, type, c->text, c->size)
                   : plan_const_bits(&e->b, type, 0);
  case TYPE_list:
  case TYPE_map:
  case TYPE_tuple:
  case TYPE_record:
  case TYPE_optional:
    return const_run(e, c, type);
  case TYPE_union:
    return plan_const_union(&e->b, type, (uint32_t)c->i,
                            emit_const(e, c->parts[0]));
  case TYPE_handle:
    return plan_const_bits(&e->b, type, c->binding->plan - 1);
  default:
    return plan_const_int(&e->b, type, c->i);
  }
}

uint32_t emit_const(struct emit *e, const struct constant *of)
{
  struct constant *c = (struct constant *)of; // `plan` is a note
  if (!c->plan)
    c->plan = const_row(e, c, emit_base(e, c->type)) + 1;
  return c->plan - 1;
}

uint32_t emit_const_or_none(struct emit *e, const struct constant *c)
{
  return c ? emit_const(e, c) : PLAN_NONE;
}
