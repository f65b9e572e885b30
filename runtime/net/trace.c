// Enters: traceparent and tracestate, from anybody. Leaves: a trace. What is
// not as the recommendation has it is ignored, and a new trace begins.
#include "runtime/net/trace.h"
#include "runtime/net/guard.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum {
  PARENT_SIZE = 55, // 00-<32>-<16>-<2>
  STATES_MOST = 32,
  KEY_MOST = 256,
  TENANT_MOST = 241,
  SYSTEM_MOST = 14,
  VALUE_MOST = 256,
  TRACES_KEPT = 100,
};

// ---- traceparent ----

static bool is_hex(const char *s, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (!((s[i] >= '0' && s[i] <= '9') || (s[i] >= 'a' && s[i] <= 'f')))
      return false;
  return true;
}

static bool is_id(const char *s, size_t n)
{
  return is_hex(s, n) && strspn(s, "0") < n;
}

// Later versions may say more behind what this one knows.
static bool has_form(const struct http_header *h)
{
  const char *s = h->value;
  if (h->value_size < PARENT_SIZE || s[2] != '-' || s[35] != '-' ||
      s[52] != '-' || !is_hex(s, 2) || !strncmp(s, "ff", 2))
    return false;
  if (h->value_size > PARENT_SIZE &&
      (!strncmp(s, "00", 2) || s[PARENT_SIZE] != '-'))
    return false;
  return is_id(s + 3, 32) && is_id(s + 36, 16) && is_hex(s + 53, 2);
}

static int nibble(char c)
{
  return c <= '9' ? c - '0' : c - 'a' + 10;
}

static bool take_parent(struct trace *t, const struct http_header *h)
{
  if (!has_form(h))
    return false;
  memcpy(t->id, h->value + 3, 32);
  memcpy(t->parent, h->value + 36, 16);
  t->sampled = nibble(h->value[54]) & 1;
  return true;
}

// ---- tracestate ----

static bool in_key(char c)
{
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
         (c && strchr("_-*/", c));
}

static bool is_word(const char *s, size_t n, size_t most, bool digit)
{
  bool first =
      n && ((*s >= 'a' && *s <= 'z') || (digit && *s >= '0' && *s <= '9'));
  for (size_t i = 0; first && i < n; i++)
    first = in_key(s[i]);
  return first && n <= most;
}

// A vendor's name, or tenant@vendor.
static bool is_key(const char *s, size_t n)
{
  const char *at = memchr(s, '@', n);
  if (!at)
    return is_word(s, n, KEY_MOST, false);
  size_t tenant = (size_t)(at - s);
  return is_word(s, tenant, TENANT_MOST, true) &&
         is_word(at + 1, n - tenant - 1, SYSTEM_MOST, false);
}

static bool is_value(const char *s, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (s[i] < ' ' || s[i] > '~' || s[i] == ',' || s[i] == '=')
      return false;
  return n && n <= VALUE_MOST && s[n - 1] != ' ';
}

static bool is_member(const char *s, size_t n)
{
  const char *sign = memchr(s, '=', n);
  return sign && is_key(s, (size_t)(sign - s)) &&
         is_value(sign + 1, (size_t)(s + n - sign) - 1);
}

static bool has_key(const struct buf *states, const char *member, size_t n)
{
  size_t key = (size_t)((const char *)memchr(member, '=', n) - member) + 1;
  for (const char *at = states->data; at && *at;) {
    if (!strncmp(at, member, key))
      return true;
    at = strchr(at, ',');
    at += at != NULL;
  }
  return false;
}

static bool is_blank(char c)
{
  return c == ' ' || c == '\t';
}

// Adds the members of one header; false: it is not sound.
static bool add_states(struct buf *out, const char *s, unsigned *n)
{
  for (const char *end = s + strlen(s); s < end;) {
    size_t size = strcspn(s, ",");
    const char *stop = s + size, *next = stop + 1;
    while (s < stop && is_blank(*s))
      s++;
    while (stop > s && is_blank(stop[-1]))
      stop--;
    size = (size_t)(stop - s);
    if (size &&
        (++*n > STATES_MOST || !is_member(s, size) || has_key(out, s, size)))
      return false;
    if (size && out->size)
      buf_addc(out, ',');
    buf_add(out, s, size);
    buf_addc(out, 0); // ends the text so far
    out->size--;
    s = next;
  }
  return true;
}

static const char *state_of(struct http_request *r)
{
  struct buf out = {.arena = &r->arena};
  unsigned n = 0;
  for (size_t i = 0; i < r->n_headers; i++)
    if (!strcmp(r->headers[i].name, "tracestate") &&
        !add_states(&out, r->headers[i].value, &n))
      return NULL;
  return out.failed || !out.size ? NULL : out.data;
}

// ---- a trace ----

// Numbers that differ; nobody has to be kept from guessing them.
static uint64_t next_random(struct tracer *t)
{
  uint64_t x = t->random += 0x9E3779B97F4A7C15u;
  x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
  x = (x ^ x >> 27) * 0x94D049BB133111EBu;
  return x ^ x >> 31;
}

static uint64_t next_id(struct tracer *t)
{
  uint64_t x = next_random(t);
  return x ? x : 1;
}

// 16 digits and a NUL; where the NUL is.
static char *print_hex(char *out, uint64_t x)
{
  for (int i = 0; i < 16; i++)
    out[i] = "0123456789abcdef"[x >> (60 - 4 * i) & 15];
  out[16] = 0;
  return out + 16;
}

void tracer_open(struct tracer *t, double share, int64_t slow, bool logs)
{
  *t = (struct tracer){.share = share, .slow = slow};
  t->always = logs || share > 0 || slow > 0;
  if (getrandom(&t->random, sizeof t->random, GRND_NONBLOCK) < 0)
    t->random = uv_hrtime() ^ (uintptr_t)t;
}

// A request id that has the form is the trace's too, so that one leads to the
// other.
static void begin(struct tracer *t, struct trace *to,
                  const struct http_request *r)
{
  if (r->id_size == 32 && is_id(r->id, 32))
    memcpy(to->id, r->id, 33);
  else
    print_hex(print_hex(to->id, next_random(t)), next_id(t));
  double x = (double)(next_random(t) >> 11) * 0x1p-53;
  to->sampled = x < t->share;
}

static void echo(const struct trace *t, struct http_request *r)
{
  char text[PARENT_SIZE + 1];
  snprintf(text, sizeof text, "00-%s-%s-%02x", t->id, t->span, t->sampled);
  guard_add(r, "traceparent", text);
}

struct trace *trace_new(struct tracer *t, struct http_request *r)
{
  bool came = http_find(r, "traceparent");
  if (!came && !t->always)
    return NULL;
  struct trace *to = ARENA_NEW(&r->arena, struct trace);
  if (!to)
    return NULL;
  const struct http_header *parent =
      came ? http_find_only(r, "traceparent") : NULL;
  to->came = came;
  if (parent && take_parent(to, parent))
    to->state = state_of(r);
  else
    begin(t, to, r);
  print_hex(to->span, next_id(t));
  if (to->came || to->sampled)
    echo(to, r);
  return to;
}

// ---- those that are kept ----
struct traces {
  pthread_mutex_t lock;
  uint32_t n, next;
  struct buf of[TRACES_KEPT];
};

struct traces *traces_new(void)
{
  struct traces *t = calloc(1, sizeof *t);
  if (t)
    pthread_mutex_init(&t->lock, NULL);
  return t;
}

void traces_free(struct traces **at)
{
  struct traces *t = *at;
  *at = NULL;
  if (!t)
    return;
  for (uint32_t i = 0; i < t->n; i++)
    buf_free(&t->of[i]);
  pthread_mutex_destroy(&t->lock);
  free(t);
}

void traces_add(struct traces *t, const char *json, size_t size)
{
  pthread_mutex_lock(&t->lock);
  struct buf *b = &t->of[t->next];
  buf_free(b);
  *b = (struct buf){0};
  buf_add(b, json, size);
  t->next = (t->next + 1) % TRACES_KEPT;
  t->n += t->n < TRACES_KEPT;
  pthread_mutex_unlock(&t->lock);
}

void traces_write(struct traces *t, struct buf *out)
{
  const char *comma = "";
  if (!t) {
    buf_adds(out, "{\"traces\":[]}");
    return;
  }
  buf_adds(out, "{\"traces\":[");
  pthread_mutex_lock(&t->lock);
  for (uint32_t i = 1; i <= t->n; i++) {
    const struct buf *b = &t->of[(t->next + TRACES_KEPT - i) % TRACES_KEPT];
    if (b->failed)
      continue;
    buf_adds(out, comma);
    buf_add(out, b->data, b->size);
    comma = ",";
  }
  pthread_mutex_unlock(&t->lock);
  buf_adds(out, "]}");
}
