// The writer of plans: tables that grow, then one image of bytes.
//
// Rows are added in any order and may be changed until plan_finish (as in
// `b.functions.rows[f].code = …`; pointers to rows last until the next row of
// that table). A run is rows added one right after another. The same calls
// give the same bytes. Everything lies in the arena; a failed allocation shows
// at plan_finish.
#ifndef SG_PLAN_BUILD_H
#define SG_PLAN_BUILD_H

#include "grammar/base/arena.h"
#include "grammar/plan/plan.h"

struct plan_builder {
  struct arena *arena; // borrowed
  bool failed;         // out of memory, or more than 32 bits can count
#define PLAN_GROWS(table, type, FIELDS)                                        \
  struct {                                                                     \
    struct type *rows;                                                         \
    uint32_t n, room;                                                          \
  } table;
  PLAN_TABLES(PLAN_GROWS)
#undef PLAN_GROWS
  struct {
    struct plan_code *rows;
    uint32_t n, room;
  } code;
  struct {
    char *rows;
    uint32_t n, room;
  } text;
  struct plan_set { // open addressing: numbers + 1 by hash
    uint32_t *slots;
    uint32_t n, room;
  } texts, scalars;
  struct plan_text *interned;
  uint32_t interned_room;
};

void plan_builder_init(struct plan_builder *b, struct arena *arena);

// Adds `count` rows of `size` bytes to the table that begins at `rows`; the
// number of the first.
uint32_t plan_grow(struct plan_builder *b, void *rows, uint32_t *n,
                   uint32_t *room, size_t size, const void *from,
                   uint32_t count);

// Room for `count` rows more of `size` bytes, so that adding them moves nothing.
void plan_reserve(struct plan_builder *b, void *rows, uint32_t n,
                  uint32_t *room, size_t size, uint32_t count);

// For each table: uint32_t plan_add_types(b, row), the number of the new row,
// struct plan_run plan_add_run_types(b, rows, count), and
// plan_reserve_types(b, count).
#define PLAN_ADD(table, type)                                                  \
  static inline void plan_reserve_##table(struct plan_builder *b,              \
                                          uint32_t count)                      \
  {                                                                            \
    plan_reserve(b, &b->table.rows, b->table.n, &b->table.room,                \
                 sizeof *b->table.rows, count);                                \
  }                                                                            \
  static inline uint32_t plan_add_##table(struct plan_builder *b,              \
                                          struct type row)                     \
  {                                                                            \
    return plan_grow(b, &b->table.rows, &b->table.n, &b->table.room,           \
                     sizeof row, &row, 1);                                     \
  }                                                                            \
  static inline struct plan_run plan_add_run_##table(                          \
      struct plan_builder *b, const struct type *rows, uint32_t count)         \
  {                                                                            \
    return (struct plan_run){plan_grow(b, &b->table.rows, &b->table.n,         \
                                       &b->table.room, sizeof *rows, rows,     \
                                       count),                                 \
                             count};                                           \
  }
#define PLAN_ADD_TABLE(table, type, FIELDS) PLAN_ADD(table, type)
PLAN_TABLES(PLAN_ADD_TABLE)
PLAN_ADD(code, plan_code)
#undef PLAN_ADD_TABLE
#undef PLAN_ADD

// ---- text ----
// Equal bytes are stored once. The empty text needs no call: it is {0, 0}.
struct plan_text plan_intern_text(struct plan_builder *b, const char *data,
                                  size_t size);
struct plan_text plan_intern(struct plan_builder *b, const char *text);

// ---- constants; equal scalars are stored once ----
uint32_t plan_const_bits(struct plan_builder *b, uint32_t type, uint64_t bits);
uint32_t plan_const_int(struct plan_builder *b, uint32_t type, int64_t value);
uint32_t plan_const_float(struct plan_builder *b, uint32_t type, double value);
uint32_t plan_const_text(struct plan_builder *b, uint32_t type,
                         const char *data, size_t size);
// Of other constants: elements of a list, parts of a tuple or record, keys and
// values of a map by turns, what an optional holds (or nothing).
uint32_t plan_const_run(struct plan_builder *b, uint32_t type,
                        const uint32_t *parts, uint32_t count);
uint32_t plan_const_union(struct plan_builder *b, uint32_t type, uint32_t tag,
                          uint32_t payload);

// ---- code ----
// An instruction whose b and c hold one number of 32 bits.
static inline struct plan_code plan_code_wide(enum opcode op, uint32_t a,
                                              uint32_t wide)
{
  return (struct plan_code){(uint16_t)op, (uint16_t)a, (uint16_t)wide,
                            (uint16_t)(wide >> 16)};
}
// Makes the jump (or try) at number `at` of the table go to number `to`.
void plan_aim(struct plan_builder *b, uint32_t at, uint32_t to);

// The image, 8-aligned, in the builder's arena: 0, or -1 when memory ran out
// or the plan is larger than 4 GiB. Does not verify.
int plan_finish(struct plan_builder *b, const void **bytes, size_t *size);

// Writes the checksum of an image that was changed, for tests.
void plan_seal(void *bytes, size_t size);

#endif
