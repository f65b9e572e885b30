// Tensors at the border: element types by name, elements of any type, dense
// tensors in an arena. Shared by the codec and the adapters.
#ifndef SG_CODEC_TENSOR_H
#define SG_CODEC_TENSOR_H

#include "runtime/codec/codec.h"

// By NumPy's name, or one of its common short ones ("int", "f4").
bool dtype_find(const char *name, size_t size, enum dtype *out);

// Elements by number in dense data. A float goes into whole numbers toward
// zero.
void element_set(void *data, enum dtype dtype, size_t at, double x);
void element_set_int(void *data, enum dtype dtype, size_t at, int64_t x);
bool element_is_int(enum dtype dtype); // i8 u8 i32 i64
int64_t element_int(const void *data, enum dtype dtype, size_t at);
double element_float(const void *data, enum dtype dtype, size_t at);
// So many of them, dense, from one type into another.
void elements_cast(void *to, enum dtype dtype, const void *data,
                   enum dtype from, size_t count);

// Dense, elements not set; NULL when the arena is exhausted.
struct tensor *tensor_make(struct arena *a, enum dtype dtype, uint32_t rank,
                           const int64_t *dims);
// Gives it dims of the same product.
void tensor_shape(struct tensor *t, uint32_t rank, const int64_t *dims);
bool tensor_cast(struct arena *a, struct tensor *t, enum dtype dtype);

// From nested lists of numbers, into `dtype`; whole numbers beyond a double's
// are exact. False with offences.
struct tensor *tensor_read(struct decode *d, const struct json *from,
                           enum dtype dtype, const struct loc *at);
// Whether it has the rank and the known dimensions of a tensor type; the
// element type becomes the type's. False with an offence.
bool tensor_fit(struct decode *d, struct tensor *t, uint32_t type,
                const struct json *from, const struct loc *at);
// Appends a type's dimensions: [N, 3].
void dims_print(const struct plan *p, struct plan_run dims, struct buf *out);

#endif
