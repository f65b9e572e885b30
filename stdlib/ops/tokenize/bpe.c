// Byte pair encoding: a word begins as its characters (or bytes), and of two
// neighbours those are merged whose merge was learned first, until none can be.
#include "stdlib/ops/tokenize/parts.h"

#include "grammar/base/utf8.h"

#include <stdio.h>
#include <stdlib.h>

enum { SHORT = 48, NO_RANK = UINT32_MAX };

struct merge_slot {
  uint32_t left, right; // left: + 1; 0: free
  uint32_t rank, to;
};

static uint32_t pair_hash(uint32_t left, uint32_t right)
{
  uint64_t key = ((uint64_t)left << 32 | right) * 0x9E3779B97F4A7C15u;
  return (uint32_t)(key >> 32);
}

bool merges_init(struct arena *a, struct merges *m, uint32_t count)
{
  uint32_t places = 16;
  while (places < (uint64_t)count * 2 && places < 1u << 31)
    places *= 2;
  m->mask = places - 1;
  m->slots = ARENA_ARRAY(a, places, struct merge_slot);
  return m->slots;
}

static struct merge_slot *slot_of(const struct merges *m, uint32_t left,
                                  uint32_t right)
{
  uint32_t at = pair_hash(left, right) & m->mask;
  while (m->slots[at].left &&
         (m->slots[at].left != left + 1 || m->slots[at].right != right))
    at = (at + 1) & m->mask;
  return &m->slots[at];
}

void merges_put(struct merges *m, uint32_t left, uint32_t right, uint32_t rank,
                uint32_t to)
{
  *slot_of(m, left, right) = (struct merge_slot){left + 1, right, rank, to};
}

// ---- getting ready ----

// The words as bytes, but those that no bytes can become.
static bool make_raw(struct arena *a, struct model *m)
{
  if (!vocab_init(a, &m->raw, m->vocab.count))
    return false;
  for (uint32_t i = 0; i < m->vocab.count; i++) {
    const struct word *word = &m->vocab.words[i];
    char *bytes = arena_alloc(a, word->size + 1);
    uint32_t size = 0, at = 0;
    for (uint32_t code; bytes && at < word->size; size++) {
      at += point_at(word->data + at, &code);
      int byte = byte_of(code);
      if (byte < 0)
        break;
      bytes[size] = (char)byte;
    }
    if (!bytes || (at == word->size && size &&
                   !vocab_add(a, &m->raw, bytes, size, word->id)))
      return false;
  }
  return true;
}

static uint32_t byte_id(const struct model *m, unsigned byte)
{
  char text[8];
  if (!m->is_raw) {
    snprintf(text, sizeof text, "<0x%02X>", byte);
    return vocab_find(&m->vocab, text, 6);
  }
  for (uint32_t code = 0; code < 512; code++)
    if (byte_of(code) == (int)byte)
      return vocab_find(&m->vocab, text, utf8_encode(code, text));
  return TOKEN_NONE;
}

bool bpe_ready(struct arena *a, struct model *m)
{
  for (unsigned i = 0; i < 256; i++)
    m->bytes[i] = byte_id(m, i);
  for (unsigned i = 0; i < 128; i++) {
    char c = (char)i;
    m->ascii[i] = vocab_find(&m->vocab, &c, 1);
  }
  return !m->is_raw || !m->whole || make_raw(a, m);
}

// ---- a word's symbols ----

static void symbol_add(struct work *w, uint32_t id, size_t size)
{
  if (w->n_symbols == w->symbols_room &&
      !work_room(w, &w->symbols, &w->symbols_room, w->n_symbols + 1,
                 sizeof *w->symbols))
    return;
  w->symbols[w->n_symbols++] =
      (struct symbol){.id = id, .size = (uint32_t)size};
}

// What is unknown and not there yet: it may grow.
struct pending {
  uint32_t size;
  bool some;
};

static void unknown(const struct model *m, struct work *w, struct pending *p,
                    unsigned size)
{
  if (!m->has_unknown)
    return; // as the reference: it is left out
  if (m->unknown == TOKEN_NONE) {
    w->result = ENCODE_NO_WORD;
    return;
  }
  if (p->some && !m->fuse) {
    symbol_add(w, m->unknown, p->size);
    p->size = 0;
  }
  p->some = true;
  p->size += size;
}

static uint32_t char_id(const struct model *m, const char *at, unsigned size,
                        bool first, bool last)
{
  char with[4 + 256];
  uint32_t n = 0;
  bool prefixed = !first && m->prefix_size, suffixed = last && m->suffix_size;
  if (!prefixed && !suffixed)
    return size == 1 ? m->ascii[(unsigned char)*at]
                     : vocab_find(&m->vocab, at, size);
  if (prefixed) {
    memcpy(with, m->prefix, m->prefix_size);
    n = m->prefix_size;
  }
  memcpy(with + n, at, size);
  n += size;
  if (suffixed) {
    memcpy(with + n, m->suffix, m->suffix_size);
    n += m->suffix_size;
  }
  return vocab_find(&m->vocab, with, n);
}

// The character as tokens of its bytes; false if one of them is missing.
static bool fall_back(const struct model *m, struct work *w, const char *at,
                      unsigned size)
{
  for (unsigned i = 0; i < size; i++)
    if (m->bytes[(unsigned char)at[i]] == TOKEN_NONE)
      return false;
  for (unsigned i = 0; i < size; i++)
    symbol_add(w, m->bytes[(unsigned char)at[i]], 1);
  return true;
}

static void take_symbols(const struct model *m, struct work *w,
                         const char *word, size_t size)
{
  struct pending p = {0};
  w->n_symbols = 0;
  for (size_t at = 0; at < size && !w->failed && w->result == ENCODE_DONE;) {
    uint32_t code;
    unsigned n = m->is_raw ? 1 : point_at(word + at, &code);
    uint32_t id = m->is_raw ? m->bytes[(unsigned char)word[at]]
                            : char_id(m, word + at, n, !at, at + n == size);
    if (id == TOKEN_NONE) {
      // What is pending stays so across bytes, as in the reference.
      if (!m->fallback || m->is_raw || !fall_back(m, w, word + at, n))
        unknown(m, w, &p, n);
    } else {
      if (p.some)
        symbol_add(w, m->unknown, p.size);
      p = (struct pending){0};
      symbol_add(w, id, n);
    }
    at += n;
  }
  if (p.some)
    symbol_add(w, m->unknown, p.size);
}

// ---- merging ----

static uint32_t rank_of(const struct model *m, const struct symbol *left,
                        const struct symbol *right, uint32_t *to)
{
  const struct merge_slot *s = slot_of(&m->merges, left->id, right->id);
  *to = s->to;
  return s->left ? s->rank : NO_RANK;
}

static void merge_short(const struct model *m, struct work *w)
{
  struct symbol *s = w->symbols;
  uint32_t n = (uint32_t)w->n_symbols, ranks[SHORT], to[SHORT];
  for (uint32_t i = 0; i + 1 < n; i++)
    ranks[i] = rank_of(m, &s[i], &s[i + 1], &to[i]);
  while (n > 1) {
    uint32_t best = 0;
    for (uint32_t i = 1; i + 1 < n; i++)
      if (ranks[i] < ranks[best])
        best = i;
    if (ranks[best] == NO_RANK)
      break;
    s[best].id = to[best];
    s[best].size += s[best + 1].size;
    n--;
    for (uint32_t i = best + 1; i < n; i++)
      s[i] = s[i + 1];
    for (uint32_t i = best + 1; i + 1 < n; i++) {
      ranks[i] = ranks[i + 1];
      to[i] = to[i + 1];
    }
    if (best)
      ranks[best - 1] = rank_of(m, &s[best - 1], &s[best], &to[best - 1]);
    if (best + 1 < n)
      ranks[best] = rank_of(m, &s[best], &s[best + 1], &to[best]);
  }
  w->n_symbols = n;
}

static bool wish_before(const struct merge_wish *x, const struct merge_wish *y)
{
  return x->rank != y->rank ? x->rank < y->rank : x->at < y->at;
}

static void wish_add(struct work *w, struct merge_wish wish)
{
  if (w->n_heap == w->heap_room &&
      !work_room(w, &w->heap, &w->heap_room, w->n_heap + 1, sizeof *w->heap))
    return;
  size_t at = w->n_heap++;
  for (size_t up; at && wish_before(&wish, &w->heap[up = (at - 1) / 2]);
       at = up)
    w->heap[at] = w->heap[up];
  w->heap[at] = wish;
}

static struct merge_wish wish_take(struct work *w)
{
  struct merge_wish first = w->heap[0], last = w->heap[--w->n_heap];
  size_t at = 0, n = w->n_heap;
  for (size_t down; (down = at * 2 + 1) < n; at = down) {
    if (down + 1 < n && wish_before(&w->heap[down + 1], &w->heap[down]))
      down++;
    if (!wish_before(&w->heap[down], &last))
      break;
    w->heap[at] = w->heap[down];
  }
  w->heap[at] = last;
  return first;
}

static void wish_for(const struct model *m, struct work *w, int32_t at)
{
  struct symbol *s = w->symbols;
  uint32_t to;
  if (at < 0 || s[at].after < 0)
    return;
  uint32_t rank = rank_of(m, &s[at], &s[s[at].after], &to);
  if (rank != NO_RANK)
    wish_add(w, (struct merge_wish){rank, to, at});
}

// A wish whose symbols have changed since then is dropped.
static bool still_holds(const struct model *m, const struct work *w,
                        const struct merge_wish *wish)
{
  const struct symbol *s = &w->symbols[wish->at];
  uint32_t to;
  return s->size && s->after >= 0 &&
         rank_of(m, s, &w->symbols[s->after], &to) == wish->rank;
}

static void close_up(struct work *w)
{
  size_t kept = 0;
  for (size_t i = 0; i < w->n_symbols; i++)
    if (w->symbols[i].size)
      w->symbols[kept++] = w->symbols[i];
  w->n_symbols = kept;
}

static void merge_long(const struct model *m, struct work *w)
{
  struct symbol *s = w->symbols;
  int32_t n = (int32_t)w->n_symbols;
  w->n_heap = 0;
  for (int32_t i = 0; i < n; i++) {
    s[i].before = i - 1;
    s[i].after = i + 1 < n ? i + 1 : -1;
  }
  for (int32_t i = 0; i < n; i++)
    wish_for(m, w, i);
  while (w->n_heap && !w->failed) {
    struct merge_wish wish = wish_take(w);
    if (!still_holds(m, w, &wish))
      continue;
    struct symbol *left = &s[wish.at], *right = &s[left->after];
    left->id = wish.to;
    left->size += right->size;
    left->after = right->after;
    right->size = 0;
    if (left->after >= 0)
      s[left->after].before = wish.at;
    wish_for(m, w, left->before);
    wish_for(m, w, wish.at);
  }
  close_up(w);
}

void bpe_encode(const struct model *m, struct work *w, const char *word,
                size_t size)
{
  uint32_t id = m->whole
                    ? vocab_find(m->is_raw ? &m->raw : &m->vocab, word, size)
                    : TOKEN_NONE;
  if (id != TOKEN_NONE) {
    token_add(w, id, 0, size);
    return;
  }
  take_symbols(m, w, word, size);
  if (w->n_symbols > SHORT)
    merge_long(m, w);
  else
    merge_short(m, w);
  size_t at = 0;
  for (size_t i = 0; i < w->n_symbols && !w->failed; i++) {
    token_add(w, w->symbols[i].id, at, at + w->symbols[i].size);
    at += w->symbols[i].size;
  }
}
