// An app: its picture, what it binds, its graphs, its routes.
#include "compiler/doc_parts.h"
#include "compiler/outcomes.h"

#include "compiler/dot.h"
#include "grammar/plan/names.h"

#include <string.h>

// --------------------------------------------------------------------- routes

static const char *const forms[] = {
#define FORM(name, content_type) [FORM_##name] = content_type,
#include "grammar/defs/adapters.def"
};

// What an answer is sent as where no form is named; NULL: it is empty.
static const char *form_of(const struct route *r)
{
  if (r->form != FORM_auto)
    return forms[r->form];
  switch (r->result->kind) {
  case TYPE_str:
  case TYPE_enum:
  case TYPE_stream:
    return forms[FORM_text];
  case TYPE_markdown:
    return forms[FORM_markdown];
  case TYPE_bytes:
    return forms[FORM_bytes];
  case TYPE_none:
    return NULL;
  default:
    return forms[FORM_json];
  }
}

static const char *source_of(struct doc *d, const struct route_param *p,
                             bool socket)
{
  if (p->type->kind == TYPE_stream)
    return socket ? "messages" : "body, as it comes";
  if (p->source == SOURCE_adapter || p->adapter != ADAPTER_none)
    return arena_printf(d->arena, "body, as %s", plan_names_ADAPTERS[p->adapter]);
  const char *word = plan_names_SOURCES[p->source];
  bool other = strcmp(p->key, p->name) && p->source != SOURCE_body;
  return other ? arena_printf(d->arena, "%s `%s`", word, p->key) : word;
}

// As it was written where it was.
static const char *type_of_param(struct doc *d, const struct item *i,
                                 const struct route_param *p)
{
  const struct param *q = i->route.c.params;
  while (q && strcmp(q->name.text->text, p->name))
    q = q->next;
  return q && q->type ? doc_source(d, q->type->span)
                      : type_text(d->arena, p->type);
}

static void params(struct doc *d, const struct item *item, const struct route *r)
{
  static const char *const heads[] = {"parameter", "in", "type", "default", NULL};
  if (!r->n_params)
    return;
  doc_table(d, heads);
  for (uint32_t i = 0; i < r->n_params; i++) {
    const struct route_param *p = &r->params[i];
    doc_row(d);
    doc_cell(d, DOC_CODE, p->name);
    doc_cell(d, DOC_PROSE, source_of(d, p, r->method == METHOD_WS));
    doc_cell(d, DOC_TYPE, type_of_param(d, item, p));
    doc_cell(d, DOC_CODE, p->initial ? doc_constant(d, p->initial) : NULL);
    doc_row_end(d);
  }
  doc_table_end(d);
}

// The status that a body's answers have, where it is always the same; else 200.
static int64_t status_of(struct doc *d, const struct stmt *b)
{
  const struct outcome *o = outcomes_replies(d->arena, b);
  return o && !o->next && o->status ? o->status : 200;
}

// Whatever is read from outside may be refused.
static bool may_be_invalid(const struct route *r)
{
  for (uint32_t i = 0; i < r->n_params; i++)
    if (r->params[i].adapter != ADAPTER_request)
      return true;
  return false;
}

// What a WebSocket's pieces are sent as.
static const char *message_of(const struct type *t)
{
  return t->kind == TYPE_bytes                           ? "binary"
         : t->kind == TYPE_str || t->kind == TYPE_enum ||
                 t->kind == TYPE_markdown                ? "text"
                                                         : "JSON";
}

static void messages(struct doc *d, const struct route *r)
{
  const struct type *t = r->result;
  if (t->kind == TYPE_stream)
    doc_line(d, arena_printf(d->arena, "Sends messages, each a `%s` as %s.",
                             type_text(d->arena, t->of), message_of(t->of)));
  else
    doc_line(d, "Sends no messages.");
}

static void answer(struct doc *d, const struct route *r)
{
  const char *form = form_of(r), *type = type_text(d->arena, r->result);
  int64_t status = status_of(d, r->function->body);
  const char *more = status != 200
                         ? arena_printf(d->arena, ", with status %d", (int)status)
                         : "";
  if (r->method == METHOD_WS)
    messages(d, r);
  else if (r->result->kind == TYPE_none || !form)
    doc_line(d, arena_printf(d->arena, "Answers with nothing%s.", more));
  else
    doc_line(d, arena_printf(d->arena, "Answers with `%s` as `%s`%s.", type, form,
                             more));
}

static void answers(struct doc *d, const struct route *r)
{
  static const char *const heads[] = {"answer", "when", NULL};
  answer(d, r);
  const struct outcome *f = r->function->fails;
  bool invalid = may_be_invalid(r);
  if (!f && !invalid)
    return;
  doc_table(d, heads);
  for (; f || invalid; f = f ? f->next : NULL) {
    bool now = invalid && (!f || f->status > 422);
    if (now || !f) {
      doc_row(d);
      doc_cell(d, DOC_CODE, "422");
      doc_cell(d, DOC_TEXT, "what is sent is not of its type");
      doc_row_end(d);
      invalid = false;
    }
    if (!f)
      break;
    doc_row(d);
    doc_cell(d, DOC_CODE, f->status ? arena_printf(d->arena, "%d", (int)f->status)
                                    : "any");
    doc_cell(d, DOC_TEXT, f->message);
    doc_row_end(d);
  }
  doc_table_end(d);
}

static void route(struct doc *d, const struct item *i, const struct route *r)
{
  const char *title = arena_printf(d->arena, "%s %s", plan_method_name(r->method),
                                   r->path);
  doc_heading(d, 3, "route", title, title, true);
  doc_prose(d, r->doc);
  params(d, i, r);
  answers(d, r);
  doc_settings(d, r->settings, false);
}

// ------------------------------------------------------------------- the whole

static const struct binding *binding_of(const struct app *a, atom name)
{
  const struct binding *b = a->bindings;
  while (b && b->name != name)
    b = b->next;
  return b;
}

static void bound_settings(struct doc *d, const struct binding *b)
{
  for (const struct setting *s = b->settings; s; s = s->next)
    if (s->origin == ORIGIN_bind || s->origin == ORIGIN_override) {
      doc_line(d, arena_printf(d->arena, "Set for `%s`:", b->name->text));
      doc_settings(d, b->settings, true);
      return;
    }
}

static void bound(struct doc *d, const struct app *a, const struct item *items)
{
  static const char *const heads[] = {"binding", "of", "", NULL};
  bool any = false;
  for (const struct item *i = items; i; i = i->next) {
    if (i->kind != ITEM_BIND)
      continue;
    if (!any) {
      doc_heading(d, 3, "bindings", a->name->text, "Bindings", false);
      doc_table(d, heads);
    }
    any = true;
    doc_row(d);
    doc_cell(d, DOC_CODE, i->name.text->text);
    doc_cell(d, DOC_CODE, doc_source(d, i->bind.value->span));
    doc_cell(d, DOC_PROSE, i->doc);
    doc_row_end(d);
  }
  if (any)
    doc_table_end(d);
  for (const struct item *i = items; i; i = i->next)
    if (i->kind == ITEM_BIND && binding_of(a, i->name.text))
      bound_settings(d, binding_of(a, i->name.text));
}

// Of a graph without parameters: what it takes and gives follows from its nodes.
static const char *found_signature(struct doc *d, const struct binding *b)
{
  const struct function *f = b->class->methods->function;
  struct buf out = {.arena = d->arena};
  buf_addc(&out, '(');
  for (uint32_t i = 0; i < f->n_params; i++) {
    buf_addf(&out, "%s%s: ", i ? ", " : "", f->params[i]->name->text);
    type_print_brief(f->params[i]->type, &out);
  }
  buf_adds(&out, ") -> ");
  type_print_brief(f->result, &out);
  return out.data;
}

static void graph(struct doc *d, const struct app *a, const struct item *i)
{
  const char *name = i->name.text->text;
  const struct binding *b = binding_of(a, i->name.text);
  bool composed = !i->graph.has_params && i->graph.value && b;
  doc_heading(d, 3, "graph", name,
              arena_printf(d->arena, "graph %s%s", name,
                           composed ? found_signature(d, b)
                                    : doc_signature(d, &i->graph)), true);
  if (composed)
    doc_line(d, arena_printf(d->arena, "`%s`",
                             doc_source(d, i->graph.value->span)));
  doc_prose(d, i->doc);
  if (b)
    doc_settings(d, b->settings, false);
}

static const struct route *route_of(const struct app *a, const struct item *i)
{
  const struct route *r = a->routes;
  while (r && (r->span.file != i->span.file || r->span.start < i->span.start ||
               r->span.end > i->span.end))
    r = r->next;
  return r;
}

static void picture(struct doc *d, const struct app *a)
{
  struct buf dot = {.arena = d->arena};
  if (!d->html)
    return;
  dot_program(d->c, d->program, a->name->text, &dot);
  doc_picture(d, dot.data, dot.size);
}

void doc_app(struct doc *d, const struct item *item, const struct app *a)
{
  const struct item *items = item->app.body->items;
  const char *prefix = item->app.prefix.data;
  doc_heading(d, 2, "app", a->name->text,
              arena_printf(d->arena, "App %s", a->name->text), false);
  if (prefix && *prefix)
    doc_line(d, arena_printf(d->arena, "Under `%s`.", prefix));
  doc_prose(d, a->doc);
  picture(d, a);
  for (const struct item *i = items; i; i = i->next)
    if (i->kind == ITEM_ROUTE && route_of(a, i))
      route(d, i, route_of(a, i));
  for (const struct item *i = items; i; i = i->next)
    if (i->kind == ITEM_GRAPH)
      graph(d, a, i);
  bound(d, a, items);
}
