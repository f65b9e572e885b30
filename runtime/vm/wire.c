// Streams between loops. A wire has two ends: at its source a reader of the
// stream, at its sink a stream of another engine that is fed.
//
// A few tokens go to and fro: as wishes for the next pieces they lie at the
// source, with a piece in it each goes to the sink, and back when that is
// taken. So each end writes what is a token's only while it has it, and no more
// pieces are under way than there are tokens. Besides there is a farewell,
// which the sink sends once: when the stream has ended, or nobody reads it. The
// source lets go then and sends it back, and the sink frees the wire. As
// parcels keep their order, no token is under way then. Both engines count the
// wire as away until it has ended there.
#include "runtime/vm/parcel.h"

#include <stdlib.h>

enum { TOKENS = 4 };

struct token {
  struct parcel parcel; // first
  struct wire *wire;
  struct token *next; // of those that wait where it is
  struct arena arena; // of the piece
  enum stream_next what;
  value piece;
  struct error error;
};

struct wire {
  struct parcel farewell;
  struct engine *source, *sink;
  struct wire *next; // of the same value
  uint32_t of;       // the pieces' type
  struct token tokens[TOKENS];
  // the source's
  struct stream_reader reader;
  void (*gone)(void *user);
  void *user;
  struct token *wishes;
  bool known; // the first token says already how the stream has ended
  bool lost;  // the stream was dropped, and the sink does not know it
  // the sink's
  struct stream *in; // or NULL: not attached yet, or nobody reads
  struct token *arrived, **last, *taken;
  bool left; // the farewell has gone
};

static void piece_came(struct parcel *p);
static void wish_came(struct parcel *p);
static void farewell_came(struct parcel *p);
static void farewell_back(struct parcel *p);

static struct wire *wire_of_reader(struct stream_reader *r)
{
  return (struct wire *)((char *)r - offsetof(struct wire, reader));
}

static struct wire *wire_of_farewell(struct parcel *p)
{
  return (struct wire *)((char *)p - offsetof(struct wire, farewell));
}

static void wire_free(struct wire *w)
{
  for (int i = 0; i < TOKENS; i++)
    arena_free(&w->tokens[i].arena);
  free(w);
}

// ---- at the source ----

static void set_error(struct token *k, const struct error *e)
{
  const struct text *m =
      text_new(&k->arena, e->message->data, e->message->size);
  k->what = STREAM_ERROR;
  k->error = m ? *e : *error_no_memory();
  if (m)
    k->error.message = m;
}

// The next piece, or the end, into a token; false: it is still to come.
static bool fetch(struct wire *w, struct token *k)
{
  const struct error *error = NULL;
  value v;
  k->what = stream_take(&w->reader, &v, &error);
  switch (k->what) {
  case STREAM_WAIT:
    return false;
  case STREAM_ERROR:
    set_error(k, error);
    return true;
  case STREAM_END:
    return true;
  case STREAM_PIECE:
    break;
  }
  if (!value_take(w->sink, &k->arena, w->of, v, &k->piece)) {
    stream_leave(&w->reader);
    set_error(k, error_no_memory());
  }
  return true;
}

static void send_first(struct wire *w)
{
  struct token *k = w->wishes;
  w->wishes = k->next;
  parcel_post(&k->parcel, w->sink, piece_came);
}

static void on_ready(struct stream_reader *r)
{
  struct wire *w = wire_of_reader(r);
  if (r->stream)
    run_tidy(r->stream->run);
  while (w->wishes && w->reader.stream && fetch(w, w->wishes))
    send_first(w);
}

static void on_lost(struct stream_reader *r)
{
  struct wire *w = wire_of_reader(r);
  w->lost = !w->wishes;
  if (w->lost)
    return;
  set_error(w->wishes, error_cancelled());
  send_first(w);
}

static void wish_came(struct parcel *p)
{
  struct token *k = (struct token *)p;
  struct wire *w = k->wire;
  k->next = w->wishes;
  w->wishes = k;
  if (w->known) {
    w->known = false;
    send_first(w);
    return;
  }
  arena_reset(&k->arena);
  (w->lost ? on_lost : on_ready)(&w->reader);
}

static void farewell_came(struct parcel *p)
{
  struct wire *w = wire_of_farewell(p);
  w->wishes = NULL;
  stream_leave(&w->reader);
  w->source->n_away--;
  if (w->gone)
    w->gone(w->user);
  parcel_post(&w->farewell, w->sink, farewell_back);
}

static struct wire *wire_new(const struct wiring *g, uint32_t of)
{
  struct wire *w = calloc(1, sizeof *w);
  if (!w)
    return NULL;
  w->source = g->source;
  w->sink = g->sink;
  w->of = of;
  w->gone = g->gone;
  w->user = g->user;
  w->reader.ready = on_ready;
  w->reader.lost = on_lost;
  w->last = &w->arrived;
  for (int i = 0; i < TOKENS; i++) {
    w->tokens[i].wire = w;
    w->tokens[i].arena.limit = g->source->request_memory;
  }
  return w;
}

bool wire_make(struct stream *s, void *wiring, value *out)
{
  struct wiring *g = wiring;
  if (stream_is_read(s)) // somewhere else: as if there were none
    return true;
  struct wire *w = wire_new(g, s->of);
  if (!w)
    return false;
  stream_read(s, &w->reader);
  if (g->owner && s->state == STREAM_OPEN)
    stream_own(s, g->owner);
  w->known = s->state != STREAM_OPEN && fetch(w, &w->tokens[0]);
  w->source->n_away++;
  if (!g->all->first)
    g->all->last = &g->all->first;
  *g->all->last = w;
  g->all->last = &w->next;
  out->stream = (struct stream *)w;
  return true;
}

void wires_unmake(struct wires *all)
{
  for (struct wire *w = all->first, *next; w; w = next) {
    next = w->next;
    stream_unread(&w->reader);
    w->source->n_away--;
    wire_free(w);
  }
  *all = (struct wires){0};
}

// ---- at the sink ----

static void say_farewell(struct wire *w)
{
  if (w->left)
    return;
  w->left = true;
  parcel_post(&w->farewell, w->source, farewell_came);
}

static void farewell_back(struct parcel *p)
{
  struct wire *w = wire_of_farewell(p);
  w->sink->n_away--;
  wire_free(w);
}

static void leave(struct stream *s)
{
  struct wire *w = s->user;
  w->in = NULL;
  say_farewell(w);
}

static void end(struct wire *w, const struct error *error)
{
  struct stream *s = w->in;
  w->in = NULL;
  say_farewell(w);
  stream_over(s, error);
}

static const struct error *taken_error(struct wire *w, const struct token *k)
{
  struct arena *a = w->in->run->arena;
  const struct text *m = k->error.message;
  struct error *e = ARENA_NEW(a, struct error);
  m = e ? text_new(a, m->data, m->size) : NULL;
  if (!m)
    return error_no_memory();
  *e = k->error;
  e->message = m;
  return e;
}

// The next that has arrived, if the stream has no piece.
static void feed(struct wire *w)
{
  struct token *k = w->arrived;
  value v;
  if (!k || !w->in || w->in->full)
    return;
  w->arrived = k->next;
  if (!w->arrived)
    w->last = &w->arrived;
  if (k->what == STREAM_ERROR) {
    end(w, taken_error(w, k));
  } else if (k->what == STREAM_END) {
    end(w, NULL);
  } else if (value_copy(w->in->run->arena, w->sink->plan, w->of, k->piece,
                        &v)) {
    w->taken = k;
    stream_put(w->in, v);
  } else {
    end(w, error_no_memory());
  }
}

static void piece_came(struct parcel *p)
{
  struct token *k = (struct token *)p;
  struct wire *w = k->wire;
  k->next = NULL;
  *w->last = k;
  w->last = &k->next;
  feed(w);
}

static void wish(struct wire *w, struct token *k)
{
  parcel_post(&k->parcel, w->source, wish_came);
}

static void go_on(struct stream *s)
{
  struct wire *w = s->user;
  wish(w, w->taken);
  feed(w);
}

void wires_take(struct wires *all)
{
  for (struct wire *w = all->first; w; w = w->next)
    w->sink->n_away++;
}

bool wire_attach(struct stream *from, void *unwiring, value *out)
{
  static const struct stream_source source = {.want = go_on, .drop = leave};
  struct unwiring *to = unwiring;
  struct wire *w = (struct wire *)from;
  struct stream *s = stream_new(to->run, to->owner, w->of);
  if (!s)
    return false;
  s->source = &source;
  s->user = w;
  w->in = s;
  for (int i = 0; i < TOKENS; i++)
    wish(w, &w->tokens[i]);
  out->stream = s;
  return true;
}

void wires_leave(struct wires *all)
{
  for (struct wire *w = all->first, *next; w; w = next) {
    next = w->next;
    if (!w->in)
      say_farewell(w);
  }
}
