// The tree of one source file: what the parser makes and later passes read.
//
// Every node lives in the arena of the run and is never freed. Each has a span
// (bytes of its file), and lists are chains of `next` that begin at a pointer
// called by what it holds (`items`, `params`, `args`, ...); an empty list is
// NULL. The tree keeps the order of the text. Nodes say what was written, not
// what it means: names are not looked up, types are not known.
//
// Later passes may write `type` and `note` of a node; the parser leaves them
// NULL.
//
// A node is only as long as its kind needs: the members of its union that are
// another kind's are not there.
//
// A node of kind ..._ERROR stands where something could not be read; it has
// been reported, and whoever meets one stays silent. No tree is deeper than
// AST_DEPTH_MAX, so that passes may be recursive.
#ifndef SG_AST_H
#define SG_AST_H

#include "grammar/base/arena.h"
#include "grammar/base/atom.h"
#include "grammar/base/diag.h"

enum { AST_DEPTH_MAX = 1000 };

// A name where it was written. `text` is NULL where a name may be left out and
// was. In a list (`a.b.c`, `k, v`) `next` is the following part.
struct name {
  atom text;
  struct span span;
  struct name *next;
};

// Bytes of a string literal after its escapes; NUL behind them, perhaps inside.
struct text {
  const char *data;
  uint32_t size;
  struct span span; // with the quotes
};

struct expr;
struct item;
struct type_expr;

// `{ ... }` of statements or declarations.
struct block {
  struct span span; // with the braces
  struct item *items;
  uint16_t depth; // of the tree below, as in expressions
};

// An argument of a call: `value` or `name: value`.
struct arg {
  struct name name; // text NULL: positional
  struct expr *value;
  struct span span;
  struct arg *next;
};

// A field of a record or map literal, an option of `with`, a setting of `bind`,
// `override`, `server`, `resource`.
//   name: value    name set, key NULL
//   "key": value   key set (EXPR_STR or EXPR_TEMPLATE), name.text NULL
//   ...value       both NULL
struct field {
  struct name name;
  struct expr *key;
  struct expr *value;
  struct span span;
  struct field *next;
};

// `name: type from adapter(args) = initial` of fn, deployment, graph, flow,
// route, lambda. Only a lambda may leave the type out (reported elsewhere).
struct param {
  struct name name;
  struct type_expr *type; // or NULL
  struct name source;     // `in query|path|header|cookie|body`, or text NULL
  struct name adapter;    // `from json|text|...`, or text NULL
  struct arg *options;    // arguments of the source or the adapter
  struct expr *initial;   // the default, or NULL
  struct span span;
  uint16_t depth;
  struct param *next;
};

// ---------------------------------------------------------------- expressions

// Operators, from loose to tight. BINARY(id, text), UNARY(id, text).
#define EXPR_OPS(BINARY, UNARY)                                                \
  BINARY(OR, "or")                                                             \
  BINARY(AND, "and")                                                           \
  UNARY(NOT, "not")                                                            \
  BINARY(EQ, "==")                                                             \
  BINARY(NE, "!=")                                                             \
  BINARY(LT, "<")                                                              \
  BINARY(LE, "<=")                                                             \
  BINARY(GT, ">")                                                              \
  BINARY(GE, ">=")                                                             \
  BINARY(IN, "in")                                                             \
  BINARY(NOT_IN, "not in")                                                     \
  BINARY(ELSE, "??")                                                           \
  BINARY(PIPE, "|")                                                            \
  BINARY(BOTH, "&")                                                            \
  BINARY(ADD, "+")                                                             \
  BINARY(SUB, "-")                                                             \
  BINARY(BY, "by") /* left: a chain of OP_DIV, or one node; right: router */   \
  BINARY(MUL, "*")                                                             \
  BINARY(DIV, "/")                                                             \
  BINARY(INT_DIV, "div")                                                       \
  BINARY(MOD, "%")                                                             \
  UNARY(NEG, "-")

enum expr_op {
  OP_NONE,
#define OP(id, text) OP_##id,
  EXPR_OPS(OP, OP)
#undef OP
  OP_COUNT
};

const char *expr_op_text(enum expr_op op);

#define EXPR_KINDS(KIND)                                                       \
  KIND(ERROR, "error")                                                         \
  KIND(INT, "int")           /* integer */                                     \
  KIND(FLOAT, "float")       /* number */                                      \
  KIND(STR, "str")           /* text; raw strings and those without holes */   \
  KIND(TEMPLATE, "template") /* parts */                                       \
  KIND(DURATION, "duration") /* integer: nanoseconds */                        \
  KIND(SIZE, "size")         /* integer: bytes */                              \
  KIND(PERCENT, "percent")   /* number: 0.2 for 20% */                         \
  KIND(BOOL, "bool")         /* integer: 0 or 1 */                             \
  KIND(NONE, "none")                                                           \
  KIND(NAME, "name")         /* name */                                        \
  KIND(FIELD, "field")       /* access: of.name */                             \
  KIND(ITEM, "item")         /* access: of.0, the number in `at` */            \
  KIND(INDEX, "index")       /* index: of[from] */                             \
  KIND(SLICE, "slice")       /* index: of[from:to], each end may be NULL */    \
  KIND(CALL, "call")         /* call: of(args) */                              \
  KIND(LOOP, "loop")         /* call: loop(args), `of` is NULL */              \
  KIND(WITH, "with")         /* with: of with { options } */                   \
  KIND(AS, "as")             /* as: (of as name) */                            \
  KIND(UNARY, "unary")       /* op, operands: right only */                    \
  KIND(BINARY, "binary")     /* op, operands: left and right */                \
  KIND(IF, "if")             /* choice: if test then yes else no */            \
  KIND(MATCH, "match")       /* match */                                       \
  KIND(LAMBDA, "lambda")     /* lambda: fn(params) = value */                  \
  KIND(LIST, "list")         /* elements */                                    \
  KIND(TUPLE, "tuple")       /* elements, none, one `(a,)` or more */          \
  KIND(EACH, "each")         /* each: [value for names in over ...] */         \
  KIND(RECORD, "record")     /* fields; `{}` too, which may mean a map */      \
  KIND(MAP, "map")           /* fields with keys, and spreads */

enum expr_kind {
#define KIND(id, text) EXPR_##id,
  EXPR_KINDS(KIND)
#undef KIND
  EXPR_KIND_COUNT
};

const char *expr_kind_text(enum expr_kind kind);

// A piece of a TEMPLATE: text between holes, or a hole.
struct part {
  struct text text; // when `hole` is NULL; its span has no quotes
  struct expr *hole;
  struct part *next;
};

// A pattern of `match`.
enum pattern_kind {
  PATTERN_ERROR,
  PATTERN_ANY,   // `_`
  PATTERN_VALUE, // a literal, in `value` (a negative number is a literal)
  PATTERN_CASE,  // `Name` or `Name(bind)`
};

struct pattern {
  enum pattern_kind kind;
  struct span span;
  struct expr *value;
  struct name name; // of the case
  struct name bind; // text NULL when nothing is bound
};

// `pattern -> value` or `pattern { ... }`: one of value and body is set.
struct arm {
  struct pattern pattern;
  struct expr *value;
  struct block *body;
  struct span span;
  struct arm *next;
};

struct expr {
  enum expr_kind kind : 8;
  enum expr_op op : 6; // of UNARY and BINARY
  bool huge : 1;       // the parser's: 2^63, which only a minus makes right
  bool bracketed : 1;  // was written in parentheses (outside `span`)
  uint16_t depth;      // 1 for a leaf, at most AST_DEPTH_MAX
  struct span span;
  const void *type, *note; // see above
  struct expr *next;       // in `elements`
  union {
    int64_t integer;
    double number;
    struct text text;
    struct part *parts;
    struct name name;
    struct expr *elements;
    struct field *fields;
    struct {
      struct expr *of;
      struct name name; // FIELD
      uint32_t at;      // ITEM
      struct span span; // of what follows the dot
    } access;
    struct {
      struct expr *of, *from, *to;
    } index;
    struct {
      struct expr *of;
      struct arg *args;
      struct span span; // the parentheses
    } call;
    struct {
      struct expr *of;
      struct field *options;
    } with;
    struct {
      struct expr *of;
      struct name name;
    } as;
    struct {
      struct expr *left, *right;
      struct span span; // of the operator's word
    } operands;
    struct {
      struct expr *test, *yes, *no;
    } choice;
    struct {
      struct expr *value;
      struct arm *arms;
    } match;
    struct {
      struct param *params;
      struct type_expr *result; // or NULL
      struct expr *value;
    } lambda;
    struct {
      struct expr *value;
      struct name *names; // one or two: element, or key and value
      struct expr *over;
      struct expr *test;  // `if test`, or NULL
      struct expr *limit; // `limit n`, or NULL
    } each;
  };
};

// ---------------------------------------------------------------------- types

#define TYPE_KINDS(KIND)                                                       \
  KIND(ERROR, "error")                                                         \
  KIND(NAMED, "named")       /* named: str, openai.Model, nn.Linear[D, 3] */   \
  KIND(LIST, "list")         /* of: [T] */                                     \
  KIND(MAP, "map")           /* of: map T */                                   \
  KIND(OPTION, "option")     /* of: T? */                                      \
  KIND(STREAM, "stream")     /* of: stream T */                                \
  KIND(STEP, "step")         /* of: step T */                                  \
  KIND(TUPLE, "tuple")       /* members: (T, U); of one (T,), of none () */    \
  KIND(RECORD, "record")     /* fields: { a: T, b: U = 1 } */                  \
  KIND(ENUM, "enum")         /* members: TYPE_TEXT each; "a" | "b", or "a" */  \
  KIND(UNION, "union")       /* members: TYPE_CASE each, one or more */        \
  KIND(TENSOR, "tensor")     /* named: tensor f32[B, 3, N]; args: the dims */  \
  KIND(CALLABLE, "callable") /* callable: fn(T, U) -> R */                     \
  KIND(TEXT, "text")         /* text: member of an ENUM */                     \
  KIND(CASE, "case")         /* variant: member of a UNION */                  \
  KIND(NUMBER, "number")     /* number: a dimension or argument, `768` */      \
  KIND(REST, "rest")         /* `..` among dimensions: any more of them */

enum type_expr_kind {
#define KIND(id, text) TYPE_##id,
  TYPE_KINDS(KIND)
#undef KIND
  TYPE_KIND_COUNT
};

const char *type_expr_kind_text(enum type_expr_kind kind);

// A field of a record type or of a union's case.
struct type_field {
  struct name name;
  struct type_expr *type;
  struct expr *initial; // the default, or NULL
  const char *doc;      // or NULL
  struct span span;
  struct type_field *next;
};

// Constraints stand on any type: `[float](min_items: 1)` is TYPE_LIST with one
// constraint. Their arguments are all named; the values are literals.
//
// A union is what is written with cases: `Done(path: str) | Failed(error: str)`,
// also `Red | Green` (names alone among alternatives are cases without fields)
// and `Done(path: str)` alone. `name(...)` is a case, and not constraints, if a
// value in it is a type: anything but a number, bool, duration, size, or a
// string under the name `pattern`.
struct type_expr {
  enum type_expr_kind kind : 16;
  uint16_t depth;
  struct span span;
  const void *type; // what it means, once a later pass knows
  struct arg *constraints; // or NULL
  struct type_expr *next;  // in `members`, `args`, `params`
  union {
    struct type_expr *of;
    struct type_expr *members;
    struct type_field *fields;
    struct text text;
    struct expr *number; // EXPR_INT
    struct {
      struct name *path;      // one part or more: `openai`, `Model`
      struct type_expr *args; // in brackets; NAMED (also a dimension's name),
                              // NUMBER, REST, ...
    } named;
    struct {
      struct type_expr *params;
      struct type_expr *result; // or NULL
    } callable;
    struct {
      struct name name;
      struct type_field *fields;
    } variant;
  };
};

// ---------------------------------------------------------------------- items

// What stands in a file, an app, a deployment or a body is one kind of list.
// Which of them may stand where is checked before the parser returns: a file
// that parsed without an error has each item in a place of its own (items.def).
enum item_place {
  IN_FILE = 1,
  IN_APP = 2,
  IN_CLASS = 4, // a deployment without an arrow, or on a worker
  IN_BODY = 8,  // of fn, function deployment, graph with parameters, flow,
                // test, route, and every block inside them
};

enum item_kind {
#define ITEM(id, word, places) ITEM_##id,
#include "grammar/text/items.def"
#undef ITEM
  ITEM_KIND_COUNT
};

// "deployment", "route", ... as a user would name it.
const char *item_kind_text(enum item_kind kind);
unsigned item_kind_places(enum item_kind kind); // bits of enum item_place

// What DEPLOYMENT, FN, GRAPH, FLOW and ROUTE have in common.
struct callable {
  struct name *dims;        // `fn f[N, M](...)`
  bool has_params;          // false: `graph g = ...`, `route GET "/" -> ...`
  struct param *params;
  struct type_expr *result; // or NULL
  struct expr *value;       // the short body `= value`, a route's `-> value`
  struct block *body;       // the long one; neither: a signature alone
};

enum fn_kind { FN_PLAIN, FN_BATCH, FN_MULTIPLEX };

// `as json(status: 404)` behind a value.
struct form {
  struct name name;
  struct arg *args;
  struct span span;
};

// One `if` or `else if` of a chain.
struct branch {
  struct expr *test;
  struct block *body;
  struct branch *next;
};

struct item {
  enum item_kind kind : 16;
  uint16_t depth; // as in expressions
  struct span span;
  struct name name; // what it declares or sets; text NULL when it has no name
  const char *doc;  // text of the `///` lines before it, or NULL
  void *note;
  struct item *next;
  union {
    // use "./f.sg"       path.data set, name empty
    // use nn as n        module `nn`; name is `n`, or `nn` again without `as`
    struct {
      struct text path;
      struct name module;
    } use;

    // type name[dims] = type
    struct {
      struct name *dims;
      struct type_expr *type;
    } type_decl;

    // deployment name(params) -> result on python "module:Class" { body }
    // A function deployment has a result, a class deployment has none.
    struct {
      struct callable c;
      struct name on;    // python, c, exec; or text NULL
      struct text entry; // what stands behind it
    } deployment;

    // batch(options) fn name(params) -> result { body }
    struct {
      struct callable c;
      enum fn_kind kind;
      struct arg *options;
      struct span prefix; // `batch(...)`
    } fn;

    struct callable graph; // graph name(params) -> result { body }, or = value
    struct callable flow;

    // route METHOD "/path" (params) with { settings } -> value as form
    struct {
      struct callable c;
      struct name method; // text NULL: the routes of a flow
      struct text path;
      struct field *settings;
      struct form *form; // or NULL
    } route;

    // app name at "/prefix" { items }
    struct {
      struct text prefix; // data NULL when left out
      struct block *body;
    } app;

    // bind name = value { settings }
    struct {
      struct expr *value;
      struct field *settings;
    } bind;

    // override app.name { settings };  server { settings };
    // resource name { settings }
    struct {
      struct name *path; // of `override`; NULL for the others
      struct field *settings;
    } settings;

    // metric name = value;  name: value (SETTING);
    // state name: type = value;  let, var likewise
    struct {
      struct type_expr *type; // or NULL
      struct expr *value;     // never NULL but for an error
    } value;

    // test "title" { body }
    struct {
      struct text title;
      struct block *body;
    } test;

    // target = value, target += value (op is OP_NONE, OP_ADD, OP_SUB, OP_MUL,
    // OP_DIV);  stub target = value
    struct {
      struct expr *target;
      enum expr_op op;
      struct expr *value;
    } assign;

    // if test { } else if test { } else { }
    struct {
      struct branch *branches;
      struct block *otherwise; // or NULL
    } choice;

    // match value { arms }, as a statement
    struct {
      struct expr *value;
      struct arm *arms;
    } match;

    // for names in over { };  while test { } (names NULL, `over` is the test)
    struct {
      struct name *names; // one or two
      struct expr *over;
      struct block *body;
    } loop;

    // try { body } else error { otherwise }
    struct {
      struct block *body;
      struct name error; // text NULL when not named
      struct block *otherwise;
    } attempt;

    // return value as form (value may be NULL);  yield, emit, spawn, assert
    // value;  EXPR: value alone
    struct {
      struct expr *value;
      struct form *form;
    } effect;
  };
};

struct file_ast {
  const struct source *source;
  uint32_t file; // index, as in spans
  struct span span;
  struct item *items;
  bool broken; // an error was reported while it was read
};

#endif
