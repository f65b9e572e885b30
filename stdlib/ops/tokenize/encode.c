// Texts to tokens: the way through all stages.
//
// A tokenizer keeps the memory of those who encode in a pool, so that in the
// long run nothing is allocated; words that were taken apart before are found
// in a cache there, whose size is fixed.
#include "stdlib/ops/tokenize/parts.h"

#include "grammar/base/utf8.h"

#include <stdlib.h>

enum {
  LARGEST = 1 << 30,
  POOLED = 64,
  KEPT_ROOM = 4 << 20, // what was larger is given back
  CACHED = 8192,       // words
  CACHED_SIZE = 32,
  CACHED_TOKENS = 8,
};

// ---- words that come again ----

struct word_cache {
  struct cached {
    uint32_t hash;
    uint8_t size, n;
    uint8_t ends[CACHED_TOKENS];
    char word[CACHED_SIZE];
    uint32_t ids[CACHED_TOKENS];
  } words[CACHED];
};

void word_cache_free(struct word_cache **at)
{
  free(*at);
  *at = NULL;
}

static void take_apart(const struct model *m, struct work *w, const char *word,
                       size_t size)
{
  if (m->kind == MODEL_bpe)
    bpe_encode(m, w, word, size);
  else if (m->kind == MODEL_unigram)
    unigram_encode(m, w, word, size);
  else
    wordpiece_encode(m, w, word, size);
}

static void keep(const struct work *w, struct cached *c, uint32_t hash,
                 const char *word, size_t size, size_t first)
{
  size_t n = w->n_tokens - first;
  const struct token *tokens = w->tokens + first;
  if (w->failed || w->result != ENCODE_DONE || n > CACHED_TOKENS)
    return;
  for (size_t i = 0; i < n; i++)
    if (tokens[i].from != (i ? tokens[i - 1].to : 0))
      return;
  c->hash = hash;
  c->size = (uint8_t)size;
  c->n = (uint8_t)n;
  memcpy(c->word, word, size);
  for (size_t i = 0; i < n; i++) {
    c->ids[i] = tokens[i].id;
    c->ends[i] = (uint8_t)tokens[i].to;
  }
}

void model_encode(const struct model *m, struct work *w, const char *word,
                  size_t size)
{
  bool caches = m->kind == MODEL_bpe || m->kind == MODEL_unigram;
  if (caches && !w->cache)
    w->cache = calloc(1, sizeof *w->cache); // if there is room for it
  if (!caches || size > CACHED_SIZE || !w->cache) {
    take_apart(m, w, word, size);
    return;
  }
  uint32_t hash = (uint32_t)bytes_hash(word, size);
  struct cached *c = &w->cache->words[hash % CACHED];
  if (c->hash != hash || c->size != size || memcmp(c->word, word, size)) {
    size_t first = w->n_tokens;
    take_apart(m, w, word, size);
    keep(w, c, hash, word, size, first);
    return;
  }
  for (unsigned i = 0; i < c->n; i++)
    token_add(w, c->ids[i], i ? c->ends[i - 1] : 0, c->ends[i]);
}

// ---- the pool ----

struct work *work_take(struct files *f)
{
  pthread_mutex_lock(&f->lock);
  struct work *w = f->pool;
  if (w) {
    f->pool = w->next;
    f->pooled--;
  }
  pthread_mutex_unlock(&f->lock);
  return w ? w : calloc(1, sizeof *w);
}

void work_give(struct files *f, struct work *w)
{
  pthread_mutex_lock(&f->lock);
  bool keeps = f->pooled < POOLED && w->now.room <= KEPT_ROOM &&
               w->next_line.room <= KEPT_ROOM;
  if (keeps) {
    w->next = f->pool;
    f->pool = w;
    f->pooled++;
  }
  pthread_mutex_unlock(&f->lock);
  if (!keeps)
    work_free(&w);
}

void work_begin(struct work *w, bool placed)
{
  w->failed = false;
  w->result = ENCODE_DONE;
  w->now.size = w->next_line.size = 0;
  w->words.count = w->next_words.count = 0;
  w->placed = placed;
  if (!w->now.data) // lines have memory, so that empty ones are nothing special
    line_room(w, &w->now, 1);
  if (!w->next_line.data)
    line_room(w, &w->next_line, 1);
  if (!placed || w->has_places)
    return;
  w->has_places = true; // lines grow with them from now on
  w->now.room = w->next_line.room = 0;
}

// ---- a text ----

static void put(struct work *w, struct encoding *out, uint32_t id,
                struct place from, bool added)
{
  if (out->count == out->room && !encoding_room(out, 1)) {
    w->failed = true;
    return;
  }
  out->tokens[out->count++] = (struct token){
      .id = id, .from = from.from, .to = from.to, .added = added};
}

static void put_word(const struct files *f, struct work *w, struct split word,
                     struct encoding *out)
{
  w->n_tokens = 0;
  model_encode(&f->model, w, w->now.data + word.at, word.size);
  for (size_t i = 0; i < w->n_tokens && !w->failed; i++) {
    const struct token *t = &w->tokens[i];
    put(w, out, t->id, place_of(w, word.at + t->from, t->to - t->from), false);
  }
}

// The stretch as the line, each byte with the place of its character.
static void load(struct work *w, const char *text, size_t from, size_t to)
{
  w->now.size = w->next_line.size = 0;
  w->words.count = w->next_words.count = 0;
  w->begins = from == 0;
  if (!w->placed) {
    line_add(w, &w->now, text + from, to - from, (struct place){0, 0});
    return;
  }
  while (from < to && !w->failed) {
    uint32_t code;
    unsigned n = point_at(text + from, &code);
    line_add(w, &w->now, text + from, n,
             (struct place){(uint32_t)from, (uint32_t)(from + n)});
    from += n;
  }
}

// Words of the line: what is between added tokens, and these.
static void find_added(const struct files *f, struct work *w)
{
  size_t at = 0, look = 0;
  struct added_match m;
  while (!w->failed && added_next(&f->added, &f->added.normalized, w->now.data,
                                  w->now.size, at, &look, &m)) {
    if (at < m.from)
      split_add(w, &w->words, at, m.from - at);
    split_put(w, &w->words, m.from, m.to - m.from, m.id);
    at = m.to;
  }
  if (at < w->now.size)
    split_add(w, &w->words, at, w->now.size - at);
}

static void stretch(const struct files *f, struct work *w, const char *text,
                    size_t from, size_t to, struct encoding *out)
{
  load(w, text, from, to);
  normalize(w, f->normals, f->n_normals, f->ascii);
  find_added(f, w);
  cut(w, f->cuts, f->n_cuts);
  for (size_t i = 0;
       i < w->words.count && !w->failed && w->result == ENCODE_DONE; i++) {
    struct split word = w->words.items[i];
    if (word.id != TOKEN_NONE)
      put(w, out, word.id, place_of(w, word.at, word.size), true);
    else
      put_word(f, w, word, out);
  }
}

static void whole(const struct files *f, struct work *w, const char *text,
                  size_t size, struct encoding *out)
{
  size_t at = 0, look = 0;
  struct added_match m;
  while (!w->failed && w->result == ENCODE_DONE &&
         added_next(&f->added, &f->added.plain, text, size, at, &look, &m)) {
    if (at < m.from)
      stretch(f, w, text, at, m.from, out);
    put(w, out, m.id, (struct place){(uint32_t)m.from, (uint32_t)m.to}, true);
    at = m.to;
  }
  if (at < size && !w->failed && w->result == ENCODE_DONE)
    stretch(f, w, text, at, size, out);
}

// Leaves as many of the tokens from `first` on as fit. False: too many.
static bool fit(const struct tokenizer *t, unsigned flags, struct encoding *e,
                size_t first, size_t *length)
{
  size_t around = flags & ENCODE_BARE ? 0 : t->files->around;
  size_t n = e->count - first, most = (size_t)t->max_length;
  *length = n + around;
  if (!t->max_length || *length <= most)
    return true;
  if (!t->truncate)
    return false;
  most = most > around ? most - around : 0;
  if (n > most && t->files->truncate_left)
    memmove(e->tokens + first, e->tokens + e->count - most,
            most * sizeof *e->tokens);
  if (n > most)
    e->count = first + most;
  return true;
}

enum encode_result tokenizer_encode(const struct tokenizer *t, const char *text,
                                    size_t size, unsigned flags,
                                    struct encoding *out, size_t *length)
{
  size_t first = out->count, n;
  if (size >= LARGEST || utf8_check(text, size) != size)
    return ENCODE_NO_TEXT;
  struct work *w = work_take(t->files);
  if (!w)
    return ENCODE_NO_MEMORY;
  work_begin(w, flags & ENCODE_PLACES || t->files->watches);
  whole(t->files, w, text, size, out);
  enum encode_result result = w->result;
  if (result == ENCODE_DONE && !w->failed) {
    result = fit(t, flags, out, first, &n) ? ENCODE_DONE : ENCODE_TOO_LONG;
    if (length)
      *length = n;
  }
  if (result == ENCODE_DONE && !w->failed)
    post_process(t->files, w, text, flags, out, first);
  if (w->failed)
    result = ENCODE_NO_MEMORY;
  if (result != ENCODE_DONE)
    out->count = first;
  work_give(t->files, w);
  return result;
}

enum encode_result tokenizer_count(const struct tokenizer *t, const char *text,
                                   size_t size, size_t *count)
{
  struct tokenizer any = {.files = t->files};
  struct encoding e = {0};
  enum encode_result result = tokenizer_encode(&any, text, size, 0, &e, count);
  encoding_free(&e);
  return result;
}
