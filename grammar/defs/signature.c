// Reads the signatures of ops.def and matches them against types.
//
// In: the rows, once; then types behind a struct type_reader. Out: trees that
// live as long as the process. A row that does not parse is a defect of this
// program and ends it at the first question.
#include "grammar/defs/signature.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "grammar/base/arena.h"

#define PURE OPERATOR_PURE
#define CLOCK OPERATOR_CLOCK
#define WAITS OPERATOR_WAITS
#define EFFECT OPERATOR_EFFECT

static struct signature rows[OPERATORS] = {
#define OPERATOR(row, title, signature, attrs, ns, about)                      \
  {.name = title, .id = OPERATOR_##row, .attributes = attrs, .cost = ns,       \
   .text = signature, .doc = about},
#include "grammar/defs/ops.def"
#undef OPERATOR
};
static pthread_once_t parsed = PTHREAD_ONCE_INIT;

static const char *const type_words[TYPE_KINDS] = {
#define TYPE(name, text, form, part) text,
#include "grammar/defs/types.def"
#undef TYPE
};

// ---- reading ----
struct reader {
  const struct signature *row;
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

static void read_row(struct signature *s)
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

static void read_rows(void)
{
  for (unsigned i = 0; i < OPERATORS; i++)
    read_row(&rows[i]);
}

const struct signature *signature_of(enum operator_id id)
{
  pthread_once(&parsed, read_rows);
  return &rows[id];
}

// ---- matching ----
static bool is_scalar(enum type_kind kind)
{
  return kind == TYPE_int || kind == TYPE_float || kind == TYPE_str ||
         kind == TYPE_duration || kind == TYPE_size || kind == TYPE_time;
}

static bool fits(const struct signature_type *s, const struct type_reader *r,
                 type_ref t, struct signature_match *m)
{
  if (!t)
    return false;
  if (s->form == SIGNATURE_VARIABLE) {
    type_ref *v = &m->variables[s->variable];
    if (*v)
      return r->same(r->owner, *v, t);
    *v = t;
    return true;
  }
  enum type_kind kind = r->kind(r->owner, t);
  if (s->form == SIGNATURE_NUMBER)
    return kind == TYPE_int || kind == TYPE_float;
  if (s->form == SIGNATURE_SCALAR)
    return is_scalar(kind);
  if (kind != s->kind)
    return false;
  if (kind == TYPE_tuple && r->parts(r->owner, t) != s->count)
    return false;
  for (uint32_t i = 0; i < s->count; i++)
    if (!fits(s->parts[i], r, r->part(r->owner, t, i), m))
      return false;
  return true;
}

bool signature_fits(const struct signature *s, const struct type_reader *r,
                    const type_ref *args, uint32_t n, struct signature_match *m)
{
  *m = (struct signature_match){0};
  for (; m->failed < n && m->failed < s->n_params; m->failed++)
    if (!fits(s->params[m->failed].type, r, args[m->failed], m))
      return false;
  return n == s->n_params;
}

bool signature_gives(const struct signature *s, const struct type_reader *r,
                     struct signature_match *m, type_ref result)
{
  return fits(s->result, r, result, m);
}
