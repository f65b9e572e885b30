// Texts enter, addresses leave, and the other way round.
#include "grammar/base/network.h"

#include <arpa/inet.h>
#include <string.h>

static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};

bool address_read(const char *text, size_t size, struct address *out)
{
  char copy[ADDRESS_TEXT];
  if (!size || size >= sizeof copy || memchr(text, 0, size))
    return false;
  memcpy(copy, text, size);
  copy[size] = 0;
  if (memchr(text, ':', size))
    return inet_pton(AF_INET6, copy, out->byte) == 1;
  memcpy(out->byte, mapped, sizeof mapped);
  return inet_pton(AF_INET, copy, out->byte + sizeof mapped) == 1;
}

void address_print(const struct address *a, char out[ADDRESS_TEXT])
{
  if (!memcmp(a->byte, mapped, sizeof mapped))
    inet_ntop(AF_INET, a->byte + sizeof mapped, out, ADDRESS_TEXT);
  else
    inet_ntop(AF_INET6, a->byte, out, ADDRESS_TEXT);
}

bool network_read(const char *text, size_t size, struct network *out)
{
  const char *slash = memchr(text, '/', size);
  unsigned most = memchr(text, ':', size) ? 128 : 32, bits = 0;
  size_t n = slash ? (size_t)(slash - text) : size;
  if (!address_read(text, n, &out->base))
    return false;
  if (slash && (size - n < 2 || size - n > 4))
    return false;
  for (const char *p = text + n + 1; slash && p < text + size; p++) {
    if (*p < '0' || *p > '9')
      return false;
    bits = bits * 10 + (unsigned)(*p - '0');
  }
  if (bits > most)
    return false;
  out->bits = (uint8_t)(128 - most + (slash ? bits : most));
  return true;
}

bool network_has(const struct network *n, const struct address *a)
{
  unsigned whole = n->bits / 8, rest = n->bits % 8;
  if (memcmp(n->base.byte, a->byte, whole))
    return false;
  return !rest || (n->base.byte[whole] ^ a->byte[whole]) >> (8 - rest) == 0;
}
