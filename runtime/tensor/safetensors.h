// The safetensors format: what a file's header says, checked whole.
//
// A file is the header's length (8 bytes, little-endian), the header, and the
// data. The header is a JSON object: by the name of each tensor its dtype,
// shape and data_offsets, the bytes from and to where its data lie, counted
// from the end of the header; `__metadata__` is an object of strings. Data are
// row-major and little-endian, and lie one tensor behind the other without
// holes.
#ifndef SG_SAFETENSORS_H
#define SG_SAFETENSORS_H

#include "grammar/base/buf.h"
#include "runtime/value/value.h"

enum safetensors_dtype {
#define SAFETENSORS_TYPE(name, bits, here) SAFETENSORS_##name,
#include "runtime/tensor/safetensors.def"
#undef SAFETENSORS_TYPE
  SAFETENSORS_DTYPES
};
enum { SAFETENSORS_HEADER_MOST = 100000000 }; // bytes, the format's own limit
extern const char *const safetensors_dtype_names[SAFETENSORS_DTYPES];
extern const uint8_t
    safetensors_dtype_bits[SAFETENSORS_DTYPES]; // of an element
// The element type that tensors of it have here, or DTYPES.
enum dtype safetensors_dtype_here(enum safetensors_dtype t);

struct safetensors_entry {
  const struct text *name;
  enum safetensors_dtype dtype;
  uint32_t rank; // at most TENSOR_RANK
  const int64_t *dims;
  uint64_t begin, end; // of its data, in bytes of safetensors.data
};
struct safetensors {
  const struct safetensors_entry *entries; // by name, in the order of bytes
  uint32_t count;
  const char *data;
  size_t size;
};

// Reads a whole file that lies in memory. Entries go into `a`; names and data
// are borrowed from `bytes`, which must outlive them. 0, or -1 with one line of
// reason in `why`, and *out stays as it was.
int safetensors_read(struct safetensors *out, struct arena *a,
                     const void *bytes, size_t size, char *why,
                     size_t why_size);
// By its name, or NULL.
const struct safetensors_entry *safetensors_find(const struct safetensors *s,
                                                 const char *name, size_t size);

// Appends a name as messages show it: in backquotes, escaped as JSON does, and
// cut where it is long.
void weight_name(struct buf *out, const char *name, size_t size);

#endif
