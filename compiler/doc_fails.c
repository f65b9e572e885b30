// The errors that a body ends with by itself: what `fail` says in it, and in the
// functions and deployments that it calls. What a `try` catches is not among them.
#include "compiler/doc_parts.h"

#include <string.h>

enum { DEEPEST = 200 };

struct search {
  struct doc *d;
  const struct function **seen;
  size_t n_seen, room;
  struct doc_fail *fails;
  unsigned depth;
};

static void in_core(struct search *s, const struct core *c);
static void in_body(struct search *s, const struct stmt *b);

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
  struct buf text = {.arena = s->d->arena};
  const struct core *status = c->args[0];
  int64_t code = status->kind == CORE_CONST ? status->constant->i : 0;
  buf_reserve(&text, 1);
  text.data[0] = 0;
  if (c->n_args > 1)
    put_message(c->args[1], &text);
  for (const struct doc_fail *f = s->fails; f; f = f->next)
    if (f->status == code && !strcmp(f->message, text.data))
      return;
  struct doc_fail **at = &s->fails; // in the order of statuses
  while (*at && (*at)->status <= code)
    at = &(*at)->next;
  struct doc_fail *f = ARENA_NEW(s->d->arena, struct doc_fail);
  *f = (struct doc_fail){code, text.data, *at};
  *at = f;
}

static void in_function(struct search *s, const struct function *f)
{
  if (!f || s->depth >= DEEPEST)
    return;
  for (size_t i = 0; i < s->n_seen; i++)
    if (s->seen[i] == f)
      return;
  if (s->n_seen == s->room) {
    size_t room = s->room ? s->room * 2 : 16;
    s->seen = arena_grow(s->d->arena, s->seen, s->room * sizeof *s->seen,
                         room * sizeof *s->seen);
    s->room = room;
  }
  s->seen[s->n_seen++] = f;
  s->depth++;
  in_body(s, f->body);
  s->depth--;
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
    if (c->call.fallback) {
      in_core(s, c->call.fallback);
      break; // its error is not seen
    }
    in_function(s, c->call.method ? c->call.method->function : c->call.function);
    break;
  case CORE_EACH:
    in_core(s, c->each.value);
    in_core(s, c->each.test);
    in_core(s, c->each.limit);
    break;
  case CORE_CLOSURE:
    in_function(s, c->closure.method ? c->closure.method->function
                                     : c->closure.function);
    break;
  default:
    break;
  }
}

static void in_body(struct search *s, const struct stmt *b)
{
  for (; b; b = b->next) {
    in_core(s, b->value);
    in_core(s, b->left);
    in_core(s, b->right);
    if (b->kind != STMT_TRY)
      in_body(s, b->body);
    in_body(s, b->otherwise);
  }
}

struct doc_fail *doc_fails(struct doc *d, const struct function *f)
{
  struct search s = {.d = d};
  in_function(&s, f);
  return s.fails;
}
