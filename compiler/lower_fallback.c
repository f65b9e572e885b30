// Calls that fall back on a value: `f(x) with { fallback: y }`.
//
// Such a call is the call of a helper, which makes it and catches what comes of
// it. What the value needs is passed on too; it is computed only when it is
// needed.
#include "compiler/lower_code.h"

static struct core *read_local(struct lower *l, struct local *local)
{
  struct core *e = ARENA_NEW(l->arena, struct core);
  *e = (struct core){.kind = CORE_LOCAL,
                     .type = local->type,
                     .span = local->span,
                     .local = local};
  return e;
}

static struct stmt *give(struct lower *l, struct core *value)
{
  struct stmt *s = ARENA_NEW(l->arena, struct stmt);
  *s = (struct stmt){
      .kind = STMT_RETURN, .span = value->span, .value = value};
  return s;
}

// The same call over the helper's parameters.
static struct core *call_again(struct lower *l, const struct core *e,
                               struct local **params)
{
  struct core *x = ARENA_NEW(l->arena, struct core);
  *x = *e;
  x->call.fallback = NULL;
  x->args = ARENA_ARRAY(l->arena, e->n_args + 1, struct core *);
  for (uint32_t i = 0; i < e->n_args; i++)
    x->args[i] = read_local(l, params[i]);
  return x;
}

static const struct type *error_type(struct lower *l)
{
  struct type_part parts[] = {
      {.name = atom_of_text(&l->c->atoms, "message"),
       .type = type_kind(l, TYPE_str)},
      {.name = atom_of_text(&l->c->atoms, "kind"),
       .type = type_kind(l, TYPE_str)},
      {.name = atom_of_text(&l->c->atoms, "status"),
       .type = type_kind(l, TYPE_int)},
  };
  return type_parts(l->c->types, TYPE_record, parts, 3);
}

static struct stmt *attempt(struct lower *l, const struct core *e,
                            struct local **params)
{
  struct stmt *s = ARENA_NEW(l->arena, struct stmt);
  struct local *error = ARENA_NEW(l->arena, struct local);
  *error = (struct local){.type = error_type(l), .span = e->span};
  *s = (struct stmt){.kind = STMT_TRY, .span = e->span, .local = error};
  s->body = give(l, call_again(l, e, params));
  s->otherwise = give(l, e->call.fallback);
  return s;
}

static const char *name_of(struct lower *l, const struct core *e)
{
  const struct core_call *c = &e->call;
  const char *name = c->method     ? c->method->function->name
                     : c->function ? c->function->name
                                   : "a function";
  return arena_printf(l->arena, "%s or fallback", name);
}

static struct function *helper(struct lower *l, const struct core *e,
                               struct local **params, uint32_t n)
{
  struct function *in = l->code->function;
  struct function *f = ARENA_NEW(l->arena, struct function);
  struct code *k = ARENA_NEW(l->arena, struct code);
  *f = (struct function){.name = name_of(l, e),
                         .kind = FUNCTION_body,
                         .class = in->class,
                         .params = params,
                         .n_params = n,
                         .result = e->type,
                         .body = attempt(l, e, params),
                         .span = e->span,
                         .next = in->next,
                         .note = k};
  k->function = f;
  in->next = f;
  return f;
}

struct core *lower_fallback(struct lower *l, const struct core *e)
{
  struct local **outer;
  uint32_t n_outer, n = e->n_args;
  core_free(l->arena, e->call.fallback, &outer, &n_outer);
  struct local **params =
      ARENA_ARRAY(l->arena, n + n_outer + 1, struct local *);
  struct core *x = ARENA_NEW(l->arena, struct core);
  *x = *e;
  x->args = ARENA_ARRAY(l->arena, n + n_outer + 1, struct core *);
  for (uint32_t i = 0; i < n; i++) {
    params[i] = ARENA_NEW(l->arena, struct local);
    *params[i] = (struct local){
        .type = e->args[i]->type, .span = e->args[i]->span, .param = true};
    x->args[i] = e->args[i];
  }
  for (uint32_t i = 0; i < n_outer; i++) {
    params[n + i] = outer[i];
    x->args[n + i] = read_local(l, outer[i]);
  }
  x->n_args = n + n_outer;
  x->call = (struct core_call){.kind = SITE_function,
                               .function = helper(l, e, params, x->n_args)};
  return x;
}
