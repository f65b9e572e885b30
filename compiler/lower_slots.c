// From virtual slots to real ones: what is not needed at the same time shares.
//
// Named locals keep a slot of their own. A temporary (or a run of them) is live
// from its first mention to its last, and to the end of each loop that it
// enters; in a graph, whose strands take turns, only what one strand alone uses
// is shared, and within that strand.
#include "compiler/lower_code.h"

#include <stdlib.h>

enum { SLOTS_MAX = 65000, NOBODY = UINT32_MAX, SEVERAL = UINT32_MAX - 1 };

struct unit { // a slot or a run of slots, at its first virtual slot
  uint32_t slot, count;
  uint32_t first, last; // instructions
  uint32_t strand;
  bool keeps;
};

struct pool { // real slots of one type (or run of types) that were given out
  const struct unit *like;
  uint32_t *at, *until, n, room, room_until;
};

struct slots {
  struct lower *l;
  struct unit *units; // by virtual slot
  uint32_t *real;     // by virtual slot
  struct slot *table;
  uint32_t n_table;
  struct pool *pools; // open addressing
  uint32_t room_pools, n_pools;
  uint32_t now, strand; // of the instruction that is looked at
};

// ---- where units live ----

static void touch(struct slots *s, uint32_t slot)
{
  struct unit *u = &s->units[s->l->code->units[slot]];
  if (u->strand == NOBODY) {
    u->first = s->now;
    u->strand = s->strand;
  }
  u->last = s->now;
  if (u->strand != s->strand)
    u->strand = SEVERAL;
}

static void touch_all(void *user, uint32_t *slot, uint32_t count,
                      enum slot_use use)
{
  for (uint32_t i = 0; i < count; i++)
    touch(user, *slot + i);
}

static void make_units(struct slots *s)
{
  const struct code *k = s->l->code;
  for (uint32_t i = 0; i < k->n_slots; i++) {
    struct unit *u = &s->units[k->units[i]];
    if (k->units[i] == i)
      *u = (struct unit){.slot = i, .strand = NOBODY};
    u->count++;
    u->keeps |= k->slots[i].name != NULL;
  }
}

static void find_lives(struct slots *s)
{
  struct code *k = s->l->code;
  uint32_t strand = 0;
  for (s->now = 0; s->now < k->n_ins; s->now++) {
    while (strand < k->n_strands && s->now >= k->strands[strand].end)
      strand++;
    s->strand = strand;
    ins_slots(k, &k->ins[s->now], touch_all, s);
  }
}

static void stretch(struct slots *s, uint32_t from, uint32_t to)
{
  for (uint32_t i = 0; i < s->l->code->n_slots; i++) {
    struct unit *u = &s->units[i];
    if (u->count && u->strand != NOBODY && u->first < from && u->last >= from &&
        u->last < to)
      u->last = to;
  }
}

static void stretch_loops(struct slots *s)
{
  const struct code *k = s->l->code;
  for (uint32_t i = 0; i < k->n_ins; i++)
    if (opcode_shapes[k->ins[i].op].b == OPERAND_jump && k->ins[i].b <= i)
      stretch(s, k->ins[i].b, i);
}

// ---- giving out ----

static const struct type *type_at(struct slots *s, uint32_t slot)
{
  struct slot *v = &s->l->code->slots[slot];
  if (!v->type) // of code that is never reached
    v->type = type_kind(s->l, TYPE_none);
  return v->type;
}

static bool alike(struct slots *s, const struct unit *x, const struct unit *y)
{
  if (x->count != y->count || x->strand != y->strand)
    return false;
  for (uint32_t i = 0; i < x->count; i++)
    if (type_at(s, x->slot + i) != type_at(s, y->slot + i))
      return false;
  return true;
}

static uint32_t hash_unit(struct slots *s, const struct unit *u)
{
  uint32_t h = u->count * 31 + u->strand * 2654435761u;
  for (uint32_t i = 0; i < u->count; i++)
    h = (h ^ type_at(s, u->slot + i)->number) * 2654435761u;
  return h ^ h >> 15;
}

static struct pool *pool_of(struct slots *s, const struct unit *u)
{
  uint32_t at = hash_unit(s, u) & (s->room_pools - 1);
  while (s->pools[at].like && !alike(s, s->pools[at].like, u))
    at = (at + 1) & (s->room_pools - 1);
  s->pools[at].like = u;
  return &s->pools[at];
}

static uint32_t give_new(struct slots *s, const struct unit *u)
{
  for (uint32_t i = 0; i < u->count; i++) {
    type_at(s, u->slot + i);
    s->table[s->n_table++] = s->l->code->slots[u->slot + i];
  }
  return s->n_table - u->count;
}

static uint32_t give_shared(struct slots *s, const struct unit *u)
{
  struct pool *p = pool_of(s, u);
  uint32_t look = p->n < 64 ? p->n : 64; // at the newest
  for (uint32_t i = p->n - look; i < p->n; i++)
    if (p->until[i] < u->first) {
      p->until[i] = u->last;
      return p->at[i];
    }
  uint32_t real = give_new(s, u), n = p->n;
  LOWER_PUSH(s->l->scratch, p->until, n, p->room_until, u->last);
  LOWER_PUSH(s->l->scratch, p->at, p->n, p->room, real);
  return real;
}

static void give(struct slots *s, const struct unit *u)
{
  bool own = u->keeps || u->strand == SEVERAL;
  uint32_t real = own ? give_new(s, u) : give_shared(s, u);
  for (uint32_t i = 0; i < u->count; i++)
    s->real[u->slot + i] = real + i;
}

static int by_first(const void *x, const void *y)
{
  const struct unit *u = *(struct unit *const *)x,
                    *v = *(struct unit *const *)y;
  if (u->first != v->first)
    return u->first < v->first ? -1 : 1;
  return u->slot < v->slot ? -1 : 1;
}

static void give_all(struct slots *s)
{
  struct code *k = s->l->code;
  struct unit **order =
      ARENA_ARRAY(s->l->scratch, k->n_slots + 1, struct unit *);
  uint32_t n = 0, params = k->function->n_params;
  for (uint32_t i = 0; i < params; i++) { // the caller's, named or not
    s->units[i].keeps = true;
    give(s, &s->units[i]);
  }
  for (uint32_t i = params; i < k->n_slots; i++)
    if (s->units[i].count && s->units[i].strand != NOBODY)
      order[n++] = &s->units[i];
  qsort(order, n, sizeof *order, by_first);
  for (uint32_t i = 0; i < n; i++)
    give(s, order[i]);
}

static void rename_slot(void *user, uint32_t *slot, uint32_t count,
                        enum slot_use use)
{
  struct slots *s = user;
  *slot = s->real[*slot];
}

void assign_slots(struct lower *l)
{
  struct code *k = l->code;
  struct slots s = {.l = l};
  uint32_t n = k->n_slots;
  s.units = ARENA_ARRAY(l->scratch, n + 1, struct unit);
  s.real = ARENA_ARRAY(l->scratch, n + 1, uint32_t);
  s.table = ARENA_ARRAY(l->scratch, n + 1, struct slot);
  for (s.room_pools = 16; s.room_pools < 2 * n + 2;)
    s.room_pools *= 2;
  s.pools = ARENA_ARRAY(l->scratch, s.room_pools, struct pool);
  make_units(&s);
  find_lives(&s);
  stretch_loops(&s);
  give_all(&s);
  for (uint32_t i = 0; i < k->n_ins; i++)
    ins_slots(k, &k->ins[i], rename_slot, &s);
  k->slots = s.table;
  k->n_slots = s.n_table;
  if (k->n_slots > SLOTS_MAX)
    diag_report(&l->c->diags, DIAG_source_too_large, k->function->span,
                "this needs %u slots for its values, and at most %d are there: "
                "split it",
                k->n_slots, SLOTS_MAX);
}
