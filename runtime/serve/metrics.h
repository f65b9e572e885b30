// Metrics: counters, gauges and histograms, and their page for Prometheus.
//
// Every loop has a shard, which its thread alone changes; nothing is locked.
// Who asks for the page reads all shards, whose lists only grow, and adds up
// what has one name and the same labels. Shards outlive engines, so that a
// reload loses no count.
#ifndef SG_METRICS_H
#define SG_METRICS_H

#include "grammar/base/buf.h"
#include "grammar/defs/lists.h"

#include <stdbool.h>
#include <stdint.h>

struct metrics;
struct metric_shard;
struct metric_family;
struct metric_series;

enum { METRIC_SERIES_MOST = 10000 }; // of a family, on one loop

struct metric_shape {
  const char *name, *help;
  enum metric_kind kind;
  uint32_t n_labels;
  const char *const *labels;
  uint32_t n_bounds; // of a histogram; ascending, without the infinite one
  const double *bounds;
};

struct metric_word { // a label's value
  const char *text;
  size_t size;
};

// 0, or -1 when memory is out.
int metrics_new(struct metrics **out, unsigned shards);
void metrics_free(struct metrics **m);
struct metric_shard *metrics_shard(struct metrics *m, unsigned i);

// The family of that name and shape, which is made when it is not there; NULL
// when memory is out. The shape is copied.
struct metric_family *metric_family(struct metric_shard *s,
                                    const struct metric_shape *shape);
// Of these values of the labels; NULL when there are too many, or no memory.
struct metric_series *metric_series(struct metric_family *f,
                                    const struct metric_word *words);

// By the thread of the shard.
void metric_add(struct metric_series *s, double x);
void metric_set(struct metric_series *s, double x, int64_t now);
void metric_observe(struct metric_family *f, struct metric_series *s, double x);

// What it came to: a value, or a histogram's sum; and how many were observed.
double metric_value(const struct metric_series *s);
uint64_t metric_count(const struct metric_family *f,
                      const struct metric_series *s);

// All of them, in the text format of Prometheus, version 0.0.4.
void metrics_write(const struct metrics *m, struct buf *out);

// The bounds of histograms of seconds, from a tenth of a millisecond up.
extern const double metric_seconds[];
extern const uint32_t metric_n_seconds;

#endif
