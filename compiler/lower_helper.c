// Functions that lowering makes: for what is done beside a body, or around a
// call.
//
// A call that falls back on a value is the call of a helper, which makes it and
// catches what comes of it; what the value needs is passed on too, and it is
// computed only when it is needed. A spawned call is a helper that makes it and
// drops what it gives.
#include "compiler/lower_code.h"

struct function *helper_add(struct lower *l, struct function like)
{
  struct function *in = l->code->function;
  struct function *f = ARENA_NEW(l->arena, struct function);
  struct code *k = ARENA_NEW(l->arena, struct code);
  *f = like;
  f->kind = FUNCTION_body;
  f->next = in->next;
  f->note = k;
  k->function = f;
  in->next = f;
  return f;
}

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
  *s = (struct stmt){.kind = STMT_RETURN, .span = value->span, .value = value};
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

static const char *name_of(const struct core *e)
{
  const struct core_call *c = &e->call;
  return c->method     ? c->method->function->name
         : c->function ? c->function->name
                       : "a function";
}

// Parameters for the arguments, and for what is behind them in the array.
static struct local **params_of(struct lower *l, const struct core *e,
                                struct local **outer, uint32_t n_outer)
{
  uint32_t n = e->n_args;
  struct local **params =
      ARENA_ARRAY(l->arena, n + n_outer + 1, struct local *);
  for (uint32_t i = 0; i < n; i++) {
    params[i] = ARENA_NEW(l->arena, struct local);
    *params[i] = (struct local){
        .type = e->args[i]->type, .span = e->args[i]->span, .param = true};
  }
  for (uint32_t i = 0; i < n_outer; i++)
    params[n + i] = outer[i];
  return params;
}

struct core *lower_fallback(struct lower *l, const struct core *e)
{
  struct local **outer;
  uint32_t n_outer, n = e->n_args;
  core_free(l->arena, e->call.fallback, &outer, &n_outer);
  struct local **params = params_of(l, e, outer, n_outer);
  struct core *x = ARENA_NEW(l->arena, struct core);
  *x = *e;
  x->n_args = n + n_outer;
  x->args = ARENA_ARRAY(l->arena, x->n_args + 1, struct core *);
  for (uint32_t i = 0; i < n; i++)
    x->args[i] = e->args[i];
  for (uint32_t i = 0; i < n_outer; i++)
    x->args[n + i] = read_local(l, outer[i]);
  struct function *f =
      helper_add(l, (struct function){.class = l->code->function->class,
                                      .params = params,
                                      .n_params = x->n_args,
                                      .result = e->type,
                                      .body = attempt(l, e, params),
                                      .span = e->span});
  f->name = arena_printf(l->arena, "%s or fallback", name_of(e));
  x->call = (struct core_call){.kind = SITE_function, .function = f};
  return x;
}

void lower_spawn(struct lower *l, const struct core *e)
{
  struct local **params = params_of(l, e, NULL, 0);
  struct stmt *s = ARENA_NEW(l->arena, struct stmt);
  *s = (struct stmt){
      .kind = STMT_EXPR, .span = e->span, .value = call_again(l, e, params)};
  struct function *f =
      helper_add(l, (struct function){.params = params,
                                      .n_params = e->n_args,
                                      .result = type_kind(l, TYPE_none),
                                      .body = s,
                                      .span = e->span});
  f->name = arena_printf(l->arena, "spawn %s", name_of(e));
  uint32_t run = lower_values(l, e);
  l->span = e->span;
  code_call(l, OP_spawn, 0,
            (struct site){.kind = SITE_function,
                          .function = f,
                          .first = run,
                          .count = e->n_args});
}
