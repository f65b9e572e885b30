// Times and signals enter, and a line on standard error leaves. The files are
// looked at, not listened to: what replaces them is often a link to a folder.
#include "runtime/certificate.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PERIOD_MS = 1000 };

// What is different when a file is another one.
struct look {
  dev_t device;
  ino_t inode;
  off_t size;
  struct timespec changed;
};

struct certificate {
  struct http_tls *tls;
  const char *paths[2];
  struct look seen[2], used[2]; // a moment ago; when last read
  uv_timer_t timer;
  uv_signal_t hangup;
  int handles; // that libuv still holds
};

static void look(struct certificate *c, struct look to[2])
{
  memset(to, 0, 2 * sizeof *to);
  for (int i = 0; i < 2; i++) {
    struct stat s;
    if (stat(c->paths[i], &s))
      continue;
    to[i].device = s.st_dev;
    to[i].inode = s.st_ino;
    to[i].size = s.st_size;
    to[i].changed = s.st_mtim;
  }
}

static bool same(const struct look a[2], const struct look b[2])
{
  return !memcmp(a, b, 2 * sizeof *a);
}

static void read_again(struct certificate *c)
{
  char why[400];
  memcpy(c->used, c->seen, sizeof c->used);
  if (http_tls_again(c->tls, why, sizeof why))
    fprintf(stderr, "sgrun: the certificate stays as it was: %s\n", why);
  else
    fputs("sgrun: the certificate was read again\n", stderr);
}

// Two files never change at once: they are read when they have come to rest.
static void on_timer(uv_timer_t *t)
{
  struct certificate *c = t->data;
  struct look now[2];
  look(c, now);
  if (same(now, c->seen) && !same(now, c->used))
    read_again(c);
  memcpy(c->seen, now, sizeof now);
}

static void on_hangup(uv_signal_t *s, int number)
{
  struct certificate *c = s->data;
  look(c, c->seen);
  read_again(c);
}

struct certificate *certificate_new(uv_loop_t *loop, struct http_tls *tls,
                                    const char *cert, const char *key)
{
  struct certificate *c = calloc(1, sizeof *c);
  if (!c)
    return NULL;
  c->tls = tls;
  c->paths[0] = cert;
  c->paths[1] = key;
  look(c, c->seen);
  memcpy(c->used, c->seen, sizeof c->used);
  uv_timer_init(loop, &c->timer);
  uv_signal_init(loop, &c->hangup);
  c->timer.data = c->hangup.data = c;
  c->handles = 2;
  uv_timer_start(&c->timer, on_timer, PERIOD_MS, PERIOD_MS);
  uv_signal_start(&c->hangup, on_hangup, SIGHUP);
  return c;
}

static void on_closed(uv_handle_t *h)
{
  struct certificate *c = h->data;
  if (!--c->handles)
    free(c);
}

void certificate_close(struct certificate **at)
{
  struct certificate *c = *at;
  *at = NULL;
  if (!c)
    return;
  uv_close((uv_handle_t *)&c->timer, on_closed);
  uv_close((uv_handle_t *)&c->hangup, on_closed);
}
