// WordPiece: a word is the longest piece of the vocabulary that it begins with,
// then the longest that goes on with it, and so on; or unknown as a whole. And
// WordLevel, whose words are not taken apart.
#include "stdlib/ops/tokenize/parts.h"

static size_t prefixed_bytes(const struct model *m)
{
  size_t bytes = 0;
  for (uint32_t i = 0; i < m->vocab.count; i++)
    bytes += m->vocab.words[i].size;
  return bytes;
}

bool wordpiece_ready(struct arena *a, struct model *m)
{
  if (m->kind == MODEL_wordlevel)
    return true;
  if (!trie_init(a, &m->trie, prefixed_bytes(m)))
    return false;
  for (uint32_t i = 0; i < m->vocab.count; i++)
    if (m->vocab.words[i].size)
      trie_put(&m->trie, m->vocab.words[i].data, m->vocab.words[i].size,
               m->vocab.words[i].id);
  for (uint32_t i = 0; i < m->prefix_size; i++) {
    m->inside = trie_step(&m->trie, m->inside, (unsigned char)m->prefix[i]);
    if (!m->inside)
      break;
  }
  return true;
}

static bool too_long(const char *word, size_t size, uint32_t most)
{
  size_t n = 0;
  if (size <= most)
    return false;
  for (size_t i = 0; i < size; i++)
    n += ((unsigned char)word[i] & 0xC0) != 0x80;
  return n > most;
}

// The longest piece at `at`; its end, or `at` if there is none.
static size_t longest(const struct model *m, const char *word, size_t at,
                      size_t size, uint32_t *id)
{
  uint32_t node = at ? m->inside : 0;
  size_t end = at;
  if (at && m->prefix_size && !node)
    return at;
  for (size_t i = at; i < size; i++) {
    node = trie_step(&m->trie, node, (unsigned char)word[i]);
    if (!node)
      break;
    if (m->trie.values[node]) {
      *id = m->trie.values[node] - 1;
      end = i + 1;
    }
  }
  return end;
}

static void unknown(const struct model *m, struct work *w, size_t size)
{
  if (m->unknown == TOKEN_NONE)
    w->result = ENCODE_NO_WORD;
  else
    token_add(w, m->unknown, 0, size);
}

void wordpiece_encode(const struct model *m, struct work *w, const char *word,
                      size_t size)
{
  size_t had = w->n_tokens;
  if (m->kind == MODEL_wordpiece && too_long(word, size, m->max_chars)) {
    unknown(m, w, size);
    return;
  }
  uint32_t id = vocab_find(&m->vocab, word, size);
  if (id != TOKEN_NONE) {
    token_add(w, id, 0, size);
    return;
  }
  for (size_t at = 0, to; at < size; at = to) {
    to = m->kind == MODEL_wordpiece ? longest(m, word, at, size, &id) : at;
    if (to == at) {
      w->n_tokens = had;
      unknown(m, w, size);
      return;
    }
    token_add(w, id, at, to);
    if (w->failed)
      return;
  }
}
