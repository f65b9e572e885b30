// Programs of tensors: what has to be computed before some elements can be
// read, as a list of steps.
//
// Made on the loop, of the nodes that operators have left (tensor_node.h):
// tensor_program_need adds a tensor and all that it depends on, each once. A
// program points to nothing of the run that it was made for: what lay in the
// run's arena is copied, counted memory is counted. From then on it is a
// compute thread's: backends may join steps (fusion), every step gets a
// backend, outputs get their places in one piece of memory that is used again
// as soon as nobody reads it (memory.c), and the steps run.
#ifndef SG_TENSOR_PROGRAM_H
#define SG_TENSOR_PROGRAM_H

#include "runtime/tensor/backend.h"

struct tensor_result {
  uint64_t number; // of the node
  struct tensor *tensor;
  void *data; // its elements; owned
};

// A tensor of a program, and what is known of it.
struct tensor_value {
  struct tensor tensor;      // first
  struct tensor_step *step;  // that makes it; NULL: it was there before
  struct tensor_value *root; // in whose elements a view lies; else itself
  uint32_t last;             // number of the step that reads these last
  int64_t offset;            // of a view, in elements behind its root's
  bool asked;
  size_t place, size; // of a root that a step makes, in the workspace
};
static inline struct tensor_value *tensor_value(const struct tensor *t)
{
  return (struct tensor_value *)t;
}

struct tensor_program {
  struct arena arena;                // of everything below
  struct tensor_step *first, **last; // in an order in which they can run
  uint32_t n_steps;
  struct tensor_result *results; // that are asked for
  uint32_t n_results, room_results;
  struct tensor_table *known; // tensors of the run and what they are here
  size_t held;                // bytes that steps work in, once it is planned
  size_t limit, taken;        // most bytes for these and for results; 0: any
  bool too_much;              // that was not enough
  bool planned;
  // what went wrong
  const struct tensor_step *failed; // or NULL: memory is out
  char why[200];
};

// NULL when memory is out.
struct tensor_program *tensor_program_new(void);
void tensor_program_free(struct tensor_program *p);

// `t` is one that is still to be computed. False when memory is out.
bool tensor_program_need(struct tensor_program *p, const struct tensor *t);
// Whether it is computed on the way; then it may be asked for as well.
bool tensor_program_has(const struct tensor_program *p, const struct tensor *t);

// Fusion, backends, places. False: p->why.
bool tensor_program_plan(struct tensor_program *p);
// All of it; `unwanted` is looked at between steps. False: p->why and
// p->failed, or nobody wants it.
bool tensor_program_run(struct tensor_program *p, const _Atomic bool *unwanted);
// After that, what the node of that number came to; NULL: it was not asked for.
const struct tensor *tensor_program_result(const struct tensor_program *p,
                                           uint64_t number);

// From now on every program whose steps are new is printed to standard error.
void tensor_programs_show(void);
void tensor_program_show(const struct tensor_program *p); // if so
// The steps, one a line, as they will run.
struct buf;
void tensor_program_print(const struct tensor_program *p, struct buf *out);

// ---- view.c ----
// Whether the step's output lies in its first input as it is: then it gets its
// strides, and *offset, in elements, is where it begins there.
bool tensor_view(const struct tensor_step *s, int64_t *offset);

// ---- grow.c ----
// Computes tensor.append, whose output has memory of its own. False when memory
// is out.
bool tensor_grow(struct tensor_program *p, const struct tensor_step *s);

// ---- memory.c ----
// Gives every output its place; false when memory is out.
bool tensor_memory_plan(struct tensor_program *p);
// So many bytes more; false where that is over the program's limit.
bool tensor_memory_take(struct tensor_program *p, size_t size);
// The thread's own piece of memory, of at least that size, aligned to 64; NULL:
// there is none. It is the same one each time.
char *tensor_workspace(size_t size);

#endif
