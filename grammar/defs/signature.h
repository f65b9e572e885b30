// Signatures of operators, as ops.def writes them, matched against types.
//
// The compiler asks with its own types, the verifier with the plan's: both
// show theirs through a struct type_reader. Dimensions are for the compiler and the
// recorder, each with a kind of its own: `signature_tensor` shows how they are written.
#ifndef SG_SIGNATURE_H
#define SG_SIGNATURE_H

#include <stdbool.h>
#include <stdint.h>

#include "grammar/defs/lists.h"

typedef const void *type_ref; // a type of whoever asks; NULL is no type

struct type_reader {
  const void *owner;
  enum type_kind (*kind)(const void *owner, type_ref t);
  type_ref (*part)(const void *owner, type_ref t, uint32_t i); // list, map, optional, stream…: part 0; tuple: item i
  uint32_t (*parts)(const void *owner, type_ref t);
  bool (*same)(const void *owner, type_ref x, type_ref y);
  enum dtype (*dtype)(const void *owner, type_ref t); // of a tensor
};

// DIMS: it takes tensors, and looks at their dimensions alone. TENSOR: a step of
// a tensor program, which is recorded.
enum operator_attribute {
  OPERATOR_PURE = 1, OPERATOR_CLOCK = 2, OPERATOR_WAITS = 4, OPERATOR_EFFECT = 8,
  OPERATOR_DIMS = 16, OPERATOR_TENSOR = 32
};

// E, F, I, N: any elements, floats, whole numbers, numbers; the same at each place.
enum element_variable {
  ELEMENT_E, ELEMENT_F, ELEMENT_I, ELEMENT_N, ELEMENT_VARIABLES
};

struct signature_dim { // names are numbers into the signature's `dims`
  enum {
    DIM_NUMBER,     // size
    DIM_NAME,       // name
    DIM_RUN,        // any number of dimensions: name
    DIM_BROADCAST,  // in a result: what `runs` broadcast to
    DIM_UNKNOWN,    // in a result: one that the rule tells
    DIM_UNKNOWN_RUN // in a result: any number of them that the rule tells
  } kind;
  uint32_t name, n_runs, runs[3];
  int64_t size;
};
enum { SIGNATURE_RANK = 8 };
struct signature_tensor { // `tensor f32[..., N]`
  bool variable;
  enum dtype dtype;                  // if not variable
  enum element_variable of;          // if it is
  uint32_t n_dims;
  struct signature_dim dims[SIGNATURE_RANK]; // at most one of them is a run in a parameter
};

struct signature_type { // a tree
  enum { SIGNATURE_KIND, SIGNATURE_VARIABLE, SIGNATURE_NUMBER, SIGNATURE_SCALAR } form;
  enum type_kind kind;
  uint32_t variable;            // 0 for T, 1 for U, 2 for V, 3 for W
  const struct signature_tensor *tensor; // NULL for any tensor, too
  uint32_t count;
  const struct signature_type *parts[4];
};
enum { SIGNATURE_PARAMS = 12, SIGNATURE_VARIABLES = 4, SIGNATURE_DIMS = 8 };
struct signature {
  const char *name;             // what a program calls
  enum operator_id id;
  unsigned attributes;
  uint32_t cost;                // ns
  uint32_t n_params;
  struct {
    const char *name;
    const struct signature_type *type;
    const char *value;          // how its default is written, or NULL
  } params[SIGNATURE_PARAMS];
  const struct signature_type *result;
  enum shape_rule shape;        // of a TENSOR operator
  uint32_t n_dims;
  const char *dims[SIGNATURE_DIMS]; // names of dimensions and runs: "N", "..", "..x"
  const char *text, *doc;
};

// Whether it is written without parentheses: it takes nothing and is always the
// same.
static inline bool signature_is_constant(const struct signature *s)
{
  return !s->n_params && s->attributes == OPERATOR_PURE;
}

// The parsed row. Rows are parsed once, at the first question.
const struct signature *signature_of(enum operator_id id);

// Whether the variable may be that.
bool element_may_be(enum element_variable v, enum dtype dtype);

struct signature_match {
  type_ref variables[SIGNATURE_VARIABLES]; // what T and U turned out to be
  uint32_t elements[ELEMENT_VARIABLES];    // what they are: enum dtype + 1, or 0
  uint32_t failed;                         // the first argument that did not fit
};
// Whether `args` fit the parameters exactly, whatever the dimensions of tensors (the caller has already widened ints
// and filled in defaults: there are as many arguments as parameters).
bool signature_fits(const struct signature *s, const struct type_reader *r,
                    const type_ref *args, uint32_t n, struct signature_match *m);
// Whether `result` is the signature's result under a match (a variable that no
// parameter mentions fits anything: the place decides).
bool signature_gives(const struct signature *s, const struct type_reader *r,
                     struct signature_match *m, type_ref result);

#endif
