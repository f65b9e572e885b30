// Patterns: texts as they stand, and regular expressions. The split patterns of
// the well-known models are done by hand; others go through PCRE2.
#include "stdlib/ops/tokenize/parts.h"

#include "grammar/base/regex.h"

// ---- the known ones ----

static unsigned class_at(const char *at, unsigned *n)
{
  uint32_t code;
  *n = point_at(at, &code);
  return class_of(code);
}

// Behind what is of one of the classes (or of none of them).
static const char *run_of(const char *at, const char *end, unsigned classes,
                          bool none, size_t most)
{
  for (unsigned n; at < end && most; at += n, most--) {
    unsigned class = class_at(at, &n);
    if (!(class & classes) != none)
      return at;
  }
  return at;
}

enum { WORDLESS = CLASS_SPACE | CLASS_LETTER | CLASS_NUMBER };

// White space from `at` to `to`: its last character belongs to what follows.
static const char *spaces(const char *at, const char *to, const char *end)
{
  uint32_t code;
  unsigned last = point_before(to, &code);
  return to < end && to - last > at ? to - last : to;
}

// `'s 't 're 've 'm 'll 'd`, of which n bytes are there; 0 if there is none.
static unsigned contraction(const char *at, size_t n)
{
  if (n < 2 || *at != '\'')
    return 0;
  switch (at[1]) {
  case 's':
  case 't':
  case 'm':
  case 'd':
    return 2;
  case 'l':
    return n > 2 && at[2] == 'l' ? 3 : 0;
  case 'r':
  case 'v':
    return n > 2 && at[2] == 'e' ? 3 : 0;
  default:
    return 0;
  }
}

// The same whatever the case; U+017F is an s.
static unsigned any_contraction(const char *at, size_t n)
{
  char small[3] = {0};
  if (n >= 3 && at[1] == '\xC5' && at[2] == '\xBF')
    return 3;
  for (size_t i = 0; i < 3 && i < n; i++)
    small[i] = (char)(at[i] >= 'A' && at[i] <= 'Z' ? at[i] + 32 : at[i]);
  return contraction(small, n < 3 ? n : 3);
}

// '…| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
const char *gpt2_next(const char *at, const char *end)
{
  unsigned n, one = contraction(at, (size_t)(end - at));
  if (one)
    return at + one;
  const char *word = at + (*at == ' ' && at + 1 < end);
  unsigned class = class_at(word, &n);
  if (class & CLASS_LETTER)
    return run_of(word, end, CLASS_LETTER, false, SIZE_MAX);
  if (class & CLASS_NUMBER)
    return run_of(word, end, CLASS_NUMBER, false, SIZE_MAX);
  if (!(class & CLASS_SPACE))
    return run_of(word, end, WORDLESS, true, SIZE_MAX);
  return spaces(at, run_of(at, end, CLASS_SPACE, false, SIZE_MAX), end);
}

static bool is_newline(const char *at)
{
  return *at == '\n' || *at == '\r';
}

// \s*[\r\n]+|\s+(?!\S)|\s+
static const char *spaces_or_lines(const char *at, const char *end)
{
  const char *to = run_of(at, end, CLASS_SPACE, false, SIZE_MAX), *line = to;
  while (line > at && !is_newline(line - 1))
    line--;
  return line > at ? line : spaces(at, to, end);
}

// (?i:'…)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,digits}| ?[^\s\p{L}\p{N}]+[\r\n]*|…
const char *llama3_next(const char *at, const char *end, unsigned digits)
{
  unsigned n, next, one = 0;
  if (*at == '\'' && (one = any_contraction(at, (size_t)(end - at))))
    return at + one;
  unsigned class = class_at(at, &n);
  if (class & CLASS_LETTER)
    return run_of(at, end, CLASS_LETTER, false, SIZE_MAX);
  if (class & CLASS_NUMBER)
    return run_of(at, end, CLASS_NUMBER, false, digits);
  if (!is_newline(at) && at + n < end && class_at(at + n, &next) & CLASS_LETTER)
    return run_of(at + n, end, CLASS_LETTER, false, SIZE_MAX);
  const char *word = at + (*at == ' ' && at + 1 < end);
  if (class_at(word, &n) & WORDLESS)
    return spaces_or_lines(at, end);
  word = run_of(word, end, WORDLESS, true, SIZE_MAX);
  while (word < end && is_newline(word))
    word++;
  return word;
}

static void each_known(const struct pattern *p, const char *text, size_t size,
                       pattern_found *found, void *user)
{
  const char *at = text, *end = text + size;
  while (at < end) {
    const char *to =
        p->kind == PATTERN_GPT2
            ? gpt2_next(at, end)
            : llama3_next(at, end, p->kind == PATTERN_QWEN2 ? 1 : 3);
    if (!found(user, (size_t)(at - text), (size_t)(to - text)))
      return;
    at = to;
  }
}

// ---- the others ----

static void each_text(const struct pattern *p, const char *text, size_t size,
                      pattern_found *found, void *user)
{
  const char *at = text, *end = text + size, *hit;
  while (p->size && (hit = memmem(at, (size_t)(end - at), p->text, p->size))) {
    at = hit + p->size;
    if (!found(user, (size_t)(hit - text), (size_t)(at - text)))
      return;
  }
}

static void each_regex(struct work *w, const struct pattern *p,
                       const char *text, size_t size, pattern_found *found,
                       void *user)
{
  struct regex_search s;
  enum regex_result r = REGEX_NONE;
  if (!regex_begin(&s, p->regex, text, size)) {
    w->failed = true;
  } else {
    size_t from = 0;
    bool not_empty = false;
    while ((r = regex_next(&s, from, not_empty)) == REGEX_FOUND) {
      size_t at = s.ends[0], to = s.ends[1];
      not_empty = at >= to;
      from = at < to ? to : at;
      if (at < to && !found(user, at, to))
        break;
    }
  }
  regex_end(&s);
  if (r == REGEX_TOO_MUCH)
    w->result = ENCODE_TOO_MUCH;
  else if (r == REGEX_NO_MEMORY)
    w->failed = true;
}

void pattern_each(struct work *w, const struct pattern *p, const char *text,
                  size_t size, pattern_found *found, void *user)
{
  if (!size)
    return;
  if (p->kind == PATTERN_TEXT)
    each_text(p, text, size, found, user);
  else if (p->kind == PATTERN_REGEX)
    each_regex(w, p, text, size, found, user);
  else
    each_known(p, text, size, found, user);
}
