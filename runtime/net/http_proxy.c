// PROXY headers: bytes before a connection's own enter, the client's address
// leaves.
#include "runtime/net/http_peer.h"

#include <string.h>

enum {
  V1_MOST = 107, // with its line end
  V2_HEAD = 16,
  V2_TCP4 = 0x11,
  V2_TCP6 = 0x21,
};

static const uint8_t signature[12] = "\r\n\r\n\0\r\nQUIT\n";
static const uint8_t word[6] = "PROXY ";

// ---- version 1: a line of text ----

static bool number(const char *at, const char *end, uint16_t *out)
{
  unsigned n = 0;
  if (at == end || end - at > 5 || (*at == '0' && end - at > 1))
    return false;
  for (; at < end; at++) {
    if (*at < '0' || *at > '9')
      return false;
    n = n * 10 + (unsigned)(*at - '0');
  }
  *out = (uint16_t)n;
  return n <= 65535;
}

// Words between single blanks; false: there are not as many.
static bool split(const char *at, const char *end, const char *starts[],
                  const char *ends[], int n)
{
  for (int i = 0; i < n; i++) {
    const char *stop = i == n - 1 ? end : memchr(at, ' ', (size_t)(end - at));
    if (!stop || stop == at)
      return false;
    starts[i] = at;
    ends[i] = stop;
    at = stop + 1;
  }
  return true;
}

// TCP4 192.0.2.1 192.0.2.2 5000 443
static bool read_line(const char *at, const char *end, struct proxy_header *out)
{
  const char *starts[5], *ends[5];
  struct address to;
  uint16_t to_port;
  *out = (struct proxy_header){0};
  if (end - at >= 7 && !memcmp(at, "UNKNOWN", 7))
    return end - at == 7 || at[7] == ' ';
  bool v6 = end - at > 5 && at[3] == '6';
  if (end - at < 5 || memcmp(at, v6 ? "TCP6 " : "TCP4 ", 5) ||
      !split(at, end, starts, ends, 5))
    return false;
  out->named = true;
  if (!memchr(starts[1], ':', (size_t)(ends[1] - starts[1])) == v6)
    return false;
  return address_read(starts[1], (size_t)(ends[1] - starts[1]), &out->source) &&
         address_read(starts[2], (size_t)(ends[2] - starts[2]), &to) &&
         number(starts[3], ends[3], &out->port) &&
         number(starts[4], ends[4], &to_port);
}

static int parse_line(const uint8_t *data, size_t size,
                      struct proxy_header *out)
{
  size_t most = size < V1_MOST ? size : V1_MOST;
  const uint8_t *lf = memchr(data, '\n', most);
  if (!lf)
    return size < V1_MOST ? 0 : -1;
  const char *at = (const char *)data + sizeof word;
  if (lf[-1] != '\r' || !read_line(at, (const char *)lf - 1, out))
    return -1;
  return (int)(lf + 1 - data);
}

// ---- version 2 ----

static size_t whole(const uint8_t *data)
{
  return V2_HEAD + ((size_t)data[14] << 8 | data[15]);
}

// Addresses, then ports; what is behind them is passed over.
static bool read_block(const uint8_t *data, size_t size,
                       struct proxy_header *out)
{
  const uint8_t *at = data + V2_HEAD;
  *out = (struct proxy_header){0};
  if (data[12] == 0x20) // LOCAL: the proxy's own, a health check
    return true;
  if (data[12] != 0x21)
    return false;
  if (data[13] == V2_TCP4) {
    if (size < V2_HEAD + 12)
      return false;
    out->source.byte[10] = out->source.byte[11] = 0xFF;
    memcpy(out->source.byte + 12, at, 4);
    out->port = (uint16_t)(at[8] << 8 | at[9]);
  } else if (data[13] == V2_TCP6) {
    if (size < V2_HEAD + 36)
      return false;
    memcpy(out->source.byte, at, 16);
    out->port = (uint16_t)(at[32] << 8 | at[33]);
  }
  out->named = data[13] == V2_TCP4 || data[13] == V2_TCP6;
  return true;
}

static int parse_block(const uint8_t *data, size_t size,
                       struct proxy_header *out)
{
  if (size < V2_HEAD)
    return 0;
  if (whole(data) > PROXY_MOST)
    return -1;
  if (size < whole(data))
    return 0;
  return read_block(data, whole(data), out) ? (int)whole(data) : -1;
}

// ---- both ----

static bool begins(const uint8_t *data, size_t size, const uint8_t *with,
                   size_t n)
{
  return !memcmp(data, with, size < n ? size : n);
}

int proxy_parse(const uint8_t *data, size_t size, struct proxy_header *out)
{
  if (begins(data, size, signature, sizeof signature))
    return parse_block(data, size, out);
  if (begins(data, size, word, sizeof word))
    return size < sizeof word ? 0 : parse_line(data, size, out);
  return -1;
}

size_t proxy_wants(const uint8_t *data, size_t size)
{
  enum { LEAST = 15 }; // "PROXY UNKNOWN\r\n"
  if (size < LEAST)
    return LEAST - size;
  if (*data != '\r')
    return 1; // the line may end with the next byte
  return size < V2_HEAD ? V2_HEAD - size : whole(data) - size;
}
