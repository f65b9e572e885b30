// The settings of every deployment: their values, and who set them.
#include "compiler/blocks.h"
#include "compiler/compile.h"
#include "compiler/const_print.h"
#include "compiler/explain_parts.h"
#include "grammar/defs/settings.h"
#include "grammar/plan/names.h"

#include <string.h>

// ---- values ----

static void add_value(struct buf *out, const struct constant *c)
{
  if (c->type->kind != TYPE_map) {
    constant_print(c, out);
    return;
  }
  for (uint32_t i = 0; i + 1 < c->n_parts; i += 2) {
    buf_addf(out, "%s%s: ", i ? ", " : "", c->parts[i]->text);
    constant_print(c->parts[i + 1], out);
  }
}

// ---- lines ----

static void add_line(struct explain *x, enum setting_id id, const char *value,
                     const char *origin, struct span span)
{
  uint32_t line, column;
  buf_addf(x->out, "    %-36s %-14s %s", setting_rows[id].name, value, origin);
  if (lines_find(&x->lines, span, &line, &column))
    buf_addf(x->out, " %s:%u", x->program->sources[span.file].path, line);
  buf_addc(x->out, '\n');
}

static void add_written(struct explain *x, const struct setting *s)
{
  struct buf value = {.arena = x->c->arena};
  add_value(&value, s->value);
  add_line(x, s->id, value.data, plan_names_ORIGINS[s->origin], s->span);
}

// Whether a group (`autoscaling.…`) is in use: its defaults say nothing else.
static bool group_counts(const struct setting *all, enum setting_id id)
{
  const char *dot = strchr(setting_rows[id].name, '.');
  if (!dot || strncmp(setting_rows[id].name, "autoscaling.", 12))
    return !dot || strncmp(setting_rows[id].name, "cache.", 6) ||
           setting_find(all, SETTING_cache_ttl);
  for (; all; all = all->next)
    if (!strncmp(setting_rows[all->id].name, "autoscaling.", 12))
      return true;
  return false;
}

static void add_setting(struct explain *x, const struct binding *b,
                        const struct setting *all, enum setting_id id)
{
  const struct setting *s = setting_find(all, id);
  bool blocks = id != SETTING_max_ongoing_requests || binding_blocks(b);
  if (s && s->origin != ORIGIN_default)
    add_written(x, s);
  else if (!blocks)
    add_line(x, id, "unlimited", "compiler: nothing blocks", NO_SPAN);
  else if (*setting_rows[id].value && group_counts(all, id) &&
           !setting_is_idle(PLACE_DEPLOYMENT, id))
    add_line(x, id, setting_rows[id].value, "default", NO_SPAN);
}

static void explain_batch(struct explain *x, const struct method *m)
{
  buf_addf(x->out, "    batch of %s\n", m->name->text);
  for (uint32_t id = 0; id < SETTINGS; id++)
    if (setting_rows[id].places & PLACE_BATCH)
      add_setting(x, NULL, m->settings, id);
}

static void explain_models(struct explain *x, const struct method *m)
{
  buf_addf(x->out, "    models of %s\n", m->name->text);
  add_setting(x, NULL, m->settings, SETTING_multiplex_max_models);
}

static void explain_part(struct explain *x, const struct class_part *p)
{
  uint32_t line, column;
  buf_addf(x->out, "    part %s = %s", p->name, p->class->name->text);
  if (lines_find(&x->lines, p->span, &line, &column))
    buf_addf(x->out, "  %s:%u", x->program->sources[p->span.file].path, line);
  buf_addc(x->out, '\n');
}

static void explain_binding(struct explain *x, const struct binding *b)
{
  unsigned place =
      b->class->kind == CLASS_graph ? PLACE_GRAPH : PLACE_DEPLOYMENT;
  uint32_t line, column;
  buf_addf(x->out, "  %s.%s = %s", b->app->name->text, b->name->text,
           b->class->name->text);
  if (lines_find(&x->lines, b->span, &line, &column))
    buf_addf(x->out, "  %s:%u", x->program->sources[b->span.file].path, line);
  buf_addc(x->out, '\n');
  for (uint32_t id = 0; id < SETTINGS; id++)
    if (setting_rows[id].places & place)
      add_setting(x, b, b->settings, id);
  for (const struct class_part *p = b->class->parts; p; p = p->next)
    explain_part(x, p);
  for (const struct method *m = b->class->methods; m; m = m->next)
    if (m->batch)
      explain_batch(x, m);
    else if (m->loader)
      explain_models(x, m);
}

static void explain_route(struct explain *x, const struct route *r)
{
  if (!r->settings)
    return;
  buf_addf(x->out, "  %s %s\n", plan_method_name(r->method), r->path);
  for (const struct setting *s = r->settings; s; s = s->next)
    add_written(x, s);
}

void explain_settings(struct explain *x)
{
  buf_adds(x->out, "Settings\n");
  for (const struct app *a = x->program->apps; a; a = a->next) {
    for (const struct binding *b = a->bindings; b; b = b->next)
      explain_binding(x, b);
    for (const struct route *r = a->routes; r; r = r->next)
      explain_route(x, r);
  }
  if (x->program->node)
    buf_adds(x->out, "  node\n");
  for (const struct setting *s = x->program->node; s; s = s->next)
    add_written(x, s);
  if (x->program->server)
    buf_adds(x->out, "  server\n");
  for (const struct setting *s = x->program->server; s; s = s->next)
    add_written(x, s);
}
