// What the files that check compositions share; nobody else includes it.
//
// An expression of `|`, `&`, `/ … by`, `loop` and callables is read into nodes
// (check_node.c). Once the types of its input are known it becomes code of a
// graph, which is ordered by its data (check_flow.c): of the graph that it
// stands in, or of a function that is made for it, its region. A loop is such a
// function for a round and one that repeats it (check_loop.c). How far a step
// goes, out of a loop or out of the whole graph, is settled when every body has
// been checked.
#ifndef SG_COMPOSE_H
#define SG_COMPOSE_H

#include "compiler/checker.h"

// ---- steps (check_step.c) ----

struct passing { // a function answers with the step of another one
  struct answers *from;
  bool no_end; // but for that it leaves a loop: there is one in between
  struct local *local;
  struct core *core; // NULL: where it does so is a pass of its graph
  struct passing *next;
};

struct answers { // how a function whose result is a step may answer
  struct type *type;
  bool ends, responds;
  struct span ends_at, responds_at; // where it first does
  const struct type *with;          // what it responds with
  bool unlike;                      // the types of its responds: was reported
  struct core **made;               // every CORE_STEP of this type
  uint32_t n_made, room_made;
  struct passing *passings;
  struct promise *promises; // that it responds with what it holds
  struct answers *next;
};

struct answers *answers_new(struct checker *k, const struct type *of);
// What a function that is a value may answer: everything.
struct answers *answers_any(struct checker *k, const struct core *x);
struct core *step_new(struct checker *k, const struct type *t,
                      enum plan_step tag, struct core *value);
// The payload of a step, and whether it has this tag.
struct core *step_payload(struct checker *k, struct local *step,
                          enum plan_step tag, struct span at);
struct core *step_test(struct checker *k, struct local *step,
                       enum plan_step tag, struct span at);

// ---- nodes (check_node.c) ----

struct callee {
  struct fn_sym *fn;       // a helper or a method; NULL: a closure
  struct core *value;      // the handle or closure, of the body where it is
                           // written; NULL: a helper
  struct core **captured;  // what a helper takes from there
  uint32_t n_captured;
  struct class_sym *class; // a function deployment that no app is known to have
  struct sig sig;
  struct setting *options;
  struct core *fallback; // of the body where it is written, or NULL
  struct core *model;    // the same: the id that the call names
};

enum node_kind {
  NODE_BAD, // was reported
  NODE_CALL,
  NODE_LAMBDA,   // whose parameters get their types from what comes
  NODE_WORD,   // a function of the language or of a library, whose types depend
               // on what comes
  NODE_CHAIN,
  NODE_BOTH,
  NODE_CHOICE,
  NODE_LOOP,
};

struct node {
  enum node_kind kind;
  struct expr *e;
  struct span span;
  atom name; // or NULL
  struct callee to;
  struct node **parts;
  uint32_t n, room;
  struct node *router; // CHOICE
  struct core *limit;  // LOOP: the most rounds
};

struct node *node_read(struct body *b, struct expr *e);
// How a message calls it.
const char *node_text(struct checker *k, const struct node *n);

// What a node takes, as far as it is known without its input.
enum entry_known { ENTRY_unknown, ENTRY_known, ENTRY_bad };
enum entry_known node_entry(struct checker *k, struct node *n, struct sig *out);

// ---- regions and edges (check_flow.c) ----

struct grip { // what a function that was made takes from where it is written
  struct core *outer;
  struct local *inner;
};

struct region {
  struct checker *k;
  struct body *in;     // where the code goes
  struct body *source; // where it is written
  struct region *up;   // whose code calls it; NULL: the source's
  struct fn_sym *fn;
  bool inlined;            // `in` is `source`
  struct answers *answers; // of a round
  struct grip *grips;
  uint32_t n_grips, room_grips;
};

struct input { // what comes to a node
  struct local **locals;
  uint32_t n;
  const struct node *from; // who gives it; NULL: it is the whole's input
  struct span span;
};

// A function for a region: with the class and app of the source, and without
// parameters as yet.
struct region *region_new(struct body *source, struct region *up,
                          const char *suffix, enum plan_function_kind kind,
                          struct span at);
// The body of a function that is made: what body_open makes.
struct body *region_body(struct region *r, enum body_kind kind);
struct local *region_param(struct region *r, atom name, const struct type *t,
                           struct span at);
// A value of the source, in the region.
struct core *region_reach(struct region *r, struct core *x);
// A call of the region's function by whoever is above it.
struct core *region_call(struct region *r, struct core **args, uint32_t n,
                         struct span at);

struct core *flow(struct region *r, struct node *n, const struct input *in);
// The value as what `p` takes; reported at both ends if it cannot.
struct core *edge(struct region *r, const struct node *to,
                  const struct sig_param *p, struct local *from,
                  const struct input *in);

// ---- steps that are passed, loops (check_loop.c) ----

struct pass { // a place where a step goes on, leaves a loop, or ends the graph
  struct core *core;
  const struct node *node;
  struct region *region;
  struct repeat *loop; // whose result it is, or NULL
  struct pass *next;
};

// The value of a step that goes on; `repeat` is the loop that gave it, or NULL.
struct core *pass_new(struct region *r, const struct node *n, struct core *step,
                      struct repeat *loop);
struct core *flow_loop(struct region *r, struct node *n,
                       const struct input *in);

#endif
