// Steps: what a node of a composition may answer.
//
// A function that says `-> step T` has a step type of its own, because what it
// responds with is found out from its body: `next` and `end_loop` hold a T,
// `respond` what all its responds have in common. Bodies are checked in any
// order, so that is known when all of them were; then steps_finish makes the
// conversions that had to wait for it.
#include "compiler/checker.h"
#include "compiler/compose.h"

#include <string.h>

const struct type *step_own(struct checker *k, const struct type *t)
{
  if (is_bad(t) || t->kind != TYPE_step)
    return t;
  return &answers_new(k, t->of)->type[0];
}

struct answers *answers_new(struct checker *k, const struct type *of)
{
  struct answers *a = NEW(k, struct answers);
  a->type = type_own_step(k->t, of);
  a->type->answers = a;
  *k->last_answers = a;
  k->last_answers = &a->next;
  return a;
}

struct core *step_new(struct checker *k, const struct type *t,
                      enum plan_step tag, struct core *value)
{
  struct core *x = core_new(k, CORE_STEP, t, value->span, 1);
  x->index = tag;
  x->args[0] = value;
  if (t->answers)
    PUSH(k, t->answers->made, t->answers->n_made, t->answers->room_made, x);
  return x;
}

// ---- next, end_loop, respond ----

static int tag_named(atom name)
{
  static const char *const names[] = {"next", "end_loop", "respond"};
  for (int i = 0; i < 3; i++)
    if (!strcmp(name->text, names[i]))
      return i;
  return -1;
}

static struct core *stray(struct body *b, struct expr *e, atom name)
{
  struct checker *k = b->k;
  struct diag *d = diag_report(
      k->d, DIAG_bad_step, e->span,
      "`%s` is what a function answers whose result is a step", name->text);
  if (b->fn->result_span.end)
    diag_note(k->d, d, b->fn->result_span, "the result is declared here");
  diag_hint(k->d, d, "write `-> step T`");
  check_args_alone(b, e->call.args);
  return core_bad(k, e->span);
}

// Whether a literal is meant as a T: an empty one, or a record of its fields.
static bool reads_as(const struct expr *e, const struct type *t)
{
  if (e->kind == EXPR_LIST)
    return !e->elements;
  if (e->kind != EXPR_RECORD || t->kind != TYPE_record)
    return e->kind == EXPR_RECORD && !e->fields;
  uint32_t n = 0, needed = 0;
  for (const struct field *f = e->fields; f; f = f->next, n++) {
    uint32_t i = 0;
    while (i < t->n_parts && t->parts[i].name != f->name.text)
      i++;
    if (i == t->n_parts)
      return false;
    needed += !t->parts[i].initial;
  }
  for (uint32_t i = 0; i < t->n_parts; i++)
    needed -= !t->parts[i].initial;
  return !needed;
}

static struct core *response(struct body *b, struct expr *e,
                             const struct type *of)
{
  struct arg *a = e->call.args;
  const struct type *guide = reads_as(a->value, of) ? of : NULL;
  struct core *x = check(b, a->value, guide);
  if (x->type == &type_never || x->type->kind != TYPE_step)
    return x;
  diag_report(b->k->d, DIAG_bad_step, a->span,
              "a step holds a value, and this is another step");
  return core_bad(b->k, a->span);
}

struct core *check_step(struct body *b, struct expr *e, atom name,
                        const struct type *want)
{
  struct checker *k = b->k;
  int tag = tag_named(name);
  if (tag < 0)
    return NULL;
  if (!want || is_bad(want) || want->kind != TYPE_step)
    return stray(b, e, name);
  struct sig_param p = {atom_of_text(&k->c->atoms, "value"), want->of, NULL,
                        NO_SPAN};
  struct sig s = {name->text, NO_SPAN, &p, 1, want, NULL};
  struct answers *a = want->answers;
  struct arg *arg = e->call.args;
  bool responds = tag == STEP_respond && a && arg && !arg->next &&
                  (!arg->name.text || arg->name.text == p.name);
  struct core *value = NULL;
  if (responds) {
    value = response(b, e, want->of);
  } else {
    struct core **args = match_args(b, &s, arg, e->span, 0);
    value = args ? args[0] : NULL;
  }
  if (!value || is_bad(value->type))
    return core_bad(k, e->span);
  if (value->type == &type_never)
    return value;
  if (tag == STEP_end_loop && a && !a->ends) {
    a->ends = true;
    a->ends_at = e->span;
  } else if (tag == STEP_respond && a && !a->responds) {
    a->responds = true;
    a->responds_at = e->span;
  }
  struct core *x = step_new(k, want, tag, value);
  x->span = e->span;
  return x;
}

// ---- values where a step is wanted ----

const struct type *want_of_step(const struct expr *e, const struct type *want)
{
  if (!want || want->kind != TYPE_step)
    return want;
  const struct expr *of = e->kind == EXPR_CALL ? e->call.of : NULL;
  bool names_it = of && of->kind == EXPR_NAME && of->name.text &&
                  tag_named(of->name.text) >= 0;
  return names_it || e->kind == EXPR_IF || e->kind == EXPR_MATCH ? want
                                                                 : want->of;
}

// A function that is a value may answer in every way.
struct answers *answers_any(struct checker *k, const struct core *x)
{
  struct answers *a = NEW(k, struct answers);
  a->ends = a->responds = true;
  a->ends_at = a->responds_at = x->span;
  a->with = x->type->of;
  return a;
}

struct core *to_step(struct body *b, struct core *x, const struct type *to)
{
  struct checker *k = b->k;
  if (x->type->kind != TYPE_step)
    return try_convert(b, &x, to->of) ? step_new(k, to, STEP_next, x) : NULL;
  if (!to->answers) // two that say the same are one type
    return NULL;
  struct core *probe = core_new(k, CORE_UNWRAP, x->type->of, x->span, 0);
  if (!try_convert(b, &probe, to->of))
    return NULL;
  struct passing *p = NEW(k, struct passing);
  p->local = local_hidden(b, x->type, x->span);
  p->from = x->type->answers ? x->type->answers : answers_any(k, x);
  p->core = core_new(k, CORE_LET, to, x->span, 2);
  p->core->local = p->local;
  p->core->args[0] = x;
  p->core->args[1] = core_bad(k, x->span); // until steps_finish
  p->next = to->answers->passings;
  to->answers->passings = p;
  return p->core;
}

// A function of steps stands for another: what they respond with is one type.
struct promise {
  struct span span;
  struct answers *to; // NULL: any that responds with what it holds
  struct promise *next;
};

static bool same_params(const struct type *x, const struct type *y)
{
  if (x->n_parts != y->n_parts)
    return false;
  for (uint32_t i = 0; i < x->n_parts; i++)
    if (x->parts[i].type != y->parts[i].type)
      return false;
  return true;
}

bool to_step_callable(struct body *b, struct core *x, const struct type *to)
{
  const struct type *from = x->type;
  bool steps = from->kind == TYPE_callable && from->of->kind == TYPE_step &&
               to->of->kind == TYPE_step && from->of->answers;
  if (!steps || from->of->of != to->of->of || !same_params(from, to))
    return false;
  struct promise *p = NEW(b->k, struct promise);
  *p = (struct promise){x->span, to->of->answers,
                        from->of->answers->promises};
  from->of->answers->promises = p;
  core_retype(b->k, x, to);
  return true;
}

// ---- after all bodies ----

static void promises_check(struct checker *k, const struct answers *a)
{
  for (const struct promise *p = a->promises; p && a->with; p = p->next) {
    if (p->to || a->with == a->type->of)
      continue;
    struct diag *d = diag_report(
        k->d, DIAG_bad_step, p->span,
        "this responds with %s, and by its type a value holds %s only",
        show(k, a->with), show(k, a->type->of));
    diag_note(k->d, d, a->responds_at, "it does so here");
  }
}

// Adds what `from` may answer; whether that is anything new.
static bool take_over(struct checker *k, struct answers *a,
                      const struct answers *from, bool no_end)
{
  bool ends = from->ends && !no_end && !a->ends;
  bool responds = from->responds && !a->responds, news = ends || responds;
  if (ends)
    a->ends_at = from->ends_at;
  if (responds)
    a->responds_at = from->responds_at;
  a->ends |= ends;
  a->responds |= responds;
  const struct type *both = a->with && from->with ? join(k, a->with, from->with)
                            : from->with          ? from->with
                                                  : a->with;
  if (!both && a->with && from->with && !a->unlike) {
    a->unlike = true;
    struct diag *d = diag_report(k->d, DIAG_bad_step, a->responds_at,
                                 "this responds with %s, and another way with "
                                 "%s",
                                 show(k, a->with), show(k, from->with));
    diag_note(k->d, d, from->responds_at, "the other way");
  }
  news |= both && both != a->with;
  if (both)
    a->with = both;
  return news;
}

static void own_responses(struct checker *k, struct answers *a)
{
  for (uint32_t i = 0; i < a->n_made; i++) {
    const struct core *x = a->made[i];
    if (x->index != STEP_respond)
      continue;
    struct answers one = {
        .responds = true, .with = x->args[0]->type, .responds_at = x->span};
    take_over(k, a, &one, false);
  }
}

// `a` stands for `to`, which may then answer as it does; its values look alike.
static bool stand_in(struct checker *k, struct answers *a, struct answers *to)
{
  bool news = take_over(k, to, a, false);
  news |= to->with != a->with && !to->unlike;
  a->with = to->with;
  return news;
}

static void spread_answers(struct checker *k)
{
  for (struct answers *a = k->answers; a; a = a->next)
    own_responses(k, a);
  for (bool news = true; news;) {
    news = false;
    for (struct answers *a = k->answers; a; a = a->next) {
      for (struct passing *p = a->passings; p; p = p->next)
        news |= take_over(k, a, p->from, p->no_end);
      for (struct promise *p = a->promises; p; p = p->next)
        news |= p->to && stand_in(k, a, p->to);
    }
  }
}

static void settle_type(struct answers *a, struct arena *arena)
{
  a->type->base = NULL;
  if (!a->with || a->with == a->type->of)
    return;
  struct type_part *part = ARENA_NEW(arena, struct type_part);
  part->type = a->with;
  a->type->parts = part;
  a->type->n_parts = 1;
}

struct core *step_payload(struct checker *k, struct local *step,
                          enum plan_step tag, struct span at)
{
  const struct type *t = step->type;
  bool other = tag == STEP_respond && t->n_parts;
  struct core *x =
      core_new(k, CORE_PAYLOAD, other ? t->parts[0].type : t->of, at, 1);
  x->index = tag;
  x->args[0] = core_local(k, step, at);
  return x;
}

struct core *step_test(struct checker *k, struct local *step,
                       enum plan_step tag, struct span at)
{
  struct core *x = core_new(k, CORE_TAG, k->integer, at, 1);
  x->args[0] = core_local(k, step, at);
  return core_prim(k, OP_eq, k->boolean, at, x, core_int(k, tag, at));
}

// The answer of another function as one of this.
static struct core *same_answer(struct body *b, const struct answers *a,
                                struct passing *p)
{
  struct checker *k = b->k;
  struct core *whole = NULL;
  for (int tag = STEP_respond; tag >= STEP_next; tag--) {
    if ((tag == STEP_end_loop && !p->from->ends) ||
        (tag == STEP_respond && !p->from->responds))
      continue;
    struct core *x = step_payload(k, p->local, tag, p->core->span);
    const struct type *t =
        tag == STEP_respond && a->with ? a->with : a->type->of;
    if (!try_convert(b, &x, t))
      return core_bad(k, p->core->span); // was reported
    x = step_new(k, a->type, tag, x);
    if (!whole) {
      whole = x;
      continue;
    }
    struct core *either = core_new(k, CORE_IF, a->type, p->core->span, 3);
    either->args[0] = step_test(k, p->local, tag, p->core->span);
    either->args[1] = x;
    either->args[2] = whole;
    whole = either;
  }
  return whole;
}

void steps_finish(struct checker *k)
{
  spread_answers(k);
  for (struct answers *a = k->answers; a; a = a->next)
    settle_type(a, k->a);
  struct fn_sym nobody = {0};
  struct body b;
  body_open(&b, k, &nobody, BODY_PLAIN);
  for (struct answers *a = k->answers; a; a = a->next) {
    uint32_t n = a->n_made; // what follows makes more, which are right
    for (uint32_t i = 0; i < n; i++)
      if (a->made[i]->index == STEP_respond && a->with)
        try_convert(&b, &a->made[i]->args[0], a->with);
    for (struct passing *p = a->passings; p; p = p->next)
      if (p->core)
        p->core->args[1] = same_answer(&b, a, p);
    promises_check(k, a);
  }
}
