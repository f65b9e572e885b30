// Secrets: what is compared with one, and what only the machine knows, which is
// asked for before anything is served.
#include "compiler/checker.h"

#include <string.h>

struct side { // of a comparison
  struct core *value;
  struct local *local;
};

static bool is_secret(const struct type *t)
{
  return !is_bad(t) && without_none(t)->kind == TYPE_secret;
}

static bool is_text(const struct type *t)
{
  enum type_kind kind = without_none(t)->kind;
  return kind == TYPE_str || kind == TYPE_enum || kind == TYPE_markdown;
}

static struct core *text_of(struct body *b, const struct side *s)
{
  struct core *x = core_local(b->k, s->local, s->value->span);
  if (s->local->type->kind != TYPE_optional)
    return x;
  struct core *there =
      core_new(b->k, CORE_UNWRAP, s->local->type->of, x->span, 1);
  there->args[0] = x;
  return there;
}

// False where the side is none: that equals no secret.
static struct core *unless_none(struct body *b, const struct side *s,
                                struct core *same)
{
  struct checker *k = b->k;
  if (s->local->type->kind != TYPE_optional)
    return same;
  struct core *is = core_new(k, CORE_IS_NONE, k->boolean, same->span, 1);
  is->args[0] = core_local(k, s->local, s->value->span);
  struct core *either = core_new(k, CORE_IF, k->boolean, same->span, 3);
  either->args[0] = is;
  either->args[1] = core_const(k, const_int(k, k->boolean, 0), same->span);
  either->args[2] = same;
  return either;
}

struct core *compare_secret(struct body *b, struct expr *e, struct core *x,
                            struct core *y)
{
  struct checker *k = b->k;
  bool both = is_secret(x->type) && is_secret(y->type);
  if (!both && !(is_secret(x->type) && is_text(y->type)) &&
      !(is_text(x->type) && is_secret(y->type)))
    return NULL;
  struct side sides[2] = {{x, local_hidden(b, x->type, x->span)},
                          {y, local_hidden(b, y->type, y->span)}};
  bool turned = !is_secret(x->type);
  struct core *same = core_operator(
      k, both ? OPERATOR_hash_equal_secrets : OPERATOR_hash_equal_secret,
      k->boolean, e->span, 2);
  same->args[0] = text_of(b, &sides[turned]);
  same->args[1] = text_of(b, &sides[!turned]);
  same = unless_none(b, &sides[0], unless_none(b, &sides[1], same));
  if (e->op == OP_NE)
    same = core_prim(k, OP_not, k->boolean, e->span, same, NULL);
  return core_let(k, sides[0].local, x, core_let(k, sides[1].local, y, same));
}

void hint_secret(struct body *b, struct diag *d, const struct type *t,
                 const struct type *want)
{
  if (is_secret(t))
    diag_hint(b->k->d, d,
              "a secret is never shown: it is compared, passed on and hashed");
  else if (want && want->kind == TYPE_secret && is_text(t))
    diag_hint(b->k->d, d, "`secret(\"NAME\")` reads one from the environment");
}

void note_need(struct body *b, const struct signature *s, struct core **args,
               struct span at)
{
  struct checker *k = b->k;
  if (s->id != OPERATOR_env_needed && s->id != OPERATOR_secret_needed)
    return;
  if (args[0]->kind != CORE_CONST) {
    struct diag *d = diag_report(
        k->d, DIAG_not_constant, args[0]->span,
        "the name must be written out: what is missing is told at the start");
    diag_hint(k->d, d, "with a default it may be any: `%s(name, \"\")`",
              s->name);
    return;
  }
  const struct constant *name = args[0]->constant;
  if (!name->size || memchr(name->text, 0, name->size) ||
      memchr(name->text, '=', name->size)) {
    diag_report(k->d, DIAG_wrong_type, args[0]->span,
                "no environment variable has this name");
    return;
  }
  const struct body *outer = b;
  while (outer->outer)
    outer = outer->outer;
  if (outer->kind == BODY_TEST)
    return;
  struct need *need = NEW(k, struct need);
  *need = (struct need){name, s->id == OPERATOR_secret_needed, at, k->p->needs};
  k->p->needs = need;
}
