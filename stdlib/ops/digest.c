// The library `hash`: digests by nettle, which is loaded when the first one
// is asked for, and quick hashes by xxHash.
#include "grammar/base/shared.h"
#include "stdlib/ops/ops.h"

#include <nettle/hmac.h>
#include <nettle/md5.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>
#include <string.h>
#include <xxhash.h>

#define FUNCTIONS(X)                                                           \
  X(nettle_md5_init)                                                           \
  X(nettle_md5_update)                                                         \
  X(nettle_md5_digest)                                                         \
  X(nettle_sha1_init)                                                          \
  X(nettle_sha1_update)                                                        \
  X(nettle_sha1_digest)                                                        \
  X(nettle_sha256_init)                                                        \
  X(nettle_sha256_update)                                                      \
  X(nettle_sha256_digest)                                                      \
  X(nettle_sha512_init)                                                        \
  X(nettle_sha512_update)                                                      \
  X(nettle_sha512_digest)                                                      \
  X(nettle_hmac_sha256_set_key)                                                \
  X(nettle_hmac_sha256_update)                                                 \
  X(nettle_hmac_sha256_digest)
SHARED_LIBRARY("libnettle.so.8")

static enum operator_status missing(struct operator_call *call)
{
  return operator_fail(call, "digests need libnettle.so.8, which cannot be "
                             "loaded (Debian: libnettle8)");
}

static enum operator_status give_hex(struct operator_call *call, value *out,
                                     const uint8_t *digest, size_t size)
{
  struct buf b = {.arena = call->arena};
  for (size_t i = 0; i < size; i++)
    buf_addf(&b, "%02x", digest[i]);
  return ops_give_buf(call, out, &b);
}

// Of a str the UTF-8, of bytes themselves: both are one shape.
#define DIGEST(name, SIZE)                                                     \
  static enum operator_status name(struct operator_call *call, value *out)     \
  {                                                                            \
    struct name##_ctx state;                                                   \
    uint8_t digest[SIZE];                                                      \
    if (!lib_ready())                                                          \
      return missing(call);                                                    \
    lib.nettle_##name##_init(&state);                                          \
    lib.nettle_##name##_update(&state, ARG(0).text->size,                      \
                               (const uint8_t *)ARG(0).text->data);            \
    lib.nettle_##name##_digest(&state, SIZE, digest);                          \
    return give_hex(call, out, digest, SIZE);                                  \
  }                                                                            \
  OP(hash_##name##_str) { return name(call, out); }                            \
  OP(hash_##name##_bytes) { return name(call, out); }
DIGEST(md5, MD5_DIGEST_SIZE)
DIGEST(sha1, SHA1_DIGEST_SIZE)
DIGEST(sha256, SHA256_DIGEST_SIZE)
DIGEST(sha512, SHA512_DIGEST_SIZE)

static enum operator_status hmac(struct operator_call *call, value *out)
{
  struct hmac_sha256_ctx state;
  uint8_t digest[SHA256_DIGEST_SIZE];
  const struct text *key = ARG(0).text, *message = ARG(1).text;
  if (!lib_ready())
    return missing(call);
  lib.nettle_hmac_sha256_set_key(&state, key->size, (const uint8_t *)key->data);
  lib.nettle_hmac_sha256_update(&state, message->size,
                                (const uint8_t *)message->data);
  lib.nettle_hmac_sha256_digest(&state, sizeof digest, digest);
  return give_hex(call, out, digest, sizeof digest);
}

OP(hash_hmac_str) { return hmac(call, out); }
OP(hash_hmac_bytes) { return hmac(call, out); }
OP(hash_hmac_secret) { return hmac(call, out); }
OP(hash_hmac_secret_bytes) { return hmac(call, out); }
OP(hash_sha256_secret) { return sha256(call, out); }

// Takes as long whatever differs, and however long y is: for what somebody else
// must not guess.
static enum operator_status equal(const struct text *x, const struct text *y,
                                  value *out)
{
  unsigned char differs = x->size != y->size;
  for (uint32_t i = 0; i < x->size; i++)
    differs |=
        (unsigned char)(x->data[i] ^ (y->size ? y->data[i % y->size] : 0));
  return give_int(out, !differs);
}

OP(hash_equal) { return equal(ARG(0).text, ARG(1).text, out); }
OP(hash_equal_secret) { return equal(ARG(1).text, ARG(0).text, out); }
OP(hash_equal_secrets) { return equal(ARG(0).text, ARG(1).text, out); }

// ---- quick ones ----

static int64_t xxh3_of(const struct text *t, int64_t seed)
{
  return (int64_t)XXH3_64bits_withSeed(t->data, t->size, (XXH64_hash_t)seed);
}

OP(hash_xxh3_str) { return give_int(out, xxh3_of(ARG(0).text, ARG(1).i)); }
OP(hash_xxh3_bytes) { return give_int(out, xxh3_of(ARG(0).text, ARG(1).i)); }

OP(hash_xxh64_str)
{
  const struct text *t = ARG(0).text;
  return give_int(out, (int64_t)XXH64(t->data, t->size, (XXH64_hash_t)ARG(1).i));
}

OP(hash_xxh64_bytes) { return op_hash_xxh64_str(call, out); }

// ---- shares ----

// 64 bits of a key and a salt, which are told apart from their joining.
static uint64_t share_of(struct operator_call *call)
{
  const struct text *key = ARG(0).text;
  const struct text *salt = ARG(1).text;
  uint64_t seed = XXH64(salt->data, salt->size, 0);
  return XXH64(key->data, key->size, seed);
}

OP(hash_fraction)
{
  return give_float(out, (double)(share_of(call) >> 11) * 0x1p-53);
}
