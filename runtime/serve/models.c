// Shelves of models. See models.h.
#include "runtime/serve/models.h"

#include <string.h>
#include <xxhash.h>

uint64_t model_hash(const struct text *id)
{
  uint64_t h = XXH3_64bits(id->data, id->size);
  return h ? h : 1;
}

bool model_same(const struct text *x, const struct text *y)
{
  if (!x || !y)
    return x == y;
  return x->size == y->size && !memcmp(x->data, y->data, x->size);
}

// ---- shelves ----

struct model *shelf_find(const struct shelf *s, const struct text *id,
                         uint64_t hash)
{
  struct model *m = s->newest;
  while (m && (m->hash != hash || !model_same(m->id, id)))
    m = m->older;
  return m;
}

static void link_first(struct model *m)
{
  struct shelf *s = m->shelf;
  m->newer = NULL;
  m->older = s->newest;
  *(s->newest ? &s->newest->newer : &s->oldest) = m;
  s->newest = m;
}

static void unlink(struct model *m)
{
  struct shelf *s = m->shelf;
  *(m->newer ? &m->newer->older : &s->newest) = m->older;
  *(m->older ? &m->older->newer : &s->oldest) = m->newer;
}

void shelf_add(struct shelf *s, struct model *m)
{
  pthread_mutex_lock(&s->how->lock);
  m->shelf = s;
  link_first(m);
  s->count++;
  pthread_mutex_unlock(&s->how->lock);
}

void shelf_use(struct model *m)
{
  if (!m->newer)
    return;
  pthread_mutex_lock(&m->shelf->how->lock);
  unlink(m);
  link_first(m);
  pthread_mutex_unlock(&m->shelf->how->lock);
}

void shelf_loaded(struct model *m)
{
  pthread_mutex_lock(&m->shelf->how->lock);
  m->there = true;
  m->shelf->there++;
  pthread_mutex_unlock(&m->shelf->how->lock);
}

void shelf_remove(struct model *m)
{
  struct shelf *s = m->shelf;
  pthread_mutex_lock(&s->how->lock);
  unlink(m);
  s->count--;
  s->there -= m->there;
  pthread_mutex_unlock(&s->how->lock);
}

struct model *shelf_surplus(const struct shelf *s)
{
  struct model *m = s->oldest;
  if (s->there <= s->how->most)
    return NULL;
  while (m && !m->there)
    m = m->newer;
  return m;
}

// ---- what was named ----

void named_remove(struct named *n, uint64_t hash)
{
  uint32_t kept = 0;
  for (uint32_t i = 0; i < n->n; i++)
    if (n->hash[i] != hash)
      n->hash[kept++] = n->hash[i];
  n->n = kept;
}

void named_add(struct named *n, uint64_t hash)
{
  named_remove(n, hash);
  n->n += n->n < NAMED_MOST;
  memmove(n->hash + 1, n->hash, (n->n - 1) * sizeof *n->hash);
  n->hash[0] = hash;
}
