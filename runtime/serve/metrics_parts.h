// What the files of metrics share. Nobody else includes this.
#ifndef SG_METRICS_PARTS_H
#define SG_METRICS_PARTS_H

#include "runtime/serve/metrics.h"

#include <stdatomic.h>

enum { WORD_END = (char)0xFF }; // behind each word; no text has this byte

struct metric_series {
  _Atomic(struct metric_series *) next; // the one made before
  uint64_t hash;
  const char *words; // of all labels, each with its end
  size_t size;
  _Atomic double value;      // of a histogram: the sum
  _Atomic int64_t set_at;    // of a gauge: when it was set last, 0: never
  _Atomic uint64_t counts[]; // of a histogram: by bound, then above them all
};

struct metric_family {
  _Atomic(struct metric_family *) next;
  struct metric_shape shape;
  _Atomic(struct metric_series *) first; // newest
  struct metric_series **table;          // by hash; its own thread's alone
  uint32_t n, room;
};

struct metric_shard {
  _Atomic(struct metric_family *) first; // oldest
};

struct metrics {
  unsigned n;
  struct metric_shard shards[];
};

#endif
