// Operators of expressions: arithmetic, comparison, `in`, `??`.
#include "compiler/checker.h"

#include <math.h>

static bool is_text(const struct type *t)
{
  return t->kind == TYPE_str || t->kind == TYPE_enum ||
         t->kind == TYPE_markdown;
}

static struct core *bad_operands(struct body *b, enum expr_op op,
                                 struct span at, struct core *x, struct core *y)
{
  struct checker *k = b->k;
  if (is_bad(x->type) || is_bad(y->type))
    return core_bad(k, at);
  if (x->type->kind == TYPE_optional || y->type->kind == TYPE_optional) {
    const struct core *none = x->type->kind == TYPE_optional ? x : y;
    struct diag *d = diag_report(k->d, DIAG_may_be_none, none->span,
                                 "this %s may be none", show(k, none->type));
    hint_none(b, d, none);
    return core_bad(k, at);
  }
  struct diag *d =
      diag_report(k->d, DIAG_bad_operands, at, "`%s` does not take %s and %s",
                  expr_op_text(op), show(k, x->type), show(k, y->type));
  diag_note(k->d, d, x->span, "%s", show(k, x->type));
  diag_note(k->d, d, y->span, "%s", show(k, y->type));
  hint_secret(b, d, x->type, NULL);
  hint_secret(b, d, y->type, NULL);
  if (op == OP_ADD && is_text(x->type) && type_has_text(k, y->type))
    diag_hint(k->d, d, "values are put into a text by holes: `\"... {x}\"`");
  return core_bad(k, at);
}

// ---- constants ----

static int64_t floor_div(int64_t x, int64_t y)
{
  int64_t q = x / y;
  return q - ((x % y != 0) && ((x < 0) != (y < 0)));
}

static bool fold_int(enum expr_op op, int64_t x, int64_t y, int64_t *out)
{
  switch (op) {
  case OP_ADD:
    return !__builtin_add_overflow(x, y, out);
  case OP_SUB:
    return !__builtin_sub_overflow(x, y, out);
  case OP_MUL:
    return !__builtin_mul_overflow(x, y, out);
  case OP_INT_DIV:
    if (x == INT64_MIN && y == -1)
      return false;
    *out = floor_div(x, y);
    return true;
  default:
    *out = y == -1 ? 0 : x - y * floor_div(x, y);
    return true;
  }
}

static double fold_float(enum expr_op op, double x, double y)
{
  switch (op) {
  case OP_ADD:
    return x + y;
  case OP_SUB:
    return x - y;
  case OP_MUL:
    return x * y;
  default:
    return x / y;
  }
}

// x op y of constants of one type; NULL when they are none. Reports overflow.
static struct core *fold(struct body *b, enum expr_op op, struct span at,
                         struct core *x, struct core *y)
{
  struct checker *k = b->k;
  bool divides = op == OP_DIV || op == OP_INT_DIV || op == OP_MOD;
  if (y->kind != CORE_CONST)
    return NULL;
  bool real = y->type->kind == TYPE_float;
  if (divides && (real ? y->constant->f == 0 : y->constant->i == 0)) {
    diag_report(k->d, DIAG_division_by_zero, at, NULL);
    return core_bad(k, at);
  }
  if (x->kind != CORE_CONST)
    return NULL;
  struct constant *c = const_new(k, x->type);
  if (real) {
    c->f = fold_float(op, x->constant->f, y->constant->f);
    return isfinite(c->f) ? core_const(k, c, at) : NULL;
  }
  if (!fold_int(op, x->constant->i, y->constant->i, &c->i)) {
    diag_report(k->d, DIAG_int_overflow, at,
                "the result does not fit in 64 bits");
    return core_bad(k, at);
  }
  return core_const(k, c, at);
}

// ---- arithmetic ----

static enum opcode opcode_of(enum expr_op op, enum type_kind kind)
{
  static const enum opcode whole[OP_COUNT] = {[OP_ADD] = OP_add_i,
                                              [OP_SUB] = OP_sub_i,
                                              [OP_MUL] = OP_mul_i,
                                              [OP_INT_DIV] = OP_div_i,
                                              [OP_MOD] = OP_mod_i};
  static const enum opcode real[OP_COUNT] = {[OP_ADD] = OP_add_f,
                                             [OP_SUB] = OP_sub_f,
                                             [OP_MUL] = OP_mul_f,
                                             [OP_DIV] = OP_div_f};
  static const enum opcode time[OP_COUNT] = {
      [OP_ADD] = OP_add_t, [OP_SUB] = OP_sub_t};
  switch (kind) {
  case TYPE_int:
    return whole[op];
  case TYPE_float:
    return real[op];
  case TYPE_duration:
  case TYPE_size:
    return time[op];
  default:
    return OP_nop;
  }
}

// `x + y` of texts; a chain of them is one node.
static struct core *concat_texts(struct body *b, struct span at, struct core *x,
                                 struct core *y)
{
  bool chain = x->kind == CORE_CONCAT;
  uint32_t n = chain ? x->n_args : 1;
  struct core *c = core_new(b->k, CORE_CONCAT, b->k->str, at, n + 1);
  for (uint32_t i = 0; i < n; i++)
    c->args[i] = chain ? x->args[i] : x;
  c->args[n] = y;
  return c;
}

static struct core *concat_lists(struct body *b, struct span at, struct core *x,
                                 struct core *y)
{
  const struct type *t = unite(b, &x, &y, NULL);
  if (!t)
    return bad_operands(b, OP_ADD, at, x, y);
  struct core *c = core_operator(b->k, OPERATOR_concat_list, t, at, 2);
  c->args[0] = x;
  c->args[1] = y;
  return c;
}

static void widen_both(struct body *b, enum expr_op op, struct core **x,
                       struct core **y)
{
  bool real = op == OP_DIV || (*x)->type->kind == TYPE_float ||
              (*y)->type->kind == TYPE_float;
  if (!real)
    return;
  try_convert(b, x, b->k->number);
  try_convert(b, y, b->k->number);
}

static bool is_number(const struct type *t)
{
  return t->kind == TYPE_int || t->kind == TYPE_float;
}

static bool is_amount(const struct type *t)
{
  return t->kind == TYPE_duration || t->kind == TYPE_size;
}

// `2 * 100ms`, `1s / 3`, `1s / 100ms`; NULL if it is none of these.
static struct core *amounts(struct body *b, enum expr_op op, struct span at,
                            struct core *x, struct core *y)
{
  if (op == OP_MUL && is_number(x->type) && is_amount(y->type))
    return amounts(b, op, at, y, x);
  if ((op != OP_MUL && op != OP_DIV) || !is_amount(x->type))
    return NULL;
  bool size = x->type->kind == TYPE_size;
  const struct type *t = type_simple(b->k->t, x->type->kind);
  enum operator_id id;
  if (op == OP_DIV && y->type->kind == x->type->kind) {
    id = size ? OPERATOR_over_size : OPERATOR_over_duration;
    t = b->k->number;
  } else if (!is_number(y->type)) {
    return NULL;
  } else {
    try_convert(b, &y, b->k->number);
    id = op == OP_MUL ? size ? OPERATOR_times_size : OPERATOR_times_duration
         : size       ? OPERATOR_part_size
                      : OPERATOR_part_duration;
  }
  struct core *c = core_operator(b->k, id, t, at, 2);
  c->args[0] = x;
  c->args[1] = y;
  return c;
}

// A moment and a span, or the span between two moments; NULL if it is neither.
static struct core *moments(struct body *b, enum expr_op op, struct span at,
                            struct core *x, struct core *y)
{
  if (x->type->kind != TYPE_time || (op != OP_ADD && op != OP_SUB))
    return NULL;
  bool both = op == OP_SUB && y->type->kind == TYPE_time;
  if (!both && y->type->kind != TYPE_duration)
    return NULL;
  enum operator_id id = both           ? OPERATOR_time_since
                        : op == OP_ADD ? OPERATOR_time_plus
                                       : OPERATOR_time_minus;
  struct core *c = core_operator(
      b->k, id, type_simple(b->k->t, both ? TYPE_duration : TYPE_time), at, 2);
  c->args[0] = x;
  c->args[1] = y;
  return c;
}

// `20% * n`, `n * 20%`: a share of something is taken by its number.
static struct core *share(struct body *b, enum expr_op op, struct core *x)
{
  if (op != OP_MUL || x->type->kind != TYPE_percent)
    return x;
  if (x->kind == CORE_CONST) {
    struct constant *c = const_new(b->k, b->k->number);
    c->f = x->constant->f;
    return core_const(b->k, c, x->span);
  }
  struct core *f =
      core_operator(b->k, OPERATOR_float_percent, b->k->number, x->span, 1);
  f->args[0] = x;
  return f;
}

struct core *arithmetic(struct body *b, enum expr_op op, struct span at,
                        struct core *x, struct core *y)
{
  if (is_bad(x->type) || is_bad(y->type))
    return core_bad(b->k, at);
  if (is_tensor(x->type) || is_tensor(y->type)) {
    struct core *t = tensor_binary(b, op, at, x, y);
    return t ? t : bad_operands(b, op, at, x, y);
  }
  if (is_number(x->type) || is_amount(x->type) || x->type->kind == TYPE_percent)
    y = share(b, op, y);
  if (is_number(y->type) || is_amount(y->type) || y->type->kind == TYPE_percent)
    x = share(b, op, x);
  struct core *amount = amounts(b, op, at, x, y);
  if (!amount)
    amount = moments(b, op, at, x, y);
  if (amount)
    return amount;
  if (op == OP_ADD && is_text(x->type) && is_text(y->type))
    return concat_texts(b, at, x, y);
  if (op == OP_ADD && x->type->kind == TYPE_list && y->type->kind == TYPE_list)
    return concat_lists(b, at, x, y);
  if (is_number(x->type) && is_number(y->type))
    widen_both(b, op, &x, &y);
  enum opcode code = opcode_of(op, x->type->kind);
  if (!code || x->type->kind != y->type->kind)
    return bad_operands(b, op, at, x, y);
  struct core *folded = fold(b, op, at, x, y);
  if (folded)
    return folded;
  const struct type *t = type_simple(b->k->t, x->type->kind);
  return core_prim(b->k, code, t, at, x, y);
}

// ---- comparison ----

static struct core *is_none(struct body *b, enum expr_op op, struct span at,
                            struct core *x)
{
  struct checker *k = b->k;
  if (is_bad(x->type))
    return core_bad(k, at);
  if (x->type->kind != TYPE_optional) {
    diag_report(k->d, DIAG_not_comparable, at, "%s is never none",
                show(k, x->type));
    return core_bad(k, at);
  }
  struct core *is = core_new(k, CORE_IS_NONE, k->boolean, at, 1);
  is->args[0] = x;
  return op == OP_EQ ? is : core_prim(k, OP_not, k->boolean, at, is, NULL);
}

static struct core *not_comparable(struct body *b, struct span at,
                                   struct core *x, struct core *y)
{
  struct checker *k = b->k;
  if (is_bad(x->type) || is_bad(y->type))
    return core_bad(k, at);
  struct diag *d =
      diag_report(k->d, DIAG_not_comparable, at, "%s and %s cannot be compared",
                  show(k, x->type), show(k, y->type));
  diag_note(k->d, d, x->span, "%s", show(k, x->type));
  diag_note(k->d, d, y->span, "%s", show(k, y->type));
  return core_bad(k, at);
}

static struct core *order(struct body *b, enum expr_op op, struct span at,
                          struct core *x, struct core *y)
{
  switch (op) {
  case OP_EQ:
    return core_prim(b->k, OP_eq, b->k->boolean, at, x, y);
  case OP_NE:
    return core_prim(b->k, OP_ne, b->k->boolean, at, x, y);
  case OP_LT:
    return core_prim(b->k, OP_lt, b->k->boolean, at, x, y);
  case OP_LE:
    return core_prim(b->k, OP_le, b->k->boolean, at, x, y);
  case OP_GT: // x is evaluated first all the same
    return core_prim(b->k, OP_lt, b->k->boolean, at, y, x);
  default:
    return core_prim(b->k, OP_le, b->k->boolean, at, y, x);
  }
}

static bool plain(const struct expr *e)
{
  return e->kind == EXPR_STR || e->kind == EXPR_LIST ||
         e->kind == EXPR_RECORD || e->kind == EXPR_MAP ||
         e->kind == EXPR_TUPLE || e->kind == EXPR_NONE;
}

// Checks both sides, each with the other's type as a hint where it is a
// literal.
static void check_sides(struct body *b, struct expr *e, struct core **x,
                        struct core **y)
{
  struct expr *left = e->operands.left, *right = e->operands.right;
  if (plain(left) && !plain(right)) {
    *y = check(b, right, NULL);
    *x = check(b, left, (*y)->type);
    return;
  }
  *x = check(b, left, NULL);
  *y = check(b, right, (*x)->type);
}

static bool is_word(const struct core *c, const struct type *t)
{
  return t->kind == TYPE_enum && c->kind == CORE_CONST &&
         c->type->kind == TYPE_str;
}

// json may be anything that has JSON, `none` too.
static void both_json(struct body *b, struct core **x, struct core **y)
{
  const struct type *s = (*x)->type, *t = (*y)->type;
  if (is_bad(s) || is_bad(t) || s == t)
    return;
  if (s->kind == TYPE_json && t->kind != TYPE_optional)
    try_convert(b, y, s);
  else if (t->kind == TYPE_json && s->kind != TYPE_optional)
    try_convert(b, x, t);
}

static struct core *compare(struct body *b, struct expr *e)
{
  struct checker *k = b->k;
  struct core *x, *y;
  check_sides(b, e, &x, &y);
  bool equality = e->op == OP_EQ || e->op == OP_NE;
  struct core *secret = equality ? compare_secret(b, e, x, y) : NULL;
  if (secret)
    return secret;
  if (equality)
    both_json(b, &x, &y);
  bool json = x->type->kind == TYPE_json && !is_bad(x->type);
  if (equality && json && x->type == y->type)
    return order(b, e->op, e->span, x, y);
  if (equality && e->operands.right->kind == EXPR_NONE)
    return is_none(b, e->op, e->span, x);
  if (equality && e->operands.left->kind == EXPR_NONE)
    return is_none(b, e->op, e->span, y);
  if (equality && is_word(y, x->type))
    y = convert(b, y, x->type, NULL);
  else if (equality && is_word(x, y->type))
    x = convert(b, x, y->type, NULL);
  if (is_tensor(x->type) || is_tensor(y->type)) {
    struct core *t = tensor_binary(b, e->op, e->span, x, y);
    return t ? t : not_comparable(b, e->span, x, y);
  }
  struct core was_x = {.type = x->type, .span = x->span};
  struct core was_y = {.type = y->type, .span = y->span};
  const struct type *t = unite(b, &x, &y, NULL);
  if (t && is_bad(t))
    return core_bad(k, e->span);
  if (!t || !(equality ? type_comparable(k, t) : type_ordered(t)))
    return not_comparable(b, e->span, &was_x, &was_y);
  return order(b, e->op, e->span, x, y);
}

// ---- in, ?? ----

static struct core *contains(struct body *b, struct expr *e)
{
  struct checker *k = b->k;
  struct core *x = check(b, e->operands.left, NULL);
  struct core *in = check(b, e->operands.right, NULL);
  const struct type *want = NULL;
  enum operator_id id = OPERATOR_in_str;
  if (is_text(in->type)) {
    want = k->str;
  } else if (in->type->kind == TYPE_list) {
    want = in->type->of;
    id = OPERATOR_in_list;
  } else if (in->type->kind == TYPE_map) {
    want = k->str;
    id = OPERATOR_in_map;
  } else if (in->type->kind == TYPE_json && !is_bad(in->type)) {
    want = k->str;
    id = OPERATOR_in_json;
  }
  if (is_bad(x->type) || is_bad(in->type))
    return core_bad(k, e->span);
  if (!want || !try_convert(b, &x, want) || !type_comparable(k, want))
    return bad_operands(b, e->op, e->span, x, in);
  struct core *c = core_operator(k, id, k->boolean, e->span, 2);
  c->args[0] = in;
  c->args[1] = x;
  return e->op == OP_IN ? c
                        : core_prim(k, OP_not, k->boolean, e->span, c, NULL);
}

static struct core *otherwise(struct body *b, struct expr *e,
                              const struct type *want)
{
  struct checker *k = b->k;
  const struct type *hint = want ? type_of(k->t, TYPE_optional, want) : NULL;
  struct core *x =
      check(b, e->operands.left, want && is_bad(want) ? want : hint);
  const struct type *inner =
      x->type->kind == TYPE_optional ? x->type->of : NULL;
  struct core *y = check(b, e->operands.right, inner ? inner : want);
  if (is_bad(x->type) || is_bad(y->type))
    return core_bad(k, e->span);
  if (!inner) {
    diag_report(k->d, DIAG_bad_operands, x->span,
                "%s is never none, so `??` does nothing", show(k, x->type));
    return core_bad(k, e->span);
  }
  struct local *l = local_hidden(b, x->type, x->span);
  struct core *there = core_new(k, CORE_UNWRAP, inner, x->span, 1);
  there->args[0] = core_local(k, l, x->span);
  struct core *is = core_new(k, CORE_IS_NONE, k->boolean, x->span, 1);
  is->args[0] = core_local(k, l, x->span);
  // `w ?? "word"` is a word, where w may be one.
  const struct type *t = unite(b, &there, &y, inner);
  if (!t)
    return bad_operands(b, OP_ELSE, e->span, there, y);
  struct core *either = core_new(k, CORE_IF, t, e->span, 3);
  either->args[0] = is;
  either->args[1] = y;
  either->args[2] = there;
  return core_let(k, l, x, either);
}

// ---- all ----

static struct core *negate(struct body *b, struct expr *e)
{
  struct checker *k = b->k;
  struct expr *of = e->operands.right;
  if (of->kind == EXPR_INT && of->huge)
    return core_int(k, INT64_MIN, e->span);
  struct core *x = check(b, of, NULL);
  if (is_bad(x->type))
    return x;
  bool real = x->type->kind == TYPE_float;
  if (is_tensor(x->type))
    return tensor_negative(b, x, e->span);
  if (x->type->kind == TYPE_duration) {
    const struct type *t = type_simple(k->t, TYPE_duration);
    struct core *zero = core_const(k, const_int(k, t, 0), e->span);
    return arithmetic(b, OP_SUB, e->span, zero, x);
  }
  if (!real && x->type->kind != TYPE_int) {
    if (x->type->kind == TYPE_optional)
      return bad_operands(b, OP_NEG, e->span, x, x);
    diag_report(k->d, DIAG_bad_operands, e->span, "`-` does not take %s",
                show(k, x->type));
    return core_bad(k, e->span);
  }
  const struct type *t = real ? k->number : k->integer;
  if (x->kind != CORE_CONST)
    return core_prim(k, real ? OP_neg_f : OP_neg_i, t, e->span, x, NULL);
  struct constant *c = const_new(k, t);
  c->f = -x->constant->f;
  if (!real)
    c->f = 0;
  if (__builtin_sub_overflow(0, x->constant->i, &c->i))
    diag_report(k->d, DIAG_int_overflow, e->span,
                "the result does not fit in 64 bits");
  return core_const(k, c, e->span);
}

struct core *check_unary(struct body *b, struct expr *e,
                         const struct type *want)
{
  struct fact *unused = NULL;
  return e->op == OP_NOT ? check_condition(b, e, &unused) : negate(b, e);
}

struct core *check_binary(struct body *b, struct expr *e,
                          const struct type *want)
{
  struct fact *unused = NULL;
  switch (e->op) {
  case OP_AND:
  case OP_OR:
    return check_condition(b, e, &unused);
  case OP_EQ:
  case OP_NE:
  case OP_LT:
  case OP_LE:
  case OP_GT:
  case OP_GE:
    return compare(b, e);
  case OP_IN:
  case OP_NOT_IN:
    return contains(b, e);
  case OP_ELSE:
    return otherwise(b, e, want);
  case OP_PIPE:
  case OP_BOTH:
  case OP_BY:
    return check_composed(b, e, want);
  default:
    break;
  }
  // A list literal is read as the other side's type, or as what is wanted.
  bool lists = want && want->kind == TYPE_list && e->op == OP_ADD;
  struct core *x = check(b, e->operands.left, lists ? want : NULL);
  bool list = x->type->kind == TYPE_list && !is_bad(x->type);
  struct core *y = check(b, e->operands.right, list ? x->type : NULL);
  return arithmetic(b, e->op, e->span, x, y);
}
