// Calls: whether a site names something that can be called, and whether the
// slots of an instruction that uses it, or an operator, fit.
#include "grammar/plan/check.h"

#include <stdio.h>

#include "grammar/defs/settings.h"
#include "grammar/defs/signature.h"

#include "grammar/plan/names.h"
#include "grammar/plan/print.h"

// ---- the site by itself ----
static const char *site_target(const struct plan *p, const struct plan_site *s)
{
  bool method = s->kind == SITE_method || s->kind == SITE_handle;
  if (s->kind == SITE_callable)
    return s->target ? "its target is not 0" : NULL;
  if (s->target >= (method ? p->n_methods : p->n_functions))
    return "its target does not exist";
  if (s->kind == SITE_function &&
      p->functions[s->target].kind != FUNCTION_body &&
      p->functions[s->target].kind != FUNCTION_graph)
    return "its function is no body and no graph";
  return NULL;
}

static const char *site_binding(const struct plan *p, const struct plan_site *s)
{
  if (s->kind != SITE_method)
    return s->binding == PLAN_NONE ? NULL : "it has a binding";
  if (s->binding == PLAN_NONE)
    return "it has no binding";
  if (p->bindings[s->binding].class != p->methods[s->target].class)
    return "its binding is of another class than its method";
  return NULL;
}

bool check_sites(struct plan_check *c)
{
  for (uint32_t i = 0; i < c->p->n_sites; i++) {
    const struct plan_site *s = &c->p->sites[i];
    const char *wrong = site_target(c->p, s);
    if (!wrong)
      wrong = site_binding(c->p, s);
    if (wrong)
      return check_refuse(c, "site %u %s: %s", i,
                          plan_names_SITE_KINDS[s->kind], wrong);
    if (!check_settings(c, s->settings, PLACE_CALL, "site", i))
      return false;
  }
  return true;
}

// ---- what is called ----
struct callee {
  const struct plan_function *function; // NULL: a callable of type `type`
  const struct plan_type *type;
  uint32_t n_params, result;
  uint32_t first, count; // of the slots that are arguments
};

static uint32_t param_type(const struct plan *p, const struct callee *f,
                           uint32_t i)
{
  if (f->function)
    return p->slots[f->function->slots.first + i].type;
  return base_of(p, p->fields[f->type->fields.first + i].type);
}

static void set_function(const struct plan *p, struct callee *f,
                         uint32_t function)
{
  f->function = &p->functions[function];
  f->n_params = f->function->n_params;
  f->result = base_of(p, f->function->result);
}

// What stands before the arguments: a handle of the class, or a closure.
static bool take_head(struct plan_at *at, const struct plan_site *s,
                      struct callee *f)
{
  if (!s->count)
    return at_refuse(at, "its site has no slots");
  const struct plan_type *t = &at->p->types[at_type(at, s->first)];
  f->first++;
  f->count--;
  if (s->kind == SITE_handle) {
    if (t->kind != TYPE_handle ||
        t->detail != at->p->methods[s->target].class)
      return at_refuse(at, "slot %u holds no deployment of class %u", s->first,
                       at->p->methods[s->target].class);
    return true;
  }
  if (t->kind != TYPE_callable)
    return at_refuse(at, "slot %u holds nothing to call", s->first);
  f->type = t;
  f->n_params = t->fields.count;
  f->result = t->of;
  return true;
}

static bool is_within_class(struct plan_at *at, const struct plan_function *f)
{
  return f->class == PLAN_NONE || f->class == at->f->class ||
         at_refuse(at, "its function belongs to class %u", f->class);
}

static bool find_callee(struct plan_at *at, struct callee *f)
{
  const struct plan *p = at->p;
  const struct plan_site *s = &p->sites[plan_wide(at->i)];
  *f = (struct callee){.first = s->first, .count = s->count};
  if (!at_run(at, s->first, s->count))
    return false;
  if ((s->kind == SITE_handle || s->kind == SITE_callable) &&
      !take_head(at, s, f))
    return false;
  if (s->kind == SITE_function)
    set_function(p, f, s->target);
  else if (s->kind != SITE_callable)
    set_function(p, f, p->methods[s->target].function);
  if (f->count != f->n_params)
    return at_refuse(at, "%u arguments for %u", f->count, f->n_params);
  return s->kind != SITE_function || is_within_class(at, f->function);
}

static bool is_argument(struct plan_at *at, const struct callee *f, uint32_t k,
                        bool may_be_out)
{
  uint32_t slot = f->first + k, param = param_type(at->p, f, k);
  if (may_be_out && check_forced(at->c, param, at_type(at, slot)))
    return true;
  return at_has(at, slot, param);
}

static bool are_arguments(struct plan_at *at, const struct callee *f,
                          uint32_t from, bool may_be_out)
{
  for (uint32_t k = from; k < f->n_params; k++)
    if (!is_argument(at, f, k, may_be_out))
      return false;
  return true;
}

bool at_call(struct plan_at *at)
{
  struct callee f;
  return find_callee(at, &f) && are_arguments(at, &f, 0, false) &&
         at_has(at, at->i.a, f.result);
}

// Whether `type` is a future of `result`.
static bool is_future_of(const struct plan *p, uint32_t type, uint32_t result)
{
  return p->types[type].kind == TYPE_future && p->types[type].of == result;
}

bool at_start(struct plan_at *at)
{
  struct callee f;
  if (!find_callee(at, &f) || !are_arguments(at, &f, 0, true))
    return false;
  return is_future_of(at->p, at_type(at, at->i.a), f.result) ||
         at_refuse(at, "slot %u is no future of the result", at->i.a);
}

static bool at_each_of(struct plan_at *at, const struct callee *f)
{
  const struct plan_type *list = &at->p->types[at_type(at, f->first)];
  if (list->kind != TYPE_list || list->of != param_type(at->p, f, 0))
    return at_refuse(at, "slot %u is no list of its function's parameter",
                     f->first);
  const struct plan_type *out = &at->p->types[at_type(at, at->i.a)];
  return is_future_of(at->p, out->of, f->result) ||
         at_refuse(at, "slot %u is no list of futures of the result", at->i.a);
}

static bool refuse_each(struct plan_at *at)
{
  return at_refuse(at, "its site is no function of an element");
}

bool at_each(struct plan_at *at)
{
  struct callee f;
  if (!find_callee(at, &f))
    return false;
  if (at->p->sites[plan_wide(at->i)].kind != SITE_function || !f.n_params)
    return refuse_each(at);
  return at_each_of(at, &f) && are_arguments(at, &f, 1, false);
}

bool at_each_limit(struct plan_at *at)
{
  const struct plan *p = at->p;
  const struct plan_site *s = &p->sites[plan_wide(at->i)];
  struct callee f = {.first = s->first, .count = s->count};
  if (s->kind != SITE_function || s->count < 2)
    return refuse_each(at);
  set_function(p, &f, s->target);
  if (!at_run(at, s->first, s->count) || !is_within_class(at, f.function))
    return false;
  if (s->count != f.n_params + 1)
    return at_refuse(at, "%u arguments for %u", s->count - 1, f.n_params);
  if (p->types[at_type(at, s->first + 1)].kind != TYPE_int)
    return at_refuse_kind(at, s->first + 1, "int");
  struct callee rest = f;
  rest.first++;
  return at_each_of(at, &f) && are_arguments(at, &rest, 1, false);
}

// ---- functions as values ----
// What the run gives: the handle of SITE_handle, or a function's first
// parameters. `f` is then what is called, with those in front.
static bool is_captured(struct plan_at *at, const struct plan_site *s,
                        struct callee *f)
{
  const struct plan *p = at->p;
  if (s->kind == SITE_callable)
    return at_refuse(at, "its site is a value already");
  if (s->kind != SITE_function) {
    set_function(p, f, p->methods[s->target].function);
    if (s->kind == SITE_handle && !take_head(at, s, f))
      return false;
    return !f->count || at_refuse(at, "a method holds no values");
  }
  set_function(p, f, s->target);
  return is_within_class(at, f->function);
}

static bool are_captured(struct plan_at *at, const struct callee *f)
{
  if (f->count > f->n_params)
    return at_refuse(at, "%u values for %u parameters", f->count, f->n_params);
  for (uint32_t k = 0; k < f->count; k++)
    if (at_is_out(at, f->first + k) || !is_argument(at, f, k, false))
      return false;
  return true;
}

// Whether the callable in slot a is what is left of `f` behind its run.
static bool is_value_of(struct plan_at *at, const struct callee *f)
{
  const struct plan *p = at->p;
  const struct plan_type *t = &p->types[at_type(at, at->i.a)];
  if (t->kind != TYPE_callable)
    return at_refuse_kind(at, at->i.a, "fn");
  bool same = t->fields.count == f->n_params - f->count &&
              base_of(p, t->of) == f->result;
  for (uint32_t k = 0; same && k < t->fields.count; k++)
    same = field_base(p, t->fields, k) == param_type(p, f, f->count + k);
  return same || at_refuse(at, "slot %u is of another function", at->i.a);
}

bool at_closure(struct plan_at *at)
{
  const struct plan_site *s = &at->p->sites[plan_wide(at->i)];
  struct callee f = {.first = s->first, .count = s->count};
  return at_run(at, s->first, s->count) && is_captured(at, s, &f) &&
         are_captured(at, &f) && is_value_of(at, &f);
}

bool at_stub(struct plan_at *at)
{
  const struct plan_site *s = &at->p->sites[plan_wide(at->i)];
  struct callee f = {0};
  if (at->f->kind != FUNCTION_test)
    return at_refuse(at, "it stands in no test");
  if (s->kind != SITE_method || s->count)
    return at_refuse(at, "its site names no method alone");
  set_function(at->p, &f, at->p->methods[s->target].function);
  return is_value_of(at, &f);
}

bool at_spawn(struct plan_at *at)
{
  struct callee f;
  if (!find_callee(at, &f))
    return false;
  if (at->p->sites[plan_wide(at->i)].kind != SITE_function ||
      f.function->class != PLAN_NONE)
    return at_refuse(at, "its site is no function that runs apart");
  for (uint32_t k = 0; k < f.n_params; k++)
    if (at_is_out(at, f.first + k))
      return false;
  return are_arguments(at, &f, 0, false);
}

// ---- operators ----
static enum type_kind reader_kind(const void *owner, type_ref t)
{
  return (enum type_kind)((const struct plan_type *)t)->kind;
}

static uint32_t reader_parts(const void *owner, type_ref t)
{
  const struct plan_type *type = t;
  return type->fields.count ? type->fields.count : type->of != PLAN_NONE;
}

static type_ref reader_part(const void *owner, type_ref t, uint32_t i)
{
  const struct plan *p = owner;
  const struct plan_type *type = t;
  if (i < type->fields.count) {
    uint32_t part = p->fields[type->fields.first + i].type;
    return part == PLAN_NONE ? NULL : &p->types[base_of(p, part)];
  }
  return type->of == PLAN_NONE ? NULL : &p->types[type->of];
}

static enum dtype reader_dtype(const void *owner, type_ref t)
{
  return (enum dtype)((const struct plan_type *)t)->detail;
}

static bool reader_same(const void *owner, type_ref x, type_ref y)
{
  return x == y;
}

static bool refuse_fit(struct plan_at *at, uint32_t slot, const char *what,
                       const struct signature *s)
{
  char wanted[160];
  snprintf(wanted, sizeof wanted, "%s of %s%s", what, s->name, s->text);
  return at_refuse_kind(at, slot, wanted);
}

bool at_operator(struct plan_at *at)
{
  struct type_reader r = {at->p, reader_kind, reader_part, reader_parts,
                          reader_same, reader_dtype};
  if (at->i.b >= OPERATORS)
    return at_refuse(at, "there is no operator %u", at->i.b);
  const struct signature *s = signature_of((enum operator_id)at->i.b);
  type_ref args[SIGNATURE_PARAMS];
  if (!at_run(at, at->i.c, s->n_params) || at_is_out(at, at->i.a))
    return false;
  for (uint32_t k = 0; k < s->n_params; k++) {
    if (at_is_out(at, at->i.c + k))
      return false;
    args[k] = &at->p->types[at_type(at, at->i.c + k)];
  }
  struct signature_match m;
  if (!signature_fits(s, &r, args, s->n_params, &m))
    return refuse_fit(at, at->i.c + m.failed, s->params[m.failed].name, s);
  return signature_gives(s, &r, &m, &at->p->types[at_type(at, at->i.a)]) ||
         refuse_fit(at, at->i.a, "the result", s);
}
