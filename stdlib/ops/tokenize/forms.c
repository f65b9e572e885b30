// The normal forms of Unicode, of a line. utf8proc decomposes and composes;
// what is newer than the reference's tables is left as it is.
//
// Nothing composes with an ASCII character that comes after it, so a line is
// taken in stretches of one such character at most and what others follow.
#include "stdlib/ops/tokenize/parts.h"

#include <stdlib.h>
#include <utf8proc.h>

enum { LONGEST = 32, FEW = 24, NO_FINAL = 0x11A7 };

static unsigned combining(uint32_t code)
{
  if (code < 0x300 || class_of(code) & CLASS_NEWER)
    return 0;
  return utf8proc_get_property((utf8proc_int32_t)code)->combining_class;
}

static void point_add(struct work *w, uint32_t code, int32_t change)
{
  if (w->n_points == w->points_room &&
      !work_room(w, &w->points, &w->points_room, w->n_points + 1,
                 sizeof *w->points))
    return;
  w->points[w->n_points++] = (struct point){code, 0, change};
}

static void decompose(struct work *w, uint32_t code, bool compatible)
{
  utf8proc_int32_t parts[LONGEST];
  int last = 0, options = UTF8PROC_DECOMPOSE | UTF8PROC_STABLE |
                          (compatible ? UTF8PROC_COMPAT : 0);
  utf8proc_ssize_t n = 0;
  if (code >= 0xA0 && !(class_of(code) & CLASS_NEWER))
    n = utf8proc_decompose_char((utf8proc_int32_t)code, parts, LONGEST,
                                (utf8proc_option_t)options, &last);
  if (n <= 0 || n > LONGEST)
    point_add(w, code, 0);
  for (utf8proc_ssize_t i = 0; i < n && n <= LONGEST; i++)
    point_add(w, (uint32_t)parts[i], i > 0);
}

// ---- order ----

static int by_class(const void *x, const void *y)
{
  const struct point *a = x, *b = y;
  unsigned one = combining(a->code), two = combining(b->code);
  if (one != two)
    return one < two ? -1 : 1;
  return a->order < b->order ? -1 : 1;
}

static void insert(struct point *points, size_t n)
{
  for (size_t i = 1; i < n; i++) {
    struct point p = points[i];
    unsigned class = combining(p.code);
    size_t k = i;
    for (; k && combining(points[k - 1].code) > class; k--)
      points[k] = points[k - 1];
    points[k] = p;
  }
}

static void put_in_order(struct work *w)
{
  for (size_t i = 0, n; i < w->n_points; i += n + 1) {
    for (n = 0; i + n < w->n_points && combining(w->points[i + n].code); n++)
      w->points[i + n].order = (uint32_t)n;
    if (n > FEW)
      qsort(w->points + i, n, sizeof *w->points, by_class);
    else
      insert(w->points + i, n);
  }
}

// ---- composition ----

// What two code points compose to, or 0.
static uint32_t compose_pair(uint32_t x, uint32_t y)
{
  if (y < 0x300 || (class_of(x) | class_of(y)) & CLASS_NEWER)
    return 0;
  if (y == NO_FINAL) // which utf8proc takes for a syllable's end
    return 0;
  utf8proc_int32_t both[2] = {(utf8proc_int32_t)x, (utf8proc_int32_t)y};
  utf8proc_ssize_t n = utf8proc_normalize_utf32(
      both, 2, (utf8proc_option_t)(UTF8PROC_COMPOSE | UTF8PROC_STABLE));
  return n == 1 ? (uint32_t)both[0] : 0;
}

static void compose(struct work *w)
{
  size_t kept = 0, starter = SIZE_MAX;
  int before = -1; // class of what stands between the starter and here
  for (size_t i = 0; i < w->n_points; i++) {
    struct point p = w->points[i];
    int class = (int)combining(p.code);
    uint32_t both =
        starter != SIZE_MAX && before < class ? compose_pair(
                                                    w->points[starter].code,
                                                    p.code)
                                              : 0;
    if (both) {
      w->points[starter].code = both;
      w->points[starter].change += p.change - 1;
      continue;
    }
    w->points[kept++] = p;
    before = class;
    if (!class) {
      starter = kept - 1;
      before = -1;
    }
  }
  w->n_points = kept;
}

// ---- a line ----

// Below these code points nothing changes.
static uint32_t quiet(enum normal_kind form)
{
  return form == NORMAL_nfc                           ? 0x300
         : form == NORMAL_nfkc || form == NORMAL_nfkd ? 0xA0
                                                      : 0xC0;
}

static bool is_quiet(const struct work *w, size_t at, size_t to, uint32_t below)
{
  for (uint32_t code; at < to; at += point_at(w->now.data + at, &code)) {
    point_at(w->now.data + at, &code);
    if (code >= below)
      return false;
  }
  return true;
}

static void source_add(struct work *w, struct place from)
{
  if (!w->placed || (w->n_sources == w->sources_room &&
                     !work_room(w, &w->sources, &w->sources_room,
                                w->n_sources + 1, sizeof *w->sources)))
    return;
  w->sources[w->n_sources++] = from;
}

// The place of the next point, as the reference counts: in the order of what
// came, whatever went where.
static struct place next_place(const struct work *w, int32_t change, size_t *at)
{
  if (!w->placed || (change > 0 && !*at))
    return (struct place){0, 0};
  size_t i = change > 0 ? *at - 1 : *at;
  *at += change > 0 ? 0 : 1 + (size_t)-change;
  return w->sources[i < w->n_sources ? i : w->n_sources - 1];
}

static void put_points(struct work *w, enum normal_kind form)
{
  size_t at = 0;
  for (size_t i = 0; i < w->n_points && !w->failed; i++) {
    const struct point *p = &w->points[i];
    struct place from = next_place(w, p->change, &at);
    if (form != NORMAL_accents || !(class_of(p->code) & CLASS_ACCENT))
      line_code(w, &w->next_line, p->code, from);
  }
}

static void stretch(struct work *w, enum normal_kind form, size_t at, size_t to)
{
  bool compatible = form == NORMAL_nfkc || form == NORMAL_nfkd;
  w->n_points = w->n_sources = 0;
  while (at < to && !w->failed) {
    uint32_t code;
    unsigned n = point_at(w->now.data + at, &code);
    decompose(w, code, compatible);
    source_add(w, place_of(w, at, n));
    at += n;
  }
  put_in_order(w);
  if (form == NORMAL_nfc || form == NORMAL_nfkc)
    compose(w);
  put_points(w, form);
}

void normal_form(struct work *w, enum normal_kind form)
{
  const char *text = w->now.data;
  size_t at = 0, size = w->now.size;
  while (at < size && !w->failed) {
    size_t odd = at;
    while (odd < size && (unsigned char)text[odd] < 0x80)
      odd++;
    size_t from = odd > at && odd < size ? odd - 1 : odd, to = odd;
    line_copy(w, &w->next_line, at, from - at);
    while (to < size && (unsigned char)text[to] >= 0x80)
      to++;
    if (is_quiet(w, from, to, quiet(form)))
      line_copy(w, &w->next_line, from, to - from);
    else
      stretch(w, form, from, to);
    at = to;
  }
  line_swap(w);
}
