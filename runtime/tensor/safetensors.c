// Safetensors headers: bytes of a file that nobody has looked at enter, a table
// of tensors that is right leaves, or a reason. The header is read word by
// word, so that memory follows the tensors in it and not what else it may hold.
#include "runtime/tensor/safetensors.h"

#include "grammar/base/json_text.h"
#include "grammar/base/utf8.h"
#include "runtime/codec/scan.h"

#include <stdio.h>
#include <stdlib.h>

const char *const safetensors_dtype_names[SAFETENSORS_DTYPES] = {
#define SAFETENSORS_TYPE(name, bits, here) #name,
#include "runtime/tensor/safetensors.def"
#undef SAFETENSORS_TYPE
};
const uint8_t safetensors_dtype_bits[SAFETENSORS_DTYPES] = {
#define SAFETENSORS_TYPE(name, bits, here) bits,
#include "runtime/tensor/safetensors.def"
#undef SAFETENSORS_TYPE
};

enum dtype safetensors_dtype_here(enum safetensors_dtype t)
{
  enum { DTYPE_NONE = DTYPES };
  static const uint8_t here[SAFETENSORS_DTYPES] = {
#define SAFETENSORS_TYPE(name, bits, here) DTYPE_##here,
#include "runtime/tensor/safetensors.def"
#undef SAFETENSORS_TYPE
  };
  return (enum dtype)here[t];
}

enum { LENGTH_SIZE = 8, NAME_SHOWN = 200 };

struct reader {
  struct scan scan;
  struct arena *arena;
  struct safetensors_entry *entries;
  uint32_t count, room;
  uint64_t data_size;
  const struct text *name; // of the tensor that is read, or NULL
  struct safetensors_entry entry;
  unsigned seen;        // of the entry's fields
  struct map *metadata; // its keys; NULL: it has not been seen
  struct buf why;
};

// ---- what is wrong ----

void weight_name(struct buf *out, const char *name, size_t size)
{
  size_t shown = utf8_cut(name, size, NAME_SHOWN);
  buf_addc(out, '`');
  json_escape(name, shown, out);
  buf_adds(out, shown < size ? "…`" : "`");
}

static bool refuse(struct reader *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static bool refuse(struct reader *r, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  if (r->name) {
    weight_name(&r->why, r->name->data, r->name->size);
    buf_adds(&r->why, ": ");
  }
  buf_addv(&r->why, format, args);
  va_end(args);
  return false;
}

static bool exhausted(struct reader *r)
{
  r->name = NULL;
  return refuse(r, "out of memory");
}

// What the scanner says of it.
static bool no_json(struct reader *r)
{
  struct scan *s = &r->scan;
  r->name = NULL;
  const char *error =
      s->error ? s->error : "nested too deeply, or a number is too large";
  const char *at = s->error ? s->error_at : s->at;
  return refuse(r, "the header is no JSON: %s, at byte %zu of it", error,
                (size_t)(at - s->start));
}

static bool expected(struct reader *r, const char *what)
{
  return scan_fail(&r->scan, r->scan.at, what);
}

// ---- words ----

// What is between the quotes.
static bool read_token(struct reader *r, struct token *out)
{
  if (scan_peek(&r->scan) != '"')
    return expected(r, "Expecting a string");
  r->scan.at++;
  return scan_string(&r->scan, out);
}

static const struct text *token_of(struct reader *r, const struct token *t)
{
  const struct text *text = text_of_token(r->arena, t);
  if (!text)
    exhausted(r);
  return text;
}

// Whether a string is this word, however it is written.
static bool token_is(struct reader *r, const struct token *t, const char *word)
{
  size_t size = strlen(word);
  if (t->plain)
    return t->size == size && !memcmp(t->data, word, size);
  const struct text *text =
      t->size <= 6 * size ? text_of_token(r->arena, t) : NULL;
  return text && text_is(text, word, size);
}

// A list of whole numbers, none negative; how many is in *n.
static bool read_numbers(struct reader *r, const char *what, int64_t *out,
                         uint32_t most, uint32_t *n)
{
  struct scan *s = &r->scan;
  *n = 0;
  if (scan_peek(s) != '[')
    return refuse(r, "its %s is no list", what);
  s->at++;
  if (scan_peek(s) == ']')
    return scan_take(s, ']');
  do {
    if (*n == most)
      return refuse(r, "its %s has more than %u numbers", what, (unsigned)most);
    if (scan_peek(s) == '-' || !scan_int(s, &out[*n]))
      return refuse(r, "its %s is to hold whole numbers", what);
    ++*n;
  } while (scan_peek(s) == ',' && scan_take(s, ','));
  return scan_take(s, ']') || expected(r, "Expecting ',' delimiter");
}

// ---- a tensor ----

enum { SEEN_dtype = 1, SEEN_shape = 2, SEEN_offsets = 4, SEEN_all = 7 };

static bool read_dtype(struct reader *r)
{
  struct token t;
  if (!read_token(r, &t))
    return false;
  for (int i = 0; i < SAFETENSORS_DTYPES; i++)
    if (token_is(r, &t, safetensors_dtype_names[i])) {
      r->entry.dtype = (enum safetensors_dtype)i;
      return true;
    }
  size_t shown = utf8_cut(t.data, t.size, 40);
  return refuse(r, "there is no dtype \"%.*s\"", (int)shown, t.data);
}

static bool read_shape(struct reader *r)
{
  int64_t dims[TENSOR_RANK], *to;
  uint32_t n;
  if (!read_numbers(r, "shape", dims, TENSOR_RANK, &n))
    return false;
  if (!(to = ARENA_ARRAY(r->arena, n + 1, int64_t)))
    return exhausted(r);
  memcpy(to, dims, n * sizeof *dims);
  r->entry.dims = to;
  r->entry.rank = n;
  return true;
}

static bool read_offsets(struct reader *r)
{
  int64_t at[2];
  uint32_t n;
  if (!read_numbers(r, "data_offsets", at, 2, &n))
    return false;
  if (n != 2)
    return refuse(r, "its data_offsets are two numbers");
  r->entry.begin = (uint64_t)at[0];
  r->entry.end = (uint64_t)at[1];
  return true;
}

static bool see(struct reader *r, unsigned field, const char *name)
{
  if (r->seen & field)
    return refuse(r, "it has its %s twice", name);
  r->seen |= field;
  return true;
}

static bool read_field(struct scan *s, const struct token *key, void *user)
{
  struct reader *r = user;
  if (token_is(r, key, "dtype"))
    return see(r, SEEN_dtype, "dtype") && read_dtype(r);
  if (token_is(r, key, "shape"))
    return see(r, SEEN_shape, "shape") && read_shape(r);
  if (token_is(r, key, "data_offsets"))
    return see(r, SEEN_offsets, "data_offsets") && read_offsets(r);
  return scan_skip(s);
}

// Bytes that a shape needs, with every dimension of zero taken for one: so no
// arithmetic over dimensions overflows later on either.
static bool shape_holds(const struct safetensors_entry *e, uint64_t *bytes)
{
  int64_t all = safetensors_dtype_bits[e->dtype];
  bool empty = false;
  for (uint32_t i = 0; i < e->rank; i++) {
    empty = empty || !e->dims[i];
    if (e->dims[i] && __builtin_mul_overflow(all, e->dims[i], &all))
      return false;
  }
  *bytes = empty ? 0 : (uint64_t)all / 8;
  return empty || all % 8 == 0;
}

static bool entry_holds(struct reader *r)
{
  struct safetensors_entry *e = &r->entry;
  uint64_t bytes;
  if (r->seen != SEEN_all)
    return refuse(r, "it has no %s",
                  !(r->seen & SEEN_dtype)   ? "dtype"
                  : !(r->seen & SEEN_shape) ? "shape"
                                            : "data_offsets");
  if (!shape_holds(e, &bytes))
    return refuse(r, "its shape is too large, or no whole number of bytes");
  if (e->begin > e->end)
    return refuse(r, "its data end before they begin");
  if (e->end > r->data_size)
    return refuse(r,
                  "its data end at %llu, and the file has %llu bytes of "
                  "data: is it whole?",
                  (unsigned long long)e->end, (unsigned long long)r->data_size);
  if (e->end - e->begin != bytes)
    return refuse(r, "its shape needs %llu bytes, and its data have %llu",
                  (unsigned long long)bytes,
                  (unsigned long long)(e->end - e->begin));
  return true;
}

static bool keep_entry(struct reader *r)
{
  if (r->count == r->room) {
    uint32_t room = r->room ? 2 * r->room : 64;
    size_t old = r->room * sizeof *r->entries;
    void *p = arena_grow(r->arena, r->entries, old, room * sizeof *r->entries);
    if (!p)
      return exhausted(r);
    r->entries = p;
    r->room = room;
  }
  r->entries[r->count++] = r->entry;
  r->name = NULL;
  return true;
}

static bool read_tensor(struct reader *r, const struct text *name)
{
  r->entry = (struct safetensors_entry){.name = name};
  r->name = name;
  r->seen = 0;
  return scan_object(&r->scan, read_field, r) && entry_holds(r) &&
         keep_entry(r);
}

// ---- the header ----

static bool read_note(struct scan *s, const struct token *key, void *user)
{
  struct reader *r = user;
  struct token t;
  const struct text *name = token_of(r, key);
  if (!name)
    return false;
  if (map_get(r->metadata, name))
    return refuse(r, "its __metadata__ has a key twice");
  if (!map_add(r->arena, r->metadata, name, (value){0}))
    return exhausted(r);
  if (scan_peek(s) != '"')
    return refuse(r, "its __metadata__ is to hold strings");
  return read_token(r, &t);
}

static bool read_metadata(struct reader *r)
{
  if (r->metadata)
    return refuse(r, "it has its __metadata__ twice");
  if (!(r->metadata = map_new(r->arena, 0)))
    return exhausted(r);
  if (scan_peek(&r->scan) == 'n')
    return scan_word(&r->scan, "null", 4);
  if (scan_peek(&r->scan) != '{')
    return refuse(r, "its __metadata__ is no object");
  return scan_object(&r->scan, read_note, r);
}

static bool read_entry(struct scan *s, const struct token *key, void *user)
{
  struct reader *r = user;
  if (token_is(r, key, "__metadata__"))
    return read_metadata(r);
  const struct text *name = token_of(r, key);
  return name && read_tensor(r, name);
}

static int by_name(const void *x, const void *y)
{
  return text_compare(((const struct safetensors_entry *)x)->name,
                      ((const struct safetensors_entry *)y)->name);
}

static bool names_differ(struct reader *r)
{
  if (r->count)
    qsort(r->entries, r->count, sizeof *r->entries, by_name);
  for (uint32_t i = 1; i < r->count; i++)
    if (!by_name(&r->entries[i - 1], &r->entries[i])) {
      r->name = r->entries[i].name;
      return refuse(r, "it is there twice");
    }
  return true;
}

static int by_place(const void *x, const void *y)
{
  const struct safetensors_entry *a = *(struct safetensors_entry *const *)x;
  const struct safetensors_entry *b = *(struct safetensors_entry *const *)y;
  if (a->begin != b->begin)
    return a->begin < b->begin ? -1 : 1;
  return (a->end > b->end) - (a->end < b->end);
}

// One behind the other, from the first byte to the last.
static bool data_are_whole(struct reader *r)
{
  uint64_t at = 0;
  struct safetensors_entry **order =
      ARENA_ARRAY(r->arena, (size_t)r->count + 1, struct safetensors_entry *);
  if (!order)
    return exhausted(r);
  for (uint32_t i = 0; i < r->count; i++)
    order[i] = &r->entries[i];
  if (r->count)
    qsort(order, r->count, sizeof *order, by_place);
  for (uint32_t i = 0; i < r->count; at = order[i++]->end)
    if (order[i]->begin != at) {
      r->name = order[i]->name;
      return refuse(r, order[i]->begin > at
                           ? "a hole is in the data before it"
                           : "its data overlap with another's");
    }
  if (at != r->data_size)
    return refuse(r,
                  "its data are %llu bytes, and %llu stand behind the header",
                  (unsigned long long)at, (unsigned long long)r->data_size);
  return true;
}

static bool read_header(struct reader *r)
{
  struct scan *s = &r->scan;
  size_t size = (size_t)(s->end - s->at);
  if (utf8_check(s->at, size) != size)
    return refuse(r, "the header is no UTF-8");
  if (!size || *s->at != '{')
    return refuse(r, "the header does not begin with `{`: is it a safetensors "
                     "file?");
  if (!scan_object(s, read_entry, r))
    return false;
  scan_peek(s); // what fills it up
  return s->at == s->end || expected(r, "Extra data");
}

static bool read_length(struct reader *r, const unsigned char *bytes,
                        size_t size)
{
  uint64_t n = 0;
  if (size < LENGTH_SIZE)
    return refuse(r, "it has %zu bytes, too few for a safetensors file", size);
  for (int i = LENGTH_SIZE; i-- > 0;)
    n = n << 8 | bytes[i];
  if (n > SAFETENSORS_HEADER_MOST)
    return refuse(r,
                  "its header would be %llu bytes long: is it a safetensors "
                  "file?",
                  (unsigned long long)n);
  if (n > size - LENGTH_SIZE)
    return refuse(r,
                  "its header is %llu bytes long, and the file has %zu: is "
                  "it whole?",
                  (unsigned long long)n, size);
  const char *at = (const char *)bytes + LENGTH_SIZE;
  r->scan = (struct scan){.at = at, .end = at + n, .start = at};
  r->data_size = size - LENGTH_SIZE - n;
  return true;
}

int safetensors_read(struct safetensors *out, struct arena *a,
                     const void *bytes, size_t size, char *why, size_t why_size)
{
  struct reader r = {.arena = a};
  bool ok = read_length(&r, bytes, size) && read_header(&r) &&
            names_differ(&r) && data_are_whole(&r);
  if (!ok && !r.why.size)
    no_json(&r);
  if (ok)
    *out = (struct safetensors){r.entries, r.count, r.scan.end, r.data_size};
  else
    snprintf(why, why_size, "%s",
             r.why.size && !r.why.failed ? r.why.data : "out of memory");
  buf_free(&r.why);
  return ok ? 0 : -1;
}

// ---- looking for names ----

const struct safetensors_entry *safetensors_find(const struct safetensors *s,
                                                 const char *name, size_t size)
{
  struct text key = {(uint32_t)size, 0, name};
  uint32_t from = 0, to = s->count;
  while (from < to) {
    uint32_t middle = from + (to - from) / 2;
    if (text_compare(s->entries[middle].name, &key) < 0)
      from = middle + 1;
    else
      to = middle;
  }
  bool there = from < s->count && text_is(s->entries[from].name, name, size);
  return there ? &s->entries[from] : NULL;
}
