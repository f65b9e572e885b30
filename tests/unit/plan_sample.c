// Makes the plan that plan_sample.h describes.
#include "tests/unit/plan_sample.h"

// Records name what matters here; the rest is zero.
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

#include <string.h>

static uint32_t sample_field(struct plan_builder *b, const char *name,
                             uint32_t type)
{
  return plan_add_fields(b, (struct plan_field){.name = plan_intern(b, name),
                                                .type = type,
                                                .value = PLAN_NONE});
}

// A type whose base is itself.
static void sample_base(struct plan_builder *b, enum type_kind kind,
                        uint32_t of, struct plan_run fields, uint32_t detail)
{
  plan_add_types(b, (struct plan_type){.kind = kind, .base = b->types.n,
                                       .of = of, .fields = fields,
                                       .detail = detail});
}

static void sample_scalar(struct plan_builder *b, enum type_kind kind)
{
  sample_base(b, kind, PLAN_NONE, (struct plan_run){0, 0}, 0);
}

static void sample_of(struct plan_builder *b, enum type_kind kind, uint32_t of)
{
  sample_base(b, kind, of, (struct plan_run){0, 0}, 0);
}

static void sample_whole(struct plan_builder *b, enum type_kind kind,
                         const char *const *names, const uint32_t *types,
                         uint32_t n)
{
  struct plan_run run = {b->fields.n, n};
  for (uint32_t i = 0; i < n; i++)
    sample_field(b, names ? names[i] : "", types[i]);
  sample_base(b, kind, PLAN_NONE, run, 0);
}
#define WHOLE(kind, n, names, ...)                                             \
  sample_whole(b, kind, names, (const uint32_t[]){__VA_ARGS__}, n)
#define NAMES(...) ((const char *const[]){__VA_ARGS__})

static void sample_enum(struct plan_builder *b)
{
  struct plan_run run = {sample_field(b, "sum", PLAN_NONE), 2};
  sample_field(b, "max", PLAN_NONE);
  plan_add_types(b, (struct plan_type){TYPE_enum, T_STR, PLAN_NONE, run,
                                       .name = plan_intern(b, "Op")});
}

// Constants that types need come with the builder's first rows.
static void sample_limited(struct plan_builder *b, uint32_t base,
                           enum limit_kind kind, uint32_t value)
{
  struct plan_run run = {
    plan_add_limits(b, (struct plan_limit){kind, value}), 1};
  plan_add_types(b, (struct plan_type){.kind = b->types.rows[base].kind,
                                       .base = base, .of = PLAN_NONE,
                                       .limits = run});
}

static void sample_matrix(struct plan_builder *b)
{
  struct plan_run run = {sample_field(b, "", PLAN_NONE), 2};
  b->fields.rows[run.first].value = plan_const_int(b, T_INT, 2);
  sample_field(b, "N", PLAN_NONE);
  plan_add_types(b, (struct plan_type){TYPE_tensor, T_TENSOR, PLAN_NONE, run,
                                       .detail = DTYPE_f64});
}

static void sample_callable(struct plan_builder *b, uint32_t result)
{
  struct plan_run run = {sample_field(b, "x", T_STR), 1};
  sample_base(b, TYPE_callable, result, run, 0);
}

static void sample_review(struct plan_builder *b)
{
  struct plan_run run = {sample_field(b, "stars", T_POSITIVE), 2};
  sample_field(b, "op", T_OP);
  plan_add_types(b, (struct plan_type){TYPE_record, T_REVIEW_BASE, PLAN_NONE,
                                       run, .name = plan_intern(b, "Review")});
  WHOLE(TYPE_record, 2, NAMES("stars", "op"), T_INT, T_STR);
}

static void sample_simple_types(struct plan_builder *b)
{
  sample_scalar(b, TYPE_none);
  sample_scalar(b, TYPE_bool);
  sample_scalar(b, TYPE_int);
  sample_scalar(b, TYPE_float);
  sample_scalar(b, TYPE_str);
  sample_of(b, TYPE_list, T_STR);
  sample_of(b, TYPE_future, T_STR);
  sample_of(b, TYPE_list, T_FUTURE);
  sample_enum(b);
  WHOLE(TYPE_record, 3, NAMES("message", "kind", "status"), T_STR, T_STR,
        T_INT);
  sample_of(b, TYPE_optional, T_INT);
  sample_of(b, TYPE_map, T_STR);
  WHOLE(TYPE_tuple, 2, NULL, T_INT, T_STR);
  WHOLE(TYPE_record, 1, NAMES("path"), T_STR);
  WHOLE(TYPE_union, 2, NAMES("Done", "Failed"), T_DONE, T_ERROR);
}

static void sample_types(struct plan_builder *b)
{
  sample_simple_types(b);
  sample_of(b, TYPE_step, T_STR);
  sample_base(b, TYPE_tensor, PLAN_NONE, (struct plan_run){0, 0}, DTYPE_f64);
  sample_matrix(b);
  sample_scalar(b, TYPE_duration);
  sample_base(b, TYPE_handle, PLAN_NONE, (struct plan_run){0, 0}, C_MODEL);
  sample_callable(b, T_INT);
  sample_limited(b, T_INT, LIMIT_ge, plan_const_int(b, T_INT, 1));
  sample_scalar(b, TYPE_json);
  WHOLE(TYPE_tuple, 1, NULL, T_INT);
  sample_of(b, TYPE_stream, T_STR);
  sample_scalar(b, TYPE_bytes);
  sample_scalar(b, TYPE_size);
  sample_review(b);
  sample_of(b, TYPE_list, T_TREE); // a tree holds trees
  WHOLE(TYPE_record, 1, NAMES("children"), T_TREES);
  sample_scalar(b, TYPE_time);
  sample_limited(b, T_STR, LIMIT_max_length, plan_const_int(b, T_INT, 1));
  plan_add_types(b, (struct plan_type){TYPE_markdown, T_STR, PLAN_NONE});
  WHOLE(TYPE_tuple, 2, NULL, T_FUTURES, T_INT);
  WHOLE(TYPE_tuple, 2, NULL, T_TEXTS, T_INT);
  sample_base(b, TYPE_callable, T_STR, (struct plan_run){0, 0}, 0);
  sample_callable(b, T_STR);
  sample_of(b, TYPE_stream, T_INT);
}

// ---- functions ----
static struct plan_code op3(enum opcode op, uint32_t a, uint32_t x, uint32_t y)
{
  return (struct plan_code){op, (uint16_t)a, (uint16_t)x, (uint16_t)y};
}

struct open_function {
  struct plan_function row;
  struct plan_builder *b;
};

static struct open_function begin(struct plan_builder *b, const char *name,
                                  uint32_t kind, uint32_t class,
                                  uint32_t result)
{
  return (struct open_function){{.name = plan_intern(b, name), .kind = kind,
                                 .class = class, .result = result,
                                 .slots = {b->slots.n, 0},
                                 .code = {b->code.n, 0},
                                 .strands = {b->strands.n, 0},
                                 .places = {b->places.n, 0}}, b};
}

static void slot(struct open_function *f, const char *name, uint32_t type)
{
  plan_add_slots(f->b, (struct plan_slot){type, plan_intern(f->b, name)});
}

static void end(struct open_function *f, uint32_t n_params)
{
  f->row.n_params = n_params;
  f->row.slots.count = f->b->slots.n - f->row.slots.first;
  f->row.code.count = f->b->code.n - f->row.code.first;
  f->row.strands.count = f->b->strands.n - f->row.strands.first;
  plan_add_places(f->b, (struct plan_place){0, 0, 7, 3});
  f->row.places.count = 1;
  plan_add_functions(f->b, f->row);
}

static void code(struct open_function *f, enum opcode op, uint32_t a,
                 uint32_t x, uint32_t y)
{
  plan_add_code(f->b, op3(op, a, x, y));
}

static void wide(struct open_function *f, enum opcode op, uint32_t a,
                 uint32_t w)
{
  plan_add_code(f->b, plan_code_wide(op, a, w));
}

static void sample_init(struct plan_builder *b)
{
  struct open_function f = begin(b, "Model", FUNCTION_init, C_MODEL, T_NONE);
  slot(&f, "scale", T_INT);
  slot(&f, "", T_NONE);
  code(&f, OP_self, 0, 0, 0);
  code(&f, OP_set_self, 0, 1, 0);
  code(&f, OP_return, 1, 0, 0);
  end(&f, 0);
}

static void sample_forward(struct plan_builder *b)
{
  struct open_function f =
      begin(b, "Model.forward", FUNCTION_body, C_MODEL, T_STR);
  slot(&f, "x", T_STR);
  slot(&f, "n", T_INT);
  slot(&f, "", T_STR);
  slot(&f, "", T_STR);
  code(&f, OP_self, 1, 2, 0);
  code(&f, OP_set_self, 1, 2, 0);
  code(&f, OP_text, 3, 1, 0);
  code(&f, OP_move, 2, 0, 0);
  code(&f, OP_concat, 0, 2, 2);
  code(&f, OP_return, 0, 0, 0);
  end(&f, 1);
}

static void sample_helper(struct plan_builder *b)
{
  struct open_function f = begin(b, "helper", FUNCTION_body, PLAN_NONE, T_STR);
  slot(&f, "x", T_STR);
  code(&f, OP_return, 0, 0, 0);
  end(&f, 1);
}

static void strand(struct open_function *f, const char *name, uint32_t inputs,
                   const struct plan_edge *edges, uint32_t n)
{
  plan_add_strands(
      f->b, (struct plan_strand){f->b->code.n - f->row.code.first, inputs,
                                 plan_add_run_edges(f->b, edges, n),
                                 plan_intern(f->b, name)});
}
#define STRAND(name, inputs, n, ...)                                           \
  strand(&f, name, inputs, (const struct plan_edge[]){__VA_ARGS__}, n)

// forward(x); if it is x, helper's path, else another; then both join.
static void sample_dag(struct plan_builder *b)
{
  struct open_function f = begin(b, "dag", FUNCTION_graph, PLAN_NONE, T_STR);
  slot(&f, "x", T_STR);
  slot(&f, "out", T_FUTURE);
  slot(&f, "a", T_STR);
  slot(&f, "same", T_BOOL);
  f.row.class = C_DAG;
  STRAND("start", 0, 1, {1, EDGE_data});
  wide(&f, OP_start, 1, S_FORWARD);
  code(&f, OP_done, 0, 0, 0);
  STRAND("test", 1, 3, {2, EDGE_if}, {3, EDGE_unless}, {4, EDGE_data});
  code(&f, OP_force, 2, 1, 0);
  code(&f, OP_eq, 3, 2, 0);
  code(&f, OP_choose, 3, 0, 0);
  STRAND("then", 1, 1, {4, EDGE_data});
  code(&f, OP_move, 2, 0, 0);
  code(&f, OP_done, 0, 0, 0);
  STRAND("else", 1, 1, {4, EDGE_data});
  code(&f, OP_done, 0, 0, 0);
  STRAND("end", 3, 0, {0});
  code(&f, OP_return, 2, 0, 0);
  end(&f, 1);
}

static void sample_args(struct plan_builder *b)
{
  struct open_function f = begin(b, "m1", FUNCTION_init, PLAN_NONE, T_ARGS);
  slot(&f, "weight", T_INT);
  slot(&f, "", T_ARGS);
  wide(&f, OP_const, 0, plan_const_int(b, T_INT, 1));
  code(&f, OP_tuple, 1, 0, 1);
  code(&f, OP_return, 1, 0, 0);
  end(&f, 0);
}

static void sample_route(struct plan_builder *b)
{
  struct open_function f = begin(b, "/my-dag", FUNCTION_body, PLAN_NONE, T_STR);
  slot(&f, "x", T_STR);
  slot(&f, "id", T_INT);
  slot(&f, "", T_STR);
  slot(&f, "headers", T_MAP);
  wide(&f, OP_call, 2, S_DAG);
  code(&f, OP_reply, FORM_text, 1, 3);
  code(&f, OP_reply, FORM_auto, PLAN_NO_SLOT, PLAN_NO_SLOT);
  code(&f, OP_return, 2, 0, 0);
  end(&f, 2);
}

static void sample_test(struct plan_builder *b)
{
  struct open_function f = begin(b, "it holds", FUNCTION_test, PLAN_NONE,
                                 T_NONE);
  slot(&f, "", T_BOOL);
  slot(&f, "", T_NONE);
  slot(&f, "", T_TALK);
  wide(&f, OP_const, 0, plan_const_int(b, T_BOOL, 1));
  code(&f, OP_assert, 0, 0, 0);
  wide(&f, OP_stub, 2, S_STUB);
  code(&f, OP_return, 1, 0, 0);
  end(&f, 0);
}

static void sample_all_slots(struct open_function *f)
{
  static const uint32_t types[A_COUNT] = {
    T_INT, T_INT, T_FLOAT, T_STR, T_STR, T_BOOL, T_TEXTS, T_FUTURE, T_FUTURES,
    T_ERROR, T_MAYBE, T_MAP, T_PAIR, T_DONE, T_OUTCOME, T_STEP, T_DURATION,
    T_MODEL, T_STR, T_FN, T_STR, T_TREE, T_TREES, T_OUT_RECORD, T_OUT_FORCED,
    T_NONE, T_JSON, T_LATER, T_STREAM, T_TEXTS, T_INT, T_NUMBERS,
    T_STR, T_STR, T_STR,
  };
  for (uint32_t i = 0; i < A_COUNT; i++)
    slot(f, "s", types[i]);
}

static void sample_arithmetic(struct open_function *f)
{
  struct plan_builder *b = f->b;
  code(f, OP_nop, 0, 0, 0);
  wide(f, OP_const, A_INT, plan_const_int(b, T_INT, -3));
  for (int op = OP_add_i; op <= OP_mod_i; op++)
    code(f, op, A_INT, A_INT, A_INT2);
  code(f, OP_neg_i, A_INT, A_INT, 0);
  for (int op = OP_add_f; op <= OP_div_f; op++)
    code(f, op, A_FLOAT, A_FLOAT, A_FLOAT);
  code(f, OP_neg_f, A_FLOAT, A_FLOAT, 0);
  code(f, OP_float, A_FLOAT, A_INT, 0);
  code(f, OP_add_t, A_DURATION, A_DURATION, A_DURATION);
  code(f, OP_sub_t, A_DURATION, A_DURATION, A_DURATION);
  code(f, OP_not, A_BOOL, A_BOOL, 0);
  code(f, OP_eq, A_BOOL, A_STR, A_STR2);
  code(f, OP_ne, A_BOOL, A_TREE, A_TREE);
  code(f, OP_lt, A_BOOL, A_STR, A_STR2);
  code(f, OP_le, A_BOOL, A_DURATION, A_DURATION);
}

static void sample_containers(struct open_function *f)
{
  code(f, OP_text, A_STR, A_INT, 0);
  code(f, OP_concat, A_STR, A_STR, 2);
  code(f, OP_list, A_TEXTS, A_STR, 2);
  code(f, OP_push, A_TEXTS, A_STR, 0);
  code(f, OP_len, A_INT, A_TEXTS, 0);
  code(f, OP_index, A_STR, A_TEXTS, A_INT);
  code(f, OP_map, A_MAP, A_STR, 1);
  code(f, OP_key, A_STR, A_MAP, A_STR);
  code(f, OP_part, A_STR, A_PAIR, 1);
  code(f, OP_tuple, A_DONE, A_STR, 1);
  code(f, OP_union, A_OUTCOME, 0, A_DONE);
  code(f, OP_step, A_STEP, STEP_respond, A_STR);
  code(f, OP_tag, A_INT, A_STEP, 0);
  code(f, OP_payload, A_ERROR, A_OUTCOME, 1);
  code(f, OP_payload, A_STR, A_STEP, 0);
  code(f, OP_wrap, A_MAYBE, A_INT, 0);
  code(f, OP_unwrap, A_INT, A_MAYBE, 0);
  code(f, OP_is_none, A_BOOL, A_MAYBE, 0);
  code(f, OP_read, A_INT, A_JSON, T_POSITIVE);
  code(f, OP_op, A_STR, OPERATOR_upper, A_STR);
  code(f, OP_op, A_TEXTS, OPERATOR_sorted, A_TEXTS);
}

static void sample_calls(struct open_function *f)
{
  wide(f, OP_call, A_STR, S_HELPER);
  wide(f, OP_call, A_STR, S_HANDLE);
  wide(f, OP_call, A_INT, S_CALLABLE);
  wide(f, OP_start, A_FUTURE, S_HELPER);
  wide(f, OP_each, A_FUTURES, S_EACH);
  wide(f, OP_closure, A_LATER, S_CLOSURE);
  wide(f, OP_spawn, 0, S_HELPER);
  wide(f, OP_each_limit, A_FUTURES, S_LIMIT);
  code(f, OP_force, A_TEXTS, A_FUTURES, 0);
  code(f, OP_force, A_FORCED, A_OUT, 0);
}

static void sample_reading(struct open_function *f)
{
  code(f, OP_more, A_BOOL, A_STREAM, 0);
  code(f, OP_piece, A_STR, A_STREAM, 0);
  code(f, OP_close, A_STREAM, 0, 0);
  code(f, OP_arrivals, A_NUMBERS, A_FUTURES, 0);
  code(f, OP_abandon, A_FUTURES, 0, 0);
  code(f, OP_ready, A_TEXTS, 1, 0);
  code(f, OP_weights, A_INT, A_WORD, T_POSITIVE);
}

static void sample_ways(struct open_function *f)
{
  wide(f, OP_try, A_ERROR, 3);
  code(f, OP_nop, 0, 0, 0);
  code(f, OP_end_try, 0, 0, 0);
  wide(f, OP_jump, 0, 1);
  code(f, OP_fail, A_INT, A_STR, 0);
  wide(f, OP_jump_if, A_BOOL, (uint32_t)-2);
  wide(f, OP_jump_not, A_BOOL, 0);
  code(f, OP_return, A_STR, 0, 0);
}

static void sample_all(struct plan_sample *s)
{
  struct open_function f =
      begin(&s->b, "everything", FUNCTION_body, PLAN_NONE, T_STR);
  sample_all_slots(&f);
  s->all = s->b.code.n;
  sample_arithmetic(&f);
  sample_containers(&f);
  sample_calls(&f);
  sample_reading(&f);
  sample_ways(&f);
  for (uint32_t i = s->b.code.n; i-- > s->all;)
    s->at[s->b.code.rows[i].op] = i;
  end(&f, 0);
}

static void sample_pieces(struct plan_sample *s)
{
  struct open_function f =
      begin(&s->b, "pieces", FUNCTION_body, PLAN_NONE, T_STREAM);
  slot(&f, "x", T_STR);
  slot(&f, "n", T_INT);
  s->at[OP_yield] = s->b.code.n;
  code(&f, OP_yield, 0, 0, 0);
  s->at[OP_end] = s->b.code.n;
  code(&f, OP_end, 0, 0, 0);
  end(&f, 1);
}

// As a method that forms batches has it, and what works on them.
static void sample_batch(struct plan_sample *s)
{
  struct open_function f =
      begin(&s->b, "batched", FUNCTION_body, PLAN_NONE, T_STR);
  slot(&f, "x", T_STR);
  slot(&f, "weight", T_INT);
  f.row.class = C_MODEL;
  s->at[OP_batch] = s->b.code.n;
  code(&f, OP_batch, 0, 1, 0);
  code(&f, OP_return, 0, 0, 0);
  end(&f, 1);
  f = begin(&s->b, "batch", FUNCTION_body, PLAN_NONE, T_TEXTS);
  slot(&f, "xs", T_TEXTS);
  f.row.class = C_MODEL;
  code(&f, OP_return, 0, 0, 0);
  end(&f, 1);
}

// As a method that keeps models has it, and what loads one.
static void sample_models(struct plan_sample *s)
{
  struct open_function f =
      begin(&s->b, "load", FUNCTION_body, PLAN_NONE, T_TEXTS);
  slot(&f, "id", T_STR);
  slot(&f, "model", T_TEXTS);
  f.row.class = C_MODEL;
  s->at[OP_model] = s->b.code.n;
  code(&f, OP_model, 1, 0, 0);
  s->at[OP_name_model] = s->b.code.n;
  code(&f, OP_name_model, 0, 0, 0);
  code(&f, OP_return, 1, 0, 0);
  end(&f, 1);
  f = begin(&s->b, "loader", FUNCTION_body, PLAN_NONE, T_TEXTS);
  slot(&f, "id", T_STR);
  slot(&f, "model", T_TEXTS);
  f.row.class = C_MODEL;
  code(&f, OP_return, 1, 0, 0);
  end(&f, 1);
}

// ---- what is served ----
static void site(struct plan_builder *b, uint32_t kind, uint32_t target,
                 uint32_t binding, uint32_t first, uint32_t count)
{
  plan_add_sites(b, (struct plan_site){kind, target, binding, first, count,
                                       {0, 0}, 9});
}

static void sample_sites(struct plan_builder *b)
{
  site(b, SITE_function, F_HELPER, PLAN_NONE, A_STR, 1);
  site(b, SITE_method, M_FORWARD, B_MODEL, 0, 1);
  site(b, SITE_method, M_RUN, B_DAG, 0, 1);
  site(b, SITE_handle, M_FORWARD, PLAN_NONE, A_MODEL, 2);
  site(b, SITE_callable, 0, PLAN_NONE, A_FN, 2);
  site(b, SITE_function, F_HELPER, PLAN_NONE, A_TEXTS, 1);
  site(b, SITE_function, F_HELPER, PLAN_NONE, A_STR, 1);
  site(b, SITE_method, M_FORWARD, B_MODEL, 0, 0);
  site(b, SITE_function, F_HELPER, PLAN_NONE, A_SOME, 2);
  b->sites.rows[S_HELPER].settings = (struct plan_run){
    plan_add_settings(b, (struct plan_setting){
      SETTING_timeout, plan_const_int(b, T_DURATION, 500000000)}), 1};
}

static void sample_classes(struct plan_builder *b)
{
  struct plan_run fields = {sample_field(b, "weight", T_POSITIVE), 3};
  sample_field(b, "scale", T_INT);
  sample_field(b, "n", T_INT);
  plan_add_classes(b, (struct plan_class){
    plan_intern(b, "Model"), CLASS_deployment, fields, 1, 1, F_INIT,
    {M_FORWARD, 2}, 0, 12, plan_intern(b, "A model.")});
  plan_add_classes(b, (struct plan_class){
    plan_intern(b, "dag"), CLASS_graph, {0, 0}, 0, 0, PLAN_NONE, {M_RUN, 1}});
  plan_add_methods(b, (struct plan_method_row){plan_intern(b, "forward"),
                                               C_MODEL, F_FORWARD, F_BATCH,
                                               PLAN_NONE});
  plan_add_methods(b, (struct plan_method_row){plan_intern(b, "load"), C_MODEL,
                                               F_LOAD, PLAN_NONE, F_LOADER});
  plan_add_methods(b, (struct plan_method_row){plan_intern(b, "run"), C_DAG,
                                               F_DAG, PLAN_NONE, PLAN_NONE});
}

static struct plan_run setting(struct plan_builder *b, uint32_t id,
                               uint32_t value)
{
  return (struct plan_run){
    plan_add_settings(b, (struct plan_setting){id, value}), 1};
}

static void sample_app(struct plan_builder *b)
{
  plan_add_bindings(b, (struct plan_binding){
    plan_intern(b, "m1"), 0, C_MODEL, F_ARGS, 1,
    setting(b, SETTING_num_replicas, plan_const_int(b, T_INT, 2)), 0, 20});
  plan_add_bindings(b, (struct plan_binding){plan_intern(b, "dag"), 0, C_DAG,
                                             PLAN_NONE});
  plan_add_apps(b, (struct plan_app){plan_intern(b, "tutorial"),
                                     plan_intern(b, "/v1"), {0, 2}, {0, 1}});
  plan_add_params(b, (struct plan_param){
    plan_intern(b, "x"), plan_intern(b, "x"), SOURCE_body, ADAPTER_none, T_OP,
    plan_const_text(b, T_OP, "sum", 3)});
  plan_add_params(b, (struct plan_param){
    plan_intern(b, "id"), plan_intern(b, "id"), SOURCE_path, ADAPTER_none,
    T_INT, PLAN_NONE});
  plan_add_outcomes(b, (struct plan_outcome){200, 0, {0, 0}});
  plan_add_outcomes(b, (struct plan_outcome){404, 1, plan_intern(b, "id")});
  plan_add_routes(b, (struct plan_route){
    METHOD_POST, plan_intern(b, "/v1/my-dag/{id}/{rest:path}"), {0, 2},
    F_ROUTE, T_STR, FORM_auto,
    setting(b, SETTING_errors, plan_const_text(b, T_STR, "openai", 6)), {0, 2}, 0});
}

// One constant of each kind that may be one.
static void sample_consts(struct plan_builder *b)
{
  uint32_t word = plan_const_text(b, T_OP, "max", 3);
  uint32_t one = plan_const_int(b, T_INT, 1);
  uint32_t text = plan_const_text(b, T_STR, "h\xC3\xA9", 3);
  plan_const_int(b, T_NONE, 0);
  plan_const_float(b, T_FLOAT, 1.5);
  plan_const_text(b, T_JSON, "{\"a\":[1]}", 9);
  plan_const_int(b, T_JSON, 0);
  plan_const_text(b, T_BYTES, "\xFF\x00\x80", 3);
  plan_const_run(b, T_TEXTS, (uint32_t[]){text, word}, 2);
  plan_const_run(b, T_MAP, (uint32_t[]){text, word}, 2);
  plan_const_run(b, T_PAIR, (uint32_t[]){one, text}, 2);
  plan_const_run(b, T_MAYBE, (uint32_t[]){one}, 1);
  plan_const_run(b, T_MAYBE, NULL, 0);
  uint32_t done = plan_const_run(b, T_DONE, (uint32_t[]){text}, 1);
  plan_const_union(b, T_OUTCOME, 0, done);
  plan_const_union(b, T_STEP, STEP_end_loop, text);
  plan_const_int(b, T_MODEL, B_MODEL);
  plan_const_run(b, T_REVIEW, (uint32_t[]){one, word}, 2);
}

void plan_sample_build(struct plan_sample *s)
{
  struct plan_builder *b = &s->b;
  memset(s, 0, sizeof *s);
  plan_builder_init(b, &s->arena);
  plan_add_program(b, (struct plan_program){
    plan_intern(b, "sgc 1"),
    setting(b, SETTING_loops, plan_const_int(b, T_INT, 2))});
  plan_add_files(b, (struct plan_file){plan_intern(b, "tutorial.sg")});
  sample_types(b);
  sample_init(b);
  sample_forward(b);
  sample_helper(b);
  sample_dag(b);
  sample_args(b);
  sample_route(b);
  sample_test(b);
  sample_pieces(s);
  sample_all(s);
  sample_batch(s);
  sample_models(s);
  sample_sites(b);
  sample_classes(b);
  sample_app(b);
  sample_consts(b);
  plan_add_tests(b, (struct plan_test){plan_intern(b, "it holds"), F_TEST, 0,
                                       30});
  struct plan_field label = {plan_intern(b, "item"), PLAN_NONE, PLAN_NONE, {0, 0}};
  plan_add_metrics(b, (struct plan_metric){
    plan_intern(b, "bought_total"), METRIC_counter,
    plan_add_run_fields(b, &label, 1), PLAN_NONE, {0, 0}});
  plan_add_needs(b, (struct plan_need){plan_intern(b, "API_KEY"), 1, 0, 3, 4});
}
