// Listening sockets: addresses enter, a descriptor or an error text leaves.
#include "runtime/net/http_conn.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
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

static int new_socket(int family)
{
  int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  return fd < 0 ? -errno : fd;
}

static int listen_at(const struct addrinfo *at, const struct http_options *o)
{
  int fd = new_socket(at->ai_family);
  int e = fd < 0 ? fd : set_up(fd, o, at);
  if (e && fd >= 0)
    close(fd);
  return e ? e : fd;
}

static int open_port(const struct http_address *a, const struct http_options *o,
                     char *error, size_t size)
{
  const char *host = a->host ? a->host : "127.0.0.1";
  char port[16], what[300];
  struct addrinfo *list, hints = {.ai_socktype = SOCK_STREAM,
                                  .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
  snprintf(port, sizeof port, "%d", a->port);
  snprintf(what, sizeof what, "cannot listen on %.250s:%d", host, a->port);
  if (a->port < 0 || a->port > 65535)
    return snprintf(error, size, "%s: no such port", what), UV_EINVAL;
  int e = getaddrinfo(host, port, &hints, &list);
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

// ---- Unix sockets ----

// A socket that somebody left behind refuses; only such a one is removed.
static bool remove_stale(const struct sockaddr_un *at)
{
  struct stat s;
  if (stat(at->sun_path, &s) < 0 || !S_ISSOCK(s.st_mode))
    return false;
  int fd = new_socket(AF_UNIX);
  bool refused = fd >= 0 &&
                 connect(fd, (const struct sockaddr *)at, sizeof *at) < 0 &&
                 errno == ECONNREFUSED;
  if (fd >= 0)
    close(fd);
  return refused && !unlink(at->sun_path);
}

static int bind_path(int fd, const struct sockaddr_un *at)
{
  const struct sockaddr *a = (const struct sockaddr *)at;
  if (!bind(fd, a, sizeof *at))
    return 0;
  int e = -errno;
  if (e != -EADDRINUSE || !remove_stale(at))
    return e;
  return bind(fd, a, sizeof *at) < 0 ? -errno : 0;
}

static int open_path(struct listener *l, const char *path, int backlog)
{
  struct sockaddr_un at = {.sun_family = AF_UNIX};
  struct stat s;
  size_t size = strlen(path);
  if (!size || size >= sizeof at.sun_path)
    return UV_ENAMETOOLONG;
  memcpy(at.sun_path, path, size + 1);
  int fd = new_socket(AF_UNIX);
  int e = fd < 0 ? fd : bind_path(fd, &at);
  if (!e && (listen(fd, backlog) < 0 || stat(path, &s) < 0))
    e = -errno;
  if (!e && !(l->path = strdup(path)))
    e = UV_ENOMEM;
  if (e && fd >= 0)
    close(fd);
  if (e)
    return e;
  l->device = s.st_dev;
  l->inode = s.st_ino;
  return fd;
}

// ---- both ----

// Sets what connections inherit; what is `ours` may get another number.
static int prepare(int fd, bool ours)
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

static int port_of(int fd)
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

int listener_open(struct listener *l, const struct http_address *at,
                  const struct http_options *o, char *error, size_t size)
{
  int fd = at->fd     ? at->fd
           : at->path ? open_path(l, at->path, o->backlog)
                      : open_port(at, o, error, size);
  if (fd < 0 && at->path)
    snprintf(error, size, "cannot listen on unix:%s: %s", at->path,
             uv_strerror(fd));
  if (fd < 0)
    return fd;
  l->fd = prepare(fd, !at->fd);
  l->port = port_of(l->fd);
  l->secure = at->secure && o->tls;
  return 0;
}

// Another server may have taken the path over in the meantime.
void listener_shut(struct listener *l)
{
  struct stat s;
  close(l->fd);
  if (l->path && !stat(l->path, &s) && s.st_dev == l->device &&
      s.st_ino == l->inode)
    unlink(l->path);
  free(l->path);
  l->path = NULL;
}
