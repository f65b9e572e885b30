// Bytes that a handler takes as they come: of a body that streams, decoded, or
// of what follows an upgrade, as they are.
#include "runtime/net/http_conn.h"

static bool is_upgraded(const struct exchange *x)
{
  return x->phase == PHASE_FLOW;
}

// A client that waits for it is told to send its body.
static void go_ahead(struct exchange *x)
{
  struct conn *c = x->conn;
  if (!x->expects_continue || x->answer != ANSWER_NONE || c->dead)
    return;
  x->expects_continue = false;
  if (x->got || x->filled > x->parsed) // it did not wait
    return;
  answer_continue(c);
  if (!c->busy)
    conn_settle(c);
}

size_t http_input(struct http_request *r, char **at)
{
  struct exchange *x = (struct exchange *)r;
  if (is_upgraded(x)) {
    *at = x->in + x->parsed;
    return x->filled - x->parsed;
  }
  if (!x->streams) { // it came whole
    *at = (char *)r->body + x->body_at;
    return r->body_size - x->body_at;
  }
  go_ahead(x);
  exchange_pull(x);
  *at = x->body + x->body_at;
  x->hungry = x->body_at == x->body_filled;
  if (x->hungry && !x->conn->busy)
    conn_settle(x->conn); // its time runs
  return x->body_filled - x->body_at;
}

void http_input_took(struct http_request *r, size_t size)
{
  struct exchange *x = (struct exchange *)r;
  *(is_upgraded(x) ? &x->parsed : &x->body_at) += size;
  if (!x->conn->busy)
    conn_took(x->conn);
}

int http_input_end(struct http_request *r, const char **why)
{
  const struct exchange *x = (struct exchange *)r;
  *why = x->why ? x->why : http_status_text(x->bad);
  if (x->bad)
    return x->bad;
  return exchange_streams(x) ? 0 : 200;
}
