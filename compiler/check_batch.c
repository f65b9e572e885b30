// Methods that work on batches: `batch(max_size: 8) fn f(xs: [T]) -> [U]`.
//
// Two functions come of one. The method, which callers see, takes an element
// and gives one: its code weighs what it was given and waits for the batch. The
// body is a function of its own, over lists, that nobody calls by name.
#include "compiler/checker.h"

#include <string.h>

// ---- signatures ----

static void report_signature(struct checker *k, struct span at,
                             const char *format, const char *what)
{
  struct diag *d = diag_report(k->d, DIAG_batch_signature, at, format, what);
  diag_hint(k->d, d,
            "a batch takes lists and gives a list: `fn f(xs: [T]) -> [U]`");
}

static const struct type *param_element(struct checker *k,
                                        const struct sig_param *p)
{
  if (is_bad(p->type))
    return p->type;
  if (p->initial) {
    report_signature(k, p->span,
                     "`%s` is given a list by its batch, never a "
                     "default",
                     p->name->text);
    return &type_bad;
  }
  if (p->type->kind != TYPE_list) {
    report_signature(k, p->span, "`%s` of a batch is no list", p->name->text);
    return &type_bad;
  }
  return type_no_stream(k, p->type, p->span, "a batch") ? p->type->of
                                                        : &type_bad;
}

// A tensor's first dimension is as long as the batch; each caller gets a row.
static const struct type *row_of(struct checker *k, const struct type *t)
{
  bool any = t->any_rank || t->n_parts < 2;
  return any ? type_tensor(k->t, t->dtype, true, NULL, 0)
             : type_tensor(k->t, t->dtype, false, t->parts + 1, t->n_parts - 1);
}

static const struct type *result_element(struct checker *k,
                                         const struct fn_sym *body)
{
  const struct type *t = body->sig.result;
  struct span at = body->result_span.end ? body->result_span : body->f.span;
  if (is_bad(t) || !type_no_stream(k, t, at, "the result of a batch"))
    return &type_bad;
  if (t->kind == TYPE_list)
    return t->of;
  if (t->kind == TYPE_tensor)
    return row_of(k, t);
  report_signature(k, at, "`%s` gives no list", body->sig.name);
  return &type_bad;
}

// What callers see; false when something of it was reported.
static bool element_sig(struct checker *k, struct sig *s,
                        const struct fn_sym *body)
{
  bool good = body->sig.n > 0;
  if (!good)
    report_signature(k, body->f.span,
                     "`%s` takes nothing that could be put "
                     "together",
                     body->sig.name);
  *s = body->sig;
  s->params = ARENA_ARRAY(k->a, s->n + 1, struct sig_param);
  for (uint32_t i = 0; i < s->n; i++) {
    s->params[i] = body->sig.params[i];
    s->params[i].type = param_element(k, &body->sig.params[i]);
    good = good && !is_bad(s->params[i].type);
  }
  s->result = result_element(k, body);
  return good && !is_bad(s->result);
}

// ---- the method ----

struct fn_sym *batch_declare(struct checker *k, struct symbol *s,
                             struct item *i, struct class_sym *class)
{
  struct fn_sym *body, *f = fn_around(k, s, i, class, "batch", &body);
  f->batch = body;
  f->not_built = !element_sig(k, &f->sig, body);
  f->f.result = f->sig.result;
  return f;
}

// `size_of` is a function of an element; the others are constants.
static struct arg *without_size(struct checker *k, struct arg *args,
                                struct expr **size)
{
  struct arg *rest = NULL, **end = &rest;
  *size = NULL;
  for (; args; args = args->next) {
    bool is = args->name.text && !strcmp(args->name.text->text, "size_of");
    if (is && *size)
      diag_report(k->d, DIAG_duplicate_setting, args->span,
                  "`size_of` is set twice");
    if (is) {
      *size = args->value;
      continue;
    }
    *end = NEW(k, struct arg);
    **end = *args;
    (*end)->next = NULL;
    end = &(*end)->next;
  }
  return rest;
}

void batch_method(struct checker *k, struct fn_sym *f)
{
  struct arg *args = without_size(k, f->item->fn.options, &f->size_of);
  f->method->batch = &f->batch->f;
  f->method->weighs = f->size_of != NULL;
  f->method->settings =
      settings_of_args(k, args, PLACE_BATCH, ORIGIN_deployment);
  f->f.batch = f->method;
}

// `size_of: len`: operators are no values.
static struct core *weigh_by_operator(struct body *b, struct expr *size)
{
  struct checker *k = b->k;
  struct expr call = {.kind = EXPR_CALL, .span = size->span};
  atom name = size->kind == EXPR_NAME ? size->name.text : NULL;
  if (!name || table_get(&b->class->members, name) ||
      table_get(&k->names, name) || b->fn->sig.n != 1)
    return NULL;
  const struct signature *rows = operators_named(k, name);
  if (!rows || !rows->n_params)
    return NULL;
  call.call.of = size;
  struct core *x = check_operator(
      b, rows, &call, core_local(k, b->locals[0], size->span), NULL);
  struct blame why = {0, "`size_of`", b->fn->f.span, true};
  return convert(b, x, k->integer, &why);
}

static struct core *weigh(struct body *b, struct expr *size, struct span at)
{
  struct checker *k = b->k;
  struct sig s = b->fn->sig;
  struct core *simple = weigh_by_operator(b, size);
  if (simple)
    return simple;
  s.result = k->integer;
  const struct type *t = callable_type(k, &s);
  struct blame why = {0, "`size_of`", b->fn->f.span, true};
  struct core *f = is_bad(t) ? core_bad(k, at) : check_as(b, size, t, &why);
  if (is_bad(f->type))
    return f;
  bool known = f->kind == CORE_CLOSURE && f->closure.function;
  uint32_t n = known ? f->n_args : 1; // what comes before the element
  struct core *x = core_new(k, CORE_CALL, k->integer, at, n + s.n);
  x->call.kind = known ? SITE_function : SITE_callable;
  x->call.function = known ? f->closure.function : NULL;
  for (uint32_t i = 0; i < n; i++)
    x->args[i] = known ? f->args[i] : f;
  for (uint32_t i = 0; i < s.n; i++)
    x->args[n + i] = core_local(k, b->locals[i], at);
  return x;
}

// Parameters without a place in the table of names: `size_of` does not see
// them.
static void open_params(struct body *b)
{
  const struct sig *s = &b->fn->sig;
  for (uint32_t i = 0; i < s->n; i++)
    local_new(b, s->params[i].name, s->params[i].type, s->params[i].span)
        ->param = true;
}

void batch_check(struct checker *k, struct fn_sym *f)
{
  struct span at = f->f.span;
  struct expr *size = f->size_of;
  struct body b;
  body_open(&b, k, f, BODY_PLAIN);
  open_params(&b);
  struct core *x = core_new(k, CORE_BATCH, f->sig.result, at, 1);
  x->closure.function = &f->batch->f;
  x->args[0] = size ? weigh(&b, size, size->span) : core_int(k, 1, at);
  struct stmt *r = stmt_new(&b, STMT_RETURN, at);
  r->value = x;
  mention(&b, (struct mention){.fn = f->batch, .at = at});
  body_close(&b, r);
  f->checked = true;
  fn_check(k, f->batch, BODY_PLAIN, NULL);
}
