// HTTP/1.1 server on one libuv loop: bytes of clients enter, whole requests
// leave to a handler, and answers go back.
//
// A server, its connections and requests belong to the loop's thread; nothing
// here may be called from another. Several loops share a port with `reuseport`.
//
// A request is lent to the handler from `on_request` until the handler ends it
// with exactly one of http_respond, http_respond_end and http_respond_abort:
// inside the handler, or whenever it is ready. All text of the request lives
// until then. A connection has one request at a time; what a client sends
// behind it waits. No handler is ever called from inside a respond call.
#ifndef SG_HTTP_H
#define SG_HTTP_H

#include "grammar/base/arena.h"

#include <uv.h>

struct http_server;
struct http_request;

enum http_method {
  HTTP_M_OTHER, // known to HTTP, not to us: read `method_text`
  HTTP_M_GET,
  HTTP_M_HEAD,
  HTTP_M_POST,
  HTTP_M_PUT,
  HTTP_M_DELETE,
  HTTP_M_OPTIONS,
  HTTP_M_PATCH,
  HTTP_M_TRACE,
};

// Of a request: both NUL-terminated, the name in lower case, the value without
// blanks around it. Of a response: any case; sizes may be 0 for "up to NUL".
struct http_header {
  const char *name, *value;
  uint32_t name_size, value_size;
};

typedef void (*http_event)(struct http_request *r);

struct http_request {
  enum http_method method;
  uint8_t minor;   // of HTTP/1.x
  bool keep_alive; // what the client asked for
  const char *method_text;
  const char *target;   // as sent
  const char *path;     // percent-decoded UTF-8 without NUL; "*" for OPTIONS *
  const char *raw_path; // as sent, without query; not NUL-terminated
  const char *query;    // as sent, without '?'; "" if there is none
  size_t target_size, path_size, raw_path_size, query_size;

  const struct http_header *headers; // in the order of arrival
  size_t n_headers;
  const char *host;     // of the Host header
  const char *client;   // the address without port, "" where there is none
  unsigned client_port; // 0 where there is none
  bool secure;          // it came over TLS, here or to a proxy
  // For the handler: fields of any answer, also of one that is an error. They
  // displace those of that name that an answer has itself.
  const struct http_header *more;
  size_t n_more;
  bool gzip; // the body may be packed, as the client takes it
  char id[129];         // x-request-id, taken or made
  uint8_t id_size;

  size_t body_limit; // may be changed in on_headers
  bool streams;      // so may this: the body is taken as it comes (http_input),
                     // and on_request does not wait for it
  const char *body;  // all of it, not NUL-terminated; set before on_request
  size_t body_size;

  struct arena arena; // for the handler's own use; empty again afterwards

  // For the handler; NULL when a request begins.
  void *user;
  http_event on_gone;     // the client left; the request must be ended even so
  http_event on_writable; // after HTTP_FULL: there is room again
  http_event on_input;    // of a body that streams, or after an upgrade: bytes
                          // have come, or it is seen that no more will
};

// Before the body is read. May raise or lower `body_limit`, or refuse early by
// http_respond. Must not keep the request.
typedef void (*http_head_handler)(struct http_request *r, void *user);
typedef void (*http_handler)(struct http_request *r, void *user);
// An answer is complete (or given up: then `status` is 0), also one that the
// server gave by itself; then of the request only `id`, `client` and what could
// be read of the head are set and the rest is empty.
typedef void (*http_done_handler)(struct http_request *r, int status,
                                  uint64_t sent, void *user);
typedef void (*http_log)(const char *text, void *user);

// Proxies that are believed what they say about clients: addresses and networks
// ("10.0.0.0/8"), and "unix" for every peer of a Unix socket. 0; -1: out of
// memory; or 1 + the number of a text that is none. Freed by http_proxies_free,
// which accepts NULL.
struct http_proxies;
int http_proxies_new(struct http_proxies **out, const char *const *texts,
                     unsigned n);
void http_proxies_free(struct http_proxies **p);

// A certificate (with what it is signed by) and its key, PEM files. 0, or -1
// with a reason. Any thread may read the files again for connections to come;
// -1: all stays as it was.
struct http_tls;
int http_tls_new(struct http_tls **out, const char *cert, const char *key,
                 char *why, size_t why_size);
int http_tls_again(struct http_tls *t, char *why, size_t why_size);
void http_tls_free(struct http_tls **t); // accepts NULL

// Where to listen: a host (an address or a name) and a port, a path, or a
// socket that listens already.
struct http_address {
  const char *host; // ["127.0.0.1"]
  const char *path; // of a Unix socket, which is removed at the end
  int port;         // 0: a free one, see http_server_port
  int fd;           // to take over instead, [none]
  bool secure;      // speaks TLS
};

// Zero means the default, given in brackets.
struct http_options {
  const struct http_address *listen; // [one of defaults]
  unsigned n_listen;
  int backlog;       // [1024]
  bool reuseport;    // several servers (loops) on one port
  size_t head_limit; // [32 KB] request line and headers
  size_t body_limit; // [16 MB]
  uint32_t head_ms;  // [10 000] from a head's first byte to its last
  uint32_t body_ms;  // [30 000] between two pieces of a body
  uint32_t idle_ms;  // [75 000] between requests
  uint32_t write_ms; // [30 000] with output that the client does not take
  uint32_t max_connections; // [no limit] more wait unaccepted
  // Borrowed, and shared by several servers:
  const struct http_proxies *proxies; // [nobody is believed]
  struct http_tls *tls;               // for addresses that are `secure`
  bool proxy_protocol;                // connections begin with a PROXY header
  http_head_handler on_headers;       // or NULL
  http_done_handler on_done;          // or NULL
  http_log log; // or NULL: lines of trouble, at most one a second
};

// 0, or a negative libuv code with `error` filled; then `*out` is untouched.
int http_server_start(struct http_server **out, uv_loop_t *loop,
                      const struct http_options *opts, http_handler on_request,
                      void *user, char *error, size_t error_size);

// Of the address of that number: its port, 0 for a Unix socket, and its socket,
// which stays the server's.
int http_server_port(const struct http_server *s, unsigned address);
int http_server_socket(const struct http_server *s, unsigned address);

// A connected stream socket becomes a connection as if it had been accepted.
// The descriptor is the server's from now on, also when this fails.
int http_server_adopt(struct http_server *s, int fd);

struct http_stats {
  uint64_t accepted, requests, refused; // since the start; refused by ourselves
  uint32_t open, working;               // connections; requests with a handler
};
struct http_stats http_server_stats(const struct http_server *s);

// Stops accepting, closes idle connections, lets requests end and says
// `connection: close` to the rest. `done` is called when nothing is left; after
// it returns the server is freed. May be followed by http_server_close.
typedef void (*http_server_done)(void *user);
void http_server_drain(struct http_server *s, http_server_done done,
                       void *user);

// The same at once: connections break, requests that still have a handler get
// on_gone, and `done` is called when those have been ended. `done` and `user`
// displace those of a drain before.
void http_server_close(struct http_server *s, http_server_done done,
                       void *user);

// The first header of that name (lower case), or NULL.
const struct http_header *http_find(const struct http_request *r,
                                    const char *name);
// The same, but NULL where there is a second one.
const struct http_header *http_find_only(const struct http_request *r,
                                         const char *name);

// The whole answer. `content_type` may be NULL. The server adds date,
// content-length, x-request-id and connection; `extra` must not hold these. A
// header with a control character in it makes the answer a 500. Everything is
// copied or sent before the call returns.
void http_respond(struct http_request *r, int status, const char *content_type,
                  const void *body, size_t size,
                  const struct http_header *extra, size_t n_extra);

// `{"detail":"…"}` with the status; the text of the status if `detail` is NULL.
void http_respond_error(struct http_request *r, int status, const char *detail,
                        const struct http_header *extra, size_t n_extra);

// An answer in pieces: chunked, or up to the end of the connection for
// HTTP/1.0. The head goes out with the call. False: these headers cannot be
// sent, and nothing has been answered.
bool http_respond_begin(struct http_request *r, int status,
                        const char *content_type,
                        const struct http_header *extra, size_t n_extra);

enum {
  HTTP_GONE = -1, // nobody reads any more; end or abort the answer
  HTTP_TAKEN = 0,
  HTTP_FULL = 1, // taken, but wait for on_writable before the next piece
  HTTP_BARE = 2, // thrown away: this answer (to HEAD, 204) has no body
};
int http_respond_piece(struct http_request *r, const void *data, size_t size);
void http_respond_end(struct http_request *r);
// Breaks the connection, so that the client knows that the answer is not whole.
// Without a begin before it, nothing is answered at all.
void http_respond_abort(struct http_request *r);

// 101: the connection speaks `protocol` from now on. What comes is told by
// on_input and read with http_input; what goes out are pieces, and the
// connection closes with the end. Only for a request of HTTP/1.1 without a body.
// False: it cannot be, and nothing has been answered.
bool http_respond_upgrade(struct http_request *r, const char *protocol,
                          const struct http_header *extra, size_t n_extra);
// What has come of a body that streams, or after an upgrade; it may be changed
// in place. What is not taken stays, and when there is no more room the client
// has to wait. The first question tells a client that asks for it to go on (100).
size_t http_input(struct http_request *r, char **at);
void http_input_took(struct http_request *r, size_t size);
// Of a body when nothing is there: 0: more is to come, 200: that was all, else
// the status that it is refused with, and why.
int http_input_end(struct http_request *r, const char **why);

// "Not Found" for 404; "Unknown" for what has no name.
const char *http_status_text(int status);

#endif
