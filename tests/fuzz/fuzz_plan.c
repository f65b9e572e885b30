// Plans: any bytes, with size and checksum repaired, are refused with a reason,
// or can be printed and run, whatever they do.
//
// The mutator knows tables and records, since bytes moved by one are refused
// at once: it changes fields to values that may mean something.
#include <stdlib.h>
#include <string.h>

#include "grammar/base/buf.h"
#include "grammar/plan/build.h"
#include "runtime/vm/engine.h"
#include "tests/fuzz/fuzz.h"

enum { MEMORY = 4 << 20, TURNS = 100, CALLS = 8 };

// ---- running ----
static void call(struct engine *e, const struct plan *p, uint32_t function,
                 const value *defaults)
{
  const struct plan_function *f = &p->functions[function];
  struct arena arena = {.limit = MEMORY};
  struct request r = {.arena = &arena, .id = "fuzz",
                      .deadline = engine_now(e) + 1000000000};
  value *args = calloc(f->n_params + 1, sizeof *args);
  for (uint32_t k = 0; k < f->n_params; k++)
    args[k] = defaults[p->slots[f->slots.first + k].type];
  request_start(e, &r, function, args);
  if (!engine_run_until_done(e, &r))
    request_cancel(&r);
  free(args);
  arena_free(&arena);
}

static void run(const struct plan *p)
{
  char why[300] = "";
  struct arena arena = {0};
  struct engine *e;
  struct engine_options options = {.request_memory = MEMORY, .turns = TURNS};
  if (engine_new(&e, p, &options, why, sizeof why)) {
    if (!*why)
      abort();
    return;
  }
  value *defaults = value_defaults(&arena, p);
  if (!defaults)
    abort();
  for (uint32_t i = 0, n = 0; i < p->n_functions && n < CALLS; i++)
    if (p->functions[i].class == PLAN_NONE) { // it needs no replica
      call(e, p, i, defaults);
      n++;
    }
  engine_free(&e);
  arena_free(&arena);
}

static void print(const struct plan *p)
{
  struct buf out = {0};
  plan_dump(p, &out);
  if (out.failed)
    abort();
  buf_free(&out);
}

static bool is_plan(struct plan *p, const void *bytes, size_t size)
{
  char why[300] = "";
  if (!plan_open(p, bytes, size, why, sizeof why))
    return true;
  if (!*why || strchr(why, '\n')) // one line of reason
    abort();
  return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct plan p;
  void *bytes = malloc(size ? size : 1);
  memcpy(bytes, data, size);
  is_plan(&p, bytes, size); // as it is, then repaired
  if (size >= sizeof(struct plan_header)) {
    ((struct plan_header *)bytes)->size = (uint32_t)size;
    plan_seal(bytes, size);
  }
  if (is_plan(&p, bytes, size)) {
    print(&p);
    run(&p);
  }
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
