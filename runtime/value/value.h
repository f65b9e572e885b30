// Values: what the slots of frames hold.
//
// A slot is 8 bytes without a tag; the plan says its type, and the verifier has
// made sure that code agrees with it. What does not fit in 8 bytes is a pointer
// to one of the structs below. They are immutable once shown, live in the
// arena of their request (or of their replica, or in the plan), and are copied
// deeply where they outlive it (value_copy).
//
// Every slot holds a valid value of its type at all times: a new frame starts
// as a copy of its function's template of default values (0, "", [], none, a
// tuple of defaults, a union's first variant). So a read is never wild, whatever
// a plan's code does first.
#ifndef SG_VALUE_H
#define SG_VALUE_H

#include "grammar/base/arena.h"
#include "grammar/plan/plan.h"

struct text;    // str, bytes
struct list;
struct map;
struct tagged;  // union, step
struct json;
struct tensor;
struct stream;
struct future;
struct closure;
struct held;
struct deployment; // what a handle points to (runtime/serve)
struct replica;

typedef union value {
  int64_t i;   // none bool int duration size time
  double f;    // float percent
  uint64_t bits;
  const void *ptr;
  const struct text *text;
  const struct list *list;
  const struct map *map;
  const union value *parts; // tuple, record: the parts in order
  const union value *box;   // optional: NULL is none
  const struct tagged *tagged;
  const struct json *json;
  const struct tensor *tensor;
  struct stream *stream;
  struct future *future;      // NULL: one that has failed
  struct deployment *handle;  // NULL: one that is not there
  const struct closure *closure;
  const struct held *held;    // NULL: one that is not there
} value;

struct text {
  uint32_t size;   // bytes
  uint32_t length; // code points; for bytes the same as size
  const char *data; // not NUL-terminated in general; may point into a request's body or the plan
};

struct list {
  uint32_t count, room; // room: how many `items` has; 0: shared, nobody writes to it
  value *items;
  uint32_t *taken; // of a list that may grow in place (list_with), or NULL
};

struct map { // in order of insertion
  uint32_t count, room;
  struct map_entry *entries;
  struct map_place *index; // open addressing by hash, 2^n places; NULL below 9 entries
  uint32_t mask;
  uint32_t *taken; // of a map that may grow in place (map_with), or NULL
};
struct map_entry {
  const struct text *key;
  value item;
};

struct tagged {
  uint32_t tag;
  value payload;
};

enum json_kind { JSON_NULL, JSON_BOOL, JSON_INT, JSON_FLOAT, JSON_TEXT, JSON_LIST, JSON_MAP };
struct json { // the only value that carries its type; lists and maps hold json
  enum json_kind kind;
  value as;
};

struct tensor_buffer;
struct tensor_node;
struct tensor { // row-major and dense unless strides say otherwise
  uint32_t dtype; // enum dtype
  uint32_t rank;  // at most TENSOR_RANK
  int64_t dims[8], strides[8]; // in elements
  void *data;     // NULL: still to be computed, or nothing can be
  struct tensor_buffer *owner; // counted; NULL: the arena's
  const struct tensor_node *node; // what computes it while `data` is NULL
};
enum { TENSOR_RANK = 8 };
extern const uint8_t dtype_size[DTYPES]; // bytes of an element
int64_t tensor_size(const struct tensor *t); // elements
size_t tensor_bytes(const struct tensor *t);
void tensor_lay_out(struct tensor *t); // dense, in row-major order: its strides
bool tensor_is_dense(const struct tensor *t);
void tensor_copy(const struct tensor *t, void *to); // its elements, in row-major order
struct buf;
void shape_print(const int64_t *dims, uint32_t rank, struct buf *out); // [2, 3]

// What lies outside of all arenas and is counted: a tokenizer. A copy of it is
// another count.
struct held {
  struct tensor_buffer *of;
};

struct closure {
  uint32_t kind;     // enum plan_site_kind: function or method
  uint32_t target;   // as in plan_site
  struct deployment *handle; // of a method; NULL: one that is not there
  struct replica *self;      // of a function that has a class; NULL: it is not here
  uint32_t count;    // of what was captured; it comes before the arguments
  value captured[];
};

// ---- texts ----
extern const struct text text_empty;
const struct text *text_new(struct arena *a, const char *data, size_t size); // copies; counts code points of valid UTF-8
const struct text *text_view(struct arena *a, const char *data, size_t size); // borrows the bytes
int text_compare(const struct text *x, const struct text *y); // by bytes, which is by code points
static inline bool text_is(const struct text *t, const char *data, size_t size)
{
  return t->size == size && !__builtin_memcmp(t->data, data, size);
}
// The first bytes of a text, at most eight, as a number. Words and keys are
// short: eight bytes are read where that is within a page, and those behind the
// end are dropped.
static inline uint64_t text_word(const char *at, size_t n)
{
  uint64_t x = 0;
  if (n >= 8) {
    __builtin_memcpy(&x, at, 8);
    return x;
  }
#if !defined SG_WATCHED && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  if (n && ((uintptr_t)at & 4095) <= 4096 - 8) {
    __builtin_memcpy(&x, at, 8);
    return x & ~(~0ull << 8 * n);
  }
#endif
  for (size_t i = 0; i < n; i++)
    x |= (uint64_t)(unsigned char)at[i] << 8 * i;
  return x;
}
static inline bool text_same(const struct text *x, const struct text *y)
{
  size_t n = x->size;
  if (n != y->size)
    return false;
  if (n > 16)
    return !__builtin_memcmp(x->data, y->data, n);
  return text_word(x->data, n) == text_word(y->data, n) &&
         (n <= 8 || text_word(x->data + n - 8, 8) ==
                        text_word(y->data + n - 8, 8));
}

// ---- containers; NULL when the arena is exhausted ----
struct list *list_new(struct arena *a, uint32_t room);
bool list_push(struct arena *a, struct list *l, value v);
struct map *map_new(struct arena *a, uint32_t room);
bool map_put(struct arena *a, struct map *m, const struct text *key, value v); // replaces in place
const value *map_get(const struct map *m, const struct text *key); // or NULL
enum { MAP_NOTHING = UINT32_MAX };
uint32_t map_find(const struct map *m, const struct text *key); // number of the entry
size_t map_index_size(const struct map *m); // bytes of its index
bool map_add(struct arena *a, struct map *m, const struct text *key,
             value v); // a key that is not there
// Lists and maps with something added; what they were made from stays as it is.
// Adding again and again takes time by what is added: the newest of a row writes
// behind what the others have in common, and `taken` says how far that goes.
const struct list *list_with(struct arena *a, const struct list *x, const struct list *y);
const struct map *map_with(struct arena *a, const struct map *m, const struct text *key, value v);
// Appends to a list that nobody else can see, nor its items.
bool list_append(struct arena *a, struct list *l, const struct list *more);
value value_wrap(struct arena *a, value v); // an optional that is there

// What every slot of such a type may start with.
extern const struct list list_empty;
extern const struct map map_empty;
extern const struct json json_null;

// ---- by type (numbers into plan->types; any type, base or not) ----
// Code can nest a value without end, so these look VALUE_DEPTH levels deep, and
// at VALUE_PARTS parts in all. What is over is not equal, and not copied.
enum { VALUE_DEPTH = 1000, VALUE_PARTS = 100000000 };
bool value_equal(const struct plan *p, uint32_t type, value x, value y);
// The same, and *over says whether the answer is only that it is too much.
bool value_equal_within(const struct plan *p, uint32_t type, value x, value y,
                        bool *over);
// Changes *h by the value: equal values change it alike. False: nothing equals it,
// or it is too much to look at.
bool value_hash(const struct plan *p, uint32_t type, value v, uint64_t *h);
int value_compare(const struct plan *p, uint32_t type, value x, value y); // ordered kinds only
// A deep copy into `a`. Handles are copied as they are; futures and streams,
// which live no longer than their request, become NULL.
bool value_copy(struct arena *a, const struct plan *p, uint32_t type, value v, value *out);
// The same for another engine, whose deployments and replicas stand for those
// in v. What has no function stays as it is, but streams become NULL.
struct value_moved {
  struct deployment *(*handle)(struct deployment *d, void *user);
  struct replica *(*self)(struct replica *r, void *user); // NULL: it is not there
  bool (*stream)(struct stream *s, void *user, value *out);
  void *user;
};
bool value_copy_moved(struct arena *a, const struct plan *p, uint32_t type,
                      value v, const struct value_moved *moved, value *out);
// The default values of all types, by number; NULL when memory is out or a type
// holds itself by value.
value *value_defaults(struct arena *a, const struct plan *p);

// ---- errors ----
// DESIGN's closed list.
enum error_kind {
  ERROR_invalid, ERROR_user, ERROR_timeout, ERROR_cancelled, ERROR_overloaded,
  ERROR_unavailable, ERROR_upstream, ERROR_limit, ERROR_internal, ERROR_KINDS
};
struct error {
  enum error_kind kind;
  int status;                 // the HTTP status it becomes
  uint32_t retry_after;       // s until it is worth while to try again, or 0
  const struct text *message; // for the caller; never internals
  uint32_t file, line, column; // where, for the log; line 0: unknown
};

#endif
