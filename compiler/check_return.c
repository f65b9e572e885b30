// What a function gives: returns, how a route answers, and bodies as a whole.
#include "compiler/checker.h"

#include <string.h>

struct core_reply *check_form(struct body *b, struct form *f)
{
  static const char *const names[] = {
#define FORM(name, content_type) #name,
#include "grammar/defs/adapters.def"
  };
  struct checker *k = b->k;
  struct core_reply *r = NEW(k, struct core_reply);
  for (int i = 1; i < FORMS; i++)
    if (f->name.text && !strcmp(f->name.text->text, names[i]))
      r->form = i;
  if (!r->form && f->name.text) {
    struct diag *d = diag_report(k->d, DIAG_unknown_form, f->name.span,
                                 "there is no form `%s`", f->name.text->text);
    name_hint_all(k, d, f->name.text->text, names + 1, FORMS - 1);
  }
  struct sig_param params[] = {
      {atom_of_text(&k->c->atoms, "status"), k->integer,
       const_int(k, k->integer, 0), NO_SPAN},
      {atom_of_text(&k->c->atoms, "headers"), type_of(k->t, TYPE_map, k->str),
       const_new(k, k->none), NO_SPAN}};
  struct sig s = {f->name.text ? f->name.text->text : "as", NO_SPAN, params, 2,
                  k->none, NULL};
  struct core **args = match_args(b, &s, f->args, f->span, 0);
  const struct constant *status =
      args && args[0]->kind == CORE_CONST ? args[0]->constant : NULL;
  if (status && status->i && (status->i < 200 || status->i > 599))
    diag_report(k->d, DIAG_wrong_type, args[0]->span,
                "the status of an answer is from 200 to 599");
  for (struct arg *a = f->args; a && args; a = a->next)
    if (a->name.text == params[0].name || (!a->name.text && a == f->args))
      r->status = args[0];
    else
      r->headers = args[1];
  return r;
}

void check_form_type(struct body *b, struct form *f, enum form_kind form,
                     const struct type *t)
{
  struct checker *k = b->k;
  bool ok = true, stream = t->kind == TYPE_stream;
  if (stream)
    t = t->of;
  bool text =
      t->kind == TYPE_str || t->kind == TYPE_enum || t->kind == TYPE_markdown;
  if (form == FORM_json)
    ok = type_has_json(k, t);
  else if (form == FORM_sse)
    ok = stream && type_has_json(k, t);
  else if (form == FORM_text || form == FORM_html || form == FORM_markdown)
    ok = text;
  else if (form == FORM_bytes)
    ok = text || t->kind == TYPE_bytes;
  else if (form == FORM_png)
    ok = t->kind == TYPE_tensor && !stream;
  else if (form == FORM_csv)
    ok = (t->kind == TYPE_list || t->kind == TYPE_record) && !stream;
  if (ok)
    return;
  struct diag *d =
      diag_report(k->d, DIAG_bad_form, f->span, "%s%s cannot be answered as %s",
                  stream ? "stream " : "", show(k, t), f->name.text->text);
  if (form == FORM_sse && !stream)
    diag_hint(k->d, d, "each piece of a stream is an event");
}

bool check_return(struct body *b, struct item *i, struct stmt ***end)
{
  struct checker *k = b->k;
  struct expr *e = i->effect.value;
  struct stmt *s = stmt_new(b, STMT_RETURN, i->span);
  struct blame why = {DIAG_wrong_return, "the result", b->fn->result_span,
                      b->fn->result_span.end > 0};
  const struct type *t = b->result;
  if (b->yields) {
    if (e) {
      report_yielder_returns(b, i);
      check(b, e, NULL);
    }
    stmt_add(end, s);
    return true;
  }
  if (!e && t && t->kind != TYPE_none) {
    struct diag *d =
        diag_report(k->d, DIAG_wrong_return, i->span,
                    "a value of type %s must be returned", show(k, t));
    if (why.has_declared)
      diag_note(k->d, d, why.declared, "the result is declared here");
  } else if (e && t && t->kind == TYPE_none && !is_bad(t)) {
    s->value = check(b, e, NULL);
    if (s->value->type->kind != TYPE_none)
      diag_report(k->d, DIAG_wrong_return, e->span,
                  "nothing is returned here: no result is declared");
  } else if (e) {
    s->value = t ? check_as(b, e, t, &why) : check(b, e, NULL);
  }
  if (i->effect.form) {
    s->reply = check_form(b, i->effect.form);
    if (b->kind != BODY_ROUTE || b->outer)
      diag_report(k->d, DIAG_wrong_place, i->effect.form->span,
                  "only a route says how it answers");
    else if (s->value && !is_bad(s->value->type))
      check_form_type(b, i->effect.form, s->reply->form, s->value->type);
  }
  if (!t)
    PUSH(k, b->returns, b->n_returns, b->room_returns, s);
  stmt_add(end, s);
  return true;
}

static void check_value_body(struct body *b, struct expr *e, struct stmt ***end)
{
  struct blame why = {DIAG_wrong_return, "the result", b->fn->result_span,
                      b->fn->result_span.end > 0};
  bool none = b->result && b->result->kind == TYPE_none && !is_bad(b->result);
  if (none) {
    check_alone(b, e, end);
    return;
  }
  struct stmt *s = stmt_new(b, STMT_RETURN, e->span);
  s->value = b->result ? check_as(b, e, b->result, &why) : check(b, e, NULL);
  if (!b->result)
    PUSH(b->k, b->returns, b->n_returns, b->room_returns, s);
  stmt_add(end, s);
}

// ---- a result that is found out ----

struct found { // what the returns (or the pieces) of a body give
  const struct type *stream, *value; // NULL: none of them
  const struct stmt *first;
};

static bool add_found(struct body *b, struct stmt *s, struct found *f)
{
  struct checker *k = b->k;
  const struct type *x = s->value ? s->value->type : k->none;
  bool stream = x->kind == TYPE_stream && b->kind == BODY_ROUTE && !b->outer &&
                !b->yields;
  const struct type **t = stream ? &f->stream : &f->value;
  const struct type *both = *t ? join(k, *t, x) : x;
  if (!f->first)
    f->first = s;
  if (both) {
    *t = both;
    return true;
  }
  const char *word = b->yields ? "yields" : "returns";
  struct diag *d = diag_report(k->d, DIAG_wrong_return, s->span,
                               "this %s %s, elsewhere it is %s", word,
                               show(k, x), show(k, *t));
  diag_note(k->d, d, f->first->span, "%s %s", word, show(k, *t));
  return false;
}

static const struct type *type_of_found(struct body *b, struct found *f)
{
  const struct type *none = b->k->none;
  if (f->value == &type_never)
    f->value = f->stream ? NULL : none;
  if (!f->stream)
    return f->value ? f->value : none;
  if (is_bad(f->stream) || (f->value && is_bad(f->value)))
    return &type_bad;
  return f->value ? stream_or_value(b->k, f->stream, f->value) : f->stream;
}

// The form that all of them have.
static enum form_kind form_of_found(const struct body *b, const struct found *f)
{
  enum form_kind form = FORMS;
  for (uint32_t i = 0; i < b->n_returns; i++) {
    const struct stmt *s = b->returns[i];
    bool stream = s->value && s->value->type->kind == TYPE_stream;
    enum form_kind own = s->reply ? s->reply->form : FORM_auto;
    if (f->stream && !stream)
      continue;
    form = form == FORMS || form == own ? own : FORM_auto;
  }
  return form == FORMS ? FORM_auto : form;
}

static void give_found(struct body *b, struct stmt *s, const struct type *t,
                       bool either)
{
  struct checker *k = b->k;
  if (!s->value && t->kind != TYPE_none)
    s->value = core_const(k, const_new(k, k->none), s->span);
  if (either)
    s->value = core_stream_or_value(b, s->value, t);
  else if (s->value)
    try_convert(b, &s->value, t);
}

// What several returns give, when the result is found out from them.
static const struct type *result_found(struct body *b, bool ends)
{
  struct found f = {.value = ends || b->yields ? NULL : b->k->none};
  for (uint32_t i = 0; i < b->n_returns; i++)
    if (!add_found(b, b->returns[i], &f))
      return &type_bad;
  const struct type *t = type_of_found(b, &f);
  b->form = form_of_found(b, &f);
  for (uint32_t i = 0; i < b->n_returns && !is_bad(t); i++)
    give_found(b, b->returns[i], t, f.stream && f.value);
  return b->yields && !is_bad(t) ? type_of(b->k->t, TYPE_stream, t) : t;
}

struct core_reply *check_function_body(struct body *b, struct callable *c,
                                       struct form *form)
{
  struct checker *k = b->k;
  struct stmt *first = NULL, **end = &first;
  uint32_t scope = scope_open(b);
  body_params(b, c->params);
  bool ends = true;
  b->yields = b->fn->f.yields = body_yields(b, c);
  if (c->value)
    check_value_body(b, c->value, &end);
  else if (c->body)
    ends = check_items(b, c->body->items, &end);
  bool gives = b->result && b->result->kind != TYPE_none &&
               !is_bad(b->result) && !b->yields && !b->wrong_yield;
  if (gives && !ends && c->body) {
    struct span at = c->body->span;
    at.start = at.end ? at.end - 1 : at.end; // the closing brace
    struct diag *d =
        diag_report(k->d, DIAG_missing_return, at, "not every way returns %s",
                    show(k, b->result));
    if (b->fn->result_span.end)
      diag_note(k->d, d, b->fn->result_span, "the result is declared here");
  }
  if (!b->result)
    b->fn->f.result = b->fn->sig.result = result_found(b, ends);
  struct core_reply *reply = form ? check_form(b, form) : NULL;
  scope_close(b, scope);
  body_close(b, first);
  return reply;
}
