// Enters: core. Leaves: of each function what it may fail with.
//
// Every function is read once: what it fails with by itself, and whom it calls.
// Then failures travel from the called to their callers, until nobody learns
// anything new.
#include "compiler/outcomes.h"

#include "grammar/base/buf.h"

#include <string.h>

struct caller {
  struct failing *of;
  struct caller *next;
};
struct failing { // what is known of one function
  struct function *f;
  uint32_t n;
  struct caller *callers;
  bool waiting; // its callers have not heard yet
  struct failing *next;
};

struct search {
  struct arena *a;
  struct failing *waiting;
  struct failing *here; // whose body is read
};

static void in_core(struct search *s, const struct core *c);
static void in_body(struct search *s, const struct stmt *b);

// ---- what is found ----

static struct outcome *place_of(struct outcome **list, int64_t status,
                                const char *message, struct outcome ***place)
{
  for (; *list && (*list)->status <= status; list = &(*list)->next)
    if ((*list)->status == status && !strcmp((*list)->message, message))
      return *list;
  *place = list;
  return NULL;
}

static bool insert(struct arena *a, struct outcome **list, int64_t status,
                   const char *message)
{
  struct outcome **at;
  if (place_of(list, status, message, &at))
    return false;
  struct outcome *o = ARENA_NEW(a, struct outcome);
  *o = (struct outcome){status, message, *at};
  *at = o;
  return true;
}

static void learn(struct search *s, struct failing *x, int64_t status,
                  const char *message)
{
  if (x->n == OUTCOMES || !insert(s->a, &x->f->fails, status, message))
    return;
  x->n++;
  if (x->waiting)
    return;
  x->waiting = true;
  x->next = s->waiting;
  s->waiting = x;
}

// A message as it is written, with `…` where a value stands.
static void put_message(const struct core *c, struct buf *out)
{
  if (c->kind == CORE_CONST && c->constant->text)
    buf_add(out, c->constant->text, c->constant->size);
  else if (c->kind == CORE_CONCAT)
    for (uint32_t i = 0; i < c->n_args; i++)
      put_message(c->args[i], out);
  else
    buf_adds(out, "…");
}

static void found(struct search *s, const struct core *c)
{
  struct buf text = {.arena = s->a};
  const struct core *status = c->args[0];
  buf_reserve(&text, 1);
  text.data[0] = 0;
  if (c->n_args > 1)
    put_message(c->args[1], &text);
  learn(s, s->here, status->kind == CORE_CONST ? status->constant->i : 0,
        text.data);
}

// ---- reading bodies ----

static void calls(struct search *s, const struct function *f)
{
  struct failing *x = f ? f->failing : NULL;
  if (!x || (x->callers && x->callers->of == s->here))
    return;
  struct caller *c = ARENA_NEW(s->a, struct caller);
  *c = (struct caller){s->here, x->callers};
  x->callers = c;
}

static void in_core(struct search *s, const struct core *c)
{
  if (!c)
    return;
  for (uint32_t i = 0; i < c->n_args; i++)
    in_core(s, c->args[i]);
  switch (c->kind) {
  case CORE_FAIL:
    found(s, c);
    break;
  case CORE_CALL:
    in_core(s, c->call.fallback);
    if (!c->call.fallback)
      calls(s, c->call.method ? c->call.method->function : c->call.function);
    break;
  case CORE_EACH:
    in_core(s, c->each.value);
    in_core(s, c->each.test);
    in_core(s, c->each.limit);
    break;
  case CORE_BATCH:
  case CORE_MODEL:
  case CORE_CLOSURE:
    calls(s, c->closure.method ? c->closure.method->function
                               : c->closure.function);
    break;
  default:
    break;
  }
}

static void in_spawned(struct search *s, const struct core *call)
{
  for (uint32_t i = 0; i < call->n_args; i++)
    in_core(s, call->args[i]);
}

static void in_body(struct search *s, const struct stmt *b)
{
  for (; b; b = b->next) {
    if (b->kind == STMT_SPAWN)
      in_spawned(s, b->value);
    else
      in_core(s, b->value);
    in_core(s, b->left);
    in_core(s, b->right);
    if (b->kind != STMT_TRY)
      in_body(s, b->body);
    in_body(s, b->otherwise);
  }
}

// ---- the whole ----

static void tell(struct search *s, struct failing *x)
{
  for (const struct caller *c = x->callers; c; c = c->next)
    for (const struct outcome *o = x->f->fails; o; o = o->next)
      learn(s, c->of, o->status, o->message);
}

void outcomes_find(struct arena *a, const struct program *p)
{
  struct search s = {.a = a};
  for (struct function *f = p->functions; f; f = f->next) {
    f->fails = NULL;
    f->failing = ARENA_NEW(a, struct failing);
    *f->failing = (struct failing){.f = f};
  }
  for (struct function *f = p->functions; f; f = f->next) {
    s.here = f->failing;
    in_body(&s, f->body);
  }
  while (s.waiting) {
    struct failing *x = s.waiting;
    s.waiting = x->next;
    x->waiting = false;
    tell(&s, x);
  }
}

// ---- what is answered ----

static void replies(struct arena *a, const struct stmt *b,
                    struct outcome **list)
{
  for (; b; b = b->next) {
    if (b->kind == STMT_RETURN) {
      const struct core *c = b->reply ? b->reply->status : NULL;
      insert(a, list,
             !c                      ? 200
             : c->kind == CORE_CONST ? c->constant->i
                                     : 0,
             "");
    }
    replies(a, b->body, list);
    replies(a, b->otherwise, list);
  }
}

struct outcome *outcomes_replies(struct arena *a, const struct stmt *body)
{
  struct outcome *list = NULL;
  replies(a, body, &list);
  return list;
}
