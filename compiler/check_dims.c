// Dimensions in declarations: where their names are known, and what a call
// chooses for those of a signature.
//
// A name in a signature is bound by its first use, and known in the body; one
// that only the result has is known to nobody, and another at each call.
#include "compiler/checker.h"
#include "compiler/core.h"

#include <string.h>

// ---- scopes ----

struct dims *dims_enter(struct checker *k, struct dims *d)
{
  struct dims *before = k->dims;
  k->dims = d;
  types_scopes(k->t)->now = d ? d->scope : 0;
  return before;
}

struct dims *dims_open(struct checker *k, bool apart)
{
  struct dims *d = NEW(k, struct dims);
  uint32_t around = k->dims && !apart ? k->dims->scope : 0;
  d->scope = dim_scope_new(types_scopes(k->t), around);
  d->around = k->dims;
  dims_enter(k, d);
  return d;
}

struct dims *class_dims(struct checker *k, struct class_sym *c)
{
  struct dims *around = dims_enter(k, NULL);
  if (!c->dims)
    c->dims = dims_open(k, true);
  dims_enter(k, around);
  return c->dims;
}

static struct type_part *find(struct checker *k, atom name)
{
  for (struct dims *d = k->dims; d; d = d->around) {
    struct type_part *found = table_get(&d->names, name);
    if (found)
      return found;
  }
  return NULL;
}

void dims_add_listed(struct checker *k, const struct name *names)
{
  for (const struct name *n = names; n; n = n->next) {
    if (table_get(&k->dims->names, n->text))
      diag_report(k->d, DIAG_duplicate_field, n->span, "`%s` is here twice",
                  n->text->text);
    dims_add(k, n);
  }
}

void dims_add(struct checker *k, const struct name *name)
{
  struct type_part *d = NEW(k, struct type_part);
  *d = (struct type_part){
      .name = name->text, .size = k->dims->scope, .span = name->span};
  *table_at(k->a, &k->dims->names, name->text) = d;
}

// ---- as written ----

static bool report_unknown_dim(struct checker *k, const struct name *name)
{
  struct diag *d =
      diag_report(k->d, DIAG_unknown_dimension, name->span,
                  "there is no dimension `%s` here", name->text->text);
  if (k->dims)
    diag_hint(k->d, d, "a type names its dimensions: `type T[%s] = ...`",
              name->text->text);
  else
    diag_hint(k->d, d, "write a number, or `_` for any");
  return false;
}

static bool read_name(struct checker *k, const struct name *name,
                      struct type_part *out)
{
  if (name->next)
    return report_unknown_dim(k, name->next);
  if (!strcmp(name->text->text, "_")) {
    out->size = DIM_ANY;
    return true;
  }
  struct type_part *d = find(k, name->text);
  if (!d && (!k->dims || k->dims->closed))
    return report_unknown_dim(k, name);
  if (!d)
    dims_add(k, name);
  d = find(k, name->text);
  out->name = d->name;
  out->size = d->size;
  return true;
}

static bool read_dim(struct checker *k, struct type_expr *m,
                     struct type_part *out)
{
  *out = (struct type_part){.span = m->span};
  if (m->kind == TYPE_NAMED && !m->named.args && !m->constraints)
    return read_name(k, m->named.path, out);
  bool whole = m->kind == TYPE_NUMBER && m->number->kind == EXPR_INT &&
               m->number->integer >= 0;
  if (whole) {
    out->size = m->number->integer;
    return true;
  }
  if (m->kind != TYPE_ERROR)
    diag_report(k->d, DIAG_unknown_dimension, m->span,
                "a dimension is a whole number, a name or `_`");
  return false;
}

bool dims_read(struct checker *k, struct type_expr *args, uint32_t room,
               struct type_part *out, uint32_t *n, uint32_t *rest)
{
  bool ok = true;
  *n = 0;
  *rest = UINT32_MAX;
  for (struct type_expr *m = args; m; m = m->next) {
    if (m->kind == TYPE_REST && *rest == UINT32_MAX) {
      *rest = *n;
      continue;
    }
    if (m->kind == TYPE_REST || *n == room) {
      diag_report(k->d, DIAG_unknown_dimension, m->span,
                  m->kind == TYPE_REST
                      ? "`..` is here twice"
                      : "a tensor has no more than 8 dimensions");
      return false;
    }
    ok = read_dim(k, m, &out[(*n)++]) && ok;
  }
  return ok;
}

// ---- calls ----

// A name that is the caller's affair: the signature's own, or one of a scope
// that is not in sight.
static bool is_open(const struct dim_choices *c, const struct type_part *d)
{
  bool own = c->sig->dims && d->size == c->sig->dims->scope;
  return d->name && (own || !dim_known(types_scopes(c->k->t), d));
}

static void choose(struct dim_choices *c, const struct type_part *dim,
                   const struct type_part *is, uint32_t by)
{
  struct dim_scopes *scopes = types_scopes(c->k->t);
  if (!is_open(c, dim) || !dim_known(scopes, is))
    return;
  for (uint32_t i = 0; i < c->n; i++) {
    struct dim_choice *x = &c->all[i];
    if (x->dim.name != dim->name || x->dim.size != dim->size)
      continue;
    if (!dims_agree(scopes, &x->is, is) && !c->torn) {
      c->conflict = (struct dim_choice){*dim, *is, by};
      c->torn = true;
    }
    return;
  }
  if (c->n < sizeof c->all / sizeof *c->all)
    c->all[c->n++] = (struct dim_choice){*dim, *is, by};
}

static void learn_tensor(struct dim_choices *c, const struct type *param,
                         const struct type *given, uint32_t by)
{
  for (uint32_t i = 0; i < param->n_parts && ranks_agree(param, given); i++) {
    const struct type_part *d = dim_opposite(param, i, given);
    if (d)
      choose(c, &param->parts[i], d, by);
  }
}

void dims_learn(struct dim_choices *c, const struct type *param,
                const struct type *given, uint32_t by)
{
  if (is_bad(given) || is_bad(param) || !type_has_dims(param))
    return;
  if (param->kind == TYPE_optional && given->kind != TYPE_optional) {
    dims_learn(c, param->of, given, by);
    return;
  }
  if (param->family && param->family == given->family) {
    for (uint32_t i = 0; i < param->family->n; i++)
      choose(c, &param->dims[i], &given->dims[i], by);
    return;
  }
  if (param->kind != given->kind || param->n_parts != given->n_parts) {
    if (param->kind == TYPE_tensor && given->kind == TYPE_tensor)
      learn_tensor(c, param, given, by);
    return;
  }
  if (param->kind == TYPE_tensor)
    learn_tensor(c, param, given, by);
  else if (param->of && given->of)
    dims_learn(c, param->of, given->of, by);
  for (uint32_t i = 0; i < param->n_parts && !given->name; i++)
    if (param->parts[i].type && given->parts[i].type)
      dims_learn(c, param->parts[i].type, given->parts[i].type, by);
}

static struct type_part chosen_dim(const struct dim_change *change,
                                   const struct type_part *d)
{
  const struct dim_choices *c = (const struct dim_choices *)change;
  if (!is_open(c, d))
    return *d;
  for (uint32_t i = 0; i < c->n; i++)
    if (c->all[i].dim.name == d->name && c->all[i].dim.size == d->size)
      return c->all[i].is;
  return (struct type_part){.size = DIM_ANY};
}

const struct type *dims_chosen(struct dim_choices *c, const struct type *t)
{
  c->change.of = chosen_dim;
  return is_bad(t) ? t : type_with_dims(c->k->t, t, &c->change);
}

const struct type *dims_result(struct checker *k, const struct sig *s,
                               struct core **args)
{
  if (is_bad(s->result) || !type_has_dims(s->result))
    return s->result;
  struct dim_choices c = {.k = k, .sig = s};
  for (uint32_t i = 0; i < s->n; i++)
    dims_learn(&c, s->params[i].type, args[i]->type, i);
  return dims_chosen(&c, s->result);
}

// ---- reports ----

static struct type_part any_dim(const struct dim_change *change,
                                const struct type_part *d)
{
  return (struct type_part){.size = DIM_ANY};
}

bool dims_differ(struct checker *k, const struct type *x, const struct type *y)
{
  static const struct dim_change any = {any_dim};
  if (is_bad(x) || is_bad(y) || !type_has_dims(y))
    return false;
  if (x->kind == TYPE_tensor && y->kind == TYPE_tensor)
    return x->dtype == y->dtype;
  return type_fits(k->t, type_with_dims(k->t, x, &any),
                   type_with_dims(k->t, y, &any));
}

static const char *dim_text(struct checker *k, const struct type_part *d)
{
  return d->name ? d->name->text
                 : arena_printf(k->a, "%lld", (long long)d->size);
}

void report_torn(struct dim_choices *c, struct core **values)
{
  struct checker *k = c->k;
  const struct dim_choice *y = &c->conflict, *x = c->all;
  while (x->dim.name != y->dim.name || x->dim.size != y->dim.size)
    x++;
  const struct sig_param *p = &c->sig->params[y->by];
  const struct core *value = values[y->by];
  const char *name = y->dim.name->text;
  struct diag *d = diag_report(k->d, DIAG_shape_mismatch, value->span,
                               "`%s` is %s here, and %s would make it %s", name,
                               dim_text(k, &x->is), show(k, value->type),
                               dim_text(k, &y->is));
  if (x->by != y->by)
    diag_note(k->d, d, values[x->by]->span, "%s: this makes `%s` %s",
              show(k, values[x->by]->type), name, dim_text(k, &x->is));
  if (p->span.file != UINT32_MAX)
    diag_note(k->d, d, p->span, "parameter `%s` is declared here as %s",
              p->name ? p->name->text : "_", show(k, p->type));
}
