// Added tokens: found in a text wherever they stand, the leftmost first, and of
// those that begin at one place the longest.
#include "stdlib/ops/tokenize/parts.h"

// The longest that begins at `at`; its end, or 0.
static size_t longest(const struct added_set *s, const char *text, size_t at,
                      size_t size, uint32_t *found)
{
  uint32_t node = 0;
  size_t end = 0;
  for (; at < size; at++) {
    node = trie_step(&s->trie, node, (unsigned char)text[at]);
    if (!node)
      break;
    if (s->trie.values[node]) {
      *found = s->trie.values[node] - 1;
      end = at + 1;
    }
  }
  return end;
}

static bool stands_alone(const char *text, size_t size, size_t from, size_t to)
{
  uint32_t code;
  if (from) {
    point_before(text + from, &code);
    if (class_of(code) & CLASS_WORD)
      return false;
  }
  if (to < size) {
    point_at(text + to, &code);
    if (class_of(code) & CLASS_WORD)
      return false;
  }
  return true;
}

static size_t spaces_before(const char *text, size_t from)
{
  uint32_t code;
  while (from) {
    unsigned n = point_before(text + from, &code);
    if (!(class_of(code) & CLASS_SPACE))
      break;
    from -= n;
  }
  return from;
}

static size_t spaces_behind(const char *text, size_t to, size_t size)
{
  uint32_t code;
  while (to < size) {
    unsigned n = point_at(text + to, &code);
    if (!(class_of(code) & CLASS_SPACE))
      break;
    to += n;
  }
  return to;
}

bool added_next(const struct added_list *l, const struct added_set *s,
                const char *text, size_t size, size_t at, size_t *look,
                struct added_match *out)
{
  uint32_t i = 0;
  while (s->count && *look < size) {
    size_t from = (*look)++, to;
    if (!s->begins[(unsigned char)text[from]] ||
        !(to = longest(s, text, from, size, &i)))
      continue;
    const struct added *one = &l->items[i];
    *look = to;
    if (one->single_word && !stands_alone(text, size, from, to))
      continue;
    if (one->lstrip) {
      size_t left = spaces_before(text, from);
      from = left > at ? left : at;
    }
    if (one->rstrip)
      to = spaces_behind(text, to, size);
    *out = (struct added_match){from < to ? from : to, to, one->id};
    return true;
  }
  return false;
}
