// Timeline: when the calls of a request were made, began and ended.
//
// It is kept for requests that ask for it (`timed` in struct request), in
// their arena, and lives as long as that. What does not ask pays a look at a
// pointer for each call.
#ifndef SG_TIMELINE_H
#define SG_TIMELINE_H

#include "runtime/value/value.h"

#include <stdio.h>

enum { TIMELINE_CALLS = 1000 }; // kept; the others are counted

struct timeline_call {
  struct timeline_call *next, *within; // the call that made it, or NULL
  const char *deployment, *function;
  uint32_t number;      // in the order of asking
  int32_t replica;      // that it ran on; -1: on none
  int64_t asked;        // on the engine's clock
  int64_t began, ended; // the same; -1: it did not
  enum { CALL_OPEN, CALL_DONE, CALL_FAILED, CALL_CANCELLED } outcome;
  const struct text *error; // CALL_FAILED: what with
};

struct timeline {
  struct timeline_call *first, **last; // in the order of asking
  uint32_t n, left_out;
  int64_t from; // when the request began
};

// Its name, binding.method, or the binding alone where it is a function or a
// graph; the size.
enum { CALL_NAME = 200 };
size_t timeline_name(const struct timeline_call *c, char out[CALL_NAME]);

// A line for each call, with a bar from the request's begin to `now`; `indent`
// goes before each.
void timeline_print(const struct timeline *t, int64_t now, const char *indent,
                    FILE *out);

#endif
