// See timeline.h. Calls are noted where they are admitted, where their frames
// begin, and where they end.
#include "runtime/vm/timeline.h"

#include "grammar/base/number.h"
#include "runtime/vm/vm.h"

#include <string.h>

enum { BAR = 40, WIDEST = 40, SHOWN = 40 };

// ---- keeping ----

bool timeline_begin(struct run *run)
{
  struct timeline *l = ARENA_NEW(run->own, struct timeline);
  if (!l)
    return false;
  *l = (struct timeline){.last = &l->first, .from = engine_now(run->engine)};
  run->timeline = l;
  run->request->timeline = l;
  return true;
}

void timeline_ask(struct run *run, struct frame *f, const struct deployment *d)
{
  struct timeline *l = run->timeline;
  struct timeline_call *c =
      l->n < TIMELINE_CALLS ? ARENA_NEW(run->own, struct timeline_call) : NULL;
  if (!c) {
    l->left_out++;
    return;
  }
  *c = (struct timeline_call){.deployment = d->name,
                              .function = f->fn->name,
                              .within = f->within,
                              .number = l->n,
                              .replica = -1,
                              .asked = engine_now(run->engine),
                              .began = -1,
                              .ended = -1};
  *l->last = c;
  l->last = &c->next;
  l->n++;
  f->call = c;
}

void timeline_begins(struct run *run, struct frame *f)
{
  const struct replica *r = f->claim.replica ? f->claim.replica : f->self;
  f->call->began = engine_now(run->engine);
  if (r && r->of->name == f->call->deployment)
    f->call->replica = (int32_t)(r - r->of->replicas);
}

static void note_end(struct run *run, struct timeline_call *c,
                     const struct error *error, bool cancelled)
{
  c->ended = engine_now(run->engine);
  c->outcome = cancelled ? CALL_CANCELLED : error ? CALL_FAILED : CALL_DONE;
  c->error = error ? error->message : NULL;
}

void timeline_end(struct run *run, struct frame *f, const struct error *error)
{
  note_end(run, f->call, error, false);
  f->call = NULL;
}

void timeline_cancel(struct run *run, struct frame *f)
{
  note_end(run, f->call, NULL, true);
  f->call = NULL;
}

void timeline_came(struct run *run, struct timeline_call *c,
                   const struct timeline_call *there, const struct error *error)
{
  c->began = there->began;
  c->replica = there->replica;
  note_end(run, c, error, false);
}

void timeline_answer(struct run *run, struct timeline_call *c,
                     const struct error *error, bool cancelled)
{
  if (!c)
    return;
  c->began = c->asked;
  note_end(run, c, error, cancelled);
}

// ---- printing ----

struct print {
  const struct timeline *t;
  int64_t now;
  const char *indent;
  int width; // of names
  uint32_t printed;
  FILE *out;
};

size_t timeline_name(const struct timeline_call *c, char out[CALL_NAME])
{
  const char *dot = strrchr(c->function, '.');
  bool method = dot && strcmp(dot + 1, c->deployment);
  int n = snprintf(out, CALL_NAME, "%s%s", c->deployment, method ? dot : "");
  return n < CALL_NAME ? (size_t)n : CALL_NAME - 1;
}

static void print_name(const struct print *p, const struct timeline_call *c,
                       int depth)
{
  char name[CALL_NAME];
  timeline_name(c, name);
  int indent = depth * 2 > p->width / 2 ? p->width / 2 : depth * 2;
  int room = p->width - indent;
  fprintf(p->out, "%s  %*s%-*.*s", p->indent, indent, "", room, room, name);
}

static int column(const struct timeline *t, int64_t at, int64_t now)
{
  int64_t all = now - t->from;
  return all > 0 ? (int)((double)(at - t->from) * BAR / (double)all) : 0;
}

// Waiting is dots, running is dashes.
static void print_bar(const struct timeline *t, const struct timeline_call *c,
                      int64_t now, FILE *out)
{
  int64_t ended = c->ended < 0 ? now : c->ended;
  int asked = column(t, c->asked, now), end = column(t, ended, now);
  int began = c->began < 0 ? end : column(t, c->began, now);
  char bar[BAR + 1];
  memset(bar, ' ', BAR);
  for (int i = asked; i < end; i++)
    bar[i] = i < began ? '.' : '-';
  if (asked == end)
    bar[asked < BAR ? asked : BAR - 1] = '|';
  bar[BAR] = 0;
  fprintf(out, " [%s]", bar);
}

static void print_times(const struct timeline *t, const struct timeline_call *c,
                        FILE *out)
{
  char text[NUMBER_TEXT];
  number_print_duration(text, c->asked - t->from);
  fprintf(out, " at %s", text);
  if (c->began > c->asked) {
    number_print_duration(text, c->began - c->asked);
    fprintf(out, ", waits %s", text);
  }
  if (c->began < 0)
    fputs(", never began", out);
  else if (c->ended < 0)
    fputs(", has not ended", out);
  else if (c->ended > c->began) {
    number_print_duration(text, c->ended - c->began);
    fprintf(out, ", runs %s", text);
  }
  if (c->outcome == CALL_CANCELLED)
    fputs(", cancelled", out);
  if (c->outcome == CALL_FAILED)
    fprintf(out, ", failed: %.*s", (int)c->error->size, c->error->data);
  fputc('\n', out);
}

static int widest(const struct timeline *t)
{
  size_t width = 0;
  for (const struct timeline_call *c = t->first; c; c = c->next) {
    char name[CALL_NAME];
    size_t own = timeline_name(c, name);
    for (const struct timeline_call *w = c->within; w; w = w->within)
      own += 2;
    width = own > width ? own : width;
  }
  return width > WIDEST ? WIDEST : (int)width;
}

static void print_within(struct print *p, const struct timeline_call *whole,
                         int depth)
{
  for (const struct timeline_call *c = p->t->first; c; c = c->next) {
    if (c->within != whole)
      continue;
    if (p->printed++ == SHOWN)
      fprintf(p->out, "%s  ...\n", p->indent);
    if (p->printed > SHOWN)
      return;
    print_name(p, c, depth);
    print_bar(p->t, c, p->now, p->out);
    print_times(p->t, c, p->out);
    print_within(p, c, depth + 1);
  }
}

void timeline_print(const struct timeline *t, int64_t now, const char *indent,
                    FILE *out)
{
  char text[NUMBER_TEXT];
  uint32_t n = t->n + t->left_out;
  struct print p = {t, now, indent, widest(t), 0, out};
  if (!n)
    return;
  number_print_duration(text, now - t->from);
  fprintf(out, "%s%u call%s in %s:\n", indent, (unsigned)n, n == 1 ? "" : "s",
          text);
  print_within(&p, NULL, 0);
}
