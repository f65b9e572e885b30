// The library `random`. Where chance decides, the engine's numbers do; what must
// not be guessed comes from the machine.
#include "stdlib/ops/ops.h"

#include <math.h>
#include <string.h>

// From 0 up to, but not, 1.
static double fraction(struct operator_call *call)
{
  return (double)(engine_random(call->engine) >> 11) * 0x1p-53;
}

// From 0 to n - 1, each as likely as another: what would favour some is drawn
// again.
static uint64_t below(struct operator_call *call, uint64_t n)
{
  uint64_t x = engine_random(call->engine), over = (0 - n) % n;
  while (x < over)
    x = engine_random(call->engine);
  return x % n;
}

OP(random_float)
{
  double low = ARG(0).f, high = ARG(1).f;
  return give_float(out, low + (high - low) * fraction(call));
}

OP(random_int)
{
  int64_t low = ARG(0).i, high = ARG(1).i;
  if (low > high)
    return operator_fail(call, "random.int() from %lld to %lld", (long long)low,
                         (long long)high);
  uint64_t n = (uint64_t)high - (uint64_t)low + 1; // 0: all there are
  uint64_t x = n ? below(call, n) : engine_random(call->engine);
  return give_int(out, (int64_t)((uint64_t)low + x));
}

OP(random_chance)
{
  return give_int(out, fraction(call) < ARG(0).f);
}

// Box and Muller's way.
OP(random_normal)
{
  double r = sqrt(-2 * log(1 - fraction(call)));
  return give_float(out,
                    ARG(0).f + ARG(1).f * r * cos(2 * M_PI * fraction(call)));
}

OP(random_exponential)
{
  return give_float(out, -ARG(0).f * log(1 - fraction(call)));
}

OP(random_order)
{
  int64_t n = ARG(0).i < 0 ? 0 : ARG(0).i;
  struct list *l = n > UINT32_MAX ? NULL : list_new(call->arena, (uint32_t)n);
  if (!l)
    return operator_exhausted(call);
  l->count = (uint32_t)n;
  for (int64_t i = 0; i < n; i++) { // Fisher and Yates' way, inside out
    int64_t j = (int64_t)below(call, (uint64_t)i + 1);
    l->items[i].i = l->items[j].i;
    l->items[j].i = i;
  }
  return give(call, out, l);
}

OP(random_weighted)
{
  const struct list *l = ARG(0).list;
  double sum = 0, at;
  for (uint32_t i = 0; i < l->count; i++) {
    if (!(l->items[i].f >= 0) || isinf(l->items[i].f))
      return operator_fail(call, "a weight that is negative or no number");
    sum += l->items[i].f;
  }
  if (!(sum > 0))
    return operator_fail(call, "weights that are all 0, or none");
  at = fraction(call) * sum;
  uint32_t last = 0;
  for (uint32_t i = 0; i < l->count; i++) {
    if (l->items[i].f > 0)
      last = i;
    if (l->items[i].f > 0 && (at -= l->items[i].f) < 0)
      break;
  }
  return give_int(out, last);
}

// ---- what must not be guessed ----

enum { NOISE_MAX = 1 << 20 };

OP(random_bytes)
{
  int64_t n = ARG(0).i;
  if (n < 0 || n > NOISE_MAX)
    return operator_fail(call, "%lld random bytes: from 0 to %d are given",
                         (long long)n, NOISE_MAX);
  char *data = arena_alloc(call->arena, (size_t)n + 1);
  if (!data)
    return operator_exhausted(call);
  engine_noise(call->engine, data, (size_t)n);
  return give(call, out, ops_text(call, data, (size_t)n, (size_t)n));
}

// Version 4 of RFC 9562.
OP(random_uuid)
{
  unsigned char b[16];
  struct buf out_text = {.arena = call->arena};
  engine_noise(call->engine, b, sizeof b);
  b[6] = (b[6] & 0x0F) | 0x40;
  b[8] = (b[8] & 0x3F) | 0x80;
  for (int i = 0; i < 16; i++)
    buf_addf(&out_text, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
             b[i]);
  return ops_give_buf(call, out, &out_text);
}
