// Requests enter, each with a key that it counts for; those beyond the rate are
// answered with a 429. A key's bucket is one moment: when it will be full again
// (the generic cell rate algorithm of ATM's I.371, which is a token bucket).
//
// Buckets are shared by all loops, and there is only room for so many: the one
// that was asked for longest ago is given up first. A key is kept as its hash,
// with a seed that nobody outside knows.
#include "runtime/net/guard_parts.h"
#include "grammar/base/network.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <xxhash.h>

enum { NOBODY = UINT32_MAX };
enum counted_by { BY_ALL, BY_CLIENT, BY_HEADER };

struct bucket {
  XXH128_hash_t key;
  int64_t full;  // when, by uv_hrtime
  uint32_t next; // in its chain
  uint32_t newer, older;
};

struct rate {
  int64_t each;  // nanoseconds a request costs
  int64_t depth; // nanoseconds that a full bucket is worth
  int64_t requests;
  enum counted_by by;
  char *header;
  enum error_shape errors;
  uint64_t seed;
  pthread_mutex_t lock; // of all below
  uint32_t n, room, mask;
  uint32_t newest, oldest;
  uint32_t *chains;
  struct bucket *buckets;
};

// ---- settings ----
static bool make_room(struct rate *x, uint32_t room)
{
  uint32_t chains = 1;
  while (chains < room)
    chains *= 2;
  x->room = room;
  x->mask = chains - 1;
  x->newest = x->oldest = NOBODY;
  x->chains = malloc(chains * sizeof *x->chains);
  x->buckets = malloc(room * sizeof *x->buckets);
  for (uint32_t i = 0; x->chains && i < chains; i++)
    x->chains[i] = NOBODY;
  return x->chains && x->buckets;
}

bool rate_new(struct rate **out, const struct guard_place *p)
{
  enum { MOST = 1 << 24 };
  int64_t requests = guard_number(p, SETTING_rate_requests, 0);
  int64_t per = guard_number(p, SETTING_rate_per, 1000000000);
  int64_t burst = guard_number(p, SETTING_rate_burst, requests);
  int64_t keys = guard_number(p, SETTING_rate_max_keys, 10000);
  const char *by = guard_text(p, SETTING_rate_by, "client");
  struct rate *x = calloc(1, sizeof *x);
  if (!x)
    return false;
  requests = requests < 1 ? 1 : requests; // of a plan that sgc did not make
  keys = keys < 1 ? 1 : keys;
  x->requests = requests;
  x->each = per / requests > 0 ? per / requests : 1;
  if (__builtin_mul_overflow(x->each, burst, &x->depth) ||
      x->depth > INT64_MAX / 4)
    x->depth = INT64_MAX / 4;
  x->by = !strcmp(by, "all")      ? BY_ALL
          : !strcmp(by, "client") ? BY_CLIENT
                                  : BY_HEADER;
  x->header = guard_header(p, SETTING_rate_by, "client");
  x->errors = guard_errors(p);
  if (getrandom(&x->seed, sizeof x->seed, GRND_NONBLOCK) != sizeof x->seed)
    x->seed = uv_hrtime() ^ (uintptr_t)x;
  pthread_mutex_init(&x->lock, NULL);
  *out = x;
  if (x->header &&
      make_room(x, x->by == BY_ALL ? 1 : (uint32_t)(keys < MOST ? keys : MOST)))
    return true;
  rate_free(out);
  return false;
}

void rate_free(struct rate **at)
{
  struct rate *x = *at;
  *at = NULL;
  if (!x)
    return;
  pthread_mutex_destroy(&x->lock);
  free(x->header);
  free(x->chains);
  free(x->buckets);
  free(x);
}

bool rate_by_header(const struct rate *x)
{
  return x->by == BY_HEADER;
}

// ---- keys ----
static XXH128_hash_t hash(const struct rate *x, char kind, const void *data,
                          size_t size)
{
  return XXH3_128bits_withSeed(data, size, x->seed + (unsigned char)kind);
}

// Who has one IPv6 address has at least 2^64 of them.
static XXH128_hash_t client_key(const struct rate *x, const char *client)
{
  struct address a;
  size_t size = strlen(client);
  if (memchr(client, ':', size) && address_read(client, size, &a))
    return hash(x, 6, a.byte, 8);
  return hash(x, 4, client, size);
}

// Who has no key is counted by the address.
static XXH128_hash_t key_of(const struct rate *x, const struct http_request *r)
{
  const struct http_header *h =
      x->by == BY_HEADER ? http_find(r, x->header) : NULL;
  if (h)
    return hash(x, 'h', h->value, h->value_size);
  return x->by == BY_ALL ? hash(x, 0, "", 0) : client_key(x, r->client);
}

// ---- buckets, under the lock ----
static void unlink_age(struct rate *x, struct bucket *b)
{
  if (b->newer != NOBODY)
    x->buckets[b->newer].older = b->older;
  else
    x->newest = b->older;
  if (b->older != NOBODY)
    x->buckets[b->older].newer = b->newer;
  else
    x->oldest = b->newer;
}

static void make_newest(struct rate *x, uint32_t i)
{
  struct bucket *b = &x->buckets[i];
  b->newer = NOBODY;
  b->older = x->newest;
  if (x->newest != NOBODY)
    x->buckets[x->newest].newer = i;
  else
    x->oldest = i;
  x->newest = i;
}

static uint32_t *chain_of(const struct rate *x, const XXH128_hash_t *key)
{
  return &x->chains[key->low64 & x->mask];
}

static uint32_t take_oldest(struct rate *x)
{
  uint32_t i = x->oldest;
  uint32_t *at = chain_of(x, &x->buckets[i].key);
  while (*at != i)
    at = &x->buckets[*at].next;
  *at = x->buckets[i].next;
  unlink_age(x, &x->buckets[i]);
  return i;
}

static struct bucket *bucket_of(struct rate *x, XXH128_hash_t key)
{
  uint32_t *chain = chain_of(x, &key), i = *chain;
  while (i != NOBODY && !XXH128_isEqual(x->buckets[i].key, key))
    i = x->buckets[i].next;
  if (i != NOBODY) {
    unlink_age(x, &x->buckets[i]);
  } else {
    i = x->n < x->room ? x->n++ : take_oldest(x);
    x->buckets[i] = (struct bucket){.key = key, .next = *chain};
    *chain = i;
  }
  make_newest(x, i);
  return &x->buckets[i];
}

// Nanoseconds until the bucket is full again, this request counted; more than
// `depth`: it does not count, and may come when the rest has passed.
static int64_t count(struct rate *x, XXH128_hash_t key, int64_t now)
{
  pthread_mutex_lock(&x->lock);
  struct bucket *b = bucket_of(x, key);
  int64_t full = (b->full > now ? b->full : now) + x->each;
  if (full - now <= x->depth)
    b->full = full;
  pthread_mutex_unlock(&x->lock);
  return full - now;
}

// ---- requests ----
static void say(struct http_request *r, const char *name, int64_t n)
{
  char text[24];
  snprintf(text, sizeof text, "%lld", (long long)n);
  guard_add(r, name, text);
}

static int64_t seconds(int64_t ns)
{
  return ns / 1000000000 + (ns % 1000000000 != 0);
}

bool rate_refuses(struct rate *x, struct http_request *r)
{
  int64_t fills = count(x, key_of(x, r), (int64_t)uv_hrtime());
  bool beyond = fills > x->depth;
  int64_t left = beyond ? 0 : (x->depth - fills) / x->each;
  say(r, "ratelimit-limit", x->requests);
  say(r, "ratelimit-remaining", left);
  say(r, "ratelimit-reset", seconds(beyond ? fills - x->each : fills));
  if (!beyond)
    return false;
  say(r, "retry-after", seconds(fills - x->depth));
  answer_refusal(x->errors, 429, "Too many requests", NULL, 0, r);
  return true;
}
