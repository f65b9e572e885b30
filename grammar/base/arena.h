// Arena: memory that is given out piece by piece and taken back all at once.
//
// The compiler has one arena for a whole run; the runtime has one for each
// request. Pieces are never freed one by one. A zeroed `struct arena` is an
// empty arena that takes its blocks from malloc.
//
// Another arena may be attached to one: it goes with its pieces. It may lie in
// one of them. So does what else is owned by pieces, which is let go by a
// function of its own.
#ifndef SG_ARENA_H
#define SG_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// Builds in which memory or threads are watched, by the names that gcc and
// clang have for them.
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define SG_WATCHED 1
#elif defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SG_WATCHED 1
#endif
#endif

struct arena_block;
struct arena_owned;

struct arena {
  char *at, *end;             // the free part of the newest block
  struct arena_block *blocks; // newest first; owned
  size_t held;                // bytes in all blocks
  size_t limit;               // most bytes that blocks may hold, 0: no limit
  void (*exhausted)(void); // called instead of returning NULL; must not return
  bool keeps; // blocks of a reset wait in this thread for the next arena
  struct arena *attached;    // the first of those that go with its pieces; or
                             // the next one beside it
  struct arena_owned *owned; // what else goes with them, the newest first
};

// `size` bytes aligned to 16, not cleared. NULL when memory or the limit is
// exhausted and `exhausted` is not set.
void *arena_alloc_slow(struct arena *a, size_t size);

// Where the next piece that is aligned to 16 would begin.
static inline char *arena_at(const struct arena *a)
{
  return (char *)(((uintptr_t)a->at + 15) & ~(uintptr_t)15);
}

static inline void *arena_alloc(struct arena *a, size_t size)
{
  size_t need = (size + 15) & ~(size_t)15;
  char *p = arena_at(a);
  if (need < size || (size_t)(a->end - p) < need || !p)
    return arena_alloc_slow(a, size);
  a->at = p + need;
  return p;
}

// One node: `size` bytes aligned to 8 and cleared. It cannot grow.
static inline void *arena_node(struct arena *a, size_t size)
{
  size_t need = (size + 7) & ~(size_t)7;
  char *p = a->at;
  if ((size_t)(a->end - p) >= need && p)
    a->at = p + need;
  else
    p = arena_alloc_slow(a, size);
  return p ? memset(p, 0, size) : NULL;
}

// As arena_alloc, cleared to zero.
void *arena_zalloc(struct arena *a, size_t size);

// `count` elements of `size` bytes, cleared; NULL also on overflow.
void *arena_array(struct arena *a, size_t count, size_t size);

// Makes the piece `p` of `old` bytes `size` bytes long, in place if it is the
// newest piece, by a copy if not. `p` may be NULL.
void *arena_grow(struct arena *a, void *p, size_t old, size_t size);

// Takes back what lies behind the first `size` bytes of the newest piece.
static inline void arena_shrink(struct arena *a, void *newest, size_t size)
{
  a->at = (char *)newest + ((size + 7) & ~(size_t)7);
}

// A copy of `size` bytes with a NUL after them.
char *arena_copy(struct arena *a, const char *data, size_t size);

// A printf into the arena; NULL on exhaustion.
char *arena_printf(struct arena *a, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// `with` is given back whenever `a` is reset or given back.
void arena_attach(struct arena *a, struct arena *with);

// `release(object)` is called whenever `a` is reset or given back: what was
// owned last goes first. False when memory is out; then nothing is owned.
bool arena_own(struct arena *a, void (*release)(void *object), void *object);

// Its blocks, one after the other: NULL is before the first, and behind the
// last. What was given out lies in them.
const struct arena_block *arena_next(const struct arena *a,
                                     const struct arena_block *at,
                                     const char **begin, const char **end);

// Forgets every piece, and keeps the oldest block for what comes next.
void arena_reset(struct arena *a);

// Gives everything back; the arena is empty and usable afterwards.
void arena_free(struct arena *a);

// Gives back to malloc what waits in this thread for its next arena.
void arena_trim(void);

#define ARENA_NEW(arena, type) ((type *)arena_node((arena), sizeof(type)))
#define ARENA_ARRAY(arena, count, type)                                        \
  ((type *)arena_array((arena), (count), sizeof(type)))

#endif
