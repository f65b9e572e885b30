// Faults on demand, for a program that is started with this library before all
// others: the n-th call of a kind fails, or does less than it was asked for,
// and clocks show another time. What fails when is told by a file that both
// sides have mapped (SG_FAULTS names it; faults.py is the other side), so it
// can be changed while the program runs.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum kind { ALLOC, MAP, ACCEPT, RECEIVE, SEND, KINDS };

// One kind's row. Calls are counted from 1; those from `from` up to (without)
// `to` meet the fault, every `step`-th of them.
struct row {
  _Atomic int64_t calls, from, to, step;
  _Atomic int64_t code; // errno; or minus the bytes that are let through
};

static struct plan {
  struct row rows[KINDS];
  _Atomic int64_t shift; // of CLOCK_REALTIME, in seconds
} none, *plan = &none;

static void *next(const char *name)
{
  return dlsym(RTLD_NEXT, name);
}

#define REAL(name)                                                             \
  static __typeof__(name) *real;                                               \
  if (!real)                                                                   \
  real = (__typeof__(name) *)next(#name)

__attribute__((constructor)) static void set_up(void)
{
  const char *path = getenv("SG_FAULTS");
  int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
  if (fd < 0)
    return;
  void *p = mmap(NULL, sizeof *plan, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (p != MAP_FAILED)
    plan = p;
}

// 0: nothing is wrong with this call.
static int64_t fault(enum kind kind)
{
  struct row *r = &plan->rows[kind];
  int64_t n = atomic_fetch_add(&r->calls, 1) + 1;
  int64_t from = atomic_load(&r->from);
  if (n < from || n >= atomic_load(&r->to))
    return 0;
  return (n - from) % atomic_load(&r->step) ? 0 : atomic_load(&r->code);
}

// True: it fails, and errno says how. `*size` may have become less.
static bool fails(enum kind kind, size_t *size)
{
  int64_t code = fault(kind);
  if (code > 0)
    errno = (int)code;
  else if (code < 0 && *size > (size_t)-code)
    *size = (size_t)-code;
  return code > 0;
}

// ---- memory ----
// The real functions are glibc's or a sanitizer's. While they are looked up,
// memory comes from here, and is never given back.
static char early[16384];
static size_t early_used;

static void *take_early(size_t size)
{
  char *p = early + early_used;
  early_used += (size + 15) & ~(size_t)15;
  return early_used > sizeof early ? NULL : p;
}

static bool is_early(const void *p)
{
  return (const char *)p >= early && (const char *)p < early + sizeof early;
}

static struct {
  void *(*malloc)(size_t);
  void *(*calloc)(size_t, size_t);
  void *(*realloc)(void *, size_t);
  void *(*aligned)(size_t, size_t);
  void (*free)(void *);
} heap;
static bool looking;

static bool ready(void)
{
  if (heap.free || looking)
    return heap.free;
  looking = true;
  heap.malloc = next("malloc");
  heap.calloc = next("calloc");
  heap.realloc = next("realloc");
  heap.aligned = next("aligned_alloc");
  heap.free = next("free");
  looking = false;
  return true;
}

static bool exhausted(void)
{
  size_t none_matter = 0;
  return fails(ALLOC, &none_matter);
}

void *malloc(size_t size)
{
  if (!ready())
    return take_early(size);
  return exhausted() ? NULL : heap.malloc(size);
}

void *calloc(size_t n, size_t size)
{
  if (!ready())
    return take_early(n * size);
  return exhausted() ? NULL : heap.calloc(n, size);
}

void *realloc(void *p, size_t size)
{
  if (!ready())
    return take_early(size);
  if (exhausted())
    return NULL;
  if (!is_early(p))
    return heap.realloc(p, size);
  void *q = heap.malloc(size);
  return q ? memcpy(q, p, size) : NULL;
}

void *aligned_alloc(size_t alignment, size_t size)
{
  return !ready() || exhausted() ? NULL : heap.aligned(alignment, size);
}

void free(void *p)
{
  if (!is_early(p) && ready())
    heap.free(p);
}

char *strdup(const char *s)
{
  size_t size = strlen(s) + 1;
  char *p = malloc(size);
  return p ? memcpy(p, s, size) : NULL;
}

void *mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset)
{
  REAL(mmap);
  size_t none_matter = 0;
  if (plan != &none && fails(MAP, &none_matter))
    return MAP_FAILED;
  return real(at, size, prot, flags, fd, offset);
}

// ---- sockets ----
int accept4(int fd, struct sockaddr *at, socklen_t *size, int flags)
{
  REAL(accept4);
  size_t none_matter = 0;
  return fails(ACCEPT, &none_matter) ? -1 : real(fd, at, size, flags);
}

ssize_t recv(int fd, void *to, size_t size, int flags)
{
  REAL(recv);
  return fails(RECEIVE, &size) ? -1 : real(fd, to, size, flags);
}

ssize_t send(int fd, const void *data, size_t size, int flags)
{
  REAL(send);
  return fails(SEND, &size) ? -1 : real(fd, data, size, flags);
}

ssize_t sendmsg(int fd, const struct msghdr *m, int flags)
{
  REAL(sendmsg);
  size_t size = SIZE_MAX;
  if (fails(SEND, &size))
    return -1;
  if (size == SIZE_MAX)
    return real(fd, m, flags);
  size_t first = m->msg_iov->iov_len;
  return send(fd, m->msg_iov->iov_base, size < first ? size : first, flags);
}

static bool is_socket(int fd)
{
  int type;
  socklen_t size = sizeof type;
  int before = errno;
  bool is = !getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size);
  errno = before;
  return is;
}

// TLS reads and writes its sockets so; of other files nothing is said.
ssize_t read(int fd, void *to, size_t size)
{
  REAL(read);
  if (is_socket(fd) && fails(RECEIVE, &size))
    return -1;
  return real(fd, to, size);
}

ssize_t write(int fd, const void *data, size_t size)
{
  REAL(write);
  if (is_socket(fd) && fails(SEND, &size))
    return -1;
  return real(fd, data, size);
}

// ---- time ----
int clock_gettime(clockid_t which, struct timespec *to)
{
  REAL(clock_gettime);
  int e = real(which, to);
  if (!e && which == CLOCK_REALTIME)
    to->tv_sec += atomic_load(&plan->shift);
  return e;
}
