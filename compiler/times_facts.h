// What is known of values before anything runs: enough to know how long a sleep
// is, how often a loop runs, and which binding a handle means.
#ifndef SG_TIMES_FACTS_H
#define SG_TIMES_FACTS_H

#include "compiler/lower_code.h"

enum fact_kind {
  FACT_number,
  FACT_parts,
  FACT_list,
  FACT_handle,
  FACT_function // parts: what it holds; of a method the handle
};

struct fact { // NULL: nothing is known
  enum fact_kind kind;
  int64_t number;            // bool int duration size time
  const struct fact **parts; // tuple, record; of a list NULL: only its length
  uint32_t n;
  const struct binding *binding; // of a function: whose it is, or NULL
  const struct site *site;       // of a function: what it leads to
};

const struct fact *fact_number(struct arena *a, int64_t number);
const struct fact *fact_const(struct arena *a, const struct constant *c);
const struct fact *fact_part(const struct fact *whole, uint32_t i);
bool fact_same(const struct fact *x, const struct fact *y);
const struct fact *fact_function(struct arena *a, const struct site *s,
                                 const struct binding *self,
                                 const struct fact *const *held);
// Of an instruction without calls; `args` are those of what it reads (of a run,
// all of it).
const struct fact *fact_of_ins(struct arena *a, const struct ins *i,
                               const struct fact *const *args, uint32_t n);
// The same text for the same facts.
void fact_key(const struct fact *f, struct buf *out);

#endif
