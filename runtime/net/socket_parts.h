// What the rooms of a socket share: socket.c (its life), socket_data.c
// (messages in and out).
#ifndef SG_SOCKET_PARTS_H
#define SG_SOCKET_PARTS_H

#include "runtime/net/socket.h"

struct message { // that waits for the inbox to be read
  struct message *next;
  value value;
  size_t size;
  uint8_t side; // of the socket's two memories
};

struct socket {
  struct stream_reader reader; // of what goes out; first
  struct socket *next, **at;   // among those of the site
  struct sockets *all;
  const struct service *service;
  const struct service_route *how;
  struct engine *engine;
  struct request *call; // its `user` is the socket
  struct http_request *http;
  uint32_t route, in_type, out_type; // of pieces; PLAN_NONE: there are none
  struct ws ws;
  struct stream *inbox; // NULL: it has ended, or nobody reads it
  struct message *first, **last, *spare;
  uint32_t n_messages, n_lost;
  size_t held; // bytes of them
  // They lie in one of two arenas, which take turns, until the inbox has them.
  struct arena waiting[2];
  uint32_t lie[2]; // messages in it
  uint8_t side;    // that is filled
  struct timer timer;
  int64_t heard; // when the client last sent something
  int64_t until; // of the grace
  uint16_t code; // of our close, once it is deaf
  const char *why;
  size_t why_size;
  bool accepted; // it has got its 101
  bool pinged;   // and has not answered
  bool full;     // what goes out has to wait
  bool no_more;  // messages that come do not reach the inbox
  bool said;     // our close
  bool deaf;     // nothing that comes counts: it said close, or has left
  bool left;     // no more comes than what is there
  bool gone;     // nobody is there to read
  bool grace;    // the route's grace has begun
  bool ended;    // the call is over
};

// ---- socket.c ----
// 101, if that was not sent yet; false: it cannot be.
bool socket_accept(struct socket *s);
// Nothing that the client sends counts any more, and the inbox ends. Our close
// will have that code and reason, which lives as long as the request.
void socket_deafen(struct socket *s, unsigned code, const char *why,
                   size_t size);

// ---- socket_data.c ----
// Makes the inbox; `stream` is the parameter's type. False: no memory.
bool socket_inbox(struct socket *s, const struct plan *p, uint32_t stream);
// The next message, or the end, where the inbox has room for it.
void socket_feed(struct socket *s);
void socket_forget(struct socket *s);        // all messages
bool socket_is_full(const struct socket *s); // enough messages wait
// What has come, as far as there is room for it. False: all is over, and the
// request is to be ended.
bool socket_read(struct socket *s);
// A piece as a message; NULL, or why it cannot be said.
const struct error *socket_send(struct socket *s, value v);

#endif
