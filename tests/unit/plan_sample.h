// A small plan made by hand, which has something of everything. Tests spoil it.
#ifndef PLAN_SAMPLE_H
#define PLAN_SAMPLE_H

#include "grammar/plan/build.h"

// Its types by number.
enum {
  T_NONE, T_BOOL, T_INT, T_FLOAT, T_STR, T_TEXTS, T_FUTURE, T_FUTURES, T_OP,
  T_ERROR, T_MAYBE, T_MAP, T_PAIR, T_DONE, T_OUTCOME, T_STEP, T_TENSOR,
  T_MATRIX, T_DURATION, T_MODEL, T_FN, T_POSITIVE, T_JSON, T_ARGS, T_STREAM,
  T_BYTES, T_SIZE, T_REVIEW, T_REVIEW_BASE, T_TREES, T_TREE, T_TIME, T_SHORT,
  T_MARKDOWN, T_OUT_RECORD, T_OUT_FORCED, T_LATER, T_TALK, T_NUMBERS,
  T_COUNT
};
// Functions, classes, methods, bindings, sites.
enum { F_INIT, F_FORWARD, F_HELPER, F_DAG, F_ARGS, F_ROUTE, F_TEST,
       F_PIECES, F_ALL, F_BATCHED, F_BATCH, F_LOAD, F_LOADER };
enum { C_MODEL, C_DAG };
enum { M_FORWARD, M_LOAD, M_RUN };
enum { B_MODEL, B_DAG };
enum { S_HELPER, S_FORWARD, S_DAG, S_HANDLE, S_CALLABLE, S_EACH,
       S_CLOSURE, S_STUB, S_LIMIT, S_GRAPH };
// Slots of F_ALL, one of each type that code needs.
enum {
  A_INT, A_INT2, A_FLOAT, A_STR, A_STR2, A_BOOL, A_TEXTS, A_FUTURE, A_FUTURES,
  A_ERROR, A_MAYBE, A_MAP, A_PAIR, A_DONE, A_OUTCOME, A_STEP, A_DURATION,
  A_MODEL, A_MODEL_ARG, A_FN, A_FN_ARG, A_TREE, A_TREES, A_OUT, A_FORCED,
  A_NONE, A_JSON, A_LATER, A_STREAM, A_SOME, A_SOME_LIMIT,
  A_NUMBERS, A_WORD, A_WORD2, A_WORD3,
  A_COUNT
};
// Instructions of F_ALL (and F_PIECES) that tests name; the others follow in
// order.
struct plan_sample {
  struct arena arena;
  struct plan_builder b;
  uint32_t at[OPCODES]; // number in `code` of the first use of an opcode
  uint32_t all;         // number in `code` of F_ALL's first instruction
};

void plan_sample_build(struct plan_sample *s);

#endif
