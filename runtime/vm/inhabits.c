// Builds for tests only (-DSG_CHECK_VALUES): every value that an instruction
// reads, and every value that is kept in a replica, inhabits its type.
//
// A slot says nothing about what it holds, so a wrong instruction, operator or
// reader of input would be seen late or never. Values are walked by their type,
// some parts of each, and each time from another place in a long list: whoever
// put a large one together has been looked at too, and a look must cost little.
#include "runtime/vm/vm.h"

#ifdef SG_CHECK_VALUES
#include "grammar/base/utf8.h"
#include "grammar/plan/operands.h"
#include "runtime/value/walk.h"

#include <stdio.h>
#include <stdlib.h>

enum { PARTS = 60, READ_PARTS = 12, LONGEST = 400 };

struct visit {
  const struct plan *plan;
  uint32_t left; // parts that may still be looked at
  uint32_t turn; // where a long list is begun
};

static _Thread_local uint32_t turns;

static bool inhabits(struct visit *w, uint32_t type, value v);

static bool is_text(const struct text *t, bool bytes)
{
  if (!t || (t->size && !t->data))
    return false;
  if (bytes)
    return t->length == t->size;
  return t->size > LONGEST || (utf8_check(t->data, t->size) == t->size &&
                               utf8_length(t->data, t->size) == t->length);
}

static bool is_word(const struct visit *w, const struct plan_type *t,
                    const struct text *text)
{
  for (uint32_t i = 0; i < t->fields.count; i++) {
    struct plan_text word = w->plan->fields[t->fields.first + i].name;
    if (text_is(text, plan_str(w->plan, word), word.size))
      return true;
  }
  return false;
}

static bool are_items(struct visit *w, const struct list *l, uint32_t of)
{
  if (!l || (l->count && !l->items) || (l->room && l->count > l->room))
    return false;
  uint32_t from = l->count ? w->turn % l->count : 0;
  for (uint32_t i = 0; i < l->count && w->left; i++)
    if (!inhabits(w, of, l->items[(from + i) % l->count]))
      return false;
  return true;
}

static bool are_entries(struct visit *w, const struct map *m, uint32_t of)
{
  if (!m || (m->count && !m->entries))
    return false;
  for (uint32_t i = 0; i < m->count && w->left; i++) {
    const struct map_entry *e = &m->entries[i];
    if (!is_text(e->key, false) || map_get(m, e->key) != &e->item ||
        !inhabits(w, of, e->item))
      return false;
  }
  return true;
}

static bool are_parts(struct visit *w, struct plan_run run, const value *parts)
{
  if (run.count && !parts)
    return false;
  for (uint32_t i = 0; i < run.count && w->left; i++)
    if (!inhabits(w, w->plan->fields[run.first + i].type, parts[i]))
      return false;
  return true;
}

static bool is_tagged(struct visit *w, const struct plan_type *t,
                      const struct tagged *v)
{
  uint32_t tags = t->kind == TYPE_step ? STEP_respond + 1 : t->fields.count;
  return v && v->tag < tags &&
         inhabits(w, payload_type(w->plan, t, v->tag), v->payload);
}

static bool is_json(struct visit *w, const struct json *j);

static bool is_json_map(struct visit *w, const struct map *m)
{
  for (uint32_t i = 0; i < m->count && w->left; i++)
    if (!is_text(m->entries[i].key, false) ||
        !is_json(w, m->entries[i].item.json))
      return false;
  return true;
}

static bool is_json_list(struct visit *w, const struct list *l)
{
  for (uint32_t i = 0; i < l->count && w->left; i++)
    if (!is_json(w, l->items[i].json))
      return false;
  return true;
}

static bool is_json(struct visit *w, const struct json *j)
{
  if (!w->left)
    return true;
  w->left--;
  if (!j)
    return false;
  switch (j->kind) {
  case JSON_NULL:
  case JSON_INT:
  case JSON_FLOAT:
    return true;
  case JSON_BOOL:
    return j->as.bits <= 1;
  case JSON_TEXT:
    return is_text(j->as.text, false);
  case JSON_LIST:
    return j->as.list && is_json_list(w, j->as.list);
  case JSON_MAP:
    return j->as.map && is_json_map(w, j->as.map);
  }
  return false;
}

static bool is_tensor(const struct plan_type *t, const struct tensor *x)
{
  if (!x || x->dtype != t->detail || x->rank > TENSOR_RANK ||
      (!x->data && !x->node))
    return false;
  for (uint32_t i = 0; i < x->rank; i++)
    if (x->dims[i] < 0)
      return false;
  return true;
}

static bool is_closure(struct visit *w, const struct closure *c)
{
  if (!c)
    return true;
  if (c->kind != SITE_function || c->target >= w->plan->n_functions)
    return c->kind == SITE_method && c->target < w->plan->n_methods;
  const struct plan_function *f = &w->plan->functions[c->target];
  for (uint32_t i = 0; i < c->count && w->left; i++)
    if (!inhabits(w, w->plan->slots[f->slots.first + i].type, c->captured[i]))
      return false;
  return c->count <= f->n_params;
}

static bool is_future(struct visit *w, uint32_t of, const struct future *f)
{
  return !f || f->state == FUTURE_OUT ||
         (f->state == FUTURE_FAILED && f->error) ||
         (f->state == FUTURE_THERE && inhabits(w, of, f->value));
}

static bool inhabits(struct visit *w, uint32_t type, value v)
{
  if (!w->left)
    return true;
  w->left--;
  const struct plan_type *t = &w->plan->types[type];
  switch ((enum type_kind)t->kind) {
  case TYPE_bool:
    return v.bits <= 1;
  case TYPE_str:
  case TYPE_secret:
  case TYPE_markdown:
    return is_text(v.text, false);
  case TYPE_enum:
    return is_text(v.text, false) && is_word(w, t, v.text);
  case TYPE_bytes:
    return is_text(v.text, true);
  case TYPE_json:
    return is_json(w, v.json);
  case TYPE_list:
    return are_items(w, v.list, t->of);
  case TYPE_map:
    return are_entries(w, v.map, t->of);
  case TYPE_tuple:
  case TYPE_record:
    return are_parts(w, t->fields, v.parts);
  case TYPE_optional:
    return !v.box || inhabits(w, t->of, *v.box);
  case TYPE_union:
  case TYPE_step:
    return is_tagged(w, t, v.tagged);
  case TYPE_tensor:
    return is_tensor(t, v.tensor);
  case TYPE_callable:
    return is_closure(w, v.closure);
  case TYPE_handle:
    return !v.handle || v.handle->class == t->detail;
  case TYPE_tokenizer:
    return !v.held || v.held->of;
  case TYPE_future:
    return is_future(w, t->of, v.future);
  default: // numbers are what they are, and a stream is known by its run
    return true;
  }
}

bool value_inhabits(const struct plan *p, uint32_t type, value v)
{
  return inhabits(&(struct visit){p, PARTS, turns++}, type, v);
}

// ---- what instructions read ----

static void wrong(const struct frame *f, uint32_t at, uint32_t slot)
{
  const struct plan *p = f->fn->plan;
  const struct plan_code *i = &p->code[f->fn->row->code.first + at];
  fprintf(stderr, "%s: instruction %u (%s) reads slot %u, which holds no %s\n",
          f->fn->name, at, opcode_name((enum opcode)i->op), slot,
          type_kind_name(p->types[f->fn->types[slot]].kind));
  abort();
}

// What the plan's instruction reads, whatever stands in its place.
void values_check(const struct frame *f, const struct plan_code *pc)
{
  const struct plan *p = f->fn->plan;
  uint32_t at = (uint32_t)(pc - f->fn->code);
  struct plan_run runs[READS_MOST];
  unsigned n = plan_reads(p, p->code[f->fn->row->code.first + at], runs);
  for (unsigned k = 0; k < n; k++)
    for (uint32_t i = 0; i < runs[k].count; i++) {
      uint32_t slot = runs[k].first + i;
      struct visit visit = {p, READ_PARTS, turns++};
      if (!inhabits(&visit, f->fn->types[slot], f->slots[slot]))
        wrong(f, at, slot);
    }
}

void value_check_field(const struct engine *e, uint32_t field, value v)
{
  const struct plan_field *row = &e->plan->fields[field];
  if (value_inhabits(e->plan, row->type, v))
    return;
  fprintf(stderr, "the field %s is given what is no %s\n",
          plan_str(e->plan, row->name),
          type_kind_name(e->plan->types[row->type].kind));
  abort();
}
#endif
