// What the parts of checking share; nobody else includes it.
//
// Declarations come first: every name of the program has a struct symbol. Then
// signatures, so that bodies may be checked in any order; then bodies; at last
// what needs the whole (settings of one place, circles, what is never reached).
#ifndef SG_CHECKER_H
#define SG_CHECKER_H

#include "compiler/check.h"
#include "compiler/index.h"
#include "compiler/table.h"
#include "grammar/defs/settings.h"
#include "grammar/defs/signature.h"

struct answers;
struct app_sym;
struct bind_sym;
struct class_sym;
struct fn_sym;

enum symbol_kind {
  SYMBOL_TYPE,
  SYMBOL_CLASS,
  SYMBOL_FN,
  SYMBOL_METRIC,
  SYMBOL_RESOURCE,
  SYMBOL_APP,
  SYMBOL_MODULE,
  SYMBOL_BINDING, // graphs too
  SYMBOL_FLOW,
  SYMBOL_FIELD, // of a class
  SYMBOL_PART,  // the same: a let that makes a deployment a part of it
};

enum state { UNTOUCHED, UNDER_WAY, FINISHED };

// A namespace: the program's own, or that of a library.
struct space {
  atom library; // its name, or NULL
  uint32_t first, end; // its files
  struct table names, cases; // while another one is entered
};

struct symbol {
  enum symbol_kind kind;
  enum state state; // TYPE: of resolving it
  atom name;
  struct span span; // of the name where it was declared
  struct item *item;
  uint32_t uses;
  const struct type *type; // TYPE, FIELD
  struct class_sym *class; // CLASS, FIELD; PART: of it itself
  struct fn_sym *fn;
  struct app_sym *app;
  struct bind_sym *bind;
  struct metric *metric;
  uint32_t index; // FIELD
  struct space *space;   // that it belongs to; MODULE: that it names
  struct type_family *family; // TYPE with dimensions
  struct table *instances; // FN of a library: struct fn_sym by its types
};

// What can be called, as its caller sees it.
struct dims;
struct sig_param {
  atom name;
  const struct type *type;
  const struct constant *initial;
  struct span span;
};

struct sig {
  const char *name;
  struct span span;
  struct sig_param *params;
  uint32_t n;
  const struct type *result;
  struct dims *dims; // whose names a call chooses, or NULL
};

// Whom a function mentions: for what is reached, and which app it is in.
struct mention {
  struct fn_sym *fn; // one of the three
  struct bind_sym *bind;
  struct class_sym *class; // a function deployment, called outside of an app
  struct core *call; // ... by this call or handle, which wants its binding
  struct span at;
  bool apart; // a spawned call, which nobody waits for
  struct mention *next;
};

struct capture { // of a closure or nested fn: what it takes from outside
  struct local *outer, *inner;
  struct capture *next;
};

// These begin with what they add to, so that one pointer is both.
struct fn_sym {
  struct function f;
  struct item *item; // or NULL
  struct symbol *symbol;
  struct sig sig;
  struct class_sym *class;
  struct app_sym *app;
  struct method *method;
  struct mention *mentions;
  struct capture *captures;
  struct core **selves; // calls of itself before its captures were known
  uint32_t n_selves;
  struct span result_span;        // of the result's type, as written
  uint32_t number;                // in the checker's list
  const struct signature *effect; // the first that it has, or NULL
  struct bind_sym *used_by;       // whose arguments were met to name it
  struct span reads_at;           // where it reads a file, itself or by what it
                                  // calls; end 0: nowhere
  bool reached, checked;
  bool within; // another function
  struct fn_sym *batch; // of a method that batches: the body, over lists
  struct expr *size_of; // then, or NULL: what an element weighs
  struct fn_sym *loader; // of a method that keeps models: what loads one
  bool not_built; // was reported; calls of it are silent
  enum state composed; // of a graph without parameters: its signature
  const char *misfit; // why the types chosen for it do not do, or NULL
  const struct sig *whole;  // with the parameters that are known functions
  struct known_fn *known;   // one for each of these parameters, or NULL
};

// A parameter of a library's function whose argument is a function that is known
// where it is called: it is not passed, only what it captured is.
struct known_fn {
  struct fn_sym *fn; // NULL: the parameter is one like any other
  struct core **captured;
  struct local **inner; // the same, as parameters
  uint32_t n;
};

struct class_sym {
  struct class c;
  struct item *item;
  struct symbol *symbol; // of a part: what its `let` names
  struct table members;  // struct symbol: FIELD, PART or FN
  struct sig sig;        // what `bind` or `let` gives it
  struct fn_sym *init;
  struct fn_sym *run;  // the method that a handle alone means, or NULL
  struct dims *dims;   // that its fields and methods know
  struct app_sym *app; // a graph's
  struct method **last_method;
  enum state fields; // of finding out the types of its lets
  uint32_t room_fields;
  bool not_built;    // was reported; silent from here on
  bool reached;
  // check_part.c
  struct class_sym *whole; // in whose replicas its fields lie: itself, or of a
                           // part the deployment around it
  struct class_sym *parts, **last_part, *next_part;
  uint32_t n_parts;           // of a whole: those of parts too
  struct class_sym *of;       // what a part is one of; NULL: it is no part
  struct class_sym *outer;    // then: what it is a part of, maybe a part too
  uint32_t first;             // then: the field of its first parameter
  const char *path;           // then: "net", "net.inner"
  const char *misfit;         // then: the first error in it
  bool part_reached, circled; // some part of this is; it is its own part
};

struct bind_sym {
  struct binding b;
  struct item *item; // NULL where a call made it
  struct symbol *symbol;
  struct class_sym *class;
  struct fn_sym *args;
  struct app_sym *app;
  uint32_t number; // in the checker's list
  enum state seen; // while circles are looked for
  struct bind_sym *used_by; // whose arguments were met last to name it
  bool reached;
};

struct app_sym {
  struct app a;
  struct item *item;
  struct symbol *symbol;
  struct table names;
  struct table autos; // function deployments: struct bind_sym by name
  struct binding **last_binding;
  struct route **last_route;
  struct fn_sym **roots; // the functions of its routes
  uint32_t n_roots, room_roots;
};

struct case_ref { // a union's case by its name
  const struct type *type;
  uint32_t index;
  struct span span;
  struct case_ref *next;
};

struct checker {
  struct compile *c;
  struct arena *a;
  struct types *t;
  struct diags *d;
  struct program *p;
  struct space *space;       // that is entered
  struct space *spaces;      // libraries, then the program
  uint32_t n_spaces;
  struct index *index; // c->index, while that is left out
  struct table names;        // struct symbol, of the space
  struct table cases;        // struct case_ref, of the space
  struct table operators;    // const struct signature, the first row
  struct table routes;       // pattern → struct route
  struct table limit_values; // so that equal limits are one constant
  const struct type_words *type_words; // of the library's function, or NULL
  struct table variables;              // const struct type, by name
  uint32_t type_depth;
  struct dims *dims; // names of dimensions where types are read now, or NULL
  const struct type_expr *declared; // what the type's name stands for
  struct measure *measures; // by a type's number
  uint32_t room_measures;
  struct symbol **symbols; // in the order of declaration
  uint32_t n_symbols, room_symbols;
  struct fn_sym **fns; // every function, for what was reached
  uint32_t n_fns, room_fns;
  struct class **last_class;
  struct app **last_app;
  struct function **last_function;
  struct test **last_test;
  struct fn_sym **test_fns;
  uint32_t n_tests, room_tests;
  uint32_t n_routes;
  struct bind_sym **binds; // every one, in the order of making
  uint32_t n_binds, room_binds;
  struct table prefixes;
  struct fn_sym **part_fns; // of parts, that are called
  uint32_t n_part_fns, room_part_fns, next_part_fn;
  struct class_sym **all_parts;
  uint32_t n_all_parts, room_all_parts;
  uint32_t in_parts;                       // how deep
  uint32_t part_items;                     // that stand in parts, all together
  struct answers *answers, **last_answers; // of functions that give steps
  struct pass *passes, **last_pass;        // of what is composed, inner ones first
  atom input; // what the input of a composition is called
  uint32_t composing; // graphs without parameters that are under way
  const struct type *none, *boolean, *integer, *number, *str, *json, *duration,
      *error;
  uint64_t guesses; // candidates that were compared for "did you mean"
};

// Types of what was wrong (silent from there on), and of what never returns.
extern const struct type type_bad, type_never;

static inline bool is_bad(const struct type *t)
{
  return t == &type_bad;
}

// ---- a body that is being checked ----
struct entry { // a name in a body
  struct local *local;
  const struct known_fn *known; // what it is, or NULL
  bool narrowed;          // known not to be none
  bool silent;            // not told when it is not used
  struct entry *shadowed; // under this name before
  atom name;
};

enum body_kind { BODY_PLAIN, BODY_GRAPH, BODY_ROUTE, BODY_TEST, BODY_INIT };

struct path { // a field of a local: `x.a.b`
  struct entry *root;
  const struct expr *at; // written somewhere: names are compared
  struct path *up;       // narrowed before it
};

struct narrowing {
  struct entry *entry; // or NULL: a path is to be forgotten
  bool before;
};

struct body {
  struct checker *k;
  struct fn_sym *fn;
  struct body *outer; // of a lambda or nested fn
  enum body_kind kind;
  struct class_sym *class;
  struct app_sym *app;
  struct table names;   // struct entry
  struct table fields;  // struct entry: parameters and lets of the class
  struct table nested;  // struct symbol: fns inside
  struct entry **scope; // entries of open blocks
  uint32_t n_scope, room_scope;
  struct local **locals;
  uint32_t n_locals, room_locals;
  struct path *paths; // fields that are known not to be none
  struct narrowing *narrowed;
  uint32_t n_narrowed, room_narrowed;
  const struct type *result; // NULL: found out from the returns
  struct stmt **returns;     // then
  uint32_t n_returns, room_returns;
  bool lambda, settings; // settings may stand at its beginning
  uint32_t apart;        // what is composed here is no part of the graph: it
                         // is of an element, or a call with options
  bool yields;           // `result`, if known, is a stream of what it yields
  bool wrong_yield;      // it should, and that was reported
  enum form_kind form;   // that all returns (of streams, if some are) say, or auto
  uint32_t depth;        // of blocks
  uint32_t asserts;
  uint32_t errors; // that there were before it
  struct dims *dims_around; // left for its own
  bool has_dims;
};

// What a value is for: how a misfit is reported.
struct blame {
  enum diag_id id;      // 0: wrong_type
  const char *what;     // "parameter `x`", or NULL
  struct span declared; // where the wanted type stands
  bool has_declared;
};

// ---- checker_*.c ----
#define NEW(k, type) ARENA_NEW((k)->a, type)
// Room for one more element of a growing array.
#define PUSH(k, array, n, room, value)                                         \
  do {                                                                         \
    if ((n) == (room)) {                                                       \
      uint32_t wide_ = (room) ? (room)*2 : 8;                                  \
      (array) = arena_grow((k)->a, (array), (n) * sizeof *(array),             \
                           wide_ * sizeof *(array));                           \
      (room) = wide_;                                                          \
    }                                                                          \
    (array)[(n)++] = (value);                                                  \
  } while (0)

// index.c: what names mean, written down where somebody asks for it.
void index_symbol_at(struct checker *k, const struct symbol *s, struct span at);
void index_local_at(struct checker *k, const struct local *l, struct span at);
void index_param_at(struct checker *k, const struct sig_param *p,
                    struct span at);
void index_part_at(struct checker *k, enum index_kind kind,
                   const struct type_part *p, struct span at);
void index_operator_at(struct checker *k, const struct signature *s,
                       struct span at);
void index_setting_at(struct checker *k, int id, struct span at); // -1: a group
void index_word_at(struct checker *k, const struct type *t, struct span at);
void index_call_at(struct checker *k, const struct sig *s, struct span at);
void index_expr(struct body *b, struct expr *e, const struct type *want,
                const struct core *value);
// A name that means nothing: it may be the one that is asked about.
void index_unknown(struct body *b, const struct name *name);
void index_members(struct checker *k, const struct name *name,
                   const struct table *of);
void index_finish(struct checker *k);

#define INDEX(k, what, ...)                                                    \
  do {                                                                         \
    if (__builtin_expect((k)->c->index != NULL, 0))                            \
      index_##what##_at((k), __VA_ARGS__);                                     \
  } while (0)

// names.c
struct symbol *name_declare(struct checker *k, struct table *in,
                            enum symbol_kind kind, const struct name *name,
                            struct item *item);
void name_collect(struct checker *k); // all of the files
// Adds "did you mean `x`?" from what `tables` hold, locals of `b` too.
void name_hint(struct checker *k, struct diag *on, atom wanted,
               const struct body *b, const struct table *const *tables,
               uint32_t n);
void name_hint_list(struct checker *k, struct diag *on, const char *wanted,
                    const char *const *candidates, uint32_t n);
// Of a number where a quantity is wanted.
void hint_unit(struct checker *k, struct diag *d, const struct type *want,
               const struct type *t);
// The same of a short list, which is told where none is near.
void name_hint_all(struct checker *k, struct diag *on, const char *wanted,
                   const char *const *candidates, uint32_t n);
const char *symbol_kind_text(enum symbol_kind kind);

// check_space.c
void spaces_begin(struct checker *k);
// Enters a namespace; gives the one that is left, to be entered again.
struct space *space_enter(struct checker *k, struct space *to);
// Whether `e` is `library.name`; then what is named: a symbol, a union's case, or
// operators' rows; or nothing, which is reported.
struct member {
  struct symbol *symbol;
  struct case_ref *variant;
  const struct signature *rows;
};
bool library_member(struct body *b, struct expr *e, struct member *out);
// The deployment `library.Name`; reported if it is none.
struct class_sym *library_class(struct checker *k, struct symbol *module,
                                struct expr *e);
// The type `library.Name`.
const struct type *library_type(struct checker *k, struct type_expr *e);
// The operators that a bare name means: a library's own come first.
const struct signature *operators_named(struct checker *k, atom name);

// What a library declares under the name, or NULL.
struct symbol *library_symbol(struct checker *k, struct symbol *module,
                              atom name);

// check_generic.c: functions of libraries, which are checked when they are
// called, once for each choice of types for the names in their brackets.
struct type_words {
  const struct name *names;
  const struct type *const *types;
};
const struct type *type_word(struct checker *k, atom name); // or NULL
bool type_is_open(struct checker *k, const struct type *t); // holds a variable
struct core *call_library(struct body *b, struct symbol *s, struct arg *args,
                          struct span at, const struct type *want);
struct core *call_known(struct body *b, const struct known_fn *known,
                        struct arg *args, struct span at);
struct core *known_value(struct body *b, const struct known_fn *known,
                         struct span at);
// The function itself, if it has no type variables.
struct fn_sym *library_fn(struct body *b, struct symbol *s, struct span at);

// check_dims.c: names of dimensions, and what a call chooses for them.
struct dims {
  uint32_t scope; // in the table of types
  struct dims *around;
  struct table names;
  bool closed; // no name is added by its use
};
struct dims *dims_enter(struct checker *k, struct dims *d); // gives the one before
// One inside of what is entered, entered itself; `apart`: what it adds is known
// to no body.
struct dims *dims_open(struct checker *k, bool apart);
void dims_add(struct checker *k, const struct name *name);
void dims_add_listed(struct checker *k, const struct name *names); // in brackets
// What fields and methods of a class know; its parts know the same.
struct dims *class_dims(struct checker *k, struct class_sym *c);
// Dimensions as written, into `out`; false: some were wrong, which is reported.
// `rest` gets the place of `..`, or UINT32_MAX.
bool dims_read(struct checker *k, struct type_expr *args, uint32_t room,
               struct type_part *out, uint32_t *n, uint32_t *rest);
struct dim_choices { // what a call chooses
  struct dim_change change;
  struct checker *k;
  const struct sig *sig;
  uint32_t n;
  struct dim_choice {
    struct type_part dim, is;
    uint32_t by; // which argument said so
  } all[32];
  struct dim_choice conflict; // what another argument said, if `torn`
  bool torn;
};
void dims_learn(struct dim_choices *c, const struct type *param,
                const struct type *given, uint32_t by);
const struct type *dims_chosen(struct dim_choices *c, const struct type *t);
// What a call with these arguments gives.
const struct type *dims_result(struct checker *k, const struct sig *s,
                               struct core **args);
// Whether they differ in dimensions alone.
bool dims_differ(struct checker *k, const struct type *x, const struct type *y);
void report_torn(struct dim_choices *c, struct core **values);

// type_limits.c
// An enum limit_kind; -1: there is no such constraint, and that is reported.
int limit_of(struct checker *k, atom name, struct span at);
// The type with these constraints; those that are wrong are reported and left out.
const struct type *type_with_limits(struct checker *k, const struct type *t,
                                    struct arg *args);

// types_of.c
const struct type *type_of_expr(struct checker *k, struct type_expr *t);
const struct type *type_of_symbol(struct checker *k, struct symbol *s); // TYPE
// What `e` makes of the type `t` that it names by `s`: with its dimensions.
const struct type *type_applied(struct checker *k, const struct symbol *s,
                                const struct type *t, struct type_expr *e);
// The same where a step may stand: what a function gives.
const struct type *type_of_result(struct checker *k, struct type_expr *t);
// The record that `table` or `request` names, and that the adapter gives.
const struct type *type_of_adapter(struct checker *k, enum adapter_kind a);
void types_collect(struct checker *k);
const char *show(struct checker *k, const struct type *t);
bool type_ordered(const struct type *t);
bool type_sortable(const struct type *t); // tuples of what is ordered too
bool type_comparable(struct checker *k, const struct type *t);
bool type_has_text(struct checker *k, const struct type *t);
bool type_has_json(struct checker *k, const struct type *t);
bool type_has_weights(struct checker *k, const struct type *t); // nothing but tensors
bool type_has_stream(struct checker *k, const struct type *t);
bool type_is_scalar(const struct type *t);
// Whether a value of it can be held; reported if not.
bool type_size_check(struct checker *k, const struct type *t, struct span at);
const struct type *without_none(const struct type *t); // T of T?, else itself

// consts.c
struct constant *const_new(struct checker *k, const struct type *t);
struct constant *const_int(struct checker *k, const struct type *t, int64_t i);
struct constant *const_text(struct checker *k, const struct type *t,
                            const char *text, uint32_t size);
// An expression as a constant of a type; NULL, and reported, when it is none.
const struct constant *const_of_expr(struct checker *k, struct expr *e,
                                     const struct type *want,
                                     const struct blame *why);
bool const_equal(const struct constant *x, const struct constant *y);
// The constant as one of type json, or NULL when only the runtime can.
const struct constant *const_json(struct checker *k, const struct type *json,
                                  const struct constant *c);
// Makes one constant of a node whose arguments are all constants.
struct core *core_fold(struct checker *k, struct core *x);
// Reports what is wrong with a regular expression.
void check_pattern(struct checker *k, const char *text, uint32_t size,
                   struct span at);
void const_check_limits(struct checker *k, const struct constant *c,
                        const struct type *t, struct span at);

// convert.c
struct core *core_new(struct checker *k, enum core_kind kind,
                      const struct type *t, struct span at, uint32_t n_args);
struct core *core_bad(struct checker *k, struct span at);
struct core *core_const(struct checker *k, const struct constant *c,
                        struct span at);
struct core *core_int(struct checker *k, int64_t i, struct span at);
struct core *core_prim(struct checker *k, enum opcode op, const struct type *t,
                       struct span at, struct core *x, struct core *y);
struct core *core_local(struct checker *k, struct local *l, struct span at);
struct core *core_let(struct checker *k, struct local *l, struct core *value,
                      struct core *in);
struct core *core_operator(struct checker *k, enum operator_id id,
                           const struct type *t, struct span at, uint32_t n);
void core_retype(struct checker *k, struct core *x, const struct type *to);
bool try_convert(struct body *b, struct core **x, const struct type *want);
struct core *convert(struct body *b, struct core *x, const struct type *want,
                     const struct blame *why);
const struct type *join(struct checker *k, const struct type *x,
                        const struct type *y);

// body.c
struct local *local_new(struct body *b, atom name, const struct type *t,
                        struct span at);
struct local *local_hidden(struct body *b, const struct type *t,
                           struct span at);
struct entry *entry_declare(struct body *b, const struct name *name,
                            const struct type *t);
// A variable of a loop: it has to be named, used or not.
struct local *loop_variable(struct body *b, const struct name *name,
                            const struct type *t);
struct entry *entry_find(struct body *b, atom name);
uint32_t scope_open(struct body *b);
void scope_close(struct body *b, uint32_t mark);
uint32_t narrow_mark(struct body *b);
void narrow(struct body *b, struct entry *e);
void narrow_undo(struct body *b, uint32_t mark);
// The same for a field of a local. `e` is a chain of fields, or it is no path.
struct entry *path_root(struct body *b, const struct expr *e);
// What a name holds as far as it can be known not to be none, or NULL.
struct entry *narrowable(struct body *b, atom name);
void hint_none(struct body *b, struct diag *d, const struct core *x);
void narrow_path(struct body *b, struct entry *root, const struct expr *e);
bool path_narrowed(struct body *b, const struct expr *e);
void narrow_forget(struct body *b, struct entry *e); // it was assigned
void narrow_forget_vars(struct body *b);             // a loop begins
struct fn_sym *fn_new(struct checker *k, const char *name,
                      enum plan_function_kind kind, struct span at);
void body_open(struct body *b, struct checker *k, struct fn_sym *fn,
               enum body_kind kind);
void body_params(struct body *b, struct param *params);
void body_close(struct body *b, struct stmt *first);
void mention(struct body *b, struct mention m);

// check_expr.c
struct core *check(struct body *b, struct expr *e, const struct type *want);
struct core *check_as(struct body *b, struct expr *e, const struct type *want,
                      const struct blame *why);
struct core *check_name(struct body *b, struct expr *e);
struct core *case_value(struct body *b, struct case_ref *c, struct span at);
// What a name means here, other than a local; NULL if nothing. Counts the use.
struct symbol *symbol_find(struct body *b, const struct name *name);
struct core *check_symbol(struct body *b, struct symbol *s, struct span at);
void report_unknown(struct body *b, const struct name *name);
// Both as one type (two branches, two sides); NULL, nothing reported, if none.
const struct type *unite(struct body *b, struct core **x, struct core **y,
                         const struct type *want);
struct core *handle_of(struct body *b, struct bind_sym *s, struct span at);

// Facts that a condition gives: what is not none if it holds, or if not.
struct fact {
  struct entry *entry;
  const struct expr *path; // the field of it that is meant, or NULL
  bool if_true;
  struct fact *next;
};
struct core *check_condition(struct body *b, struct expr *e,
                             struct fact **facts);
void facts_apply(struct body *b, struct fact *facts, bool truth);

// check_ops.c
struct core *check_unary(struct body *b, struct expr *e,
                         const struct type *want);
struct core *check_binary(struct body *b, struct expr *e,
                          const struct type *want);
struct core *arithmetic(struct body *b, enum expr_op op, struct span at,
                        struct core *x, struct core *y);

// check_secret.c
// `x == y` or `x != y` where one of them is a secret; NULL where none is.
struct core *compare_secret(struct body *b, struct expr *e, struct core *x,
                            struct core *y);
// What may be done where `t` is a secret, or where one is wanted (or NULL).
void hint_secret(struct body *b, struct diag *d, const struct type *t,
                 const struct type *want);
// What `s`, an operator that is called, must find on the machine.
void note_need(struct body *b, const struct signature *s, struct core **args,
               struct span at);

// check_literal.c
struct core *check_template(struct body *b, struct expr *e);
struct core *check_list(struct body *b, struct expr *e,
                        const struct type *want);
struct core *check_tuple(struct body *b, struct expr *e,
                         const struct type *want);
struct core *check_record(struct body *b, struct expr *e,
                          const struct type *want);
// A record of fields; `want` is a record type, json, or NULL.
struct core *check_fields(struct body *b, struct field *fields, struct span at,
                          const struct type *want);
struct core *check_each(struct body *b, struct expr *e,
                        const struct type *want);
// Element (and second) type of what is iterated over; false and reported if
// none.
bool iterates(struct body *b, struct core **over, const struct name *names,
              const struct type **item, const struct type **second);
// The one type of `n` values, to which each is converted; NULL if reported.
const struct type *unite_all(struct body *b, struct core **x, uint32_t n);

// check_access.c
struct core *check_field(struct body *b, struct expr *e);
struct core *check_item(struct body *b, struct expr *e);
struct core *check_index(struct body *b, struct expr *e);
struct core *json_part(struct body *b, struct core *of, struct core *at,
                       struct span span);
struct core *check_slice(struct body *b, struct expr *e);
// Whether `e` is `app.name`; then what it names, NULL (and reported) if
// nothing.
bool app_member(struct body *b, struct expr *e, struct symbol **out);

// An operator that is written without parentheses.
struct core *constant_operator(struct checker *k, const struct signature *s,
                               struct span at);

// check_map.c
struct core *check_map(struct body *b, struct expr *e, const struct type *want);

// check_call.c
struct core *check_call(struct body *b, struct expr *e,
                        const struct type *want);
// The settings of a call, and apart from them what it falls back on, or NULL.
struct options { // `with { … }`
  struct setting *settings;
  struct expr *fallback, *model; // which are no constants; or NULL
};
struct options call_options(struct body *b, struct field *fields);
// The id of the model that a call is for; NULL when it was reported.
struct core *call_model(struct body *b, struct expr *e);
// Puts it behind the arguments of a call.
void call_names_model(struct body *b, struct core *call, struct core *id);
struct core *call_fallback(struct body *b, struct expr *e, const struct sig *s,
                           const struct type *result);
struct core *check_with(struct body *b, struct expr *e,
                        const struct type *want);

// check_args.c
struct core **match_args(struct body *b, const struct sig *s, struct arg *args,
                         struct span call, enum diag_id wrong);
// The same in two steps: which argument is for which parameter, and its value.
bool place_args(struct checker *k, const struct sig *s, struct arg *args,
                struct arg **of);
struct core *fit_arg(struct body *b, const struct sig_param *p, struct core *x,
                     enum diag_id wrong);
// All of them, with what they choose for the signature's dimensions; those that
// were left out are NULL, and become defaults. False: something was reported.
bool fit_args(struct body *b, const struct sig *s, struct core **values,
              struct span call, enum diag_id wrong);
void report_missing(struct checker *k, const struct sig *s, uint32_t i,
                    struct span call);
void check_args_alone(struct body *b, struct arg *args); // of a wrong call

// What is visible here under the name of a local of an enclosing function.
struct core *captured(struct body *b, struct local *l, struct span at);
void fn_mentions_itself(struct body *b, struct fn_sym *f, struct core *x);
struct core *call_fn(struct body *b, struct fn_sym *f, struct arg *args,
                     struct span at);
// Of a function without captures, whose arguments are matched; they may be NULL.
struct core *call_matched(struct body *b, struct fn_sym *f, struct core **args,
                          struct span at);
struct core *call_bound(struct body *b, struct bind_sym *to, struct fn_sym *m,
                        struct core **args, struct span at);
struct fn_sym *method_of(struct body *b, struct class_sym *c, atom name,
                         struct span at);
// The method that a handle alone means; NULL, and reported, if there is none.
struct fn_sym *method_run(struct body *b, struct class_sym *c, struct span at);
// `log.info`: an operator whose name has a dot; NULL if `e` is none.
const struct signature *dotted_operator(struct body *b, const struct expr *e);

// check_lambda.c
struct core *check_lambda(struct body *b, struct expr *e,
                          const struct type *want);
// A function by its name, with what it takes from outside.
struct core *closure_of_fn(struct body *b, struct fn_sym *f, struct span at);
struct core *closure_of_method(struct body *b, struct fn_sym *m,
                               struct core *handle, struct span at);
const struct type *callable_type(struct checker *k, const struct sig *s);

// check_step.c
// A function's own type for the `step T` that it says it gives; others as they
// are.
const struct type *step_own(struct checker *k, const struct type *t);
// `next(x)`, `end_loop(x)`, `respond(x)`; NULL if `e` calls something else.
struct core *check_step(struct body *b, struct expr *e, atom name,
                        const struct type *want);
// What stands where a function answers with a step; NULL if it does not fit.
struct core *to_step(struct body *b, struct core *x, const struct type *to);
// What guides an expression where a step is wanted: mostly what the step holds.
const struct type *want_of_step(const struct expr *e, const struct type *want);
// A function of steps where one of plain ones is wanted.
bool to_step_callable(struct body *b, struct core *x, const struct type *to);
void steps_finish(struct checker *k); // after all bodies

// check_compose.c, and check_node.c, check_flow.c, check_loop.c (compose.h)
bool is_composed(const struct expr *e);
struct core *check_composed(struct body *b, struct expr *e,
                            const struct type *want); // as a value
struct core *call_composed(struct body *b, struct expr *e);
// A route's `-> a | b`: calls it with parameters of its own, which are those of
// the function of `b` from then on.
struct core *answer_composed(struct body *b, struct expr *e);
// A graph without parameters: finds out what it takes and gives, once.
void graph_compose(struct checker *k, struct fn_sym *f);
void graphs_compose(struct checker *k); // all of them
void compositions_finish(struct checker *k); // after all bodies

// check_operator.c
void operators_collect(struct checker *k);
struct core *check_operator(struct body *b, const struct signature *rows,
                            struct expr *e, struct core *first,
                            const struct type *want);
// The first of the rows of a name that takes these values; reported if none.
struct core *operator_over(struct body *b, enum operator_id rows,
                           struct core **values, uint32_t n, struct span at);
// check_element.c: what expressions do with tensors.
bool is_tensor(const struct type *t);
// `x op y`, one of which is a tensor.
struct core *tensor_binary(struct body *b, enum expr_op op, struct span at,
                           struct core *x, struct core *y);
struct core *tensor_negative(struct body *b, struct core *x, struct span at);
// `x[at]`, `x[i, j]`: a part, or an element where nothing is left of the shape.
struct core *tensor_index(struct body *b, struct core *x, struct expr *at,
                          struct span span);
struct core *tensor_slice(struct body *b, struct core *x, struct core *from,
                          struct core *to, struct span at);
// The parts along the first dimension, as a list.
struct core *tensor_parts(struct body *b, struct core *x);
// The tensor as one of type `to`, whose numbers are looked at when it runs; NULL
// where they are known.
struct core *tensor_expected(struct body *b, struct core *x,
                             const struct type *to);

// check_match.c
struct core *check_match(struct body *b, struct expr *e,
                         const struct type *want);
bool check_match_item(struct body *b, struct item *i, struct stmt ***end);
enum { CHAIN_MAX = 500 }; // arms of a match, branches of an if

// check_stmt.c
struct stmt *stmt_new(struct body *b, enum stmt_kind kind, struct span at);
// Adds the statements of a list; whether it never comes to its end.
bool check_items(struct body *b, struct item *items, struct stmt ***end);
bool check_block(struct body *b, struct block *block, struct stmt **first);
// An expression that stands alone: it must do something.
bool check_alone(struct body *b, struct expr *e, struct stmt ***end);
void stmt_add(struct stmt ***end, struct stmt *s);

// check_spawn.c
void check_spawn(struct body *b, struct item *i, struct stmt ***end);

// check_stub.c
void check_stub(struct body *b, struct item *i, struct stmt ***end);

// check_assign.c
void check_let(struct body *b, struct item *i, struct stmt ***end);
void check_assign(struct body *b, struct item *i, struct stmt ***end);

// check_return.c
bool check_return(struct body *b, struct item *i, struct stmt ***end);
// The body of a function: `= value`, or a block. `form` is that of a route, which may
// name its parameters; gives the reply that it says, or NULL.
struct core_reply *check_function_body(struct body *b, struct callable *c,
                                       struct form *form);
struct core_reply *check_form(struct body *b, struct form *f);
void check_form_type(struct body *b, struct form *f, enum form_kind form,
                     const struct type *t);

// check_metric.c
void metrics_collect(struct checker *k);
// `metric.method(…)`
struct core *metric_call(struct body *b, struct symbol *s, struct expr *e);

// check_stream.c
bool body_yields(const struct body *b, const struct callable *c);
void check_yield(struct body *b, struct item *i, struct stmt ***end);
void report_yielder_returns(struct body *b, const struct item *i);
// Whether a value of the type holds no stream; `what` says what it is for.
bool type_no_stream(struct checker *k, const struct type *t, struct span at,
                    const char *what);
bool stream_answers(struct checker *k, const struct type *t);
const struct type *stream_or_value(struct checker *k, const struct type *stream,
                                   const struct type *value);
struct core *core_stream_or_value(struct body *b, struct core *x,
                                  const struct type *either);

// stream_use.c
void stream_uses_check(struct checker *k);

// check_decl.c
void classes_declare(struct checker *k); // so that types may mention them
void classes_collect(struct checker *k); // fields, methods, signatures
// What a deployment takes, what its lets are, and then its state: the fields.
void fields_params(struct checker *k, struct class_sym *c);
void fields_lets(struct checker *k, struct class_sym *c);
void fields_state(struct checker *k, struct class_sym *c);
void class_lets(struct checker *k, struct class_sym *c);
// Its lets and state are set, in their order.
void fields_set(struct body *b, struct class_sym *c, struct stmt ***end);
struct method *method_add(struct checker *k, struct class_sym *c,
                          struct fn_sym *f, atom name, struct span at);
void member_check(struct checker *k, struct fn_sym *f);
void bodies_check(struct checker *k);
void sig_of(struct checker *k, struct sig *s, const char *name,
            struct span span, struct callable *c);
struct fn_sym *fn_of(struct checker *k, struct symbol *s, struct callable *c,
                     struct class_sym *class, struct app_sym *app);
// What a method's callers call, where its body, `inner`, is called by the runtime;
// that one's name has `what` behind it.
struct fn_sym *fn_around(struct checker *k, struct symbol *s, struct item *i,
                         struct class_sym *class, const char *what,
                         struct fn_sym **inner);
void fn_declare(struct checker *k, struct table *in, struct item *i,
                struct class_sym *c, struct app_sym *app);
void fn_check(struct checker *k, struct fn_sym *f, enum body_kind kind,
              struct body *outer);

// check_part.c
// Whether the let of a class makes a part; then it is collected.
bool part_collect(struct checker *k, struct class_sym *c, struct item *let);
void part_state(struct checker *k, struct class_sym *p);
void part_set(struct body *b, struct symbol *s, struct stmt ***end);
// What a name means in a class; functions of a part come to be here.
struct symbol *class_member(struct checker *k, struct class_sym *c, atom name);
// Whether `e` is `part.name`; then the method, NULL (and reported) if none.
bool part_member(struct body *b, struct expr *e, struct fn_sym **out);
// The function that a part alone means when it is called.
struct fn_sym *part_run(struct body *b, struct symbol *s, struct span at);
struct core *part_value(struct body *b, struct symbol *s, struct span at);
void parts_check(struct checker *k); // the functions that were called
void parts_finish(struct checker *k);

// check_batch.c
struct fn_sym *batch_declare(struct checker *k, struct symbol *s,
                             struct item *i, struct class_sym *class);
void batch_method(struct checker *k, struct fn_sym *f); // it is a method now
void batch_check(struct checker *k, struct fn_sym *f);

// check_multiplex.c
struct fn_sym *multiplex_declare(struct checker *k, struct symbol *s,
                                 struct item *i, struct class_sym *class);
void multiplex_method(struct checker *k, struct fn_sym *f); // it is one now
void multiplex_check(struct checker *k, struct fn_sym *f);

// check_scale.c: settings of bindings that hang together
void replicas_settle(struct checker *k);
struct class_sym *class_new(struct checker *k, struct item *i,
                            enum plan_class_kind kind);

// The declarations of a kind, of all files of the namespace.
#define EACH_ITEM(k, i, wanted)                                                \
  for (uint32_t f_ = (k)->space->first; f_ < (k)->space->end; f_++)            \
    for (struct item *i = (k)->c->files[f_]->items; i; i = i->next)            \
      if (i->kind == (wanted))

// check_app.c
void apps_collect(struct checker *k);
void apps_check(struct checker *k);
struct bind_sym *bind_auto(struct checker *k, struct app_sym *app,
                           struct class_sym *c);
// The app of calls that no app makes: the first one, or one made for them.
struct app_sym *app_implicit(struct checker *k);

// check_place.c
void overrides_check(struct checker *k); // and the server
void tests_check(struct checker *k);

// check_path.c
struct hole { // `{name}` or `{name:path}`
  atom name;
  struct span span; // of the path
  struct span name_at; // NO_SPAN: not known
  bool taken;       // by a parameter
  struct hole *next;
};
struct route_path {
  struct hole *holes;
  const char *pattern; // the same where two match the same; NULL: it is wrong
};
// The whole path, for messages too. What is wrong is reported.
const char *path_read(struct checker *k, const struct text *t,
                      const char *prefix, struct route_path *out);
// Of the app `name`; one that is wrong is like no other.
const char *path_prefix(struct checker *k, const struct text *t, atom name);
struct hole *hole_named(const struct route_path *p, atom name);

// check_resources.c
void resources_collect(struct checker *k); // before settings are read
void resources_check(struct checker *k);   // when all bindings are there

// check_route.c
void route_check(struct checker *k, struct app_sym *app, struct item *i);

// settings_value.c
const struct type *setting_type(struct checker *k, enum setting_id id);
// The value of a setting as it is written; NULL: it is none, and reported.
const struct constant *setting_read(struct checker *k, enum setting_id id,
                                    struct expr *e);
// Whether it may be that; else it is reported.
bool setting_may_be(struct checker *k, enum setting_id id,
                    const struct constant *c, struct span at);

// settings.c; `place` is an enum setting_place
struct setting *settings_of_fields(struct checker *k, struct field *fields,
                                   unsigned place, enum plan_origin origin);
// The settings among the items of a class, function deployment or graph.
struct setting *settings_of_items(struct checker *k, struct item *items,
                                  unsigned place, enum plan_origin origin);
struct setting *settings_of_args(struct checker *k, struct arg *args,
                                 unsigned place, enum plan_origin origin);
struct setting *settings_merge(struct checker *k, struct setting *under,
                               struct setting *over);

// reach.c
void reach_check(struct checker *k);

// cycles.c
void effects_check(struct checker *k);
// Files that would be read while a request waits.
void reads_check(struct checker *k);
// Functions that call themselves whatever comes (check_endless.c).
void endless_check(struct checker *k);
void call_cycles_check(struct checker *k);

#endif
