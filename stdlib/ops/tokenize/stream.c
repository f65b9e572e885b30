// Ids to text, all at once and one by one.
#include "stdlib/ops/tokenize/parts.h"

#include "grammar/base/buf.h"

#include <stdlib.h>

enum { WAITING = 4096 }; // tokens that may wait for the rest of a character

static void put_text(const struct tokenizer *t, struct work *w, uint32_t id,
                     bool plain)
{
  size_t size, at = w->now.size;
  const char *text = tokenizer_token(t, id, &size);
  struct splits *s = &w->words;
  if (!text || (plain && tokenizer_is_special(t, id)))
    return;
  line_add(w, &w->now, text, size, (struct place){0, 0});
  if (s->count == s->room &&
      !work_room(w, &s->items, &s->room, s->count + 1, sizeof *s->items))
    return;
  s->items[s->count++] =
      (struct split){(uint32_t)at, (uint32_t)size, TOKEN_NONE};
}

bool tokenizer_decode(const struct tokenizer *t, const uint32_t *ids, size_t n,
                      bool plain, struct buf *out)
{
  struct work *w = work_take(t->files);
  if (!w)
    return false;
  work_begin(w, false);
  for (size_t i = 0; i < n && !w->failed && w->now.size < INT32_MAX; i++)
    put_text(t, w, ids[i], plain);
  if (!w->failed)
    decode_words(t->files, w);
  bool whole = !w->failed && w->result == ENCODE_DONE;
  if (whole)
    buf_add(out, w->now.data, w->now.size);
  work_give(t->files, w);
  return whole && !out->failed;
}

void token_stream_begin(struct token_stream *s, const struct tokenizer *t,
                        bool plain)
{
  *s = (struct token_stream){.of = t, .plain = plain};
}

static bool ends_open(const struct buf *b)
{
  return b->size >= 3 && !memcmp(b->data + b->size - 3, "\xEF\xBF\xBD", 3);
}

// What the ids say beyond what their beginning said; perhaps they say something
// else now, as bytes that were a character do before a wrong one.
static void add_news(struct token_stream *s, const struct buf *text,
                     struct buf *out)
{
  struct buf before = {0};
  bool whole = tokenizer_decode(s->of, s->ids, s->read, s->plain, &before);
  if (whole && text->size >= before.size &&
      (!before.size || !memcmp(text->data, before.data, before.size)))
    buf_add(out, text->data + before.size, text->size - before.size);
  else if (whole)
    whole = tokenizer_decode(s->of, s->ids + s->read, s->count - s->read,
                             s->plain, out);
  if (!whole)
    out->failed = true;
  buf_free(&before);
}

// The last ids stay, since what comes next depends on what it follows.
static bool give(struct token_stream *s, bool all, struct buf *out)
{
  struct buf text = {0};
  bool whole = tokenizer_decode(s->of, s->ids, s->count, s->plain, &text);
  bool waits = !all && (text.size <= s->given || ends_open(&text)) &&
               s->count - s->read < WAITING;
  if (whole && !waits) {
    if (text.size)
      add_news(s, &text, out);
    s->count -= s->read;
    memmove(s->ids, s->ids + s->read, s->count * sizeof *s->ids);
    s->read = s->count;
    text.size = 0;
    whole = tokenizer_decode(s->of, s->ids, s->count, s->plain, &text);
    s->given = text.size;
  }
  buf_free(&text);
  return whole && !out->failed;
}

bool token_stream_put(struct token_stream *s, uint32_t id, struct buf *out)
{
  size_t size;
  if (!tokenizer_token(s->of, id, &size) ||
      (s->plain && tokenizer_is_special(s->of, id)))
    return true;
  if (s->count == s->room) {
    size_t room = s->room ? s->room * 2 : 16;
    void *p = realloc(s->ids, room * sizeof *s->ids);
    if (!p)
      return false;
    s->ids = p;
    s->room = room;
  }
  s->ids[s->count++] = id;
  return give(s, false, out);
}

bool token_stream_end(struct token_stream *s, struct buf *out)
{
  return s->count == s->read || give(s, true, out);
}

void token_stream_free(struct token_stream *s)
{
  free(s->ids);
  *s = (struct token_stream){0};
}
