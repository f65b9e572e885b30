// Socket: a WebSocket route's request. What the client sends are the pieces of
// its inbox, and what the route gives goes out as messages.
//
// The client is let in when the route first waits for its inbox, or gives its
// first piece or its end: a failure before that is an ordinary answer. Behind
// that one failing, of either side, is told by a close. Who leaves ends the
// inbox, and the route's code may finish within the route's grace time; what it
// still gives is thrown away.
#ifndef SG_SOCKET_H
#define SG_SOCKET_H

#include "runtime/net/service.h"
#include "runtime/net/ws.h"
#include "runtime/vm/engine.h"

struct socket;

struct sockets { // of a site; zeroed: none
  struct socket *first;
  struct ws_pool *pool; // made for the first
  bool draining;
  struct buf out, packed; // a message on its way
};

// Answers what is no handshake, or none now: then it is false.
bool socket_check(const struct sockets *all, struct http_request *r);

// Of a request that socket_check let pass, in its arena; or NULL. `call` is set
// up but for its callbacks and deadline, and lives as long.
struct socket *socket_new(struct sockets *all, const struct service *service,
                          uint32_t route, struct engine *engine,
                          struct request *call, struct http_request *http);
// `args` are the route's but for the inbox. It ends the request at last.
void socket_start(struct socket *s, value *args);
// Of the request, until it is ended.
void socket_input(struct socket *s);
void socket_writable(struct socket *s);
void socket_gone(struct socket *s);

// No more messages are taken, and every route ends within its grace time. The
// engines are to be run.
void sockets_drain(struct sockets *all);
// All of them end now.
void sockets_stop(struct sockets *all);
void sockets_free(struct sockets *all); // there are none

#endif
