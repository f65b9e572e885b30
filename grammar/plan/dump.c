// A plan as text: one line a record, tables in the order of the file.
//
// Fields are printed by the lists of plan.h (numbers that are 0 and texts that
// are empty are left out), references with the name of what they refer to.
// Slots, strands and code stand with their function. For verified plans:
// references are followed without a check.
#include "grammar/base/buf.h"
#include "grammar/plan/names.h"
#include "grammar/plan/operands.h"
#include "grammar/plan/print.h"

#include <string.h>

struct dump {
  const struct plan *p;
  struct buf *out;
};

enum { TEXT_MOST = 200 };

static void add_text(struct dump *d, struct plan_text t)
{
  uint32_t size = t.size < TEXT_MOST ? t.size : TEXT_MOST;
  while (size < t.size && (plan_str(d->p, t)[size] & 0xC0) == 0x80)
    size--;
  plan_print_text(plan_str(d->p, t), size, d->out);
  if (size < t.size)
    buf_addf(d->out, "… (%u bytes)", t.size);
}

static void add_label(struct dump *d, struct plan_text t)
{
  char label[PLAN_LABEL];
  buf_addf(d->out, " '%s'", plan_label(label, d->p, t));
}

// ---- what a reference refers to ----
static void mean_types(struct dump *d, uint32_t i)
{
  buf_addc(d->out, ' ');
  plan_print_type(d->p, i, false, d->out);
}

static void mean_consts(struct dump *d, uint32_t i)
{
  buf_addc(d->out, ' ');
  plan_print_const(d->p, i, false, d->out);
}

static void mean_files(struct dump *d, uint32_t i)
{
  add_label(d, d->p->files[i].path);
}

#define MEAN_BY_NAME(table)                                                    \
  static void mean_##table(struct dump *d, uint32_t i)                         \
  {                                                                            \
    add_label(d, d->p->table[i].name);                                         \
  }
MEAN_BY_NAME(functions)
MEAN_BY_NAME(classes)
MEAN_BY_NAME(methods)
MEAN_BY_NAME(bindings)
MEAN_BY_NAME(apps)

// What a site calls.
static void mean_sites(struct dump *d, uint32_t i)
{
  const struct plan_site *s = &d->p->sites[i];
  if (s->binding != PLAN_NONE)
    mean_bindings(d, s->binding);
  if (s->kind == SITE_function)
    mean_functions(d, s->target);
  else if (s->kind == SITE_callable)
    buf_addf(d->out, " slot %u", s->first);
  else
    mean_methods(d, s->target);
}

// ---- code ----
static void add_slot(struct dump *d, const struct plan_function *f,
                     uint32_t slot)
{
  const struct plan_slot *s = &d->p->slots[f->slots.first + slot];
  char label[PLAN_LABEL];
  buf_addf(d->out, "%u", slot);
  if (s->name.size)
    buf_addf(d->out, ":%s", plan_label(label, d->p, s->name));
}

static void add_wide(struct dump *d, enum operand_form form, uint32_t at,
                     uint32_t wide)
{
  if (form == OPERAND_CONST) {
    buf_addf(d->out, "const %u", wide);
    mean_consts(d, wide);
  } else if (form == OPERAND_SITE) {
    buf_addf(d->out, "site %u", wide);
    mean_sites(d, wide);
  } else {
    buf_addf(d->out, "-> %u", at + 1 + wide);
  }
}

static void add_number(struct dump *d, struct plan_code i, unsigned k)
{
  uint32_t n = plan_operand(i, k);
  if (i.op == OP_op && k == 1)
    buf_adds(d->out, plan_names_OPERATORS[n]);
  else if (i.op == OP_reply && !k)
    buf_adds(d->out, plan_names_FORMS[n]);
  else if (n == PLAN_NO_SLOT)
    buf_addc(d->out, '-');
  else
    buf_addf(d->out, "%u", n);
}

static void add_operand(struct dump *d, const struct plan_function *f,
                        uint32_t at, struct plan_code i, unsigned k)
{
  enum operand_form form = opcode_rows[i.op].operands[k].form;
  if (form == OPERAND_UNUSED)
    return;
  bool first = !k || opcode_rows[i.op].operands[0].form == OPERAND_UNUSED;
  buf_adds(d->out, first ? " " : ", ");
  if (form == OPERAND_WRITE || form == OPERAND_READ)
    add_slot(d, f, plan_operand(i, k));
  else if (form == OPERAND_NUMBER)
    add_number(d, i, k);
  else if (form == OPERAND_RUN)
    buf_addf(d->out, "%u …", plan_operand(i, k));
  else
    add_wide(d, form, at, plan_wide(i));
}

static void add_instruction(struct dump *d, const struct plan_function *f,
                            uint32_t at)
{
  struct plan_code i = d->p->code[f->code.first + at];
  buf_addf(d->out, "  %4u %s", at, opcode_name((enum opcode)i.op));
  for (unsigned k = 0; k < 3; k++)
    add_operand(d, f, at, i, k);
  buf_addc(d->out, '\n');
}

static void add_slots(struct dump *d, const struct plan_function *f)
{
  for (uint32_t k = 0; k < f->slots.count; k++) {
    buf_adds(d->out, "  slot ");
    add_slot(d, f, k);
    mean_types(d, d->p->slots[f->slots.first + k].type);
    buf_adds(d->out, k < f->n_params ? " parameter\n" : "\n");
  }
}

static void add_strand(struct dump *d, const struct plan_function *f,
                       uint32_t k)
{
  const struct plan_strand *s = &d->p->strands[f->strands.first + k];
  buf_addf(d->out, "  strand %u", k);
  add_label(d, s->name);
  buf_addf(d->out, " inputs %u", s->inputs);
  for (uint32_t e = 0; e < s->feeds.count; e++) {
    const struct plan_edge *edge = &d->p->edges[s->feeds.first + e];
    buf_addf(d->out, "%s %s %u", e ? "," : " feeds",
             plan_names_EDGE_KINDS[edge->kind], edge->strand);
  }
  buf_addc(d->out, '\n');
}

static void add_body(struct dump *d, const struct plan_function *f)
{
  uint32_t strand = 0;
  add_slots(d, f);
  for (uint32_t at = 0; at < f->code.count; at++) {
    if (strand < f->strands.count &&
        d->p->strands[f->strands.first + strand].entry == at)
      add_strand(d, f, strand++);
    add_instruction(d, f, at);
  }
}

// ---- records ----
static void add_run(struct dump *d, const char *name, struct plan_run r)
{
  if (r.count)
    buf_addf(d->out, " %s %u+%u", name, r.first, r.count);
}

static void add_reference(struct dump *d, const char *name, uint32_t i,
                          void (*mean)(struct dump *, uint32_t))
{
  if (i == PLAN_NONE)
    return;
  buf_addf(d->out, " %s %u", name, i);
  mean(d, i);
}

#define WORD(type) (type + sizeof "plan_" - 1)
#define DUMP_N(name)                                                           \
  if (r->name)                                                                 \
    buf_addf(d->out, " %s %u", #name, r->name);
#define DUMP_E(name, count)                                                    \
  buf_addf(d->out, " %s %s", #name, plan_names_##count[r->name]);
#define DUMP_T(name)                                                           \
  if (r->name.size) {                                                          \
    buf_addf(d->out, " %s ", #name);                                           \
    add_text(d, r->name);                                                      \
  }
#define DUMP_R(name, table) add_reference(d, #name, r->name, mean_##table);
#define DUMP_O(name, table) DUMP_R(name, table)
#define DUMP_U(name, table) add_run(d, #name, r->name);
#define DUMP_ROW(table, type, FIELDS)                                          \
  static void dump_##table(struct dump *d, uint32_t i)                         \
  {                                                                            \
    const struct type *r = &d->p->table[i];                                    \
    buf_addf(d->out, "%s %u:", WORD(#type), i);                                \
    FIELDS(DUMP_N, DUMP_E, DUMP_T, DUMP_R, DUMP_O, DUMP_U)                     \
  }
PLAN_TABLES(DUMP_ROW)

// What some records say besides their fields.
static void more(struct dump *d, enum plan_table table, uint32_t i)
{
  if (table == PLAN_types) {
    buf_adds(d->out, " = ");
    plan_print_type(d->p, i, true, d->out);
  } else if (table == PLAN_consts) {
    buf_adds(d->out, " = ");
    plan_print_const(d->p, i, false, d->out);
  } else if (table == PLAN_sites) {
    buf_adds(d->out, " =");
    mean_sites(d, i);
  }
  buf_addc(d->out, '\n');
  if (table == PLAN_functions)
    add_body(d, &d->p->functions[i]);
}

// These are printed with their function.
static bool stands_elsewhere(enum plan_table table)
{
  return table == PLAN_slots || table == PLAN_strands || table == PLAN_edges;
}

static void add_header(struct dump *d)
{
  const struct plan_header *h = d->p->header;
  buf_addf(d->out, "plan version %u, for readers of version %u, %u bytes\n",
           h->version, h->oldest_reader, h->size);
}

void plan_dump(const struct plan *p, struct buf *out)
{
  struct dump d = {p, out};
  add_header(&d);
#define DUMP_TABLE(table, type, FIELDS)                                        \
  for (uint32_t i = 0; i < p->n_##table; i++) {                                \
    if (stands_elsewhere(PLAN_##table))                                        \
      break;                                                                   \
    dump_##table(&d, i);                                                       \
    more(&d, PLAN_##table, i);                                                 \
  }
  PLAN_TABLES(DUMP_TABLE)
#undef DUMP_TABLE
}
