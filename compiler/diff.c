// What differs between two plans. Things are found again by their names: apps,
// deployments of an app, types; routes by method and path.
#include "compiler/diff_parts.h"

#include "grammar/defs/settings.h"

#include <string.h>

// -------------------------------------------------------------------- changes

struct change *diff_begin(struct diff *d, enum change_kind kind,
                          enum change_of of, const char *app, const char *name)
{
  d->now = ARENA_NEW(d->arena, struct change);
  *d->now = (struct change){.kind = kind, .of = of, .app = app, .name = name};
  return d->now;
}

void diff_end(struct diff *d)
{
  if (d->now->kind == CHANGE_CHANGED && !d->now->details)
    return;
  for (const struct detail *t = d->now->details; t; t = t->next) {
    d->now->restart |= t->restart;
    d->now->breaks |= t->breaks;
  }
  *d->last = d->now;
  d->last = &d->now->next;
}

struct detail *diff_detail(struct diff *d, const char *what, const char *from,
                           const char *to)
{
  struct detail **at = &d->now->details;
  while (*at)
    at = &(*at)->next;
  *at = ARENA_NEW(d->arena, struct detail);
  **at = (struct detail){.what = what, .from = from, .to = to};
  return *at;
}

const char *diff_str(const struct plan *p, struct plan_text t)
{
  return plan_str(p, t);
}

bool diff_same_text(const struct diff *d, struct plan_text from,
                    struct plan_text to)
{
  return from.size == to.size &&
         !memcmp(plan_str(d->from.p, from), plan_str(d->to.p, to), to.size);
}

// ------------------------------------------------------------------- settings

static const struct plan_setting *setting_in(const struct plan *p,
                                             struct plan_run run, uint32_t id)
{
  for (uint32_t i = 0; i < run.count; i++)
    if (p->settings[run.first + i].id == id)
      return &p->settings[run.first + i];
  return NULL;
}

static const char *value_of(struct diff *d, const struct plan *p,
                            const struct plan_setting *s, uint32_t id)
{
  return s ? diff_const(d, p, s->value) : setting_rows[id].value;
}

// What stays unset has the default, which is not always the same value.
static const char *shown(struct diff *d, const struct plan_setting *s,
                         uint32_t id, const char *value)
{
  if (s)
    return value;
  if (id == SETTING_max_ongoing_requests || !*value)
    return "not set";
  return arena_printf(d->arena, "%s (default)", value);
}

// What a replica, or a server, has from its beginning.
static bool is_from_start(uint32_t id)
{
  return id == SETTING_listen || id == SETTING_loops ||
         id == SETTING_compute_threads ||
         !strncmp(setting_rows[id].name, "resources.", 10);
}

void diff_settings(struct diff *d, const char *of, struct plan_run from,
                   struct plan_run to)
{
  for (uint32_t id = 0; id < SETTINGS; id++) {
    const struct plan_setting *was = setting_in(d->from.p, from, id);
    const struct plan_setting *is = setting_in(d->to.p, to, id);
    if (!was && !is)
      continue;
    const char *before = value_of(d, d->from.p, was, id);
    const char *now = value_of(d, d->to.p, is, id);
    const char *name = setting_rows[id].name;
    bool unset = id == SETTING_max_ongoing_requests && !was != !is;
    if (unset || strcmp(before, now))
      diff_detail(d, of ? arena_printf(d->arena, "%s of %s", name, of) : name,
                  shown(d, was, id, before), shown(d, is, id, now))
          ->restart = is_from_start(id);
  }
}

// ----------------------------------------------------------------------- apps

static uint32_t app_in(const struct plan *p, const char *name)
{
  for (uint32_t i = 0; i < p->n_apps; i++)
    if (!strcmp(plan_str(p, p->apps[i].name), name))
      return i;
  return PLAN_NONE;
}

static const char *prefix_of(const struct plan *p, uint32_t app)
{
  return p->apps[app].prefix.size ? plan_str(p, p->apps[app].prefix) : "/";
}

static void apps(struct diff *d)
{
  const struct plan *from = d->from.p, *to = d->to.p;
  for (uint32_t i = 0; i < to->n_apps; i++) {
    const char *name = plan_str(to, to->apps[i].name);
    uint32_t was = app_in(from, name);
    diff_begin(d, was == PLAN_NONE ? CHANGE_ADDED : CHANGE_CHANGED, CHANGE_APP,
               NULL, name);
    if (was != PLAN_NONE && strcmp(prefix_of(from, was), prefix_of(to, i)))
      diff_detail(d, "prefix", prefix_of(from, was), prefix_of(to, i));
    diff_end(d);
  }
}

static void gone_apps(struct diff *d)
{
  const struct plan *from = d->from.p;
  for (uint32_t i = 0; i < from->n_apps; i++) {
    const char *name = plan_str(from, from->apps[i].name);
    if (app_in(d->to.p, name) != PLAN_NONE)
      continue;
    diff_begin(d, CHANGE_REMOVED, CHANGE_APP, NULL, name);
    diff_end(d);
  }
}

// ------------------------------------------------------------------ the whole

static void server(struct diff *d)
{
  diff_begin(d, CHANGE_CHANGED, CHANGE_SERVER, NULL, NULL);
  diff_settings(d, NULL, d->from.p->program[0].settings,
                d->to.p->program[0].settings);
  diff_end(d);
}

static struct diff_side side(struct arena *a, const struct plan *p)
{
  return (struct diff_side){
      .p = p,
      .types = ARENA_ARRAY(a, p->n_types + 1, uint64_t),
      .codes = ARENA_ARRAY(a, p->n_functions + 1, uint64_t),
      .met = ARENA_ARRAY(a, p->n_functions + 1, uint32_t),
      .order = ARENA_ARRAY(a, p->n_functions + 1, uint32_t),
  };
}

struct change *diff_plans(struct arena *a, const struct plan *from,
                          const struct plan *to)
{
  struct diff d = {.arena = a, .from = side(a, from), .to = side(a, to)};
  d.changed = ARENA_ARRAY(a, to->n_types + 1, uint8_t);
  d.seen = ARENA_ARRAY(a, to->n_types + 1, uint32_t);
  d.last = &d.first;
  apps(&d);
  diff_routes(&d);
  diff_deployments(&d);
  diff_types(&d);
  gone_apps(&d);
  server(&d);
  return d.first;
}
