// Writes down what names mean while they are found out; at the end it is told
// of what type each is, which is not always known before.
#include "compiler/checker.h"

static struct index_name *add(struct index *x, struct index_name name)
{
  if (x->n_names == x->room_names) {
    uint32_t room = x->room_names ? x->room_names * 2 : 1024;
    x->names = arena_grow(x->arena, x->names, x->n_names * sizeof name,
                          room * sizeof name);
    x->room_names = room;
  }
  x->names[x->n_names] = name;
  return &x->names[x->n_names++];
}

static bool same_place(struct span x, struct span y)
{
  return x.file == y.file && x.start == y.start;
}

// A parameter is declared where its name is; only that is a name's identity.
static struct span name_at(struct span at, atom name)
{
  if (name && at.file != UINT32_MAX)
    at.end = at.start + name->size;
  return at;
}

// ---- what a name may mean ----

static struct index_name of_symbol(const struct symbol *s, struct span at)
{
  static const unsigned char kinds[] = {
      [SYMBOL_TYPE] = INDEX_TYPE,         [SYMBOL_CLASS] = INDEX_DEPLOYMENT,
      [SYMBOL_FN] = INDEX_FUNCTION,       [SYMBOL_METRIC] = INDEX_METRIC,
      [SYMBOL_RESOURCE] = INDEX_RESOURCE, [SYMBOL_APP] = INDEX_APP,
      [SYMBOL_MODULE] = INDEX_LIBRARY,    [SYMBOL_BINDING] = INDEX_BINDING,
      [SYMBOL_FLOW] = INDEX_FLOW,         [SYMBOL_FIELD] = INDEX_MEMBER,
      [SYMBOL_PART] = INDEX_MEMBER,
  };
  struct index_name n = {.at = at,
                         .to = s->span,
                         .kind = kinds[s->kind],
                         .name = s->name,
                         .item = s->item,
                         .of = s};
  const struct class_sym *c = s->bind ? s->bind->class : NULL;
  if (s->kind == SYMBOL_BINDING && !s->item) // made by a call
    n.kind = INDEX_DEPLOYMENT;
  else if (s->kind == SYMBOL_BINDING && s->item->kind == ITEM_GRAPH)
    n.kind = INDEX_GRAPH;
  if (!n.item && c)
    n.item = c->item;
  n.declares = same_place(at, s->span);
  return n;
}

static struct index_name of_local(const struct local *l, struct span at)
{
  return (struct index_name){.at = at,
                             .to = l->span,
                             .kind = l->param ? INDEX_PARAMETER : INDEX_LOCAL,
                             .declares = same_place(at, l->span),
                             .name = l->name,
                             .of = l};
}

static struct index_name of_part(enum index_kind kind,
                                 const struct type_part *p, struct span at)
{
  return (struct index_name){.at = at,
                             .to = p->span,
                             .kind = kind,
                             .declares = same_place(at, p->span),
                             .name = p->name,
                             .type = p->type,
                             .part = p};
}

// ---- what is written down ----

void index_symbol_at(struct checker *k, const struct symbol *s, struct span at)
{
  add(k->c->index, of_symbol(s, at));
}

void index_local_at(struct checker *k, const struct local *l, struct span at)
{
  if (l->name)
    add(k->c->index, of_local(l, at));
}

void index_param_at(struct checker *k, const struct sig_param *p,
                    struct span at)
{
  struct span to = name_at(p->span, p->name);
  if (p->name && to.file != UINT32_MAX)
    add(k->c->index, (struct index_name){.at = at,
                                         .to = to,
                                         .kind = INDEX_PARAMETER,
                                         .declares = same_place(at, to),
                                         .name = p->name,
                                         .type = p->type});
}

void index_part_at(struct checker *k, enum index_kind kind,
                   const struct type_part *p, struct span at)
{
  add(k->c->index, of_part(kind, p, at));
}

void index_operator_at(struct checker *k, const struct signature *s,
                       struct span at)
{
  add(k->c->index, (struct index_name){.at = at,
                                       .to = NO_SPAN,
                                       .kind = INDEX_OPERATOR,
                                       .signature = s});
}

void index_setting_at(struct checker *k, int id, struct span at)
{
  add(k->c->index, (struct index_name){.at = at,
                                       .to = NO_SPAN,
                                       .kind = INDEX_SETTING,
                                       .setting = id});
}

void index_word_at(struct checker *k, const struct type *t, struct span at)
{
  add(k->c->index, (struct index_name){
                       .at = at, .to = NO_SPAN, .kind = INDEX_WORD, .type = t});
}

// ---- questions ----

static void see(struct checker *k, struct index_name name)
{
  struct index *x = k->c->index;
  PUSH(k, x->scope, x->n_scope, x->room_scope, name);
}

static void see_symbols(struct checker *k, const struct table *t)
{
  for (uint32_t i = 0; i < t->room; i++) {
    const struct symbol *s = t->slots[i].value;
    if (s && (s->item || s->kind != SYMBOL_FN)) // a graph's `run` has no name
      see(k, of_symbol(s, s->span));
  }
}

static void see_body(struct body *b)
{
  for (uint32_t i = 0; i < b->names.room; i++) {
    const struct entry *e = b->names.slots[i].value;
    if (e)
      see(b->k, of_local(e->local, e->local->span));
  }
  see_symbols(b->k, &b->nested);
}

static void see_global(struct checker *k)
{
  see_symbols(k, &k->names);
  for (uint32_t i = 0; i < k->cases.room; i++) {
    const struct case_ref *c = k->cases.slots[i].value;
    if (c)
      see(k, of_part(INDEX_CASE, &c->type->parts[c->index], c->span));
  }
  for (uint32_t i = 0; i < k->operators.room; i++) {
    const struct signature *s = k->operators.slots[i].value;
    if (s)
      see(k, (struct index_name){.to = NO_SPAN,
                                 .kind = INDEX_OPERATOR,
                                 .name = k->operators.slots[i].key,
                                 .signature = s});
  }
}

void index_unknown(struct body *b, const struct name *name)
{
  struct checker *k = b->k;
  struct index *x = k->c->index;
  if (!x || name->text != x->wanted || x->found)
    return;
  x->found = true;
  for (const struct body *in = b; in; in = in->outer)
    see_body((struct body *)in);
  if (b->class)
    see_symbols(k, &b->class->members);
  if (b->app)
    see_symbols(k, &b->app->names);
  see_global(k);
}

void index_members(struct checker *k, const struct name *name,
                   const struct table *of)
{
  struct index *x = k->c->index;
  if (!x || name->text != x->wanted || x->found)
    return;
  x->found = true;
  see_symbols(k, of);
}

// ---- calls ----

static void add_default(struct buf *out, const struct constant *c)
{
  if (!c)
    return;
  switch (c->type->kind) {
  case TYPE_none:
    buf_adds(out, " = none");
    return;
  case TYPE_bool:
    buf_addf(out, " = %s", c->i ? "true" : "false");
    return;
  case TYPE_int:
    buf_addf(out, " = %lld", (long long)c->i);
    return;
  case TYPE_str:
  case TYPE_enum:
    buf_addf(out, " = \"%s\"", c->text);
    return;
  default:
    buf_adds(out, " = ...");
  }
}

void index_call_at(struct checker *k, const struct sig *s, struct span at)
{
  struct index *x = k->c->index;
  if (!x->around.end || x->around.file != at.file ||
      x->around.start < at.start || x->around.start > at.end)
    return;
  struct buf out = {.arena = k->a};
  struct index_call c = {.at = at, .n = s->n, .to = s->span};
  c.params = arena_array(k->a, s->n + 1, sizeof *c.params);
  buf_addf(&out, "%s(", s->name);
  for (uint32_t i = 0; i < s->n; i++) {
    const struct sig_param *p = &s->params[i];
    buf_adds(&out, i ? ", " : "");
    c.params[i].start = (uint32_t)out.size;
    if (p->name)
      buf_addf(&out, "%s: ", p->name->text);
    buf_adds(&out, show(k, p->type));
    add_default(&out, p->initial);
    c.params[i].end = (uint32_t)out.size;
  }
  buf_addc(&out, ')');
  if (s->result && s->result->kind != TYPE_none)
    buf_addf(&out, " -> %s", show(k, s->result));
  c.label = out.data;
  PUSH(k, x->calls, x->n_calls, x->room_calls, c);
}

// ---- types ----

void index_expr(struct body *b, struct expr *e, const struct type *want,
                const struct core *value)
{
  struct index *x = b->k->c->index;
  e->type = is_bad(value->type) ? NULL : value->type;
  e->note = want && !is_bad(want) ? want : NULL;
  if (e->kind == EXPR_NAME && e->name.text == x->wanted && x->found &&
      want && !is_bad(want))
    x->want = want;
}

static const struct type *symbol_type(struct checker *k, const struct symbol *s)
{
  if (s->kind == SYMBOL_FN && s->fn)
    return callable_type(k, &s->fn->sig);
  if (s->kind == SYMBOL_FIELD && s->class)
    return s->class->whole->c.fields[s->index].type;
  if (s->kind == SYMBOL_PART && s->class)
    return type_handle(k->t, &s->class->of->c);
  if (s->kind == SYMBOL_CLASS && s->class)
    return type_handle(k->t, &s->class->c);
  if (s->bind && s->bind->class)
    return type_handle(k->t, &s->bind->class->c);
  return s->type;
}

static void settle(struct checker *k, struct index_name *names, uint32_t count)
{
  for (uint32_t i = 0; i < count; i++) {
    struct index_name *n = &names[i];
    if (n->kind <= INDEX_MEMBER) {
      n->type = symbol_type(k, n->of);
    } else if ((n->kind == INDEX_LOCAL || n->kind == INDEX_PARAMETER) && n->of) {
      const struct local *l = n->of;
      n->type = l->type;
      n->var = l->var;
      n->kind = l->param ? INDEX_PARAMETER : INDEX_LOCAL;
    }
    if (n->type && is_bad(n->type))
      n->type = NULL;
  }
}

void index_finish(struct checker *k)
{
  struct index *x = k->c->index;
  if (!x)
    return;
  settle(k, x->names, x->n_names);
  settle(k, x->scope, x->n_scope);
}
