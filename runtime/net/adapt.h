// Adapters: from a request's body to a value, for `x: T from name`.
//
// What they need of a request is a small struct, so that they can be tested
// without HTTP. Values may borrow its texts. Every input is distrusted; what is
// wrong is recorded as offences for a 422 answer.
#ifndef SG_ADAPT_H
#define SG_ADAPT_H

#include "runtime/codec/codec.h"

struct adapt_pair {
  const char *name, *value;
  size_t name_size, value_size;
};

struct adapt_input {
  const char *content_type; // NUL-terminated, or NULL
  const char *body;         // not NUL-terminated
  size_t size;
  const char *query; // as sent, without '?'
  size_t query_size;
  const char *method, *path, *client, *id; // for `request`
  const struct adapt_pair *headers;        // names in lower case
  size_t n_headers;
};

// Reads into a value of `type`. False: offences, or none when the arena is
// exhausted.
bool adapt_decode(struct decode *d, enum adapter_kind kind, uint32_t type,
                  const struct adapt_input *in, value *out);

struct params;
// The same for a parameter of a route, with its default when there is no body.
bool adapt_read(struct params *p, const struct plan_param *param, value *out);

// ---- forms (adapt_form.c, adapt_multipart.c) ----
struct form_field {
  struct form_field *next;
  const char *name, *filename, *type, *data; // filename, type: NULL if not said
  size_t name_size, filename_size, type_size, size;
};
struct form {
  struct arena *arena;
  struct form_field *first, **last; // last: NULL while empty
  uint32_t count;
};
enum {
  FORM_FIELDS = 1000,
  FORM_HEAD = 16 << 10
}; // most parts, bytes of a head

// Each NULL, or what is wrong. Names and values are decoded; both borrow the
// body where nothing had to be.
const char *form_urlencoded(struct form *f, const char *body, size_t size);
const char *form_multipart(struct form *f, const char *content_type,
                           const char *body, size_t size);
bool form_is_multipart(const char *content_type);
bool form_add(struct form *f,
              struct form_field field); // false: NULL arena, or too many

// ---- one file each ----
bool adapt_form(struct decode *d, uint32_t type, const struct adapt_input *in,
                value *out);
bool adapt_ndarray(struct decode *d, uint32_t type,
                   const struct adapt_input *in, value *out);
bool adapt_multi_ndarray(struct decode *d, uint32_t type,
                         const struct adapt_input *in, value *out);
bool adapt_image(struct decode *d, uint32_t type, const struct adapt_input *in,
                 value *out);
bool adapt_table(struct decode *d, uint32_t type, const struct adapt_input *in,
                 value *out);

extern const struct loc adapt_body; // ["body"]

// ---- small json values ----
const struct json *json_new_text(struct arena *a, const char *data,
                                 size_t size);
const struct json *json_new(struct arena *a, enum json_kind kind, value as);
bool json_put(struct arena *a, struct map *m, const char *key,
              const struct json *item);

#endif
