// Calls: whom they mean, what they pass, what they give.
#include "compiler/checker.h"

#include <string.h>

// A call of kind `kind` with `args` behind `n_first` places that are the
// caller's to fill.
static struct core *call_new(struct body *b, enum plan_site_kind kind,
                             const struct sig *s, struct core **args,
                             uint32_t n_first, struct span at)
{
  if (!args || is_bad(s->result))
    return core_bad(b->k, at);
  const struct type *t = dims_result(b->k, s, args);
  struct core *x = core_new(b->k, CORE_CALL, t, at, s->n + n_first);
  x->call.kind = kind;
  for (uint32_t i = 0; i < s->n; i++)
    x->args[n_first + i] = args[i];
  return x;
}

struct core *captured(struct body *b, struct local *l, struct span at)
{
  struct entry *e = entry_find(b, l->name);
  return e ? core_local(b->k, e->local, at) : core_bad(b->k, at);
}

// What a fn inside another takes from outside is known when its body is: until
// then, it notes where it is called itself.
void fn_mentions_itself(struct body *b, struct fn_sym *f, struct core *x)
{
  if (f->checked || !f->within)
    return;
  uint32_t room = f->n_selves; // grown by one each time: there are few
  if (b->fn == f)
    PUSH(b->k, f->selves, f->n_selves, room, x);
  else
    diag_report(b->k->d, DIAG_wrong_place, x->span,
                "a function inside of `%s` cannot use `%s` itself", f->sig.name,
                f->sig.name);
}

struct core *call_fn(struct body *b, struct fn_sym *f, struct arg *args,
                     struct span at)
{
  if (f->not_built) {
    check_args_alone(b, args);
    return core_bad(b->k, at);
  }
  struct core **matched = match_args(b, &f->sig, args, at, 0);
  uint32_t n = 0;
  for (struct capture *c = f->captures; c; c = c->next)
    n++;
  struct core *x = call_new(b, SITE_function, &f->sig, matched, n, at);
  if (is_bad(x->type))
    return x;
  x->call.function = &f->f;
  n = 0;
  for (struct capture *c = f->captures; c; c = c->next)
    x->args[n++] = captured(b, c->outer, at);
  fn_mentions_itself(b, f, x);
  mention(b, (struct mention){.fn = f, .at = at});
  return x;
}

struct core *call_matched(struct body *b, struct fn_sym *f, struct core **args,
                          struct span at)
{
  struct core *x = call_new(b, SITE_function, &f->sig, args, 0, at);
  if (is_bad(x->type))
    return x;
  x->call.function = &f->f;
  mention(b, (struct mention){.fn = f, .at = at});
  return x;
}

struct core *call_bound(struct body *b, struct bind_sym *to, struct fn_sym *m,
                        struct core **args, struct span at)
{
  struct core *x = call_new(b, SITE_method, &m->sig, args, 0, at);
  if (is_bad(x->type))
    return x;
  x->call.method = m->method;
  x->call.binding = &to->b;
  mention(b, (struct mention){.bind = to});
  mention(b, (struct mention){.fn = m});
  return x;
}

struct fn_sym *method_of(struct body *b, struct class_sym *c, atom name,
                         struct span at)
{
  struct checker *k = b->k;
  if (c->not_built)
    return NULL;
  struct symbol *s = class_member(k, c, name);
  if (s && s->kind == SYMBOL_FN) {
    s = c->of ? table_get(&c->of->members, name) : s;
    s->uses++;
    INDEX(k, symbol, s, at);
    return class_member(k, c, name)->fn;
  }
  struct diag *d =
      diag_report(k->d, DIAG_unknown_method, at, "`%s` has no method `%s`",
                  c->c.name->text, name->text);
  const char **names = NULL;
  uint32_t n = 0, room = 0;
  for (struct method *m = (c->of ? c->of : c)->c.methods; m; m = m->next)
    if (!m->of_part)
      PUSH(k, names, n, room, m->name->text);
  name_hint_list(k, d, name->text, names, n);
  if (s && c->of)
    diag_hint(k->d, d, "`%s` is its own; a function of it could give it",
              name->text);
  diag_note(k->d, d, c->c.span, "`%s` is declared here", c->c.name->text);
  return NULL;
}

struct fn_sym *method_run(struct body *b, struct class_sym *c, struct span at)
{
  if (c->not_built || c->run)
    return c->run;
  struct diag *d =
      diag_report(b->k->d, DIAG_not_callable, at,
                  "`%s` has no method `run`, so which of its methods is meant?",
                  c->c.name->text);
  diag_note(b->k->d, d, c->c.span, "`%s` is declared here", c->c.name->text);
  return NULL;
}

static struct core *call_handle(struct body *b, struct core *handle,
                                struct fn_sym *m, struct arg *args,
                                struct span at)
{
  if (!m || m->not_built) {
    check_args_alone(b, args);
    return core_bad(b->k, at);
  }
  struct core **matched = match_args(b, &m->sig, args, at, DIAG_wrong_edge);
  if (handle->kind == CORE_CONST && handle->constant->binding)
    return call_bound(b, (struct bind_sym *)handle->constant->binding, m,
                      matched, at);
  struct core *x = call_new(b, SITE_handle, &m->sig, matched, 1, at);
  if (is_bad(x->type))
    return x;
  x->call.method = m->method;
  x->args[0] = handle;
  mention(b, (struct mention){.fn = m});
  return x;
}

// A value is called: a closure, or a handle by its method `run`.
static struct core *call_value(struct body *b, struct core *f, struct arg *args,
                               struct span at)
{
  struct checker *k = b->k;
  const struct type *t = f->type;
  if (t->kind == TYPE_handle)
    return call_handle(
        b, f, method_run(b, (struct class_sym *)t->class, f->span), args, at);
  if (is_bad(t) || t->kind != TYPE_callable) {
    if (!is_bad(t))
      diag_report(k->d, DIAG_not_callable, f->span, "%s cannot be called",
                  show(k, t));
    check_args_alone(b, args);
    return core_bad(k, at);
  }
  struct sig s = {"the function", f->span, NULL, t->n_parts, t->of, NULL};
  s.span = NO_SPAN;
  s.params = ARENA_ARRAY(k->a, s.n + 1, struct sig_param);
  for (uint32_t i = 0; i < s.n; i++)
    s.params[i] = (struct sig_param){.type = t->parts[i].type, .span = NO_SPAN};
  struct core **matched = match_args(b, &s, args, at, 0);
  struct core *x = call_new(b, SITE_callable, &s, matched, 1, at);
  if (!is_bad(x->type))
    x->args[0] = f;
  return x;
}

// A function deployment by its name, in an app or (found later) outside.
static struct core *call_class(struct body *b, struct symbol *s,
                               struct arg *args, struct expr *e)
{
  struct core *handle = check_symbol(b, s, e->call.of->span);
  if (is_bad(handle->type)) {
    check_args_alone(b, args);
    return handle;
  }
  struct fn_sym *run = s->class->run;
  if (handle->constant->binding || !run)
    return call_handle(b, handle, run, args, e->span);
  b->fn->mentions = b->fn->mentions->next; // the handle alone is not used
  struct core **matched =
      match_args(b, &run->sig, args, e->span, DIAG_wrong_edge);
  struct core *x = call_new(b, SITE_method, &run->sig, matched, 0, e->span);
  if (is_bad(x->type))
    return x;
  x->call.method = run->method;
  mention(b, (struct mention){.class = s->class, .call = x});
  return x;
}

static struct core *call_part(struct body *b, struct fn_sym *f,
                              struct arg *args, struct span at)
{
  if (f)
    return call_fn(b, f, args, at);
  check_args_alone(b, args);
  return core_bad(b->k, at);
}

static struct core *call_symbol(struct body *b, struct symbol *s,
                                struct expr *e, const struct type *want)
{
  struct checker *k = b->k;
  struct arg *args = e->call.args;
  struct diag *d;
  switch (s->kind) {
  case SYMBOL_FN:
    if (s->space && s->space->library && !s->fn)
      return call_library(b, s, args, e->span, want);
    if (s->fn)
      return call_fn(b, s->fn, args, e->span);
    break;
  case SYMBOL_CLASS:
    return call_class(b, s, args, e);
  case SYMBOL_PART:
    return call_part(b, part_run(b, s, e->call.of->span), args, e->span);
  case SYMBOL_BINDING:
  case SYMBOL_FIELD:
    return call_value(b, check_symbol(b, s, e->call.of->span), args, e->span);
  case SYMBOL_TYPE:
  case SYMBOL_APP:
  case SYMBOL_MODULE:
  case SYMBOL_RESOURCE:
    d = diag_report(k->d, DIAG_not_callable, e->call.of->span,
                    "`%s` is %s and cannot be called", s->name->text,
                    symbol_kind_text(s->kind));
    diag_note(k->d, d, s->span, "`%s` is declared here", s->name->text);
    if (s->kind == SYMBOL_TYPE)
      diag_hint(k->d, d, "a record is written `{ field: value }`");
    break;
  default:
    break;
  }
  check_args_alone(b, args);
  return core_bad(k, e->span);
}

// ---- what looks like a function and is none ----

static struct core *make_case(struct body *b, struct case_ref *c,
                              struct expr *e, const struct type *want)
{
  struct checker *k = b->k;
  const struct type *inner = without_none(want);
  for (struct case_ref *i = c; i && inner; i = i->next)
    if (i->type == inner)
      c = i;
  const struct type_part *variant = &c->type->parts[c->index];
  const struct type *fields = variant->type;
  INDEX(k, part, INDEX_CASE, variant, e->call.of->span);
  struct sig s = {variant->name->text, variant->span, NULL,
                  fields->n_parts,     fields,        NULL};
  s.params = ARENA_ARRAY(k->a, s.n + 1, struct sig_param);
  for (uint32_t i = 0; i < s.n; i++) {
    const struct type_part *p = &fields->parts[i];
    s.params[i] = (struct sig_param){p->name, p->type, p->initial, p->span};
  }
  struct core **matched = match_args(b, &s, e->call.args, e->span, 0);
  if (!matched)
    return core_bad(k, e->span);
  struct core *record = core_new(k, CORE_TUPLE, fields, e->span, s.n);
  for (uint32_t i = 0; i < s.n; i++)
    record->args[i] = matched[i];
  struct core *x = core_new(k, CORE_UNION, c->type, e->span, 1);
  x->index = c->index;
  x->args[0] = core_fold(k, record);
  return core_fold(k, x);
}

static struct core *make_fail(struct body *b, struct expr *e)
{
  struct checker *k = b->k;
  struct sig_param params[] = {
      {atom_of_text(&k->c->atoms, "status"), k->integer, NULL, NO_SPAN},
      {atom_of_text(&k->c->atoms, "message"), k->str, NULL, NO_SPAN}};
  struct sig s = {"fail", NO_SPAN, params, 2, &type_never, NULL};
  struct core **matched = match_args(b, &s, e->call.args, e->span, 0);
  struct core *x = core_new(k, CORE_FAIL, &type_never, e->span, 2);
  if (!matched)
    return core_bad(k, e->span);
  x->args[0] = matched[0];
  x->args[1] = matched[1];
  const struct constant *c =
      matched[0]->kind == CORE_CONST ? matched[0]->constant : NULL;
  bool status = c && c->i >= 400 && c->i <= 599;
  bool close = c && c->i >= 3000 && c->i <= 4999;
  if (c && !status && !close)
    diag_report(k->d, DIAG_wrong_type, matched[0]->span,
                "the status of a failure is from 400 to 599, or the code that "
                "a WebSocket is closed with, from 3000 to 4999");
  return x;
}

static struct core *make_markdown(struct body *b, struct expr *e)
{
  struct checker *k = b->k;
  struct sig_param params[] = {
      {atom_of_text(&k->c->atoms, "text"), k->str, NULL, NO_SPAN}};
  struct sig s = {"markdown", NO_SPAN, params, 1, k->str, NULL};
  struct core **matched = match_args(b, &s, e->call.args, e->span, 0);
  if (!matched)
    return core_bad(k, e->span);
  core_retype(k, matched[0], type_simple(k->t, TYPE_markdown));
  return matched[0];
}

static struct core *misplaced_completed(struct body *b, struct expr *e)
{
  struct diag *d = diag_report(b->k->d, DIAG_wrong_place, e->span,
                               "`as_completed` is no value");
  diag_hint(b->k->d, d, "a loop takes them: `for r in as_completed(xs) { … }`");
  check_args_alone(b, e->call.args);
  return core_bad(b->k, e->span);
}

static bool one_of(const char *name, const char *const *list)
{
  for (; *list; list++)
    if (!strcmp(name, *list))
      return true;
  return false;
}

static struct core *special(struct body *b, struct expr *e, atom name,
                            const struct type *want)
{
  static const char *const later[] = {
      "apps", "resources", "health", "progress", NULL};
  struct checker *k = b->k;
  if (!strcmp(name->text, "fail"))
    return make_fail(b, e);
  if (!strcmp(name->text, "markdown"))
    return make_markdown(b, e);
  if (!strcmp(name->text, "as_completed"))
    return misplaced_completed(b, e);
  if (!one_of(name->text, later))
    return check_step(b, e, name, want);
  diag_report(k->d, DIAG_no_builtin, e->call.of->span, "`%s` is not built yet",
              name->text);
  check_args_alone(b, e->call.args);
  return core_bad(k, e->span);
}

static struct core *call_name(struct body *b, struct expr *e,
                              const struct type *want)
{
  struct checker *k = b->k;
  struct name *name = &e->call.of->name;
  struct entry *local = entry_find(b, name->text);
  if (local && local->known)
    return call_known(b, local->known, e->call.args, e->span);
  if (local)
    return call_value(b, check_name(b, e->call.of), e->call.args, e->span);
  struct symbol *s = symbol_find(b, name);
  struct case_ref *c = table_get(&k->cases, name->text);
  if (c && (!s || s->kind == SYMBOL_TYPE))
    return make_case(b, c, e, want);
  if (s && s->kind != SYMBOL_MODULE)
    return call_symbol(b, s, e, want);
  const struct signature *rows = operators_named(k, name->text);
  if (rows)
    return check_operator(b, rows, e, NULL, want);
  if (s)
    return call_symbol(b, s, e, want);
  struct core *x = special(b, e, name->text, want);
  if (x)
    return x;
  report_unknown(b, name);
  check_args_alone(b, e->call.args);
  return core_bad(k, e->span);
}

const struct signature *dotted_operator(struct body *b, const struct expr *of)
{
  const struct expr *first = of->access.of;
  if (first->kind != EXPR_NAME || !of->access.name.text ||
      entry_find(b, first->name.text) ||
      table_get(&b->k->names, first->name.text))
    return NULL;
  if (!strcmp(first->name.text->text, "metric")) // those are for metric_call
    return NULL;
  const char *name = arena_printf(b->k->a, "%s.%s", first->name.text->text,
                                  of->access.name.text->text);
  return table_get(&b->k->operators, atom_of_text(&b->k->c->atoms, name));
}

// `log.info("bought", item: 5)`: names that no row has are one record,
// `fields`.
static void gather_fields(struct checker *k, struct expr *call)
{
  struct field *first = NULL, **field = &first;
  struct arg **at = &call->call.args, *rest = NULL;
  while (*at) {
    struct arg *a = *at;
    atom name = a->name.text;
    if (!name || !strcmp(name->text, "message") ||
        !strcmp(name->text, "fields")) {
      at = &a->next;
      continue;
    }
    *field = NEW(k, struct field);
    **field =
        (struct field){.name = a->name, .value = a->value, .span = a->span};
    field = &(*field)->next;
    *at = a->next;
    rest = rest ? rest : a;
  }
  if (!rest)
    return;
  struct expr *record = NEW(k, struct expr);
  *record = (struct expr){
      .kind = EXPR_RECORD, .span = rest->span, .depth = 1, .fields = first};
  *at = NEW(k, struct arg);
  **at = (struct arg){.value = record, .span = rest->span};
  (*at)->name.text = atom_of_text(&k->c->atoms, "fields");
  (*at)->name.span = rest->name.span;
}

static struct core *call_field(struct body *b, struct expr *e,
                               const struct type *want)
{
  struct checker *k = b->k;
  struct expr *of = e->call.of;
  struct symbol *member;
  if (app_member(b, of, &member)) {
    if (member)
      return call_symbol(b, member, e, want);
    check_args_alone(b, e->call.args);
    return core_bad(k, e->span);
  }
  struct member named;
  if (library_member(b, of, &named)) {
    if (named.symbol)
      return call_symbol(b, named.symbol, e, want);
    if (named.variant)
      return make_case(b, named.variant, e, want);
    if (named.rows)
      return check_operator(b, named.rows, e, NULL, want);
    check_args_alone(b, e->call.args);
    return core_bad(k, e->span);
  }
  struct fn_sym *method;
  if (part_member(b, of, &method))
    return call_part(b, method, e->call.args, e->span);
  const struct signature *rows = dotted_operator(b, of);
  if (rows && !strncmp(rows->name, "log.", 4))
    gather_fields(k, e);
  if (rows)
    return check_operator(b, rows, e, NULL, want);
  if (of->access.of->kind == EXPR_NAME &&
      !entry_find(b, of->access.of->name.text)) {
    // A class deployment's method, called without an instance, is said so.
    struct symbol *s = table_get(&k->names, of->access.of->name.text);
    if (s && s->kind == SYMBOL_METRIC) {
      s->uses++;
      INDEX(k, symbol, s, of->access.of->name.span);
      return metric_call(b, s, e);
    }
  }
  struct core *x = check(b, of->access.of, NULL);
  atom name = of->access.name.text;
  if (is_bad(x->type) || !name) {
    check_args_alone(b, e->call.args);
    return core_bad(k, e->span);
  }
  if (x->type->kind == TYPE_handle)
    return call_handle(b, x,
                       method_of(b, (struct class_sym *)x->type->class, name,
                                 of->access.name.span),
                       e->call.args, e->span);
  bool keyed = x->type->kind == TYPE_map || x->type->kind == TYPE_json;
  if (keyed && !strcmp(name->text, "get"))
    return check_operator(b, signature_of(OPERATOR_get), e, x, want);
  return call_value(b, check_field(b, of), e->call.args, e->span);
}

struct core *check_call(struct body *b, struct expr *e, const struct type *want)
{
  struct expr *of = e->call.of;
  if (of->kind == EXPR_NAME && of->name.text)
    return call_name(b, e, want);
  if (of->kind == EXPR_FIELD)
    return call_field(b, e, want);
  if (is_composed(of))
    return call_composed(b, e);
  return call_value(b, check(b, of, NULL), e->call.args, e->span);
}

// Takes an option that is an expression out of the others.
static bool takes_option(struct body *b, const struct field *f,
                         const char *name, struct expr **out)
{
  if (!f->name.text || strcmp(f->name.text->text, name))
    return false;
  if (*out)
    diag_report(b->k->d, DIAG_duplicate_setting, f->span, "`%s` is set twice",
                name);
  *out = f->value;
  return true;
}

struct options call_options(struct body *b, struct field *fields)
{
  struct options o = {0};
  struct field *rest = NULL, **end = &rest;
  for (struct field *f = fields; f; f = f->next) {
    if (takes_option(b, f, "fallback", &o.fallback))
      continue;
    if (takes_option(b, f, "multiplexed_model_id", &o.model)) {
      INDEX(b->k, setting, SETTING_multiplexed_model_id, f->name.span);
      continue;
    }
    *end = NEW(b->k, struct field);
    **end = *f;
    (*end)->next = NULL;
    end = &(*end)->next;
  }
  o.settings = settings_of_fields(b->k, rest, PLACE_CALL, ORIGIN_compiler);
  return o;
}

struct core *call_model(struct body *b, struct expr *e)
{
  struct blame why = {DIAG_bad_setting, "`multiplexed_model_id`", NO_SPAN,
                      false};
  struct core *x = check_as(b, e, b->k->str, &why);
  return is_bad(x->type) ? NULL : x;
}

void call_names_model(struct body *b, struct core *call, struct core *id)
{
  struct core **args = ARENA_ARRAY(b->k->a, call->n_args + 1, struct core *);
  if (call->n_args)
    memcpy(args, call->args, call->n_args * sizeof *args);
  args[call->n_args++] = id;
  call->args = args;
  call->call.names_model = true;
}

struct core *call_fallback(struct body *b, struct expr *e, const struct sig *s,
                           const struct type *result)
{
  struct blame why = {0, "the result of the call", s ? s->span : NO_SPAN,
                      s && s->span.file != UINT32_MAX};
  struct core *x = check_as(b, e, result, &why);
  return is_bad(x->type) ? NULL : x;
}

struct core *check_with(struct body *b, struct expr *e, const struct type *want)
{
  struct checker *k = b->k;
  b->apart++;
  struct core *x = check(b, e->with.of, want);
  b->apart--;
  struct options o = call_options(b, e->with.options);
  struct core *model = o.model ? call_model(b, o.model) : NULL;
  if (is_bad(x->type))
    return x;
  if (x->kind != CORE_CALL || (x->call.kind == SITE_function &&
                               x->call.function->kind != FUNCTION_graph)) {
    diag_report(k->d, DIAG_wrong_place, e->span,
                "options are for calls of deployments");
    return core_bad(k, e->span);
  }
  x->call.options = o.settings;
  const struct setting *pieces =
      setting_find(o.settings, SETTING_piece_timeout);
  if (pieces && !type_has_stream(k, x->type))
    diag_report(k->d, DIAG_bad_setting, pieces->span,
                "`piece_timeout` is for streams, and this call gives none");
  if (model)
    call_names_model(b, x, model);
  if (o.fallback) {
    const struct fn_sym *m =
        x->call.method ? (struct fn_sym *)x->call.method->function : NULL;
    x->call.fallback =
        call_fallback(b, o.fallback, m ? &m->sig : NULL, x->type);
  }
  return x;
}
