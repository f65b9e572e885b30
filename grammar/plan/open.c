// Opens bytes as a plan: header, versions, size, checksum, sections. What the
// records say is the verifier's business. The bytes stay the caller's.
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <xxhash.h>

#include "grammar/plan/plan.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "a plan is used in place, so the machine must be little-endian"
#endif

struct opening {
  const char *bytes;
  size_t size;
  const struct plan_header *h;
  char *why;
  size_t why_size;
};

__attribute__((format(printf, 2, 3))) static int
refuse(const struct opening *o, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  vsnprintf(o->why, o->why_size, format, args);
  va_end(args);
  return -1;
}

static int check_magic(const struct opening *o)
{
  size_t n = o->size < 8 ? o->size : 8;
  if ((uintptr_t)o->bytes % 8)
    return refuse(o, "not aligned in memory");
  if (!o->size)
    return refuse(o, "truncated: the file is empty");
  if (!memcmp(o->bytes, PLAN_MAGIC, n)) {
    if (o->size < sizeof *o->h)
      return refuse(o, "truncated: %zu bytes are less than a header", o->size);
    return 0;
  }
  if (n > 6 && !memcmp(o->bytes, PLAN_MAGIC, 6))
    return refuse(o, "damaged: line ends were changed, as by a copy in text mode");
  return refuse(o, "not a plan: it does not begin as one");
}

static int check_versions(const struct opening *o)
{
  const struct plan_header *h = o->h;
  if (!h->oldest_reader || h->oldest_reader > h->version)
    return refuse(o, "damaged: version %u, for readers of version %u",
                  h->version, h->oldest_reader);
  if (h->oldest_reader > PLAN_VERSION)
    return refuse(o, "too new: needs a reader of version %u, this one is of "
                  "version %u", h->oldest_reader, (unsigned)PLAN_VERSION);
  return 0;
}

static int check_size(const struct opening *o)
{
  if (o->h->size > o->size)
    return refuse(o, "truncated: %zu of %u bytes", o->size, o->h->size);
  if (o->h->size < o->size)
    return refuse(o, "damaged: %zu bytes behind its end",
                  o->size - o->h->size);
  return 0;
}

static int check_checksum(const struct opening *o)
{
  struct plan_header h = *o->h;
  h.checksum = 0;
  XXH3_state_t *s = XXH3_createState();
  if (!s)
    return refuse(o, "out of memory");
  XXH3_64bits_reset(s);
  XXH3_64bits_update(s, &h, sizeof h);
  XXH3_64bits_update(s, o->bytes + sizeof h, o->size - sizeof h);
  uint64_t sum = XXH3_64bits_digest(s);
  XXH3_freeState(s);
  if (sum != o->h->checksum)
    return refuse(o, "damaged: its bytes do not match its checksum");
  return 0;
}

// Sections of later versions follow those that this one knows.
static int check_section_count(const struct opening *o, uint64_t *end)
{
  uint32_t n = o->h->n_sections;
  *end = offsetof(struct plan_header, sections) +
         (uint64_t)n * sizeof(struct plan_section);
  if (n < PLAN_TABLE_COUNT || *end > o->size ||
      (n > PLAN_TABLE_COUNT && o->h->version <= PLAN_VERSION))
    return refuse(o, "damaged: %u sections", n);
  return 0;
}

static const char *const section_names[PLAN_TABLE_COUNT] = {
#define NAME(table, type, FIELDS) [PLAN_##table] = #table,
  PLAN_TABLES(NAME)
#undef NAME
  [PLAN_code] = "code", [PLAN_text] = "text",
};

static const size_t record_sizes[PLAN_TABLE_COUNT] = {
#define SIZE(table, type, FIELDS) [PLAN_##table] = sizeof(struct type),
  PLAN_TABLES(SIZE)
#undef SIZE
  [PLAN_code] = sizeof(struct plan_code), [PLAN_text] = 1,
};

// Zeroes fill what lies between the end of a section and the next.
static bool is_filled(const struct opening *o, uint64_t from, uint64_t to)
{
  for (; from < to; from++)
    if (o->bytes[from])
      return false;
  return true;
}

// Each section begins where the one before ended, at the next multiple of 8.
static int check_sections(const struct opening *o)
{
  uint64_t end;
  if (check_section_count(o, &end))
    return -1;
  for (unsigned i = 0; i < PLAN_TABLE_COUNT; i++) {
    const struct plan_section *s = &o->h->sections[i];
    uint64_t begin = (end + 7) & ~7ull;
    if (s->offset != begin)
      return refuse(o, "damaged: section %s begins at %u, not at %llu",
                    section_names[i], s->offset, (unsigned long long)begin);
    if (begin > o->size || s->count > (o->size - begin) / record_sizes[i])
      return refuse(o, "damaged: section %s goes beyond the end",
                    section_names[i]);
    if (!is_filled(o, end, begin))
      return refuse(o, "damaged: something lies before section %s",
                    section_names[i]);
    end = begin + (uint64_t)s->count * record_sizes[i];
  }
  bool last = o->h->n_sections == PLAN_TABLE_COUNT;
  if (last && (((end + 7) & ~7ull) != o->size || !is_filled(o, end, o->size)))
    return refuse(o, "damaged: something lies behind the last section");
  return 0;
}

static struct plan view(const struct opening *o)
{
  struct plan p = {.header = o->h};
#define VIEW(table, type, FIELDS)                                              \
  p.table = (const void *)(o->bytes + o->h->sections[PLAN_##table].offset);    \
  p.n_##table = o->h->sections[PLAN_##table].count;
  PLAN_TABLES(VIEW)
#undef VIEW
  p.code = (const void *)(o->bytes + o->h->sections[PLAN_code].offset);
  p.n_code = o->h->sections[PLAN_code].count;
  p.text = o->bytes + o->h->sections[PLAN_text].offset;
  p.n_text = o->h->sections[PLAN_text].count;
  return p;
}

int plan_open(struct plan *out, const void *bytes, size_t size, char *why,
              size_t why_size)
{
  struct opening o = {bytes, size, bytes, why, why_size};
  if (check_magic(&o) || check_versions(&o) || check_size(&o) ||
      check_checksum(&o) || check_sections(&o))
    return -1;
  struct plan p = view(&o);
  if (plan_verify(&p, why, why_size))
    return -1;
  *out = p;
  return 0;
}
