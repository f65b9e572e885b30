// Compute threads: where tensors are computed, and what else would hold up a
// loop. There is one set of them for the process; they begin when the first job
// is there.
//
// A thread does one job at a time, from beginning to end, in the order of
// submission; what a job computes is not spread over threads. So two replicas
// that are busy have two cores.
#ifndef SG_COMPUTE_H
#define SG_COMPUTE_H

#include <stdint.h>

struct compute_job {
  struct compute_job *next;
  void (*run)(struct compute_job *j); // on a thread; whoever submitted it hears
                                      // of its end from here
};

// How many there will be; 0: as many as the process may use cores. Before the
// first job.
void compute_threads(uint32_t n);
// From any thread. Where no thread can be made, it runs here.
void compute_submit(struct compute_job *j);

#endif
