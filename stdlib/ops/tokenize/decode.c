// Decoders: the texts of tokens become one text, step by step. They are the
// words of a work; an empty one counts too.
#include "stdlib/ops/tokenize/parts.h"

#include "grammar/base/utf8.h"

static const char replacement[] = "\xEF\xBF\xBD"; // U+FFFD

// The next text goes from `at` to the end of the line that is made.
static void word_end(struct work *w, size_t at)
{
  struct splits *s = &w->next_words;
  if (s->count == s->room &&
      !work_room(w, &s->items, &s->room, s->count + 1, sizeof *s->items))
    return;
  s->items[s->count++] = (struct split){
      (uint32_t)at, (uint32_t)(w->next_line.size - at), TOKEN_NONE};
}

static void add(struct work *w, const char *text, size_t size)
{
  line_add(w, &w->next_line, text, size, (struct place){0, 0});
}

// ---- WordPiece ----

static void replace_in(struct line *l, size_t at, const char *what,
                       const char *with)
{
  size_t n = strlen(what), m = strlen(with); // m <= n
  char *hit;
  while (l->size > at && (hit = memmem(l->data + at, l->size - at, what, n))) {
    char *end = l->data + l->size;
    memcpy(hit, with, m);
    memmove(hit + m, hit + n, (size_t)(end - hit) - n);
    at = (size_t)(hit + m - l->data);
    l->size -= n - m;
  }
}

static void clean_up(struct line *l, size_t at)
{
  static const char *const dirty[][2] = {
      {" .", "."},   {" ?", "?"},     {" !", "!"},     {" ,", ","},
      {" ' ", "'"},  {" n't", "n't"}, {" 'm", "'m"},   {" do not", " don't"},
      {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"},
  };
  for (size_t i = 0; i < sizeof dirty / sizeof *dirty; i++)
    replace_in(l, at, dirty[i][0], dirty[i][1]);
}

static void wordpiece(struct work *w, const struct decoder *d, size_t i,
                      const char *text, size_t size)
{
  size_t at = w->next_line.size;
  if (i && size >= d->size && !memcmp(text, d->text, d->size))
    add(w, text + d->size, size - d->size);
  else {
    if (i)
      add(w, " ", 1);
    add(w, text, size);
  }
  if (d->cleanup && !w->failed)
    clean_up(&w->next_line, at);
}

// ---- others that take a text at a time ----

static void metaspace(struct work *w, const struct decoder *d, size_t i,
                      const char *text, size_t size)
{
  uint32_t code;
  for (size_t at = 0, n; at < size; at += n) {
    n = point_at(text + at, &code);
    if (code != d->code)
      add(w, text + at, n);
    else if (i || !d->prefix)
      add(w, " ", 1);
  }
}

static void bpe(struct work *w, const struct decoder *d, size_t i,
                const char *text, size_t size)
{
  const char *end = text + size, *hit;
  while (d->size &&
         (hit = memmem(text, (size_t)(end - text), d->text, d->size))) {
    add(w, text, (size_t)(hit - text));
    if (i + 1 < w->words.count)
      add(w, " ", 1);
    text = hit + d->size;
  }
  add(w, text, (size_t)(end - text));
}

static void strip(struct work *w, const struct decoder *d, size_t i,
                  const char *text, size_t size)
{
  char c[4];
  unsigned n = utf8_encode(d->code, c);
  for (uint32_t k = 0; k < d->start && size >= n && !memcmp(text, c, n); k++) {
    text += n;
    size -= n;
  }
  for (uint32_t k = 0;
       k < d->stop && size >= n && !memcmp(text + size - n, c, n); k++)
    size -= n;
  add(w, text, size);
}

struct replacing {
  struct work *w;
  const struct decoder *d;
  const char *text;
  size_t done;
};

static bool put_in(void *user, size_t from, size_t to)
{
  struct replacing *r = user;
  add(r->w, r->text + r->done, from - r->done);
  add(r->w, r->d->text, r->d->size);
  r->done = to;
  return !r->w->failed;
}

static void replace(struct work *w, const struct decoder *d, size_t i,
                    const char *text, size_t size)
{
  struct replacing r = {w, d, text, 0};
  pattern_each(w, &d->pattern, text, size, put_in, &r);
  add(w, text + r.done, size - r.done);
}

static void each(struct work *w, const struct decoder *d,
                 void (*one)(struct work *, const struct decoder *, size_t,
                             const char *, size_t))
{
  for (size_t i = 0; i < w->words.count && !w->failed; i++) {
    size_t at = w->next_line.size;
    one(w, d, i, w->now.data + w->words.items[i].at, w->words.items[i].size);
    word_end(w, at);
  }
}

// ---- bytes ----

// How many bytes of a wrong sequence count as one.
static size_t wrong_bytes(const char *text, size_t size)
{
  uint32_t code;
  size_t n = 1;
  for (; n < size && n < 3; n++) { // a beginning that could go on
    struct utf8_feed f = {0};
    if (!utf8_feed(&f, text, n + 1) || utf8_decode(text, n + 1, &code))
      break;
  }
  return n;
}

// As UTF-8, whatever it is.
static void add_lossy(struct work *w, const char *text, size_t size)
{
  while (size) {
    size_t good = utf8_check(text, size);
    add(w, text, good);
    text += good;
    size -= good;
    if (!size)
      return;
    size_t wrong = wrong_bytes(text, size);
    add(w, replacement, 3);
    text += wrong;
    size -= wrong;
  }
}

static void text_bytes(struct work *w, const char *text, size_t size)
{
  size_t start = w->next_line.size;
  uint32_t code;
  for (size_t at = 0; at < size;) {
    at += point_at(text + at, &code);
    int byte = byte_of(code);
    if (byte < 0) { // not so written
      w->next_line.size = start;
      add(w, text, size);
      return;
    }
    char c = (char)byte;
    add(w, &c, 1);
  }
}

static void bytes(struct work *w)
{
  for (size_t i = 0; i < w->words.count && !w->failed; i++)
    text_bytes(w, w->now.data + w->words.items[i].at, w->words.items[i].size);
  line_swap(w);
  add_lossy(w, w->now.data, w->now.size);
  word_end(w, 0);
}

static int hex(char c)
{
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                : -1;
}

// `<0x0A>`
static bool is_byte(const char *text, size_t size, char *byte)
{
  if (size != 6 || memcmp(text, "<0x", 3) || text[5] != '>')
    return false;
  int high = hex(text[3]), low = hex(text[4]);
  *byte = (char)(high << 4 | low);
  return high >= 0 && low >= 0;
}

// The bytes from `at` on are a text, or each of them is none.
static void end_bytes(struct work *w, size_t at)
{
  struct line *l = &w->next_line;
  size_t n = l->size - at;
  if (!n)
    return;
  if (utf8_check(l->data + at, n) == n) {
    word_end(w, at);
    return;
  }
  l->size = at;
  for (size_t i = 0; i < n; i++) {
    size_t start = l->size;
    add(w, replacement, 3);
    word_end(w, start);
  }
}

static void fallback(struct work *w)
{
  size_t start = 0;
  for (size_t i = 0; i < w->words.count && !w->failed; i++) {
    const char *text = w->now.data + w->words.items[i].at;
    size_t size = w->words.items[i].size;
    char byte;
    if (is_byte(text, size, &byte)) {
      add(w, &byte, 1);
      continue;
    }
    end_bytes(w, start);
    start = w->next_line.size;
    add(w, text, size);
    word_end(w, start);
    start = w->next_line.size;
  }
  if (!w->failed)
    end_bytes(w, start);
}

// ---- all steps ----

static void join(struct work *w, const char *with)
{
  for (size_t i = 0; i < w->words.count && !w->failed; i++) {
    if (i)
      add(w, with, strlen(with));
    add(w, w->now.data + w->words.items[i].at, w->words.items[i].size);
  }
  word_end(w, 0);
}

static void step(struct work *w, const struct decoder *d)
{
  switch (d->kind) {
  case DECODER_wordpiece:
    each(w, d, wordpiece);
    break;
  case DECODER_metaspace:
    each(w, d, metaspace);
    break;
  case DECODER_bpe:
    each(w, d, bpe);
    break;
  case DECODER_strip:
    each(w, d, strip);
    break;
  case DECODER_replace:
    each(w, d, replace);
    break;
  case DECODER_fallback:
    fallback(w);
    break;
  case DECODER_bytes:
    bytes(w);
    break;
  case DECODER_fuse:
    join(w, "");
  }
}

static void swap(struct work *w)
{
  struct splits was = w->words;
  w->words = w->next_words;
  w->next_words = was;
  w->next_words.count = 0;
  line_swap(w);
}

void decode_words(const struct files *f, struct work *w)
{
  for (uint32_t i = 0; i < f->n_decoders && !w->failed; i++) {
    step(w, &f->decoders[i]);
    swap(w);
  }
  join(w, f->decodes ? "" : " ");
  swap(w);
}
