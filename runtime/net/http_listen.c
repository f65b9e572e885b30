// Listening sockets: options enter, a descriptor or an error text leaves.
#include "runtime/net/http_conn.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HIGH_FD = 16384 };

static int set_up(int fd, const struct http_options *o,
                  const struct addrinfo *at)
{
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (o->reuseport &&
      setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) < 0)
    return -errno;
  if (bind(fd, at->ai_addr, at->ai_addrlen) < 0)
    return -errno;
  return listen(fd, o->backlog) < 0 ? -errno : 0;
}

static int listen_at(const struct addrinfo *at, const struct http_options *o)
{
  int fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return -errno;
  int e = set_up(fd, o, at);
  if (e) {
    close(fd);
    return e;
  }
  return fd;
}

int listen_open(const struct http_options *o, char *error, size_t size)
{
  char port[16], what[300];
  struct addrinfo *list, hints = {.ai_socktype = SOCK_STREAM,
                                  .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
  snprintf(port, sizeof port, "%d", o->port);
  snprintf(what, sizeof what, "cannot listen on %.250s:%d", o->host, o->port);
  if (o->port < 0 || o->port > 65535)
    return snprintf(error, size, "%s: no such port", what), UV_EINVAL;
  int e = getaddrinfo(o->host, port, &hints, &list);
  if (e) {
    snprintf(error, size, "%s: %s", what, gai_strerror(e));
    return UV_EADDRNOTAVAIL;
  }
  int fd = UV_EADDRNOTAVAIL;
  for (struct addrinfo *i = list; i && fd < 0; i = i->ai_next)
    fd = listen_at(i, o);
  freeaddrinfo(list);
  if (fd < 0)
    snprintf(error, size, "%s: %s", what, uv_strerror(fd));
  return fd;
}

int listen_prepare(int fd, bool ours)
{
  int on = 1;
  struct rlimit most;
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); // is inherited
  // libuv's table of descriptors grows with their numbers, and libuv aborts
  // where memory for that is exhausted: a high number makes it large at once.
  if (!ours || getrlimit(RLIMIT_NOFILE, &most) < 0)
    return fd;
  int at = most.rlim_cur < HIGH_FD ? (int)most.rlim_cur : HIGH_FD;
  int high = fcntl(fd, F_DUPFD_CLOEXEC, at - 1);
  if (high < 0)
    return fd;
  close(fd);
  return high;
}

int listen_port(int fd)
{
  struct sockaddr_storage at = {0};
  socklen_t size = sizeof at;
  if (getsockname(fd, (struct sockaddr *)&at, &size) < 0)
    return 0;
  if (at.ss_family == AF_INET)
    return ntohs(((struct sockaddr_in *)&at)->sin_port);
  if (at.ss_family == AF_INET6)
    return ntohs(((struct sockaddr_in6 *)&at)->sin6_port);
  return 0;
}
