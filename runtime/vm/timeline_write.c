// A timeline for those who read logs: as JSON, and on a line.
#include "runtime/vm/engine.h"
#include "runtime/vm/timeline.h"

#include "grammar/base/number.h"
#include "runtime/codec/codec.h"

#include <string.h>

enum { SHOWN = 40, A_MOMENT = 1000 }; // on a line: calls, and nanoseconds

static double ms(int64_t from, int64_t to)
{
  return (double)(to - from) / 1e6;
}

static const char *outcome_of(const struct timeline_call *c)
{
  static const char *const words[] = {[CALL_OPEN] = "open",
                                      [CALL_DONE] = "done",
                                      [CALL_FAILED] = "failed",
                                      [CALL_CANCELLED] = "cancelled"};
  return words[c->outcome];
}

static int64_t end_of(const struct timeline_call *c, int64_t now)
{
  return c->ended < 0 ? now : c->ended;
}

static void call_json(const struct timeline *t, const struct timeline_call *c,
                      int64_t now, struct buf *out)
{
  char name[CALL_NAME];
  size_t size = timeline_name(c, name);
  int64_t began = c->began < 0 ? end_of(c, now) : c->began;
  buf_adds(out, "{\"call\":");
  json_encode_text(name, size, out);
  if (c->within)
    buf_addf(out, ",\"within\":%u", (unsigned)c->within->number);
  buf_addf(out, ",\"at_ms\":%.3f,\"wait_ms\":%.3f,\"run_ms\":%.3f",
           ms(t->from, c->asked), ms(c->asked, began),
           ms(began, end_of(c, now)));
  if (c->replica >= 0)
    buf_addf(out, ",\"replica\":%d", (int)c->replica);
  buf_addf(out, ",\"outcome\":\"%s\"", outcome_of(c));
  if (c->outcome == CALL_FAILED && c->error) {
    buf_adds(out, ",\"error\":");
    json_encode_text(c->error->data, c->error->size, out);
  }
  buf_addc(out, '}');
}

void timeline_json(const struct timeline *t, int64_t now, struct buf *out)
{
  buf_adds(out, "\"calls\":[");
  for (const struct timeline_call *c = t->first; c; c = c->next) {
    call_json(t, c, now, out);
    if (c->next)
      buf_addc(out, ',');
  }
  buf_addc(out, ']');
  if (t->left_out)
    buf_addf(out, ",\"calls_left_out\":%u", (unsigned)t->left_out);
}

static void add_time(struct buf *out, const char *word, int64_t ns)
{
  char text[NUMBER_TEXT];
  number_print_duration(text, ns - ns % A_MOMENT);
  buf_addf(out, " %s %s", word, text);
}

void timeline_line(const struct timeline *t, int64_t now, struct buf *out)
{
  uint32_t n = 0;
  for (const struct timeline_call *c = t->first; c && n < SHOWN; c = c->next) {
    char name[CALL_NAME];
    timeline_name(c, name);
    buf_addf(out, "%s%s", n++ ? "; " : "", name);
    add_time(out, "at", c->asked - t->from);
    int64_t began = c->began < 0 ? end_of(c, now) : c->began;
    if (began - c->asked >= A_MOMENT)
      add_time(out, "waits", began - c->asked);
    if (c->began >= 0)
      add_time(out, "runs", end_of(c, now) - began);
    if (c->replica >= 0)
      buf_addf(out, " on %d", (int)c->replica);
    if (c->outcome != CALL_DONE)
      buf_addf(out, " (%s)", outcome_of(c));
  }
  if (t->n + t->left_out > n)
    buf_addf(out, "; %u more", (unsigned)(t->n + t->left_out - n));
}
