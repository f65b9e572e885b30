// libuv aborts where some of its own allocations fail, and says nothing. Its
// memory comes through here, so that there is at least a reason on the way out.
// It asks at the beginning, and later only for more descriptors than there were
// (http_listen.c), so that a server at work never comes to this.
#include "runtime/memory.h"

#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

enum { LARGE = 1 << 20 };

static void *given(void *p)
{
  static const char text[] = "sgrun: out of memory\n";
  if (!p) {
    (void)!write(STDERR_FILENO, text, sizeof text - 1);
    _exit(1); // no handlers: they may want memory
  }
  return p;
}

static void *give(size_t size)
{
  return given(malloc(size));
}

static void *give_again(void *p, size_t size)
{
  return given(realloc(p, size));
}

static void *give_zeroed(size_t n, size_t size)
{
  return given(calloc(n, size));
}

// Left to itself, malloc learns from the first large piece that is freed to keep
// such pieces, and a server stays as large as its largest requests made it.
void memory_set_up(void)
{
  mallopt(M_MMAP_THRESHOLD, LARGE);
  mallopt(M_TRIM_THRESHOLD, 2 * LARGE);
  uv_replace_allocator(give, give_again, give_zeroed, free);
}
