// Enters: bytes of a client, in any pieces. Leaves: messages, pings, the close;
// or why the connection has to be closed. A message in one frame that has come
// whole is shown where it lies; others gather in memory that grows with what
// has come, not with what was announced.
#include "runtime/net/ws.h"

#include <stdlib.h>
#include <string.h>

enum { WHOLE_LEAST = 1024 };

static enum ws_what fail(struct ws *w, enum ws_code code, const char *why)
{
  w->data = NULL;
  w->size = 0;
  w->code = (uint16_t)code;
  w->why = why;
  return WS_FAILED;
}

static bool wrong(struct ws *w, enum ws_code code, const char *why)
{
  fail(w, code, why);
  return false;
}

// ---- heads ----

static bool is_control(unsigned opcode)
{
  return opcode & 8;
}

static bool opcode_fits(struct ws *w, unsigned opcode, bool reserved)
{
  static const uint16_t known = 1 << WS_OP_MORE | 1 << WS_OP_TEXT |
                                1 << WS_OP_BINARY | 1 << WS_OP_CLOSE |
                                1 << WS_OP_PING | 1 << WS_OP_PONG;
  if (!(known >> opcode & 1))
    return wrong(w, WS_PROTOCOL, "unknown opcode");
  if (reserved && (!w->pool || is_control(opcode) || opcode == WS_OP_MORE))
    return wrong(w, WS_PROTOCOL, "a reserved bit is set");
  if (opcode == WS_OP_MORE && !w->message)
    return wrong(w, WS_PROTOCOL, "a message goes on that never began");
  if (opcode != WS_OP_MORE && !is_control(opcode) && w->message)
    return wrong(w, WS_PROTOCOL, "a message begins within another");
  return true;
}

static bool first_bytes(struct ws *w, const uint8_t *at)
{
  unsigned opcode = at[0] & 15, size = at[1] & 127;
  if (at[0] & 0x30)
    return wrong(w, WS_PROTOCOL, "a reserved bit is set");
  if (!opcode_fits(w, opcode, at[0] & 0x40))
    return false;
  if (!(at[1] & 0x80))
    return wrong(w, WS_PROTOCOL, "a frame is not masked");
  if (is_control(opcode) && (!(at[0] & 0x80) || size > WS_CONTROL))
    return wrong(w, WS_PROTOCOL, "a control frame is cut or too long");
  if (opcode == WS_OP_CLOSE && size == 1)
    return wrong(w, WS_PROTOCOL, "a close has half a code");
  return true;
}

// The length, of `n` bytes behind the first two.
static bool length(struct ws *w, const uint8_t *at, size_t n)
{
  uint64_t size = 0;
  for (size_t i = 0; i < n; i++)
    size = size << 8 | at[i];
  if ((n == 2 && size < 126) || (n == 8 && size < 65536) || size >> 63)
    return wrong(w, WS_PROTOCOL, "a length is not in its shortest form");
  w->left = size;
  return true;
}

static bool begin_frame(struct ws *w, const uint8_t *at)
{
  w->opcode = at[0] & 15;
  w->final = at[0] & 0x80;
  w->in_frame = true;
  w->control_size = 0;
  if (is_control(w->opcode))
    return true;
  if (w->opcode != WS_OP_MORE) {
    w->message = w->opcode;
    w->packed = at[0] & 0x40;
    w->whole_size = 0;
    w->text = (struct utf8_feed){0};
  }
  if (!w->packed && w->left > w->max_message - w->whole_size)
    return wrong(w, WS_TOO_BIG, "the message is too big");
  return true;
}

// The bytes of a frame's head; 0: more are needed; -1: it is wrong.
static int head(struct ws *w, const char *data, size_t size)
{
  const uint8_t *at = (const uint8_t *)data;
  if (size < 2)
    return 0;
  if (!first_bytes(w, at))
    return -1;
  unsigned n = at[1] & 127;
  size_t wide = n == 126 ? 2 : n == 127 ? 8 : 0;
  if (size < 2 + wide + 4)
    return 0;
  w->left = n;
  if (wide && !length(w, at + 2, wide))
    return -1;
  memcpy(w->mask, at + 2 + wide, 4);
  return begin_frame(w, at) ? (int)(2 + wide + 4) : -1;
}

// ---- payload ----

// Eight bytes at a time; the mask goes on where the next piece begins.
static void unmask(struct ws *w, char *data, size_t size)
{
  uint64_t wide;
  uint32_t four;
  size_t i = 0;
  memcpy(&four, w->mask, 4);
  wide = four | (uint64_t)four << 32;
  for (uint64_t x; i + 8 <= size; i += 8) {
    memcpy(&x, data + i, 8);
    x ^= wide;
    memcpy(data + i, &x, 8);
  }
  for (size_t k = i; k < size; k++)
    data[k] = (char)(data[k] ^ w->mask[k & 3]);
  uint8_t turned[4];
  for (size_t k = 0; k < 4; k++)
    turned[k] = w->mask[(size + k) & 3];
  memcpy(w->mask, turned, 4);
}

static bool read_text(struct ws *w, const char *data, size_t size)
{
  return w->message != WS_OP_TEXT || utf8_feed(&w->text, data, size) ||
         wrong(w, WS_WRONG_DATA, "a text is not UTF-8");
}

static bool reserve(struct ws *w, size_t size)
{
  if (size <= w->whole_room)
    return true;
  size_t room = w->whole_room ? w->whole_room : WHOLE_LEAST;
  while (room < size)
    room *= 2;
  char *whole = realloc(w->whole, room);
  if (!whole)
    return wrong(w, WS_ERROR, "out of memory");
  w->whole = whole;
  w->whole_room = room;
  return true;
}

static bool append(struct ws *w, const char *data, size_t size)
{
  if (!read_text(w, data, size) || !reserve(w, w->whole_size + size))
    return false;
  if (size)
    memcpy(w->whole + w->whole_size, data, size);
  w->whole_size += size;
  return true;
}

// One step of inflating; false: it failed. *again: there is more.
static bool inflate_some(struct ws *w, const char **data, size_t *size,
                         bool *again)
{
  if (!reserve(w, w->whole_size + WHOLE_LEAST))
    return false;
  char *at = w->whole + w->whole_size;
  size_t room = w->whole_room - w->whole_size;
  size_t most = w->max_message - w->whole_size + 1; // tells that it is too big
  room = room < most ? room : most;
  enum ws_inflated how = data ? ws_inflate(w->inflater, data, size, at, &room)
                              : ws_inflate_end(w->inflater, at, &room);
  *again = how == INFLATED_ROOM;
  if (!read_text(w, at, room == most ? room - 1 : room))
    return false;
  if (room == most)
    return wrong(w, WS_TOO_BIG, "the message is too big");
  if (how == INFLATED_BAD)
    return wrong(w, WS_WRONG_DATA, "a compressed message is damaged");
  w->whole_size += room;
  return true;
}

static bool append_packed(struct ws *w, const char *data, size_t size)
{
  bool again = true;
  if (!w->inflater && !(w->inflater = ws_inflater_lend(w->pool)))
    return wrong(w, WS_ERROR, "out of memory");
  while (again)
    if (!inflate_some(w, &data, &size, &again))
      return false;
  return true;
}

static bool payload(struct ws *w, char *data, size_t size, bool all)
{
  unmask(w, data, size);
  if (is_control(w->opcode)) {
    memcpy(w->control + w->control_size, data, size);
    w->control_size = (uint8_t)(w->control_size + size);
    return true;
  }
  if (w->packed)
    return append_packed(w, data, size);
  if (!all || !w->final || w->opcode == WS_OP_MORE)
    return append(w, data, size);
  w->data = data; // whole, where it lies
  w->size = size;
  return read_text(w, data, size);
}

// ---- what is whole ----

bool ws_code_sound(unsigned code)
{
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
         (code >= 3000 && code <= 4999);
}

static enum ws_what read_close(struct ws *w)
{
  const uint8_t *at = (const uint8_t *)w->control;
  struct utf8_feed reason = {0};
  w->code = WS_NO_CODE;
  if (!w->control_size)
    return WS_CLOSE;
  unsigned code = (unsigned)at[0] << 8 | at[1];
  if (!ws_code_sound(code))
    return fail(w, WS_PROTOCOL, "a close has a code that nobody may send");
  w->data += 2;
  w->size -= 2;
  if (!utf8_feed(&reason, w->data, w->size) || reason.size)
    return fail(w, WS_WRONG_DATA, "a text is not UTF-8");
  w->code = (uint16_t)code;
  return WS_CLOSE;
}

static enum ws_what control(struct ws *w)
{
  w->data = w->control;
  w->size = w->control_size;
  if (w->opcode == WS_OP_CLOSE)
    return read_close(w);
  return w->opcode == WS_OP_PING ? WS_PING : WS_PONG;
}

static bool end_packed(struct ws *w)
{
  bool again = true;
  if (!w->inflater && !append_packed(w, "", 0))
    return false;
  while (again)
    if (!inflate_some(w, NULL, NULL, &again))
      return false;
  ws_inflater_back(w->pool, w->inflater);
  w->inflater = NULL;
  return true;
}

static enum ws_what message(struct ws *w)
{
  enum ws_what what = w->message == WS_OP_TEXT ? WS_TEXT : WS_BINARY;
  if (w->packed && !end_packed(w))
    return WS_FAILED;
  if (w->text.size)
    return fail(w, WS_WRONG_DATA, "a text is not UTF-8");
  if (!w->data) {
    w->data = w->whole;
    w->size = w->whole_size;
    w->shown = true;
  }
  w->message = 0;
  w->packed = false;
  return what;
}

// What was shown is done with.
static void forget(struct ws *w)
{
  w->data = NULL;
  w->size = 0;
  if (!w->shown)
    return;
  w->shown = false;
  free(w->whole);
  w->whole = NULL;
  w->whole_size = w->whole_room = 0;
}

enum ws_what ws_read(struct ws *w, char *data, size_t size, size_t *took)
{
  *took = 0;
  forget(w);
  for (;;) {
    bool fresh = !w->in_frame;
    if (fresh) {
      int n = head(w, data + *took, size - *took);
      if (n <= 0)
        return n ? WS_FAILED : WS_MORE;
      *took += (size_t)n;
    }
    size_t part = size - *took;
    bool all = w->left <= part;
    part = all ? (size_t)w->left : part;
    if (!payload(w, data + *took, part, all && fresh))
      return WS_FAILED;
    *took += part;
    w->left -= part;
    if (!all)
      return WS_MORE;
    w->in_frame = false;
    if (is_control(w->opcode))
      return control(w);
    if (w->final)
      return message(w);
  }
}

void ws_free(struct ws *w)
{
  free(w->whole);
  w->whole = NULL;
  if (w->inflater)
    ws_inflater_back(w->pool, w->inflater);
  w->inflater = NULL;
}

// ---- writing ----

size_t ws_head(char out[WS_HEAD], enum ws_opcode opcode, bool packed,
               size_t size)
{
  size_t wide = size < 126 ? 0 : size < 65536 ? 2 : 8;
  out[0] = (char)(0x80 | (packed ? 0x40 : 0) | opcode);
  out[1] = (char)(wide == 0 ? size : wide == 2 ? 126 : 127);
  for (size_t i = 0; i < wide; i++)
    out[2 + i] = (char)((uint64_t)size >> 8 * (wide - 1 - i));
  return 2 + wide;
}
