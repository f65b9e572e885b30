// Functions as rows of a plan: slots, strands, sites, places, code.
#include "compiler/emit_rows.h"

#include <string.h>

static struct plan_run emit_slots(struct emit *e, const struct code *k)
{
  struct plan_slot *rows =
      ARENA_ARRAY(&e->c->scratch, k->n_slots + 1, struct plan_slot);
  for (uint32_t i = 0; i < k->n_slots; i++)
    rows[i] = (struct plan_slot){emit_type(e, k->slots[i].type),
                                 emit_name(e, k->slots[i].name)};
  return plan_add_run_slots(&e->b, rows, k->n_slots);
}

// ---- sites ----

static uint32_t target_of(const struct site *s)
{
  if (s->kind == SITE_function)
    return s->function->plan - 1;
  return s->kind == SITE_callable ? 0 : s->call->method->plan - 1;
}

// The number of the first.
static uint32_t emit_sites(struct emit *e, const struct code *k)
{
  struct plan_site *rows =
      ARENA_ARRAY(&e->c->scratch, k->n_sites + 1, struct plan_site);
  for (uint32_t i = 0; i < k->n_sites; i++) {
    const struct site *s = &k->sites[i];
    rows[i] = (struct plan_site){.kind = s->kind,
                                 .target = target_of(s),
                                 .binding = PLAN_NONE,
                                 .first = s->first,
                                 .count = s->count};
    if (s->kind == SITE_method)
      rows[i].binding = s->call->binding->plan - 1;
    if (s->call)
      rows[i].settings = emit_settings(e, s->call->options);
    rows[i].line = emit_place(e, s->span).line;
  }
  return plan_add_run_sites(&e->b, rows, k->n_sites).first;
}

// ---- instructions ----

static struct plan_code instruction(struct emit *e, const struct code *k,
                                    uint32_t at, uint32_t sites,
                                    const uint32_t *consts)
{
  const struct ins *i = &k->ins[at];
  if (i->op == OP_read || i->op == OP_weights)
    return (struct plan_code){(uint16_t)i->op, (uint16_t)i->a, (uint16_t)i->b,
                              (uint16_t)emit_type(e, k->types[i->c])};
  switch (opcode_shapes[i->op].b) {
  case OPERAND_const:
    return plan_code_wide(i->op, i->a, consts[i->b]);
  case OPERAND_site:
    return plan_code_wide(i->op, i->a, sites + i->b);
  case OPERAND_jump:
    return plan_code_wide(i->op, i->a, i->b - (at + 1));
  default:
    return (struct plan_code){(uint16_t)i->op, (uint16_t)i->a, (uint16_t)i->b,
                              (uint16_t)i->c};
  }
}

static struct plan_run emit_instructions(struct emit *e, const struct code *k)
{
  uint32_t sites = emit_sites(e, k);
  uint32_t *consts = ARENA_ARRAY(&e->c->scratch, k->n_constants + 1, uint32_t);
  for (uint32_t i = 0; i < k->n_constants; i++)
    consts[i] = emit_const(e, k->constants[i]);
  struct plan_code *rows =
      ARENA_ARRAY(&e->c->scratch, k->n_ins + 1, struct plan_code);
  for (uint32_t i = 0; i < k->n_ins; i++)
    rows[i] = instruction(e, k, i, sites, consts);
  return plan_add_run_code(&e->b, rows, k->n_ins);
}

static struct plan_run emit_places(struct emit *e, const struct code *k)
{
  struct plan_place *rows =
      ARENA_ARRAY(&e->c->scratch, k->n_ins + 1, struct plan_place);
  struct place last = {0};
  uint32_t n = 0;
  for (uint32_t i = 0; i < k->n_ins; i++) {
    struct span at = k->ins[i].span;
    if (i && !memcmp(&at, &k->ins[i - 1].span, sizeof at))
      continue;
    struct place p = emit_place(e, at);
    if (!p.line || !memcmp(&p, &last, sizeof p))
      continue;
    rows[n++] = (struct plan_place){i, p.file, p.line, p.column};
    last = p;
  }
  return plan_add_run_places(&e->b, rows, n);
}

// ---- strands ----

static struct plan_run emit_edges(struct emit *e, const struct strand *s)
{
  struct plan_edge *rows =
      ARENA_ARRAY(&e->c->scratch, s->n_feeds + 1, struct plan_edge);
  for (uint32_t i = 0; i < s->n_feeds; i++)
    rows[i] = (struct plan_edge){s->feeds[i].strand, s->feeds[i].kind};
  return plan_add_run_edges(&e->b, rows, s->n_feeds);
}

static struct plan_run emit_strands(struct emit *e, const struct code *k)
{
  struct plan_strand *rows =
      ARENA_ARRAY(&e->c->scratch, k->n_strands + 1, struct plan_strand);
  for (uint32_t i = 0; i < k->n_strands; i++) {
    const struct strand *s = &k->strands[i];
    rows[i] = (struct plan_strand){.entry = s->entry, .inputs = s->n_inputs};
    rows[i].feeds = emit_edges(e, s);
    rows[i].name = emit_text(e, s->label);
  }
  return plan_add_run_strands(&e->b, rows, k->n_strands);
}

void emit_function(struct emit *e, const struct function *f)
{
  const struct code *k = code_of(f);
  struct plan_function row = {
      .kind = f->kind, .class = PLAN_NONE, .n_params = f->n_params};
  row.name = emit_text(e, f->name);
  if (f->class)
    row.class = f->class->plan - 1;
  row.result = emit_base(e, f->result);
  row.slots = emit_slots(e, k);
  row.strands = emit_strands(e, k);
  row.code = emit_instructions(e, k);
  row.places = emit_places(e, k);
  plan_add_functions(&e->b, row);
  arena_reset(&e->c->scratch);
}
