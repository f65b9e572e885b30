// The plan: a program as bytes. This header is the specification of the format.
//
// A plan is one file, little-endian: a header, then tables. A table is an array
// of records of one size; records hold 32-bit fields only, and refer to each
// other by their number in a table, so the file is mapped and used in place.
// Texts are runs of bytes of the table `text`, UTF-8, each with a NUL behind it.
//
// The lists below say of each field what it is. From them come the structs, the
// verifier's range checks (grammar/plan/verify.c) and the printed form
// (grammar/plan/dump.c). What hangs together beyond ranges, the verifier says.
#ifndef SG_PLAN_H
#define SG_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "grammar/defs/lists.h"

#define PLAN_MAGIC "SGPLAN\r\n" // 8 bytes; a text-mode copy damages it visibly
enum {
  PLAN_VERSION = 1,       // of the format that this header describes
  PLAN_OLDEST_READER = 1, // the least version whose readers understand it
};

enum {
  TRY_DEPTH = 16,        // handlers of one function that may be open at a time
  TYPE_DEPTH = 64,       // parts of parts by value
  TYPE_PARTS = 1 << 16,  // parts of a default value, at all depths
  CONST_DEPTH = 64,      // parts of parts of a constant
  CONST_PARTS = 1 << 22, // parts of a constant, at all depths
  PATH_SIZE = 2048,      // bytes of a route's path
  PATH_HOLES = 16,       // holes in it
};

#define PLAN_NONE UINT32_MAX    // an optional reference to nothing
#define PLAN_NO_SLOT UINT16_MAX // an optional operand that is not there

struct plan_text { uint32_t at, size; };     // bytes of `text`, NUL not counted
struct plan_run { uint32_t first, count; };  // records of another table
// One instruction; rows of opcodes.def say what a, b and c mean.
struct plan_code { uint16_t op, a, b, c; };

static inline uint32_t plan_wide(struct plan_code i)
{
  return i.b | (uint32_t)i.c << 16;
}

// ---- enumerations; those that come of lists are in grammar/defs/lists.h ----
enum plan_function_kind {
  FUNCTION_body,  // statements in order
  FUNCTION_graph, // strands
  FUNCTION_init,  // fills a replica's lets, or makes a binding's arguments
  FUNCTION_test,
  FUNCTION_KINDS
};
enum plan_class_kind {
  CLASS_deployment, // `deployment C(…) { fn … }`
  CLASS_function,   // `deployment f(x: T) -> U`; one method, run
  CLASS_graph,      // `graph g(x: T) -> U`; one method, run
  CLASS_KINDS
};
enum plan_method { // HTTP's
  METHOD_GET, METHOD_HEAD, METHOD_POST, METHOD_PUT, METHOD_DELETE, METHOD_PATCH,
  METHOD_OPTIONS, METHOD_WS, METHODS
};
enum plan_site_kind {
  SITE_function, // a helper, on the caller's replica: runs in the caller's order;
                 // or a graph, what was composed
  SITE_method,   // a method of a binding that is known: `target` is the method, `binding` the binding
  SITE_handle,   // a method of what the first slot of the run holds (a handle)
  SITE_callable, // what the first slot of the run holds (a closure)
  SITE_KINDS
};
enum plan_edge_kind { EDGE_data, EDGE_if, EDGE_unless, EDGE_KINDS };
enum plan_origin { // who set a setting
  ORIGIN_default, ORIGIN_deployment, ORIGIN_bind, ORIGIN_override, ORIGIN_route,
  ORIGIN_server, ORIGIN_compiler, ORIGIN_app, ORIGINS
};
enum plan_step { STEP_next, STEP_end_loop, STEP_respond };

// ---- records ----
// N(name)         a number
// E(name, count)  one of an enumeration
// T(name)         a text
// R(name, table)  a record's number in a table
// O(name, table)  the same, or PLAN_NONE
// U(name, table)  a run of records of a table

// A type. `base` is the type without what a slot does not know: constraints,
// names, dimensions, enumerations (base str). Slots have base types only, and a
// base is its own base. Parts held by value (fields of a tuple or record, the
// first variant of a union, what a step holds) have smaller numbers than the
// whole, so that every type has a finite default value; through list, map,
// optional, stream, future and callable, and in a union's later variants, a type
// may come back to itself. A whole is at most TYPE_DEPTH parts by value deep and
// its default at most TYPE_PARTS parts large. `detail`: a tensor's element type,
// a handle's class, else 0. The base of a tensor has no dimensions (fields); a
// tensor without any may have every rank.
#define PLAN_TYPE(N, E, T, R, O, U)                                            \
  E(kind, TYPE_KINDS) R(base, types) O(of, types) U(fields, fields)            \
  U(limits, limits) N(detail) T(name) T(doc)
// A part of a type: record field, tuple item, union variant, enumeration word
// (no type), callable's parameter, dimension (value: its size; name: its symbol).
#define PLAN_FIELD(N, E, T, R, O, U)                                           \
  T(name) O(type, types) O(value, consts) T(doc)
// A constraint on a type. The constant is a number of the type itself, a whole
// number (lengths), or a str (a pattern).
#define PLAN_LIMIT(N, E, T, R, O, U) E(kind, LIMIT_KINDS) R(value, consts)
// A constant. By kind of type: lo and hi are the bits of a 64-bit slot; a text
// (at, size); or a run of earlier constants (first, count): elements, parts,
// key and value by turns, for optional one or none, for a union tag (lo) and the
// payload (hi); handle: the binding (lo). A none json has no run (lo 0, hi 0);
// other json is a text that holds it, in its shortest form.
#define PLAN_CONST(N, E, T, R, O, U) R(type, types) N(lo) N(hi)
// A place for a value in a function's frame; its type is a base.
#define PLAN_SLOT(N, E, T, R, O, U) R(type, types) T(name)
// Code. Slots 0 … n_params - 1 are the parameters. A graph's code is reached by
// its strands only. `class`: whose replica `self` means.
#define PLAN_FUNCTION(N, E, T, R, O, U)                                        \
  T(name) E(kind, FUNCTION_KINDS) O(class, classes) R(result, types)           \
  N(n_params) U(slots, slots) U(code, code) U(strands, strands)                \
  U(places, places)
// A strand runs when `inputs` edges have come in. It begins at instruction
// `entry` of its function and ends with done, choose, return or fail. Edges go
// to strands with a greater number only. An `if` edge comes from a choose: the
// strand runs only if it is taken, else it is skipped at once, and a skipped
// strand feeds what it feeds; a skipped choose skips all that it guards. A
// strand's code lies before the next one's, and control stays in it.
#define PLAN_STRAND(N, E, T, R, O, U) N(entry) N(inputs) U(feeds, edges) T(name)
// What a strand feeds: another strand of its function, by its number there.
#define PLAN_EDGE(N, E, T, R, O, U) N(strand) E(kind, EDGE_KINDS)
// From instruction `at` (of its function) on, the code comes from this place.
#define PLAN_PLACE(N, E, T, R, O, U)                                           \
  N(at) R(file, files) N(line) N(column)
// A source file, as it was named to the compiler.
#define PLAN_FILE(N, E, T, R, O, U) T(path)
// A call in the code. The run of slots `first … first + count - 1` of the
// calling function are its arguments (behind the handle or closure itself, for
// these kinds). `target`: a function (for SITE_function), a method (for
// SITE_method and SITE_handle), else 0. A method runs on a replica of its class;
// a function that has a class is called from functions of that class only.
// Options are settings of place CALL.
#define PLAN_SITE(N, E, T, R, O, U)                                            \
  E(kind, SITE_KINDS) N(target) O(binding, bindings) N(first) N(count)         \
  U(settings, settings) N(line)
// A deployment as declared. `fields`: parameters, then lets, then state; `init`
// fills the lets and state of a new replica.
#define PLAN_CLASS(N, E, T, R, O, U)                                           \
  T(name) E(kind, CLASS_KINDS) U(fields, fields) N(n_params) N(n_lets)         \
  O(init, functions) U(methods, methods) R(file, files) N(line) T(doc)
// What can be called of a deployment. `flags`: 0, no flag is defined yet.
// `batch`: of a method that forms batches, the function that works on one: each
// of its parameters is a list of the method's, and it gives a list of what the
// method gives, or a tensor whose first dimension is as long. `loader`: of a
// method that keeps models, the function that loads one: both take an id, a str,
// and give the same; it forms no batches. What crosses a
// deployment's border (fields, parameters and results of methods, routes and
// tests) has no future in it.
#define PLAN_METHOD(N, E, T, R, O, U)                                          \
  T(name) R(class, classes) R(function, functions) O(batch, functions)         \
  O(loader, functions) N(flags) U(settings, settings)
// A deployment as bound. `args` (an init function without a class) gives the
// tuple of its class's parameters. `bounded`: 1 when it has slots and a queue,
// because its settings say so or a body of its methods may wait.
#define PLAN_BINDING(N, E, T, R, O, U)                                         \
  T(name) R(app, apps) R(class, classes) O(args, functions) N(bounded)         \
  U(settings, settings) R(file, files) N(line) T(doc)
// The value of a setting, and who set it. A batch's have constants of their own.
#define PLAN_SETTING(N, E, T, R, O, U)                                         \
  E(id, SETTINGS) R(value, consts) E(origin, ORIGINS) R(file, files) N(line)
// An app owns its bindings and routes. `prefix` is empty or begins with a slash.
#define PLAN_APP(N, E, T, R, O, U)                                             \
  T(name) T(prefix) U(bindings, bindings) U(routes, routes) T(doc)
// `path` is whole, with the app's prefix. A hole is a whole segment: `{name}` or,
// at the end and for the rest of a path, `{name:path}`. Parameter i is slot i of
// the function, whose type is the base of the parameter's. `result`: the type
// that is answered. A stream is answered piece by piece; a tuple (stream T?, U?)
// is a stream where it has one, and `form` its form, else U. A WebSocket's (WS)
// is a stream, of messages, or none. `outcomes`: what its body is known to
// answer, by status.
#define PLAN_ROUTE(N, E, T, R, O, U)                                           \
  E(method, METHODS) T(path) U(params, params) R(function, functions)          \
  R(result, types) E(form, FORMS) U(settings, settings) U(outcomes, outcomes)  \
  R(app, apps) R(file, files) N(line) T(doc)
// A status, 200 to 599. `failed`: 1 when code fails with it, and then `message`
// is the error's, with `…` where a value stands.
#define PLAN_OUTCOME(N, E, T, R, O, U) N(status) N(failed) T(message)
// What a route reads. `key`: the name outside (x-api-key, a path's hole), always
// there; `embed`: 1 when the body is an object of which this is the field `key`;
// `nested_text`: 1 when a JSON string that holds JSON is read. A stream is a
// body as it comes, or the inbox of a WebSocket: one, of source body, without a
// default, and nothing else is read from a body.
#define PLAN_PARAM(N, E, T, R, O, U)                                           \
  T(name) T(key) E(source, SOURCES) E(adapter, ADAPTERS) R(type, types)        \
  O(value, consts) N(embed) N(nested_text)
// A test is a function without parameters.
#define PLAN_TEST(N, E, T, R, O, U) T(name) R(function, functions) R(file, files) N(line)
// An environment variable that must be set; `secret`: 1 when it must not be empty
// and is never shown.
#define PLAN_NEED(N, E, T, R, O, U)                                            \
  T(name) N(secret) R(file, files) N(line) N(column)
// A metric. Labels are fields without a type; `buckets`: a list of float, the
// bounds of a histogram that has its own.
#define PLAN_METRIC(N, E, T, R, O, U)                                          \
  T(name) E(kind, METRIC_KINDS) U(labels, fields) O(buckets, consts) T(doc)
// Exactly one record: what is said once.
#define PLAN_PROGRAM(N, E, T, R, O, U) T(compiler) U(settings, settings)

// ---- tables, in the order of the file ----
// X(table, struct, list of fields). `code` and `text` are not made of fields.
#define PLAN_TABLES(X)                                                         \
  X(program, plan_program, PLAN_PROGRAM)                                       \
  X(files, plan_file, PLAN_FILE)                                               \
  X(types, plan_type, PLAN_TYPE)                                               \
  X(fields, plan_field, PLAN_FIELD)                                            \
  X(limits, plan_limit, PLAN_LIMIT)                                            \
  X(consts, plan_const, PLAN_CONST)                                            \
  X(functions, plan_function, PLAN_FUNCTION)                                   \
  X(slots, plan_slot, PLAN_SLOT)                                               \
  X(strands, plan_strand, PLAN_STRAND)                                         \
  X(edges, plan_edge, PLAN_EDGE)                                               \
  X(places, plan_place, PLAN_PLACE)                                            \
  X(sites, plan_site, PLAN_SITE)                                               \
  X(classes, plan_class, PLAN_CLASS)                                           \
  X(methods, plan_method_row, PLAN_METHOD)                                     \
  X(bindings, plan_binding, PLAN_BINDING)                                      \
  X(settings, plan_setting, PLAN_SETTING)                                      \
  X(apps, plan_app, PLAN_APP)                                                  \
  X(routes, plan_route, PLAN_ROUTE)                                            \
  X(params, plan_param, PLAN_PARAM)                                            \
  X(outcomes, plan_outcome, PLAN_OUTCOME)                                      \
  X(tests, plan_test, PLAN_TEST)                                               \
  X(needs, plan_need, PLAN_NEED)                                               \
  X(metrics, plan_metric, PLAN_METRIC)

#define PLAN_N(name) uint32_t name;
#define PLAN_E(name, count) uint32_t name;
#define PLAN_T(name) struct plan_text name;
#define PLAN_R(name, table) uint32_t name;
#define PLAN_O(name, table) uint32_t name;
#define PLAN_U(name, table) struct plan_run name;
#define PLAN_STRUCT(table, type, FIELDS)                                       \
  struct type { FIELDS(PLAN_N, PLAN_E, PLAN_T, PLAN_R, PLAN_O, PLAN_U) };
PLAN_TABLES(PLAN_STRUCT)
#undef PLAN_STRUCT

enum plan_table {
#define PLAN_ENUM(table, type, FIELDS) PLAN_##table,
  PLAN_TABLES(PLAN_ENUM)
#undef PLAN_ENUM
  PLAN_code,
  PLAN_text,
  PLAN_TABLE_COUNT
};

struct plan_section {
  uint32_t offset; // in bytes from the start of the file, a multiple of 8
  uint32_t count;  // of records (of bytes for `text`)
};

struct plan_header {
  char magic[8];
  uint32_t version, oldest_reader;
  uint64_t checksum; // XXH3-64 of the whole file with this field zero
  uint32_t size;     // of the file, in bytes
  uint32_t n_sections;
  struct plan_section sections[PLAN_TABLE_COUNT];
};

// ---- reading ----
// A plan that lies in memory. The bytes are borrowed and must be 8-aligned.
struct plan {
  const struct plan_header *header;
#define PLAN_VIEW(table, type, FIELDS) const struct type *table; uint32_t n_##table;
  PLAN_TABLES(PLAN_VIEW)
#undef PLAN_VIEW
  const struct plan_code *code;
  uint32_t n_code;
  const char *text;
  uint32_t n_text;
};

// Opens and verifies bytes as a plan: 0, or -1 with one line of reason in
// `why`. After 0 every reference is in range, every instruction fits the types of its
// slots, and execution cannot leave the plan.
int plan_open(struct plan *out, const void *bytes, size_t size, char *why,
              size_t why_size);

// The part of plan_open that trusts header and ranges (grammar/plan/verify.c).
int plan_verify(const struct plan *p, char *why, size_t why_size);

// A text, NUL-terminated.
static inline const char *plan_str(const struct plan *p, struct plan_text t)
{
  return p->text + t.at;
}

// The 64 bits of a scalar constant.
static inline uint64_t plan_bits(const struct plan_const *c)
{
  return c->lo | (uint64_t)c->hi << 32;
}

// Whether the result of a route is a stream or, on other ways, a value.
struct plan_either { uint32_t stream, value; }; // types
static inline bool plan_stream_or_value(const struct plan *p, uint32_t type,
                                        struct plan_either *out)
{
  const struct plan_type *t = &p->types[type], *part[2];
  if (t->kind != TYPE_tuple || t->fields.count != 2)
    return false;
  for (uint32_t i = 0; i < 2; i++) {
    part[i] = &p->types[p->fields[t->fields.first + i].type];
    if (part[i]->kind != TYPE_optional)
      return false;
  }
  *out = (struct plan_either){part[0]->of, part[1]->of};
  return p->types[out->stream].kind == TYPE_stream;
}

// Names of the rows of the .def files, for messages and dumps.
const char *type_kind_name(enum type_kind kind);
const char *opcode_name(enum opcode op);
const char *operator_name(enum operator_id id);
const char *plan_method_name(enum plan_method m);

// Whether two verified plans differ at most in values of settings of batches, and
// in columns of the source.
bool plan_same_but_batches(const struct plan *x, const struct plan *y);

struct buf;
// Appends a readable form of the whole plan.
void plan_dump(const struct plan *p, struct buf *out);

#endif
