// Plans: any bytes, with size and checksum repaired, are refused with a reason,
// or can be printed and run, whatever they do.
//
// The mutator knows tables and records, since bytes moved by one are refused
// at once: it changes fields to values that may mean something.
#include <stdlib.h>
#include <string.h>

#include "grammar/plan/plan.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/plan_run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  void *bytes = malloc(size ? size : 1);
  memcpy(bytes, data, size);
  if (!plan_run(bytes, size))
    plan_run_repaired(bytes, size);
  free(bytes);
  return 0;
}

// ---- mutating ----
static const uint32_t record_words[PLAN_TABLE_COUNT] = {
#define WORDS(table, type, FIELDS) [PLAN_##table] = sizeof(struct type) / 4,
    PLAN_TABLES(WORDS)
#undef WORDS
};

static uint32_t next(uint64_t *state)
{
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(*state >> 33);
}

static uint32_t below(uint64_t *state, uint32_t n)
{
  return n ? next(state) % n : 0;
}

// A value that may mean something in place of `old`; `column` is the same
// field of another record.
static uint32_t other(uint64_t *s, uint32_t old, uint32_t column)
{
  switch (below(s, 8)) {
  case 0:
    return old + 1;
  case 1:
    return old - 1;
  case 2:
    return below(s, 64);
  case 3:
    return PLAN_NONE - below(s, 2);
  case 4:
    return next(s);
  case 5:
    return below(s, 8);
  default:
    return column;
  }
}

// Whether the section lies in the bytes.
static bool is_in(const struct plan_section *s, size_t record, size_t size)
{
  return s->count && s->offset % 8 == 0 && s->offset < size &&
         s->count <= (size - s->offset) / record;
}

static void change_code(uint8_t *data, const struct plan_section *s,
                        uint64_t *r)
{
  struct plan_code *code = (void *)(data + s->offset);
  struct plan_code *i = &code[below(r, s->count)];
  struct plan_code from = code[below(r, s->count)];
  switch (below(r, 6)) {
  case 0:
    i->op = (uint16_t)below(r, OPCODES);
    break;
  case 1:
    i->a = (uint16_t)other(r, i->a, from.a);
    break;
  case 2:
    i->b = (uint16_t)other(r, i->b, from.b);
    break;
  case 3:
    i->c = (uint16_t)other(r, i->c, from.c);
    break;
  case 4:
    i->b = (uint16_t)below(r, OPERATORS);
    break;
  default:
    *i = from;
  }
}

static void change_record(uint8_t *data, const struct plan_section *s,
                          uint32_t words, uint64_t *r)
{
  uint32_t *table = (uint32_t *)(data + s->offset);
  uint32_t field = below(r, words);
  uint32_t *to = &table[(size_t)below(r, s->count) * words + field];
  *to = other(r, *to, table[(size_t)below(r, s->count) * words + field]);
}

static void change(uint8_t *data, size_t size, uint64_t *r)
{
  const struct plan_header *h = (void *)data;
  uint32_t table = below(r, 2) ? below(r, PLAN_TABLE_COUNT) : PLAN_code;
  const struct plan_section *s = &h->sections[table];
  if (table == PLAN_code && is_in(s, sizeof(struct plan_code), size))
    change_code(data, s, r);
  else if (table == PLAN_text && is_in(s, 1, size))
    data[s->offset + below(r, s->count)] = (uint8_t)next(r);
  else if (table < PLAN_code && is_in(s, record_words[table] * 4u, size))
    change_record(data, s, record_words[table], r);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room,
                               unsigned seed)
{
  uint64_t r = seed;
  if (size < sizeof(struct plan_header) || !below(&r, 32))
    return LLVMFuzzerMutate(data, size, room);
  uint8_t *aligned = malloc(size);
  memcpy(aligned, data, size);
  for (uint32_t n = below(&r, 4) + 1; n; n--)
    change(aligned, size, &r);
  memcpy(data, aligned, size);
  free(aligned);
  return size;
}
