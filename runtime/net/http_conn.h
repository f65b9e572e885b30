// Connection: a socket, at most one exchange, and what is still to be sent.
// Shared by the rooms of the HTTP server: http_server.c (listening, lists,
// time), http_conn.c (what happens to a connection), http_answer.c (what a
// handler says), http_out.c (how bytes leave).
//
// A connection without bytes of a request holds no exchange, so that ten
// thousand idle ones cost little; exchanges come from the server's pool.
#ifndef SG_HTTP_CONN_H
#define SG_HTTP_CONN_H

#include "runtime/net/http_exchange.h"

#include <netinet/in.h>

enum {
  OUT_ROOM = 65536, // of the server's output under construction
  OUT_COPY = 16384, // bodies up to this are copied behind their head
  OUT_HIGH = 65536, // unsent bytes from which a stream has to wait
  POOL_MOST = 64,   // exchanges and connections kept for later
  ACCEPT_MOST = 64, // a turn
};

enum conn_state {
  CONN_GREETING,  // a PROXY header or TLS's handshake
  CONN_READING,   // a request, or the wait for one
  CONN_WORKING,   // a handler has the request
  CONN_FLUSHING,  // the answer is complete and not yet taken
  CONN_LINGERING, // refused; what still comes is thrown away
  CONN_CLOSED,    // waits for libuv to let go of it
};

// What a connection waits for, each with a time of its own. As the time is the
// same for all that wait, a list in order of arrival is in order of deadlines.
enum conn_wait {
  WAIT_NONE, // for a handler
  WAIT_IDLE,
  WAIT_GREETING,
  WAIT_HEAD,
  WAIT_BODY,
  WAIT_WRITE,
  WAIT_LEAVING, // a client that sends no more, for a sign that it is gone
  WAIT_LINGER,
  WAITS
};

struct conn {
  struct http_server *server;
  struct conn *prev, *next; // in the list of `wait`
  struct conn *next_soon;   // in the server's `soon`
  struct exchange *x;       // NULL while idle
  uint64_t since;           // loop time, ms
  int fd;
  uint8_t state, wait;
  uint8_t events; // what `poll` asks for
  bool busy;      // its own code is further up the stack
  bool queued;    // in `soon`
  bool eof;       // the client sends no more
  bool dead;      // the client does not read any more
  bool gone_told; // on_gone was called
  bool last;      // close after this answer
  bool unread;    // ... while the client may still be sending
  bool served;    // it had a request before
  bool reset;     // close by RST: the client must not take it for an end
  bool trusted;   // the peer is believed what it says about the client
  bool secure;    // speaks TLS
  bool blocked;   // TLS cannot read before the socket has taken bytes
  uint16_t port;
  char *out; // unsent bytes, owned
  size_t out_size, out_sent, out_room;
  struct intro *intro; // a PROXY header that comes, owned
  struct ssl_st *tls;  // once its client has begun to speak it
  uv_poll_t poll;
  char client[INET6_ADDRSTRLEN];
};

struct conn_list {
  struct conn *first, *last;
};

struct listener {
  struct http_server *server;
  int fd, port;
  bool secure;
  char *path; // of a Unix socket that is ours to remove, or NULL
  dev_t device;
  ino_t inode;
  uv_poll_t poll;
};

struct http_server {
  uv_loop_t *loop;
  struct http_options opts; // texts are not kept
  http_handler on_request;
  void *user;
  struct conn_list lists[WAITS];
  uint32_t waits_ms[WAITS];

  // Output of one connection under construction.
  struct conn *out_of;
  size_t out_size;
  char *out;

  struct gzip *gzip; // of whole bodies, once there was one

  struct exchange *exchanges;
  struct conn *conns, *soon, *soon_last;
  uint32_t n_exchanges, n_conns, n_soon;
  struct http_stats stats;
  uint32_t crowd; // most that were open since malloc was last trimmed

  char id_prefix[16];
  uint64_t id_next;
  char date[88];       // its first 29 bytes
  uint64_t date_until; // loop time
  uint64_t logged_at;
  uint64_t ticked; // when `timer` fired last, loop time

  struct listener *listeners;
  unsigned n_listeners;
  uv_timer_t timer;
  uv_idle_t idle;   // runs `soon`
  unsigned handles; // that libuv still holds
  bool accepting, listening, draining, closing, ending;
  bool late; // deadlines were put off at that time
  http_server_done done;
  void *done_user;
};

// http_server.c
void server_wait(struct conn *c, enum conn_wait wait);
void server_soon(struct conn *c); // conn_turn at the loop's next turn
void server_unlist(struct conn *c);
void server_forget(struct conn *c); // its libuv handle is closed
struct exchange *server_lend(struct http_server *s);
void server_take_back(struct http_server *s, struct exchange *x);
void server_log(struct http_server *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// http_listen.c
// Opens or takes over a socket: 0, or a negative code with `error` filled.
int listener_open(struct listener *l, const struct http_address *at,
                  const struct http_options *o, char *error, size_t size);
// Closes the socket, and removes its path.
void listener_shut(struct listener *l);

// http_conn.c
// Takes over `fd`, also when it fails.
int conn_open(struct http_server *s, int fd, const struct sockaddr *peer,
              bool secure);
void conn_close(struct conn *c);
void conn_linger(struct conn *c);  // until the client has read what was sent
void conn_expired(struct conn *c); // it waited too long
void conn_turn(struct conn *c);    // from `soon`
void conn_break(struct conn *c);   // the server closes now
void conn_ended(struct conn *c);   // the answer is complete
void conn_flows(struct conn *c);   // its handler takes what comes
void conn_took(struct conn *c);    // there is room for input again
void conn_settle(struct conn *c);  // after anything happened

// http_greet.c
// What comes before HTTP; then conn_greeted is called.
void greet_begin(struct conn *c);
void greet_end(struct conn *c); // gives back what it holds
void conn_greeted(struct conn *c);

// http_out.c
// Room for `size` bytes (at most OUT_ROOM) behind what the connection already
// has there.
char *out_reserve(struct conn *c, size_t size);
void out_wrote(struct conn *c, size_t size);
void out_add(struct conn *c, const void *data, size_t size);
void out_flush(struct conn *c);      // what was added is sent or kept in c->out
void out_write_more(struct conn *c); // the socket takes more
static inline size_t out_left(const struct conn *c)
{
  return c->out_size - c->out_sent;
}

// http_answer.c
// Answers by ourselves a request that cannot be handed over, and closes.
void answer_refuse(struct conn *c, int status, const char *why);
void answer_continue(struct conn *c);
void answer_made_id(struct http_server *s, struct http_request *r);
void answer_init(struct http_server *s);

#endif
