// The library `base64`: bytes as texts and back, in base 64, its form for URLs,
// and base 16; and percent signs for the library `http`.
#include "grammar/base/utf8.h"
#include "stdlib/ops/ops.h"

#include <string.h>

static const char plain[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static enum operator_status encode(struct operator_call *call, value *out,
                                   const char *letters, bool padded)
{
  const struct text *t = ARG(0).text;
  struct buf b = {.arena = call->arena};
  buf_reserve(&b, t->size / 3 * 4 + 4);
  for (uint32_t i = 0; i < t->size; i += 3) {
    uint32_t left = t->size - i, bits = 0;
    for (uint32_t k = 0; k < 3; k++)
      bits = bits << 8 | (k < left ? (unsigned char)t->data[i + k] : 0);
    for (uint32_t k = 0; k < 4; k++)
      if (k <= left)
        buf_addc(&b, letters[bits >> (18 - 6 * k) & 63]);
      else if (padded)
        buf_addc(&b, '=');
  }
  return ops_give_buf(call, out, &b);
}

OP(base64_encode) { return encode(call, out, plain, true); }
OP(base64_encode_url) { return encode(call, out, url, false); }

static int digit_of(char c)
{
  const char *at = c ? strchr(plain, c) : NULL;
  if (!at && c)
    at = strchr(url, c);
  if (!at)
    return -1;
  return (int)(c == '-' ? 62 : c == '_' ? 63 : at - plain);
}

static enum operator_status give_bytes(struct operator_call *call, value *out,
                                       struct buf *b)
{
  if (b->failed || b->size > UINT32_MAX)
    return operator_exhausted(call);
  return give(call, out, ops_text(call, b->data, b->size, b->size));
}

// Both alphabets, with or without the padding; white space between is skipped.
struct decoding {
  struct buf out;
  uint32_t bits, digits, pads;
};

static bool decode_one(struct decoding *d, char c)
{
  int x = digit_of(c);
  if (c == '=' && d->digits % 4 > 1 && d->pads + d->digits % 4 < 4) {
    d->pads++;
    return true;
  }
  if (x < 0 || d->pads)
    return false;
  d->bits = d->bits << 6 | (uint32_t)x;
  uint32_t behind = ++d->digits % 4;
  if (behind != 1)
    buf_addc(&d->out, (char)(d->bits >> (behind == 2 ? 4 : behind == 3 ? 2 : 0)));
  return true;
}

OP(base64_decode)
{
  const struct text *t = ARG(0).text;
  struct decoding d = {.out.arena = call->arena};
  for (uint32_t i = 0; i < t->size; i++) {
    char c = t->data[i];
    if (c != ' ' && c != '\n' && c != '\r' && c != '\t' && !decode_one(&d, c))
      return operator_fail(call, "no base64 at byte %u", i);
  }
  if (d.digits % 4 == 1 || (d.pads && d.digits % 4 + d.pads != 4))
    return operator_fail(call, "base64 that ends in the middle");
  return give_bytes(call, out, &d.out);
}

// ---- base 16 ----

OP(base64_hex)
{
  static const char digits[] = "0123456789abcdef";
  const struct text *t = ARG(0).text;
  struct buf b = {.arena = call->arena};
  buf_reserve(&b, 2 * (size_t)t->size + 1);
  for (uint32_t i = 0; i < t->size; i++) {
    buf_addc(&b, digits[(unsigned char)t->data[i] >> 4]);
    buf_addc(&b, digits[(unsigned char)t->data[i] & 15]);
  }
  return ops_give_buf(call, out, &b);
}

static int hex_of(char c)
{
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

OP(base64_from_hex)
{
  const struct text *t = ARG(0).text;
  struct buf b = {.arena = call->arena};
  for (uint32_t i = 0; i + 1 < t->size; i += 2) {
    int high = hex_of(t->data[i]), low = hex_of(t->data[i + 1]);
    if (high < 0 || low < 0)
      return operator_fail(call, "no hexadecimal digit at byte %u",
                           i + (high >= 0));
    buf_addc(&b, (char)(high << 4 | low));
  }
  if (t->size % 2)
    return operator_fail(call, "an odd number of hexadecimal digits");
  return give_bytes(call, out, &b);
}

// ---- percent signs ----

OP(http_quote)
{
  const struct text *t = ARG(0).text, *safe = ARG(1).text;
  struct buf b = {.arena = call->arena};
  for (uint32_t i = 0; i < t->size; i++) {
    unsigned char c = (unsigned char)t->data[i];
    bool stays = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                 (c >= 'a' && c <= 'z') || (c && strchr("-._~", c)) ||
                 (safe->size && memchr(safe->data, c, safe->size));
    if (stays)
      buf_addc(&b, (char)c);
    else
      buf_addf(&b, "%%%02X", c);
  }
  return ops_give_buf(call, out, &b);
}

// What is no `%XX` stays; what is then not UTF-8 is shown as such.
OP(http_unquote)
{
  const struct text *t = ARG(0).text;
  struct buf b = {.arena = call->arena}, clean = {.arena = call->arena};
  for (uint32_t i = 0; i < t->size; i++) {
    int high = i + 2 < t->size ? hex_of(t->data[i + 1]) : -1;
    int low = high >= 0 ? hex_of(t->data[i + 2]) : -1;
    if (t->data[i] == '%' && low >= 0) {
      buf_addc(&b, (char)(high << 4 | low));
      i += 2;
    } else {
      buf_addc(&b, t->data[i] == '+' && ARG(1).i ? ' ' : t->data[i]);
    }
  }
  for (size_t at = 0; at < b.size && !b.failed;) {
    size_t good = utf8_check(b.data + at, b.size - at);
    buf_add(&clean, b.data + at, good);
    if ((at += good) < b.size) {
      buf_adds(&clean, "\xEF\xBF\xBD");
      at++;
    }
  }
  return b.failed ? operator_exhausted(call) : ops_give_buf(call, out, &clean);
}
