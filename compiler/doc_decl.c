// What files declare: deployments, types, functions, tests.
#include "compiler/const_print.h"
#include "compiler/doc_parts.h"

#include "grammar/defs/settings.h"
#include "grammar/plan/names.h"
#include "grammar/text/words.h"

#include <string.h>

// --------------------------------------------------------------------- source

const char *doc_source(struct doc *d, struct span at)
{
  const char *text = d->program->sources[at.file].text + at.start;
  struct source s = {"", arena_copy(d->arena, text, at.end - at.start),
                     at.end - at.start};
  struct words words = words_read(&s, d->arena, &d->c->atoms);
  struct buf out = {.arena = d->arena};
  uint32_t end = 0;
  for (size_t i = 0; i < words.n; i++) {
    const struct word *w = &words.at[i];
    if (w->kind >= WORD_COMMENT)
      continue;
    if (i && w->span.start > end)
      buf_addc(&out, ' ');
    buf_add(&out, s.text + w->span.start, w->span.end - w->span.start);
    end = w->span.end;
  }
  return out.data ? out.data : "";
}

const char *doc_signature(struct doc *d, const struct callable *c)
{
  struct buf out = {.arena = d->arena};
  buf_reserve(&out, 1);
  out.data[0] = 0;
  for (const struct name *n = c->dims; n; n = n->next)
    buf_addf(&out, "%s%s%s", n == c->dims ? "[" : ", ", n->text->text,
             n->next ? "" : "]");
  if (c->has_params)
    buf_addc(&out, '(');
  for (const struct param *p = c->params; p; p = p->next) {
    buf_addf(&out, "%s%s", p == c->params ? "" : ", ", p->name.text->text);
    if (p->type)
      buf_addf(&out, ": %s", doc_source(d, p->type->span));
    if (p->initial)
      buf_addf(&out, " = %s", doc_source(d, p->initial->span));
  }
  if (c->has_params)
    buf_addc(&out, ')');
  if (c->result)
    buf_addf(&out, " -> %s", doc_source(d, c->result->span));
  return out.data;
}

const char *doc_constant(struct doc *d, const struct constant *c)
{
  struct buf out = {.arena = d->arena};
  constant_print(c, &out);
  return out.data;
}

// ------------------------------------------------------------------- settings

// `bound`: only what is set where it is bound, or for this place.
void doc_settings(struct doc *d, const struct setting *all, bool bound)
{
  static const char *const heads[] = {"setting", "value", "set by", NULL};
  bool any = false;
  for (; all; all = all->next) {
    bool here = all->origin == ORIGIN_bind || all->origin == ORIGIN_override;
    if (all->origin == ORIGIN_default || (bound && !here))
      continue;
    if (!any)
      doc_table(d, heads);
    any = true;
    doc_row(d);
    doc_cell(d, DOC_CODE, setting_rows[all->id].name);
    doc_cell(d, DOC_CODE, doc_constant(d, all->value));
    doc_cell(d, DOC_TEXT, plan_names_ORIGINS[all->origin]);
    doc_row_end(d);
  }
  if (any)
    doc_table_end(d);
}

// --------------------------------------------------------------- deployments

static const struct class *class_of(const struct doc *d, const struct item *i)
{
  const struct class *c = d->program->classes;
  while (c && (c->name != i->name.text || c->span.file != i->span.file))
    c = c->next;
  return c;
}

static void method(struct doc *d, const char *of, const struct item *i)
{
  const char *prefix = i->fn.kind == FN_PLAIN
                           ? "" : doc_source(d, i->fn.prefix);
  doc_heading(d, 4, "method",
              arena_printf(d->arena, "%s.%s", of, i->name.text->text),
              arena_printf(d->arena, "%s%sfn %s%s", prefix, *prefix ? " " : "",
                           i->name.text->text, doc_signature(d, &i->fn.c)),
              true);
  doc_prose(d, i->doc);
}

static void parts(struct doc *d, const struct class *c)
{
  struct buf out = {.arena = d->arena};
  for (const struct class_part *p = c->parts; p; p = p->next)
    buf_addf(&out, "%s`%s: %s`", p == c->parts ? "Its parts: " : ", ", p->name,
             p->class->name->text);
  if (out.size)
    doc_line(d, arena_printf(d->arena, "%s.", out.data));
}

static void deployment(struct doc *d, const struct item *i)
{
  const char *name = i->name.text->text;
  const struct callable *c = &i->deployment.c;
  doc_heading(d, 3, "deployment", name,
              arena_printf(d->arena, "%s%s", name, doc_signature(d, c)), true);
  doc_prose(d, i->doc);
  if (i->deployment.on.text)
    doc_line(d, arena_printf(d->arena, "Runs as %s: `%s`.",
                             i->deployment.on.text->text,
                             i->deployment.entry.data));
  const struct class *class = class_of(d, i);
  if (class) {
    parts(d, class);
    doc_settings(d, class->settings, false);
  }
  const struct item *in = c->body && !c->result ? c->body->items : NULL;
  for (; in; in = in->next)
    if (in->kind == ITEM_FN)
      method(d, name, in);
}

// --------------------------------------------------------------------- others

static const struct item *items_of(const struct doc *d, uint32_t file)
{
  return d->c->files[file]->items;
}

static void type(struct doc *d, const struct item *i)
{
  doc_heading(d, 3, "type", i->name.text->text, i->name.text->text, true);
  doc_prose(d, i->doc);
  const char *text = d->program->sources[i->span.file].text + i->span.start;
  doc_code(d, arena_copy(d->arena, text, i->span.end - i->span.start));
}

static void function(struct doc *d, const struct item *i)
{
  doc_heading(d, 3, "fn", i->name.text->text,
              arena_printf(d->arena, "%s%s", i->name.text->text,
                           doc_signature(d, &i->fn.c)),
              true);
  doc_prose(d, i->doc);
}

static void each(struct doc *d, enum item_kind kind, const char *title,
                 void (*write)(struct doc *, const struct item *))
{
  bool any = false;
  for (uint32_t f = 0; f < d->c->n_own; f++)
    for (const struct item *i = items_of(d, f); i; i = i->next) {
      if (i->kind != kind)
        continue;
      if (!any)
        doc_heading(d, 2, "part", title, title, false);
      if (!any && kind == ITEM_TEST && !d->html)
        buf_addc(d->out, '\n');
      any = true;
      write(d, i);
    }
}

static void test(struct doc *d, const struct item *i)
{
  doc_point(d, i->test.title.data);
}

void doc_declarations(struct doc *d)
{
  each(d, ITEM_DEPLOYMENT, "Deployments", deployment);
  each(d, ITEM_TYPE, "Types", type);
  each(d, ITEM_FN, "Functions", function);
  each(d, ITEM_TEST, "Tests", test);
}
