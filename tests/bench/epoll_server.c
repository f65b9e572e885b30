// The least that a server can do: one thread, edge-triggered epoll, a request
// ends at its empty line, and the answer has the bytes of our no-op route: the
// date of this second, content type, length and a request id of its own.
// usage: epoll_server PORT (0: a free one); prints "ready PORT".
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 16384, EVENTS = 256, DATE = 29 };

struct client {
  int fd;
  size_t filled;
  char in[ROOM];
};

static char answer[512];
static size_t answer_size;
static char *date_at, *id_at;
static time_t date_of;
static uint64_t id_next;

static char *put_hex(char *to, uint64_t n)
{
  for (int shift = 60; shift >= 0; shift -= 4)
    *to++ = "0123456789abcdef"[n >> shift & 15];
  return to;
}

static void answer_make(void)
{
  static const char body[] = "hello";
  uint64_t random[2] = {0};
  if (getrandom(random, sizeof random, 0) != sizeof random)
    exit(1);
  answer_size = (size_t)snprintf(
      answer, sizeof answer,
      "HTTP/1.1 200 OK\r\ndate: %*s\r\n"
      "content-type: text/plain; charset=utf-8\r\ncontent-length: %zu\r\n"
      "x-request-id: %032d\r\n\r\n%s",
      DATE, "", sizeof body - 1, 0, body);
  date_at = strstr(answer, "date: ") + 6;
  id_at = strstr(answer, "x-request-id: ") + 14;
  put_hex(id_at, random[0]);
  id_next = random[1];
}

static void answer_update(void)
{
  time_t now = time(NULL);
  if (now != date_of) {
    char text[64];
    struct tm t;
    date_of = now;
    strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT",
             gmtime_r(&now, &t));
    memcpy(date_at, text, DATE);
  }
  put_hex(id_at + 16, id_next++);
}

static void serve(struct client *c)
{
  for (;;) {
    ssize_t n = recv(c->fd, c->in + c->filled, ROOM - 1 - c->filled, 0);
    if (n < 0 && errno == EAGAIN)
      return;
    if (n <= 0)
      break;
    size_t room = ROOM - 1 - c->filled;
    c->filled += (size_t)n;
    char *at = c->in, *end, *filled = c->in + c->filled;
    while ((end = memmem(at, (size_t)(filled - at), "\r\n\r\n", 4))) {
      at = end + 4;
      answer_update();
      if (send(c->fd, answer, answer_size, MSG_NOSIGNAL) !=
          (ssize_t)answer_size)
        goto gone;
    }
    c->filled = (size_t)(filled - at);
    memmove(c->in, at, c->filled);
    if ((size_t)n < room)
      return; // the socket is empty: the next edge tells
  }
gone:
  close(c->fd);
  free(c);
}

static void take(int poll, int listener)
{
  int fd, on = 1;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
    struct client *c = calloc(1, sizeof *c);
    if (!c)
      exit(1);
    c->fd = fd;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_ctl(
        poll, EPOLL_CTL_ADD, fd,
        &(struct epoll_event){EPOLLIN | EPOLLRDHUP | EPOLLET, {.ptr = c}});
  }
}

int main(int argc, char **argv)
{
  struct sockaddr_in at = {.sin_family = AF_INET,
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof at;
  int on = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  at.sin_port = htons((uint16_t)(argc > 1 ? strtol(argv[1], NULL, 10) : 0));
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (struct sockaddr *)&at, size) || listen(listener, 1024) ||
      getsockname(listener, (struct sockaddr *)&at, &size)) {
    perror("epoll_server");
    return 1;
  }
  answer_make();
  int poll = epoll_create1(0);
  epoll_ctl(poll, EPOLL_CTL_ADD, listener,
            &(struct epoll_event){EPOLLIN, {.ptr = NULL}});
  printf("ready %d\n", ntohs(at.sin_port));
  fflush(stdout);
  for (;;) {
    struct epoll_event events[EVENTS];
    int n = epoll_wait(poll, events, EVENTS, -1);
    for (int i = 0; i < n; i++) {
      if (events[i].data.ptr)
        serve(events[i].data.ptr);
      else
        take(poll, listener);
    }
  }
}
