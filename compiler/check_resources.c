// Resources: what `resource node { … }` says there is, and whether all apps
// together ask for more. What it does not name is not checked.
#include "compiler/checker.h"
#include "grammar/base/number.h"

#include <string.h>

void resources_collect(struct checker *k)
{
  EACH_ITEM(k, i, ITEM_RESOURCE)
  {
    if (!i->note)
      continue; // a second one, and reported
    if (strcmp(i->name.text->text, "node")) {
      struct diag *d = diag_report(k->d, DIAG_unknown_name, i->name.span,
                                   "there is no resource `%s`",
                                   i->name.text->text);
      diag_hint(k->d, d, "`resource node { ... }` says what the machine has");
      continue;
    }
    k->p->node = settings_of_fields(k, i->settings.settings, PLACE_RESOURCE,
                                    ORIGIN_server);
    ((struct symbol *)i->note)->uses++;
  }
}

// ---- adding up ----

static int64_t count_of(const struct setting *s, enum setting_id id,
                        int64_t missing)
{
  s = setting_find(s, id);
  return s ? s->value->i : missing;
}

struct replicas {
  int64_t least, most;
};

static struct replicas replicas_of(const struct setting *s)
{
  struct replicas r;
  r.least = count_of(s, SETTING_num_replicas, 1);
  r.most = r.least;
  if (!setting_find(s, SETTING_num_replicas)) {
    r.least = count_of(s, SETTING_autoscaling_min, 1);
    r.most = count_of(s, SETTING_autoscaling_max, r.least);
    r.least = count_of(s, SETTING_autoscaling_initial, r.least);
  }
  return r;
}

struct resource { // one that the node has
  const char *name;
  enum setting_id id; // of a deployment
  double there;
  struct span span;
  bool bytes;
};

// What one replica asks for, and where that is said.
static double asked(const struct setting *list, const struct resource *r,
                    struct span *at)
{
  const struct setting *s = setting_find(list, r->id);
  if (!s)
    return 0;
  *at = s->span;
  if (r->id != SETTING_resources_named)
    return r->bytes ? (double)s->value->i : s->value->f;
  const struct constant *m = s->value;
  for (uint32_t i = 0; i + 1 < m->n_parts; i += 2)
    if (!strcmp(m->parts[i]->text, r->name))
      return m->parts[i + 1]->f;
  return 0;
}

static const char *amount(struct checker *k, const struct resource *r, double x)
{
  char text[NUMBER_TEXT];
  if (r->bytes && x < 0x1p62)
    number_print_size(text, (int64_t)x);
  else if (x == (double)(int64_t)x)
    number_print_int(text, (int64_t)x);
  else
    number_print_float(text, x);
  return arena_copy(k->a, text, strlen(text));
}

#define EACH_BINDING(k, b)                                                     \
  for (struct app *a_ = (k)->p->apps; a_; a_ = a_->next)                       \
    for (struct binding *b = a_->bindings; b; b = b->next)

static void note_who(struct checker *k, struct diag *d,
                     const struct resource *r, bool most)
{
  enum { NAMED_MAX = 8 };
  uint32_t n = 0;
  EACH_BINDING(k, b)
  {
    struct span at;
    double one = asked(b->settings, r, &at);
    struct replicas n_of = replicas_of(b->settings);
    if (one > 0 && n++ < NAMED_MAX)
      diag_note(k->d, d, at, "`%s.%s` asks for %lld × %s", b->app->name->text,
                b->name->text, (long long)(most ? n_of.most : n_of.least),
                amount(k, r, one));
  }
}

static void check_one(struct checker *k, const struct resource *r)
{
  double least = 0, most = 0;
  EACH_BINDING(k, b)
  {
    struct span at;
    double one = asked(b->settings, r, &at);
    struct replicas n = replicas_of(b->settings);
    least += one * (double)n.least;
    most += one * (double)n.most;
  }
  bool over = least > r->there;
  if (!over && most <= r->there)
    return;
  struct diag *d = diag_report(
      k->d, over ? DIAG_over_committed : DIAG_cannot_scale, r->span,
      "there is %s of `%s`, and %s asked for%s", amount(k, r, r->there),
      r->name,
      arena_printf(k->a, over ? "%s is" : "%s would be",
                   amount(k, r, over ? least : most)),
      over ? "" : " when everything scales up");
  note_who(k, d, r, !over);
}

void resources_check(struct checker *k)
{
  static const struct {
    enum setting_id of_node, of_deployment;
  } rows[] = {{SETTING_node_cpus, SETTING_resources_cpus},
              {SETTING_node_memory, SETTING_resources_memory},
              {SETTING_node_gpus, SETTING_resources_gpus}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const struct setting *s = setting_find(k->p->node, rows[i].of_node);
    if (!s)
      continue;
    struct resource r = {setting_rows[s->id].name, rows[i].of_deployment,
                         s->value->f, s->span, false};
    r.bytes = s->value->type->kind == TYPE_size;
    if (r.bytes)
      r.there = (double)s->value->i;
    check_one(k, &r);
  }
  const struct setting *named = setting_find(k->p->node, SETTING_node_named);
  for (uint32_t i = 0; named && i + 1 < named->value->n_parts; i += 2) {
    struct resource r = {named->value->parts[i]->text, SETTING_resources_named,
                         named->value->parts[i + 1]->f, named->span, false};
    check_one(k, &r);
  }
}
