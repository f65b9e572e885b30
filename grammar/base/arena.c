// Arena: blocks double in size up to a bound, so that a long compile makes few
// calls to malloc and a small request makes one. Blocks that an arena gives
// back wait, up to a number of bytes for each thread, for the next one that
// needs such a block: a server at work asks malloc for nothing.
#include "grammar/base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { FIRST_BLOCK = 4096, HUGE_PAGE = 2 << 20, LARGEST_BLOCK = 2 * HUGE_PAGE };

struct arena_block {
  struct arena_block *next;
  size_t size; // bytes of `data`
  _Alignas(16) char data[];
};

// ---- blocks that wait ----

#ifdef SG_WATCHED // it watches over what has been given back
enum { SPARE_MOST = 0 };
#else
enum { SPARE_MOST = 8 << 20 };
#endif
static _Thread_local struct arena_block *spare; // newest first
static _Thread_local size_t spare_held;

static void block_free(struct arena_block *b, bool keeps)
{
  if (!keeps || b->size > SPARE_MOST - spare_held) {
    free(b);
    return;
  }
  b->next = spare;
  spare = b;
  spare_held += b->size;
}

// One that is not much larger than what is asked for, or NULL.
static struct arena_block *spare_take(size_t least, size_t most)
{
  for (struct arena_block **at = &spare; *at; at = &(*at)->next) {
    struct arena_block *b = *at;
    if (b->size < least || b->size > most)
      continue;
    *at = b->next;
    spare_held -= b->size;
    return b;
  }
  return NULL;
}

void arena_trim(void)
{
  while (spare) {
    struct arena_block *next = spare->next;
    free(spare);
    spare = next;
  }
  spare_held = 0;
}

// A large block asks for huge pages: a long compile is else a tenth page
// faults.
static struct arena_block *block_new(size_t size)
{
  if (size < LARGEST_BLOCK)
    return malloc(size);
  size = (size + HUGE_PAGE - 1) & ~(size_t)(HUGE_PAGE - 1);
  void *p = aligned_alloc(HUGE_PAGE, size);
  if (p)
    madvise(p, size, MADV_HUGEPAGE);
  return p;
}

static void *exhausted(struct arena *a)
{
  if (a->exhausted)
    a->exhausted();
  return NULL;
}

void *arena_alloc_slow(struct arena *a, size_t size)
{
  if (size > SIZE_MAX / 2)
    return exhausted(a);
  size_t need = (size + 15) & ~(size_t)15;
  char *p = arena_at(a);
  if (p && (size_t)(a->end - p) >= need) {
    a->at = p + need;
    return p;
  }
  size_t room = a->blocks ? a->blocks->size * 2 : FIRST_BLOCK;
  if (room >= LARGEST_BLOCK)
    room = LARGEST_BLOCK - sizeof(struct arena_block);
  if (room < need)
    room = need;
  if (a->limit && (room > a->limit || a->held > a->limit - room)) {
    room = need;
    if (room > a->limit || a->held > a->limit - room)
      return exhausted(a);
  }
  size_t most = a->limit && a->limit - a->held < 2 * room ? room : 2 * room;
  struct arena_block *b = spare_take(room, most);
  if (!b && (b = block_new(sizeof *b + room)))
    b->size = room;
  if (!b)
    return exhausted(a);
  b->next = a->blocks;
  a->blocks = b;
  a->held += b->size;
  a->at = b->data + need;
  a->end = b->data + b->size;
  return b->data;
}

void *arena_zalloc(struct arena *a, size_t size)
{
  void *p = arena_alloc(a, size);
  return p ? memset(p, 0, size) : NULL;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
  size_t all;
  if (__builtin_mul_overflow(count, size, &all))
    return exhausted(a);
  return arena_zalloc(a, all);
}

void *arena_grow(struct arena *a, void *p, size_t old, size_t size)
{
  size_t had = (old + 15) & ~(size_t)15;
  if (p && (char *)p + had == a->at && size <= SIZE_MAX / 2) {
    size_t need = (size + 15) & ~(size_t)15;
    if ((size_t)(a->end - (char *)p) >= need) {
      a->at = (char *)p + need;
      return p;
    }
  }
  if (p && size <= had)
    return p;
  void *q = arena_alloc(a, size);
  if (q && p)
    memcpy(q, p, old < size ? old : size);
  return q;
}

char *arena_copy(struct arena *a, const char *data, size_t size)
{
  char *p = arena_alloc(a, size + 1);
  if (!p)
    return NULL;
  if (size)
    memcpy(p, data, size);
  p[size] = 0;
  return p;
}

char *arena_printf(struct arena *a, const char *format, ...)
{
  va_list args, again;
  va_start(args, format);
  va_copy(again, args);
  int n = vsnprintf(NULL, 0, format, args);
  va_end(args);
  char *p = n < 0 ? NULL : arena_alloc(a, (size_t)n + 1);
  if (p)
    vsnprintf(p, (size_t)n + 1, format, again);
  va_end(again);
  return p;
}

void arena_attach(struct arena *a, struct arena *with)
{
  with->attached = a->attached;
  a->attached = with;
}

struct arena_owned { // in the arena itself
  struct arena_owned *next;
  void (*release)(void *object);
  void *object;
};

bool arena_own(struct arena *a, void (*release)(void *object), void *object)
{
  struct arena_owned *o = ARENA_NEW(a, struct arena_owned);
  if (!o)
    return false;
  *o = (struct arena_owned){a->owned, release, object};
  a->owned = o;
  return true;
}

static void release_owned(struct arena *a)
{
  while (a->owned) {
    struct arena_owned *o = a->owned;
    a->owned = o->next;
    o->release(o->object);
  }
}

static void free_attached(struct arena *a)
{
  struct arena *with;
  while ((with = a->attached)) {
    a->attached = with->attached;
    with->attached = NULL;
    arena_free(with);
  }
}

const struct arena_block *arena_next(const struct arena *a,
                                     const struct arena_block *at,
                                     const char **begin, const char **end)
{
  at = at ? at->next : a->blocks;
  if (at) {
    *begin = at->data;
    *end = at->data + at->size;
  }
  return at;
}

void arena_reset(struct arena *a)
{
  release_owned(a);
  free_attached(a);
  struct arena_block *b = a->blocks;
  while (b && b->next) {
    struct arena_block *next = b->next;
    a->held -= b->size;
    block_free(b, a->keeps);
    b = next;
  }
  a->blocks = b;
  a->at = b ? b->data : NULL;
  a->end = b ? b->data + b->size : NULL;
}

void arena_free(struct arena *a)
{
  release_owned(a);
  free_attached(a);
  while (a->blocks) {
    struct arena_block *next = a->blocks->next;
    free(a->blocks);
    a->blocks = next;
  }
  a->at = a->end = NULL;
  a->held = 0;
}
