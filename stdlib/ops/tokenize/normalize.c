// Normalizers: each takes the line of a work and leaves another one. Most texts
// are ASCII, of which the usual steps together are one table.
#include "stdlib/ops/tokenize/parts.h"

#include "grammar/base/utf8.h"

// Steps that look at one code point at a time.
typedef void code_step(struct work *w, struct line *to, uint32_t code,
                       size_t at, unsigned n);

static void each_code(struct work *w, code_step *step)
{
  for (size_t at = 0; at < w->now.size && !w->failed;) {
    uint32_t code;
    unsigned n = point_at(w->now.data + at, &code);
    step(w, &w->next_line, code, at, n);
    at += n;
  }
  line_swap(w);
}

static void clean(struct work *w, struct line *to, uint32_t code, size_t at,
                  unsigned n)
{
  unsigned class = class_of(code);
  if (class & CLASS_CONTROL)
    return;
  if (class & CLASS_SPACE)
    line_add(w, to, " ", 1, place_of(w, at, n));
  else
    line_copy(w, to, at, n);
}

static void chinese(struct work *w, struct line *to, uint32_t code, size_t at,
                    unsigned n)
{
  bool apart = code >= 0x3400 && is_chinese(code);
  if (apart)
    line_add(w, to, " ", 1, place_of(w, at, n));
  line_copy(w, to, at, n);
  if (apart)
    line_add(w, to, " ", 1, place_of(w, at, n));
}

static void lower(struct work *w, struct line *to, uint32_t code, size_t at,
                  unsigned n)
{
  if (code < 0x80) {
    char c = (char)(code >= 'A' && code <= 'Z' ? code + 32 : code);
    line_add(w, to, &c, 1, place_of(w, at, n));
    return;
  }
  if (code == 0x130) { // two code points
    line_add(w, to, "i\xCC\x87", 3, place_of(w, at, n));
    return;
  }
  line_code(w, to, unicode_lower(code), place_of(w, at, n));
}

static void strip_marks(struct work *w, struct line *to, uint32_t code,
                        size_t at, unsigned n)
{
  if (!(class_of(code) & CLASS_MARK))
    line_copy(w, to, at, n);
}

static void nmt(struct work *w, struct line *to, uint32_t c, size_t at,
                unsigned n)
{
  if ((c >= 1 && c <= 8) || c == 0xB || (c >= 0xE && c <= 0x1F) || c == 0x7F ||
      c == 0x8F || c == 0x9F)
    return;
  if (c == 9 || c == 0xA || c == 0xC || c == 0xD || c == 0x1680 ||
      (c >= 0x200B && c <= 0x200F) || c == 0x2028 || c == 0x2029 ||
      c == 0x2581 || c == 0xFEFF || c == 0xFFFD)
    line_add(w, to, " ", 1, place_of(w, at, n));
  else
    line_copy(w, to, at, n);
}

static void strip(struct work *w, bool left, bool right)
{
  size_t from = 0, to = w->now.size;
  uint32_t code;
  for (unsigned n; left && from < to; from += n) {
    n = point_at(w->now.data + from, &code);
    if (!(class_of(code) & CLASS_SPACE))
      break;
  }
  for (unsigned n; right && to > from; to -= n) {
    n = point_before(w->now.data + to, &code);
    if (!(class_of(code) & CLASS_SPACE))
      break;
  }
  line_copy(w, &w->next_line, from, to - from);
  line_swap(w);
}

static void prepend(struct work *w, const struct normal *s)
{
  struct place first = place_of(w, 0, 1);
  if (!w->now.size)
    return;
  line_add(w, &w->next_line, s->text, s->size, first);
  line_copy(w, &w->next_line, 0, w->now.size);
  line_swap(w);
}

// ---- replacing ----

struct replacing {
  struct work *w;
  const struct normal *step;
  size_t done;
};

// As in the reference, what is put in stands where the match ends.
static bool put_in(void *user, size_t from, size_t to)
{
  struct replacing *r = user;
  line_copy(r->w, &r->w->next_line, r->done, from - r->done);
  line_add(r->w, &r->w->next_line, r->step->text, r->step->size,
           place_of(r->w, to - 1, 1));
  r->done = to;
  return !r->w->failed;
}

static void replace(struct work *w, const struct normal *s)
{
  struct replacing r = {w, s, 0};
  pattern_each(w, &s->pattern, w->now.data, w->now.size, put_in, &r);
  line_copy(w, &w->next_line, r.done, w->now.size - r.done);
  line_swap(w);
}

// ---- bytes as characters ----

// The reference writes each byte as a character that can be seen.
static uint32_t char_of(unsigned char byte)
{
  if ((byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte != 0xAD))
    return byte;
  if (byte <= ' ')
    return 256u + byte;
  return byte == 0xAD ? 256 + 67 : 256 + 33u + (byte - 0x7Fu);
}

void bytes_to_chars(struct work *w, struct line *to, size_t at, size_t n)
{
  for (size_t end = at + n; at < end;) {
    uint32_t code;
    unsigned size = point_at(w->now.data + at, &code);
    struct place from = place_of(w, at, size);
    for (unsigned i = 0; i < size; i++)
      line_code(w, to, char_of((unsigned char)w->now.data[at + i]), from);
    at += size;
  }
}

int byte_of(uint32_t code)
{
  if (code < 256)
    return char_of((unsigned char)code) == code ? (int)code : -1;
  if (code <= 256 + ' ')
    return (int)code - 256;
  if (code < 256 + 67)
    return (int)code - 256 - 33 + 0x7F;
  return code == 256 + 67 ? 0xAD : -1;
}

static void to_bytes(struct work *w)
{
  bytes_to_chars(w, &w->next_line, 0, w->now.size);
  line_swap(w);
}

// ---- all steps ----

static void step(struct work *w, const struct normal *s)
{
  switch (s->kind) {
  case NORMAL_clean:
    each_code(w, clean);
    break;
  case NORMAL_chinese:
    each_code(w, chinese);
    break;
  case NORMAL_lower:
    each_code(w, lower);
    break;
  case NORMAL_strip_marks:
    each_code(w, strip_marks);
    break;
  case NORMAL_nmt:
    each_code(w, nmt);
    break;
  case NORMAL_strip:
    strip(w, s->left, s->right);
    break;
  case NORMAL_replace:
    replace(w, s);
    break;
  case NORMAL_prepend:
    prepend(w, s);
    break;
  case NORMAL_precompiled:
    normal_precompiled(w, s->map);
    break;
  case NORMAL_bytes:
    to_bytes(w);
    break;
  default:
    normal_form(w, s->kind);
  }
}

const uint8_t *normal_ascii(struct arena *a, const struct normal *steps,
                            uint32_t n)
{
  uint8_t *map = arena_zalloc(a, 128);
  for (unsigned i = 0; map && i < 128; i++)
    map[i] = (uint8_t)i; // NUL is left out: so it must be by some step
  bool cleans = false;
  for (uint32_t k = 0; map && k < n; k++) {
    enum normal_kind kind = steps[k].kind;
    if (kind > NORMAL_nfkd && kind != NORMAL_strip_marks)
      return NULL;
    cleans |= kind == NORMAL_clean;
    for (unsigned i = 0; i < 128; i++) {
      unsigned c = map[i], class = class_of(c);
      if (kind == NORMAL_clean)
        map[i] = class & CLASS_CONTROL ? 0 : class & CLASS_SPACE ? ' ' : c;
      else if (kind == NORMAL_lower && c >= 'A' && c <= 'Z')
        map[i] = (uint8_t)(c + 32);
    }
  }
  return cleans ? map : NULL;
}

static bool is_ascii(const char *text, size_t size)
{
  uint64_t some = 0, eight;
  size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    memcpy(&eight, text + i, 8);
    some |= eight;
  }
  for (; i < size; i++)
    some |= (unsigned char)text[i];
  return !(some & 0x8080808080808080u);
}

static void by_table(struct work *w, const uint8_t *ascii)
{
  size_t kept = 0;
  char *text = w->now.data;
  for (size_t i = 0; i < w->now.size; i++) {
    char c = (char)ascii[(unsigned char)text[i]];
    text[kept] = c;
    if (w->placed)
      w->now.places[kept] = w->now.places[i];
    kept += c != 0;
  }
  w->now.size = kept;
}

void normalize(struct work *w, const struct normal *steps, uint32_t n,
               const uint8_t *ascii)
{
  if (ascii && is_ascii(w->now.data, w->now.size)) {
    by_table(w, ascii);
    return;
  }
  for (uint32_t i = 0; i < n && !w->failed; i++)
    step(w, &steps[i]);
}
