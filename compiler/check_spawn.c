// `spawn f(x)`: a call of a deployment that nobody waits for.
#include "compiler/checker.h"

static const struct signature effect = {.name = "spawn",
                                        .attributes = OPERATOR_EFFECT};

static void report_call(struct body *b, const struct core *x)
{
  struct diag *d = diag_report(b->k->d, DIAG_wrong_place, x->span,
                               "`spawn` is for calls of deployments");
  diag_hint(b->k->d, d,
            "their queues are its bound; a function of your own runs in your "
            "order");
}

// What lives no longer than the request cannot go with the call.
static void check_parts(struct body *b, const struct core *x)
{
  for (uint32_t i = 0; i < x->n_args; i++)
    type_no_stream(b->k, x->args[i]->type, x->args[i]->span, "a spawned call");
  type_no_stream(b->k, x->type, x->span, "a spawned call");
  if (x->call.fallback)
    diag_report(b->k->d, DIAG_wrong_place, x->call.fallback->span,
                "nobody takes what a spawned call gives, so it needs no "
                "fallback");
}

// Its own mentions came last.
static void mark_apart(struct fn_sym *f, const struct core_call *call)
{
  uint32_t n = call->kind == SITE_callable                   ? 0
               : call->kind == SITE_method && call->binding ? 2
                                                            : 1;
  for (struct mention *m = f->mentions; m && n; m = m->next, n--)
    m->apart = true;
}

void check_spawn(struct body *b, struct item *i, struct stmt ***end)
{
  struct stmt *s = stmt_new(b, STMT_SPAWN, i->span);
  s->value = check(b, i->effect.value, NULL);
  if (b->kind == BODY_GRAPH)
    diag_report(b->k->d, DIAG_effect_in_graph, i->span,
                "a graph has no effects, and `spawn` is one");
  if (!b->fn->effect)
    b->fn->effect = &effect;
  if (is_bad(s->value->type))
    return;
  if (s->value->kind != CORE_CALL || s->value->call.kind == SITE_function) {
    report_call(b, s->value);
    return;
  }
  check_parts(b, s->value);
  mark_apart(b->fn, &s->value->call);
  stmt_add(end, s);
}
