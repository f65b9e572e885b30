// Models that replicas keep: a shelf for each replica and method that
// multiplexes, in the order of their last use.
//
// The home's thread alone changes a shelf, under the lock; whoever else looks
// at it takes the lock (runtime/vm/report.c). What a model is, and how it is
// loaded, this does not know: runtime/vm/model.c does.
#ifndef SG_MODELS_H
#define SG_MODELS_H

#include "runtime/value/value.h"

#include <pthread.h>

struct replica;

struct model { // lies in what is kept
  struct model *newer, *older;
  struct shelf *shelf;
  const struct text *id;
  uint64_t hash;
  bool there; // else it is being loaded
};

struct shelf {
  struct replica *replica;
  struct multiplexing *how;
  struct model *newest, *oldest;
  uint32_t count, there; // of these
};

struct multiplexing { // what is set for a method of a deployment
  uint32_t method;    // in the plan
  uint32_t most;      // models that a replica keeps
  pthread_mutex_t lock;
};

// Of an id, for its place in tables; never 0.
uint64_t model_hash(const struct text *id);

// NULL: none.
bool model_same(const struct text *x, const struct text *y);

struct model *shelf_find(const struct shelf *s, const struct text *id,
                         uint64_t hash);
// At the front: it is new; or it is used.
void shelf_add(struct shelf *s, struct model *m);
void shelf_use(struct model *m);
void shelf_loaded(struct model *m); // it is there
void shelf_remove(struct model *m);
// Of more than may be kept the one that was used longest ago; or NULL.
struct model *shelf_surplus(const struct shelf *s);

// What calls that went to a replica named last and it does not hold yet, as
// hashes, the newest first: that it will load them is known before it does.
enum { NAMED_MOST = 8 };
struct named {
  uint32_t n;
  uint64_t hash[NAMED_MOST];
};
void named_add(struct named *n, uint64_t hash);
void named_remove(struct named *n, uint64_t hash);

#endif
