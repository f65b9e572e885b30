// What the runtime counts of its own requests, on one loop: how many, by route,
// method and status; how long they took; how many are under way.
#ifndef SG_METER_H
#define SG_METER_H

#include "runtime/net/service.h"
#include "runtime/serve/metrics.h"

struct meter;

// Of the routes of a service; NULL when memory is out.
struct meter *meter_new(struct metric_shard *shard, const struct plan *p);
void meter_free(struct meter **m);

void meter_begin(struct meter *m);
void meter_undo(struct meter *m); // it has not begun after all
// `route`: PLAN_NONE where none was found; `method` is then what was asked for.
void meter_end(struct meter *m, uint32_t route, const char *method, int status,
               double seconds);

#endif
