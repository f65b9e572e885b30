// Load that does not wait: requests are sent at their times whether or not
// others have been answered, and how long each took is counted from the time at
// which it was due. So a server that is late is late for all who came
// meanwhile.
//
// usage: open_load PORT PATH REQUESTS_PER_SECOND SECONDS CONNECTIONS
// Prints: requests sent, answered by 200, by another status, never; then the
// median, 99th percentile and most of those with 200, in milliseconds.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { REST = 2000 }; // ms that answers may take behind the last request

struct connection {
  int fd;
  bool busy;
  int64_t due;
  char got[2048];
  size_t n;
  struct connection *next; // free ones
};

static struct connection *connections, *spare;
static char ask[1024];
static size_t ask_size;
static int64_t *times;
static uint32_t good, other, sent, open_now;
static int poll_fd;

static int64_t now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void fail(const char *what)
{
  perror(what);
  exit(1);
}

static void connect_one(struct connection *c, const char *port)
{
  struct sockaddr_in to = {.sin_family = AF_INET,
                           .sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int one = 1;
  c->fd = socket(AF_INET, SOCK_STREAM, 0);
  if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof to))
    fail("connect");
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
  epoll_ctl(poll_fd, EPOLL_CTL_ADD, c->fd, &e);
  c->next = spare;
  spare = c;
}

static void send_one(int64_t due)
{
  struct connection *c = spare;
  spare = c->next;
  c->busy = true;
  c->due = due;
  c->n = 0;
  if (send(c->fd, ask, ask_size, 0) != (ssize_t)ask_size)
    fail("send");
  sent++;
  open_now++;
}

// Whether the answer in `got` is whole: its head, and so many bytes behind it.
static bool is_whole(const struct connection *c)
{
  const char *end = memmem(c->got, c->n, "\r\n\r\n", 4);
  const char *length = memmem(c->got, c->n, "ontent-length: ", 15);
  if (!end || !length)
    return false;
  size_t size = strtoul(length + 15, NULL, 10);
  return c->n >= (size_t)(end - c->got) + 4 + size;
}

static void take(struct connection *c)
{
  ssize_t n = recv(c->fd, c->got + c->n, sizeof c->got - 1 - c->n, 0);
  if (n <= 0)
    fail("recv");
  c->n += (size_t)n;
  c->got[c->n] = 0;
  if (!c->busy || !is_whole(c))
    return;
  if (!memcmp(c->got + 9, "200", 3))
    times[good++] = now() - c->due;
  else
    other++;
  c->busy = false;
  c->next = spare;
  spare = c;
  open_now--;
}

static void wait_for(int ms)
{
  struct epoll_event events[256];
  int n = epoll_wait(poll_fd, events, 256, ms);
  for (int i = 0; i < n; i++)
    take(events[i].data.ptr);
}

static int by_size(const void *x, const void *y)
{
  int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
  return (a > b) - (a < b);
}

static double at(double share)
{
  uint32_t i = (uint32_t)((double)good * share);
  return good ? (double)times[i < good ? i : good - 1] / 1e6 : 0;
}

// A request that finds no connection waits for one: it is late, and counts so.
static void run(double rate, double seconds)
{
  int64_t begin = now(), due = begin;
  uint32_t all = (uint32_t)(rate * seconds), i = 0;
  while (i < all) {
    int64_t t = now();
    for (; i < all && due <= t && spare;
         due = begin + (int64_t)(++i / rate * 1e9))
      send_one(due);
    int64_t ms = i < all && spare ? (due - now()) / 1000000 : 1;
    wait_for(ms > 0 ? (int)ms : 0);
  }
  int64_t end = now() + REST * 1000000ll;
  while (open_now && now() < end)
    wait_for(10);
}

int main(int argc, char **argv)
{
  if (argc != 6) {
    fprintf(stderr, "usage: open_load PORT PATH RATE SECONDS CONNECTIONS\n");
    return 2;
  }
  double rate = strtod(argv[3], NULL), seconds = strtod(argv[4], NULL);
  uint32_t n = (uint32_t)strtoul(argv[5], NULL, 10);
  connections = calloc(n, sizeof *connections);
  times = calloc((size_t)(rate * seconds) + 1, sizeof *times);
  poll_fd = epoll_create1(0);
  if (!connections || !times || poll_fd < 0)
    fail("memory");
  ask_size = (size_t)snprintf(ask, sizeof ask,
                              "GET %s HTTP/1.1\r\nhost: a\r\n\r\n", argv[2]);
  for (uint32_t i = 0; i < n; i++)
    connect_one(&connections[i], argv[1]);
  run(rate, seconds);
  qsort(times, good, sizeof *times, by_size);
  printf("%u %u %u %u %.2f %.2f %.2f\n", sent, good, other, open_now, at(0.5),
         at(0.99), at(1));
  return 0;
}
