// Tokenizers: a tokenizer.json up to a NUL, and a text. What is refused says
// why; what is read encodes any text, and decodes any ids to valid text.
#include "grammar/base/buf.h"
#include "grammar/base/utf8.h"
#include "stdlib/ops/tokenize/tokenize.h"
#include "tests/fuzz/fuzz.h"

#include <stdbool.h>
#include <string.h>

static void check_stream(const struct tokenizer *t, const uint32_t *ids,
                         size_t n)
{
  struct token_stream s;
  struct buf out = {0};
  token_stream_begin(&s, t, true);
  for (size_t i = 0; i < n; i++) {
    MUST(token_stream_put(&s, ids[i], &out));
    MUST(utf8_check(out.data, out.size) == out.size);
  }
  MUST(token_stream_end(&s, &out));
  MUST(utf8_check(out.data, out.size) == out.size);
  token_stream_free(&s);
  buf_free(&out);
}

static void check_ids(const struct tokenizer *t, const struct encoding *e)
{
  uint32_t *ids = malloc((e->count + 1) * sizeof *ids);
  struct buf out = {0};
  for (size_t i = 0; i < e->count; i++)
    ids[i] = e->tokens[i].id;
  if (tokenizer_decode(t, ids, e->count, false, &out))
    MUST(utf8_check(out.data, out.size) == out.size);
  if (tokenizer_decode(t, ids, e->count, true, &out))
    check_stream(t, ids, e->count < 64 ? e->count : 64);
  buf_free(&out);
  free(ids);
}

static void check_text(const struct tokenizer *t, const char *text, size_t size)
{
  struct encoding e = {0}, placed = {0};
  size_t n = 0;
  enum encode_result r = tokenizer_encode(t, text, size, 0, &e, &n);
  if (r == ENCODE_DONE)
    MUST(n == e.count || tokenizer_max_length(t));
  MUST(tokenizer_encode(t, text, size, ENCODE_PLACES, &placed, NULL) == r);
  MUST(placed.count == e.count);
  for (size_t i = 0; i < e.count; i++) {
    MUST(placed.tokens[i].id == e.tokens[i].id);
    MUST(placed.tokens[i].from <= placed.tokens[i].to);
    MUST(placed.tokens[i].to <= size);
  }
  if (r == ENCODE_DONE)
    check_ids(t, &e);
  encoding_free(&e);
  encoding_free(&placed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  const char *json = (const char *)data;
  size_t n = strnlen(json, size);
  char why[200] = "";
  struct tokenizer_options few = {.max_length = size % 3 ? 0 : 5,
                                  .truncate = size % 2};
  struct tokenizer *t = tokenizer_read(json, n, &few, why, sizeof why);
  MUST(t || *why);
  if (t)
    check_text(t, json + n, size - n);
  tokenizer_put(&t);
  return 0;
}
