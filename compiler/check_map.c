// Maps: pairs, and other maps that are spread among them.
//
// `{ ...x, "a": 1, ...y }` is put together from its runs of pairs and what is
// spread, each over what stands before it.
#include "compiler/checker.h"

struct mapping { // a literal under construction
  struct expr *e;
  const struct type *of;        // what the keys lead to, once it is known
  struct core **keys, **values; // by field; a spread has no key
  uint32_t n;
  bool bad;
};

static void read_spread(struct body *b, struct mapping *m, struct field *f)
{
  struct checker *k = b->k;
  const struct type *want = m->of ? type_of(k->t, TYPE_map, m->of) : NULL;
  struct core *x = check(b, f->value, want);
  if (x->type->kind != TYPE_map && !is_bad(x->type)) {
    diag_report(k->d, DIAG_wrong_type, f->value->span,
                "only a map can be spread into a map, this is %s",
                show(k, x->type));
    x = core_bad(k, f->span);
  }
  m->values[m->n++] = x;
  if (!m->of && !is_bad(x->type))
    m->of = x->type->of;
}

static void read_fields(struct body *b, struct mapping *m)
{
  for (struct field *f = m->e->fields; f; f = f->next) {
    if (!f->key) {
      read_spread(b, m, f);
    } else {
      m->keys[m->n] = check_as(b, f->key, b->k->str, NULL);
      m->values[m->n++] = check(b, f->value, m->of);
    }
    struct core *key = m->keys[m->n - 1], *value = m->values[m->n - 1];
    m->bad = m->bad || is_bad(value->type) || (key && is_bad(key->type));
  }
}

// Keys that are written out are each given once, up to the next spread, which
// gives them their places.
static void check_keys(struct checker *k, const struct mapping *m)
{
  struct table at = {0};
  for (uint32_t i = 0; i < m->n; i++) {
    const struct core *key = m->keys[i];
    if (!key)
      at = (struct table){0};
    if (!key || key->kind != CORE_CONST || is_bad(key->type))
      continue;
    const struct constant *c = key->constant;
    void **first = table_at(k->a, &at, atom_of(&k->c->atoms, c->text, c->size));
    if (*first) {
      struct diag *d = diag_report(k->d, DIAG_duplicate_field, key->span,
                                   "this key is given twice");
      diag_note(k->d, d, ((const struct core *)*first)->span, "the first one");
    }
    *first = (void *)key;
  }
}

// What is spread into a map of json goes there as its JSON.
static struct core *spread_as(struct body *b, struct core *x,
                              const struct type *to)
{
  if (to->of->kind == TYPE_json && x->type != to)
    x = convert(b, x, to->of, NULL);
  return is_bad(x->type) ? x : convert(b, x, to, NULL);
}

// Each value as what was wanted, or as what was spread.
static void convert_all(struct body *b, struct mapping *m)
{
  struct types *t = b->k->t;
  for (uint32_t i = 0; i < m->n && !m->bad; i++) {
    struct core *x = m->values[i];
    m->values[i] = m->keys[i] ? convert(b, x, m->of, NULL)
                              : spread_as(b, x, type_of(t, TYPE_map, m->of));
    m->bad = is_bad(m->values[i]->type);
  }
}

// The pairs from `i` to the next spread, or the spread itself.
static struct core *run_of(struct checker *k, struct mapping *m,
                           const struct type *t, uint32_t *i)
{
  if (*i < m->n && !m->keys[*i])
    return m->values[(*i)++];
  uint32_t end = *i;
  while (end < m->n && m->keys[end])
    end++;
  struct core *x = core_new(k, CORE_MAP, t, m->e->span, 2 * (end - *i));
  for (uint32_t at = 0; *i < end; ++*i) {
    x->args[at++] = m->keys[*i];
    x->args[at++] = m->values[*i];
  }
  return core_fold(k, x);
}

struct core *check_map(struct body *b, struct expr *e, const struct type *want)
{
  struct checker *k = b->k;
  const struct type *inner = without_none(want);
  struct mapping m = {.e = e};
  if (inner && inner->kind == TYPE_map)
    m.of = inner->of;
  else if (inner && inner->kind == TYPE_json)
    m.of = inner;
  uint32_t n = 0;
  for (struct field *f = e->fields; f; f = f->next)
    n++;
  m.keys = ARENA_ARRAY(k->a, n + 1, struct core *);
  m.values = ARENA_ARRAY(k->a, n + 1, struct core *);
  read_fields(b, &m);
  check_keys(k, &m);
  if (m.of)
    convert_all(b, &m);
  else if (!m.bad)
    m.of = unite_all(b, m.values, m.n);
  if (m.bad || !m.of)
    return core_bad(k, e->span);
  const struct type *t = type_of(k->t, TYPE_map, m.of);
  uint32_t i = 0, spreads = 0;
  while (i < m.n)
    spreads += !m.keys[i++];
  if (spreads > CHAIN_MAX) {
    diag_report(k->d, DIAG_too_deep, e->span, "at most %d values can be spread",
                CHAIN_MAX);
    return core_bad(k, e->span);
  }
  i = 0;
  struct core *x = run_of(k, &m, t, &i);
  while (i < m.n) {
    struct core *y = core_operator(k, OPERATOR_merge, t, e->span, 2);
    y->args[0] = x;
    y->args[1] = run_of(k, &m, t, &i);
    x = y;
  }
  return x;
}
