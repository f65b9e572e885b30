// What a program will do: the longest paths, the waits, the settings.
#include "compiler/explain.h"

#include "compiler/compile.h"
#include "compiler/explain_parts.h"
#include "compiler/times.h"
#include "grammar/base/number.h"
#include "grammar/defs/signature.h"

#include <string.h>

enum { NAME_WIDTH = 40, SHOWN = 4 };

// ---- times ----

static void add_duration(struct buf *out, int64_t ns)
{
  char text[NUMBER_TEXT];
  buf_add(out, text, number_print_duration(text, ns));
}

// "450ms"; "150ms to 450ms" where data decides; "+" where more is not known.
static void add_moment(struct buf *out, struct moment m)
{
  if (m.low != m.high) {
    add_duration(out, m.low);
    buf_adds(out, " to ");
  }
  add_duration(out, m.high);
  if (m.open)
    buf_addc(out, '+');
}

static void add_time(struct buf *out, struct moment m)
{
  struct buf text = {0};
  add_duration(&text, m.high);
  if (m.open)
    buf_addc(&text, '+');
  if (m.low != m.high)
    buf_addc(&text, '?');
  buf_addf(out, "%10s", text.data);
  buf_free(&text);
}

static struct moment shift(struct moment m, struct moment by)
{
  return (struct moment){m.low + by.low, m.high + by.high, m.open || by.open};
}

// How many calls of one kind follow each other from here on: a loop's.
static uint32_t calls_alike(const struct timing *t, uint32_t at)
{
  uint32_t n = 1;
  while (at + n < t->n_events &&
         t->events[at + n].inside == t->events[at].inside &&
         t->events[at + n].span.start == t->events[at].span.start)
    n++;
  return n;
}

static void add_events(struct explain *x, struct timing *t, struct moment from,
                       bool critical, uint32_t depth)
{
  t->printed = true;
  for (uint32_t i = 0; i < t->n_events; i++) {
    const struct event *e = &t->events[i];
    struct timing *inside = (struct timing *)e->inside;
    uint32_t alike = calls_alike(t, i);
    bool marked = critical && e->critical;
    bool again = inside->printed && inside->n_events;
    add_time(x->out, shift(e->start, from));
    add_time(x->out, shift(e->end, from));
    buf_addf(x->out, "  %c %*s%s%s\n", marked ? '*' : ' ', (int)depth * 2, "",
             e->label, again ? " (as above)" : "");
    if (!inside->printed)
      add_events(x, inside, shift(e->start, from), marked, depth + 1);
    if (alike > SHOWN)
      buf_addf(x->out, "%*sand %u more such calls\n", (int)depth * 2 + 24, "",
               alike - 1);
    i += alike > SHOWN ? alike - 1 : 0;
  }
}

static void add_path(struct explain *x, const char *title, struct timing *t)
{
  buf_addf(x->out, "%s: ", title);
  add_moment(x->out, t->takes);
  buf_addc(x->out, '\n');
  if (t->takes.low != t->takes.high)
    buf_adds(x->out, "  what is taken depends on data (?)\n");
  if (t->takes.open)
    buf_adds(x->out, "  something takes as long as data or others say (+)\n");
  if (t->n_events)
    buf_adds(x->out, "     start       end\n");
  add_events(x, t, (struct moment){0}, true, 0);
  buf_addc(x->out, '\n');
}

static void explain_route(struct explain *x, const struct route *r)
{
  const char *title =
      arena_printf(x->c->arena, "%s %s", plan_method_name(r->method), r->path);
  add_path(x, title, times_of(x->times, r->function, NULL));
}

static void explain_graph(struct explain *x, const struct binding *b)
{
  if (b->class->kind != CLASS_graph)
    return;
  struct timing *t = times_of(x->times, b->class->methods->function, b);
  if (!t->printed)
    add_path(x,
             arena_printf(x->c->arena, "graph %s.%s", b->app->name->text,
                          b->name->text),
             t);
}

static void explain_times(struct explain *x)
{
  for (const struct app *a = x->program->apps; a; a = a->next) {
    for (const struct route *r = a->routes; r; r = r->next)
      explain_route(x, r);
    for (const struct binding *b = a->bindings; b; b = b->next)
      explain_graph(x, b);
  }
}

// ---- waits ----

static void add_place(struct explain *x, struct span span)
{
  uint32_t line, column;
  if (lines_find(&x->lines, span, &line, &column))
    buf_addf(x->out, "%s:%u:%u", x->program->sources[span.file].path, line,
             column);
}

static const char *waits_for(const struct code *k, const struct ins *i)
{
  if (i->op == OP_force)
    return "what was started before";
  if (i->op == OP_op && signature_of(i->b)->attributes & OPERATOR_WAITS)
    return signature_of(i->b)->name;
  if (i->op != OP_call || !k->sites[i->b].call || !k->sites[i->b].call->method)
    return NULL;
  return k->sites[i->b].call->method->function->name;
}

static void explain_waits(struct explain *x)
{
  buf_adds(x->out, "Waits\n");
  for (const struct function *f = x->program->functions; f; f = f->next) {
    const struct code *k = code_of(f);
    if (f->kind == FUNCTION_graph || f->kind == FUNCTION_test ||
        (f->class && f->class->left_out))
      continue;
    for (uint32_t i = 0; i < k->n_ins; i++) {
      const char *what = waits_for(k, &k->ins[i]);
      if (!what)
        continue;
      buf_addf(x->out, "  %-*s ", NAME_WIDTH - 2, f->name);
      add_place(x, k->ins[i].span);
      buf_addf(x->out, " for %s\n", what);
    }
  }
  buf_addc(x->out, '\n');
}

// ---- the whole ----

void explain_program(struct compile *c, const struct program *p,
                     struct buf *out)
{
  struct explain x = {.c = c, .program = p, .out = out, .times = times_new(c)};
  lines_init(&x.lines, c->arena, p->sources, p->n_sources);
  explain_times(&x);
  explain_waits(&x);
  explain_settings(&x);
}
