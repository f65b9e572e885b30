// Names of the program as items of a completion: what is visible, types, and
// members of values.
#include "compiler/lsp_offer.h"

#include "grammar/defs/signature.h"

#include <stdlib.h>
#include <string.h>

// ---- names ----

static char rank_of(const struct index_name *n)
{
  switch (n->kind) {
  case INDEX_LOCAL:
  case INDEX_PARAMETER:
    return '1';
  case INDEX_MEMBER:
  case INDEX_FUNCTION:
  case INDEX_BINDING:
  case INDEX_GRAPH:
    return '2';
  case INDEX_OPERATOR:
    return '4';
  default:
    return '3';
  }
}

static int kind_of(const struct index_name *n)
{
  static const unsigned char kinds[] = {
      [INDEX_TYPE] = KIND_STRUCT,       [INDEX_DEPLOYMENT] = KIND_CLASS,
      [INDEX_FUNCTION] = KIND_FUNCTION, [INDEX_METRIC] = KIND_VARIABLE,
      [INDEX_RESOURCE] = KIND_CONSTANT, [INDEX_APP] = KIND_MODULE,
      [INDEX_LIBRARY] = KIND_MODULE,    [INDEX_BINDING] = KIND_VARIABLE,
      [INDEX_GRAPH] = KIND_FUNCTION,    [INDEX_FLOW] = KIND_FUNCTION,
      [INDEX_MEMBER] = KIND_FIELD,      [INDEX_LOCAL] = KIND_VARIABLE,
      [INDEX_PARAMETER] = KIND_VARIABLE, [INDEX_FIELD] = KIND_FIELD,
      [INDEX_CASE] = KIND_MEMBER,       [INDEX_OPERATOR] = KIND_FUNCTION,
      [INDEX_SETTING] = KIND_PROPERTY,  [INDEX_WORD] = KIND_STRUCT};
  return kinds[n->kind];
}

static void add_name(struct completing *x, const struct lsp_run *run,
                     const struct index_name *n)
{
  if (!n->name || !strcmp(n->name->text, "_"))
    return;
  cJSON *item = lsp_offer_item(x, n->name->text, kind_of(n), rank_of(n));
  if (n->kind == INDEX_OPERATOR)
    lsp_add_text(item, "detail",
                 arena_printf(&x->r->s->scratch, "%s%s", n->name->text,
                              n->signature->text));
  else
    lsp_offer_type(item, n->type);
  lsp_offer_doc(x, item, lsp_doc(run, n));
}

// What is visible; an inner name hides an outer one.
static void add_scope(struct completing *x, bool dotted)
{
  const struct index *index = &x->c->run->index;
  for (uint32_t i = 0; i < index->n_scope; i++) {
    const struct index_name *n = &index->scope[i];
    bool dot = n->name && strchr(n->name->text, '.');
    if (n->name && !dot && (n->kind == INDEX_OPERATOR || !lsp_offered(x, n->name->text)))
      add_name(x, x->c->run, n);
    else if (dot && dotted) { // `log.info`: `log` is offered
      char *first = strndup(n->name->text, strcspn(n->name->text, "."));
      if (first && !lsp_offered(x, first))
        lsp_offer_item(x, first, KIND_MODULE, '4');
      free(first);
    }
  }
}

void lsp_offer_enum(struct completing *x, const struct type *want, bool quoted)
{
  if (want && want->kind == TYPE_optional)
    want = want->of;
  for (uint32_t i = 0; want && want->kind == TYPE_enum && i < want->n_parts; i++) {
    const char *word = want->parts[i].name->text;
    lsp_offer_item(x, quoted ? word : arena_printf(&x->r->s->scratch, "\"%s\"", word),
             KIND_MEMBER, '0');
  }
}

void lsp_offer_expression(struct completing *x)
{
  lsp_offer_enum(x, x->c->run->index.want, false);
  add_scope(x, true);
  lsp_offer_words(x, AS_VALUE);
  lsp_offer_calls(x);
}

// ---- types ----

void lsp_offer_classes(struct completing *x, bool functions)
{
  const struct program *p = x->c->run->p.program;
  for (const struct class *c = p ? p->classes : NULL; c; c = c->next)
    if (c->name && c->kind != CLASS_graph && (functions || c->kind != CLASS_function) &&
        !lsp_offered(x, c->name->text))
      lsp_offer_doc(x, lsp_offer_item(x, c->name->text, KIND_CLASS, '2'), c->doc);
}

void lsp_offer_types(struct completing *x)
{
  static const char *const words[] = {
#define TYPE(kind, word, form, part) word,
#include "grammar/defs/types.def"
#undef TYPE
      NULL};
  const struct index *index = &x->c->run->index;
  for (int i = 0; i < TYPE_KINDS; i++)
    if ((i < TYPE_enum || i == TYPE_secret) && !lsp_offered(x, words[i]))
      lsp_offer_item(x, words[i], KIND_STRUCT, '3');
  for (uint32_t i = 0; i < index->n_names; i++)
    if (index->names[i].declares && index->names[i].kind == INDEX_TYPE &&
        !lsp_offered(x, index->names[i].name->text))
      add_name(x, x->c->run, &index->names[i]);
  lsp_offer_classes(x, false);
  lsp_offer_words(x, AS_TYPE);
}

// ---- members ----

void lsp_offer_parts(struct completing *x, const struct type *t, bool colon)
{
  for (uint32_t i = 0; i < t->n_parts; i++) {
    if (!t->parts[i].name)
      continue;
    const char *name = t->parts[i].name->text;
    cJSON *item = lsp_offer_item(x, name, KIND_FIELD, '1');
    lsp_offer_type(item, t->parts[i].type);
    lsp_offer_doc(x, item, t->parts[i].doc);
    if (colon)
      lsp_offer_insert(x, item, NULL, arena_printf(&x->r->s->scratch, "%s: ", name));
  }
}

static void add_class_methods(struct completing *x, const struct class *c)
{
  for (const struct method *m = c->methods; m; m = m->next) {
    if (m->of_part)
      continue;
    struct index_name of = {.to = m->span};
    const struct index_name *n = lsp_declaration(x->c->run, &of);
    if (n && n->name == m->name)
      add_name(x, x->c->run, n);
    else if (m->name)
      lsp_offer_item(x, m->name->text, KIND_METHOD, '1');
  }
}

static void add_members_of(struct completing *x, const struct type *t)
{
  if (t->kind == TYPE_record)
    lsp_offer_parts(x, t, false);
  else if (t->kind == TYPE_handle)
    add_class_methods(x, t->class);
  else if (t->kind == TYPE_map)
    lsp_offer_doc(x, lsp_offer_item(x, "get", KIND_METHOD, '1'),
            signature_of(OPERATOR_get)->doc);
  for (uint32_t i = 0; t->kind == TYPE_tuple && i < t->n_parts; i++)
    lsp_offer_type(lsp_offer_item(x, arena_printf(&x->r->s->scratch, "%u", i), KIND_FIELD, '1'),
               t->parts[i].type);
}

// Operators whose names begin with `first.`
static void add_dotted(struct completing *x, const char *first)
{
  size_t n = strlen(first);
  for (int id = 0; id < OPERATORS; id++) {
    const struct signature *s = signature_of(id);
    if (!s || strncmp(s->name, first, n) != 0 || s->name[n] != '.' ||
        lsp_offered(x, s->name + n + 1))
      continue;
    cJSON *item = lsp_offer_item(x, s->name + n + 1, KIND_FUNCTION, '1');
    lsp_add_text(item, "detail", arena_printf(&x->r->s->scratch, "%s%s", s->name, s->text));
    lsp_offer_doc(x, item, s->doc);
  }
}

// With its declaration, where its type alone says less.
static void add_signed(struct completing *x, const struct index_name *n)
{
  struct buf out = {.arena = &x->r->s->scratch};
  cJSON *item = lsp_offer_item(x, n->name->text, kind_of(n), rank_of(n));
  lsp_signature(x->c->run, n, &out);
  lsp_add_text(item, "detail", out.data ? out.data : "");
  lsp_offer_doc(x, item, n->item->doc);
}

// Declarations of a library, but those of its own.
static void add_declared(struct completing *x, const struct item *i)
{
  for (; i; i = i->next) {
    struct index_name n = {.at = i->span,
                           .to = i->name.span,
                           .kind = i->kind == ITEM_TYPE ? INDEX_TYPE : INDEX_FUNCTION,
                           .name = i->name.text,
                           .item = i};
    bool shown = i->kind == ITEM_FN || i->kind == ITEM_TYPE || i->kind == ITEM_DEPLOYMENT;
    if (shown && n.name && n.name->text[0] != '_')
      add_signed(x, &n);
  }
}

// What a library has: of its own, and the operators that it names.
static bool add_library(struct completing *x, const struct expr *of)
{
  const struct compile *c = &x->c->run->p.c;
  const struct index_name *n = NULL;
  for (uint32_t i = 0; i < x->c->run->index.n_names && !n; i++) {
    const struct index_name *name = &x->c->run->index.names[i];
    if (name->kind == INDEX_LIBRARY && name->at.file == of->span.file &&
        name->at.start == of->span.start)
      n = name;
  }
  if (!n || !n->item)
    return false;
  atom library = n->item->use.module.text;
  for (uint32_t i = 0; i < c->n_libraries; i++)
    if (c->libraries[i].name == library)
      add_declared(x, c->files[c->libraries[i].file]->items);
  add_dotted(x, library->text);
  return true;
}

// The type of a name as the last good text had it.
static const struct type *type_before(struct completing *x, const struct expr *of)
{
  struct lsp_found f;
  if (of->kind != EXPR_NAME || !lsp_find(x->r->s, x->r->file, of->span.end, &f))
    return NULL;
  return f.name->type;
}

void lsp_offer_members(struct completing *x, const struct expr *of)
{
  const struct type *t = of->type;
  if (of->kind == EXPR_NAME && add_library(x, of))
    return;
  if (!t)
    t = type_before(x, of);
  if (x->c->run->index.n_scope)
    add_scope(x, false);
  else if (t)
    add_members_of(x, t);
  else if (of->kind == EXPR_NAME)
    add_dotted(x, of->name.text->text);
}
