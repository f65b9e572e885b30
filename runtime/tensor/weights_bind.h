// What weights.c and weights_offence.c share.
#ifndef SG_WEIGHTS_BIND_H
#define SG_WEIGHTS_BIND_H

#include "runtime/tensor/weights.h"
#include "runtime/tensor/weights_folder.h"

struct binding_dim { // a dimension that has a name, and who said how large it
                     // is
  const char *name;
  int64_t size;
  const struct text *by;
};

struct binder {
  const struct plan *plan;
  struct arena *arena; // of the result
  struct arena *scratch;
  enum tensor_precision precision;
  struct weights_folder folder;
  bool *used;      // by place
  struct buf path; // where it is; the prefix first
  size_t root;     // how long the path is at its beginning, with its dot
  struct binding_dim *dims;
  uint32_t n_dims, room_dims;
  uint32_t tensors, n_used;
  // What does not fit.
  struct buf *offences;
  uint32_t n_offences;
  const struct text *missing; // the first of them
  bool exhausted;
};

// Offences at the path. They leave the binder able to go on.
void offence_missing(struct binder *b);
void offence_dtype(struct binder *b, const struct safetensors_entry *e,
                   enum dtype want);
void offence_shape(struct binder *b, const struct safetensors_entry *e,
                   const struct plan_type *want, const struct binding_dim *dim);
void offence_other(struct binder *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// Puts all of it into one line.
void offences_conclude(struct binder *b, const char *path, struct buf *why);

#endif
