// Blanks between the words of a line.
#include "compiler/fmt_parts.h"

#include <ctype.h>
#include <string.h>

static bool is_slice_colon(const struct fmt *f, int i)
{
  int up = f->at[i].up;
  return fmt_sign(&f->at[i]) == ':' && up >= 0 && f->at[up].text[0] == '[';
}

static bool is_type_word(const struct piece *p)
{
  return fmt_is(p, "map") || fmt_is(p, "stream") || fmt_is(p, "step") ||
         fmt_is(p, "tensor");
}

// Whether the author left something between a piece and the one before.
static bool was_apart(const struct fmt *f, int i)
{
  return f->at[i].w->span.start > f->at[i - 1].w->span.end;
}

// `f(x)`, `xs[0]`, `int(ge: 1)`, but `return (x)` and `map [int]`. The four
// words that make types may be names, too: there the author knows.
static bool is_apart_from_bracket(const struct fmt *f, int i)
{
  const struct piece *before = &f->at[i - 1];
  if (is_type_word(before) && before->operand)
    return was_apart(f, i);
  if (before->w->kind == WORD_STRING)
    return fmt_sign(&f->at[i]) == '(';
  return !before->operand && !fmt_is(before, "fn");
}

// Whether two words would be read as others if nothing stood between them.
static bool would_join(const struct fmt *f, int i)
{
  static const char *const pairs[] = {"??", "//", "/*", "->", "==", "!=", "<=",
                                      ">=", "+=", "-=", "*=", "/=", "&&", "||",
                                      "**", "<>", "=>", "|>", "..", ":="};
  const struct piece *a = &f->at[i - 1], *b = &f->at[i];
  char last = a->text[a->size - 1], first = b->text[0];
  bool word = last == '_' || last == '%' || isalnum((unsigned char)last);
  if (a->w->kind == WORD_NUMBER && first == '.')
    return i < 2 || fmt_sign(&f->at[i - 2]) != '.';
  if (a->w->kind == WORD_NUMBER && last == '%')
    return b->w->kind != WORD_SIGN || first == '(' || first == '[';
  if (word && (first == '_' || isalnum((unsigned char)first)))
    return true;
  for (size_t p = 0; p < sizeof pairs / sizeof *pairs; p++)
    if (last == pairs[p][0] && first == pairs[p][1])
      return true;
  return false;
}

static bool is_apart(const struct fmt *f, int i)
{
  const struct piece *a = &f->at[i - 1], *b = &f->at[i];
  uint32_t before = fmt_sign(a), sign = fmt_sign(b);
  switch (before) {
  case '(':
  case '[':
  case '.':
  case SIGN('.', '.', '.'):
    return false;
  case '{':
    return sign != '}';
  case ':':
    if (is_slice_colon(f, i - 1))
      return false;
    break;
  case '-':
    if (a->minus)
      return false;
  }
  switch (sign) {
  case ',':
  case ')':
  case ']':
  case '.':
  case '?':
  case ':':
    return false;
  case '(':
  case '[':
    return is_apart_from_bracket(f, i);
  default:
    return true;
  }
}

void fmt_spaces(struct fmt *f)
{
  for (int i = 1; i < f->n; i++)
    f->at[i].space = is_apart(f, i) || would_join(f, i);
}
