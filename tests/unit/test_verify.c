// The verifier: the sample is a plan, and each way to spoil it is refused with
// the reason that fits.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/plan_sample.h"

// Records name what matters here; the rest is zero.
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

static char why[512];

static int open_built(struct plan_sample *s, struct plan *p)
{
  const void *bytes;
  size_t size;
  assert_int_equal(plan_finish(&s->b, &bytes, &size), 0);
  *why = 0;
  return plan_open(p, bytes, size, why, sizeof why);
}

static void the_sample_is_a_plan(void **state)
{
  struct plan_sample s;
  struct plan p;
  plan_sample_build(&s);
  assert_int_equal(s.b.types.n, T_COUNT);
  if (open_built(&s, &p))
    fail_msg("%s", why);
  assert_int_equal(p.n_functions, F_LOADER + 1);
  assert_string_equal(plan_str(&p, p.apps[0].name), "tutorial");
  arena_free(&s.arena);
}

static void every_opcode_is_in_the_sample(void **state)
{
  struct plan_sample s;
  bool seen[OPCODES] = {0};
  plan_sample_build(&s);
  for (uint32_t i = 0; i < s.b.code.n; i++)
    seen[s.b.code.rows[i].op] = true;
  for (unsigned op = 0; op < OPCODES; op++)
    if (!seen[op])
      fail_msg("%s is not", opcode_name((enum opcode)op));
  arena_free(&s.arena);
}

// ---- what is refused ----
static struct plan_code *code_at(struct plan_sample *s, enum opcode op)
{
  return &s->b.code.rows[s->at[op]];
}

static struct plan_function *last_function(struct plan_sample *s)
{
  return &s->b.functions.rows[F_ALL];
}

static uint32_t dag_strand(struct plan_sample *s, uint32_t k)
{
  return s->b.functions.rows[F_DAG].strands.first + k;
}

static uint32_t add_type(struct plan_sample *s, struct plan_type t)
{
  if (t.base == PLAN_NONE)
    t.base = s->b.types.n;
  return plan_add_types(&s->b, t);
}

// A type of one part, or of two fields of one type, which is its own base.
static uint32_t add_of(struct plan_sample *s, enum type_kind kind, uint32_t of)
{
  return add_type(s, (struct plan_type){kind, PLAN_NONE, of});
}

static uint32_t add_two(struct plan_sample *s, enum type_kind kind,
                        uint32_t part)
{
  struct plan_field f = {.type = part, .value = PLAN_NONE};
  struct plan_run run = {plan_add_fields(&s->b, f), 2};
  plan_add_fields(&s->b, f);
  return add_type(s, (struct plan_type){kind, PLAN_NONE, PLAN_NONE, run});
}

static void add_deep_type(struct plan_sample *s, enum type_kind kind, int n)
{
  uint32_t type = T_INT;
  for (int i = 0; i < n; i++)
    type = kind == TYPE_tuple ? add_two(s, kind, type) : add_of(s, kind, type);
}

static void add_deep_future(struct plan_sample *s)
{
  uint32_t type = T_FUTURE;
  for (int i = 0; i < 70; i++)
    type = add_of(s, TYPE_optional, type);
}

static void add_deep_const(struct plan_sample *s)
{
  uint32_t v = plan_const_run(&s->b, T_TREES, NULL, 0);
  for (int i = 0; i < 40; i++) {
    v = plan_const_run(&s->b, T_TREE, &v, 1);
    v = plan_const_run(&s->b, T_TREES, &v, 1);
  }
}

// Each is four times as large as the one before it and shares it.
static void add_wide_const(struct plan_sample *s)
{
  uint32_t v = plan_const_run(&s->b, T_TREES, NULL, 0);
  for (int i = 0; i < 15; i++) {
    v = plan_const_run(&s->b, T_TREE, &v, 1);
    v = plan_const_run(&s->b, T_TREES, (uint32_t[]){v, v, v, v}, 4);
  }
}

// A list of pairs of a future and such a list.
static uint32_t future_trees(struct plan_sample *s)
{
  uint32_t list = add_of(s, TYPE_list, T_INT);
  uint32_t pair = add_two(s, TYPE_tuple, list);
  struct plan_type *t = &s->b.types.rows[pair];
  s->b.fields.rows[t->fields.first].type = T_FUTURE;
  s->b.types.rows[list].of = pair;
  return list;
}

static void nest_handlers(struct plan_sample *s, uint32_t n)
{
  struct plan_function *f = last_function(s);
  f->code = (struct plan_run){s->b.code.n, 2 * n + 1};
  for (uint32_t i = 0; i < n; i++)
    plan_add_code(&s->b, plan_code_wide(OP_try, A_ERROR, n));
  for (uint32_t i = 0; i <= n; i++) // the end, and a handler for each
    plan_add_code(&s->b, (struct plan_code){OP_return, A_STR, 0, 0});
}

// A site that nothing else uses, in place of that of the first `call`.
static struct plan_site *own_site(struct plan_sample *s, enum opcode op,
                                  uint32_t from)
{
  uint32_t site = plan_add_sites(&s->b, s->b.sites.rows[from]);
  struct plan_code *i = code_at(s, op);
  *i = plan_code_wide((enum opcode)i->op, i->a, site);
  return &s->b.sites.rows[site];
}

static struct plan_code *last_of(struct plan_sample *s, uint32_t function)
{
  struct plan_run code = s->b.functions.rows[function].code;
  return &s->b.code.rows[code.first + code.count - 1];
}

static void route_reads(struct plan_sample *s, enum adapter_kind adapter)
{
  s->b.params.rows[0].source = SOURCE_adapter;
  s->b.params.rows[0].adapter = adapter;
}

static void route_path(struct plan_sample *s, const char *path)
{
  s->b.routes.rows[0].path = plan_intern(&s->b, path);
}

static void long_path(struct plan_sample *s)
{
  char path[3000];
  memset(path, 'a', sizeof path);
  path[0] = '/';
  s->b.routes.rows[0].path = plan_intern_text(&s->b, path, sizeof path);
}

static void many_holes(struct plan_sample *s)
{
  char path[200] = "", *at = path;
  for (int i = 0; i < 17; i++)
    at += snprintf(at, 10, "/{a%d}", i);
  route_path(s, path);
}

static void share_runs(struct plan_sample *s)
{
  struct plan_function f = s->b.functions.rows[F_ALL];
  struct plan_function g = f;
  f.code.first = s->b.code.n;
  for (int i = 0; i < 20000; i++)
    plan_add_code(&s->b, (struct plan_code){OP_nop, 0, 0, 0});
  plan_add_code(&s->b, (struct plan_code){OP_return, A_STR, 0, 0});
  g.code = (struct plan_run){f.code.first, 20001};
  for (int i = 0; i < 1000; i++)
    plan_add_functions(&s->b, g);
}

#define TYPE(n) b->types.rows[n]
#define FIELD(type, n) b->fields.rows[TYPE(type).fields.first + n]
#define CONST(n) b->consts.rows[n]
#define FUNCTION(n) b->functions.rows[n]
#define SLOT(f, n) b->slots.rows[FUNCTION(f).slots.first + n]
#define STRAND(n) b->strands.rows[dag_strand(s, n)]
#define EDGE(strand, n) b->edges.rows[STRAND(strand).feeds.first + n]
#define ROUTE b->routes.rows[0]
#define PARAM(n) b->params.rows[n]
#define CODE(op) code_at(s, OP_##op)

// X(name, reason, what is changed)
#define RANGES(X)                                                              \
  X(kind, "type 4: kind 99 is not below", TYPE(4).kind = 99)                   \
  X(reference, "type 4: base 999 is not below", TYPE(4).base = 999)            \
  X(optional, "type 4: of 999 is not below", TYPE(4).of = 999)                 \
  X(run, "type 4: fields 4294967295 … +2",                                     \
    TYPE(4).fields = ((struct plan_run){UINT32_MAX, 2}))                       \
  X(run_end, "function 8: slots 1 … +4294967295",                              \
    FUNCTION(F_ALL).slots = ((struct plan_run){1, UINT32_MAX}))                \
  X(text_at, "file 0: path is no text", b->files.rows[0].path.at = 99999999)   \
  X(text_size, "file 0: path is no text",                                      \
    b->files.rows[0].path.size = UINT32_MAX)                                   \
  X(text_end, "file 0: path is no text", b->files.rows[0].path.size--)         \
  X(text_bytes, "file 0: path is no text",                                     \
    b->files.rows[0].path = plan_intern(b, "a\xFF"))                           \
  X(text_middle, "file 0: path is no text",                                    \
    b->files.rows[0].path = plan_intern(b, "h\xC3\xA9");                       \
    b->files.rows[0].path.at += 2; b->files.rows[0].path.size = 1)             \
  X(shared, "records are shared too often", share_runs(s))

#define TYPES(X)                                                               \
  X(of_missing, "type 5 list '': of is missing", TYPE(T_TEXTS).of = PLAN_NONE) \
  X(of_set, "of is set", TYPE(T_INT).of = T_INT)                               \
  X(has_fields, "it has fields", TYPE(T_INT).fields.count = 1)                 \
  X(no_words, "it has no fields", TYPE(T_OP).fields.count = 0)                 \
  X(detail, "detail 1 is not below 1", TYPE(T_INT).detail = 1)                 \
  X(dtype, "detail 99 is not below", TYPE(T_TENSOR).detail = 99)               \
  X(class, "detail 2 is not below 2", TYPE(T_MODEL).detail = 2)                \
  X(rank, "rank 9 is more than 8", TYPE(T_MATRIX).fields.count = 9)            \
  X(dimension, "a dimension is no whole number",                               \
    FIELD(T_MATRIX, 0).value = plan_const_float(b, T_FLOAT, 1))                \
  X(less_than_nothing, "a dimension is no whole number",                       \
    FIELD(T_MATRIX, 0).value = plan_const_int(b, T_INT, -1))                   \
  X(word_type, "a field has a type", FIELD(T_OP, 0).type = T_STR)              \
  X(part_type, "a field has no type", FIELD(T_PAIR, 0).type = PLAN_NONE)       \
  X(variant, "a variant is int, not record", FIELD(T_OUTCOME, 0).type = T_INT) \
  X(field_default, "a default has another type",                               \
    FIELD(T_PAIR, 0).value = plan_const_text(b, T_STR, "", 0))                 \
  X(limit_kind, "it cannot have the limit ge",                                 \
    TYPE(T_SHORT).limits = TYPE(T_POSITIVE).limits)                            \
  X(limit_enum, "it cannot have the limit max_length",                         \
    TYPE(T_OP).limits = TYPE(T_SHORT).limits)                                  \
  X(limit_value, "ge is not a constant of type int",                           \
    b->limits.rows[0].value = plan_const_float(b, T_FLOAT, 1))                 \
  X(limit_sign, "max_length is negative",                                      \
    b->limits.rows[1].value = plan_const_int(b, T_INT, -1))                    \
  X(base_enum, "its base is not str", TYPE(T_OP).base = T_INT)                 \
  X(base_self, "its base is not str", TYPE(T_OP).base = T_OP)                  \
  X(base_limits, "a base has limits", TYPE(T_POSITIVE).base = T_POSITIVE)      \
  X(base_dims, "the base of a tensor has dimensions",                          \
    TYPE(T_MATRIX).base = T_MATRIX)                                            \
  X(base_part, "a part of a base is no base", TYPE(T_REVIEW).base = T_REVIEW)  \
  X(base_of_base, "its base 21 is not its own base",                           \
    TYPE(T_INT).base = T_POSITIVE)                                             \
  X(base_kind, "its base 2 is another type", TYPE(T_MATRIX).base = T_INT)      \
  X(base_detail, "its base 16 is another type",                                \
    TYPE(T_MATRIX).detail = DTYPE_f32)                                         \
  X(base_count, "its base 28 is another type", TYPE(T_REVIEW).fields.count = 1)\
  X(base_fields, "its base 28 is another type",                                \
    FIELD(T_REVIEW, 1).type = T_INT)                                           \
  X(by_value, "type 30, a part by value, does not come before it",             \
    FIELD(T_TREE, 0).type = T_TREE)                                            \
  X(step_by_value, "a part by value, does not come before",                    \
    TYPE(T_STEP).of = T_TREE)                                                  \
  X(deep, "more than 64 parts deep", add_deep_type(s, TYPE_step, 70))          \
  X(wide, "more than 65536 parts", add_deep_type(s, TYPE_tuple, 20))           \
  X(deep_future, "a future is more than 64 parts deep", add_deep_future(s))    \
  X(future_future, "type 6, a part of it, has a future",                       \
    add_of(s, TYPE_future, T_FUTURE))                                          \
  X(stream_future, "has a future", add_of(s, TYPE_stream, T_FUTURES))          \
  X(callable_future, "has a future",                                           \
    FIELD(T_FN, 0).type = add_of(s, TYPE_list, T_FUTURE))                      \
  X(recursive_future, "a future is more than 64 parts deep",                   \
    future_trees(s))

#define CONSTS(X)                                                              \
  X(none_bits, "none: none has bits", plan_const_int(b, T_NONE, 1))            \
  X(bool_bits, "bool: it is neither 0 nor 1", plan_const_int(b, T_BOOL, 2))    \
  X(bool_high, "it is neither 0 nor 1",                                        \
    plan_const_int(b, T_BOOL, 1ll << 32))                                      \
  X(text_const, "str: it is no text", plan_const_text(b, T_STR, "\xC3", 1))    \
  X(json_const, "json: it is no text", plan_const_text(b, T_JSON, "\xC3", 1))  \
  X(bytes_const, "its bytes are out of range",                                 \
    plan_const_bits(b, T_BYTES, 0xFFFFFFFFull << 32))                          \
  X(no_word, "it is none of the words", plan_const_text(b, T_OP, "min", 3))    \
  X(run_before, "its parts do not come before it",                             \
    uint32_t x = plan_const_run(b, T_TEXTS, NULL, 0);                          \
    CONST(x).lo = x - 1; CONST(x).hi = 2)                                      \
  X(run_type, "has another type",                                              \
    uint32_t x = plan_const_int(b, T_INT, 1); plan_const_run(b, T_TEXTS, &x, 1))\
  X(run_count, "1 parts are too many or too few",                              \
    uint32_t x = plan_const_int(b, T_INT, 1); plan_const_run(b, T_PAIR, &x, 1))\
  X(two_maybe, "2 parts are too many or too few",                              \
    uint32_t x = plan_const_int(b, T_INT, 1);                                  \
    plan_const_run(b, T_MAYBE, (uint32_t[]){x, x}, 2))                         \
  X(odd_map, "1 parts are too many or too few",                                \
    uint32_t x = plan_const_text(b, T_STR, "", 0);                             \
    plan_const_run(b, T_MAP, &x, 1))                                           \
  X(map_key, "a key of it, is not str",                                        \
    uint32_t x = plan_const_int(b, T_INT, 1);                                  \
    plan_const_run(b, T_MAP, (uint32_t[]){x, x}, 2))                           \
  X(tag, "tag 2 is not below 2", plan_const_union(b, T_OUTCOME, 2, 0))         \
  X(step_tag, "tag 3 is not below 3", plan_const_union(b, T_STEP, 3, 0))       \
  X(payload, "has another type",                                               \
    plan_const_union(b, T_STEP, 0, plan_const_int(b, T_INT, 1)))               \
  X(payload_after, "does not come before it",                                  \
    plan_const_union(b, T_STEP, 0, b->consts.n))                               \
  X(binding, "there is no binding 9", plan_const_int(b, T_MODEL, 9))           \
  X(binding_class, "binding 1 is of another class",                            \
    plan_const_int(b, T_MODEL, B_DAG))                                         \
  X(const_kind, "there are no constants of this kind",                         \
    plan_const_int(b, T_FN, 0))                                                \
  X(deep_const, "it is too large", add_deep_const(s))                          \
  X(wide_const, "too large", add_wide_const(s))

#define FUNCTIONS(X)                                                           \
  X(no_code, "function 8 'everything': 0 instructions",                        \
    FUNCTION(F_ALL).code.count = 0)                                            \
  X(params, "99 parameters in", FUNCTION(F_ALL).n_params = 99)                 \
  X(slot_base, "slot 0: type 21 is no base", SLOT(F_ALL, 0).type = T_POSITIVE) \
  X(place_at, "place 0 is at instruction 999",                                 \
    b->places.rows[FUNCTION(F_ALL).places.first].at = 999)                     \
  X(runs_on, "nop: the code runs on behind it",                                \
    *last_of(s, F_ALL) = (struct plan_code){OP_nop, 0, 0, 0})                  \
  X(runs_on_if, "jump_if: the code runs on behind it",                         \
    *last_of(s, F_ALL) = plan_code_wide(OP_jump_if, A_BOOL, -2u))              \
  X(body_strands, "it is no graph, but has strands",                           \
    FUNCTION(F_ALL).strands = FUNCTION(F_DAG).strands)                         \
  X(body_done, "done: its function is no graph", CODE(nop)->op = OP_done)       \
  X(opcode, "there is no opcode 999", CODE(nop)->op = 999)                     \
  X(unused, "nop: c is 1, not 0", CODE(nop)->c = 1)                            \
  X(graph_strands, "a graph without strands",                                  \
    FUNCTION(F_DAG).strands.count = 0)                                         \
  X(strand_first, "strand 0 has no code of its own at 1", STRAND(0).entry = 1) \
  X(strand_order, "strand 1 has no code of its own at 5",                      \
    STRAND(1).entry = STRAND(2).entry)                                         \
  X(strand_end, "strand 3 has no code of its own at 7", STRAND(4).entry = 99) \
  X(inputs, "strand 4 waits for 2 inputs, has 3", STRAND(4).inputs = 2)        \
  X(backwards, "strand 1 feeds strand 1", EDGE(1, 0).strand = 1)               \
  X(beyond, "strand 1 feeds strand 5", EDGE(1, 2).strand = 5)                  \
  X(guard, "strand 0 guards strand 1", EDGE(0, 0).kind = EDGE_if)              \
  X(strand_jump, "jump: it goes to 4, out of 0 … 1",                           \
    b->code.rows[FUNCTION(F_DAG).code.first + 1] =                             \
        plan_code_wide(OP_jump, 0, 2))                                         \
  X(jump_out, "out of 0", *CODE(jump) = plan_code_wide(OP_jump, 0, 999))       \
  X(jump_back, "it goes to -", *CODE(jump) = plan_code_wide(OP_jump, 0, -999u))\
  X(graph_try, "a graph has no handlers",                                      \
    b->code.rows[FUNCTION(F_DAG).code.first] =                                 \
        ((struct plan_code){OP_end_try, 0, 0, 0}))                             \
  X(no_handler, "no handler is open", CODE(try)->op = OP_nop;                  \
    CODE(try)->a = CODE(try)->b = 0)                                           \
  X(open_handlers, "0 or 1 handlers are open", CODE(end_try)->op = OP_nop)     \
  X(nested, "more than 16 handlers are open", nest_handlers(s, 17))            \
  X(error_record, "not { message: str, kind: str, status: int }",              \
    CODE(try)->a = A_DONE)

#define CODES(X)                                                               \
  X(no_slot, "not: there is no slot 999",                                      \
    *CODE(nop) = ((struct plan_code){OP_not, A_BOOL, 999, 0}))                 \
  X(slot_kind, "add_i: slot 3 is str, not int", CODE(add_i)->b = A_STR)        \
  X(target_kind, "add_f: slot 0 is int, not float", CODE(add_f)->a = A_INT)    \
  X(move, "move: slot 0 is str, not int",                                      \
    SLOT(F_FORWARD, 2).type = T_INT; b->code.rows[FUNCTION(F_FORWARD).code     \
      .first + 3] = ((struct plan_code){OP_move, 1, 0, 0}))                    \
  X(amount, "slot 0 is int, not duration or size",                             \
    CODE(add_t)->a = CODE(add_t)->b = CODE(add_t)->c = A_INT)                  \
  X(amount_same, "slot 0 is int, not duration", CODE(sub_t)->c = A_INT)        \
  X(equal, "eq: slot 0 is int, not str", CODE(eq)->c = A_INT)                  \
  X(assert_sides, "assert: slot 0 is int, not str",                            \
    CODE(eq)->op = OP_assert, CODE(eq)->c = A_INT)                             \
  X(equal_out, "eq: slot 7 holds a call that may be out",                      \
    CODE(eq)->b = CODE(eq)->c = A_FUTURE)                                      \
  X(order, "lt: slot 6 is [str], not ordered",                                 \
    CODE(lt)->b = CODE(lt)->c = A_TEXTS)                                       \
  X(show_out, "text: slot 8 holds a call", CODE(text)->b = A_FUTURES)          \
  X(concat, "concat: slot 5 is bool, not str", CODE(concat)->c = 3)            \
  X(concat_end, "slots 3 … +999 go beyond", CODE(concat)->c = 999)             \
  X(constant, "const: there is no constant 9999",                              \
    *CODE(const) = plan_code_wide(OP_const, A_INT, 9999))                      \
  X(const_type, "const: slot 3 is str, not int", CODE(const)->a = A_STR)       \
  X(list, "list: slot 5 is bool, not str", CODE(list)->c = 3)                  \
  X(push, "push: slot 0 is int, not str", CODE(push)->b = A_INT)               \
  X(index, "index: slot 0 is int, not str", CODE(index)->a = A_INT)            \
  X(map, "map: slot 2 is float, not str", CODE(map)->b = A_FLOAT)              \
  X(map_value, "map: slot 5 is bool, not str", CODE(map)->b = A_STR2)          \
  X(key, "key: slot 0 is int, not str", CODE(key)->a = A_INT)                  \
  X(part, "part: there is no part 2", CODE(part)->c = 2)                       \
  X(part_of, "part: slot 6 is [str], not tuple or record",                     \
    CODE(part)->b = A_TEXTS)                                                   \
  X(part_kind, "part: slot 3 is str, not int", CODE(part)->c = 0)              \
  X(tuple, "tuple: 2 parts for 1", CODE(tuple)->c = 2)                         \
  X(tuple_part, "tuple: slot 0 is int, not str", CODE(tuple)->b = A_INT)       \
  X(union_tag, "union: there is no tag 2", CODE(union)->b = 2)                 \
  X(union_payload, "union: slot 13 is { path: str }, not { message",           \
    CODE(union)->b = 1)                                                        \
  X(read_of, "read: slot 3 is str, not json", CODE(read)->b = A_STR)           \
  X(read_type, "read: there is no type 999", CODE(read)->c = 999)              \
  X(read_into, "read: slot 3 is str, not int", CODE(read)->a = A_STR)          \
  X(step, "step: there is no tag 3", CODE(step)->b = 3)                        \
  X(tag_of, "tag: slot 0 is int, not union or step", CODE(tag)->b = A_INT)     \
  X(payload_of, "payload: there is no tag 2", CODE(payload)->c = 2)            \
  X(payload_kind, "payload: slot 9 is", CODE(payload)->c = 0)                  \
  X(wrap, "wrap: slot 3 is str, not int", CODE(wrap)->b = A_STR)               \
  X(unwrap, "unwrap: slot 3 is str, not int", CODE(unwrap)->a = A_STR)         \
  X(is_none, "is_none: slot 0 is int, not optional", CODE(is_none)->b = A_INT) \
  X(no_class, "its function belongs to no class",                              \
    *CODE(nop) = ((struct plan_code){OP_self, 0, 0, 0}))                       \
  X(no_field, "self: there is no field 3",                                     \
    b->code.rows[FUNCTION(F_FORWARD).code.first].b = 3)                        \
  X(field_type, "self: slot 3 is str, not int",                                \
    b->code.rows[FUNCTION(F_FORWARD).code.first].a = 3)                        \
  X(set_let, "set_self: field 1 is not to be set here",                        \
    b->code.rows[FUNCTION(F_FORWARD).code.first + 1].b = 1)                    \
  X(set_param, "set_self: field 0 is not to be set here",                      \
    b->code.rows[FUNCTION(F_INIT).code.first + 1].b = 0)                       \
  X(operator, "op: there is no operator 9999", CODE(op)->b = 9999)             \
  X(operator_arg, "op: slot 0 is int, not x of upper(x: str) -> str",          \
    CODE(op)->c = A_INT)                                                       \
  X(operator_gives, "op: slot 0 is int, not the result of upper",              \
    CODE(op)->a = A_INT)                                                       \
  X(operator_out, "op: slot 7 holds a call",                                   \
    CODE(op)->b = OPERATOR_repr; CODE(op)->c = A_FUTURE)                       \
  X(force, "slot 0 is not slot 8 without futures", CODE(force)->a = A_INT)     \
  X(force_part, "slot 24 is not slot 6 without", CODE(force)->a = A_FORCED;    \
    CODE(force)->b = A_TEXTS)                                                  \
  X(result, "return: slot 0 is int, not str",                                  \
    last_of(s, F_ALL)->a = A_INT)                                              \
  X(reply_form, "reply: there is no form 99", CODE_OF(F_ROUTE, 1).a = 99)      \
  X(reply_status, "reply: slot 2 is str, not int", CODE_OF(F_ROUTE, 1).b = 2)  \
  X(reply_headers, "reply: slot 2 is str, not map", CODE_OF(F_ROUTE, 1).c = 2) \
  X(assert_out, "holds a call", SLOT(F_TEST, 0).type = T_FUTURE;               \
    SLOT(F_TEST, 1).type = T_BOOL; CODE_OF(F_TEST, 0).a = 1;                   \
    CODE_OF(F_TEST, 1).a = 1)
#define CODE_OF(f, n) b->code.rows[FUNCTION(f).code.first + n]

#define CALLS(X)                                                               \
  X(no_site, "call: there is no site 999",                                     \
    *CODE(call) = plan_code_wide(OP_call, A_STR, 999))                         \
  X(site_target, "site 0 function: its target does not exist",                 \
    b->sites.rows[S_HELPER].target = 99)                                       \
  X(site_init, "its function is no body",                                     \
    b->sites.rows[S_HELPER].target = F_ARGS)                                   \
  X(site_binding, "it has a binding", b->sites.rows[S_HELPER].binding = 0)     \
  X(site_no_binding, "it has no binding",                                      \
    b->sites.rows[S_FORWARD].binding = PLAN_NONE)                              \
  X(site_class, "its binding is of another class",                             \
    b->sites.rows[S_FORWARD].binding = B_DAG)                                  \
  X(site_callable, "its target is not 0", b->sites.rows[S_CALLABLE].target = 1)\
  X(site_setting, "site 0: num_replicas cannot be set there",                  \
    b->sites.rows[S_HELPER].settings = b->bindings.rows[0].settings)           \
  X(call_slots, "slots 999 … +1 go beyond",                                    \
    own_site(s, OP_call, S_HELPER)->first = 999)                               \
  X(call_count, "2 arguments for 1",                                           \
    own_site(s, OP_call, S_HELPER)->count = 2)                                 \
  X(call_arg, "call: slot 0 is int, not str",                                  \
    own_site(s, OP_call, S_HELPER)->first = A_INT)                             \
  X(call_out, "call: slot 7 is future str, not str",                           \
    own_site(s, OP_call, S_HELPER)->first = A_FUTURE)                          \
  X(call_result, "call: slot 0 is int, not str", CODE(call)->a = A_INT)        \
  X(call_class, "its function belongs to class 0",                             \
    own_site(s, OP_call, S_HELPER)->target = F_FORWARD)                        \
  X(call_handle, "slot 3 holds no deployment of class 0",                      \
    own_site(s, OP_call, S_HANDLE)->first = A_STR)                             \
  X(call_callable, "slot 3 holds nothing to call",                             \
    own_site(s, OP_call, S_CALLABLE)->first = A_STR)                           \
  X(call_nothing, "its site has no slots",                                     \
    own_site(s, OP_call, S_CALLABLE)->count = 0)                               \
  X(start_result, "start: slot 8 is [future str], not future",                 \
    CODE(start)->a = A_FUTURES)                                                \
  X(start_future, "slot 7 is no future of the result",                         \
    own_site(s, OP_start, S_CALLABLE))                                         \
  X(each_site, "its site is no function of an element",                        \
    own_site(s, OP_each, S_CALLABLE))                                          \
  X(each_list, "slot 3 is no list of its function's parameter",                \
    own_site(s, OP_each, S_EACH)->first = A_STR)                               \
  X(each_result, "slot 6 is no list of futures", CODE(each)->a = A_TEXTS)      \
  X(closure_of, "closure: slot 3 is str, not fn", CODE(closure)->a = A_STR)    \
  X(closure_type, "slot 19 is of another function", CODE(closure)->a = A_FN)   \
  X(closure_site, "its site is a value already",                               \
    own_site(s, OP_closure, S_CALLABLE))                                       \
  X(closure_held, "closure: slot 0 is int, not str",                           \
    own_site(s, OP_closure, S_CLOSURE)->first = A_INT)                         \
  X(closure_out, "closure: slot 7 holds a call that may be out",               \
    own_site(s, OP_closure, S_CLOSURE)->first = A_FUTURE)                      \
  X(closure_more, "2 values for 1 parameters",                                 \
    own_site(s, OP_closure, S_CLOSURE)->count = 2)                             \
  X(closure_fewer, "slot 27 is of another function",                           \
    own_site(s, OP_closure, S_CLOSURE)->count = 0)                             \
  X(closure_slots, "slots 999 … +1 go beyond",                                 \
    own_site(s, OP_closure, S_CLOSURE)->first = 999)                           \
  X(closure_class, "its function belongs to class 0",                          \
    own_site(s, OP_closure, S_CLOSURE)->target = F_FORWARD)                    \
  X(closure_handle, "slot 3 holds no deployment of class 0",                   \
    own_site(s, OP_closure, S_HANDLE)->first = A_STR)                          \
  X(closure_bound, "a method holds no values",                                 \
    own_site(s, OP_closure, S_HANDLE))                                         \
  X(limit_site, "each_limit: its site is no function of an element",           \
    own_site(s, OP_each_limit, S_CALLABLE))                                    \
  X(limit_few, "its site is no function of an element",                        \
    own_site(s, OP_each_limit, S_LIMIT)->count = 1)                            \
  X(limit_many, "2 arguments for 1",                                           \
    own_site(s, OP_each_limit, S_LIMIT)->count = 3;                            \
    b->sites.rows[b->sites.n - 1].first = A_STREAM)                            \
  X(limit_list, "slot 0 is no list of its function's parameter",               \
    own_site(s, OP_each_limit, S_LIMIT)->first = A_INT)                        \
  X(limit_number, "slot 7 is future str, not int",                             \
    own_site(s, OP_each_limit, S_LIMIT)->first = A_TEXTS)                      \
  X(limit_slots, "slots 999 … +2 go beyond",                                   \
    own_site(s, OP_each_limit, S_LIMIT)->first = 999)                          \
  X(limit_class, "its function belongs to class 0",                            \
    own_site(s, OP_each_limit, S_LIMIT)->target = F_FORWARD)                   \
  X(spawn_method, "spawn: its site is no function that runs apart",            \
    own_site(s, OP_spawn, S_HANDLE))                                           \
  X(spawn_class, "its function belongs to class 0",                            \
    own_site(s, OP_spawn, S_HELPER)->target = F_FORWARD)                       \
  X(spawn_out, "spawn: slot 7 holds a call that may be out",                   \
    own_site(s, OP_spawn, S_HELPER)->first = A_FUTURE)                         \
  X(spawn_arg, "spawn: slot 0 is int, not str",                                \
    own_site(s, OP_spawn, S_HELPER)->first = A_INT)                            \
  X(stub_test, "stub: it stands in no test",                                   \
    *CODE(nop) = plan_code_wide(OP_stub, A_FN, S_STUB))                        \
  X(stub_method, "its site names no method alone",                             \
    CODE_OF(F_TEST, 2) = plan_code_wide(OP_stub, 2, S_FORWARD))                \
  X(stub_type, "slot 2 is of another function", SLOT(F_TEST, 2).type = T_FN)   \
  X(stub_value, "stub: slot 0 is bool, not fn", CODE_OF(F_TEST, 2).a = 0)  \
  X(yield_type, "yield: slot 1 is int, not str", CODE(yield)->a = 1)           \
  X(yield_nowhere, "yield: its function does not give a stream",               \
    FUNCTION(F_PIECES).result = T_STR)                                         \
  X(end_nowhere, "end: its function does not give a stream",                   \
    *last_of(s, F_ALL) = (struct plan_code){OP_end, 0, 0, 0})                  \
  X(yield_kind, "yield: only bodies have pieces of their own",                 \
    FUNCTION(F_PIECES).kind = FUNCTION_init)                                   \
  X(yield_return, "it yields pieces and returns a value",                      \
    SLOT(F_PIECES, 1).type = T_STREAM;                                         \
    *CODE(end) = ((struct plan_code){OP_return, 1, 0, 0}))                     \
  X(end_return, "it yields pieces and returns a value",                        \
    SLOT(F_PIECES, 1).type = T_STREAM;                                         \
    *CODE(yield) = ((struct plan_code){OP_return, 1, 0, 0}))                   \
  X(piece_type, "piece: slot 0 is int, not str", CODE(piece)->a = A_INT)       \
  X(arrivals_calls, "arrivals: slot 6 is [str], not a list of futures",        \
    CODE(arrivals)->b = A_TEXTS)                                               \
  X(arrivals_numbers, "is stream str, not stream int",                         \
    CODE(arrivals)->a = A_STREAM)                                              \
  X(abandon_calls, "abandon: slot 6 is [str], not a list of futures",          \
    CODE(abandon)->a = A_TEXTS)                                                \
  X(more_of, "more: slot 6 is [str], not stream", CODE(more)->b = A_TEXTS)     \
  X(batch_of, "batch: slot 0 is str, not int", CODE(batch)->b = 0)             \
  X(batch_type, "batch: slot 1 is int, not str", CODE(batch)->a = 1)           \
  X(batch_where, "batch: its function is none of a deployment",                \
    FUNCTION(F_BATCHED).class = PLAN_NONE)                                     \
  X(model_id, "model: slot 1 is [str], not str", CODE(model)->b = 1)          \
  X(model_type, "model: slot 0 is str, not [str]", CODE(model)->a = 0)         \
  X(name_model, "name_model: slot 1 is [str], not str",                        \
    CODE(name_model)->a = 1)                                                   \
  X(close_of, "close: slot 3 is str, not stream", CODE(close)->a = A_STR)

#define SERVED(X)                                                              \
  X(class_fields, "class 0 'Model': 3 parameters and 1 lets in 3",             \
    b->classes.rows[0].n_params = 3)                                           \
  X(class_lets, "lets in 3 fields", b->classes.rows[0].n_lets = UINT32_MAX)    \
  X(class_future, "field 2 has no type that lasts",                            \
    b->fields.rows[b->classes.rows[0].fields.first + 2].type = T_FUTURE)       \
  X(class_default, "the default of field 0 has another type",                  \
    b->fields.rows[b->classes.rows[0].fields.first].value =                    \
        plan_const_text(b, T_STR, "", 0))                                      \
  X(class_init, "function 1 does not fill it",                                 \
    b->classes.rows[0].init = F_FORWARD)                                       \
  X(class_methods, "method 2 is of another class",                             \
    b->classes.rows[0].methods.count = 3)                                      \
  X(graph_methods, "0 methods, not one",                                       \
    b->classes.rows[1].methods.count = 0)                                      \
  X(method_class, "method 0 'forward': class 0 does not have it",              \
    b->classes.rows[0].methods.count = 0)                                      \
  X(method_function, "function 2 is none of its class",                        \
    b->methods.rows[0].function = F_HELPER)                                    \
  X(method_flags, "flags 1 are unknown", b->methods.rows[0].flags = 1)         \
  X(batch_class, "function 2 works on none of its batches",                    \
    b->methods.rows[0].batch = F_HELPER)                                       \
  X(batch_params, "function 8 works on none of its batches",                   \
    b->methods.rows[0].batch = F_ALL)                                          \
  X(batch_param, "parameter 0 of function 10 is no list of its own",           \
    SLOT(F_BATCH, 0).type = T_TREES)                                           \
  X(batch_result, "function 10 gives no list of its result",                   \
    FUNCTION(F_BATCH).result = T_STR)                                          \
  X(loader_class, "function 2 loads none of its models",                       \
    b->methods.rows[M_LOAD].loader = F_HELPER)                                 \
  X(loader_result, "function 10 loads none of its models",                     \
    b->methods.rows[M_LOAD].loader = F_BATCH)                                  \
  X(loader_param, "function 12 loads none of its models",                      \
    SLOT(F_LOADER, 0).type = T_TEXTS)                                          \
  X(loader_batch, "function 12 loads none of its models",                      \
    b->methods.rows[M_LOAD].batch = F_BATCH;                                   \
    b->methods.rows[M_LOAD].function = F_BATCHED)                              \
  X(method_border, "a call that may be out crosses its border",                \
    SLOT(F_FORWARD, 0).type = T_FUTURE)                                        \
  X(method_setting, "method 0: num_replicas cannot be set there",              \
    b->methods.rows[0].settings = b->bindings.rows[0].settings)                \
  X(app_bindings, "binding 1 'dag': app 0 does not have it",                   \
    b->apps.rows[0].bindings.count = 1)                                        \
  X(app_prefix, "its prefix does not begin with '/'",                          \
    b->apps.rows[0].prefix = b->apps.rows[0].name)                             \
  X(app_routes, "route 0 POST '/v1/my-dag/{id}/{rest:path}': app 0 does not",  \
    b->apps.rows[0].routes.count = 0)                                          \
  X(other_app, "binding 0 is of another app",                                  \
    plan_add_apps(b, b->apps.rows[0]))                                         \
  X(binding_args, "binding 0 'm1': nothing gives its parameters",              \
    b->bindings.rows[0].args = PLAN_NONE)                                      \
  X(binding_bounded, "binding 1 'dag': bounded is not 0 or 1",                 \
    b->bindings.rows[1].bounded = 2)                                           \
  X(args_function, "function 0 makes no arguments",                            \
    b->bindings.rows[0].args = F_INIT)                                         \
  X(args_type, "function 4 gives other parameters",                            \
    FUNCTION(F_ARGS).result = T_PAIR)                                          \
  X(setting_place, "binding 0: timeout cannot be set there",                   \
    b->bindings.rows[0].settings = b->sites.rows[0].settings)                  \
  X(setting_twice, "num_replicas is set twice",                                \
    b->bindings.rows[0].settings = plan_add_run_settings(b,                    \
      (struct plan_setting[]){{SETTING_num_replicas, plan_const_int(b, T_INT,  \
        1)}, {SETTING_num_replicas, plan_const_int(b, T_INT, 1)}}, 2))         \
  X(setting_type, "num_replicas has a value that does not fit int",            \
    b->settings.rows[b->bindings.rows[0].settings.first].value =               \
        plan_const_float(b, T_FLOAT, 1))                                       \
  X(setting_sign, "num_replicas has a value that does not fit int",            \
    b->settings.rows[b->bindings.rows[0].settings.first].value =               \
        plan_const_int(b, T_INT, -1))                                          \
  X(setting_word, "errors has a value that does not fit \"fastapi\"",          \
    b->settings.rows[ROUTE.settings.first].value =                             \
        plan_const_text(b, T_STR, "fast", 4))                                  \
  X(test_function, "test 0 'it holds': function 2 is no test",                 \
    b->tests.rows[0].function = F_HELPER)                                      \
  X(two_programs, "2 records say what a program has once",                     \
    plan_add_program(b, b->program.rows[0]))

#define ROUTES(X)                                                              \
  X(route_function, "function 1 cannot be a route's",                          \
    ROUTE.function = F_FORWARD)                                                \
  X(route_params, "1 parameters for 2 of function 5", ROUTE.params.count = 1)  \
  X(outcome_status, "outcome 0 has status 99",                                 \
    b->outcomes.rows[0].status = 99)                                           \
  X(outcome_order, "outcome 1 is not in order",                                \
    b->outcomes.rows[0].status = 405)                                          \
  X(outcome_failed, "outcome 1: failed is not 0 or 1",                         \
    b->outcomes.rows[1].failed = 2)                                            \
  X(route_result, "gives another type than it answers", ROUTE.result = T_INT)  \
  X(route_border, "a call that may be out crosses its border",                 \
    SLOT(F_ROUTE, 0).type = T_FUTURE)                                          \
  X(path_empty, "its path has 0 bytes", route_path(s, ""))                     \
  X(path_long, "its path has 3000 bytes", long_path(s))                        \
  X(path_start, "it does not begin with '/'", route_path(s, "v1/{id}"))        \
  X(path_hole, "a segment is neither text nor a hole",                         \
    route_path(s, "/v1/{id"))                                                  \
  X(path_part, "a segment is neither text nor a hole",                         \
    route_path(s, "/v1/a{id}"))                                                \
  X(path_space, "a segment is neither text nor a hole",                        \
    route_path(s, "/v 1/{id}"))                                                \
  X(path_no_name, "a hole has no name", route_path(s, "/{id}/{:path}"))        \
  X(path_digit, "a hole has no name", route_path(s, "/{id}/{1}"))              \
  X(path_twice, "two holes have one name", route_path(s, "/{id}/{id}"))        \
  X(path_rest, "something follows the rest of the path",                       \
    route_path(s, "/{id:path}/x"))                                             \
  X(path_many, "it has too many holes", many_holes(s))                         \
  X(path_param, "parameter 1 is not in the path", route_path(s, "/{di}"))      \
  X(socket_result, "it gives no messages", ROUTE.method = METHOD_WS)           \
  X(param_type, "parameter 1 has another type than its slot",                  \
    PARAM(1).type = T_STR)                                                     \
  X(param_default, "the default of parameter 1 has another type",              \
    PARAM(1).value = PARAM(0).value)                                           \
  X(param_embed, "embed or nested_text is not 0 or 1", PARAM(0).embed = 2)     \
  X(param_source, "has an adapter and another source",                         \
    PARAM(0).adapter = ADAPTER_text)                                           \
  X(adapter_source, "has an adapter and another source",                       \
    PARAM(0).source = SOURCE_adapter)                                          \
  X(adapter_bytes, "the adapter bytes does not give",                          \
    route_reads(s, ADAPTER_bytes))                                             \
  X(adapter_table, "the adapter table does not give",                          \
    route_reads(s, ADAPTER_table))                                             \
  X(adapter_image, "the adapter image does not give",                          \
    route_reads(s, ADAPTER_image))

#define CASES(X)                                                               \
  RANGES(X) TYPES(X) CONSTS(X) FUNCTIONS(X) CODES(X) CALLS(X) SERVED(X)        \
  ROUTES(X)

#define SPOIL(name, reason, ...)                                               \
  static void spoil_##name(struct plan_sample *s)                              \
  {                                                                            \
    struct plan_builder *b = &s->b;                                            \
    (void)b;                                                                   \
    __VA_ARGS__;                                                               \
  }
CASES(SPOIL)

static const struct spoiled {
  const char *name;
  void (*spoil)(struct plan_sample *);
  const char *reason;
} spoiled[] = {
#define ROW(name, reason, ...) {#name, spoil_##name, reason},
  CASES(ROW)
};

static void what_is_spoiled_is_refused(void **state)
{
  unsigned wrong = 0;
  for (size_t i = 0; i < sizeof spoiled / sizeof *spoiled; i++) {
    struct plan_sample s;
    struct plan p;
    plan_sample_build(&s);
    spoiled[i].spoil(&s);
    if (!open_built(&s, &p) || !strstr(why, spoiled[i].reason)) {
      printf("%s: wanted \"%s\", got \"%s\"\n", spoiled[i].name,
             spoiled[i].reason, why);
      wrong++;
    }
    arena_free(&s.arena);
  }
  assert_int_equal(wrong, 0);
}

// ---- what is as good ----
static void adapters_give_their_types(void **state)
{
  struct plan_sample s;
  struct plan p;
  plan_sample_build(&s);
  route_reads(&s, ADAPTER_text);
  if (open_built(&s, &p))
    fail_msg("%s", why);
  route_reads(&s, ADAPTER_json);
  if (open_built(&s, &p))
    fail_msg("%s", why);
  arena_free(&s.arena);
}

static void a_list_may_come_before_its_futures(void **state)
{
  struct plan_sample s;
  struct plan p;
  plan_sample_build(&s);
  uint32_t list = add_of(&s, TYPE_list, T_INT);
  uint32_t future = add_of(&s, TYPE_future, T_INT);
  s.b.types.rows[list].of = future;
  if (open_built(&s, &p))
    fail_msg("%s", why);
  arena_free(&s.arena);
}

static void handlers_may_nest(void **state)
{
  struct plan_sample s;
  struct plan p;
  plan_sample_build(&s);
  nest_handlers(&s, TRY_DEPTH);
  if (open_built(&s, &p))
    fail_msg("%s", why);
  arena_free(&s.arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_sample_is_a_plan),
    cmocka_unit_test(every_opcode_is_in_the_sample),
    cmocka_unit_test(what_is_spoiled_is_refused),
    cmocka_unit_test(adapters_give_their_types),
    cmocka_unit_test(a_list_may_come_before_its_futures),
    cmocka_unit_test(handlers_may_nest),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
