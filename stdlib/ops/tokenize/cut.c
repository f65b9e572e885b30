// Pre-tokenizers: each takes the words of a work and cuts them further. Some
// change the text too; then the line is made anew, and the words lie in it.
#include "stdlib/ops/tokenize/parts.h"

#include "grammar/base/utf8.h"

// ---- matches to words ----

// What the pieces of one word become, as the reference's behaviors have it.
struct cutting {
  struct work *w;
  enum behavior behavior;
  bool invert;
  size_t base, size; // of the word at hand
  size_t done;       // how far its pieces go
  size_t from;       // where the piece that may still grow begins
  bool was;          // the last piece was a match
  bool some;         // there is a piece that may grow
};

static void flush(struct cutting *c, size_t to)
{
  if (c->some)
    split_add(c->w, &c->w->next_words, c->base + c->from, to - c->from);
  c->some = false;
}

// The next piece, up to `to`.
static void piece(struct cutting *c, size_t to, bool match)
{
  size_t from = c->done;
  bool grows = false;
  match ^= c->invert;
  switch (c->behavior) {
  case BEHAVIOR_removed:
  case BEHAVIOR_isolated:
    break;
  case BEHAVIOR_contiguous:
    grows = match == c->was;
    break;
  case BEHAVIOR_previous:
    grows = match && !c->was;
    break;
  case BEHAVIOR_next:
    grows = !match && c->was;
  }
  if (!c->some || !grows) {
    flush(c, from);
    c->from = from;
  }
  c->some = !(match && c->behavior == BEHAVIOR_removed);
  c->was = match;
  c->done = to;
}

static bool match(void *user, size_t from, size_t to)
{
  struct cutting *c = user;
  if (from > c->done)
    piece(c, from, false);
  piece(c, to, true);
  return !c->w->failed;
}

static void begin(struct cutting *c, const struct split *word)
{
  c->base = word->at;
  c->size = word->size;
  c->done = c->from = 0;
  c->was = c->some = false;
}

static void finish(struct cutting *c)
{
  if (c->done < c->size)
    piece(c, c->size, false);
  flush(c, c->size);
}

static void swap_words(struct work *w)
{
  struct splits was = w->words;
  w->words = w->next_words;
  w->next_words = was;
  w->next_words.count = 0;
}

// ---- by code points ----

static bool is_match(const struct cut *s, uint32_t code)
{
  switch (s->kind) {
  case CUT_spaces:
    return class_of(code) & CLASS_SPACE;
  case CUT_punctuation:
    return class_of(code) & CLASS_PUNCT;
  case CUT_digits:
    return class_of(code) & CLASS_NUMERIC;
  default:
    return code == s->code;
  }
}

static void by_codes(struct work *w, const struct cut *s, struct cutting *c)
{
  const char *text = w->now.data + c->base;
  uint32_t code;
  for (size_t at = 0, n; at < c->size && !w->failed; at += n) {
    n = point_at(text + at, &code);
    if (is_match(s, code))
      match(c, at, at + n);
  }
}

static void by_pattern(struct work *w, const struct cut *s, struct cutting *c)
{
  pattern_each(w, &s->pattern, w->now.data + c->base, c->size, match, c);
}

static void each_word(struct work *w, const struct cut *s,
                      void (*find)(struct work *, const struct cut *,
                                   struct cutting *))
{
  struct cutting c = {.w = w, .behavior = s->behavior, .invert = s->invert};
  for (size_t i = 0; i < w->words.count && !w->failed; i++) {
    const struct split *word = &w->words.items[i];
    if (word->id != TOKEN_NONE) {
      split_put(w, &w->next_words, word->at, word->size, word->id);
      continue;
    }
    begin(&c, word);
    find(w, s, &c);
    finish(&c);
  }
  swap_words(w);
}

// ---- the quick ones: runs of one class ----

// Each run of word characters, and each run of others that are no white space.
static void words(struct work *w, size_t at, size_t end)
{
  unsigned was = 0;
  size_t from = at;
  uint32_t code;
  for (unsigned n; at < end; at += n) {
    n = point_at(w->now.data + at, &code);
    unsigned class = class_of(code);
    unsigned is = class & CLASS_WORD ? 1 : class & CLASS_SPACE ? 0 : 2;
    if (is == was)
      continue;
    if (was)
      split_add(w, &w->next_words, from, at - from);
    was = is;
    from = at;
  }
  if (was)
    split_add(w, &w->next_words, from, end - from);
}

// What stands between white space and punctuation, and each mark of that.
static void bert(struct work *w, size_t at, size_t end)
{
  size_t from = at;
  uint32_t code;
  for (unsigned n; at < end; at += n) {
    n = point_at(w->now.data + at, &code);
    unsigned class = class_of(code) & (CLASS_SPACE | CLASS_PUNCT);
    if (!class)
      continue;
    split_add(w, &w->next_words, from, at - from);
    if (class & CLASS_PUNCT)
      split_add(w, &w->next_words, at, n);
    from = at + n;
  }
  split_add(w, &w->next_words, from, end - from);
}

static void each_run(struct work *w,
                     void (*runs)(struct work *, size_t at, size_t end))
{
  for (size_t i = 0; i < w->words.count && !w->failed; i++) {
    const struct split *word = &w->words.items[i];
    if (word->id != TOKEN_NONE)
      split_put(w, &w->next_words, word->at, word->size, word->id);
    else
      runs(w, word->at, word->at + word->size);
  }
  swap_words(w);
}

// ---- those that change the text ----

static void as_it_is(struct work *w, const struct cut *s, struct split word)
{
  line_copy(w, &w->next_line, word.at, word.size);
}

// The line anew: `change` writes each word, behind a prefix where it is
// missing.
static void
rewrite(struct work *w, const struct cut *s, const char *prefix, size_t size,
        void (*change)(struct work *, const struct cut *, struct split))
{
  for (size_t i = 0; i < w->words.count && !w->failed; i++) {
    struct split *word = &w->words.items[i];
    size_t at = w->next_line.size;
    struct place first = place_of(w, word->at, 1);
    bool begins = w->begins && i == 0 && (!w->placed || first.from == 0);
    const char *text = w->now.data + word->at;
    bool has = *text == ' ' || // which becomes the prefix, if it is none
               (word->size >= size && !memcmp(text, prefix, size));
    bool fixed = word->id != TOKEN_NONE;
    if (s->prefix && !fixed && !has && (!s->first || begins))
      line_add(w, &w->next_line, prefix, size, first);
    if (fixed)
      as_it_is(w, s, *word);
    else
      change(w, s, *word);
    word->at = (uint32_t)at;
    word->size = (uint32_t)(w->next_line.size - at);
  }
  line_swap(w);
}

static void as_chars(struct work *w, const struct cut *s, struct split word)
{
  bytes_to_chars(w, &w->next_line, word.at, word.size);
}

static void as_meta(struct work *w, const struct cut *s, struct split word)
{
  char meta[4];
  unsigned size = utf8_encode(s->code, meta);
  for (size_t at = word.at, end = at + word.size; at < end;) {
    const char *space = memchr(w->now.data + at, ' ', end - at);
    size_t to = space ? (size_t)(space - w->now.data) : end;
    line_copy(w, &w->next_line, at, to - at);
    if (space)
      line_add(w, &w->next_line, meta, size, place_of(w, to, 1));
    at = to + 1;
  }
}

static void metaspace(struct work *w, const struct cut *s)
{
  char meta[4];
  unsigned size = utf8_encode(s->code, meta);
  rewrite(w, s, meta, size, as_meta);
  if (!s->whole)
    each_word(w, s, by_codes);
}

static void byte_level(struct work *w, const struct cut *s)
{
  if (s->prefix)
    rewrite(w, s, " ", 1, as_it_is);
  if (!s->whole)
    each_word(w, s, by_pattern);
  if (s->raw)
    return;
  struct cut plain = *s;
  plain.prefix = false;
  rewrite(w, &plain, "", 0, as_chars);
}

static void step(struct work *w, const struct cut *s)
{
  switch (s->kind) {
  case CUT_bert:
    each_run(w, bert);
    break;
  case CUT_words:
    each_run(w, words);
    break;
  case CUT_pattern:
    each_word(w, s, by_pattern);
    break;
  case CUT_metaspace:
    metaspace(w, s);
    break;
  case CUT_bytes:
    byte_level(w, s);
    break;
  default:
    each_word(w, s, by_codes);
  }
}

void cut(struct work *w, const struct cut *steps, uint32_t n)
{
  for (uint32_t i = 0; i < n && !w->failed && w->result == ENCODE_DONE; i++)
    step(w, &steps[i]);
}
