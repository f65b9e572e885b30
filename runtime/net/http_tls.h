// TLS by OpenSSL, which is loaded when the first certificate is: a server
// without one neither has it in memory nor asks for it.
//
// A `http_tls` is what all loops share: the certificate and its key, which can
// be changed while connections go on. Of a connection it is a layer between
// socket and bytes, with the rules of recv and send.
#ifndef SG_HTTP_TLS_H
#define SG_HTTP_TLS_H

#include "runtime/net/http.h"

#include <sys/types.h>
#include <sys/uio.h>

struct ssl_st;

enum tls_step { TLS_READS, TLS_WRITES, TLS_READY, TLS_FAILED };

// A connection's own, or NULL. Freed by tls_free.
struct ssl_st *tls_open(struct http_tls *t, int fd);
// A step of the handshake: done, failed, or what it waits for.
enum tls_step tls_handshake(struct ssl_st *s);
// -1 with EAGAIN: later; `*writes` says that the socket has to take bytes
// first.
ssize_t tls_recv(struct ssl_st *s, void *to, size_t size, bool *writes);
ssize_t tls_send(struct ssl_st *s, const struct iovec *parts, int n);
// There are bytes that no poll will tell of.
bool tls_pending(const struct ssl_st *s);
// Tells the client that nothing more comes.
void tls_farewell(struct ssl_st *s);
void tls_free(struct ssl_st **s);

#endif
