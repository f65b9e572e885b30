// How many replicas and calls a binding has, once all of its settings are
// known: whether they fit each other, and what follows where nothing is said.
#include "compiler/checker.h"

#include <math.h>
#include <string.h>

// ---- replicas ----

struct told { // settings of a class stand in each of its bindings
  struct checker *k;
  struct span *at;
  uint32_t n, room;
};

static bool is_told(struct told *t, struct span at)
{
  for (uint32_t i = 0; i < t->n; i++)
    if (t->at[i].file == at.file && t->at[i].start == at.start)
      return true;
  PUSH(t->k, t->at, t->n, t->room, at);
  return false;
}

static void report_bound(struct told *t, const struct setting *s,
                         const char *what, const struct setting *bound,
                         int64_t value)
{
  if (is_told(t, s->span))
    return;
  struct diag *d = diag_report(
      t->k->d, DIAG_setting_conflict, s->span, "`%s` is %s, which is %lld",
      strchr(setting_rows[s->id].name, '.') + 1, what, (long long)value);
  if (bound)
    diag_note(t->k->d, d, bound->span, "it is set here");
}

static void check_replicas(struct told *t, const struct setting *list)
{
  const struct setting *low = setting_find(list, SETTING_autoscaling_min);
  const struct setting *high = setting_find(list, SETTING_autoscaling_max);
  const struct setting *first = setting_find(list, SETTING_autoscaling_initial);
  int64_t least = setting_number(list, SETTING_autoscaling_min);
  int64_t most = setting_number(list, SETTING_autoscaling_max);
  if (low && least > most)
    report_bound(t, low, "above `max_replicas`", high, most);
  if (first && first->value->i > most)
    report_bound(t, first, "above `max_replicas`", high, most);
  else if (first && first->value->i < least)
    report_bound(t, first, "below `min_replicas`", low, least);
}

// ---- health ----

static bool has_check(const struct class *c)
{
  for (const struct method *m = c->methods; m; m = m->next)
    if (is_check(m->name))
      return true;
  return false;
}

// How many starts may fail counts where replicas come and go, too.
static const struct setting *set_of_health(const struct setting *list)
{
  bool scales = settings_scale(list);
  for (; list; list = list->next)
    if (!strncmp(setting_rows[list->id].name, "health.", 7) &&
        list->id != SETTING_health_start &&
        (list->id != SETTING_health_failures || !scales))
      return list;
  return NULL;
}

// Bodies in other languages are processes, which can be asked.
static void check_health(struct told *t, const struct bind_sym *s)
{
  const struct setting *set = set_of_health(s->b.settings);
  const struct item *i = s->class->item;
  bool other = i && i->kind == ITEM_DEPLOYMENT && i->deployment.on.text;
  if (!set || other || has_check(&s->class->c) ||
      setting_find(s->b.settings, SETTING_health_progress) ||
      is_told(t, set->span))
    return;
  struct diag *d =
      diag_report(t->k->d, DIAG_nothing_to_check, set->span,
                  "`health` is set, and nothing of `%s` is checked",
                  s->class->c.name->text);
  diag_hint(t->k->d, d,
            s->class->c.kind == CLASS_function
                ? "set `progress`: a function is not asked"
                : "give it `fn check_health() { … }`, or set `progress`");
}

// ---- calls at a time ----

static int64_t doubled(double x)
{
  double n = ceil(2 * x);
  return n < INT32_MAX ? (int64_t)n : INT32_MAX;
}

struct ongoing { // so many calls of a replica are wanted, and why
  int64_t n;
  struct span at;
};

static void want(struct ongoing *o, double full, struct span at)
{
  if (doubled(full) > o->n)
    *o = (struct ongoing){doubled(full), at};
}

// Twice what keeps every batch full, and twice what a replica should have, so
// that the next ones are there already.
static struct ongoing wants_ongoing(const struct binding *b)
{
  struct ongoing o = {setting_default(SETTING_max_ongoing_requests), b->span};
  const struct setting *target =
      setting_find(b->settings, SETTING_autoscaling_target);
  for (const struct method *m = b->class->methods; m; m = m->next)
    if (m->batch)
      want(
          &o,
          (double)setting_number(m->settings, SETTING_batch_max_size) *
              (double)setting_number(m->settings, SETTING_batch_max_concurrent),
          m->span);
  if (target)
    want(&o, target->value->f, target->span);
  return o;
}

static bool has_batch(const struct class *c)
{
  for (const struct method *m = c->methods; m; m = m->next)
    if (m->batch)
      return true;
  return false;
}

static void settle_ongoing(struct checker *k, struct binding *b)
{
  if ((!has_batch(b->class) && !settings_scale(b->settings)) ||
      setting_find(b->settings, SETTING_max_ongoing_requests))
    return;
  struct ongoing o = wants_ongoing(b);
  struct setting *s = NEW(k, struct setting);
  *s = (struct setting){SETTING_max_ongoing_requests,
                        const_int(k, k->integer, o.n), ORIGIN_compiler, o.at,
                        NULL};
  b->settings = settings_merge(k, b->settings, s);
}

void replicas_settle(struct checker *k)
{
  struct told t = {.k = k};
  for (uint32_t i = 0; i < k->n_binds; i++)
    if (settings_scale(k->binds[i]->b.settings))
      check_replicas(&t, k->binds[i]->b.settings);
  for (uint32_t i = 0; i < k->n_binds; i++)
    check_health(&t, k->binds[i]);
  for (uint32_t i = 0; i < k->n_binds; i++)
    settle_ongoing(k, &k->binds[i]->b);
}
