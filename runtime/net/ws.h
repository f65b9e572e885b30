// WebSocket (RFC 6455) and its compression (RFC 7692), without a socket: what a
// client sends enters as bytes and leaves as messages; heads of frames go out.
//
// Our own and not wslay: that leaves compression, the handshake and the limits
// of inflated messages to its user, copies every message into pieces of its own
// and keeps any number of pongs; what would be left to it is what ws_read.c
// does in place.
#ifndef SG_WS_H
#define SG_WS_H

#include "grammar/base/buf.h"
#include "grammar/base/utf8.h"
#include "runtime/net/http.h"

enum ws_opcode {
  WS_OP_MORE = 0,
  WS_OP_TEXT = 1,
  WS_OP_BINARY = 2,
  WS_OP_CLOSE = 8,
  WS_OP_PING = 9,
  WS_OP_PONG = 10,
};

enum ws_code {
  WS_ENDED = 1000,
  WS_GOING_AWAY = 1001,
  WS_PROTOCOL = 1002,
  WS_WRONG_KIND = 1003,
  WS_NO_CODE = 1005, // never sent: the client's close had none
  WS_WRONG_DATA = 1007,
  WS_TOO_BIG = 1009,
  WS_ERROR = 1011,
};

enum { WS_CONTROL = 125, WS_HEAD = 10 }; // payload of a control frame; a head

// ---- reading (ws_read.c) ----

enum ws_what {
  WS_MORE, // give it more bytes
  WS_TEXT,
  WS_BINARY,
  WS_PING,
  WS_PONG,
  WS_CLOSE,  // `code`, and the reason in `data`
  WS_FAILED, // close with `code` and `why`
};

struct ws_pool;
struct ws_inflater;

struct ws {
  size_t max_message;   // bytes; what was compressed counts as it was before
  struct ws_pool *pool; // borrowed; NULL: no compression was agreed on
  uint8_t window_bits;  // of what we compress

  // What was read: lives until the next ws_read.
  const char *data;
  size_t size;
  uint16_t code;
  const char *why;

  // the reader's
  uint64_t left; // of this frame's payload
  uint8_t mask[4];
  uint8_t opcode;  // of this frame
  uint8_t message; // of the message under way, or 0
  bool in_frame, final, packed, shown;
  uint8_t control_size;
  char control[WS_CONTROL];
  struct utf8_feed text;
  char *whole; // the message, on the heap
  size_t whole_size, whole_room;
  struct ws_inflater *inflater; // while a compressed message is under way
};

// Reads on, and unmasks in place; `*took` bytes are done with. WS_MORE has
// taken all that it can.
enum ws_what ws_read(struct ws *w, char *data, size_t size, size_t *took);
// Whether a client may close with that code.
bool ws_code_sound(unsigned code);
void ws_free(struct ws *w);

// ---- writing (ws_read.c) ----

// The head of a whole message or control frame; its size.
size_t ws_head(char out[WS_HEAD], enum ws_opcode opcode, bool packed,
               size_t size);

// ---- compression (ws_deflate.c) ----
// Each message is compressed by itself, so that a connection that rests holds
// no memory for it; what does the work is kept for all connections of a loop.

// NULL when memory is exhausted or zlib is not there.
struct ws_pool *ws_pool_new(void);
void ws_pool_free(struct ws_pool **p);
// Appends a message, compressed; false: it goes as it is.
bool ws_deflate(struct ws_pool *p, unsigned window_bits, const char *data,
                size_t size, struct buf *out);

struct ws_inflater *ws_inflater_lend(struct ws_pool *p);
void ws_inflater_back(struct ws_pool *p, struct ws_inflater *i);
enum ws_inflated {
  INFLATED_ALL,  // of the input
  INFLATED_ROOM, // there is more, for which there was no room
  INFLATED_BAD,
};
// Appends at most `*room` bytes to `out`, and says how many in it. Behind the
// last byte of a message: ws_inflate_end, over and over while there is no room.
enum ws_inflated ws_inflate(struct ws_inflater *i, const char **data,
                            size_t *size, char *out, size_t *room);
enum ws_inflated ws_inflate_end(struct ws_inflater *i, char *out, size_t *room);

// What a client offers (the value of Sec-WebSocket-Extensions) and we take: the
// answer's text; 0: nothing of it.
size_t ws_extension(const char *offers, char *out, size_t room,
                    uint8_t *window_bits);

// ---- the handshake (ws_handshake.c) ----

// It asks for a WebSocket.
bool ws_asked(const struct http_request *r);
// 0, or the status that refuses it, with the reason.
int ws_check(const struct http_request *r, const char **why);
// 101; `subprotocol` (or NULL) is taken where the client offers it. What was
// agreed on is in `w`. False: it cannot be answered.
bool ws_accept(struct http_request *r, const char *subprotocol,
               struct ws_pool *pool, struct ws *w);

#endif
