// What expressions do with tensors: arithmetic and comparison, which are
// operators, parts and elements by their place, and the parts of the first
// dimension one after another.
#include "compiler/checker.h"

bool is_tensor(const struct type *t)
{
  return t->kind == TYPE_tensor && !is_bad(t);
}

// ---- operators ----

static enum operator_id operator_of(enum expr_op op)
{
  switch (op) {
  case OP_ADD:
    return OPERATOR_tensor_add;
  case OP_SUB:
    return OPERATOR_tensor_subtract;
  case OP_MUL:
    return OPERATOR_tensor_multiply;
  case OP_DIV:
    return OPERATOR_tensor_divide;
  case OP_EQ:
    return OPERATOR_tensor_equal;
  case OP_NE:
    return OPERATOR_tensor_not_equal;
  case OP_LT:
    return OPERATOR_tensor_less;
  case OP_LE:
    return OPERATOR_tensor_less_equal;
  case OP_GT:
    return OPERATOR_tensor_greater_number;
  case OP_GE:
    return OPERATOR_tensor_greater_equal_number;
  default:
    return OPERATORS;
  }
}

// The same with its sides exchanged.
static enum expr_op mirrored(enum expr_op op)
{
  switch (op) {
  case OP_LT:
    return OP_GT;
  case OP_LE:
    return OP_GE;
  case OP_GT:
    return OP_LT;
  case OP_GE:
    return OP_LE;
  default:
    return op;
  }
}

static bool is_operand(const struct type *t)
{
  return is_tensor(t) || t->kind == TYPE_int || t->kind == TYPE_float;
}

struct core *tensor_binary(struct body *b, enum expr_op op, struct span at,
                           struct core *x, struct core *y)
{
  bool both = is_tensor(x->type) && is_tensor(y->type);
  bool turned = both ? op == OP_GT || op == OP_GE
                     : !is_tensor(x->type) && op >= OP_EQ && op <= OP_GE;
  bool commutes =
      !both && !is_tensor(x->type) && (op == OP_ADD || op == OP_MUL);
  struct core *values[] = {turned || commutes ? y : x,
                           turned || commutes ? x : y};
  enum operator_id id = operator_of(turned ? mirrored(op) : op);
  if (id == OPERATORS || !is_operand(x->type) || !is_operand(y->type))
    return NULL;
  return operator_over(b, id, values, 2, at);
}

struct core *tensor_negative(struct body *b, struct core *x, struct span at)
{
  return operator_over(b, OPERATOR_tensor_negative, &x, 1, at);
}

// ---- parts ----

static struct core *element_at(struct body *b, struct core *x,
                               struct core **places, uint32_t n, struct span at)
{
  struct checker *k = b->k;
  struct core *list =
      core_new(k, CORE_LIST, type_of(k->t, TYPE_list, k->integer), at, n);
  for (uint32_t i = 0; i < n; i++)
    list->args[i] = places[i];
  struct core *values[] = {x, core_fold(k, list)};
  return operator_over(b, OPERATOR_tensor__float, values, 2, at);
}

static struct core *part_at(struct body *b, struct core *x,
                            struct core **places, uint32_t n, struct span at)
{
  const struct type *t = x->type;
  if (!t->any_rank && t->n_parts == n && n)
    return element_at(b, x, places, n, at);
  for (uint32_t i = 0; i < n; i++) {
    struct core *values[] = {x, places[i]};
    x = operator_over(b, OPERATOR_tensor_index, values, 2, at);
  }
  return x;
}

struct core *tensor_index(struct body *b, struct core *x, struct expr *at,
                          struct span span)
{
  struct checker *k = b->k;
  struct core *places[TYPE_RANK];
  uint32_t n = 0;
  bool several = at->kind == EXPR_TUPLE;
  struct expr *e = several ? at->elements : at;
  for (; e && n < TYPE_RANK; e = several ? e->next : NULL) {
    places[n] = check_as(b, e, k->integer, NULL);
    if (is_bad(places[n++]->type))
      return core_bad(k, span);
  }
  if (!x->type->any_rank && (n > x->type->n_parts || e)) {
    diag_report(k->d, DIAG_shape_mismatch, span,
                "%s has %u dimension%s, and a place in it no more numbers",
                show(k, x->type), x->type->n_parts,
                x->type->n_parts == 1 ? "" : "s");
    return core_bad(k, span);
  }
  return part_at(b, x, places, n, span);
}

struct core *tensor_slice(struct body *b, struct core *x, struct core *from,
                          struct core *to, struct span at)
{
  struct core *values[] = {x, from, to};
  return operator_over(b, OPERATOR_tensor_slice, values, 3, at);
}

// [x[i] for i in range(len(x))]
struct core *tensor_parts(struct body *b, struct core *x)
{
  struct checker *k = b->k;
  struct span at = x->span;
  struct local *of = local_hidden(b, x->type, at);
  struct local *i = local_hidden(b, k->integer, at);
  struct core *whole = core_local(k, of, at), *place = core_local(k, i, at);
  struct core *length = operator_over(b, OPERATOR_len_tensor, &whole, 1, at);
  struct core *range = operator_over(b, OPERATOR_range, &length, 1, at);
  struct core *part = part_at(b, core_local(k, of, at), &place, 1, at);
  if (is_bad(part->type))
    return part;
  struct core *each =
      core_new(k, CORE_EACH, type_of(k->t, TYPE_list, part->type), at, 1);
  each->args[0] = range;
  each->each.item = i;
  each->each.value = part;
  return core_let(k, of, x, each);
}

// ---- where a tensor is said to be more than is known ----

static bool unseen(struct checker *k, const struct type *from,
                   const struct type *to)
{
  if (to->any_rank || from->any_rank)
    return !to->any_rank;
  for (uint32_t i = 0; i < to->n_parts; i++)
    if (!to->parts[i].name && to->parts[i].size != DIM_ANY &&
        !dim_known(types_scopes(k->t), &from->parts[i]))
      return true;
  return false;
}

struct core *tensor_expected(struct body *b, struct core *x,
                             const struct type *to)
{
  struct checker *k = b->k;
  if (!unseen(k, x->type, to))
    return NULL;
  struct core *shape =
      core_new(k, CORE_LIST, type_of(k->t, TYPE_list, k->integer), x->span,
               to->n_parts);
  for (uint32_t i = 0; i < to->n_parts; i++)
    shape->args[i] = core_int(
        k, to->parts[i].name ? DIM_ANY : to->parts[i].size, x->span);
  struct core *seen =
      core_operator(k, OPERATOR_tensor_expect, to, x->span, 2);
  seen->args[0] = x;
  seen->args[1] = core_fold(k, shape);
  return seen;
}
