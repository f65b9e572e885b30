// Post-processors: what belongs around the tokens of a text, and which of its
// bytes a token stands for when spaces do not count.
#include "stdlib/ops/tokenize/parts.h"

#include <stdlib.h>

bool encoding_room(struct encoding *e, size_t more)
{
  if (e->count + more <= e->room)
    return true;
  size_t room = e->room ? e->room * 2 : 64;
  if (room < e->count + more)
    room = e->count + more;
  void *p = room < SIZE_MAX / sizeof *e->tokens
                ? realloc(e->tokens, room * sizeof *e->tokens)
                : NULL;
  if (!p)
    return false;
  e->tokens = p;
  e->room = room;
  return true;
}

void encoding_free(struct encoding *e)
{
  free(e->tokens);
  *e = (struct encoding){0};
}

// A space as the reference writes bytes, or any white space.
static bool is_blank(uint32_t code)
{
  return code == 0x120 || class_of(code) & CLASS_SPACE;
}

// Of an added token the bytes are looked at where it stands.
static void trim_added(const char *text, struct token *t)
{
  uint32_t code;
  for (unsigned n; t->from < t->to; t->from += n) {
    n = point_at(text + t->from, &code);
    if (!is_blank(code))
      break;
  }
  for (unsigned n; t->to > t->from; t->to -= n) {
    n = point_before(text + t->to, &code);
    if (!is_blank(code))
      break;
  }
}

// So many characters of the text, as long as there are any.
static void narrow(const char *text, struct token *t, uint32_t left,
                   uint32_t right)
{
  uint32_t code;
  for (; left && t->from < t->to; left--)
    t->from += point_at(text + t->from, &code);
  for (; right && t->to > t->from; right--)
    t->to -= point_before(text + t->to, &code);
}

static void trim_place(const struct files *f, const char *text, struct token *t,
                       bool first, bool prefix)
{
  const struct word *word = vocab_word(&f->model.vocab, t->id);
  uint32_t code, left = 0, right = 0;
  if (!word)
    return;
  for (uint32_t at = 0; at < word->size; left++) {
    at += point_at(word->data + at, &code);
    if (!is_blank(code))
      break;
  }
  for (uint32_t at = word->size; at; right++) {
    at -= point_before(word->data + at, &code);
    if (!is_blank(code))
      break;
  }
  if (left == 1 && prefix && (first || !t->from))
    left = 0; // the one that was put there
  narrow(text, t, left, right);
}

static void trim(const struct files *f, const struct post *p, const char *text,
                 struct encoding *e, size_t first)
{
  for (size_t i = first; i < e->count; i++)
    if (e->tokens[i].added)
      trim_added(text, &e->tokens[i]);
    else if (!e->tokens[i].special)
      trim_place(f, text, &e->tokens[i], i == first, p->prefix);
}

// The tokens so far become `text` in the template.
static bool put_around(const struct post *p, struct work *w, unsigned flags,
                       struct encoding *e, size_t first)
{
  size_t n = e->count - first;
  if (!work_room(w, &w->tokens, &w->tokens_room, n, sizeof *w->tokens))
    return false;
  if (n)
    memcpy(w->tokens, e->tokens + first, n * sizeof *w->tokens);
  e->count = first;
  for (uint32_t i = 0; i < p->count; i++) {
    const struct around *item = &p->items[i];
    if (!encoding_room(e, item->text ? n : 1))
      return false;
    if (!item->text && !(flags & ENCODE_BARE))
      e->tokens[e->count++] =
          (struct token){.id = item->id, .type = item->type, .special = true};
    for (size_t k = 0; item->text && k < n; k++) {
      e->tokens[e->count] = w->tokens[k];
      if (!w->tokens[k].special)
        e->tokens[e->count].type = item->type;
      e->count++;
    }
  }
  return true;
}

void post_process(const struct files *f, struct work *w, const char *text,
                  unsigned flags, struct encoding *e, size_t first)
{
  for (uint32_t i = 0; i < f->n_posts && !w->failed; i++) {
    const struct post *p = &f->posts[i];
    if (p->trim && flags & ENCODE_PLACES)
      trim(f, p, text, e, first);
    if (p->items && !put_around(p, w, flags, e, first))
      w->failed = true;
  }
}
