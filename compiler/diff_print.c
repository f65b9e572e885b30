// Changes, for people and for programs.
#include "compiler/diff.h"

#include "grammar/base/json_text.h"

#include <string.h>

static const char *const names[CHANGE_OF_COUNT] = {
    [CHANGE_APP] = "app",     [CHANGE_ROUTE] = "route",
    [CHANGE_DEPLOYMENT] = "deployment", [CHANGE_GRAPH] = "graph",
    [CHANGE_TYPE] = "type",   [CHANGE_SERVER] = "server",
};

// ----------------------------------------------------------------- for people

static void put_name(const struct change *c, struct buf *out)
{
  buf_adds(out, names[c->of]);
  bool whole = c->of == CHANGE_DEPLOYMENT || c->of == CHANGE_GRAPH;
  if (c->name)
    buf_addf(out, " %s%s%s", whole ? c->app : "", whole ? "." : "", c->name);
}

static void put_detail(const struct detail *t, struct buf *out)
{
  buf_addf(out, "    %s", t->what);
  if (t->from && t->to)
    buf_addf(out, ": %s -> %s", t->from, t->to);
  else if (t->to)
    buf_addf(out, ": %s, which is new", t->to);
  else if (t->from)
    buf_addf(out, ": %s, which is gone", t->from);
  else
    buf_adds(out, " changes");
  buf_adds(out, t->breaks ? " (clients may fail)\n" : "\n");
}

static void put_change(const struct change *c, struct buf *out)
{
  static const char marks[] = {'+', '-', '~'};
  buf_addf(out, "%c ", marks[c->kind]);
  put_name(c, out);
  if (c->kind == CHANGE_REMOVED && c->breaks)
    buf_adds(out, " (clients may fail)");
  if (c->restart)
    buf_adds(out, c->of == CHANGE_SERVER ? ": sgrun has to start anew"
                                         : ": its replicas start anew");
  buf_addc(out, '\n');
  for (const struct detail *t = c->details; t; t = t->next)
    put_detail(t, out);
}

static void put_count(unsigned n, const char *name, const char **before,
                      struct buf *out)
{
  if (!n)
    return;
  buf_addf(out, "%s%u %s%s", *before, n, name, n == 1 ? "" : "s");
  *before = ", ";
}

void diff_print(const struct change *all, struct buf *out)
{
  unsigned counts[CHANGE_OF_COUNT] = {0}, anew = 0;
  const char *before = "\n";
  for (const struct change *c = all; c; c = c->next) {
    put_change(c, out);
    counts[c->of]++;
    anew += c->restart && c->of != CHANGE_SERVER;
  }
  if (!all)
    return;
  for (int of = 0; of < CHANGE_OF_COUNT; of++)
    put_count(counts[of], names[of], &before, out);
  buf_adds(out, " to change; ");
  if (anew)
    buf_addf(out, "replicas of %u deployment%s start anew\n", anew,
             anew == 1 ? "" : "s");
  else
    buf_adds(out, "no replica has to start anew\n");
}

// --------------------------------------------------------------- for programs

static void put_string(const char *key, const char *text, struct buf *out)
{
  if (!text)
    return;
  buf_addf(out, ",\"%s\":", key);
  json_encode_text(text, strlen(text), out);
}

static void put_flags(bool restart, bool breaks, struct buf *out)
{
  buf_addf(out, ",\"restart\":%s,\"breaks_clients\":%s",
           restart ? "true" : "false", breaks ? "true" : "false");
}

static void put_details(const struct detail *t, struct buf *out)
{
  buf_adds(out, ",\"details\":[");
  for (; t; t = t->next) {
    buf_adds(out, "{\"what\":");
    json_encode_text(t->what, strlen(t->what), out);
    put_string("from", t->from, out);
    put_string("to", t->to, out);
    put_flags(t->restart, t->breaks, out);
    buf_adds(out, t->next ? "}," : "}");
  }
  buf_addc(out, ']');
}

void diff_print_json(const struct change *all, struct buf *out)
{
  static const char *const kinds[] = {"added", "removed", "changed"};
  buf_addf(out, "{\"same\":%s,\"changes\":[", all ? "false" : "true");
  for (const struct change *c = all; c; c = c->next) {
    buf_addf(out, "{\"change\":\"%s\",\"of\":\"%s\"", kinds[c->kind],
             names[c->of]);
    put_string("app", c->app, out);
    put_string("name", c->name, out);
    put_flags(c->restart, c->breaks, out);
    put_details(c->details, out);
    buf_adds(out, c->next ? "}," : "}");
  }
  buf_adds(out, "]}\n");
}
