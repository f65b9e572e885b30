// What the files of this folder share: the declaration of every operator, and
// the few words in which they are written.
//
// An operator reads `call->args`, puts what it makes into `call->arena` and
// owns nothing. Views (slices, chunks, parts of a text) share the bytes and
// items of what they were cut from, which is immutable.
#ifndef SG_OPS_H
#define SG_OPS_H

#include "grammar/base/buf.h"
#include "runtime/vm/operator.h"

#define OPERATOR(id, name, signature, attributes, cost, doc)                   \
  operator_run op_##id;
#define TENSOR_OPERATOR(id, name, signature, shape, cost, doc)
#include "grammar/defs/ops.def"
#undef OPERATOR
operator_run op_tensor; // every TENSOR operator

#define OP(id)                                                                 \
  enum operator_status op_##id(struct operator_call *call, value *out)
#define ARG(i) (call->args[i])

static inline enum operator_status give_int(value *out, int64_t x)
{
  out->bits = 0;
  out->i = x;
  return OPERATOR_DONE;
}

static inline enum operator_status give_float(value *out, double x)
{
  out->f = x;
  return OPERATOR_DONE;
}

// `made` is NULL when the arena had no room for it.
static inline enum operator_status give(struct operator_call *call, value *out,
                                        const void *made)
{
  if (!made)
    return operator_exhausted(call);
  out->ptr = made;
  return OPERATOR_DONE;
}

// The type of the elements of a list or map.
static inline uint32_t element_type(const struct operator_call *call,
                                    uint32_t i)
{
  return call->plan->types[call->types[i]].of;
}

// A text over bytes that outlive it; NULL when the arena is exhausted or the
// text would be larger than a text can be.
const struct text *ops_text(struct operator_call *call, const char *data,
                            size_t size, size_t length);
// What a buf in the arena has become.
enum operator_status ops_give_buf(struct operator_call *call, value *out,
                                  struct buf *b);
// Python's x[from:to]: both ends brought into 0 … size, from <= to.
void ops_slice(int64_t *from, int64_t *to, int64_t size);
// Where code point number `n` of a text begins, or its end.
const char *ops_skip(const char *at, const char *end, int64_t n);
// White space as Python's str.strip() and str.split() see it.
bool ops_is_space(uint32_t code);
// A text that equal values of a type have in common, and others do not; NULL
// when memory is out.
const struct text *ops_key(struct operator_call *call, uint32_t type, value v);
// The plan's code does not wait for a tensor that it reads.
enum operator_status ops_not_computed(struct operator_call *call);
// Whether values of the type can be compared; else the operator fails.
bool ops_ordered(struct operator_call *call, uint32_t type);

#endif
