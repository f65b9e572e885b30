// Graphs on their way to strands: pieces, in the order in which they stand.
//
// A piece is a strand or, for a `let` without calls, what may become one: it is
// computed by its only reader, by a strand of its own where it has several, or
// not at all. What a piece needs has a smaller number than it.
#ifndef SG_LOWER_GRAPH_H
#define SG_LOWER_GRAPH_H

#include "compiler/lower_code.h"

#define NO_PIECE UINT32_MAX

struct set { // of pieces; sorted and without doubles once set_close was called
  uint32_t *at, n, room;
};

struct guard {    // the choose whose outcome the piece waits for
  uint32_t piece; // or NO_PIECE
  enum plan_edge_kind kind;
};

// Chooses that may end the graph: what needs a value behind them runs only if
// they do not. None of them follows from another.
struct passed {
  struct guard *at;
  uint32_t n, room;
};

enum piece_fate {
  FATE_strand,
  FATE_asked,
  FATE_inline,
  FATE_dropped,
  FATE_merged
};
// FATE_asked: a let whose readers are not all known yet.

struct piece {
  enum strand_kind kind;
  enum piece_fate fate;
  bool cheap;      // computed again by each reader
  bool large;      // has so many leaves that it is a strand if it is read
  bool returns;    // a call whose result is the graph's
  bool step;       // a choose that asks whether a step goes on
  const char *out; // of a return: how a step leads to it, or NULL
  struct core_route route; // of a choose
  struct guard guard;
  struct passed passed;
  uint32_t seen;     // by the walk of this number (passed_add)
  struct set direct; // strands that it surely waits for
  struct set reads;  // lets that it reads, which are pieces too
  struct set leaves; // strands that it waits for, directly or by what it reads
  struct set inputs; // strands that feed it, once all fates are known
  const struct core *e; // what it computes
  uint32_t dst;         // into which slot; NO_SLOT: nowhere
  struct home *home;    // of a let
  uint32_t reader;      // of a let: the only one, NO_PIECE: none yet
  bool shared;          // by several readers
  uint32_t host;        // FATE_merged: the piece that it is computed with
  uint32_t *guests, n_guests, room_guests;
  uint32_t strand; // its number
  struct span span;
};

struct known {          // of a local of a graph
  struct set producers; // strands that write its slot
  uint32_t piece;       // the let's, or NO_PIECE
  struct passed passed;
  const struct core *made; // a tuple or record of locals and constants, or NULL
};

struct cut { // an expression that strands of their own compute
  const struct core *e;
  uint32_t slot;
  struct set producers;
  struct passed passed;
};

struct graph {
  struct lower *l;
  struct piece *pieces;
  uint32_t n, room;
  struct cut *cuts; // open addressing by address of `e`
  uint32_t n_cuts, room_cuts;
  struct guard guard; // of what is being read
  uint32_t walks;
};

// ---- sets ----
bool set_holds(struct set s, uint32_t x);
bool set_within(struct set x, struct set y);
bool set_same(struct set x, struct set y);
void set_add(struct arena *a, struct set *s, uint32_t x);
void set_add_all(struct arena *a, struct set *s, struct set x);
void set_close(struct set *s);

// ---- steps that are passed (lower_pass.c) ----
void passed_add(struct graph *g, struct passed *p, struct guard x);
void passed_add_all(struct graph *g, struct passed *p, struct passed from);
bool passed_same(struct passed x, struct passed y);
// Leaves out what the guard of the piece follows from.
void passed_prune(struct graph *g, struct piece *p);

// ---- cuts ----
struct cut *cut_put(struct graph *g, const struct core *e);
struct cut *cut_find(struct graph *g, const struct core *e);

// ---- reading (lower_graph.c) ----
void graph_read(struct graph *g, const struct function *f);
void graph_bind(struct graph *g, struct local *local, const struct core *e);

// ---- parts of what is put together (lower_parts.c) ----
void part_read(const struct core *e);  // of what is read, it itself
void parts_read(const struct core *e); // and all within it
const struct core *parts_bind(struct graph *g, const struct core *e);

// ---- strands (lower_strand.c) ----
void graph_decide(struct graph *g);
void graph_emit(struct graph *g);

#endif
