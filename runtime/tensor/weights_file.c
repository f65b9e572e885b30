// Files of weights: see weights_file.h.
//
// There is one list of those that are open. A file counts who opened it and its
// buffers that are there; a buffer (struct weight) is found by its file as long
// as it has a count, and takes itself out when it has none.
#include "runtime/tensor/weights_file.h"

#include "runtime/codec/tensor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct weights_file {
  struct weights_file *next;
  uint32_t counts; // by files_lock
  struct stat identity;
  void *map;
  size_t size;
  struct arena arena; // of the table
  struct safetensors table;
  pthread_mutex_t lock;    // of what follows; held while one is converted
  struct weight **weights; // by entry: those that are there
};

struct weight {
  struct tensor_buffer buffer;
  struct weight *next; // of the same entry
  struct weights_file *file;
  uint32_t entry;
  enum dtype dtype;
  void *made; // what does not lie in the file, or NULL
  size_t made_size;
};

static pthread_mutex_t files_lock = PTHREAD_MUTEX_INITIALIZER;
static struct weights_file *files; // those that are open
static struct {
  _Atomic uint32_t files, buffers;
  _Atomic uint64_t mapped, converted;
} now;

struct weights_counts weights_counts(void)
{
  return (struct weights_counts){now.files, now.buffers, now.mapped,
                                 now.converted};
}

// ---- files ----

static void file_free(struct weights_file *f)
{
  if (f->map) {
    munmap(f->map, f->size);
    atomic_fetch_sub(&now.mapped, f->size);
    atomic_fetch_sub(&now.files, 1);
  }
  pthread_mutex_destroy(&f->lock);
  arena_free(&f->arena);
  free(f);
}

void weights_file_drop(struct weights_file *f)
{
  if (!f)
    return;
  pthread_mutex_lock(&files_lock);
  bool last = !--f->counts;
  for (struct weights_file **at = &files; last && *at; at = &(*at)->next)
    if (*at == f) {
      *at = f->next;
      break;
    }
  pthread_mutex_unlock(&files_lock);
  if (last)
    file_free(f);
}

static bool same_file(const struct stat *x, const struct stat *y)
{
  return x->st_dev == y->st_dev && x->st_ino == y->st_ino &&
         x->st_size == y->st_size && x->st_mtim.tv_sec == y->st_mtim.tv_sec &&
         x->st_mtim.tv_nsec == y->st_mtim.tv_nsec;
}

static bool file_map(struct weights_file *f, int fd, char *why, size_t why_size)
{
  f->size = (size_t)f->identity.st_size;
  void *map =
      f->size ? mmap(NULL, f->size, PROT_READ, MAP_SHARED, fd, 0) : NULL;
  if (!f->size || map == MAP_FAILED) {
    snprintf(why, why_size, "cannot map its %zu bytes: %s", f->size,
             f->size ? strerror(errno) : "it is empty");
    return false;
  }
  f->map = map;
  atomic_fetch_add(&now.files, 1);
  atomic_fetch_add(&now.mapped, f->size);
  madvise(map, f->size, MADV_WILLNEED); // all of it is about to be read
  return true;
}

static bool file_read(struct weights_file *f, char *why, size_t why_size)
{
  if (safetensors_read(&f->table, &f->arena, f->map, f->size, why, why_size))
    return false;
  f->weights =
      ARENA_ARRAY(&f->arena, (size_t)f->table.count + 1, struct weight *);
  if (!f->weights)
    snprintf(why, why_size, "out of memory");
  return f->weights;
}

static struct weights_file *file_new(int fd, const struct stat *identity,
                                     char *why, size_t why_size)
{
  struct weights_file *f = calloc(1, sizeof *f);
  if (!f) {
    snprintf(why, why_size, "out of memory");
    return NULL;
  }
  f->identity = *identity;
  f->counts = 1;
  pthread_mutex_init(&f->lock, NULL);
  if (file_map(f, fd, why, why_size) && file_read(f, why, why_size))
    return f;
  file_free(f);
  return NULL;
}

// One that is open, or a new one; they are read one after the other.
static struct weights_file *file_of(int fd, const struct stat *identity,
                                    char *why, size_t why_size)
{
  pthread_mutex_lock(&files_lock);
  struct weights_file *f = files;
  while (f && !same_file(&f->identity, identity))
    f = f->next;
  if (f) {
    f->counts++;
  } else if ((f = file_new(fd, identity, why, why_size))) {
    f->next = files;
    files = f;
  }
  pthread_mutex_unlock(&files_lock);
  return f;
}

struct weights_file *weights_file_open(const char *path, char *why,
                                       size_t why_size)
{
  struct stat identity;
  struct weights_file *f = NULL;
  int fd =
      open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); // not: wait for a pipe
  if (fd < 0 || fstat(fd, &identity))
    snprintf(why, why_size, "%s", strerror(errno));
  else if (!S_ISREG(identity.st_mode))
    snprintf(why, why_size, "it is no file");
  else
    f = file_of(fd, &identity, why, why_size);
  if (fd >= 0)
    close(fd); // the mapping stays
  return f;
}

const struct safetensors *weights_file_table(const struct weights_file *f)
{
  return &f->table;
}

// ---- element types ----

static bool is_float(enum dtype t)
{
  return t == DTYPE_f32 || t == DTYPE_f16 || t == DTYPE_bf16 || t == DTYPE_f64;
}

bool weights_become(enum safetensors_dtype from, enum dtype to)
{
  enum dtype has = safetensors_dtype_here(from);
  if (has == DTYPES || has == to)
    return has == to;
  if (is_float(has) || is_float(to))
    return is_float(has) && is_float(to);
  return element_is_int(has) && element_is_int(to) &&
         dtype_size[has] < dtype_size[to];
}

// ---- buffers ----

static void weight_free(struct weight *w)
{
  atomic_fetch_sub(&now.buffers, 1);
  atomic_fetch_sub(&now.converted, w->made_size);
  free(w->made);
  free(w);
}

static void weight_release(struct tensor_buffer *b)
{
  struct weight *w = (struct weight *)b;
  struct weights_file *f = w->file;
  pthread_mutex_lock(&f->lock);
  struct weight **at = &f->weights[w->entry];
  while (*at != w)
    at = &(*at)->next;
  *at = w->next;
  pthread_mutex_unlock(&f->lock);
  weight_free(w);
  weights_file_drop(f);
}

// Elements from bytes that may lie anywhere, by pieces that do not.
static void cast_loose(char *to, enum dtype dtype, const char *from,
                       enum dtype has, size_t n)
{
  enum { PIECE = 1024 };
  _Alignas(16) char piece[PIECE * 8];
  for (size_t i = 0; i < n; i += PIECE) {
    size_t k = n - i < PIECE ? n - i : PIECE;
    memcpy(piece, from + i * dtype_size[has], k * dtype_size[has]);
    elements_cast(to + i * dtype_size[dtype], dtype, piece, has, k);
  }
}

// What cannot be used as it lies in the file.
static bool weight_make(struct weight *w, const struct safetensors_entry *e,
                        const char *from)
{
  enum dtype has = safetensors_dtype_here(e->dtype);
  size_t n = (size_t)(e->end - e->begin) / dtype_size[has];
  bool loose = (uintptr_t)from % dtype_size[has];
  if (has == w->dtype && !loose)
    return true;
  size_t size = n * dtype_size[w->dtype];
  if (!(w->made = aligned_alloc(64, (size + 64) & ~(size_t)63)))
    return false;
  w->made_size = size;
  if (loose)
    cast_loose(w->made, w->dtype, from, has, n);
  else
    elements_cast(w->made, w->dtype, from, has, n);
  return true;
}

static struct weight *weight_new(struct weights_file *f, uint32_t entry,
                                 enum dtype dtype,
                                 enum tensor_precision precision)
{
  const struct safetensors_entry *e = &f->table.entries[entry];
  struct weight *w = calloc(1, sizeof *w);
  if (!w)
    return NULL;
  *w = (struct weight){.file = f, .entry = entry, .dtype = dtype};
  if (!weight_make(w, e, f->table.data + e->begin)) {
    free(w);
    return NULL;
  }
  tensor_buffer_begin(&w->buffer, weight_release);
  w->buffer.precision = precision;
  atomic_fetch_add(&now.buffers, 1);
  atomic_fetch_add(&now.converted, w->made_size);
  return w;
}

// The file's lock is held. The buffer counts as one who has opened the file.
static struct weight *weight_of(struct weights_file *f, uint32_t entry,
                                enum dtype dtype,
                                enum tensor_precision precision)
{
  struct weight *w = f->weights[entry];
  for (; w; w = w->next)
    if (w->dtype == dtype && w->buffer.precision == precision &&
        tensor_buffer_take(&w->buffer))
      return w;
  if (!(w = weight_new(f, entry, dtype, precision)))
    return NULL;
  w->next = f->weights[entry];
  f->weights[entry] = w;
  pthread_mutex_lock(&files_lock);
  f->counts++;
  pthread_mutex_unlock(&files_lock);
  return w;
}

struct tensor_buffer *weights_file_elements(struct weights_file *f,
                                            uint32_t entry, enum dtype dtype,
                                            enum tensor_precision precision,
                                            void **data)
{
  pthread_mutex_lock(&f->lock);
  struct weight *w = weight_of(f, entry, dtype, precision);
  pthread_mutex_unlock(&f->lock);
  if (!w)
    return NULL;
  const char *there = f->table.data + f->table.entries[entry].begin;
  *data = w->made ? w->made : (void *)(uintptr_t)there;
  return &w->buffer;
}
