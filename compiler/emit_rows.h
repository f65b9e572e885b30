// What the files of emission share.
#ifndef SG_EMIT_ROWS_H
#define SG_EMIT_ROWS_H

#include "compiler/compile.h"
#include "compiler/lines.h"
#include "compiler/lower.h"
#include "grammar/plan/build.h"

struct emit {
  struct compile *c;
  struct program *program;
  struct plan_builder b;
  struct lines lines;
  struct type *
      *open; // types that have a number, but whose row is not filled yet
  uint32_t n_open, room_open;
  uint8_t *futures; // by number of a type: whether it holds any
  uint32_t n_futures, room_futures;
};

struct place {
  uint32_t file, line, column;
};

struct place emit_place(struct emit *e, struct span s);
struct plan_text emit_text(struct emit *e, const char *text); // NULL is empty
struct plan_text emit_name(struct emit *e, atom name);
uint32_t emit_type(struct emit *e, const struct type *t);
uint32_t emit_base(struct emit *e, const struct type *t);
uint32_t emit_const(struct emit *e, const struct constant *c); // of a base type
uint32_t emit_const_or_none(struct emit *e, const struct constant *c);
struct plan_run emit_settings(struct emit *e, const struct setting *s);
void emit_function(struct emit *e, const struct function *f);

#endif
