// What a route answers besides the values of its type: the statuses that are
// written in its body, and what the code that it leads to fails with.
#ifndef SG_OUTCOMES_H
#define SG_OUTCOMES_H

#include "compiler/core.h"

struct arena;

struct outcome {
  int64_t status;      // 0: computed, not known here
  const char *message; // of what fails, with `…` where a value stands
  struct outcome *next;
};

// Fills `fails` of every function of the program: what `fail` says in it and in
// what it calls, by status; at most OUTCOMES of them. What a `try` catches or a
// fallback replaces is not among them, nor what is spawned.
enum { OUTCOMES = 32 };
void outcomes_find(struct arena *a, const struct program *p);

// The statuses of what a body returns, each once, by status; no message. NULL
// where it returns nothing (it yields, or always fails).
struct outcome *outcomes_replies(struct arena *a, const struct stmt *body);

#endif
