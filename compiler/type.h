// Types as the compiler knows them.
//
// Types are unique: two that are the same are one pointer. A declared record or
// union (`type Review = …`) is a type of its own, whose parts may mention itself;
// all others are made of their parts. What may stand where another is wanted is
// `type_fits`.
#ifndef SG_COMPILER_TYPE_H
#define SG_COMPILER_TYPE_H

#include "grammar/base/atom.h"
#include "grammar/base/buf.h"
#include "grammar/base/diag.h"
#include "grammar/plan/plan.h"

struct answers;
struct class;
struct constant;

struct type_part { // record field, tuple item, variant, word, parameter, dimension
  atom name;                      // NULL for a tuple's item or a number
  const struct type *type;        // NULL for a word or a dimension
  const struct constant *initial; // a field's default, or NULL
  int64_t size;                   // of a dimension: its number, the scope of its
                                  // name, or DIM_ANY
  const char *doc;
  struct span span;
};

struct type_limit {
  enum limit_kind kind;
  const struct constant *value; // int, float or str
};

struct type {
  enum type_kind kind;
  uint32_t number;               // in order of making
  const struct type *of;         // list map optional stream step future; a callable's result
  const struct type_part *parts; // record tuple union enum tensor callable
  uint32_t n_parts;
  const struct type_limit *limits; // sorted by kind
  uint32_t n_limits;
  enum dtype dtype;              // tensor
  bool any_rank;                 // tensor [..]: `rest` parts are before it, the
  uint32_t rest;                 // others behind
  struct type_family *family;    // an instance of `type Linear[In, Out]`, with these
  const struct type_part *dims;  // dimensions: as many as the family has
  struct class *class;           // handle
  struct answers *answers;       // of a function's own step (check_step.c)
  atom name;                     // declared, else NULL
  const char *doc;
  struct span span;              // of the declaration
  const struct type *base;       // as plan.h says; its own base has base == itself
  uint32_t plan;                 // number in the plan + 1 once emitted
};

struct types; // the table; made once a run

struct types *types_new(struct arena *arena, struct atoms *atoms);

// The type without parts of this kind (none bool int float str bytes json …).
const struct type *type_simple(struct types *t, enum type_kind kind);
// list map optional stream step future of `of`; optional of optional is itself.
const struct type *type_of(struct types *t, enum type_kind kind,
                           const struct type *of);
const struct type *type_parts(struct types *t, enum type_kind kind,
                              const struct type_part *parts, uint32_t n);
// The same, but not unique: for type_fill alone. Its parts keep their own places
// and documentation.
const struct type *type_own_parts(struct types *t, enum type_kind kind,
                                  const struct type_part *parts, uint32_t n);
const struct type *type_callable(struct types *t, const struct type_part *params,
                                 uint32_t n, const struct type *result);
const struct type *type_tensor(struct types *t, enum dtype dtype, bool any_rank,
                               const struct type_part *dims, uint32_t n);
// `[.., 3]`: any dimensions behind the first `rest`.
const struct type *type_tensor_around(struct types *t, enum dtype dtype,
                                      const struct type_part *dims, uint32_t n,
                                      uint32_t rest);
// Whether there is a type for handles of the class.
bool type_has_handle(const struct types *t, struct class *c);
const struct type *type_handle(struct types *t, struct class *c);
const struct type *type_limited(struct types *t, const struct type *of,
                                const struct type_limit *limits, uint32_t n);
// A declared type: made first, filled later, so that its parts may mention it.
struct type *type_declare(struct types *t, atom name, struct span span,
                          const char *doc);
void type_fill(struct types *t, struct type *declared, const struct type *as);
// A step that no other is the same as: what it responds with is found out later
// and then is its only part, where it is not `of`.
struct type *type_own_step(struct types *t, const struct type *of);

// ---- dimensions (type_dims.c) ----
// A dimension is a number, a name, or `_`, which is any. A name belongs to a
// scope: a signature, a class, a declaration. Scopes are numbers, and lie inside
// each other; where code is checked one is entered, and the names of it and of
// those around it are what that code knows. Names of others are as good as `_`.
enum { DIM_ANY = -1, TYPE_RANK = 8 };
struct dim_scopes {
  struct arena *arena;
  uint32_t *around; // by number; 0: there is none around it
  uint32_t n, room;
  uint32_t now; // entered; 0: none
};
struct dim_scopes *types_scopes(struct types *t);
uint32_t dim_scope_new(struct dim_scopes *s, uint32_t around);
bool dim_known(const struct dim_scopes *s, const struct type_part *d); // a number, or a name in sight
// Whether they may be the same.
bool dims_agree(const struct dim_scopes *s, const struct type_part *x,
                const struct type_part *y);
bool tensors_agree(const struct dim_scopes *s, const struct type *x,
                   const struct type *y);
bool ranks_agree(const struct type *x, const struct type *y);
// What stands in y at the place of x's dimension i; NULL: that is not known.
const struct type_part *dim_opposite(const struct type *x, uint32_t i,
                                     const struct type *y);
// What both tensors are.
const struct type *tensors_join(struct types *t, const struct type *x,
                                const struct type *y);
bool type_has_dims(const struct type *x); // at any depth, tensors without `..` alone
// The type with each of its dimensions as `change` says.
struct dim_change {
  struct type_part (*of)(const struct dim_change *c, const struct type_part *d);
};
const struct type *type_with_dims(struct types *t, const struct type *x,
                                  const struct dim_change *c);

// What `type Linear[In, Out] = …` makes: one type for each choice of dimensions.
struct type_family {
  const struct type *pattern; // with its own names, which nobody else uses
  const struct type_part *dims;
  uint32_t n;
  bool filled; // the pattern is whole
  struct type_instance *instances;
};
const struct type *type_instance(struct types *t, struct type_family *f,
                                 const struct type_part *dims);
void type_family_fill(struct types *t, struct type_family *f); // its pattern is whole

// Whether a value of `from` may stand where `to` is wanted: the same; int for
// float; T for T?, none for T?; enum for str; a type without limits for one with
// (limits are checked at the border only); a record for one with the same field
// names in the same order whose parts fit; a tensor for one of the same elements
// whose dimensions agree.
bool type_fits(struct types *t, const struct type *from, const struct type *to);
// The type that both fit (branches, elements of a list), or NULL.
const struct type *type_join(struct types *t, const struct type *x,
                             const struct type *y);
// What a slot holds: constraints, names, words and dimensions taken off.
const struct type *type_base(struct types *t, const struct type *x);

// As the language writes it; declared types by name.
void type_print(const struct type *t, struct buf *out);
void type_print_brief(const struct type *t, struct buf *out); // no constraints
const char *type_text(struct arena *a, const struct type *t);

#endif
