// The edges of a composition: each node gets what comes to it, as its type, and
// becomes code of a graph.
#include "compiler/compose.h"

#include <string.h>

// ---- regions ----

struct region *region_new(struct body *source, struct region *up,
                          const char *suffix, enum plan_function_kind kind,
                          struct span at)
{
  struct checker *k = source->k;
  struct region *r = NEW(k, struct region);
  const char *name = arena_printf(k->a, "%s[%s]", source->fn->f.name, suffix);
  r->k = k;
  r->source = source;
  r->up = up;
  r->fn = fn_new(k, name, kind, at);
  r->fn->class = source->class;
  r->fn->app = source->app;
  r->fn->checked = true;
  r->fn->f.part = suffix;
  return r;
}

struct body *region_body(struct region *r, enum body_kind kind)
{
  r->in = NEW(r->k, struct body);
  body_open(r->in, r->k, r->fn, kind);
  return r->in;
}

struct local *region_param(struct region *r, atom name, const struct type *t,
                           struct span at)
{
  struct local *l = local_new(r->in, name, t, at);
  l->param = true;
  return l;
}

static bool same_outer(const struct core *x, const struct core *y)
{
  return x == y || (x->kind == CORE_LOCAL && y->kind == CORE_LOCAL &&
                    x->local == y->local);
}

struct core *region_reach(struct region *r, struct core *x)
{
  struct checker *k = r->k;
  if (r->inlined || x->kind == CORE_CONST)
    return x;
  for (uint32_t i = 0; i < r->n_grips; i++)
    if (same_outer(r->grips[i].outer, x))
      return core_local(k, r->grips[i].inner, x->span);
  struct grip g = {.outer = x};
  atom name = x->kind == CORE_LOCAL ? x->local->name : NULL;
  g.inner = local_new(r->in, name, x->type, x->span);
  g.inner->index = UINT32_MAX; // not among the others
  struct capture *c = NEW(k, struct capture), **end = &r->fn->captures;
  c->inner = g.inner;
  while (*end)
    end = &(*end)->next;
  *end = c;
  PUSH(k, r->grips, r->n_grips, r->room_grips, g);
  return core_local(k, g.inner, x->span);
}

struct core *region_call(struct region *r, struct core **args, uint32_t n,
                         struct span at)
{
  struct checker *k = r->k;
  struct core *x = core_new(k, CORE_CALL, r->fn->f.result, at, r->n_grips + n);
  x->call.kind = SITE_function;
  x->call.function = &r->fn->f;
  for (uint32_t i = 0; i < r->n_grips; i++)
    x->args[i] =
        r->up ? region_reach(r->up, r->grips[i].outer) : r->grips[i].outer;
  memcpy(x->args + r->n_grips, args, n * sizeof *args);
  mention(r->up ? r->up->in : r->source,
          (struct mention){.fn = r->fn, .at = at});
  return x;
}

// ---- edges ----

static void note_source(struct checker *k, struct diag *d,
                        const struct local *l, const struct input *in)
{
  if (in->from)
    diag_note(k->d, d, in->from->span, "%s gives %s", node_text(k, in->from),
              show(k, l->type));
  else if (in->span.file != UINT32_MAX)
    diag_note(k->d, d, in->span, "%s comes from here", show(k, l->type));
}

static void report_edge(struct region *r, const struct node *to,
                        const struct sig_param *p, const struct local *from,
                        const struct input *in)
{
  struct checker *k = r->k;
  struct diag *d = diag_report(
      k->d, DIAG_wrong_edge, to->span, "%s takes %s, and what comes is %s",
      node_text(k, to), show(k, p->type), show(k, from->type));
  note_source(k, d, from, in);
  if (p->span.file != UINT32_MAX)
    diag_note(k->d, d, p->span, "the parameter is declared here");
  if (from->type->kind == TYPE_optional &&
      type_fits(k->t, from->type->of, p->type))
    diag_hint(k->d, d, "a function between them can say what stands for none");
}

struct core *edge(struct region *r, const struct node *to,
                  const struct sig_param *p, struct local *from,
                  const struct input *in)
{
  struct core *x = core_local(r->k, from, to->span);
  if (is_bad(p->type) || is_bad(from->type))
    return core_bad(r->k, to->span);
  if (try_convert(r->in, &x, p->type))
    return x;
  report_edge(r, to, p, from, in);
  return core_bad(r->k, to->span);
}

static void report_count(struct region *r, const struct node *to,
                         const struct sig *s, const struct input *in)
{
  struct checker *k = r->k;
  struct diag *d;
  if (in->n < s->n)
    d = diag_report(k->d, DIAG_wrong_edge, to->span, "%s needs `%s: %s` too",
                    node_text(k, to),
                    s->params[in->n].name ? s->params[in->n].name->text : "_",
                    show(k, s->params[in->n].type));
  else
    d = diag_report(k->d, DIAG_wrong_edge, to->span,
                    s->n ? "%s takes %u value%s, and %u come"
                         : "%s takes nothing",
                    node_text(k, to), s->n, s->n == 1 ? "" : "s", in->n);
  if (in->from)
    diag_note(k->d, d, in->from->span, "%s gives one value",
              node_text(k, in->from));
  if (s->span.file != UINT32_MAX)
    diag_note(k->d, d, s->span, "it is declared here");
}

// The arguments of a call; NULL when something was reported.
static struct core **arguments(struct region *r, const struct node *n,
                               const struct sig *s, const struct input *in)
{
  struct checker *k = r->k;
  struct core **args = ARENA_ARRAY(k->a, s->n + 1, struct core *);
  bool few = in->n < s->n && !s->params[in->n].initial;
  if (few || in->n > s->n) {
    report_count(r, n, s, in);
    return NULL;
  }
  bool ok = true;
  for (uint32_t i = 0; i < s->n; i++) {
    args[i] = i < in->n ? edge(r, n, &s->params[i], in->locals[i], in)
                        : core_const(k, s->params[i].initial, n->span);
    ok = ok && !is_bad(args[i]->type);
  }
  return ok ? args : NULL;
}

// ---- nodes that are called ----

static struct core *call_with(struct region *r, const struct node *n,
                              struct core **args, uint32_t first)
{
  const struct sig *s = &n->to.sig;
  bool model = n->to.model;
  struct core *x =
      core_new(r->k, CORE_CALL, dims_result(r->k, s, args), n->span,
               first + s->n + model);
  memcpy(x->args + first, args, s->n * sizeof *args);
  x->call.options = n->to.options;
  x->call.names_model = model;
  if (model)
    x->args[first + s->n] = region_reach(r, n->to.model);
  if (n->to.fallback)
    x->call.fallback = region_reach(r, n->to.fallback);
  if (n->to.fn && n->to.fn->method)
    x->call.method = n->to.fn->method;
  return x;
}

static struct core *call_helper(struct region *r, const struct node *n,
                                struct core **args)
{
  const struct callee *to = &n->to;
  struct core *x = call_with(r, n, args, to->n_captured);
  x->call.kind = SITE_function;
  x->call.function = &to->fn->f;
  x->call.method = NULL;
  for (uint32_t i = 0; i < to->n_captured; i++)
    x->args[i] = region_reach(r, to->captured[i]);
  if (!r->inlined) // the source did when it named it
    mention(r->in, (struct mention){.fn = to->fn, .at = n->span});
  return x;
}

static struct core *call_of(struct region *r, const struct node *n,
                            struct core **args)
{
  const struct callee *to = &n->to;
  struct binding *bound =
      to->value && to->value->kind == CORE_CONST && !to->class ? to->value
                                                                     ->constant
                                                                     ->binding
                                                               : NULL;
  if (!to->value)
    return call_helper(r, n, args);
  bool held = !bound && !to->class;
  struct core *x = call_with(r, n, args, held);
  if (held)
    x->args[0] = region_reach(r, to->value);
  if (to->class) {
    x->call.kind = SITE_method;
    mention(r->in, (struct mention){.class = to->class, .call = x});
    return x;
  }
  x->call.kind = bound ? SITE_method : to->fn ? SITE_handle : SITE_callable;
  x->call.binding = bound;
  if (bound)
    mention(r->in, (struct mention){.bind = (struct bind_sym *)bound});
  if (to->fn)
    mention(r->in, (struct mention){.fn = to->fn});
  return x;
}

static struct core *flow_call(struct region *r, const struct node *n,
                              const struct input *in)
{
  struct core **args = arguments(r, n, &n->to.sig, in);
  if (!args || is_bad(n->to.sig.result))
    return core_bad(r->k, n->span);
  struct core *x = call_of(r, n, args);
  return x->type->kind == TYPE_step ? pass_new(r, n, x, NULL) : x;
}

// The parameters of a lambda are what comes, where it does not say.
static struct core *flow_lambda(struct region *r, struct node *n,
                                const struct input *in)
{
  struct checker *k = r->k;
  struct type_part *parts = ARENA_ARRAY(k->a, in->n + 1, struct type_part);
  for (uint32_t i = 0; i < in->n; i++) {
    parts[i].type = in->locals[i]->type;
    if (is_bad(parts[i].type))
      return core_bad(k, n->span);
  }
  struct type want = {.kind = TYPE_callable, .parts = parts, .n_parts = in->n};
  struct core *x = check_lambda(r->source, n->e, &want);
  if (is_bad(x->type))
    return x;
  n->to = (struct callee){.fn = (struct fn_sym *)x->closure.function,
                          .captured = x->args,
                          .n_captured = x->n_args};
  n->to.sig = n->to.fn->sig;
  return flow_call(r, n, in);
}

// As if it were called by name with an argument of that name.
static struct core *flow_word(struct region *r, struct node *n,
                              const struct input *in)
{
  struct checker *k = r->k;
  struct entry *hidden = NEW(k, struct entry);
  struct expr *value = NEW(k, struct expr), *call = NEW(k, struct expr);
  struct arg *a = NEW(k, struct arg);
  if (in->n != 1) {
    diag_report(k->d, DIAG_wrong_edge, n->span, "%s takes one value here",
                node_text(k, n));
    return core_bad(k, n->span);
  }
  atom name = atom_of_text(&k->c->atoms, "%"); // which nobody can write
  *hidden = (struct entry){.local = in->locals[0], .name = name};
  *value = (struct expr){.kind = EXPR_NAME, .span = n->span};
  value->name = (struct name){name, n->span, NULL};
  *a = (struct arg){.span = n->span, .value = value};
  *call = (struct expr){.kind = EXPR_CALL, .span = n->span};
  call->call.of = n->e;
  call->call.args = a;
  *table_at(k->a, &r->in->names, name) = hidden;
  struct core *x = is_bad(in->locals[0]->type) ? core_bad(k, n->span)
                                               : check_call(r->in, call, NULL);
  *table_at(k->a, &r->in->names, name) = NULL;
  return x;
}

// ---- nodes made of others ----

static struct local *let(struct region *r, struct core *value)
{
  return local_hidden(r->in, value->type, value->span);
}

static struct core *flow_chain(struct region *r, struct node **parts,
                               uint32_t n, const struct input *in)
{
  struct core *x = flow(r, parts[0], in);
  if (n == 1 || is_bad(x->type))
    return x;
  struct local *l = let(r, x);
  struct input next = {&l, 1, parts[0], parts[0]->span};
  struct core *rest = flow_chain(r, parts + 1, n - 1, &next);
  return is_bad(rest->type) ? rest : core_let(r->k, l, x, rest);
}

static struct core *flow_both(struct region *r, struct node *n,
                              const struct input *in)
{
  struct checker *k = r->k;
  struct type_part *parts = ARENA_ARRAY(k->a, n->n + 1, struct type_part);
  struct core *x = core_new(k, CORE_TUPLE, &type_bad, n->span, n->n);
  bool ok = true;
  for (uint32_t i = 0; i < n->n; i++) {
    x->args[i] = flow(r, n->parts[i], in);
    parts[i].name = n->parts[i]->name;
    parts[i].type = x->args[i]->type;
    parts[i].span = n->parts[i]->span;
    ok = ok && !is_bad(parts[i].type);
  }
  if (!ok)
    return core_bad(k, n->span);
  x->type = type_parts(k->t, TYPE_record, parts, n->n);
  return type_size_check(k, x->type, n->span) ? x : core_bad(k, n->span);
}

static const char *names_of(struct checker *k, const struct node *n,
                            const char *quote)
{
  const char *all = NULL;
  for (uint32_t i = 0; i < n->n; i++) {
    const char *name = n->parts[i]->name->text;
    all = all ? arena_printf(k->a, "%s, %s%s%s", all, quote, name, quote)
              : arena_printf(k->a, "%s%s%s", quote, name, quote);
  }
  return all;
}

static bool has_part(const struct node *n, atom name)
{
  for (uint32_t i = 0; i < n->n; i++)
    if (n->parts[i]->name == name)
      return true;
  return false;
}

static bool has_word(const struct type *t, atom word)
{
  for (uint32_t i = 0; i < t->n_parts; i++)
    if (t->parts[i].name == word)
      return true;
  return false;
}

// Where the type of what the router gives is written, if that is known.
static void note_router(struct checker *k, struct diag *d, const struct node *n)
{
  const struct fn_sym *f = n->router->to.fn;
  if (n->router->kind == NODE_CALL && f && f->result_span.end)
    diag_note(k->d, d, f->result_span, "what it may answer");
}

// A router names every branch and nothing else, as far as its type says.
static bool router_check(struct region *r, const struct node *n,
                         const struct type *t)
{
  struct checker *k = r->k;
  struct diag *d = NULL;
  bool ok = true;
  if (t->kind != TYPE_enum && t->kind != TYPE_str) {
    d = diag_report(k->d, DIAG_bad_router, n->router->span,
                    "%s gives %s, and the name of a branch is wanted",
                    node_text(k, n->router), show(k, t));
    note_router(k, d, n);
    return false;
  }
  for (uint32_t i = 0; t->kind == TYPE_enum && i < t->n_parts; i++)
    if (!has_part(n, t->parts[i].name)) {
      ok = false;
      d = diag_report(k->d, DIAG_bad_router, n->router->span,
                      "%s may answer \"%s\", and the branches are %s",
                      node_text(k, n->router), t->parts[i].name->text,
                      names_of(k, n, "`"));
      note_router(k, d, n);
    }
  for (uint32_t i = 0; t->kind == TYPE_enum && i < n->n; i++)
    if (!has_word(t, n->parts[i]->name)) {
      ok = false;
      d = diag_report(k->d, DIAG_bad_router, n->parts[i]->span,
                      "%s never answers \"%s\"", node_text(k, n->router),
                      n->parts[i]->name->text);
      diag_note(k->d, d, n->router->span, "the router gives %s", show(k, t));
      note_router(k, d, n);
    }
  return ok;
}

static struct core *text_of(struct region *r, const char *text, struct span at)
{
  return core_const(r->k, const_text(r->k, r->k->str, text, strlen(text)), at);
}

// Only a router that gives any text can miss all branches.
static struct core *unknown_route(struct region *r, const struct node *n,
                                  struct local *route, const struct type *t)
{
  struct checker *k = r->k;
  struct core *text = core_new(k, CORE_CONCAT, k->str, n->router->span, 3);
  const char *router =
      n->router->name
          ? arena_printf(k->a, "the router `%s` gave \"", n->router->name->text)
          : "the router gave \"";
  text->args[0] = text_of(r, router, text->span);
  text->args[1] = core_local(k, route, text->span);
  text->args[2] = text_of(
      r, arena_printf(k->a, "\", and the routes are %s", names_of(k, n, "\"")),
      text->span);
  struct core *x = core_new(k, CORE_FAIL, t, text->span, 2);
  x->args[0] = core_int(k, 500, text->span);
  x->args[1] = text;
  return x;
}

static struct core *is_route(struct region *r, const struct node *part,
                             struct local *route)
{
  struct checker *k = r->k;
  struct core *word = core_const(
      k, const_text(k, route->type, part->name->text, part->name->size),
      part->span);
  return core_prim(k, OP_eq, k->boolean, part->span,
                   core_local(k, route, part->span), word);
}

// The one type of all branches; reported at both ends if there is none.
static const struct type *branches_type(struct region *r, const struct node *n,
                                        struct core **x)
{
  struct checker *k = r->k;
  const struct type *t = x[0]->type;
  for (uint32_t i = 1; i < n->n; i++) {
    const struct type *both = join(k, t, x[i]->type);
    if (!both) {
      struct diag *d = diag_report(
          k->d, DIAG_wrong_edge, n->parts[i]->span,
          "%s gives %s, and %s gives %s", node_text(k, n->parts[i]),
          show(k, x[i]->type), node_text(k, n->parts[0]), show(k, t));
      diag_note(k->d, d, n->parts[0]->span,
                "branches of one choice give one "
                "type");
      return NULL;
    }
    t = both;
  }
  for (uint32_t i = 0; i < n->n; i++)
    if (!try_convert(r->in, &x[i], t))
      return NULL;
  return t;
}

static struct core *flow_choice(struct region *r, struct node *n,
                                const struct input *in)
{
  struct checker *k = r->k;
  struct core *name = flow(r, n->router, in);
  struct core **x = ARENA_ARRAY(k->a, n->n + 1, struct core *);
  bool ok = !is_bad(name->type) && router_check(r, n, name->type);
  for (uint32_t i = 0; i < n->n; i++) {
    x[i] = flow(r, n->parts[i], in);
    ok = ok && !is_bad(x[i]->type);
  }
  const struct type *t = ok ? branches_type(r, n, x) : NULL;
  if (!t || is_bad(t))
    return core_bad(k, n->span);
  struct local *route = let(r, name);
  bool any = name->type->kind == TYPE_str;
  struct core *whole = any ? unknown_route(r, n, route, t) : NULL;
  for (uint32_t i = n->n; i-- > 0;) {
    if (!whole) {
      whole = x[i];
      continue;
    }
    struct core *either = core_new(k, CORE_IF, t, n->parts[i]->span, 3);
    either->args[0] = is_route(r, n->parts[i], route);
    either->args[1] = x[i];
    either->args[2] = whole;
    either->route.router = n->router->name ? n->router->name->text : "by";
    either->route.yes = n->parts[i]->name->text;
    if (whole == x[n->n - 1] && i + 2 == n->n)
      either->route.no = n->parts[i + 1]->name->text;
    whole = either;
  }
  return core_let(k, route, name, whole);
}

struct core *flow(struct region *r, struct node *n, const struct input *in)
{
  switch (n->kind) {
  case NODE_CALL:
    return flow_call(r, n, in);
  case NODE_LAMBDA:
    return flow_lambda(r, n, in);
  case NODE_WORD:
    return flow_word(r, n, in);
  case NODE_CHAIN:
    return flow_chain(r, n->parts, n->n, in);
  case NODE_BOTH:
    return flow_both(r, n, in);
  case NODE_CHOICE:
    return flow_choice(r, n, in);
  case NODE_LOOP:
    return flow_loop(r, n, in);
  case NODE_BAD:
    break;
  }
  return core_bad(r->k, n->span);
}
