// Counting. See metrics.h; what is written of it is metrics_write.c.
#include "runtime/serve/metrics_parts.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

const double metric_seconds[] = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
                                 0.01,   0.025,   0.05,   0.1,   0.25,   0.5,
                                 1,      2.5,     5,      10,    30,     60};
const uint32_t metric_n_seconds =
    sizeof metric_seconds / sizeof *metric_seconds;

int metrics_new(struct metrics **out, unsigned shards)
{
  struct metrics *m =
      calloc(1, sizeof *m + shards * sizeof(struct metric_shard));
  if (!m)
    return -1;
  m->n = shards;
  *out = m;
  return 0;
}

struct metric_shard *metrics_shard(struct metrics *m, unsigned i)
{
  return &m->shards[i];
}

static void family_free(struct metric_family *f)
{
  struct metric_series *next;
  for (struct metric_series *s = atomic_load(&f->first); s; s = next) {
    next = atomic_load(&s->next);
    free(s);
  }
  free(f->table);
  free(f);
}

void metrics_free(struct metrics **at)
{
  struct metrics *m = *at;
  *at = NULL;
  for (unsigned i = 0; m && i < m->n; i++) {
    struct metric_family *next;
    for (struct metric_family *f = atomic_load(&m->shards[i].first); f;
         f = next) {
      next = atomic_load(&f->next);
      family_free(f);
    }
  }
  free(m);
}

// ---- families ----

static bool same_shape(const struct metric_shape *x,
                       const struct metric_shape *y)
{
  bool same = !strcmp(x->name, y->name) && x->kind == y->kind &&
              !strcmp(x->help, y->help) && x->n_labels == y->n_labels &&
              x->n_bounds == y->n_bounds;
  for (uint32_t i = 0; same && i < x->n_labels; i++)
    same = !strcmp(x->labels[i], y->labels[i]);
  for (uint32_t i = 0; same && i < x->n_bounds; i++)
    same = x->bounds[i] == y->bounds[i];
  return same;
}

static size_t room_of(const struct metric_shape *s)
{
  size_t size = sizeof(struct metric_family) + s->n_bounds * sizeof(double) +
                s->n_labels * sizeof(char *) + strlen(s->name) +
                strlen(s->help) + 2;
  for (uint32_t i = 0; i < s->n_labels; i++)
    size += strlen(s->labels[i]) + 1;
  return size;
}

static const char *keep(char **at, const char *text)
{
  char *to = *at;
  *at = stpcpy(to, text) + 1;
  return to;
}

// In one piece of memory: bounds, labels, then all texts.
static struct metric_family *family_new(const struct metric_shape *s)
{
  struct metric_family *f = calloc(1, room_of(s));
  if (!f)
    return NULL;
  double *bounds = (double *)(f + 1);
  const char **labels = (const char **)(bounds + s->n_bounds);
  char *text = (char *)(labels + s->n_labels);
  if (s->n_bounds)
    memcpy(bounds, s->bounds, s->n_bounds * sizeof *bounds);
  f->shape = *s;
  f->shape.bounds = bounds;
  f->shape.labels = labels;
  f->shape.name = keep(&text, s->name);
  f->shape.help = keep(&text, s->help);
  for (uint32_t i = 0; i < s->n_labels; i++)
    labels[i] = keep(&text, s->labels[i]);
  return f;
}

struct metric_family *metric_family(struct metric_shard *s,
                                    const struct metric_shape *shape)
{
  _Atomic(struct metric_family *) *end = &s->first;
  for (struct metric_family *f; (f = atomic_load(end)); end = &f->next)
    if (same_shape(&f->shape, shape))
      return f;
  struct metric_family *f = family_new(shape);
  if (f)
    atomic_store_explicit(end, f, memory_order_release);
  return f;
}

// ---- series ----

static bool is_of(const struct metric_series *s, uint32_t n,
                  const struct metric_word *words)
{
  const char *at = s->words;
  for (uint32_t i = 0; i < n; i++) {
    const char *end = memchr(at, WORD_END, s->size - (size_t)(at - s->words));
    if ((size_t)(end - at) != words[i].size ||
        memcmp(at, words[i].text, words[i].size))
      return false;
    at = end + 1;
  }
  return true;
}

static uint64_t hash_of(uint32_t n, const struct metric_word *words)
{
  uint64_t h = n;
  for (uint32_t i = 0; i < n; i++)
    h = XXH3_64bits_withSeed(words[i].text, words[i].size, h);
  return h;
}

static struct metric_series *series_new(const struct metric_family *f,
                                        uint64_t hash,
                                        const struct metric_word *words)
{
  size_t size = 0;
  uint32_t n = f->shape.kind == METRIC_histogram ? f->shape.n_bounds + 1 : 0;
  for (uint32_t i = 0; i < f->shape.n_labels; i++)
    size += words[i].size + 1;
  struct metric_series *s =
      calloc(1, sizeof *s + n * sizeof *s->counts + size + 1);
  if (!s)
    return NULL;
  char *at = (char *)(s->counts + n);
  s->words = at;
  s->size = size;
  s->hash = hash;
  for (uint32_t i = 0; i < f->shape.n_labels; i++) {
    memcpy(at, words[i].text, words[i].size);
    at += words[i].size;
    *at++ = WORD_END;
  }
  return s;
}

// The table has room for twice as many as there are.
static bool grow(struct metric_family *f)
{
  uint32_t room = f->room ? f->room * 2 : 8;
  struct metric_series **table = calloc(room, sizeof *table);
  if (!table)
    return false;
  for (uint32_t i = 0; i < f->room; i++) {
    struct metric_series *s = f->table[i];
    if (!s)
      continue;
    uint32_t at = (uint32_t)s->hash & (room - 1);
    while (table[at])
      at = (at + 1) & (room - 1);
    table[at] = s;
  }
  free(f->table);
  f->table = table;
  f->room = room;
  return true;
}

struct metric_series *metric_series(struct metric_family *f,
                                    const struct metric_word *words)
{
  uint64_t hash = hash_of(f->shape.n_labels, words);
  if (f->n * 2 >= f->room && !grow(f))
    return NULL;
  uint32_t at = (uint32_t)hash & (f->room - 1);
  for (struct metric_series *s; (s = f->table[at]);
       at = (at + 1) & (f->room - 1))
    if (s->hash == hash && is_of(s, f->shape.n_labels, words))
      return s;
  if (f->n >= METRIC_SERIES_MOST)
    return NULL;
  struct metric_series *s = series_new(f, hash, words);
  if (!s)
    return NULL;
  f->table[at] = s;
  f->n++;
  atomic_store_explicit(&s->next, atomic_load(&f->first), memory_order_relaxed);
  atomic_store_explicit(&f->first, s, memory_order_release);
  return s;
}

// ---- changing ----

// One thread writes, so that reading and writing need not be one step.
void metric_add(struct metric_series *s, double x)
{
  double now = atomic_load_explicit(&s->value, memory_order_relaxed);
  atomic_store_explicit(&s->value, now + x, memory_order_relaxed);
}

void metric_set(struct metric_series *s, double x, int64_t now)
{
  atomic_store_explicit(&s->value, x, memory_order_relaxed);
  atomic_store_explicit(&s->set_at, now ? now : 1, memory_order_relaxed);
}

void metric_observe(struct metric_family *f, struct metric_series *s, double x)
{
  uint32_t i = 0;
  while (i < f->shape.n_bounds && !(x <= f->shape.bounds[i]))
    i++;
  uint64_t n = atomic_load_explicit(&s->counts[i], memory_order_relaxed);
  atomic_store_explicit(&s->counts[i], n + 1, memory_order_relaxed);
  metric_add(s, x);
}

double metric_value(const struct metric_series *s)
{
  return atomic_load_explicit(&s->value, memory_order_relaxed);
}

uint64_t metric_count(const struct metric_family *f,
                      const struct metric_series *s)
{
  uint64_t n = 0;
  for (uint32_t i = 0;
       f->shape.kind == METRIC_histogram && i <= f->shape.n_bounds; i++)
    n += atomic_load_explicit(&s->counts[i], memory_order_relaxed);
  return n;
}
