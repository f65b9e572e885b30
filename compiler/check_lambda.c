// Functions as values: lambdas, and methods of what is bound.
#include "compiler/checker.h"

const struct type *callable_type(struct checker *k, const struct sig *s)
{
  struct type_part *parts = ARENA_ARRAY(k->a, s->n + 1, struct type_part);
  for (uint32_t i = 0; i < s->n; i++) {
    if (is_bad(s->params[i].type))
      return &type_bad;
    parts[i].type = s->params[i].type;
  }
  return is_bad(s->result) ? s->result
                           : type_callable(k->t, parts, s->n, s->result);
}

// How many values it takes from outside. A stream is not among them: who calls
// the function, and when, nobody knows.
static uint32_t count_captures(struct checker *k, const struct fn_sym *f,
                               struct span at)
{
  uint32_t n = 0;
  for (const struct capture *c = f->captures; c; c = c->next, n++)
    type_no_stream(k, c->outer->type, at, "a function that is a value");
  return n;
}

struct core *closure_of_fn(struct body *b, struct fn_sym *f, struct span at)
{
  struct checker *k = b->k;
  const struct type *t = callable_type(k, &f->sig);
  if (is_bad(t) || f->not_built)
    return core_bad(k, at);
  struct core *x =
      core_new(k, CORE_CLOSURE, t, at, count_captures(k, f, at));
  uint32_t n = 0;
  for (struct capture *c = f->captures; c; c = c->next)
    x->args[n++] = captured(b, c->outer, at);
  x->closure.function = &f->f;
  fn_mentions_itself(b, f, x);
  mention(b, (struct mention){.fn = f, .at = at});
  return x;
}

struct core *closure_of_method(struct body *b, struct fn_sym *m,
                               struct core *handle, struct span at)
{
  const struct type *t = callable_type(b->k, &m->sig);
  if (is_bad(t) || m->not_built)
    return core_bad(b->k, at);
  struct core *x = core_new(b->k, CORE_CLOSURE, t, at, 1);
  x->closure.method = m->method;
  x->args[0] = handle;
  mention(b, (struct mention){.fn = m});
  return x;
}

static bool lambda_sig(struct checker *k, struct sig *s, struct expr *e,
                       const struct type *want)
{
  struct sig_param *params = NULL;
  uint32_t room = 0;
  bool ok = true;
  for (struct param *p = e->lambda.params; p; p = p->next) {
    struct sig_param sp = {.name = p->name.text, .span = p->span};
    if (p->type)
      sp.type = type_of_expr(k, p->type);
    else if (want && s->n < want->n_parts &&
             !type_is_open(k, want->parts[s->n].type))
      sp.type = want->parts[s->n].type;
    else
      sp.type = &type_bad;
    if (!p->type && is_bad(sp.type)) {
      struct diag *d =
          diag_report(k->d, DIAG_cannot_infer, p->span,
                      "the type of `%s` is not known", p->name.text->text);
      diag_hint(k->d, d, "write it: `%s: T`", p->name.text->text);
    }
    ok = ok && !is_bad(sp.type);
    PUSH(k, params, s->n, room, sp);
  }
  s->params = params;
  return ok;
}

struct core *check_lambda(struct body *b, struct expr *e,
                          const struct type *want)
{
  struct checker *k = b->k;
  if (want && (is_bad(want) || want->kind != TYPE_callable))
    want = NULL;
  struct fn_sym *f = fn_new(k, "lambda", FUNCTION_body, e->span);
  f->class = b->class;
  f->app = b->app;
  struct dims *around = k->dims;
  f->sig = (struct sig){.name = "lambda", .span = e->span};
  f->sig.dims = dims_open(k, false);
  bool ok = lambda_sig(k, &f->sig, e, want);
  const struct type *result = NULL;
  if (e->lambda.result)
    result = step_own(k, type_of_result(k, e->lambda.result));
  else if (want && want->of && !type_is_open(k, want->of))
    result = want->of;
  struct body in;
  body_open(&in, k, f, BODY_PLAIN);
  in.outer = b;
  in.lambda = true;
  body_params(&in, e->lambda.params);
  struct stmt *r = stmt_new(&in, STMT_RETURN, e->lambda.value->span);
  r->value = result ? check_as(&in, e->lambda.value, result, NULL)
                    : check(&in, e->lambda.value, NULL);
  if (!result && r->value->type == &type_never) // it always fails
    r->value->type = k->none;
  f->f.result = f->sig.result = result ? result : r->value->type;
  body_close(&in, r);
  dims_enter(k, around);
  f->checked = true;
  if (!ok || is_bad(r->value->type) || is_bad(f->sig.result))
    return core_bad(k, e->span);
  struct core *x = core_new(k, CORE_CLOSURE, callable_type(k, &f->sig), e->span,
                            count_captures(k, f, e->span));
  uint32_t n = 0;
  for (struct capture *c = f->captures; c; c = c->next)
    x->args[n++] = core_local(k, c->outer, e->span);
  x->closure.function = &f->f;
  mention(b, (struct mention){.fn = f, .at = e->span});
  return x;
}
