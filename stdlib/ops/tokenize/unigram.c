// Unigram: of all ways to take a word apart into pieces of the vocabulary, the
// one whose scores add up to the most. What no piece begins with is unknown,
// one character at a time, and unknown neighbours are one.
#include "stdlib/ops/tokenize/parts.h"

#include <math.h>
#include <stdio.h>

static const double unknown_penalty = 10;

bool unigram_ready(struct arena *a, struct model *m)
{
  size_t bytes = 0;
  for (uint32_t i = 0; i < m->vocab.count; i++)
    bytes += m->vocab.words[i].size;
  if (!trie_init(a, &m->trie, bytes))
    return false;
  for (uint32_t i = 0; i < m->vocab.count; i++)
    if (m->vocab.words[i].size)
      trie_put(&m->trie, m->vocab.words[i].data, m->vocab.words[i].size,
               m->vocab.words[i].id);
  for (unsigned i = 0; i < 256; i++) {
    char text[8];
    snprintf(text, sizeof text, "<0x%02X>", i);
    m->bytes[i] = vocab_find(&m->vocab, text, 6);
  }
  return true;
}

static void better(struct best_end *e, double score, uint32_t id, size_t from)
{
  if (e->from == UINT32_MAX || score > e->score)
    *e = (struct best_end){score, id, (uint32_t)from};
}

// All pieces at `at`. False: the vocabulary has no token for what is unknown.
static bool pieces_at(const struct model *m, struct work *w, const char *word,
                      size_t at, size_t size)
{
  uint32_t code, node = 0;
  unsigned one = point_at(word + at, &code);
  double here = w->ends[at].score;
  bool single = false;
  for (size_t i = at; i < size; i++) {
    node = trie_step(&m->trie, node, (unsigned char)word[i]);
    if (!node)
      break;
    if (!m->trie.values[node])
      continue;
    uint32_t id = m->trie.values[node] - 1;
    better(&w->ends[i + 1], m->scores[id] + here, id, at);
    single |= i + 1 - at == one;
  }
  struct best_end *e = &w->ends[at + one];
  double score = m->least - unknown_penalty + here;
  if (!single && (e->from == UINT32_MAX || score > e->score)) {
    if (m->unknown == TOKEN_NONE)
      return false;
    better(e, score, m->unknown, at);
  }
  return true;
}

// What is unknown from..to: perhaps a word for all that, or its bytes.
static void add_unknown(const struct model *m, struct work *w, const char *word,
                        size_t from, size_t to)
{
  uint32_t id = vocab_find(&m->vocab, word + from, to - from);
  bool bytes = id == TOKEN_NONE && m->fallback;
  for (size_t i = from; bytes && i < to; i++)
    bytes = m->bytes[(unsigned char)word[i]] != TOKEN_NONE;
  if (!bytes)
    token_add(w, id == TOKEN_NONE ? m->unknown : id, from, to);
  for (size_t i = from; bytes && i < to && !w->failed; i++)
    token_add(w, m->bytes[(unsigned char)word[i]], from, to);
}

// The best way from its end; symbols are the pieces, last first.
static void take_way(const struct model *m, struct work *w, const char *word,
                     size_t size)
{
  w->n_symbols = 0;
  for (size_t to = size; to;) {
    struct best_end *e = &w->ends[to];
    struct symbol *last = w->n_symbols ? &w->symbols[w->n_symbols - 1] : NULL;
    if (last && e->id == m->unknown && last->id == m->unknown) {
      last->size += (uint32_t)(to - e->from);
    } else {
      if (w->n_symbols == w->symbols_room &&
          !work_room(w, &w->symbols, &w->symbols_room, w->n_symbols + 1,
                     sizeof *w->symbols))
        return;
      w->symbols[w->n_symbols++] =
          (struct symbol){.id = e->id, .size = (uint32_t)(to - e->from)};
    }
    to = e->from;
  }
  size_t at = 0;
  for (size_t i = w->n_symbols; i && !w->failed; i--) {
    struct symbol *s = &w->symbols[i - 1];
    if (s->id == m->unknown)
      add_unknown(m, w, word, at, at + s->size);
    else
      token_add(w, s->id, at, at + s->size);
    at += s->size;
  }
}

void unigram_encode(const struct model *m, struct work *w, const char *word,
                    size_t size)
{
  if (!work_room(w, &w->ends, &w->ends_room, size + 1, sizeof *w->ends))
    return;
  for (size_t i = 0; i <= size; i++)
    w->ends[i] = (struct best_end){0, 0, UINT32_MAX};
  for (size_t at = 0; at < size;) {
    uint32_t code;
    if (!pieces_at(m, w, word, at, size)) {
      w->result = ENCODE_NO_WORD;
      return;
    }
    at += point_at(word + at, &code);
  }
  take_way(m, w, word, size);
}
