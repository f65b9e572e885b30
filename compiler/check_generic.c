// Functions of libraries. Each is checked when it is first called, so that what
// nobody calls costs nothing, and once for each choice of types:
//
//   fn sort_by[T, K](x: [T], key: fn(T) -> K) -> [T]
//
// What T and K are follows from the arguments, then from the place. A choice
// that the body cannot work with is reported at the call. Where `key` is written
// as a lambda or names a function, there is a sort_by for it alone, which calls it
// as its own helper: nothing is made at run time.
#include "compiler/checker.h"

#include <string.h>

enum { WORDS_MAX = 4 }; // names in the brackets of one function

struct choice { // of types for the names of one function
  struct body *b;
  struct symbol *s;
  const struct name *names;
  const struct type *open[WORDS_MAX]; // the variables
  const struct type *of[WORDS_MAX];   // what they are; NULL: not known yet
  uint32_t n;
  struct known_fn *known; // by parameter
  uint32_t n_known, n_captured;
  struct class *class; // whose fields these read, or NULL
};

// ---- variables ----

const struct type *type_word(struct checker *k, atom name)
{
  uint32_t i = 0;
  if (k->type_words)
    for (const struct name *n = k->type_words->names; n; n = n->next, i++)
      if (n->text == name)
        return k->type_words->types[i];
  return NULL;
}

static const struct type *variable(struct checker *k, const struct name *name)
{
  void **at = table_at(k->a, &k->variables, name->text);
  if (!*at) {
    struct type *t = type_declare(k->t, name->text, name->span, NULL);
    t->kind = TYPE_record; // one without fields, that nobody can name
    *at = t;
  }
  return *at;
}

static bool is_variable(struct checker *k, const struct type *t)
{
  return t->name && table_get(&k->variables, t->name) == t;
}

bool type_is_open(struct checker *k, const struct type *t)
{
  if (!k->variables.count || is_bad(t) || t->name)
    return k->variables.count && is_variable(k, t);
  if (t->of && type_is_open(k, t->of))
    return true;
  for (uint32_t i = 0; i < t->n_parts; i++)
    if (t->parts[i].type && type_is_open(k, t->parts[i].type))
      return true;
  return false;
}

// The type with what is known put in place of the variables.
static const struct type *chosen(struct choice *c, const struct type *t)
{
  struct checker *k = c->b->k;
  if (!type_is_open(k, t))
    return t;
  for (uint32_t i = 0; i < c->n; i++)
    if (c->open[i] == t)
      return c->of[i] ? c->of[i] : t;
  struct type_part *parts = ARENA_ARRAY(k->a, t->n_parts + 1, struct type_part);
  for (uint32_t i = 0; i < t->n_parts; i++) {
    parts[i] = t->parts[i];
    parts[i].type = chosen(c, t->parts[i].type);
  }
  if (t->kind == TYPE_callable)
    return type_callable(k->t, parts, t->n_parts, chosen(c, t->of));
  return t->of ? type_of(k->t, t->kind, chosen(c, t->of))
               : type_parts(k->t, t->kind, parts, t->n_parts);
}

// Learns from a value of type `t` where `wanted` stands. What does not fit is
// reported later, when the value is converted.
static void learn(struct choice *c, const struct type *wanted,
                  const struct type *t)
{
  struct checker *k = c->b->k;
  if (is_bad(t) || t == &type_never || !type_is_open(k, wanted))
    return;
  for (uint32_t i = 0; i < c->n; i++)
    if (c->open[i] == wanted) {
      const struct type *both = c->of[i] ? join(k, c->of[i], t) : t;
      c->of[i] = both ? both : c->of[i];
      return;
    }
  if (wanted->kind == TYPE_optional && t->kind != TYPE_optional) {
    if (t->kind != TYPE_none)
      learn(c, wanted->of, t);
    return;
  }
  if (wanted->kind == TYPE_callable && t->kind == TYPE_handle) {
    struct class_sym *class = (struct class_sym *)t->class;
    if (!class->run)
      return;
    t = callable_type(k, &class->run->sig);
  }
  if (is_bad(t) || wanted->kind != t->kind || wanted->n_parts != t->n_parts)
    return;
  if (wanted->of)
    learn(c, wanted->of, t->of);
  for (uint32_t i = 0; i < wanted->n_parts; i++)
    learn(c, wanted->parts[i].type, t->parts[i].type);
}

// ---- functions that are known ----

struct core *call_known(struct body *b, const struct known_fn *known,
                        struct arg *args, struct span at)
{
  const struct sig *s = &known->fn->sig;
  struct core **matched = match_args(b, s, args, at, 0);
  if (!matched)
    return core_bad(b->k, at);
  struct core **all = ARENA_ARRAY(b->k->a, known->n + s->n + 1, struct core *);
  for (uint32_t i = 0; i < known->n; i++)
    all[i] = core_local(b->k, known->inner[i], at);
  memcpy(all + known->n, matched, s->n * sizeof *all);
  struct core *x = core_new(b->k, CORE_CALL, dims_result(b->k, s, matched), at,
                            known->n + s->n);
  x->args = all;
  x->call.kind = SITE_function;
  x->call.function = &known->fn->f;
  mention(b, (struct mention){.fn = known->fn, .at = at});
  return x;
}

struct core *known_value(struct body *b, const struct known_fn *known,
                         struct span at)
{
  struct core *x = core_new(b->k, CORE_CLOSURE,
                            callable_type(b->k, &known->fn->sig), at, known->n);
  for (uint32_t i = 0; i < known->n; i++)
    x->args[i] = core_local(b->k, known->inner[i], at);
  x->closure.function = &known->fn->f;
  mention(b, (struct mention){.fn = known->fn, .at = at});
  return x;
}

static void find_known(struct choice *c, uint32_t n, struct core **values)
{
  struct checker *k = c->b->k;
  c->known = ARENA_ARRAY(k->a, n + 1, struct known_fn);
  for (uint32_t i = 0; i < n; i++) {
    struct core *x = values[i];
    if (x->kind != CORE_CLOSURE || !x->closure.function)
      continue;
    c->known[i] = (struct known_fn){
        (struct fn_sym *)x->closure.function, x->args, NULL, x->n_args};
    c->n_known++;
    c->n_captured += x->n_args;
    if (x->closure.function->class)
      c->class = x->closure.function->class;
  }
}

// ---- instances ----

// The signature with variables, which arguments are read against.
static const struct sig *open_signature(struct choice *c)
{
  struct checker *k = c->b->k;
  if (!c->s->instances)
    c->s->instances = NEW(k, struct table);
  void **at =
      table_at(k->a, c->s->instances, atom_of_text(&k->c->atoms, "open"));
  if (*at)
    return *at;
  struct sig *s = NEW(k, struct sig);
  *at = s;
  struct type_words words = {c->names, c->open};
  const struct type_words *before = k->type_words;
  struct space *from = space_enter(k, c->s->space);
  struct dims *around = dims_enter(k, NULL);
  k->type_words = &words;
  sig_of(k, s,
         arena_printf(k->a, "%s.%s", c->s->space->library->text,
                      c->s->name->text),
         c->s->span, &c->s->item->fn.c);
  k->type_words = before;
  dims_enter(k, around);
  space_enter(k, from);
  s->span = NO_SPAN;
  for (uint32_t i = 0; i < s->n; i++)
    s->params[i].span = NO_SPAN;
  return s;
}

// Its parameters, but what they captured in place of functions that are known.
static void leave_out_known(struct choice *c, struct fn_sym *f)
{
  struct checker *k = c->b->k;
  struct sig *whole = NEW(k, struct sig);
  *whole = f->sig;
  f->whole = whole;
  f->known = c->known;
  f->sig.params = ARENA_ARRAY(k->a, whole->n + c->n_captured + 1,
                              struct sig_param);
  f->sig.n = 0;
  for (uint32_t i = 0; i < whole->n; i++) {
    if (!c->known[i].fn)
      f->sig.params[f->sig.n++] = whole->params[i];
    for (uint32_t j = 0; j < c->known[i].n; j++)
      f->sig.params[f->sig.n++] =
          (struct sig_param){.type = c->known[i].captured[j]->type};
  }
}

// Checks the body; what is wrong with it is said by its first error.
static void check_instance(struct choice *c, struct fn_sym *f)
{
  struct checker *k = c->b->k;
  struct diags *to = k->d, found = {.arena = k->a};
  k->d = &found;
  fn_check(k, f, BODY_PLAIN, NULL);
  k->d = to;
  struct diag *d = found.first;
  while (d && d->severity != SEVERITY_ERROR)
    d = d->next;
  f->misfit = d ? d->message : NULL;
}

static void **instance_at(struct choice *c)
{
  struct checker *k = c->b->k;
  const char *key = "";
  uint32_t n = open_signature(c)->n;
  for (uint32_t i = 0; i < c->n; i++)
    key = arena_printf(k->a, "%s,%u", key, c->of[i]->number);
  for (uint32_t i = 0; i < n && c->n_known; i++)
    if (c->known[i].fn)
      key = arena_printf(k->a, "%s,%u=%u", key, i, c->known[i].fn->number);
  return table_at(k->a, c->s->instances, atom_of_text(&k->c->atoms, key));
}

static struct fn_sym *instance(struct choice *c)
{
  struct checker *k = c->b->k;
  void **at = instance_at(c);
  if (*at)
    return *at;
  struct type_words words = {c->names, c->of};
  const struct type_words *before = k->type_words;
  struct space *from = space_enter(k, c->s->space);
  struct dims *around = dims_enter(k, NULL);
  k->type_words = &words;
  struct fn_sym *f = *at = fn_of(k, c->s, &c->s->item->fn.c, NULL, NULL);
  if (c->n_known)
    leave_out_known(c, f);
  check_instance(c, f);
  f->f.class = c->class;
  k->type_words = before;
  dims_enter(k, around);
  space_enter(k, from);
  return f;
}

// ---- calls ----

static struct choice begin(struct body *b, struct symbol *s)
{
  struct choice c = {.b = b, .s = s, .names = s->item->fn.c.dims};
  for (const struct name *n = c.names; n && c.n < WORDS_MAX; n = n->next)
    c.open[c.n++] = variable(b->k, n);
  return c;
}

// Values before lambdas, whose parameters are known from them.
static bool read_args(struct choice *c, const struct sig *s, struct arg **of,
                      struct core **values)
{
  struct body *b = c->b;
  bool ok = true;
  for (int lambdas = 0; lambdas < 2; lambdas++)
    for (uint32_t i = 0; i < s->n; i++) {
      if (!of[i] || (of[i]->value->kind == EXPR_LAMBDA) != lambdas)
        continue;
      const struct type *t = chosen(c, s->params[i].type);
      bool known = lambdas || !type_is_open(b->k, t);
      values[i] = check(b, of[i]->value, known ? t : NULL);
      learn(c, s->params[i].type, values[i]->type);
      ok = ok && !is_bad(values[i]->type);
    }
  return ok;
}

static bool all_known(struct choice *c, const struct sig *s, struct span at)
{
  struct checker *k = c->b->k;
  const struct name *name = c->names;
  for (uint32_t i = 0; i < c->n; i++, name = name->next) {
    if (c->of[i])
      continue;
    struct diag *d =
        diag_report(k->d, DIAG_cannot_infer, at,
                    "what `%s` is in `%s` is not known", name->text->text,
                    s->name);
    diag_hint(k->d, d, "name an argument first: `let x: [int] = []`, say");
    return false;
  }
  return true;
}

static void report_misfit(struct choice *c, const struct fn_sym *f,
                          struct span at)
{
  struct checker *k = c->b->k;
  struct diag *d = diag_report(k->d, DIAG_wrong_type, at,
                               "`%s` cannot do this: %s", f->f.name, f->misfit);
  const struct name *name = c->names;
  const char *types = "";
  for (uint32_t i = 0; i < c->n; i++, name = name->next)
    types = arena_printf(k->a, "%s%s%s is %s", types, i ? ", " : "here ",
                         name->text->text, show(k, c->of[i]));
  if (c->n)
    diag_hint(k->d, d, "%s", types);
}

// The values in the order of the instance's parameters.
static struct core **passed(struct choice *c, uint32_t n, struct core **values)
{
  struct core **out = ARENA_ARRAY(c->b->k->a, n + c->n_captured + 1,
                                  struct core *);
  uint32_t at = 0;
  for (uint32_t i = 0; i < n; i++) {
    if (!c->known[i].fn)
      out[at++] = values[i];
    for (uint32_t j = 0; j < c->known[i].n; j++)
      out[at++] = c->known[i].captured[j];
  }
  return out;
}

static struct core *call_chosen(struct choice *c, const struct sig *open,
                                struct core **values, struct span at)
{
  struct body *b = c->b;
  struct sig s = *open;
  s.params = ARENA_ARRAY(b->k->a, open->n + 1, struct sig_param);
  for (uint32_t i = 0; i < open->n; i++) {
    s.params[i] = open->params[i];
    s.params[i].type = chosen(c, open->params[i].type);
  }
  s.result = chosen(c, open->result);
  if (!fit_args(b, &s, values, at, 0))
    return core_bad(b->k, at);
  const struct type *result = dims_result(b->k, &s, values);
  find_known(c, open->n, values);
  struct fn_sym *f = instance(c);
  if (!f->misfit) {
    struct core *x = call_matched(b, f, passed(c, open->n, values), at);
    if (type_has_dims(result) && !is_bad(x->type))
      x->type = result;
    return x;
  }
  report_misfit(c, f, at);
  return core_bad(b->k, at);
}

struct core *call_library(struct body *b, struct symbol *s, struct arg *args,
                          struct span at, const struct type *want)
{
  struct checker *k = b->k;
  struct choice c = begin(b, s);
  const struct sig *open = open_signature(&c);
  INDEX(k, call, open, at);
  struct arg **of = ARENA_ARRAY(k->a, open->n + 1, struct arg *);
  struct core **values = ARENA_ARRAY(k->a, open->n + 1, struct core *);
  if (!place_args(k, open, args, of)) {
    check_args_alone(b, args);
    return core_bad(k, at);
  }
  bool ok = read_args(&c, open, of, values);
  for (uint32_t i = 0; i < open->n; i++)
    if (!of[i] && !open->params[i].initial) {
      report_missing(k, open, i, at);
      ok = false;
    }
  if (ok && want && !is_bad(want))
    for (uint32_t i = 0; i < c.n; i++)
      if (!c.of[i]) {
        learn(&c, open->result, want);
        break;
      }
  if (!ok || !all_known(&c, open, at))
    return core_bad(k, at);
  return call_chosen(&c, open, values, at);
}

struct fn_sym *library_fn(struct body *b, struct symbol *s, struct span at)
{
  struct choice c = begin(b, s);
  if (!c.n) {
    struct fn_sym *f = instance(&c);
    if (!f->misfit)
      return f;
    report_misfit(&c, f, at);
    return NULL;
  }
  struct diag *d =
      diag_report(b->k->d, DIAG_cannot_infer, at,
                  "the types of `%s` are known only where it is called",
                  s->name->text);
  diag_hint(b->k->d, d, "write `fn(x) = %s.%s(x, ...)`",
            s->space->library->text, s->name->text);
  return NULL;
}
