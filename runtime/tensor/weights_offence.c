// What does not fit of weights, in words: all of it in one line.
#include "runtime/tensor/weights_bind.h"

#include "grammar/base/json_text.h"
#include "runtime/codec/tensor.h"

enum { OFFENCES_SHOWN = 20 };

static const char *dtype_name(enum dtype t)
{
  static const char *const names[DTYPES] = {
#define DTYPE(name, bytes, numpy) #name,
#include "grammar/defs/dtypes.def"
#undef DTYPE
  };
  return names[t];
}

// Begins one, unless there are too many to be shown.
static bool begin(struct binder *b)
{
  if (b->n_offences++ >= OFFENCES_SHOWN)
    return false;
  if (b->n_offences > 1)
    buf_adds(b->offences, "; ");
  if (b->path.size)
    weight_name(b->offences, b->path.data, b->path.size);
  else
    buf_adds(b->offences, "it");
  return true;
}

void offence_missing(struct binder *b)
{
  if (begin(b))
    buf_adds(b->offences, " is missing");
  if (!b->missing)
    b->missing = text_new(b->scratch, b->path.data, b->path.size);
}

void offence_other(struct binder *b, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  if (begin(b)) {
    buf_addc(b->offences, ' ');
    buf_addv(b->offences, format, args);
  }
  va_end(args);
}

void offence_dtype(struct binder *b, const struct safetensors_entry *e,
                   enum dtype want)
{
  const char *name = safetensors_dtype_names[e->dtype];
  if (safetensors_dtype_here(e->dtype) == DTYPES)
    offence_other(b, "is %s, which is no element type here", name);
  else
    offence_other(b, "is %s, and cannot become %s", name, dtype_name(want));
}

void offence_shape(struct binder *b, const struct safetensors_entry *e,
                   const struct plan_type *want, const struct binding_dim *dim)
{
  struct buf *out = b->offences;
  if (!begin(b))
    return;
  buf_adds(out, " is ");
  shape_print(e->dims, e->rank, out);
  buf_adds(out, ", not ");
  dims_print(b->plan, want->fields, out);
  if (!dim)
    return;
  buf_addf(out, ", where %s is %lld by ", dim->name, (long long)dim->size);
  weight_name(out, dim->by->data, dim->by->size);
}

// ---- the end ----

// Where whole parts of a name are this one, or NULL.
static const char *part_of(const struct text *t, const char *part, size_t size)
{
  const char *at = t->data, *end = at + t->size;
  while ((at = memmem(at, (size_t)(end - at), part, size))) {
    bool begins = at == t->data || at[-1] == '.';
    if (begins && (at + size == end || at[size] == '.'))
      return at;
    at++;
  }
  return NULL;
}

// Models are saved with and without the name of a part before all others.
static void hint_prefix(struct binder *b, struct buf *why)
{
  const char *name = b->missing->data + b->root;
  size_t size = b->missing->size - b->root;
  for (uint32_t i = 0; size && i < b->folder.n_places; i++) {
    const struct text *t = b->folder.places[i].name;
    const char *at = part_of(t, name, size);
    if (!at)
      continue;
    buf_adds(why, "; but ");
    weight_name(why, t->data, t->size);
    buf_adds(why, " is there: is it `prefix: \"");
    json_escape(t->data, at > t->data ? (size_t)(at - t->data) - 1 : 0, why);
    buf_adds(why, "\"`?");
    return;
  }
}

void offences_conclude(struct binder *b, const char *path, struct buf *why)
{
  if (b->exhausted || b->offences->failed) {
    buf_addf(why, "%s: out of memory", path);
    return;
  }
  buf_addf(why, "%s: ", path);
  if (b->n_offences > 1)
    buf_addf(why, "%u do not fit: ", (unsigned)b->n_offences);
  buf_add(why, b->offences->data, b->offences->size);
  if (b->n_offences > OFFENCES_SHOWN)
    buf_addf(why, "; and %u more", (unsigned)b->n_offences - OFFENCES_SHOWN);
  if (b->missing)
    hint_prefix(b, why);
}
