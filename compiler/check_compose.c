// Compositions where they stand: called, as a value, as a graph without
// parameters, as what a route leads to.
#include "compiler/compose.h"

#include <string.h>

enum { COMPOSING_MAX = 1000 };

// ---- graphs without parameters ----

static struct expr *composed_by(const struct fn_sym *f)
{
  const struct item *i = f->item;
  if (!i || f->f.kind != FUNCTION_graph)
    return NULL;
  if (i->kind == ITEM_BIND)
    return i->bind.value;
  return i->kind == ITEM_GRAPH && !i->graph.has_params ? i->graph.value : NULL;
}

static void report_unguided(struct checker *k, struct span at)
{
  struct diag *d = diag_report(k->d, DIAG_cannot_infer, at,
                               "the type of what comes in is not known");
  diag_hint(k->d, d,
            "begin with a function that says what it takes: "
            "`fn(x: T) = ...`");
}

// The region's function takes what `s` says, each a local of its own.
static struct input region_inputs(struct region *r, const struct sig *s,
                                  struct span at)
{
  struct input in = {.n = s->n, .span = at};
  in.locals = ARENA_ARRAY(r->k->a, s->n + 1, struct local *);
  for (uint32_t i = 0; i < s->n; i++) {
    const struct sig_param *p = &s->params[i];
    in.locals[i] = region_param(r, p->name ? p->name : r->k->input, p->type,
                                p->span.file == UINT32_MAX ? at : p->span);
  }
  return in;
}

// Fills the body of the region's function with what the node gives.
static void region_fill(struct region *r, struct node *n,
                        const struct sig *entry, const struct type *wanted)
{
  struct input in = region_inputs(r, entry, NO_SPAN);
  struct stmt *s = stmt_new(r->in, STMT_RETURN, n->span);
  s->value = flow(r, n, &in);
  try_convert(r->in, &s->value, wanted); // else its place says so
  r->fn->sig.params = entry->params;
  r->fn->sig.n = entry->n;
  r->fn->sig.result = r->fn->f.result = s->value->type;
  r->fn->result_span = n->span;
  body_close(r->in, s);
}

static void compose(struct checker *k, struct fn_sym *f, struct expr *e)
{
  struct body b;
  struct region r = {.k = k, .fn = f, .inlined = true};
  struct region *kept = NEW(k, struct region); // its passes outlive this call
  struct sig entry;
  *kept = r;
  body_open(&b, k, f, BODY_GRAPH);
  kept->in = kept->source = NEW(k, struct body);
  *kept->in = b;
  struct node *n = node_read(kept->in, e);
  enum entry_known known = node_entry(k, n, &entry);
  if (known == ENTRY_unknown)
    report_unguided(k, e->span);
  if (known == ENTRY_known)
    region_fill(kept, n, &entry, NULL);
  else
    f->sig.result = f->f.result = &type_bad;
  f->not_built = is_bad(f->sig.result); // calls of it are silent
}

void graph_compose(struct checker *k, struct fn_sym *f)
{
  struct expr *e = composed_by(f);
  if (!e || f->composed == FINISHED)
    return;
  if (f->composed == UNDER_WAY) {
    if (!f->sig.result)
      diag_report(k->d, DIAG_call_cycle, f->f.span,
                  "`%s` is composed of itself", f->sig.name);
    f->sig.result = f->f.result = &type_bad;
    return;
  }
  f->composed = UNDER_WAY;
  if (k->composing++ < COMPOSING_MAX) {
    compose(k, f, e);
  } else {
    diag_report(k->d, DIAG_too_deep, f->f.span,
                "graphs that are made of graphs below them go at most %d deep",
                COMPOSING_MAX);
    f->sig.result = f->f.result = &type_bad;
    f->not_built = true;
  }
  k->composing--;
  f->composed = FINISHED;
  f->checked = true;
}

void graphs_compose(struct checker *k)
{
  for (uint32_t i = 0; i < k->n_fns; i++)
    graph_compose(k, k->fns[i]);
}

// ---- regions of expressions ----

static bool in_graph(const struct body *b)
{
  return b->kind == BODY_GRAPH && !b->outer && !b->apart;
}

// In a graph, what is composed is part of it; elsewhere it is a graph itself.
static struct region *region_of(struct body *b, struct span at)
{
  if (!in_graph(b)) {
    struct region *r = region_new(b, NULL, "composed", FUNCTION_graph, at);
    region_body(r, BODY_GRAPH);
    return r;
  }
  struct region *r = NEW(b->k, struct region);
  *r = (struct region){
      .k = b->k, .in = b, .source = b, .fn = b->fn, .inlined = true};
  return r;
}

// ---- called ----

// The arguments as they are, where nothing says what is wanted.
static struct core **args_alone(struct body *b, struct arg *args,
                                struct sig *entry)
{
  struct checker *k = b->k;
  struct core **out = NULL;
  uint32_t n = 0, room = 0, room_params = 0;
  bool ok = true;
  *entry = (struct sig){.name = "the function", .span = NO_SPAN};
  for (struct arg *a = args; a; a = a->next) {
    struct core *x = check(b, a->value, NULL);
    struct sig_param p = {
        .name = a->name.text, .type = x->type, .span = NO_SPAN};
    ok = ok && !is_bad(x->type) && x->type != &type_never;
    PUSH(k, out, n, room, x);
    PUSH(k, entry->params, entry->n, room_params, p);
  }
  return ok ? out : NULL;
}

// How it is written, if that is short.
static const char *written(struct checker *k, struct span at)
{
  enum { SHORT = 40 };
  const char *text = k->c->sources[at.file].text + at.start;
  uint32_t n = at.end - at.start;
  return n <= SHORT && !memchr(text, '\n', n)
             ? arena_printf(k->a, "(%.*s)", (int)n, text)
             : "what is composed";
}

// let each argument be a local in the flow
static struct core *inlined_call(struct region *r, struct node *n,
                                 struct core **args, uint32_t n_args)
{
  struct checker *k = r->k;
  struct input in = {.n = n_args, .span = NO_SPAN};
  in.locals = ARENA_ARRAY(k->a, n_args + 1, struct local *);
  for (uint32_t i = 0; i < n_args; i++)
    in.locals[i] = args[i]->kind == CORE_LOCAL
                       ? args[i]->local
                       : local_hidden(r->in, args[i]->type, args[i]->span);
  if (n_args == 1)
    in.span = args[0]->span;
  struct core *x = flow(r, n, &in);
  for (uint32_t i = n_args; i-- > 0 && !is_bad(x->type);)
    if (args[i]->kind != CORE_LOCAL)
      x = core_let(k, in.locals[i], args[i], x);
  return x;
}

struct core *call_composed(struct body *b, struct expr *e)
{
  struct checker *k = b->k;
  struct node *n = node_read(b, e->call.of);
  struct sig entry;
  struct core **args = NULL;
  switch (node_entry(k, n, &entry)) {
  case ENTRY_known:
    entry.name = written(k, n->span);
    entry.span = n->span;
    args = match_args(b, &entry, e->call.args, e->span, DIAG_wrong_edge);
    break;
  case ENTRY_unknown:
    args = args_alone(b, e->call.args, &entry);
    break;
  case ENTRY_bad:
    check_args_alone(b, e->call.args);
    break;
  }
  if (!args)
    return core_bad(k, e->span);
  struct region *r = region_of(b, e->span);
  if (r->inlined)
    return inlined_call(r, n, args, entry.n);
  region_fill(r, n, &entry, NULL);
  if (is_bad(r->fn->f.result))
    return core_bad(k, e->span);
  return region_call(r, args, entry.n, e->span);
}

// ---- as a value ----

static bool entry_wanted(struct checker *k, const struct type *want,
                         struct sig *out)
{
  const struct type *t = want && !is_bad(want) ? without_none(want) : NULL;
  uint32_t room = 0;
  if (!t || t->kind != TYPE_callable || type_is_open(k, t))
    return false;
  *out = (struct sig){.name = "the function", .span = NO_SPAN};
  for (uint32_t i = 0; i < t->n_parts; i++) {
    struct sig_param p = {.type = t->parts[i].type, .span = NO_SPAN};
    PUSH(k, out->params, out->n, room, p);
  }
  return true;
}

struct core *check_composed(struct body *b, struct expr *e,
                            const struct type *want)
{
  struct checker *k = b->k;
  struct node *n = node_read(b, e);
  struct sig entry;
  enum entry_known known = node_entry(k, n, &entry);
  const struct type *wanted = NULL;
  if (known != ENTRY_bad && entry_wanted(k, want, &entry)) {
    known = ENTRY_known;
    wanted = without_none(want)->of;
  }
  if (known == ENTRY_unknown)
    report_unguided(k, e->span);
  if (known != ENTRY_known)
    return core_bad(k, e->span);
  struct region *r = region_new(b, NULL, "composed", FUNCTION_graph, e->span);
  region_body(r, BODY_GRAPH);
  region_fill(r, n, &entry, wanted);
  const struct type *t = callable_type(k, &r->fn->sig);
  if (is_bad(t))
    return core_bad(k, e->span);
  struct core *x = core_new(k, CORE_CLOSURE, t, e->span, r->n_grips);
  for (uint32_t i = 0; i < r->n_grips; i++)
    x->args[i] = r->grips[i].outer;
  x->closure.function = &r->fn->f;
  mention(b, (struct mention){.fn = r->fn, .at = e->span});
  return x;
}

// ---- of a route ----

struct core *answer_composed(struct body *b, struct expr *e)
{
  struct checker *k = b->k;
  struct node *n = node_read(b, e);
  struct sig entry;
  enum entry_known known = node_entry(k, n, &entry);
  if (known == ENTRY_unknown)
    report_unguided(k, e->span);
  if (known != ENTRY_known)
    return core_bad(k, e->span);
  struct core **args = ARENA_ARRAY(k->a, entry.n + 1, struct core *);
  b->fn->sig.params = entry.params;
  b->fn->sig.n = entry.n;
  for (uint32_t i = 0; i < entry.n; i++) {
    const struct sig_param *p = &entry.params[i];
    struct local *l = local_new(b, p->name, p->type, p->span);
    l->param = true;
    args[i] = core_local(k, l, e->span);
  }
  struct region *r = region_of(b, e->span);
  region_fill(r, n, &entry, NULL);
  return is_bad(r->fn->f.result) ? core_bad(k, e->span)
                                 : region_call(r, args, entry.n, e->span);
}
