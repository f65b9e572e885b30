// What the files of the codec share. Private to runtime/codec.
//
// JSON text is read in two ways. The quick way (read.c) goes from the bytes
// straight to a value of the wanted type and gives up at whatever is unusual.
// The thorough way (tree.c, convert.c) first makes a json value of the whole
// input and then converts it, recording every offence in Pydantic's order. What
// the quick way accepts, the thorough way reads as the same value.
#ifndef SG_CODEC_PARTS_H
#define SG_CODEC_PARTS_H

#include "grammar/base/regex.h"
#include "grammar/base/number.h"
#include "runtime/codec/codec.h"
#include "runtime/codec/scan.h"

enum {
  PRINT_DEPTH = 4000, // of what a program has made
  OUT_MOST = 1 << 30, // bytes of one value as text
};

// Values whose number is not known yet. The oldest lie where the owner says.
struct stack {
  struct arena *arena;
  value *items;
  uint32_t count, room;
};
bool stack_push(struct stack *s, value v);

// ---- tree.c ----
// A whole text as json; NULL with `s->error`, or without it when the arena is
// exhausted. Behind the value only white space may stand.
const struct json *tree_read(struct scan *s, struct arena *a);
const struct json *tree_read_part(struct scan *s, struct arena *a); // a value
// Appends json, also a tree with JSON_BIG; up to about `limit` bytes, and false
// when that was not enough. Numbers that are not finite: false if `strict`.
bool tree_print(const struct json *j, bool strict, size_t limit,
                struct buf *out);

// ---- read.c, read_tensor.c ----
bool read_typed(struct decode *d, uint32_t type, struct scan *s, value *out);
bool read_tensor(struct decode *d, uint32_t type, struct scan *s, value *out);

// ---- offence.c ----
const char *loc_print(const struct loc *at, struct arena *a);
// ---- convert.c, scalar.c ----
bool convert_scalar(struct decode *d, uint32_t type, const struct json *from,
                    const struct loc *at, value *out);
bool convert_number(struct decode *d, const struct json *from,
                    const struct loc *at, double *out); // as a float
bool convert_tensor(struct decode *d, uint32_t type, const struct json *from,
                    const struct loc *at, value *out);
bool convert_big(struct decode *d, const struct json *from,
                 const struct loc *at); // a number that json cannot hold
bool default_value(struct decode *d, const struct plan_field *f, value *out);

// ---- limits.c ----
bool limits_hold(struct decode *d, uint32_t type, value v,
                 const struct json *from, const struct loc *at);
bool limits_items(struct decode *d, uint32_t type, uint32_t count, bool most,
                  const struct json *from, const struct loc *at);
// What it costs too much to find is not there.
enum regex_result pattern_find(struct plan_text pattern, const struct plan *p,
                               const struct text *text);

// ---- moment.c: durations and times as text ----
// NULL, or what is wrong in Pydantic's words.
const char *moment_read_duration(const char *text, size_t size, int64_t *ns);
const char *moment_read_time(const char *text, size_t size, int64_t *ns);
// Days from 1970-01-01 to a day of the Gregorian calendar, and back.
int64_t moment_days(int64_t y, int64_t m, int64_t d);
void moment_date(int64_t days, int64_t *y, int64_t *m, int64_t *d);

// ---- appending ----
static inline void put_float(struct buf *b, double x)
{
  if (buf_reserve(b, NUMBER_TEXT))
    b->size += number_print_float(b->data + b->size, x);
}

void put_base64(const struct text *t, struct buf *b); // of bytes

// Nested lists, with blanks behind commas if `wide`; false: not finite.
bool tensor_print(const struct tensor *t, bool wide, struct buf *out);

// Python's repr() of a str.
void repr_text(const char *text, size_t size, struct buf *out);
void repr_json(const struct json *j, struct buf *out);
// A text over bytes that stay; NULL when the arena is exhausted.
const struct text *text_over(struct arena *a, const char *data, size_t size,
                             size_t length);

#endif
