// The page of metrics: what all shards have, added up, in Prometheus's text
// format (prometheus.io/docs/instrumenting/exposition_formats, version 0.0.4).
#include "runtime/serve/metrics_parts.h"

#include "grammar/base/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// ---- words ----

static void add_escaped(struct buf *out, const char *text, size_t size,
                        bool quoted)
{
  for (size_t i = 0; i < size; i++)
    if (text[i] == '\n')
      buf_adds(out, "\\n");
    else if (text[i] == '\\' || (quoted && text[i] == '"'))
      buf_addf(out, "\\%c", text[i]);
    else
      buf_addc(out, text[i]);
}

static void add_number(struct buf *out, double x)
{
  char text[NUMBER_TEXT];
  size_t n;
  if (isnan(x) || isinf(x)) {
    buf_adds(out, isnan(x) ? "NaN" : x < 0 ? "-Inf" : "+Inf");
    return;
  }
  if (x == rint(x) && fabs(x) < 1e15)
    n = number_print_int(text, (int64_t)x);
  else
    n = number_print_float(text, x);
  buf_add(out, text, n);
}

// name_suffix{a="x",le="0.5"}; `le` NULL: without
static void add_name(struct buf *out, const struct metric_shape *shape,
                     const char *suffix, const struct metric_series *s,
                     const double *le)
{
  const char *at = s->words;
  bool some = shape->n_labels || le;
  buf_addf(out, "%s%s%s", shape->name, suffix, some ? "{" : "");
  for (uint32_t i = 0; i < shape->n_labels; i++) {
    const char *end = memchr(at, WORD_END, s->size - (size_t)(at - s->words));
    buf_addf(out, "%s%s=\"", i ? "," : "", shape->labels[i]);
    add_escaped(out, at, (size_t)(end - at), true);
    buf_addc(out, '"');
    at = end + 1;
  }
  if (le) {
    buf_adds(out, shape->n_labels ? ",le=\"" : "le=\"");
    add_number(out, *le);
    buf_addc(out, '"');
  }
  buf_adds(out, some ? "} " : " ");
}

// ---- a series of all shards ----

static double load(const _Atomic double *x)
{
  return atomic_load_explicit(x, memory_order_relaxed);
}

// A gauge that was set is what was set last; all else is a sum.
static double value_of(struct metric_series *const *s, size_t n, bool gauge)
{
  double sum = 0, newest = 0;
  int64_t at = 0;
  for (size_t i = 0; i < n; i++) {
    int64_t set = atomic_load_explicit(&s[i]->set_at, memory_order_relaxed);
    sum += load(&s[i]->value);
    if (set > at) {
      at = set;
      newest = load(&s[i]->value);
    }
  }
  return gauge && at ? newest : sum;
}

static void add_value(struct buf *out, const struct metric_shape *shape,
                      struct metric_series *const *s, size_t n)
{
  add_name(out, shape, "", s[0], NULL);
  add_number(out, value_of(s, n, shape->kind == METRIC_gauge));
  buf_addc(out, '\n');
}

static void add_histogram(struct buf *out, const struct metric_shape *shape,
                          struct metric_series *const *s, size_t n)
{
  uint64_t count = 0;
  for (uint32_t b = 0; b <= shape->n_bounds; b++) {
    double le = b < shape->n_bounds ? shape->bounds[b] : INFINITY;
    for (size_t i = 0; i < n; i++)
      count += atomic_load_explicit(&s[i]->counts[b], memory_order_relaxed);
    add_name(out, shape, "_bucket", s[0], &le);
    buf_addf(out, "%llu\n", (unsigned long long)count);
  }
  add_name(out, shape, "_sum", s[0], NULL);
  add_number(out, value_of(s, n, false));
  buf_addc(out, '\n');
  add_name(out, shape, "_count", s[0], NULL);
  buf_addf(out, "%llu\n", (unsigned long long)count);
}

static int by_words(const void *x, const void *y)
{
  const struct metric_series *a = *(struct metric_series *const *)x;
  const struct metric_series *b = *(struct metric_series *const *)y;
  size_t n = a->size < b->size ? a->size : b->size;
  int order = memcmp(a->words, b->words, n);
  return order ? order : (a->size > b->size) - (a->size < b->size);
}

// ---- a family of all shards ----

struct family { // the series that shards have of it
  const struct metric_shape *shape;
  struct metric_series **series;
  size_t n, room;
  bool failed;
};

static bool same_name(const struct metric_shape *x,
                      const struct metric_shape *y)
{
  return !strcmp(x->name, y->name);
}

static bool adds_up(const struct metric_shape *x, const struct metric_shape *y)
{
  bool same = x->kind == y->kind && x->n_labels == y->n_labels &&
              x->n_bounds == y->n_bounds;
  for (uint32_t i = 0; same && i < x->n_labels; i++)
    same = !strcmp(x->labels[i], y->labels[i]);
  for (uint32_t i = 0; same && i < x->n_bounds; i++)
    same = x->bounds[i] == y->bounds[i];
  return same;
}

static void gather(struct family *all, const struct metric_family *f)
{
  for (struct metric_series *s = atomic_load(&f->first); s && !all->failed;
       s = atomic_load(&s->next)) {
    if (all->n == all->room) {
      size_t room = all->room ? all->room * 2 : 64;
      void *wide = realloc(all->series, room * sizeof *all->series);
      all->failed = !wide;
      if (!wide)
        return;
      all->series = wide;
      all->room = room;
    }
    all->series[all->n++] = s;
  }
}

static void add_family(struct buf *out, struct family *f)
{
  static const char *const kinds[] = {
#define METRIC(name, doc) #name,
#include "grammar/defs/metrics.def"
#undef METRIC
  };
  const struct metric_shape *shape = f->shape;
  if (f->n)
    qsort(f->series, f->n, sizeof *f->series, by_words);
  if (*shape->help) {
    buf_addf(out, "# HELP %s ", shape->name);
    add_escaped(out, shape->help, strlen(shape->help), false);
    buf_addc(out, '\n');
  }
  buf_addf(out, "# TYPE %s %s\n", shape->name, kinds[shape->kind]);
  for (size_t from = 0, to; from < f->n; from = to) {
    to = from + 1;
    while (to < f->n && !by_words(&f->series[from], &f->series[to]))
      to++;
    if (shape->kind == METRIC_histogram)
      add_histogram(out, shape, f->series + from, to - from);
    else
      add_value(out, shape, f->series + from, to - from);
  }
}

// Whether a family before this one had the name. A name that changed its shape
// in a reload is shown as it is now: as its newest family.
static const struct metric_shape *newest(const struct metrics *m,
                                         const struct metric_shape *shape)
{
  for (unsigned i = 0; i < m->n; i++)
    for (const struct metric_family *f = atomic_load(&m->shards[i].first); f;
         f = atomic_load(&f->next))
      if (same_name(&f->shape, shape))
        shape = &f->shape;
  return shape;
}

static bool is_first(const struct metrics *m, const struct metric_family *one)
{
  for (unsigned i = 0; i < m->n; i++)
    for (const struct metric_family *f = atomic_load(&m->shards[i].first); f;
         f = atomic_load(&f->next))
      if (same_name(&f->shape, &one->shape))
        return f == one;
  return false;
}

void metrics_write(const struct metrics *m, struct buf *out)
{
  for (unsigned i = 0; i < m->n; i++)
    for (const struct metric_family *f = atomic_load(&m->shards[i].first); f;
         f = atomic_load(&f->next)) {
      if (!is_first(m, f))
        continue;
      struct family all = {.shape = newest(m, &f->shape)};
      for (unsigned k = 0; k < m->n; k++)
        for (const struct metric_family *g = atomic_load(&m->shards[k].first);
             g; g = atomic_load(&g->next))
          if (same_name(&g->shape, all.shape) && adds_up(&g->shape, all.shape))
            gather(&all, g);
      add_family(out, &all);
      out->failed |= all.failed;
      free(all.series);
    }
}
