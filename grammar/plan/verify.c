// The verifier: whether a plan whose sections lie right means something.
//
// Here: ranges of every field, by the lists of plan.h, and text. What hangs
// together is checked in verify_types.c and the others, in the order below.
#include "grammar/plan/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grammar/base/utf8.h"

bool check_refuse(struct plan_check *c, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  vsnprintf(c->why, c->why_size, format, args);
  va_end(args);
  return false;
}

bool check_pay(struct plan_check *c, uint64_t work)
{
  if (work > c->budget)
    return check_refuse(c, "too large: records are shared too often");
  c->budget -= work;
  return true;
}

void *check_memory(struct plan_check *c, size_t count, size_t size)
{
  void *p = arena_array(&c->scratch, count, size);
  if (!p)
    check_refuse(c, "out of memory");
  return p;
}

// ---- text ----
// One pass finds what is not UTF-8 (bytes constants may hold it), so that a
// question about one text needs no second look at its bytes.
static bool note_bad(struct plan_check *c, uint32_t at, uint32_t *room)
{
  if (c->n_bad == *room) {
    uint32_t more = *room ? *room * 2 : 64;
    uint32_t *bad = arena_grow(&c->scratch, c->bad, *room * sizeof *bad,
                               more * sizeof *bad);
    if (!bad)
      return check_refuse(c, "out of memory");
    c->bad = bad;
    *room = more;
  }
  c->bad[c->n_bad++] = at;
  return true;
}

bool check_utf8(struct plan_check *c)
{
  size_t at = 0, size = c->p->n_text;
  uint32_t room = 0;
  while ((at += utf8_check(c->p->text + at, size - at)) < size)
    if (!note_bad(c, (uint32_t)at++, &room))
      return false;
  return true;
}

static bool is_clean(const struct plan_check *c, uint32_t at, uint32_t size)
{
  uint32_t low = 0, high = c->n_bad;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (c->bad[middle] < at)
      low = middle + 1;
    else
      high = middle;
  }
  return low == c->n_bad || c->bad[low] >= at + size;
}

bool check_text(const struct plan_check *c, struct plan_text t)
{
  const struct plan *p = c->p;
  return t.at < p->n_text && t.size < p->n_text - t.at &&
         !p->text[t.at + t.size] && (p->text[t.at] & 0xC0) != 0x80 &&
         is_clean(c, t.at, t.size);
}

// ---- ranges ----
static bool bad_number(struct plan_check *c, const char *type, uint32_t i,
                       const char *field, uint32_t is, uint32_t below)
{
  return check_refuse(c, "%s %u: %s %u is not below %u", type, i, field, is,
                      below);
}

static bool bad_text(struct plan_check *c, const char *type, uint32_t i,
                     const char *field)
{
  return check_refuse(c, "%s %u: %s is no text", type, i, field);
}

static bool run_is_in(struct plan_check *c, struct plan_run r, uint32_t n,
                      const char *type, uint32_t i, const char *field)
{
  if (r.first > n || r.count > n - r.first)
    return check_refuse(c, "%s %u: %s %u … +%u goes beyond %u", type, i, field,
                        r.first, r.count, n);
  return check_pay(c, r.count);
}

#define WORD(type) (type + sizeof "plan_" - 1)
#define RANGE_N(name)
#define RANGE_E(name, count)                                                   \
  if (r->name >= count)                                                        \
    return bad_number(c, word, i, #name, r->name, count);
#define RANGE_T(name)                                                          \
  if (!check_text(c, r->name))                                                 \
    return bad_text(c, word, i, #name);
#define RANGE_R(name, table)                                                   \
  if (r->name >= c->p->n_##table)                                              \
    return bad_number(c, word, i, #name, r->name, c->p->n_##table);
#define RANGE_O(name, table)                                                   \
  if (r->name != PLAN_NONE && r->name >= c->p->n_##table)                      \
    return bad_number(c, word, i, #name, r->name, c->p->n_##table);
#define RANGE_U(name, table)                                                   \
  if (!run_is_in(c, r->name, c->p->n_##table, word, i, #name))                 \
    return false;
#define RANGE_TABLE(table, type, FIELDS)                                       \
  static bool range_##table(struct plan_check *c)                              \
  {                                                                            \
    static const char *const word = WORD(#type);                               \
    for (uint32_t i = 0; i < c->p->n_##table; i++) {                           \
      const struct type *r = &c->p->table[i];                                  \
      FIELDS(RANGE_N, RANGE_E, RANGE_T, RANGE_R, RANGE_O, RANGE_U)             \
    }                                                                          \
    return true;                                                               \
  }
PLAN_TABLES(RANGE_TABLE)

bool check_ranges(struct plan_check *c)
{
#define RANGE(table, type, FIELDS)                                             \
  if (!range_##table(c))                                                       \
    return false;
  PLAN_TABLES(RANGE)
  return true;
}

// ---- all of it ----
static uint64_t records_of(const struct plan *p)
{
  uint64_t n = p->n_code;
#define COUNT(table, type, FIELDS) n += p->n_##table;
  PLAN_TABLES(COUNT)
#undef COUNT
  return n;
}

static bool make_scratch(struct plan_check *c)
{
  const struct plan *p = c->p;
  c->budget = (1 << 16) + records_of(p) * 16;
  return (c->future_depth = check_memory(c, p->n_types, 1)) &&
         (c->by_strand = check_memory(c, p->n_strands, 4)) &&
         (c->by_code = check_memory(c, p->n_code, 4)) &&
         (c->handlers = check_memory(c, p->n_code, 1));
}

int plan_verify(const struct plan *p, char *why, size_t why_size)
{
  static bool (*const checks[])(struct plan_check *) = {
    make_scratch, check_utf8,    check_ranges, check_types,     check_consts,
    check_slots,  check_serving, check_routes, check_sites, check_functions,
  };
  struct plan_check c = {.p = p, .why = why, .why_size = why_size};
  bool good = true;
  for (size_t i = 0; good && i < sizeof checks / sizeof *checks; i++)
    good = checks[i](&c);
  arena_free(&c.scratch);
  return good ? 0 : -1;
}
