// Lowering of a whole program: every function in turn.
#include "compiler/blocks.h"
#include "compiler/lower_code.h"

#include "grammar/plan/names.h"

#include <string.h>

static void add_params(struct lower *l, const struct function *f)
{
  for (uint32_t i = 0; i < f->n_params; i++) {
    struct local *p = f->params[i];
    const struct type **given = l->code->given;
    uint32_t slot =
        slot_new(l, given ? given[i] : type_slot(l, p->type), p->name);
    home_new(l, p)->slot = slot;
  }
}

static void *keep(struct lower *l, const void *rows, uint32_t n, size_t size)
{
  return n ? memcpy(arena_alloc(l->arena, n * size), rows, n * size) : NULL;
}

// The whole code, without the room that it had to grow.
static void keep_code(struct lower *l)
{
  struct code *k = l->code;
#define KEEP(rows)                                                             \
  (k->rows = keep(l, k->rows, k->n_##rows, sizeof *k->rows),                   \
   k->room_##rows = k->n_##rows)
  KEEP(ins);
  KEEP(slots);
  KEEP(sites);
  KEEP(constants);
  KEEP(types);
#undef KEEP
  k->units = NULL;
  k->room_units = 0;
}

static void lower_function(struct compile *c, struct lower_shared *shared,
                           struct function *f)
{
  struct lower l = {.c = c,
                    .shared = shared,
                    .code = code_of(f),
                    .arena = c->arena,
                    .scratch = &c->scratch,
                    .span = f->span};
  l.label = UINT32_MAX;
  add_params(&l, f);
  if (f->kind == FUNCTION_graph) {
    lower_graph(&l, f);
  } else {
    lower_body(&l, f);
    hoist_constants(&l);
  }
  assign_slots(&l);
  keep_code(&l);
  arena_reset(&c->scratch);
}

void lower_program(struct compile *c, struct program *p, bool tests)
{
  struct lower_shared shared = {.program = p};
  for (struct function *f = p->functions; f; f = f->next) {
    struct code *k = ARENA_NEW(c->arena, struct code);
    k->function = f;
    f->note = k;
  }
  for (struct function *f = p->functions; f; f = f->next)
    if (tests || f->kind != FUNCTION_test)
      lower_function(c, &shared, f); // which may put new ones behind it
  if (!c->diags.errors)
    blocks_find(c->arena, p);
}

// ---- as text ----

static void dump_name(const struct site *s, struct buf *out)
{
  const struct core_call *c = s->call;
  if (s->function)
    buf_addf(out, " %s", s->function->name);
  else if (c && c->binding)
    buf_addf(out, " %s.%s.%s", c->binding->app->name->text,
             c->binding->name->text, c->method->name->text);
  else if (c && c->method)
    buf_addf(out, " %s.%s", c->method->class->name->text,
             c->method->name->text);
}

static void dump_wide(const struct code *k, const struct ins *i,
                      struct buf *out)
{
  switch (opcode_shapes[i->op].b) {
  case OPERAND_site:
    dump_name(&k->sites[i->b], out);
    buf_addf(out, " (%u, %u)", k->sites[i->b].first, k->sites[i->b].count);
    break;
  case OPERAND_const:
    buf_addf(out, " #%u", i->b);
    break;
  case OPERAND_jump:
    buf_addf(out, " -> %u", i->b);
    break;
  case OPERAND_none:
    break;
  default:
    buf_addf(out, " %u", i->b);
    break;
  }
}

static void dump_ins(const struct code *k, uint32_t at, struct buf *out)
{
  const struct ins *i = &k->ins[at];
  const struct opcode_shape *s = &opcode_shapes[i->op];
  buf_addf(out, "    %4u %-8s", at, plan_names_OPCODES[i->op]);
  if (s->a != OPERAND_none)
    buf_addf(out, " %u", i->a);
  dump_wide(k, i, out);
  if (s->c != OPERAND_none)
    buf_addf(out, " %u", i->c);
  buf_addc(out, '\n');
}

static void dump_slots(const struct code *k, struct buf *out)
{
  for (uint32_t i = 0; i < k->n_slots; i++) {
    buf_addf(out, "  slot %u: ", i);
    type_print(k->slots[i].type, out);
    if (k->slots[i].name)
      buf_addf(out, " %s", k->slots[i].name->text);
    buf_addc(out, '\n');
  }
}

static void dump_strand(const struct code *k, uint32_t at, struct buf *out)
{
  const struct strand *s = &k->strands[at];
  buf_addf(out, "  strand %u %s: %u inputs; feeds", at, s->label, s->n_inputs);
  for (uint32_t i = 0; i < s->n_feeds; i++)
    buf_addf(out, " %u%s", s->feeds[i].strand,
             s->feeds[i].kind == EDGE_data ? ""
             : s->feeds[i].kind == EDGE_if ? " if"
                                           : " unless");
  buf_addc(out, '\n');
  for (uint32_t i = s->entry; i < s->end; i++)
    dump_ins(k, i, out);
}

void lower_dump(const struct program *p, struct buf *out)
{
  for (const struct function *f = p->functions; f; f = f->next) {
    const struct code *k = code_of(f);
    buf_addf(out, "%s %s\n", plan_names_FUNCTION_KINDS[f->kind], f->name);
    dump_slots(k, out);
    for (uint32_t i = 0; i < k->n_strands; i++)
      dump_strand(k, i, out);
    for (uint32_t i = 0; i < k->n_ins && !k->n_strands; i++)
      dump_ins(k, i, out);
  }
}
