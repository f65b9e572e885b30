// Backends: who computes a step of a program of tensors.
//
// A backend is a row of functions. The engine asks them in their order who
// supports a step; the last one, the reference, supports every operator that
// there is. So a backend is there or not, and nobody else knows its name.
#ifndef SG_TENSOR_BACKEND_H
#define SG_TENSOR_BACKEND_H

#include "runtime/value/tensor_node.h"

struct tensor_program;
struct backend;

// Inputs are there, and the output has its dimensions and, but for views, its
// place: dense, in row-major order, aligned to 64 bytes. Nothing is aliased.
struct tensor_step {
  struct tensor_step *next;
  enum operator_id op;
  uint32_t n_inputs, n_attributes;
  const struct tensor **inputs;
  const int64_t *attributes; // as in struct tensor_node
  struct tensor *output;
  const void *fused; // what a backend has joined to it; its own form
  const char *name;  // of a fused one; NULL: the operator's
  const struct backend *backend;
  size_t scratch;       // bytes that it works in beside its output
  const void *place[2]; // where in the code
  uint32_t number;
  size_t scratch_at; // in the workspace
  bool view;         // nothing is computed
  bool grows;        // its output finds its memory itself
};

struct backend {
  const char *name;
  // Joins steps that it can do better together. May be NULL.
  void (*fuse)(struct tensor_program *p);
  bool (*supports)(const struct tensor_step *s);
  size_t (*scratch)(const struct tensor_step *s); // NULL: none is needed
  // NULL, or what is wrong, for a user: it lives as long as the program. May be
  // called from several threads at a time. `scratch` is aligned to 64.
  const char *(*run)(const struct tensor_step *s, void *scratch);
};

// The best first, then NULL. stdlib/ops/backends.c.
extern const struct backend *const backends[];

#endif
