// Enters: frames of a client. Leaves: pieces of the inbox, typed; and the other
// way: pieces of the answer as messages. A few messages may wait for the inbox
// to be read, so that pings and closes behind them are seen; with more the
// socket is not read.
#include "runtime/net/socket_parts.h"

#include "runtime/codec/codec.h"
#include "runtime/net/answer_parts.h"

#include <string.h>

enum {
  WAITING = 16,         // messages,
  WAITING_SIZE = 65536, // or bytes of them
  KEPT_OUT = 65536,     // larger buffers are given back
  TOGETHER = 4096,      // a head and so much leave in one piece
};

// ---- the inbox ----

static void leave(struct socket *s, struct message *m)
{
  s->first = m->next;
  if (!s->first)
    s->last = &s->first;
  s->n_messages--;
  s->held -= m->size;
  if (!--s->lie[m->side])
    arena_reset(&s->waiting[m->side]);
  m->next = s->spare;
  s->spare = m;
}

// The call's memory has what it holds of a message, and gives it back when it
// does no longer.
static void put_next(struct socket *s)
{
  struct message *m = s->first;
  value v;
  bool whole = value_copy(stream_memory(s->inbox), s->service->plan, s->in_type,
                          m->value, &v);
  leave(s, m);
  if (whole) {
    stream_put(s->inbox, v);
    return;
  }
  struct stream *inbox = s->inbox;
  s->inbox = NULL;
  stream_over(inbox, error_no_memory());
}

void socket_forget(struct socket *s)
{
  arena_free(&s->waiting[0]);
  arena_free(&s->waiting[1]);
}

void socket_feed(struct socket *s)
{
  if (!s->inbox || stream_full(s->inbox))
    return;
  if (s->first) {
    put_next(s);
  } else if (s->no_more) {
    struct stream *inbox = s->inbox;
    s->inbox = NULL;
    stream_over(inbox, NULL);
  }
}

bool socket_is_full(const struct socket *s)
{
  return s->inbox && (s->n_messages >= WAITING || s->held >= WAITING_SIZE);
}

static void on_wanted(struct stream *inbox)
{
  struct socket *s = stream_user(inbox);
  if (socket_accept(s))
    return;
  s->no_more = true; // the call ends, and with it the request
  socket_feed(s);
}

static void on_want(struct stream *inbox)
{
  struct socket *s = stream_user(inbox);
  socket_feed(s);
  if (s->accepted)
    socket_read(s); // the call is not over
}

static void on_drop(struct stream *inbox)
{
  struct socket *s = stream_user(inbox);
  s->inbox = NULL;
}

bool socket_inbox(struct socket *s, const struct plan *p, uint32_t stream)
{
  static const struct stream_source source = {on_wanted, on_want, on_drop};
  s->in_type = p->types[stream].of;
  s->last = &s->first;
  for (int i = 0; i < 2; i++) {
    s->waiting[i].limit = s->http->arena.limit;
    s->waiting[i].keeps = true;
  }
  s->inbox = stream_fed(&s->http->arena, p->types[p->types[stream].base].of,
                        &source, s);
  return s->inbox;
}

// ---- what comes ----

static bool keep(struct socket *s, value v)
{
  struct message *m = s->spare;
  if (m)
    s->spare = m->next;
  else if (!(m = ARENA_NEW(&s->http->arena, struct message)))
    return false;
  *m = (struct message){NULL, v, s->ws.size, s->side};
  *s->last = m;
  s->last = &m->next;
  s->n_messages++;
  s->lie[m->side]++;
  s->held += m->size;
  return true;
}

// Where there is always some message waiting, each side is empty at times.
static struct arena *room_for_message(struct socket *s)
{
  if (s->waiting[s->side].held > WAITING_SIZE && !s->lie[!s->side])
    s->side = !s->side;
  return &s->waiting[s->side];
}

// A message, read into the inbox's type.
static bool decode(struct socket *s, struct offences *o, value *out)
{
  static const struct loc at = {NULL, "message", 7, 0};
  const struct plan *p = s->service->plan;
  struct arena *a = room_for_message(s);
  struct decode d = {p, a, o};
  enum type_kind kind = service_kind(p, s->in_type);
  size_t size = s->ws.size;
  const char *data = arena_copy(a, size ? s->ws.data : "", size);
  if (!data)
    return false;
  if (kind == TYPE_str)
    return scalar_decode(&d, s->in_type, data, size, &at, out);
  if (kind != TYPE_bytes)
    return json_decode(&d, s->in_type, data, size, &at, out);
  struct json *j = ARENA_NEW(a, struct json);
  struct text *t = ARENA_NEW(a, struct text);
  if (!j || !t)
    return false;
  *t = (struct text){(uint32_t)size, (uint32_t)size, data};
  *j = (struct json){JSON_TEXT, {.text = t}};
  return json_convert(&d, s->in_type, j, &at, out);
}

static void refuse(struct socket *s, unsigned code, const char *why)
{
  socket_deafen(s, code, why, strlen(why));
}

static void take(struct socket *s, enum ws_what what)
{
  struct offences o = {.arena = &s->http->arena};
  value v;
  if (!s->inbox || s->no_more)
    return;
  if (what == WS_BINARY &&
      service_kind(s->service->plan, s->in_type) != TYPE_bytes) {
    refuse(s, WS_WRONG_KIND, "a text message is wanted");
    return;
  }
  if (decode(s, &o, &v) && keep(s, v)) {
    socket_feed(s);
    return;
  }
  struct buf why = {.arena = &s->http->arena};
  if (o.first)
    buf_addf(&why, "%s: %s", o.first->loc, o.first->msg);
  if (!o.first || why.failed)
    refuse(s, WS_ERROR, answer_no_memory);
  else
    refuse(s, WS_WRONG_DATA, why.data);
}

static void pong(struct socket *s)
{
  char frame[2 + WS_CONTROL];
  size_t n = ws_head(frame, WS_OP_PONG, false, s->ws.size);
  if (s->said)
    return;
  if (s->ws.size)
    memcpy(frame + n, s->ws.data, s->ws.size);
  s->full = http_respond_piece(s->http, frame, n + s->ws.size) == HTTP_FULL;
}

static void act(struct socket *s, enum ws_what what)
{
  switch (what) {
  case WS_TEXT:
  case WS_BINARY:
    take(s, what);
    break;
  case WS_PING:
    pong(s);
    break;
  case WS_CLOSE:
    socket_deafen(s, s->ws.code, s->ws.data ? s->ws.data : "", s->ws.size);
    break;
  case WS_FAILED:
    refuse(s, s->ws.code, s->ws.why);
    break;
  default:
    break;
  }
}

// Nothing more will come than what is there.
static void read_end(struct socket *s)
{
  if (s->left && !s->deaf && !s->full && !socket_is_full(s))
    refuse(s, WS_NO_CODE, "");
}

bool socket_read(struct socket *s)
{
  enum ws_what what = WS_PONG;
  char *at;
  while (!s->deaf && !s->full && !socket_is_full(s) && what != WS_MORE) {
    size_t took, size = http_input(s->http, &at);
    what = ws_read(&s->ws, at, size, &took);
    act(s, what);
    http_input_took(s->http, took);
  }
  read_end(s);
  return !(s->ended && s->deaf);
}

// ---- what goes out ----

static const struct error *cannot_say(bool memory)
{
  static const char number[] = "a piece holds a number that is not finite";
  static const char none[] = "out of memory";
  static const struct text texts[] = {
      {sizeof number - 1, sizeof number - 1, number},
      {sizeof none - 1, sizeof none - 1, none}};
  static const struct error errors[] = {
      {.kind = ERROR_user, .status = 500, .message = &texts[0]},
      {.kind = ERROR_limit, .status = 500, .message = &texts[1]}};
  return &errors[memory];
}

static void send_frame(struct socket *s, enum ws_opcode opcode, bool packed,
                       const char *data, size_t size)
{
  char head[WS_HEAD + TOGETHER];
  size_t n = ws_head(head, opcode, packed, size);
  int taken;
  if (size <= TOGETHER) {
    if (size)
      memcpy(head + n, data, size);
    taken = http_respond_piece(s->http, head, n + size);
  } else {
    http_respond_piece(s->http, head, n);
    taken = http_respond_piece(s->http, data, size);
  }
  s->full = taken == HTTP_FULL;
}

static void send_message(struct socket *s, enum ws_opcode opcode,
                         const char *data, size_t size)
{
  struct buf *packed = &s->all->packed;
  packed->size = 0;
  if (ws_deflate(s->ws.pool, s->ws.window_bits, data, size, packed))
    send_frame(s, opcode, true, packed->data, packed->size);
  else
    send_frame(s, opcode, false, data, size);
}

static void give_back(struct buf *b)
{
  if (b->room <= KEPT_OUT && !b->failed)
    return;
  buf_free(b);
  *b = (struct buf){0};
}

const struct error *socket_send(struct socket *s, value v)
{
  const struct plan *p = s->service->plan;
  enum type_kind kind = service_kind(p, s->out_type);
  struct buf *out = &s->all->out;
  const struct error *error = NULL;
  if (kind == TYPE_str || kind == TYPE_bytes) {
    send_message(s, kind == TYPE_str ? WS_OP_TEXT : WS_OP_BINARY, v.text->data,
                 v.text->size);
  } else {
    out->size = 0;
    if (json_encode(p, s->out_type, v, out) && !out->failed)
      send_message(s, WS_OP_TEXT, out->data, out->size);
    else
      error = cannot_say(out->failed);
    give_back(out);
  }
  give_back(&s->all->packed);
  return error;
}
