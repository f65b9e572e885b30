// What a WebSocket's client sends: frames in any pieces. The messages that come
// out, or why they do not, may not depend on how the bytes were cut.
//
// The first byte says whether compression was agreed on and how large messages
// may be; from the second on come the client's bytes. The same input is once
// more an offer of extensions.
#include "runtime/net/ws.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct ws_pool *pool;

static void check(const struct ws *w, enum ws_what what)
{
  bool text = what == WS_TEXT || (what == WS_CLOSE && w->code != WS_NO_CODE);
  if (text)
    MUST(utf8_check(w->data, w->size) == w->size);
  if (what == WS_TEXT || what == WS_BINARY)
    MUST(w->size <= w->max_message);
  if (what == WS_PING || what == WS_PONG)
    MUST(w->size <= WS_CONTROL);
  if (what == WS_CLOSE)
    MUST(w->code == WS_NO_CODE ? !w->size : ws_code_sound(w->code));
  if (what == WS_FAILED)
    MUST(ws_code_sound(w->code) && w->why);
}

static void note(struct buf *log, const struct ws *w, enum ws_what what)
{
  buf_addf(log, "%d %d %zu ", what, what >= WS_CLOSE ? w->code : 0, w->size);
  if (what != WS_FAILED)
    buf_add(log, w->data ? w->data : "", w->size);
}

// Reads all of it, at most `step` new bytes at a time.
static void read_all(const uint8_t *data, size_t size, size_t step,
                     struct buf *log)
{
  struct ws w = {.max_message = 16u << (data[0] >> 1 & 15),
                 .pool = data[0] & 1 ? pool : NULL};
  char *in = malloc(size);
  size_t at = 0, filled = 0;
  enum ws_what what = WS_MORE;
  memcpy(in, data + 1, size - 1);
  while (what < WS_CLOSE && (what != WS_MORE || filled < size - 1)) {
    if (what == WS_MORE)
      filled = size - 1 - filled < step ? size - 1 : filled + step;
    size_t took;
    what = ws_read(&w, in + at, filled - at, &took);
    MUST(took <= filled - at);
    at += took;
    check(&w, what);
    if (what != WS_MORE)
      note(log, &w, what);
  }
  ws_free(&w);
  free(in);
}

static void offer(const uint8_t *data, size_t size)
{
  char out[160], *text = malloc(size + 1);
  uint8_t bits = 0;
  memcpy(text, data, size);
  text[size] = 0;
  size_t n = ws_extension(text, out, sizeof out, &bits);
  MUST(n < sizeof out && (!n || (bits >= 9 && bits <= 15)));
  free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct buf whole = {0}, cut = {0};
  if (!pool)
    pool = ws_pool_new();
  if (!pool || !size)
    return 0;
  offer(data, size);
  read_all(data, size, size, &whole);
  read_all(data, size, 1 + data[0] % 7, &cut);
  if (whole.size != cut.size ||
      (whole.size && memcmp(whole.data, cut.data, whole.size))) {
    fprintf(stderr, "whole: %s\ncut:   %s\n", whole.data ? whole.data : "",
            cut.data ? cut.data : "");
    abort();
  }
  buf_free(&whole);
  buf_free(&cut);
  return 0;
}
