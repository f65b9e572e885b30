// Core: a program after checking, and before lowering.
//
// Every name is resolved, every expression has its type, every conversion is a
// node of its own, defaults are filled in, and sugar is gone. Checking makes it
// from the tree (grammar/text/ast.h); lowering makes strands and code from it, and
// the picture, `explain` and the other outputs read it too. Futures are not in
// it: a call has the type of its result, and lowering places the waits.
#ifndef SG_CORE_H
#define SG_CORE_H

#include "compiler/type.h"

#include <string.h>

struct app;
struct binding;
struct class;
struct core;
struct function;
struct stmt;

// ---- constants: mirror plan.h's PLAN_CONST ----
struct constant {
  const struct type *type;
  int64_t i;        // none bool int duration size time; union: the tag
  double f;         // float percent
  const char *text; // str, enum, bytes, markdown; json as text
  const struct constant **parts; // list tuple record; map: key, value by turns;
                                 // optional: 0 or 1; union: 1
  struct binding *binding; // handle
  uint32_t size, n_parts;
  uint32_t plan; // number in the plan + 1 once emitted
};

// ---- settings ----
struct setting {
  enum setting_id id;
  const struct constant *value;
  enum plan_origin origin;
  struct span span;
  struct setting *next;
};
// The one that was written of a list, or NULL (settings.c).
const struct setting *setting_find(const struct setting *list,
                                   enum setting_id id);
// Whether it has no effect yet there.
bool setting_is_idle(unsigned place, enum setting_id id);
const struct constant *setting_value(const struct setting *list,
                                     enum setting_id id);

bool settings_scale(const struct setting *list); // `autoscaling` is among them
// Functions of classes that the runtime calls by their names.
bool is_hook(atom name);
bool is_check(atom name); // of health
// A whole number or duration, or its default.
int64_t setting_number(const struct setting *list, enum setting_id id);

// ---- variables ----
struct local {
  atom name;
  const struct type *type;
  struct span span;
  bool var;       // may be assigned again
  bool param;
  uint32_t reads; // how often it is read
  uint32_t index; // in function->locals
  void *note;     // lowering's
};

// ---- expressions ----
enum core_kind {
  CORE_CONST,    // constant
  CORE_LOCAL,    // local
  CORE_SELF,     // field `index` of the class whose function this is
  CORE_PRIM,     // one instruction over args: `opcode` (add_i … not, eq, lt,
                 // float, text, add_t …)
  CORE_OPERATOR, // `operator_id` over args
  CORE_CALL,     // call
  CORE_AND,      // args[0] and args[1], the second only if needed
  CORE_OR,
  CORE_IF,       // args[0] then args[1] else args[2]; only one of them is evaluated
  CORE_LIST,     // a list of args
  CORE_TUPLE,    // a tuple or record of args, in the order of the type's parts
  CORE_MAP,      // keys and values by turns
  CORE_PART,     // part `index` of args[0]
  CORE_INDEX,    // args[0][args[1]], a list
  CORE_KEY,      // args[0][args[1]], a map
  CORE_WRAP,     // args[0] as an optional
  CORE_UNWRAP,   // args[0], which is known not to be none
  CORE_IS_NONE,
  CORE_UNION,    // variant `index` with payload args[0]
  CORE_STEP,     // step with tag `index` of args[0]
  CORE_TAG,      // which variant, an int
  CORE_PAYLOAD,  // payload of variant `index` of args[0]
  CORE_CONCAT,   // interpolation: args are str
  CORE_EACH,     // each: a list of one value an element
  CORE_LET,      // local = args[0] in args[1]
  CORE_FAIL,     // fail(args[0] status, args[1] message); has the type of its place
  CORE_PASS,     // in a graph: local = args[0], a step; if args[1] (it is next),
                 // the value is args[3], its payload, else the graph returns
                 // args[2]
  CORE_BATCH,    // what the batch gives for the function's parameters, which
                 // weigh args[0]
  CORE_MODEL,    // the model of the id args[0], from the replica or its loader
  CORE_CLOSURE,  // closure: args are captured (the function's first parameters), or
                 // args[0] is the handle of the method
};

struct core_call {
  enum plan_site_kind kind;
  struct function *function; // SITE_function
  struct method *method;     // SITE_method, SITE_handle
  struct binding *binding;   // SITE_method: the one that is called
  // SITE_handle, SITE_callable: args[0] is the handle or closure, then the arguments
  struct setting *options;   // `with { … }`
  struct core *fallback;     // what a call that fails gives instead, or NULL
  bool names_model; // behind the arguments args has the id of a model
};

// Nodes of some kinds are shorter (core_size), so that nodes are not assigned
// whole but by core_become.
struct core {
  enum core_kind kind;
  struct span span;
  const struct type *type;
  struct core **args;
  uint32_t n_args;
  uint32_t index;
  union {
    const struct constant *constant;
    struct local *local; // LOCAL, LET, PASS
    enum opcode opcode;
    enum operator_id operator_id;
    struct core_call call;
    struct core_route { // IF: which branch of a choice, for pictures
      const char *router, *yes, *no; // NULL: any other if; nothing to say
    } route;
    struct { // [value for item(, second) in args[0] if test limit n]
      struct local *item, *second; // second: index or map value, or NULL
      struct core *value, *test, *limit;
    } each;
    struct { // BATCH: what works on it; MODEL: what loads it
      struct function *function;
      struct method *method;
    } closure;
  };
};

// How long a node of a kind is: most of them are names, constants and sums.
static inline size_t core_size(enum core_kind kind)
{
  return kind == CORE_LOCAL || kind == CORE_CONST || kind == CORE_PRIM
             ? offsetof(struct core, constant) + sizeof(void *)
             : sizeof(struct core);
}

// Makes `to`, which is long enough, what `from` is.
static inline void core_become(struct core *to, const struct core *from)
{
  memcpy(to, from, core_size(from->kind));
}

// ---- statements ----
enum stmt_kind {
  STMT_LET,      // local = value
  STMT_ASSIGN,   // local = value
  STMT_SET_SELF, // field `index` of the replica = value
  STMT_EXPR,     // value, for its effect; waited for
  STMT_SPAWN,    // value (a call), not waited for
  STMT_IF,       // value, body, otherwise
  STMT_WHILE,    // value, body
  STMT_FOR,      // local(, second) in value, body
  STMT_BREAK,
  STMT_CONTINUE,
  STMT_RETURN,   // value (NULL: none), reply
  STMT_TRY,      // body, local (the error's record { message: str, kind: str,
                 // status: int }; never NULL), otherwise
  STMT_ASSERT,   // value; left and right too when it is a comparison
  STMT_YIELD,   // value, which is the next piece of the stream
  STMT_EMIT,
  STMT_STUB,     // value, a callable, for `method` of `binding`, or of all bindings
};

struct core_reply { // `as json(status: …, headers: …)`
  enum form_kind form;
  struct core *status, *headers; // or NULL
};

struct stmt {
  enum stmt_kind kind;
  struct span span;
  struct core *value, *left, *right;
  struct local *local, *second;
  uint32_t index;
  bool as_completed; // FOR: the elements as they are there, calls that are out
  struct stmt *body, *otherwise;
  struct core_reply *reply;
  struct method *method;   // STUB
  struct binding *binding; // STUB, or NULL
  struct stmt *next;
};

// ---- declarations ----
struct function {
  const char *name;    // "Model.forward", "tutorial.dag", "POST /my-dag"
  enum plan_function_kind kind;
  struct class *class; // whose fields CORE_SELF means, or NULL
  struct local **params;
  uint32_t n_params;
  const struct type *result; // what the body returns
  bool yields;               // its result is the stream of what it yields
  struct stmt *body;
  struct local **locals; // all, parameters first
  uint32_t n_locals;
  struct span span;
  const char *part; // of a composition that it was made for: "loop" "round"
                    // "composed"; else NULL
  struct method *batch;         // that it forms batches for, or NULL
  struct method *models;        // that it keeps models for, or NULL
  struct function *round;       // of a loop
  const struct constant *limit; // of its rounds, where it is known
  uint32_t plan;                // number in the plan + 1
  void *note;                   // lowering's: its strands and code
  struct outcome *fails;        // what it may fail with (outcomes.c)
  struct failing *failing;      // outcomes.c's
  struct function *next;
};

struct class_field { // of a class: parameters, then lets, then state
  atom name;
  const struct type *type;
  struct span span;
  bool state;
};

struct method {
  atom name;
  struct class *class;
  struct function *function;
  struct function *batch;   // what works on a batch, over lists; or NULL
  bool weighs;              // it has a size_of
  bool of_part;             // nobody calls it by its name
  struct function *loader;  // what loads a model; or NULL
  struct setting *settings; // batch, multiplex
  struct span span;
  uint32_t plan;
  struct method *next;
};

struct class_part { // a class whose fields and functions are the whole's
  const char *name; // "net"; "net.inner" of a part's part
  const struct class *class;
  struct span span;
  struct class_part *next;
};

struct class {
  atom name;
  enum plan_class_kind kind;
  struct class_field *fields;
  uint32_t n_fields, n_params, n_lets;
  struct function *init; // or NULL
  struct method *methods;
  struct class_part *parts; // each behind what it is a part of
  bool left_out;            // of the plan: nobody makes or takes one of it alone
  struct setting *settings;
  const char *doc;
  struct span span;
  uint32_t plan;
  struct class *next;
};

struct binding {
  atom name;
  struct app *app;
  struct class *class;
  struct function *args;    // kind init, gives the tuple of parameters; NULL without
  struct setting *settings; // all that were written, one an id, with their origin
  struct binding **uses;    // the bindings among its arguments
  uint32_t n_uses;
  struct blocking *blocking; // blocks.c's
  const char *doc;
  struct span span;
  uint32_t plan;
  struct binding *next;
};

struct route_param {
  struct local *local;
  const char *name, *key;
  enum source_kind source;
  enum adapter_kind adapter;
  const struct type *type; // full
  const struct constant *initial;
  bool embed, nested_text;
  struct span span;
};

struct route {
  enum plan_method method;
  const char *path; // whole, with the app's prefix
  struct route_param *params;
  uint32_t n_params;
  struct function *function; // of kind body; calls what the route leads to
  const struct type *result;
  enum form_kind form;
  struct setting *settings;
  struct app *app;
  const char *doc;
  struct span span;
  struct route *next;
};

struct app {
  atom name;
  const char *prefix;
  struct binding *bindings; // graphs and function deployments too
  struct route *routes;
  struct setting *settings; // of all its routes
  const char *doc;
  struct span span;
  uint32_t plan;
  struct app *next;
};

struct test {
  const char *title;
  struct function *function;
  struct span span;
  struct test *next;
};

struct need { // an environment variable that must be set
  const struct constant *name;
  bool secret;
  struct span span;
  struct need *next;
};

struct metric {
  atom name;
  enum metric_kind kind;
  uint32_t number;
  atom *labels;
  uint32_t n_labels;
  const struct constant *buckets; // of a histogram, a list of float; or NULL
  const char *doc;
  struct metric *next;
};

struct program {
  const struct source *sources; // by span.file
  uint32_t n_sources;
  struct types *types;
  struct class *classes; // lists are in the order of declaration
  struct app *apps;
  struct function *functions; // every one, helpers and lambdas too
  struct test *tests;
  struct setting *server;
  struct metric *metrics; // in the order of their numbers
  struct need *needs;     // the last one first
  struct setting *node; // what `resource node` says there is
};

#endif
