// Reads the signatures of ops.def. A row that does not parse is a defect of
// this program and ends it.
#include "grammar/defs/signature_read.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "grammar/base/arena.h"

static const char *const type_words[TYPE_KINDS] = {
#define TYPE(name, text, form, part) text,
#include "grammar/defs/types.def"
#undef TYPE
};
static const char *const dtype_words[DTYPES] = {
#define DTYPE(name, bytes, numpy) #name,
#include "grammar/defs/dtypes.def"
#undef DTYPE
};

struct reader {
  struct signature *row;
  const char *at;
};

_Noreturn static void bad_row(const struct reader *r, const char *expected)
{
  fprintf(stderr, "ops.def: %s %s: %s expected at '%s'\n", r->row->name,
          r->row->text, expected, r->at);
  abort();
}

static void skip_space(struct reader *r)
{
  while (*r->at == ' ')
    r->at++;
}

static bool take(struct reader *r, const char *token)
{
  skip_space(r);
  size_t n = strlen(token);
  if (strncmp(r->at, token, n))
    return false;
  r->at += n;
  return true;
}

static void need(struct reader *r, const char *token)
{
  if (!take(r, token))
    bad_row(r, token);
}

// The length of the name that comes next.
static size_t word_size(struct reader *r)
{
  skip_space(r);
  size_t n = strspn(r->at, "abcdefghijklmnopqrstuvwxyz"
                           "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
  if (!n)
    bad_row(r, "a name");
  return n;
}

static bool is_word(const char *text, size_t size, const char *word)
{
  return strlen(word) == size && !memcmp(text, word, size);
}

// Nothing can be said without the rows, by whichever program it is.
static void no_memory(void)
{
  fprintf(stderr, "%s: out of memory\n", program_invocation_short_name);
  _exit(1);
}

static struct arena trees = {.exhausted = no_memory};

static struct signature_type *new_type(int form)
{
  struct signature_type *t = ARENA_NEW(&trees, struct signature_type);
  t->form = form;
  return t;
}

static struct signature_type *new_kind(enum type_kind kind)
{
  struct signature_type *t = new_type(SIGNATURE_KIND);
  t->kind = kind;
  return t;
}

static const struct signature_type *read_type(struct reader *r);

static void add_part(struct reader *r, struct signature_type *t)
{
  if (t->count == sizeof t->parts / sizeof *t->parts)
    bad_row(r, "fewer parts");
  t->parts[t->count++] = read_type(r);
}

static bool takes_part(enum type_kind kind)
{
  return kind == TYPE_map || kind == TYPE_stream || kind == TYPE_step;
}

// ---- tensors ----
static uint32_t dim_name(struct reader *r, const char *word, size_t size)
{
  struct signature *s = r->row;
  for (uint32_t i = 0; i < s->n_dims; i++)
    if (is_word(word, size, s->dims[i]))
      return i;
  if (s->n_dims == SIGNATURE_DIMS)
    bad_row(r, "fewer dimensions");
  s->dims[s->n_dims] = arena_copy(&trees, word, size);
  return s->n_dims++;
}

static uint32_t run_name(struct reader *r, const char *word, size_t size)
{
  char dotted[32];
  int n = snprintf(dotted, sizeof dotted, "..%.*s", (int)size, word);
  return dim_name(r, dotted, (size_t)n);
}

// `..`, `..x` and `.._`, behind the dots.
static struct signature_dim read_run(struct reader *r)
{
  size_t n = strspn(r->at, "abcdefghijklmnopqrstuvwxyz_");
  const char *word = r->at;
  r->at += n;
  if (is_word(word, n, "_"))
    return (struct signature_dim){.kind = DIM_UNKNOWN_RUN};
  return (struct signature_dim){.kind = DIM_RUN, .name = run_name(r, word, n)};
}

// `x & y`, where x has been read.
static struct signature_dim read_broadcast(struct reader *r, const char *word,
                                           size_t size)
{
  struct signature_dim d = {.kind = DIM_BROADCAST};
  d.runs[d.n_runs++] = run_name(r, word, size);
  while (take(r, "&")) {
    if (d.n_runs == sizeof d.runs / sizeof *d.runs)
      bad_row(r, "fewer runs");
    size_t n = word_size(r);
    d.runs[d.n_runs++] = run_name(r, r->at, n);
    r->at += n;
  }
  return d;
}

static struct signature_dim read_dim(struct reader *r)
{
  if (take(r, ".."))
    return read_run(r);
  size_t n = word_size(r);
  const char *word = r->at;
  r->at += n;
  if (is_word(word, n, "_"))
    return (struct signature_dim){.kind = DIM_UNKNOWN};
  if (*word >= '0' && *word <= '9')
    return (struct signature_dim){.kind = DIM_NUMBER, .size = atoll(word)};
  skip_space(r);
  if (*r->at == '&')
    return read_broadcast(r, word, n);
  return (struct signature_dim){.kind = DIM_NAME, .name = dim_name(r, word, n)};
}

static void read_elements(struct reader *r, struct signature_tensor *t)
{
  size_t n = word_size(r);
  const char *letter = n == 1 ? strchr("EFIN", *r->at) : NULL;
  for (unsigned i = 0; i < DTYPES && !letter; i++)
    if (is_word(r->at, n, dtype_words[i])) {
      t->dtype = (enum dtype)i;
      r->at += n;
      return;
    }
  if (!letter)
    bad_row(r, "an element type");
  t->variable = true;
  t->of = *letter == 'E'   ? ELEMENT_E
          : *letter == 'F' ? ELEMENT_F
          : *letter == 'I' ? ELEMENT_I
                           : ELEMENT_N;
  r->at += n;
}

// What stands behind the word `tensor`: nothing, or elements and dimensions.
static const struct signature_tensor *read_tensor(struct reader *r)
{
  skip_space(r);
  if (!*r->at || strchr(",)]?-=", *r->at))
    return NULL;
  struct signature_tensor *t = ARENA_NEW(&trees, struct signature_tensor);
  read_elements(r, t);
  need(r, "[");
  if (take(r, "]"))
    return t;
  do {
    if (t->n_dims == SIGNATURE_RANK)
      bad_row(r, "fewer dimensions");
    t->dims[t->n_dims++] = read_dim(r);
  } while (take(r, ","));
  need(r, "]");
  return t;
}

// ---- types ----
static struct signature_type *read_word(struct reader *r)
{
  size_t n = word_size(r);
  const char *word = r->at;
  r->at += n;
  if (n == 1 && *word >= 'T' && *word < 'T' + SIGNATURE_VARIABLES) {
    struct signature_type *t = new_type(SIGNATURE_VARIABLE);
    t->variable = (uint32_t)(*word - 'T');
    return t;
  }
  if (is_word(word, n, "number"))
    return new_type(SIGNATURE_NUMBER);
  if (is_word(word, n, "scalar"))
    return new_type(SIGNATURE_SCALAR);
  for (unsigned i = 0; i < TYPE_KINDS; i++)
    if (is_word(word, n, type_words[i])) {
      struct signature_type *t = new_kind((enum type_kind)i);
      if (takes_part((enum type_kind)i))
        add_part(r, t);
      if (i == TYPE_tensor)
        t->tensor = read_tensor(r);
      return t;
    }
  r->at = word;
  bad_row(r, "a type");
}

static struct signature_type *read_primary(struct reader *r)
{
  struct signature_type *t;
  if (take(r, "[")) {
    t = new_kind(TYPE_list);
    add_part(r, t);
    need(r, "]");
  } else if (take(r, "(")) {
    t = new_kind(TYPE_tuple);
    do
      add_part(r, t);
    while (take(r, ","));
    need(r, ")");
  } else {
    t = read_word(r);
  }
  return t;
}

static const struct signature_type *read_type(struct reader *r)
{
  struct signature_type *t = read_primary(r);
  while (take(r, "?")) {
    struct signature_type *o = new_kind(TYPE_optional);
    o->count = 1;
    o->parts[0] = t;
    t = o;
  }
  return t;
}

static char *copy(const char *text, size_t size)
{
  return arena_copy(&trees, text, size);
}

// The text of a default: up to the next comma or bracket outside of quotes.
static const char *read_default(struct reader *r)
{
  skip_space(r);
  const char *start = r->at;
  bool quoted = false;
  for (; *r->at && (quoted || !strchr(",)", *r->at)); r->at++)
    quoted ^= *r->at == '"';
  return copy(start, (size_t)(r->at - start));
}

static void read_param(struct reader *r, struct signature *s)
{
  if (s->n_params == SIGNATURE_PARAMS)
    bad_row(r, "fewer parameters");
  size_t n = word_size(r);
  s->params[s->n_params].name = copy(r->at, n);
  r->at += n;
  need(r, ":");
  s->params[s->n_params].type = read_type(r);
  if (take(r, "="))
    s->params[s->n_params].value = read_default(r);
  s->n_params++;
}

void signature_read(struct signature *s)
{
  struct reader r = {s, s->text};
  need(&r, "(");
  if (!take(&r, ")")) {
    do
      read_param(&r, s);
    while (take(&r, ","));
    need(&r, ")");
  }
  need(&r, "->");
  s->result = read_type(&r);
  if (*r.at)
    bad_row(&r, "the end");
}
