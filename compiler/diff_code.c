// What code is like, as a number. A function is written down with all that it
// calls on its own replica, in the order in which they are met: so neither the
// numbers of records nor the names of helpers matter.
#include "compiler/diff_parts.h"

#include "grammar/plan/operands.h"
#include "grammar/plan/print.h"

#include <xxhash.h>

struct writing {
  struct diff_side *s;
  const struct plan *p;
  struct buf out;     // of the function at hand
  uint32_t n;         // functions met: side->order
  uint64_t number;
};

const char *diff_type(struct diff *d, const struct plan *p, uint32_t type)
{
  struct buf out = {.arena = d->arena};
  plan_print_whole_type(p, type, false, &out);
  return out.data;
}

static const struct plan_type *declared(const struct plan *p, uint32_t base)
{
  enum type_kind kind = (enum type_kind)p->types[base].kind;
  for (uint32_t i = 0; i < p->n_types; i++)
    if (p->types[i].name.size && p->types[i].base == base)
      return kind == TYPE_record || kind == TYPE_union ? &p->types[i] : NULL;
  return NULL;
}

static void add_short(const struct plan *p, uint32_t type, struct buf *out)
{
  const struct plan_type *t = &p->types[type];
  const struct plan_type *named = declared(p, t->base);
  bool list = t->kind == TYPE_list, map = t->kind == TYPE_map;
  if (named) {
    buf_adds(out, plan_str(p, named->name));
  } else if (list || map || t->kind == TYPE_optional) {
    buf_adds(out, list ? "[" : map ? "map " : "");
    add_short(p, t->of, out);
    buf_adds(out, list ? "]" : map ? "" : "?");
  } else {
    plan_print_whole_type(p, type, false, out);
  }
}

const char *diff_short_type(struct diff *d, const struct plan *p, uint32_t type)
{
  struct buf out = {.arena = d->arena};
  add_short(p, type, &out);
  return out.data;
}

const char *diff_const(struct diff *d, const struct plan *p, uint32_t index)
{
  struct buf out = {.arena = d->arena};
  plan_print_const(p, index, true, &out);
  return out.data ? out.data : "";
}

uint64_t diff_type_number(struct diff_side *s, uint32_t type)
{
  if (!s->types[type]) {
    struct buf out = {0};
    plan_print_whole_type(s->p, type, true, &out);
    s->types[type] = XXH3_64bits(out.data, out.size) | 1;
    buf_free(&out);
  }
  return s->types[type];
}

static void put(struct writing *w, uint64_t n)
{
  buf_add(&w->out, &n, sizeof n);
}

static void put_text(struct writing *w, struct plan_text t)
{
  put(w, t.size);
  buf_add(&w->out, plan_str(w->p, t), t.size);
}

static void put_const(struct writing *w, uint32_t index)
{
  put(w, diff_type_number(w->s, w->p->consts[index].type));
  plan_print_const(w->p, index, true, &w->out);
  buf_addc(&w->out, 0);
}

static void put_function(struct writing *w, uint32_t f)
{
  if (!w->s->met[f]) {
    w->s->order[w->n++] = f;
    w->s->met[f] = w->n;
  }
  put(w, w->s->met[f]);
}

static void put_settings(struct writing *w, struct plan_run run)
{
  put(w, run.count);
  for (uint32_t i = 0; i < run.count; i++) {
    put(w, w->p->settings[run.first + i].id);
    put_const(w, w->p->settings[run.first + i].value);
  }
}

static void put_site(struct writing *w, uint32_t index)
{
  const struct plan_site *s = &w->p->sites[index];
  put(w, s->kind);
  put(w, s->first);
  put(w, s->count);
  if (s->kind == SITE_function) {
    put_function(w, s->target);
  } else if (s->kind != SITE_callable) {
    put_text(w, w->p->methods[s->target].name);
    put_text(w, w->p->classes[w->p->methods[s->target].class].name);
  }
  if (s->binding != PLAN_NONE) {
    put_text(w, w->p->bindings[s->binding].name);
    put_text(w, w->p->apps[w->p->bindings[s->binding].app].name);
  }
  put_settings(w, s->settings);
}

static void put_instruction(struct writing *w, struct plan_code i)
{
  const struct opcode_row *row = &opcode_rows[i.op];
  put(w, i.op);
  for (unsigned k = 0; k < 3; k++)
    switch (row->operands[k].form) {
    case OPERAND_UNUSED:
      break;
    case OPERAND_CONST:
      put_const(w, plan_wide(i));
      break;
    case OPERAND_SITE:
      put_site(w, plan_wide(i));
      break;
    case OPERAND_JUMP:
      put(w, plan_wide(i));
      break;
    default:
      if (row->rule == RULE_READ && k == 2)
        put(w, diff_type_number(w->s, i.c));
      else
        put(w, plan_operand(i, k));
    }
}

static void put_strands(struct writing *w, const struct plan_function *f)
{
  put(w, f->strands.count);
  for (uint32_t i = 0; i < f->strands.count; i++) {
    const struct plan_strand *s = &w->p->strands[f->strands.first + i];
    put(w, s->entry);
    put(w, s->inputs);
    for (uint32_t e = 0; e < s->feeds.count; e++) {
      put(w, w->p->edges[s->feeds.first + e].strand);
      put(w, w->p->edges[s->feeds.first + e].kind);
    }
  }
}

static void write_function(struct writing *w, uint32_t index)
{
  const struct plan_function *f = &w->p->functions[index];
  put(w, f->kind);
  put(w, f->n_params);
  put(w, f->class != PLAN_NONE);
  put(w, diff_type_number(w->s, f->result));
  for (uint32_t i = 0; i < f->slots.count; i++)
    put(w, diff_type_number(w->s, w->p->slots[f->slots.first + i].type));
  put_strands(w, f);
  for (uint32_t i = 0; i < f->code.count; i++)
    put_instruction(w, w->p->code[f->code.first + i]);
}

uint64_t diff_code(struct diff_side *s, uint32_t function)
{
  if (function == PLAN_NONE)
    return 0;
  if (s->codes[function])
    return s->codes[function];
  struct writing w = {.s = s, .p = s->p};
  put_function(&w, function);
  for (uint32_t i = 0; i < w.n; i++) {
    w.out.size = 0;
    write_function(&w, s->order[i]);
    w.number = XXH3_64bits_withSeed(w.out.data, w.out.size, w.number);
  }
  for (uint32_t i = 0; i < w.n; i++)
    s->met[s->order[i]] = 0;
  buf_free(&w.out);
  return s->codes[function] = w.number | 1;
}
