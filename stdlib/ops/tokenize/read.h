// Reading what a folder says. JSON is read by the codec, which is strict; here
// it is known what each part of a tokenizer.json may ask for. What is not known
// is refused by name: a tokenizer that is nearly right is a wrong one.
#ifndef SG_TOKENIZE_READ_H
#define SG_TOKENIZE_READ_H

#include "runtime/codec/codec.h"
#include "stdlib/ops/tokenize/parts.h"

struct reading {
  struct files *f;
  struct arena *a;   // of the files' JSON; gone afterwards
  const char *where; // the part that is read
  char *why;
  size_t why_size;
};
// Fills in the reason; always false.
bool refuse(struct reading *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
bool refuse_memory(struct reading *r);

// ---- fields of an object; NULL is as good as not there ----
const struct json *field(const struct json *of, const char *name);
bool field_bool(struct reading *r, const struct json *of, const char *name,
                bool otherwise, bool *out);
bool field_int(struct reading *r, const struct json *of, const char *name,
               int64_t otherwise, int64_t *out);
// Copied into what stays; *text is NULL if it is not there.
bool field_text(struct reading *r, const struct json *of, const char *name,
                const char **text, uint32_t *size);
bool field_char(struct reading *r, const struct json *of, const char *name,
                uint32_t otherwise, uint32_t *out);
bool json_is(const struct json *j, const char *text);
char *keep_text(struct reading *r, const char *text, size_t size);

// An array of what stays, with one more at its end, which is zeroed; NULL: no
// memory, or too many.
void *one_more(struct reading *r, void *items, uint32_t *count, size_t one);

// What is read by its "type".
struct reader {
  const char *type;
  bool (*read)(struct reading *r, const struct json *from);
};
// The items of a Sequence, which are called `items`, are read one by one.
bool read_typed_part(struct reading *r, const struct json *from,
                     const char *where, const char *items,
                     const struct reader *readers, size_t n);

// ---- the parts ----
bool read_json(struct reading *r, const char *bytes, size_t size,
               const char *name, const struct json **out);
bool read_tokenizer(struct reading *r, const struct json *root);
bool read_normalizer(struct reading *r, const struct json *from);
bool read_cuts(struct reading *r, const struct json *from);
bool read_pattern(struct reading *r, const struct json *from,
                  struct pattern *out);
// What `prepend_scheme` and `add_prefix_space` say.
bool read_scheme(struct reading *r, const struct json *j, bool *prefix,
                 bool *first);
bool read_posts(struct reading *r, const struct json *from);
bool read_decoders(struct reading *r, const struct json *from);
bool read_model(struct reading *r, const struct json *from);
bool read_merge(struct reading *r, const char *left, size_t left_size,
                const char *right, size_t right_size, uint32_t rank);
bool read_vocabulary(struct reading *r, const struct json *vocab);
bool read_added(struct reading *r, const struct json *list);
bool added_put(struct reading *r, const struct added *one);
// What follows from all parts together.
bool read_finish(struct reading *r);

bool read_folder(struct reading *r, const char *folder);
bool read_file(struct reading *r, const char *folder, const char *name,
               char **bytes, size_t *size); // malloc'd; NULL if it is not there

#endif
