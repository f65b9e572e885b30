// Weights into a record type, as JSON is read: each tensor by the path of its
// name, `layer.0.norm.weight`. Fields of records and keys of maps are names,
// elements of lists and tuples are numbers from 0, and what is optional may be
// missing.
#ifndef SG_WEIGHTS_H
#define SG_WEIGHTS_H

#include "grammar/base/buf.h"
#include "runtime/value/tensor_buffer.h"
#include "runtime/value/value.h"

struct weights_request {
  const struct plan *plan;
  uint32_t type;      // whole: its dimensions are checked
  const char *path;   // of a folder or file
  const char *prefix; // before all names; a dot behind it may be left out
  enum tensor_precision precision;
};
struct weights_report {
  uint32_t tensors, left_over; // that were read, and that nothing asked for
};

// Reads them into `a`, which owns what they share with others. False: `why`
// says in one line all that does not fit, or that memory is out.
bool weights_load(const struct weights_request *r, struct arena *a, value *out,
                  struct weights_report *report, struct buf *why);

// By its name. False: there is no such precision.
bool precision_named(const struct text *name, enum tensor_precision *out);

#endif
