// Codec: values to and from bytes, by their type.
//
// Everything that enters is distrusted here and trusted behind it. Reading
// follows Pydantic's lax mode; every offence of an input is recorded, with its
// path, so that a 422 answer can list them all.
#ifndef SG_CODEC_H
#define SG_CODEC_H

#include "grammar/base/json_text.h"
#include "runtime/value/value.h"

// ---- offences: the entries of a 422 answer's "detail" ----
struct offence {
  struct offence *next;
  const char *type; // Pydantic's: "missing", "int_parsing", …
  const char *loc;  // JSON array text: ["body",1,1]
  const char *msg;
  const char *input; // JSON text of what came, or NULL
  const char *ctx;   // JSON object text, or NULL
};
struct offences {
  struct arena *arena;
  struct offence *first, **last; // last: NULL while empty
  uint32_t count;                // more than 1 000 are counted, not kept
  const char *fault;             // what failed here, no offence; or NULL
};
void offence_add(struct offences *o, const char *type, const char *loc,
                 const char *input, const char *ctx, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
// {"detail":[…]}
void offences_print(const struct offences *o, struct buf *out);

// Where in the input: a chain of frames on the C stack, printed only for an
// offence.
struct loc {
  const struct loc *up;
  const char *key; // a name, or NULL for an index
  size_t key_size;
  uint32_t index;
};

struct decode {
  const struct plan *plan;
  struct arena *arena; // values go here; text may borrow `input` (which must
                       // outlive them)
  struct offences *offences; // NULL: only whether it can be read is wanted
};

// JSON text into a value of `type` (a full type: constraints are checked).
// False if there were offences; then *out is unset. Malformed JSON is the one
// offence json_invalid, whose loc is ["body", offset].
bool json_decode(struct decode *d, uint32_t type, const char *input,
                 size_t size, const struct loc *at, value *out);
// The same in one pass. False, and nothing is said, where that cannot be done
// or there are offences.
bool json_quick(struct decode *d, uint32_t type, const char *input, size_t size,
                value *out);
// The same where a parameter may be a JSON string that holds JSON.
bool json_decode_nested(struct decode *d, uint32_t type, const char *input,
                        size_t size, const struct loc *at, value *out);
// Several body parameters as fields of one object.
struct json_part {
  const char *key;
  uint32_t type;
  const value *fallback;
  value *out;
};
bool json_decode_parts(struct decode *d, const struct json_part *parts,
                       uint32_t n, const char *input, size_t size,
                       const struct loc *at);
// Any JSON text as a json value, for who reads it by himself; NULL with
// json_invalid. Numbers that an int or float cannot hold are in it as JSON_BIG,
// whose text has their digits; json_convert_input knows them.
enum { JSON_BIG = JSON_MAP + 1 };
const struct json *json_parse(struct decode *d, const char *input, size_t size,
                              const struct loc *at);
// Records an offence of `from` at `at`; always false. Records nothing when
// `d->offences` is NULL. `ctx`: JSON text, or NULL.
bool offence_at(struct decode *d, const struct json *from, const struct loc *at,
                const char *type, const char *ctx, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
// The same with Pydantic's type value_error, whose context repeats the words.
bool offence_value(struct decode *d, const struct json *from,
                   const struct loc *at, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

// Text from a query, path, header, cookie or form field into a scalar (or str,
// enumeration, optional of one), by the same rules; `input` is decoded text.
bool scalar_decode(struct decode *d, uint32_t type, const char *input,
                   size_t size, const struct loc *at, value *out);
// A json value into a type and back (`let hits: [str] = response.json`).
bool json_convert(struct decode *d, uint32_t type, const struct json *from,
                  const struct loc *at, value *out);
// The same for what json_parse gave, whose numbers have yet to be judged.
bool json_convert_input(struct decode *d, uint32_t type,
                        const struct json *from, const struct loc *at,
                        value *out);
const struct json *json_of(struct arena *a, const struct plan *p, uint32_t type,
                           value v);

// ---- out ----
// Compact JSON as Python's json.dumps(ensure_ascii=False, separators=(",",
// ":")). False: a number that is not finite, and nothing is appended that
// matters.
bool json_encode(const struct plan *p, uint32_t type, value v, struct buf *out);
// Python's repr(), and what an interpolated string shows (str()).
void value_repr(const struct plan *p, uint32_t type, value v, struct buf *out);
void value_text(const struct plan *p, uint32_t type, value v, struct buf *out);

// Gets ready for a plan: its patterns are compiled. False with one line of
// reason.
bool codec_prepare(const struct plan *p, char *why, size_t why_size);

// A constant of the plan as a value (text borrows the plan).
bool const_value(struct arena *a, const struct plan *p, uint32_t index,
                 value *out);

// A time of day as RFC 3339; its length (moment.c).
size_t moment_print_time(char out[40], int64_t ns);

#endif
