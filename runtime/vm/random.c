// Random numbers of an engine: xoshiro256**, begun by the machine's own noise,
// or by a number, so that tests and `--seed` give the same ones every time.
#include "runtime/vm/operator.h"
#include "runtime/vm/vm.h"

#include <string.h>
#include <sys/random.h>
#include <time.h>

// Spreads a number over 64 bits: SplitMix64.
static uint64_t spread(uint64_t *x)
{
  uint64_t z = *x += 0x9E3779B97F4A7C15u;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
  z = (z ^ z >> 27) * 0x94D049BB133111EBu;
  return z ^ z >> 31;
}

void random_begin(struct engine *e, uint64_t seed)
{
  e->seeded = seed || !e->clock;
  if (e->seeded || getrandom(e->random, sizeof e->random, 0) !=
                       (ssize_t)sizeof e->random)
    for (int i = 0; i < 4; i++)
      e->random[i] = spread(&seed);
}

static uint64_t turned(uint64_t x, int by)
{
  return x << by | x >> (64 - by);
}

uint64_t engine_random(struct engine *e)
{
  uint64_t *s = e->random, out = turned(s[1] * 5, 7) * 9, t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = turned(s[3], 45);
  return out;
}

void engine_noise(struct engine *e, void *to, size_t size)
{
  char *at = to;
  for (size_t n; size; at += n, size -= n) {
    uint64_t some = engine_random(e);
    n = size < 256 ? size : 256; // at most so many come at once, whole
    if (!e->seeded && getrandom(at, n, 0) == (ssize_t)n)
      continue;
    n = size < sizeof some ? size : sizeof some;
    memcpy(at, &some, n);
  }
}

// In virtual time it is the first of 2024 when a test begins.
int64_t engine_time(const struct engine *e)
{
  struct timespec t;
  if (!e->clock)
    return 1704067200 * (int64_t)1000000000 + e->now;
  clock_gettime(CLOCK_REALTIME, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

bool engine_is_test(const struct engine *e)
{
  return !e->clock;
}
