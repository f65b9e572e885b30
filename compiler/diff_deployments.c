// Deployments and graphs as they are bound: what they are, what they are given,
// what they can do, how they are set.
#include "compiler/diff_parts.h"

#include "grammar/plan/operands.h"

#include <string.h>

struct pair { // one binding in both plans
  const struct plan_binding *from, *to;
  const struct plan_class *was, *is; // their classes
  bool graph; // has no replicas that could start anew
};

static const struct plan_binding *binding_in(const struct plan *p,
                                             const char *app, const char *name)
{
  for (uint32_t i = 0; i < p->n_bindings; i++)
    if (!strcmp(plan_str(p, p->bindings[i].name), name) &&
        !strcmp(plan_str(p, p->apps[p->bindings[i].app].name), app))
      return &p->bindings[i];
  return NULL;
}

static void restarts(const struct pair *b, struct detail *t)
{
  t->restart = !b->graph;
}

// --------------------------------------------------------------------- fields

static const struct plan_field *field_in(const struct plan *p,
                                         struct plan_run run, const char *name)
{
  for (uint32_t i = 0; i < run.count; i++)
    if (!strcmp(plan_str(p, p->fields[run.first + i].name), name))
      return &p->fields[run.first + i];
  return NULL;
}

static const char *field_kind(const struct plan *p, const struct plan_class *c,
                              const struct plan_field *f)
{
  uint32_t at = (uint32_t)(f - p->fields) - c->fields.first;
  return at < c->n_params                 ? "parameter"
         : at < c->n_params + c->n_lets ? "let"
                                          : "state";
}

// A type and, where it was written with a name, what it holds.
static bool same_type(struct diff *d, uint32_t from, uint32_t to)
{
  return diff_type_number(&d->from, from) == diff_type_number(&d->to, to);
}

static void fields(struct diff *d, const struct pair *b)
{
  const struct plan *was = d->from.p, *is = d->to.p;
  for (uint32_t i = 0; i < b->is->fields.count; i++) {
    const struct plan_field *f = &is->fields[b->is->fields.first + i];
    const char *name = plan_str(is, f->name);
    const struct plan_field *o = field_in(was, b->was->fields, name);
    if (o && same_type(d, o->type, f->type))
      continue;
    restarts(b, diff_detail(d, arena_printf(d->arena, "%s %s", field_kind(is, b->is, f), name),
                            o ? diff_type(d, was, o->type) : NULL,
                            diff_type(d, is, f->type)));
  }
  for (uint32_t i = 0; i < b->was->fields.count; i++) {
    const struct plan_field *o = &was->fields[b->was->fields.first + i];
    const char *name = plan_str(was, o->name);
    if (!field_in(is, b->is->fields, name))
      restarts(b, diff_detail(d, arena_printf(d->arena, "%s %s", field_kind(was, b->was, o), name),
                              diff_type(d, was, o->type), NULL));
  }
}

// ------------------------------------------------------------------ arguments

static void put_given(struct diff *d, const struct plan *p, uint32_t index,
                      struct buf *out)
{
  const struct plan_const *c = &p->consts[index];
  bool several = p->types[c->type].kind == TYPE_tuple;
  for (uint32_t i = 0; several && i < c->hi; i++)
    put_given(d, p, c->lo + i, out);
  if (!several)
    buf_addf(out, "%s%s", out->size > 1 ? ", " : "", diff_const(d, p, index));
}

// The constants that are given, or NULL where more than constants is.
static const char *arguments(struct diff *d, const struct plan *p, uint32_t f)
{
  if (f == PLAN_NONE)
    return "()";
  const struct plan_run code = p->functions[f].code;
  struct buf out = {.arena = d->arena};
  buf_addc(&out, '(');
  for (uint32_t i = 0; i < code.count; i++) {
    struct plan_code c = p->code[code.first + i];
    if (c.op == OP_const)
      put_given(d, p, plan_wide(c), &out);
    else if (c.op != OP_tuple && c.op != OP_return)
      return NULL;
  }
  buf_addc(&out, ')');
  return out.data;
}

static void given(struct diff *d, const struct pair *b)
{
  if (diff_code(&d->from, b->from->args) == diff_code(&d->to, b->to->args))
    return;
  const char *from = arguments(d, d->from.p, b->from->args);
  const char *to = arguments(d, d->to.p, b->to->args);
  bool both = from && to && strcmp(from, to);
  restarts(b, diff_detail(d, "arguments", both ? from : NULL, both ? to : NULL));
}

// -------------------------------------------------------------------- methods

static const struct plan_method_row *method_in(const struct plan *p,
                                               struct plan_run run,
                                               const char *name)
{
  for (uint32_t i = 0; i < run.count; i++)
    if (!strcmp(plan_str(p, p->methods[run.first + i].name), name))
      return &p->methods[run.first + i];
  return NULL;
}

typedef const char *type_text(struct diff *d, const struct plan *p,
                              uint32_t type);

static const char *signature(struct diff *d, const struct plan *p,
                             const struct plan_method_row *m, type_text *text)
{
  const struct plan_function *f = &p->functions[m->function];
  struct buf out = {.arena = d->arena};
  buf_addc(&out, '(');
  for (uint32_t i = 0; i < f->n_params; i++) {
    const struct plan_slot *s = &p->slots[f->slots.first + i];
    buf_addf(&out, "%s%s: %s", i ? ", " : "", plan_str(p, s->name),
             text(d, p, s->type));
  }
  buf_addf(&out, ") -> %s", text(d, p, f->result));
  return out.data;
}

// Declared types by their names. Where these are the same, what they name is
// not, which has lines of its own.
static void signatures(struct diff *d, const struct pair *b,
                       const struct plan_method_row *from,
                       const struct plan_method_row *to)
{
  const char *name = plan_str(d->to.p, to->name);
  const char *before =
      from ? signature(d, d->from.p, from, diff_short_type) : NULL;
  const char *now = signature(d, d->to.p, to, diff_short_type);
  bool same = before && !strcmp(before, now);
  restarts(b, diff_detail(d,
                          arena_printf(d->arena, same ? "types of %s" : "fn %s",
                                       name),
                          same ? NULL : before, same ? NULL : now));
}

static void method(struct diff *d, const struct pair *b,
                   const struct plan_method_row *from,
                   const struct plan_method_row *to)
{
  const char *name = plan_str(d->to.p, to->name);
  const char *before =
      from ? signature(d, d->from.p, from, diff_type) : NULL;
  if (!before || strcmp(before, signature(d, d->to.p, to, diff_type))) {
    signatures(d, b, from, to);
  } else if (diff_code(&d->from, from->function) !=
             diff_code(&d->to, to->function)) {
    restarts(b, diff_detail(d, arena_printf(d->arena, "code of %s", name), NULL, NULL));
  }
  if (from)
    diff_settings(d, name, from->settings, to->settings);
}

static void methods(struct diff *d, const struct pair *b)
{
  const struct plan *was = d->from.p, *is = d->to.p;
  for (uint32_t i = 0; i < b->is->methods.count; i++) {
    const struct plan_method_row *m = &is->methods[b->is->methods.first + i];
    method(d, b, method_in(was, b->was->methods, plan_str(is, m->name)), m);
  }
  for (uint32_t i = 0; i < b->was->methods.count; i++) {
    const struct plan_method_row *m = &was->methods[b->was->methods.first + i];
    const char *name = plan_str(was, m->name);
    if (!method_in(is, b->is->methods, name))
      restarts(b, diff_detail(d, arena_printf(d->arena, "fn %s", name),
                              signature(d, was, m, diff_short_type), NULL));
  }
}

// ------------------------------------------------------------------- bindings

static void changed(struct diff *d, const struct pair *b)
{
  const char *from = plan_str(d->from.p, b->was->name);
  const char *to = plan_str(d->to.p, b->is->name);
  if (b->was->kind != b->is->kind || strcmp(from, to))
    restarts(b, diff_detail(d, "is", from, to));
  fields(d, b);
  given(d, b);
  if (diff_code(&d->from, b->was->init) != diff_code(&d->to, b->is->init))
    restarts(b, diff_detail(d, "code of its start", NULL, NULL));
  methods(d, b);
  diff_settings(d, NULL, b->from->settings, b->to->settings);
}

static void binding(struct diff *d, enum change_kind kind, const struct plan *p,
                    const struct plan_binding *is)
{
  bool graph = p->classes[is->class].kind == CLASS_graph;
  diff_begin(d, kind, graph ? CHANGE_GRAPH : CHANGE_DEPLOYMENT,
             plan_str(p, p->apps[is->app].name), plan_str(p, is->name));
}

void diff_deployments(struct diff *d)
{
  const struct plan *from = d->from.p, *to = d->to.p;
  for (uint32_t i = 0; i < to->n_bindings; i++) {
    const struct plan_binding *is = &to->bindings[i];
    const struct plan_binding *was = binding_in(
        from, plan_str(to, to->apps[is->app].name), plan_str(to, is->name));
    binding(d, was ? CHANGE_CHANGED : CHANGE_ADDED, to, is);
    struct pair b = {.from = was, .to = is, .is = &to->classes[is->class]};
    b.graph = d->now->of == CHANGE_GRAPH;
    b.was = was ? &from->classes[was->class] : NULL;
    if (was)
      changed(d, &b);
    diff_end(d);
  }
  for (uint32_t i = 0; i < from->n_bindings; i++) {
    const struct plan_binding *was = &from->bindings[i];
    if (binding_in(to, plan_str(from, from->apps[was->app].name),
                   plan_str(from, was->name)))
      continue;
    binding(d, CHANGE_REMOVED, from, was);
    diff_end(d);
  }
}
