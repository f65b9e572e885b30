// What is served: classes, methods, bindings, apps, settings, tests.
#include "grammar/plan/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "grammar/defs/settings.h"
#include "grammar/plan/names.h"
#include "grammar/plan/print.h"

__attribute__((format(printf, 5, 6))) static bool
refuse(struct plan_check *c, const char *what, uint32_t i,
       struct plan_text name, const char *format, ...)
{
  char reason[160], label[PLAN_LABEL];
  va_list args;
  va_start(args, format);
  vsnprintf(reason, sizeof reason, format, args);
  va_end(args);
  return check_refuse(c, "%s %u '%s': %s", what, i,
                      plan_label(label, c->p, name), reason);
}

bool check_border(struct plan_check *c, const struct plan_function *f)
{
  for (uint32_t k = 0; k < f->n_params; k++)
    if (has_future(c, c->p->slots[f->slots.first + k].type))
      return false;
  return !has_future(c, f->result);
}

static bool is_in(uint32_t i, struct plan_run run)
{
  return i >= run.first && i - run.first < run.count;
}

// ---- settings ----
// Whether a text is one of the words of `"a" | "b"`.
static bool is_word(const char *words, const char *text, size_t size)
{
  const char *word;
  for (size_t n; setting_word(&words, &word, &n);)
    if (n == size && !memcmp(word, text, size))
      return true;
  return false;
}

static bool is_negative(enum type_kind kind, const struct plan_const *v)
{
  return (kind == TYPE_int || kind == TYPE_size || kind == TYPE_duration) &&
         v->hi >> 31;
}

static bool is_value(const struct plan *p, const struct plan_setting *s)
{
  const struct plan_const *v = &p->consts[s->value];
  const char *type = setting_rows[s->id].type;
  enum type_kind kind = (enum type_kind)p->types[base_of(p, v->type)].kind;
  if (kind == TYPE_list)
    return (!strcmp(type, "[str]") || !strcmp(type, "[secret]")) &&
           p->types[base_of(p, p->types[base_of(p, v->type)].of)].kind ==
               TYPE_str;
  if (kind == TYPE_map)
    return !strcmp(type, "map float") &&
           p->types[base_of(p, p->types[base_of(p, v->type)].of)].kind ==
               TYPE_float;
  if (*type == '"')
    return kind == TYPE_str && is_word(type, p->text + v->lo, v->hi);
  return !strcmp(type, type_kind_name(kind)) &&
         (s->id == SETTING_priority || !is_negative(kind, v));
}

bool check_settings(struct plan_check *c, struct plan_run settings,
                    unsigned places, const char *what, uint32_t number)
{
  uint8_t seen[SETTINGS] = {0};
  for (uint32_t k = 0; k < settings.count; k++) {
    const struct plan_setting *s = &c->p->settings[settings.first + k];
    const char *name = plan_names_SETTINGS[s->id];
    if (!(setting_rows[s->id].places & places))
      return check_refuse(c, "%s %u: %s cannot be set there", what, number,
                          name);
    if (seen[s->id]++)
      return check_refuse(c, "%s %u: %s is set twice", what, number, name);
    if (!is_value(c->p, s))
      return check_refuse(c, "%s %u: %s has a value that does not fit %s",
                          what, number, name, setting_rows[s->id].type);
  }
  return true;
}

// ---- classes ----
static bool are_class_fields(struct plan_check *c, uint32_t i)
{
  const struct plan *p = c->p;
  const struct plan_class *k = &p->classes[i];
  if (k->n_params > k->fields.count ||
      k->n_lets > k->fields.count - k->n_params)
    return refuse(c, "class", i, k->name, "%u parameters and %u lets in %u "
                  "fields", k->n_params, k->n_lets, k->fields.count);
  for (uint32_t n = 0; n < k->fields.count; n++) {
    const struct plan_field *f = &p->fields[k->fields.first + n];
    if (f->type == PLAN_NONE || has_future(c, f->type))
      return refuse(c, "class", i, k->name, "field %u has no type that lasts",
                    n);
    if (f->value != PLAN_NONE && !base_same(p, p->consts[f->value].type, f->type))
      return refuse(c, "class", i, k->name, "the default of field %u has "
                    "another type", n);
  }
  return true;
}

static bool is_init(struct plan_check *c, uint32_t i)
{
  const struct plan_class *k = &c->p->classes[i];
  if (k->init == PLAN_NONE)
    return true;
  const struct plan_function *f = &c->p->functions[k->init];
  if (f->kind != FUNCTION_init || f->class != i || f->n_params)
    return refuse(c, "class", i, k->name, "function %u does not fill it",
                  k->init);
  return true;
}

static bool is_class(struct plan_check *c, uint32_t i)
{
  const struct plan_class *k = &c->p->classes[i];
  if (!are_class_fields(c, i) || !is_init(c, i))
    return false;
  for (uint32_t m = 0; m < k->methods.count; m++)
    if (c->p->methods[k->methods.first + m].class != i)
      return refuse(c, "class", i, k->name, "method %u is of another class",
                    k->methods.first + m);
  if (k->kind != CLASS_deployment && k->methods.count != 1)
    return refuse(c, "class", i, k->name, "%u methods, not one",
                  k->methods.count);
  return true;
}

// Whether `whole` is made of so many `part`.
static bool is_list_of(const struct plan *p, uint32_t whole, uint32_t part)
{
  const struct plan_type *t = &p->types[base_of(p, whole)];
  return t->kind == TYPE_list && t->of == base_of(p, part);
}

static bool is_tensor_of(const struct plan *p, uint32_t whole, uint32_t part)
{
  const struct plan_type *x = &p->types[base_of(p, whole)];
  const struct plan_type *y = &p->types[base_of(p, part)];
  return x->kind == TYPE_tensor && y->kind == TYPE_tensor &&
         x->detail == y->detail;
}

static bool is_batch(struct plan_check *c, uint32_t i)
{
  const struct plan *p = c->p;
  const struct plan_method_row *m = &p->methods[i];
  const struct plan_function *f = &p->functions[m->function];
  if (m->batch == PLAN_NONE)
    return true;
  const struct plan_function *b = &p->functions[m->batch];
  if (!check_pay(c, f->n_params))
    return false;
  if (b->class != m->class ||
      (b->kind != FUNCTION_body && b->kind != FUNCTION_graph) ||
      b->n_params != f->n_params || !check_border(c, b))
    return refuse(c, "method", i, m->name,
                  "function %u works on none of its "
                  "batches",
                  m->batch);
  for (uint32_t k = 0; k < f->n_params; k++)
    if (!is_list_of(p, p->slots[b->slots.first + k].type,
                    p->slots[f->slots.first + k].type))
      return refuse(c, "method", i, m->name,
                    "parameter %u of function %u is "
                    "no list of its own",
                    k, m->batch);
  return is_list_of(p, b->result, f->result) ||
         is_tensor_of(p, b->result, f->result) ||
         refuse(c, "method", i, m->name,
                "function %u gives no list of its "
                "result",
                m->batch);
}

static bool is_loader(struct plan_check *c, uint32_t i)
{
  const struct plan *p = c->p;
  const struct plan_method_row *m = &p->methods[i];
  const struct plan_function *f = &p->functions[m->function], *l;
  if (m->loader == PLAN_NONE)
    return true;
  l = &p->functions[m->loader];
  bool good = m->batch == PLAN_NONE && l->class == m->class &&
              l->kind == FUNCTION_body && f->kind == FUNCTION_body &&
              l->n_params == 1 && f->n_params == 1 && check_border(c, l) &&
              base_of(p, l->result) == base_of(p, f->result);
  for (int k = 0; good && k < 2; k++)
    good = p->types[base_of(p, p->slots[(k ? l : f)->slots.first].type)].kind ==
           TYPE_str;
  return good || refuse(c, "method", i, m->name,
                        "function %u loads none of its models", m->loader);
}

static bool is_method(struct plan_check *c, uint32_t i)
{
  const struct plan_method_row *m = &c->p->methods[i];
  const struct plan_function *f = &c->p->functions[m->function];
  if (!is_in(i, c->p->classes[m->class].methods))
    return refuse(c, "method", i, m->name, "class %u does not have it",
                  m->class);
  if (f->class != m->class ||
      (f->kind != FUNCTION_body && f->kind != FUNCTION_graph))
    return refuse(c, "method", i, m->name, "function %u is none of its class",
                  m->function);
  if (m->flags)
    return refuse(c, "method", i, m->name, "flags %u are unknown", m->flags);
  if (!check_border(c, f))
    return refuse(c, "method", i, m->name, "a call that may be out crosses "
                  "its border");
  return is_batch(c, i) && is_loader(c, i) &&
         check_settings(c, m->settings, PLACE_BATCH | PLACE_MULTIPLEX, "method",
                        i);
}

// ---- bindings ----
static bool gives_params(const struct plan *p, const struct plan_type *t,
                         const struct plan_class *k)
{
  if (t->kind != TYPE_tuple || t->fields.count != k->n_params)
    return false;
  for (uint32_t n = 0; n < k->n_params; n++)
    if (field_base(p, t->fields, n) != field_base(p, k->fields, n))
      return false;
  return true;
}

static bool is_binding(struct plan_check *c, uint32_t i)
{
  const struct plan *p = c->p;
  const struct plan_binding *b = &p->bindings[i];
  const struct plan_class *k = &p->classes[b->class];
  if (!is_in(i, p->apps[b->app].bindings))
    return refuse(c, "binding", i, b->name, "app %u does not have it", b->app);
  if (b->bounded > 1)
    return refuse(c, "binding", i, b->name, "bounded is not 0 or 1");
  if (!check_settings(c, b->settings, PLACE_DEPLOYMENT | PLACE_GRAPH,
                      "binding", i) ||
      !check_pay(c, k->n_params))
    return false;
  if (b->args == PLAN_NONE)
    return !k->n_params || refuse(c, "binding", i, b->name, "nothing gives "
                                  "its parameters");
  const struct plan_function *f = &p->functions[b->args];
  if (f->kind != FUNCTION_init || f->class != PLAN_NONE || f->n_params)
    return refuse(c, "binding", i, b->name, "function %u makes no arguments",
                  b->args);
  if (!gives_params(p, &p->types[base_of(p, f->result)], k))
    return refuse(c, "binding", i, b->name, "function %u gives other "
                  "parameters than those of its class", b->args);
  return true;
}

static bool is_app(struct plan_check *c, uint32_t i)
{
  const struct plan *p = c->p;
  const struct plan_app *a = &p->apps[i];
  for (uint32_t k = 0; k < a->bindings.count; k++)
    if (p->bindings[a->bindings.first + k].app != i)
      return refuse(c, "app", i, a->name, "binding %u is of another app",
                    a->bindings.first + k);
  for (uint32_t k = 0; k < a->routes.count; k++)
    if (p->routes[a->routes.first + k].app != i)
      return refuse(c, "app", i, a->name, "route %u is of another app",
                    a->routes.first + k);
  if (a->prefix.size && p->text[a->prefix.at] != '/')
    return refuse(c, "app", i, a->name, "its prefix does not begin with '/'");
  return true;
}

// ---- tests and the program ----
static bool is_test(struct plan_check *c, uint32_t i)
{
  const struct plan_test *t = &c->p->tests[i];
  const struct plan_function *f = &c->p->functions[t->function];
  if (f->kind != FUNCTION_test || f->class != PLAN_NONE || f->n_params ||
      !check_border(c, f))
    return refuse(c, "test", i, t->name, "function %u is no test",
                  t->function);
  return true;
}

static bool is_program(struct plan_check *c)
{
  if (c->p->n_program != 1)
    return check_refuse(c, "%u records say what a program has once",
                        c->p->n_program);
  return check_settings(c, c->p->program->settings,
                        PLACE_SERVER | PLACE_RESOURCE, "program", 0);
}

static bool is_metric(struct plan_check *c, uint32_t i)
{
  const struct plan *p = c->p;
  const struct plan_metric *m = &p->metrics[i];
  if (m->buckets == PLAN_NONE)
    return true;
  const struct plan_type *t =
      &p->types[base_of(p, p->consts[m->buckets].type)];
  return (t->kind == TYPE_list && p->types[t->of].kind == TYPE_float) ||
         refuse(c, "metric", i, m->name, "its buckets are no list of float");
}

bool check_serving(struct plan_check *c)
{
  const struct plan *p = c->p;
  bool good = is_program(c);
  for (uint32_t i = 0; good && i < p->n_classes; i++)
    good = is_class(c, i);
  for (uint32_t i = 0; good && i < p->n_methods; i++)
    good = is_method(c, i);
  for (uint32_t i = 0; good && i < p->n_apps; i++)
    good = is_app(c, i);
  for (uint32_t i = 0; good && i < p->n_bindings; i++)
    good = is_binding(c, i);
  for (uint32_t i = 0; good && i < p->n_tests; i++)
    good = is_test(c, i);
  for (uint32_t i = 0; good && i < p->n_metrics; i++)
    good = is_metric(c, i);
  return good;
}
