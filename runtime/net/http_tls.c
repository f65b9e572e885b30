// Certificates and connections enter as files and descriptors; bytes leave.
// TLS 1.2 and 1.3, ALPN http/1.1, no renegotiation, no state that is kept for
// sessions (tickets carry it).
#include "runtime/net/http_tls.h"
#include "grammar/base/shared.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// libssl brings libcrypto, which the ERR_ functions are from.
#define FUNCTIONS(X)                                                           \
  X(ERR_clear_error)                                                           \
  X(ERR_get_error)                                                             \
  X(ERR_reason_error_string)                                                   \
  X(SSL_CTX_check_private_key)                                                 \
  X(SSL_CTX_ctrl)                                                              \
  X(SSL_CTX_free)                                                              \
  X(SSL_CTX_new)                                                               \
  X(SSL_CTX_set_alpn_select_cb)                                                \
  X(SSL_CTX_set_cipher_list)                                                   \
  X(SSL_CTX_set_default_passwd_cb)                                             \
  X(SSL_CTX_set_num_tickets)                                                   \
  X(SSL_CTX_set_options)                                                       \
  X(SSL_CTX_use_PrivateKey_file)                                               \
  X(SSL_CTX_use_certificate_chain_file)                                        \
  X(SSL_accept)                                                                \
  X(SSL_free)                                                                  \
  X(SSL_get_error)                                                             \
  X(SSL_new)                                                                   \
  X(SSL_pending)                                                               \
  X(SSL_read)                                                                  \
  X(SSL_set_fd)                                                                \
  X(SSL_shutdown)                                                              \
  X(SSL_write)                                                                 \
  X(TLS_server_method)

SHARED_LIBRARY("libssl.so.3")

struct http_tls {
  pthread_mutex_t lock; // of `now`
  SSL_CTX *now;
  char *cert, *key;
};

// ---- certificates ----

// A key with a password: nobody is there to type it.
static int no_password(char *to, int size, int writing, void *user)
{
  return -1;
}

// Wire form: a length byte before each name.
static int choose_protocol(SSL *s, const unsigned char **out,
                           unsigned char *out_size, const unsigned char *in,
                           unsigned in_size, void *user)
{
  static const unsigned char http[8] = "http/1.1";
  for (unsigned i = 0; i < in_size && in[i] < in_size - i; i += in[i] + 1u)
    if (in[i] == sizeof http && !memcmp(in + i + 1, http, sizeof http)) {
      *out = in + i + 1;
      *out_size = sizeof http;
      return SSL_TLSEXT_ERR_OK;
    }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static void set_up(SSL_CTX *c)
{
  lib.SSL_CTX_ctrl(c, SSL_CTRL_SET_MIN_PROTO_VERSION, TLS1_2_VERSION, NULL);
  lib.SSL_CTX_ctrl(c, SSL_CTRL_MODE,
                   SSL_MODE_ENABLE_PARTIAL_WRITE |
                       SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                       SSL_MODE_RELEASE_BUFFERS,
                   NULL);
  lib.SSL_CTX_ctrl(c, SSL_CTRL_SET_SESS_CACHE_MODE, SSL_SESS_CACHE_OFF, NULL);
  // A client that goes without a farewell: the framing of HTTP knows what is
  // whole.
  lib.SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION |
                                 SSL_OP_IGNORE_UNEXPECTED_EOF);
  lib.SSL_CTX_set_cipher_list(c, "ECDHE+AESGCM:ECDHE+CHACHA20"); // of TLS 1.2
  lib.SSL_CTX_set_num_tickets(c, 1);
  lib.SSL_CTX_set_alpn_select_cb(c, choose_protocol, NULL);
  lib.SSL_CTX_set_default_passwd_cb(c, no_password);
}

static int failed(const char *what, const char *path, char *why, size_t size)
{
  const char *reason = lib.ERR_reason_error_string(lib.ERR_get_error());
  FILE *f = fopen(path, "r");
  if (f)
    fclose(f);
  else
    reason = strerror(errno);
  snprintf(why, size, "%s %s: %s", what, path, reason ? reason : "unusable");
  return -1;
}

static int load(const struct http_tls *t, SSL_CTX **out, char *why, size_t size)
{
  lib.ERR_clear_error();
  SSL_CTX *c = lib.SSL_CTX_new(lib.TLS_server_method());
  if (!c)
    return snprintf(why, size, "out of memory"), -1;
  int e = 0;
  set_up(c);
  if (lib.SSL_CTX_use_certificate_chain_file(c, t->cert) != 1)
    e = failed("the certificate", t->cert, why, size);
  else if (lib.SSL_CTX_use_PrivateKey_file(c, t->key, SSL_FILETYPE_PEM) != 1 ||
           lib.SSL_CTX_check_private_key(c) != 1)
    e = failed("the key", t->key, why, size);
  lib.ERR_clear_error();
  if (e)
    lib.SSL_CTX_free(c);
  else
    *out = c;
  return e;
}

int http_tls_new(struct http_tls **out, const char *cert, const char *key,
                 char *why, size_t size)
{
  struct http_tls *t = calloc(1, sizeof *t);
  int e = -1;
  snprintf(why, size, "out of memory");
  if (!t)
    return -1;
  t->cert = strdup(cert);
  t->key = strdup(key);
  if (!lib_ready())
    snprintf(why, size, "libssl.so.3 cannot be loaded here");
  else if (t->cert && t->key)
    e = load(t, &t->now, why, size);
  if (e) {
    free(t->cert);
    free(t->key);
    free(t);
    return -1;
  }
  pthread_mutex_init(&t->lock, NULL);
  *out = t;
  return 0;
}

int http_tls_again(struct http_tls *t, char *why, size_t size)
{
  SSL_CTX *next = NULL;
  if (load(t, &next, why, size))
    return -1;
  pthread_mutex_lock(&t->lock);
  SSL_CTX *before = t->now;
  t->now = next;
  pthread_mutex_unlock(&t->lock);
  lib.SSL_CTX_free(before); // connections hold it as long as they need it
  return 0;
}

void http_tls_free(struct http_tls **at)
{
  struct http_tls *t = *at;
  *at = NULL;
  if (!t)
    return;
  lib.SSL_CTX_free(t->now);
  pthread_mutex_destroy(&t->lock);
  free(t->cert);
  free(t->key);
  free(t);
}

// ---- connections ----

struct ssl_st *tls_open(struct http_tls *t, int fd)
{
  pthread_mutex_lock(&t->lock);
  SSL *s = lib.SSL_new(t->now);
  pthread_mutex_unlock(&t->lock);
  if (s && lib.SSL_set_fd(s, fd) != 1)
    tls_free(&s);
  return s;
}

enum tls_step tls_handshake(struct ssl_st *s)
{
  lib.ERR_clear_error();
  int n = lib.SSL_accept(s);
  if (n == 1)
    return TLS_READY;
  switch (lib.SSL_get_error(s, n)) {
  case SSL_ERROR_WANT_READ:
    return TLS_READS;
  case SSL_ERROR_WANT_WRITE:
    return TLS_WRITES;
  default:
    return TLS_FAILED;
  }
}

ssize_t tls_recv(struct ssl_st *s, void *to, size_t size, bool *writes)
{
  lib.ERR_clear_error();
  int n = lib.SSL_read(s, to, size > INT32_MAX ? INT32_MAX : (int)size);
  if (n > 0)
    return n;
  int e = lib.SSL_get_error(s, n);
  if (e == SSL_ERROR_ZERO_RETURN)
    return 0;
  *writes = e == SSL_ERROR_WANT_WRITE;
  errno =
      e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE ? EAGAIN : EPIPE;
  return -1;
}

// 1: the part was taken whole, 0: the rest later, -1: never.
static int send_part(struct ssl_st *s, const struct iovec *part, size_t *sent)
{
  for (size_t at = 0; at < part->iov_len;) {
    size_t left = part->iov_len - at;
    lib.ERR_clear_error();
    int n = lib.SSL_write(s, (const char *)part->iov_base + at,
                          left > INT32_MAX ? INT32_MAX : (int)left);
    if (n <= 0) {
      return lib.SSL_get_error(s, n) == SSL_ERROR_WANT_WRITE ? 0 : -1;
    }
    at += (size_t)n;
    *sent += (size_t)n;
  }
  return 1;
}

ssize_t tls_send(struct ssl_st *s, const struct iovec *parts, int n)
{
  size_t sent = 0;
  int went = 1;
  for (int i = 0; i < n && went > 0; i++)
    went = send_part(s, &parts[i], &sent);
  errno = went < 0 ? EPIPE : EAGAIN;
  return went < 0 || (!went && !sent) ? -1 : (ssize_t)sent;
}

bool tls_pending(const struct ssl_st *s)
{
  return lib.SSL_pending(s) > 0;
}

void tls_farewell(struct ssl_st *s)
{
  lib.ERR_clear_error();
  lib.SSL_shutdown(s);
}

void tls_free(struct ssl_st **s)
{
  if (*s)
    lib.SSL_free(*s);
  *s = NULL;
}
