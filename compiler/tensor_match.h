// Signatures of operators with tensors, matched against the compiler's types: names of
// dimensions, runs and elements are learned from arguments, in their order.
#ifndef SG_TENSOR_MATCH_H
#define SG_TENSOR_MATCH_H

#include "compiler/checker.h"

struct dim_list { // dimensions, or as many as nobody knows
  bool any;       // before those from `rest` on there may be more
  uint32_t n, rest;
  struct type_part dims[TYPE_RANK];
};

// In the order of how much they tell.
enum misfit_kind {
  MISFIT_NONE,
  MISFIT_RANK,
  MISFIT_ELEMENTS,
  MISFIT_DIM,       // one has to be another
  MISFIT_BROADCAST, // two do not broadcast
  MISFIT_RULE,      // `why` says it
};

struct tensor_match {
  struct checker *k;
  const struct signature *row;
  struct core **args; // by parameter
  struct learned {    // of a name: a list of one; of a run
    bool set;
    uint32_t by; // which parameter said so
    struct dim_list is;
  } dims[SIGNATURE_DIMS];
  struct {
    bool set;
    uint32_t by;
    enum dtype is;
  } elements[ELEMENT_VARIABLES];
  struct misfit {
    enum misfit_kind kind;
    uint32_t param, by;
    struct type_part is, was;
    const char *name; // of the dimension, or NULL
    const char *why;
  } misfit;
};

// check_tensor.c
bool tensor_fits(struct tensor_match *m, const struct signature_tensor *s,
                 const struct type *t, uint32_t param);
// The type that the row gives, or NULL and a misfit.
const struct type *tensor_gives(struct tensor_match *m);
struct core *report_tensors(struct tensor_match *m, struct span at);

// check_shape.c: what `_` and `.._` of the result are. False: a misfit.
bool shape_rule(struct tensor_match *m, struct dim_list *out);
// Whether a scalar parameter is known, and what it is.
bool shape_number(const struct tensor_match *m, const char *name, int64_t *out);
struct type_part shape_dim(int64_t size); // less than 0: any
bool shape_is_number(const struct type_part *d);
// check_window.c
bool rule_CONV(struct tensor_match *m, struct dim_list *out);
bool rule_POOL(struct tensor_match *m, struct dim_list *out);

#endif
