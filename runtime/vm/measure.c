// The metrics of a plan on one engine: each is a family of the loop's shard. In
// virtual time an engine has a shard of its own.
#include "runtime/vm/operator.h"
#include "runtime/vm/vm.h"

#include <stdlib.h>
#include <string.h>

static bool shape_of(const struct engine *e, const struct plan_metric *m,
                     struct arena *a, struct metric_shape *out)
{
  const struct plan *p = e->plan;
  const char **labels = ARENA_ARRAY(a, m->labels.count + 1, const char *);
  uint32_t n = m->buckets == PLAN_NONE ? 0 : p->consts[m->buckets].hi;
  double *bounds = ARENA_ARRAY(a, n + 1, double);
  if (!labels || !bounds)
    return false;
  for (uint32_t i = 0; i < m->labels.count; i++)
    labels[i] = plan_str(p, p->fields[m->labels.first + i].name);
  for (uint32_t i = 0; i < n; i++)
    bounds[i] = e->consts[p->consts[m->buckets].lo + i].f;
  *out = (struct metric_shape){.name = plan_str(p, m->name),
                               .help = plan_str(p, m->doc),
                               .kind = (enum metric_kind)m->kind,
                               .n_labels = m->labels.count,
                               .labels = labels};
  if (m->kind != METRIC_histogram)
    return true;
  out->n_bounds = m->buckets == PLAN_NONE ? metric_n_seconds : n;
  out->bounds = m->buckets == PLAN_NONE ? metric_seconds : bounds;
  return true;
}

// ---- the runtime's own ----

static struct metric_series *series_in(const struct engine *e,
                                       struct metric_family *f,
                                       const struct deployment *d)
{
  const char *app = plan_str(e->plan, e->plan->apps[d->row->app].name);
  struct metric_word words[2] = {{app, strlen(app)},
                                 {d->name, strlen(d->name)}};
  return f ? metric_series(f, words) : NULL;
}

static const char *const of_deployment[] = {"app", "deployment"};

static struct metric_series *series_for(const struct engine *e,
                                        struct metric_shard *shard,
                                        const struct deployment *d,
                                        enum metric_kind kind, const char *name,
                                        const char *help)
{
  return series_in(
      e,
      metric_family(shard, &(struct metric_shape){name, help, kind, 2,
                                                  of_deployment, 0, NULL}),
      d);
}

static struct metric_series *
series_of_seconds(const struct engine *e, struct metric_shard *shard,
                  const struct deployment *d, const char *name,
                  const char *help, struct metric_family **family)
{
  *family = metric_family(
      shard,
      &(struct metric_shape){name, help, METRIC_histogram, 2, of_deployment,
                             metric_n_seconds, metric_seconds});
  return series_in(e, *family, d);
}

static void count_models(struct engine *e, struct metric_shard *shard,
                         struct deployment *d)
{
  struct deployment_counts *c = &d->counts;
  c->models = series_for(e, shard, d, METRIC_gauge, "servegraph_models",
                         "Models that the replicas keep.");
  c->loads =
      series_for(e, shard, d, METRIC_counter, "servegraph_model_loads_total",
                 "Models that were loaded.");
  c->loads_failed = series_for(e, shard, d, METRIC_counter,
                               "servegraph_model_load_errors_total",
                               "Models that could not be loaded.");
  c->evictions = series_for(e, shard, d, METRIC_counter,
                            "servegraph_model_evictions_total",
                            "Models that made room for others.");
  c->load_time =
      series_of_seconds(e, shard, d, "servegraph_model_load_seconds",
                        "How long it took to load a model.", &c->load_times);
}

// Of deployments that have limits; the last ones of those whose replicas come
// and go.
static const struct counted {
  size_t at; // in deployment_counts
  enum metric_kind kind;
  const char *name, *help;
  bool lives;
} counted[] = {
#define COUNTED(field, kind, name, help, lives)                                \
  {offsetof(struct deployment_counts, field), METRIC_##kind,                   \
   "servegraph_deployment_" name, help, lives},
    // clang-format off
    COUNTED(ongoing, gauge, "ongoing_requests", "Calls that the replicas work on.", false)
    COUNTED(queued, gauge, "queued_requests", "Calls that wait for a replica.", false)
    COUNTED(requests, counter, "requests_total", "Calls that got a replica.", false)
    COUNTED(refused, counter, "refused_requests_total",
            "Calls that found the queue full, or too long for their time.", false)
    COUNTED(shed, counter, "shed_requests_total",
            "Calls whose turn came with too little time left.", false)
    COUNTED(replicas, gauge, "replicas", "Replicas that there are.", false)
    COUNTED(starts, counter, "replica_starts_total", "Replicas that have started.", true)
    COUNTED(failed_starts, counter, "replica_start_failures_total",
            "Starts of replicas that failed.", true)
    COUNTED(health_failures, counter, "health_check_failures_total",
            "Health checks that failed or took too long.", true)
    COUNTED(replaced, counter, "replicas_replaced_total",
            "Replicas replaced because they were not well.", true)
// clang-format on
#undef COUNTED
};

// At home: what has no limits has nothing to show.
static void count_deployments(struct engine *e, struct metric_shard *shard)
{
  enum { COUNTS = sizeof counted / sizeof *counted };
  for (uint32_t i = 0; i < e->plan->n_bindings; i++) {
    struct deployment *d = &e->deployments[i];
    if (!d->bounded || d->away)
      continue;
    for (uint32_t k = 0; k < COUNTS; k++)
      if (!counted[k].lives || d->may_stop)
        *(struct metric_series **)((char *)&d->counts + counted[k].at) =
            series_for(e, shard, d, counted[k].kind, counted[k].name,
                       counted[k].help);
    if (d->n_multiplex)
      count_models(e, shard, d);
    if (d->counts.replicas)
      metric_set(d->counts.replicas, d->n_ready, engine_time(e));
  }
}

void measure_retry(struct engine *e, struct deployment *d, bool made)
{
  struct metric_series **s = made ? &d->counts.retries : &d->counts.no_retries;
  if (!e->shard)
    return;
  if (!*s)
    *s = made ? series_for(e, e->shard, d, METRIC_counter,
                           "servegraph_deployment_retries_total",
                           "Retries and hedges of calls.")
              : series_for(e, e->shard, d, METRIC_counter,
                           "servegraph_deployment_retries_refused_total",
                           "Retries and hedges not made for want of budget.");
  if (*s)
    metric_add(*s, 1);
}

// Nobody else learns of them.
static void count_spawned(struct engine *e, struct metric_shard *shard)
{
  struct metric_family *f = metric_family(
      shard,
      &(struct metric_shape){.name = "servegraph_spawned_errors_total",
                             .help = "Calls that were spawned and failed.",
                             .kind = METRIC_counter});
  e->spawned_failed = f ? metric_series(f, NULL) : NULL;
}

bool measures_begin(struct engine *e, struct metric_shard *shard)
{
  uint32_t n = e->plan->n_metrics;
  e->shard = shard;
  if (shard) {
    count_deployments(e, shard);
    count_spawned(e, shard);
  }
  if (!n)
    return true;
  if (!shard && metrics_new(&e->own_metrics, 1))
    return false;
  if (!shard)
    shard = metrics_shard(e->own_metrics, 0);
  e->metrics = ARENA_ARRAY(&e->arena, n, struct metric_family *);
  struct arena scratch = {0};
  bool done = e->metrics != NULL;
  for (uint32_t i = 0; done && i < n; i++) {
    struct metric_shape shape;
    done = shape_of(e, &e->plan->metrics[i], &scratch, &shape) &&
           (e->metrics[i] = metric_family(shard, &shape));
  }
  arena_free(&scratch);
  return done;
}

void measures_end(struct engine *e)
{
  metrics_free(&e->own_metrics);
}

// The series of these labels; *why says why there is none.
static struct metric_series *series_of(struct engine *e, int64_t metric,
                                       const struct list *labels,
                                       const char **why)
{
  const struct plan_metric *m = &e->plan->metrics[metric];
  struct metric_word words[16];
  if (labels->count != m->labels.count || labels->count > 16) {
    *why = "a metric is given other labels than it has";
    return NULL;
  }
  for (uint32_t i = 0; i < labels->count; i++)
    words[i] = (struct metric_word){labels->items[i].text->data,
                                    labels->items[i].text->size};
  *why = NULL; // more than are kept are not counted
  return metric_series(e->metrics[metric], words);
}

bool engine_measure(struct engine *e, enum measuring what, int64_t metric,
                    const struct list *labels, double *x, const char **why)
{
  *why = "there is no such metric";
  if (metric < 0 || metric >= e->plan->n_metrics)
    return false;
  struct metric_series *s = series_of(e, metric, labels, why);
  bool counter = e->plan->metrics[metric].kind == METRIC_counter;
  bool histogram = e->plan->metrics[metric].kind == METRIC_histogram;
  if (*why || !s)
    return !*why;
  switch (what) {
  case MEASURE_inc:
    *why = counter && !(*x >= 0) ? "a counter only grows" : NULL;
    if (!*why)
      metric_add(s, *x);
    break;
  case MEASURE_set:
    metric_set(s, *x, engine_time(e));
    break;
  case MEASURE_observe:
    if (histogram)
      metric_observe(e->metrics[metric], s, *x);
    break;
  case MEASURE_value:
    *x = metric_value(s);
    break;
  case MEASURE_count:
    *x = (double)metric_count(e->metrics[metric], s);
    break;
  }
  return !*why;
}
