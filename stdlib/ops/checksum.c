// Checksums of the library `hash`, by zlib, which is loaded when the first one
// is asked for.
#include "grammar/base/shared.h"
#include "stdlib/ops/ops.h"

#include <zlib.h>

#define FUNCTIONS(X) X(crc32_z)
SHARED_LIBRARY("libz.so.1")

static enum operator_status crc(struct operator_call *call, value *out)
{
  const struct text *t = ARG(0).text;
  if (!lib_ready())
    return operator_fail(call, "crc32() needs libz.so.1, which cannot be loaded "
                               "(Debian: zlib1g)");
  return give_int(out, (int64_t)lib.crc32_z(0, (const Bytef *)t->data, t->size));
}

OP(hash_crc32_str) { return crc(call, out); }
OP(hash_crc32_bytes) { return crc(call, out); }
