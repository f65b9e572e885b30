// The writer of plans. Rows come in; an image goes out, the same for the same
// rows. The arena owns all of it.
#include "grammar/plan/build.h"

#include <string.h>

#include <xxhash.h>

enum { FIRST_ROOM = 16 };

void plan_builder_init(struct plan_builder *b, struct arena *arena)
{
  *b = (struct plan_builder){.arena = arena};
  plan_intern_text(b, "", 0); // {0, 0} is the empty text
}

// Makes `*array` hold at least `need` elements of `size` bytes.
static bool reserve(struct plan_builder *b, void **array, uint32_t *room,
                    uint64_t need, size_t size)
{
  if (b->failed || need >= PLAN_NONE)
    b->failed = true;
  if (b->failed || need <= *room)
    return !b->failed;
  uint64_t more = *room ? (uint64_t)*room * 2 : FIRST_ROOM;
  if (more < need)
    more = need;
  if (more >= PLAN_NONE)
    more = PLAN_NONE - 1;
  void *p = arena_grow(b->arena, *array, *room * size, more * size);
  b->failed = !p;
  if (p) {
    *array = p;
    *room = (uint32_t)more;
  }
  return p;
}

void plan_reserve(struct plan_builder *b, void *rows, uint32_t n,
                  uint32_t *room, size_t size, uint32_t count)
{
  void *array;
  memcpy(&array, rows, sizeof array);
  if (reserve(b, &array, room, (uint64_t)n + count, size))
    memcpy(rows, &array, sizeof array);
}

uint32_t plan_grow(struct plan_builder *b, void *rows, uint32_t *n,
                   uint32_t *room, size_t size, const void *from,
                   uint32_t count)
{
  void *array;
  memcpy(&array, rows, sizeof array);
  if (!reserve(b, &array, room, (uint64_t)*n + count, size))
    return 0;
  memcpy(rows, &array, sizeof array);
  uint32_t first = *n;
  if (count)
    memcpy((char *)array + first * size, from, count * size);
  *n += count;
  return first;
}

// ---- sets ----
// Makes room for one more; numbers find their place again by `hash_of`.
static bool set_grow(struct plan_builder *b, struct plan_set *s,
                     uint64_t (*hash_of)(struct plan_builder *, uint32_t))
{
  if (b->failed || s->n < s->room / 2)
    return !b->failed;
  uint32_t room = s->room ? s->room * 2 : 64;
  uint32_t *slots = ARENA_ARRAY(b->arena, room, uint32_t);
  if (!slots) {
    b->failed = true;
    return false;
  }
  for (uint32_t i = 0; i < s->room; i++) {
    if (!s->slots[i])
      continue;
    uint64_t at = hash_of(b, s->slots[i] - 1) & (room - 1);
    while (slots[at])
      at = (at + 1) & (room - 1);
    slots[at] = s->slots[i];
  }
  s->slots = slots;
  s->room = room;
  return true;
}

// ---- text ----
static uint64_t text_hash(struct plan_builder *b, uint32_t i)
{
  struct plan_text t = b->interned[i];
  return XXH3_64bits(b->text.rows + t.at, t.size);
}

static uint32_t *text_slot(struct plan_builder *b, const char *data,
                           size_t size)
{
  uint32_t mask = b->texts.room - 1;
  uint64_t at = XXH3_64bits(data, size) & mask;
  for (; b->texts.slots[at]; at = (at + 1) & mask) {
    struct plan_text t = b->interned[b->texts.slots[at] - 1];
    if (t.size == size && !memcmp(b->text.rows + t.at, data, size))
      break;
  }
  return &b->texts.slots[at];
}

struct plan_text plan_intern_text(struct plan_builder *b, const char *data,
                                  size_t size)
{
  struct plan_text none = {0, 0};
  if (!size)
    data = "";
  if (!set_grow(b, &b->texts, text_hash))
    return none;
  uint32_t *slot = text_slot(b, data, size);
  if (*slot)
    return b->interned[*slot - 1];
  void *array = b->text.rows, *names = b->interned;
  if (size >= PLAN_NONE ||
      !reserve(b, &array, &b->text.room, b->text.n + size + 1ull, 1) ||
      !reserve(b, &names, &b->interned_room, b->texts.n + 1ull, sizeof none)) {
    b->failed = true;
    return none;
  }
  b->text.rows = array;
  b->interned = names;
  struct plan_text t = {b->text.n, (uint32_t)size};
  memcpy(b->text.rows + t.at, data, size);
  b->text.rows[t.at + size] = 0;
  b->text.n += (uint32_t)size + 1;
  b->interned[b->texts.n++] = t;
  *slot = b->texts.n;
  return t;
}

struct plan_text plan_intern(struct plan_builder *b, const char *text)
{
  return plan_intern_text(b, text, strlen(text));
}

// ---- constants ----
static uint64_t const_hash(struct plan_builder *b, uint32_t i)
{
  return XXH3_64bits(&b->consts.rows[i], sizeof b->consts.rows[i]);
}

// The row, which may be there already.
static uint32_t scalar(struct plan_builder *b, struct plan_const row)
{
  if (!set_grow(b, &b->scalars, const_hash))
    return 0;
  uint32_t mask = b->scalars.room - 1;
  uint64_t at = XXH3_64bits(&row, sizeof row) & mask;
  for (uint32_t n; (n = b->scalars.slots[at]); at = (at + 1) & mask)
    if (!memcmp(&b->consts.rows[n - 1], &row, sizeof row))
      return n - 1;
  uint32_t i = plan_add_consts(b, row);
  if (b->failed)
    return 0;
  b->scalars.slots[at] = i + 1;
  b->scalars.n++;
  return i;
}

uint32_t plan_const_bits(struct plan_builder *b, uint32_t type, uint64_t bits)
{
  return scalar(b, (struct plan_const){type, (uint32_t)bits,
                                       (uint32_t)(bits >> 32)});
}

uint32_t plan_const_int(struct plan_builder *b, uint32_t type, int64_t value)
{
  return plan_const_bits(b, type, (uint64_t)value);
}

uint32_t plan_const_float(struct plan_builder *b, uint32_t type, double value)
{
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return plan_const_bits(b, type, bits);
}

uint32_t plan_const_text(struct plan_builder *b, uint32_t type,
                         const char *data, size_t size)
{
  struct plan_text t = plan_intern_text(b, data, size);
  return scalar(b, (struct plan_const){type, t.at, t.size});
}

static bool in_a_row(const uint32_t *parts, uint32_t count)
{
  for (uint32_t i = 1; i < count; i++)
    if (parts[i] != parts[0] + i)
      return false;
  return true;
}

uint32_t plan_const_run(struct plan_builder *b, uint32_t type,
                        const uint32_t *parts, uint32_t count)
{
  uint32_t first = count ? parts[0] : 0;
  if (!in_a_row(parts, count)) {
    first = b->consts.n;
    for (uint32_t i = 0; i < count && !b->failed; i++)
      plan_add_consts(b, b->consts.rows[parts[i]]);
  }
  return plan_add_consts(b, (struct plan_const){type, first, count});
}

uint32_t plan_const_union(struct plan_builder *b, uint32_t type, uint32_t tag,
                          uint32_t payload)
{
  return plan_add_consts(b, (struct plan_const){type, tag, payload});
}

// ---- code ----
void plan_aim(struct plan_builder *b, uint32_t at, uint32_t to)
{
  if (b->failed)
    return;
  struct plan_code *i = &b->code.rows[at];
  *i = plan_code_wide((enum opcode)i->op, i->a, to - (at + 1));
}

// ---- the image ----
static uint64_t aligned(uint64_t size)
{
  return (size + 7) & ~7ull;
}

// Gives a table its place, which begins at *end.
static void place(struct plan_section *s, uint64_t *end, uint32_t n,
                  size_t size)
{
  *s = (struct plan_section){(uint32_t)*end, n};
  *end = aligned(*end + (uint64_t)n * size);
}

static void fill(char *image, const struct plan_section *s, const void *rows,
                 size_t size)
{
  size_t n = s->count * size;
  if (n)
    memcpy(image + s->offset, rows, n);
  memset(image + s->offset + n, 0, aligned(n) - n);
}

static void place_all(const struct plan_builder *b, struct plan_header *h,
                      uint64_t *end)
{
  *end = sizeof *h;
#define PLACE(table, type, FIELDS)                                             \
  place(&h->sections[PLAN_##table], end, b->table.n, sizeof *b->table.rows);
  PLAN_TABLES(PLACE)
#undef PLACE
  place(&h->sections[PLAN_code], end, b->code.n, sizeof *b->code.rows);
  place(&h->sections[PLAN_text], end, b->text.n, 1);
}

int plan_finish(struct plan_builder *b, const void **bytes, size_t *size)
{
  struct plan_header h = {.magic = {0},
                          .version = PLAN_VERSION,
                          .oldest_reader = PLAN_OLDEST_READER,
                          .n_sections = PLAN_TABLE_COUNT};
  memcpy(h.magic, PLAN_MAGIC, sizeof h.magic);
  uint64_t end;
  place_all(b, &h, &end);
  char *image =
      b->failed || end > UINT32_MAX ? NULL : arena_alloc(b->arena, end);
  if (!image)
    return -1;
  h.size = (uint32_t)end;
  memcpy(image, &h, sizeof h);
#define FILL(table, type, FIELDS)                                              \
  fill(image, &h.sections[PLAN_##table], b->table.rows, sizeof *b->table.rows);
  PLAN_TABLES(FILL)
#undef FILL
  fill(image, &h.sections[PLAN_code], b->code.rows, sizeof *b->code.rows);
  fill(image, &h.sections[PLAN_text], b->text.rows, 1);
  plan_seal(image, end);
  *bytes = image;
  *size = end;
  return 0;
}

void plan_seal(void *bytes, size_t size)
{
  struct plan_header *h = bytes;
  h->checksum = 0;
  h->checksum = XXH3_64bits(bytes, size);
}
