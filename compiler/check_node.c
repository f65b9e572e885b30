// Compositions as they are written: operators of expressions become nodes, and
// callables become what is called.
#include "compiler/compose.h"

#include <string.h>

bool is_composed(const struct expr *e)
{
  if (e->kind == EXPR_LOOP || e->kind == EXPR_AS)
    return true;
  return e->kind == EXPR_BINARY &&
         (e->op == OP_PIPE || e->op == OP_BOTH || e->op == OP_BY);
}

const char *node_text(struct checker *k, const struct node *n)
{
  static const char *const kinds[] = {[NODE_BAD] = "this",
                                      [NODE_CALL] = "this node",
                                      [NODE_LAMBDA] = "this function",
                                      [NODE_WORD] = "this",
                                      [NODE_CHAIN] = "this chain",
                                      [NODE_BOTH] = "the branches of `&`",
                                      [NODE_CHOICE] = "this choice",
                                      [NODE_LOOP] = "the loop"};
  return n->name ? arena_printf(k->a, "`%s`", n->name->text) : kinds[n->kind];
}

static struct node *node_new(struct body *b, enum node_kind kind,
                             struct expr *e)
{
  struct node *n = NEW(b->k, struct node);
  n->kind = kind;
  n->e = e;
  n->span = e->span;
  return n;
}

// ---- what is called ----

// A function that is known: what it takes from here is passed on.
static void calls_fn(struct body *b, struct node *n, const struct core *x)
{
  struct fn_sym *f = (struct fn_sym *)x->closure.function;
  n->kind = is_bad(f->sig.result) ? NODE_BAD : NODE_CALL;
  n->to.fn = f;
  n->to.sig = f->sig;
  n->to.captured = x->args;
  n->to.n_captured = x->n_args;
  for (struct body *i = b; i; i = i->outer)
    if (i->fn == f && i->outer) { // what it captures is not known yet
      diag_report(b->k->d, DIAG_wrong_place, n->span,
                  "a function inside another one is no node of itself");
      n->kind = NODE_BAD;
    }
}

static void calls_method(struct body *b, struct node *n, struct fn_sym *m,
                         struct core *handle)
{
  if (!m || m->not_built || is_bad(handle->type)) {
    n->kind = NODE_BAD;
    return;
  }
  graph_compose(b->k, m);
  n->kind = is_bad(m->sig.result) ? NODE_BAD : NODE_CALL;
  n->to.fn = m;
  n->to.value = handle;
  n->to.sig = m->sig;
}

static void calls_closure(struct body *b, struct node *n, struct core *x)
{
  const struct type *t = x->type;
  struct sig *s = &n->to.sig;
  n->kind = NODE_CALL;
  n->to.value = x;
  *s = (struct sig){node_text(b->k, n), NO_SPAN, NULL, t->n_parts, t->of, NULL};
  s->params = ARENA_ARRAY(b->k->a, s->n + 1, struct sig_param);
  for (uint32_t i = 0; i < s->n; i++)
    s->params[i] =
        (struct sig_param){.type = t->parts[i].type, .span = NO_SPAN};
}

static void calls_value(struct body *b, struct node *n, struct core *x)
{
  struct checker *k = b->k;
  n->kind = NODE_BAD;
  if (is_bad(x->type))
    return;
  if (x->type->kind == TYPE_handle) {
    calls_method(b, n,
                 method_run(b, (struct class_sym *)x->type->class, n->span), x);
  } else if (x->kind == CORE_CLOSURE && x->closure.method) {
    calls_method(b, n, (struct fn_sym *)x->closure.method->function,
                 x->args[0]);
  } else if (x->kind == CORE_CLOSURE) {
    calls_fn(b, n, x);
  } else if (x->type->kind == TYPE_callable) {
    calls_closure(b, n, x);
  } else {
    struct diag *d =
        diag_report(k->d, DIAG_not_callable, n->span,
                    "%s cannot be called, so it is no node", show(k, x->type));
    diag_hint(k->d, d,
              "what is composed takes its value behind it: "
              "`(a | b)(x)`");
  }
}

static void calls_symbol(struct body *b, struct node *n, struct symbol *s)
{
  bool library = s->kind == SYMBOL_FN && !s->fn && s->space &&
                 s->space->library && s->item->fn.c.dims;
  if (library) {
    n->kind = NODE_WORD;
    return;
  }
  if (s->kind == SYMBOL_PART) {
    struct fn_sym *run = part_run(b, s, n->span);
    calls_value(b, n,
                run ? closure_of_fn(b, run, n->span) : core_bad(b->k, n->span));
    return;
  }
  bool bound = s->kind == SYMBOL_BINDING && s->bind && s->bind->class;
  if (bound && s->bind->class->run)
    graph_compose(b->k, s->bind->class->run);
  struct core *x = check_symbol(b, s, n->span);
  bool later = x->kind == CORE_CONST && x->type->kind == TYPE_handle &&
               !is_bad(x->type) && !x->constant->binding;
  if (later) { // its app is known when it is known who calls it
    b->fn->mentions = b->fn->mentions->next;
    n->to.class = s->class;
  }
  calls_value(b, n, x);
}

static void read_name(struct body *b, struct node *n)
{
  const struct name *name = &n->e->name;
  n->name = name->text;
  struct symbol *s = NULL;
  if (entry_find(b, name->text))
    calls_value(b, n, check_name(b, n->e));
  else if ((s = symbol_find(b, name)) && s->kind != SYMBOL_MODULE)
    calls_symbol(b, n, s);
  else if (operators_named(b->k, name->text))
    n->kind = NODE_WORD;
  else
    calls_value(b, n, check_name(b, n->e)); // which reports it
}

// A method is named by what it is a method of.
static atom name_of_path(const struct expr *e)
{
  if (e->kind == EXPR_NAME)
    return e->name.text;
  return e->kind == EXPR_FIELD ? e->access.name.text : NULL;
}

static void read_field(struct body *b, struct node *n)
{
  struct symbol *s;
  n->name = n->e->access.name.text;
  if (app_member(b, n->e, &s)) {
    if (s)
      calls_symbol(b, n, s);
    return;
  }
  struct member named;
  if (library_member(b, n->e, &named)) {
    if (named.symbol)
      calls_symbol(b, n, named.symbol);
    else if (named.rows)
      n->kind = NODE_WORD;
    return;
  }
  if (dotted_operator(b, n->e)) {
    n->kind = NODE_WORD;
    return;
  }
  struct fn_sym *part;
  if (part_member(b, n->e, &part)) {
    n->name = name_of_path(n->e->access.of);
    calls_value(
        b, n, part ? closure_of_fn(b, part, n->span) : core_bad(b->k, n->span));
    return;
  }
  struct core *x = check(b, n->e, NULL);
  if (x->kind == CORE_CLOSURE && x->closure.method)
    n->name = name_of_path(n->e->access.of);
  calls_value(b, n, x);
}

static void read_with(struct body *b, struct node *n)
{
  struct node *of = node_read(b, n->e->with.of);
  struct span span = n->span;
  struct options o = call_options(b, n->e->with.options);
  struct core *model = o.model ? call_model(b, o.model) : NULL;
  bool call = of->kind == NODE_CALL && (of->to.value || of->to.class);
  if (!call && of->kind != NODE_BAD)
    diag_report(b->k->d, DIAG_wrong_place, span,
                "options are for calls of deployments");
  *n = *of;
  n->span = span;
  n->to.options = o.settings;
  n->to.model = model;
  if (call && o.fallback)
    n->to.fallback = call_fallback(b, o.fallback, &n->to.sig, n->to.sig.result);
}

// ---- made of parts ----

static void part_add(struct body *b, struct node *n, struct expr *e)
{
  PUSH(b->k, n->parts, n->n, n->room, node_read(b, e));
}

// The operands of a chain of one operator, from the left; those in brackets are
// a part of their own.
static void parts_add(struct body *b, struct node *n, enum expr_op op)
{
  struct expr *e = n->e;
  uint32_t depth = 0;
  while (e->kind == EXPR_BINARY && e->op == op && (!depth || !e->bracketed)) {
    e = e->operands.left;
    depth++;
  }
  part_add(b, n, e);
  for (; depth; depth--) {
    e = n->e;
    for (uint32_t i = 1; i < depth; i++)
      e = e->operands.left;
    part_add(b, n, e->operands.right);
  }
}

static void report_nameless(struct checker *k, const struct node *part,
                            const char *what)
{
  struct diag *d = diag_report(k->d, DIAG_same_node_name, part->span,
                               "%s has no name, and %s is found by it",
                               node_text(k, part), what);
  diag_hint(k->d, d, "name it: `(... as name)`");
}

// Every branch has a name, and no other has it.
static bool names_check(struct checker *k, struct node *n, const char *what)
{
  struct table seen = {0};
  bool ok = true;
  for (uint32_t i = 0; i < n->n; i++) {
    struct node *part = n->parts[i];
    if (!part->name) {
      if (part->kind != NODE_BAD)
        report_nameless(k, part, what);
      ok = false;
      continue;
    }
    void **at = table_at(k->a, &seen, part->name);
    if (*at) {
      struct node *first = *at;
      struct diag *d =
          diag_report(k->d, DIAG_same_node_name, part->span,
                      "there is a node `%s` already", part->name->text);
      diag_note(k->d, d, first->span, "the first one");
      diag_hint(k->d, d, "give it another name: `(%s as name)`",
                part->name->text);
      ok = false;
    }
    *at = part;
  }
  return ok;
}

static void read_both(struct body *b, struct node *n)
{
  n->kind = NODE_BOTH;
  parts_add(b, n, OP_BOTH);
  if (!names_check(b->k, n, "its result"))
    n->kind = NODE_BAD;
}

static void read_choice(struct body *b, struct node *n)
{
  struct node branches = *n;
  struct expr *router = n->e->operands.right;
  branches.e = n->e->operands.left;
  if (branches.e->bracketed)
    part_add(b, &branches, branches.e);
  else
    parts_add(b, &branches, OP_DIV);
  n->parts = branches.parts;
  n->n = branches.n;
  n->router = node_read(b, router);
  n->kind = NODE_CHOICE;
  if (!names_check(b->k, n, "a branch"))
    n->kind = NODE_BAD;
}

static void read_loop(struct body *b, struct node *n)
{
  struct checker *k = b->k;
  bool said = false;
  n->kind = NODE_LOOP;
  for (struct arg *a = n->e->call.args; a; a = a->next) {
    if (!a->name.text) {
      part_add(b, n, a->value);
    } else if (strcmp(a->name.text->text, "max_iter")) {
      static const char *const names[] = {"max_iter"};
      struct diag *d = diag_report(k->d, DIAG_unknown_argument, a->name.span,
                                   "a loop has no `%s`", a->name.text->text);
      name_hint_list(k, d, a->name.text->text, names, 1);
      said = true;
    } else if (n->limit) {
      diag_report(k->d, DIAG_duplicate_argument, a->span,
                  "`max_iter` is given twice");
    } else {
      n->limit = check_as(b, a->value, k->integer, NULL);
    }
  }
  if (!n->limit) {
    struct diag *d =
        said ? NULL : diag_report(k->d, DIAG_missing_limit, n->span, NULL);
    if (d)
      diag_hint(k->d, d, "say how many rounds it may take: `max_iter: 5`");
    n->limit = core_bad(k, n->span);
  }
  if (!n->n)
    diag_report(k->d, DIAG_missing_argument, n->span,
                "a loop repeats one node or more");
  const struct core *limit = n->limit;
  if (limit->kind == CORE_CONST && !is_bad(limit->type) &&
      limit->constant->i < 1)
    diag_report(k->d, DIAG_missing_limit, limit->span,
                "a loop runs at least once");
  if (!n->n || is_bad(limit->type))
    n->kind = NODE_BAD;
}

static void report_no_router(struct body *b, struct node *n)
{
  struct diag *d = diag_report(b->k->d, DIAG_bad_router, n->span,
                               "nothing says which of these runs");
  diag_hint(b->k->d, d, "write `a / b by router`");
}

struct node *node_read(struct body *b, struct expr *e)
{
  struct node *n = node_new(b, NODE_BAD, e);
  struct node *of;
  switch (e->kind) {
  case EXPR_NAME:
    if (e->name.text)
      read_name(b, n);
    break;
  case EXPR_FIELD:
    read_field(b, n);
    break;
  case EXPR_LAMBDA:
    n->kind = NODE_LAMBDA;
    break;
  case EXPR_WITH:
    read_with(b, n);
    break;
  case EXPR_AS:
    of = node_read(b, e->as.of);
    *n = *of;
    n->span = of->span;
    n->name = e->as.name.text;
    break;
  case EXPR_LOOP:
    read_loop(b, n);
    break;
  case EXPR_BINARY:
    if (e->op == OP_PIPE) {
      n->kind = NODE_CHAIN;
      parts_add(b, n, OP_PIPE);
    } else if (e->op == OP_BOTH) {
      read_both(b, n);
    } else if (e->op == OP_BY) {
      read_choice(b, n);
    } else if (e->op == OP_DIV) {
      report_no_router(b, n);
    } else {
      calls_value(b, n, check(b, e, NULL));
    }
    break;
  default:
    calls_value(b, n, check(b, e, NULL));
    break;
  }
  return n;
}

// ---- what a node takes ----

static enum entry_known lambda_entry(struct checker *k, struct node *n,
                                     struct sig *out)
{
  uint32_t room = 0;
  *out = (struct sig){.name = "the function", .span = n->span};
  for (struct param *p = n->e->lambda.params; p; p = p->next) {
    struct sig_param sp = {.name = p->name.text, .span = p->span};
    if (!p->type)
      return ENTRY_unknown;
    sp.type = type_of_expr(k, p->type);
    if (is_bad(sp.type))
      return ENTRY_bad;
    PUSH(k, out->params, out->n, room, sp);
  }
  return ENTRY_known;
}

// The narrower of two types, or NULL.
static const struct type *meet(struct checker *k, const struct type *x,
                               const struct type *y)
{
  if (type_fits(k->t, x, y))
    return x->n_limits || !type_fits(k->t, y, x) ? x : y;
  if (type_fits(k->t, y, x))
    return y;
  if (x->kind == TYPE_json || y->kind == TYPE_json)
    return x->kind == TYPE_json ? y : x;
  return NULL;
}

static uint32_t needed(const struct sig *s)
{
  uint32_t n = 0;
  for (uint32_t i = 0; i < s->n; i++)
    if (!s->params[i].initial)
      n = i + 1;
  return n;
}

// What both can take, in `x`.
static bool meet_all(struct checker *k, const struct node *first, struct sig *x,
                     const struct node *n, const struct sig *y)
{
  uint32_t both = x->n < y->n ? x->n : y->n;
  if (needed(x) > both || needed(y) > both) {
    struct diag *d = diag_report(
        k->d, DIAG_wrong_edge, n->span,
        "%s takes %u value%s, and %s, which gets the same, %u", node_text(k, n),
        y->n, y->n == 1 ? "" : "s", node_text(k, first), x->n);
    diag_note(k->d, d, first->span, "%s takes %u", node_text(k, first), x->n);
    return false;
  }
  struct sig_param *params = ARENA_ARRAY(k->a, both + 1, struct sig_param);
  for (uint32_t i = 0; i < both; i++) {
    params[i] = x->params[i];
    params[i].initial = NULL;
    params[i].type = meet(k, x->params[i].type, y->params[i].type);
    if (params[i].type)
      continue;
    struct diag *d =
        diag_report(k->d, DIAG_wrong_edge, n->span,
                    "%s takes %s, and %s, which gets the same, takes %s",
                    node_text(k, n), show(k, y->params[i].type),
                    node_text(k, first), show(k, x->params[i].type));
    diag_note(k->d, d, first->span, "%s takes %s", node_text(k, first),
              show(k, x->params[i].type));
    return false;
  }
  x->params = params;
  x->n = both;
  return true;
}

static enum entry_known entry_of_all(struct checker *k, struct node *n,
                                     struct sig *out)
{
  const struct node *first = NULL;
  for (uint32_t i = 0; i <= n->n; i++) {
    struct node *part = i < n->n ? n->parts[i] : n->router;
    struct sig s;
    enum entry_known e = part ? node_entry(k, part, &s) : ENTRY_unknown;
    if (e == ENTRY_bad)
      return e;
    if (e == ENTRY_unknown)
      continue;
    if (!first)
      *out = s;
    else if (!meet_all(k, first, out, part, &s))
      return ENTRY_bad;
    first = first ? first : part;
  }
  return first ? ENTRY_known : ENTRY_unknown;
}

enum entry_known node_entry(struct checker *k, struct node *n, struct sig *out)
{
  enum entry_known e;
  switch (n->kind) {
  case NODE_CALL:
    *out = n->to.sig;
    for (uint32_t i = 0; i < out->n; i++)
      if (is_bad(out->params[i].type))
        return ENTRY_bad;
    return ENTRY_known;
  case NODE_LAMBDA:
    return lambda_entry(k, n, out);
  case NODE_CHAIN:
    return node_entry(k, n->parts[0], out);
  case NODE_BOTH:
  case NODE_CHOICE:
    return entry_of_all(k, n, out);
  case NODE_LOOP: // what a round gives is one value
    e = node_entry(k, n->parts[0], out);
    if (e == ENTRY_known && out->n > 1 && needed(out) < 2)
      out->n = 1;
    return e;
  case NODE_WORD:
    return ENTRY_unknown;
  default:
    return ENTRY_bad;
  }
}
