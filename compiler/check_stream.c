// Streams: `yield`, and where streams may stand. What is read twice is found
// when a body is whole (stream_use.c).
#include "compiler/checker.h"

// ---- which bodies yield ----

static bool block_yields(const struct block *b);

static bool item_yields(const struct item *i)
{
  switch (i->kind) {
  case ITEM_YIELD:
    return true;
  case ITEM_IF:
    for (const struct branch *n = i->choice.branches; n; n = n->next)
      if (block_yields(n->body))
        return true;
    return block_yields(i->choice.otherwise);
  case ITEM_MATCH:
    for (const struct arm *a = i->match.arms; a; a = a->next)
      if (block_yields(a->body))
        return true;
    return false;
  case ITEM_FOR:
  case ITEM_WHILE:
    return block_yields(i->loop.body);
  case ITEM_TRY:
    return block_yields(i->attempt.body) || block_yields(i->attempt.otherwise);
  default:
    return false;
  }
}

static bool block_yields(const struct block *b)
{
  for (const struct item *i = b ? b->items : NULL; i; i = i->next)
    if (item_yields(i))
      return true;
  return false;
}

// Whether the result of the body is the stream of what it yields. One without a
// declared result finds its type out, if it is a route's.
bool body_yields(const struct body *b, const struct callable *c)
{
  if (!block_yields(c->body) || b->kind == BODY_GRAPH || b->kind == BODY_TEST)
    return false;
  if (!b->result)
    return b->kind == BODY_ROUTE && !b->outer;
  return b->result->kind == TYPE_stream || is_bad(b->result);
}

// ---- yield ----

static void report_outside(struct body *b, struct span at)
{
  struct checker *k = b->k;
  const char *where = b->kind == BODY_TEST    ? "a test gives no pieces"
                      : b->kind == BODY_GRAPH ? "a graph has no order in which "
                                                "it could give pieces"
                                              : NULL;
  struct diag *d =
      where || !b->result
          ? diag_report(k->d, DIAG_yield_outside, at, "%s",
                        where ? where : "no stream is made here")
          : diag_report(k->d, DIAG_yield_outside, at,
                        "`yield` gives a piece of a stream, and the result "
                        "here is %s",
                        show(k, b->result));
  if (b->fn->result_span.end && b->kind != BODY_TEST)
    diag_note(k->d, d, b->fn->result_span, "the result is declared here");
  if (b->kind == BODY_GRAPH)
    diag_hint(k->d, d,
              "let a `fn` yield them, and return its stream from the graph");
  else if (b->kind != BODY_TEST)
    diag_hint(k->d, d, "a function that yields has the result `stream T`");
}

void check_yield(struct body *b, struct item *i, struct stmt ***end)
{
  struct checker *k = b->k;
  struct expr *e = i->effect.value;
  struct stmt *s = stmt_new(b, STMT_YIELD, i->span);
  bool typed = b->result && b->result->kind == TYPE_stream;
  struct blame why = {0, "the stream", b->fn->result_span,
                      b->fn->result_span.end > 0};
  if (!b->yields && !b->wrong_yield)
    report_outside(b, i->span);
  b->wrong_yield |= !b->yields;
  s->value = check_as(b, e, typed && b->yields ? b->result->of : NULL, &why);
  if (b->yields && !b->result) {
    type_no_stream(k, s->value->type, e->span, "a piece of a stream");
    PUSH(k, b->returns, b->n_returns, b->room_returns, s);
  }
  stmt_add(end, s);
}

void report_yielder_returns(struct body *b, const struct item *i)
{
  struct checker *k = b->k;
  struct diag *d = diag_report(k->d, DIAG_stream_return, i->span,
                               "the pieces of this stream are yielded");
  if (b->fn->result_span.end)
    diag_note(k->d, d, b->fn->result_span, "the result is declared here");
  diag_hint(k->d, d, "`return` alone ends the stream");
}

// ---- where they may stand ----

bool type_no_stream(struct checker *k, const struct type *t, struct span at,
                    const char *what)
{
  if (is_bad(t) || !type_has_stream(k, t))
    return true;
  struct diag *d =
      diag_report(k->d, DIAG_stream_kept, at, "%s cannot hold a stream", what);
  diag_hint(k->d, d, "collect it: `[x for x in s]`");
  return false;
}

// Whether the pieces can be answered: as text, octets or JSON.
bool stream_answers(struct checker *k, const struct type *t)
{
  return t->kind == TYPE_stream &&
         (t->of->kind == TYPE_bytes || type_has_json(k, t->of));
}

// What a route answers when some ways give a stream and others a value: the one
// that is there (grammar/plan/plan.h, PLAN_ROUTE).
const struct type *stream_or_value(struct checker *k, const struct type *stream,
                                   const struct type *value)
{
  struct type_part parts[2] = {
      {.type = type_of(k->t, TYPE_optional, stream)},
      {.type = type_of(k->t, TYPE_optional, value)},
  };
  return type_parts(k->t, TYPE_tuple, parts, 2);
}

struct core *core_stream_or_value(struct body *b, struct core *x,
                                  const struct type *either)
{
  struct checker *k = b->k;
  bool stream = x->type->kind == TYPE_stream;
  struct core *both = core_new(k, CORE_TUPLE, either, x->span, 2);
  for (uint32_t i = 0; i < 2; i++) {
    both->args[i] = core_const(k, const_new(k, k->none), x->span);
    if (i == !stream)
      both->args[i] = x;
    try_convert(b, &both->args[i], either->parts[i].type);
  }
  return both;
}
