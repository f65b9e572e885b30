// Routes and types: what clients see.
#include "compiler/diff_parts.h"

#include "grammar/plan/names.h"
#include "grammar/plan/print.h"

#include <string.h>

// ---------------------------------------------------------------------- types

static uint32_t type_in(const struct plan *p, const char *name)
{
  for (uint32_t i = 0; i < p->n_types; i++)
    if (p->types[i].name.size && !strcmp(plan_str(p, p->types[i].name), name))
      return i;
  return PLAN_NONE;
}

static bool is_changed(struct diff *d, uint32_t to)
{
  if (d->changed[to])
    return d->changed[to] == 2;
  uint32_t from = type_in(d->from.p, plan_str(d->to.p, d->to.p->types[to].name));
  bool changed = from != PLAN_NONE && diff_type_number(&d->from, from) !=
                                          diff_type_number(&d->to, to);
  d->changed[to] = changed ? 2 : 1;
  return changed;
}

static const char *written_out(struct diff *d, const struct plan *p, uint32_t i)
{
  struct buf out = {.arena = d->arena};
  plan_print_whole_type(p, i, true, &out);
  return out.data;
}

void diff_types(struct diff *d)
{
  const struct plan *from = d->from.p, *to = d->to.p;
  for (uint32_t i = 0; i < to->n_types; i++) {
    if (!to->types[i].name.size || !is_changed(d, i))
      continue;
    const char *name = plan_str(to, to->types[i].name);
    diff_begin(d, CHANGE_CHANGED, CHANGE_TYPE, NULL, name);
    diff_detail(d, "is", written_out(d, from, type_in(from, name)),
                written_out(d, to, i));
    diff_end(d);
  }
}

// Says which changed types a type of the new plan leads to.
static void look_through(struct diff *d, uint32_t type)
{
  const struct plan *p = d->to.p;
  if (type == PLAN_NONE || d->seen[type] == d->looks)
    return;
  d->seen[type] = d->looks;
  const struct plan_type *y = &p->types[type];
  if (y->name.size && is_changed(d, type))
    diff_detail(d, arena_printf(d->arena, "type %s", plan_str(p, y->name)), NULL,
                NULL)->breaks = true;
  look_through(d, y->of);
  for (uint32_t i = 0; i < y->fields.count; i++)
    look_through(d, p->fields[y->fields.first + i].type);
}

// --------------------------------------------------------------------- routes

static const struct plan_route *route_in(const struct plan *p,
                                         const struct plan *other,
                                         const struct plan_route *r)
{
  for (uint32_t i = 0; i < p->n_routes; i++)
    if (p->routes[i].method == r->method &&
        !strcmp(plan_str(p, p->routes[i].path), plan_str(other, r->path)))
      return &p->routes[i];
  return NULL;
}

static const char *route_name(struct diff *d, const struct plan *p,
                              const struct plan_route *r)
{
  return arena_printf(d->arena, "%s %s",
                      plan_method_name((enum plan_method)r->method),
                      plan_str(p, r->path));
}

static const struct plan_param *param_in(const struct plan *p,
                                         struct plan_run run, const char *name)
{
  for (uint32_t i = 0; i < run.count; i++)
    if (!strcmp(plan_str(p, p->params[run.first + i].name), name))
      return &p->params[run.first + i];
  return NULL;
}

// `int in query "x" = 1`
static const char *param_text(struct diff *d, const struct plan *p,
                              const struct plan_param *q)
{
  struct buf out = {.arena = d->arena};
  plan_print_whole_type(p, q->type, false, &out);
  if (q->source == SOURCE_adapter)
    buf_addf(&out, " from %s", plan_names_ADAPTERS[q->adapter]);
  else
    buf_addf(&out, " in %s", plan_names_SOURCES[q->source]);
  if (strcmp(plan_str(p, q->key), plan_str(p, q->name)))
    buf_addf(&out, "(\"%s\")", plan_str(p, q->key));
  if (q->nested_text)
    buf_adds(&out, ", nested text");
  if (q->embed && q->source != SOURCE_body)
    buf_adds(&out, ", embedded");
  if (q->value != PLAN_NONE)
    buf_addf(&out, " = %s", diff_const(d, p, q->value));
  return out.data;
}

static const char *param_name(struct diff *d, const char *name)
{
  return arena_printf(d->arena, "parameter %s", name);
}

// One more body parameter makes fields of an object of all.
static uint32_t embedded(const struct plan *p, struct plan_run run)
{
  uint32_t n = 0;
  for (uint32_t i = 0; i < run.count; i++)
    n += p->params[run.first + i].embed;
  return n;
}

static void params(struct diff *d, struct plan_run from, struct plan_run to)
{
  const struct plan *was = d->from.p, *is = d->to.p;
  for (uint32_t i = 0; i < to.count; i++) {
    const struct plan_param *q = &is->params[to.first + i];
    const char *name = plan_str(is, q->name);
    const struct plan_param *o = param_in(was, from, name);
    const char *before = o ? param_text(d, was, o) : NULL;
    const char *now = param_text(d, is, q);
    if (!before || strcmp(before, now))
      diff_detail(d, param_name(d, name), before, now)->breaks =
          o || q->value == PLAN_NONE;
  }
  for (uint32_t i = 0; i < from.count; i++) {
    const struct plan_param *o = &was->params[from.first + i];
    if (!param_in(is, to, plan_str(was, o->name)))
      diff_detail(d, param_name(d, plan_str(was, o->name)),
                  param_text(d, was, o), NULL);
  }
  if (!embedded(was, from) != !embedded(is, to))
    diff_detail(d, "body", embedded(was, from) ? "an object of parameters" : "one value",
                embedded(is, to) ? "an object of parameters" : "one value")
        ->breaks = true;
}

static void changed_route(struct diff *d, const struct plan_route *from,
                          const struct plan_route *to)
{
  const struct plan *was = d->from.p, *is = d->to.p;
  const char *before = diff_type(d, was, from->result);
  const char *now = diff_type(d, is, to->result);
  const char *app = plan_str(was, was->apps[from->app].name);
  if (strcmp(app, plan_str(is, is->apps[to->app].name)))
    diff_detail(d, "app", app, plan_str(is, is->apps[to->app].name));
  params(d, from->params, to->params);
  if (strcmp(before, now))
    diff_detail(d, "answers", before, now)->breaks = true;
  if (from->form != to->form)
    diff_detail(d, "answers as", plan_names_FORMS[from->form],
                plan_names_FORMS[to->form])->breaks = true;
  d->looks++;
  for (uint32_t i = 0; i < to->params.count; i++)
    look_through(d, is->params[to->params.first + i].type);
  look_through(d, to->result);
  diff_settings(d, NULL, from->settings, to->settings);
  if (diff_code(&d->from, from->function) != diff_code(&d->to, to->function))
    diff_detail(d, "code", NULL, NULL);
}

void diff_routes(struct diff *d)
{
  const struct plan *from = d->from.p, *to = d->to.p;
  for (uint32_t i = 0; i < to->n_routes; i++) {
    const struct plan_route *r = &to->routes[i], *was = route_in(from, to, r);
    diff_begin(d, was ? CHANGE_CHANGED : CHANGE_ADDED, CHANGE_ROUTE,
               plan_str(to, to->apps[r->app].name), route_name(d, to, r));
    if (was)
      changed_route(d, was, r);
    diff_end(d);
  }
  for (uint32_t i = 0; i < from->n_routes; i++) {
    const struct plan_route *r = &from->routes[i];
    if (route_in(to, from, r))
      continue;
    diff_begin(d, CHANGE_REMOVED, CHANGE_ROUTE,
               plan_str(from, from->apps[r->app].name), route_name(d, from, r))
        ->breaks = true;
    diff_end(d);
  }
}
