// Functions that never end: whatever comes, each calls itself before it has a
// result, directly or through others of which the same is true.
//
// What is looked at is what a body computes on every way through it. Where a
// way may leave before (a `return` in a branch, a `fail`, an error that is
// caught, a step), what stands behind counts no more.
#include "compiler/checker.h"

struct always { // what a function calls whatever comes, and who calls it so
  uint32_t *of, n, room;
  uint32_t *by, n_by, room_by;
  uint32_t out; // of `of`, those that are not known to end
  bool left;    // the rest of the body may not be reached
  uint32_t seen;
};

struct endless {
  struct checker *k;
  struct always *all; // by function
  uint32_t at;        // the one that is looked at
};

static void add_call(struct endless *s, const struct core_call *c)
{
  const struct fn_sym *to = NULL;
  if (c->kind == SITE_function)
    to = (const struct fn_sym *)c->function;
  else if (c->kind == SITE_method)
    to = (const struct fn_sym *)c->method->function;
  if (!to || c->fallback)
    return;
  struct always *from = &s->all[s->at], *called = &s->all[to->number];
  PUSH(s->k, from->of, from->n, from->room, to->number);
  PUSH(s->k, called->by, called->n_by, called->room_by, s->at);
  from->out++;
}

// How many of the arguments are computed whatever the others say.
static uint32_t surely(const struct core *e)
{
  bool first = e->kind == CORE_AND || e->kind == CORE_OR || e->kind == CORE_IF;
  return first || e->kind == CORE_EACH ? 1 : e->n_args;
}

static bool ends_here(const struct core *e)
{
  if (e->kind == CORE_FAIL || e->kind == CORE_PASS)
    return true;
  for (uint32_t i = 0; i < e->n_args; i++)
    if (ends_here(e->args[i]))
      return true;
  return e->kind == CORE_EACH && ends_here(e->each.value);
}

static void look(struct endless *s, const struct core *e)
{
  struct always *a = &s->all[s->at];
  for (uint32_t i = 0; i < e->n_args && i < surely(e) && !a->left; i++)
    look(s, e->args[i]);
  a->left |= surely(e) < e->n_args || e->kind == CORE_EACH
                 ? ends_here(e)
                 : e->kind == CORE_FAIL || e->kind == CORE_PASS;
  if (e->kind == CORE_CALL && !a->left)
    add_call(s, &e->call);
}

static bool may_leave(const struct stmt *s)
{
  for (; s; s = s->next)
    if (s->kind == STMT_RETURN || s->kind == STMT_BREAK ||
        s->kind == STMT_CONTINUE || (s->value && ends_here(s->value)) ||
        may_leave(s->body) || may_leave(s->otherwise))
      return true;
  return false;
}

// A loop may go round no time; a try's error is caught, so nothing behind it is
// sure.
static void look_at_all(struct endless *s, const struct stmt *b)
{
  struct always *a = &s->all[s->at];
  for (; b && !a->left; b = b->next) {
    if (b->kind == STMT_TRY || b->kind == STMT_STUB) {
      a->left = true;
      return;
    }
    if (b->value && b->kind != STMT_SPAWN)
      look(s, b->value);
    a->left |=
        b->kind == STMT_RETURN || may_leave(b->body) || may_leave(b->otherwise);
  }
}

// Who calls only what ends, ends.
static void settle(struct endless *s)
{
  uint32_t *work = NULL, n = 0, room = 0;
  for (uint32_t i = 0; i < s->k->n_fns; i++)
    if (!s->all[i].out)
      PUSH(s->k, work, n, room, i);
  while (n) {
    const struct always *a = &s->all[work[--n]];
    for (uint32_t i = 0; i < a->n_by; i++)
      if (!--s->all[a->by[i]].out)
        PUSH(s->k, work, n, room, a->by[i]);
  }
}

// Whether one way of calls leads from it back to it.
static bool comes_back(struct endless *s, uint32_t to)
{
  uint32_t *work = NULL, n = 0, room = 0;
  PUSH(s->k, work, n, room, to);
  while (n) {
    const struct always *a = &s->all[work[--n]];
    for (uint32_t i = 0; i < a->n; i++) {
      struct always *next = &s->all[a->of[i]];
      if (a->of[i] == to)
        return true;
      if (!next->out || next->seen == to + 1)
        continue;
      next->seen = to + 1;
      PUSH(s->k, work, n, room, a->of[i]);
    }
  }
  return false;
}

void endless_check(struct checker *k)
{
  struct endless s = {k, ARENA_ARRAY(k->a, k->n_fns + 1, struct always), 0};
  for (; s.at < k->n_fns; s.at++)
    if (!k->fns[s.at]->f.yields)
      look_at_all(&s, k->fns[s.at]->f.body);
  settle(&s);
  for (uint32_t i = 0; i < k->n_fns; i++) {
    if (!s.all[i].out || !comes_back(&s, i))
      continue;
    struct diag *d = diag_report(
        k->d, DIAG_never_ends, k->fns[i]->f.span,
        "`%s` calls itself again on every way through it", k->fns[i]->sig.name);
    diag_hint(k->d, d, "let one way give a value: `if … then … else …`");
  }
}
