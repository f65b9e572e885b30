// The rows of a plan, table by table, each in the order of declaration.
//
// Numbers are given before the first row is made: what refers to another
// carries its number, and nothing is searched for.
#include "compiler/blocks.h"
#include "compiler/emit.h"
#include "compiler/emit_rows.h"
#include "compiler/outcomes.h"
#include "compiler/table.h"
#include "grammar/base/cli.h"
#include "grammar/defs/settings.h"

#include <string.h>

// ---- small things ----

struct place emit_place(struct emit *e, struct span s)
{
  struct place p = {0};
  if (lines_find(&e->lines, s, &p.line, &p.column))
    p.file = s.file;
  return p;
}

struct plan_text emit_text(struct emit *e, const char *text)
{
  return text && *text ? plan_intern(&e->b, text) : (struct plan_text){0, 0};
}

struct plan_text emit_name(struct emit *e, atom name)
{
  return name ? plan_intern_text(&e->b, name->text, name->size)
              : (struct plan_text){0, 0};
}

// What may be changed while it runs shares its constant with nobody, so that
// two plans that differ in it alone differ in nothing else.
static uint32_t emit_value(struct emit *e, const struct setting *s)
{
  if (setting_rows[s->id].places != PLACE_BATCH)
    return emit_const(e, s->value);
  uint64_t bits = (uint64_t)s->value->i;
  struct plan_const row = {emit_type(e, s->value->type), (uint32_t)bits,
                           (uint32_t)(bits >> 32)};
  return plan_add_consts(&e->b, row);
}

struct plan_run emit_settings(struct emit *e, const struct setting *s)
{
  struct plan_setting *rows = NULL;
  uint32_t n = 0, at = 0;
  for (const struct setting *i = s; i; i = i->next)
    n++;
  rows = ARENA_ARRAY(&e->c->scratch, n + 1, struct plan_setting);
  for (; s; s = s->next) {
    struct place p = emit_place(e, s->span);
    rows[at++] = (struct plan_setting){s->id, emit_value(e, s), s->origin,
                                       p.file, p.line};
  }
  return plan_add_run_settings(&e->b, rows, n);
}

// ---- numbers ----

static bool is_emitted(const struct function *f, bool tests)
{
  return (tests || f->kind != FUNCTION_test) &&
         !(f->class && f->class->left_out);
}

// And makes room for as many rows.
static void number_all(struct emit *e, bool tests)
{
  const struct program *p = e->program;
  uint32_t functions = 0, classes = 0, methods = 0, apps = 0, bindings = 0;
  for (struct function *f = p->functions; f; f = f->next)
    f->plan = is_emitted(f, tests) ? ++functions : 0;
  for (struct class *k = p->classes; k; k = k->next) {
    if (k->left_out)
      continue;
    k->plan = ++classes;
    for (struct method *m = k->methods; m; m = m->next)
      m->plan = ++methods;
  }
  for (struct app *a = p->apps; a; a = a->next) {
    a->plan = ++apps;
    for (struct binding *b = a->bindings; b; b = b->next)
      b->plan = ++bindings;
  }
  plan_reserve_functions(&e->b, functions);
  plan_reserve_classes(&e->b, classes);
  plan_reserve_methods(&e->b, methods);
  plan_reserve_apps(&e->b, apps);
  plan_reserve_bindings(&e->b, bindings);
}

// ---- classes ----

static struct plan_run emit_class_fields(struct emit *e, const struct class *k)
{
  struct plan_field *rows =
      ARENA_ARRAY(&e->c->scratch, k->n_fields + 1, struct plan_field);
  for (uint32_t i = 0; i < k->n_fields; i++)
    rows[i] = (struct plan_field){emit_name(e, k->fields[i].name),
                                  emit_base(e, k->fields[i].type),
                                  PLAN_NONE,
                                  {0, 0}};
  return plan_add_run_fields(&e->b, rows, k->n_fields);
}

static struct plan_run emit_methods(struct emit *e, const struct class *k)
{
  struct plan_run run = {e->b.methods.n, 0};
  for (struct method *m = k->methods; m; m = m->next, run.count++) {
    struct plan_method_row row = {
        .class = k->plan - 1, .batch = PLAN_NONE, .loader = PLAN_NONE};
    row.name = emit_name(e, m->name);
    row.function = m->function->plan - 1;
    if (m->batch)
      row.batch = m->batch->plan - 1;
    if (m->loader)
      row.loader = m->loader->plan - 1;
    row.settings = emit_settings(e, m->settings);
    plan_add_methods(&e->b, row);
  }
  return run;
}

static void emit_class(struct emit *e, const struct class *k)
{
  struct place p = emit_place(e, k->span);
  struct plan_class row = {.kind = k->kind,
                           .n_params = k->n_params,
                           .n_lets = k->n_lets,
                           .init = PLAN_NONE,
                           .file = p.file,
                           .line = p.line};
  row.name = emit_name(e, k->name);
  row.doc = emit_text(e, k->doc);
  row.fields = emit_class_fields(e, k);
  if (k->init)
    row.init = k->init->plan - 1;
  row.methods = emit_methods(e, k);
  plan_add_classes(&e->b, row);
  arena_reset(&e->c->scratch);
}

// ---- apps ----

static struct plan_run emit_bindings(struct emit *e, const struct app *a)
{
  struct plan_run run = {e->b.bindings.n, 0};
  for (struct binding *b = a->bindings; b; b = b->next, run.count++) {
    struct place p = emit_place(e, b->span);
    struct plan_binding row = {.app = a->plan - 1,
                               .class = b->class->plan - 1,
                               .args = PLAN_NONE,
                               .bounded = binding_blocks(b),
                               .file = p.file,
                               .line = p.line};
    row.name = emit_name(e, b->name);
    row.doc = emit_text(e, b->doc);
    if (b->args)
      row.args = b->args->plan - 1;
    row.settings = emit_settings(e, b->settings);
    plan_add_bindings(&e->b, row);
  }
  return run;
}

static struct plan_run emit_params(struct emit *e, const struct route *r)
{
  struct plan_param *rows =
      ARENA_ARRAY(&e->c->scratch, r->n_params + 1, struct plan_param);
  for (uint32_t i = 0; i < r->n_params; i++) {
    const struct route_param *p = &r->params[i];
    rows[i] = (struct plan_param){.source = p->source,
                                  .adapter = p->adapter,
                                  .embed = p->embed,
                                  .nested_text = p->nested_text};
    rows[i].name = emit_text(e, p->name);
    rows[i].key = emit_text(e, p->key ? p->key : p->name);
    rows[i].type = emit_type(e, p->type);
    rows[i].value = emit_const_or_none(e, p->initial);
  }
  return plan_add_run_params(&e->b, rows, r->n_params);
}

static void add_outcomes(struct plan_outcome *rows, uint32_t *n, struct emit *e,
                         const struct outcome *from, bool failed)
{
  for (; from; from = from->next) {
    if (!from->status || from->status > 599) // what only a WebSocket says
      continue;
    uint32_t at = (*n)++;
    for (; at && rows[at - 1].status > from->status; at--)
      rows[at] = rows[at - 1];
    rows[at] = (struct plan_outcome){
        .status = (uint32_t)from->status,
        .failed = failed,
        .message = emit_text(e, from->message),
    };
  }
}

static struct plan_run emit_outcomes(struct emit *e, const struct function *f)
{
  const struct outcome *replies = outcomes_replies(&e->c->scratch, f->body);
  uint32_t n = OUTCOMES;
  for (const struct outcome *o = replies; o; o = o->next)
    n++;
  struct plan_outcome *rows =
      ARENA_ARRAY(&e->c->scratch, n, struct plan_outcome);
  n = 0;
  add_outcomes(rows, &n, e, replies, false);
  add_outcomes(rows, &n, e, f->fails, true);
  return plan_add_run_outcomes(&e->b, rows, n);
}

static struct plan_run emit_routes(struct emit *e, const struct app *a)
{
  struct plan_run run = {e->b.routes.n, 0};
  for (struct route *r = a->routes; r; r = r->next, run.count++) {
    struct place p = emit_place(e, r->span);
    struct plan_route row = {.method = r->method,
                             .form = r->form,
                             .function = r->function->plan - 1,
                             .app = a->plan - 1,
                             .file = p.file,
                             .line = p.line};
    row.path = emit_text(e, r->path);
    row.params = emit_params(e, r);
    row.result = emit_type(e, r->result);
    row.settings = emit_settings(e, r->settings);
    row.outcomes = emit_outcomes(e, r->function);
    row.doc = emit_text(e, r->doc);
    plan_add_routes(&e->b, row);
  }
  return run;
}

static void emit_app(struct emit *e, const struct app *a)
{
  struct plan_app row = {0};
  row.name = emit_name(e, a->name);
  row.prefix = emit_text(e, a->prefix);
  row.doc = emit_text(e, a->doc);
  row.bindings = emit_bindings(e, a);
  row.routes = emit_routes(e, a);
  plan_add_apps(&e->b, row);
  arena_reset(&e->c->scratch);
}

static void emit_test(struct emit *e, const struct test *t)
{
  struct place p = emit_place(e, t->span);
  struct plan_test row = {
      .function = t->function->plan - 1, .file = p.file, .line = p.line};
  row.name = emit_text(e, t->title);
  plan_add_tests(&e->b, row);
}

static void emit_metric(struct emit *e, const struct metric *m)
{
  struct plan_metric row = {.kind = m->kind};
  struct plan_field *labels =
      ARENA_ARRAY(&e->c->scratch, m->n_labels + 1, struct plan_field);
  for (uint32_t i = 0; i < m->n_labels; i++)
    labels[i] = (struct plan_field){
        emit_name(e, m->labels[i]), PLAN_NONE, PLAN_NONE, {0, 0}};
  row.name = emit_name(e, m->name);
  row.doc = emit_text(e, m->doc);
  row.labels = plan_add_run_fields(&e->b, labels, m->n_labels);
  row.buckets = emit_const_or_none(e, m->buckets);
  plan_add_metrics(&e->b, row);
}

// In the order of the text; each name once.
static void emit_needs(struct emit *e, const struct need *needs)
{
  struct table known[2] = {{0}};
  uint32_t n = 0;
  for (const struct need *i = needs; i; i = i->next)
    n++;
  const struct need **all =
      ARENA_ARRAY(&e->c->scratch, n + 1, const struct need *);
  for (const struct need *i = needs; i; i = i->next)
    all[--n] = i;
  for (; all[n]; n++) {
    struct place p = emit_place(e, all[n]->span);
    struct plan_need row = {.secret = all[n]->secret,
                            .file = p.file,
                            .line = p.line,
                            .column = p.column};
    const struct constant *name = all[n]->name;
    row.name = plan_intern_text(&e->b, name->text, name->size);
    void **at = table_at(&e->c->scratch, &known[row.secret],
                         atom_of(&e->c->atoms, name->text, name->size));
    if (!*at)
      plan_add_needs(&e->b, row);
    *at = (void *)name;
  }
}

// ---- the whole ----

// Room for what functions consist of, which is most of a plan.
static void reserve_rows(struct emit *e, bool tests)
{
  uint32_t slots = 0, sites = 0, strands = 0, ins = 0;
  for (const struct function *f = e->program->functions; f; f = f->next) {
    if (!is_emitted(f, tests))
      continue;
    const struct code *k = code_of(f);
    slots += k->n_slots;
    sites += k->n_sites;
    strands += k->n_strands;
    ins += k->n_ins;
  }
  plan_reserve_slots(&e->b, slots);
  plan_reserve_sites(&e->b, sites);
  plan_reserve_strands(&e->b, strands);
  plan_reserve_code(&e->b, ins);
  plan_reserve_places(&e->b, ins); // at most one each
}

static void emit_rows(struct emit *e, bool tests)
{
  struct program *p = e->program;
  reserve_rows(e, tests);
  for (uint32_t i = 0; i < p->n_sources; i++)
    plan_add_files(&e->b, (struct plan_file){emit_text(e, p->sources[i].path)});
  for (struct class *k = p->classes; k; k = k->next)
    if (!k->left_out)
      emit_class(e, k);
  for (struct app *a = p->apps; a; a = a->next)
    emit_app(e, a);
  for (struct function *f = p->functions; f; f = f->next)
    if (is_emitted(f, tests))
      emit_function(e, f);
  for (struct test *t = p->tests; t && tests; t = t->next)
    emit_test(e, t);
  emit_needs(e, p->needs);
  for (const struct metric *m = p->metrics; m; m = m->next)
    emit_metric(e, m);
  struct setting **end = &p->server; // the node's come behind
  while (*end)
    end = &(*end)->next;
  *end = p->node;
  struct plan_program row = {.settings = emit_settings(e, p->server)};
  *end = NULL;
  row.compiler = emit_text(e, "sgc " SERVEGRAPH_VERSION);
  plan_add_program(&e->b, row);
}

bool emit_program(struct compile *c, struct program *p, bool tests,
                  const void **bytes, size_t *size)
{
  struct emit e = {.c = c, .program = p};
  struct plan view;
  char why[300];
  plan_builder_init(&e.b, c->arena);
  lines_init(&e.lines, c->arena, p->sources, p->n_sources);
  number_all(&e, tests);
  outcomes_find(c->arena, p);
  emit_rows(&e, tests);
  if (plan_finish(&e.b, bytes, size)) {
    diag_report(&c->diags, DIAG_source_too_large, NO_SPAN,
                "the plan would be larger than 4 GiB");
    return false;
  }
  if (plan_open(&view, *bytes, *size, why, sizeof why)) {
    diag_report(&c->diags, DIAG_internal, NO_SPAN,
                "sgc made a plan that does not hold: %s", why);
    return false;
  }
  return true;
}
