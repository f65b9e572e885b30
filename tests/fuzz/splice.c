// A mutator for programs: it moves pieces that are whole (a declaration, a
// line, a bracketed part, a word) within a program, or from one into another,
// so that what comes out often still parses and is wrong further in.
#include "tests/fuzz/fuzz.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct piece {
  size_t at, size;
};

static uint32_t next(uint64_t *state)
{
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(*state >> 33);
}

static size_t below(uint64_t *state, size_t n)
{
  return n ? next(state) % n : 0;
}

// ---- finding pieces ----

static bool is_word(uint8_t c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         (c >= '0' && c <= '9') || c >= 0x80;
}

static bool is_one_of(uint8_t c, const char *all)
{
  return c && strchr(all, c);
}

// From a line that begins with a letter to the next such line.
static bool is_item_start(const uint8_t *d, size_t at)
{
  return is_word(d[at]) && (!at || d[at - 1] == '\n');
}

static struct piece item_at(const uint8_t *d, size_t size, size_t at)
{
  while (at && !is_item_start(d, at))
    at--;
  size_t end = at + 1;
  while (end < size && !is_item_start(d, end))
    end++;
  return (struct piece){at, end - at};
}

static struct piece line_at(const uint8_t *d, size_t size, size_t at)
{
  while (at && d[at - 1] != '\n')
    at--;
  const uint8_t *end = memchr(d + at, '\n', size - at);
  return (struct piece){at, end ? (size_t)(end - d) + 1 - at : size - at};
}

// What is in the next brackets, with them; a byte where there are none.
static struct piece group_at(const uint8_t *d, size_t size, size_t at)
{
  while (at + 1 < size && !is_one_of(d[at], "([{"))
    at++;
  size_t end = at;
  for (int depth = 0; end < size; end++) {
    if (is_one_of(d[end], "([{"))
      depth++;
    if (is_one_of(d[end], ")]}") && --depth <= 0)
      break;
  }
  return (struct piece){at, (end < size ? end + 1 : end) - at};
}

static struct piece word_at(const uint8_t *d, size_t size, size_t at)
{
  while (at + 1 < size && !is_word(d[at]))
    at++;
  while (at && is_word(d[at - 1]))
    at--;
  size_t end = at + 1;
  while (end < size && is_word(d[end]))
    end++;
  return (struct piece){at, end - at};
}

static struct piece pick(uint64_t *r, unsigned kind, const uint8_t *d,
                         size_t size)
{
  static struct piece (*const kinds[])(const uint8_t *, size_t, size_t) = {
      item_at, line_at, group_at, word_at};
  return kinds[kind % 4](d, size, below(r, size));
}

// ---- moving them ----

// `to` of `d` becomes `new`, which does not lie in `d`.
static size_t put(uint8_t *d, size_t size, size_t room, struct piece to,
                  const uint8_t *new, size_t n)
{
  if (size - to.size + n > room)
    return size;
  memmove(d + to.at + n, d + to.at + to.size, size - to.at - to.size);
  if (n)
    memcpy(d + to.at, new, n);
  return size - to.size + n;
}

// A piece of `from` takes the place of a piece of its kind, or stands before
// it.
static size_t move(uint8_t *d, size_t size, size_t room, const uint8_t *from,
                   size_t from_size, uint64_t *r)
{
  unsigned kind = next(r) % 8;
  kind = kind >= 4 ? 3 - kind % 2 : kind; // words and groups more often
  struct piece piece = pick(r, kind, from, from_size);
  struct piece to = pick(r, kind, d, size);
  if (kind < 2 && next(r) % 2)
    to.size = 0;
  uint8_t *copy = malloc(piece.size + 1);
  memcpy(copy, from + piece.at, piece.size);
  size = put(d, size, room, to, copy, piece.size);
  free(copy);
  return size;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room,
                               unsigned seed)
{
  uint64_t r = seed;
  if (!size || next(&r) % 4 == 0)
    return LLVMFuzzerMutate(data, size, room);
  for (unsigned n = 1 + next(&r) % 3; n && size; n--)
    if (next(&r) % 4)
      size = move(data, size, room, data, size, &r);
    else
      size = put(data, size, room, pick(&r, next(&r), data, size), NULL, 0);
  return size;
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t one_size,
                                 const uint8_t *two, size_t two_size,
                                 uint8_t *out, size_t room, unsigned seed)
{
  uint64_t r = seed;
  size_t size = one_size < room ? one_size : room;
  memcpy(out, one, size);
  if (!size || !two_size)
    return size;
  for (unsigned n = 1 + next(&r) % 2; n && size; n--)
    size = move(out, size, room, two, two_size, &r);
  return size;
}
