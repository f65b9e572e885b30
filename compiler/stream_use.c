// Streams that are read twice, found by walking each body along its ways.
//
// Any mention of a stream's name is its use: iterating over it, passing it on,
// returning it. What was used on one way only counts where the ways meet. A
// loop uses what lies outside of it in every round, unless it is left.
#include "compiler/checker.h"

#include <string.h>

struct way {  // what was used on the way to a place
  bool *used; // by local
  bool ends;  // the place is never reached
};

struct round {          // of the innermost loop
  struct way next, out; // where rounds end, where the loop is left
};

struct uses {
  struct checker *k;
  const struct function *f;
  uint32_t n;         // locals
  struct span *first; // where each was used
  uint32_t *bound;    // how many loops are around where each gets its value
  bool *told;
  uint32_t depth; // of loops
  struct round *round;
};

static void use_core(struct uses *u, struct way *w, const struct core *e);
static void use_stmts(struct uses *u, struct way *w, const struct stmt *s);

// ---- ways ----

static struct way way_copy(struct uses *u, const struct way *w)
{
  struct way c = {ARENA_ARRAY(u->k->a, u->n, bool), w->ends};
  memcpy(c.used, w->used, u->n);
  return c;
}

static void way_join(struct uses *u, struct way *w, const struct way *other)
{
  if (other->ends)
    return;
  for (uint32_t i = 0; i < u->n; i++)
    w->used[i] = other->used[i] || (w->used[i] && !w->ends);
  w->ends = false;
}

// ---- uses ----

static void report(struct uses *u, const struct local *l, struct span at,
                   bool round)
{
  struct checker *k = u->k;
  if (u->told[l->index])
    return;
  u->told[l->index] = true;
  const char *name = l->name ? l->name->text : "the stream";
  struct diag *d =
      diag_report(k->d, DIAG_stream_twice, at,
                  round ? "`%s` is read again in every round"
                        : "`%s` has been read, and its pieces are gone",
                  name);
  if (!round)
    diag_note(k->d, d, u->first[l->index], "it is read here");
  else
    diag_note(k->d, d, l->span, "it is one stream for all rounds");
  diag_hint(k->d, d, "collect it before: `let all = [x for x in %s]`", name);
}

static void use_local(struct uses *u, struct way *w, const struct local *l,
                      struct span at)
{
  if (l->type->kind != TYPE_stream || is_bad(l->type) || w->ends)
    return;
  if (w->used[l->index])
    report(u, l, at, false);
  else
    u->first[l->index] = at;
  w->used[l->index] = true;
}

static void bind(struct uses *u, struct way *w, const struct local *l)
{
  if (!l)
    return;
  w->used[l->index] = false;
  u->bound[l->index] = u->depth;
}

// What stands outside of a loop was used in a round that others follow.
static void close_round(struct uses *u, const struct way *before,
                        const struct way *after)
{
  u->depth--;
  for (uint32_t i = 0; i < u->n && !after->ends; i++)
    if (after->used[i] && !before->used[i] && u->bound[i] <= u->depth)
      report(u, u->f->locals[i], u->first[i], true);
}

// ---- expressions ----

static void use_choice(struct uses *u, struct way *w, const struct core *e)
{
  use_core(u, w, e->args[0]);
  struct way other = way_copy(u, w);
  use_core(u, w, e->args[1]);
  if (e->kind == CORE_IF)
    use_core(u, &other, e->args[2]);
  way_join(u, w, &other);
}

static void use_each(struct uses *u, struct way *w, const struct core *e)
{
  use_core(u, w, e->args[0]);
  if (e->each.limit)
    use_core(u, w, e->each.limit);
  struct way before = way_copy(u, w);
  u->depth++;
  bind(u, w, e->each.item);
  bind(u, w, e->each.second);
  if (e->each.test)
    use_core(u, w, e->each.test);
  use_core(u, w, e->each.value);
  close_round(u, &before, w);
}

static void use_core(struct uses *u, struct way *w, const struct core *e)
{
  switch (e->kind) {
  case CORE_LOCAL:
    use_local(u, w, e->local, e->span);
    break;
  case CORE_AND:
  case CORE_OR:
  case CORE_IF:
    use_choice(u, w, e);
    break;
  case CORE_EACH:
    use_each(u, w, e);
    break;
  case CORE_LET:
    use_core(u, w, e->args[0]);
    bind(u, w, e->local);
    use_core(u, w, e->args[1]);
    break;
  default:
    for (uint32_t i = 0; i < e->n_args; i++)
      use_core(u, w, e->args[i]);
    w->ends |= e->kind == CORE_FAIL;
  }
}

// ---- statements ----

static void use_if(struct uses *u, struct way *w, const struct stmt *s)
{
  struct way other = way_copy(u, w);
  use_stmts(u, w, s->body);
  use_stmts(u, &other, s->otherwise);
  way_join(u, w, &other);
}

// A `for` has its item, a `while` its condition in each round.
static void use_loop(struct uses *u, struct way *w, const struct stmt *s)
{
  struct round round = {way_copy(u, w), way_copy(u, w)}, *up = u->round;
  struct way before = way_copy(u, w);
  round.next.ends = true;
  u->round = &round;
  u->depth++;
  bind(u, w, s->local);
  bind(u, w, s->second);
  if (s->kind == STMT_WHILE)
    use_core(u, w, s->value);
  use_stmts(u, w, s->body);
  way_join(u, w, &round.next);
  u->round = up;
  close_round(u, &before, w);
  way_join(u, w, &round.out);
}

// What its handler finds may have been used or not: it is not blamed.
static void use_try(struct uses *u, struct way *w, const struct stmt *s)
{
  struct way other = way_copy(u, w);
  use_stmts(u, w, s->body);
  use_stmts(u, &other, s->otherwise);
  way_join(u, w, &other);
}

static void leave_round(struct uses *u, struct way *w, bool next)
{
  if (u->round)
    way_join(u, next ? &u->round->next : &u->round->out, w);
  w->ends = true;
}

static void use_stmt(struct uses *u, struct way *w, const struct stmt *s)
{
  if (s->value && s->kind != STMT_WHILE)
    use_core(u, w, s->value);
  switch (s->kind) {
  case STMT_LET:
  case STMT_ASSIGN:
    bind(u, w, s->local);
    break;
  case STMT_IF:
    use_if(u, w, s);
    break;
  case STMT_FOR:
  case STMT_WHILE:
    use_loop(u, w, s);
    break;
  case STMT_TRY:
    use_try(u, w, s);
    break;
  case STMT_BREAK:
  case STMT_CONTINUE:
    leave_round(u, w, s->kind == STMT_CONTINUE);
    break;
  case STMT_RETURN:
    w->ends = true;
    break;
  default:
    break;
  }
}

static void use_stmts(struct uses *u, struct way *w, const struct stmt *s)
{
  for (; s; s = s->next)
    use_stmt(u, w, s);
}

static bool has_streams(const struct function *f)
{
  for (uint32_t i = 0; i < f->n_locals; i++)
    if (f->locals[i]->type->kind == TYPE_stream && !is_bad(f->locals[i]->type))
      return true;
  return false;
}

void stream_uses_check(struct checker *k)
{
  for (uint32_t i = 0; i < k->n_fns; i++) {
    const struct function *f = &k->fns[i]->f;
    if (!has_streams(f))
      continue;
    struct uses u = {.k = k, .f = f, .n = f->n_locals};
    u.first = ARENA_ARRAY(k->a, u.n, struct span);
    u.bound = ARENA_ARRAY(k->a, u.n, uint32_t);
    u.told = ARENA_ARRAY(k->a, u.n, bool);
    struct way w = {ARENA_ARRAY(k->a, u.n, bool), false};
    use_stmts(&u, &w, f->body);
  }
}
